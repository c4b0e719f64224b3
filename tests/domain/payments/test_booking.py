"""Two people mark, credit or take back at the same moment: exactly one of them does."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest

from konnekt.db import db
from konnekt.domain.imports import payment_file
from konnekt.domain.invoices import issue
from konnekt.domain.payments import booking
from konnekt.domain.refusals import Forbidden, Refused
from konnekt.models import Event, Invoice, Payment
from tests import invoice_cast
from tests.factories import World
from tests.invoice_cast import TODAY


@pytest.fixture
def invoice(world: World) -> Invoice:
    invoice_cast.complete(world)
    invoice_cast.approve(world.sheet, world.supervisor)
    (made,) = invoice_cast.run()
    return made


def at_once(*verbs: object) -> list[bool]:
    """Whether each of these did it."""
    start = Barrier(len(verbs))

    def run(verb: object) -> bool:
        start.wait()
        try:
            return bool(verb())  # type: ignore[operator]
        except Refused:
            return False
        finally:
            db.close()

    with ThreadPoolExecutor(len(verbs)) as pool:
        return list(pool.map(run, verbs))


def test_marking_twice_at_once(invoice: Invoice, world: World) -> None:
    done = at_once(*[lambda: booking.mark([invoice.id], TODAY, by=world.staff).invoices] * 4)
    assert sorted(done) == [False, False, False, True]
    assert Payment.select().count() == Event.select().where(Event.verb == "pay").count() == 1


def test_paying_and_crediting_at_once(invoice: Invoice, world: World) -> None:
    pay, credit = at_once(
        lambda: booking.mark([invoice.id], TODAY, by=world.staff).invoices,
        lambda: issue.credit(invoice.id, "Verkeerd", by=world.staff),
    )
    assert credit
    assert Payment.select().where(Payment.kind == "payment").count() == pay
    note = Invoice.get(Invoice.kind == "credit_note")
    assert note.to_return_cents == (note.total_cents if pay else 0)
    assert Invoice.get_by_id(invoice.id).balance_cents == 0


def test_a_file_twice_at_once(invoice: Invoice, world: World) -> None:
    content = f"number;paid_on;amount\n{invoice.number_text};{TODAY};{invoice.total_cents / 100}".encode()
    done = at_once(*[lambda: payment_file.record(content, by=world.staff).new] * 3)
    assert sorted(done) == [False, False, True]
    assert Payment.select().count() == 1


def test_taking_back_twice_at_once(invoice: Invoice, world: World) -> None:
    booking.mark([invoice.id], TODAY, by=world.staff)
    payment = Payment.get().id
    done = at_once(*[lambda: booking.take_back(payment, "Fout", by=world.staff)] * 3)
    assert sorted(done) == [False, False, True]
    assert Invoice.get().paid_on is None


def test_it_is_settled_on_the_day_on_which_it_was_covered(invoice: Invoice, world: World) -> None:
    half, late, early = invoice.total_cents // 2, TODAY - timedelta(2), TODAY - timedelta(9)

    def pay(on: date, cents: int) -> Invoice:
        seen = Invoice.get_by_id(invoice.id).settled_cents
        return booking.pay(invoice.id, on, cents, by=world.staff, seen=seen, is_sure=True)

    def settled_on() -> date | None:
        day: date | None = Invoice.get_by_id(invoice.id).paid_on
        return day

    pay(late, invoice.total_cents - half)
    assert settled_on() is None
    # What is recorded last need not be what came last.
    pay(early, half)
    assert settled_on() == late
    # Paid twice, and the first was somebody else's.
    pay(TODAY, invoice.total_cents)
    assert settled_on() == late
    booking.take_back(Payment.get(Payment.paid_on == late).id, "Van een ander", by=world.staff)
    assert settled_on() == TODAY


def test_only_the_agency(invoice: Invoice, world: World) -> None:
    with pytest.raises(Forbidden):
        booking.mark([invoice.id], TODAY, by=world.supervisor)
    with pytest.raises(Forbidden):
        booking.take_back(1, "Nee", by=world.supervisor)
    with pytest.raises(Forbidden):
        payment_file.record(b"", by=world.supervisor)
