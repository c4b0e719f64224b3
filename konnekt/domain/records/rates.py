"""Dated rates of an assignment: add, change, delete; what is invoiced or paid keeps its rate."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from peewee import fn

from konnekt.db import hold, transaction
from konnekt.domain import flags
from konnekt.domain.records import keeping, typed
from konnekt.domain.records.keeping import Facts
from konnekt.domain.refused import Invalid, NotFound, Refused
from konnekt.models import (
    Account,
    Assignment,
    Hour,
    InvoicedHour,
    PayrollHour,
    Rate,
    State,
    Timesheet,
    TimesheetLine,
)

# 1/10,000 euro: as much as an import takes.
MOST = 1000 * 10_000
DAY = timedelta(days=1)


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
    found = list(Rate.select().where(Rate.assignment == assignment).order_by(Rate.valid_from_on))
    used = _used_days(assignment)
    dated = []
    for index, rate in enumerate(found):
        end = found[index + 1].valid_from_on - DAY if index + 1 < len(found) else None
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
    found: Rate | None = (
        Rate.select(Rate, Assignment)
        .join(Assignment)
        .where((Rate.id == rate) & (Rate.assignment == assignment))
        .first()
    )
    if found is None:
        raise NotFound("This rate does not exist, or not for you.")
    return found


def facts(rate: Rate) -> Facts:
    """What an event keeps of a rate."""
    return {
        "valid_from_on": rate.valid_from_on.isoformat(),
        "pay_rate": rate.pay_rate,
        "bill_rate": rate.bill_rate,
    }


def add(assignment: int, valid_from_on: date, pay_rate: int, bill_rate: int, *, by: Account) -> Rate:
    """Have a rate (1/10,000 euro per hour, both) begin on that day.

    Raises Invalid: that day has one already, too high, or hours from that day on are billed or paid.
    """
    with transaction():
        keeping.begin(by)
        hold("invoices")
        place = _place(assignment)
        made = Rate(assignment=place, valid_from_on=valid_from_on, pay_rate=pay_rate, bill_rate=bill_rate)
        _check(made)
        _check_unused(place, [valid_from_on], "valid_from_on")
        made.save(force_insert=True)
        keeping.record("add_rate", _thing(place), by=by, after=facts(made))
        _refresh(place)
    return made


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
    """Put a rate right that no hour is billed or paid with. Raises as `add` does, and Refused."""
    with transaction():
        keeping.begin(by)
        hold("invoices")
        found = find(assignment, rate)
        before = facts(found)
        keeping.check_seen(seen, before)
        _check_own(found)
        found.valid_from_on, found.pay_rate, found.bill_rate = valid_from_on, pay_rate, bill_rate
        _check(found)
        if before["valid_from_on"] != valid_from_on.isoformat():
            _check_unused(found.assignment, [valid_from_on], "valid_from_on", but=found.id)
        found.save()
        keeping.record("change_rate", _thing(found.assignment), by=by, before=before, after=facts(found))
        _refresh(found.assignment)
    return found


def delete(assignment: int, rate: int, *, by: Account) -> Rate:
    """Delete a rate that no hour is billed or paid with. Refused where hours would be left without one."""
    with transaction():
        keeping.begin(by)
        hold("invoices")
        found = find(assignment, rate)
        _check_own(found)
        _check_priced_without(found)
        Rate.delete().where(Rate.id == found.id).execute()
        keeping.record("delete_rate", _thing(found.assignment), by=by, before=facts(found))
        _refresh(found.assignment)
    return found


def _thing(of: Assignment) -> str:
    return f"assignment {of.code}"


def _place(assignment: int) -> Assignment:
    found: Assignment | None = Assignment.get_or_none(Assignment.id == assignment)
    if found is None:
        raise NotFound("This assignment does not exist, or not for you.")
    return found


def _check(rate: Rate) -> None:
    typed.day(rate.valid_from_on, "valid_from_on")
    for field in ("pay_rate", "bill_rate"):
        if not 0 <= getattr(rate, field) <= MOST:
            raise Invalid("Type at most 1000 euro per hour.", field=field)
    same = (Rate.assignment == rate.assignment_id) & (Rate.valid_from_on == rate.valid_from_on)
    other = same & (Rate.id != rate.id) if rate.id is not None else same
    if Rate.select().where(other).exists():
        raise Invalid("A rate starts on this day already.", field="valid_from_on")


def _check_own(rate: Rate) -> None:
    """What was billed or paid with it keeps it."""
    if next(dated.is_used for dated in of(rate.assignment) if dated.rate.id == rate.id):
        raise Refused("Hours are invoiced or exported with this rate: add a new rate from a later day.")


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
        raise Refused(
            "There are hours from %(day)s on that would have no rate: change this one instead.", day=_day(day)
        )


def _check_unused(place: Assignment, starts: list[date], field: str, but: int | None = None) -> None:
    """A rate that begins among billed or paid hours would leave them with another price than they have."""
    others = [d.rate.valid_from_on for d in of(place) if d.rate.id != but]
    used = _used_days(place)
    for start in starts:
        end = min((day for day in others if day > start), default=date.max)
        late = [day for day in used if start <= day < end]
        if late:
            raise Invalid(
                "Hours up to %(day)s are invoiced or exported: add a new rate from a later day.",
                field=field,
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
    """Budgets count in euros: flags of what waits in the same organisation may differ now."""
    waiting = (Timesheet.organisation == place.organisation_id) & (Timesheet.state == State.SUBMITTED)
    flags.refresh(row.id for row in Timesheet.select(Timesheet.id).where(waiting))


def _day(value: date | str) -> date:
    """SQLite answers MIN of a date with its text."""
    return date.fromisoformat(value) if isinstance(value, str) else value
