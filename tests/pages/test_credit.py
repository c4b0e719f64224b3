"""/bureau/invoicing/ID/credit: what crediting does, the reason, and two documents that point at each other."""

import html
from datetime import date

import pytest
from flask import Flask

from konnekt.background import work
from konnekt.domain import clock
from konnekt.domain.payments import booking
from konnekt.domain.timesheets import find
from konnekt.models import (
    BudgetNumber,
    Document,
    Event,
    Hour,
    Invoice,
    Job,
    PayrollBatch,
    PayrollHour,
    TimesheetLine,
)
from tests import factories, invoice_cast
from tests.factories import World
from tests.visitor import Visitor


@pytest.fixture
def ready(world: World) -> World:
    invoice_cast.complete(world)
    invoice_cast.approve(world.sheet, world.supervisor)
    return world


@pytest.fixture
def invoice(ready: World) -> Invoice:
    (made,) = invoice_cast.run()
    return made


@pytest.fixture
def staff(app: Flask, world: World) -> Visitor:
    return Visitor(app, world.staff)


def url(invoice: Invoice) -> str:
    return f"/bureau/invoicing/{invoice.id}/credit"


def page(staff: Visitor, invoice: Invoice) -> str:
    return html.unescape(staff.get(url(invoice)).text)


def test_it_shows_what_will_happen_and_changes_nothing(staff: Visitor, invoice: Invoice) -> None:
    shown = page(staff, invoice)
    assert "€\xa0590,98" in shown
    assert "15,50 uur" in shown
    assert "Noor Hendriks" in shown
    assert "vrij om te corrigeren" in shown
    assert Invoice.select().count() == 1


def test_exported_hours_are_corrected_by_a_supplementary_sheet(
    staff: Visitor, invoice: Invoice, ready: World
) -> None:
    batch = PayrollBatch.create(
        calendar="four_weeks", pay_period=ready.period, pay_on=date(2026, 12, 9), created_at=clock.now()
    )
    hour = Hour.get()
    paid = PayrollHour.create(hour=hour, payroll_batch=batch, minutes=hour.minutes, pay_rate=1)
    assert "corrigeren kan alleen met een extra urenbriefje" in page(staff, invoice)
    PayrollHour.update(released_at=clock.now()).where(PayrollHour.id == paid.id).execute()
    assert "vrij om te corrigeren" in page(staff, invoice)


def test_a_sheet_on_two_invoices_stays_locked(staff: Visitor, ready: World) -> None:
    other = BudgetNumber.create(organisation=ready.fse, number="0042.100")
    line = TimesheetLine.create(
        timesheet=ready.sheet, sequence=0, iso_year=2026, iso_week=45,
        hour_type=TimesheetLine.get().hour_type, budget_number=other,
    )  # fmt: skip
    Hour.create(line=line, sequence=0, day=date(2026, 11, 5), minutes=60)
    first, _second = invoice_cast.run()
    shown = page(staff, first)
    assert "een andere factuur heeft er uren van" in shown
    assert "1,00 uur" in shown


def test_credit(staff: Visitor, invoice: Invoice, ready: World) -> None:
    response = staff.post(url(invoice), {"reason": " Verkeerd <budget> "})
    assert (response.status_code, response.location) == (303, url(invoice))
    note = Invoice.get(Invoice.credits == invoice)
    assert (note.number_text, note.reason, note.created_by) == (
        "2026-00002",
        "Verkeerd <budget>",
        ready.staff,
    )
    assert not find.is_locked(ready.sheet.id)
    assert "Gecrediteerd: creditnota 2026-00002." in page(staff, invoice)
    assert "Verkeerd &lt;budget&gt;" in staff.get(url(invoice)).text
    assert [job.kind for job in Job.select()] == ["make_documents"]
    assert work.work() == 1
    assert Document.select().where(Document.invoice == note).count() == 2


def test_both_documents_point_at_each_other(staff: Visitor, invoice: Invoice) -> None:
    staff.post(url(invoice), {"reason": "Verkeerd"})
    note = Invoice.get(Invoice.credits == invoice)
    assert f'<a href="{url(note)}">2026-00002</a>' in staff.get(url(invoice)).text
    assert f'<a href="{url(invoice)}">2026-00001</a>' in staff.get(url(note)).text
    for one in (invoice, note):
        assert "<textarea" not in staff.get(url(one)).text


def test_htmx_gets_the_partial(staff: Visitor, invoice: Invoice) -> None:
    response = staff.with_htmx().post(url(invoice), {"reason": "Verkeerd"})
    assert response.status_code == 200
    assert response.text.lstrip().startswith('<div class="block" id="invoicing-credit">')
    assert "2026-00002" in response.headers["HX-Trigger"]


@pytest.mark.parametrize("reason", ["", "   ", "x" * 1001])
def test_a_reason_is_asked(staff: Visitor, invoice: Invoice, reason: str) -> None:
    response = staff.post(url(invoice), {"reason": reason})
    assert response.status_code == 422
    assert 'aria-invalid="true"' in response.text
    assert reason in response.text
    assert Invoice.select().count() == 1
    assert Job.select().count() == 0


def test_twice(staff: Visitor, invoice: Invoice) -> None:
    staff.post(url(invoice), {"reason": "Verkeerd"})
    again = staff.post(url(invoice), {"reason": "Nog eens"})
    assert again.status_code == 409
    assert "Deze factuur is al gecrediteerd." in html.unescape(again.text)
    note = Invoice.get(Invoice.credits == invoice)
    assert staff.post(url(note), {"reason": "Terug"}).status_code == 409
    assert Invoice.select().count() == 2


def test_a_partly_paid_invoice_says_what_goes_back(staff: Visitor, invoice: Invoice, ready: World) -> None:
    shown = page(staff, invoice)
    assert "Er is nog niets betaald: er gaat niets terug." in shown
    booking.pay(invoice.id, date(2026, 11, 27), 40000, by=ready.staff, seen=0)
    stale = staff.post(url(invoice), {"reason": "Verkeerd", "seen": "0"})
    assert stale.status_code == 409
    assert "er is intussen een betaling vastgelegd" in html.unescape(stale.text).lower()
    shown = page(staff, invoice)
    assert "Van deze factuur is €\xa0400,00 betaald." in shown
    assert "De overige €\xa0190,98 hoeft niet meer betaald te worden." in shown
    assert 'name="seen" value="40000"' in shown
    assert staff.post(url(invoice), {"reason": "Verkeerd", "seen": "40000"}).status_code == 303
    note = Invoice.get(Invoice.credits == invoice)
    assert "€\xa0400,00 moet nog worden terugbetaald of verrekend." in page(staff, invoice)
    assert f'href="/bureau/payments/invoice/{note.id}"' in page(staff, invoice)
    assert (note.to_return_cents, Invoice.get_by_id(invoice.id).balance_cents) == (40000, 0)
    assert note.frozen["to_return_cents"] == 40000
    event = Event.get(Event.verb == "credit")
    assert event.after == {"credit_note": "2026-00002", "set_off_cents": 19098, "to_return_cents": 40000}


def test_a_credit_note_of_a_run(staff: Visitor, invoice: Invoice, ready: World) -> None:
    factories.sheet(ready.assignment, ready.period, {date(2026, 11, 3): -60}, sequence=1, state="approved")
    (note,) = invoice_cast.run()
    shown = page(staff, note)
    assert "waarvan het totaal negatief was" in shown
    assert "<textarea" not in shown


def test_one_that_is_not_there(staff: Visitor, invoice: Invoice) -> None:
    assert staff.get("/bureau/invoicing/999/credit").status_code == 404
    assert staff.post("/bureau/invoicing/999/credit", {"reason": "x"}).status_code == 404
