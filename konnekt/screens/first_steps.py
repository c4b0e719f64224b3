"""What an agency does first, in words: the list on its page, and the next step above the pages of it."""

from typing import Any, NamedTuple

from flask import Flask, request
from flask_babel import lazy_gettext as N_

from konnekt.domain.records import first_steps
from konnekt.screens import agency_places

# By column of first_steps.Steps: where it is taken, and where by who only looks; its words and a hint.
STEPS = {
    "details": ("details.index", "details.index", N_("Fill in the agency's details"),
                N_("Name, address and IBAN: they stand on every invoice.")),
    "hour_types": ("hour_types.index", "hour_types.index", N_("Add hour types"),
                   N_("At least regular hours, at 100 percent.")),
    "pay_periods": ("pay_periods.index", "pay_periods.index", N_("Make the pay periods of a year"),
                    N_("Of each calendar that organisations follow: deadlines and pay dates.")),
    "organisations": ("organisations.new", "organisations.index", N_("Add an organisation"),
                      N_("With its address and VAT, for its invoices.")),
    "budget_numbers": ("organisations.index", "organisations.index",
                       N_("Give the organisation a budget number"), N_("On the page of the organisation.")),
    "workers": ("people.new", "people.index", N_("Add the workers"),
                N_("People with an employee number; each gets a mail with a link to choose a password.")),
    "approvers": ("people.new", "people.index", N_("Add the supervisors"),
                  N_("As people; on their page, or that of the organisation, you give the rights.")),
    "assignments": ("assignments.new", "assignments.index", N_("Place a worker"),
                    N_("At an organisation, with a rate.")),
}  # fmt: skip
# The places in which they are taken, and others are added later.
PLACES = {
    "details", "hour_types", "pay_periods", "organisations", "budget_numbers", "people", "assignments",
}  # fmt: skip


class FirstStep(NamedTuple):
    """One of them: its number from 1, whether it is taken, where that is done, and words."""

    number: int
    is_taken: bool
    endpoint: str
    words: Any
    hint: Any


def steps(of: first_steps.Steps) -> list[FirstStep]:
    """All of them as the reader sees them."""
    listed = []
    for number, (column, (taken_at, seen_at, *words)) in enumerate(STEPS.items(), 1):
        endpoint = f"bureau.{taken_at if agency_places.may_go(f'bureau.{taken_at}') else seen_at}"
        listed.append(FirstStep(number, getattr(of, column), endpoint, *words))
    return listed


def coming(of: first_steps.Steps) -> FirstStep | None:
    """The first that is not taken."""
    return next((step for step in steps(of) if not step.is_taken), None)


def step_here() -> FirstStep | None:
    """The next step, on the pages where steps are taken, until somebody is placed with a rate.

    One statement for who has done them all.
    """
    place = (request.blueprint or "").removeprefix("bureau.")
    if place not in PLACES or first_steps.is_under_way():
        return None
    return coming(first_steps.load())


def init_app(app: Flask) -> None:
    """Give them to the templates."""
    app.jinja_env.globals.update(first_steps=steps, first_step_here=step_here, first_step_count=len(STEPS))
