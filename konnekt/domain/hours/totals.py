"""A worker's own hours added up: per pay period and hour type, and each of them for a spreadsheet."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from peewee import fn

from konnekt.models import (
    Account,
    Assignment,
    Hour,
    HourType,
    Organisation,
    PayPeriod,
    State,
    Timesheet,
    TimesheetLine,
)

# Drafts and what was sent back are not hours yet.
COUNTED = (State.SUBMITTED, State.APPROVED)


@dataclass
class PeriodTotal:
    """The minutes of one pay period by hour type (row id)."""

    period: PayPeriod
    minutes: dict[int, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.minutes.values())


@dataclass
class YearTotals:
    """A year's periods, the earliest first, and the hour types that occur in them."""

    periods: list[PeriodTotal]
    hour_types: list[HourType]

    @property
    def minutes(self) -> dict[int, int]:
        """The minutes of the year by hour type (row id)."""
        return {kind.id: sum(one.minutes.get(kind.id, 0) for one in self.periods) for kind in self.hour_types}

    @property
    def total(self) -> int:
        return sum(one.total for one in self.periods)


def of_year(account: Account, year: int) -> YearTotals:
    """What was sent or approved in the pay periods of a year, corrections included: one statement."""
    minutes = fn.SUM(Hour.minutes).alias("total")
    query = (
        _hours(account)
        .select(PayPeriod, HourType, minutes)
        .where((PayPeriod.year == year) & Timesheet.state.in_(COUNTED))
        .group_by(PayPeriod.id, HourType.id)
        .having(fn.SUM(Hour.minutes) != 0)
        .order_by(PayPeriod.first_on, PayPeriod.last_on, PayPeriod.id, HourType.id)
    )
    periods: dict[int, PeriodTotal] = {}
    kinds: dict[int, HourType] = {}
    for row in query:
        sheet, kind = row.line.timesheet, row.line.hour_type
        one = periods.setdefault(sheet.pay_period.id, PeriodTotal(sheet.pay_period))
        one.minutes[kind.id] = int(row.total)
        kinds[kind.id] = kind
    return YearTotals(list(periods.values()), [kinds[number] for number in sorted(kinds)])


def hours(
    account: Account, year: int | None = None, first: date | None = None, last: date | None = None
) -> list[Hour]:
    """The account's own hours in every state, day by day, with all that they stand on: one statement.

    year: of the pay periods of that year; first, last: the days from and up to which.
    """
    query = _hours(account).where((Hour.minutes != 0) | (Hour.remark != ""))
    if year is not None:
        query = query.where(PayPeriod.year == year)
    if first is not None:
        query = query.where(Hour.day >= first)
    if last is not None:
        query = query.where(Hour.day <= last)
    return list(query.order_by(Hour.day, Timesheet.id, TimesheetLine.id))


def _hours(account: Account) -> Any:
    return (
        Hour.select(Hour, TimesheetLine, HourType, Timesheet, Assignment, Organisation, PayPeriod)
        .join(TimesheetLine)
        .join(HourType)
        .switch(TimesheetLine)
        .join(Timesheet)
        .join(Assignment)
        .switch(Timesheet)
        .join(Organisation)
        .switch(Timesheet)
        .join(PayPeriod)
        .where(Assignment.worker == account)
    )
