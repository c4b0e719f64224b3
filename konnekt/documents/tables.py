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
from typing import Any

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
    # Here, since every command imports this file and few write a workbook.
    from openpyxl import Workbook
    from openpyxl.utils import get_column_letter

    book = Workbook(write_only=True)
    sheet = book.create_sheet("".join(letter for letter in title if letter not in "[]:*?/\\")[:31] or "Blad")
    sheet.freeze_panes = "A2"
    held = [list(row) for row in rows]
    for column, name in enumerate(header):
        longest = max([len(name), *(len(str(row[column])) for row in held if row[column] is not None)])
        sheet.column_dimensions[get_column_letter(column + 1)].width = min(WIDEST, longest) + 2
    sheet.append([_cell(sheet, name, style="Headline 4") for name in header])
    for row in held:
        sheet.append([_cell(sheet, cell) for cell in row])
    out = io.BytesIO()
    book.save(out)
    return _timeless(out)


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


def _cell(sheet: Any, value: Cell, style: str = "") -> Any:
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
    return cell
