"""Hour types: list, add, change, no longer use."""

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug import Response

from konnekt.domain import events
from konnekt.domain.records import hour_types
from konnekt.domain.refusals import Refused
from konnekt.forms.bureau.hour_types import HourTypeForm, typed
from konnekt.screens import web

bp = Blueprint("hour_types", __name__, url_prefix="/hour-types")

LIST = ("bureau/hour_types/index.html", "partials/bureau_hour_types.html")
CHANGE = "bureau/hour_types/change.html"


def _list(form: HourTypeForm | None = None) -> dict[str, Any]:
    form = form or HourTypeForm(formdata=None)
    del form.is_active
    return {"hour_types": hour_types.listed(), "form": form, "usual": hour_types.USUAL}


@bp.get("")
def index() -> Response:
    """The hour types, and the form to add one."""
    return web.page(*LIST, **_list())


@bp.post("")
def add() -> Response:
    """Add one."""
    form = HourTypeForm()
    if not form.validate():
        return web.page(*LIST, 422, **_list(form))
    try:
        hour_type = hour_types.add(form.code.data or "", form.values(is_active=True), by=web.account())
    except Refused as refusal:
        return web.page(*LIST, web.refuse(form, refusal), **_list(form))
    return web.done(_("%(code)s is added.", code=hour_type.code), url_for(".index"), LIST[1], **_list())


@bp.post("/usual")
def add_usual() -> Response:
    """Add the usual ones that are ticked."""
    try:
        added = hour_types.add_usual(request.form.getlist("usual"), by=web.account())
    except Refused as refusal:
        return web.page(*LIST, refusal.status, problem=web.say(refusal), **_list())
    return web.done(_("%(codes)s are added.", codes=", ".join(added)), url_for(".index"), LIST[1], **_list())


@bp.get("/<int:hour_type>")
def show(hour_type: int) -> Response:
    """One hour type and the form that changes it."""
    return _page(hour_type, HourTypeForm(formdata=None, data=typed(hour_types.find(hour_type))))


def _page(hour_type: int, form: HourTypeForm, status: int = 200) -> Response:
    stored = hour_types.find(hour_type)
    del form.code
    form.seen.show(hour_types.seen(stored))
    context = {"hour_type": stored, "is_locked": hour_types.is_locked(stored)}
    history = events.latest(thing=hour_types.thing(stored))
    return web.page(CHANGE, None, status, form=form, events=history, **context)


@bp.post("/<int:hour_type>")
def change(hour_type: int) -> Response:
    """Change it."""
    form = HourTypeForm()
    if not form.validate():
        return _page(hour_type, form, 422)
    try:
        changed = hour_types.change(hour_type, form.values(), by=web.account(), seen=form.seen.data or "")
    except Refused as refusal:
        return _page(hour_type, form, web.refuse(form, refusal))
    flash(_("%(code)s is changed.", code=changed.code))
    return redirect(url_for(".index"), 303)
