"""The batches that were made, what each holds, and what is still to be paid per period."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from peewee import fn

from konnekt.domain import clock
from konnekt.domain.payroll import payable
from konnekt.models import (
    Hour,
    Organisation,
    PayPeriod,
    PayrollBatch,
    PayrollHour,
    State,
    Timesheet,
    TimesheetLine,
)


class Paid(NamedTuple):
    """One hour of a batch: minutes and pay rate (1/10,000 euro) as its link keeps them."""

    hour: int
    day: date
    minutes: int
    pay_rate: int
    hour_type: int
    budget_number: int
    sheet: int


def hours(batch: PayrollBatch) -> list[Paid]:
    """The hours of a batch by day and hour row: one statement."""
    query = (
        PayrollHour.select(
            Hour.id, Hour.day, PayrollHour.minutes, PayrollHour.pay_rate, TimesheetLine.hour_type,
            TimesheetLine.budget_number, TimesheetLine.timesheet,
        )
        .join(Hour)
        .join(TimesheetLine)
        .where(PayrollHour.payroll_batch == batch)
        .order_by(Hour.day, Hour.id)
    )  # fmt: skip
    return [Paid(*row) for row in query.tuples()]


@dataclass
class DuePeriod:
    """A period of a calendar: its approved hours that no batch pays yet, each in the row of its own period.

    up_to: with those of the periods before it, which its batch would take along.
    """

    period: PayPeriod
    minutes: int = 0
    up_to: int = 0
    batches: list[PayrollBatch] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        """Whether its pay date has passed."""
        return bool(self.period.pay_on < clock.today())


def due(calendar: str, year: int) -> list[DuePeriod]:
    """The periods of a year that have begun, the latest first: three statements."""
    minutes = _approved(calendar)
    batches: dict[int, list[PayrollBatch]] = defaultdict(list)
    for one in _batches_of_year(calendar, year):
        batches[one.pay_period_id].append(one)
    rows, up_to = [], 0
    for period in (
        PayPeriod.select()
        .where((PayPeriod.calendar == calendar) & (PayPeriod.first_on <= clock.today()))
        .order_by(PayPeriod.first_on)
    ):
        up_to += minutes.get(period.id, 0)
        if period.year == year:
            rows.append(DuePeriod(period, minutes.get(period.id, 0), up_to, batches[period.id]))
    return rows[::-1]


def earlier(calendar: str, year: int) -> int:
    """The minutes of the years before that no batch pays yet: what `due` of this year does not list."""
    minutes = _approved(calendar)
    before = PayPeriod.select(PayPeriod.id).where(
        (PayPeriod.calendar == calendar) & (PayPeriod.year < year) & PayPeriod.id.in_(list(minutes))
    )
    return sum(minutes[period.id] for period in before)


def _batches_of_year(calendar: str, year: int) -> Any:
    """The batches of a year, the newest first, without the copies that their files are made of."""
    columns = [one for one in PayrollBatch._meta.sorted_fields if one is not PayrollBatch.frozen]
    query = PayrollBatch.select(*columns).join(PayPeriod)
    return query.where((PayrollBatch.calendar == calendar) & (PayPeriod.year == year)).order_by(
        PayrollBatch.pay_on.desc(), PayrollBatch.sequence.desc(), PayrollBatch.id.desc()
    )


def _approved(calendar: str) -> dict[int, int]:
    query = (
        Timesheet.select(Timesheet.pay_period, fn.SUM(Timesheet.minutes - Timesheet.paid_minutes))
        .join(PayPeriod)
        .where((PayPeriod.calendar == calendar) & Timesheet.has_hours_to_pay(State.APPROVED))
        .group_by(Timesheet.pay_period)
    )
    return {period: int(minutes) for period, minutes in query.tuples()}


def calendars() -> list[str]:
    """The calendars that organisations follow: one statement."""
    query = Organisation.select(Organisation.calendar).distinct().order_by(Organisation.calendar)
    return [calendar for (calendar,) in query.tuples()]


def years(calendar: str) -> list[int]:
    """The years in which a calendar has periods that have begun, the latest first: one statement."""
    begun = (PayPeriod.calendar == calendar) & (PayPeriod.first_on <= clock.today())
    query = PayPeriod.select(PayPeriod.year).distinct().where(begun).order_by(PayPeriod.year.desc())
    return [year for (year,) in query.tuples()]


@dataclass
class Total:
    """What a batch holds of one hour type; kind: its names and percentage as the batch keeps them."""

    kind: dict[str, Any]
    minutes: int = 0
    cents: int = 0

    def name(self, language: str) -> str:
        """The hour type's name."""
        return str(self.kind["name_en" if language == "en" else "name_nl"])


def totals(batch: int) -> list[Total]:
    """What a batch holds per hour type, amounts rounded as its files say them: two statements."""
    payroll_batch: PayrollBatch = PayrollBatch.get_by_id(batch)
    sums = {int(key): Total(kind) for key, kind in payroll_batch.frozen["hour_types"].items()}
    sheets = payroll_batch.frozen["sheets"]
    rows: dict[tuple[int, date, int, int], int] = defaultdict(int)
    for paid in hours(payroll_batch):
        rows[sheets[str(paid.sheet)]["worker"], paid.day, paid.hour_type, paid.pay_rate] += paid.minutes
    for (_worker, _day, kind, rate), minutes in rows.items():
        sums[kind].minutes += minutes
        sums[kind].cents += payable.gross_cents(minutes, rate, sums[kind].kind["percent"])
    return list(sums.values())
