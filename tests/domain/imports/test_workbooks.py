"""XLSX and ZIP as foreign input: what a cell says, what is a trap, and what is refused in a sentence."""

import csv
import io
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from openpyxl import Workbook
from openpyxl.styles import Font

from konnekt.domain.imports import FileGrid, archives, bounded, import_files, workbooks
from konnekt.domain.imports.archives import unpack
from konnekt.domain.refusals import Invalid
from konnekt.models import BudgetNumber, HourType, Organisation
from tests.domain.imports import import_sets
from tests.factories import World

HEADER = [
    "organisation",
    "number",
    "description",
    "ceiling_hours",
    "ceiling_amount",
    "valid_from",
    "valid_until",
]


class Formula(str):
    """A cell that calculates; other text is text, whatever it starts with."""

    __slots__ = ()


def book(**sheets: list[list[Any]]) -> bytes:
    """A workbook of these sheets."""
    made = Workbook()
    made.remove(made.active)
    for title, rows in sheets.items():
        sheet = made.create_sheet(title)
        for line, row in enumerate(rows, 1):
            for column, value in enumerate(row, 1):
                cell = sheet.cell(line, column, value)
                if type(value) is str:
                    cell.data_type = "s"
    return saved(made)


def saved(made: Workbook) -> bytes:
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def from_csv(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        delimiter = ";" if ";" in file.readline() else ","
        file.seek(0)
        return list(csv.reader(file, delimiter=delimiter))


def packed(**members: bytes) -> bytes:
    return packed_as({name.replace("__", "."): content for name, content in members.items()})


def packed_as(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def grid(content: bytes, limits: workbooks.Limits = workbooks.LIMITS) -> FileGrid:
    """As the process of its own reads it."""
    sheets, _left_out = workbooks.read("budget_numbers.xlsx", content, ["budget_numbers"], limits)
    return sheets["budget_numbers"]


def problems(rows: list[list[Any]]) -> list[str]:
    files = {"budget_numbers.csv": grid(book(budget_numbers=rows))}
    return [str(problem) for problem in import_files(files).problems]


def test_a_workbook_of_every_file_says_the_same_as_the_files(app: Flask) -> None:
    stems = sorted(path.stem for path in import_sets.OWN.glob("*.csv"))
    sheets = {stem: from_csv(import_sets.OWN / f"{stem}.csv") for stem in stems}
    plain = {f"{stem}.csv": (import_sets.OWN / f"{stem}.csv").read_bytes() for stem in stems}
    wanted = import_files(plain, dry_run=True)
    assert wanted.is_ok, [str(one) for one in wanted.problems]
    found = unpack({"book.xlsx": book(**sheets)})
    assert sorted(found.files) == sorted(plain)
    assert found.names["people.csv"] == "book.xlsx (people)"
    report = import_files(found.files, dry_run=True)
    assert [str(one) for one in report.problems] == []
    for name, file in wanted.files.items():
        assert sorted(report.files[name].outcomes.values()) == sorted(file.outcomes.values()), name


def test_values_of_cells_come_as_a_file_would_have_them() -> None:
    cells = [
        ("0042.10", "0042.10"),
        (None, ""),
        (7.5, "7.5"),
        (42, "42"),
        (0.1 + 0.2, "0.3"),
        (1e15, "1000000000000000"),
        (True, "1"),
        (date(2026, 11, 30), "2026-11-30"),
        (datetime(2026, 11, 30), "2026-11-30"),
        (datetime(2026, 11, 30, 23, 59), "2026-11-30T23:59:00"),
        (time(7, 30), "7:30"),
        (timedelta(hours=30, minutes=15), "30:15"),
        ("regel 1\nregel 2", "regel 1\nregel 2"),
        (" Łucja ", " Łucja "),
    ]
    content = book(budget_numbers=[["a"] * len(cells), [value for value, _ in cells]])
    assert grid(content).rows[1] == [text for _, text in cells]


def test_a_percentage_is_what_it_shows() -> None:
    made = Workbook()
    made.active.title = "hour_types"
    made.active.append(["code", "name_nl", "name_en", "multiplier_percent"])
    made.active.append(["X", "x", "x", 1.4])
    made.active["D2"].number_format = "0%"
    found = unpack({"book.xlsx": saved(made)}).files["hour_types.csv"]
    assert isinstance(found, FileGrid)
    assert found.rows[1] == ["X", "x", "x", "140"]


def test_a_number_where_text_is_meant_is_refused(world: World) -> None:
    rows = [
        HEADER,
        ["FSE", 42.10, "", 100, 16200.5, date(2026, 1, 1), None],
        ["FSE", "42.10", "", "", "", "", ""],
    ]
    sentence = (
        "a number, and here zeros and points count (0042, 42.10): make the cells text and type it again"
    )
    assert problems(rows) == [f"budget_numbers.csv:2: number: {sentence}"]
    rows[1][1] = datetime(2026, 2, 1)
    assert "a date, and this column holds text" in problems(rows)[0]
    assert BudgetNumber.select().where(BudgetNumber.organisation == world.fse).count() == 1
    rows[1][1] = "42.20"
    assert problems(rows) == []
    made = BudgetNumber.get(BudgetNumber.number == "42.20")
    assert (made.ceiling_minutes, made.ceiling_cents, made.valid_from_on) == (6000, 1620050, date(2026, 1, 1))


@pytest.mark.parametrize(
    ("value", "shape", "shown"),
    [
        (123, "General", "123"),
        (123, "00000", "00123"),
        (123.0, "@", "123"),
        (42.1, "0.00", "42.10"),
        (42.1, "00000.000", "00042.100"),
        (42007, '0000"."000', "0042.007"),
        (42007, r"0000\.000", "0042.007"),
        (39227120992001, '00000000"."000"."000', "39227120.992.001"),
        (120045, "00-00-00", "12-00-45"),
        # These may have been typed otherwise than they show, or have lost digits.
        (42.1, "General", ""),
        (42.123, "0.00", ""),
        (1234567, '000"."000', ""),
        (1e15, "General", ""),
        (-5, "General", ""),
        (1234, "#,##0", ""),
        (True, "General", ""),
    ],
)
def test_a_number_that_shows_as_plain_text_is_that_text(
    world: World, value: float, shape: str, shown: str
) -> None:
    made = Workbook()
    made.active.title = "budget_numbers"
    made.active.append(HEADER)
    made.active.append(["FSE", value])
    made.active["B2"].number_format = shape
    said = [str(one) for one in import_files({"budget_numbers.csv": grid(saved(made))}).problems]
    assert bool(said) is not bool(shown), said
    new = BudgetNumber.select().where(BudgetNumber.number != world.fse_budget.number)
    assert [row.number for row in new if row.organisation_id == world.fse.id] == ([shown] if shown else [])


def test_a_title_above_the_header_and_rows_that_are_nowhere(world: World) -> None:
    rows: list[list[Any]] = [["Budgetnummers 2026"], [], HEADER, ["FSE", "7"], ["NIX", "8"]]
    assert problems(rows) == ["budget_numbers.csv:5: organisation: the organisation NIX is unknown"]
    assert "budget_numbers.csv:1: no header" in problems([["Titel"], ["FSE", "7"]])[0]


def bomb(sheet: bytes) -> bytes:
    """A workbook of one sheet with this inside."""
    out = io.BytesIO()
    good = book(budget_numbers=[["a"]])
    with zipfile.ZipFile(io.BytesIO(good)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.namelist():
            inside = old.read(member)
            if member == "xl/worksheets/sheet1.xml":
                start = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
                inside = start + sheet + b"</sheetData></worksheet>"
            new.writestr(member, inside)
    return out.getvalue()


NUMBERS = b"<row>" + b"<c><v>1</v></c>" * 10 + b"</row>"


@pytest.mark.parametrize(
    ("content", "limits", "said"),
    [
        (NUMBERS * 450_000, {}, "budget_numbers.xlsx is larger than 64 MB when it is unpacked"),
        (b"<row>" + b"<c/>" * 600_000 + b"</row>", {}, "holds more than 500000 cells"),
        (NUMBERS * 20, {"cells": 199}, "holds more than 199 cells"),
    ],
    ids=["bytes", "empty-cells", "cells"],
)
def test_a_small_workbook_that_holds_too_much_is_refused_before_it_is_read(
    content: bytes, limits: dict[str, int], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openpyxl.load_workbook", None)
    made = bomb(content)
    assert len(made) < 500_000
    with pytest.raises(Invalid, match=said):
        grid(made, workbooks.Limits(**limits))


def test_a_million_rows_that_are_not_there_cost_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    texts: list[Any] = []
    text = workbooks._text
    monkeypatch.setattr(workbooks, "_text", lambda cell: texts.append(cell) or text(cell))
    found = grid(bomb(b'<row r="2"><c><v>1</v></c></row><row r="1048576"><c><v>2</v></c></row>'))
    assert (found.rows[:3], found.is_cut, len(texts)) == ([[], ["1"]], True, 128)


@pytest.mark.parametrize(
    ("limit", "most", "said"),
    [
        ("SECONDS", 1, "people.xlsx takes more than 1 seconds to read: make it several files"),
        ("MEMORY", 64 * 1024**2, "people.xlsx takes more than 64 MB of memory to read"),
        ("SECONDS_OF_ALL", 0, "people.xlsx takes more than 90 seconds to read"),
    ],
)
def test_a_workbook_takes_so_much_time_and_memory_and_no_more(
    limit: str, most: int, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded, limit, most)
    with pytest.raises(Invalid, match=said):
        unpack({"people.xlsx": bomb(NUMBERS * 45_000)})


def test_rows_keep_their_numbers(world: World) -> None:
    rows: list[list[Any]] = [HEADER, [], ["FSE", "1", "twee\nregels"], [None, None], ["NIX", "2"]]
    assert problems(rows) == [
        "budget_numbers.csv:3: description: There is a character in this that can't be printed: \\n.",
        "budget_numbers.csv:5: organisation: the organisation NIX is unknown",
    ]


def test_columns_without_a_name_and_unknown_ones_are_ignored(world: World) -> None:
    rows = [[*HEADER, "", "Note"], ["FSE", "7", "", "", "", "", "", "x", "y"]]
    report = import_files({"budget_numbers.csv": grid(book(budget_numbers=rows))})
    assert report.is_ok
    assert report.files["budget_numbers.csv"].ignored_columns == ["(column 8)", "note"]


def test_formulas_are_their_outcome_and_errors_are_said(world: World) -> None:
    rows = [HEADER, ["FSE", Formula("=1+1")], ["FSE", "3"]]
    said = problems(rows)
    assert said == [
        "budget_numbers.csv:2: number: a formula without its outcome: open the file in a spreadsheet and save it again"
    ]
    made = Workbook()
    made.active.title = "budget_numbers"
    made.active.append(HEADER)
    made.active.append(["FSE", "#REF!"])
    made.active["B2"].data_type = "e"
    files = {"budget_numbers.csv": grid(saved(made))}
    assert [str(one) for one in import_files(files).problems] == [
        "budget_numbers.csv:2: number: holds the error #REF!"
    ]


def test_a_calculated_formula_is_read_as_its_outcome() -> None:
    content = book(budget_numbers=[HEADER, ["FSE", Formula("=C1")]])
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for member in old.namelist():
            inside = old.read(member)
            if member == "xl/worksheets/sheet1.xml":
                assert b"<v></v>" in inside or b"<v />" in inside or b"<v/>" in inside
                for empty in (b"<v></v>", b"<v />", b"<v/>"):
                    inside = inside.replace(empty, b"<v>0042</v>")
                inside = inside.replace(b'<c r="B2">', b'<c r="B2" t="str">')
            new.writestr(member, inside)
    assert grid(out.getvalue()).rows[1] == ["FSE", "0042"]


def test_which_sheet_is_which_file() -> None:
    rows = [["a"], ["b"]]
    assert list(unpack({"People.XLSX": book(Blad1=rows)}).files) == ["people.csv"]
    assert list(unpack({"x.xlsx": book(Rights=rows)}).files) == ["rights.csv"]
    several = unpack({"people.xlsx": book(people=rows, rights=rows, Toelichting=rows)})
    assert sorted(several.files) == ["people.csv", "rights.csv"]
    assert several.ignored == ["people.xlsx (Toelichting)"]
    with pytest.raises(Invalid, match="name each sheet"):
        unpack({"people.xlsx": book(Blad1=rows, Blad2=rows)})
    hidden = Workbook()
    hidden.active.title = "people"
    hidden.create_sheet("rights").sheet_state = "hidden"
    assert list(unpack({"x.xlsx": saved(hidden)}).files) == ["people.csv"]


def test_a_sheet_that_lies_about_its_size_or_is_too_long(world: World) -> None:
    three = workbooks.Limits(rows=3)
    made = Workbook()
    made.active.title = "budget_numbers"
    for row in [HEADER, ["FSE", "1"]]:
        made.active.append(row)
    made.active.cell(1_048_576, 16_384).font = Font(bold=True)
    found = grid(saved(made), three)
    assert (len(found.rows), found.is_cut) == (2, False)
    made.active["A9"] = "FSE"
    files = {"budget_numbers.csv": grid(saved(made), three)}
    assert [str(one) for one in import_files(files).problems] == [
        "budget_numbers.csv:4: more than 3 rows: make it several files"
    ]


BOMB = b"""<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>
<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1">
<c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row></sheetData></worksheet>"""


def test_what_is_no_workbook() -> None:
    good = book(people=[["a"]])
    members = {}
    with zipfile.ZipFile(io.BytesIO(good)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    bad = [
        b"",
        b"PK\x03\x04",
        good[: len(good) // 2],
        packed_as({"a.txt": b"x"}),
        packed_as({**members, "xl/worksheets/sheet1.xml": BOMB}),
        packed_as({**members, "xl/workbook.xml": b"<x"}),
    ]
    for content in bad:
        with pytest.raises(Invalid) as refused:
            unpack({"people.xlsx": content})
        assert "people.xlsx" in str(refused.value)


def test_a_zip_is_its_files_wherever_they_lie() -> None:
    members = {"um/people.csv": b"a", "um/sub/Rights.CSV": b"b", "../../etc/agency.csv": b"c", "um/readme.txt": b"d",
               "__MACOSX/um/._people.csv": b"e", "um/.DS_Store": b"f", "um/": b"", "um\\hours.csv": b"g"}  # fmt: skip
    found = unpack({"um.zip": packed_as(members)})
    assert found.files == {"people.csv": b"a", "rights.csv": b"b", "agency.csv": b"c", "hours.csv": b"g"}
    assert found.names["people.csv"] == "people.csv"
    assert found.ignored == ["um.zip/um/readme.txt"]


def test_workbooks_in_a_zip() -> None:
    found = unpack({"a.zip": packed_as({"people.xlsx": book(Blad1=[["a"]])})})
    assert found.names == {"people.csv": "people.xlsx"}


def encrypted() -> bytes:
    content = bytearray(packed(people__csv=b"a"))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"no zip", "can't be unpacked"),
        (packed(people__csv=b"abc")[:-30], "can't be unpacked"),
        (packed(people__csv=b"a" * 1000).replace(b"PK\x03\x04", b"PK\x03\x05"), "can't be unpacked"),
        (packed(inner__zip=packed(people__csv=b"a")), "is a ZIP inside a ZIP"),
        (encrypted(), "locked with a password"),
        (packed_as({f"{n}.txt": b"" for n in range(201)}), "more than 200 files"),
        (
            packed_as({"a/people.csv": b"a", "b/people.csv": b"b"}),
            "people.csv is there twice: as x.zip/a/people.csv",
        ),
    ],
    # A ZIP holds the moment it was made: no name for a test.
    ids=["no-zip", "cut-off", "damaged", "inside", "locked", "many", "twice"],
)
def test_zips_that_are_refused(content: bytes, said: str) -> None:
    with pytest.raises(Invalid, match=said):
        unpack({"x.zip": content})


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = packed_as({"people.csv": b"\0" * 3_000_000})
    assert len(bomb) < 10_000
    monkeypatch.setattr(archives, "MOST_BYTES", 2 * 1024**2)
    with pytest.raises(Invalid, match="larger than 2 MB when it is unpacked"):
        unpack({"x.zip": bomb})
    with pytest.raises(Invalid, match="larger than 2 MB when it is unpacked"):
        unpack({"people.xlsx": packed_as({"xl/workbook.xml": b" " * 3_000_000})})
    # One that says less than it holds gives no more than it says.
    size = (3_000_000).to_bytes(4, "little")
    liar = bomb.replace(size, (10).to_bytes(4, "little"))
    assert liar != bomb
    with pytest.raises(Invalid, match="can't be unpacked"):
        unpack({"x.zip": liar})


def test_the_same_file_twice_in_several_uploads() -> None:
    with pytest.raises(Invalid, match=r"as people.csv and as people.xlsx"):
        unpack({"people.csv": b"a", "people.xlsx": book(people=[["a"]])})


def test_nothing_else_is_touched(world: World) -> None:
    report = import_files(unpack({"a.txt": b"x"}).files)
    assert [str(one) for one in report.problems] == ["no file of an import set is here"]
    assert Organisation.select().count() == 2
    assert HourType.select().count() == 5
