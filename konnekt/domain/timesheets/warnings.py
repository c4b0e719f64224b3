"""The warnings of what stands on the screen: the rules of the flags, before anything is sent."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from peewee import JOIN

from konnekt.domain import clock
from konnekt.domain.budgets import used as budget_used
from konnekt.domain.flags import inputs, rules
from konnekt.domain.timesheets.entry import Entry
from konnekt.domain.timesheets.usual import RecentHour
from konnekt.models import (
    Assignment,
    BudgetNumber,
    Flag,
    Hour,
    HourType,
    PayPeriod,
    State,
    Timesheet,
    TimesheetLine,
)
from konnekt.models.compiled import compiled, slot

# What somebody who types learns from; the others tell the approver about the sheet's past.
WARN = (
    "long_day", "long_week", "long_average", "over_maximum",
    "no_surcharge", "outside", "ahead", "unlike_before", "budget",
)  # fmt: skip


@dataclass
class Others:
    """What else the worker did: hours of those weeks that count, and the sheets of the assignment before.

    before: the latest earlier sheet of the assignment with hours, whose pattern can be taken over.
    recent: the hours of its earlier sheets that were sent, of the weeks just before (usual.py).
    """

    worked: list[inputs.WorkedHour] = field(default_factory=list)
    approved: list[int] = field(default_factory=list)
    before: int | None = None
    recent: list[RecentHour] = field(default_factory=list)


def others(assignment: Assignment, period: PayPeriod, sheet: int | None) -> Others:
    """The worker's other sheets with their hours of the weeks that the rules look at: one statement."""
    rows = _others(
        worker=assignment.worker_id,
        but=sheet or 0,
        start=inputs.monday(period.first_on) - inputs.LOOK_BACK,
        end=inputs.monday(period.last_on) + inputs.WEEK,
    )
    beside, approved = Others(), {}
    for id_, of, place, state, sequence, total, first_on, number, kind, percent, day, minutes in rows:
        if of == assignment.id and sequence == 0 and first_on < period.first_on:
            if state == State.APPROVED:
                approved[id_] = total
            if total and beside.before is None:
                beside.before = id_
            if day is not None and state in budget_used.COUNTED:
                beside.recent.append(RecentHour(day, kind, number, minutes))
        if day is not None and state in budget_used.COUNTED:
            beside.worked.append(
                inputs.WorkedHour(id_, of, assignment.worker_id, place, number, percent, day, minutes)
            )
    beside.approved = list(approved.values())[: inputs.EARLIER]
    return beside


@compiled
def _others() -> Any:
    """The worker's other sheets, with the hours of those that touch these weeks."""
    in_window = (
        (Hour.line == TimesheetLine.id)
        & (Hour.day >= slot("start"))
        & (Hour.day < slot("end"))
        & (Hour.minutes != 0)
    )
    return (
        Timesheet.select(
            Timesheet.id, Timesheet.assignment, Timesheet.organisation, Timesheet.state, Timesheet.sequence,
            Timesheet.minutes, PayPeriod.first_on, TimesheetLine.budget_number,
            TimesheetLine.hour_type, HourType.multiplier_percent, Hour.day, Hour.minutes,
        )
        .join(Assignment)
        .switch(Timesheet)
        .join(PayPeriod)
        .switch(Timesheet)
        .join(
            TimesheetLine,
            JOIN.LEFT_OUTER,
            on=(
                (TimesheetLine.timesheet == Timesheet.id)
                & (PayPeriod.last_on >= slot("start"))
                & (PayPeriod.first_on < slot("end"))
            ),
        )
        .join(HourType, JOIN.LEFT_OUTER)
        .switch(TimesheetLine)
        .join(Hour, JOIN.LEFT_OUTER, on=in_window)
        .where((Assignment.worker == slot("worker")) & (Timesheet.id != slot("but")))
        .order_by(PayPeriod.first_on.desc(), Timesheet.id)
    )  # fmt: skip


def warnings(
    entry: Entry,
    assignment: Assignment,
    others: Others,
    *,
    sheet: int | None,
    hour_types: Iterable[HourType],
    budget_numbers: Iterable[BudgetNumber],
    closing_days: Iterable[date],
) -> list[Flag]:
    """The flags that this entry would get, none stored: one statement where a budget number has a ceiling.

    Not everybody may see each of them: access.may_see_flag.
    """
    if not entry.minutes:
        return []
    facts = inputs.Inputs(closing_days=frozenset(closing_days))
    asked = inputs.JudgedSheet(
        0, entry.seen, entry.minutes, 0, "", assignment.id, assignment.worker_id, assignment.organisation_id,
        assignment.first_on, assignment.last_on, assignment.max_minutes_per_week, clock.today(),
    )  # fmt: skip
    percents = {kind.id: kind.multiplier_percent for kind in hour_types}
    for row in entry.rows:
        for cell in row.cells.values():
            if cell.minutes:
                percent = percents.get(row.hour_type, 100)
                where = (assignment.id, assignment.worker_id, assignment.organisation_id, row.budget_number)
                _add(facts, inputs.WorkedHour(0, *where, percent, cell.day, cell.minutes), is_asked=True)
    for worked in others.worked:
        _add(facts, worked)
    if others.approved:
        facts.earlier[0] = (len(others.approved), sum(others.approved))
    used = {row.budget_number for row in entry.rows if row.minutes}
    facts.budgets = _budgets([number for number in budget_numbers if number.id in used], sheet)
    # A budget number that is not the organisation's own is refused when it is saved.
    facts.worked[0] = [row for row in facts.worked[0] if row.budget_number in facts.budgets]
    return [
        Flag(revision=entry.seen, code=flag.code, detail=flag.detail, is_elsewhere=flag.is_elsewhere)
        for flag in rules.flags_of(asked, facts)
        if flag.code in WARN
    ]


def _add(facts: inputs.Inputs, row: inputs.WorkedHour, *, is_asked: bool = False) -> None:
    facts.everywhere[row.worker].add(row.day, row.minutes)
    facts.at_organisation[row.worker, row.organisation].add(row.day, row.minutes)
    facts.at_assignment[row.assignment].add(row.day, row.minutes)
    if is_asked:
        facts.own[0].add(row.day, row.minutes)
        facts.worked[0].append(row)


def _budgets(numbers: list[BudgetNumber], sheet: int | None) -> dict[int, budget_used.Budget]:
    """With what is used of them, this sheet as it is stored included (drafts save themselves)."""
    budgets = {
        number.id: budget_used.Budget(
            number.number,
            number.ceiling_minutes,
            number.ceiling_cents,
            number.valid_from_on,
            number.valid_until_on,
        )
        for number in numbers
    }
    budget_used.add_kept(budgets, sheet or 0)
    return budgets
