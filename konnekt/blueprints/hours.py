"""Mijn uren: what a worker has still to fill in, the grid of it, where each sheet is, and totals."""

from functools import partial
from typing import Any

from flask import Blueprint, abort, g, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug import Response

from konnekt.domain import clock
from konnekt.domain.approvals import detail
from konnekt.domain.hours import assignments, sheets, totals as hour_totals
from konnekt.domain.payroll import pay_dates
from konnekt.forms.hours import DownloadForm, WorkerYearForm
from konnekt.forms.registration import ChoiceForm
from konnekt.screens import grid_views, period_charts, web
from konnekt.screens.downloads import attachment
from konnekt.screens.grid_page import GridPage, Neighbour
from konnekt.screens.sheet_text import hours_file

bp = Blueprint("hours", __name__, url_prefix="/hours")


@bp.before_request
def only_workers() -> None:
    """This page is in nobody else's menu; security.py has asked to sign in."""
    if not current_user.is_worker:
        abort(403)


@bp.context_processor
def words() -> dict[str, Any]:
    """What the grid asks."""
    return grid_views.words()


@bp.get("")
def index() -> Response:
    """What is still to fill in, what was sent, and the assignments."""
    form = WorkerYearForm(request.args)
    query = form.query()
    page = sheets.sent(web.grants(), query.get("year"), query.get("assignment", ""), form.number("page") or 1)
    return web.page(
        "hours/index.html",
        "partials/hours_sheets.html",
        due=[] if web.is_htmx() else sheets.with_pay_dates(web.to_fill_in()),
        page=page,
        query=query,
        years=sheets.years(web.account()),
        assignments=assignments.of(web.account()),
    )


@bp.get("/sheets/<int:sheet>")
def sheet(sheet: int) -> Response:
    """One of the worker's own sheets: where it is, what is on it, its history, what corrects it."""
    timesheet = sheets.find(sheet, web.grants())
    return web.page(
        "hours/sheet.html",
        row=sheets.rows(web.grants(), [timesheet])[0],
        beside=sheets.beside(timesheet),
        detail=detail.load(sheet, web.grants()),
        placed=assignments.Placed(timesheet.assignment),
        sheet_page="hours.sheet",
    )


@bp.get("/totals")
def totals() -> Response:
    """The hours of a year per period and hour type, and the way to download them."""
    return _totals(DownloadForm(formdata=None))


def _totals(form: DownloadForm, status: int = 200) -> Response:
    years = sheets.years(web.account())
    year = WorkerYearForm(request.args).number("year") or next(iter(years), clock.today().year)
    year_totals = hour_totals.of_year(web.account(), year)
    return web.page(
        "hours/totals.html",
        status=status,
        totals=year_totals,
        charts=period_charts.of_year(year_totals),
        year=year,
        years=sorted({*years, year}, reverse=True),
        form=form,
    )


@bp.get("/download")
def download() -> Response:
    """The worker's own hours as CSV or XLSX: of the days asked for, else of a year, else all."""
    form = DownloadForm(request.args)
    if not form.validate():
        return _totals(form, 422)
    year = None if form.first.data or form.last.data else WorkerYearForm(request.args).number("year")
    hours = hour_totals.hours(web.account(), year, form.first.data, form.last.data)
    content, kind, ending = hours_file(hours, request.args.get("format", ""))
    return attachment(content, kind, f"uren.{ending}")


def _open(code: str, year: int | None = None, number: int | None = None) -> GridPage:
    """The worker's own sheet of the address, or of another period."""
    if year is None or number is None:
        year, number = ChoiceForm(request.args).place()
    opened = assignments.open_sheet(web.account(), code, year, number)
    g.to_fill_in = sheets.to_fill_in(web.account())
    return GridPage(
        opened,
        {"year": year, "period": number},
        f"{year}-{number}",
        _neighbours,
        "hours/show.html",
        f"{web.spoken(opened.period)} · {_('My hours')}",
        more={
            "pay_date_of": lambda grid_page: pay_dates.pay_date(
                grid_page.sheet.period, grid_page.calendar.periods
            )
        },
    )


def _neighbours(grid_page: GridPage) -> list[Neighbour]:
    """The periods of its calendar in which the assignment runs, one after another."""
    of, neighbours = grid_page.sheet.assignment, []
    for period in assignments.within(of, grid_page.calendar.periods, grid_page.sheet.period):
        value = f"{period.year}-{period.number}"
        name = web.spoken(period)
        neighbours.append(
            Neighbour(value, name, name, of.code, {"year": period.year, "period": period.number})
        )
    return neighbours


@bp.get("/<code>")
def show(code: str) -> Response:
    """The grid of an assignment; without a period that of the one that is wanted now."""
    if "year" not in request.args and "period" not in request.args:
        period = assignments.current(web.account(), code)
        return redirect(url_for(".show", code=code, year=period.year, period=period.number), 303)
    return grid_views.show(partial(_open, code))


grid_views.add_steps(bp, _open)


@bp.post("/<code>/turn")
def turn(code: str) -> Response:
    """On to another period of the same assignment."""
    return grid_views.turn(
        partial(_open, code),
        lambda neighbour: _open(neighbour.code, neighbour.query["year"], neighbour.query["period"]),
    )
