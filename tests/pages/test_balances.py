"""/bureau/payments/invoice/ID: a part payment by hand, money back, set-offs, taking an entry back."""

import html
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from playhouse.test_utils import count_queries

from konnekt.db import db
from konnekt.domain.invoices import issue
from konnekt.domain.payments import booking
from konnekt.domain.refusals import Forbidden, Refused
from konnekt.models import Event, Invoice, Payment
from tests import factories, invoice_cast
from tests.factories import World
from tests.invoice_cast import TODAY
from tests.visitor import Visitor

ON = TODAY.isoformat()


@pytest.fixture
def invoice(world: World) -> Invoice:
    """€ 590,98 of FSE."""
    invoice_cast.complete(world)
    invoice_cast.approve(world.sheet, world.supervisor)
    (made,) = invoice_cast.run()
    return made


@pytest.fixture
def staff(app: Flask, world: World) -> Visitor:
    return Visitor(app, world.staff)


def url(of: Invoice, verb: str = "") -> str:
    return f"/bureau/payments/invoice/{of.id}{verb}"


def pay(staff: Visitor, of: Invoice, amount: str, seen: int = 0, on: str = ON, **more: str) -> Any:
    fields = {"amount": amount, "on": on, "seen": str(seen), **more}
    return staff.post(url(of, "/pay"), {f"pay-{name}": value for name, value in fields.items()})


def give_back(staff: Visitor, of: Invoice, amount: str, seen: int = 0, **more: str) -> Any:
    fields = {"amount": amount, "on": ON, "seen": str(seen), **more}
    return staff.post(url(of, "/return"), {f"return-{name}": value for name, value in fields.items()})


def text(response: Any, status: int = 200) -> str:
    assert response.status_code == status
    return html.unescape(response.text)


def fresh(of: Invoice) -> Invoice:
    return Invoice.get_by_id(of.id)


def test_a_part_payment_by_hand_shows_everywhere(
    app: Flask, staff: Visitor, invoice: Invoice, world: World
) -> None:
    assert 'value="590,98"' in text(staff.get(url(invoice))), "all that is open stands there"
    response = pay(staff, invoice, "400", note="Bij de bank gezien")
    assert (response.status_code, response.location) == (303, url(invoice))
    page = text(staff.get(url(invoice)))
    assert "Vastgelegd: er moet nog €\xa0190,98 worden betaald." in page
    assert "Bij de bank gezien" in page
    event = Event.get(Event.verb == "pay")
    assert (event.actor, event.reason) == (world.staff, "Bij de bank gezien")
    assert event.after == {"paid_on": ON, "amount_cents": 40000, "open_cents": 19098}
    for reader in (staff, Visitor(app, world.supervisor)):
        shown = text(reader.get(f"/invoices/{invoice.id}"))
        assert "<dt><b>Te betalen</b></dt><dd><b>€\xa0190,98</b></dd>" in shown
        assert "Ontvangen, 30 nov 2026" in shown
        listed = text(reader.get("/invoices"))
        assert "1 factuur · €\xa0590,98 · te betalen: €\xa0190,98" in listed
        assert "<small>nog €\xa0190,98</small>" in listed
        assert "2026-00001" in text(reader.get("/invoices?state=part"))
    assert "van €\xa0590,98" in text(staff.get("/bureau/payments"))
    assert pay(staff, invoice, "190.98", 40000).status_code == 303
    assert (fresh(invoice).paid_on, fresh(invoice).balance_cents) == (TODAY, 0)


def test_too_much_is_asked_about_and_stays_in_view(staff: Visitor, invoice: Invoice, world: World) -> None:
    asked = text(pay(staff, invoice, "600,00"), 422)
    assert "Dit is meer dan er nog te betalen is" in asked
    assert 'value="600,00"' in asked
    assert 'name="pay-sure"' in asked
    assert Payment.select().count() == 0
    assert pay(staff, invoice, "600,00", sure="y").status_code == 303
    assert "te veel betaald" in text(staff.get("/invoices?state=to_return"))
    assert "terug te betalen of te verrekenen: €\xa09,02" in text(staff.get("/invoices"))
    assert "Er is niets te betalen." in text(staff.get("/bureau/payments"))
    assert "€\xa09,02" in text(staff.get("/bureau/payments")).partition('id="payments-to-return"')[2]
    assert "meer dan er terug te betalen is" in text(give_back(staff, invoice, "9,03", 60000), 422)
    assert give_back(staff, invoice, "9,02", 60000, note="Teruggestort").status_code == 303
    assert fresh(invoice).balance_cents == 0
    event = Event.get(Event.verb == "refund")
    assert (event.after["amount_cents"], event.after["open_cents"], event.reason) == (902, 0, "Teruggestort")
    shown = text(staff.get(f"/invoices/{invoice.id}"))
    assert "Terugbetaling vastgelegd door Bureau InterUM, €\xa09,02" in shown
    paid = Payment.get(Payment.amount_cents == 60000).id
    refused = text(staff.post(url(invoice, f"/take-back/{paid}"), {"reason": "Fout"}), 409)
    assert "maak dat eerst ongedaan" in refused
    assert "Fout</textarea>" in refused


def test_the_same_payment_twice_is_asked_about(staff: Visitor, invoice: Invoice) -> None:
    assert pay(staff, invoice, "100").status_code == 303
    assert "Er is al een betaling van dit bedrag op deze dag" in text(
        pay(staff, invoice, "100,00", 10000), 422
    )
    assert pay(staff, invoice, "100", 10000, sure="y").status_code == 303
    assert fresh(invoice).settled_cents == 20000


def test_what_somebody_recorded_since_is_told(staff: Visitor, invoice: Invoice) -> None:
    assert pay(staff, invoice, "100").status_code == 303
    stale = text(pay(staff, invoice, "200"), 409)
    assert "Iemand heeft intussen iets anders vastgelegd." in stale
    assert 'value="200"' in stale
    assert 'value="10000"' in stale, "sent again it is about the invoice as it is now"
    assert Payment.select().count() == 1


@pytest.mark.parametrize(
    ("amount", "on"),
    [("", ON), ("veel", ON), ("0", ON), ("-5", ON), ("1.000,00", ON), ("9" * 400, ON),
     ("1", "2026-12-01"), ("1", "gisteren"), ("1", "0001-01-01"), ("21474837", ON)],
)  # fmt: skip
def test_a_bad_amount_or_day_keeps_what_was_typed(
    staff: Visitor, invoice: Invoice, amount: str, on: str
) -> None:
    page = text(pay(staff, invoice, amount, on=on, note="Van de bank", sure="y"), 422)
    assert 'aria-invalid="true"' in page or "klopt nog niet" in page
    assert "Van de bank" in page
    assert Payment.select().count() == 0


@pytest.mark.parametrize("seen", ["", "x", "9" * 40, "1e3"])
def test_a_form_that_can_not_be_read(staff: Visitor, invoice: Invoice, seen: str) -> None:
    fields = {"pay-amount": "1", "pay-on": ON, "pay-seen": seen}
    assert staff.post(url(invoice, "/pay"), fields).status_code == 422
    assert pay(staff, invoice, "1", note="x" * 201).status_code == 422
    assert Payment.select().count() == 0


def test_a_credit_note_is_paid_back_or_set_off(staff: Visitor, invoice: Invoice, world: World) -> None:
    booking.mark([invoice.id], TODAY, by=world.staff)
    note = issue.credit(invoice.id, "Verkeerd", by=world.staff)
    (again,) = invoice_cast.run()
    page = text(staff.get(url(note)))
    assert f"Verrekend met {again.number_text}, €\xa0590,98 open" in page
    assert 'id="pay"' not in page
    assert pay(staff, note, "1").status_code == 409
    assert f"{note.number_text}</a></dt><dd><b>€\xa0590,98</b>" in text(staff.get(f"/invoices/{invoice.id}"))
    for wrong in ("2026-99999", invoice.number_text, note.number_text):
        assert give_back(staff, note, "1", invoice=wrong).status_code == 422
    assert give_back(staff, note, "500", invoice=again.number_text).status_code == 303
    assert (fresh(again).to_pay_cents, fresh(note).to_return_cents) == (9098, 9098)
    assert {event.after["with"] for event in Event.select().where(Event.verb == "set_off")} == {
        note.number_text, again.number_text,
    }  # fmt: skip
    assert f'Verrekend met <a href="/invoices/{note.id}">' in text(staff.get(f"/invoices/{again.id}"))
    assert give_back(staff, note, "90,98", -50000).status_code == 303
    assert (fresh(note).to_return_cents, fresh(note).paid_on) == (0, TODAY)
    assert 'id="return"' not in text(staff.get(url(note)))
    side = Payment.get((Payment.invoice == again) & (Payment.kind == "set_off"))
    assert staff.post(url(again, f"/take-back/{side.id}"), {"reason": " "}).status_code == 422
    assert staff.post(url(again, f"/take-back/{side.id}"), {"reason": "Toch niet"}).status_code == 303
    assert (fresh(again).to_pay_cents, fresh(note).to_return_cents) == (59098, 50000)
    assert staff.post(url(again, f"/take-back/{side.id}"), {"reason": "Nog eens"}).status_code == 404


def test_what_rests_on_an_entry_goes_first(staff: Visitor, invoice: Invoice, world: World) -> None:
    booking.pay(invoice.id, TODAY, 40000, by=world.staff, seen=0)
    paid = Payment.get()
    note = issue.credit(invoice.id, "Verkeerd", by=world.staff)
    automatic = Payment.get(Payment.amount_cents == 19098)
    with pytest.raises(Refused, match="crediting"):
        booking.take_back(automatic.id, "Fout", by=world.staff)
    booking.refund(note.id, TODAY, 40000, by=world.staff, seen=-19098)
    assert "maak dat eerst ongedaan" in text(
        staff.post(url(invoice, f"/take-back/{paid.id}"), {"reason": "Fout"}), 409
    )
    back = Payment.get(Payment.kind == "refund")
    booking.take_back(back.id, "Niet overgemaakt", by=world.staff)
    booking.take_back(paid.id, "Van een ander", by=world.staff)
    assert (fresh(invoice).balance_cents, fresh(note).balance_cents) == (0, 0), "nothing was paid after all"
    event = Event.select().where(Event.verb == "take_back_payment").order_by(Event.id.desc()).get()
    assert event.after == {"set_off_cents": 40000}


def test_only_of_the_same_organisation(world: World, invoice: Invoice) -> None:
    other = factories.assignment(factories.worker(), world.law, world.law_budget)
    factories.sheet(other, world.period, state="approved")
    (law,) = invoice_cast.run(organisation="LAW")
    booking.mark([invoice.id], TODAY, by=world.staff)
    note = issue.credit(invoice.id, "Verkeerd", by=world.staff)
    with pytest.raises(Refused, match="still to be paid"):
        booking.set_off(note.id, law.number_text, TODAY, 1, by=world.staff, seen=0)


def test_two_at_once(world: World, invoice: Invoice) -> None:
    start = Barrier(3)

    def record(_: int) -> bool:
        start.wait()
        try:
            return bool(booking.pay(invoice.id, TODAY, 40000, by=world.staff, seen=0))
        except Refused:
            return False
        finally:
            db.close()

    with ThreadPoolExecutor(3) as pool:
        assert sorted(pool.map(record, range(3))) == [False, False, True]
    assert (fresh(invoice).settled_cents, Payment.select().count()) == (40000, 1)


def test_only_the_agency(app: Flask, world: World, invoice: Invoice, staff: Visitor) -> None:
    emre = Visitor(app, world.supervisor)
    assert emre.get(url(invoice)).status_code == 403
    for verb in ("/pay", "/return", "/take-back/1"):
        assert emre.post(url(invoice, verb)).status_code == 403
        assert staff.get(url(invoice, verb)).status_code == 405
    for verb in (booking.pay, booking.refund):
        with pytest.raises(Forbidden):
            verb(invoice.id, TODAY, 1, by=world.supervisor, seen=0)
    assert staff.get("/bureau/payments/invoice/999").status_code == 404
    assert pay(staff, Invoice(id=999), "1").status_code == 404


def test_a_fixed_number_of_statements(staff: Visitor, invoice: Invoice, world: World) -> None:
    with count_queries() as few:
        staff.get(url(invoice))
    for cents in range(1, 9):
        booking.pay(invoice.id, TODAY, cents, by=world.staff, seen=fresh(invoice).settled_cents)
    with count_queries() as many:
        staff.get(url(invoice))
    assert many.count == few.count
