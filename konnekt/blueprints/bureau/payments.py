"""Payments: what is still to be paid, marking it paid, a file of payments, taking one back."""

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _, ngettext
from werkzeug import Response

from konnekt.domain import clock
from konnekt.domain.imports import kinds, payment_file
from konnekt.domain.payments import booking, open_amounts
from konnekt.domain.refusals import Invalid, Refused
from konnekt.forms.numbers import whole
from konnekt.forms.payments import FileForm, MarkForm, PaymentSearchForm, TakeBackForm
from konnekt.screens import web

bp = Blueprint("payments", __name__, url_prefix="/payments")

LIST = "partials/payments_list.html"


def _here() -> dict[str, Any]:
    """What narrows the list, as it stands in the address."""
    return {name: request.args[name] for name in ("q", "page") if request.args.get(name)}


@bp.get("")
def index() -> Response:
    """What is open and overdue, and the payments recorded last."""
    return _shown(MarkForm(None, on=clock.today()), 200)


def _shown(form: MarkForm, status: int, **more: Any) -> Response:
    search = PaymentSearchForm(request.args)
    number, back = (min(max(request.args.get(name, 1, type=whole), 1), 100_000) for name in ("page", "back"))
    shown = {
        "due": open_amounts.due(search.q.data or "", number),
        "to_return": open_amounts.to_return(search.q.data or "", back),
        "form": form,
        "search": search,
        "here": _here(),
        "latest": open_amounts.latest(),
        "file_form": FileForm(None),
        "take_back_form": TakeBackForm(None),
    }
    return web.page("bureau/payments/index.html", LIST, status, **shown | more)


@bp.post("/mark")
def mark() -> Response:
    """Mark the ticked invoices as paid."""
    form = MarkForm()
    ticked = [
        int(one) for one in request.form.getlist("pick") if one.isascii() and one.isdigit() and len(one) < 10
    ]
    if not form.validate():
        return _shown(form, 422, ticked=ticked)
    try:
        marked = booking.mark(ticked, form.on.data, by=web.account())
    except Refused as refusal:
        return _shown(form, web.refuse(form, refusal), ticked=ticked)
    if not marked.invoices:
        return _shown(form, 409, marked=marked)
    notice = _said(marked)
    if web.is_htmx():
        return web.announce(_shown(form, 200, marked=marked), notice)
    flash(notice)
    for number, why in marked.refused.items():
        flash(f"{number}: {web.say(why)}", "warning")
    return redirect(url_for("bureau.payments.index", **_here()), 303)


def _said(marked: booking.Marked) -> str:
    return str(ngettext("%(num)s invoice is paid.", "%(num)s invoices are paid.", len(marked.invoices)))


@bp.post("/<int:payment>/take-back")
def take_back(payment: int) -> Response:
    """Take back a payment that was recorded by mistake."""
    form = TakeBackForm()
    try:
        invoice = booking.take_back(payment, form.reason.data or "", by=web.account())
    except Refused as refusal:
        status = web.refuse(form, refusal)
        return _shown(MarkForm(None, on=clock.today()), status, take_back_form=form, taken=payment)
    flash(_("The payment of %(number)s was taken back.", number=invoice.number_text))
    return redirect(url_for("bureau.payments.index"), 303)


@bp.post("/file")
def preview() -> Response:
    """What a file of payments would do."""
    form = FileForm()
    if not form.validate():
        return _shown(MarkForm(None, on=clock.today()), 422, file_form=form)
    content = form.content()
    try:
        kinds.check(form.file.data.filename, content, "file")
    except Invalid as refusal:
        return _shown(MarkForm(None, on=clock.today()), web.refuse(form, refusal), file_form=form)
    return _previewed(payment_file.read(content), 200)


@bp.post("/record")
def record() -> Response:
    """Record the payments of the file that was shown."""
    content = request.form.get("content", "").encode("utf-8", "surrogateescape")
    try:
        done = payment_file.record(content, by=web.account())
    except Refused as refusal:
        return _previewed(payment_file.read(content), refusal.status, refused=web.say(refusal))
    count = len(done.new)
    flash(
        ngettext("%(num)s payment was recorded.", "%(num)s payments were recorded.", count)
        if count
        else _("All of these payments were recorded already: nothing changed.")
    )
    return redirect(url_for("bureau.payments.index"), 303)


def _previewed(file: payment_file.PaymentFile, status: int, **more: Any) -> Response:
    status = 422 if file.problems and status == 200 else status
    return web.page("bureau/payments/file.html", None, status, file=file, say=web.say_sentence, **more)
