"""Prices, amounts and quantities against exact fractions."""

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given, strategies as st

from konnekt.domain import amounts
from konnekt.domain.amounts import Price

RATES = st.integers(0, 5_000_000)
MINUTES = st.integers(-60_000, 60_000)


def half_up(value: Fraction) -> int:
    """Rounded to a whole, a half away from zero; another way than the product's own."""
    whole, rest = divmod(abs(value), 1)
    rounded = int(whole) + (1 if rest >= Fraction(1, 2) else 0)
    return rounded if value >= 0 else -rounded


@pytest.mark.parametrize(
    ("rate", "percent", "expected"),
    [
        (315100, 100, Price(315100, False)),
        (315100, 140, Price(441140, False)),
        (315125, 175, Price(551469, True)),  # 55,146875
        (315102, 175, Price(551429, True)),  # 55,14285: half up
        (315104, 175, Price(551432, False)),
        (1, 1, Price(0, True)),
    ],
)
def test_price(rate: int, percent: int, expected: Price) -> None:
    assert amounts.price(rate, percent) == expected


@given(RATES, st.integers(1, 400))
def test_a_price_is_exact_or_half_up(rate: int, percent: int) -> None:
    exact = Fraction(rate * percent, 100)
    assert amounts.price(rate, percent) == Price(half_up(exact), exact.denominator != 1)


@pytest.mark.parametrize(
    ("minutes", "price", "cents"),
    [
        (60, 315100, 3151),
        (480, 315100, 25208),
        (50, 315100, 2626),
        (1, 3000, 1),
        (1, 2999, 0),
        (-1, 3000, -1),
    ],
)
def test_amount_of_a_line(minutes: int, price: int, cents: int) -> None:
    assert amounts.line_cents(minutes, price) == cents


@given(MINUTES, RATES)
def test_an_amount_is_half_up_of_the_exact_one(minutes: int, price: int) -> None:
    assert amounts.line_cents(minutes, price) == half_up(Fraction(minutes * price, 6000))
    assert amounts.line_cents(-minutes, price) == -amounts.line_cents(minutes, price)


@given(st.integers(-(10**9), 10**9))
def test_vat_is_half_up(net: int) -> None:
    assert amounts.vat_cents(net, 21) == half_up(Fraction(net * 21, 100))
    assert amounts.vat_cents(net, 0) == 0


@given(MINUTES, RATES)
@example(2, 172500)  # 0,575 euro exactly: 0.0333 hours would make it 0,57
@example(-2, 172500)
def test_a_quantity_gives_the_amount(minutes: int, price: int) -> None:
    hours = amounts.quantity(minutes, price)
    amount = (hours * Decimal(price).scaleb(-4)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert amount == Decimal(amounts.line_cents(minutes, price)).scaleb(-2)
    assert abs(Fraction(hours) - Fraction(minutes, 60)) <= Fraction(1, 10_000)
    if minutes % 3 == 0:
        assert hours == Decimal(minutes) / 60
        assert -hours.as_tuple().exponent <= 2


def test_how_a_quantity_is_written() -> None:
    assert str(amounts.quantity(450, 315100)) == "7.50"
    assert str(amounts.quantity(50, 315100)) == "0.8333"
