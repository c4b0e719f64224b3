"""The report as files: a workbook, and the PDF, which long work makes in the process for that."""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

from konnekt.background.queue import Tell
from konnekt.db import transaction
from konnekt.documents import invoice_text, tables
from konnekt.documents.pdf import Printer
from konnekt.documents.table_parts import TablePart, TableRow
from konnekt.domain import access, clock, units
from konnekt.domain.budgets import overview
from konnekt.domain.periods import report
from konnekt.models import Agency, Job, JobFile
from konnekt.models.people import fold
from konnekt.screens import period_names

Say = Callable[[str], str]
FILE = "report.pdf"
# Numbers with a separator of thousands, as the reader's own spreadsheet writes it.
EUROS, HOURS, SHARE = "#,##0.00", "#,##0.00", "0%"
# Millimetres of a landscape page, and of its columns.
WIDTH, HOURS_WIDTH, EUROS_WIDTH = 273, 22, 25


class Figure(NamedTuple):
    """A column of numbers: its words (a line feed where they may break), which number, whether of time."""

    words: str
    of: Callable[[report.ReportSums], int]
    is_hours: bool = False


def cut_words(cut: str, _: Say) -> str:
    """What a cut is called."""
    words = {
        "organisation": _("Organisation"),
        "budget_number": _("Budget number"),
        "job": _("Job title"),
        "worker": _("Worker"),
        "hour_type": _("Hour type"),
    }
    return words[cut]


def _about_words(cut: str, _: Say) -> str:
    words = {"budget_number": _("Organisation"), "worker": _("Employee number")}
    return words.get(cut) or _("Code")


def row_name(row: report.ReportRow, _: Say, language: str) -> str:
    """What a row is called, also where nobody gave it a name."""
    return row.name(language).strip() or _("no name")


def figures(of: report.PeriodReport, _: Say, *, is_short: bool = False) -> list[Figure]:
    """The columns of numbers that a reader gets; is_short: those that a page has room for."""
    columns = [
        Figure(_("Hours\ninvoiced"), lambda one: one.minutes, is_hours=True),
        Figure(_("Amount\ninvoiced"), lambda one: one.cents),
        Figure(_("Hours\nto invoice"), lambda one: one.open_minutes, is_hours=True),
        Figure(_("Amount\nto invoice"), lambda one: one.open_cents),
    ]
    if not is_short:
        columns.append(Figure(_("Hours\ntogether"), lambda one: one.all_minutes, is_hours=True))
    columns.append(Figure(_("Amount\ntogether"), lambda one: one.all_cents))
    if of.before and not is_short:
        columns.append(Figure(_("Hours\nbefore"), lambda one: one.before_minutes, is_hours=True))
    if of.before:
        columns.append(Figure(_("Amount\nbefore"), lambda one: one.before_cents))
        columns.append(Figure(_("Difference"), lambda one: one.more_cents))
    if of.has_margin:
        columns.append(Figure(_("Paid\nbefore tax"), lambda one: one.paid_cents))
        columns.append(Figure(_("Margin"), lambda one: one.margin_cents))
    return columns


def workbook(of: report.PeriodReport, _: Say, language: str) -> bytes:
    """The report as a workbook of numbers, with sums. Raises Invalid where it is too long."""
    numbers, has_budgets = figures(of, _), of.by.cut == "budget_number"
    # Of jobs there is nothing else to say, nor of workers to their organisation.
    told = [_about_words(of.by.cut, _)] if any(row.about for row in of.rows) else []
    header = [cut_words(of.by.cut, _), *told, *(one.words.replace("\n", " ") for one in numbers)]
    totals = [tables.SheetColumn()] * (1 + len(told))
    totals += [tables.SheetColumn(HOURS if one.is_hours else EUROS, is_summed=True) for one in numbers]
    if has_budgets:
        header += [
            _("Ceiling in hours"), _("Ceiling in euros, without VAT"), _("Hours used in all"),
            _("Amount used in all"), _("Used of the ceiling"),
        ]  # fmt: skip
        totals += [tables.SheetColumn(one) for one in (HOURS, EUROS, HOURS, EUROS, SHARE)]
    rows = [
        [
            row_name(row, _, language), *([row.about] if told else []),
            *(_cell(one, row.sums) for one in numbers),
            *(_budget_cells(row.budget) if has_budgets else []),
        ]
        for row in of.all_rows()
    ]  # fmt: skip
    about = _("About this report"), _about(of, _, language)
    return tables.counted_xlsx_file(_("Report"), header, rows, totals, about, _("Total"))


def _cell(figure: Figure, sums: report.ReportSums) -> Decimal:
    number = figure.of(sums)
    return _hours(number) if figure.is_hours else Decimal(number).scaleb(-2)


def _hours(minutes: int) -> Decimal:
    places = "0.01" if minutes % 3 == 0 else "0.000001"
    return (Decimal(minutes) / 60).quantize(Decimal(places))


def _budget_cells(budget: overview.BudgetUse | None) -> list[tables.Cell]:
    if budget is None:
        return [None] * 5
    of, against = budget.number, budget.against
    return [
        None if of.ceiling_minutes is None else _hours(of.ceiling_minutes),
        None if of.ceiling_cents is None else Decimal(of.ceiling_cents).scaleb(-2),
        _hours(against.minutes),
        Decimal(against.cents).scaleb(-2),
        Decimal(against.percent).scaleb(-2) if against.is_limited else None,
    ]


def _about(of: report.PeriodReport, _: Say, language: str) -> list[list[tables.Cell]]:
    rows: list[list[tables.Cell]] = [
        [_("Period"), period_text(of, _, language)],
        [_("First day"), of.periods[0].first_on if of.periods else None],
        [_("Last day"), of.periods[-1].last_on if of.periods else None],
        [_("Organisation"), of.organisation.name if of.organisation else _("All organisations")],
        [_("Made on"), clock.today()],
    ]
    if of.before:
        rows.append([_("Before: first day"), of.before[0].first_on])
        rows.append([_("Before: last day"), of.before[-1].last_on])
    rows += [[sentence, None] for sentence in notes(of, _)]
    return rows


def period_text(of: report.PeriodReport, _: Say, language: str) -> str:
    """The periods in words, with their year."""
    locale = invoice_text.LOCALES[language]
    return period_names.capital(period_names.together(of.periods, _, locale)) if of.periods else ""


def file_name(of: report.PeriodReport, _: Say, language: str, ending: str) -> str:
    """What its file is called: `rapport-werknemer-fse-periode-12-van-2026-week-45-48.pdf`."""
    parts = [_("report"), cut_words(of.by.cut, _), of.by.organisation, period_text(of, _, language)]
    return "-".join(fold(word) for word in re.findall(r"\w+", " ".join(parts))) + f".{ending}"


def notes(of: report.PeriodReport, _: Say) -> list[str]:
    """What the numbers are, in sentences."""
    said = [
        _("Amounts are without VAT. Invoiced: what the invoices of these periods say, less credit notes."),
        _("To invoice: approved, and on no invoice yet."),
    ]
    if of.whole.unpriced_minutes:
        said.append(_("Some of these hours have no rate yet: they count as hours and have no amount."))
    if of.has_margin:
        said.append(_("Margin: amount together less what the workers are paid for those hours, before tax."))
    return said


def work(job: Job, tell: Tell) -> dict[str, Any]:
    """Make the PDF as long work, of what its reader may see by now; its file stays for a day."""
    who, asked = access.grants(job.created_by), job.asked
    of = report.load(who, report.ReportFilter(**asked["by"]))
    tell(0, 1)
    with Printer() as printer:
        content = printer.pdf(html(of, asked["language"]), clock.today())
    with transaction():
        JobFile.delete().where(JobFile.job == job).execute()
        JobFile.create(job=job, name=FILE, content=content)
    name = file_name(of, invoice_text.words(asked["language"]).gettext, asked["language"], "pdf")
    return {"organisations": of.read_organisations, "has_margin": of.has_margin, "name": name}


def html(of: report.PeriodReport, language: str) -> str:
    """The report as a page for konnekt.documents.pdf. Raises Invalid where it is too long."""
    _, agency = invoice_text.words(language).gettext, Agency.select().first()
    page = invoice_text.templates(language).get_template("report.html")
    return page.render(
        language=language,
        author=agency.name if agency else "",
        cut=cut_words(of.by.cut, _),
        period=period_text(of, _, language),
        days=(of.periods[0].first_on, of.periods[-1].last_on) if of.periods else (),
        before=period_names.together(of.before, _, invoice_text.LOCALES[language]) if of.before else "",
        organisation=of.organisation.name if of.organisation else "",
        made_on=clock.today(),
        notes=notes(of, _),
        tables=[_table(of, _, language)],
    )


def _table(of: report.PeriodReport, _: Say, language: str) -> TablePart:
    numbers = figures(of, _, is_short=True)
    widths = [HOURS_WIDTH if one.is_hours else EUROS_WIDTH for one in numbers]

    def cells(name: str, sums: report.ReportSums) -> list[str]:
        return [name, *(_written(one, sums, language) for one in numbers)]

    rows: list[TableRow] = []
    for row in of.all_rows(report.MOST_PRINTED):
        below = " · ".join(filter(None, (row.about, _against(row.budget, _, language))))
        rows.append(
            {
                "cells": cells(row_name(row, _, language), row.sums),
                "below": [below] + [""] * len(numbers),
            }
        )
    rows.append({"kind": "sum", "cells": cells(_("Total"), of.whole)})
    return {
        "is_long": True,
        "title": _("By %(cut)s") % {"cut": cut_words(of.by.cut, _).lower()},
        "widths": [WIDTH - sum(widths), *widths],
        "numbers": 1,
        "head": ["", *(one.words for one in numbers)],
        "rows": rows,
    }


def _written(figure: Figure, sums: report.ReportSums, language: str) -> str:
    number = figure.of(sums)
    return units.hours_total(number, language) if figure.is_hours else units.euros(number, language)


def _against(budget: overview.BudgetUse | None, _: Say, language: str) -> str:
    """What is used of a ceiling: `€ 3.214,03 van € 8.000,00 (40 %)`; empty without one."""
    if budget is None or not budget.against.is_limited:
        return ""
    of = budget.against
    if of.is_in_cents:
        amounts = {"used": of.cents, "ceiling": of.ceiling_cents or 0}
        said = _("%(used)s of %(ceiling)s") % {
            name: units.euros(cents, language) for name, cents in amounts.items()
        }
    else:
        times = {"used": of.minutes, "ceiling": of.ceiling_minutes or 0}
        said = _("%(used)s of %(ceiling)s hours") % {
            name: units.hours_total(minutes, language) for name, minutes in times.items()
        }
    percent = "\u00a0%" if language == "nl" else "%"
    return f"{said} ({of.percent}{percent})"
