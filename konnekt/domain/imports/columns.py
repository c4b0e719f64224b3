"""What a cell of an import file may hold: text in, value out, or Invalid with the sentence of the error.

What a record may hold is not asked here: its rules are those of the form (records/audited.py).
"""

import re
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any, TypeVar

from konnekt.domain import clock, units
from konnekt.domain.refusals import Invalid

Read = Callable[[str], Any]
ReadT = TypeVar("ReadT", bound=Read)
Columns = dict[str, Read]

LONGEST_REMARK = 2000

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DUTCH_DAY = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4})")
# The days of 1955 to 2173 as a spreadsheet counts them.
_SERIAL = re.compile("[0-9]{5}(?:[.,]0*)?")
_MOMENT = re.compile(r"([0-9./-]{8,10})[T ]([0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)")


# What holds text, where zeros in front and points count; see grids.py.
_TEXTS: set[Read] = set()


def text(read: ReadT) -> ReadT:
    """Mark what reads text as such."""
    _TEXTS.add(read)
    return read


def is_text(read: Read) -> bool:
    """Whether such a column holds text: 0042 is not 42 there."""
    return read in _TEXTS


def optional(read: Read, empty: Any = None) -> Read:
    """The same, but an empty cell is allowed and means `empty`."""

    def read_or_empty(cell: str) -> Any:
        return read(cell) if cell.strip() else empty

    return text(read_or_empty) if is_text(read) else read_or_empty


def _required(cell: str) -> str:
    stripped = cell.strip()
    if not stripped:
        raise Invalid("this must not be empty")
    return stripped


@text
def word(cell: str) -> str:
    """A text, or none."""
    return cell.strip()


@text
def code(cell: str) -> str:
    """A key, or the key of another row."""
    return _required(cell)


@text
def email(cell: str) -> str:
    """An e-mail address as a key: in small letters."""
    return _required(cell).lower()


@text
def remark(cell: str) -> str:
    """A remark, exactly as typed; it may have several lines."""
    if len(cell) > LONGEST_REMARK:
        raise Invalid("longer than %(most)s characters", most=LONGEST_REMARK)
    return cell.replace("\r\n", "\n")


def choice(*options: str) -> Read:
    """One of these words."""

    def read(cell: str) -> str:
        typed = _required(cell)
        if typed not in options:
            raise Invalid("%(cell)s is none of %(options)s", cell=cell, options=", ".join(options))
        return typed

    return text(read)


def boolean(cell: str) -> bool:
    """0 or 1."""
    typed = _required(cell)
    if typed not in ("0", "1"):
        raise Invalid("%(cell)s is neither 0 nor 1", cell=cell)
    return typed == "1"


def integer(least: int = 0, most: int = 10**9) -> Read:
    """A whole number between these two."""

    def read(cell: str) -> int:
        typed = _required(cell)
        if not re.fullmatch("[0-9]{1,9}", typed):
            raise Invalid("%(cell)s is no whole number", cell=cell)
        if not least <= int(typed) <= most:
            raise Invalid("%(cell)s is not between %(least)s and %(most)s", cell=cell, least=least, most=most)
        return int(typed)

    return read


def day(cell: str) -> date:
    """A date such as 2026-11-30, or as a Dutch spreadsheet shows it: 30-11-2026, 30/11/2026, 30.11.2026."""
    typed = _required(cell)
    dutch = _DUTCH_DAY.fullmatch(typed)
    if dutch:
        typed = f"{dutch[4]}-{dutch[3]:>02}-{dutch[1]:>02}"
    try:
        read = date.fromisoformat(typed) if _DAY.fullmatch(typed) else None
    except ValueError:
        read = None
    if read is None and _SERIAL.fullmatch(typed):
        # Not guessed: some spreadsheets count from 1900, others from 1904.
        raise Invalid("%(cell)s is a day as a number: give the column the format of a date", cell=cell)
    if read is None:
        raise Invalid("%(cell)s is no date such as 2026-11-30", cell=cell)
    return read


def moment(cell: str) -> datetime:
    """A moment such as 2026-11-30T23:59 or 30-11-2026 23:59 on the clock of Amsterdam, as UTC."""
    match = _MOMENT.fullmatch(_required(cell))
    if match:
        try:
            return clock.at(day(match[1]), time.fromisoformat(match[2].zfill(5)))
        except (ValueError, Invalid):
            pass
    raise Invalid("%(cell)s is no date and time such as 2026-11-30T23:59", cell=cell)


def number(parse: Callable[[str], int]) -> Read:
    """What `parse` makes of the text."""
    return lambda cell: parse(_required(cell))


hours = number(units.parse_hours)
cents = number(units.parse_cents)
rate = number(units.parse_rate)
percent = number(units.parse_percent)


def hours_of_a_day(cell: str) -> int:
    """Minutes of hours between 0 and 24."""
    minutes = units.parse_hours(_required(cell))
    if minutes > units.DAY_MINUTES:
        raise Invalid("%(cell)s is more than 24 hours in a day", cell=cell)
    return minutes
