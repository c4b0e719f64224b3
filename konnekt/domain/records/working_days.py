"""Deadlines and pay dates on days on which nobody works: said, and moved to a working day where asked.

Weekends count as well: nobody approves on them, and no bank pays.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from konnekt.domain import clock
from konnekt.domain.records.calendars import Span
from konnekt.domain.refusals import Invalid
from konnekt.models import ClosingDay, PayPeriod

DAY = timedelta(days=1)
# What a form offers: "" asks first.
LEAVE, EARLIER, LATER = "leave", "earlier", "later"
CHOICES = (LEAVE, EARLIER, LATER)
# How far around a deadline closing days are read: no closure lasts longer.
FURTHEST = 31


@dataclass(frozen=True)
class Hit:
    """A deadline or pay date of a period on a closing day, or (closing is None) in a weekend."""

    period: Span | PayPeriod
    column: str
    day: date
    closing: ClosingDay | None = None


def closing_days(spans: Iterable[Span | PayPeriod]) -> dict[date, ClosingDay]:
    """The closing days around the deadlines of some periods: one statement."""
    days = [day for span in spans for _column, day in _days(span)]
    if not days:
        return {}
    around = ClosingDay.day.between(min(days) - FURTHEST * DAY, max(days) + FURTHEST * DAY)
    return {row.day: row for row in ClosingDay.select().where(around)}


def _days(of: Span | PayPeriod) -> list[tuple[str, date]]:
    return [
        ("submit_by_at", clock.local(of.submit_by_at).date()),
        ("approve_by_at", clock.local(of.approve_by_at).date()),
        ("pay_on", of.pay_on),
    ]


def hits(spans: Iterable[Span | PayPeriod], closed: dict[date, ClosingDay]) -> list[Hit]:
    """What of these periods falls on a day on which nobody works, in their order."""
    return [
        Hit(span, column, day, closed.get(day))
        for span in spans
        for column, day in _days(span)
        if _is_free(day, closed)
    ]


def _is_free(day: date, closed: dict[date, ClosingDay]) -> bool:
    return day.weekday() >= 5 or day in closed


def moved(span: Span, how: str, closed: dict[date, ClosingDay]) -> Span:
    """The period with what falls on such a day on the working day before or after it."""
    if how not in (EARLIER, LATER):
        return span
    step = DAY if how == LATER else -DAY

    def on(day: date) -> date:
        while _is_free(day, closed):
            day += step
        return day

    def at(moment: datetime, further: timedelta = DAY * 0) -> datetime:
        local = clock.local(moment)
        day = on(local.date() + further)
        return moment if day == local.date() else clock.at(day, local.time())

    submit_by, approve_by, pay_on = at(span.submit_by_at), at(span.approve_by_at), on(span.pay_on)
    # Both on one day now, and sending until after approving: the one that moves goes a day further.
    if submit_by > approve_by and how == LATER:
        approve_by = at(approve_by, step)
    elif submit_by > approve_by:
        submit_by = at(submit_by, step)
    pay_on = max(pay_on, clock.local(approve_by).date())
    return replace(span, submit_by_at=submit_by, approve_by_at=approve_by, pay_on=pay_on)


def settled(spans: list[Span], how: str) -> list[Span]:
    """The periods as they were chosen to be: one statement.

    how: leave, earlier or later; Invalid where something falls on such a day and nothing was chosen, and
    where earlier would be before the period ends: nobody can send the hours of days to come.
    """
    closed = closing_days(spans)
    falling = hits(spans, closed)
    if falling and how not in CHOICES:
        raise Invalid(
            "On %(day)s nobody works: choose what becomes of deadlines and pay dates on such days.",
            field="closed", day=falling[0].day,
        )  # fmt: skip
    chosen = [moved(span, how, closed) for span in spans]
    for was, now in zip(spans, chosen, strict=True):
        for (_column, typed), (_same, day) in zip(_days(was), _days(now), strict=True):
            if day < min(typed, now.last_on):
                raise Invalid(
                    "What falls on %(day)s would come before its period ends: choose the working day after.",
                    field="closed", day=typed,
                )  # fmt: skip
    return chosen


def on_closing_days() -> list[Hit]:
    """Deadlines and pay dates to come that fall on a closing day, the soonest first: two statements."""
    today = clock.today()
    to_come = list(PayPeriod.select().where(PayPeriod.pay_on >= today).order_by(PayPeriod.first_on))
    falling = [one for one in hits(to_come, closing_days(to_come)) if one.closing and one.day >= today]
    return sorted(falling, key=lambda one: one.day)


def of(spans: list[Span] | list[PayPeriod]) -> list[Hit]:
    """What of these periods falls on a day on which nobody works, and is still to come: one statement."""
    today = clock.today()
    return [one for one in hits(spans, closing_days(spans)) if one.day >= today]
