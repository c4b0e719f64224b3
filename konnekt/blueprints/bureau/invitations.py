"""Inviting many at once: who was not invited yet, now or when the first assignment begins."""

from typing import Any

from flask import Blueprint, request, url_for
from flask_babel import ngettext
from werkzeug import Response

from konnekt.domain.records import invitations, lists
from konnekt.domain.refusals import Conflict
from konnekt.forms.bureau.searches import UninvitedSearch, number
from konnekt.screens import web

bp = Blueprint("invitations", __name__, url_prefix="/invitations")

LIST = ("bureau/invitations/index.html", "partials/bureau_invitations.html")


def _search() -> UninvitedSearch:
    form = UninvitedSearch(request.values)
    form.offer(lists.names())
    return form


def _list(search: UninvitedSearch) -> dict[str, Any]:
    asked = search.values()
    uninvited = invitations.listed(asked, number(request.args.get("page")))
    count, mark = invitations.mark(asked)
    return {"search": search, "uninvited": uninvited, "invited_at_once": count, "mark": mark}


@bp.get("")
def index() -> Response:
    """Who was not invited yet, narrowed."""
    return web.page(*LIST, **_list(_search()))


@bp.post("")
def invite() -> Response:
    """Mail those that were shown a link to choose a password."""
    search = _search()
    try:
        job = invitations.invite(search.values(), seen=request.form.get("seen", ""), by=web.account())
    except Conflict as refusal:
        return _refused(search, refusal)
    return web.leave_for(url_for("bureau.jobs.show", job=job.id))


@bp.post("/later")
def postpone() -> Response:
    """Have those that were shown invited when their first assignment begins, or no more."""
    search = _search()
    asked = search.values()
    try:
        count = invitations.postpone(asked, seen=request.form.get("seen", ""), by=web.account())
    except Conflict as refusal:
        return _refused(search, refusal)
    here = url_for(".index", **search.query())
    return web.done(_postponed(count, asked.is_later), here, LIST[1], **_list(search))


def _postponed(count: int, is_taken_back: bool) -> str:
    said: str = ngettext(
        "%(num)s person is invited when the first assignment begins.",
        "%(num)s people are invited when their first assignment begins.",
        count,
    )
    if is_taken_back:
        said = ngettext(
            "%(num)s person is not invited later.", "%(num)s people are not invited later.", count
        )
    return said


def _refused(search: UninvitedSearch, refusal: Conflict) -> Response:
    return web.page(*LIST, refusal.status, problem=web.say(refusal), **_list(search))
