"""XLSX as foreign input: the sheets that are named after files of an import set, each cell as text.

A cell is told apart from its looks: days come as 2026-11-30, numbers with a point, and a cell that is no text
is remembered as such, since 42.10 typed into a spreadsheet is 42.1.
"""

import io
import re
import warnings
from collections.abc import Collection, Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zipfile import ZipFile

from openpyxl import load_workbook

from konnekt.domain.imports.grids import IS_DAY, IS_ERROR, IS_NUMBER, IS_UNKNOWN, Grid, Place
from konnekt.domain.refused import Invalid

_FORMULA = re.compile(rb"<(\w+:)?f[\s>/]")

MOST_ROWS = 100_000
MOST_COLUMNS = 64


def read(name: str, content: bytes, known: Collection[str]) -> tuple[dict[str, Grid], list[str]]:
    """The sheets of a workbook by the stem of their file ("people"), and the names of those left out.

    A workbook of one sheet is named after its file, or the sheet is; of several each sheet is. content is a
    ZIP whose size was looked at (archives.py). Raises Invalid where it is no workbook, or no sheet is known.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _read(name, content, known)
    except Invalid:
        raise
    except Exception as error:  # foreign bytes break openpyxl in more ways than it names
        raise Invalid(
            "%(file)s can't be read as a workbook: save it as XLSX again.", "files", file=name
        ) from error


def _read(name: str, content: bytes, known: Collection[str]) -> tuple[dict[str, Grid], list[str]]:
    stem = name.rpartition("/")[2].rpartition(".")[0].strip().lower()
    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    try:
        shown = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        named = {
            sheet.title.strip().lower(): sheet for sheet in shown if sheet.title.strip().lower() in known
        }
        if stem in known and len(shown) == 1:
            named = {stem: shown[0]}
        if not named:
            raise Invalid(
                "%(file)s: name each sheet after its file, such as people, or the workbook of one sheet.",
                "files",
                file=name,
            )
        left_out = [f"{name} ({sheet.title})" for sheet in shown if sheet not in named.values()]
        formulas = _formulas(content, {sheet.title for sheet in named.values()})
        return {key: _grid(sheet, formulas.get(sheet.title, set())) for key, sheet in named.items()}, left_out
    finally:
        book.close()


def _rows(sheet: Any) -> Iterator[tuple[int, Any]]:
    """The rows with their numbers; what a sheet says of its own size is not believed."""
    sheet.reset_dimensions()
    return enumerate(sheet.iter_rows(max_col=MOST_COLUMNS), 1)


def _formulas(content: bytes, titles: Collection[str]) -> dict[str, set[Place]]:
    """Where each sheet has formulas: of one that was never calculated the outcome is nowhere."""
    with ZipFile(io.BytesIO(content)) as archive:
        sheets = [one for one in archive.namelist() if "worksheets/" in one]
        if not any(_FORMULA.search(archive.read(one)) for one in sheets):
            return {}
    book = load_workbook(io.BytesIO(content), read_only=True, keep_links=False)
    try:
        return {
            sheet.title: {
                (line, column)
                for line, cells in _rows(sheet)
                for column, cell in enumerate(cells)
                if cell.value is not None and cell.data_type == "f"
            }
            for sheet in book.worksheets
            if sheet.title in titles
        }
    finally:
        book.close()


def _grid(sheet: Any, formulas: set[Place]) -> Grid:
    grid = Grid(most=MOST_ROWS)
    for line, cells in _rows(sheet):
        texts = []
        for column, cell in enumerate(cells):
            text, is_like = _text(cell)
            texts.append(text)
            if is_like == IS_ERROR:
                grid.broken[line, column] = IS_ERROR, {"what": text}
            elif is_like:
                grid.typed[line, column] = is_like
            elif not text and (line, column) in formulas:
                grid.broken[line, column] = IS_UNKNOWN, {}
        while texts and not texts[-1]:
            texts.pop()
        if line <= MOST_ROWS:
            grid.rows.append(texts)
        elif texts:
            grid.is_cut = True
            break
    return grid


def _text(cell: Any) -> tuple[str, str]:
    """A cell as a CSV file would have it, and what it is when it is no text."""
    value = cell.value
    if value is None:
        return "", ""
    if isinstance(value, str):
        return value, IS_ERROR if cell.data_type == "e" else ""
    if isinstance(value, bool):
        return str(int(value)), IS_NUMBER
    if isinstance(value, int | float):
        shown = Decimal(f"{value * 100 if '%' in cell.number_format else value:.15g}")
        return f"{shown:f}", IS_NUMBER
    if isinstance(value, datetime):
        moment = (value + timedelta(milliseconds=500)).replace(microsecond=0)
        return (moment.isoformat() if moment.time() != time() else moment.date().isoformat()), IS_DAY
    if isinstance(value, date):
        return value.isoformat(), IS_DAY
    if isinstance(value, time):
        value = timedelta(hours=value.hour, minutes=value.minute, seconds=value.second)
    if isinstance(value, timedelta):
        minutes, seconds = divmod(round(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02d}" + (f":{seconds:02d}" if seconds else ""), IS_NUMBER
    return str(value), IS_NUMBER
