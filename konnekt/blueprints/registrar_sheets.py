"""Mijn urenbriefjes, the home page's block: sending all that is complete."""

from flask import Blueprint, flash, g, redirect, request, url_for
from flask_babel import gettext as _, ngettext
from werkzeug import Response

from konnekt.domain.approvals import decide
from konnekt.domain.refusals import Invalid, Refused
from konnekt.domain.registration import registrar_sheets, teams
from konnekt.forms.registration import picks
from konnekt.screens import web

bp = Blueprint("registrar_sheets", __name__, url_prefix="/registration")


@bp.post("/send-all")
def send_all() -> Response:
    """Send all drafts that are complete, from the home page's block (Alles versturen)."""
    teams.places(web.grants())
    try:
        outcome = registrar_sheets.send_all(picks(request.form.getlist("pick")), by=web.account())
    except Invalid as refusal:
        return _sent(decide.Outcome(), refusal)
    return _sent(outcome)


def _sent(outcome: decide.Outcome, refusal: Refused | None = None) -> Response:
    """The block after sending many: what was sent, and which were not and why."""
    notice = ngettext("%(num)s timesheet sent.", "%(num)s timesheets sent.", len(outcome.decided))
    refusals = _refusals(outcome, refusal)
    if not web.is_htmx():
        flash(notice) if outcome.decided else None
        for sentence in refusals:
            flash(sentence, "warning")
        return redirect(url_for("home.index"), 303)
    status = 200 if outcome.decided else refusal.status if refusal else 409
    mine = registrar_sheets.load(web.grants())
    g.drafts = mine.drafts.count
    drawn = web.page("", "partials/home_my_timesheets.html", status, registrar_sheets=mine, refusals=refusals)
    return web.announce(drawn, notice) if outcome.decided else drawn


def _refusals(outcome: decide.Outcome, refusal: Refused | None) -> list[str]:
    """What was refused: each sentence once, with the workers it concerns."""
    names: dict[str, list[str]] = {web.say(refusal): []} if refusal else {}
    for _pick, sheet, why in outcome.refused:
        names.setdefault(web.say(why), []).append(sheet.assignment.worker.name if sheet else _("unknown"))
    return [f"{sentence} ({', '.join(some)})" if some else sentence for sentence, some in names.items()]
