"""The demonstration's periods and closing days, laid around today.

A period of each calendar ended last Sunday: its sheets wait now, and can still be approved for its pay date.
"""

from dataclasses import dataclass
from datetime import date, time, timedelta

from konnekt.domain import clock
from konnekt.domain.records import closing_days, holidays
from konnekt.models import Account, PayPeriod

WEEKS = {"week": 1, "four_weeks": 4}


@dataclass(frozen=True)
class DemoCalendar:
    """The periods of one calendar, earliest first; waiting is the index of the one that ended last Sunday."""

    periods: list[PayPeriod]
    waiting: int

    def ago(self, periods: int) -> PayPeriod:
        """The waiting period (0), the one before it (1), the one that runs now (-1)."""
        return self.periods[self.waiting - periods]


def make(today: date) -> dict[str, DemoCalendar]:
    """Periods of last year, this one and the next, per calendar: around today, as no verb makes them."""
    sunday = _last_sunday(today)
    return {
        name: _calendar(name, timedelta(weeks=weeks), sunday, today.year) for name, weeks in WEEKS.items()
    }


def _calendar(name: str, length: timedelta, sunday: date, this_year: int) -> DemoCalendar:
    end = sunday
    while (end - length).isocalendar().year >= this_year - 1:
        end -= length
    periods: list[PayPeriod] = []
    numbers: dict[int, int] = {}
    waiting = 0
    while (year := end.isocalendar().year) <= this_year + 1:
        numbers[year] = numbers.get(year, 0) + 1
        if end == sunday:
            waiting = len(periods)
        periods.append(_period(name, year, numbers[year], end - length + timedelta(days=1), end))
        end += length
    return DemoCalendar(periods, waiting)


def _period(calendar: str, year: int, number: int, first_on: date, last_on: date) -> PayPeriod:
    period: PayPeriod = PayPeriod.create(
        calendar=calendar,
        year=year,
        number=number,
        first_on=first_on,
        last_on=last_on,
        submit_by_at=clock.at(last_on + timedelta(days=5), time(23, 59)),
        approve_by_at=clock.at(last_on + timedelta(days=8), time(12)),
        pay_on=last_on + timedelta(days=10),
    )
    return period


def close(today: date, *, by: Account) -> None:
    """The usual holidays of three years, and a closing day of the university's own in the waiting period."""
    for year in (today.year - 1, today.year, today.year + 1):
        usual = [holiday.day for holiday in holidays.of(year) if holiday.is_usual]
        closing_days.add_holidays(year, usual, by=by)
    dies = _last_sunday(today) - timedelta(days=16)
    if dies not in {row.day for row in closing_days.of(dies.year)}:
        closing_days.add(dies, "Dies natalis", "Foundation Day", by=by)


def _last_sunday(today: date) -> date:
    return today - timedelta(days=today.isoweekday() % 7 or 7)
