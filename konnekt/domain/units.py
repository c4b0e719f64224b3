"""Hours and money as people type them, to integers and back (product.md section 2, "Hours as text").

Minutes, cents, 1/10,000 euro and percent are integers; only ASCII digits are digits, so that `１２`, `1e9`
and `NaN` are no numbers. What `hours_cell` and `hours_total` show, `parse_hours` reads as the same minutes.
"""

import re
from functools import lru_cache

from konnekt.domain.refusals import Invalid

LONGEST = 20
# A grid or a list reads and writes the same few amounts hundreds of times: so many of them are remembered.
SAME = 4096
# The largest integer that a column of either database holds.
LARGEST = 2**31 - 1

_SIGN = r"(?P<sign>[-\u2212]?)"
_UNIT = r"(?:u(?:ur|ren)?|h(?:ours?)?)"
# A telephone's decimal pad has no colon: two commas or points are one.
_CLOCK = re.compile(
    _SIGN + rf"(?:(?P<hours>[0-9]{{1,6}}) *(?::|,,|\.\.|{_UNIT})|:) *(?P<minutes>[0-5][0-9])", re.IGNORECASE
)
_DECIMAL = re.compile(_SIGN + r"(?P<whole>[0-9]*)(?:[.,](?P<part>[0-9]+))?")
_HOURS = re.compile(rf"{_DECIMAL.pattern}(?: *{_UNIT})?", re.IGNORECASE)
_GROUPS = re.compile(r"(?<=\d)(?=(?:\d{3})+$)")

# The minutes of a day: no cell and no day of a worker holds more (product.md section 2).
DAY_MINUTES = 24 * 60


@lru_cache(maxsize=SAME)
def parse_hours(text: str, *, signed: bool = False) -> int:
    """Minutes of `7,5`, `7.5`, `7:30`, `7u30`, `7 uur`, `:30` ...; below zero only when signed.

    grid.js reads the same while one types; tests/browser/test_grid.py holds the two together.
    Raises Invalid: no hours at all, more than two decimals, a part of a minute (`7,33`), or negative.
    """
    typed = _stripped(text)
    clock = _CLOCK.fullmatch(typed)
    if clock:
        minutes = int(clock["hours"] or "0") * 60 + int(clock["minutes"])
        return _signed(minutes, clock["sign"], signed)
    decimal = _HOURS.fullmatch(typed)
    if decimal is None or not (decimal["whole"] or decimal["part"]) or len(decimal["whole"]) > 6:
        raise Invalid("Type hours as 7,5 or 7:30.")
    part = decimal["part"] or ""
    if len(part) > 2:
        raise Invalid("Type at most two decimals, or hours and minutes as 7:30.")
    hundredths = int(decimal["whole"] or "0") * 100 + int(part.ljust(2, "0"))
    if hundredths % 5:
        instead = f"{decimal['sign']}{_clock(round(hundredths * 3 / 5))}"
        raise Invalid(
            "%(typed)s is not a whole number of minutes: type %(instead)s.", typed=typed, instead=instead
        )
    return _signed(hundredths * 3 // 5, decimal["sign"], signed)


@lru_cache(maxsize=SAME)
def hours_cell(minutes: int, language: str) -> str:
    """Minutes as a cell of the grid shows them: `7,5`, `8` or `7:20`; in English `7.5`."""
    if minutes % 3:
        return f"{_minus(minutes)}{_clock(abs(minutes))}"
    whole, hundredths = divmod(abs(minutes) * 5 // 3, 100)
    part = f"{_point(language)}{hundredths:02d}".rstrip("0") if hundredths else ""
    return f"{_minus(minutes)}{whole}{part}"


@lru_cache(maxsize=SAME)
def hours_clock(minutes: int) -> str:
    """What a cell with a decimal counts as, where that may have been meant as minutes.

    `7:18` for `7,3` (typed as `7.30`), `8:09` for `8,15`; empty for quarters and for what has a colon.
    """
    return "" if minutes % 3 or not minutes % 15 else f"{_minus(minutes)}{_clock(abs(minutes))}"


@lru_cache(maxsize=SAME)
def hours_total(minutes: int, language: str) -> str:
    """Minutes as a total shows them: `7,50`, `8,00` or `7:20`; in English `7.50`."""
    if minutes % 3:
        return f"{_minus(minutes)}{_clock(abs(minutes))}"
    whole, hundredths = divmod(abs(minutes) * 5 // 3, 100)
    return f"{_minus(minutes)}{whole}{_point(language)}{hundredths:02d}"


def parse_rate(text: str) -> int:
    """1/10,000 euro of a price per hour such as `31,51` or `31.5125`. Raises Invalid."""
    return _parse_decimal(text, 4, signed=False)


def parse_cents(text: str, *, signed: bool = False) -> int:
    """Cents of an amount in euro such as `16200` or `162,50`; below zero only when signed. Raises Invalid."""
    return _parse_decimal(text, 2, signed=signed)


def parse_percent(text: str) -> int:
    """A whole percentage such as `140`. Raises Invalid."""
    return _parse_decimal(text, 0, signed=False)


def euros(cents: int, language: str) -> str:
    """An amount as it is read: `€ 1.234,50`, in English `€1,234.50`."""
    whole, part = divmod(abs(cents), 100)
    if language == "en":
        return f"{_minus(cents)}€{_GROUPS.sub(',', str(whole))}.{part:02d}"
    return f"€\u00a0{_minus(cents)}{_GROUPS.sub('.', str(whole))},{part:02d}"


def price(rate: int, language: str) -> str:
    """A price in 1/10,000 euro as it is read: `€ 31,51`, or with all four decimals `€ 32,3446`."""
    cents, part = divmod(rate, 100)
    return f"{euros(cents, language)}{part:02d}" if part else euros(cents, language)


def price_cell(rate: int, language: str) -> str:
    """A price in 1/10,000 euro as an input shows it, and `parse_rate` reads it: `31,51` or `32,3446`."""
    whole, part = divmod(rate, 10_000)
    decimals = f"{part:04d}".removesuffix("00")
    return f"{whole}{_point(language)}{decimals}"


def cents_cell(cents: int, language: str) -> str:
    """Cents as an input shows them, and `parse_cents` reads them: `1234,50`."""
    return f"{_minus(cents)}{abs(cents) // 100}{_point(language)}{abs(cents) % 100:02d}"


def _stripped(text: str) -> str:
    typed = text.strip()
    if len(typed) > LONGEST:
        raise Invalid("This is too long for a number.")
    return typed


def _parse_decimal(text: str, decimals: int, *, signed: bool) -> int:
    """An integer of 10 ** -decimals units; a thousands separator is refused, it would be a guess."""
    match = _DECIMAL.fullmatch(_stripped(text))
    if match is None or not (match["whole"] or match["part"]):
        raise Invalid("This is not a number.")
    part = match["part"] or ""
    if len(part) > decimals:
        if not decimals:
            raise Invalid("This must be a whole number.")
        raise Invalid("Type at most %(decimals)s decimals and no thousands separator.", decimals=decimals)
    number = int((match["whole"] or "0") + part.ljust(decimals, "0"))
    if number > LARGEST:
        raise Invalid("This number is too large.")
    return _signed(number, match["sign"], signed)


def _signed(number: int, sign: str, signed: bool) -> int:
    if not sign or not number:
        return number
    if not signed:
        raise Invalid("This can't be negative.")
    return -number


def _clock(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02d}"


def _minus(number: int) -> str:
    """The sign as it is read, as wide as a plus; files for other programs (`tables`) have a hyphen."""
    return "\u2212" if number < 0 else ""


def _point(language: str) -> str:
    return "." if language == "en" else ","
