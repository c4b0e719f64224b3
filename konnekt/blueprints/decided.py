"""Door u beslist: what one approved or rejected, with its way back."""

from typing import Any

from flask import Blueprint, abort, g, request, url_for
from flask_babel import gettext as _
from werkzeug import Response

from konnekt.domain.approvals import decided, undo_or_revoke
from konnekt.domain.refusals import Conflict, Invalid, Refused
from konnekt.forms.approvals import ApprovalFilterForm, seen
from konnekt.screens import web

bp = Blueprint("decided", __name__, url_prefix="/approvals/decided")

LIST = "partials/decided_list.html"


@bp.context_processor
def sentences() -> dict[str, Any]:
    """How the list says a refusal."""
    return {"say": web.say}


@bp.before_request
def only_approvers() -> None:
    """Who may approve; a deputy on those days."""
    if not web.grants().approve:
        abort(403)


@bp.get("")
def index() -> Response:
    """The list, filtered, a page at a time."""
    return _list(ApprovalFilterForm(request.args))


@bp.post("/<int:sheet>/undo")
def undo(sheet: int) -> Response:
    """Take a decision back within ten minutes."""
    form = ApprovalFilterForm(request.form)
    try:
        undo_or_revoke.undo(sheet, by=web.account(), seen=seen(request.form.get("seen", "")))
    except (Conflict, Invalid) as refusal:
        return _list(form, refusal)
    g.pop("waiting", None)
    notice = _("Undone: the timesheet waits again.")
    if web.is_htmx():
        return web.announce(_list(form), notice)
    return web.done(notice, url_for(".index", page=form.number(), **form.query()), LIST)


def _list(form: ApprovalFilterForm, refusal: Refused | None = None) -> Response:
    who, by = web.grants(), form.values()
    web.waiting()
    return web.page(
        "approvals/decided.html",
        LIST,
        refusal.status if refusal else 200,
        page=decided.page(who, by, form.number()),
        periods=decided.periods(who),
        by=by,
        query=form.query(),
        refusal=refusal,
    )
