"""Home: what waits for me, my own timesheets, and where I am active."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, abort, g, redirect, request, url_for
from werkzeug import Response

from konnekt.domain import clock
from konnekt.domain.approvals import decide, decided, listing, undo_or_revoke, waiting
from konnekt.domain.hours import sheets
from konnekt.domain.payroll import pay_dates
from konnekt.domain.periods import month
from konnekt.domain.records import workplaces
from konnekt.domain.refusals import Conflict, Invalid, Refused
from konnekt.domain.registration import registrar_sheets
from konnekt.forms.approvals import seen, shown
from konnekt.screens import agency_charts, required_factor, web
from konnekt.screens.sheet_text import outcome_notice

bp = Blueprint("home", __name__)

FIRST = 5


@bp.context_processor
def buttons() -> dict[str, Any]:
    """What the rows ask of the domain."""
    return {"may_undo": lambda sheet: undo_or_revoke.may_undo(sheet, web.account())}


def _only_approvers() -> None:
    if not web.grants().approve:
        abort(403)


@bp.get("/")
def index() -> Response:
    """The home page."""
    return web.page("home/index.html", asks=required_factor.coming(), **_blocks(), **_waiting())


@bp.post("/home/<int:sheet>/approve")
def approve(sheet: int) -> Response:
    """Approve one sheet from the block."""
    return _decide(lambda: decide.approve(sheet, by=web.account(), seen=seen(request.form.get("seen", ""))))


@bp.post("/home/ordinary")
def approve_ordinary() -> Response:
    """Approve those with nothing unusual, exactly the ones whose number and hours the button showed."""
    _only_approvers()
    fingerprint = request.form.get("fingerprint", "")
    return _decide(
        lambda: decide.approve_ordinary(waiting.WaitingFilter(), by=web.account(), seen=fingerprint)
    )


@bp.post("/home/undo")
def undo() -> Response:
    """Take back what the block's last button approved."""
    _only_approvers()
    return _decide(lambda: undo_or_revoke.undo_batch(request.form.get("batch", "")[:32], by=web.account()))


def _decide(verb: Callable[[], decide.Outcome]) -> Response:
    """Answer with the block, the same rows in place; without JavaScript with the list of what was decided."""
    try:
        outcome = verb()
    except (Conflict, Invalid) as refusal:
        return _refused(refusal)
    if not outcome.decided:
        return _refused(outcome.refused[0][2] if outcome.refused else Conflict("Nothing was left to do."))
    if not outcome.is_undo and not web.is_htmx():
        return redirect(url_for("approvals.index", decided=outcome.batch), 303)  # there it stands on a line
    notice, location = outcome_notice(outcome), url_for(".index")
    return web.done(notice, location, "partials/home_approvals.html", **_waiting(outcome))


def _refused(refusal: Refused) -> Response:
    _only_approvers()  # others have no such block
    context = _waiting() | {"refusal": refusal}
    if web.is_htmx():
        return web.page("home/index.html", "partials/home_approvals.html", refusal.status, **context)
    return web.page("home/index.html", status=refusal.status, **_blocks(), **context)


def _waiting(outcome: decide.Outcome | None = None) -> dict[str, Any]:
    """The block of what waits: the first few, or after a verb the rows that stood there."""
    who = web.grants()
    if not who.approve:
        return {}
    g.pop("waiting", None)
    rows = listing.rows(who, shown(request.form.getlist("shown"))) if outcome and web.is_htmx() else []
    return {
        "rows": rows or listing.page(who, waiting.WaitingFilter(), size=FIRST, among=web.waiting()),
        "deadlines": pay_dates.together(pay_dates.deadlines(web.waiting().periods())),
        "outcome": outcome,
        "latest": decided.latest(who),
    }


def _blocks() -> dict[str, Any]:
    """The other blocks."""
    account = web.account()
    agency = month.load() if web.grants().is_agency_staff else None
    return {
        "month": agency,
        "charts": agency_charts.of_month(agency) if agency else [],
        "ages": agency_charts.of_ages(agency.ages) if agency and agency.open.count else None,
        "workplaces": workplaces.workplaces(web.grants()),
        "registrar_sheets": registrar_sheets.load(web.grants()) if web.grants().register else None,
        "due": sheets.with_pay_dates(web.to_fill_in()[:FIRST]) if account.is_worker else [],
        "worker_sheets": sheets.latest(web.grants(), FIRST) if account.is_worker else [],
        "today": clock.today(),
        "now": clock.now(),
    }
