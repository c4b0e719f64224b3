"""Bytes of a CSV file to rows with the line where each starts; a fault is complained about, never raised.

The file is foreign: any bytes may come.
"""

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from konnekt.domain.refused import N_

LARGEST_FILE = 50 * 1024 * 1024
MOST_BROKEN = 100
DELIMITERS = (";", ",")

UNCLOSED = N_("the quote that opens here does not close where its cell ends (in a text it is doubled)")

# Control characters, and the lone surrogates that stand for bytes which are not UTF-8.
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")

Complain = Callable[..., None]


@dataclass
class Row:
    """A record: the line where it starts, its cells by column, and once read their values.

    A cell that was complained about is no longer among the cells.
    """

    file: str
    line: int
    cells: dict[str, str]
    values: dict[str, Any] = field(default_factory=dict)
    is_wrong: bool = False

    def __getitem__(self, column: str) -> Any:
        """The value of a cell; None also where it could not be read."""
        return self.values.get(column)


@dataclass
class Table:
    """A file's rows. is_readable: false where the header can't be used or part of the file was given up."""

    file: str
    ignored_columns: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    is_readable: bool = False


def read(file: str, content: bytes, known: tuple[str, ...], complain: Complain) -> Table:
    """Read a whole file; complain(line, column, sentence, **values) hears of every fault."""
    table = Table(file)
    if len(content) > LARGEST_FILE:
        complain(1, "", N_("the file is larger than %(most)s MB"), most=LARGEST_FILE // 1024**2)
        return table
    text = content.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")
    if not text.strip():
        complain(1, "", N_("the file is empty"))
        return table
    # Only a line feed ends a physical line: str.splitlines() also splits at characters that a text may hold.
    lines = [f"{line}\n" for line in text.split("\n")]
    delimiter, header = _header(lines[0], known)
    if not check_header(header, known, complain):
        return table
    table.ignored_columns = [name or f"(column {n})" for n, name in enumerate(header, 1) if name not in known]
    is_fit = _UNFIT.search(text) is None
    table.is_readable = True
    for line, cells in _records(lines, delimiter, header, complain):
        if cells is None:
            table.is_readable = False
            continue
        row = Row(file, line, dict(zip(header, cells, strict=True)))
        if not is_fit:
            check_letters(row, complain)
        table.rows.append(row)
    return table


def _header(line: str, known: tuple[str, ...]) -> tuple[str, list[str]]:
    """The delimiter under which the header names the most known columns, and those names."""
    found = []
    for delimiter in DELIMITERS:
        try:
            names = next(csv.reader([line], delimiter=delimiter, strict=True), [])
        except csv.Error:
            names = line.split(delimiter)
        names = [name.strip().lower() for name in names]
        found.append((len(set(names) & set(known)), delimiter, names))
    _, delimiter, names = max(found, key=lambda one: one[0])
    return delimiter, names


def check_header(header: list[str], known: tuple[str, ...], complain: Complain) -> bool:
    """Whether a header has every known column once; says what is wrong with it."""
    missing = [name for name in known if name not in header]
    if len(missing) == len(known):
        complain(1, "", N_("no header: none of the columns %(columns)s"), columns=", ".join(known))
        return False
    for name in missing:
        complain(1, name, N_("this column is missing"))
    twice = sorted({name for name in header if name and header.count(name) > 1})
    for name in twice:
        complain(1, name, N_("this column stands more than once"))
    unfit = [name for name in header if _UNFIT.search(name)]
    for name in unfit:
        complain(1, "", N_("the header holds %(what)s, which is no text in UTF-8"), what=name)
    return not missing and not twice and not unfit


def _records(
    lines: list[str], delimiter: str, header: list[str], complain: Complain
) -> Iterator[tuple[int, list[str] | None]]:
    """The records after the header with their first line; None for one that can't be read.

    After a broken record it goes on with the line after the one where its quote opened, so that one open
    quote does not hide the errors in the rest of the file.
    """
    position, broken = 1, 0
    while position < len(lines):
        reader = csv.reader(lines[position:], delimiter=delimiter, strict=True)
        start = position
        try:
            for cells in reader:
                line, start = start + 1, position + reader.line_num
                if any(cells):
                    yield line, cells if _has_every_cell(line, cells, header, complain) else None
            return
        except csv.Error as error:
            quote = _open_quote(lines[start : position + reader.line_num], delimiter)
            position = start + 1
            if quote is None and "limit" in str(error):
                complain(
                    position, "", N_("a cell of more than %(most)s characters"), most=csv.field_size_limit()
                )
            elif quote is None:
                complain(position, "", N_("a carriage return in the middle of a line"))
            else:
                position += quote[0]
                column = header[quote[1]] if quote[1] < len(header) else ""
                complain(position, column, UNCLOSED)
            yield position, None
        broken += 1
        if broken == MOST_BROKEN:
            complain(position, "", N_("too many broken lines: the rest of the file was not read"))
            return


def _has_every_cell(line: int, cells: list[str], header: list[str], complain: Complain) -> bool:
    count, columns = len(cells), len(header)
    if count < columns:
        complain(
            line, header[count], N_("too few cells: %(count)s of %(columns)s"), count=count, columns=columns
        )
    elif count > columns:
        complain(
            line,
            header[-1],
            N_("too many cells: %(count)s for %(columns)s columns (a text with the delimiter needs quotes)"),
            count=count,
            columns=columns,
        )
    return count == columns


def _open_quote(lines: list[str], delimiter: str) -> tuple[int, int] | None:
    """Line and cell, both from 0, where the quote opened that broke this record; None: no quote did."""
    cell, opened = 0, None
    is_quoted = has_closed = False
    is_start = True
    for number, line in enumerate(lines):
        for letter in line:
            if is_quoted:
                is_quoted, has_closed = letter != '"', letter == '"'
                continue
            if letter == '"' and (is_start or has_closed):
                opened = (number, cell) if is_start else opened
                is_quoted, is_start = True, False
                continue
            if has_closed and letter not in (delimiter, "\r", "\n"):
                return opened
            has_closed = False
            is_start = letter == delimiter
            cell += is_start
    return opened if is_quoted else None


def check_letters(row: Row, complain: Complain) -> None:
    """Take away the cells that hold what is no text."""
    for column, text in list(row.cells.items()):
        unfit = _UNFIT.search(text)
        if unfit is None:
            continue
        del row.cells[column]
        row.is_wrong = True
        if unfit[0] >= "\ud800":
            complain(row.line, column, N_("%(what)s is not UTF-8: save the file as UTF-8"), what=unfit[0])
        else:
            complain(row.line, column, N_("holds the control character %(what)s"), what=unfit[0])
