"""Assignments (plaatsingen): add, change, end, delete. Nothing that holds hours is deleted."""

from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from konnekt.db import hold, transaction
from konnekt.domain import flags
from konnekt.domain.records import doubts, keeping, placing, typed
from konnekt.domain.records.keeping import Facts
from konnekt.domain.refused import Invalid, NotFound, Refused
from konnekt.models import Account, Assignment, BudgetNumber, Organisation, Rate, State, Timesheet
from konnekt.models.assignments import BASES, ENTERED_BY

WEEK_MINUTES = 7 * 24 * 60
# What the flags of its timesheets look at.
FLAGGED = ("first_on", "last_on", "max_minutes", "basis")


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


def facts(of: Assignment) -> Facts:
    """What an event keeps of an assignment."""
    return {
        "job_title": of.job_title,
        "basis": of.basis,
        "entered_by": of.entered_by,
        "first_on": of.first_on.isoformat(),
        "last_on": of.last_on.isoformat() if of.last_on else None,
        "budget_number": of.budget_number.number if of.budget_number else None,
        "max_minutes": of.max_minutes_per_week,
    }


def thing(of: Assignment) -> str:
    """What its events are about."""
    return f"assignment {of.code}"


def add(
    worker: Account, organisation: Organisation, code: str, terms: Terms, *, by: Account,
    sure: str = "",
) -> Assignment:  # fmt: skip
    """Second a worker to an organisation.

    Raises Invalid for what can't be, Doubtful where the worker has an assignment there on the same days.
    """
    with transaction():
        keeping.begin(by)
        hold("worker", worker.id)
        if worker.employee_number is None:
            raise Invalid(
                "%(name)s has no employee number: fill it in first.", field="worker", name=worker.name
            )
        code = typed.line(code, "code", most=typed.CODE, required=True)
        if Assignment.select().where(Assignment.code == code).exists():
            raise Invalid("The code %(code)s is in use: choose another.", field="code", code=code)
        ended = organisation.ended_on
        if ended and (terms.last_on or date.max) > ended:
            raise Invalid(
                "The organisation ends on %(day)s: no assignment lasts longer.", field="last_on", day=ended
            )
        terms = _checked(organisation, terms)
        made = Assignment(code=code, worker=worker, organisation=organisation, **asdict(terms))
        _ask(made, terms, by, sure)
        made.save(force_insert=True)
        keeping.record("add_assignment", thing(made), by=by, after=facts(made))
    return made


def change(assignment: int, terms: Terms, *, by: Account, seen: str = "", sure: str = "") -> Assignment:
    """Give an assignment other terms; its worker, organisation and code stay.

    seen: the fingerprint of what the form showed. Raises Invalid, Doubtful (hours that would lie outside its
    dates, another assignment on the same days), Refused where the form is overtaken, or where it becomes
    fixed while timesheets are not sent yet.
    """
    with transaction():
        keeping.begin(by)
        found = _hold(assignment)
        before = facts(found)
        keeping.check_seen(seen, before)
        terms = _checked(found.organisation, terms, found.job_title)
        if terms.basis == "fixed" and found.basis != "fixed":
            _refuse_unsent(found)
        _ask(found, terms, by, sure)
        for name, value in asdict(terms).items():
            setattr(found, name, value)
        found.save()
        found = _find(assignment)
        after = facts(found)
        keeping.record("change_assignment", thing(found), by=by, before=before, after=after)
        if any(before[name] != after[name] for name in FLAGGED):
            flags.changed(_sheets(found), are_hours_moved=False)
    return found


def end(assignment: int, last_on: date, *, by: Account, sure: str = "") -> Assignment:
    """Set its last day. Raises Doubtful where hours lie after it: confirmed, they are flagged as outside."""
    found = _find(assignment)
    terms = {name: getattr(found, name) for name in Terms.__dataclass_fields__}
    terms |= {"last_on": last_on, "budget_number": found.budget_number_id}
    was = keeping.fingerprint(facts(found))
    return change(assignment, Terms(**terms), by=by, sure=sure, seen=was)


def delete(assignment: int, *, by: Account) -> Assignment:
    """Delete one that was a mistake, with its rates. Refused once it has timesheets."""
    with transaction():
        keeping.begin(by)
        found = _hold(assignment)
        if Timesheet.select().where(Timesheet.assignment == found).exists():
            raise Refused("This assignment has timesheets: it can be ended, not deleted.")
        Rate.delete().where(Rate.assignment == found).execute()
        Assignment.delete().where(Assignment.id == found.id).execute()
        keeping.record("delete_assignment", thing(found), by=by, before=facts(found))
    return found


def _find(assignment: int) -> Assignment:
    found: Assignment | None = Assignment.get_or_none(Assignment.id == assignment)
    if found is None:
        raise NotFound("This assignment does not exist, or not for you.")
    return found


def _hold(assignment: int) -> Assignment:
    """The assignment while nobody enters hours of its worker."""
    hold("worker", _find(assignment).worker_id)
    return _find(assignment)


def _checked(organisation: Organisation, terms: Terms, job_title: str = "") -> Terms:
    typed.day(terms.first_on, "first_on")
    typed.day(terms.last_on, "last_on")
    if terms.last_on and terms.last_on < terms.first_on:
        raise Invalid("The last day comes before the first.", field="last_on")
    if terms.basis not in BASES:
        raise Invalid("Choose one of the list.", field="basis")
    if terms.entered_by not in ENTERED_BY:
        raise Invalid("Choose one of the list.", field="entered_by")
    if terms.max_minutes_per_week is not None and not 0 < terms.max_minutes_per_week <= WEEK_MINUTES:
        raise Invalid("Type more than 0 and at most 168 hours.", field="max_minutes_per_week")
    if terms.budget_number is not None:
        own = (BudgetNumber.id == terms.budget_number) & (BudgetNumber.organisation == organisation)
        if not BudgetNumber.select().where(own).exists():
            raise Invalid("Choose a budget number of this organisation.", field="budget_number")
    return replace(terms, job_title=typed.line(terms.job_title, "job_title", was=job_title))


def _refuse_unsent(found: Assignment) -> None:
    """Fixed hours are never registered: nobody could send these any more."""
    unsent = Timesheet.state.in_((State.DRAFT, State.REJECTED))
    if Timesheet.select().where((Timesheet.assignment == found) & unsent).exists():
        raise Refused("There are timesheets that are not sent yet: with fixed hours nobody could send them.")


def _ask(found: Assignment, terms: Terms, by: Account, sure: str) -> None:
    """sure answers exactly these doubts: other dates raise others."""
    raised = placing.doubts_of(found, terms, language=by.language)
    doubts.ask(raised, is_sure=sure == placing.key(raised))


def _sheets(of: Assignment) -> list[Any]:
    return [row.id for row in Timesheet.select(Timesheet.id).where(Timesheet.assignment == of)]
