"""An invoice run: what it bills, what it leaves out, what it freezes; credit notes."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playhouse.test_utils import count_queries

from konnekt.domain import imports
from konnekt.domain.approvals import undo_or_revoke
from konnekt.domain.invoices import issue
from konnekt.domain.refusals import Forbidden, Invalid, NotFound, Refused
from konnekt.domain.timesheets import find
from konnekt.models import (
    Account,
    Agency,
    BudgetNumber,
    Event,
    Hour,
    HourType,
    Invoice,
    InvoicedHour,
    InvoiceLine,
    Organisation,
    Payment,
    PayPeriod,
    Rate,
    State,
    Timesheet,
    TimesheetLine,
)
from tests import factories, invoice_cast
from tests.domain.imports.import_sets import FOLDERS
from tests.factories import World
from tests.invoice_cast import PERIOD, TODAY, numbers, preview, reasons, run


@pytest.fixture
def ready(world: World) -> World:
    """The cast with all that invoices need, and Noor's sheet approved."""
    invoice_cast.complete(world)
    invoice_cast.approve(world.sheet, world.supervisor)
    return world


def more_hours(
    sheet: Timesheet, day: date, minutes: int, code: str = "REG", budget: BudgetNumber | None = None
) -> Hour:
    year, week, _ = day.isocalendar()
    line, _made = TimesheetLine.get_or_create(
        timesheet=sheet, sequence=sheet.sequence, iso_year=year, iso_week=week,
        hour_type=HourType.get(HourType.code == code),
        budget_number=budget or sheet.assignment.budget_number,
    )  # fmt: skip
    return Hour.create(line=line, sequence=sheet.sequence, day=day, minutes=minutes)


def test_one_invoice(ready: World) -> None:
    (invoice,) = run()
    assert invoice.number_text == "2026-00001"
    assert (invoice.organisation, invoice.pay_period, invoice.budget_number) == (
        ready.fse, ready.period, ready.fse_budget,
    )  # fmt: skip
    assert invoice.budget_number_text == "34367565.899"
    assert (invoice.issued_on, invoice.due_on) == (TODAY, date(2026, 12, 30))
    # 15,50 hours at 31,51; VAT on the total.
    assert (invoice.net_cents, invoice.vat_cents, invoice.total_cents) == (48841, 10257, 59098)
    (line,) = invoice.lines
    assert (line.iso_year, line.iso_week, line.minutes, line.unit_price) == (2026, 45, 930, 315100)
    assert (line.first_on, line.last_on) == (date(2026, 11, 3), date(2026, 11, 4))
    assert [link.minutes for link in line.hours.order_by(InvoicedHour.id)] == [480, 450]
    (event,) = Event.select().where(Event.invoice == invoice)
    assert (event.verb, event.actor, event.source) == ("issue", None, "command")
    assert event.after == {"number": "2026-00001", "total_cents": 59098}
    invoice_cast.check_totals()


def test_a_second_run_issues_nothing(ready: World) -> None:
    assert len(run()) == 1
    assert run() == []
    assert preview().drafts == []
    assert numbers() == ["2026-00001"]


def test_a_preview_changes_nothing(ready: World) -> None:
    found = preview()
    assert [(draft.net_cents, draft.vat_cents, draft.total_cents) for draft in found.drafts] == [
        (48841, 10257, 59098)
    ]
    assert found.net_cents == 48841
    assert Invoice.select().count() == InvoicedHour.select().count() == Event.select().count() == 0


def test_a_preview_costs_the_same_for_many_sheets(ready: World) -> None:
    with count_queries() as few:
        preview()
    for _ in range(20):
        person = factories.worker()
        made = factories.assignment(person, ready.fse, ready.fse_budget)
        factories.sheet(made, ready.period, state="approved", decided_by=ready.supervisor)
    with count_queries() as many:
        assert len(preview().drafts[0].lines) == 21
    assert many.count == few.count <= 6


def test_what_was_approved_late_makes_a_second_invoice(ready: World) -> None:
    run()
    late = factories.sheet(
        factories.assignment(factories.worker("Late", "Comer"), ready.fse, ready.fse_budget),
        ready.period, {date(2026, 11, 5): 60}, state="approved",
    )  # fmt: skip
    (invoice,) = run(on=date(2026, 12, 1))
    assert invoice.number_text == "2026-00002"
    assert [line.timesheet for line in invoice.lines] == [late]


def test_lines_are_by_sheet_week_hour_type_and_price(ready: World) -> None:
    more_hours(ready.sheet, date(2026, 11, 5), 60, "ORT40")
    more_hours(ready.sheet, date(2026, 11, 10), 60)
    Rate.create(
        assignment=ready.assignment, valid_from_on=date(2026, 11, 12), pay_rate=190000, bill_rate=323446
    )
    more_hours(ready.sheet, date(2026, 11, 12), 60)
    more_hours(ready.sheet, date(2026, 11, 13), 50)
    (invoice,) = run()
    lines = invoice.lines.join(HourType).order_by(InvoiceLine.position)
    assert [(line.iso_week, line.hour_type.code, line.unit_price, line.minutes) for line in lines] == [
        (45, "ORT40", 441140, 60),
        (45, "REG", 315100, 930),
        (46, "REG", 315100, 60),
        (46, "REG", 323446, 110),
    ]
    invoice_cast.check_totals()


def test_a_sheet_with_two_budget_numbers_is_on_two_invoices(ready: World) -> None:
    other = BudgetNumber.create(organisation=ready.fse, number="0042.100")
    more_hours(ready.sheet, date(2026, 11, 5), 60, budget=other)
    found = run()
    assert [(one.budget_number_text, one.net_cents) for one in found] == [
        ("0042.100", 3151), ("34367565.899", 48841),
    ]  # fmt: skip
    assert [len(one.frozen["sheets"]) for one in found] == [1, 1]
    assert [one.frozen["sheets"][0]["rows"][0]["minutes"] for one in found] == [60, 930]


def test_a_price_of_more_than_four_decimals_is_rounded_and_reported(ready: World) -> None:
    Rate.update(bill_rate=315102).execute()
    more_hours(ready.sheet, date(2026, 11, 8), 60, "ORT75")
    (line,) = preview().rounded
    assert (line.unit_price, line.net_cents) == (551429, 5514)
    (invoice,) = run()
    assert [row.unit_price for row in invoice.lines if row.frozen["is_rounded"]] == [551429]


def test_what_is_left_out_and_why(ready: World) -> None:
    waiting = factories.assignment(factories.worker("Wai", "Ting"), ready.fse, ready.fse_budget)
    factories.sheet(waiting, ready.period, {date(2026, 11, 3): 61})
    early = factories.assignment(factories.worker("Ear", "Ly"), ready.fse, ready.fse_budget)
    Rate.update(valid_from_on=date(2026, 11, 4)).where(Rate.assignment == early).execute()
    factories.sheet(early, ready.period, {date(2026, 11, 3): 62, date(2026, 11, 4): 63}, state="approved")
    without = BudgetNumber.create(organisation=ready.fse, number=" ")
    more_hours(ready.sheet, date(2026, 11, 6), 64, budget=without)
    Organisation.update(street="").where(Organisation.code == "LAW").execute()
    away = factories.assignment(factories.worker("Ad", "Dress"), ready.law, ready.law_budget)
    factories.sheet(away, ready.period, {date(2026, 11, 3): 65}, state="approved")
    found = preview()
    assert reasons(found) == {"NOT_APPROVED": 61, "NO_RATE": 62, "NO_BUDGET_NUMBER": 64, "NO_ADDRESS": 65}
    assert {one.reason.name: one.days for one in found.left_out}["NO_RATE"] == [date(2026, 11, 3)]
    assert {one.reason.name for one in found.left_out if not one.is_approved} == {"NOT_APPROVED"}
    (invoice,) = run()
    assert sum(line.minutes for line in invoice.lines) == 930 + 63


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"vat_treatment": "reverse_charge", "vat_number": ""}, "NO_VAT_NUMBER"),
        ({"vat_treatment": "exempt", "vat_text": " "}, "NO_VAT_TEXT"),
        ({"postcode": ""}, "NO_ADDRESS"),
        ({"street": " \x01"}, "NO_ADDRESS"),
        ({"coc_number": " ", "peppol_id": ""}, "NO_LEGAL_ID"),
        ({"coc_number": "", "peppol_id": "9944:NL001234567B01"}, "NO_LEGAL_ID"),
    ],
)
def test_an_organisation_that_lacks_something_stops_nobody_else(
    ready: World, columns: dict[str, Any], reason: str
) -> None:
    Organisation.update(**columns).where(Organisation.code == "LAW").execute()
    other = factories.assignment(factories.worker("Oth", "Er"), ready.law, ready.law_budget)
    factories.sheet(other, ready.period, {date(2026, 11, 3): 65}, state="approved")
    assert reasons(preview()) == {reason: 65}
    assert [one.organisation for one in run()] == [ready.fse]


@pytest.mark.parametrize(
    ("treatment", "text", "expected", "vat"),
    [
        ("standard", "", "", 10257),
        ("exempt", "Vrijgesteld, art. 11 Wet OB", "Vrijgesteld, art. 11 Wet OB", 0),
        ("reverse_charge", "", "Btw verlegd", 0),
        ("out_of_scope", "Buiten\x0bbereik", "Buiten bereik", 0),
    ],
)
def test_vat_by_treatment(ready: World, treatment: str, text: str, expected: str, vat: int) -> None:
    Organisation.update(vat_treatment=treatment, vat_text=text).execute()
    (invoice,) = run()
    assert (invoice.vat_text, invoice.vat_cents, invoice.total_cents) == (expected, vat, 48841 + vat)
    assert invoice.vat_percent == (21 if treatment == "standard" else 0)


def test_an_issued_invoice_is_frozen(ready: World) -> None:
    (invoice,) = run()
    Organisation.update(name="Andere", street="Elders 1").execute()
    Account.update(first_name="Iemand", last_name="Anders").execute()
    Agency.update(name="Ander bureau", iban="NL00BANK0123456789").execute()
    HourType.update(name_nl="Anders").execute()
    Rate.update(bill_rate=1).execute()
    kept = Invoice.get_by_id(invoice.id)
    assert kept.frozen["seller"]["name"] == "InterUM"
    assert kept.frozen["seller"]["iban"] == "NL91ABNA0417164300"
    assert kept.frozen["buyer"]["name"] == "Faculty of Science and Engineering"
    assert kept.frozen["buyer"]["street"] == "Kapoenstraat 2"
    (sheet,) = kept.frozen["sheets"]
    assert (sheet["worker"], sheet["approved_by"]) == ("Noor Hendriks", "Emre Dubois")
    assert sheet["reference"] == f"{ready.assignment.code}/2026-P12"
    assert sheet["rows"] == [
        {"iso_year": 2026, "iso_week": 45, "hour_type": "Uursoort REG", "minutes": 930,
         "days": [0, 480, 450, 0, 0, 0, 0]},
    ]  # fmt: skip
    (line,) = kept.lines
    assert line.frozen["worker"] == "Noor Hendriks"
    assert (line.unit_price, line.net_cents) == (315100, 48841)


def test_numbers_go_by_the_year_of_the_invoice_date(ready: World) -> None:
    run()
    for sequence, on in enumerate((date(2027, 1, 1), date(2026, 12, 31), date(2027, 1, 2)), 1):
        factories.sheet(
            ready.assignment, ready.period, {date(2026, 11, 9): 60}, sequence=sequence, state="approved"
        )
        run(on=on)
    assert numbers() == ["2026-00001", "2026-00002", "2027-00001", "2027-00002"]


def test_invoiced_hours_are_locked(ready: World) -> None:
    run()
    with pytest.raises(Refused, match="invoiced or paid already"):
        undo_or_revoke.revoke(ready.sheet.id, "Verkeerd", by=ready.supervisor, seen=1)
    assert find.is_locked(ready.sheet.id)


def test_a_negative_total_makes_a_credit_note(ready: World) -> None:
    (original,) = run()
    factories.sheet(
        ready.assignment, ready.period, {date(2026, 11, 3): -120, date(2026, 11, 9): 30},
        sequence=1, state="approved",
    )  # fmt: skip
    (note,) = run()
    assert (note.kind, note.number_text, note.due_on) == ("credit_note", "2026-00002", TODAY)
    assert (note.net_cents, note.vat_cents, note.total_cents) == (6302 - 1576, 992, 5718)
    assert [(line.minutes, line.net_cents) for line in note.lines.order_by(InvoiceLine.position)] == [
        (120, 6302), (-30, -1576),
    ]  # fmt: skip
    assert note.frozen["references"] == [{"number": original.number_text, "issued_on": "2026-11-30"}]
    assert note.frozen["sheets"][0]["reference"].endswith("/2026-P12/1")
    assert note.credits is None, "the invoice itself still stands"
    invoice_cast.check_totals()


def test_a_negative_total_without_an_invoice_waits(ready: World) -> None:
    Timesheet.update(state=State.SUBMITTED).execute()
    factories.sheet(ready.assignment, ready.period, {date(2026, 11, 3): -120}, sequence=1, state="approved")
    assert reasons(preview()) == {"NOT_APPROVED": 930, "NO_INVOICE": -120}
    assert run() == []


def test_credit(ready: World) -> None:
    (original,) = run()
    note = issue.credit(original.id, " Verkeerd budget ", by=ready.staff)
    assert (note.kind, note.number_text, note.credits, note.reason) == (
        "credit_note", "2026-00002", original, "Verkeerd budget",
    )  # fmt: skip
    assert [one.number_text for one in original.credit_notes] == ["2026-00002"]
    assert (note.net_cents, note.vat_cents, note.total_cents) == (48841, 10257, 59098)
    assert note.frozen["references"] == [{"number": "2026-00001", "issued_on": "2026-11-30"}]
    assert [(line.minutes, line.net_cents) for line in note.lines] == [(930, 48841)]
    assert [link.released_at is None for link in InvoicedHour.select()] == [False, False]
    verbs = Event.select(Event.invoice, Event.verb, Event.reason).order_by(Event.id).tuples()
    assert list(verbs)[1:] == [
        (note.id, "issue", "Verkeerd budget"), (original.id, "credit", "Verkeerd budget"),
    ]  # fmt: skip
    assert not find.is_locked(ready.sheet.id)
    (again,) = run()
    assert (again.number_text, again.total_cents) == ("2026-00003", 59098)
    assert find.is_locked(ready.sheet.id)


def test_a_credit_note_is_never_of_before_its_invoice(ready: World) -> None:
    """An invoice of next year, credited this year, would take back VAT that no return asked yet."""
    next_year = date(2027, 1, 4)
    (original,) = run(next_year)
    note = issue.credit(original.id, "Verkeerd", by=ready.staff)
    assert (note.issued_on, note.due_on, note.number_text) == (next_year, next_year, "2027-00002")
    paid = Payment.select(Payment.paid_on).tuples()
    assert {on for (on,) in paid} == {next_year}


def test_what_can_not_be_credited(ready: World) -> None:
    (original,) = run()
    with pytest.raises(Forbidden):
        issue.credit(original.id, "Nee", by=ready.supervisor)
    with pytest.raises(Invalid):
        issue.credit(original.id, " ", by=ready.staff)
    with pytest.raises(NotFound):
        issue.credit(original.id + 1, "Nee", by=ready.staff)
    note = issue.credit(original.id, "Ja", by=ready.staff)
    for one in (original, note):
        with pytest.raises(Refused):
            issue.credit(one.id, "Nog eens", by=ready.staff)
    assert numbers() == ["2026-00001", "2026-00002"]


def test_who_and_what_is_refused(ready: World) -> None:
    with pytest.raises(Forbidden):
        issue.issue(*PERIOD, on=TODAY, by=ready.supervisor)
    with pytest.raises(NotFound):
        issue.preview("four_weeks", 2025, 1)
    with pytest.raises(NotFound):
        issue.preview(*PERIOD, "NOWHERE")
    with pytest.raises(Invalid):
        issue.issue(*PERIOD, on=date(2062, 11, 30), by=None)
    Organisation.update(calendar="week").where(Organisation.code == "LAW").execute()
    with pytest.raises(Invalid):
        issue.preview(*PERIOD, "LAW")
    Agency.update(iban="").execute()
    with pytest.raises(Refused, match="iban"):
        issue.preview(*PERIOD)
    assert numbers() == []


def test_only_one_organisation(ready: World) -> None:
    other = factories.assignment(factories.worker("Oth", "Er"), ready.law, ready.law_budget)
    factories.sheet(other, ready.period, {date(2026, 11, 3): 65}, state="approved")
    assert [one.organisation for one in run(organisation="LAW")] == [ready.law]
    assert [one.organisation for one in run()] == [ready.fse]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
@pytest.mark.usefixtures("app")
def test_every_approved_minute_is_on_one_line_or_reported(folder: Path) -> None:
    """A whole import set, each line against a computation with fractions of its own."""
    report = imports.import_folder(folder)
    assert report.is_ok, report.problems
    left_out, reported = 0, set()
    for period in PayPeriod.select().join(Timesheet).distinct():
        where = (period.calendar, period.year, period.number)
        issued, found = issue.issue(*where, on=TODAY, by=None, source="command")
        assert len(issued) == len(found.drafts)
        seen = {(draft.organisation.id, draft.budget_number.id): draft.total_cents for draft in found.drafts}
        assert seen == {(one.organisation_id, one.budget_number_id): one.total_cents for one in issued}
        for one in (one for one in found.left_out if one.is_approved):
            left_out += one.minutes
            assert one.reason
            reported |= {(one.sheet.id, one.budget_number.id, day) for day in one.days}
    expected = {key: (minutes, cents) for key, minutes, cents in invoice_cast.expected_lines()}
    billed = {key: (minutes, cents) for key, minutes, cents in invoice_cast.billed_lines()}
    assert len(billed) == InvoiceLine.select().count() > 0
    assert {key: value for key, value in billed.items() if expected[key] != value} == {}
    missing = [key for key in expected if key not in billed]
    invoiceable = {one.id for one in Organisation.select() if one.street}
    assert [key for key in missing if key[0] in invoiceable] == []
    approved = sum(hour.minutes for hour in Hour.select().join(TimesheetLine).join(Timesheet)
                   .where(Timesheet.state == State.APPROVED))  # fmt: skip
    assert approved == sum(minutes for minutes, _ in billed.values()) + left_out
    totals: dict[tuple[Any, ...], int] = {}
    for key in billed:
        totals[key[:3]] = totals.get(key[:3], 0) + expected[key][1]
    assert totals == {
        (one.organisation_id, one.pay_period_id, one.budget_number_text): one.net_cents
        for one in Invoice.select()
    }
    linked = [link.hour_id for link in InvoicedHour.select()]
    assert len(linked) == len(set(linked))
    hours = Hour.select(Hour, TimesheetLine).join(TimesheetLine).join(Timesheet)
    for hour in hours.where((Timesheet.state == State.APPROVED) & (Hour.minutes != 0)):
        is_reported = (hour.line.timesheet_id, hour.line.budget_number_id, hour.day) in reported
        assert (hour.id in linked) != is_reported
    assert numbers() == [f"2026-{number:05d}" for number in range(1, Invoice.select().count() + 1)]
    invoice_cast.check_totals()
