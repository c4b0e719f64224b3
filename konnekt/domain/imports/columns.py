"""What a cell of an import file may hold: text in, value out, or Invalid with the sentence of the error.

A column is required unless it is `optional`. Names and remarks are kept exactly as typed; elsewhere outer
spaces do not count.
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime, time
from typing import Any, TypeVar

from konnekt.domain import clock, electronic_addresses, units
from konnekt.domain.printable import unprintable
from konnekt.domain.refused import Invalid
from konnekt.models.people import username_key

Read = Callable[[str], Any]
ReadT = TypeVar("ReadT", bound=Read)
Columns = dict[str, Read]

LONGEST_CODE = 50
LONGEST_NAME = 200
LONGEST_EMAIL = 254
LONGEST_REMARK = 2000
FIRST_YEAR, LAST_YEAR = 1900, 2199

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DUTCH_DAY = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4})")
# The days of 1955 to 2173 as a spreadsheet counts them.
_SERIAL = re.compile("[0-9]{5}(?:[.,]0*)?")
_MOMENT = re.compile(r"([0-9./-]{8,10})[T ]([0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?)")
_EMAIL = re.compile(r"[^\s@,;:<>()\[\]\"\\]+@[^\s@,;:<>()\[\]\"\\]+")


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

    def made(cell: str) -> Any:
        return read(cell) if cell.strip() else empty

    return text(made) if is_text(read) else made


def _required(cell: str) -> str:
    stripped = cell.strip()
    if not stripped:
        raise Invalid("this must not be empty")
    return stripped


def _one_line(cell: str, most: int) -> str:
    if len(cell) > most:
        raise Invalid("longer than %(most)s characters", most=most)
    if any(letter in cell for letter in "\t\r\n"):
        raise Invalid("a tab or the end of a line inside a cell")
    return cell


def _visible(cell: str) -> str:
    """A key with what nobody sees in it would be another one that looks the same (typed.py has the rule)."""
    unseen = next((letter for letter in cell if unicodedata.category(letter) in ("Cf", "Zl", "Zp")), None)
    if unseen is not None:
        raise Invalid("holds the invisible character %(what)s: type it again", what=ascii(unseen)[1:-1])
    return cell


@text
def code(cell: str) -> str:
    """A key or another short text without outer spaces."""
    return _visible(_one_line(_required(cell), LONGEST_CODE))


@text
def organisation_code(cell: str) -> str:
    """A code that can stand in an address (`/organisations/CODE`)."""
    found = code(cell)
    if "/" in found or not found.strip("."):
        raise Invalid("%(cell)s can't stand in an address: use no slash and not only points", cell=cell)
    return found


@text
def name(cell: str) -> str:
    """A name, exactly as typed."""
    _required(cell)
    # What is no text is complained about by its own sentence, and never comes here.
    if letters := unprintable(cell):
        raise Invalid("invoices can't print this: %(letters)s; write it in Latin letters", letters=letters)
    return _one_line(cell, LONGEST_NAME)


@text
def remark(cell: str) -> str:
    """A remark, exactly as typed; it may have several lines."""
    if len(cell) > LONGEST_REMARK:
        raise Invalid("longer than %(most)s characters", most=LONGEST_REMARK)
    return cell.replace("\r\n", "\n")


@text
def email(cell: str) -> str:
    """An e-mail address in small letters; nothing in it can end a mail header."""
    found = _visible(_one_line(_required(cell), LONGEST_EMAIL)).lower()
    if not _EMAIL.fullmatch(found):
        raise Invalid("%(cell)s is no e-mail address", cell=cell)
    return found


@text
def username(cell: str) -> str:
    """A user name as it is compared: in small letters."""
    return username_key(code(cell))


@text
def country(cell: str) -> str:
    """A country as two capitals (ISO 3166)."""
    found = _required(cell)
    if not re.fullmatch("[A-Z]{2}", found):
        raise Invalid("%(cell)s is no country of two capitals, such as NL", cell=cell)
    return found


@text
def peppol_id(cell: str) -> str:
    """A scheme and a number that the Peppol network has now."""
    return ":".join(electronic_addresses.read(code(cell)))


def choice(*options: str) -> Read:
    """One of these words."""

    def read(cell: str) -> str:
        found = _required(cell)
        if found not in options:
            raise Invalid("%(cell)s is none of %(options)s", cell=cell, options=", ".join(options))
        return found

    return text(read)


def boolean(cell: str) -> bool:
    """0 or 1."""
    found = _required(cell)
    if found not in ("0", "1"):
        raise Invalid("%(cell)s is neither 0 nor 1", cell=cell)
    return found == "1"


def integer(least: int, most: int) -> Read:
    """A whole number between these two."""

    def read(cell: str) -> int:
        found = _required(cell)
        if not re.fullmatch("[0-9]{1,9}", found):
            raise Invalid("%(cell)s is no whole number", cell=cell)
        if not least <= int(found) <= most:
            raise Invalid("%(cell)s is not between %(least)s and %(most)s", cell=cell, least=least, most=most)
        return int(found)

    return read


year = integer(FIRST_YEAR, LAST_YEAR)


def day(cell: str) -> date:
    """A date such as 2026-11-30, or as a Dutch spreadsheet shows it: 30-11-2026, 30/11/2026, 30.11.2026."""
    found = _required(cell)
    dutch = _DUTCH_DAY.fullmatch(found)
    if dutch:
        found = f"{dutch[4]}-{dutch[3]:>02}-{dutch[1]:>02}"
    try:
        read = date.fromisoformat(found) if _DAY.fullmatch(found) else None
    except ValueError:
        read = None
    if read is None and _SERIAL.fullmatch(found):
        # Not guessed: some spreadsheets count from 1900, others from 1904.
        raise Invalid("%(cell)s is a day as a number: give the column the format of a date", cell=cell)
    if read is None or not FIRST_YEAR <= read.year <= LAST_YEAR:
        raise Invalid("%(cell)s is no date such as 2026-11-30", cell=cell)
    return read


def moment(cell: str) -> datetime:
    """A moment such as 2026-11-30T23:59 or 30-11-2026 23:59 on the clock of Amsterdam, as UTC."""
    found = _MOMENT.fullmatch(_required(cell))
    if found:
        try:
            return clock.at(day(found[1]), time.fromisoformat(found[2].zfill(5)))
        except (ValueError, Invalid):
            pass
    raise Invalid("%(cell)s is no date and time such as 2026-11-30T23:59", cell=cell)


def _number(parse: Callable[[str], int], most: int | None = None) -> Read:
    def read(cell: str) -> int:
        found = parse(_required(cell))
        if most is not None and found > most:
            raise Invalid("%(cell)s is too much", cell=cell)
        return found

    return read


hours = _number(units.parse_hours)
hours_of_a_week = _number(units.parse_hours, most=168 * 60)
cents = _number(units.parse_cents)
rate = _number(units.parse_rate, most=1000 * 10_000)


def percent(cell: str) -> int:
    """A whole percentage from 1 to 1000."""
    found = units.parse_percent(_required(cell))
    if not 1 <= found <= 1000:
        raise Invalid("%(cell)s is not between %(least)s and %(most)s", cell=cell, least=1, most=1000)
    return found


def hours_of_a_day(cell: str) -> int:
    """Minutes of hours between 0 and 24."""
    found = units.parse_hours(_required(cell))
    if found > 24 * 60:
        raise Invalid("%(cell)s is more than 24 hours in a day", cell=cell)
    return found
