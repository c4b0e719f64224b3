"""The rules of the flags (product.md section 3): pure functions of what inputs.py read."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Any, NamedTuple

from konnekt.domain.budgets import used as budget_used
from konnekt.domain.flags.inputs import WEEK, Inputs, JudgedSheet, Time

LONG_DAY = 12 * 60
LONG_WEEK = 60 * 60
LONG_AVERAGE = 55 * 60
WEEKS_OF_AVERAGE = 4
UNLIKE_PERCENT = 25
UNLIKE_MINUTES = 4 * 60
DAYS_NAMED = 3

Detail = dict[str, Any]


class RaisedFlag(NamedTuple):
    """A flag that arises: its code, the numbers of its sentence, whether only with hours elsewhere."""

    code: str
    detail: Detail
    is_elsewhere: bool = False


def flags_of(sheet: JudgedSheet, facts: Inputs) -> list[RaisedFlag]:
    """The flags of one sheet, in the order of the table in product.md."""
    parts = (_long, _of_days, _of_history, _of_budget, _of_text)
    return [flag for rules in parts for flag in rules(sheet, facts)]


def _long(sheet: JudgedSheet, facts: Inputs) -> Iterator[RaisedFlag]:
    """The working-time rules: the organisation's own hours first, then all hours of the worker."""
    own = facts.own[sheet.id]
    for code, rule in LONG.items():
        here = rule(own, facts.at_organisation[sheet.worker, sheet.organisation])
        if here:
            yield RaisedFlag(code, here)
        elif everywhere := rule(own, facts.everywhere[sheet.worker]):
            yield RaisedFlag(code, everywhere, is_elsewhere=True)
    if sheet.maximum is not None:
        detail = _worst_week(own, facts.at_assignment[sheet.assignment], sheet.maximum)
        if detail:
            yield RaisedFlag("over_maximum", {**detail, "maximum": sheet.maximum})


def _worst(minutes: dict[date, int]) -> tuple[date, int]:
    """The day or week with the most minutes, the first of equals."""
    return max(minutes.items(), key=lambda item: (item[1], -item[0].toordinal()))


def _long_day(own: Time, all_hours: Time) -> Detail | None:
    days = {day: all_hours.days[day] for day, minutes in own.days.items() if minutes > 0}
    days = {day: minutes for day, minutes in days.items() if minutes > LONG_DAY}
    if not days:
        return None
    day, minutes = _worst(days)
    return {"day": day.isoformat(), "minutes": minutes, "count": len(days)}


def _worst_week(own: Time, all_hours: Time, most: int) -> Detail | None:
    weeks = {week: all_hours.weeks[week] for week, minutes in own.weeks.items() if minutes > 0}
    return _of_weeks({week: minutes for week, minutes in weeks.items() if minutes > most})


def _long_week(own: Time, all_hours: Time) -> Detail | None:
    return _worst_week(own, all_hours, LONG_WEEK)


def _long_average(own: Time, all_hours: Time) -> Detail | None:
    """Four ISO weeks that end with a week of the sheet; the mean in whole minutes, rounded up."""
    sums = {
        week: sum(all_hours.weeks.get(week - n * WEEK, 0) for n in range(WEEKS_OF_AVERAGE))
        for week, minutes in own.weeks.items()
        if minutes > 0
    }
    most = LONG_AVERAGE * WEEKS_OF_AVERAGE
    return _of_weeks({week: -(-total // WEEKS_OF_AVERAGE) for week, total in sums.items() if total > most})


def _of_weeks(weeks: dict[date, int]) -> Detail | None:
    if not weeks:
        return None
    week, minutes = _worst(weeks)
    year, number, _ = week.isocalendar()
    return {"year": year, "week": number, "minutes": minutes, "count": len(weeks)}


LONG: dict[str, Callable[[Time, Time], Detail | None]] = {
    "long_day": _long_day,
    "long_week": _long_week,
    "long_average": _long_average,
}


def _of_days(sheet: JudgedSheet, facts: Inputs) -> Iterator[RaisedFlag]:
    """Days without surcharge, days outside the assignment, days that had not come when it was sent."""
    plain = {row.day for row in facts.worked[sheet.id] if row.minutes > 0 and row.percent <= 100}
    closing = plain & facts.closing_days
    weekend = {day for day in plain - closing if day.weekday() >= 5}
    if weekend or closing:
        kinds = [kind for kind, days in (("weekend", weekend), ("closing_day", closing)) if days]
        yield RaisedFlag("no_surcharge", {"kinds": kinds, **_days(weekend | closing)})
    outside = {
        day
        for day, minutes in facts.own[sheet.id].days.items()
        if minutes > 0 and not sheet.first_on <= day <= (sheet.last_on or day)
    }
    if outside:
        yield RaisedFlag("outside", _days(outside))
    ahead = {day for day, minutes in facts.own[sheet.id].days.items() if minutes > 0 and day > sheet.sent_on}
    if ahead:
        yield RaisedFlag("ahead", _days(ahead))


def _days(days: set[date]) -> Detail:
    return {"days": [day.isoformat() for day in sorted(days)[:DAYS_NAMED]], "count": len(days)}


def _of_history(sheet: JudgedSheet, facts: Inputs) -> Iterator[RaisedFlag]:
    """Compared with the originals before it, and with what was sent of itself before."""
    if sheet.sequence == 0:
        earlier = facts.earlier.get(sheet.id)
        if earlier is None:
            yield RaisedFlag("first", {})
        else:
            yield from _unlike_before(sheet, *earlier)
    sent_before = facts.sent_before.get(sheet.id)
    if sent_before:
        yield RaisedFlag("changed", {"after": "reject" if "reject" in sent_before else "submit"})


def _unlike_before(sheet: JudgedSheet, count: int, total: int) -> Iterator[RaisedFlag]:
    """At least 25 % and 4 hours from the mean; in integers, so that exactly 25 % is 25 %."""
    difference = sheet.minutes * count - total
    is_percent = abs(difference) * 100 >= total * UNLIKE_PERCENT
    if not is_percent or abs(difference) < UNLIKE_MINUTES * count:
        return
    percent = (200 * difference + total) // (2 * total) if total > 0 else None
    mean = (2 * total + count) // (2 * count)
    yield RaisedFlag(
        "unlike_before", {"percent": percent, "minutes": sheet.minutes, "mean": mean, "count": count}
    )


def _of_text(sheet: JudgedSheet, _facts: Inputs) -> Iterator[RaisedFlag]:
    if sheet.remark.strip():
        yield RaisedFlag("remark", {})


def _of_budget(sheet: JudgedSheet, facts: Inputs) -> Iterator[RaisedFlag]:
    over = [
        detail
        for key in sorted({row.budget_number for row in facts.worked[sheet.id]})
        for detail in _over_budget(sheet, key, facts)
    ]
    if over:
        yield RaisedFlag("budget", {**over[0], "count": len(over)})


def _over_budget(sheet: JudgedSheet, key: int, facts: Inputs) -> Iterator[Detail]:
    """One budget number of the sheet: not valid on a day, or over its ceiling with what waits."""
    budget: budget_used.Budget = facts.budgets[key]
    rows = [row for row in facts.worked[sheet.id] if row.budget_number == key]
    wrong = {row.day for row in rows if row.minutes > 0 and not budget.is_valid(row.day)}
    if wrong:
        yield {"number": budget.number, "why": "day", "day": min(wrong).isoformat(), "days": len(wrong)}
    elif sum(row.minutes for row in rows) <= 0:
        return
    elif budget.is_over_minutes:
        yield _used(budget.number, "minutes", budget.minutes, budget.ceiling_minutes)
    elif budget.is_over_cents:
        yield _used(budget.number, "cents", budget.cents, budget.ceiling_cents)


def _used(number: str, why: str, used: int, ceiling: int | None) -> Detail:
    return {"number": number, "why": why, "used": used, "ceiling": ceiling}
