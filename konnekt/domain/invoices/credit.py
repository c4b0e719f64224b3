"""Crediting an invoice: what it will do, and doing it."""

from dataclasses import dataclass
from typing import Any

from peewee import JOIN, fn

from konnekt.db import transaction
from konnekt.domain.invoices import issue, missing_documents
from konnekt.domain.refusals import NotFound
from konnekt.models import (
    Account,
    Assignment,
    Hour,
    Invoice,
    InvoicedHour,
    InvoiceLine,
    Organisation,
    PayPeriod,
    PayrollHour,
    Timesheet,
    TimesheetLine,
)


@dataclass(frozen=True)
class Freed:
    """A timesheet whose hours become free to invoice again.

    is_exported: payroll has some of its hours, so that only a supplementary timesheet can correct them.
    is_elsewhere: another live invoice has some, so that it stays locked as a whole.
    """

    sheet: Timesheet
    minutes: int
    is_exported: bool
    is_elsewhere: bool


@dataclass(frozen=True)
class Outlook:
    """An invoice and what crediting it does. note: the credit note that took it back, if any."""

    invoice: Invoice
    note: Invoice | None
    freed: list[Freed]

    @property
    def may_credit(self) -> bool:
        """Whether it is an invoice that nobody credited."""
        return self.note is None and self.invoice.kind == "invoice"

    @property
    def returned_cents(self) -> int:
        """What crediting leaves to be paid back or set off: what was paid for the invoice."""
        cents: int = self.invoice.settled_cents
        return cents

    @property
    def minutes(self) -> int:
        """The hours that become free, in minutes."""
        return sum(one.minutes for one in self.freed)


def outlook(invoice: int) -> Outlook:
    """An invoice with what crediting it does: three statements. Raises NotFound."""
    original = Invoice.alias()
    document = (
        Invoice.select(Invoice, Organisation, PayPeriod, original)
        .join(Organisation)
        .switch(Invoice)
        .join(PayPeriod)
        .switch(Invoice)
        .join(original, JOIN.LEFT_OUTER, on=(Invoice.credits == original.id), attr="credits")
        .where(Invoice.id == invoice)
        .first()
    )
    if document is None:
        raise NotFound("This invoice does not exist, or not for you.")
    note = Invoice.select().where(Invoice.credits == document).first()
    return Outlook(document, note, [] if note else _freed(document))


def _freed(invoice: Invoice) -> list[Freed]:
    """The sheets behind the live hours of an invoice: one statement."""
    live = InvoicedHour.released_at.is_null()

    def linked(link: Any, *also: Any) -> Any:
        others, lines, hours = link.alias(), TimesheetLine.alias(), Hour.alias()
        query = (
            others.select(others.id)
            .join(hours, on=(others.hour == hours.id))
            .join(lines, on=(hours.line == lines.id))
            .where((lines.timesheet == Timesheet.id) & others.released_at.is_null())
        )
        for one in also:
            query = query.where(one(others))
        return fn.EXISTS(query)

    own = InvoiceLine.select(InvoiceLine.id).where(InvoiceLine.invoice == invoice)
    query = (
        Timesheet.select(
            Timesheet,
            Assignment,
            Account,
            fn.SUM(InvoicedHour.minutes).alias("freed"),
            linked(PayrollHour).alias("is_exported"),
            linked(InvoicedHour, lambda other: other.invoice_line.not_in(own)).alias("is_elsewhere"),
        )
        .join(Assignment)
        .join(Account)
        .switch(Timesheet)
        .join(TimesheetLine)
        .join(Hour)
        .join(InvoicedHour, on=((InvoicedHour.hour == Hour.id) & live))
        .join(InvoiceLine)
        .where(InvoiceLine.invoice == invoice)
        .group_by(Timesheet, Assignment, Account)
        .order_by(Account.name_key, Timesheet.id)
    )
    return [Freed(one, int(one.freed), bool(one.is_exported), bool(one.is_elsewhere)) for one in query]


def credit(invoice: int, reason: str, *, by: Account, seen: int | None = None) -> Invoice:
    """Credit an invoice, as `invoices.credit` does, and have the documents of the credit note made."""
    with transaction():
        note = issue.credit(invoice, reason, by=by, seen=seen)
        missing_documents.queue(by)
    return note
