"""Pay periods: a year is generated from a rule, then each is a row that can be put right."""

from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any

from peewee import fn

from konnekt.db import hold
from konnekt.domain import clock, events, text_fields
from konnekt.domain.records import calendars, working_days
from konnekt.domain.records.audited import RecordType, existing, staff_only
from konnekt.domain.records.calendars import Rule, Span
from konnekt.domain.refusals import Conflict, Invalid, NotFound
from konnekt.models import Account, Invoice, Organisation, PayPeriod, PayrollBatch, Timesheet
from konnekt.models.organisations import CALENDARS

DAY = timedelta(days=1)


@dataclass(frozen=True)
class CalendarYear:
    """A year of one calendar: its periods (each with `sheets`, how many timesheets it has), which years
    there are, and how many organisations follow the calendar."""

    calendar: str
    year: int
    periods: list[PayPeriod]
    years: list[int]
    followers: int

    @property
    def is_unused(self) -> bool:
        """Whether there are no timesheets in any of them."""
        return not any(period.sheets for period in self.periods)


def of_year(calendar: str, year: int | None) -> CalendarYear:
    """A calendar's year; unless chosen, one that organisations follow, and this year: three statements."""
    followers = dict(
        Organisation.select(Organisation.calendar, fn.COUNT(Organisation.id))
        .where(Organisation.ended_on.is_null())
        .group_by(Organisation.calendar)
        .tuples()
    )
    if calendar not in CALENDARS:
        calendar = max(CALENDARS, key=lambda one: (followers.get(one, 0), one == "four_weeks"))
    years = [
        number
        for (number,) in PayPeriod.select(PayPeriod.year)
        .where(PayPeriod.calendar == calendar)
        .distinct()
        .order_by(PayPeriod.year)
        .tuples()
    ]
    year = year or clock.today().year
    return CalendarYear(calendar, year, _of(calendar, year), years, followers.get(calendar, 0))


def _of(calendar: str, year: int) -> list[PayPeriod]:
    sheets = Timesheet.select(fn.COUNT(Timesheet.id)).where(Timesheet.pay_period == PayPeriod.id)
    return list(
        PayPeriod.select(PayPeriod, sheets.alias("sheets"))
        .where((PayPeriod.calendar == calendar) & (PayPeriod.year == year))
        .order_by(PayPeriod.first_on)
    )


def find(period: int) -> PayPeriod:
    """The period. Raises NotFound."""
    row: PayPeriod | None = PayPeriod.get_or_none(PayPeriod.id == period)
    return existing(row, NotFound("This pay period does not exist."))


def has_sheets(period: PayPeriod) -> bool:
    """Whether there are timesheets of it: its days stay."""
    return bool(Timesheet.select().where(Timesheet.pay_period == period).exists())


def thing(of: PayPeriod) -> str:
    """What its events are about."""
    return f"pay_period {of.calendar} {of.year}-{of.number:02d}"


def year_thing(calendar: str, year: int) -> str:
    """What the events of a whole year are about."""
    return f"pay_periods {calendar} {year}"


def _check_deadlines(of: dict[str, Any]) -> None:
    if of["approve_by_at"] < of["submit_by_at"]:
        raise Invalid("Approving ends before sending does.", field="approve_by")


def _check_paid(of: dict[str, Any]) -> None:
    if of["pay_on"] < clock.local(of["approve_by_at"]).date():
        raise Invalid("This is paid before approving ends.", field="pay_on")


def _check_length(of: dict[str, Any]) -> None:
    if (of["last_on"] - of["first_on"]).days >= calendars.LONGEST:
        raise Invalid("A period lasts a year at most.", field="last_on")


RECORD = RecordType(
    "period",
    lambda row: {"thing": thing(row)},
    {
        "calendar": text_fields.one_of(*CALENDARS),
        "year": calendars.check_year,
        "number": text_fields.unjudged,
        "first_on": text_fields.day,
        "last_on": text_fields.day,
        "submit_by_at": text_fields.unjudged,
        "approve_by_at": text_fields.unjudged,
        "pay_on": text_fields.day,
    },
    joint=(
        text_fields.in_order("first_on", "last_on"),
        (("first_on", "last_on"), _check_length),
        (("submit_by_at", "approve_by_at"), _check_deadlines),
        (("approve_by_at", "pay_on"), _check_paid),
    ),
)
seen = RECORD.fingerprint


def suggested(calendar: str) -> tuple[int, Rule]:
    """The year to make next (the latest, where part of it is missing), and the latest rule: one statement."""
    periods = PayPeriod.select().where(PayPeriod.calendar == calendar)
    latest = periods.order_by(PayPeriod.first_on.desc()).first()
    if latest is None:
        return clock.today().year, Rule()
    year = min(max(latest.year, calendars.FIRST_YEAR), calendars.LAST_YEAR)
    is_whole = latest.last_on >= calendars.generate(calendar, year, Rule())[-1].last_on
    return year + is_whole, calendars.rule_of(latest)


def preview(calendar: str, year: int, rule: Rule) -> list[Span]:
    """What `generate` would make: the periods of a year, or those that come after the ones it has.

    Raises Invalid where all are there already, where they overlap others or leave a gap.
    """
    spans = calendars.generate(calendar, year, rule)
    there = list(PayPeriod.select().where((PayPeriod.calendar == calendar) & (PayPeriod.year == year)))
    if there:
        last, numbers = max(period.last_on for period in there), {period.number for period in there}
        spans = [span for span in spans if span.last_on > last]
        if not spans or any(span.number in numbers for span in spans):
            raise Invalid("The periods of %(year)s are there already.", field="year", year=year)
    before, after = _neighbours(calendar, spans[0].first_on, but=())
    check_joins(before, after, spans[0].first_on, spans[-1].last_on, "year", "year")
    return spans


def generate(
    calendar: str, year: int, rule: Rule, *, by: Account, closed: str = working_days.LEAVE
) -> list[PayPeriod]:
    """Make the periods of a year. Raises as `preview` does.

    closed: what becomes of deadlines on days on which nobody works (working_days.settled).
    """
    with staff_only(by, "calendar"):
        spans = working_days.settled(preview(calendar, year, rule), closed)
        rows = [PayPeriod.create(calendar=calendar, year=year, **asdict(span)) for span in spans]
        events.record("generate_periods", by=by, **generated(rows))
    return rows


def generated(rows: list[PayPeriod]) -> dict[str, Any]:
    """What the event of new periods of one calendar and year tells."""
    days = {"first_on": min(row.first_on for row in rows), "last_on": max(row.last_on for row in rows)}
    after = {"periods": len(rows), **RECORD.told(days)}
    return {"thing": year_thing(rows[0].calendar, rows[0].year), "after": after}


def change(
    period: int,
    span: Span,
    *,
    by: Account,
    seen: str = "",
    joined: bool = False,
    closed: str = working_days.LEAVE,
) -> PayPeriod:
    """Put the days, deadlines and pay date of a period right; the pay dates of waiting sheets follow.

    joined: the periods before and after move their own adjoining day along. closed: as in generate. Raises
    Invalid (overlap, gap, wrong order), Conflict where the form is overtaken.
    """
    with staff_only(by, "calendar"):
        hold("invoices")
        row = find(period)
        RECORD.check_seen(row, seen)
        RECORD.checked(asdict(span), row)
        (span,) = working_days.settled([span], closed)
        if (span.first_on, span.last_on) != (row.first_on, row.last_on):
            check_empty(row)
            _join(row, span, by=by, joined=joined)
        RECORD.change(row, asdict(span), by=by)
    return row


def check_empty(period: PayPeriod) -> None:
    """The days of a period stay once there are timesheets of it."""
    if has_sheets(period):
        raise Invalid("This period has timesheets: its days stay.", field="first_on")


def delete(period: int, *, by: Account) -> PayPeriod:
    """Delete a period that nothing uses: the first or the last of its calendar, so that no gap comes."""
    with staff_only(by, "calendar"):
        row = find(period)
        before = RECORD.facts(row)
        _delete(row.calendar, [row])
        events.record("delete_period", by=by, thing=year_thing(row.calendar, row.year), before=before)
    return row


def delete_year(calendar: str, year: int, *, by: Account) -> int:
    """Delete all periods of a year, where nothing uses any of them; returns how many there were."""
    with staff_only(by, "calendar"):
        periods = list(PayPeriod.select().where((PayPeriod.calendar == calendar) & (PayPeriod.year == year)))
        if not periods:
            raise NotFound("There are no periods of this year.")
        _delete(calendar, periods)
        before = {"periods": len(periods)}
        events.record("delete_periods", by=by, thing=year_thing(calendar, year), before=before)
    return len(periods)


def _delete(calendar: str, periods: list[PayPeriod]) -> None:
    ids = [period.id for period in periods]
    for model in (Timesheet, Invoice, PayrollBatch):
        if model.select().where(model.pay_period.in_(ids)).exists():
            raise Conflict("Timesheets, invoices or payments hang on it: it stays.")
    before, after = _neighbours(calendar, min(period.first_on for period in periods), but=ids)
    if before and after:
        raise Conflict("This would leave a gap: delete the last period of the calendar first.")
    PayPeriod.delete().where(PayPeriod.id.in_(ids)).execute()


def _neighbours(calendar: str, first_on: date, but: Any) -> tuple[PayPeriod | None, PayPeriod | None]:
    """The other period that begins last up to this day, and the first after it: two statements."""
    others = (PayPeriod.calendar == calendar) & PayPeriod.id.not_in(list(but))
    before = PayPeriod.select().where(others & (PayPeriod.first_on <= first_on))
    after = PayPeriod.select().where(others & (PayPeriod.first_on > first_on))
    return before.order_by(PayPeriod.first_on.desc()).first(), after.order_by(PayPeriod.first_on).first()


def check_joins(
    before: PayPeriod | None, after: PayPeriod | None, first: date, last: date, at_first: str, at_last: str
) -> None:
    """Every day of a calendar is in one period, from its first to its last."""
    sides = [(before, at_first, before.last_on + DAY, first - DAY)] if before else []
    sides += [(after, at_last, last + DAY, after.first_on - DAY)] if after else []
    for other, field, gap_from, gap_to in sides:
        values = {"number": other.number, "year": other.year}
        if gap_to + DAY < gap_from:
            raise Invalid("This overlaps period %(number)s of %(year)s.", field=field, **values)
        if gap_from <= gap_to:
            raise Invalid(
                "Between this and period %(number)s of %(year)s days are left over: %(first)s to %(last)s.",
                field=field,
                first=gap_from,
                last=gap_to,
                **values,
            )


def _join(row: PayPeriod, span: Span, *, by: Account, joined: bool) -> None:
    """Check that the days fit between the neighbours, which move along where asked."""
    before, after = _neighbours(row.calendar, row.first_on, but=[row.id])
    if joined:
        for other, name, day in (
            (before, "last_on", span.first_on - DAY),
            (after, "first_on", span.last_on + DAY),
        ):
            if other is not None and getattr(other, name) != day:
                _move(other, name, day, by=by)
    check_joins(before, after, span.first_on, span.last_on, "first_on", "last_on")


def _move(other: PayPeriod, name: str, day: date, *, by: Account) -> None:
    values = {"number": other.number, "year": other.year}
    if has_sheets(other):
        raise Invalid("Period %(number)s of %(year)s has timesheets: its days stay.", field=name, **values)
    if (day if name == "last_on" else other.last_on) < (day if name == "first_on" else other.first_on):
        raise Invalid("This would leave no days of period %(number)s of %(year)s.", field=name, **values)
    RECORD.change(other, {name: day}, by=by)
