"""Import over timesheets that exist: drafts change, every other difference is reported and left."""

import threading
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from konnekt.db import db
from konnekt.domain import clock, flags
from konnekt.domain.imports import RowOutcome, import_folder
from konnekt.models import (
    Account,
    Assignment,
    BudgetNumber,
    Event,
    Flag,
    Hour,
    HourType,
    Invoice,
    InvoicedHour,
    InvoiceLine,
    Organisation,
    PayPeriod,
    PayrollBatch,
    PayrollHour,
    State,
    Timesheet,
    TimesheetLine,
)
from tests import factories
from tests.domain.imports.import_sets import OWN, copy, dump

pytestmark = pytest.mark.usefixtures("app")


@pytest.fixture(autouse=True)
def imported(app: Flask) -> None:
    assert import_folder(OWN).is_ok


def sheet(code: str, number: int) -> Timesheet:
    query = Timesheet.select().join(Assignment).switch(Timesheet).join(PayPeriod)
    return query.where((Assignment.code == code) & (PayPeriod.number == number)).get()


def hours_of(one: Timesheet) -> list[tuple[date, int, str, str]]:
    query = (
        Hour.select().join(TimesheetLine).where(TimesheetLine.timesheet == one).order_by(Hour.day, Hour.id)
    )
    return [(hour.day, hour.minutes, hour.remark, hour.typed) for hour in query]


def texts(found: list[Any]) -> list[str]:
    return [str(one) for one in found]


def link_to_invoice(one: Timesheet) -> None:
    """Put every hour of the sheet on an invoice."""
    budget = BudgetNumber.get(BudgetNumber.number == "0042.100")
    invoice = Invoice.create(
        year=2026, number=1, number_text="2026-0001", organisation=one.organisation, pay_period=one.pay_period,
        budget_number=budget, budget_number_text=budget.number, issued_on=clock.today(), due_on=clock.today(),
        language="nl", vat_treatment="standard", net_cents=100, vat_cents=21, total_cents=121, created_at=clock.now(),
    )  # fmt: skip
    line = InvoiceLine.create(
        invoice=invoice, position=1, timesheet=one, hour_type=HourType.get(), iso_year=2026, iso_week=41,
        first_on=clock.today(), last_on=clock.today(), minutes=1, unit_price=1, net_cents=100,
    )  # fmt: skip
    for hour in Hour.select().join(TimesheetLine).where(TimesheetLine.timesheet == one):
        InvoicedHour.create(hour=hour, invoice_line=line, minutes=hour.minutes)


def link_to_payroll(one: Timesheet, **columns: Any) -> None:
    batch = PayrollBatch.create(
        calendar="week", pay_period=one.pay_period, pay_on=clock.today(), created_at=clock.now()
    )
    for hour in Hour.select().join(TimesheetLine).where(TimesheetLine.timesheet == one):
        PayrollHour.create(hour=hour, payroll_batch=batch, minutes=hour.minutes, pay_rate=1, **columns)


def test_the_hours_of_a_draft_change(tmp_path: Path) -> None:
    folder = copy(
        tmp_path,
        hours=[
            ("2026-11-23;REG;ART-1;7:30;;draft", "2026-11-23;REG;ART-1;6,25;Korter;draft"),
            ("2026-11-29;SUN;ART-1;6;=HYPERLINK()", "2026-11-29;SUN;ART-1;0;"),
            ("P4;2026;12;", "P2;2026;48;2026-11-24;REG;ART-1;4;;draft\nP2;2026;48;2026-11-24;SUN;ART-1;1;;draft\nP4;2026;12;"),
        ],
    )  # fmt: skip
    report = import_folder(folder)
    assert (texts(report.problems), texts(report.differences)) == ([], [])
    outcomes = report.files["hours.csv"].outcomes
    assert [outcomes[line] for line in (8, 9, 10, 11)] == ["changed", "changed", "new", "new"]
    found = sheet("P2", 48)
    assert (found.state, found.revision, found.minutes) == ("draft", 2, 375 + 240 + 60)
    assert hours_of(found) == [
        (date(2026, 11, 23), 375, "Korter", ""),
        (date(2026, 11, 24), 240, "", ""),
        (date(2026, 11, 24), 60, "", ""),
        (date(2026, 11, 29), 0, "", ""),
    ]
    assert found.lines.count() == 2  # both hour types had their line of that week
    made, changed = Event.select().where(Event.timesheet == found).order_by(Event.id)
    assert (made.revision, changed.revision) == (1, 2)
    assert (changed.verb, changed.source, changed.actor) == ("import", "import", None)
    assert (changed.before["minutes"], changed.after["minutes"]) == (810, 675)
    assert Event.select().where(Event.verb == "import").count() == 8
    before = dump()
    again = import_folder(folder)
    assert again.count(RowOutcome.UNCHANGED) == sum(len(file.outcomes) for file in again.files.values())
    assert dump() == before


def test_text_that_was_no_hours_yet_gives_way(tmp_path: Path) -> None:
    found = sheet("P2", 48)
    hour = Hour.select().join(TimesheetLine).where(TimesheetLine.timesheet == found).order_by(Hour.id).get()
    Hour.update(minutes=0, typed="7:3x").where(Hour.id == hour.id).execute()
    Timesheet.update(minutes=360).where(Timesheet.id == found.id).execute()
    assert import_folder(OWN).count(RowOutcome.CHANGED) == 1
    assert hours_of(sheet("P2", 48))[0] == (date(2026, 11, 23), 450, "", "")
    assert sheet("P2", 48).minutes == 810


def test_a_new_week_of_a_draft_gets_its_line(tmp_path: Path) -> None:
    extra = ("P5;2026;12;", "P4;2026;13;2027-01-01;REG;5500.1;1,5;;draft\nP5;2026;12;")
    assert import_folder(copy(tmp_path, hours=extra)).is_ok
    weeks = [(line.iso_year, line.iso_week) for line in sheet("P4", 13).lines.order_by(TimesheetLine.id)]
    assert weeks == [(2026, 52), (2026, 53)]


def test_what_is_sent_stays_and_is_reported(tmp_path: Path) -> None:
    before = dump()
    folder = copy(
        tmp_path,
        hours=[
            ("2026-10-06;REG;0042.100;7,5", "2026-10-06;REG;0042.100;7"),
            (";8;Practicum;", ";8;Practica;"),
            ("0042.100;7.25;;submitted", "0042.100;7.25;;approved"),
            (";submitted\nP1;2026;12;2026-11-24", ";approved\nP1;2026;12;2026-11-24"),
            ("4;Na het einde van de plaatsing;submitted", "4;Na het einde van de plaatsing;approved"),
            ("P5;2026;12;", "P4;2026;12;2026-11-05;REG;5500.1;1;;submitted\nP5;2026;12;"),
        ],
    )
    report = import_folder(folder)
    assert texts(report.problems) == []
    assert texts(report.differences) == [
        "hours.csv:2: hours: 7, left at 7,5: the timesheet is approved",
        "hours.csv:3: remark: another remark, left as it is: the timesheet is approved",
        "hours.csv:4: state: approved, but the timesheet is submitted here",
        "hours.csv:12: hours: 1, left at 0: the timesheet is submitted",
    ]
    outcomes = report.files["hours.csv"].outcomes
    assert [line for line, outcome in outcomes.items() if outcome == "different"] == [2, 3, 4, 12]
    assert set(outcomes.values()) == {"different", "unchanged"}
    assert dump() == before


def test_a_rejected_sheet_stays(tmp_path: Path) -> None:
    Timesheet.update(state=State.REJECTED, decided_at=clock.now(), rejection_reason="Te veel").where(
        Timesheet.id == sheet("P4", 12).id
    ).execute()
    flags.refresh_all_waiting()
    before = dump()
    report = import_folder(copy(tmp_path, hours=("5500.1;3,75", "5500.1;3")))
    assert texts(report.differences) == [
        "hours.csv:10: state: submitted, but the timesheet is rejected here",
        "hours.csv:10: hours: 3, left at 3,75: the timesheet is rejected",
    ]
    assert dump() == before


def test_the_hours_of_a_draft_change_even_where_the_state_differs(tmp_path: Path) -> None:
    folder = copy(
        tmp_path,
        hours=("P4;2026;13;2026-12-24;REG;5500.1;2;;draft", "P4;2026;13;2026-12-24;REG;5500.1;3;;approved"),
    )
    report = import_folder(folder)
    assert texts(report.differences) == ["hours.csv:11: state: approved, but the timesheet is draft here"]
    found = sheet("P4", 13)
    assert (found.state, found.minutes) == ("draft", 180)
    assert found.submitted_at is None


@pytest.mark.parametrize("link", [link_to_invoice, link_to_payroll])
def test_hours_that_are_invoiced_or_exported_never_change(tmp_path: Path, link: Any) -> None:
    link(sheet("P1", 11))
    before = dump()
    report = import_folder(copy(tmp_path, hours=("2026-10-06;REG;0042.100;7,5", "2026-10-06;REG;0042.100;8")))
    assert texts(report.differences) == [
        "hours.csv:2: hours: 8, left at 7,5: the timesheet is invoiced or exported"
    ]
    assert dump() == before


def test_a_draft_with_a_live_link_stays_and_changes_once_it_is_released(tmp_path: Path) -> None:
    link_to_payroll(sheet("P2", 48))
    folder = copy(tmp_path, hours=("2026-11-23;REG;ART-1;7:30", "2026-11-23;REG;ART-1;7"))
    before = dump()
    report = import_folder(folder)
    assert texts(report.differences) == [
        "hours.csv:8: hours: 7, left at 7,5: the timesheet is invoiced or exported"
    ]
    assert dump() == before
    PayrollHour.update(released_at=clock.now()).execute()
    assert import_folder(folder).count(RowOutcome.CHANGED) == 1
    assert sheet("P2", 48).minutes == 420 + 360
    assert PayrollHour.select().count() == 2


def supplement(one: Timesheet, day: date, minutes: int) -> None:
    """A sheet that corrects another."""
    line = one.lines.get()
    of_day = (PayPeriod.first_on <= day) & (PayPeriod.last_on >= day)
    period = PayPeriod.get(of_day & (PayPeriod.calendar == one.pay_period.calendar))
    made = Timesheet.create(
        assignment=one.assignment, organisation=one.organisation, pay_period=period, sequence=1,
        minutes=minutes, created_at=clock.now(),
    )  # fmt: skip
    row = TimesheetLine.create(
        timesheet=made, sequence=1, iso_year=day.isocalendar().year, iso_week=day.isocalendar().week,
        hour_type=line.hour_type, budget_number=line.budget_number,
    )  # fmt: skip
    Hour.create(line=row, sequence=1, day=day, minutes=minutes)


def test_a_day_counts_what_is_known_already(tmp_path: Path) -> None:
    day = date(2026, 12, 24)
    supplement(sheet("P1", 12), day, 20 * 60)
    folder = copy(tmp_path, hours=("REG;5500.1;2;", "REG;5500.1;4:01;"))
    before = dump()
    report = import_folder(folder)
    assert texts(report.problems) == [
        "hours.csv:11: hours: 24:01 hours of one worker on 2026-12-24, with what is known already"
    ]
    assert dump() == before
    Hour.update(minutes=-60).where(Hour.minutes == 20 * 60).execute()
    assert import_folder(folder).is_ok


def test_hours_may_move_between_assignments_on_a_full_day(tmp_path: Path) -> None:
    """What goes down makes room for what goes up, wherever it stands in the file."""
    one = ("P4;2026;13;2026-12-24;REG;5500.1;2;;draft", "P1;2026;13;2026-12-24;REG;0042.100;4;;draft\nP4;2026;13;2026-12-24;REG;5500.1;20;;draft")  # fmt: skip
    folder = copy(tmp_path / "one", hours=one)
    assert import_folder(folder).is_ok
    other = (one[0], one[1].replace(";4;", ";20;").replace("5500.1;20;", "5500.1;4;"))
    report = import_folder(copy(tmp_path / "other", hours=other))
    assert texts(report.problems) == []
    assert (sheet("P1", 13).minutes, sheet("P4", 13).minutes) == (1200, 240)


def test_flags_are_computed_again_when_their_inputs_change(tmp_path: Path) -> None:
    assert (
        not Flag.select().where((Flag.timesheet == sheet("P4", 12)) & (Flag.code == "over_maximum")).exists()
    )
    assert import_folder(copy(tmp_path, assignments=("5500.1;37,5", "5500.1;3"))).is_ok
    assert Flag.select().where((Flag.timesheet == sheet("P4", 12)) & (Flag.code == "over_maximum")).exists()


REFUSED = {
    "calendar of an organisation with sheets": (
        ("organisations", ";week;", ";month;"),
        "organisations.csv:4: calendar: There are timesheets here, so the calendar stays.",
    ),
    "organisation of an assignment with sheets": (
        ("assignments", "P1;9001;SCI;Studentassistent;flexible;worker;2026-01-01;2026-11-20;0042.100", "P1;9001;ART;Studentassistent;flexible;worker;2026-01-01;2026-11-20;ART-1"),
        "assignments.csv:2: organisation: this can't change: the assignment has timesheets",
    ),
    "worker of an assignment with sheets": (
        ("assignments", "P2;9002", "P2;9004"),
        "assignments.csv:3: employee_number: this can't change: the assignment has timesheets",
    ),
    "number of a worker with assignments": (
        ("people", "nl;9004;0", "nl;;0"),
        "people.csv:8: employee_number: Who has assignments keeps an employee number.",
    ),
    "the last of the agency": (
        ("people", "nl;;1", "nl;;0"),
        "people.csv:2: agency_staff: Nobody of the agency would be left with the role Administration: first give it to somebody else.",
    ),
    "days of a period with timesheets": (
        ("pay_periods", "2026-10-05;2026-11-01", "2026-10-07;2026-11-01"),
        "pay_periods.csv:2: first_day: This period has timesheets: its days stay.",
    ),
    "a period over one that the file lacks": (
        ("pay_periods", (OWN / "pay_periods.csv").read_text().partition("\n")[2], "week;2026;46;2026-11-10;2026-11-16;2026-11-27T23:59;2026-11-30T12:00;2026-12-02\n"),
        "pay_periods.csv:2: last_day: This overlaps period 47 of 2026.",
    ),
    "a user name of somebody the file lacks": (
        ("people", (OWN / "people.csv").read_text().partition("\n")[2], "new@work.example;flex001;New;;nl;;0\n"),
        "people.csv:2: username: This is in use by Åsa O’Brien.",
    ),
    "an e-mail address that is a user name": (
        ("people", (OWN / "people.csv").read_text().partition("\n")[2], "old@work.example;;New;;nl;;0\n"),
        "people.csv:2: email: This is in use by Åsa O’Brien.",
    ),
    "a parent that stands below": (
        ("organisations", "SCI;Faculteit der Wetenschap;;", "SCI;Faculteit der Wetenschap;SCI-LAB;"),
        "organisations.csv:3: parent: An organisation is no part of itself.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_can_not_change_any_more(tmp_path: Path, case: str) -> None:
    if case == "an e-mail address that is a user name":
        Account.update(username="old@work.example").where(Account.email == "chef@org.example").execute()
    (file, old, new), expected = REFUSED[case]
    folder = copy(tmp_path, **{file: (old, new)})
    for path in folder.iterdir():
        if path.stem != file:
            path.unlink()
    before = dump()
    report = import_folder(folder)
    assert texts(report.problems)[0] == expected
    assert dump() == before


def test_the_calendar_of_an_organisation_without_sheets_changes(tmp_path: Path) -> None:
    art = Organisation.get(Organisation.code == "ART")
    for one in Timesheet.select().where(Timesheet.organisation == art):
        with factories.rewritten():
            Event.delete().where(Event.timesheet == one).execute()
        Hour.delete().where(Hour.line.in_(one.lines)).execute()
        one.delete_instance()
    folder = copy(tmp_path, organisations=(";week;", ";month;"))
    (folder / "hours.csv").unlink()
    assert import_folder(folder).is_ok
    assert Organisation.get(Organisation.code == "ART").calendar == "month"


def test_two_imports_at_the_same_moment(tmp_path: Path) -> None:
    """The second waits for the first and finds everything there."""
    folder = copy(tmp_path, hour_types=("SUN;", "SAT;Zaterdag;Saturday;150\nSUN;"), hours=("P5;2026;12;", "P5;2026;11;2026-10-06;SAT;0042.100;5;;submitted\nP5;2026;12;"))  # fmt: skip
    start, reports = threading.Barrier(2), []

    def once() -> None:
        with db.connection_context():
            start.wait()
            reports.append(import_folder(folder))

    threads = [threading.Thread(target=once) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [texts(report.problems) for report in reports] == [[], []]
    assert sorted(report.count(RowOutcome.NEW) for report in reports) == [0, 2]
    assert Event.select().where(Event.timesheet == sheet("P5", 11)).count() == 1


def test_the_command_prints_differences(app: Flask, tmp_path: Path) -> None:
    folder = copy(tmp_path, hours=("2026-10-06;REG;0042.100;7,5", "2026-10-06;REG;0042.100;7"))
    with app.app_context():
        result = app.test_cli_runner().invoke(args=["import", str(folder)])
    db.connect(reuse_if_open=True)
    assert result.exit_code == 0
    assert (
        "different: hours.csv:2: hours: 7, left at 7,5: the timesheet is approved"
        in result.stdout.splitlines()
    )
