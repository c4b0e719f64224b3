"""Payments of invoices: what is still to be paid, marking it paid, taking a payment back.

A credit note is never paid: what it takes back is settled with the organisation. An invoice that is credited
is no longer to be paid. Part payments add up: it is paid on the day of the payment that completed it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from peewee import JOIN, fn

from konnekt.db import hold, transaction
from konnekt.domain import clock, events, paging
from konnekt.domain.invoicing import states
from konnekt.domain.paging import Page
from konnekt.domain.refused import Forbidden, Invalid, NotFound, Refused
from konnekt.domain.timesheets import checked_reason
from konnekt.models import Account, Invoice, Organisation, Payment
from konnekt.models.people import holds

RECENT = 20
LONGEST_SEARCH = 100


@dataclass
class Marked:
    """What came of marking invoices paid: those that are, and why the others are not, by number."""

    invoices: list[Invoice] = field(default_factory=list)
    refused: dict[str, Refused] = field(default_factory=dict)

    @property
    def cents(self) -> int:
        """What was received with it."""
        return sum(one.payment.amount_cents for one in self.invoices)


def received(invoice: Any = Invoice) -> Any:
    """What was received for an invoice, in cents, as an SQL expression."""
    paid = Payment.select(fn.SUM(Payment.amount_cents)).where(Payment.invoice == invoice.id)
    return fn.COALESCE(paid, 0)


def due(search: str = "", number: int = 1) -> Page:
    """A page of what is open or overdue, with `received` and `is_overdue`, the longest overdue first.

    search: the start of an invoice or budget number, or part of the organisation's name or code.
    """
    overdue = Invoice.due_on <= clock.today()
    query = (
        Invoice.select(Invoice, Organisation, received().alias("received"), overdue.alias("is_overdue"))
        .join(Organisation)
        .where(states.to_pay() & ~states.credited())
        .order_by(Invoice.due_on, Invoice.id)
    )
    wanted = search.strip()[:LONGEST_SEARCH]
    if wanted and "\x00" not in wanted:
        query = query.where(
            Invoice.number_text.startswith(wanted)
            | Invoice.budget_number_text.startswith(wanted)
            | holds(Organisation.name_key, wanted)
            | Organisation.code.contains(wanted)
        )
    return paging.page(query, number)


def latest() -> list[Payment]:
    """The payments that were recorded last, with invoice, organisation and who did it: one statement."""
    query = (
        Payment.select(Payment, Invoice, Organisation, Account)
        .join(Invoice)
        .join(Organisation)
        .switch(Payment)
        .join(Account, JOIN.LEFT_OUTER, on=(Payment.recorded_by == Account.id), attr="recorded_by")
        .order_by(Payment.id.desc())
        .limit(RECENT)
    )
    return list(query)


def mark(numbers: Iterable[int], on: date, *, by: Account) -> Marked:
    """Mark invoices (their ids) as paid in full on a day; a refused one does not undo the others.

    Raises Invalid for a day that is still to come and where none is chosen.
    """
    must_be_agency_staff(by)
    if on > clock.today():
        raise Invalid("This day is still to come.", field="on")
    wanted = sorted(set(numbers))
    if not wanted:
        raise Invalid("Tick the invoices that were paid.", field="on")
    marked = Marked()
    with transaction():
        # Nobody credits in between.
        hold("invoices")
        query = Invoice.select(Invoice, received().alias("received"))
        for invoice in list(query.where(Invoice.id.in_(wanted)).order_by(Invoice.id)):
            try:
                receive(invoice, on, invoice.total_cents - invoice.received, by=by)
                marked.invoices.append(invoice)
            except Refused as refusal:
                marked.refused[invoice.number_text] = refusal
    return marked


def receive(
    invoice: Invoice, on: date, cents: int, *, by: Account | None, source: str = "", batch: str = ""
) -> None:
    """Record money for an invoice (with `received`); where nothing is left open it is paid on that day.

    In the caller's transaction, which holds "invoices". Raises Refused for what is paid, credited or a credit
    note already.
    """
    open_cents = invoice.total_cents - invoice.received
    guard = (Invoice.id == invoice.id) & states.to_pay() & ~states.credited()
    paid = Invoice.update({"paid_on": on if cents == open_cents else None}).where(guard)
    if cents > open_cents or paid.execute() != 1:
        raise why_not(Invoice.get_by_id(invoice.id))
    payment = Payment.create(
        invoice=invoice, paid_on=on, amount_cents=cents, recorded_at=clock.now(), recorded_by=by
    )
    invoice.received += cents
    invoice.payment = payment
    after = {"paid_on": on.isoformat(), "amount_cents": cents, "open_cents": open_cents - cents}
    events.record("pay", by=by, source=source, batch=batch, invoice=invoice, after=after)


def why_not(invoice: Invoice) -> Refused:
    """Why nothing, or not this much, can be received for an invoice."""
    if invoice.kind == "credit_note":
        return Refused("A credit note is settled, not paid.")
    if Invoice.select(Invoice.id).where(Invoice.credits == invoice).exists():
        return Refused("This invoice is credited.")
    if invoice.paid_on is not None:
        return Refused("This invoice is paid already.")
    return Refused("This is more than is open.")


def take_back(payment: int, reason: str, *, by: Account) -> Invoice:
    """Take back a payment that was recorded by mistake; the record of what happened keeps it.

    Its invoice is open again unless the other payments still cover it. Raises Invalid without a reason,
    NotFound where the payment is not there, or not any more.
    """
    must_be_agency_staff(by)
    reason = checked_reason(reason)
    with transaction():
        hold("invoices")
        found: Payment | None = Payment.get_or_none(Payment.id == payment)
        if found is None or Payment.delete().where(Payment.id == payment).execute() != 1:
            raise NotFound("This payment is not known, or was taken back already.")
        invoice: Invoice = found.invoice
        left = Payment.select(fn.SUM(Payment.amount_cents)).where(Payment.invoice == invoice).scalar() or 0
        if left < invoice.total_cents:
            Invoice.update(paid_on=None).where(Invoice.id == invoice.id).execute()
        before = {"paid_on": found.paid_on.isoformat(), "amount_cents": found.amount_cents}
        events.record("take_back_payment", by=by, invoice=invoice, reason=reason, before=before)
    return invoice


def must_be_agency_staff(by: Account) -> None:
    """Raise Forbidden for who isn't."""
    if not by.is_agency_staff:
        raise Forbidden("Only the agency records payments.")
