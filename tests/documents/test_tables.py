"""Tables for a spreadsheet: text stays text, numbers stay numbers."""

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from konnekt.documents import tables

DANGEROUS = ["=1+1", "+31 43", "-2", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "=cmd|' /C calc'!A0", "＝1"]


def opened(content: bytes) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=";"))


@pytest.mark.parametrize("text", DANGEROUS)
def test_a_cell_that_would_calculate_is_text(text: str) -> None:
    assert opened(tables.csv_file([text], [[text]])) == [[f"'{text}"], [f"'{text}"]]
    sheet = load_workbook(io.BytesIO(tables.xlsx_file("Uren", [text], [[text]]))).active
    assert [cell.data_type for row in sheet.iter_rows() for cell in row] == ["s", "s"]
    assert sheet["A2"].value.strip() == text.replace("\r", "").strip()


def test_what_people_write_comes_back_whole() -> None:
    rows = [['Łucja; "de" Vries', "0042.001", "Şahin\nThuỳ", ""]]
    assert opened(tables.csv_file(["a", "b", "c", "d"], rows))[1:] == rows, "for a program"
    sheet = load_workbook(io.BytesIO(tables.xlsx_file("Uren", ["a", "b", "c", "d"], rows))).active
    assert [cell.value for cell in sheet[2]] == [*rows[0][:3], None]
    assert sheet["B2"].data_type == "s", "leading zeros stay"


@pytest.mark.parametrize(
    ("text", "is_misread"),
    [
        ("0042.001", True), ("34367565.899", True), ("007", True), ("2026-12", True), ("3/4", True), ("12E5", True),
        ("123456789012", True), ("1,5", True), ("10482", False), ("2026-00001", False), ("A70000-1", False),
        ("0042.001+1", False), ("Şahin", False), ("", False),
    ],
)  # fmt: skip
def test_text_of_digits_stays_text_in_a_list(text: str, is_misread: bool) -> None:
    written = f'="{text}"' if is_misread else text
    assert opened(tables.csv_file(["a"], [[text, "x"]], "nl"))[1] == [written, "x"]


def test_numbers_and_days_can_be_added_up() -> None:
    row = [Decimal("-7.50"), 3, date(2026, 11, 3), None]
    header = ["uren", "aantal", "dag", "leeg"]
    assert opened(tables.csv_file(header, [row]))[1] == ["-7,50", "3", "2026-11-03", ""]
    assert opened(tables.csv_file(header, [row], "en"))[1][0] == "-7.50"
    sheet = load_workbook(io.BytesIO(tables.xlsx_file("Uren", header, [row]))).active
    assert (sheet["A2"].value, sheet["A2"].number_format) == (-7.5, "0.00")
    assert sheet["B2"].value == 3
    assert sheet["C2"].value.date() == date(2026, 11, 3)


def test_letters_that_a_workbook_can_not_hold_are_left_out() -> None:
    sheet = load_workbook(
        io.BytesIO(tables.xlsx_file("a/b[c]", ["x"], [["een\x0btwee\x00\uffff\ufffe"]]))
    ).active
    assert sheet["A2"].value == "eentwee"
    assert sheet.title == "abc"
