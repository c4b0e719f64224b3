"""What goes with a mail besides its text: the documents of an invoice, read when it is delivered.

The outbox holds none of them: they are kept once, with their invoice.
"""

from email.headerregistry import Address
from email.message import EmailMessage

from konnekt.models import Dispatch, Document, Mail

# The kinds of mail that have a dispatch, which says what goes along.
KINDS = ("invoice", "invoice_reminder")


class NotThere(Exception):
    """A document is not there now: it is made again, and the mail waits for it."""


def add(message: EmailMessage, row: Mail) -> None:
    """Add the documents, one read after another, and who gets a copy.

    Raises NotThere, ValueError for what has no dispatch, is past its term, or reminds of what was paid or
    credited meanwhile: that is never sent.
    """
    dispatch = Dispatch.get_or_none(Dispatch.mail == row)
    if dispatch is None:
        raise ValueError("nobody sends this any more")
    if dispatch.purpose == "reminder" and not dispatch.invoice.to_pay_cents:
        raise ValueError("nothing is to be paid any more")
    if dispatch.copy_to:
        message["Bcc"] = Address(addr_spec=dispatch.copy_to)
    for kind in dispatch.documents.split():
        mine = (Document.invoice == dispatch.invoice_id) & (Document.kind == kind)
        document = Document.get_or_none(mine)
        content = document.whole() if document else None
        if document is None or content is None:
            raise NotThere(f"the {kind} is not there")
        if not content:
            raise ValueError("its documents are past their term")
        maintype, _, subtype = document.media_type.partition("/")
        message.add_attachment(content, maintype=maintype, subtype=subtype, filename=document.file_name)
