"""Uren van een periode: who has not sent or approved; reminding, sending on somebody's behalf."""

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _, ngettext
from werkzeug import Response

from konnekt.domain.periods import progress, reminders
from konnekt.domain.refusals import Conflict, Invalid, Refused
from konnekt.domain.registration import change as registration_change, submit_on_behalf
from konnekt.domain.timesheets import edit_conflict, entry, grid, step_back, submit
from konnekt.forms import registration
from konnekt.forms.progress import ProgressForm, SubmitOnBehalfForm
from konnekt.models import Account
from konnekt.screens import grid_cells, grid_views, web

bp = Blueprint("progress", __name__, url_prefix="/progress")

NAMED = 10


@bp.get("")
def index() -> Response:
    """A period as it stands: the one asked for, or the one whose deadlines are nearest."""
    return web.page("bureau/progress/index.html", "partials/progress_list.html", **_shown())


def _shown(form: ProgressForm | None = None) -> dict[str, Any]:
    form = form or ProgressForm(request.args)
    choice = progress.choose(*form.chosen())
    overview = None
    if choice.period is not None:
        overview = progress.load(choice.period, form.organisation.data or "", form.shown(), form.number())
    query = form.query()
    if choice.period is not None:
        chosen = choice.period
        query |= {"calendar": chosen.calendar, "year": chosen.year, "period": chosen.number}
    return {"choice": choice, "overview": overview, "query": query, "calendar_names": calendar_names()}


def calendar_names() -> dict[str, str]:
    """The calendars in words."""
    return {"week": _("Weeks"), "four_weeks": _("Four weeks"), "month": _("Months")}


@bp.post("/remind")
def remind() -> Response:
    """Remind who is late: of a period, of one organisation in it, or with one timesheet."""
    form = ProgressForm(request.form)
    period = web.or_404(progress.choose(*form.chosen()).period)
    target = reminders.Target(period.id, form.remind.data or "", form.assignment.data or "")
    reminded = reminders.remind(target, by=web.account())
    shown = _shown(form)
    place = url_for(".index", **shown["query"])
    return web.done(_outcome(reminded), place, "partials/progress_list.html", **shown)


def _outcome(done: reminders.Reminded) -> str:
    """Who was reminded, who already was today, and what nobody can do anything about."""
    said = []
    if done.told:
        said.append(_("Reminded: %(names)s.", names=_names(done.told)))
    if done.before:
        said.append(_("Had a mail today already: %(names)s.", names=_names(done.before)))
    if done.nobody:
        said.append(
            ngettext(
                "For %(num)s timesheet there is nobody to remind.",
                "For %(num)s timesheets there is nobody to remind.",
                done.nobody,
            )
        )
    return " ".join(said) or _("Nobody is late.")


def _names(people: list[Account]) -> str:
    shown = [person.name for person in people[:NAMED]]
    if people[NAMED:]:
        shown.append(_("and %(count)s more", count=len(people) - NAMED))
    return ", ".join(shown)


@bp.get("/<path:code>/<int:year>/<int:number>")
def show(code: str, year: int, number: int) -> Response:
    """One timesheet that was not sent, with the form to send it on behalf of who enters."""
    unsent = submit_on_behalf.find(code, year, number, web.grants())
    return web.page("bureau/progress/show.html", **_one(unsent, SubmitOnBehalfForm(formdata=None)))


def _one(
    unsent: submit_on_behalf.UnsentSheet, form: SubmitOnBehalfForm, refusal: Refused | None = None
) -> dict[str, Any]:
    return {"unsent": unsent, "detail": unsent.detail, "form": form, "refusal": refusal}


@bp.post("/<path:code>/<int:year>/<int:number>")
def send(code: str, year: int, number: int) -> Response:
    """Send it on behalf of who enters, with a reason."""
    unsent, form = submit_on_behalf.find(code, year, number, web.grants()), SubmitOnBehalfForm()
    at, seen = submit.SheetIds(unsent.assignment.id, unsent.period.id), form.seen.data or 0
    if not form.validate():
        return web.page("bureau/progress/show.html", status=422, **_one(unsent, form))
    try:
        sheet = submit_on_behalf.send(
            at, form.reason.data, is_nil=form.is_nil.data, by=web.account(), seen=seen
        )
    except Refused as refusal:
        field = getattr(refusal, "field", "")
        if field in form:
            form[field].errors = [web.say(refusal)]
        now = submit_on_behalf.find(code, year, number, web.grants())
        rest = None if field in form else refusal
        return web.page("bureau/progress/show.html", status=refusal.status, **_one(now, form, rest))
    notice = _(
        "Sent on behalf of somebody else: %(name)s, %(period)s.",
        name=sheet.assignment.worker.name,
        period=web.spoken(sheet.pay_period),
    )
    place = {"calendar": unsent.period.calendar, "year": year, "period": number}
    flash(notice)
    return redirect(url_for(".index", **place), 303)


CHANGE = ("bureau/progress/change.html", "partials/sheet_change.html")


@bp.get("/<path:code>/<int:year>/<int:number>/change")
def change(code: str, year: int, number: int) -> Response:
    """The hours of a timesheet that is not approved, to type as they should be."""
    sheet = registration_change.opened(submit_on_behalf.find(code, year, number, web.grants()))
    return _cells(sheet, sheet.entry(), SubmitOnBehalfForm(formdata=None))


@bp.post("/<path:code>/<int:year>/<int:number>/change")
def change_hours(code: str, year: int, number: int) -> Response:
    """Add a line, fill in many cells, or send the hours that were typed, with a reason."""
    sheet = registration_change.opened(submit_on_behalf.find(code, year, number, web.grants()))
    typed, form = registration_change.typed_on(sheet, registration.entry(request.form)), SubmitOnBehalfForm()
    added = registration.added_week(request.form.get("add", ""))
    if added is not None:
        registration_change.add_row(sheet, typed, *added)
        return _cells(sheet, typed, form, new=typed.rows[-1].token if typed.rows else "")
    if "fill" in request.form or "restore" in request.form:
        return _filled(sheet, typed, form)
    try:
        entered, reason = typed.content(), form.reason.data or ""
        registration_change.change(sheet, entered, reason, by=web.account(), seen=typed.seen)
    except (Conflict, Invalid) as refusal:
        return _not_changed(code, year, number, typed, form, refusal)
    flash(_("Changed and sent on behalf of who enters the hours."))
    return redirect(url_for(".show", code=code, year=year, number=number), 303)


def _filled(sheet: grid.Sheet, typed: entry.Entry, form: SubmitOnBehalfForm) -> Response:
    """The page with what was filled in at once, or with that taken back; nothing is stored."""
    undo = request.form.get("undo", "")
    if "restore" in request.form:
        if last := registration.step(request.form):
            step_back.restore(typed, last)
        return _announced(_("It is as it was."), sheet, typed, form, undo="", is_restored=True)
    try:
        count, step = registration_change.fill_in(sheet, typed, registration.filling(request.form))
    except (Conflict, Invalid) as refusal:
        typed.refused(refusal)
        return _cells(sheet, typed, form, refusal, undo=undo)
    undo = registration.step_text(step) if count else undo
    return _announced(grid_views.fill_notice(count), sheet, typed, form, undo=undo)


def _announced(notice: str, *of: Any, **shown: Any) -> Response:
    if web.is_htmx():
        return web.announce(_cells(*of, **shown), notice)
    flash(notice)
    return _cells(*of, **shown)


def _not_changed(
    code: str, year: int, number: int, typed: entry.Entry, form: SubmitOnBehalfForm, refusal: Refused
) -> Response:
    """The page with what was typed, beside what is stored by now."""
    sheet = registration_change.opened(submit_on_behalf.find(code, year, number, web.grants()))
    field = getattr(refusal, "field", "")
    if isinstance(refusal, edit_conflict.EditConflict):
        typed = registration_change.beside(sheet, typed)
    if field in form:
        form[field].errors = [web.say(refusal)]
    else:
        typed.refused(refusal)
    return _cells(sheet, typed, form, refusal)


def _cells(
    sheet: grid.Sheet,
    typed: entry.Entry,
    form: SubmitOnBehalfForm,
    refusal: Refused | None = None,
    **shown: Any,
) -> Response:
    drawn = registration_change.cells(sheet, typed, web.grants())
    undo = shown.setdefault("undo", request.form.get("undo", ""))
    shown |= grid_views.words() | {
        "grid": drawn,
        "printed": grid_cells.printed(drawn),
        "filled_from": request.form.get("from", ""),
        "last": registration.step({"undo": undo}),
        "sheet": sheet,
        "form": form,
        "refusal": refusal,
    }
    return web.page(*CHANGE, refusal.status if refusal else 200, **shown)
