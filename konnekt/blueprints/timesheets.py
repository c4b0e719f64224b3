"""Urenbriefjes: all that one may see, in any state, by worker, organisation and period."""

from collections.abc import Iterator
from datetime import date, datetime

from flask import Blueprint, abort, request
from flask_babel import gettext as _
from werkzeug import Response

from konnekt.documents import tables
from konnekt.domain import clock
from konnekt.domain.refusals import Invalid
from konnekt.domain.timesheets import listing
from konnekt.forms.timesheets import SheetFilterForm
from konnekt.models import State
from konnekt.screens import web
from konnekt.screens.downloads import attachment
from konnekt.screens.formats import period_and_year
from konnekt.screens.sheet_text import decimal_hours, state_word

bp = Blueprint("timesheets", __name__, url_prefix="/timesheets")


@bp.before_request
def only_readers() -> None:
    """For whom there are timesheets; security.py has asked to sign in."""
    if not listing.may_look(web.grants()):
        abort(403)


@bp.get("")
def index() -> Response:
    """The list, filtered, a page at a time."""
    return _list(SheetFilterForm(request.args))


def _list(form: SheetFilterForm, refusal: Invalid | None = None) -> Response:
    by = form.values()
    return web.page(
        "timesheets/index.html",
        "partials/timesheets_list.html",
        refusal.status if refusal else 200,
        listed=listing.load(web.grants(), by, form.number()),
        by=by,
        query=form.query(),
        states=list(State),
        refusal=refusal,
    )


@bp.get("/list.csv")
def csv() -> Response:
    """What is found, as a file that spreadsheets open."""
    return _file("csv")


@bp.get("/list.xlsx")
def xlsx() -> Response:
    """What is found, as a workbook."""
    return _file("xlsx")


def _file(ending: str) -> Response:
    form = SheetFilterForm(request.args)
    try:
        rows = _rows(form.values())
    except Invalid as refusal:
        return _list(form, refusal)
    header = [
        _("Worker"), _("Assignment"), _("Organisation"), _("Period"), _("First day"), _("Last day"),
        _("Supplementary timesheet"), _("Hours"), _("State"), _("Sent on"), _("Decided on"),
    ]  # fmt: skip
    if ending == "xlsx":
        content, kind = tables.xlsx_file(_("Timesheets"), header, rows), tables.XLSX
    else:
        content, kind = tables.csv_file(header, rows, web.language()), tables.CSV
    return attachment(content, kind, f"urenbriefjes.{ending}")


def _rows(by: listing.SheetFilter) -> Iterator[list[tables.Cell]]:
    sheets = listing.rows(web.grants(), by)
    return (
        [
            one.assignment.worker.name, one.assignment.job_title, one.organisation.name,
            period_and_year(one.pay_period), one.pay_period.first_on, one.pay_period.last_on, one.sequence,
            decimal_hours(one.minutes), state_word(one.state), _on(one.submitted_at), _on(one.decided_at),
        ]
        for one in sheets
    )  # fmt: skip


def _on(moment: datetime | None) -> date | None:
    return clock.local(moment).date() if moment else None
