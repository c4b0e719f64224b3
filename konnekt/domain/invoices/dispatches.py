"""What became of invoices that were sent: of each time, for an invoice's page and the agency's lists."""

from collections.abc import Iterable
from typing import Any

from peewee import JOIN, fn

from konnekt.domain import clock
from konnekt.domain.refusals import Conflict
from konnekt.models import Account, Dispatch, Invoice, Mail
from konnekt.models.dispatches import REFUSED, SENT, WITHDRAWN


def read(*more: Any) -> Any:
    """Dispatches with who asked for them and what their mail says of itself, without its text.

    more: further columns of what is joined to it.
    """
    columns = Mail.id, Mail.attempts, Mail.due_at, Mail.sent_at, Mail.failed_at, Mail.last_error
    return (
        Dispatch.select(Dispatch, Account, *columns, *more)
        .join(Account, JOIN.LEFT_OUTER, on=(Dispatch.asked_by == Account.id))
        .switch(Dispatch)
        .join(Mail, JOIN.LEFT_OUTER)
    )


def of(invoice: Invoice) -> list[Dispatch]:
    """All times that an invoice or a reminder was sent, the latest first: one statement, none where never."""
    if not invoice.dispatch_count and not invoice.reminder_count:
        return []
    return list(read().where(Dispatch.invoice == invoice).order_by(Dispatch.id.desc()))


def latest(invoices: Iterable[Invoice], purpose: str = "invoice") -> dict[int, Dispatch]:
    """The last time of each, by invoice, copies aside: one statement, none where none was ever sent."""
    times = "dispatch_count" if purpose == "invoice" else "reminder_count"
    ids = [one.id for one in invoices if getattr(one, times)]
    if not ids:
        return {}
    mine = (Dispatch.invoice.in_(ids)) & (Dispatch.purpose == purpose) & ~Dispatch.is_copy
    last = Dispatch.select(fn.MAX(Dispatch.id)).where(mine).group_by(Dispatch.invoice)
    return {one.invoice_id: one for one in read().where(Dispatch.id.in_(last))}


def outlive(mails: list[int]) -> None:
    """Have dispatches keep what these mails say, before they go: in the caller's transaction."""
    columns = Mail.id, Mail.sent_at, Mail.failed_at, Mail.last_error
    query = Mail.select(*columns).join(Dispatch, on=(Dispatch.mail == Mail.id)).where(Mail.id.in_(mails))
    for mail in query:
        outcome = {"outcome": SENT if mail.sent_at else REFUSED, "answer": mail.last_error}
        at = mail.sent_at or mail.failed_at or clock.now()
        Dispatch.update(mail=None, outcome_at=at, **outcome).where(Dispatch.mail == mail.id).execute()


def withdraw_unsent(invoices: list[int]) -> None:
    """Take back what did not go out yet of these, for they are sent anew: in the caller's transaction.

    What was given up is not tried again either. Raises Conflict for what is at a mail server right now.
    """
    has_mail = Mail.id.is_null(False)
    unsent = (has_mail & Mail.sent_at.is_null()) | (~has_mail & (Dispatch.outcome == ""))
    mine = Dispatch.invoice.in_(invoices) & (Dispatch.purpose == "invoice")
    for one in list(read().where(mine & unsent)):
        outcome = {"outcome": WITHDRAWN, "outcome_at": clock.now(), "answer": one.said}
        if one.mail_id is not None:
            if one.mail.failed_at:
                outcome |= {"outcome": REFUSED, "outcome_at": one.mail.failed_at}
            rests = ~Mail.is_being_sent | (Mail.claimed_until_at <= clock.machine())
            gone = Mail.delete().where((Mail.id == one.mail_id) & Mail.sent_at.is_null() & rests)
            if gone.execute() != 1:
                raise Conflict("This mail is on its way already.")
        Dispatch.update(mail=None, **outcome).where(Dispatch.id == one.id).execute()
