"""News on this device: asked for and ended among the settings, and how much there is."""

from typing import Any

from flask import Blueprint, flash, jsonify, redirect, request, url_for
from flask_babel import gettext as _, ngettext
from werkzeug import Response

from konnekt.domain.accounts import news, push
from konnekt.screens import web

bp = Blueprint("notifications", __name__, url_prefix="/account/news")


@bp.app_context_processor
def on_the_account_page() -> dict[str, Any]:
    """The account page includes the same partial."""
    return {"my_news": _shown}


def _shown() -> dict[str, Any]:
    if not news.is_offered():
        return {}
    return {"devices": news.of(web.account()), "key": push.public_key()}


@bp.post("")
def begin() -> Response:
    """Tell this browser from now on; a script asked its push service for the address."""
    news.begin(request.form.get("endpoint", ""), request.user_agent.string, by=web.account())
    web.note("news_begun", web.account().id)
    return _done(_("This device tells you when timesheets wait for you."))


@bp.post("/<int:device>/end")
def end(device: int) -> Response:
    """Tell it no more."""
    news.end(device, by=web.account())
    web.note("news_ended", web.account().id)
    return _done(_("This device is told nothing more."))


def _done(notice: str) -> Response:
    flash(notice)
    return redirect(url_for("account.index", _anchor="account-news"), 303)


@bp.get("/count")
def count() -> Response:
    """What the message says, for the service worker of who is signed in: a number and nothing else."""
    said = []
    if waiting := web.waiting().count if web.grants().approve else 0:
        said.append(ngettext("%(num)s timesheet waits for you.", "%(num)s timesheets wait for you.", waiting))
    if own := web.urgent_count() if web.account().is_worker else 0:
        said.append(ngettext("%(num)s timesheet to fill in.", "%(num)s timesheets to fill in.", own))
    return jsonify(" ".join(said) or _("Nothing waits for you any more."))
