"""Sending invoices: what would go where and having that go, many at once or one from its own page."""

from typing import Any

from flask import Blueprint, request, url_for
from flask_babel import gettext as _, ngettext
from werkzeug import Response

from konnekt.background import queue
from konnekt.domain.invoices import detail, listing, send, under_way
from konnekt.domain.refusals import Conflict, Invalid, Refused
from konnekt.forms.invoices import InvoiceFilterForm, picks, sending_picks
from konnekt.forms.numbers import whole
from konnekt.screens import web

bp = Blueprint("sending", __name__, url_prefix="/sending")

PAGE = ("bureau/sending/index.html", "partials/sending.html")
FOLLOWED = ("bureau/sending/progress.html", "partials/sending_progress.html")
OF_ONE = ("invoices/show.html", "partials/invoice_sent.html")


@bp.get("")
def preview() -> Response:
    """What would go where, of what is ticked, of all that is found, or of a run."""
    try:
        return _shown(send.preview(_asked()))
    except Invalid as refusal:
        return _shown([], refusal)


def _asked() -> list[int]:
    if "job" in request.args:
        job = queue.find(request.args.get("job", 0, type=whole))
        return send.of_run(f"job-{job.id}")
    if "all" in request.args:
        chosen = listing.chosen(web.grants(), InvoiceFilterForm(request.args).values())
        return [one.id for one in chosen.limit(send.MOST + 1)]
    return picks(request.args.getlist("pick"))


def _shown(invoices: list[send.Outgoing], refusal: Refused | None = None) -> Response:
    status = refusal.status if refusal else 200
    return web.page(*PAGE, status, **_context(invoices), refusal=refusal)


def _context(invoices: list[send.Outgoing]) -> dict[str, Any]:
    return {
        "going": [one for one in invoices if not one.fault],
        "staying": [one for one in invoices if one.fault],
        "is_making": any(not one.invoice.has_documents and not one.invoice.erased_at for one in invoices),
    }


@bp.post("")
def send_many() -> Response:
    """Send what the preview showed: all of it, or nothing."""
    try:
        shown = sending_picks(request.form.getlist("pick"))
    except Invalid as refusal:
        return _shown([], refusal)
    ids = [pick.invoice for pick in shown]
    try:
        count = send.send_many(shown, by=web.account())
    except Invalid as refusal:
        return _shown([], refusal)
    except Conflict as refusal:
        return _shown(send.preview(ids, shown), refusal)
    notice = ngettext("%(num)s invoice goes out.", "%(num)s invoices go out.", count)
    sending = under_way.latest_of(web.account())
    there = url_for(".follow", sending=sending.first)
    return web.moved(web.done(notice, there, FOLLOWED[1], is_moved=True, **_followed(sending)), there)


@bp.get("/<int:sending>/progress")
def follow(sending: int) -> Response:
    """How far a sending is; htmx asks for it every second until it is over, which is then said once."""
    followed = under_way.find(sending)
    answer = web.page(*FOLLOWED, **_followed(followed))
    return web.announce_end(answer) if followed.is_over else answer


def _followed(sending: under_way.Sending) -> dict[str, Any]:
    return {"sending": sending, "left": under_way.left(sending)}


@bp.post("/<int:invoice>")
def send_one(invoice: int) -> Response:
    """Send an invoice from its own page: for the first time, or again."""
    try:
        (pick,) = sending_picks([request.form.get("pick", "")])
        sent = send.send(pick._replace(invoice=invoice), by=web.account())
    except (Conflict, Invalid) as refusal:
        return web.page(*OF_ONE, refusal.status, **_of_one(invoice, refusal))
    notice = _("It goes out to %(address)s.", address=sent.recipient)
    return web.done(notice, url_for("invoices.show", invoice=invoice), OF_ONE[1], **_of_one(invoice))


def _of_one(invoice: int, refusal: Refused | None = None) -> dict[str, Any]:
    whole = detail.whole(invoice, web.grants())
    outgoing = send.outgoing(whole.invoice)
    return {"whole": whole, "outgoing": outgoing, "refusal": refusal, "is_fragment": False}
