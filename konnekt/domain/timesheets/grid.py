"""The hour grid: the weeks of a period with their days, the rows that somebody typed, totals and warnings."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from konnekt.domain import access, clock
from konnekt.domain.access import Grants
from konnekt.domain.flags import inputs, rules
from konnekt.domain.timesheets import content, usual, warnings as timesheet_warnings
from konnekt.domain.timesheets.content import Stored
from konnekt.domain.timesheets.entry import Entry, Row
from konnekt.domain.timesheets.submit import SheetIds
from konnekt.models import (
    Assignment,
    BudgetNumber,
    ClosingDay,
    Flag,
    HourType,
    Organisation,
    PayPeriod,
    State,
    Timesheet,
)
from konnekt.models.compiled import built, compiled, listed, slot


@dataclass
class Day:
    """A column of one week; is_open: in the period; is_outside: not within the assignment's dates."""

    on: date
    is_open: bool
    is_outside: bool = False
    closing: ClosingDay | None = None
    minutes: int = 0

    @property
    def is_free(self) -> bool:
        """Whether it is a weekend or closing day."""
        return self.on.weekday() >= 5 or self.closing is not None

    @property
    def is_long(self) -> bool:
        return self.minutes > rules.LONG_DAY


@dataclass
class Week:
    """An ISO week of the period with its rows."""

    iso_year: int
    iso_week: int
    days: list[Day]
    rows: list[Row]

    @property
    def minutes(self) -> int:
        return sum(row.minutes for row in self.rows)

    @property
    def first(self) -> date:
        """Its first day in the period."""
        return next(day.on for day in self.days if day.is_open)

    @property
    def last(self) -> date:
        """Its last day in the period."""
        return next(day.on for day in reversed(self.days) if day.is_open)


@dataclass
class Sheet:
    """A sheet that somebody enters: where it belongs, and its row if there is one."""

    assignment: Assignment
    organisation: Organisation
    period: PayPeriod
    row: Timesheet | None

    @cached_property
    def stored(self) -> Stored:
        """What its row holds: one statement when first asked, none without a row."""
        return content.read(self.row) if self.row else Stored()

    @property
    def revision(self) -> int:
        return int(self.row.revision) if self.row else 0

    @property
    def at(self) -> int | SheetIds:
        """How the verbs name it."""
        return self.row.id if self.row else SheetIds(self.assignment.id, self.period.id)

    @property
    def is_draft(self) -> bool:
        """Whether it can be only saved: not sent yet, or sent back."""
        return self.row is None or self.row.state in (State.DRAFT, State.REJECTED)

    @property
    def is_sent(self) -> bool:
        return self.row is not None and self.row.state == State.SUBMITTED

    @property
    def is_open(self) -> bool:
        """Whether anything of it can still be changed."""
        return self.is_draft or self.is_sent

    @property
    def is_late(self) -> bool:
        """Whether its submit-by has passed."""
        return bool(self.period.submit_by_at <= clock.now())

    @property
    def is_rejected(self) -> bool:
        return self.row is not None and self.row.state == State.REJECTED

    def may_withdraw(self, who: Grants) -> bool:
        """Whether the account sent it and it still waits (Ongedaan maken)."""
        return self.is_sent and self.row is not None and self.row.submitted_by_id == who.account.id

    def entry(self) -> Entry:
        """What stands on its page when it is opened."""
        return Entry.stored(self.stored, self.revision)


@dataclass
class Grid:
    """All that the page of one sheet shows."""

    sheet: Sheet
    entry: Entry
    weeks: list[Week]
    hour_types: list[HourType]
    budget_numbers: list[BudgetNumber]
    warnings: list[Flag] = field(default_factory=list)
    has_pattern: bool = False
    usual_week: usual.Week = field(default_factory=dict)

    @property
    def usual_minutes(self) -> int:
        """The hours of the usual week that is proposed, in minutes; 0: none is."""
        return usual.minutes_of(self.usual_week)

    @property
    def first_day(self) -> date | None:
        """The first day on which hours are expected: where typing begins."""
        days = [day for week in self.weeks for day in week.days if day.is_open]
        return next((day.on for day in days if not day.is_outside), days[0].on if days else None)

    @property
    def names(self) -> dict[int, HourType]:
        """The hour types by row number."""
        return {kind.id: kind for kind in self.hour_types}

    @property
    def numbers(self) -> dict[int, BudgetNumber]:
        """The budget numbers by row number."""
        return {number.id: number for number in self.budget_numbers}


def weeks_of(assignment: Assignment, period: PayPeriod, closing_days: dict[date, ClosingDay]) -> list[Week]:
    """The ISO weeks of a period, without rows."""
    first, weeks = inputs.monday(period.first_on), []
    while first <= period.last_on:
        days = [first + timedelta(days=number) for number in range(7)]
        iso_year, iso_week, _ = first.isocalendar()
        weeks.append(
            Week(iso_year, iso_week, [_day(day, assignment, period, closing_days) for day in days], [])
        )
        first += timedelta(days=7)
    return weeks


def _day(on: date, assignment: Assignment, period: PayPeriod, closing_days: dict[date, ClosingDay]) -> Day:
    return Day(
        on,
        is_open=period.first_on <= on <= period.last_on,
        is_outside=not assignment.first_on <= on <= (assignment.last_on or on),
        closing=closing_days.get(on),
    )


@dataclass
class Choices:
    """What a row can be chosen from: active hour types, and the organisation's budget numbers."""

    hour_types: list[HourType]
    budget_numbers: list[BudgetNumber]

    def fresh(self, week: Week, assignment: Assignment, used: Iterable[Row]) -> Row:
        """An empty row of a week: the first hour type that its budget number has no row of yet."""
        number = assignment.budget_number_id or next((n.id for n in self.budget_numbers), 0)
        taken = {row.hour_type for row in used if row.budget_number == number}
        active = [kind.id for kind in self.hour_types if kind.is_active]
        kind = next((one for one in active if one not in taken), active[0] if active else 0)
        return Row("", week.iso_year, week.iso_week, kind, number)


def choices(sheet: Sheet) -> Choices:
    """What stands in the drop-downs: two statements. What a sheet already stands on stays among them."""
    on_it = sorted({key.hour_type for key in sheet.stored.lines})
    return Choices(
        [built(HourType, columns) for columns in _hour_types(on_it=on_it)],
        [built(BudgetNumber, columns) for columns in _budget_numbers(organisation=sheet.organisation.id)],
    )


@compiled
def _hour_types() -> Any:
    is_choice = HourType.is_active | HourType.id.in_(listed("on_it"))
    return HourType.select().where(is_choice).order_by(HourType.id)


@compiled
def _budget_numbers() -> Any:
    own = BudgetNumber.organisation == slot("organisation")
    return BudgetNumber.select().where(own).order_by(BudgetNumber.number)


def build(
    sheet: Sheet,
    entry: Entry,
    who: Grants,
    closing_days: dict[date, ClosingDay],
    offered: Choices | None = None,
) -> Grid:
    """The grid of an entry: an empty row where a week has none, totals, warnings. At most four statements."""
    offered = offered or choices(sheet)
    weeks = weeks_of(sheet.assignment, sheet.period, closing_days)
    per_day = entry.minutes_per_day()
    for week in weeks:
        week.rows = [
            row for row in entry.rows if (row.iso_year, row.iso_week) == (week.iso_year, week.iso_week)
        ]
        if not week.rows and sheet.is_open:
            week.rows = [entry.add(offered.fresh(week, sheet.assignment, ()))]
        for day in week.days:
            day.minutes = per_day.get(day.on, 0)
    beside = timesheet_warnings.others(sheet.assignment, sheet.period, sheet.row.id if sheet.row else None)
    warnings = timesheet_warnings.warnings(
        entry,
        sheet.assignment,
        beside,
        sheet=sheet.row.id if sheet.row else None,
        hour_types=offered.hour_types,
        budget_numbers=offered.budget_numbers,
        closing_days=closing_days,
    )
    return Grid(
        sheet,
        entry,
        weeks,
        offered.hour_types,
        offered.budget_numbers,
        [flag for flag in warnings if access.may_see_flag(who, flag, sheet.assignment)],
        has_pattern=beside.before is not None,
        usual_week={} if entry.filled() else usual.usual_week(beside.recent, closing_days),
    )
