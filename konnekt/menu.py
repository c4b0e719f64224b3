"""The places of the menu: one list feeds the bar and the left menu, a new place is one line."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, request
from flask_babel import lazy_gettext as _

from konnekt import web
from konnekt.domain.access import Grants


def _anybody(_who: Grants) -> bool:
    return True


@dataclass(frozen=True)
class Place:
    """A place: its endpoint, words, icon, who may go there and what waits there (0 shows nothing).

    short: the word where there is little room; group: the heading in the left menu; within: the places
    that the left menu shows below it while the reader is there; also: blueprints that belong to this place.
    """

    endpoint: str
    label: Any
    short: Any
    icon: str
    group: Any = ""
    may: Callable[[Grants], bool] = _anybody
    count: Callable[[], int] | None = None
    within: Callable[[], list["Place"]] | None = None
    also: tuple[str, ...] = ()

    @property
    def current(self) -> str:
        """`page` when the reader is here, `true` on another page of this place, else empty."""
        if self.endpoint == request.endpoint:
            return "page"
        blueprint = self.endpoint.rpartition(".")[0]
        here = request.blueprint or ""
        return "true" if here == blueprint or here.startswith(f"{blueprint}.") or here in self.also else ""


# The places within the agency's own, in the order in which its month goes.
BUREAU = (
    Place("bureau.progress.index", _("Hours of a period"), _("Hours"), "clock", _("The month")),
    Place("bureau.invoicing.index", _("Invoice run"), _("Invoicing"), "file", _("The month")),
    Place("bureau.payments.index", _("Payments"), _("Payments"), "tick", _("The month")),
    Place("bureau.payroll.index", _("Payroll"), _("Payroll"), "user", _("The month")),
    Place("bureau.corrections.index", _("Corrections"), _("Corrections"), "undo", _("The month")),
    Place("budgets.index", _("Budgets"), _("Budgets"), "draft", _("The month")),
    Place("bureau.organisations.index", _("Organisations"), _("Organisations"), "building", _("Records"),
          also=("bureau.budget_numbers",)),
    Place("bureau.people.index", _("People"), _("People"), "user", _("Records")),
    Place("bureau.assignments.index", _("Assignments"), _("Assignments"), "pencil", _("Records")),
    Place("bureau.hour_types.index", _("Hour types"), _("Hour types"), "clock", _("Records")),
    Place("bureau.pay_periods.index", _("Pay periods"), _("Pay periods"), "clock", _("Records")),
    Place("bureau.closing_days.index", _("Closing days"), _("Closing days"), "lock", _("Records")),
    Place("bureau.imports.index", _("Import"), _("Import"), "download", _("Records")),
    Place("bureau.mail.index", _("Mail that did not arrive"), _("Mail"), "send", _("Records")),
    Place("bureau.details.index", _("The agency itself"), _("Agency"), "building", _("Records")),
)  # fmt: skip


def bureau_places() -> list[Place]:
    """The places within the agency's own."""
    return [place for place in BUREAU if place.endpoint in current_app.view_functions]


# A place appears as soon as its endpoint exists.
MENU = (
    Place("home.index", _("Home"), _("Home"), "home"),
    Place("invoices.index", _("Invoices"), _("Invoices"), "file", _("Finance"),
          lambda who: bool(who.invoices) or who.is_agency_staff),
    Place("approvals.index", _("Approve timesheets"), _("Approve"), "check", _("Timesheets"),
          lambda who: bool(who.approve), lambda: web.waiting().count, also=("decided",)),
    Place("registration.index", _("Register hours"), _("Register"), "pencil", _("Timesheets"),
          lambda who: bool(who.register), web.drafts),
    Place("hours.index", _("My hours"), _("Hours"), "clock", _("Timesheets"),
          lambda who: bool(who.account.is_worker), web.wanted),
    Place("bureau.index", _("Agency"), _("Agency"), "building", _("Agency"), lambda who: who.is_agency_staff,
          within=bureau_places),
    Place("account.index", _("Account settings"), _("Account"), "user", _("Account")),
)  # fmt: skip


def places() -> list[Place]:
    """What the signed-in account may open."""
    who = web.grants()
    return [place for place in MENU if place.endpoint in current_app.view_functions and place.may(who)]


def init_app(app: Flask) -> None:
    """Give the templates the menu."""
    app.jinja_env.globals.update(places=places, bureau_places=bureau_places)
