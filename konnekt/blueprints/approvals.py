"""Urenbriefjes goedkeuren: the list, a sheet's detail, and the verbs of who decides."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flask import Blueprint, abort, flash, g, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug import Response
from werkzeug.datastructures import MultiDict

from konnekt.domain.approvals import (
    decide,
    decided,
    detail,
    listing,
    place,
    undo_or_revoke as approval_revoke,
    waiting,
)
from konnekt.domain.payroll import pay_dates
from konnekt.domain.refusals import Conflict, Invalid, Refused
from konnekt.domain.registration import change
from konnekt.forms.approvals import ApprovalFilterForm, picks, seen, shown
from konnekt.forms.numbers import whole
from konnekt.screens import web
from konnekt.screens.sheet_text import outcome_notice

bp = Blueprint("approvals", __name__, url_prefix="/approvals")


def _only_approvers() -> None:
    if not web.grants().approve:
        abort(403)


@bp.get("")
def index() -> Response:
    """The list of what waits, filtered, a page at a time; where that is asked, also what was just decided."""
    _only_approvers()
    batch = request.args.get("decided", "")[:32] if "show" in request.args else ""
    return _list(ApprovalFilterForm(request.args), batch=batch)


@bp.context_processor
def buttons() -> dict[str, Any]:
    """What the rows ask of the domain."""
    return {"may_undo": lambda sheet: approval_revoke.may_undo(sheet, web.account())}


@bp.post("/approve")
def approve() -> Response:
    """Approve what is ticked: one or many; its pager's buttons turn the page and keep what is ticked."""
    _only_approvers()
    chosen = picks(request.form.getlist("pick"))
    if "page" in request.values:
        return _list(ApprovalFilterForm(request.values), ticked=chosen)
    try:
        return _outcome(decide.approve_many(chosen, by=web.account()))
    except Invalid as refusal:
        return _list(ApprovalFilterForm(request.form), ticked=chosen, refusal=refusal)


@bp.post("/ordinary")
def approve_ordinary() -> Response:
    """Approve those with nothing unusual, exactly the ones whose number and hours the button showed."""
    _only_approvers()
    form = ApprovalFilterForm(request.form)
    try:
        by = form.values()
        return _outcome(
            decide.approve_ordinary(by, by=web.account(), seen=request.form.get("fingerprint", ""))
        )
    except Refused as refusal:
        return _list(form, refusal=refusal)


@bp.post("/undo")
def undo_batch() -> Response:
    """Take back all that one request decided."""
    _only_approvers()
    return _outcome(approval_revoke.undo_batch(request.form.get("batch", "")[:32], by=web.account()))


@bp.get("/<int:sheet>")
def show(sheet: int) -> Response:
    """One sheet: inline in the list, or as a page of its own; a worker's own one has its place elsewhere."""
    sheet_detail = detail.load(sheet, web.grants())
    if sheet_detail.is_own and not web.is_htmx():
        return redirect(url_for("hours.sheet", sheet=sheet), 303)
    return _detail(sheet_detail)


@bp.post("/<int:sheet>/approve")
def approve_one(sheet: int) -> Response:
    """Approve this sheet from its detail."""
    return _decide(sheet, decide.approve, _("Approved."))


@bp.post("/<int:sheet>/undo")
def undo(sheet: int) -> Response:
    """Take back one's own decision within ten minutes."""
    return _decide(sheet, approval_revoke.undo, _("Undone: the timesheet waits again."))


@bp.route("/<int:sheet>/reject", methods=["GET", "POST"])
def reject(sheet: int) -> Response:
    """Ask for the reason, then send the sheet back with it."""
    notice = _("Rejected. The reason goes out by mail in two minutes.")
    return _with_reason(sheet, "reject", decide.reject, notice)


@bp.route("/<int:sheet>/revoke", methods=["GET", "POST"])
def revoke(sheet: int) -> Response:
    """Ask for the reason, then take the approval back."""
    return _with_reason(sheet, "revoke", approval_revoke.revoke, _("Revoked: the timesheet waits again."))


@bp.post("/<int:sheet>/budget-number")
def renumber(sheet: int) -> Response:
    """Put all its rows on another budget number: who registers hours there."""
    number = request.form.get("budget_number", 0, type=whole)
    verb = partial(change.renumber, budget_number=number)
    return _decide(sheet, verb, _("The budget number is changed."))


def _with_reason(sheet: int, asking: str, verb: Callable[..., Any], notice: str) -> Response:
    sheet_detail = detail.load(sheet, web.grants())
    if not getattr(sheet_detail, f"may_{asking}"):
        refusal = decide.why_not(sheet_detail.sheet, asking, web.grants())
        if request.method == "GET" or not isinstance(refusal, Conflict):
            raise refusal
        return _detail(sheet_detail, refusal=refusal)
    if request.method == "GET":
        return _detail(sheet_detail, asking=asking)
    return _decide(sheet, partial(verb, reason=request.form.get("reason", "")), notice, asking=asking)


def _decide(sheet: int, verb: Callable[..., Any], notice: str, asking: str = "") -> Response:
    """Run a verb on one sheet; a refusal draws the sheet as it is now, with what was typed."""
    try:
        result = verb(sheet, by=web.account(), seen=seen(request.form.get("seen", "")))
    except (Conflict, Invalid) as refusal:
        now = detail.load(sheet, web.grants())
        asking = asking if asking and getattr(now, f"may_{asking}") else ""
        return _detail(now, asking=asking, refusal=refusal)
    rows = listing.rows(web.grants(), [sheet])
    if isinstance(result, decide.Outcome) and not web.is_htmx():
        return redirect(url_for(".index", decided=result.batch), 303)
    location = url_for(".show", sheet=sheet)
    return web.done(notice, location, "partials/approval_row.html", rows=rows, **_counts())


def _counts() -> dict[str, Any]:
    """What the head of the list shows, for the swap of one row."""
    form = ApprovalFilterForm(request.form)
    g.waiting = waiting.count(web.grants(), form.values().name)
    return {"swap_counts": True, "narrowed": g.waiting.narrowed(form.values()), "query": form.query()}


def _detail(sheet_detail: detail.Detail, asking: str = "", refusal: Refused | None = None) -> Response:
    """The detail; a refusal in the list answers with the whole row, opened."""
    form, who = _list_before(), web.grants()
    is_listed = sheet_detail.is_waiting and who.approve
    context: dict[str, Any] = {
        "detail": sheet_detail,
        "place": place.place(who, sheet_detail.sheet.id, form.values()) if is_listed else None,
        "query": form.query(),
        "asking": asking,
        "typed": request.form.get("reason", ""),
        "refusal": refusal,
        "inline": web.is_htmx(),
    }
    if refusal is None:
        return web.page("approvals/show.html", "partials/sheet_detail.html", **context)
    rows = listing.rows(web.grants(), [sheet_detail.sheet.id])
    return web.page("approvals/show.html", "partials/approval_row.html", refusal.status, rows=rows, **context)


def _list_before() -> ApprovalFilterForm:
    """What the list is narrowed to in which one opens a sheet, by this address or by that of the list."""
    try:
        before = urlsplit(request.referrer or "")
    except ValueError:  # text that is no address
        before = urlsplit("")
    of_list = parse_qsl(before.query) if before.path == url_for(".index") else ()
    return ApprovalFilterForm(request.values or MultiDict(of_list))


def _outcome(outcome: decide.Outcome) -> Response:
    """Answer a decision on many: the same rows as stood there, or a redirect to what was decided."""
    form = ApprovalFilterForm(request.form)
    notice = outcome_notice(outcome)
    if web.is_htmx() or not outcome.decided:
        drawn = _list(form, outcome=outcome, shown_now=shown(request.form.getlist("shown")))
        return web.announce(drawn, notice) if outcome.decided else drawn
    if outcome.is_undo:
        flash(notice)  # what was approved stands on a line of the list
    for sentence, names in _refusals(outcome).items():
        flash(f"{sentence} ({', '.join(names)})", "warning")
    query = form.query() if outcome.is_undo else {"decided": outcome.batch, **form.query()}
    return redirect(url_for(".index", **query), 303)


NAMED = 8


def _refusals(outcome: decide.Outcome) -> dict[str, list[str]]:
    """The sentences of what was refused, each with the workers it concerns (the first few by name)."""
    names_by_sentence: dict[str, list[str]] = {}
    for _pick, sheet, refusal in outcome.refused:
        names_by_sentence.setdefault(web.say(refusal), []).append(
            sheet.assignment.worker.name if sheet else _("unknown")
        )
    return {
        sentence: names[:NAMED]
        + ([_("and %(count)s more", count=len(names) - NAMED)] if names[NAMED:] else [])
        for sentence, names in names_by_sentence.items()
    }


def _list(
    form: ApprovalFilterForm,
    *,
    ticked: Sequence[decide.Pick] = (),
    shown_now: Sequence[int] = (),
    batch: str = "",
    outcome: decide.Outcome | None = None,
    refusal: Refused | None = None,
) -> Response:
    who, by = web.grants(), form.values()
    g.waiting = waiting.count(who, by.name)
    narrowed = g.waiting.narrowed(by)
    pages = listing.pages(narrowed.count)
    if shown_now and web.is_htmx():
        number, rows = form.place(), listing.rows(who, shown_now)
    else:
        number = min(form.number(), pages)
        rows = listing.page(who, by, number, among=narrowed)
    if outcome and not outcome.decided and not outcome.refused:
        refusal = Conflict("Nothing was left to do.")
    status = refusal.status if refusal else 409 if outcome and not outcome.decided else 200
    mark = listing.mark(rows)
    latest = decided.latest(who)
    deadlines = pay_dates.together(pay_dates.deadlines(narrowed.periods()))
    # As most look at it, the list is drawn once for all that it shows (screens/drawn.py).
    is_touched = bool(ticked or batch or outcome or refusal or request.args.get("all"))
    shown_values: tuple[Any, ...] = ()
    if not is_touched and listing.are_self_contained(rows):
        lines = tuple(line.values() for together in deadlines for line in together)
        shown_values = (tuple(rows), g.waiting.values(), latest, lines, by, number)
    return web.page(
        "approvals/index.html",
        "partials/approvals_list.html",
        status,
        rows=rows,
        decided=listing.decided_rows(who, batch) if batch else [],
        latest=latest,
        ticks=listing.ticks(who, ticked, rows),
        refusal=refusal,
        refusals=_refusals(outcome) if outcome else {},
        narrowed=narrowed,
        by=by,
        number=number,
        pages=pages,
        following=listing.following(number, rows, narrowed.count),
        mark=mark,
        tick_all=request.args.get("all") == mark,
        deadlines=deadlines,
        query=form.query(),
        shown=shown_values,
    )
