"""Invoices on their way to their organisations: to whom, how, and what became of it."""

from datetime import datetime
from typing import Any

from peewee import SQL, BooleanField, CharField, Check, ForeignKeyField, IntegerField, TextField

from konnekt.db import BaseModel, MomentField
from konnekt.models.invoices import Invoice
from konnekt.models.people import Account, Mail

WAITING, FAILING, SENT, DELIVERED, REFUSED, WITHDRAWN = (
    "waiting", "failing", "sent", "delivered", "refused", "withdrawn",
)  # fmt: skip


class Dispatch(BaseModel):
    """One time that an invoice, or a reminder of it, is sent: by mail, or handed over for Peppol.

    nth: which time this is, from 1; of a reminder its step. recipient: a mail address, or a Peppol id.
    documents: the kinds of documents that go along. is_copy: whether this is the copy by mail that an
    organisation asks for, with a state of its own. open_cents: what a reminder said is still to be paid.
    mail: as long as there is one it says what became of it; outcome, outcome_at and answer are for what has
    none (any more), and for Peppol.
    """

    invoice = ForeignKeyField(Invoice, backref="dispatches")
    purpose = CharField(default="invoice", constraints=[Check("purpose IN ('invoice', 'reminder')")])
    nth = IntegerField(constraints=[Check("nth > 0")])
    way = CharField(constraints=[Check("way IN ('mail', 'peppol')")])
    recipient = CharField()
    copy_to = CharField(default="")
    documents = CharField()
    open_cents = IntegerField(null=True)
    mail = ForeignKeyField(Mail, null=True, backref="+", on_delete="SET NULL")
    outcome = CharField(
        default="", constraints=[Check("outcome IN ('', 'sent', 'delivered', 'refused', 'withdrawn')")]
    )
    outcome_at = MomentField(null=True)
    answer = TextField(default="")
    is_copy = BooleanField(default=False)
    asked_at = MomentField(index=True)
    asked_by = ForeignKeyField(Account, null=True, backref="+")

    class Meta:
        indexes = ((("invoice", "purpose", "nth", "is_copy"), True),)

    @property
    def state(self) -> str:
        """What became of it: SENT is at a mail server, or in the folder of the access point."""
        if self.mail_id is None:
            return str(self.outcome) or WAITING
        if self.mail.sent_at:
            return SENT
        if self.mail.failed_at:
            return REFUSED
        return FAILING if self.mail.attempts else WAITING

    @property
    def is_reminder(self) -> bool:
        return bool(self.purpose == "reminder")

    @property
    def is_withdrawn(self) -> bool:
        return self.state == WITHDRAWN

    @property
    def is_failing(self) -> bool:
        """Whether it is tried again."""
        return self.state == FAILING

    @property
    def has_failed(self) -> bool:
        """Whether somebody should look at it."""
        return self.state in (FAILING, REFUSED)

    @property
    def said(self) -> str:
        """Why it is refused or not gone yet, as a server or access point said it."""
        return str(self.mail.last_error if self.mail_id else self.answer)

    @property
    def state_at(self) -> datetime:
        """Since when it is so; of what is tried again, when that is."""
        mail: Any = self.mail if self.mail_id else None
        if mail is None:
            at: Any = self.outcome_at
        else:
            at = mail.sent_at or mail.failed_at or (mail.due_at if mail.attempts else None)
        moment: datetime = at or self.asked_at
        return moment


# What an access point is still to get, and what it has not answered: few of many.
_OPEN = SQL("way = 'peppol' AND (outcome = '' OR outcome = 'sent')")
Dispatch.add_index(Dispatch.id, where=_OPEN, name="dispatch_peppol_open")
