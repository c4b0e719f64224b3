"""The invoices whose documents are still to be made; konnekt/documents/invoice.py makes them."""

from konnekt.background import queue as background_queue
from konnekt.db import transaction
from konnekt.domain.accounts import agency_roles
from konnekt.domain.invoices import states
from konnekt.domain.refusals import Conflict
from konnekt.models import Account, Invoice, Job

# The kind of the job.
WORK = "make_documents"


def missing() -> list[int]:
    """The invoices without both documents, oldest first: one statement, which looks for them.

    So that what was lost is made again, whatever its invoice keeps.
    """
    query = Invoice.select(Invoice.id).where(~states.has_documents())
    return [one.id for one in query.order_by(Invoice.year, Invoice.number)]


def first(most: int) -> list[Invoice]:
    """The oldest of them, one more than most where there are more: one statement."""
    query = Invoice.select(Invoice.id, Invoice.number_text, Invoice.kind).where(~Invoice.has_documents)
    return list(query.order_by(Invoice.year, Invoice.number).limit(most + 1))


def count() -> int:
    """How many there are: one statement."""
    return int(Invoice.select().where(~Invoice.has_documents).count())


def keep(invoice: Invoice) -> None:
    """Bring what an invoice keeps of its documents up to date: in the transaction that stored one."""
    Invoice.update(has_documents=states.has_documents()).where(Invoice.id == invoice.id).execute()


def differences() -> list[int]:
    """The invoices that keep something else than is there."""
    query = Invoice.select(Invoice.id).where(Invoice.has_documents != states.has_documents())
    return [one.id for one in query.order_by(Invoice.id)]


def queue(by: Account | None) -> Job:
    """Have the missing documents made, in the caller's transaction.

    Work that has not begun yet will see all that is missing; work that has begun may not.
    """
    with transaction():
        waits = (Job.kind == WORK) & Job.ended_at.is_null() & Job.claimed_until_at.is_null()
        waiting: Job | None = Job.select().where(waits).order_by(Job.id).first()
        return waiting or background_queue.queue(WORK, by=by)


def make(by: Account) -> Job:
    """The same where somebody asks for it; Conflict where nothing is missing."""
    agency_roles.require(by, "invoices", "Only the agency makes invoices.")
    if not Invoice.select(Invoice.id).where(~states.has_documents()).exists():
        raise Conflict("Every invoice has its documents.")
    return queue(by)
