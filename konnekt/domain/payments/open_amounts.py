"""What is still to be paid, what is to be paid back or set off, and what was recorded for it.

The lists ask for what is not covered (paid_on is null) as well: few of many, by an index of their own.
"""

from dataclasses import dataclass
from typing import Any

from konnekt.domain import clock, paging
from konnekt.domain.invoices import settling, states
from konnekt.domain.paging import Page
from konnekt.domain.refusals import NotFound
from konnekt.models import Account, Invoice, Organisation, Payment, PayPeriod
from konnekt.models.people import holds

RECENT = 20
LONGEST_SEARCH = 100
MOST_OPEN = 100


@dataclass(frozen=True)
class Balance:
    """An invoice or credit note, its entries, and the open invoices that it can be set off with."""

    document: Invoice
    entries: list[Payment]
    open_invoices: list[Invoice]


def due(search: str = "", number: int = 1) -> Page:
    """A page of what is still to be paid, with `is_overdue`, the longest overdue first.

    search: the start of an invoice or budget number, or part of the organisation's name or code.
    """
    overdue = Invoice.due_on < clock.today()
    query = (
        Invoice.select(Invoice, Organisation, overdue.alias("is_overdue"))
        .join(Organisation)
        .where(states.to_pay() & Invoice.paid_on.is_null())
        .order_by(Invoice.due_on, Invoice.id)
    )
    return paging.page(_searched(query, search), number)


def to_return(search: str = "", number: int = 1) -> Page:
    """A page of the credit notes and overpaid invoices still to be paid back or set off, oldest first."""
    notes, overpaid = Invoice.alias("notes"), Invoice.alias("overpaid")
    # Each by its own index: for an OR the whole table is read.
    of_notes = notes.select(notes.id).where((notes.kind == "credit_note") & notes.paid_on.is_null())
    query = (
        Invoice.select(Invoice, Organisation)
        .join(Organisation)
        .where(Invoice.id.in_(of_notes | overpaid.select(overpaid.id).where(states.is_overpaid(overpaid))))
        .order_by(Invoice.issued_on, Invoice.id)
    )
    return paging.page(_searched(query, search), number)


def _searched(query: Any, search: str) -> Any:
    text = search.strip()[:LONGEST_SEARCH]
    if not text or "\x00" in text:
        return query
    return query.where(
        Invoice.number_text.startswith(text)
        | Invoice.budget_number_text.startswith(text)
        | holds(Organisation.name_key, text)
        | Organisation.code.contains(text)
    )


def latest() -> list[Payment]:
    """What was recorded last and stands, with invoice, organisation and who did it: one statement.

    Of a set-off the side of the invoice, and not what crediting set off by itself.
    """
    is_by_hand = (Payment.kind != "set_off") | (
        (Payment.amount_cents > 0)
        & (settling.OTHER.credits.is_null() | (settling.OTHER.credits != Invoice.id))
    )
    query = (
        settling.entries(Payment.select(Payment, Invoice, Organisation, Account, settling.OTHER))
        .switch(Payment)
        .join(Invoice, on=(Payment.invoice == Invoice.id))
        .join(Organisation)
        .where(settling.stands() & is_by_hand)
        .order_by(Payment.id.desc())
        .limit(RECENT)
    )
    return list(query)


def find(document: int) -> Balance:
    """One invoice or credit note with its entries, for the agency: three statements. Raises NotFound."""
    row: Invoice | None = (
        Invoice.select(Invoice, Organisation, PayPeriod)
        .join(Organisation)
        .switch(Invoice)
        .join(PayPeriod)
        .where(Invoice.id == document)
        .first()
    )
    if row is None:
        raise NotFound("This invoice does not exist, or not for you.")
    mine = (Invoice.organisation == row.organisation_id) & Invoice.paid_on.is_null()
    others = Invoice.select().where(mine & states.to_pay())
    others = others.order_by(Invoice.due_on, Invoice.id).limit(MOST_OPEN) if row.to_return_cents else []
    return Balance(row, settling.of(row), list(others))
