"""The state of an invoice, as a column and as a filter."""

from datetime import date

import pytest

from konnekt.domain import clock
from konnekt.domain.invoices import issue, states
from konnekt.domain.payments import booking
from konnekt.models import Document, Invoice
from tests import factories, invoice_cast
from tests.factories import World


@pytest.fixture
def invoice(world: World) -> Invoice:
    invoice_cast.complete(world)
    invoice_cast.approve(world.sheet, world.supervisor)
    (issued,) = invoice_cast.run()
    return issued


def print_(invoice: Invoice, *kinds: str) -> None:
    for kind in kinds:
        Document.create(
            invoice=invoice, kind=kind, file_name="x", media_type="x", sha256="", content=b"x",
            created_at=clock.now(),
        )  # fmt: skip


def state_of(invoice: Invoice) -> str:
    """The state, which one filter at most agrees with; what is being made is still to pay."""
    state = Invoice.select(states.state()).where(Invoice.id == invoice).scalar()
    found = [one for one in states.FILTERS[:5]
             if Invoice.select().where((Invoice.id == invoice) & states.is_in(one)).exists()]  # fmt: skip
    assert len(found) == 1
    assert state == found[0] or state == states.MAKING
    assert state in states.WORDS
    return str(state)


def test_being_made_until_both_documents_are_there(invoice: Invoice) -> None:
    assert state_of(invoice) == "making"
    print_(invoice, "pdf")
    assert state_of(invoice) == "making"
    print_(invoice, "ubl")
    assert state_of(invoice) == "open"


@pytest.mark.parametrize(("now", "state"), [("2026-12-30", "open"), ("2026-12-31", "overdue")])
def test_who_pays_on_the_due_date_is_in_time(invoice: Invoice, now: str, state: str) -> None:
    print_(invoice, "pdf", "ubl")
    clock.fix(f"{now}T12:00")
    assert state_of(invoice) == state


def cut_across(invoice: Invoice) -> list[str]:
    return [one for one in states.FILTERS[5:]
            if Invoice.select().where((Invoice.id == invoice) & states.is_in(one)).exists()]  # fmt: skip


def pay(invoice: Invoice, world: World, cents: int) -> None:
    seen = Invoice.get_by_id(invoice.id).settled_cents
    booking.pay(invoice.id, clock.today(), cents, by=world.staff, seen=seen, is_sure=True)


def test_partly_paid_overdue_and_too_much(invoice: Invoice, world: World) -> None:
    print_(invoice, "pdf", "ubl")
    pay(invoice, world, 100)
    word = Invoice.select(states.state()).where(Invoice.id == invoice)
    assert (word.scalar(), cut_across(invoice)) == ("part", ["part"])
    clock.fix("2026-12-31T12:00")
    word = Invoice.select(states.state()).where(Invoice.id == invoice)
    assert (word.scalar(), cut_across(invoice)) == ("overdue_part", ["part"])
    assert Invoice.select().where(states.is_in("overdue")).count() == 1
    pay(invoice, world, 58999)
    assert (word.scalar(), cut_across(invoice)) == ("overpaid", ["to_return"])
    assert Invoice.select().where(states.is_in("paid")).count() == 1


def test_nothing_to_pay_is_paid_at_once(world: World) -> None:
    """Two sheets that cancel each other out come to an invoice of 0.00."""
    invoice_cast.complete(world)
    invoice_cast.approve(world.sheet, world.supervisor)
    taken = {date(2026, 11, 3): -480, date(2026, 11, 4): -450}
    factories.sheet(
        world.assignment, world.period, taken, sequence=1, reason="Niet gewerkt", state="approved"
    )
    (nothing,) = invoice_cast.run()
    assert (nothing.total_cents, nothing.paid_on) == (0, nothing.issued_on)
    assert state_of(nothing) == "paid"
    assert booking.mark([nothing.id], clock.today(), by=world.staff).invoices == []
    assert state_of(issue.credit(nothing.id, "Toch niet", by=world.staff)) == "making"
    assert state_of(nothing) == "credited"
    assert not cut_across(Invoice.get(Invoice.kind == "credit_note"))


def test_paid_and_then_credited(invoice: Invoice, world: World) -> None:
    pay(invoice, world, invoice.total_cents)
    assert state_of(invoice) == "paid"
    note = issue.credit(invoice.id, "Verkeerd budgetnummer", by=world.staff)
    assert state_of(invoice) == "credited"
    assert state_of(note) == "making"
    print_(note, "pdf", "ubl")
    state = Invoice.select(states.state()).where(Invoice.id == note)
    assert (state.scalar(), cut_across(note)) == ("to_return", ["to_return"])
    booking.refund(note.id, clock.today(), note.total_cents, by=world.staff, seen=0)
    assert (state_of(note), cut_across(note)) == ("credit_note", [])


def test_a_credit_note_counts_down(invoice: Invoice, world: World) -> None:
    issue.credit(invoice.id, "Verkeerd budgetnummer", by=world.staff)
    cents = [row[0] for row in Invoice.select(states.signed_cents()).order_by(Invoice.id).tuples()]
    assert cents == [59098, -59098]
