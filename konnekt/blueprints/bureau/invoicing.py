"""Invoice run: choose a period, look at what it would issue, issue that; and credit an invoice."""

from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug import Response
from werkzeug.datastructures import MultiDict

from konnekt.domain import clock
from konnekt.domain.invoices import credit as invoice_credit, issue as invoice_issue, missing_documents, runs
from konnekt.domain.refusals import Invalid, Refused
from konnekt.forms.invoicing import CreditForm, RunForm
from konnekt.models import Job
from konnekt.screens import web

bp = Blueprint("invoicing", __name__, url_prefix="/invoicing")

PAGE, RUN = "bureau/invoicing/index.html", "partials/invoicing_run.html"
# What the name of a field for a purchase order number begins with.
ORDER = "order-"
CREDIT, OUTLOOK = "bureau/invoicing/credit.html", "partials/invoicing_credit.html"


@bp.get("")
def index() -> Response:
    """What waits to be invoiced; with a period, what a run would issue."""
    if "period" not in request.args:
        waiting = runs.waiting()
        first = runs.period_name(waiting[0].period) if waiting else None
        return _shown(RunForm(None, on=clock.today(), period=first), 200, waiting=waiting)
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
        job = runs.begin(*_asked(form), on=form.on.data, seen=seen, by=web.account(), orders=orders)
    except Refused as refusal:
        _status, preview = _previewed(form, orders)
        if not isinstance(refusal, Invalid):
            preview["refused"] = web.say(refusal)
        return _shown(form, refusal.status, **preview)
    return _begun(job, _("The run has begun."))


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


def _shown(
    form: RunForm, status: int, waiting: list[runs.BillablePeriod] | None = None,
    lacking: list[str] | None = None, **preview: Any,
) -> Response:  # fmt: skip
    waiting = runs.waiting() if waiting is None else waiting
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


def _asked(form: RunForm) -> tuple[str, int, int, str | None]:
    return *runs.read_period_name(form.period.data), form.organisation.data or None


def _orders(typed: MultiDict[str, str]) -> dict[str, str]:
    """The purchase order numbers that were typed, by the key of the invoice to be."""
    return {name.removeprefix(ORDER): text for name, text in typed.items() if name.startswith(ORDER)}


def _look_again(orders: dict[str, str]) -> Response:
    chosen: dict[str, Any] = {name: request.form.get(name, "") for name in ("period", "organisation", "on")}
    chosen |= {f"{ORDER}{key}": text for key, text in orders.items()}
    return redirect(url_for("bureau.invoicing.index", **chosen), 303)


def _previewed(form: RunForm, orders: dict[str, str]) -> tuple[int, dict[str, Any]]:
    """The preview with its fingerprint; else what is wrong, beside the fields of the form."""
    if not form.validate():
        return 422, {}
    if lacking := runs.lacking():
        return 200, {"lacking": lacking}
    try:
        invoice_issue.must_be_near(form.on.data)
        run = invoice_issue.preview(*_asked(form), orders)
    except Refused as refusal:
        return web.refuse(form, refusal), {}
    seen = runs.fingerprint(run, form.on.data)
    return 200, {"lacking": [], "run": run, "seen": seen, "orders": orders, "order_prefix": ORDER}


def _foreseen(outlook: invoice_credit.Outlook, form: CreditForm, status: int) -> Response:
    return web.page(CREDIT, OUTLOOK, status, outlook=outlook, form=form)
