"""Pay periods: when a sheet is paid, and until when it can still be approved for that."""

from collections.abc import Iterable
from dataclasses import dataclass

from konnekt.domain import clock
from konnekt.models import PayPeriod


@dataclass(frozen=True)
class PayDate:
    """The period that pays a sheet approved now, and the one after it; None: not known yet."""

    period: PayPeriod | None
    later: PayPeriod | None


def open_periods(calendars: Iterable[str]) -> list[PayPeriod]:
    """The periods of these calendars whose approve-by has not passed, earliest first: one statement."""
    return list(
        PayPeriod.select()
        .where(PayPeriod.calendar.in_(set(calendars)) & (PayPeriod.approve_by_at > clock.now()))
        .order_by(PayPeriod.approve_by_at, PayPeriod.first_on)
    )


def pay_date(own: PayPeriod, open_ones: list[PayPeriod]) -> PayDate:
    """The pay date of a sheet of period own (product.md section 2).

    That of the earliest period of its calendar, not before its own, whose approve-by has not passed.
    """
    candidates = [p for p in open_ones if p.calendar == own.calendar and p.first_on >= own.first_on]
    first, second = (*candidates[:2], None, None)[:2]
    return PayDate(first, second)
