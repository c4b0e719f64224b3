"""Payments: marking invoices paid, part payments by hand, money back, set-offs, and taking one back.

A credit note is never paid: what it takes back is paid back or set off (invoices/settling.py).
What was recorded stays; what was wrong is taken back by an entry that reverses it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from konnekt.db import hold, transaction
from konnekt.domain import clock, events
from konnekt.domain.accounts import agency_roles
from konnekt.domain.invoices import settling
from konnekt.domain.refusals import Conflict, Invalid, NotFound, Refused, ask
from konnekt.domain.text_fields import checked_reason
from konnekt.models import Account, BankEntry, Invoice, Payment

LONGEST_NOTE = 200


@dataclass
class Marked:
    """What came of marking invoices paid: those that are, and why the others are not, by number."""

    invoices: list[Invoice] = field(default_factory=list)
    refused: dict[str, Refused] = field(default_factory=dict)


def mark(numbers: Iterable[int], on: date, *, by: Account) -> Marked:
    """Mark invoices (their ids) as paid in full on a day; a refused one does not undo the others.

    Raises Invalid for a day that is still to come and where none is chosen.
    """
    must_be_agency_staff(by)
    _must_have_come(on)
    ids = sorted(set(numbers))
    if not ids:
        raise Invalid("Tick the invoices that were paid.", field="on")
    marked = Marked()
    with transaction():
        # Nobody pays or credits in between.
        hold("invoices")
        for invoice in list(Invoice.select().where(Invoice.id.in_(ids)).order_by(Invoice.id)):
            try:
                receive(invoice, on, invoice.to_pay_cents, by=by)
                marked.invoices.append(invoice)
            except Refused as refusal:
                marked.refused[invoice.number_text] = refusal
    return marked


def receive(
    invoice: Invoice,
    on: date,
    cents: int,
    *,
    by: Account | None,
    source: str = "",
    batch: str = "",
    note: str = "",
    is_sure: bool = False,
    entry: BankEntry | None = None,
) -> Payment:
    """Record money that came in for an invoice, at most what is still to be paid unless is_sure.

    In the caller's transaction, which holds "invoices". Raises Conflict for what is paid, credited or a
    credit note already, and for more than is open. entry: what it came in by, which may be more than is open.
    """
    is_sure = is_sure or entry is not None
    if invoice.kind == "credit_note" or (not is_sure and not 0 < cents <= invoice.to_pay_cents):
        raise why_not(invoice)
    payment = settling.enter(invoice, cents, on, by=by, note=note, bank_entry=entry)
    after = {"paid_on": on.isoformat(), "amount_cents": cents, "open_cents": invoice.balance_cents}
    events.record("pay", by=by, source=source, batch=batch, invoice=invoice, reason=note, after=after)
    return payment


def why_not(invoice: Invoice) -> Conflict:
    """Why nothing, or not this much, can be received for an invoice."""
    if invoice.kind == "credit_note":
        return Conflict("A credit note is settled, not paid.")
    if credit_note_of(invoice):
        return Conflict("This invoice is credited.")
    if invoice.is_settled:
        return Conflict("This invoice is paid already.")
    return Conflict("This is more than is open.")


def pay(
    invoice: int, on: date, cents: int, note: str = "", *, by: Account, seen: int, is_sure: bool = False
) -> Invoice:
    """Record by hand what came in for an invoice, all of it or a part.

    seen: what was settled of it when it was shown. Asks first (refusals.ask) where it is more than is open,
    or stands there already.
    """
    with transaction():
        document = _asked(invoice, on, cents, note, by, seen)
        if document.kind == "credit_note":
            raise why_not(document)
        warnings = []
        if cents > document.to_pay_cents:
            warnings.append(
                Invalid("This is more than is still to be paid: the rest would be to be paid back.")
            )
        if live(Payment.invoice == document, Payment.paid_on == on, Payment.amount_cents == cents):
            warnings.append(Invalid("A payment of this amount on this day is recorded already."))
        ask(warnings, is_sure=is_sure)
        receive(document, on, cents, by=by, note=note.strip(), is_sure=True)
    return document


def give_back(
    document: Invoice,
    on: date,
    cents: int,
    *,
    by: Account,
    source: str = "",
    batch: str = "",
    note: str = "",
    entry: BankEntry | None = None,
) -> Payment:
    """Record money that went back for a document, at most what is to be paid back of it.

    In the caller's transaction, which holds "invoices".
    """
    if not 0 < cents <= document.to_return_cents:
        raise Invalid("This is more than is to be paid back.", field="amount")
    payment = settling.enter(document, -cents, on, by=by, kind="refund", note=note, bank_entry=entry)
    after = {"paid_on": on.isoformat(), "amount_cents": cents, "open_cents": document.balance_cents}
    events.record("refund", by=by, source=source, batch=batch, invoice=document, reason=note, after=after)
    return payment


def refund(document: int, on: date, cents: int, note: str = "", *, by: Account, seen: int) -> Invoice:
    """Record by hand what was paid back of a credit note, or of an invoice that was paid too much for."""
    with transaction():
        source = _asked(document, on, cents, note, by, seen)
        give_back(source, on, cents, by=by, note=note.strip())
    return source


def set_off(
    document: int, with_number: str, on: date, cents: int, note: str = "", *, by: Account, seen: int
) -> Invoice:
    """Set off what is to be paid back with an open invoice of the same organisation (its number)."""
    with transaction():
        source = _asked(document, on, cents, note, by, seen)
        invoice: Invoice | None = Invoice.get_or_none(
            (Invoice.number_text == with_number) & (Invoice.organisation == source.organisation_id)
        )
        if invoice is None or not invoice.to_pay_cents:
            raise Invalid("Choose an invoice that is still to be paid.", field="invoice")
        if cents > source.to_return_cents:
            raise Invalid("This is more than is to be paid back.", field="amount")
        if cents > invoice.to_pay_cents:
            raise Invalid("This is more than is open.", field="amount")
        settling.set_off(source, invoice, cents, on, by=by, note=note.strip())
        for one, other in ((source, invoice), (invoice, source)):
            after = {"paid_on": on.isoformat(), "amount_cents": cents, "with": other.number_text}
            events.record("set_off", by=by, invoice=one, reason=note.strip(), after=after)
    return source


def _asked(document: int, on: date, cents: int, note: str, by: Account, seen: int) -> Invoice:
    """The fresh row that a form by hand is about, as it was shown; holds "invoices" from here on."""
    must_be_agency_staff(by)
    _must_have_come(on)
    if cents <= 0:
        raise Invalid("Type an amount above zero.", field="amount")
    if len(note.strip()) > LONGEST_NOTE:
        raise Invalid("Type at most %(count)s characters.", field="note", count=LONGEST_NOTE)
    hold("invoices")
    row: Invoice | None = Invoice.get_or_none(Invoice.id == document)
    if row is None:
        raise NotFound("This invoice does not exist, or not for you.")
    if row.settled_cents != seen:
        raise Conflict("Somebody recorded something else for it since. Look at it, then go on.")
    return row


def take_back(payment: int, reason: str, *, by: Account) -> Invoice:
    """Take back an entry that was recorded by mistake, by one that reverses it; a set-off on both sides.

    Raises Invalid without a reason, NotFound where it is not there or was taken back, Conflict where other
    entries rest on it.
    """
    must_be_agency_staff(by)
    reason = checked_reason(reason)
    with transaction():
        hold("invoices")
        entry = next(iter(live(Payment.id == payment)), None)
        if entry is None:
            raise NotFound("This payment is not known, or was taken back already.")
        if entry.against and entry.invoice in (entry.against.credits, *entry.against.credit_notes):
            raise Conflict("This was set off by crediting the invoice: it stays.")
        at = clock.now()
        for one in (entry, *_other_side(entry)):
            _reverse(one, reason, by, at)
    document: Invoice = entry.invoice
    return document


def _other_side(of: Payment) -> list[Payment]:
    """The entry of a set-off on the other document; equal ones are the same."""
    if of.against is None:
        return []
    return live(
        Payment.invoice == of.against, Payment.against == of.invoice,
        Payment.amount_cents == -of.amount_cents, Payment.paid_on == of.paid_on,
    )[:1]  # fmt: skip


def _reverse(entry: Payment, reason: str, by: Account, at: datetime) -> None:
    document = Invoice.get_by_id(entry.invoice_id)
    if document.kind == "invoice" and document.settled_cents < entry.amount_cents:
        raise Conflict("Money of it was paid back or set off: take that back first.")
    settling.enter(
        document, -entry.amount_cents, entry.paid_on, by=by, kind=entry.kind,
        against=entry.against, reverses=entry, note=reason, recorded_at=at,
    )  # fmt: skip
    if entry.bank_entry_id:
        # What stood on the statement waits again, also where only its rest was for no invoice.
        booked = BankEntry.booked_cents - entry.amount_cents
        rest = {BankEntry.booked_cents: booked, BankEntry.set_aside_at: None}
        BankEntry.update(rest).where(BankEntry.id == entry.bank_entry_id).execute()
    # A credited invoice has nothing to be paid: what is open again goes off its credit note.
    note = credit_note_of(document)
    cancelled = settling.cancel_out(document, note, clock.today(), by=by) if note else 0
    before = {"paid_on": entry.paid_on.isoformat(), "amount_cents": abs(entry.amount_cents)}
    after = {"set_off_cents": cancelled} if cancelled else None
    events.record("take_back_payment", by=by, invoice=document, reason=reason, before=before, after=after)


def live(*conditions: Any) -> list[Payment]:
    """The entries that were not taken back, and take nothing back, in the order of recording."""
    return list(Payment.select().where(settling.stands(), *conditions).order_by(Payment.id))


def credit_note_of(invoice: Invoice) -> Invoice | None:
    """The credit note that takes this whole invoice back."""
    note: Invoice | None = Invoice.get_or_none(Invoice.credits == invoice)
    return note


def must_be_agency_staff(by: Account) -> None:
    """Raise Forbidden for who isn't."""
    agency_roles.require(by, "payments", "Only the agency records payments.")


def _must_have_come(on: date) -> None:
    if on > clock.today():
        raise Invalid("This day is still to come.", field="on")
