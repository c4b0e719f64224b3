"""What a pay period is called, on screens (formats.py), in mails, on invoices and by commands.

A period is `Periode 12` with its weeks beside it, a week `week 46`, a month `november 2026`. `2026-12`
would be read as December. The words come from the caller's gettext, the dates from its locale.
"""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Protocol

from babel.dates import format_date


class Period(Protocol):
    """What of a pay period its name is made of: a row, or the copy that an invoice keeps."""

    @property
    def calendar(self) -> str: ...
    @property
    def year(self) -> int: ...
    @property
    def number(self) -> int: ...
    @property
    def first_on(self) -> date: ...
    @property
    def last_on(self) -> date: ...


def parts(of: Period, _: Callable[[str], str], locale: str, this_year: int | None = None) -> tuple[str, str]:
    """The name and its weeks: `Periode 12` and `week 45–48`; `week 46` and `november 2026` and nothing.

    The year is named unless it is this_year.
    """
    first, last = of.first_on.isocalendar().week, of.last_on.isocalendar().week
    number = {"month": of.first_on.month, "week": first}.get(of.calendar, of.number)
    year = of.first_on.year if of.calendar == "month" else of.year
    name = numbered(of.calendar, year, number, _, locale, this_year)
    weeks = _("weeks %(first)s–%(last)s") if of.calendar == "four_weeks" else ""
    return name, weeks and weeks % {"first": first, "last": last}


def numbered(
    calendar: str, year: int, number: int, _: Callable[[str], str], locale: str, this_year: int | None = None
) -> str:
    """The name alone, also of a period that is gone."""
    if calendar == "month" and number <= 12:
        return format_date(date(year, number, 1), "MMMM y", locale=locale)
    words = {
        ("week", True): _("week %(number)s"),
        ("week", False): _("week %(number)s of %(year)s"),
        ("four_weeks", True): _("Period %(number)s"),
        ("four_weeks", False): _("Period %(number)s of %(year)s"),
    }
    sort = "week" if calendar == "week" else "four_weeks"
    return words[sort, year == this_year] % {"number": number, "year": year}


def plain(of: Period, _: Callable[[str], str], locale: str, this_year: int | None = None) -> str:
    """In plain text: `Periode 12 (week 45–48)`."""
    name, weeks = parts(of, _, locale, this_year)
    return f"{name} ({weeks})" if weeks else name


def with_days(of: Period, _: Callable[[str], str], locale: str) -> str:
    """On a document: `Periode 12 (week 45–48): 2 nov – 29 nov 2026`; the days tell the year."""
    name = plain(of, _, locale, of.year)
    pattern = "d MMM" if of.first_on.year == of.last_on.year else "d MMM y"
    first, last = (
        format_date(on, how, locale=locale).replace(".", "")
        for on, how in ((of.first_on, pattern), (of.last_on, "d MMM y"))
    )
    return f"{capital(name)}: {first} – {last}"


def together(
    periods: Sequence[Period], _: Callable[[str], str], locale: str, this_year: int | None = None
) -> str:
    """Periods in a row: `Periode 11 – Periode 12`; one alone with its weeks."""
    if len(periods) == 1:
        return plain(periods[0], _, locale, this_year)
    first, last = (parts(one, _, locale, this_year)[0] for one in (periods[0], periods[-1]))
    return f"{first} – {last}"


def capital(words: str) -> str:
    """The words as a sentence or a cell begins: `Week 46`."""
    return words[:1].upper() + words[1:]
