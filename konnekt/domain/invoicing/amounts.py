"""Prices and amounts, in integers: 1/10,000 euro, minutes, cents.

Everything is rounded half up, away from zero below it: a credit note repeats the amounts of its invoice.
"""

from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

# What the Netherlands asks on staff (Wet OB 1968, art. 9).
STANDARD_VAT_PERCENT = 21

CENT = Decimal("0.01")


class Price(NamedTuple):
    """A price per hour in 1/10,000 euro; is_rounded: rate times multiplier had more than four decimals."""

    amount: int
    is_rounded: bool


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
