"""Bytes of a CSV file to rows with the line where each starts; a fault is complained about, never raised.

The file is foreign: any bytes may come.
"""

import codecs
import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from konnekt.domain.imports.lines import LONGEST_LINE, UNFIT, Lines
from konnekt.domain.refusals import N_

LARGEST_FILE = 250 * 1024 * 1024
# Where rows are kept, some kilobytes each; and where they pass by (hours).
MOST_LINES = 500_000
MOST_PASSING = 3_000_000
MOST_COLUMNS = 1000
MOST_BROKEN = 100
DELIMITERS = (";", ",", "\t")
# A title may stand above the header, and empty lines.
HEADER_WITHIN = 10
# What XLSX and XLS begin with.
WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
# Also within: behind a line "sep=;", and where files were put one behind another.
MARK = "\ufeff".encode()
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# The first line by which some programs tell Excel the delimiter.
_SEPARATOR = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)

# Digits that are to stay text, as our own lists (konnekt.documents.tables) and some programs write them.
_QUOTED_TEXT = re.compile('="([^"]*)"')

UNCLOSED = N_("the quote that opens here does not close where its cell ends (in a text it is doubled)")

Complain = Callable[..., None]


@dataclass
class FileRow:
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
    rows: Iterable[FileRow] = ()
    is_readable: bool = False


def read(
    file: str, content: bytes, column_names: tuple[str, ...], complain: Complain, most_lines: int = MOST_LINES
) -> Table:
    """Read a file; complain(line, column, sentence, **values) hears of every fault.

    Its rows come while they are asked for, once; is_readable is true or false after the last.
    """
    table = Table(file)
    if len(content) > LARGEST_FILE:
        complain(1, "", N_("the file is larger than %(most)s MB"), most=LARGEST_FILE // 1024**2)
        return table
    if content.startswith(WORKBOOKS):
        complain(1, "", N_("this is a workbook, not CSV: save it as XLSX, or as CSV UTF-8"))
        return table
    utf8 = _as_utf8(content, complain)
    if utf8 is None:
        return table
    if not utf8.strip():
        complain(1, "", N_("the file is empty"))
        return table
    lines = Lines(utf8)
    if not _has_measure(lines, most_lines, complain):
        return table
    top, delimiter, header = _header(lines, column_names)
    if len(header) > MOST_COLUMNS:
        complain(top + 1, "", N_("more than %(most)s columns"), most=MOST_COLUMNS)
        return table
    if not check_header(header, column_names, complain, line=top + 1):
        return table
    table.ignored_columns = [
        name or f"(column {n})" for n, name in enumerate(header, 1) if name not in column_names
    ]
    table.is_readable = True
    table.rows = _rows(table, _records(lines, top + 1, delimiter, header, complain), lines, header, complain)
    return table


def _rows(
    table: Table,
    records: Iterator[tuple[int, list[str] | None]],
    lines: Lines,
    header: list[str],
    complain: Complain,
) -> Iterator[FileRow]:
    # Few files have any: to look for one in each cell took a tenth of the reading.
    has_quoted_texts = b'="' in lines.content
    for line, cells in records:
        if cells is None:
            table.is_readable = False
            continue
        texts = map(_as_text, cells) if has_quoted_texts else cells
        row = FileRow(table.file, line, dict(zip(header, texts, strict=True)))
        if not lines.is_fit:
            check_letters(row, complain)
        yield row


def _as_utf8(content: bytes, complain: Complain) -> bytes | None:
    """A file in UTF-8, or in UTF-16 that says so, without its mark."""
    if not content.startswith(UTF_16):
        if b"\0" in content[:2]:
            complain(1, "", N_("this is UTF-16 without its mark: save the file as CSV UTF-8"))
            return None
        return content.replace(MARK, b"") if MARK in content else content
    try:
        return content.decode("utf-16").encode().replace(MARK, b"")
    except UnicodeDecodeError:
        complain(1, "", N_("this is damaged UTF-16: save the file as CSV UTF-8"))
        return None


def _has_measure(lines: Lines, most: int, complain: Complain) -> bool:
    """Whether lines are as many and as long as can be taken apart in memory."""
    if len(lines) > most + 1:
        complain(most + 1, "", N_("more than %(most)s rows: make it several files"), most=most)
        return False
    too_long = lines.too_long()
    if too_long is not None:
        complain(too_long, "", N_("a line of more than %(most)s characters"), most=LONGEST_LINE)
    return too_long is None


def _header(lines: Lines, column_names: tuple[str, ...]) -> tuple[int, str, list[str]]:
    """Where the header stands, the delimiter under which it names the most known columns, and those names."""
    said = _SEPARATOR.fullmatch(lines[0])
    first = 1 if said and len(lines) > 1 else 0
    headers = []
    for delimiter in (said[1],) if said else DELIMITERS:
        rows = [_names(line, delimiter) for line in lines.between(first, first + HEADER_WITHIN)]
        top = header_at(rows, column_names)
        headers.append((len(set(rows[top]) & set(column_names)), delimiter, first + top, rows[top]))
    _, delimiter, top, names = max(headers, key=lambda one: one[0])
    return top, delimiter, names


def _names(line: str, delimiter: str) -> list[str]:
    try:
        names = next(csv.reader([line], delimiter=delimiter, strict=True), [])
    except csv.Error:
        names = line.split(delimiter)
    return [name.strip().lower() for name in names]


def header_at(rows: list[list[str]], column_names: tuple[str, ...]) -> int:
    """Which of the first rows is the header: the first of those that name the most known columns."""
    return max(range(len(rows)), key=lambda number: (len(set(rows[number]) & set(column_names)), -number))


def check_header(
    header: list[str], column_names: tuple[str, ...], complain: Complain, *, line: int = 1
) -> bool:
    """Whether a header has every known column once; says what is wrong with it."""
    missing = [name for name in column_names if name not in header]
    if len(missing) == len(column_names):
        complain(line, "", N_("no header: none of the columns %(columns)s"), columns=", ".join(column_names))
        return False
    for name in missing:
        complain(line, name, N_("this column is missing"))
    twice = sorted(name for name, count in Counter(header).items() if name and count > 1)
    for name in twice:
        complain(line, name, N_("this column stands more than once"))
    unfit = [name for name in header if UNFIT.search(name)]
    for name in unfit:
        complain(
            line,
            "",
            N_("the header holds %(what)s, which is no UTF-8: save the file as CSV UTF-8"),
            what=name,
        )
    return not missing and not twice and not unfit


def _records(
    lines: Lines, position: int, delimiter: str, header: list[str], complain: Complain
) -> Iterator[tuple[int, list[str] | None]]:
    """The records from that line on (from 0) with their first line; None for one that can't be read.

    After a broken record it goes on with the line after the one where its quote opened, so that one open
    quote does not hide the errors in the rest of the file.
    """
    broken = 0
    while position < len(lines):
        reader = csv.reader(lines.between(position, len(lines)), delimiter=delimiter, strict=True)
        start = position
        try:
            for cells in reader:
                line, start = start + 1, position + reader.line_num
                if any(cells):
                    yield line, cells if _has_every_cell(line, cells, header, complain) else None
            return
        except csv.Error as error:
            quote = _open_quote(lines.between(start, position + reader.line_num), delimiter)
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


def _as_text(cell: str) -> str:
    match = _QUOTED_TEXT.fullmatch(cell)
    return match[1] if match else cell


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


def _open_quote(lines: Iterable[str], delimiter: str) -> tuple[int, int] | None:
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


def check_letters(row: FileRow, complain: Complain) -> None:
    """Take away the cells that hold what is no text."""
    for column, text in list(row.cells.items()):
        unfit = UNFIT.search(text)
        if unfit is None:
            continue
        del row.cells[column]
        row.is_wrong = True
        if unfit[0] >= "\ud800":
            complain(row.line, column, N_("%(what)s is not UTF-8: save the file as CSV UTF-8"), what=unfit[0])
        else:
            complain(row.line, column, N_("holds the control character %(what)s"), what=unfit[0])
