"""Damaged files: each kind has its `file:line: column:`, nothing else is complained about, nothing changes."""

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from konnekt.domain.imports import import_files, import_folder, reading
from tests.domain.imports.import_sets import OWN, copy, dump, only

pytestmark = pytest.mark.usefixtures("app")

LATIN = "Practicum é".encode("latin-1")
LONG = "x" * 201

# name: (file -> (old, new), the places of all errors, words of the first)
DAMAGES: dict[str, tuple[dict[str, Any], list[str], str]] = {
    # the file as a whole
    "empty file": ({"hours": ((OWN / "hours.csv").read_bytes(), b"")}, ["hours.csv:1:"], "empty"),
    "no header": ({"rates": ("assignment;valid_from;pay_rate;bill_rate\n", "")}, ["rates.csv:1:"], "no header"),
    "another table": ({"rates": ("assignment;valid_from;pay_rate;bill_rate", "a;b;c;d")}, ["rates.csv:1:"], "no header"),
    "missing column": (
        {"people": ("first_name;last_name", "first_name;surname")},
        ["people.csv:1: last_name:"],
        "this column is missing",
    ),
    "missing columns": (
        {"agency": ("iban;bic;peppol_id", "a;b;c")},
        ["agency.csv:1: iban:", "agency.csv:1: bic:", "agency.csv:1: peppol_id:"],
        "this column is missing",
    ),
    "column twice": (
        {"closing_days": ("name_nl;name_en", "name_nl;name_en;name_en")},
        ["closing_days.csv:1: name_en:"],
        "more than once",
    ),
    "header in Latin-1": ({"rights": (b"email;", b"\xe9mail;email;")}, ["rights.csv:1:"], r"\xe9"),
    "UTF-16 without its mark": (
        {"closing_days": ((OWN / "closing_days.csv").read_bytes(), (OWN / "closing_days.csv").read_text().encode("utf-16-le"))},
        ["closing_days.csv:1:"],
        "save the file as CSV UTF-8",
    ),
    "half of UTF-16": (
        {"closing_days": ((OWN / "closing_days.csv").read_bytes(), (OWN / "closing_days.csv").read_text().encode("utf-16")[:-1])},
        ["closing_days.csv:1:"],
        "damaged UTF-16",
    ),
    # the record
    "too few cells": ({"hours": ("0042.100;8;Practicum;approved", "0042.100;8")}, ["hours.csv:3: remark:"], "7 of 9"),
    "too many cells": ({"hours": (";8;Practicum", ";8;Practicum; deel 2")}, ["hours.csv:3: state:"], "10 for 9"),
    "decimal comma in a comma file": (
        {"hour_types": ((OWN / "hour_types.csv").read_bytes(), b"code,name_nl,name_en,multiplier_percent\nREG,a,b,100,0\n")},
        ["hour_types.csv:2: multiplier_percent:"],
        "too many cells: 5 for 4",
    ),
    "unclosed quote": ({"hours": (";Practicum;", ';"Practicum;')}, ["hours.csv:3: remark:"], "quote that opens here"),
    "unclosed quote at the end": ({"hours": ("2026-12-01;REG;", '2026-12-01;"REG;')}, ["hours.csv:13: hour_type:"], "quote"),
    "unclosed quote in a record of several lines": (
        {"hours": ('""citaat""";submitted', '""citaat""";"submitted')},
        ["hours.csv:6: state:"],
        "quote",
    ),
    "text after a closing quote": ({"people": (";Zoë ♠;", ';"Zoë" 🦉;')}, ["people.csv:7: first_name:"], "quote"),
    "two quotes": (
        {"people": [(";Łucja;", ';"Łucja;'), ("nl;9002;0", '"nl;9002;0')]},
        ["people.csv:4: first_name:", "people.csv:6: language:"],
        "quote",
    ),
    "a carriage return in a line": ({"people": ("Åsa;", "Å\rsa;")}, ["people.csv:3:"], "carriage return"),
    "a cell without end": (
        {"organisations": ("Kennislaan 2", "x" * 140_000)},
        ["organisations.csv:3:"],
        "more than 131072 characters",
    ),
    # letters
    "NUL byte": ({"people": (b"Bureau;", b"Bur\0eau;")}, ["people.csv:2: first_name:"], r"control character \x00"),
    "NUL byte in a number": ({"hours": (b";8;Pr", b";8\0;Pr")}, ["hours.csv:3: hours:"], r"\x00"),
    "control character": ({"people": ("<b>Bo", "\x1b[31mBo")}, ["people.csv:6: first_name:"], r"\x1b"),
    "Latin-1": ({"hours": (b"Practicum", LATIN)}, ["hours.csv:3: remark:"], r"\xe9 is not UTF-8"),
    "Latin-1 in a column that nobody knows": (
        {"closing_days": [(b"name_en\n", b"name_en;x\n"), (b"Closing day\n", b"Closing day;\xe9\n"), (b"mas Day\n", b"mas Day;\n")]},
        ["closing_days.csv:2: x:"],
        "UTF-8",
    ),
    "surrogates in UTF-8": ({"people": ("Zoë".encode(), b"Zo\xed\xa0\xbd")}, ["people.csv:7: first_name:"], "UTF-8"),
    "a line end in a name": ({"people": (";Bureau;", ';"Bur\neau";')}, ["people.csv:2: first_name:"], "can't be printed"),
    "a tab in a code": ({"hour_types": ("SUN;", "S\tN;")}, ["hour_types.csv:3: code:"], r"can't be printed: \t"),
    # cells
    "empty required cell": ({"organisations": ("SCI;Faculteit der Wetenschap;", "SCI; ;")}, ["organisations.csv:3: name:"], "Fill this in"),
    "empty hours": ({"hours": (";8;Practicum", ";;Practicum")}, ["hours.csv:3: hours:"], "empty"),
    "bad date": ({"hours": ("2026-12-24", "2026-02-30")}, ["hours.csv:11: day:"], "2026-02-30 is no date"),
    "American date": ({"rates": ("2026-11-16", "11/16/2026")}, ["rates.csv:3: valid_from:"], "11/16/2026 is no date"),
    "a date of two digits": ({"rates": ("2026-11-16", "16-11-26")}, ["rates.csv:3: valid_from:"], "16-11-26 is no date"),
    "a date of two kinds": ({"rates": ("2026-11-16", "16-11/2026")}, ["rates.csv:3: valid_from:"], "16-11/2026 is no date"),
    "a date as a number": ({"rates": ("2026-11-16", "46342")}, ["rates.csv:3: valid_from:"], "46342 is a day as a number: give the column the format of a date"),
    "week date": ({"closing_days": ("2026-12-25", "2026-W52-5")}, ["closing_days.csv:3: day:"], "no date"),
    "a year that is none": ({"closing_days": ("2026-12-25", "0001-12-25")}, ["closing_days.csv:3: day:"], "Type a year"),
    "bad moment": ({"pay_periods": ("2026-11-06T23:59", "2026-11-06T24:00")}, ["pay_periods.csv:2: submit_by:"], "no date and time"),
    "moment without time": ({"pay_periods": ("2026-11-09T12:00", "2026-11-09")}, ["pay_periods.csv:2: approve_by:"], "no date and time"),
    "negative hours": ({"hours": (";8;Practicum", ";-8;Practicum")}, ["hours.csv:3: hours:"], "can't be negative"),
    "25 hours in a cell": ({"hours": (";8;Practicum", ";25;Practicum")}, ["hours.csv:3: hours:"], "more than 24 hours"),
    "a third of an hour": ({"hours": (";8;Practicum", ";7,33;Practicum")}, ["hours.csv:3: hours:"], "type 7:20"),
    "hours in words": ({"hours": (";8;Practicum", ";acht;Practicum")}, ["hours.csv:3: hours:"], "Type hours as"),
    "other digits": ({"hours": (";8;Practicum", ";１２;Practicum")}, ["hours.csv:3: hours:"], "Type hours as"),
    "a rate of three thousand": ({"rates": ("17;29,24", "17;3000")}, ["rates.csv:4: bill_rate:"], "at most 1000 euro"),
    "a negative rate": ({"rates": ("17;29,24", "-17;29,24")}, ["rates.csv:4: pay_rate:"], "negative"),
    "an amount with a thousands separator": ({"budget_numbers": ("16200,50", "16.200,50")}, ["budget_numbers.csv:3: ceiling_amount:"], "number"),
    "an amount that no column holds": ({"budget_numbers": ("16200,50", "99999999999")}, ["budget_numbers.csv:3: ceiling_amount:"], "too large"),
    "a percentage of nothing": ({"hour_types": (";175", ";0")}, ["hour_types.csv:3: multiplier_percent:"], "from 1 to 1000"),
    "a broken percentage": ({"hour_types": (";175", ";175,5")}, ["hour_types.csv:3: multiplier_percent:"], "whole number"),
    "boolean in words": ({"people": ("nl;;1", "nl;;yes")}, ["people.csv:2: agency_staff:"], "neither 0 nor 1"),
    "year in words": ({"hours": ("P2;2026;48;2026-11-29", "P2;MMXXVI;48;2026-11-29")}, ["hours.csv:9: year:"], "no whole number"),
    "period with a fraction": ({"hours": ("P2;2026;48;2026-11-29", "P2;2026;48.0;2026-11-29")}, ["hours.csv:9: period:"], "no whole number"),
    "period 54": ({"pay_periods": ("week;2026;48", "week;2026;54")}, ["pay_periods.csv:6: number:"], "between 1 and 53"),
    "unknown state": ({"hours": ("0;;submitted", "0;;rejected")}, ["hours.csv:12: state:"], "rejected is none of"),
    "unknown calendar": ({"organisations": (";week;", ";weekly;")}, ["organisations.csv:4: calendar:"], "Choose one of these: week, four_weeks, month"),
    "unknown VAT": ({"organisations": (";reverse_charge;", ";verlegd;")}, ["organisations.csv:4: vat_treatment:"], "Choose one of these"),
    "unknown basis": ({"assignments": (";fixed;", ";vast;")}, ["assignments.csv:4: basis:"], "flexible, fixed"),
    "unknown language": ({"people": ("Dhonnchadha;en", "Dhonnchadha;de")}, ["people.csv:4: language:"], "Choose one of these: nl, en"),
    "country in words": ({"agency": (";NL;", ";Nederland;")}, ["agency.csv:2: country:"], "two letters"),
    "e-mail without at": ({"people": ("chef@org.example;flex", "chef.org.example;flex")}, ["people.csv:3: email:"], "not a mail address"),
    "e-mail with a space": ({"organisations": ("lab@org.example", "lab @org.example")}, ["organisations.csv:2: invoice_email:"], "not a mail address"),
    "e-mail that ends a header": (
        {"organisations": ("lab@org.example", '"lab@org.example\r\nBcc: all@org.example"')},
        ["organisations.csv:2: invoice_email:"],
        "can't be printed",
    ),
    "a name too long": ({"organisations": ("Laboratory of Science", LONG)}, ["organisations.csv:2: name:"], "at most 200 characters"),
    "a code too long": ({"assignments": ("P5;", "P" * 51 + ";")}, ["assignments.csv:6: code:"], "at most 50 characters"),
    "a remark too long": ({"hours": ("Practicum", "x" * 2001)}, ["hours.csv:3: remark:"], "longer than 2000"),
    "a code that is no part of an address": ({"organisations": ("SCI-LAB;", "SCI/LAB;")}, ["organisations.csv:2: code:"], "no slash"),
    "nobody's name": ({"people": (";Bureau;Voorbeeld;", ";;;")}, ["people.csv:2: last_name:"], "Fill this in"),
    "no hours a week": ({"assignments": ("0042.100;16", "0042.100;0")}, ["assignments.csv:2: max_hours_per_week:"], "more than 0"),
    # keys
    "two agencies": ({"agency": ("agency.example\n", "agency.example\nZwei;;;;;;;;;;;\n")}, ["agency.csv:3: name:"], "one row"),
    "duplicate day": ({"closing_days": ("2026-12-25", "2026-11-11")}, ["closing_days.csv:3: day:"], "the same day as on line 2"),
    "duplicate hours": (
        {"hours": ("P1;2026;11;2026-10-07", "P1;2026;11;2026-10-06")},
        ["hours.csv:3: assignment:"],
        "as on line 2",
    ),
    "duplicate e-mail in capitals": ({"people": ("rtl@work.example", "Emoji@Work.Example")}, ["people.csv:8: email:"], "line 7"),
    "duplicate right": ({"rights": ("chef@org.example;SCI-LAB", "chef@org.example;SCI")}, ["rights.csv:3: email:"], "email + organisation"),
    "unknown parent": ({"organisations": (";SCI;four_weeks", ";NONE;four_weeks")}, ["organisations.csv:2: parent:"], "NONE is unknown"),
    "its own parent": ({"organisations": (";SCI;four_weeks", ";SCI-LAB;four_weeks")}, ["organisations.csv:2: parent:"], "no part of itself"),
    "parents in a circle": (
        {"organisations": ("der Wetenschap;;", "der Wetenschap;SCI-LAB;")},
        ["organisations.csv:2: parent:", "organisations.csv:3: parent:"],
        "no part of itself",
    ),
    "unknown organisation": (
        {"budget_numbers": ("ART;ART-1", "NONE;ART-1")},
        ["budget_numbers.csv:5: organisation:", "assignments.csv:3: budget_number:"],
        "NONE is unknown",
    ),
    "unknown person": ({"rights": ("chef@org.example;SCI;", "chief@org.example;SCI;")}, ["rights.csv:2: email:"], "chief@org.example is unknown"),
    "unknown worker": ({"assignments": ("P2;9002", "P2;9999")}, ["assignments.csv:3: employee_number:"], "9999 is unknown"),
    "budget number of another organisation": (
        {"assignments": (";;ART-1;", ";;0042.100;")},
        ["assignments.csv:3: budget_number:"],
        "ART has no budget number 0042.100",
    ),
    "unknown assignment": ({"rates": ("P2;", "P9;")}, ["rates.csv:4: assignment:"], "P9 is unknown"),
    "hours of an unknown assignment": ({"hours": ("P4;2026;13", "P9;2026;13")}, ["hours.csv:11: assignment:"], "P9 is unknown"),
    "hours of an unknown type": ({"hours": (";SUN;", ";NIGHT;")}, ["hours.csv:9: hour_type:"], "NIGHT is unknown"),
    "hours on an unknown budget number": (
        {"hours": ("2026-11-24;REG;0042.100;", "2026-11-24;REG;42.100;")},
        ["hours.csv:7: budget_number:"],
        "SCI has no budget number 42.100",
    ),
    "a period of another calendar": ({"hours": ("P2;2026;48;2026-11-29", "P2;2026;13;2026-11-29")}, ["hours.csv:9: period:"], "calendar week has no period 13"),
    # what contradicts
    "hours of fixed work": ({"hours": ("P4;2026;13", "P3;2026;13")}, ["hours.csv:11: assignment:"], "fixed hours"),
    "a day outside its period": ({"hours": ("P2;2026;48;2026-11-29", "P2;2026;48;2026-11-30")}, ["hours.csv:9: day:"], "not in period 48"),
    "two states of one sheet": ({"hours": ("Practicum;approved", "Practicum;draft")}, ["hours.csv:3: state:"], "line 2 says approved"),
    "25 hours in a day over two assignments": (
        {"hours": ("5500.1;3,75", "5500.1;16")},
        ["hours.csv:10: hours:"],
        "24:35 hours of one worker on 2026-11-03 (also line 4, 5)",
    ),
    "25 hours in a day, and then a row that adds none": (
        {"hours": ("5500.1;3,75;;submitted", "5500.1;16;;submitted\nP4;2026;12;2026-11-03;SUN;5500.1;0;;submitted")},
        ["hours.csv:10: hours:"],
        "24:35 hours",
    ),
    "periods inside a longer one": (
        {
            "pay_periods": (
                "month;2026;11;",
                "month;2026;12;2026-11-05;2026-11-06;2026-12-04T23:59;2026-12-07T12:00;2026-12-09\n"
                "month;2026;13;2026-11-20;2026-11-25;2026-12-04T23:59;2026-12-07T12:00;2026-12-09\nmonth;2026;11;",
            )
        },
        ["pay_periods.csv:7: first_day:", "pay_periods.csv:8: first_day:"],
        "This overlaps period 11 of 2026",
    ),
    "last day before first": ({"assignments": ("2026-10-01;2026-12-31", "2026-10-01;2026-09-30")}, ["assignments.csv:5: until:"], "comes before the first"),
    "budget that ends before it begins": (
        {"budget_numbers": ("2026-01-01;2026-12-31", "2026-01-01;2025-12-31")},
        ["budget_numbers.csv:2: valid_until:"],
        "before",
    ),
    "period that ends before it begins": (
        {"pay_periods": ("2026-11-01;2026-11-30", "2026-11-01;2026-10-30")},
        ["pay_periods.csv:7: last_day:"],
        "before",
    ),
    "periods that overlap": (
        {"pay_periods": ("week;2026;48;2026-11-23", "week;2026;48;2026-11-22")},
        ["pay_periods.csv:6: first_day:"],
        "This overlaps period 47 of 2026",
    ),
    "approved before submitted": (
        {"pay_periods": ("2027-01-11T12:00", "2027-01-08T23:58")},
        ["pay_periods.csv:4: approve_by:"],
        "ends before",
    ),
    "a user name of two people": ({"people": (";flex002;", ";FLEX001;")}, ["people.csv:3: username:", "people.csv:5: username:"], "This is in use by =1+1 @SUM(A1)."),
    "a user name that is an e-mail address": (
        {"people": (";flex002;", ";chef@org.example;")},
        ["people.csv:3: email:", "people.csv:5: username:"],
        "This is in use by",
    ),
    "an employee number of two people": (
        {"people": ("nl;9002;", "nl;9004;")},
        ["people.csv:6: employee_number:", "people.csv:8: employee_number:", "assignments.csv:3: employee_number:"],
        "This is in use by Muḥammad Ἀβραάμ.",
    ),
}  # fmt: skip


def places(report: Any) -> list[str]:
    return [str(problem)[: len(place(problem))] for problem in report.problems]


def place(problem: Any) -> str:
    return f"{problem.file}:{problem.line}:" + (f" {problem.column}:" if problem.column else "")


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_refused_whole(tmp_path: Path, damage: str) -> None:
    changes, expected, words = DAMAGES[damage]
    folder = copy(tmp_path, **changes)
    before = dump()
    report = import_folder(folder)
    assert places(report) == expected, [str(problem) for problem in report.problems]
    assert words in report.problems[0].what
    assert all(str(problem).isprintable() for problem in report.problems)
    assert dump() == before
    assert {outcome for file in report.files.values() for outcome in file.outcomes.values()} >= {"wrong"}


def test_damaged_files_leave_an_imported_set_as_it_was(tmp_path: Path) -> None:
    """The same damages where everything is known already: refused at the same places."""
    import_folder(OWN)
    before = dump()
    for number, (damage, (changes, expected, _)) in enumerate(DAMAGES.items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        found = places(import_folder(copy(folder, **changes)))
        assert found and set(found) <= set(expected), (damage, found)
    assert dump() == before


def test_all_damages_of_one_run_are_listed(tmp_path: Path) -> None:
    folder = copy(
        tmp_path,
        organisations=("lab@org.example", "lab"),
        people=[("nl;9004;0", "nl;9004;2"), (";Łucja;", ';"Łucja;')],
        hours=[("2026-10-06", "2026-10-66"), (";8;Practicum", ";25;Practicum"), (";SUN;", ";NIGHT;")],
    )
    assert places(import_folder(folder)) == [
        "organisations.csv:2: invoice_email:",
        "people.csv:4: first_name:",
        "people.csv:8: agency_staff:",
        "hours.csv:2: day:",
        "hours.csv:3: hours:",
        "hours.csv:9: hour_type:",
    ]


def test_a_wrong_row_is_not_also_unknown(tmp_path: Path) -> None:
    """Its budget numbers, assignments and hours are not complained about."""
    folder = copy(
        tmp_path, organisations=("SCI;Faculteit", "SCI;\x01Faculteit"), people=("nl;9002;0", "xx;9002;0")
    )
    assert places(import_folder(folder)) == ["organisations.csv:3: name:", "people.csv:6: language:"]


def test_a_folder_without_any_known_file(tmp_path: Path) -> None:
    (tmp_path / "other.csv").write_text("a;b\n1;2\n")
    report = import_folder(tmp_path)
    assert [problem.what.partition(" (")[0] for problem in report.problems] == [
        "no file of an import set is here"
    ]
    assert report.ignored_files == ["other.csv"]


def test_a_file_that_is_a_folder(tmp_path: Path) -> None:
    folder = copy(tmp_path)
    (folder / "hours.csv").unlink()
    (folder / "hours.csv").mkdir()
    before = dump()
    assert places(import_folder(folder)) == ["hours.csv:1:"]
    assert dump() == before


def test_a_file_that_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LARGEST_FILE", 1024**2)
    folder = copy(tmp_path)
    with (folder / "hours.csv").open("ab") as file:
        file.write(b"\n" * 1024**2)
    before = dump()
    report = import_folder(folder)
    assert [str(problem) for problem in report.problems] == ["hours.csv:1: the file is larger than 1 MB"]
    assert dump() == before


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("x" * 1_000_001, "closing_days.csv:1: a line of more than 1000000 characters"),
        (
            "day;name_nl;name_en\n" + ";" * 1_000_001,
            "closing_days.csv:2: a line of more than 1000000 characters",
        ),
        ("day" + ";" * 900_000, "closing_days.csv:1: more than 1000 columns"),
        ("\n" * 500_001, "closing_days.csv:1: the file is empty"),
        ("day\n" * 500_001, "closing_days.csv:500001: more than 500000 rows: make it several files"),
    ],
    ids=["line", "later-line", "columns", "empty-lines", "lines"],
)
def test_a_file_without_measure_is_refused_before_it_is_taken_apart(
    tmp_path: Path, content: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_records", None)
    report = import_folder(only(tmp_path / "set", closing_days=content))
    assert [str(problem) for problem in report.problems] == [said]


def test_a_file_full_of_open_quotes_ends(tmp_path: Path) -> None:
    folder = only(tmp_path / "set", closing_days="day;name_nl;name_en\n" + '2026-01-01;"a;b c\n' * 5000)
    report = import_folder(folder)
    assert len(report.problems) == reading.MOST_BROKEN + 1
    assert report.problems[-1].what == "too many broken lines: the rest of the file was not read"


HEADER = (OWN / "hours.csv").read_bytes().partition(b"\n")[0] + b"\n"
# On each database; DAMAGES=1000 tries more.
RANDOM_DAMAGES = int(os.environ.get("DAMAGES", "60"))
CELLS = st.sampled_from(
    [*(OWN / "hours.csv").read_text().replace("\n", ";").split(";"), '"', "\r", "\0", "\n", ";", "é"]
)


@settings(max_examples=RANDOM_DAMAGES, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(max_size=400),
        st.binary(max_size=400).map(lambda rest: HEADER + rest),
        st.lists(CELLS, max_size=60).map(lambda cells: HEADER + ";".join(cells).encode()),
        st.lists(CELLS, max_size=60).map(lambda cells: HEADER + "".join(cells).encode("utf-8")),
    )
)
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    """Never a traceback; the database knows none of the keys, so it never changes either."""
    before = dump()
    report = import_files({"hours.csv": content})
    assert dump() == before
    assert report.is_ok == (report.files["hours.csv"].outcomes == {} and not report.problems)


@settings(max_examples=RANDOM_DAMAGES // 2, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_damage_of_a_good_file_is_read_or_refused(data: st.DataObject) -> None:
    """Bytes changed anywhere in a set whose keys are known; as a dry run, since it may still be right."""
    if not dump()["organisation"]:
        import_folder(OWN)
    path = data.draw(st.sampled_from(sorted(OWN.iterdir())))
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content)))
        content[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    before = dump()
    report = import_files({path.name: bytes(content)}, dry_run=True)
    assert dump() == before
    assert all(str(problem).startswith(path.name) for problem in report.problems)
