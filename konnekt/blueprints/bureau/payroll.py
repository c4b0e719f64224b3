"""Payroll: the pay dates, what a batch would take, making it, and its files."""

from typing import Any

from flask import Blueprint, request, url_for
from flask_babel import gettext as _
from werkzeug import Response

from konnekt.documents import payroll_files
from konnekt.domain import events, paging
from konnekt.domain.payroll import batches, hand_over_or_undo as payroll_hand_over, make
from konnekt.domain.refusals import Conflict, Invalid, Refused
from konnekt.forms.numbers import whole
from konnekt.forms.payroll import FORMATS, ExportForm, FormatForm, PeriodsForm
from konnekt.screens import once_more, web
from konnekt.screens.batch_page import BatchPage
from konnekt.screens.downloads import attachment

bp = Blueprint("payroll", __name__, url_prefix="/payroll")

PERIOD = "/<calendar>/<int:year>-<int:number>"


@bp.get("")
def index() -> Response:
    """The pay periods of a calendar and year with what is still to be paid, and the batches made."""
    form = PeriodsForm(request.args)
    calendar = form.chosen(batches.calendars())
    year = form.chosen_year(batches.years(calendar))
    due = batches.due(calendar, year)
    shown = {"form": form, "due": due, "earlier": batches.earlier(calendar, year)}
    return web.page("bureau/payroll/index.html", "partials/payroll_periods.html", 200, **shown)


@bp.get(PERIOD)
def preview(calendar: str, year: int, number: int) -> Response:
    """What a batch of this pay date would take in a format, and what it leaves out and why."""
    form = FormatForm(request.args)
    try:
        return _preview(calendar, year, number, form)
    except Conflict as refusal:
        form.format.process_data("neutral")
        return _preview(calendar, year, number, form, refusal)


@bp.post(PERIOD)
@once_more.asked
def export(calendar: str, year: int, number: int) -> Response:
    """Make the batch that the preview showed."""
    form, by = ExportForm(), web.account()
    if not form.validate():
        incomplete = Invalid("This page is incomplete. Load it again.", field="seen")
        return _preview(calendar, year, number, FormatForm(), incomplete)
    try:
        batch = make.export(calendar, year, number, form.format.data, by=by, seen=form.seen.data or "")
    except Conflict as refusal:
        return _preview(calendar, year, number, FormatForm(request.form), refusal)
    there = url_for(".show", batch=batch.id)
    notice = _("The batch is made: download its file for the payroll program.")
    done = web.done(notice, there, BATCH.partial, is_moved=True, **_batch(batch.id))
    return web.moved(done, there) if web.is_htmx() else done


@bp.get("/batches/<int:batch>")
def show(batch: int) -> Response:
    """One batch: what it holds, and its files."""
    return BATCH.show(batch)


@bp.route("/batches/<int:batch>/hand-over", methods=["GET", "POST"])
@once_more.asked
def hand_over(batch: int) -> Response:
    """Ask, then mark it as handed over to the payroll program."""
    return BATCH.hand_over(batch, payroll_hand_over.hand_over, _("Marked as handed over."))


@bp.route("/batches/<int:batch>/undo", methods=["GET", "POST"])
@once_more.asked
def undo(batch: int) -> Response:
    """Ask for the reason, then take the batch back."""
    return BATCH.undo(batch, payroll_hand_over.undo, _("Undone: its hours are free for the next batch."))


@bp.route("/batches/<int:batch>/<format>", methods=["GET", "POST"])
@once_more.asked_for_file
def download(batch: int, format: str) -> Response:
    """The file of a batch in a format: the same bytes each time."""
    file = payroll_files.make(*make.hand_out(batch, format, by=web.account()), format)
    return attachment(file.content, file.media_type, file.name)


def _preview(
    calendar: str, year: int, number: int, form: FormatForm, refusal: Refused | None = None
) -> Response:
    draft = make.preview(calendar, year, number, form.chosen())
    page = paging.of_list(draft.wages, request.args.get("page", 1, type=whole))
    place = {"calendar": calendar, "year": year, "number": number}
    status = refusal.status if refusal else 200
    context: dict[str, Any] = {"draft": draft, "form": form, "page": page, "place": place, "refusal": refusal}
    return web.page("bureau/payroll/preview.html", "partials/payroll_preview.html", status, **context)


def _batch(batch: int) -> dict[str, Any]:
    payroll_batch = make.find(batch)
    history = events.latest(thing=make.thing(payroll_batch))
    return {"batch": payroll_batch, "totals": batches.totals(batch), "formats": FORMATS, "events": history}


BATCH = BatchPage("bureau/payroll/show.html", "partials/payroll_batch.html", _batch)
