"""The invoices before an invoice (EN 16931, BG-3): those that it credits or corrects."""

from collections.abc import Iterable
from typing import Any

from konnekt.models import Invoice, InvoiceLine, PayPeriod, Timesheet


def of_period(period: PayPeriod, organisations: Iterable[int]) -> list[Invoice]:
    """The invoices of a period to these organisations that still stand: one statement, none for nobody."""
    ids = list(organisations)
    if not ids:
        return []
    query = Invoice.select().where(Invoice.organisation.in_(ids) & (Invoice.pay_period == period) & _stands())
    return list(query.order_by(Invoice.year, Invoice.number))


def of_assignments(period: PayPeriod, assignments: Iterable[int]) -> list[tuple[int, Invoice]]:
    """Assignment and invoice, for each that bills its hours of a period and still stands: two statements."""
    ids = list(assignments)
    if not ids:
        return []
    lines = (
        InvoiceLine.select(Timesheet.assignment, InvoiceLine.invoice)
        .join(Timesheet)
        .where(Timesheet.assignment.in_(ids) & (Timesheet.pay_period == period))
        .distinct()
        .tuples()
    )
    pairs = list(lines)
    query = Invoice.select().where(Invoice.id.in_([invoice for _of, invoice in pairs]) & _stands())
    standing = {one.id: one for one in query.order_by(Invoice.year, Invoice.number)}
    return [(of, standing[one]) for of, one in sorted(pairs, key=lambda pair: pair[1]) if one in standing]


def _stands() -> Any:
    """The condition for an invoice that no credit note took back as a whole."""
    notes = Invoice.alias()
    taken_back = notes.select(notes.credits).where(notes.credits.is_null(False))
    return (Invoice.kind == "invoice") & Invoice.id.not_in(taken_back)
