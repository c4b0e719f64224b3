"""Home: what waits for me, my own timesheets, and where I am active."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, g, request, url_for
from flask_login import current_user
from werkzeug import Response

from konnekt import web
from konnekt.domain import (
    approvals,
    clock,
    decided,
    month,
    my_sheets,
    organisations,
    own_sheets,
    periods,
    revoking,
    timesheets,
)
from konnekt.domain.refused import Refused
from konnekt.domain.timesheets import Outcome
from konnekt.domain.waiting import Filter
from konnekt.forms.approvals import seen, shown
from konnekt.models import Account
from konnekt.sheet_text import outcome_notice

bp = Blueprint("home", __name__)

FIRST = 5


def _account() -> Account:
    account: Account = current_user._get_current_object()
    return account


@bp.context_processor
def buttons() -> dict[str, Any]:
    """What the rows ask of the domain."""
    return {"may_undo": lambda sheet: revoking.may_undo(sheet, _account())}


def _only_approvers() -> None:
    if not web.grants().approve:
        abort(403)


@bp.get("/")
def index() -> Response:
    """The home page."""
    return web.page("home/index.html", **_blocks(), **_waiting())


@bp.post("/home/<int:sheet>/approve")
def approve(sheet: int) -> Response:
    """Approve one sheet from the block."""
    return _decide(lambda: timesheets.approve(sheet, by=_account(), seen=seen(request.form.get("seen", ""))))


@bp.post("/home/ordinary")
def approve_ordinary() -> Response:
    """Approve those with nothing unusual, exactly the ones whose number and hours the button showed."""
    _only_approvers()
    fingerprint = request.form.get("fingerprint", "")
    return _decide(lambda: timesheets.approve_ordinary(Filter(), by=_account(), seen=fingerprint))


@bp.post("/home/undo")
def undo() -> Response:
    """Take back what the block's last button approved."""
    _only_approvers()
    return _decide(lambda: revoking.undo_batch(request.form.get("batch", "")[:32], by=_account()))


def _decide(verb: Callable[[], Outcome]) -> Response:
    """Answer with the block, the same rows in place; without JavaScript with the list of what was decided."""
    try:
        outcome = verb()
    except Refused as refusal:
        if refusal.status not in (409, 422):
            raise
        return _refused(refusal)
    if not outcome.decided:
        return _refused(outcome.refused[0][2] if outcome.refused else Refused("Nothing was left to do."))
    location = url_for("approvals.index", decided=outcome.batch) if not outcome.is_undo else url_for(".index")
    return web.done(outcome_notice(outcome), location, "partials/home_approvals.html", **_waiting(outcome))


def _refused(refusal: Refused) -> Response:
    context = _waiting() | {"refusal": refusal}
    if web.is_htmx():
        return web.page("home/index.html", "partials/home_approvals.html", refusal.status, **context)
    return web.page("home/index.html", status=refusal.status, **_blocks(), **context)


def _waiting(outcome: Outcome | None = None) -> dict[str, Any]:
    """The block of what waits: the first few, or after a verb the rows that stood there."""
    who = web.grants()
    if not who.approve:
        return {}
    g.pop("waiting", None)
    rows = approvals.rows(who, shown(request.form.getlist("shown"))) if outcome and web.is_htmx() else []
    return {
        "rows": rows or approvals.page(who, Filter(), size=FIRST),
        "deadlines": periods.deadlines(web.waiting().periods()),
        "outcome": outcome,
        "latest": decided.latest(who),
    }


def _blocks() -> dict[str, Any]:
    """The other blocks."""
    account = _account()
    return {
        "month": month.load() if web.grants().is_agency_staff else None,
        "workplaces": organisations.workplaces(web.grants()),
        "my_sheets": my_sheets.load(web.grants()) if web.grants().register else None,
        "due": own_sheets.with_pay_dates(web.to_fill_in()[:FIRST]) if account.is_worker else [],
        "own_sheets": own_sheets.latest(web.grants(), FIRST) if account.is_worker else [],
        "today": clock.today(),
        "now": clock.now(),
    }
