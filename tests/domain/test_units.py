"""Hours and money as text: what is shown can always be posted back (product.md section 2)."""

from collections.abc import Callable

import pytest
from hypothesis import given, strategies as st

from konnekt.domain import units
from konnekt.domain.refusals import Invalid

LANGUAGES = st.sampled_from(["nl", "en"])
MINUTES = st.integers(-60 * 99_999, 60 * 99_999)
# tests/browser/test_grid.py types the same into the grid: grid.js reads as units.py does.
HOURS = [
    ("7,5", 450),
    ("7.5", 450),
    ("7:30", 450),
    ("7u30", 450),
    ("7U30", 450),
    ("7,50", 450),
    (" 7,5 ", 450),
    ("8", 480),
    ("08", 480),
    ("0", 0),
    ("0,00", 0),
    (",5", 30),
    ("7u", 420),
    ("8 uur", 480),
    ("8 uren", 480),
    ("7,5 uur", 450),
    ("7.5h", 450),
    ("8 Hours", 480),
    ("7h30", 450),
    ("7 u 30", 450),
    ("7 uur 30", 450),
    ("7 : 30", 450),
    (":30", 30),
    (": 05", 5),
    ("7,,20", 440),
    ("7..20", 440),
    ("7.30", 438),
    ("8,15", 489),
    ("7,05", 423),
    ("7,35", 441),
    ("0:01", 1),
    ("23:59", 1439),
    ("24", 1440),
    ("600", 36000),
    ("999999", 59_999_940),
    ("0,5" + 13 * " " + "uren", 30),  # twenty letters
]
NO_HOURS = [
    "", " ", ",", ".", ":", "u", "7,", "7.", "7,500", "7,333", "1e9", "1E2", "nan", "NaN", "inf", "-inf",
    "Infinity", "１２", "٧", "७", "7½", "²", "0x10", "1_000", "7:5", "7:60", "7:300", "7:-3", "7u3",
    "7 30", "u30", "7 u u", "7m", "7,,5", "7,,60", "7,.30", "7...30", ",,", "7,5 dag", "7 uren 30 u", "+7", "--7", "7-", "1.000,5", "1,000.5", "7,5,5", "7:30:00", "zeven", "1000000",
    "9" * 21, "7" + "0" * 5000, "7\n5", "7\x00", "=7", "7;5",
]  # fmt: skip


@pytest.mark.parametrize(("text", "minutes"), HOURS)
def test_what_people_type_for_hours(text: str, minutes: int) -> None:
    assert units.parse_hours(text) == minutes


@pytest.mark.parametrize("text", ["-7,5", "-7.5", "-7:30", "\u22127,5", " -7u30"])
def test_hours_below_zero_only_where_they_may_be(text: str) -> None:
    assert units.parse_hours(text, signed=True) == -450
    with pytest.raises(Invalid, match="can't be negative"):
        units.parse_hours(text)


def test_a_day_has_as_many_minutes_as_its_24_hours() -> None:
    assert units.parse_hours("24:00") == units.DAY_MINUTES
    assert units.parse_hours("23:59") == units.DAY_MINUTES - 1


def test_no_hours_have_no_sign() -> None:
    assert units.parse_hours("-0") == 0
    assert units.parse_hours("-0:00", signed=True) == 0


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("7,33", "7:20"),
        ("7.33", "7:20"),
        ("0,01", "0:01"),
        ("0,99", "0:59"),
        ("7,67", "7:40"),
        ("-7,33", "-7:20"),
    ],
)
def test_a_part_of_a_minute_is_refused_with_what_to_type(text: str, instead: str) -> None:
    with pytest.raises(Invalid) as refused:
        units.parse_hours(text, signed=True)
    assert refused.value.values["instead"] == instead
    assert f"type {instead}" in str(refused.value)
    assert units.parse_hours(instead, signed=True) is not None


@pytest.mark.parametrize("text", NO_HOURS)
def test_what_is_no_hours(text: str) -> None:
    with pytest.raises(Invalid):
        units.parse_hours(text, signed=True)


@pytest.mark.parametrize(
    ("minutes", "cell", "total"),
    [
        (450, "7,5", "7,50"),
        (480, "8", "8,00"),
        (440, "7:20", "7:20"),
        (423, "7,05", "7,05"),
        (0, "0", "0,00"),
        (3, "0,05", "0,05"),
        (1, "0:01", "0:01"),
        (600, "10", "10,00"),
        (6000, "100", "100,00"),
        (-90, "−1,5", "−1,50"),
        (-20, "−0:20", "−0:20"),
        (-1, "−0:01", "−0:01"),
        (75_030, "1250,5", "1250,50"),
    ],
)
def test_how_hours_are_shown(minutes: int, cell: str, total: str) -> None:
    assert units.hours_cell(minutes, "nl") == cell
    assert units.hours_total(minutes, "nl") == total
    assert units.hours_cell(minutes, "en") == cell.replace(",", ".")
    assert units.hours_total(minutes, "en") == total.replace(",", ".")


@given(MINUTES, LANGUAGES)
def test_what_is_shown_can_be_posted_back_unchanged(minutes: int, language: str) -> None:
    for show in (units.hours_cell, units.hours_total):
        shown = show(minutes, language)
        assert units.parse_hours(shown, signed=True) == minutes
        assert show(units.parse_hours(shown, signed=True), language) == shown


@pytest.mark.parametrize(
    ("minutes", "shown", "counts_as"),
    [(438, "7,3", "7:18"), (489, "8,15", "8:09"), (423, "7,05", "7:03"), (450, "7,5", ""), (495, "8,25", ""),
     (440, "7:20", ""), (480, "8", ""), (0, "0", ""), (-438, "−7,3", "−7:18")],
)  # fmt: skip
def test_a_decimal_that_looks_like_minutes_says_what_it_counts_as(
    minutes: int, shown: str, counts_as: str
) -> None:
    assert units.hours_cell(minutes, "nl") == shown
    assert units.hours_clock(minutes) == counts_as


@given(MINUTES)
def test_hours_are_decimals_exactly_where_two_of_them_say_it(minutes: int) -> None:
    assert (":" in units.hours_total(minutes, "nl")) == bool(minutes * 100 % 60)


@given(st.integers(0, 9999), st.integers(0, 99))
def test_decimals_are_whole_minutes_or_refused(whole: int, hundredths: int) -> None:
    text = f"{whole},{hundredths:02d}"
    exact = (whole * 100 + hundredths) * 60
    if exact % 100:
        with pytest.raises(Invalid) as refused:
            units.parse_hours(text)
        assert abs(units.parse_hours(refused.value.values["instead"]) * 100 - exact) <= 50
    else:
        assert units.parse_hours(text) * 100 == exact


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    for parse in (units.parse_hours, units.parse_rate, units.parse_cents, units.parse_percent):
        try:
            assert 0 <= parse(text) <= units.LARGEST
        except Invalid as invalid:
            assert str(invalid)


@pytest.mark.parametrize(
    ("text", "rate"),
    [("31,51", 315100), ("31.51", 315100), ("17", 170000), ("32,3446", 323446), ("0,0001", 1), ("0", 0)],
)
def test_rates_are_ten_thousandths_of_a_euro(text: str, rate: int) -> None:
    assert units.parse_rate(text) == rate


@pytest.mark.parametrize(
    ("text", "cents"), [("16200", 1620000), ("162,5", 16250), ("162.50", 16250), ("0,01", 1), (",99", 99)]
)
def test_amounts_are_cents(text: str, cents: int) -> None:
    assert units.parse_cents(text) == cents
    assert units.parse_cents(f"-{text}", signed=True) == -cents


@pytest.mark.parametrize("text", ["", "-5", "-0,01", "31,51234", "1.000,00", "€ 5"])
def test_what_is_no_rate(text: str) -> None:
    with pytest.raises(Invalid):
        units.parse_rate(text)


@pytest.mark.parametrize(
    ("parse", "text", "sentence"),
    [
        (units.parse_hours, "0,5" + 14 * " " + "uren", "This is too long for a number."),
        (units.parse_cents, "0" * 21, "This is too long for a number."),
        (units.parse_cents, "162,505", "Type at most 2 decimals and no thousands separator."),
        (units.parse_rate, "31,51234", "Type at most 4 decimals and no thousands separator."),
        (units.parse_percent, "140,5", "This must be a whole number."),
        (units.parse_percent, "140,0", "This must be a whole number."),
        (units.parse_cents, "21474836,48", "This number is too large."),
    ],
)
def test_what_is_said_of_a_number(parse: Callable[[str], int], text: str, sentence: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(text)
    assert refused.value.sentence % refused.value.values == sentence


def test_the_largest_number_is_what_a_column_holds() -> None:
    assert units.parse_cents("21474836,47") == 2_147_483_647
    assert units.parse_cents("-21474836,47", signed=True) == -2_147_483_647
    assert units.parse_percent("2147483647") == 2_147_483_647
    assert units.parse_cents("0" * 20) == 0


@pytest.mark.parametrize(
    "text", ["", "-5", "1.000,00", "1,000.00", "162,505", "€ 5", "5 euro", "1e3", "１２", "9" * 12]
)
def test_what_is_no_amount(text: str) -> None:
    with pytest.raises(Invalid):
        units.parse_cents(text)


@pytest.mark.parametrize("text", ["", "140,5", "140,0", "-10", "140%", "1e2", "1.400"])
def test_what_is_no_percentage(text: str) -> None:
    with pytest.raises(Invalid):
        units.parse_percent(text)
    assert units.parse_percent("140") == 140


@pytest.mark.parametrize(
    ("cents", "dutch", "english"),
    [
        (0, "€\u00a00,00", "€0.00"),
        (5, "€\u00a00,05", "€0.05"),
        (99_999, "€\u00a0999,99", "€999.99"),
        (123_456_789, "€\u00a01.234.567,89", "€1,234,567.89"),
        (-100_000, "€\u00a0−1.000,00", "−€1,000.00"),
    ],
)
def test_amounts_as_they_are_read(cents: int, dutch: str, english: str) -> None:
    assert units.euros(cents, "nl") == dutch
    assert units.euros(cents, "en") == english


@pytest.mark.parametrize(
    ("rate", "dutch", "english", "cell"),
    [
        (315_100, "€\u00a031,51", "€31.51", "31,51"),
        (323_446, "€\u00a032,3446", "€32.3446", "32,3446"),
        (300_001, "€\u00a030,0001", "€30.0001", "30,0001"),
        (170_000, "€\u00a017,00", "€17.00", "17,00"),
        (12_345_600, "€\u00a01.234,56", "€1,234.56", "1234,56"),
        (5, "€\u00a00,0005", "€0.0005", "0,0005"),
        (500, "€\u00a00,05", "€0.05", "0,05"),
    ],
)
def test_prices_as_they_are_read_and_typed(rate: int, dutch: str, english: str, cell: str) -> None:
    assert units.price(rate, "nl") == dutch
    assert units.price(rate, "en") == english
    assert units.price_cell(rate, "nl") == cell
    assert units.price_cell(rate, "en") == cell.replace(",", ".")
    assert units.parse_rate(cell) == rate


@pytest.mark.parametrize(
    ("cents", "cell"),
    [(0, "0,00"), (5, "0,05"), (99, "0,99"), (100, "1,00"), (123_450, "1234,50"), (-123_456, "−1234,56")],
)
def test_amounts_as_they_are_typed(cents: int, cell: str) -> None:
    assert units.cents_cell(cents, "nl") == cell
    assert units.cents_cell(cents, "en") == cell.replace(",", ".")
    assert units.parse_cents(cell, signed=True) == cents
