"""Assignments (plaatsingen): add, change, end, delete. Nothing that holds hours is deleted."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from konnekt.db import hold
from konnekt.domain import flags, refusals, text_fields
from konnekt.domain.records import placement
from konnekt.domain.records.audited import RecordType, existing, staff_only
from konnekt.domain.refusals import Conflict, Invalid, NotFound
from konnekt.models import Account, Assignment, BudgetNumber, Organisation, Rate, State, Timesheet
from konnekt.models.assignments import BASES, ENTERED_BY

WEEK_MINUTES = 7 * 24 * 60
# What the flags of its timesheets look at.
FLAGGED = ("first_on", "last_on", "max_minutes_per_week", "basis")


def _minutes_per_week(minutes: int | None, field: str) -> int | None:
    if minutes is not None and not 0 < minutes <= WEEK_MINUTES:
        raise Invalid("Type more than 0 and at most 168 hours.", field=field)
    return minutes


@dataclass(frozen=True)
class Terms:
    """What is agreed. budget_number: the id of the one its hours go on unless said otherwise, or none."""

    job_title: str
    basis: str
    entered_by: str
    first_on: date
    last_on: date | None
    budget_number: int | None
    max_minutes_per_week: int | None


def thing(of: Assignment) -> str:
    """What its events are about."""
    return f"assignment {of.code}"


RECORD = RecordType(
    "assignment",
    lambda row: {"thing": thing(row)},
    {
        "code": text_fields.code,
        "job_title": text_fields.line,
        "basis": text_fields.one_of(*BASES),
        "entered_by": text_fields.one_of(*ENTERED_BY),
        "first_on": text_fields.day,
        "last_on": text_fields.day,
        "max_minutes_per_week": _minutes_per_week,
    },
    joint=(text_fields.in_order("first_on", "last_on"),),
    more=("budget_number",),
    names={"max_minutes_per_week": "max_minutes"},
)
seen = RECORD.fingerprint


def add(
    worker: Account, organisation: Organisation, code: str, terms: Terms, *, by: Account,
    sure: str = "", doubts: Sequence[Invalid] = (),
) -> Assignment:  # fmt: skip
    """Second a worker to an organisation. doubts: what else is asked about first.

    Raises Invalid for what can't be, Doubtful where the worker has an assignment there on the same days.
    """
    with staff_only(by, "assignments"):
        hold("worker", worker.id)
        worker, organisation = Account.get_by_id(worker.id), Organisation.get_by_id(organisation.id)
        if worker.employee_number is None:
            raise Invalid(
                "%(name)s has no employee number: fill it in first.", field="worker", name=worker.name
            )
        row = Assignment(worker=worker, organisation=organisation, budget_number=terms.budget_number)
        checked = _checked(row, terms, {"code": code})
        same = Assignment.select().where(Assignment.code == checked["code"])
        text_fields.check_code(checked["code"], [other.code for other in same])
        _ask(row, terms, by, sure, doubts)
        for name, value in checked.items():
            setattr(row, name, value)
        RECORD.add(row, by=by)
    return row


def change(assignment: int, terms: Terms, *, by: Account, seen: str = "", sure: str = "") -> Assignment:
    """Give an assignment other terms; its worker, organisation and code stay.

    seen: the fingerprint of what the form showed. Raises Invalid, Doubtful (hours that would lie outside its
    dates, another assignment on the same days), Conflict where the form is overtaken, or where it becomes
    fixed while timesheets are not sent yet.
    """
    with staff_only(by, "assignments"):
        row = _hold(assignment)
        RECORD.check_seen(row, seen)
        checked = _checked(row, terms)
        if checked["basis"] == "fixed" and row.basis != "fixed":
            check_all_sent(row)
        _ask(row, terms, by, sure)
        if RECORD.change(row, checked, by=by).intersection(FLAGGED):
            flags.changed(_sheets(row), are_hours_moved=False)
    return row


def end(assignment: int, last_on: date, *, by: Account, sure: str = "") -> Assignment:
    """Set its last day. Raises Doubtful where hours lie after it: confirmed, they are flagged as outside."""
    row = find(assignment)
    terms = {name: getattr(row, name) for name in Terms.__dataclass_fields__}
    terms |= {"last_on": last_on, "budget_number": row.budget_number_id}
    return change(assignment, Terms(**terms), by=by, sure=sure, seen=RECORD.fingerprint(row))


def delete(assignment: int, *, by: Account) -> Assignment:
    """Delete one that was a mistake, with its rates. Conflict once it has timesheets."""
    with staff_only(by, "assignments"):
        row = _hold(assignment)
        if Timesheet.select().where(Timesheet.assignment == row).exists():
            raise Conflict("This assignment has timesheets: it can be ended, not deleted.")
        Rate.delete().where(Rate.assignment == row).execute()
        RECORD.delete(row, by=by)
    return row


def find(assignment: int) -> Assignment:
    """The assignment with this id; raises NotFound."""
    row: Assignment | None = Assignment.get_or_none(Assignment.id == assignment)
    return existing(row, NotFound("This assignment does not exist, or not for you."))


def _hold(assignment: int) -> Assignment:
    """The assignment while nobody enters hours of its worker."""
    hold("worker", find(assignment).worker_id)
    return find(assignment)


def _checked(row: Assignment, terms: Terms, new: dict[str, Any] | None = None) -> dict[str, Any]:
    values = asdict(terms)
    checked = RECORD.checked(values | (new or {}), None if new else row)
    if new or terms.last_on != row.last_on:
        check_end(row.organisation, terms.last_on)
    number = None
    if terms.budget_number is not None:
        own = (BudgetNumber.id == terms.budget_number) & (BudgetNumber.organisation == row.organisation)
        number = BudgetNumber.get_or_none(own)
        if number is None:
            raise Invalid("Choose a budget number of this organisation.", field="budget_number")
    return checked | {"budget_number": number}


def check_end(organisation: Organisation, last_on: date | None) -> None:
    """No assignment lasts longer than its organisation is a client."""
    ended = organisation.ended_on
    if ended and (last_on or date.max) > ended:
        raise Invalid(
            "The organisation ends on %(day)s: no assignment lasts longer.", field="last_on", day=ended
        )


def check_all_sent(of: Assignment) -> None:
    """Fixed hours are never registered: nobody could send these any more."""
    unsent = Timesheet.state.in_((State.DRAFT, State.REJECTED))
    if Timesheet.select().where((Timesheet.assignment == of) & unsent).exists():
        raise Conflict("There are timesheets that are not sent yet: with fixed hours nobody could send them.")


def _ask(row: Assignment, terms: Terms, by: Account, sure: str, more: Sequence[Invalid] = ()) -> None:
    """sure answers exactly these doubts: other dates raise others."""
    raised = [*placement.doubts_of(row, terms, language=by.language), *more]
    refusals.ask(raised, is_sure=sure == placement.key(raised))


def _sheets(of: Assignment) -> list[Any]:
    return [row.id for row in Timesheet.select(Timesheet.id).where(Timesheet.assignment == of)]
