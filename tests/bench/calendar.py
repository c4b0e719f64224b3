"""The pay periods of the data: five years of four weeks, and some weeks; numbers are ids."""

from datetime import date, datetime, time, timedelta

from konnekt.domain import clock
from konnekt.models import PayPeriod

NOW = "2026-11-30T09:00"
# Period 12 of 2026 ran from 2 to 29 November: its hours are what is wanted now.
HISTORY = range(1, 64)
CURRENT = 64
AFTER = 66
WEEKS = range(AFTER + 1, AFTER + 5)
TO_INVOICE = WEEKS[2]


def span(period: int) -> tuple[date, date]:
    """First and last day."""
    if period in WEEKS:
        first = date(2026, 11, 2) + timedelta(weeks=period - WEEKS[0])
        return first, first + timedelta(days=6)
    first = date(2022, 1, 3) + timedelta(weeks=4 * (period - 1))
    return first, first + timedelta(days=27)


def columns(period: int) -> dict[str, object]:
    """A pay period as its table has it."""
    first, last = span(period)
    if period in WEEKS:
        calendar, year, number = "week", 2026, first.isocalendar().week
    else:
        calendar, year, number = "four_weeks", 2022 + (period - 1) // 13, (period - 1) % 13 + 1
    return {
        "id": period, "calendar": calendar, "year": year, "number": number, "first_on": first, "last_on": last,
        "submit_by_at": clock.at(last + timedelta(days=5), time(23, 59)),
        "approve_by_at": clock.at(last + timedelta(days=8), time(12)), "pay_on": last + timedelta(days=10),
    }  # fmt: skip


def moments(period: int) -> dict[str, object]:
    """When its sheets were made, sent, decided on and invoiced, and its invoices paid (None: not yet)."""
    _first, last = span(period)
    issued = last + timedelta(days=12)
    due = issued + timedelta(days=30)

    def at(days: int) -> datetime:
        return min(
            clock.at(last + timedelta(days=days), time(17)), clock.now() - timedelta(hours=1 - days / 9)
        )

    return {
        "period": period, "created_at": at(-6), "submitted_at": at(1), "decided_at": at(3),
        "issued_on": issued, "due_on": due, "year": issued.year, "pay_on": last + timedelta(days=10),
        "paid_on": due if due < date(2026, 9, 1) else None,
    }  # fmt: skip


def days(period: int) -> list[tuple[int, int, date]]:
    """Where the hours of its sheets stand: (number, week of the period, day); two a week, five in a lone week."""
    first, _last = span(period)
    if period in WEEKS:
        return [(number, 0, first + timedelta(days=number)) for number in range(5)]
    pairs = ((0, 2), (1, 3), (0, 4), (1, 2))
    return [
        (2 * week + n, week, first + timedelta(days=7 * week + day))
        for week, pair in enumerate(pairs) for n, day in enumerate(pair)
    ]  # fmt: skip


def write() -> None:
    """All periods into their table."""
    PayPeriod.insert_many([columns(period) for period in range(1, WEEKS[-1] + 1)]).execute()
