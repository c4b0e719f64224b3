"""The worker's usual week: what most of the weeks just before a period have in common."""

from collections import Counter, defaultdict
from collections.abc import Container, Iterable
from datetime import date, timedelta
from typing import NamedTuple

from konnekt.domain.flags import inputs

LEAST_WEEKS = 2


class RecentHour(NamedTuple):
    """An hour of an earlier sheet of the assignment: hour type and budget number are ids."""

    day: date
    hour_type: int
    budget_number: int
    minutes: int


Week = dict[tuple[int, int], dict[int, int]]


def usual_week(recent: Iterable[RecentHour], closing_days: Container[date]) -> Week:
    """Minutes by weekday (0: Monday) per hour type and budget number; empty where no week is like another.

    A weekday counts where more than half of the weeks with hours have the same on it, and at least two;
    a week in which it was a closing day says nothing about it.
    """
    values: dict[tuple[int, int], dict[int, Counter[int]]] = defaultdict(lambda: defaultdict(Counter))
    mondays = set()
    for hour in recent:
        mondays.add(inputs.monday(hour.day))
        values[hour.hour_type, hour.budget_number][hour.day.weekday()][hour.minutes] += 1
    usual: Week = {}
    for key, weekdays in values.items():
        for weekday, counts in sorted(weekdays.items()):
            minutes, count = counts.most_common(1)[0]
            weeks = sum(1 for monday in mondays if monday + timedelta(days=weekday) not in closing_days)
            if count >= LEAST_WEEKS and 2 * count > weeks:
                usual.setdefault(key, {})[weekday] = minutes
    return usual


def minutes_of(week: Week) -> int:
    """The hours of such a week together, in minutes."""
    return sum(minutes for weekdays in week.values() for minutes in weekdays.values())
