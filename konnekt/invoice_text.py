"""An invoice as a page: its frozen data in words, in the language of the organisation (templates/pdf)."""

from collections.abc import Iterable
from datetime import date, timedelta
from functools import lru_cache
from gettext import NullTranslations
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from babel.dates import format_date
from babel.support import Translations
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from konnekt import period_names
from konnekt.domain import units
from konnekt.models import Invoice, InvoiceLine

HOUSE = Path(__file__).parent
LOCALES = {"nl": "nl", "en": "en_GB"}


def html(invoice: Invoice, lines: Iterable[InvoiceLine]) -> str:
    """The invoice with its timesheets as html for konnekt.pdf, from frozen data alone."""
    template = _templates(invoice.language).get_template("invoice.html")
    return template.render(
        invoice=invoice,
        lines=list(lines),
        is_credit_note=invoice.kind == "credit_note",
        period_name=_period_name(invoice.frozen["period"], invoice.language),
        language=invoice.language,
        **{name: invoice.frozen[name] for name in ("seller", "buyer", "period", "references", "sheets")},
    )


def _period_name(frozen: dict[str, Any], language: str) -> str:
    days = {name: date.fromisoformat(frozen[name]) for name in ("first_on", "last_on")}
    words = Translations.load(HOUSE / "translations", [language])
    return period_names.with_days(SimpleNamespace(**{**frozen, **days}), words.gettext, LOCALES[language])


@lru_cache
def _templates(language: str) -> Environment:
    made = Environment(
        loader=FileSystemLoader(HOUSE / "templates" / "pdf"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    translations: NullTranslations = Translations.load(HOUSE / "translations", [language])
    made.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]
    locale = LOCALES[language]

    def day(value: date | str, pattern: str = "d MMMM y") -> str:
        on = date.fromisoformat(value) if isinstance(value, str) else value
        return format_date(on, pattern, locale=locale)

    def week(row: dict[str, Any]) -> list[str]:
        """The seven days of a row's week as `3 nov`."""
        monday = date.fromisocalendar(row["iso_year"], row["iso_week"], 1)
        return [day(monday + timedelta(days), "d MMM").rstrip(".") for days in range(7)]

    made.filters.update(
        day=day,
        week=week,
        weekday=lambda number: day(date.fromisocalendar(2026, 1, number + 1), "EEE").rstrip("."),
        hours=lambda minutes: units.hours_total(minutes, language),
        euros=lambda cents: units.euros(cents, language),
        price=lambda rate: units.price(rate, language),
        iban=lambda text: " ".join(text[start : start + 4] for start in range(0, len(text), 4)),
    )
    return made
