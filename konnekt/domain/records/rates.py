"""Dated rates of an assignment: add, change, delete; what is invoiced or paid keeps its rate."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from peewee import fn

from konnekt.db import hold, transaction
from konnekt.domain import flags, text_fields
from konnekt.domain.records import assignments
from konnekt.domain.records.audited import RecordType, existing, staff_only
from konnekt.domain.refusals import N_, Conflict, Invalid, NotFound
from konnekt.models import (
    Account,
    Assignment,
    BudgetNumber,
    Hour,
    InvoicedHour,
    Organisation,
    PayrollHour,
    Rate,
    State,
    Timesheet,
    TimesheetLine,
)

# 1/10,000 euro: as much as an import takes.
MOST = 1000 * 10_000
DAY = timedelta(days=1)
_euros = text_fields.between(0, MOST, N_("Type at most 1000 euro per hour."))
RECORD = RecordType(
    "rate",
    lambda row: {"thing": assignments.thing(row.assignment)},
    {"valid_from_on": text_fields.day, "pay_rate": _euros, "bill_rate": _euros},
)
seen = RECORD.fingerprint


@dataclass(frozen=True)
class Dated:
    """A rate, the last day that it is valid (None: on and on), and whether hours are billed or paid at it."""

    rate: Rate
    last_on: date | None
    is_used: bool


@dataclass(frozen=True)
class Lacking:
    """Hours on days without a rate: how many minutes, on how many days, from the first to the last."""

    minutes: int
    days: int
    first_on: date
    last_on: date


def of(assignment: Assignment) -> list[Dated]:
    """The rates of an assignment, the latest first: two statements."""
    rates = list(Rate.select().where(Rate.assignment == assignment).order_by(Rate.valid_from_on))
    used = _used_days(assignment)
    dated = []
    for index, rate in enumerate(rates):
        end = rates[index + 1].valid_from_on - DAY if index + 1 < len(rates) else None
        is_used = any(rate.valid_from_on <= day <= (end or day) for day in used)
        dated.append(Dated(rate, end, is_used))
    return dated[::-1]


def lacking(assignment: Assignment, dated: list[Dated]) -> Lacking | None:
    """The hours before its first rate, or all where it has none: one statement."""
    query = (
        Hour.select(fn.SUM(Hour.minutes), fn.COUNT(Hour.day.distinct()), fn.MIN(Hour.day), fn.MAX(Hour.day))
        .join(TimesheetLine)
        .join(Timesheet)
        .where((Timesheet.assignment == assignment) & (Hour.minutes != 0))
    )
    if dated:
        query = query.where(Hour.day < dated[-1].rate.valid_from_on)
    minutes, days, first, last = query.scalar(as_tuple=True)
    return Lacking(int(minutes), days, _day(first), _day(last)) if days else None


def find(assignment: int, rate: int) -> Rate:
    """The rate with its assignment. Raises NotFound."""
    row: Rate | None = (
        Rate.select(Rate, Assignment)
        .join(Assignment)
        .where((Rate.id == rate) & (Rate.assignment == assignment))
        .first()
    )
    return existing(row, NotFound("This rate does not exist, or not for you."))


def add(assignment: int, valid_from_on: date, pay_rate: int, bill_rate: int, *, by: Account) -> Rate:
    """Have a rate (1/10,000 euro per hour, both) begin on that day.

    Raises Invalid: that day has one already, too high, or hours from that day on are billed or paid.
    """
    with staff_only(by, "rates"):
        hold("invoices")
        place = assignments.find(assignment)
        rate = Rate(assignment=place, **_checked(place, valid_from_on, pay_rate, bill_rate))
        RECORD.add(rate, by=by)
        _refresh(place)
    return rate


def place(
    worker: Account, organisation: Organisation, code: str, terms: assignments.Terms,
    rate: tuple[int, int] | None, *, by: Account, sure: str = "",
) -> Assignment:  # fmt: skip
    """Second a worker to an organisation, with the rates (pay, bill) from the first day on, or without any.

    Both or nothing. Raises as `assignments.add` and `add` do; it also asks about a worker who gets more than
    is billed.
    """
    doubts = []
    if rate and rate[0] > rate[1]:
        doubts = [Invalid("The worker gets more an hour than the organisation pays.", field="sure")]
    with transaction():
        placed = assignments.add(worker, organisation, code, terms, by=by, sure=sure, doubts=doubts)
        if rate:
            add(placed.id, terms.first_on, *rate, by=by)
    return placed


def change(
    assignment: int,
    rate: int,
    valid_from_on: date,
    pay_rate: int,
    bill_rate: int,
    *,
    by: Account,
    seen: str = "",
) -> Rate:
    """Put a rate right that no hour is billed or paid with. Raises as `add` does, and Conflict."""
    with staff_only(by, "rates"):
        hold("invoices")
        row = find(assignment, rate)
        RECORD.check_seen(row, seen)
        check_own(row)
        checked = _checked(row.assignment, valid_from_on, pay_rate, bill_rate, row)
        if RECORD.change(row, checked, by=by):
            _refresh(row.assignment)
    return row


def delete(assignment: int, rate: int, *, by: Account) -> Rate:
    """Delete a rate that no hour is billed or paid with. Conflict where hours would be left without one."""
    with staff_only(by, "rates"):
        hold("invoices")
        row = find(assignment, rate)
        check_own(row)
        _check_priced_without(row)
        RECORD.delete(row, by=by)
        _refresh(row.assignment)
    return row


def _checked(
    place: Assignment, valid_from_on: date, pay_rate: int, bill_rate: int, row: Rate | None = None
) -> dict[str, Any]:
    values = {"valid_from_on": valid_from_on, "pay_rate": pay_rate, "bill_rate": bill_rate}
    checked = RECORD.checked(values, row)
    if row is None or valid_from_on != row.valid_from_on:
        others = [dated.rate.valid_from_on for dated in of(place) if dated.rate != row]
        if valid_from_on in others:
            raise Invalid("A rate starts on this day already.", field="valid_from_on")
        check_unused(place, valid_from_on, others)
    return checked


def check_own(rate: Rate) -> None:
    """What was billed or paid with it keeps it."""
    if next(dated.is_used for dated in of(rate.assignment) if dated.rate.id == rate.id):
        raise Conflict("Hours are invoiced or exported with this rate: add a new rate from a later day.")


def _check_priced_without(rate: Rate) -> None:
    """The rate before it takes its days over; the first of all has none, and its days may have hours."""
    others = Rate.select().where((Rate.assignment == rate.assignment) & (Rate.id != rate.id))
    starts = sorted(other.valid_from_on for other in others)
    if starts and starts[0] < rate.valid_from_on:
        return
    hours = (
        Hour.select(fn.MIN(Hour.day))
        .join(TimesheetLine)
        .join(Timesheet)
        .where((Timesheet.assignment == rate.assignment) & (Hour.minutes != 0))
        .where(Hour.day >= rate.valid_from_on)
    )
    day = hours.where(Hour.day < starts[0]).scalar() if starts else hours.scalar()
    if day is not None:
        raise Conflict(
            "There are hours from %(day)s on that would have no rate: change this one instead.", day=_day(day)
        )


def check_unused(place: Assignment, start: date, others: Iterable[date]) -> None:
    """A rate that begins among billed or paid hours would leave them with another price than they have.

    others: the days from which the other rates of the assignment are valid.
    """
    end = min((day for day in others if day > start), default=date.max)
    late = [day for day in _used_days(place) if start <= day < end]
    if late:
        raise Invalid(
            "Hours up to %(day)s are invoiced or exported: add a new rate from a later day.",
            field="valid_from_on",
            day=max(late),
        )


def _used_days(assignment: Assignment) -> list[date]:
    """The days with hours that stand on a live invoice or payroll batch: one statement."""
    billed = InvoicedHour.select(InvoicedHour.hour).where(
        (InvoicedHour.hour == Hour.id) & InvoicedHour.released_at.is_null()
    )
    paid = PayrollHour.select(PayrollHour.hour).where(
        (PayrollHour.hour == Hour.id) & PayrollHour.released_at.is_null()
    )
    query: Any = (
        Hour.select(Hour.day)
        .join(TimesheetLine)
        .join(Timesheet)
        .where((Timesheet.assignment == assignment) & (fn.EXISTS(billed) | fn.EXISTS(paid)))
        .distinct()
    )
    return sorted(row.day for row in query)


def _refresh(place: Assignment) -> None:
    """Budgets count in euros: sums, and flags of what waits in the same organisation, may differ now."""
    numbers = BudgetNumber.select(BudgetNumber.id).where(BudgetNumber.organisation == place.organisation_id)
    flags.forget_sums(numbers)
    waiting = (Timesheet.organisation == place.organisation_id) & (Timesheet.state == State.SUBMITTED)
    flags.refresh(row.id for row in Timesheet.select(Timesheet.id).where(waiting))


def _day(value: date | str) -> date:
    """SQLite answers MIN of a date with its text."""
    return date.fromisoformat(value) if isinstance(value, str) else value
