"""The journal and its batches: every document once, every entry in balance, and the sums those of the invoices."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, time, timedelta
from functools import partial
from threading import Barrier
from typing import Any

import pytest

from konnekt.db import db
from konnekt.domain import clock
from konnekt.domain.invoices import issue
from konnekt.domain.payments import booking, books, journal
from konnekt.domain.records import books_settings
from konnekt.domain.refusals import Conflict, Forbidden, Invalid, NotFound, Refused
from konnekt.models import Event, Invoice, LedgerBatch, Organisation, Payment
from tests import books_cast
from tests.books_cast import TODAY, choose, invoice, make
from tests.factories import World

SIGN = {"invoice": 1, "credit_note": -1}


def sums(batches: list[LedgerBatch]) -> Counter[str]:
    """Debit less credit of each account."""
    found: Counter[str] = Counter()
    for batch in batches:
        for entry in books.entries(batch):
            for line in entry.lines:
                found[line.account] += line.cents
    return found


@pytest.mark.parametrize("seed", range(6))
def test_every_document_once_and_the_sums_are_those_of_the_invoices(world: World, seed: int) -> None:
    """Documents by chance, in three batches with one that is undone in between."""
    choose(world)
    batches = []
    for part in range(3):
        books_cast.live(world, seed * 10 + part)
        found = books.preview()
        assert found is not None
        if found.entries:
            undone = make(world.staff)
            books.undo(undone.id, "Te vroeg", by=world.staff)
            batches.append(make(world.staff))
            assert journal.stored(books.entries(batches[-1])) == journal.stored(books.entries(undone))
    assert batches
    entries = [entry for batch in batches for entry in books.entries(batch)]
    assert all(entry.is_balanced for entry in entries)
    sales = Counter(entry.invoice for entry in entries if entry.invoice is not None)
    assert sales == Counter(one.id for one in Invoice.select())
    paid = Counter(payment for entry in entries for payment in entry.payments)
    assert paid == Counter(one.id for one in Payment.select())
    for one in (*Invoice.select(), *Payment.select()):
        assert one.ledger_batch_id in {batch.id for batch in batches}
    # Added up again from the rows alone, by another way than the journal's.
    found = sums(batches)
    assert found["vat_account"] == -sum(SIGN[one.kind] * one.vat_cents for one in Invoice.select())
    for treatment in books_cast.TREATMENTS:
        net = sum(
            SIGN[one.kind] * one.net_cents for one in Invoice.select() if one.vat_treatment == treatment
        )
        assert found[f"revenue_{treatment}"] == -net
    assert found["debtors_account"] == sum(one.balance_cents for one in Invoice.select())
    assert found["bank_account"] == sum(one.amount_cents for one in Payment.select() if one.kind != "set_off")
    assert sum(found.values()) == 0
    # Of each document too: what its debtor owes in the books is what is open of it.
    open_of: Counter[str] = Counter()
    for entry in entries:
        for line in entry.lines:
            open_of[line.number] += line.cents if line.account == "debtors_account" else 0
    assert {one.number_text: open_of[one.number_text] for one in Invoice.select()} == {
        one.number_text: one.balance_cents for one in Invoice.select()
    }


def test_what_happens_by_chance_is_of_every_kind(world: World) -> None:
    """The test above would say nothing if chance never credited or took back."""
    for seed in range(6):
        books_cast.live(world, seed)
    kinds = {entry.kind for entry in journal.unbooked(choose(world)).entries}
    assert kinds == set(journal.WORDS)
    assert {one.kind for one in Payment.select().where(Payment.reverses.is_null(False))} == {
        "payment", "refund", "set_off",
    }  # fmt: skip


def test_an_invoice_and_its_credit_note(world: World) -> None:
    choose(world)
    one = invoice(world, 10_050)
    note = issue.credit(one.id, "Verkeerd", by=world.staff, on=TODAY)
    first, second, third = books.entries(make(world.staff))
    number = one.number_text
    assert [(line.account, line.cents, line.number) for line in first.lines] == [
        ("debtors_account", 12_161, number), ("revenue_standard", -10_050, ""), ("vat_account", -2111, ""),
    ]  # fmt: skip
    assert [(line.account, line.cents) for line in second.lines] == [
        ("debtors_account", -12_161), ("revenue_standard", 10_050), ("vat_account", 2111),
    ]  # fmt: skip
    assert [line.base_cents for line in second.lines] == [0, 0, 10_050]
    assert [(line.number, line.cents) for line in third.lines] == [
        (note.number_text, 12_161), (number, -12_161),
    ]  # fmt: skip
    assert (third.kind, len(third.payments)) == ("set_off", 2)


def test_what_is_taken_back_is_booked_on_the_day_of_that(world: World) -> None:
    choose(world)
    one = invoice(world, 1000)
    booking.pay(one.id, date(2026, 11, 2), 500, by=world.staff, seen=0)
    booking.take_back(Payment.get().id, "Vergist", by=world.staff)
    _sale, paid, back = books.entries(make(world.staff))
    assert (paid.on, back.on) == ("2026-11-02", "2026-11-30")
    assert [line.cents for line in back.lines] == [-500, 500]
    assert back.words == f"Terug: Betaling {one.number_text}"


def test_two_equal_set_offs_of_a_day_are_two_entries(world: World) -> None:
    choose(world)
    paid, open_one = invoice(world, 1000), invoice(world, 1000)
    booking.pay(paid.id, TODAY, 1810, by=world.staff, seen=0, is_sure=True)
    for seen in (1810, 1510):
        booking.set_off(paid.id, open_one.number_text, TODAY, 300, by=world.staff, seen=seen)
    entries = [one for one in books.entries(make(world.staff)) if one.kind == "set_off"]
    assert [len(one.payments) for one in entries] == [2, 2]
    assert all(one.is_balanced for one in entries)


def test_what_comes_to_nothing_is_in_a_batch_and_has_no_lines(world: World) -> None:
    choose(world)
    nothing = invoice(world, 0)
    batch = make(world.staff)
    (entry,) = books.entries(batch)
    assert (entry.lines, entry.amount_cents, batch.documents, batch.debit_cents) == ([], 0, 1, 0)
    assert Invoice.get_by_id(nothing.id).ledger_batch_id == batch.id


def test_who_makes_one_at_once(world: World) -> None:
    choose(world)
    books_cast.live(world, 1)
    found = books.preview()
    assert found is not None
    start = Barrier(4)

    def attempt(_number: int) -> bool:
        start.wait()
        try:
            return bool(books.make(by=world.staff, seen=found.fingerprint))
        except Conflict:
            return False
        finally:
            db.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(attempt, range(4))) == [False, False, False, True]
    assert LedgerBatch.select().count() == 1
    assert Event.select().where(Event.verb == "make_ledger_batch").count() == 1


def test_what_changed_since_is_asked_again(world: World) -> None:
    choose(world)
    invoice(world, 100)
    found = books.preview()
    assert found is not None
    for change in (lambda: invoice(world, 200), lambda: choose(world, vat_account="1501"),
                   lambda: books_cast.debtor(world, "FSE", "10004")):  # fmt: skip
        change()
        with pytest.raises(Conflict, match="changed since"):
            books.make(by=world.staff, seen=found.fingerprint)
        found = books.preview()
        assert found is not None
    batch = books.make(by=world.staff, seen=found.fingerprint)
    with pytest.raises(Conflict, match="nothing"):
        books.make(by=world.staff, seen=found.fingerprint)
    choose(world, vat_account="1502")
    assert books.find(batch.id).frozen["names"]["vat_account"] == "1501"


def test_what_is_missing_is_named_and_nothing_goes(world: World) -> None:
    empty = dict.fromkeys(
        (name for name in books_cast.CHOSEN if isinstance(books_cast.CHOSEN[name], str)), ""
    )

    def missing(**other: Any) -> list[str]:
        choose(world, **{**empty, "program": "neutral", **other})
        found = books.preview()
        assert found is not None
        return found.missing

    assert missing() == [], "nothing to go, nothing to ask"
    one = invoice(world, 100)
    assert missing() == ["debtors_account", "vat_account", "revenue_standard"]
    with pytest.raises(Conflict, match="missing"):
        make(world.staff)
    booking.pay(one.id, TODAY, 10, by=world.staff, seen=0)
    assert missing() == ["debtors_account", "bank_account", "vat_account", "revenue_standard"]
    assert missing(with_payments=False, program="twinfield", debtors_account="1300") == [
        "administration", "sales_journal", "vat_account", "revenue_standard", "vat_code_standard",
    ]  # fmt: skip
    Invoice.update(vat_treatment="exempt", vat_percent=0, vat_cents=0, total_cents=100).execute()
    assert missing(program="exact") == [
        "sales_journal", "payments_journal", "debtors_account", "bank_account", "revenue_exempt",
    ]  # fmt: skip


def test_what_is_not_in_balance_is_held_back_alone(world: World) -> None:
    """Half a set-off whose other half is nowhere; all else goes, and it is never said that a setting lacks."""
    choose(world)
    one, note = invoice(world, 100), invoice(world, 50)
    Payment.create(
        invoice=one, against=note, paid_on=TODAY, amount_cents=5, kind="set_off", recorded_at=clock.now()
    )
    booking.pay(note.id, TODAY, 7, by=world.staff, seen=0)
    found = books.preview()
    assert found is not None
    assert [(entry.number, entry.gap_cents) for entry in found.held] == [(one.number_text, 5)]
    assert not found.missing
    assert [entry.kind for entry in books.entries(make(world.staff))] == ["invoice", "invoice", "payment"]
    with pytest.raises(Conflict, match="held back"):
        make(world.staff)


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("taken_back", [False, True])
def test_a_set_off_across_midnight_of_the_first_day_goes_whole(
    world: World, first: int, taken_back: bool
) -> None:
    """Whichever half was recorded before it, as an older version could; equal ones of a day beside it."""
    choose(world, from_on=TODAY)
    before = clock.at(TODAY, time.min) - timedelta(seconds=1)
    paid, other = invoice(world, 1000), invoice(world, 1000)
    booking.pay(paid.id, TODAY, 2110, by=world.staff, seen=0, is_sure=True)
    for seen in (2110, 1810, 1510):
        booking.set_off(paid.id, other.number_text, TODAY, 300, by=world.staff, seen=seen)
    halves = list(Payment.select().where(Payment.kind == "set_off").order_by(Payment.id))
    assert len({one.recorded_at for one in halves}) == 1
    if taken_back:
        booking.take_back(halves[first].id, "Vergist", by=world.staff)
        halves = list(Payment.select().where(Payment.reverses.is_null(False)).order_by(Payment.id))
    Payment.update(recorded_at=before).where(Payment.id == halves[first].id).execute()
    entries = books.entries(make(world.staff))
    assert all(entry.is_balanced for entry in entries)
    assert Counter(one for entry in entries for one in entry.payments) == Counter(
        one.id for one in Payment.select()
    )
    found = books.preview()
    assert found is not None
    assert (found.entries, found.held) == ([], [])


def test_what_is_reverse_charged_abroad_has_a_code_of_its_own(world: World) -> None:
    choose(world, program="exact")
    frozen = {"seller": {"country": "NL"}, "buyer": {"country": "NL", "name": "x"}}
    invoice(world, 100, vat_treatment="reverse_charge", frozen=frozen)
    abroad = frozen | {"buyer": {"country": "BE", "name": "x"}}
    invoice(world, 100, vat_treatment="reverse_charge", frozen=abroad)
    invoice(world, 100, frozen=abroad)
    found = books.preview()
    assert found is not None
    assert found.missing == ["vat_code_reverse_charge_abroad"]
    choose(world, program="exact", vat_code_reverse_charge_abroad="ICP")
    lines = [line for entry in books.entries(make(world.staff)) for line in entry.lines if line.vat]
    assert [line.vat for line in lines] == [
        "reverse_charge", "reverse_charge_abroad", "standard", "standard",
    ]  # fmt: skip
    assert {line.account for line in lines[:2]} == {"revenue_reverse_charge"}


def test_from_the_first_day_on(world: World) -> None:
    """By when something was recorded: an invoice dated back stands in no bookkeeping yet."""
    choose(world, from_on=TODAY)
    before = invoice(world, 100, created_at=clock.now() - timedelta(days=1))
    back = invoice(world, 200, issued_on=date(2026, 11, 1))
    booking.pay(before.id, date(2026, 11, 2), 10, by=world.staff, seen=0)
    assert [(entry.kind, entry.number) for entry in books.entries(make(world.staff))] == [
        ("invoice", back.number_text), ("payment", before.number_text),
    ]  # fmt: skip


def test_without_payments(world: World) -> None:
    choose(world, with_payments=False)
    one = invoice(world, 100)
    booking.pay(one.id, TODAY, 10, by=world.staff, seen=0)
    assert [entry.kind for entry in books.entries(make(world.staff))] == ["invoice"]
    choose(world)
    assert [entry.kind for entry in books.entries(make(world.staff))] == ["payment"]


@pytest.mark.parametrize("most", [1, 2, 3, 4, 5, 7, 50])
def test_in_parts_nothing_is_lost_or_cut(world: World, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(journal, "MOST", most)
    choose(world)
    books_cast.live(world, 3, steps=40)
    held: list[journal.LedgerEntry] = []
    while (found := books.preview()) and found.entries:
        assert len(found.entries) <= most
        batch = make(world.staff)
        held += books.entries(batch)
    assert Counter(one.invoice for one in held if one.is_sale) == Counter(one.id for one in Invoice.select())
    assert Counter(one for entry in held for one in entry.payments) == Counter(
        one.id for one in Payment.select()
    )
    assert all(entry.is_balanced for entry in held)
    kinds = [entry.is_sale for entry in held]
    assert kinds == sorted(kinds, reverse=True), "no payment before its invoice"


def test_once_the_bookkeeping_has_it_it_stays(world: World) -> None:
    choose(world)
    one = invoice(world, 100)
    batch = make(world.staff)
    with pytest.raises(Invalid):
        books.undo(batch.id, " ", by=world.staff)
    books.hand_over(batch.id, by=world.staff)
    for verb in (lambda: books.undo(batch.id, "Toch niet", by=world.staff),
                 lambda: books.hand_over(batch.id, by=world.staff)):  # fmt: skip
        with pytest.raises(Conflict, match="has this batch"):
            verb()
    assert Invoice.get_by_id(one.id).ledger_batch_id == batch.id
    invoice(world, 200)
    other = make(world.staff)
    books.undo(other.id, "Te vroeg", by=world.staff)
    with pytest.raises(Conflict, match="undone already"):
        books.undo(other.id, "Nog eens", by=world.staff)
    with pytest.raises(Conflict, match="no file"):
        books.hand_out(other.id, "csv", by=world.staff)
    assert make(world.staff).number == 3
    with pytest.raises(NotFound):
        books.find(99)


def test_who_may(world: World) -> None:
    choose(world)
    invoice(world, 100)
    batch = make(world.staff)
    for who in (world.supervisor, books_cast.colleague("planning payroll administration reading")):
        verbs = [
            partial(make, who),
            partial(books.undo, batch.id, "x", by=who),
            partial(books.hand_over, batch.id, by=who),
            partial(books.hand_out, batch.id, "csv", by=who),
            partial(choose, replace(world, staff=who)),
            partial(books_cast.debtor, replace(world, staff=who), "FSE", "1"),
        ]
        for verb in verbs:
            with pytest.raises(Forbidden):
                verb()


def test_settings_are_changed_by_one_at_a_time(world: World) -> None:
    choose(world)
    with pytest.raises(Conflict):
        books_settings.change(books_cast.CHOSEN, seen="of another day", by=world.staff)
    for wrong in (
        {"from_on": None},
        {"program": "snelstart"},
        {"vat_account": "1" * 51},
        {"bank_account": "1\x00"},
    ):
        with pytest.raises(Refused) as refused:
            choose(world, **wrong)
        assert refused.value.status == 422
    event = Event.select().where(Event.verb == "change_books").get()
    assert event.after["debtors_account"] == "1300"


def test_a_debtor_has_a_number_of_its_own(world: World) -> None:
    choose(world)
    books_cast.debtor(world, "FSE", " 10004 ")
    invoice(world, 100)
    invoice(world, 100, world.law)
    assert [(one.code, one.debtor) for one in books.entries(make(world.staff))] == [
        ("FSE", "10004"), ("LAW", "LAW"),
    ]  # fmt: skip
    event = Event.select().where(Event.verb == "change_organisation").get()
    assert (event.organisation_id, event.after) == (
        Organisation.get(Organisation.code == "FSE").id, {"debtor_number": "10004"},
    )  # fmt: skip


def test_a_batch_may_be_of_many_millions(world: World) -> None:
    """More cents than 32 bits hold, as a thousand documents of 30,000 euro are."""
    choose(world)
    for _ in range(3):
        invoice(world, 900_000_000)
    batch = make(world.staff)
    assert LedgerBatch.get_by_id(batch.id).debit_cents == 3 * 1_089_000_000
