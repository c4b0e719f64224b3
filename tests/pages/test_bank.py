"""/bureau/payments/bank: statements read once, what is sure booked, the rest decided by somebody."""

import html
import io
import random
import re
import time
from contextlib import suppress
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from playhouse.test_utils import count_queries

from konnekt.domain import paging
from konnekt.domain.imports import bank_statements
from konnekt.domain.payments import bank, booking
from konnekt.domain.refusals import Invalid
from konnekt.models import Agency, BankEntry, BudgetNumber, Event, Invoice, Payment
from tests import factories, invoice_cast
from tests.bank_files import DAY, Line, camt, mt940
from tests.factories import World
from tests.visitor import Visitor

HERE = "/bureau/payments/bank"
FORMATS = pytest.mark.parametrize("write", [camt, mt940], ids=["camt", "mt940"])


@pytest.fixture
def ready(world: World) -> World:
    """Three invoices: 2026-00001 of € 38,13, 2026-00002 of € 590,98 (FSE), 2026-00003 of € 76,25 (LAW)."""
    invoice_cast.complete(world)
    invoice_cast.approve(world.sheet, world.supervisor)
    budget = BudgetNumber.create(organisation=world.fse, number="0042.9")
    first = factories.assignment(factories.worker(), world.fse, budget)
    factories.sheet(first, world.period, {date(2026, 11, 3): 60}, state="approved")
    other = factories.assignment(factories.worker(), world.law, world.law_budget)
    factories.sheet(other, world.period, {date(2026, 11, 3): 120}, state="approved")
    assert [one.total_cents for one in invoice_cast.run()] == [3813, 59098, 7625]
    return world


@pytest.fixture
def staff(app: Flask, ready: World) -> Visitor:
    return Visitor(app, ready.staff)


def send(staff: Visitor, content: bytes, name: str = "statement.xml") -> Any:
    return staff.post(HERE, {"file": (io.BytesIO(content), name)}, content_type="multipart/form-data")


def page(staff: Visitor) -> str:
    return html.unescape(staff.get(HERE).text)


def open_cents() -> list[int]:
    return [one.balance_cents for one in Invoice.select().order_by(Invoice.number)]


def entry() -> BankEntry:
    (only,) = BankEntry.select()
    return only


def book(staff: Visitor, numbers: str, **more: str) -> Any:
    seen = str(entry().booked_cents)
    return staff.post(f"{HERE}/{entry().id}/book", {"numbers": numbers, "seen": seen, **more})


@FORMATS
def test_what_is_sure_is_booked_at_once_and_never_twice(staff: Visitor, write: Any) -> None:
    lines = [
        Line(3813, "Factuur 2026-00001"),
        Line(59098 + 0, "fact.nr 202600002 wk 45"),
        Line(7625, "2026 00003"),
    ]
    assert send(staff, write(*lines)).status_code == 303
    assert open_cents() == [0, 0, 0]
    assert [one.paid_on for one in Invoice.select()] == [DAY] * 3
    assert "3 betalingen geboekt, 0 regels wachten op u" in page(staff)
    for again in (write, camt, mt940):
        send(staff, again(*lines))
        assert Payment.select().count() == BankEntry.select().count() == 3
        assert "3 zijn al eerder gelezen" in page(staff)
    assert {event.source for event in Event.select().where(Event.verb == "pay")} == {"bank statement"}


@FORMATS
def test_several_invoices_of_one_organisation_in_one_payment(staff: Visitor, write: Any) -> None:
    send(staff, write(Line(3813 + 59098, "2026-00001, 2026-00002")))
    assert open_cents() == [0, 0, 7625]
    assert entry().booked_cents == 3813 + 59098


@FORMATS
@pytest.mark.parametrize(
    ("line", "why"),
    [
        (Line(3800, "2026-00001"), "minder dan er openstaat"),
        (Line(3813 + 1, "2026-00001"), "meer dan er openstaat"),
        (Line(1, "2026-00001"), "minder dan er openstaat"),
        (Line(3813 + 7625, "2026-00001 2026-00003"), "facturen van meer organisaties, of veel"),
        (Line(3813, "2026-00001 2026-00002"), "minder dan er openstaat"),
        (Line(7625, "dank u wel"), "geen nummer, het bedrag past"),
        (Line(7626, "dank u wel"), "geen factuur herkend"),
        (Line(3813, "2026-00099"), "geen nummer, het bedrag past"),
        (Line(3813, "klant 12026-000011"), "geen nummer, het bedrag past"),
    ],
)
def test_what_is_not_sure_waits(staff: Visitor, write: Any, line: Line, why: str) -> None:
    send(staff, write(line))
    assert open_cents() == [3813, 59098, 7625]
    assert why in page(staff)


def test_who_paid_for_another_organisation_before_is_asked_about(staff: Visitor) -> None:
    send(staff, camt(Line(3813, "2026-00001")))
    send(staff, camt(Line(7625, "2026-00003", on=DAY + timedelta(days=1))))
    assert open_cents() == [0, 59098, 7625]
    assert "betaald door wie eerder voor een andere organisatie betaalde" in page(staff)


def test_the_same_invoice_paid_twice_waits_the_second_time(staff: Visitor) -> None:
    send(staff, camt(Line(3813, "2026-00001", "A"), Line(3813, "2026-00001", "B")))
    assert open_cents()[0] == 0
    assert Payment.select().count() == 1
    assert "er staat niets van open" in page(staff)


def test_two_equal_payments_are_two_in_either_format(staff: Visitor) -> None:
    twice = [Line(1000, "zonder nummer"), Line(1000, "zonder nummer")]
    send(staff, camt(*twice))
    send(staff, camt(*twice))
    send(staff, mt940(*twice))
    assert BankEntry.select().count() == 2
    send(staff, camt(*twice, Line(1000, "zonder nummer")))
    assert BankEntry.select().count() == 3


def test_two_equal_payments_in_two_files_of_a_day_are_two_where_banks_tell_them_apart(staff: Visitor) -> None:
    """Without a reference of our bank's the payment's own tells: in each file it is the same."""
    morning, afternoon = (Line(1000, "zonder nummer", payment_id=one) for one in ("T1", "T2"))
    for lines in ([morning], [afternoon], [morning, afternoon], [afternoon]):
        send(staff, camt(*lines))
    assert BankEntry.select().count() == 2
    send(staff, camt(Line(1000, "zonder nummer", payment_id="NOTPROVIDED")))
    send(staff, camt(Line(1000, "zonder nummer")))
    assert BankEntry.select().count() == 3, "who says nothing of the kind is told by what is written"


def test_what_was_read_before_is_known_by_what_it_was_told_by_then(staff: Visitor) -> None:
    """The portal did not know a payment's own reference at first: the same statement adds nothing now."""
    send(staff, camt(Line(1000, "a"), Line(1000, "a"), Line(1000, "b")))
    lines = [Line(1000, words, payment_id=f"T{nth}") for nth, words in enumerate(("a", "a", "b"))]
    send(staff, camt(*lines))
    assert BankEntry.select().count() == 3
    send(staff, camt(*lines, Line(1000, "a", payment_id="T9")))
    assert BankEntry.select().count() == 4


def test_a_payment_of_which_less_is_told_stays_its_own(staff: Visitor) -> None:
    """Not the one that stands above it in a later file, which is told by more."""
    less, more = Line(1000, "zonder nummer"), Line(1000, "zonder nummer", payment_id="T1")
    for lines in ([less], [more, less], [less, more]):
        assert send(staff, camt(*lines)).status_code == 303
    assert BankEntry.select().count() == 2


def test_parts_of_two_batches_without_a_reference_are_not_the_same(staff: Visitor) -> None:
    def batch(name: str) -> bytes:
        """Two payments of € 10,00 in one amount, of somebody."""
        one = camt(Line(2000, "huur", name=name)).decode()
        detail = "<TxDtls>" + one.partition("<TxDtls>")[2].partition("</NtryDtls>")[0]
        part = detail.replace("</Refs>", '</Refs><Amt Ccy="EUR">10.00</Amt>')
        return one.replace(detail, part * 2).encode()

    for name in ("Een", "Twee", "Een"):
        send(staff, batch(name))
    assert [one.name for one in BankEntry.select().order_by(BankEntry.id)] == ["Een", "Een", "Twee", "Twee"]
    BankEntry.update(reference="#0", nth=0).where(
        BankEntry.id == BankEntry.select().order_by(BankEntry.id).get()
    ).execute()
    send(staff, batch("Een"))
    assert BankEntry.select().count() == 4, "as it was kept before"


def test_the_same_amount_of_somebody_else_in_the_other_format_is_another(staff: Visitor) -> None:
    send(staff, camt(Line(1000, "huur")))
    other = Line(1000, "huur", iban="NL32INGB0000012345")
    send(staff, mt940(other))
    assert BankEntry.select().count() == 2
    send(staff, camt(other, Line(1000, "huur")))
    send(staff, mt940(Line(1000, "huur"), other))
    assert BankEntry.select().count() == 2


@FORMATS
def test_money_that_went_out_is_kept_only_where_it_is_about_us(
    staff: Visitor, ready: World, write: Any
) -> None:
    send(staff, write(Line(-250000, "Salaris november"), Line(-3813, "2026-00001")))
    assert BankEntry.select().count() == 0
    booking.pay(1, DAY, 5000, by=ready.staff, seen=0, is_sure=True)
    send(staff, write(Line(-1187, "terug 2026-00001")))
    assert entry().booked_cents == -1187
    assert open_cents()[0] == 0
    assert Payment.select().where(Payment.kind == "refund").count() == 1


def test_a_part_is_booked_by_hand(staff: Visitor) -> None:
    send(staff, camt(Line(3000, "2026-00001")))
    assert book(staff, "2026-00001").status_code == 303
    assert open_cents()[0] == 813
    assert (entry().booked_cents, entry().open_cents) == (3000, 0)


def test_too_much_is_asked_about_and_then_stands_on_the_last(staff: Visitor) -> None:
    send(staff, camt(Line(5000, "2026-00001")))
    answer = book(staff, "2026-00001")
    assert answer.status_code == 422
    assert "meer dan er nog te betalen is" in html.unescape(answer.text)
    assert open_cents()[0] == 3813
    assert book(staff, "2026-00001", sure="y").status_code == 303
    assert open_cents()[0] == -1187


def test_too_much_is_asked_about_on_a_later_page_too(staff: Visitor) -> None:
    """What asks stands beside its own line: on another page nobody could answer it."""
    send(staff, camt(*[Line(100 + n, "huur") for n in range(paging.SIZE)], Line(5000, "2026-00001")))
    second = html.unescape(staff.get(f"{HERE}?page=2").text)
    (path,) = re.findall(r'action="([^"]+/book[^"]*)"', second)
    answer = staff.post(path, {"numbers": "2026-00001", "seen": "0"})
    assert answer.status_code == 422
    assert 'name="sure"' in answer.text
    assert 'value="2026-00001"' in answer.text
    (aside,) = re.findall(r'formaction="([^"]+)"', second)
    assert staff.post(aside, {"seen": "0"}).location.endswith("/bank?page=2")


@pytest.mark.parametrize(
    ("numbers", "said"),
    [("", ""), ("hallo", "Typ het nummer van een factuur"), ("2026-00042", "Er is geen factuur 2026-00042")],
)
def test_what_can_not_be_booked_keeps_what_was_typed(staff: Visitor, numbers: str, said: str) -> None:
    send(staff, camt(Line(5000, "dank")))
    answer = book(staff, numbers)
    assert answer.status_code == 422
    assert said in html.unescape(answer.text)
    assert f'value="{numbers}"' in answer.text
    assert f'href="#numbers-{entry().id}"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert open_cents() == [3813, 59098, 7625]


def test_nothing_is_open_any_more(staff: Visitor) -> None:
    send(staff, camt(Line(3813, "2026-00001"), Line(5000, "2026-00001")))
    waiting = BankEntry.get(BankEntry.amount_cents == 5000)
    answer = staff.post(f"{HERE}/{waiting.id}/book", {"numbers": "2026-00001", "seen": "0"})
    assert answer.status_code == 422
    assert "Van 2026-00001 staat niets open" in html.unescape(answer.text)


def test_an_old_page_books_nothing(staff: Visitor) -> None:
    send(staff, camt(Line(3000, "2026-00001")))
    assert book(staff, "2026-00001").status_code == 303
    answer = staff.post(f"{HERE}/{entry().id}/book", {"numbers": "2026-00002", "seen": "0"})
    assert answer.status_code == 409
    assert open_cents() == [813, 59098, 7625]


def test_set_aside_and_put_back(staff: Visitor) -> None:
    send(staff, camt(Line(3000, "huur")))
    path = f"{HERE}/{entry().id}"
    assert staff.post(f"{path}/set-aside", {"seen": "0"}).status_code == 303
    assert "Niets wacht" in page(staff)
    assert staff.post(f"{path}/set-aside", {"seen": "0"}).status_code == 409
    assert book(staff, "2026-00001").status_code == 409
    assert staff.post(f"{path}/put-back").status_code == 303
    assert staff.post(f"{path}/put-back").status_code == 404
    assert "geen factuur herkend" in page(staff)


def test_a_payment_that_is_taken_back_waits_again(staff: Visitor, ready: World) -> None:
    send(staff, camt(Line(3813, "2026-00001")))
    booking.take_back(Payment.get().id, "verkeerde factuur", by=ready.staff)
    assert (entry().booked_cents, open_cents()[0]) == (0, 3813)
    assert "Nog te beslissen" in page(staff)
    assert "2026-00001" in page(staff)
    send(staff, camt(Line(3813, "2026-00001")))
    assert (BankEntry.select().count(), open_cents()[0]) == (1, 3813), "reading again books nothing"


def test_a_payment_that_is_taken_back_waits_again_where_its_rest_was_set_aside(
    staff: Visitor, ready: World
) -> None:
    send(staff, camt(Line(3813 + 59098, "2026-00001 2026-00002")))
    first, second = Payment.select().order_by(Payment.id)
    booking.take_back(second.id, "verkeerde factuur", by=ready.staff)
    bank.set_aside(entry().id, by=ready.staff, seen=3813)
    booking.take_back(first.id, "verkeerde factuur", by=ready.staff)
    assert (entry().booked_cents, entry().open_cents) == (0, 3813 + 59098)
    assert bank.waiting().count == 1


@FORMATS
def test_a_credit_that_the_bank_takes_back_is_money_out_and_waits(staff: Visitor, write: Any) -> None:
    taken_back = write(Line(-3813, "2026-00001", "R2"))
    taken_back = taken_back.replace(b"27D38,13", b"27RC38,13")
    taken_back = taken_back.replace(b"</CdtDbtInd>", b"</CdtDbtInd><RvslInd>true</RvslInd>")
    send(staff, taken_back)
    assert (entry().amount_cents, open_cents()[0]) == (-3813, 3813), "it pays nothing"
    send(staff, write(Line(3813, "2026-00001", "R1")))
    send(staff, taken_back)
    assert (BankEntry.select().count(), open_cents()[0]) == (2, 0)
    assert bank.waiting().count == 1
    assert "2026-00001" in page(staff)


def test_a_debit_that_the_bank_takes_back_is_money_in(staff: Visitor) -> None:
    send(staff, mt940(Line(-3813, "geweigerd")).replace(b"27D38,13", b"27RD38,13"))
    assert (entry().amount_cents, entry().booked_cents) == (3813, 0)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (camt(Line(3813, "2026-00001"), iban="NL20INGB0001234567"), "van rekening NL20INGB0001234567"),
        (mt940(Line(3813, "2026-00001"), iban="NL20INGB0001234567"), "van rekening NL20INGB0001234567"),
        (camt(Line(3813, "2026-00001"), currency="USD"), "niet in euro"),
        (mt940(Line(3813, "2026-00001"), currency="USD"), "niet in euro"),
        (camt(Line(3813, "2026-00001"))[:-40], "geen bankafschrift"),
        (b"", "geen bankafschrift"),
        (b"<html><body>Log in</body></html>", "geen bankafschrift"),
        (b"number;paid_on;amount\n", "geen bankafschrift"),
        (b"\x00\xff\xfe" * 100, "geen bankafschrift"),
        (camt(Line(3813, "2026-00001")).replace(b">38.13<", b">38.135<"), "Regel 1"),
        (camt(Line(3813, "2026-00001")).replace(b">38.13<", b">NaN<"), "Regel 1"),
        (camt(Line(3813, "2026-00001")).replace(b"CRDT", b"BOTH"), "Regel 1"),
        (camt(Line(3813, "2026-00001", on=date(2026, 12, 24))), "nog moet komen"),
        (
            b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]>' + camt(Line(3813, "&a;")).partition(b"\n")[2],
            "geen bankafschrift",
        ),
    ],
)
def test_a_file_that_is_not_right_books_nothing(staff: Visitor, content: bytes, said: str) -> None:
    answer = send(staff, content)
    assert answer.status_code == 422
    assert said in html.unescape(answer.text)
    assert (BankEntry.select().count(), Payment.select().count()) == (0, 0)


def test_what_is_only_announced_is_not_booked(staff: Visitor) -> None:
    send(staff, camt(Line(3813, "2026-00001"), status="PDNG"))
    assert BankEntry.select().count() == 0


def test_without_an_iban_of_the_agency_nothing_is_read(staff: Visitor) -> None:
    Agency.update(iban="").execute()
    answer = send(staff, camt(Line(3813, "2026-00001")))
    assert (answer.status_code, "nog geen IBAN" in html.unescape(answer.text)) == (422, True)


def test_text_of_a_statement_is_text(staff: Visitor) -> None:
    send(staff, camt(Line(100, "<script>alert(1)</script> \u202e", name="<b>Jan</b>")))
    assert "<script>alert" not in staff.get(HERE).text
    assert "<b>Jan</b>" not in staff.get(HERE).text


def test_a_fixed_number_of_statements_whatever_waits(staff: Visitor) -> None:
    def asked() -> int:
        with count_queries() as counted:
            staff.get(HERE)
        return counted.count

    send(staff, camt(Line(5000, "2026-00001", "A"), Line(7625, "dank", "B")))
    few = asked()
    send(staff, camt(*(Line(5000 + n, f"2026-0000{1 + n % 3}", f"C{n}") for n in range(40))))
    assert asked() == few


def test_a_thousand_lines(ready: World) -> None:
    """Invoices and payments drawn by chance, beside a book of its own of what each line was meant for."""
    chance = random.Random(16)
    template = Invoice.select().where(Invoice.organisation == ready.fse).dicts().first()
    rows = []
    for number in range(101, 901):
        cents = chance.randrange(1000, 900000)
        rows.append({
            **{name: value for name, value in template.items() if name != "id"}, "number": number,
            "number_text": f"2026-{number:05d}", "net_cents": cents, "vat_cents": 0, "total_cents": cents,
            "settled_cents": 0, "paid_on": None,
            "organisation": chance.choice([ready.fse.id, ready.law.id]),
        })  # fmt: skip
    for start in range(0, len(rows), 100):
        Invoice.insert_many(rows[start : start + 100]).execute()
    accounts = {ready.fse.id: "NL20INGB0001234567", ready.law.id: "NL02RABO0123456789"}
    meant: dict[str, list[int]] = {}
    lines = []
    for position, row in enumerate(rows):
        kind = chance.choice(("exact", "exact", "exact", "part", "over", "nameless"))
        written = chance.choice(("2026-{0:05d}", "fact 2026{0:05d}.", "nr. 2026 {0:05d}/dank"))
        words = "dank u wel" if kind == "nameless" else written.format(row["number"])
        cents = row["total_cents"] + {"part": -1, "over": 1}.get(kind, 0)
        if kind == "exact":
            meant[row["number_text"]] = [cents]
        on = DAY - timedelta(days=position % 5)
        lines.append(Line(cents, words, f"R{position}", iban=accounts[row["organisation"]], on=on))
    lines += [Line(chance.randrange(100, 900), "gift", f"G{n}") for n in range(200)]
    chance.shuffle(lines)
    content, began = camt(*lines), time.process_time()
    done = bank.read(bank_statements.read(content), by=ready.staff)
    assert time.process_time() - began < 5, "of the processor: a busy machine says nothing"
    booked: dict[str, list[int]] = {}
    for payment in done.booked:
        booked.setdefault(payment.invoice.number_text, []).append(payment.amount_cents)
    assert booked == meant
    assert done.waiting == 1000 - len(meant)
    again = bank.read(bank_statements.read(mt940(*lines)), by=ready.staff)
    assert (again.booked, again.waiting, again.read_before) == ([], 0, 1000)


def test_a_damaged_file_is_refused_or_read_and_never_breaks(ready: World) -> None:
    for seed in range(300):
        chance = random.Random(seed)
        content = bytearray(chance.choice((camt, mt940))(Line(3813, "2026-00001"), Line(100, "gift")))
        for _ in range(chance.randrange(1, 12)):
            content[chance.randrange(len(content))] = chance.randrange(256)
        with suppress(Invalid):
            assert {line.format for line in bank_statements.read(bytes(content))} <= {"camt", "mt940"}
