"""The invoices whose documents are still to be made; konnekt/documents.py makes them."""

from konnekt.db import transaction
from konnekt.domain import jobs
from konnekt.domain.invoicing import states
from konnekt.domain.refused import Refused
from konnekt.models import Account, Invoice, Job

# The kind of the job.
WORK = "make_documents"


def missing() -> list[int]:
    """The invoices without both documents, oldest first: one statement."""
    query = Invoice.select(Invoice.id).where(~states.made())
    return [one.id for one in query.order_by(Invoice.year, Invoice.number)]


def first(most: int) -> list[Invoice]:
    """The oldest of them, one more than most where there are more: one statement."""
    query = Invoice.select(Invoice.id, Invoice.number_text, Invoice.kind).where(~states.made())
    return list(query.order_by(Invoice.year, Invoice.number).limit(most + 1))


def queue(by: Account | None) -> Job:
    """Have the missing documents made, in the caller's transaction.

    Work that has not begun yet will see all that is missing; work that has begun may not.
    """
    with transaction():
        waits = (Job.kind == WORK) & Job.ended_at.is_null() & Job.claimed_until_at.is_null()
        waiting: Job | None = Job.select().where(waits).order_by(Job.id).first()
        return waiting or jobs.queue(WORK, by=by)


def make(by: Account) -> Job:
    """The same where somebody asks for it; Refused where nothing is missing."""
    if not Invoice.select(Invoice.id).where(~states.made()).exists():
        raise Refused("Every invoice has its documents.")
    return queue(by)
