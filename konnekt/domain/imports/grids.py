"""The rows of a sheet of a workbook, as reading.py has those of a CSV file: the line is the sheet's row."""

from dataclasses import dataclass, field
from typing import Any

from konnekt.domain.imports.reading import (
    HEADER_WITHIN,
    Complain,
    FileRow,
    Table,
    check_header,
    check_letters,
    header_at,
)
from konnekt.domain.refusals import N_

CellPlace = tuple[int, int]

IS_NUMBER = N_(
    "a number, and here zeros and points count (0042, 42.10): make the cells text and type it again"
)
IS_DAY = N_("a date, and this column holds text: make the cells text and type it again")
IS_ERROR = N_("holds the error %(what)s")
IS_UNKNOWN = N_("a formula without its outcome: open the file in a spreadsheet and save it again")


@dataclass
class FileGrid:
    """A sheet: its cells as text, the first row first.

    typed: the cells that are no text, with what that would be in a column of text. plain: the text that some
    of them show, which such a column takes. broken: cells that can't be read at all, with a sentence and its
    values. is_cut: there is more than was read.
    """

    rows: list[list[str]] = field(default_factory=list)
    typed: dict[CellPlace, str] = field(default_factory=dict)
    plain: dict[CellPlace, str] = field(default_factory=dict)
    broken: dict[CellPlace, tuple[str, dict[str, Any]]] = field(default_factory=dict)
    most: int = 0
    is_cut: bool = False


def read(
    file: str, grid: FileGrid, column_names: tuple[str, ...], texts: set[str], complain: Complain
) -> Table:
    """The rows of a sheet; texts: the columns in which a number is a mistake."""
    table = Table(file)
    if not any(any(row) for row in grid.rows):
        complain(1, "", N_("the file is empty"))
        return table
    top = header_at(
        [[name.strip().lower() for name in row] for row in grid.rows[:HEADER_WITHIN]], column_names
    )
    width = max(len(row) for row in grid.rows[top:])
    header = [name.strip().lower() for name in grid.rows[top]]
    header += [""] * (width - len(header))
    if not check_header(header, column_names, complain, line=top + 1):
        return table
    table.ignored_columns = [
        name or f"(column {n})" for n, name in enumerate(header, 1) if name not in column_names
    ]
    table.is_readable = not grid.is_cut
    if grid.is_cut:
        complain(grid.most + 1, "", N_("more than %(most)s rows: make it several files"), most=grid.most)
    table.rows = rows = []
    for line, cells in enumerate(grid.rows[top + 1 :], top + 2):
        if not any(cells) and not any((line, column) in grid.broken for column in range(width)):
            continue
        row = FileRow(file, line, dict(zip(header, cells + [""] * (width - len(cells)), strict=True)))
        _check_kinds(row, grid, header, texts, complain)
        check_letters(row, complain)
        rows.append(row)
    return table


def _check_kinds(
    row: FileRow, grid: FileGrid, header: list[str], texts: set[str], complain: Complain
) -> None:
    for position, column in enumerate(header):
        place = (row.line, position)
        sentence, values = grid.broken.get(place, ("", {}))
        if not sentence and column in texts:
            if place in grid.plain:
                row.cells[column] = grid.plain[place]
            else:
                sentence = grid.typed.get(place, "")
        if sentence:
            row.cells.pop(column, None)
            row.is_wrong = True
            complain(row.line, column, sentence, **values)
