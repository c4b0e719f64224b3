"""What state an invoice is in: one place decides, for lists, filters, payments and words.

An invoice is open until it is paid or credited, and overdue from its due date on. Until its PDF and e-invoice
are there it shows as being made: a stage of what is still open, so the filters count it there. A credit note
has no state but its kind. What was paid and then credited is credited.
"""

from typing import Any

from peewee import Case, fn

from konnekt.domain import clock
from konnekt.domain.refused import N_
from konnekt.models import Document, Invoice

OPEN, OVERDUE, PAID, CREDITED = "open", "overdue", "paid", "credited"
CREDIT_NOTE, MAKING = "credit_note", "making"

WORDS = {
    OPEN: N_("open"),
    OVERDUE: N_("overdue"),
    PAID: N_("paid"),
    CREDITED: N_("credited"),
    CREDIT_NOTE: N_("credit note"),
    MAKING: N_("being made"),
}

# What a list can be narrowed to: by columns and one index, also where there are 100,000 invoices.
FILTERS = (OPEN, OVERDUE, PAID, CREDITED, CREDIT_NOTE)
DOCUMENTS = ("pdf", "ubl")


def state(invoice: Any = Invoice) -> Any:
    """The state as an SQL expression: one of WORDS. invoice: the model, or an alias of it."""
    open_one = (invoice.due_on > clock.today(), OPEN)
    return Case(
        None,
        (
            (credited(invoice), CREDITED),
            (invoice.paid_on.is_null(False) & (invoice.kind == "invoice"), PAID),
            (~made(invoice), MAKING),
            (invoice.kind == "credit_note", CREDIT_NOTE),
            open_one,
        ),
        OVERDUE,
    )


def credited(invoice: Any = Invoice) -> Any:
    """Whether a credit note takes this whole invoice back."""
    notes = Invoice.alias("notes")
    return fn.EXISTS(notes.select(notes.id).where(notes.credits == invoice.id))


def made(invoice: Any = Invoice) -> Any:
    """Whether its documents are there, all of them."""
    count = Document.select(fn.COUNT(Document.id)).where(Document.invoice == invoice.id)
    return count == len(DOCUMENTS)


def signed_cents(invoice: Any = Invoice) -> Any:
    """The amount as one adds it up: a credit note's is negative."""
    return Case(None, [(invoice.kind == "credit_note", -1)], 1) * invoice.total_cents


def to_pay(invoice: Any = Invoice) -> Any:
    """The condition for what nobody paid yet, credited or not."""
    return (invoice.kind == "invoice") & invoice.paid_on.is_null()


def columns_of(wanted: str, invoice: Any = Invoice) -> Any:
    """The condition for a state of FILTERS as far as the invoice's own columns tell: credited or not."""
    return {
        OPEN: to_pay(invoice) & (invoice.due_on > clock.today()),
        OVERDUE: to_pay(invoice) & (invoice.due_on <= clock.today()),
        PAID: (invoice.kind == "invoice") & invoice.paid_on.is_null(False),
        CREDITED: invoice.kind == "invoice",
        CREDIT_NOTE: invoice.kind == "credit_note",
    }[wanted]


def is_in(wanted: str, invoice: Any = Invoice) -> Any:
    """The condition for a state of FILTERS."""
    if wanted == CREDIT_NOTE:
        return columns_of(wanted, invoice)
    back = credited(invoice)
    return columns_of(wanted, invoice) & (back if wanted == CREDITED else ~back)
