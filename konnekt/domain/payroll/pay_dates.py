"""Pay periods: when a sheet is paid, and until when it can still be approved for that."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peewee import JOIN

from konnekt.domain import clock
from konnekt.models import Assignment, Organisation, PayPeriod, Timesheet
from konnekt.models.compiled import built, compiled, listed, slot


@dataclass(frozen=True)
class PayDate:
    """The period that pays a sheet approved now, and the one after it; None: not known yet."""

    period: PayPeriod | None
    later: PayPeriod | None


def open_periods(calendars: Iterable[str], since: datetime | None = None) -> list[PayPeriod]:
    """The periods of these calendars whose approve-by has not passed, earliest first: one statement.

    since: a moment in the past, for what was approved from then on.
    """
    rows = _open_periods(calendars=set(calendars), since=since or clock.now())
    return [built(PayPeriod, row) for row in rows]


@compiled
def _open_periods() -> Any:
    is_open = PayPeriod.approve_by_at > slot("since")
    return (
        PayPeriod.select()
        .where(PayPeriod.calendar.in_(listed("calendars", "text")) & is_open)
        .order_by(PayPeriod.approve_by_at, PayPeriod.first_on)
    )


def pay_date(own: PayPeriod, open_ones: Iterable[PayPeriod], at: datetime | None = None) -> PayDate:
    """The pay date of a sheet of period own (product.md section 2), approved now or at that moment.

    That of the earliest period of its calendar, not before its own, whose approve-by has not passed.
    """
    at = at or clock.now()
    candidates = [
        one
        for one in open_ones
        if one.calendar == own.calendar and one.first_on >= own.first_on and one.approve_by_at > at
    ]
    first, second = (*candidates[:2], None, None)[:2]
    return PayDate(first, second)


@dataclass
class Deadline:
    """One line above the list: what is approved in time is paid then; the periods it speaks of."""

    pay_date: PayDate
    periods: list[PayPeriod]

    def values(self) -> tuple[Any, ...]:
        """All that a page shows of it, as values."""
        paid = self.pay_date
        pays = (paid.period.values() if paid.period else None, paid.later.values() if paid.later else None)
        return (*pays, *(one.values() for one in self.periods))

    @property
    def days_left(self) -> int:
        """Whole days (Amsterdam) until the approve-by; 0 on the day itself."""
        if self.pay_date.period is None:
            return 0
        return int((clock.local(self.pay_date.period.approve_by_at).date() - clock.today()).days)

    @property
    def named(self) -> list[PayPeriod]:
        """The periods that the line names: of three or more the newest alone."""
        return self.periods if len(self.periods) < 3 else self.periods[-1:]

    @property
    def older(self) -> int:
        """How many periods before those it only counts: weeks that nobody decided on lie for months."""
        return len(self.periods) - len(self.named)


def deadlines(waiting: list[PayPeriod], open_ones: list[PayPeriod] | None = None) -> list[Deadline]:
    """The deadline lines of the periods that have waiting sheets, most urgent first: one statement.

    List, Home and mails group by these. open_ones: what `open_periods` gives; with it no statement.
    """
    if open_ones is None:
        open_ones = open_periods({period.calendar for period in waiting}) if waiting else []
    lines: dict[tuple[int | None, str], Deadline] = {}
    for period in waiting:
        payday = pay_date(period, open_ones)
        key = (payday.period.id, "") if payday.period else (None, period.calendar)
        lines.setdefault(key, Deadline(payday, [])).periods.append(period)
    return sorted(
        lines.values(),
        key=lambda line: (
            line.pay_date.period.approve_by_at.timestamp() if line.pay_date.period else float("inf")
        ),
    )


def together(lines: list[Deadline]) -> list[list[Deadline]]:
    """The lines as they are shown: those of several calendars with one approve-by and pay date are one."""
    groups: dict[object, list[Deadline]] = {}
    for line in lines:
        first = line.pay_date.period
        key = (first.approve_by_at, first.pay_on) if first else line.periods[0].calendar
        groups.setdefault(key, []).append(line)
    return list(groups.values())


def with_sheets(query: Any, is_period: Any = None) -> Any:
    """A query of assignments and organisations, with `period` and the original `sheet` where it is begun.

    is_period: a condition on the pay periods of the organisation's calendar; all of them without it.
    """
    of_calendar = PayPeriod.calendar == Organisation.calendar
    if is_period is not None:
        of_calendar &= is_period
    original = (Timesheet.assignment == Assignment.id) & (Timesheet.sequence == 0)
    return (
        query.switch(Assignment)
        .join(PayPeriod, on=of_calendar, attr="period")
        .switch(Assignment)
        .join(Timesheet, JOIN.LEFT_OUTER, on=original & (Timesheet.pay_period == PayPeriod.id), attr="sheet")
    )


def sheet_of(row: Assignment) -> Timesheet | None:
    """The timesheet of a row of `with_sheets`, where it is begun."""
    sheet: Timesheet | None = getattr(row, "sheet", None)
    return sheet if sheet is not None and sheet.id is not None else None
