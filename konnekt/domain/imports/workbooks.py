"""XLSX as foreign input: the sheets that are named after files of an import set, each cell as text.

A cell is told apart from its looks: days come as 2026-11-30, numbers with a point, and a cell that is no text
is remembered as such, with the text that it shows where that is sure: 00123 of the number 123 in the format
00000, but nothing of 42.1, which may have been typed as 42.10. bounded.py reads it in a process of its own.
openpyxl is imported where it works: with it every command would start a sixth slower.
"""

import io
import re
import warnings
import zlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any
from zipfile import ZipFile

from konnekt.domain.imports.grids import IS_DAY, IS_ERROR, IS_NUMBER, IS_UNKNOWN, CellPlace, FileGrid
from konnekt.domain.refusals import Invalid

_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_CELL = re.compile(rb"<(?:\w+:)?(?:c|si)[\s>/]")
# Formats that show a whole number with zeros in front, or with its points; what else may stand in a number.
_ZEROS = re.compile(r"(0+)(?:\.(0+))?")
_MASK = re.compile(r'(?:0|"[^"]*"|\\.|[- ])+')
_MASK_PART = re.compile(r'0|"[^"]*"|\\.|[- ]')
# A spreadsheet keeps fifteen digits.
MOST_DIGITS = 15

MOST_COLUMNS = 64


@dataclass(frozen=True)
class Limits:
    """How much of a workbook is read: rows of a sheet, cells (empty ones and texts too), bytes unpacked."""

    rows: int = 100_000
    cells: int = 500_000
    bytes: int = 64 * 1024**2


LIMITS = Limits()


def unreadable(name: str) -> Invalid:
    """What is said of what is no workbook."""
    return Invalid("%(file)s can't be read as a workbook: save it as XLSX again.", "files", file=name)


def read(
    name: str, content: bytes, stems: Collection[str], limits: Limits = LIMITS
) -> tuple[dict[str, FileGrid], list[str]]:
    """The sheets of a workbook by the stem of their file ("people"), and the names of those left out.

    A workbook of one sheet is named after its file, or the sheet is; of several each sheet is. Raises Invalid
    where it is no workbook, too large, or no sheet is known.
    """
    try:
        _check_size(name, content, limits)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _read(name, content, stems, limits)
    except (Invalid, MemoryError):
        raise
    except Exception as error:  # foreign bytes break openpyxl in more ways than it names
        if isinstance(error, zlib.error) and "Error -4 " in str(error):  # Z_MEM_ERROR, by its number alone
            raise MemoryError from error
        raise unreadable(name) from error


def _check_size(name: str, content: bytes, limits: Limits) -> None:
    """Count before anything is taken apart: that costs a hundredth of the time."""
    cells = 0
    with ZipFile(io.BytesIO(content)) as archive:
        if sum(member.file_size for member in archive.infolist()) > limits.bytes:
            raise Invalid(
                "%(file)s is larger than %(most)s MB when it is unpacked.",
                "files", file=name, most=limits.bytes // 1024**2,
            )  # fmt: skip
        for member in archive.namelist():
            if member.endswith(".xml") and cells <= limits.cells:
                matches = _CELL.finditer(archive.read(member))
                cells += sum(1 for _ in islice(matches, limits.cells + 1 - cells))
    if cells > limits.cells:
        raise Invalid(
            "%(file)s holds more than %(most)s cells, empty ones with a format too: make it several files.",
            "files", file=name, most=limits.cells,
        )  # fmt: skip


def _read(
    name: str, content: bytes, stems: Collection[str], limits: Limits
) -> tuple[dict[str, FileGrid], list[str]]:
    from openpyxl import load_workbook

    stem = name.rpartition("/")[2].rpartition(".")[0].strip().lower()
    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    try:
        shown = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"]
        named = {
            sheet.title.strip().lower(): sheet for sheet in shown if sheet.title.strip().lower() in stems
        }
        if stem in stems and len(shown) == 1:
            named = {stem: shown[0]}
        if not named:
            raise Invalid(
                "%(file)s: name each sheet after its file, such as people, or the workbook of one sheet.",
                "files",
                file=name,
            )
        left_out = [f"{name} ({sheet.title})" for sheet in shown if sheet not in named.values()]
        formulas = _formulas(content, {sheet.title for sheet in named.values()})
        grids = {
            key: _grid(sheet, formulas.get(sheet.title, set()), limits.rows) for key, sheet in named.items()
        }
        return grids, left_out
    finally:
        book.close()


def _rows(sheet: Any) -> Iterator[tuple[int, Any]]:
    """The rows that have cells, with their numbers; what a sheet says of its own size is not believed."""
    from openpyxl.cell.read_only import EMPTY_CELL

    sheet.reset_dimensions()
    # Between two rows there may be a million of none: each time the same one of openpyxl's.
    empty = None
    for line, cells in enumerate(sheet.iter_rows(max_col=MOST_COLUMNS), 1):
        if cells is empty:
            continue
        if all(cell is EMPTY_CELL for cell in cells):
            empty = cells
        else:
            yield line, cells


def _formulas(content: bytes, titles: Collection[str]) -> dict[str, set[CellPlace]]:
    """Where each sheet has formulas: of one that was never calculated the outcome is nowhere."""
    from openpyxl import load_workbook

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


def _grid(sheet: Any, formulas: set[CellPlace], most: int) -> FileGrid:
    grid = FileGrid(most=most)
    for line, cells in _rows(sheet):
        texts = []
        for column, cell in enumerate(cells):
            text, is_like = _text(cell)
            texts.append(text)
            if is_like == IS_ERROR:
                grid.broken[line, column] = IS_ERROR, {"what": text}
            elif is_like:
                grid.typed[line, column] = is_like
                if is_like == IS_NUMBER and (plain := _plain(cell)):
                    grid.plain[line, column] = plain
            elif not text and (line, column) in formulas:
                grid.broken[line, column] = IS_UNKNOWN, {}
        while texts and not texts[-1]:
            texts.pop()
        if line <= most:
            grid.rows += [[] for _ in range(line - 1 - len(grid.rows))]
            grid.rows.append(texts)
        elif texts:
            grid.is_cut = True
            break
    return grid


def _plain(cell: Any) -> str:
    """The text that a number shows, where a column of text can mean nothing else; empty where it might."""
    value, shape = cell.value, str(cell.number_format).partition(";")[0]
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 10**MOST_DIGITS:
        return ""
    zeros = _ZEROS.fullmatch(shape)
    if zeros and zeros[2]:
        shown = f"{value:0{len(shape)}.{len(zeros[2])}f}"
        return shown if float(shown) == value else ""
    if value != int(value):
        return ""
    digits = str(int(value))
    if shape in ("General", "@") or zeros:
        return digits.zfill(len(shape) if zeros else 0)
    return _masked(digits, shape) if _MASK.fullmatch(shape) and "0" in shape else ""


def _masked(digits: str, shape: str) -> str:
    """The digits in a format such as 0000"."000, each in the place of a zero; empty where too many."""
    places = [part[0] if part[0] != "0" else None for part in _MASK_PART.finditer(shape)]
    if len(digits) > places.count(None):
        return ""
    left = iter(digits.zfill(places.count(None)))
    return "".join(next(left) if place is None else place.strip('"').lstrip("\\") for place in places)


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
