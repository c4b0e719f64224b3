"""Deciding from the mail: what a reminder's link opens, for whoever has it and without signing in.

GET changes nothing, whoever asks and however often; each change is a form. Whether it is wanted is a setting.
"""

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug import Response

from konnekt.domain.approvals import decide, detail, mail_links, mailed_sheets
from konnekt.domain.payroll import pay_dates
from konnekt.domain.refusals import Conflict, NotFound, Refused, TooMany
from konnekt.forms.approvals import picks
from konnekt.screens import by_mail, web
from konnekt.screens.sheet_text import outcome_notice

bp = Blueprint("mail_links", __name__)


@bp.after_request
def hide(response: Response) -> Response:
    """No referrer, no search engine."""
    return by_mail.hide(response)


def _opened(token: str) -> mailed_sheets.OpenedLink:
    opened = mail_links.find(token)
    by_mail.speak(opened.account)
    return opened


@bp.get("/decide/<token>")
def show(token: str) -> Response:
    """The timesheets of the mail, ready to be decided; looking changes nothing."""
    return _page(token, _opened(token))


def _page(token: str, opened: mailed_sheets.OpenedLink, status: int = 200, said: Any = ()) -> Response:
    deadlines = pay_dates.together(pay_dates.deadlines(opened.periods))
    return by_mail.page("list", status, token=token, opened=opened, deadlines=deadlines, said=list(said))


@bp.get("/decide/<token>/<int:sheet>")
def sheet(token: str, sheet: int) -> Response:
    """One of them with its hours; approved or rejected from here."""
    return _sheet(token, _opened(token), sheet)


def _sheet(
    token: str, opened: mailed_sheets.OpenedLink, sheet: int, refusal: Refused | None = None
) -> Response:
    mailed = opened.sheet(sheet)
    shown = detail.load(sheet, opened.who) if mailed.is_open else None
    typed = request.form.get("reason", "")
    context = {"token": token, "opened": opened, "mailed_sheet": mailed, "detail": shown, "typed": typed}
    status = refusal.status if refusal else 409 if mailed.needs_signing_in else 200
    return by_mail.page("sheet", status, refusal=refusal, **context)


@bp.post("/decide/<token>")
def approve(token: str) -> Response:
    """Approve what is ticked."""
    opened = _opened(token)
    by_mail.count()
    if first := by_mail.factor_first(opened):
        return first
    try:
        outcome = mail_links.approve(token, picks(request.form.getlist("pick")))
    except Refused as refusal:
        return _page(token, _opened(token), refusal.status, [web.say(refusal)])
    return _outcome(token, opened, outcome)


@bp.post("/decide/<token>/undo")
def undo(token: str) -> Response:
    """Take back what one press of a button here decided, for ten minutes."""
    opened = _opened(token)
    by_mail.count()
    if first := by_mail.factor_first(opened):
        return first
    try:
        outcome = mail_links.undo(token, request.form.get("batch", "")[:32])
    except Refused as refusal:
        return _page(token, _opened(token), refusal.status, [web.say(refusal)])
    return _outcome(token, opened, outcome)


def _outcome(token: str, opened: mailed_sheets.OpenedLink, outcome: decide.Outcome) -> Response:
    """Back to the page with what came of it; what was refused is said with its reason."""
    said = _refusals(opened, outcome)
    if not outcome.decided:
        return _page(token, _opened(token), 409, said)
    web.note("undone_by_mail" if outcome.is_undo else "approved_by_mail", opened.account.id)
    flash(outcome_notice(outcome))
    for sentence in said:
        flash(sentence, "warning")
    return redirect(url_for(".show", token=token), 303)


def _refusals(opened: mailed_sheets.OpenedLink, outcome: decide.Outcome) -> list[str]:
    refusals: dict[str, list[str]] = {}
    for pick, _sheet_of_it, refusal in outcome.refused:
        picked = opened.by_id.get(pick.sheet)
        refusals.setdefault(web.say(refusal), []).append(picked.row.worker if picked else _("unknown"))
    return [f"{sentence} ({', '.join(names)})" for sentence, names in refusals.items()]


@bp.post("/decide/<token>/<int:sheet>/reject")
def reject(token: str, sheet: int) -> Response:
    """Send one back with a reason."""
    opened = _opened(token)
    by_mail.count()
    if first := by_mail.factor_first(opened):
        return first
    try:
        mail_links.reject(token, sheet, request.form.get("reason", ""))
    except NotFound:
        raise
    except Refused as refusal:
        return _sheet(token, _opened(token), sheet, refusal)
    web.note("rejected_by_mail", opened.account.id)
    flash(_("Rejected. The reason goes out by mail in two minutes."))
    return redirect(url_for(".show", token=token), 303)


@bp.errorhandler(NotFound)
def over(refusal: NotFound) -> Response:
    """The link opens nothing any more, or never did."""
    web.note("decide_link_over")
    try:
        by_mail.count()
    except TooMany as too_many:
        return throttled(too_many)
    return by_mail.page("over", refusal.status, sentence=web.say(refusal))


@bp.errorhandler(TooMany)
def throttled(refusal: TooMany) -> Response:
    """Too many from this address."""
    response = by_mail.page("over", refusal.status, sentence=web.say(refusal))
    response.headers["Retry-After"] = str(refusal.values["seconds"])
    return response


@bp.errorhandler(CSRFError)
def page_too_old(_error: CSRFError) -> Response:
    """The browser kept nothing of the page, or signed in meanwhile: show it again with a token that works."""
    if request.endpoint == "mail_links.allow":
        return web.problem("errors/400.html", 400)
    place = request.view_args or {}
    refusal = Conflict("This page was too old: nothing was done. Press the button once more.")
    try:
        opened = _opened(place["token"])
        if "sheet" in place:
            return _sheet(place["token"], opened, place["sheet"], refusal)
    except NotFound as gone:
        response = over(gone)
        response.status_code = 400
        return response
    return _page(place["token"], opened, 400, [web.say(refusal)])


@bp.post("/account/decide-by-mail")
def allow() -> Response:
    """Whether one's own reminders may have such a link."""
    mail_links.allow(web.account(), request.form.get("wanted") == "yes", by=web.account())
    here = url_for("account.index")
    return web.done(_("Your choice is saved."), here, "partials/account_by_mail.html")
