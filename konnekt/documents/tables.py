"""Tables that a spreadsheet opens: CSV and XLSX of a header and rows.

Text is text: a cell that starts with what a spreadsheet would calculate is not calculated (OWASP, CSV
injection). Numbers are Decimal or int and stay numbers; days are dates.
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Cell = str | int | Decimal | date | None

# Text that a Dutch spreadsheet reads as another number or as a day: 0042.001 becomes 42001.
_MISREAD = re.compile(
    "0[0-9]+|[0-9]+([.,][0-9]+)+|[0-9]{12,}|[0-9]+[eE][0-9]+|[0-9]{1,4}([-/][0-9]{1,2}){1,2}([0-9]{2})?"
)
# What makes a spreadsheet calculate a cell, also behind a character that it drops.
CALCULATES = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
WIDEST = 60
_UNFIT = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")


def csv_file(header: Sequence[str], rows: Iterable[Sequence[Cell]], language: str = "") -> bytes:
    """UTF-8 with BOM and `;`, as Dutch spreadsheets open it; numbers with a comma, English with a point.

    language: whose list it is; without one it is for a program. In a list, text of digits is written as the
    formula `="0042.001"`: a spreadsheet that opens a CSV file takes quotes off before it guesses, and nothing
    else keeps zeros and points in all of them. What stands in such a formula is digits, points, commas,
    hyphens, slashes and one e, which can't calculate anything.
    """
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow([_text(cell, language) for cell in header])
    writer.writerows([_text(cell, language) for cell in row] for row in rows)
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _text(cell: Cell, language: str) -> str:
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        return f"{cell:f}" if language == "en" else f"{cell:f}".replace(".", ",")
    if isinstance(cell, str) and language and _MISREAD.fullmatch(cell):
        return f'="{cell}"'
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(CALCULATES) else cell
    return str(cell)


def xlsx_file(title: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """A workbook of one sheet, its header bold and fixed, its columns as wide as what they hold."""
    book, sheet = _book(title)
    sheet.freeze_panes = "A2"
    held = [list(row) for row in rows]
    _widen(sheet, header, held)
    sheet.append([_cell(sheet, name, style="Headline 4") for name in header])
    for row in held:
        sheet.append([_cell(sheet, cell) for cell in row])
    return _saved(book)


def _book(title: str) -> tuple[Any, Any]:
    # Here, since every command imports this file and few write a workbook.
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    return book, book.create_sheet(_title(title))


def _title(text: str) -> str:
    return "".join(letter for letter in text if letter not in "[]:*?/\\")[:31] or "Blad"


def _widen(sheet: Any, header: Sequence[str], rows: list[list[Cell]]) -> None:
    from openpyxl.utils import get_column_letter

    for column, cells in enumerate(zip(*([header] if header else []), *rows, strict=True)):
        longest = max((len(str(cell)) for cell in cells if cell is not None), default=0)
        sheet.column_dimensions[get_column_letter(column + 1)].width = min(WIDEST, longest) + 2


def _saved(book: Any) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return _timeless(out)


class SheetColumn(NamedTuple):
    """A column of a counted workbook: how its numbers are written, and whether they are summed."""

    format: str = ""
    is_summed: bool = False


def counted_xlsx_file(
    title: str,
    header: Sequence[str],
    rows: Iterable[Sequence[Cell]],
    totals: Sequence[SheetColumn],
    about: tuple[str, Sequence[Sequence[Cell]]],
    word: str,
) -> bytes:
    """A workbook to go on counting with: its rows have a filter, and below them a sum of what it leaves.

    totals: of each column; about: the name and the rows of a second sheet; word: what the sums are called.
    """
    from openpyxl.utils import get_column_letter

    held = [list(row) for row in rows]
    book, sheet = _book(title)
    sheet.freeze_panes = "B2"
    _widen(sheet, header, held)
    sheet.append([_cell(sheet, name, style="Headline 4") for name in header])
    for row in held:
        sheet.append([_cell(sheet, cell, format=one.format) for cell, one in zip(row, totals, strict=True)])
    letters = [get_column_letter(column + 1) for column in range(len(header))]
    last = len(held) + 1
    sheet.auto_filter.ref = f"A1:{letters[-1]}{last}"
    sums = [_sum(sheet, letter, last, one) for letter, one in zip(letters, totals, strict=True)]
    if held:
        sheet.append([_cell(sheet, word, style="Headline 4"), *sums[1:]])
    name, told = about
    second = book.create_sheet(_title(name))
    _widen(second, [], [list(row) for row in told])
    for line in told:
        second.append([_cell(second, cell) for cell in line])
    return _saved(book)


def _sum(sheet: Any, letter: str, last: int, total: SheetColumn) -> Any:
    """109: what a filter or somebody hides is left out (ECMA-376, part 1, 18.17.7)."""
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet, f"=SUBTOTAL(109,{letter}2:{letter}{last})" if total.is_summed else None)
    cell.style = "Headline 4"
    cell.number_format = total.format or "General"
    return cell


def _timeless(book: io.BytesIO) -> bytes:
    """The same workbook without when it was made: the same rows are the same bytes, whenever asked for."""
    out = io.BytesIO()
    with zipfile.ZipFile(book) as parts, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as copy:
        for name in parts.namelist():
            content = parts.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"<dcterms:(created|modified)\b.*?</dcterms:\1>", b"", content)
            part = zipfile.ZipInfo(name)
            part.compress_type = zipfile.ZIP_DEFLATED
            copy.writestr(part, content)
    return out.getvalue()


def _cell(sheet: Any, value: Cell, style: str = "", format: str = "") -> Any:
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet, None)
    if isinstance(value, str):
        # What the format has no place for would make the file unreadable (XML 1.0, production Char).
        cell.value = _UNFIT.sub("", value)
        cell.data_type = "s"
        cell.quotePrefix = value.startswith(CALCULATES)
    elif value is not None:
        cell.value = value
    if isinstance(value, Decimal):
        places = -int(value.as_tuple().exponent)
        cell.number_format = f"0.{'0' * places}" if places > 0 else "0"
    if isinstance(value, date):
        cell.number_format = "yyyy-mm-dd"
    if style:
        cell.style = style
    if format and value is not None:
        cell.number_format = format
    return cell
