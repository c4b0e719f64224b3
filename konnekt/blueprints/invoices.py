"""Facturen: the list, an invoice, the timesheets behind it, its documents, and many at once."""

from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from typing import Any

from flask import Blueprint, abort, request
from flask_babel import gettext as _
from werkzeug import Response

from konnekt.documents import archives, tables
from konnekt.domain import access, clock
from konnekt.domain.invoices import detail, dispatches, listing, send, states
from konnekt.domain.refusals import Conflict, Invalid, Refused
from konnekt.forms.invoices import InvoiceFilterForm, picks
from konnekt.screens import web
from konnekt.screens.downloads import attachment
from konnekt.screens.formats import period_and_year

bp = Blueprint("invoices", __name__, url_prefix="/invoices")

# A workbook of more rows takes longer than a reader waits.
LONGEST_WORKBOOK = 20_000


@bp.app_context_processor
def words() -> dict[str, Any]:
    """What a state is called, wherever an invoice is shown."""
    return {"state_words": states.WORDS, "state_filters": states.FILTERS}


def _only_readers() -> None:
    if not access.may_see_invoices(web.grants()):
        abort(403)


@bp.get("")
def index() -> Response:
    """The list: what is found, added up, a page at a time."""
    _only_readers()
    return _list(InvoiceFilterForm(request.args))


def _list(form: InvoiceFilterForm, refusal: Refused | None = None) -> Response:
    who, by = web.grants(), form.values()
    totals = listing.totals(who, by)
    page = listing.page(who, by, form.number(), totals.count)
    return web.page(
        "invoices/index.html",
        "partials/invoices_list.html",
        refusal.status if refusal else 200,
        by=by,
        totals=totals,
        page=page,
        sent=dispatches.latest(page.rows) if who.is_agency_staff else {},
        query=form.query(),
        organisations=partial(listing.organisations, who),
        years=range(clock.today().year, totals.first_year - 1, -1),
        most=detail.MOST,
        most_sent=send.MOST,
        refusal=refusal,
        is_fragment=web.is_htmx(),
    )


@bp.get("/list.csv")
def csv() -> Response:
    """What is found, as a file that spreadsheets open."""
    _only_readers()
    rows = _rows(InvoiceFilterForm(request.args).values())
    return attachment(tables.csv_file(_header(), rows, web.language()), tables.CSV, f"{_('invoices')}.csv")


@bp.get("/list.xlsx")
def xlsx() -> Response:
    """What is found, as a workbook."""
    _only_readers()
    form = InvoiceFilterForm(request.args)
    by = form.values()
    if listing.totals(web.grants(), by).count > LONGEST_WORKBOOK:
        refusal = Invalid(
            "A workbook holds at most %(count)s invoices: search for less, or take the CSV.",
            count=LONGEST_WORKBOOK,
        )
        return _list(form, refusal)
    content = tables.xlsx_file(_("Invoices"), _header(), _rows(by))
    return attachment(content, tables.XLSX, f"{_('invoices')}.xlsx")


@bp.get("/zip")
def bundle() -> Response:
    """PDF and e-invoice of what is ticked, or of all that is found, as one ZIP."""
    # What is ticked is not there for who may not see it, with or without a list of her own: 404.
    if "pick" not in request.args:
        _only_readers()
    form = InvoiceFilterForm(request.args)
    who = web.grants()
    try:
        if "all" in request.args:
            documents = detail.bundle(who, by=form.values())
        else:
            documents = detail.bundle(who, picks=picks(request.args.getlist("pick")))
    except (Conflict, Invalid) as refusal:
        _only_readers()
        return _list(form, refusal)
    lost = _("These documents are being made again. Take the ZIP once more in a few minutes.")
    name = _("not-in-here")
    files = detail.contents(documents, (f"{name}.txt", lost))
    content = archives.stream(files, clock.local(clock.now()))
    return attachment(content, archives.ZIP, f"{_('invoices')}.zip")


@bp.get("/<int:invoice>")
def show(invoice: int) -> Response:
    """One invoice: what it says, its documents, its credit note, its history."""
    who = web.grants()
    whole = detail.whole(invoice, who)
    return web.page(
        "invoices/show.html",
        "partials/invoice_documents.html",
        whole=whole,
        outgoing=send.outgoing(whole.invoice) if who.may("invoices") else None,
        refusal=None,
        is_fragment=web.is_htmx(),
    )


@bp.get("/<int:invoice>/timesheets")
def timesheets(invoice: int) -> Response:
    """The clock: the timesheets behind an invoice, in the list or as a page of its own."""
    row = detail.find(invoice, web.grants())
    return web.page(
        "invoices/timesheets.html",
        "partials/invoice_timesheets.html",
        invoice=row,
        parts=detail.timesheets(row),
    )


@bp.get("/<int:invoice>/pdf")
def pdf(invoice: int) -> Response:
    """The arrow: the invoice with its timesheets as PDF."""
    return _document(invoice, "pdf")


@bp.get("/<int:invoice>/ubl")
def ubl(invoice: int) -> Response:
    """The e-invoice, for the bookkeeping program."""
    return _document(invoice, "ubl")


def _document(invoice: int, kind: str) -> Response:
    file = detail.document(invoice, kind, web.grants())
    return attachment(file.content, file.media_type, file.name)


def _header() -> list[str]:
    return [
        _("Number"), _("Kind"), _("Date"), _("Due date"), _("Period"), _("First day"), _("Last day"),
        _("Organisation"), _("Name"), _("Budget number"), _("Amount without VAT"), _("VAT"), _("Total"),
        _("State"), _("Settled on"), _("Paid or set off"), _("To pay"), _("To be paid back or set off"),
    ]  # fmt: skip


def _rows(by: listing.InvoiceFilter) -> Iterator[list[tables.Cell]]:
    kinds = {"invoice": _("Invoice"), "credit_note": _("Credit note")}
    spoken = {state: _(word) for state, word in states.WORDS.items()}
    for one in listing.rows(web.grants(), by):
        period, sign = one.pay_period, -1 if one.kind == "credit_note" else 1
        yield [
            one.number_text, kinds[one.kind], one.issued_on, one.due_on,
            period_and_year(period), period.first_on, period.last_on, one.organisation.code,
            one.organisation.name, one.budget_number_text,
            *(_euros(sign * cents) for cents in (one.net_cents, one.vat_cents, one.total_cents)),
            spoken[one.state], one.paid_on,
            *(_euros(cents) for cents in (one.settled_cents, one.to_pay_cents, one.to_return_cents)),
        ]  # fmt: skip


def _euros(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)
