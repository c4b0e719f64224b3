"""The batches that were made, what each holds, and what is still to be paid per period."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from peewee import JOIN, fn

from konnekt.domain import clock
from konnekt.domain.paying import payable
from konnekt.models import (
    Account,
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
class Made:
    """A batch as lists show it: how many workers, how many minutes."""

    batch: PayrollBatch
    workers: int
    minutes: int


def made(condition: Any = None) -> list[Made]:
    """The batches of a condition, the newest first: two statements."""
    query = (
        PayrollBatch.select(PayrollBatch, PayPeriod, Account)
        .join(PayPeriod)
        .switch(PayrollBatch)
        .join(Account, JOIN.LEFT_OUTER)
        .order_by(PayrollBatch.pay_on.desc(), PayrollBatch.sequence.desc(), PayrollBatch.id.desc())
    )
    found = list(query if condition is None else query.where(condition))
    sums = (
        PayrollHour.select(PayrollHour.payroll_batch, fn.SUM(PayrollHour.minutes))
        .where(PayrollHour.payroll_batch.in_([batch.id for batch in found]))
        .group_by(PayrollHour.payroll_batch)
    )
    minutes = dict(sums.tuples())
    return [
        Made(batch, len((batch.frozen or {}).get("workers", ())), int(minutes.get(batch.id, 0)))
        for batch in found
    ]


@dataclass
class Due:
    """A period of a calendar: its approved hours that no batch pays yet, each in the row of its own period.

    up_to: with those of the periods before it, which its batch would take along.
    """

    period: PayPeriod
    minutes: int = 0
    up_to: int = 0
    made: list[Made] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        """Whether its pay date has passed."""
        return bool(self.period.pay_on < clock.today())


def due(calendar: str, year: int) -> list[Due]:
    """The periods of a year that have begun, the latest first: four statements."""
    minutes = _approved(calendar)
    batches: dict[int, list[Made]] = defaultdict(list)
    for one in made((PayrollBatch.calendar == calendar) & (PayPeriod.year == year)):
        batches[one.batch.pay_period_id].append(one)
    rows, up_to = [], 0
    for period in (
        PayPeriod.select()
        .where((PayPeriod.calendar == calendar) & (PayPeriod.first_on <= clock.today()))
        .order_by(PayPeriod.first_on)
    ):
        up_to += minutes.get(period.id, 0)
        if period.year == year:
            rows.append(Due(period, minutes.get(period.id, 0), up_to, batches[period.id]))
    return rows[::-1]


def earlier(calendar: str, year: int) -> int:
    """The minutes of the years before that no batch pays yet: what `due` of this year does not list."""
    minutes = _approved(calendar)
    before = PayPeriod.select(PayPeriod.id).where(
        (PayPeriod.calendar == calendar) & (PayPeriod.year < year) & PayPeriod.id.in_(list(minutes))
    )
    return sum(minutes[period.id] for period in before)


def _approved(calendar: str) -> dict[int, int]:
    query = (
        Hour.select(Timesheet.pay_period, fn.SUM(Hour.minutes))
        .join(TimesheetLine)
        .join(Timesheet)
        .join(PayPeriod)
        .switch(Hour)
        .join(PayrollHour, JOIN.LEFT_OUTER, on=payable.live_link())
        .where(
            (PayPeriod.calendar == calendar) & (Timesheet.state == State.APPROVED) & PayrollHour.id.is_null()
        )
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
    found: PayrollBatch = PayrollBatch.get_by_id(batch)
    sums = {int(key): Total(kind) for key, kind in found.frozen["hour_types"].items()}
    sheets = found.frozen["sheets"]
    rows: dict[tuple[int, date, int, int], int] = defaultdict(int)
    for paid in hours(found):
        rows[sheets[str(paid.sheet)]["worker"], paid.day, paid.hour_type, paid.pay_rate] += paid.minutes
    for (_worker, _day, kind, rate), minutes in rows.items():
        sums[kind].minutes += minutes
        sums[kind].cents += payable.gross_cents(minutes, rate, sums[kind].kind["percent"])
    return list(sums.values())
