"""PDF and e-invoice of an issued invoice: made once from its frozen data, kept in the database.

They come after the transaction that gives the number; until then an invoice has none, and `make_missing`,
which every invoice run ends with, makes what a stopped run left.
"""

import os
from collections import deque
from collections.abc import Callable, Iterator
from functools import partial
from hashlib import sha256
from typing import Any

from konnekt.background.queue import Tell
from konnekt.db import hold, transaction
from konnekt.documents import invoice_text, ubl
from konnekt.documents.pdf import Printer, Printers, PrintFailed
from konnekt.domain import clock, events
from konnekt.domain.invoices import missing_documents
from konnekt.models import Document, Event, Invoice, InvoiceLine, Job

# What the event of a document says it was made with: the layout of today may print a lost one of before
# with other bytes, never with other content, which is frozen.
LAYOUT = 3
# One more printer for so many documents that wait: for a few it would not be warm before they are done.
A_LOT = 10
MOST_PRINTERS = 4
KINDS = {"pdf": "application/pdf", "ubl": "application/xml"}
SUFFIXES = {"pdf": "pdf", "ubl": "xml"}


def make_missing(
    tell: Callable[[int, int, str], None] = lambda done, of, number: None,
) -> list[tuple[str, str]]:
    """Make the documents that are not there; returns (number, why) of those that could not be made.

    tell(done, of how many, number) is called after each; number is empty where it could not be made.
    """
    failed: list[tuple[str, str]] = []
    waiting = missing_documents.missing()
    number_of_printers = min(os.cpu_count() or 1, MOST_PRINTERS, 1 + len(waiting) // A_LOT)
    with Printers(number_of_printers) as printers:
        for done, (invoice, keep) in enumerate(_printed(waiting, printers), 1):
            number = invoice.number_text
            try:
                keep()
            except PrintFailed as failure:
                failed.append((number, str(failure)))
                number = ""
            tell(done, len(waiting), number)
    return failed


def work(job: Job, tell: Tell) -> dict[str, Any]:
    """Make what is missing as long work; the result counts what was made, and names what could not be."""
    tried = 0

    def count(done: int, of: int, number: str) -> None:
        nonlocal tried
        tried = done
        tell(done, of)

    tell(0, len(missing_documents.missing()))
    failed = make_missing(count)
    return {"made": tried - len(failed), "failed": failed}


def _printed(invoices: list[int], printers: Printers) -> Iterator[tuple[Invoice, Callable[[], object]]]:
    """Each invoice in its order, with what keeps its documents; PDFs of the next ones are made meanwhile."""
    ahead: deque[tuple[Invoice, Callable[[], object]]] = deque()
    for one in invoices:
        invoice = Invoice.get_by_id(one)
        lines = _lines(invoice)
        # Also where the e-invoice alone was lost: that is rare, and the PDF may go before it is kept.
        pdf = printers.ask(invoice_text.html(invoice, lines), invoice.issued_on)
        ahead.append((invoice, partial(_keep, invoice, lines, pdf.result)))
        if len(ahead) > printers.number:
            yield ahead.popleft()
    yield from ahead


def make(invoice: Invoice, printer: Printer) -> list[Document]:
    """Make what an invoice lacks of PDF and UBL, the PDF first: the e-invoice carries it.

    Raises PrintFailed, also where a lost document comes out unlike the first one, which it must not.
    """
    lines = _lines(invoice)
    return _keep(invoice, lines, lambda: printer.pdf(invoice_text.html(invoice, lines), invoice.issued_on))


def _lines(invoice: Invoice) -> list[InvoiceLine]:
    return list(invoice.lines.order_by(InvoiceLine.position))


def _keep(invoice: Invoice, lines: list[InvoiceLine], printed: Callable[[], bytes]) -> list[Document]:
    """Keep both documents; printed gives the PDF where there is none yet."""
    pdf = _stored(invoice, "pdf")
    if pdf is None:
        pdf = _store(invoice, "pdf", printed())
    e_invoice = _stored(invoice, "ubl")
    if e_invoice is None:
        attachment = ubl.Attachment(pdf.file_name, pdf.media_type, bytes(pdf.content))
        e_invoice = _store(invoice, "ubl", ubl.write(invoice, lines, attachment), attachment.content)
    return [pdf, e_invoice]


def _stored(invoice: Invoice, kind: str) -> Document | None:
    document: Document | None = Document.get_or_none((Document.invoice == invoice) & (Document.kind == kind))
    return document


def _store(invoice: Invoice, kind: str, content: bytes, pdf: bytes = b"") -> Document:
    """Keep a document, without the PDF in it, and for ever its hash.

    Who comes second gets what the first one kept.
    """
    digest = sha256(content).hexdigest()
    with transaction():
        hold("invoices")
        stored = _stored(invoice, kind)
        if stored is not None:
            return stored
        last = (
            Event.select()
            .where((Event.invoice == invoice) & (Event.verb == f"make_{kind}"))
            .order_by(Event.id.desc())
            .first()
        )
        if last is None or last.after.get("layout", 1) != LAYOUT:
            after = {"sha256": digest, "layout": LAYOUT}
            events.record(f"make_{kind}", by=None, source="documents", invoice=invoice, after=after)
        elif last.after["sha256"] != digest:
            raise PrintFailed(f"the {kind} made again is not the one of {last.at:%Y-%m-%d}: nothing is kept")
        document = Document(
            invoice=invoice,
            kind=kind,
            file_name=f"{invoice.number_text}.{SUFFIXES[kind]}",
            media_type=KINDS[kind],
            sha256=digest,
            content=content,
            created_at=clock.now(),
        )
        if pdf:
            document.cut(pdf)
        document.save()
        missing_documents.keep(invoice)
    return document
