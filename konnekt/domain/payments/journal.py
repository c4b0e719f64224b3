"""Invoices, credit notes and payments as entries of a journal: what each debits and credits, to the cent.

An invoice debits the debtors with its total and credits revenue and VAT; a credit note does the opposite, on
the same accounts. Money in debits the bank and credits the debtors, money back the opposite. A set-off moves
an amount from one document to another, both of the same debtor. What takes an entry back is its opposite, on
the day on which it was taken back: its own day may be in a month that is closed in the books.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date, time
from typing import Any

from peewee import JOIN, fn

from konnekt.domain import clock
from konnekt.domain.invoices import parties, settling
from konnekt.models import Invoice, LedgerSettings, Organisation, Payment

# As many documents as a batch takes at once, so that its page and files are made within a request (a workbook
# takes longest: a second for 3,200 lines).
MOST = 1_000
# What an entry is called in Dutch books, with the number of its document behind it.
WORDS = {
    "invoice": "Factuur",
    "credit_note": "Creditnota",
    "payment": "Betaling",
    "refund": "Terugbetaling",
    "set_off": "Verrekening",
}


@dataclass(frozen=True)
class LedgerLine:
    """One line. account: the column of LedgerSettings that says which; cents: above zero is debit.

    number: the document whose debtor's balance it moves, empty on other accounts. vat: its VAT treatment, as
    the columns vat_code_* call it.
    base_cents: of VAT, what it was computed on, with the sign of the line.
    """

    account: str
    cents: int
    number: str = ""
    vat: str = ""
    base_cents: int = 0


@dataclass
class LedgerEntry:
    """A document as the books have it; all plain values, as a batch keeps them. Days are ISO text.

    kind: of WORDS; number: of the document, of a set-off the one that it was recorded on. code, debtor, name:
    of the organisation. invoice, payments: the rows that it is of.
    """

    kind: str
    number: str
    on: str
    due_on: str
    code: str
    debtor: str
    name: str
    words: str
    vat_percent: int = 0
    lines: list[LedgerLine] = field(default_factory=list)
    invoice: int | None = None
    payments: list[int] = field(default_factory=list)

    @property
    def is_balanced(self) -> bool:
        """Whether what it debits is what it credits."""
        return sum(line.cents for line in self.lines) == 0

    @property
    def gap_cents(self) -> int:
        """By how much debit and credit differ."""
        return abs(sum(line.cents for line in self.lines))

    @property
    def debit_cents(self) -> int:
        """All that it debits."""
        return sum(max(line.cents, 0) for line in self.lines)

    @property
    def amount_cents(self) -> int:
        """What people call its amount: of a credit note and of money that goes back below zero."""
        shown = "debtors_account" if self.is_sale else "bank_account"
        cents = [line.cents for line in self.lines if line.account == shown]
        return sum(cents) if cents or self.is_sale else self.debit_cents

    @property
    def day(self) -> date:
        """The day on which it is booked."""
        return date.fromisoformat(self.on)

    @property
    def is_sale(self) -> bool:
        """Whether it stands in the journal of sales."""
        return self.invoice is not None


@dataclass(frozen=True)
class Unbooked:
    """What did not go to the bookkeeping yet, at most MOST documents; has_more: more than that.

    held: what debits something else than it credits, and so does not go; nothing else waits for it.
    """

    entries: list[LedgerEntry]
    has_more: bool = False
    held: list[LedgerEntry] = field(default_factory=list)


def unbooked(settings: LedgerSettings) -> Unbooked:
    """The documents that no batch holds, invoices first: two statements, three with half a set-off.

    A payment never goes before its invoice, where both are to go. An invoice is always in balance: a CHECK.
    """
    since = clock.at(settings.from_on, time.min)
    sales = _sales(since)
    entries = [_of_invoice(one) for one in sales[:MOST]]
    if len(sales) > MOST or not settings.with_payments:
        return Unbooked(entries, len(sales) > MOST)
    left = MOST - len(entries)
    rows = _payments(since, 2 * left + 2)
    paid = _of_payments(rows)
    # The other half of a set-off may stand behind what was read, or before the first day: they go together.
    halves = [payment for one in paid if not one.is_balanced for payment in one.payments]
    read = {row.id for row in rows}
    if halves:
        paid = _of_payments(rows + [one for one in _other_halves(halves) if one.id not in read])
    balanced = [one for one in paid if one.is_balanced]
    is_cut = len(rows) == 2 * left + 2
    held = [one for one in paid if not one.is_balanced and read.intersection(one.payments)]
    return Unbooked(entries + balanced[:left], len(balanced) > left or is_cut, held)


def _sales(since: Any) -> list[Invoice]:
    columns = (
        Invoice.id, Invoice.kind, Invoice.number_text, Invoice.issued_on, Invoice.due_on, Invoice.net_cents,
        Invoice.budget_number_text, Invoice.vat_treatment, Invoice.vat_percent, Invoice.vat_cents,
        Invoice.total_cents, Organisation.code, Organisation.name, Organisation.debtor_number,
        Invoice.frozen.path("seller", "country").as_text().alias("seller_country"),
        Invoice.frozen.path("buyer", "country").as_text().alias("buyer_country"),
    )  # fmt: skip
    is_new = Invoice.ledger_batch.is_null() & (Invoice.created_at >= since)
    query = Invoice.select(*columns).join(Organisation).where(is_new)
    return list(query.order_by(Invoice.created_at, Invoice.id).limit(MOST + 1))


def _payments(since: Any, most: int) -> list[Payment]:
    is_new = Payment.ledger_batch.is_null() & (Payment.recorded_at >= since)
    return list(_read_payments(is_new).limit(most))


def _other_halves(halves: list[int]) -> list[Payment]:
    """What could be the other half of these: one statement. Equal ones of a day may be any of them."""
    half = Payment.alias()
    is_other = (
        (Payment.invoice == half.against) & (Payment.against == half.invoice)
        & (Payment.amount_cents + half.amount_cents == 0) & (Payment.paid_on == half.paid_on)
        & (Payment.reverses.is_null() == half.reverses.is_null())
    )  # fmt: skip
    wanted = half.select(half.id).where(half.id.in_(halves) & is_other)
    return list(_read_payments(Payment.ledger_batch.is_null() & fn.EXISTS(wanted)))


def _read_payments(condition: Any) -> Any:
    columns = (
        Payment, Invoice.id, Invoice.number_text, settling.OTHER.id, settling.OTHER.number_text,
        Organisation.code, Organisation.name, Organisation.debtor_number,
    )  # fmt: skip
    query = (
        Payment.select(*columns)
        .join(Invoice, on=(Payment.invoice == Invoice.id))
        .join(Organisation)
        .switch(Payment)
        .join(settling.OTHER, JOIN.LEFT_OUTER, on=(Payment.against == settling.OTHER.id), attr="against")
    )
    return query.where(condition).order_by(Payment.recorded_at, Payment.id)


def _of_invoice(one: Invoice) -> LedgerEntry:
    sign = -1 if one.kind == "credit_note" else 1
    net, vat, treatment = sign * one.net_cents, sign * one.vat_cents, one.vat_treatment
    entry = _entry(one.kind, one.number_text, one.issued_on, one.organisation)
    entry.due_on, entry.vat_percent, entry.invoice = one.due_on.isoformat(), one.vat_percent, one.id
    entry.words = f"{entry.words} {parties.clean(one.budget_number_text)}"
    entry.lines = _lines(
        LedgerLine("debtors_account", sign * one.total_cents, one.number_text),
        LedgerLine(f"revenue_{treatment}", -net, vat=_vat(one)),
        LedgerLine("vat_account", -vat, vat=_vat(one), base_cents=-net),
    )
    return entry


def _vat(one: Invoice) -> str:
    """Its VAT treatment; what is reverse charged abroad stands elsewhere in the VAT return."""
    is_abroad = one.vat_treatment == "reverse_charge" and one.buyer_country != one.seller_country
    return f"{one.vat_treatment}{'_abroad' * is_abroad}"


def _of_payments(rows: Iterable[Payment]) -> list[LedgerEntry]:
    """Entries in the order of recording; the two sides of a set-off are one, where its first side stands."""
    entries: list[LedgerEntry] = []
    halves: dict[tuple[Any, ...], list[LedgerEntry]] = {}
    for row in rows:
        if row.against is None:
            entries.append(_of_payment(row))
            continue
        both = frozenset((row.invoice_id, row.against_id))
        key = (both, row.paid_on, row.reverses_id is None)
        other = (*key, -row.amount_cents, row.against_id)
        line = LedgerLine("debtors_account", -row.amount_cents, row.invoice.number_text)
        if halves.get(other):
            entry = halves[other].pop(0)
            entry.lines.append(line)
            entry.payments.append(row.id)
            continue
        entry = _paid(row)
        entry.lines = [line]
        entries.append(entry)
        halves.setdefault((*key, row.amount_cents, row.invoice_id), []).append(entry)
    return entries


def _of_payment(row: Payment) -> LedgerEntry:
    entry = _paid(row)
    entry.lines = _lines(
        LedgerLine("bank_account", row.amount_cents),
        LedgerLine("debtors_account", -row.amount_cents, row.invoice.number_text),
    )
    return entry


def _paid(row: Payment) -> LedgerEntry:
    is_reversal = row.reverses_id is not None
    on = clock.local(row.recorded_at).date() if is_reversal else row.paid_on
    entry = _entry(row.kind, row.invoice.number_text, on, row.invoice.organisation)
    if row.against is not None:
        entry.words = f"{entry.words} {row.against.number_text}"
    if is_reversal:
        entry.words = f"Terug: {entry.words}"
    entry.payments = [row.id]
    return entry


def _entry(kind: str, number: str, on: date, place: Organisation) -> LedgerEntry:
    code, name = parties.clean(place.code), parties.clean(place.name)
    debtor = parties.clean(place.debtor_number) or code
    day = on.isoformat()
    return LedgerEntry(kind, number, day, day, code, debtor, name, f"{WORDS[kind]} {number}")


def _lines(*lines: LedgerLine) -> list[LedgerLine]:
    """Without those of nothing: no program takes a line of 0.00."""
    return [line for line in lines if line.cents]


def stored(entries: Iterable[LedgerEntry]) -> list[dict[str, Any]]:
    """Entries as a batch keeps them."""
    return [asdict(entry) for entry in entries]


def read(entries: Iterable[dict[str, Any]]) -> list[LedgerEntry]:
    """Entries that a batch kept."""
    return [
        LedgerEntry(**{**entry, "lines": [LedgerLine(**line) for line in entry["lines"]]})
        for entry in entries
    ]
