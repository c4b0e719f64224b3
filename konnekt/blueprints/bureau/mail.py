"""Post die niet aankwam: what was given up, with the way to send it again."""

from flask import Blueprint, request, url_for
from flask_babel import gettext as _, ngettext
from werkzeug import Response

from konnekt.background import outbox
from konnekt.domain.refusals import Conflict, Refused
from konnekt.forms.numbers import whole
from konnekt.screens import web

bp = Blueprint("mail", __name__, url_prefix="/mail")


@bp.get("")
def index() -> Response:
    """The mails that did not arrive, a page at a time."""
    return _list()


def _list(refusal: Refused | None = None) -> Response:
    number = min(max(request.args.get("page", 1, type=whole), 1), 10_000)
    return web.page(
        "bureau/mail/index.html",
        "partials/undelivered.html",
        refusal.status if refusal else 200,
        page=outbox.undelivered(number),
        given_up=outbox.count_given_up(),
        refusal=refusal,
    )


def _done(notice: str) -> Response:
    context = {"page": outbox.undelivered(), "given_up": outbox.count_given_up(), "refusal": None}
    return web.done(notice, url_for(".index"), "partials/undelivered.html", **context)


@bp.post("/<int:mail>/again")
def send_again(mail: int) -> Response:
    """Send one of them again."""
    try:
        sent = outbox.send_again(mail, by=web.account())
    except Conflict as refusal:
        return _list(refusal)
    return _done(_("The mail to %(address)s goes out again.", address=sent.recipient))


@bp.post("/again")
def send_all_again() -> Response:
    """Send all of them again."""
    count = outbox.send_all_again(by=web.account())
    return _done(ngettext("%(num)s mail goes out again.", "%(num)s mails go out again.", count))
