"""What settles invoices and credit notes: money that comes in or goes back, and amounts that are set off.

Each entry is a row of Payment; Invoice.settled_cents is their sum, written with the row and nowhere else.
What a document says (a credit note's amount is negative) less that sum is its balance: above zero it is still
to be paid, below zero it is to be paid back or set off. paid_on is the day on which its amount was covered.

All of it in the caller's transaction, which holds "invoices".
"""

from datetime import date
from typing import Any

from peewee import JOIN, fn

from konnekt.domain import clock, units
from konnekt.domain.refusals import Conflict, Invalid
from konnekt.models import Account, Invoice, Payment

# The other document of a set-off.
OTHER = Invoice.alias("other")


def enter(
    document: Invoice, cents: int, on: date, *, by: Account | None, kind: str = "payment", **columns: Any
) -> Payment:
    """Enter cents on a document and bring its row up to date; columns go to the Payment.

    Raises Conflict (409) where the document is not as it was read, Invalid for more than a column holds.
    """
    columns = {"recorded_at": clock.now(), **columns}
    settled = document.settled_cents + cents
    if abs(settled) > units.LARGEST:
        raise Invalid("This number is too large.", field="amount")
    document.settled_cents, before = settled, document.settled_cents
    paid_on = _covered_on(document, on, cents) if document.is_settled else None
    as_read = (Invoice.id == document.id) & (Invoice.settled_cents == before)
    if Invoice.update(settled_cents=settled, paid_on=paid_on).where(as_read).execute() != 1:
        raise Conflict("Somebody recorded something else for it since. Look at it, then go on.")
    document.paid_on = paid_on
    payment: Payment = Payment.create(
        invoice=document, amount_cents=cents, paid_on=on, kind=kind, recorded_by=by, **columns
    )  # fmt: skip
    return payment


def _covered_on(document: Invoice, on: date, cents: int) -> date:
    """The day on which its amount was covered and stayed so, now that cents are entered, perhaps late."""
    if not document.total_cents:
        return document.paid_on or on
    if document.settled_cents == cents:
        # All that was before came to nothing.
        return on
    by_day = Payment.select(Payment.paid_on, fn.SUM(Payment.amount_cents)).where(Payment.invoice == document)
    days = {day: int(entered) for day, entered in by_day.group_by(Payment.paid_on).tuples()}
    days[on] = days.get(on, 0) + cents
    settled, covered = 0, None
    for day in sorted(days):
        settled += days[day]
        covered = (covered or day) if abs(settled) >= document.total_cents else None
    return covered or on


def set_off(
    source: Invoice, invoice: Invoice, cents: int, on: date, *, by: Account | None, note: str = ""
) -> Payment:
    """Move cents that are to be paid back on source to an invoice that is to be paid: an entry on each.

    Both are of one moment, so that they are of one day as well.
    """
    columns: dict[str, Any] = {"by": by, "kind": "set_off", "note": note, "recorded_at": clock.now()}
    enter(source, -cents, on, against=invoice, **columns)
    return enter(invoice, cents, on, against=source, **columns)


def cancel_out(original: Invoice, note: Invoice, on: date, *, by: Account | None) -> int:
    """Set off what is open of a credited invoice with its credit note; returns those cents.

    Raises Conflict where the credit note does not have so much left.
    """
    cents: int = original.to_pay_cents
    if cents > note.to_return_cents:
        raise Conflict("Its credit note was paid back or set off: take that back first.")
    if cents:
        set_off(note, original, cents, on, by=by)
    return cents


def entries(query: Any) -> Any:
    """A query of payments with who recorded them and the other document of a set-off."""
    return (
        query.join(Account, JOIN.LEFT_OUTER, on=(Payment.recorded_by == Account.id), attr="recorded_by")
        .switch(Payment)
        .join(OTHER, JOIN.LEFT_OUTER, on=(Payment.against == OTHER.id), attr="against")
    )


def stands() -> Any:
    """The condition for entries that were not taken back, and take nothing back."""
    again = Payment.alias()
    reversals = again.select(again.id).where(again.reverses == Payment.id)
    return Payment.reverses.is_null() & ~fn.EXISTS(reversals)


def of(document: Invoice) -> list[Payment]:
    """All entries of a document in the order of recording, with `stands`: one statement."""
    query = entries(Payment.select(Payment, Account, OTHER, stands().alias("stands")))
    return list(query.where(Payment.invoice == document).order_by(Payment.id))
