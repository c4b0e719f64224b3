"""Invoice run: look at what would be issued, open one of it, leave it out, issue; and credit an invoice."""

from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug import Response
from werkzeug.datastructures import MultiDict

from konnekt.domain import clock, paging
from konnekt.domain.invoices import (
    credit as invoice_credit,
    drafts,
    groups,
    missing_documents,
    postpone,
    runs,
)
from konnekt.domain.refusals import Invalid, Refused
from konnekt.forms.bureau import searches
from konnekt.forms.invoicing import CreditForm, PostponeForm, RunForm
from konnekt.models import Job
from konnekt.screens import web

bp = Blueprint("invoicing", __name__, url_prefix="/invoicing")

PAGE, RUN = "bureau/invoicing/index.html", "partials/invoicing_run.html"
DRAFT, ONE_DRAFT = "bureau/invoicing/draft.html", "partials/invoicing_draft.html"
CREDIT, OUTLOOK = "bureau/invoicing/credit.html", "partials/invoicing_credit.html"
# What the name of a field for a purchase order number begins with.
ORDER = "order-"
# How many letters of an address they may be: a server reads lines of 4,094.
LONGEST_ORDERS = 3000


@bp.get("")
def index() -> Response:
    """What waits to be invoiced; with a period, or an empty one for all of them, what a run would issue."""
    if "period" not in request.args:
        return _shown(RunForm(None, on=clock.today()), 200)
    form = RunForm(request.args)
    status, preview = _previewed(form, _orders(request.args))
    return _shown(form, status, **preview)


@bp.post("")
def issue() -> Response:
    """Begin the run that the preview showed; or look again, with the purchase order numbers as typed."""
    form, orders, seen = RunForm(), _orders(request.form), request.form.get("seen", "")
    if "look" in request.form:
        return _look_again(orders)
    if not form.validate():
        return _shown(form, 422)
    try:
        job = runs.begin(_asked(form, orders), seen=seen, by=web.account())
    except Refused as refusal:
        _status, preview = _previewed(form, orders)
        if not isinstance(refusal, Invalid):
            preview["refused"] = web.say(refusal)
        return _shown(form, refusal.status, **preview)
    return _begun(job, _("The run has begun."))


@bp.get("/drafts/<key>")
def draft(key: str) -> Response:
    """One invoice to be, with its lines."""
    return _opened(_found(key), PostponeForm(None), 200)


@bp.post("/drafts/<key>")
def leave_out(key: str) -> Response:
    """Leave it out of runs, with a reason."""
    form, order = PostponeForm(), _orders(request.args).get(key)
    try:
        postpone.postpone(
            groups.read(key), form.reason.data or "", seen=form.seen.data or "", by=web.account(), order=order
        )
    except Refused as refusal:
        status = web.refuse(form, refusal)
        return _opened(_found(key), form, status)
    return _back(_("Left out of invoice runs until it is taken up again."))


@bp.post("/postponed/<int:postponed>/take-up")
def take_up(postponed: int) -> Response:
    """Invoice it in a run again."""
    postpone.take_up(postponed, by=web.account())
    return _back(_("Runs invoice it again."))


@bp.post("/documents")
def make_documents() -> Response:
    """Have the documents made that are missing."""
    return _begun(missing_documents.make(web.account()), _("The missing documents are being made."))


@bp.get("/<int:invoice>/credit")
def outlook(invoice: int) -> Response:
    """What crediting this invoice does, and the form to do it."""
    return _foreseen(invoice_credit.outlook(invoice), CreditForm(None), 200)


@bp.post("/<int:invoice>/credit")
def credit(invoice: int) -> Response:
    """Credit it, with a reason."""
    form = CreditForm()
    if not form.validate():
        return _foreseen(invoice_credit.outlook(invoice), form, 422)
    try:
        note = invoice_credit.credit(invoice, form.reason.data, by=web.account(), seen=form.seen.data)
    except Refused as refusal:
        return _foreseen(invoice_credit.outlook(invoice), form, web.refuse(form, refusal))
    here = url_for("bureau.invoicing.outlook", invoice=invoice)
    outlook = invoice_credit.outlook(invoice)
    notice = _("Credited: credit note %(number)s.", number=note.number_text)
    return web.done(notice, here, OUTLOOK, outlook=outlook, form=form)


def _begun(job: Job, notice: str) -> Response:
    """On to the page that says how far it is."""
    there = url_for("bureau.jobs.show", job=job.id)
    done = web.done(notice, there, "partials/job_progress.html", job=job, is_moved=True)
    return web.moved(done, there, "#invoicing")


def _shown(form: RunForm, status: int, lacking: list[str] | None = None, **preview: Any) -> Response:
    waiting = runs.waiting()
    form.offer(
        [(one.calendar, runs.period_name(one), web.spoken(one)) for one in runs.periods(waiting)],
        [(one.code, one.name) for one in runs.organisations()],
    )
    shown = {
        "form": form,
        "period_name": runs.period_name,
        "lacking": runs.lacking() if lacking is None else lacking,
        **preview,
    }
    if not web.is_htmx():
        shown["waiting"] = waiting
        shown["jobs"] = runs.under_way()
        shown["undocumented"] = missing_documents.first(runs.MOST_NUMBERS)
    return web.page(PAGE, RUN, status, **shown)


def _asked(form: RunForm, orders: dict[str, str]) -> runs.RunAsked:
    period = runs.read_period_name(form.period.data or "")
    return runs.RunAsked(period, form.organisation.data or None, form.on.data, orders)


def _orders(typed: MultiDict[str, str]) -> dict[str, str]:
    """The purchase order numbers that were typed, by the key of the invoice to be."""
    return {name.removeprefix(ORDER): text for name, text in typed.items() if name.startswith(ORDER)}


def _look_again(orders: dict[str, str]) -> Response:
    if not _in_address(orders):
        # More than an address can hold: shown as it was posted.
        form = RunForm()
        status, preview = _previewed(form, orders)
        return _shown(form, status, **preview)
    chosen: dict[str, Any] = {name: request.form.get(name, "") for name in ("period", "organisation", "on")}
    chosen |= _in_address(orders)
    return redirect(url_for("bureau.invoicing.index", **chosen), 303)


def _in_address(orders: dict[str, str]) -> dict[str, str]:
    """The purchase order numbers as an address carries them; none where they are more than it can hold."""
    said = {f"{ORDER}{key}": text for key, text in orders.items()}
    return said if len(urlencode(said)) <= LONGEST_ORDERS else {}


def _previewed(form: RunForm, orders: dict[str, str]) -> tuple[int, dict[str, Any]]:
    """The preview with what the page carries of it; else what is wrong, beside the fields of the form."""
    if not form.validate():
        return 422, {}
    if lacking := runs.lacking():
        return 200, {"lacking": lacking}
    asked = _asked(form, orders)
    try:
        run = asked.preview()
    except Refused as refusal:
        return web.refuse(form, refusal), {}
    page = paging.of_list(run.drafts, searches.number(request.args.get("page")))
    fields = runs.order_fields(run, page.rows)
    elsewhere = {key: text for key, text in orders.items() if key not in fields}
    shown = {
        "run": run, "page": page, "orders": orders, "elsewhere": elsewhere, "order_prefix": ORDER,
        "seen": runs.shown(replace(asked, orders=elsewhere | fields), run),
        "asked": _way_back(form.data, orders),
    }  # fmt: skip
    return 200, {"lacking": [], **shown}


def _way_back(typed: Any, orders: dict[str, str]) -> dict[str, str]:
    """Which run it was, as its address says, with the purchase order numbers that were typed."""
    said = {name: typed.get(name) or "" for name in ("period", "organisation", "on", "page")}
    said["page"] = typed.get("page") or request.args.get("page", "")
    said = {name: value.isoformat() if isinstance(value, date) else value for name, value in said.items()}
    return said | _in_address(orders)


def _back(notice: str) -> Response:
    """To the run that it was, without what was left out or with what was taken up."""
    back: dict[str, Any] = _way_back(request.args, _orders(request.args))
    back["on"] = back["on"] or clock.today().isoformat()
    there = url_for("bureau.invoicing.index", **back)
    flash(notice)
    return redirect(there, 303)


def _found(key: str) -> drafts.Draft:
    """An invoice to be, with the purchase order number that was typed for it."""
    return postpone.find(groups.read(key), _orders(request.args).get(key))


def _opened(draft: drafts.Draft, form: PostponeForm, status: int) -> Response:
    back = _way_back(request.args, _orders(request.args))
    return web.page(DRAFT, ONE_DRAFT, status, draft=draft, form=form, asked=back)


def _foreseen(outlook: invoice_credit.Outlook, form: CreditForm, status: int) -> Response:
    return web.page(CREDIT, OUTLOOK, status, outlook=outlook, form=form)
