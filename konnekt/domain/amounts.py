"""Rates, prices and amounts, in integers: 1/10,000 euro, minutes, cents.

Everything is rounded half up, away from zero below it: a credit note repeats the amounts of its invoice.
"""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

from peewee import Case, fn

from konnekt.models import Hour, Rate, Timesheet
from konnekt.models.compiled import compiled, listed

# What the Netherlands asks on staff (Wet OB 1968, art. 9).
STANDARD_VAT_PERCENT = 21

CENT = Decimal("0.01")


class Price(NamedTuple):
    """A price per hour in 1/10,000 euro; is_rounded: rate times multiplier had more than four decimals."""

    amount: int
    is_rounded: bool


class Rates:
    """The dated rates of some assignments: each holds until the next begins."""

    def __init__(self, assignments: Iterable[int]) -> None:
        """Read the rates of these assignments: one statement."""
        self._dated: dict[int, list[tuple[date, int, int]]] = {}
        self._prices: dict[tuple[int, int], Price] = {}
        for assignment, *rate in _dated(assignments=sorted(set(assignments))):
            self._dated.setdefault(assignment, []).append(tuple(rate))

    def pay(self, assignment: int, day: date) -> int | None:
        """The pay rate of a day; None where none is valid."""
        return self._valid(assignment, day)[0]

    def bill(self, assignment: int, day: date) -> int | None:
        """The bill rate of a day; None where none is valid."""
        return self._valid(assignment, day)[1]

    def price(self, assignment: int, day: date, multiplier_percent: int) -> Price | None:
        """The price of a day with a multiplier; None where no rate is valid."""
        rate = self.bill(assignment, day)
        if rate is None:
            return None
        key = rate, multiplier_percent
        if key not in self._prices:
            self._prices[key] = price(*key)
        return self._prices[key]

    def _valid(self, assignment: int, day: date) -> tuple[int | None, int | None]:
        dated = self._dated.get(assignment, [])
        index = bisect_right(dated, day, key=lambda rate: rate[0])
        return dated[index - 1][1:] if index else (None, None)


@compiled
def _dated() -> Any:
    query = Rate.select(Rate.assignment, Rate.valid_from_on, Rate.pay_rate, Rate.bill_rate)
    query = query.where(Rate.assignment.in_(listed("assignments")))
    return query.order_by(Rate.assignment, Rate.valid_from_on)


def bill_rate() -> Any:
    """The bill rate of an hour row's day, as an expression on Hour and Timesheet."""
    return _rate_of_day(Rate.bill_rate, Hour.day)


def pay_rate(on: Any = Hour.day) -> Any:
    """The pay rate of an hour row's day, or of another column's, as an expression on that and Timesheet."""
    return _rate_of_day(Rate.pay_rate, on)


def _rate_of_day(column: Any, on: Any) -> Any:
    return (
        Rate.select(column)
        .where((Rate.assignment == Timesheet.assignment) & (Rate.valid_from_on <= on))
        .order_by(Rate.valid_from_on.desc())
        .limit(1)
    )


def price(bill_rate: int, multiplier_percent: int) -> Price:
    """The bill rate of the day times the multiplier: exact, or rounded half up to 1/10,000 euro."""
    exact = bill_rate * multiplier_percent
    return Price(divided(exact, 100), exact % 100 != 0)


def line_cents(minutes: int, unit_price: int) -> int:
    """Minutes at a price per hour, rounded half up to the cent."""
    return divided(minutes * unit_price, 60 * 100)


def vat_cents(net_cents: int, percent: int) -> int:
    """VAT on the net total of an invoice (EN 16931, BR-S-09), rounded half up to the cent."""
    return divided(net_cents * percent, 100)


def divided(number: int, by: int) -> int:
    """number / by, rounded half up, away from zero below it; by is above zero."""
    whole = (2 * abs(number) + by) // (2 * by)
    return whole if number >= 0 else -whole


def divided_there(number: Any, by: int) -> Any:
    """`divided` as an expression on whole numbers (bigint), which either database rounds in the same way."""
    whole = (2 * fn.ABS(number) + by) / (2 * by)
    return Case(None, [(number < 0, 0 - whole)], whole)


def quantity(minutes: int, unit_price: int) -> Decimal:
    """The hours that an e-invoice says: two decimals where exact, else four.

    More than four only where four times the price would be another amount than `line_cents`.
    """
    amount = Decimal(line_cents(minutes, unit_price)).scaleb(-2)
    unit = Decimal(unit_price).scaleb(-4)
    for decimals in range(2, 20):
        nearest = divided(minutes * 10**decimals, 60)
        # Where the exact amount ends on half a cent, 0.0333 hours fall short of it and 0.0334 don't.
        for digits in (nearest, nearest + (1 if minutes > 0 else -1)):
            hours = Decimal(digits).scaleb(-decimals)
            is_exact = hours * 60 == minutes
            is_true = (hours * unit).quantize(CENT, ROUND_HALF_UP) == amount
            if is_exact or (decimals >= 4 and is_true):
                return hours
    raise ArithmeticError(f"no decimal of {minutes} minutes at {unit_price} gives {amount}")
