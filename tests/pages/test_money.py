"""What is received, to be paid and to be paid back: random stories, told again by a book of our own.

The book knows nothing of the domain: it adds up entries by hand, and says what list, sums, filters, files, pages
and the client's view must show, and which verbs must be refused.
"""

import csv
import html
import io
import random
import re
from dataclasses import dataclass, field
from datetime import date, timedelta

import pytest
from flask import Flask

from konnekt.domain import clock
from konnekt.domain.imports import payment_file
from konnekt.domain.invoices import issue
from konnekt.domain.payments import booking
from konnekt.domain.refusals import Refused
from konnekt.models import Document, Event, Invoice, Payment
from tests import invoice_cast
from tests.factories import World
from tests.visitor import Visitor

TODAY = date(2026, 11, 30)
STEPS = 60


@dataclass
class Entry:
    cents: int
    other: "Doc | None" = None
    row: int = 0
    stands: bool = True


@dataclass
class Doc:
    number: str
    kind: str
    total: int
    due: date
    credits: "Doc | None" = None
    credited_by: "Doc | None" = None
    entries: list[Entry] = field(default_factory=list)

    @property
    def settled(self) -> int:
        return sum(one.cents for one in self.entries)

    @property
    def to_pay(self) -> int:
        return max(0, self.total - self.settled) if self.kind == "invoice" else 0

    @property
    def to_return(self) -> int:
        return max(0, self.settled - self.total if self.kind == "invoice" else self.total + self.settled)

    @property
    def filters(self) -> set[str]:
        if self.kind == "credit_note":
            return {"credit_note"} | ({"to_return"} if self.to_return else set())
        found = {"credited"} if self.credited_by else {"paid"} if not self.to_pay else set()
        if self.to_pay:
            found = {"overdue" if self.due < TODAY else "open"} | ({"part"} if self.settled else set())
        return found | ({"to_return"} if self.to_return else set())

    @property
    def word(self) -> str:
        if self.kind == "credit_note":
            return "terug te betalen" if self.to_return else "creditnota"
        if self.to_return:
            return "te veel betaald"
        if self.credited_by:
            return "gecrediteerd"
        if not self.to_pay:
            return "betaald"
        words = (["vervallen"] if self.due < TODAY else []) + (["deels betaald"] if self.settled else [])
        return ", ".join(words) or "open"


class Story:
    """A random life of a few invoices of FSE, in the portal and in the book."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.chance, self.docs = world, random.Random(seed), {}
        self.rows_seen = 0

    def row(self, doc: Doc) -> Invoice:
        return Invoice.get(Invoice.number_text == doc.number)

    def print_(self, doc: Doc) -> None:
        for kind in ("pdf", "ubl"):
            Document.create(
                invoice=self.row(doc), kind=kind, file_name="x", media_type="x", sha256="", content=b"x",
                created_at=clock.now(),
            )  # fmt: skip

    def book(self, *entries: tuple[Doc, Entry]) -> None:
        """Note entries in the order in which the portal writes their rows."""
        rows = [row.id for row in Payment.select().order_by(Payment.id)][self.rows_seen :]
        assert len(rows) == len(entries)
        for row, (doc, entry) in zip(rows, entries, strict=True):
            entry.row = row
            doc.entries.append(entry)
        self.rows_seen += len(rows)

    def set_off(self, source: Doc, invoice: Doc, cents: int) -> tuple[tuple[Doc, Entry], tuple[Doc, Entry]]:
        return (source, Entry(-cents, invoice)), (invoice, Entry(cents, source))

    def pick(self, name: str = "number") -> Doc:
        """Any of them, but mostly one with something in this property."""
        those = [one for one in self.docs.values() if getattr(one, name) or self.chance.random() < 0.1]
        return self.chance.choice(those or list(self.docs.values()))

    def cents(self, most: int) -> int:
        """A part of it, all of it, or too much."""
        return self.chance.choice([1, max(most // 3, 1), max(most, 1), max(most, 1), most + 100])

    def issue(self) -> None:
        number, total = Invoice.select().count() + 1, self.chance.choice([0, 1, 10_000, 59_098, 9_999_999])
        due = TODAY + timedelta(self.chance.choice([-5, 0, 1, 30]))
        Invoice.create(
            year=2026, number=number, number_text=f"2026-{number:05d}", organisation=self.world.fse,
            pay_period=self.world.period, budget_number=self.world.fse_budget,
            budget_number_text=self.world.fse_budget.number, issued_on=min(due, TODAY), due_on=due, language="nl",
            vat_treatment="exempt", net_cents=total, vat_cents=0, total_cents=total, created_at=clock.now(),
            paid_on=None if total else TODAY,
            frozen={"sheets": [], "references": [], "buyer": {"name": "FSE"}},
        )  # fmt: skip
        self.docs[f"2026-{number:05d}"] = doc = Doc(f"2026-{number:05d}", "invoice", total, due)
        issue._next_number(TODAY)
        self.print_(doc)

    def pay(self) -> None:
        doc = self.pick()
        cents, is_sure = self.cents(doc.to_pay), self.chance.random() < 0.5
        is_twice = any(one.stands and one.cents == cents and not one.other for one in doc.entries)
        may = doc.kind == "invoice" and (is_sure or (cents <= doc.to_pay and not is_twice))
        verb = lambda: booking.pay(  # noqa: E731
            self.row(doc).id,
            TODAY,
            cents,
            "Met de hand",
            by=self.world.staff,
            seen=doc.settled,
            is_sure=is_sure,
        )
        if self.tried(verb, may):
            self.book((doc, Entry(cents)))

    def mark(self) -> None:
        some = [self.pick() for _ in range(2)]
        before = {one.number: one.to_pay for one in some}
        marked = booking.mark([self.row(one).id for one in some], TODAY, by=self.world.staff)
        paid = [self.docs[one.number_text] for one in marked.invoices]
        assert {one.number for one in paid} == {number for number, cents in before.items() if cents}
        self.book(*((one, Entry(one.to_pay)) for one in paid))

    def file(self) -> None:
        doc = self.pick()
        cents = self.cents(doc.to_pay)
        is_known = any(one.stands and one.cents == cents and not one.other for one in doc.entries)
        content = f"number;paid_on;amount\n{doc.number};{TODAY};{cents // 100},{cents % 100:02d}".encode()
        verb = lambda: payment_file.record(content, by=self.world.staff)  # noqa: E731
        may = is_known or (doc.kind == "invoice" and 0 < cents <= doc.to_pay)
        if self.tried(verb, may) and not is_known:
            self.book((doc, Entry(cents)))

    def refund(self) -> None:
        doc = self.pick("to_return")
        cents = self.cents(doc.to_return)
        verb = lambda: booking.refund(  # noqa: E731
            self.row(doc).id, TODAY, cents, by=self.world.staff, seen=doc.settled
        )
        if self.tried(verb, cents <= doc.to_return):
            self.book((doc, Entry(-cents)))

    def offset(self) -> None:
        source, invoice = self.pick("to_return"), self.pick("to_pay")
        cents = self.cents(min(source.to_return, invoice.to_pay))
        verb = lambda: booking.set_off(  # noqa: E731
            self.row(source).id, invoice.number, TODAY, cents, by=self.world.staff, seen=source.settled
        )
        if self.tried(verb, cents <= min(source.to_return, invoice.to_pay)):
            self.book(*self.set_off(source, invoice, cents))

    def credit(self) -> None:
        doc = self.pick()
        may = doc.kind == "invoice" and not doc.credited_by
        made: list[Invoice] = []
        verb = lambda: made.append(  # noqa: E731
            issue.credit(self.row(doc).id, "Fout", by=self.world.staff, on=TODAY, seen=doc.settled)
        )
        if self.tried(verb, may):
            note = Doc(made[0].number_text, "credit_note", doc.total, TODAY, credits=doc)
            self.docs[note.number], doc.credited_by = note, note
            self.book(*(self.set_off(note, doc, doc.to_pay) if doc.to_pay else ()))
            self.print_(note)

    def take_back(self) -> None:
        doc = self.pick("entries")
        entries = [one for one in doc.entries if one.stands]
        if not entries:
            return
        entry = self.chance.choice(entries)
        sides = [(doc, entry)]
        if entry.other:
            sides.append((entry.other, next(
                one for one in entry.other.entries
                if one.stands and one.other is doc and one.cents == -entry.cents
            )))  # fmt: skip
        is_automatic = entry.other is not None and (doc.credits is entry.other or entry.other.credits is doc)
        reversed_ = [(of, Entry(-one.cents, one.other, stands=False)) for of, one in sides]
        order: list[tuple[Doc, Entry]] = []
        may = not is_automatic
        for of, one in reversed_:
            left = of.settled + one.cents
            open_cents = max(0, of.total - left) if of.kind == "invoice" else 0
            may = may and (of.kind == "credit_note" or left >= 0)
            order.append((of, one))
            if of.credited_by and open_cents:
                may = may and open_cents <= of.credited_by.to_return
                order += self.set_off(of.credited_by, of, open_cents)
        verb = lambda: booking.take_back(entry.row, "Verkeerd", by=self.world.staff)  # noqa: E731
        if self.tried(verb, may):
            for _of, one in sides:
                one.stands = False
            self.book(*order)

    def tried(self, verb: object, may: bool) -> bool:
        before = self.facts()
        try:
            verb()  # type: ignore[operator]
        except Refused:
            assert not may
            assert self.facts() == before, "what is refused changes nothing"
            return False
        assert may
        return True

    def facts(self) -> tuple[int, int, list[tuple[int, object]]]:
        rows = Invoice.select(Invoice.settled_cents, Invoice.paid_on).order_by(Invoice.id).tuples()
        return Payment.select().count(), Event.select().count(), list(rows)


def euros(cents: int) -> str:
    sign = "\u2212" if cents < 0 else ""
    return f"€\xa0{sign}{abs(cents) // 100:,}".replace(",", ".") + f",{abs(cents) % 100:02d}"


def check_database(story: Story) -> None:
    for doc in story.docs.values():
        row = story.row(doc)
        summed = sum(one.amount_cents for one in Payment.select().where(Payment.invoice == row))
        assert (row.settled_cents, summed) == (doc.settled, doc.settled), doc.number
        assert (row.to_pay_cents, row.to_return_cents) == (doc.to_pay, doc.to_return)
        covered = not doc.to_pay if doc.kind == "invoice" else not doc.to_return
        assert (row.paid_on is not None) == covered
        assert not (doc.credited_by and doc.to_pay), "what is credited is not to be paid"


def check_screens(story: Story, visitor: Visitor) -> None:
    rows = csv.DictReader(
        io.StringIO(visitor.get("/invoices/list.csv").data.decode("utf-8-sig")), delimiter=";"
    )
    listed = {row["Nummer"]: row for row in rows}
    assert listed.keys() == story.docs.keys()
    for number, row in listed.items():
        doc = story.docs[number]
        amounts = [
            row[name] for name in ("Betaald of verrekend", "Te betalen", "Terug te betalen of te verrekenen")
        ]
        plain = [f"{'-' if one < 0 else ''}{abs(one) // 100},{abs(one) % 100:02d}"
                 for one in (doc.settled, doc.to_pay, doc.to_return)]  # fmt: skip
        assert (amounts, row["Status"]) == (plain, doc.word), number
    for state in ("", "open", "overdue", "paid", "credited", "credit_note", "part", "to_return"):
        found = [one for one in story.docs.values() if not state or state in one.filters]
        page = html.unescape(visitor.get(f"/invoices?state={state}").text)
        total = sum(one.total if one.kind == "invoice" else -one.total for one in found)
        due, back = sum(one.to_pay for one in found), sum(one.to_return for one in found)
        said = (
            f"{len(found)} factu{'ren' if len(found) != 1 else 'ur'} · {euros(total)}"
            if found
            else "past bij"
        )
        said += f" · te betalen: {euros(due)}" if due else ""
        said += f" · terug te betalen of te verrekenen: {euros(back)}" if back else ""
        sums = re.search(r'id="invoices-sums"[^>]*>(.*?)</p>', page, re.S)
        assert sums
        assert said in sums[1] if found else "Geen" in sums[1], state
        if found:
            assert sums[1].strip() == said, state
        assert set(re.findall(r">(2026-\d{5})</a>", page)) == {one.number for one in found}
    for doc in story.chance.sample(sorted(story.docs.values(), key=lambda one: one.number), 4):
        page = html.unescape(visitor.get(f"/invoices/{story.row(doc).id}").text)
        label, cents = ("Te betalen", doc.to_pay)
        if doc.kind == "credit_note" or doc.to_return:
            label, cents = ("Terug te betalen of te verrekenen", doc.to_return)
        assert f"<dt><b>{label}</b></dt><dd><b>{euros(cents)}</b></dd>" in page
        for word in doc.word.split(", "):
            assert f"</svg>{word}</span>" in page
        if doc.credited_by and doc.credited_by.to_return:
            assert f"{doc.credited_by.number}</a></dt><dd><b>{euros(doc.credited_by.to_return)}</b>" in page


@pytest.mark.parametrize("seed", range(3))
def test_every_screen_and_file_says_what_the_book_says(app: Flask, world: World, seed: int) -> None:
    invoice_cast.complete(world)
    story = Story(world, seed)
    steps = [story.pay, story.mark, story.file, story.refund, story.offset, story.credit, story.take_back]
    for _ in range(6):
        story.issue()
    for number in range(STEPS):
        story.chance.choice(
            [*steps, story.pay, story.take_back, *([story.issue] if number % 9 == 0 else [])]
        )()
        check_database(story)
    kinds = {one.kind for one in Payment.select(Payment.kind)}
    assert kinds == {"payment", "refund", "set_off"}
    assert Payment.select().where(Payment.reverses.is_null(False)).count() > 3
    for account in (world.staff, world.supervisor):
        check_screens(story, Visitor(app, account))
    shown = html.unescape(Visitor(app, world.staff).get("/bureau/payments").text)
    due = shown.partition('id="payments-to-return"')[0]
    back = shown.partition('id="payments-to-return"')[2].partition("</section>")[0]
    for doc in story.docs.values():
        assert (f">{doc.number}</a></th>" in due) == bool(doc.to_pay)
        assert (f">{doc.number}</a> <small>" in back) == bool(doc.to_return)
