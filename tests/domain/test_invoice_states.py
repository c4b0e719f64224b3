"""The state of an invoice, as a column and as a filter."""

from datetime import date

import pytest

from konnekt.domain import clock, invoices
from konnekt.domain.invoicing import states
from konnekt.models import Document, Invoice
from tests import invoice_cast
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
    found = [one for one in states.FILTERS
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


@pytest.mark.parametrize(("now", "state"), [("2026-12-29", "open"), ("2026-12-30", "overdue")])
def test_overdue_from_the_due_date_on(invoice: Invoice, now: str, state: str) -> None:
    print_(invoice, "pdf", "ubl")
    clock.fix(f"{now}T12:00")
    assert state_of(invoice) == state


def test_paid_and_then_credited(invoice: Invoice, world: World) -> None:
    Invoice.update(paid_on=date(2026, 11, 30)).execute()
    assert state_of(invoice) == "paid"
    note = invoices.credit(invoice.id, "Verkeerd budgetnummer", by=world.staff)
    assert state_of(invoice) == "credited"
    assert state_of(note) == "making"
    print_(note, "pdf", "ubl")
    assert state_of(note) == "credit_note"


def test_a_credit_note_counts_down(invoice: Invoice, world: World) -> None:
    invoices.credit(invoice.id, "Verkeerd budgetnummer", by=world.staff)
    cents = [row[0] for row in Invoice.select(states.signed_cents()).order_by(Invoice.id).tuples()]
    assert cents == [59098, -59098]
