"""What is due, for one's own calendar program: its address among the settings, and what that answers."""

from typing import Any

from flask import Blueprint, make_response, render_template, url_for
from flask_babel import force_locale, gettext as _
from werkzeug import Response

from konnekt.documents import deadlines as documents
from konnekt.domain.periods import deadlines
from konnekt.screens import formats, period_names, web

bp = Blueprint("deadlines", __name__)


@bp.app_context_processor
def on_the_account_page() -> dict[str, Any]:
    """The account page includes the same partial."""
    return {"my_deadlines": lambda: {"feed": deadlines.feed(web.account()), "address": ""}}


@bp.post("/account/deadlines")
def renew() -> Response:
    """A new address, shown in this answer and never again; the one before is over."""
    address = deadlines.renew(web.account())
    web.note("deadline_feed_renewed", web.account().id)
    return make_response(render_template("account/deadlines.html", address=address))


@bp.post("/account/deadlines/end")
def end() -> Response:
    """The address answers nothing any more."""
    deadlines.end(web.account())
    web.note("deadline_feed_ended", web.account().id)
    notice = _("The address is gone: calendars that read it get nothing more.")
    return web.done(notice, url_for("account.index"), "partials/account_deadlines.html", feed=None)


@bp.get("/deadlines/<token>.ics")
def read(token: str) -> Response:
    """What is due for whose address it is, in that language; 404 for any other."""
    feed = deadlines.of_token(token)
    with force_locale(feed.account.language):
        entries = [_entry(one, feed.account.language) for one in deadlines.of(feed.account)]
        name = _("Deadlines of Konnekt")
    return Response(documents.ics(name, entries, feed.created_at), content_type=documents.TYPE)


def _entry(due: deadlines.DueAt, language: str) -> documents.Entry:
    words = {
        "send": _("Send the hours: %(period)s"),
        "approve": _("Approve the hours: %(period)s"),
        "pay": _("Pay day: %(period)s"),
    }
    period = due.period
    named = period_names.plain(period, _, formats.LOCALES[language])
    return f"{due.what}-{period.id}", due.at, words[due.what] % {"period": named}
