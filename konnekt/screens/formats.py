"""Hours, days, moments and periods in the reader's words: filters of the templates, and for mails."""

from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple

from babel.dates import format_date
from flask import Flask, get_template_attribute
from flask_babel import gettext as _, ngettext

from konnekt.domain import clock, units
from konnekt.domain.payroll import pay_dates
from konnekt.models import BudgetNumber, PayPeriod
from konnekt.screens import period_names
from konnekt.screens.languages import reader

# English here is European English: the day before the month.
LOCALES = {"nl": "nl", "en": "en_GB"}


def locale() -> str:
    """The locale of its dates."""
    return LOCALES.get(reader(), "nl")


def hours(minutes: int, language: str = "") -> str:
    """Minutes as a total: `92,50`, English `92.50`."""
    return units.hours_total(minutes, language or reader())


def difference(minutes: int, language: str = "") -> str:
    """Minutes more or less: `+7,50`, `−3,50`; none at all is `0,00`."""
    sign = "+" if minutes > 0 else "\u2212" if minutes < 0 else ""
    return sign + hours(abs(minutes), language)


def cell(minutes: int, language: str = "") -> str:
    """Minutes as a cell of the grid shows them: `7,5`; an empty one for none."""
    return units.hours_cell(minutes, language or reader()) if minutes else ""


def euros(cents: int) -> str:
    """An amount: `€ 1.234,50`, English `€1,234.50`."""
    return units.euros(cents, reader())


def price(rate: int) -> str:
    """A price per hour in 1/10,000 euro: `€ 31,51`."""
    return units.price(rate, reader())


def day(on: date | datetime | None) -> str:
    """A day in a list: `ma 7 dec`; with its year when that is another one and not near.

    Of a moment its day in Amsterdam.
    """
    if isinstance(on, datetime):
        on = clock.local(on).date()
    return "" if on is None else _pattern(on, "EEE d MMM" if _is_near(on) else "EEE d MMM y")


def dated(on: date) -> str:
    """A day far away: `1 jan 2026`."""
    return _pattern(on, "d MMM y")


def full_day(on: date) -> str:
    """A day of a year that is known: of today, or of the year in the heading above: `maandag 30 november`."""
    return _pattern(on, "EEEE d MMMM")


def moment(at: datetime | None) -> str:
    """A moment on the clock in Amsterdam: `ma 7 dec 12:00`."""
    if at is None:
        return ""
    local = clock.local(at)
    return f"{day(local.date())} {local:%H:%M}"


def is_past(at: datetime) -> bool:
    """Whether that moment is over."""
    return at <= clock.now()


def unbroken(words: str) -> str:
    """Words that stay together on one line, such as a day within a sentence."""
    return words.replace(" ", "\u00a0")


def since(at: datetime | None, short: bool = False) -> str:
    """How long something waits: `sinds vandaag`, `sinds gisteren`, `3 dagen`; short, under a heading that
    says the rest: `vandaag`, `gisteren`."""
    if at is None:
        return ""
    return _since((clock.today() - clock.local(at).date()).days, short, reader())


def since_parts(at: datetime | None, language: str = "") -> tuple[str, str]:
    """The same in two parts, for where there is no such heading on a phone: `sinds ` and `gisteren`."""
    if at is None:
        return "", ""
    days, language = (clock.today() - clock.local(at).date()).days, language or reader()
    short = _since(days, True, language)
    return _since(days, False, language).removesuffix(short), short


@lru_cache(maxsize=1024)
def _since(days: int, short: bool, _language: str) -> str:
    if days < 1:
        return str(_("today") if short else _("since today"))
    if days == 1:
        return str(_("yesterday") if short else _("since yesterday"))
    return str(ngettext("%(num)s day", "%(num)s days", days))


def period(of: period_names.Period, language: str = "") -> str:
    """A pay period in plain text: `Periode 12 (week 45–48)`, `week 47`; another year than this is named."""
    copy = PeriodCopy(of.calendar, of.year, of.number, of.first_on, of.last_on)
    return _period(copy, language or reader(), clock.today().year)


class PeriodCopy(NamedTuple):
    """What of a pay period its name is made of."""

    calendar: str
    year: int
    number: int
    first_on: date
    last_on: date


@lru_cache(maxsize=1024)
def _period(of: PeriodCopy, language: str, this_year: int) -> str:
    """Each row of a list names its period, and they are few."""
    return period_names.plain(of, _, LOCALES.get(language, "nl"), this_year)


def period_small(of: PayPeriod) -> str:
    """The same with the weeks small beside the name, where it heads a page or a row."""
    name, weeks = period_names.parts(of, _, locale(), clock.today().year)
    written = get_template_attribute("macros/period_name.html", "period_name")
    marked_up: str = written(period_names.capital(name), weeks)
    return marked_up


def period_and_year(of: PayPeriod) -> str:
    """The same with its year in any case: in a file that is read in a later year."""
    return period_names.capital(period_names.plain(of, _, locale()))


def days_left(of: pay_dates.PayDate) -> int | None:
    """Whole days until the approve-by that a sheet approved now still meets; None: no such period."""
    if of.period is None:
        return None
    return (clock.local(of.period.approve_by_at).date() - clock.today()).days


def greeting(name: str, at: datetime) -> str:
    """A greeting by name alone, for the time of day in Amsterdam."""
    hour = clock.local(at).hour
    if hour < 12:
        return str(_("Good morning, %(name)s", name=name))
    if hour < 18:
        return str(_("Good afternoon, %(name)s", name=name))
    return str(_("Good evening, %(name)s", name=name))


def ceiling(of: BudgetNumber) -> str:
    """What may be spent on a budget number, in hours and euros."""
    parts = []
    if of.ceiling_minutes is not None:
        parts.append(str(_("%(hours)s hours", hours=hours(of.ceiling_minutes))))
    if of.ceiling_cents is not None:
        parts.append(euros(of.ceiling_cents))
    return " · ".join(parts) or str(_("no ceiling"))


def _is_near(on: date) -> bool:
    """Whether nobody asks which year is meant: this year's, or less than half a year away."""
    today = clock.today()
    return on.year == today.year or abs((on - today).days) < 183


def _pattern(on: date, pattern: str) -> str:
    return _written(on, pattern, locale())


@lru_cache(maxsize=1024)
def _written(on: date, pattern: str, of_locale: str) -> str:
    # Dutch abbreviations come with a dot from some versions of the CLDR; here they have none.
    return format_date(on, pattern, locale=of_locale).replace(".", "")


def init_app(app: Flask) -> None:
    """Give the templates these as filters, by their own names."""
    for function in (
        hours,
        difference,
        cell,
        euros,
        price,
        day,
        dated,
        full_day,
        moment,
        is_past,
        unbroken,
        since,
        since_parts,
        period,
        period_small,
        days_left,
        greeting,
        ceiling,
    ):
        app.jinja_env.filters[function.__name__] = function
    app.jinja_env.filters["capital"] = period_names.capital
    app.jinja_env.globals.update(reader=reader)
