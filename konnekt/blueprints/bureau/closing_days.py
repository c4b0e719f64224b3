"""Closing days: list per year, add, change, delete, and the public holidays of a year at once."""

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _, ngettext
from werkzeug import Response

from konnekt.domain import clock, events
from konnekt.domain.records import closing_days, working_days
from konnekt.domain.refusals import Invalid, Refused
from konnekt.forms.bureau.closing_days import ClosingDayForm, ClosingYearForm, ticked, typed
from konnekt.screens import web

bp = Blueprint("closing_days", __name__, url_prefix="/closing-days")

LIST = ("bureau/closing_days/index.html", "partials/bureau_closing_days.html")
CHANGE = "bureau/closing_days/change.html"
HOLIDAYS = "bureau/closing_days/holidays.html"


def _year() -> int:
    return ClosingYearForm(request.args).number() or clock.today().year


def _list(year: int, form: ClosingDayForm | None = None) -> dict[str, Any]:
    return {
        "year": year,
        "years": closing_days.years(),
        "closing_days": closing_days.of(year),
        "form": form or ClosingDayForm(formdata=None),
        "events": events.latest(thing=closing_days.thing(year)),
        "hits": working_days.on_closing_days(),
    }


@bp.get("")
def index() -> Response:
    """The closing days of a year, and the form to add one."""
    return web.page(*LIST, **_list(_year()))


@bp.post("")
def add() -> Response:
    """Add one; the answer shows its year."""
    form = ClosingDayForm()
    if not form.validate():
        return web.page(*LIST, 422, **_list(_year(), form))
    try:
        closing_day = closing_days.add(*form.values(), by=web.account())
    except Refused as refusal:
        return web.page(*LIST, web.refuse(form, refusal), **_list(_year(), form))
    return _done(_("%(name)s is added.", name=closing_day.name(web.language())), closing_day.day.year)


def _done(notice: str, year: int) -> Response:
    return web.done(notice, url_for(".index", year=year), LIST[1], **_list(year))


@bp.get("/<int:closing_day>")
def show(closing_day: int) -> Response:
    """One closing day and the form that changes it."""
    return _page(closing_day, ClosingDayForm(formdata=None, data=typed(closing_days.find(closing_day))))


def _page(closing_day: int, form: ClosingDayForm, status: int = 200) -> Response:
    stored = closing_days.find(closing_day)
    form.seen.show(closing_days.seen(stored))
    return web.page(CHANGE, None, status, closing_day=stored, form=form)


@bp.post("/<int:closing_day>")
def change(closing_day: int) -> Response:
    """Change its names or move it."""
    form = ClosingDayForm()
    if not form.validate():
        return _page(closing_day, form, 422)
    try:
        changed = closing_days.change(
            closing_day, *form.values(), by=web.account(), seen=form.seen.data or ""
        )
    except Refused as refusal:
        return _page(closing_day, form, web.refuse(form, refusal))
    flash(_("%(name)s is changed.", name=changed.name(web.language())))
    return redirect(url_for(".index", year=changed.day.year), 303)


@bp.post("/<int:closing_day>/delete")
def delete(closing_day: int) -> Response:
    """Work goes on that day after all."""
    gone = closing_days.delete(closing_day, by=web.account())
    return _done(_("%(name)s is deleted.", name=gone.name(web.language())), gone.day.year)


@bp.get("/holidays")
def holidays() -> Response:
    """The public holidays of a year, to tick."""
    return _holidays(ClosingYearForm(request.args).number() or clock.today().year + 1)


def _holidays(year: int, problem: Invalid | None = None) -> Response:
    status, proposed = 422 if problem else 200, []
    try:
        proposed = closing_days.proposed(year)
    except Invalid as refusal:
        status, problem = 422, refusal
    said = web.say(problem) if problem else ""
    return web.page(HOLIDAYS, None, status, year=year, proposed=proposed, problem=said)


@bp.post("/holidays")
def add_holidays() -> Response:
    """Add the ones that are ticked."""
    year = ClosingYearForm(request.form).number() or clock.today().year + 1
    try:
        added = closing_days.add_holidays(year, ticked(request.form.getlist("day")), by=web.account())
    except Invalid as refusal:
        return _holidays(year, refusal)
    flash(ngettext("%(num)s closing day is added.", "%(num)s closing days are added.", len(added)))
    return redirect(url_for(".index", year=year), 303)
