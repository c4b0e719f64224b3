"""What an invoice's long tables say, for konnekt.documents.pdf_tables: its lines, and their timesheets."""

from collections.abc import Callable
from datetime import date, timedelta
from gettext import NullTranslations
from typing import Any

from konnekt.documents.table_parts import TablePart, TableRow
from konnekt.domain import units
from konnekt.models import InvoiceLine

Day = Callable[..., str]
DAYS = 7


class Tables:
    """The tables of one invoice in one language; day writes a date in it."""

    def __init__(self, language: str, words: NullTranslations, day: Day) -> None:
        self.language, self.words, self.day = language, words, day

    def specification(self, workers: list[Any], lines: list[InvoiceLine], net_cents: int) -> TablePart:
        """Every line under its worker and timesheet, a subtotal of each worker where there are several."""
        _ = self.words.gettext
        rows: list[TableRow] = []
        for worker in workers:
            for reference, some in worker.sheets.items():
                rows.append({"kind": "who", "cells": [worker.name, reference]})
                rows += [self._line(line) for line in some]
            if len(workers) > 1:
                said = _("Subtotal %(name)s") % {"name": worker.name}
                rows.append(self._sum(said, worker.minutes, worker.net_cents))
        rows.append(self._sum(_("Total"), sum(line.minutes for line in lines), net_cents))
        head = [_("Week"), _("Hour type"), _("Hours"), _("Price"), _("Amount")]
        return {
            "is_long": True,
            "title": _("Specification"),
            "widths": [3, 12, 80, 20, 24, 31],
            "numbers": 3,
            "head": ["", *head],
            "rows": rows,
        }

    def _line(self, line: InvoiceLine) -> TableRow:
        hours, price = (
            units.hours_total(line.minutes, self.language),
            units.price(line.unit_price, self.language),
        )
        amount = units.euros(line.net_cents, self.language)
        return {"cells": ["", str(line.iso_week), _type(line.frozen), hours, price, amount]}

    def _sum(self, said: str, minutes: int, cents: int) -> TableRow:
        hours = units.hours_total(minutes, self.language)
        return {"kind": "sum", "cells": ["", said, "", hours, "", units.euros(cents, self.language)]}

    def timesheet(self, sheet: dict[str, Any], budget_number: str) -> TablePart:
        """A timesheet by week and hour type, with the day below its hours."""
        _, hours = self.words.gettext, self._hours
        weekdays = [self.day(date.fromisocalendar(2026, 1, n + 1), "EEE").rstrip(".") for n in range(DAYS)]
        total = hours(sum(row["minutes"] for row in sheet["rows"]))
        return {
            "title": _("Timesheet"),
            "reference": sheet["reference"],
            "worker": sheet["worker"],
            "about": self._about(sheet, budget_number),
            "widths": [11, 34, *([15] * DAYS), 20],
            "numbers": 2,
            "head": [_("Week"), _("Hour type"), *weekdays, _("Total")],
            "rows": [
                *(self._week(row) for row in sheet["rows"]),
                {"kind": "sum", "cells": [_("Total"), *([""] * (DAYS + 1)), total]},
            ],
        }

    def _hours(self, minutes: int) -> str:
        return units.hours_total(minutes, self.language)

    def _about(self, sheet: dict[str, Any], budget_number: str) -> list[str]:
        """The rest of the line that begins with the worker's name, and who approved it."""
        _ = self.words.gettext
        job = f" · {sheet['job_title']}" if sheet["job_title"] else ""
        has_several = any("budget_number" in row for row in sheet["rows"])  # each row says its own
        about = [job if has_several else f"{job} · {_('Budget number')} {budget_number}"]
        if sheet["approved_on"]:
            said = {"name": sheet["approved_by"], "day": self.day(sheet["approved_on"])}
            about.append(
                (_("Approved by %(name)s on %(day)s") if said["name"] else _("Approved on %(day)s")) % said
            )
        return about

    def _week(self, row: dict[str, Any]) -> TableRow:
        monday = date.fromisocalendar(row["iso_year"], row["iso_week"], 1)
        days = [
            self.day(monday + timedelta(n), "d MMM").rstrip(".") if minutes else ""
            for n, minutes in enumerate(row["days"])
        ]
        worked = [self._hours(minutes) if minutes else "" for minutes in row["days"]]
        cells = [str(row["iso_week"]), _type(row), *worked, self._hours(row["minutes"])]
        return {"cells": cells, "below": ["", "", *days, ""]}


def _type(frozen: dict[str, Any]) -> str:
    """The hour type, with the budget number where an invoice has several."""
    number = frozen.get("budget_number")
    return f"{frozen['hour_type']} · {number}" if number else str(frozen["hour_type"])
