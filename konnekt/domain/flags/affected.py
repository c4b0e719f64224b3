"""Which waiting sheets look at the hours of sheets that changed."""

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

from peewee import fn

from konnekt.domain.budgets import used
from konnekt.domain.flags.inputs import LOOK_BACK, WEEK, monday
from konnekt.models import Assignment, BudgetNumber, Flag, PayPeriod, State, Timesheet, TimesheetLine
from konnekt.models.compiled import compiled, listed, slot, tuples


def affected_by(
    sheets: Iterable[int], *, are_hours_moved: bool = True, budget_numbers: Iterable[int] = ()
) -> set[int]:
    """The waiting sheets whose flags have inputs in common with these: at most six statements.

    The same assignment (first, unlike before, its maximum); and, unless the hours count as before, the
    same worker in neighbouring weeks (working time) and the same budget number with a ceiling (budget).
    An approved sheet was waiting before, so its hours counted already.
    """
    rows = [ChangedSheet(*row) for row in _changed(sheets=list(sheets))]
    affected = {key for (key,) in _of_assignments(assignments={row.assignment for row in rows})}
    moved = [row for row in rows if row.state != State.APPROVED and are_hours_moved]
    if moved:
        start = min(monday(row.first_on) for row in moved)
        end = max(monday(row.last_on) for row in moved) + WEEK + LOOK_BACK
        affected |= _waiting(
            Assignment.worker.in_({row.worker for row in moved})
            & (PayPeriod.last_on >= start)
            & (PayPeriod.first_on < end)
        )
        affected |= _on_the_same_budget(moved, budget_numbers)
    return affected


def in_the_same_weeks(sheets: Iterable[int]) -> set[int]:
    """The waiting sheets of the same workers in the weeks of these, themselves among them: two statements."""
    rows = [ChangedSheet(*row) for row in _changed(sheets=list(sheets))]
    if not rows:
        return set()
    weeks = {
        "start": min(monday(row.first_on) for row in rows),
        "end": max(monday(row.last_on) for row in rows) + WEEK,
    }
    workers = list({row.worker for row in rows})
    return {key for (key,) in _in_weeks(workers=workers, **weeks)}


@compiled
def _in_weeks() -> Any:
    """By assignment and period, as their index has them, not all sheets of a worker."""
    theirs = Assignment.select(Assignment.id).where(Assignment.worker.in_(listed("workers")))
    then = PayPeriod.select(PayPeriod.id).where(
        (PayPeriod.last_on >= slot("start")) & (PayPeriod.first_on < slot("end"))
    )
    is_asked = Timesheet.assignment.in_(theirs) & Timesheet.pay_period.in_(then)
    return Timesheet.select(Timesheet.id).where((Timesheet.state == State.SUBMITTED) & is_asked)


class ChangedSheet(NamedTuple):
    """A sheet that changed, with what ties others to it."""

    id: int
    state: str
    assignment: int
    organisation: int
    worker: int
    first_on: date
    last_on: date


@compiled
def _changed() -> Any:
    return (
        Timesheet.select(
            Timesheet.id,
            Timesheet.state,
            Timesheet.assignment,
            Timesheet.organisation,
            Assignment.worker,
            PayPeriod.first_on,
            PayPeriod.last_on,
        )
        .join(Assignment)
        .switch(Timesheet)
        .join(PayPeriod)
        .where(Timesheet.id.in_(listed("sheets")))
    )


@compiled
def _of_assignments() -> Any:
    is_theirs = Timesheet.assignment.in_(listed("assignments"))
    return Timesheet.select(Timesheet.id).where((Timesheet.state == State.SUBMITTED) & is_theirs)


def _waiting(condition: Any) -> set[int]:
    query = Timesheet.select(Timesheet.id).join(Assignment).switch(Timesheet).join(PayPeriod)
    return {key for (key,) in tuples(query.where((Timesheet.state == State.SUBMITTED) & condition))}


def _on_the_same_budget(moved: list[Any], budget_numbers: Iterable[int]) -> set[int]:
    """Waiting sheets on a budget number that is over its ceiling now, or that are flagged since it was."""
    shared = TimesheetLine.select(TimesheetLine.budget_number).where(
        TimesheetLine.timesheet.in_([row.id for row in moved])
    )
    has_ceiling = BudgetNumber.ceiling_minutes.is_null(False) | BudgetNumber.ceiling_cents.is_null(False)
    limited = used.read(
        has_ceiling & (BudgetNumber.id.in_(shared) | BudgetNumber.id.in_(list(budget_numbers))), keep=True
    )
    over = [key for key, budget in limited.items() if budget.is_over_minutes or budget.is_over_cents]
    flags = Flag.select(Flag.id).where((Flag.timesheet == Timesheet.id) & (Flag.code == "budget"))
    query = (
        Timesheet.select(Timesheet.id)
        .join(TimesheetLine)
        .where(
            Timesheet.organisation.in_({row.organisation for row in moved})
            & (Timesheet.state == State.SUBMITTED)
            & (
                TimesheetLine.budget_number.in_(over)
                | (TimesheetLine.budget_number.in_(list(limited)) & fn.EXISTS(flags))
            )
        )
        .distinct()
    )
    return {row.id for row in query} if limited else set()
