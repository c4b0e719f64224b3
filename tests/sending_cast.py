"""Two issued invoices that can be sent, and what the tests ask of sending them."""

from datetime import date

from konnekt.domain import clock
from konnekt.domain.invoices import missing_documents, send
from konnekt.models import Account, Dispatch, Document, Invoice, Organisation
from tests import factories, invoice_cast
from tests.factories import World

ADDRESSES = {"FSE": "facturen@fse.example", "LAW": "facturen@law.example"}


def assemble(world: World, *, documents: bool = True) -> list[Invoice]:
    """2026-00001 of FSE and 2026-00002 of LAW, each organisation with its address."""
    invoice_cast.complete(world)
    for code, address in ADDRESSES.items():
        change(code, invoice_email=address)
    invoice_cast.approve(world.sheet, world.supervisor)
    other = factories.assignment(factories.worker("Oth", "Er"), world.law, world.law_budget)
    factories.sheet(other, world.period, {date(2026, 11, 3): 60}, state="approved")
    issued = invoice_cast.run()
    for invoice in issued if documents else []:
        document(invoice)
    return [Invoice.get_by_id(one.id) for one in sorted(issued, key=lambda one: one.organisation.code)]


def document(invoice: Invoice) -> None:
    """Give it a PDF and an e-invoice that carries it, of a few letters."""
    pdf = b"%PDF-1.7 \x00\xff of " + invoice.number_text.encode()
    for kind, suffix, content in (("pdf", "pdf", pdf), ("ubl", "xml", b"<Invoice/>")):
        Document.create(
            invoice=invoice, kind=kind, file_name=f"{invoice.number_text}.{suffix}", sha256="", content=content,
            media_type="application/pdf" if kind == "pdf" else "application/xml", created_at=clock.now(),
        )  # fmt: skip
    missing_documents.keep(invoice)


def change(code: str, **columns: str) -> None:
    """Change an organisation without the verb."""
    Organisation.update(**columns).where(Organisation.code == code).execute()


def shown(invoice: Invoice) -> send.ShownInvoice:
    """What its page shows of it now."""
    (one,) = send._read([invoice.id])
    return one.shown


def send_it(invoice: Invoice, by: Account) -> Dispatch:
    """Send one as it is now."""
    return send.send(shown(invoice), by=by)


def colleague(roles: str) -> Account:
    """Somebody of the agency with these roles alone."""
    return factories.account("Col", "Lega", is_agency_staff=True, agency_roles=roles)


def last(invoice: Invoice) -> Dispatch:
    """The last time that it was sent."""
    mine = (Dispatch.invoice == invoice) & ~Dispatch.is_copy
    found: Dispatch = Dispatch.select().where(mine).order_by(Dispatch.id.desc()).get()
    return found
