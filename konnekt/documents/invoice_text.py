"""An invoice as a page: its frozen data in words, in the language of the organisation (templates/pdf)."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from gettext import NullTranslations
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from babel.dates import format_date
from babel.support import Translations
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from konnekt.documents.invoice_tables import Tables
from konnekt.domain import units
from konnekt.models import Invoice, InvoiceLine
from konnekt.screens import period_names

HOUSE = Path(__file__).parents[1]
LOCALES = {"nl": "nl", "en": "en_GB"}


def html(invoice: Invoice, lines: Iterable[InvoiceLine]) -> str:
    """The invoice with its timesheets as html for konnekt.documents.pdf, from frozen data alone."""
    frozen, language, lines = invoice.frozen, invoice.language, list(lines)
    day, by_worker = _days(language), workers(lines)
    tables = Tables(language, words(language), day)
    # Whatever was frozen before these were known does not have them.
    corrected = frozen["references"] or frozen.get("corrects", [])
    return (
        templates(language)
        .get_template("invoice.html")
        .render(
            invoice=invoice,
            lines=lines,
            workers=by_worker,
            specification=[tables.specification(by_worker, lines, invoice.net_cents)],
            timesheets=[tables.timesheet(sheet, invoice.budget_number_text) for sheet in frozen["sheets"]],
            kinds=kinds(lines),
            corrected=", ".join(f"{one['number']} ({day(one['issued_on'])})" for one in corrected),
            reason=invoice.reason or frozen.get("why", ""),
            purchase_order=frozen.get("purchase_order_number", ""),
            # What a credit note of a run takes back need not be open: nobody knows yet.
            back_cents=frozen.get("to_return_cents", 0),
            is_credit_note=invoice.kind == "credit_note",
            period_name=_period_name(frozen["period"], language),
            language=language,
            # All of several: each line says its own.
            budget_number=frozen["budget_number"]
            if frozen.get("has_several_numbers")
            else invoice.budget_number_text,
            buyer={"legal_name": "", **frozen["buyer"]},
            **{name: frozen[name] for name in ("seller", "period")},
        )
    )


@dataclass
class Sum:
    """Hours and cents of a worker or an hour type; a worker's lines by timesheet."""

    name: str
    minutes: int = 0
    net_cents: int = 0
    sheets: dict[str, list[InvoiceLine]] = field(default_factory=dict)

    def add(self, line: InvoiceLine) -> None:
        """Count a line."""
        self.minutes += line.minutes
        self.net_cents += line.net_cents
        self.sheets.setdefault(line.frozen["reference"], []).append(line)


def workers(lines: list[InvoiceLine]) -> list[Sum]:
    """What each worker comes to, in the order of the lines; of one name there may be two people."""
    return _sums(lines, lambda line: (line.frozen["worker"], line.frozen.get("person")))


def kinds(lines: list[InvoiceLine]) -> list[Sum]:
    """What each hour type comes to, by name."""
    sums = _sums(lines, lambda line: (line.frozen["hour_type"],))
    return sorted(sums, key=lambda one: one.name)


def _sums(lines: list[InvoiceLine], key: Callable[[InvoiceLine], tuple[Any, ...]]) -> list[Sum]:
    sums: dict[tuple[Any, ...], Sum] = {}
    for line in lines:
        sums.setdefault(key(line), Sum(key(line)[0])).add(line)
    return list(sums.values())


def _days(language: str) -> Callable[..., str]:
    """What writes a day in this language, on one line: its spaces do not break."""

    def day(value: date | str, pattern: str = "d MMMM y") -> str:
        on = date.fromisoformat(value) if isinstance(value, str) else value
        return format_date(on, pattern, locale=LOCALES[language]).replace(" ", "\u00a0")

    return day


def _iban(text: str) -> str:
    """In fours, on one line."""
    letters = "".join(text.split())
    return "\u00a0".join(letters[start : start + 4] for start in range(0, len(letters), 4))


def _period_name(frozen: dict[str, Any], language: str) -> str:
    days = {name: date.fromisoformat(frozen[name]) for name in ("first_on", "last_on")}
    say = words(language).gettext
    return period_names.with_days(SimpleNamespace(**{**frozen, **days}), say, LOCALES[language])


@lru_cache
def words(language: str) -> NullTranslations:
    """What says a sentence in this language."""
    words: NullTranslations = Translations.load(HOUSE / "translations", [language])
    return words


@lru_cache
def templates(language: str) -> Environment:
    """The templates of documents in this language."""
    environment = Environment(
        loader=FileSystemLoader(HOUSE / "templates" / "pdf"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(words(language), newstyle=True)  # type: ignore[attr-defined]
    environment.filters.update(
        day=_days(language),
        hours=lambda minutes: units.hours_total(minutes, language),
        euros=lambda cents: units.euros(cents, language),
        iban=_iban,
    )
    return environment
