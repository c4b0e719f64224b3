"""The pay periods of a year as a calendar has them, before they are rows: pure arithmetic of days."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise

from konnekt.domain import clock, text_fields
from konnekt.domain.refusals import Invalid
from konnekt.models.organisations import CALENDARS

FIRST_YEAR, LAST_YEAR = 2000, 2199
LONGEST = 366
WEEK = timedelta(days=7)
DAY = timedelta(days=1)
_calendar = text_fields.one_of(*CALENDARS)


@dataclass(frozen=True)
class Rule:
    """When hours are due: days after the last day of a period, and the time in Amsterdam."""

    submit_days: int = 5
    submit_at: time = time(23, 59)
    approve_days: int = 8
    approve_at: time = time(12)
    pay_days: int = 10


@dataclass(frozen=True)
class Span:
    """A period to be: its number, days, deadlines (UTC) and pay date."""

    number: int
    first_on: date
    last_on: date
    submit_by_at: datetime
    approve_by_at: datetime
    pay_on: date

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last_on - self.first_on).days + 1


def weeks_in(year: int) -> int:
    """52 or 53: the ISO weeks of a year (28 December is always in the last one)."""
    return date(year, 12, 28).isocalendar().week


def generate(calendar: str, year: int, rule: Rule) -> list[Span]:
    """All periods of a year. Raises Invalid for a year or rule that can't be.

    week: 52 or 53 ISO weeks; four_weeks: 13 from ISO week 1, the last takes a 53rd week; month: 12.
    """
    days = _days(_calendar(calendar, "calendar"), check_year(year))
    _check(rule)
    return [_span(number, first, last, rule) for number, (first, last) in enumerate(days, 1)]


def check_year(year: int, field: str = "year") -> int:
    """A year that periods are made of."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Invalid("Choose a year from %(first)s to %(last)s.", field, first=FIRST_YEAR, last=LAST_YEAR)
    return year


def _days(calendar: str, year: int) -> list[tuple[date, date]]:
    if calendar == "month":
        firsts = [date(year, month, 1) for month in range(1, 13)] + [date(year + 1, 1, 1)]
    elif calendar == "week":
        firsts = [date.fromisocalendar(year, 1, 1) + number * WEEK for number in range(weeks_in(year) + 1)]
    else:
        firsts = [date.fromisocalendar(year, 1, 1) + 4 * number * WEEK for number in range(13)]
        firsts.append(date.fromisocalendar(year + 1, 1, 1))
    return [(first, after - DAY) for first, after in pairwise(firsts)]


def _span(number: int, first: date, last: date, rule: Rule) -> Span:
    return Span(
        number,
        first,
        last,
        clock.at(last + rule.submit_days * DAY, rule.submit_at),
        clock.at(last + rule.approve_days * DAY, rule.approve_at),
        last + rule.pay_days * DAY,
    )


def _check(rule: Rule) -> None:
    for field in ("submit_days", "approve_days", "pay_days"):
        if not 0 <= getattr(rule, field) <= LONGEST:
            raise Invalid("Type a number of days from 0 to %(most)s.", field=field, most=LONGEST)
    if (rule.approve_days, rule.approve_at) < (rule.submit_days, rule.submit_at):
        raise Invalid("Approving ends before sending does.", field="approve_days")
    if rule.pay_days < rule.approve_days:
        raise Invalid("This is paid before approving ends.", field="pay_days")


def rule_of(first: Span) -> Rule:
    """The rule that made these deadlines, so that the next year's form starts with it."""
    submit, approve = clock.local(first.submit_by_at), clock.local(first.approve_by_at)

    def days(on: date) -> int:
        return min(max((on - first.last_on).days, 0), LONGEST)

    return Rule(
        days(submit.date()),
        submit.time().replace(second=0),
        days(approve.date()),
        approve.time().replace(second=0),
        days(first.pay_on),
    )
