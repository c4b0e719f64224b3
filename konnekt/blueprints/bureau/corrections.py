"""Corrections: find a timesheet that is invoiced or paid, type its hours as they should be."""

from typing import Any

from flask import Blueprint, request, url_for
from flask_babel import gettext as _
from werkzeug import Response

from konnekt.domain.corrections import case as cases, cells, effect, supplementary
from konnekt.domain.refusals import Conflict, Invalid, Refused
from konnekt.domain.timesheets import entry
from konnekt.forms import registration
from konnekt.forms.corrections import CorrectionForm, CorrectionSearchForm
from konnekt.forms.numbers import whole
from konnekt.screens import web

bp = Blueprint("corrections", __name__, url_prefix="/corrections")


@bp.get("")
def index() -> Response:
    """What can be corrected, and the corrections that wait or came back."""
    form = CorrectionSearchForm(request.args)
    form.offer([(place.code, place.name) for place in supplementary.organisations()])
    page = supplementary.correctable(**form.values(), page=request.args.get("page", 1, type=whole))
    return web.page(
        "bureau/corrections/index.html",
        "partials/corrections_list.html",
        form=form,
        page=page,
        counts=supplementary.counts(page.rows),
        under_way=supplementary.under_way(),
    )


@bp.get("/<int:sheet>")
def show(sheet: int) -> Response:
    """One timesheet with its corrections, and the cells to type another."""
    case = cases.find(sheet)
    return _shown(case, case.entry(), CorrectionForm(None))


@bp.post("/<int:sheet>")
def correct(sheet: int) -> Response:
    """Add a line, show what the correction does, or send what was shown."""
    case, form = cases.find(sheet), CorrectionForm(request.form)
    typed = registration.entry(request.form)
    if form.add.data:
        return _with_line(case, typed, form)
    try:
        if form.do.data == "send":
            return _sent(case, typed, form)
        foreseen = effect.foresee(case, supplementary.check(case, typed.content()))
    except (Conflict, Invalid) as refusal:
        return _refused(sheet, typed, form, refusal)
    return _shown(case, typed, form, foreseen=foreseen)


@bp.post("/<int:sheet>/withdraw")
def withdraw(sheet: int) -> Response:
    """Take a correction back that waits or came back."""
    correction = supplementary.withdraw(
        sheet, by=web.account(), seen=registration.seen(request.form.get("seen", ""))
    )
    return _done(sheet, _("Taken back: correction %(number)s is empty.", number=correction.sequence))


def _sent(case: cases.Case, typed: entry.Entry, form: CorrectionForm) -> Response:
    correction = supplementary.send(
        case.original.id, typed.content(), form.reason.data or "",
        by=web.account(), seen=form.case.data or "", shown=form.shown.data or "",
    )  # fmt: skip
    return _done(
        correction.id, _("Sent: correction %(number)s waits to be approved.", number=correction.sequence)
    )


def _done(sheet: int, notice: str) -> Response:
    case = cases.find(sheet)
    there = url_for(".show", sheet=case.original.id)
    context = _context(case, case.entry(), CorrectionForm(None))
    return web.done(notice, there, "partials/correction.html", **context)


def _with_line(case: cases.Case, typed: entry.Entry, form: CorrectionForm) -> Response:
    week = registration.added_week(form.add.data or "")
    if week is not None:
        cells.add_row(case, typed, *week)
    return _shown(case, typed, form, new=typed.rows[-1].token if typed.rows else "")


def _refused(sheet: int, typed: entry.Entry, form: CorrectionForm, refusal: Refused) -> Response:
    """The page with what was typed; where hours changed meanwhile, with what the correction does by now."""
    case = cases.find(sheet)
    if getattr(refusal, "field", "") == "reason":
        form.reason.errors = [web.say(refusal)]
    foreseen = None
    try:
        foreseen = effect.foresee(case, supplementary.check(case, typed.content()))
    except Refused as why:
        # What is wrong with the hours is said first: the rest can wait.
        refusal = why
    if isinstance(refusal, Invalid) and refusal.field != "reason":
        typed.refused(refusal)
    return _shown(case, typed, form, refusal.status, foreseen=foreseen, refusal=refusal)


def _shown(
    case: cases.Case, typed: entry.Entry, form: CorrectionForm, status: int = 200, *,
    foreseen: effect.Effect | None = None, refusal: Refused | None = None, new: str = "",
) -> Response:  # fmt: skip
    context = _context(case, typed, form)
    template, partial = "bureau/corrections/show.html", "partials/correction.html"
    return web.page(template, partial, status, **context, foreseen=foreseen, refusal=refusal, new=new)


def _context(case: cases.Case, typed: entry.Entry, form: CorrectionForm) -> dict[str, Any]:
    return {"case": case, "grid": cells.grid(case, typed), "form": form, "say": web.say}
