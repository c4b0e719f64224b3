"""One invoice as its reader sees it: found and allowed in one step; its timesheets, documents and history."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from konnekt.db import connected
from konnekt.domain import access, events
from konnekt.domain.access import Grants
from konnekt.domain.invoices import dispatches, listing, missing_documents, settling, states
from konnekt.domain.invoices.listing import InvoiceFilter
from konnekt.domain.refusals import Conflict, Invalid, NotFound
from konnekt.models import (
    Dispatch,
    Document,
    Event,
    Invoice,
    InvoiceLine,
    Organisation,
    Payment,
    PayPeriod,
    Timesheet,
)
from konnekt.models.compiled import built, compiled, listed, slot

log = logging.getLogger(__name__)

# What fits in one ZIP: more than an organisation has in a year.
MOST = 500
NAMED = 5


@dataclass(frozen=True)
class Whole:
    """All that an invoice's page shows.

    related: what credits it, or what it credits, as far as yours; partial_notes: the credit notes of runs
    that take a part of it back. dispatches: each time that it was sent, the latest first.
    """

    invoice: Invoice
    lines: list[InvoiceLine]
    documents: dict[str, Document]
    related: list[Invoice]
    partial_notes: list[Invoice]
    history: list[Event]
    entries: list[Payment]
    dispatches: list[Dispatch]

    @property
    def minutes(self) -> int:
        return sum(line.minutes for line in self.lines)

    @property
    def standing(self) -> list[Payment]:
        """The entries that count: not those that were taken back, nor what took them back."""
        return [one for one in self.entries if one.stands]

    @property
    def credit_note(self) -> Invoice | None:
        """The credit note that takes this whole invoice back."""
        return next((one for one in self.related if one.credits_id == self.invoice.id), None)


@dataclass(frozen=True)
class SheetPart:
    """A timesheet behind an invoice: the hours of its budget number alone, and what they cost."""

    sheet: int
    reference: str
    worker: str
    job_title: str
    approved_by: str
    approved_on: date | None
    rows: list[dict[str, Any]]
    net_cents: int

    @property
    def minutes(self) -> int:
        return sum(row["minutes"] for row in self.rows)


def find(invoice: int, who: Grants) -> Invoice:
    """The invoice with its organisation, period and state; NotFound where it is not yours."""
    query = (
        Invoice.select(Invoice, Organisation, PayPeriod, states.state().alias("state"))
        .join(Organisation)
        .switch(Invoice)
        .join(PayPeriod)
        .where((Invoice.id == invoice) & access.visible_invoices(who))
    )
    row: Invoice | None = query.first()
    if row is None:
        raise NotFound("This invoice does not exist, or not for you.")
    return row


def whole(invoice: int, who: Grants) -> Whole:
    """Everything about one invoice, in a fixed number of statements; NotFound where it is not yours.

    One statement more where it was sent.
    """
    row = find(invoice, who)
    kinds = Document.select(
        Document.id, Document.kind, Document.file_name, Document.created_at, Document.sha256
    )
    numbers = _names(row)
    # A credit note that a run made names its invoices in what it froze; it is of their period.
    of_a_run = (
        (Invoice.organisation == row.organisation)
        & (Invoice.pay_period == row.pay_period)
        & (Invoice.kind == "credit_note")
        & Invoice.credits.is_null()
    )
    related = (
        Invoice.select(
            Invoice.id,
            Invoice.kind,
            Invoice.number_text,
            Invoice.issued_on,
            Invoice.credits,
            Invoice.frozen,
            Invoice.total_cents,
            Invoice.settled_cents,
        )
        .where(
            ((Invoice.credits == row) | Invoice.number_text.in_(numbers) | of_a_run)
            & access.visible_invoices(who)
        )
        .order_by(Invoice.year, Invoice.number)
    )
    return Whole(
        row,
        list(row.lines.order_by(InvoiceLine.position)),
        {one.kind: one for one in kinds.where(Document.invoice == row)},
        [one for one in related if one.number_text in numbers or one.credits_id == row.id],
        [one for one in related if one.credits_id is None and row.number_text in _names(one)],
        events.latest(invoice=row)[::-1],
        settling.of(row),
        dispatches.of(row),
    )


def _names(invoice: Invoice) -> list[str]:
    """The numbers of the invoices that a credit note takes back, whole or in part."""
    return [one["number"] for one in invoice.frozen["references"]]


def timesheets(invoice: Invoice) -> list[SheetPart]:
    """The timesheets behind an invoice, from its frozen lines: one statement."""
    columns = InvoiceLine.timesheet, InvoiceLine.net_cents, InvoiceLine.frozen
    sheets: dict[str, int] = {}
    cents: dict[str, int] = {}
    for line in InvoiceLine.select(*columns).where(InvoiceLine.invoice == invoice):
        reference = line.frozen["reference"]
        sheets[reference] = line.timesheet_id
        cents[reference] = cents.get(reference, 0) + line.net_cents
    return [
        SheetPart(
            sheets[one["reference"]],
            one["reference"],
            one["worker"],
            one["job_title"],
            one["approved_by"],
            date.fromisoformat(one["approved_on"]) if one["approved_on"] else None,
            one["rows"],
            cents[one["reference"]],
        )
        for one in invoice.frozen["sheets"]
    ]


def of_sheet(sheet: Timesheet, who: Grants) -> list[Invoice]:
    """The invoices that a timesheet stands on, for who may see them: one statement, else none."""
    if not access.may_see_invoices(who, sheet.organisation_id):
        return []
    lines = InvoiceLine.select(InvoiceLine.invoice).where(InvoiceLine.timesheet == sheet)
    query = Invoice.select(
        Invoice.id,
        Invoice.kind,
        Invoice.number_text,
        Invoice.budget_number_text,
        states.state().alias("state"),
    )
    return list(query.where(Invoice.id.in_(lines)).order_by(Invoice.year, Invoice.number))


class File(NamedTuple):
    """A document to hand out."""

    name: str
    media_type: str
    content: bytes


def document(invoice: int, kind: str, who: Grants) -> File:
    """A document of an invoice.

    Raises NotFound where the invoice is not yours. Conflict where the document is not there, or not any more:
    then it is made, as soon as somebody has time for long work.
    """
    organisations = list(who.invoices)
    for row in _document(who.is_agency_staff, invoice=invoice, kind=kind, organisations=organisations):
        stored: Document = built(Document, row)
        content = stored.whole()
        if content == b"":
            raise Conflict("This document was kept as long as the law says, and is erased.")
        if content is not None:
            return File(stored.file_name, stored.media_type, content)
    number = find(invoice, who).number_text
    missing_documents.queue(who.account)
    raise Conflict("The document of %(number)s is being made. Try again in a minute.", number=number)


@compiled
def _document(is_agency_staff: bool) -> Any:
    is_asked = (Document.invoice == slot("invoice")) & (Document.kind == slot("kind"))
    if not is_agency_staff:
        is_asked &= Invoice.organisation.in_(listed("organisations"))
    return Document.select().join(Invoice).where(is_asked)


def bundle(who: Grants, *, picks: list[int] | None = None, by: InvoiceFilter | None = None) -> list[Document]:
    """The documents of ticked invoices, or of all that a filter finds: two statements.

    Raises Invalid for none or too many, NotFound where one of them is not yours, Conflict where documents are
    still to be made (which it has done).
    """
    if picks is not None:
        ids = list(dict.fromkeys(picks))
        visible = Invoice.select(Invoice.id).where(
            Invoice.id.in_(ids[: MOST + 1]) & access.visible_invoices(who)
        )
    else:
        visible = listing.chosen(who, by or InvoiceFilter()).limit(MOST + 1)
        ids = [one.id for one in visible]
    if not ids:
        raise Invalid("Tick at least one invoice.", field="pick")
    if len(ids) > MOST:
        raise Invalid("At most %(count)s invoices fit in one ZIP: choose less.", field="pick", count=MOST)
    if picks is not None and visible.count() < len(ids):
        raise NotFound("One of these invoices does not exist, or not for you.")
    query = (
        Document.select(Document.id, Document.invoice, Document.kind, Document.file_name)
        .join(Invoice)
        .where(Document.invoice.in_(ids))
        .order_by(Invoice.year, Invoice.number, Document.kind)
    )
    documents = list(query)
    complete = {one.invoice_id for one in documents if one.kind == "pdf"} & {
        one.invoice_id for one in documents if one.kind == "ubl"
    }
    if len(complete) < len(ids):
        raise _documents_to_come([one for one in ids if one not in complete], who)
    return documents


def _documents_to_come(ids: list[int], who: Grants) -> Conflict:
    missing_documents.queue(who.account)
    query = Invoice.select(Invoice.number_text).where(Invoice.id.in_(ids[:NAMED]))
    numbers = ", ".join(number for (number,) in query.order_by(Invoice.year, Invoice.number).tuples())
    return Conflict(
        "The documents of %(numbers)s are being made. Try again in a minute.",
        numbers=f"{numbers}, …" if len(ids) > NAMED else numbers,
    )


def contents(documents: list[Document], note: tuple[str, str]) -> Iterator[tuple[str, bytes]]:
    """File name and content of each, one at a time.

    Meant to be read while it is sent, after the request's own connection was given back. What was lost
    meanwhile is made again, and a last file names it; note: the name of that file, and what it says first.
    """
    lost = []
    for one in documents:
        with connected():
            stored = Document.get_or_none(Document.id == one.id)
            content = stored.whole() if stored else None
        if content is None:
            lost.append(one.file_name)
        elif content:  # what is past its term has none
            yield one.file_name, content
    if lost:
        log.error("lost documents were left out of a ZIP: %s", ", ".join(lost))
        with connected():
            missing_documents.queue(None)
        yield note[0], "\r\n".join([note[1], "", *lost, ""]).encode()
