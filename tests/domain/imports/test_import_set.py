"""Import of whole sets: what they become, again, newer, in other shapes; the command."""

import csv
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from konnekt.db import db
from konnekt.documents import tables
from konnekt.domain import clock
from konnekt.domain.imports import FILES, FileGrid, RowOutcome, import_files, import_folder
from konnekt.models import (
    Account,
    AccountLink,
    Agency,
    Assignment,
    BudgetNumber,
    BudgetNumberKey,
    ClosingDay,
    Contributor,
    Event,
    Flag,
    Hour,
    HourType,
    Organisation,
    PayPeriod,
    Rate,
    Right,
    Timesheet,
    TimesheetLine,
)
from tests.domain.imports.import_sets import FOLDERS, OWN, change, copy, dump, only

pytestmark = pytest.mark.usefixtures("app")


def counts(report: Any) -> dict[str, int]:
    return {outcome.value: report.count(outcome) for outcome in RowOutcome if report.count(outcome)}


def test_every_file_becomes_rows() -> None:
    report = import_folder(OWN)
    assert [str(problem) for problem in report.problems] == []
    assert {name: file.count(RowOutcome.NEW) for name, file in report.files.items()} == {
        "agency.csv": 1, "organisations.csv": 3, "budget_numbers.csv": 4, "hour_types.csv": 2,
        "closing_days.csv": 2, "pay_periods.csv": 6, "people.csv": 7, "rights.csv": 4, "assignments.csv": 5,
        "rates.csv": 4, "hours.csv": 11,
    }  # fmt: skip
    assert set(counts(report)) == {"new"}
    agency = Agency.get()
    assert (agency.name, agency.iban, agency.email) == (
        "Bureau Voorbeeld",
        "NL12BANK0123456789",
        "bureau@agency.example",
    )
    assert [kind.multiplier_percent for kind in HourType.select().order_by(HourType.id)] == [100, 175]
    assert ClosingDay.get(ClosingDay.day == date(2026, 11, 11)).name_en == "Closing day"


def test_organisations_and_their_budget_numbers() -> None:
    import_folder(OWN)
    lab = Organisation.get(Organisation.code == "SCI-LAB")
    assert lab.parent.code == "SCI"  # which stands further down
    assert (lab.calendar, lab.four_eyes, lab.payment_term_days, lab.language) == (
        "four_weeks",
        True,
        14,
        "en",
    )
    art = Organisation.get(Organisation.code == "ART")
    assert (art.name, art.vat_treatment, art.country, art.parent) == (
        'Kunst & "Cultuur"',
        "reverse_charge",
        "NL",
        None,
    )
    project = BudgetNumber.get(BudgetNumber.number == "0042.100.007")
    assert (project.organisation.code, project.ceiling_minutes, project.ceiling_cents) == (
        "SCI",
        36000,
        1620050,
    )
    assert (project.valid_from_on, project.valid_until_on) == (None, None)
    assert BudgetNumber.get(BudgetNumber.number == "5500.1").ceiling_minutes == 450
    keys = {row.key for row in BudgetNumberKey.select().where(BudgetNumberKey.budget_number == project)}
    assert keys == {"0042100007", "100007", "007"}


def test_periods_have_their_moments_on_the_clock_of_amsterdam() -> None:
    import_folder(OWN)
    period = PayPeriod.get((PayPeriod.calendar == "four_weeks") & (PayPeriod.number == 12))
    assert (period.first_on, period.last_on, period.pay_on) == (
        date(2026, 11, 2),
        date(2026, 11, 29),
        date(2026, 12, 9),
    )
    assert period.submit_by_at == datetime(2026, 12, 4, 22, 59, tzinfo=UTC)
    assert period.approve_by_at == datetime(2026, 12, 7, 11, 0, tzinfo=UTC)


def test_people_rights_assignments_and_rates() -> None:
    import_folder(OWN)
    chef = Account.get(Account.username == "flex001")
    assert (chef.email, chef.name, chef.employee_number, chef.is_agency_staff) == (
        "chef@org.example",
        "Åsa O’Brien",
        None,
        False,
    )
    assert (
        chef.name_key == Account(first_name="Åsa", last_name="O’Brien", email="x").name_key or chef.name_key
    )
    saved = Account.create(
        email="twin@org.example", first_name="Åsa", last_name="O’Brien", created_at=clock.now()
    )
    assert chef.name_key == saved.name_key
    assert chef.password_hash is None
    assert Account.get(Account.email == "bureau@agency.example").is_agency_staff
    rights = {
        (row.account.email, row.organisation.code): (row.may_approve, row.may_register, row.may_see_invoices)
        for row in Right.select()
    }
    assert rights["chef@org.example", "SCI"] == (True, True, True)
    assert rights["secretary@org.example", "ART"] == (True, False, True)
    analyst = Assignment.get(Assignment.code == "P4")
    assert (analyst.worker.employee_number, analyst.organisation.code) == ("9001", "SCI-LAB")
    assert (analyst.budget_number.number, analyst.max_minutes_per_week) == ("5500.1", 2250)
    guard = Assignment.get(Assignment.code == "P2")
    assert (guard.last_on, guard.basis, guard.entered_by) == (None, "flexible", "organisation")
    assert Assignment.get(Assignment.code == "P5").budget_number is None
    newest = Rate.get(Rate.valid_from_on == date(2026, 11, 16))
    assert (newest.assignment.code, newest.pay_rate, newest.bill_rate) == ("P1", 188050, 323446)


def test_hours_become_sheets_with_lines_and_an_event_each() -> None:
    import_folder(OWN)
    now = clock.now()
    sheets = {(row.assignment.code, row.pay_period.number): row for row in Timesheet.select()}
    assert {key: (row.state, row.minutes, row.is_nil) for key, row in sheets.items()} == {
        ("P1", 11): ("approved", 930, False),
        ("P1", 12): ("submitted", 755, False),
        ("P2", 48): ("draft", 810, False),
        ("P4", 12): ("submitted", 225, False),
        ("P4", 13): ("draft", 120, False),
        ("P5", 12): ("submitted", 0, True),
        ("P5", 13): ("draft", 0, False),
    }
    approved, waiting, draft = sheets["P1", 11], sheets["P1", 12], sheets["P2", 48]
    assert (approved.submitted_at, approved.decided_at, approved.decided_by) == (now, now, None)
    assert (waiting.submitted_at, waiting.submitted_by, waiting.decided_at) == (now, None, None)
    assert (draft.submitted_at, draft.created_at, draft.revision, draft.sequence) == (None, now, 1, 0)
    assert {(row.organisation_id == row.assignment.organisation_id) for row in sheets.values()} == {True}
    assert {row.timesheet.assignment.code for row in Contributor.select()} == {"P1", "P4"}
    assert {row.account.employee_number for row in Contributor.select()} == {"9001"}
    remarks = [hour.remark for hour in Hour.select().where(Hour.remark != "").order_by(Hour.id)]
    assert remarks == [
        "Practicum",
        'Twee regels;\nen een "citaat"',
        "Na het einde van de plaatsing",
        "=HYPERLINK()",
    ]
    lines = [
        (line.iso_week, line.hour_type.code, line.budget_number.number, [hour.minutes for hour in line.hours])
        for line in waiting.lines.order_by(TimesheetLine.id)
    ]
    assert lines == [
        (45, "REG", "0042.100", [435]),
        (45, "REG", "0042.100.007", [80]),
        (48, "REG", "0042.100", [240]),
    ]
    assert list(sheets["P5", 12].lines) == []
    events = list(Event.select().where(Event.timesheet.is_null(False)).order_by(Event.timesheet))
    assert [(row.verb, row.source, row.actor, row.at) for row in events] == [
        ("import", "import", None, now)
    ] * 7
    assert len({row.batch for row in events}) == 1
    assert events[0].after["state"] == "approved"
    assert events[0].after["minutes"] == 930
    assert events[0].before is None


def test_waiting_sheets_get_their_flags() -> None:
    import_folder(OWN)
    flags = {(flag.timesheet.assignment.code, flag.code) for flag in Flag.select()}
    assert ("P1", "outside") in flags  # 24 November is after its last day
    assert ("P4", "first") in flags


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_twice_changes_nothing(folder: Path) -> None:
    first = import_folder(folder)
    assert [str(problem) for problem in first.problems] == []
    before = dump()
    clock.fix("2026-12-01T09:00")
    again = import_folder(folder)
    assert dump() == before
    assert set(counts(again)) == {"unchanged"}
    assert again.count(RowOutcome.UNCHANGED) == first.count(RowOutcome.NEW)
    assert (again.differences, again.problems) == ([], [])


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_every_hour_of_the_file_is_counted_once(folder: Path) -> None:
    import_folder(folder)
    with (folder / "hours.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    # Read by other means than those under test.
    minutes = sum(
        int(row["hours"].split(separator)[0]) * 60 + int(row["hours"].split(separator)[1])
        if (separator := next((s for s in ":u" if s in row["hours"]), ""))
        else round(float(row["hours"].replace(",", ".")) * 60)
        for row in rows
    )
    assert sum(hour.minutes for hour in Hour.select()) == minutes
    assert sum(sheet.minutes for sheet in Timesheet.select()) == minutes
    assert Timesheet.select().count() == len(
        {(row["assignment"], row["year"], row["period"]) for row in rows}
    )


def test_a_newer_set_updates_what_differs_and_leaves_what_it_lacks(tmp_path: Path) -> None:
    import_folder(OWN)
    newer = copy(
        tmp_path,
        organisations=("Faculteit der Wetenschap;;four_weeks;0;30", "Faculteit Wetenschap;;four_weeks;1;21"),
        people=[("Zoë ♠", "Zoé"), ("rtl@work.example;;Muḥammad;Ἀβραάμ;nl;9004;0\n", "new@work.example;;Nieuw;;nl;9005;0\n")],
        rates=("P2;2026-01-01;17;29,24", "P2;2026-01-01;17,50;30"),
        budget_numbers=("600;16200,50", "650;"),
        assignments=("P1;9001;SCI;Studentassistent", "P1;9001;SCI;Tutor"),
        hour_types=("175", "200"),
        closing_days=("Sluitingsdag", "Dies natalis"),
        pay_periods=("2026-12-07T12:00;2026-12-09\nfour_weeks;2026;13", "2026-12-07T17:00;2026-12-10\nfour_weeks;2026;13"),
        rights=("chef@org.example;SCI;1;1;1", "chef@org.example;SCI;1;0;1"),
        agency=("Dorpsstraat 1", "Dorpsstraat 2"),
    )  # fmt: skip
    report = import_folder(newer)
    assert report.is_ok
    assert {name: file.count(RowOutcome.CHANGED) for name, file in report.files.items()} == {
        **dict.fromkeys((file.name for file in FILES), 1),
        "hours.csv": 0,
    }
    assert report.count(RowOutcome.NEW) == 1
    science = Organisation.get(Organisation.code == "SCI")
    assert (science.name, science.four_eyes, science.payment_term_days) == ("Faculteit Wetenschap", True, 21)
    owl = Account.get(Account.email == "emoji@work.example")
    assert (owl.first_name, owl.name_key.endswith("zoe de \"uil\"; van dam")) == ("Zoé", True)  # fmt: skip
    project = BudgetNumber.get(BudgetNumber.number == "0042.100.007")
    assert (project.ceiling_minutes, project.ceiling_cents) == (39000, None)
    assert Account.select().where(Account.email == "rtl@work.example").exists()
    before = dump()
    assert set(counts(import_folder(newer))) == {"unchanged"}
    assert dump() == before


def test_a_dry_run_says_the_same_and_changes_nothing(tmp_path: Path) -> None:
    before = dump()
    foreseen = import_folder(OWN, dry_run=True)
    assert dump() == before
    done = import_folder(OWN)
    assert {name: file.outcomes for name, file in foreseen.files.items()} == {
        name: file.outcomes for name, file in done.files.items()
    }
    before = dump()
    newer = copy(tmp_path, hours=("2026-11-23;REG;ART-1;7:30", "2026-11-23;REG;ART-1;6"))
    foreseen = import_folder(newer, dry_run=True)
    assert counts(foreseen)["changed"] == 1
    assert dump() == before


def test_each_row_has_its_outcome_by_line(tmp_path: Path) -> None:
    import_folder(OWN)
    report = import_folder(copy(tmp_path, rates=("P2;2026-01-01;17;", "P2;2026-02-01;18;")))
    assert report.files["rates.csv"].outcomes == {2: "unchanged", 3: "unchanged", 4: "new", 5: "unchanged"}
    # The remark of line 5 has two lines.
    assert list(report.files["hours.csv"].outcomes) == [2, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13]


def rewritten(path: Path, **dialect: Any) -> None:
    """The same rows as a spreadsheet could write them: the columns in reverse, one more, all quoted."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row[::-1] for row in csv.reader(file, delimiter=";")]
    with path.open("w", encoding=dialect.pop("encoding", "utf-8"), newline="") as file:
        writer = csv.writer(file, **dialect)
        writer.writerows([*row, "note" if number == 0 else "x"] for number, row in enumerate(rows))


@pytest.mark.parametrize(
    "dialect",
    [
        {"delimiter": ",", "encoding": "utf-8-sig", "lineterminator": "\r\n"},
        {"delimiter": ",", "quoting": csv.QUOTE_ALL, "lineterminator": "\n"},
        {"delimiter": ";", "quoting": csv.QUOTE_ALL, "encoding": "utf-8-sig", "lineterminator": "\r\n"},
        {"delimiter": "\t", "encoding": "utf-16", "lineterminator": "\r\n"},
        {"delimiter": ";", "lineterminator": "\r"},
    ],
)
def test_other_delimiters_orders_and_ends_of_line_are_the_same_set(tmp_path: Path, dialect: Any) -> None:
    import_folder(OWN)
    before = dump()
    folder = copy(tmp_path)
    for path in folder.iterdir():
        rewritten(path, **dialect)
    report = import_folder(folder)
    assert [str(problem) for problem in report.problems] == []
    assert {tuple(file.ignored_columns) for file in report.files.values()} == {("note",)}
    assert set(counts(report)) == {"unchanged"}
    assert dump() == before


def test_ends_of_line_of_another_system_are_the_same_set(tmp_path: Path) -> None:
    import_folder(OWN)
    folder = copy(tmp_path)
    for path in folder.iterdir():
        path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    report = import_folder(folder)
    assert report.is_ok
    assert set(counts(report)) == {"unchanged"}


@pytest.mark.parametrize(
    ("above", "delimiter"),
    [
        ("sep=;\n", ";"),
        ('"sep=,"\r\n', ","),
        ("SEP=|\n", "|"),
        ("Uursoorten per november;;;\n;;;\n", ";"),
        ("Uursoorten, van InterUM\n\n", ";"),
        ("sep=;\nUursoorten;;;\n", ";"),
    ],
)
def test_what_a_spreadsheet_puts_above_the_header(tmp_path: Path, above: str, delimiter: str) -> None:
    rows = "code;name_nl;name_en;multiplier_percent\nREG;Normaal;Regular;100\nSUN;Zondag;Sunday;x"
    report = import_folder(only(tmp_path / "set", hour_types=above + rows.replace(";", delimiter)))
    line = above.count("\n") + 3
    assert [str(one) for one in report.problems] == [
        f"hour_types.csv:{line}: multiplier_percent: This is not a number."
    ]


def test_digits_that_a_list_of_ours_keeps_as_text(tmp_path: Path) -> None:
    header, row = (
        ("code", "name_nl", "name_en", "multiplier_percent", "setu_code"),
        ("0042", "A", "A", "x", ""),
    )
    content = tables.csv_file(header, [row], "nl").decode("utf-8-sig")
    assert '"=""0042"""' in content
    import_folder(only(tmp_path / "set", hour_types=content.replace(";x;", ";100;")))
    assert HourType.select().where(HourType.code == "0042").exists()


@pytest.mark.parametrize("shape", ["{d}-{m}-{y}", "{d}/{m}/{y}", "{d}.{m}.{y}", "{d:02}-{m:02}-{y}"])
def test_dutch_dates_are_dates(tmp_path: Path, shape: str) -> None:
    import_folder(OWN)
    folder = copy(tmp_path)
    days = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?=[;T\n])")
    for path in folder.iterdir():
        text = days.sub(lambda at: shape.format(y=at[1], m=int(at[2]), d=int(at[3])), path.read_text())
        path.write_text(text.replace("T23:59", " 23:59"))
    report = import_folder(folder)
    assert [str(problem) for problem in report.problems] == []
    assert set(counts(report)) == {"unchanged"}


def people_file(*rows: str) -> str:
    return "email;username;first_name;last_name;language;employee_number;agency_staff\n" + "\n".join(rows)


def test_another_mail_address_of_a_known_employee_number_is_a_change(tmp_path: Path) -> None:
    import_folder(OWN)
    worker = Account.get(Account.employee_number == "9002")
    old, new = worker.email, "nieuw@work.example"
    link = AccountLink.create(
        account=worker, purpose="invite", token_hash="x", created_at=clock.now(), expires_at=clock.now()
    )
    text = (OWN / "people.csv").read_text().replace(old, new.upper())
    rights = (OWN / "rights.csv").read_text().replace(old, new)
    content = {"people.csv": text.encode(), "rights.csv": rights.encode()}
    before = dump()
    checked = import_files(content, dry_run=True)
    assert checked.is_ok, [str(one) for one in checked.problems]
    assert dump() == before
    assert counts(checked)["changed"] == 1
    assert "new" not in counts(checked)
    assert [str(one) for one in checked.doubts] == [
        f"people.csv:6: email: the mail address of employee 9002, {worker.name}, was {old}"
    ]
    report = import_files(content, agreed=checked.effect)
    assert report.is_ok, [str(one) for one in report.problems]
    assert Account.get_by_id(worker.id).email == new
    assert AccountLink.get_or_none(AccountLink.id == link.id) is None, "it went to the old address"
    event = Event.get(Event.verb == "change_person")
    assert (event.person, event.before, event.after) == (worker, {"email": old}, {"email": new})
    assert set(counts(import_files(content))) == {"unchanged"}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        # Both addresses are in the file: somebody else would get the number.
        (
            [";Nieuw;Mens;nl;9002;0", None],
            "people.csv:2: employee_number: This is in use by {old}.",
        ),
        (
            ["chef@org.example;;Åsa;O’Brien;nl;9002;0"],
            "people.csv:2: employee_number: This is in use by {old}.",
        ),
        (
            [";Nieuw;Mens;nl;9002;0", "y@work.example;;Nog;Een;nl;9002;0"],
            "people.csv:3: employee_number: This is in use by Nieuw Mens.",
        ),
        (["flex001;;A;B;nl;9002;0"], "people.csv:2: email: This is not a mail address."),
    ],
)
def test_a_mail_address_that_is_somebody_elses_is_refused(rows: list[str | None], said: str) -> None:
    import_folder(OWN)
    worker = Account.get(Account.employee_number == "9002")
    old = f"{worker.email};;{worker.first_name};{worker.last_name};nl;9002;0"
    lines = [old if row is None else f"x@work.example;{row}" if row.startswith(";") else row for row in rows]
    before = dump()
    report = import_files({"people.csv": people_file(*lines).encode()})
    assert ", ".join(map(str, report.problems)) == said.format(old=worker.name)
    assert dump() == before


@pytest.mark.parametrize(
    ("number", "other"),
    [
        ("42.100.007", "0042.100.007"),
        ("0042100007", "0042.100.007"),
        ("42100007", "0042.100.007"),
        ("05500.1", "5500.1"),
        ("5500.10", "5500.1"),
        ("5500.2", None),
        ("55001000", None),
    ],
)
def test_a_new_key_that_only_zeros_or_points_tell_from_a_known_one_is_a_doubt(
    number: str, other: str | None
) -> None:
    import_folder(OWN)
    known = BudgetNumber.get(BudgetNumber.number == (other or "5500.1"))
    text = (
        "organisation;number;description;ceiling_hours;ceiling_amount;valid_from;valid_until\n"
        f"{known.organisation.code};{number};;;;;\n{known.organisation.code};{known.number};;;;;\n"
        f"ART;{number};;;;;\n"
    )
    report = import_files({"budget_numbers.csv": text.encode()}, dry_run=True)
    said = (
        f"budget_numbers.csv:2: number: new, and only zeros or points away from {other}: is it another one?"
    )
    assert [str(one) for one in report.doubts] == ([said] if other else [])


def test_an_employee_number_that_lost_its_zeros_is_a_doubt() -> None:
    import_folder(OWN)
    row = "x@work.example;;Nieuw;Mens;nl;09002;0"
    report = import_files({"people.csv": people_file(row).encode()}, dry_run=True)
    assert [str(one) for one in report.doubts] == [
        "people.csv:2: employee_number: new, and only zeros or points away from 9002: is it another one?"
    ]


@pytest.mark.parametrize("is_exchanged", [True, False])
def test_another_employee_number_for_an_account_is_a_doubt(is_exchanged: bool) -> None:
    """Where a file exchanges the addresses of two people, the hours of each would be paid to the other."""
    import_folder(OWN)
    first, second = (Account.get(Account.employee_number == number) for number in ("9002", "9003"))
    rows = [f"{second.email};;{first.first_name};{first.last_name};nl;9002;0"]
    if is_exchanged:
        rows.append(f"{first.email};;Zoë;van Dam;en;9003;0")
    else:
        rows = [f"{second.email};;{second.first_name};van Dam;en;9010;0"]
    report = import_files({"people.csv": people_file(*rows).encode()}, dry_run=True)
    assert report.is_ok, [str(one) for one in report.problems]
    said = "was {}, of {}: all hours and pay of this account go with it"
    assert [(one.line, one.what) for one in report.doubts] == [
        (line, said.format(person.employee_number, person.name))
        for line, person in enumerate([second, first] if is_exchanged else [second], 2)
    ]


@pytest.mark.parametrize("content", ["\ufeff\ufeff{}", "sep=;\n\ufeff{}", "{}\ufeff\n"])
def test_a_byte_order_mark_within_is_no_letter(content: str) -> None:
    import_folder(OWN)
    text = people_file("\ufeffx@work.example;;Nieuw;Mens;nl;\ufeff9050;0")
    report = import_files({"people.csv": content.format(text).encode()})
    assert report.is_ok, [str(one) for one in report.problems]
    assert Account.get(Account.email == "x@work.example").employee_number == "9050"


def test_a_key_with_an_invisible_letter_is_refused() -> None:
    row = "x\u200b@work.example;;Nieuw;Mens;nl;90\u200e50;0"
    report = import_files({"people.csv": people_file(row).encode()})
    assert [str(one) for one in report.problems] == [
        r"people.csv:2: email: There is a character in this that can't be printed: \u200b.",
        r"people.csv:2: employee_number: There is a character in this that can't be printed: \u200e.",
    ]


@pytest.mark.parametrize("content", [b"PK\x03\x04 and so on", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and so on"])
def test_a_workbook_that_is_called_csv(content: bytes) -> None:
    report = import_files({"people.csv": content})
    assert [str(one) for one in report.problems] == [
        "people.csv:1: this is a workbook, not CSV: save it as XLSX, or as CSV UTF-8"
    ]


def test_blank_lines_and_a_missing_last_end_of_line_are_no_rows(tmp_path: Path) -> None:
    content = (
        "code;name_nl;name_en;multiplier_percent\n\nREG;Normaal;Regular;100\n;;;\n\r\nSUN;Zondag;Sunday;175"
    )
    report = import_folder(only(tmp_path / "set", hour_types=content))
    assert report.is_ok
    assert report.files["hour_types.csv"].outcomes == {3: "new", 6: "new"}


def test_any_subset_of_the_files(tmp_path: Path) -> None:
    for name in (
        "organisations",
        "budget_numbers",
        "hour_types",
        "pay_periods",
        "people",
        "assignments",
        "hours",
    ):
        folder = only(tmp_path / name, **{name: (OWN / f"{name}.csv").read_bytes()})
        report = import_folder(folder)
        assert [str(problem) for problem in report.problems] == []
        assert list(report.files) == [f"{name}.csv"]
    assert Timesheet.select().count() == 7


def test_names_are_stored_as_typed() -> None:
    import_folder(OWN)
    names = {(row.first_name, row.last_name) for row in Account.select()}
    assert {
        ("Åsa", "O’Brien"),
        ("=1+1", "@SUM(A1)"),
        ("<b>Bo</b>", "<script>alert(1)</script>"),
        ("Zoë ♠", 'de "Uil"; van Dam'),
        ("Muḥammad", "Ἀβραάμ"),
    } <= names


def test_values_may_be_handed_on_within_one_file(tmp_path: Path) -> None:
    """User names and employee numbers swap, and periods move up, although each is unique."""
    import_folder(OWN)
    people = [
        ("chef@org.example;flex001;", "chef@org.example;flex002;"),
        ("formula@work.example;flex002;", "formula@work.example;flex001;"),
        ("nl;9002;0", "nl;9003;0"),
        ("en;9003;0", "en;9009;0"),
        ("secretary@org.example;;Łucja;Dhonnchadha;en;;0", "secretary@org.example;;Łucja;Dhonnchadha;en;9002;0"),
    ]  # fmt: skip
    periods = [
        ("week;2026;47;2026-11-16;2026-11-22", "week;2026;47;2026-11-09;2026-11-15"),
        ("month;2026;11;", "week;2026;49;2026-11-16;2026-11-22;2026-12-04T23:59;2026-12-07T12:00;2026-12-09\nmonth;2026;11;"),
    ]  # fmt: skip
    folder = copy(tmp_path, people=people, pay_periods=periods)
    (folder / "assignments.csv").unlink()  # it names workers by their old numbers
    report = import_folder(folder)
    assert [str(problem) for problem in report.problems] == []
    assert Account.get(Account.username == "flex001").email == "formula@work.example"
    assert Account.get(Account.employee_number == "9003").email == "markup@work.example"
    assert Account.get(Account.employee_number == "9002").email == "secretary@org.example"
    assert PayPeriod.get(PayPeriod.number == 49).first_on == date(2026, 11, 16)


def test_a_parent_may_be_new_known_or_taken_away(tmp_path: Path) -> None:
    import_folder(OWN)
    folder = copy(
        tmp_path, organisations=[("SCI-LAB;Laboratory of Science;SCI;", "SCI-LAB;Laboratory of Science;;")]
    )
    assert import_folder(folder).is_ok
    assert Organisation.get(Organisation.code == "SCI-LAB").parent is None
    change(
        folder / "organisations.csv",
        ("SCI;Faculteit der Wetenschap;;", "SCI;Faculteit der Wetenschap;SCI-LAB;"),
    )
    assert counts(import_folder(folder))["changed"] == 1
    assert Organisation.get(Organisation.code == "SCI").parent.code == "SCI-LAB"


def test_files_that_come_from_elsewhere_than_a_folder() -> None:
    report = import_files({"hour_types.csv": (OWN / "hour_types.csv").read_bytes(), "x.csv": b""})
    assert (report.ignored_files, counts(report)) == (["x.csv"], {"new": 2})
    assert not import_files({"x.csv": b""}).is_ok


def run(app: Flask, *arguments: Any) -> Any:
    with app.app_context():
        result = app.test_cli_runner().invoke(args=["import", *map(str, arguments)])
    db.connect(reuse_if_open=True)
    return result


def test_the_command_prints_a_table(app: Flask, tmp_path: Path) -> None:
    folder = copy(tmp_path)
    (folder / "notes.csv").write_text("a;b\n")
    (folder / "readme.txt").write_text("no table")
    change(folder / "hour_types.csv", [("name_en;", "name_en;colour;"), ("Regular hours;", "Regular hours;red;"), ("Sunday;", "Sunday;blue;")])  # fmt: skip
    before = dump()
    foreseen = run(app, folder, "--dry-run")
    assert foreseen.exit_code == 0
    assert "Dry run: nothing was changed." in foreseen.stdout
    assert dump() == before
    result = run(app, folder)
    assert (result.exit_code, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[:2] == [
        "ignored: notes.csv: no file of an import set",
        "ignored: hour_types.csv:1: colour: unknown column",
    ]
    assert lines[2].split() == ["file", "new", "changed", "unchanged", "different"]
    assert ["hours.csv", "11", "0", "0", "0"] in [line.split() for line in lines]
    assert Timesheet.select().count() == 7


def test_the_command_lists_every_error_and_changes_nothing(app: Flask, tmp_path: Path) -> None:
    folder = copy(tmp_path, people=("en;9003;0", "xx;9003;2"), hours=("2026-10-06", "2026-13-06"))
    before = dump()
    for arguments in ((folder,), (folder, "--dry-run")):
        result = run(app, *arguments)
        assert result.exit_code == 1
        assert result.stderr.splitlines() == [
            "people.csv:7: agency_staff: 2 is neither 0 nor 1",
            "people.csv:7: language: Choose one of these: nl, en.",
            "hours.csv:2: day: 2026-13-06 is no date such as 2026-11-30",
            "3 errors: nothing was imported.",
        ]
        assert dump() == before


def test_the_list_of_errors_ends_somewhere(app: Flask, tmp_path: Path) -> None:
    rows = "".join(f"2026-02-30;Dag {number};Day\n" for number in range(1200))
    result = run(app, only(tmp_path / "set", closing_days=f"day;name_nl;name_en\n{rows}"))
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1002
    assert result.stderr.splitlines()[-2:] == ["and 200 more", "1200 errors: nothing was imported."]


def test_columns_that_a_file_may_lack(tmp_path: Path) -> None:
    import_folder(OWN)
    Organisation.update(legal_name="Universiteit", purchase_order_number="0042").execute()
    HourType.update(payroll_code="1").execute()
    assert set(counts(import_folder(OWN))) == {"unchanged"}
    assert {one.legal_name for one in Organisation.select()} == {"Universiteit"}
    assert {one.payroll_code for one in HourType.select()} == {"1"}
    files: dict[str, bytes | FileGrid] = {}
    for name, column, cells in (
        ("hour_types", "payroll_code;setu_code", ["28;HT320", ";", "0042;HT100"]),
        (
            "organisations",
            "purchase_order_required;legal_name;purchase_order_number",
            ["1;Uni A;0045", "0;;", ";;"],
        ),
    ):
        header, *rows = (OWN / f"{name}.csv").read_text().splitlines()
        more = (cells + [cells[-1]] * len(rows))[: len(rows)]
        text = "\n".join(
            [f"{header};{column}", *(f"{row};{cell}" for row, cell in zip(rows, more, strict=True))]
        )
        files[f"{name}.csv"] = f"{text}\n".encode()
    report = import_files(files)
    assert [str(one) for one in report.problems] == []
    assert {file.name: file.ignored_columns for file in report.files.values()} == {name: [] for name in files}
    first = HourType.select().order_by(HourType.id).first()
    assert (first.payroll_code, first.setu_code) == ("28", "HT320")
    lab = Organisation.get(Organisation.code == "SCI-LAB")
    assert (lab.legal_name, lab.purchase_order_number, lab.purchase_order_required) == ("Uni A", "0045", True)
    other = Organisation.get(Organisation.code == "SCI")
    assert (other.legal_name, other.purchase_order_number, other.purchase_order_required) == ("", "", False)


@pytest.mark.parametrize("peppol_id", ["0217:123456789012", "0106:2222333", "22223333"])
def test_a_peppol_id_that_can_not_be_is_refused(tmp_path: Path, peppol_id: str) -> None:
    report = import_folder(copy(tmp_path, organisations=("0106:22223333", peppol_id)))
    assert [(one.file, one.column) for one in report.problems] == [("organisations.csv", "peppol_id")]
    assert Organisation.select().count() == 0
