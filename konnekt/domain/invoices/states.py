"""What state an invoice is in: one place decides, for lists, filters, payments and words.

An invoice is open until it is settled (Invoice.settled_cents: paid, set off or credited), and overdue from
its due date on; in both it may be partly paid. Until its PDF and e-invoice are there it shows as being made:
a stage of what is still open, so the filters count it there. What was paid and then credited is credited. A
credit note is to be paid back or set off until it is; so is what was paid too much for an invoice.
"""

from typing import Any

from peewee import Case, fn

from konnekt.domain import clock
from konnekt.domain.refusals import N_
from konnekt.models import Document, Invoice

OPEN, OVERDUE, PAID, CREDITED = "open", "overdue", "paid", "credited"
CREDIT_NOTE, MAKING = "credit_note", "making"
PART, OVERDUE_PART = "part", "overdue_part"
TO_RETURN, OVERPAID = "to_return", "overpaid"

WORDS = {
    OPEN: N_("open"),
    OVERDUE: N_("overdue"),
    PAID: N_("paid"),
    CREDITED: N_("credited"),
    CREDIT_NOTE: N_("credit note"),
    MAKING: N_("being made"),
    PART: N_("partly paid"),
    OVERDUE_PART: N_("overdue, partly paid"),
    TO_RETURN: N_("to be paid back"),
    OVERPAID: N_("overpaid"),
}

# What a list can be narrowed to: by columns and one index, also where there are 100,000 invoices.
# Every invoice is in one of the first five; the others cut across them.
FILTERS = (OPEN, OVERDUE, PAID, CREDITED, CREDIT_NOTE, PART, TO_RETURN)
# Those for which the invoice's own columns do not tell enough: credited or not.
OF_CREDIT = (PAID, CREDITED)
DOCUMENTS = ("pdf", "ubl")


def state(invoice: Any = Invoice) -> Any:
    """The state as an SQL expression: one of WORDS. invoice: the model, or an alias of it."""
    is_note, is_part = invoice.kind == "credit_note", invoice.settled_cents > 0
    is_due = invoice.due_on < clock.today()
    return Case(
        None,
        (
            (is_overpaid(invoice), OVERPAID),
            (credited(invoice), CREDITED),
            (~is_note & ~to_pay(invoice), PAID),
            (~has_documents(invoice), MAKING),
            (is_note & to_return(invoice), TO_RETURN),
            (is_note, CREDIT_NOTE),
            (is_due & is_part, OVERDUE_PART),
            (is_due, OVERDUE),
            (is_part, PART),
        ),
        OPEN,
    )


def credited(invoice: Any = Invoice) -> Any:
    """Whether a credit note takes this whole invoice back."""
    notes = Invoice.alias("notes")
    return fn.EXISTS(notes.select(notes.id).where(notes.credits == invoice.id))


def has_documents(invoice: Any = Invoice) -> Any:
    """Whether its documents are there, all of them."""
    count = Document.select(fn.COUNT(Document.id)).where(Document.invoice == invoice.id)
    return count == len(DOCUMENTS)


def signed_cents(invoice: Any = Invoice) -> Any:
    """The amount as one adds it up: a credit note's is negative."""
    return Case(None, [(invoice.kind == "credit_note", -1)], 1) * invoice.total_cents


def to_pay(invoice: Any = Invoice) -> Any:
    """The condition for what is still to be paid, in part or whole: never what is credited."""
    return (invoice.kind == "invoice") & (invoice.settled_cents < invoice.total_cents)


def to_return(invoice: Any = Invoice) -> Any:
    """The condition for what is to be paid back or set off: of credit notes, and what was paid too much."""
    is_note = invoice.kind == "credit_note"
    return (is_note & (invoice.settled_cents > 0 - invoice.total_cents)) | is_overpaid(invoice)


def is_overpaid(invoice: Any = Invoice) -> Any:
    """The condition for what was paid too much for: never a credit note, which has nothing above zero."""
    return invoice.settled_cents > invoice.total_cents


def balance_cents(invoice: Any = Invoice) -> Any:
    """What is still to be paid, below zero what is to be paid back or set off (Invoice.balance_cents)."""
    return signed_cents(invoice) - invoice.settled_cents


def columns_of(chosen: str, invoice: Any = Invoice) -> Any:
    """The condition for a state of FILTERS as far as the invoice's own columns tell: see OF_CREDIT."""
    return {
        OPEN: to_pay(invoice) & (invoice.due_on >= clock.today()),
        OVERDUE: to_pay(invoice) & (invoice.due_on < clock.today()),
        PAID: (invoice.kind == "invoice") & (invoice.settled_cents >= invoice.total_cents),
        CREDITED: invoice.kind == "invoice",
        CREDIT_NOTE: invoice.kind == "credit_note",
        PART: to_pay(invoice) & (invoice.settled_cents > 0),
        TO_RETURN: to_return(invoice),
    }[chosen]


def is_in(chosen: str, invoice: Any = Invoice) -> Any:
    """The condition for a state of FILTERS."""
    if chosen not in OF_CREDIT:
        return columns_of(chosen, invoice)
    back = credited(invoice)
    return columns_of(chosen, invoice) & (back if chosen == CREDITED else ~back)
