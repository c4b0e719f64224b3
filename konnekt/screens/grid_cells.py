"""The rows of the hour grid, ready to print.

A period has 150 cells. What the template would look up, translate or format at each of them is done once per
day here, and the cells come as tuples: that took 60 of the 75 ms in which a grid was drawn.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from flask_babel import gettext as _

from konnekt.domain.timesheets import entry, grid as timesheet_grid
from konnekt.domain.units import hours_cell, hours_clock
from konnekt.screens.formats import day as day_text
from konnekt.screens.languages import reader


class PrintedCell(NamedTuple):
    """A day of a row. id: of its input, empty where nothing can be typed; css: its classes after a space.

    special: the cell itself where it shows more than hours: a remark, a refusal, what somebody else typed.
    """

    id: str
    on: str
    css: str
    label: str
    spoken: str
    value: str
    is_first: bool
    special: entry.Typed | None


class PrintedRow(NamedTuple):
    """A row; kind and number: what its hour type and budget number are called; notes: id, day and remark."""

    row: entry.Row
    token: str
    kind: str
    number: str
    cells: list[PrintedCell]
    notes: list[tuple[str, str, str]]

    @property
    def spoken(self) -> str:
        return f"{self.kind} {self.number}"


class PrintedWeek(NamedTuple):
    """A week of the grid; days: each with its classes after a space, and what it is called."""

    week: timesheet_grid.Week
    name: str
    days: list[tuple[timesheet_grid.Day, str, str]]
    rows: list[PrintedRow]


class PrintedGrid(NamedTuple):
    """The weeks, what a row can be chosen from (key and words of each choice), and what was chosen."""

    weeks: list[PrintedWeek]
    hour_types: list[tuple[int, str]]
    budget_numbers: list[tuple[int, str]]
    used_types: set[int]
    used_numbers: set[int]


def printed(grid: timesheet_grid.Grid, *, is_opened: bool = False) -> PrintedGrid:
    """The grid of a sheet; is_opened: it has just been opened, so that typing begins at its first day."""
    language = reader()
    kinds = {kind.id: kind.name(language) for kind in grid.hour_types}
    numbers = {number.id: number.number for number in grid.budget_numbers}
    words = {
        number.id: " · ".join(filter(None, (number.number, number.description)))
        for number in grid.budget_numbers
    }
    first = grid.first_day if is_opened else None
    weeks = []
    for week in grid.weeks:
        days = [(day, _css(day), day_text(day.on)) for day in week.days]
        printed_rows = [
            PrintedRow(
                row,
                row.token,
                kinds.get(row.hour_type, ""),
                numbers.get(row.budget_number, ""),
                [],
                [
                    (f"note-{row.token}-{day.on}", label, row.at(day.on).remark)
                    for day, _css_of, label in days
                    if day.is_open
                ],
            )
            for row in week.rows
        ]
        for at, one in enumerate(printed_rows):
            begins = first if at == 0 else None
            one.cells.extend(_cells(one, days, begins, language, is_open=grid.sheet.is_open))
        weeks.append(PrintedWeek(week, f"{week.iso_year}-{week.iso_week}", days, printed_rows))
    rows = [row for week in grid.weeks for row in week.rows]
    return PrintedGrid(
        weeks,
        list(kinds.items()),
        list(words.items()),
        {row.hour_type for row in rows},
        {row.budget_number for row in rows},
    )


def _css(day: timesheet_grid.Day) -> str:
    names = {"we": day.is_free, "closed": not day.is_open}
    return "".join(f" {name}" for name, is_so in names.items() if is_so)


def _cells(
    row: PrintedRow,
    days: list[tuple[timesheet_grid.Day, str, str]],
    first: date | None,
    language: str,
    *,
    is_open: bool,
) -> Iterator[PrintedCell]:
    spoken, outside = row.spoken, _("outside the assignment")
    cells: dict[date, Any] = row.row.cells
    for day, css, label in days:
        cell = cells.get(day.on) or entry.Typed(day.on)
        on = day.on.isoformat()
        if day.is_outside:
            css += " outside"  # noqa: PLW2901
        if cell.minutes and (day.is_long or day.is_outside):
            css += " look"  # noqa: PLW2901
        hours = hours_cell(cell.minutes, language) if cell.minutes else ""
        is_input = day.is_open and is_open
        nothing = "–" if day.is_open and not is_open else ""
        is_special = cell.remark or cell.refusal or cell.has_other or hours_clock(cell.minutes)
        yield PrintedCell(
            f"cell-{row.token}-{on}" if is_input else "",
            on,
            css,
            label,
            f"{label}, {spoken}, {outside}" if day.is_outside else f"{label}, {spoken}",
            cell.text if is_input and cell.refusal else hours or nothing,
            day.on == first,
            cell if is_special else None,
        )
