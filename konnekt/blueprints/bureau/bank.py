"""Bank statements: reading one, and deciding on what it left open."""

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _, ngettext
from werkzeug import Response

from konnekt.domain.imports import bank_statements
from konnekt.domain.payments import bank
from konnekt.domain.refusals import Refused
from konnekt.forms.bank import BookForm, StatementForm
from konnekt.forms.numbers import whole
from konnekt.screens import web

bp = Blueprint("bank", __name__, url_prefix="/payments/bank")


@bp.get("")
def index() -> Response:
    """A form for a statement, and what waits for somebody to decide."""
    return _shown(StatementForm(None))


def _here() -> dict[str, Any]:
    """The page of what waits, as it stands in the address: a line that is refused is on the same one."""
    number = min(max(request.args.get("page", 1, type=whole), 1), 100_000)
    return {"page": number} if number > 1 else {}


def _shown(form: StatementForm, status: int = 200, **more: Any) -> Response:
    here = _here()
    waiting = bank.waiting(here.get("page", 1))
    shown = {"form": form, "waiting": waiting, "set_aside": bank.set_aside_last(), "here": here}
    return web.page("bureau/bank/index.html", None, status, **{"book_form": None, **shown, **more})


@bp.post("")
def read() -> Response:
    """Read a statement: what is sure is booked, the rest waits here."""
    web.allow_size(bank_statements.MOST_BYTES // 1_000_000 + 1)
    form = StatementForm()
    if not form.validate():
        return _shown(form, 422)
    try:
        done = bank.read(bank_statements.read(form.content()), by=web.account())
    except Refused as refusal:
        return _shown(form, web.refuse(form, refusal))
    flash(_said(done))
    return redirect(url_for(".index"), 303)


def _said(done: bank.StatementRead) -> str:
    booked = ngettext("%(num)s payment booked", "%(num)s payments booked", len(done.booked))
    waiting = ngettext("%(num)s line waits for you", "%(num)s lines wait for you", done.waiting)
    before = ngettext("%(num)s was read before", "%(num)s were read before", done.read_before)
    others = ngettext("%(num)s is about no invoice", "%(num)s are about no invoice", done.others)
    return f"{booked}, {waiting}, {before}, {others}."


@bp.post("/<int:entry>/book")
def book(entry: int) -> Response:
    """Book a line on the invoices whose numbers are typed."""
    form = BookForm()
    form.about(entry)
    status = 200 if form.validate() else 422
    if status == 200:
        try:
            typed, seen = form.numbers.data or "", form.seen_cents()
            booked = bank.book(entry, typed, by=web.account(), seen=seen, is_sure=form.sure.data)
        except Refused as refusal:
            status = web.refuse(form, refusal)
        else:
            flash(ngettext("%(num)s payment booked.", "%(num)s payments booked.", len(booked)))
            return redirect(url_for(".index", **_here()), 303)
    return _shown(StatementForm(None), status, book_form=form, about=entry)


@bp.post("/<int:entry>/set-aside")
def set_aside(entry: int) -> Response:
    """A line that is for no invoice."""
    bank.set_aside(entry, by=web.account(), seen=BookForm().seen_cents())
    flash(_("Set aside: it stands below, where it can be put back."))
    return redirect(url_for(".index", **_here()), 303)


@bp.post("/<int:entry>/put-back")
def put_back(entry: int) -> Response:
    """A line that was set aside waits again."""
    bank.put_back(entry, by=web.account())
    flash(_("It waits again."))
    return redirect(url_for(".index", **_here()), 303)
