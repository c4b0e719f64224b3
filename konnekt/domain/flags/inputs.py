"""What the rules of the flags look at, read for many sheets at once: the number of statements is fixed."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from peewee import fn

from konnekt.domain import clock
from konnekt.domain.budgets import raw_rows, used
from konnekt.models import (
    Assignment,
    BudgetNumber,
    ClosingDay,
    Event,
    Hour,
    HourType,
    PayPeriod,
    State,
    Timesheet,
    TimesheetLine,
)

EARLIER = 3
WEEK = timedelta(days=7)
# An average looks back over three weeks before the first week of a sheet.
LOOK_BACK = 3 * WEEK


class JudgedSheet(NamedTuple):
    """A sheet whose flags are asked, with what its assignment and period say.

    sent_on: the day in Amsterdam on which it was sent; today where it does not wait (yet).
    """

    id: int
    revision: int
    minutes: int
    sequence: int
    remark: str
    assignment: int
    worker: int
    organisation: int
    first_on: date
    last_on: date | None
    maximum: int | None
    sent_on: date


class WorkedHour(NamedTuple):
    """One hour row; percent is the multiplier of its hour type."""

    sheet: int
    assignment: int
    worker: int
    organisation: int
    budget_number: int
    percent: int
    day: date
    minutes: int


@dataclass
class Time:
    """Minutes per day, and per ISO week (by its Monday)."""

    days: dict[date, int] = field(default_factory=lambda: defaultdict(int))
    weeks: dict[date, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, day: date, minutes: int) -> None:
        self.days[day] += minutes
        self.weeks[monday(day)] += minutes


@dataclass
class Inputs:
    """All that the rules need to know about some sheets."""

    sheets: list[JudgedSheet] = field(default_factory=list)
    worked: dict[int, list[WorkedHour]] = field(default_factory=lambda: defaultdict(list))
    own: dict[int, Time] = field(default_factory=lambda: defaultdict(Time))
    at_organisation: dict[tuple[int, int], Time] = field(default_factory=lambda: defaultdict(Time))
    everywhere: dict[int, Time] = field(default_factory=lambda: defaultdict(Time))
    at_assignment: dict[int, Time] = field(default_factory=lambda: defaultdict(Time))
    closing_days: frozenset[date] = frozenset()
    earlier: dict[int, tuple[int, int]] = field(default_factory=dict)
    sent_before: dict[int, set[str]] = field(default_factory=lambda: defaultdict(set))
    budgets: dict[int, used.Budget] = field(default_factory=dict)


@lru_cache(maxsize=4096)
def monday(day: date) -> date:
    """The Monday of a day's ISO week."""
    return day - timedelta(days=day.weekday())


def read(condition: Any, counting: Iterable[int] = (), *, keep: bool = False) -> Inputs:
    """Everything about the sheets of a condition on Timesheet.

    counting: those of them whose hours count although they do not wait (yet). keep: as in budgets.used.read.
    """
    counting = list(counting)
    counts = Timesheet.state.in_(used.COUNTED) | Timesheet.id.in_(counting)
    facts = Inputs()
    starts, ends = [], []
    for row in raw_rows.rows(
        Timesheet.select(
            Timesheet.id, Timesheet.revision, Timesheet.minutes, Timesheet.sequence, Timesheet.remark,
            Timesheet.assignment, Assignment.worker, Timesheet.organisation, Assignment.first_on,
            Assignment.last_on, Assignment.max_minutes_per_week, Timesheet.state, Timesheet.submitted_at,
            PayPeriod.first_on, PayPeriod.last_on,
        )
        .join(Assignment)
        .switch(Timesheet)
        .join(PayPeriod)
        .where(condition)
        .order_by(Timesheet.id)
    ):  # fmt: skip
        *columns, first_on, last_on, maximum, state, submitted_at, start, end = row
        sent_on = raw_rows.as_day_in_amsterdam(submitted_at) if state == State.SUBMITTED else None
        columns += [
            raw_rows.as_day(first_on),
            raw_rows.as_optional_day(last_on),
            maximum,
            sent_on or clock.today(),
        ]
        facts.sheets.append(JudgedSheet._make(columns))
        starts.append(monday(raw_rows.as_day(start)) - LOOK_BACK)
        ends.append(monday(raw_rows.as_day(end)) + WEEK)
    if facts.sheets:
        ids = [sheet.id for sheet in facts.sheets]
        _read_hours(facts, counts, min(starts), max(ends))
        _read_earlier(facts, ids)
        _read_sent_before(facts, ids)
        on_these = TimesheetLine.select(TimesheetLine.budget_number).where(TimesheetLine.timesheet.in_(ids))
        facts.budgets = used.read(BudgetNumber.id.in_(on_these), also=counting, keep=keep)
    return facts


def _read_hours(facts: Inputs, counts: Any, start: date, end: date) -> None:
    """The hours of the sheets, and what else their workers did in those weeks."""
    in_these_weeks = PayPeriod.select(PayPeriod.id).where(
        (PayPeriod.first_on < end) & (PayPeriod.last_on >= start)
    )
    query = (
        Hour.select(
            Timesheet.id, Timesheet.assignment, Assignment.worker, Timesheet.organisation,
            TimesheetLine.budget_number, HourType.multiplier_percent, Hour.day, Hour.minutes,
        )
        .join(TimesheetLine)
        .join(HourType)
        .switch(TimesheetLine)
        .join(Timesheet)
        .join(Assignment)
        .where(
            Assignment.worker.in_({sheet.worker for sheet in facts.sheets})
            & counts
            & Timesheet.pay_period.in_(in_these_weeks)
            & (Hour.minutes != 0)
        )
    )  # fmt: skip
    asked = {sheet.id for sheet in facts.sheets}
    for *columns, value, minutes in raw_rows.rows(query):
        row = WorkedHour._make([*columns, raw_rows.as_day(value), minutes])
        facts.everywhere[row.worker].add(row.day, minutes)
        facts.at_organisation[row.worker, row.organisation].add(row.day, minutes)
        facts.at_assignment[row.assignment].add(row.day, minutes)
        if row.sheet in asked:
            facts.own[row.sheet].add(row.day, minutes)
            facts.worked[row.sheet].append(row)
    closing = ClosingDay.select(ClosingDay.day).where(ClosingDay.day.between(start, end))
    facts.closing_days = frozenset(raw_rows.as_day(value) for (value,) in raw_rows.rows(closing))


def _read_earlier(facts: Inputs, ids: list[int]) -> None:
    """How many of the last three approved originals there are before each sheet, and their minutes."""
    earlier, before = Timesheet.alias(), PayPeriod.alias()
    ranked = (
        Timesheet.select(
            Timesheet.id,
            earlier.minutes,
            fn.ROW_NUMBER()
            .over(partition_by=[Timesheet.id], order_by=[before.first_on.desc()])
            .alias("place"),
        )
        .join(PayPeriod)
        .switch(Timesheet)
        .join(earlier, on=(earlier.assignment == Timesheet.assignment))
        .join(before, on=(before.id == earlier.pay_period))
        .where(
            Timesheet.id.in_(ids)
            & (earlier.state == State.APPROVED)
            & (earlier.sequence == 0)
            & (before.first_on < PayPeriod.first_on)
        )
    ).alias("ranked")
    query = (
        Timesheet.select(ranked.c.id, fn.COUNT(ranked.c.minutes), fn.SUM(ranked.c.minutes))
        .from_(ranked)
        .where(ranked.c.place <= EARLIER)
        .group_by(ranked.c.id)
    )
    facts.earlier = {sheet: (count, int(minutes)) for sheet, count, minutes in raw_rows.rows(query)}


def _read_sent_before(facts: Inputs, ids: list[int]) -> None:
    """Whether a sheet was rejected before, or an earlier revision of it waited: sent, or imported as such.

    A rejection that was undone is none.
    """
    waited = (Event.verb == "submit") | ((Event.verb == "import") & (Event.after["state"] == State.SUBMITTED))
    query = (
        Event.select(Event.timesheet, Event.verb, fn.COUNT(Event.id))
        .join(Timesheet, on=(Timesheet.id == Event.timesheet))
        .where(
            Event.timesheet.in_(ids)
            & (
                Event.verb.in_(("reject", "undo_rejection"))
                | (waited & (Event.revision < Timesheet.revision))
            )
        )
        .group_by(Event.timesheet, Event.verb)
    )
    counts = {(sheet, verb): count for sheet, verb, count in raw_rows.rows(query)}
    for (sheet, verb), count in counts.items():
        is_undone = verb == "reject" and count == counts.get((sheet, "undo_rejection"))
        if verb != "undo_rejection" and not is_undone:
            facts.sent_before[sheet].add(verb)
