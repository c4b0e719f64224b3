"""Uren registreren: the workers of a period, the grid of one of them, and the verbs of who enters."""

from functools import partial
from typing import Any

from flask import Blueprint, g, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug import Response

from konnekt.domain.registration import teams
from konnekt.forms.registration import ChoiceForm
from konnekt.models import PayPeriod
from konnekt.screens import grid_views, web
from konnekt.screens.grid_page import GridPage, Neighbour

bp = Blueprint("registration", __name__, url_prefix="/registration")


@bp.context_processor
def words() -> dict[str, Any]:
    """What the grid asks: a refusal in words, and where else hours are registered."""
    return grid_views.words() | {"my_places": lambda: teams.places(web.grants())}


@bp.get("")
def index() -> Response:
    """The workers of a year, period and organisation; with a worker named, that one's grid."""
    form = ChoiceForm(request.args)
    year, number = form.number("year"), form.number("period")
    everyone = form.is_everyone
    choice = teams.choose(web.grants(), form.organisation, year, number, everyone=everyone)
    team = teams.team(web.grants(), choice)
    g.drafts = team.drafts if team and team.workers else teams.count_drafts(web.grants())
    if team and form.worker and team.find(form.worker):
        query = _query(team.period, everyone=everyone)
        return redirect(url_for(".show", code=form.worker, **query), 303)
    return web.page(
        "registration/index.html",
        "partials/registration_list.html",
        choice=choice,
        team=team,
        calendar=choice.calendar,
        period=choice.period,
        year=choice.period.year if choice.period else year,
    )


def _query(period: PayPeriod, *, everyone: bool) -> dict[str, Any]:
    """What of the choice stands in a sheet's address."""
    chosen = {"year": period.year, "period": period.number}
    return chosen | ({"all": 1} if everyone else {})


def _open(code: str) -> GridPage:
    """The sheet of the address: its assignment, year and period; the team around it is read when drawn."""
    form = ChoiceForm(request.args)
    everyone = form.is_everyone
    sheet, g.drafts = teams.open_sheet(web.grants(), code, *form.place())
    return GridPage(
        sheet,
        _query(sheet.period, everyone=everyone),
        code,
        partial(_neighbours, everyone=everyone),
        "registration/show.html",
        f"{sheet.assignment.worker.name} · {_('Register hours')}",
        is_team=True,
    )


def _neighbours(grid_page: GridPage, *, everyone: bool) -> list[Neighbour]:
    """The workers of the team, one after another."""
    return [
        Neighbour(
            of.code,
            of.name,
            f"{of.name} · {of.job_title}" if of.job_title else of.name,
            of.code,
            grid_page.query,
            is_done=not of.is_open,
        )
        for of in teams.around(web.grants(), grid_page.sheet, everyone=everyone).workers
    ]


@bp.get("/<code>")
def show(code: str) -> Response:
    """The grid of one worker."""
    return grid_views.show(partial(_open, code))


grid_views.add_steps(bp, _open)


@bp.post("/<code>/turn")
def turn(code: str) -> Response:
    """On to another worker."""
    return grid_views.turn(partial(_open, code), lambda neighbour: _open(neighbour.code))
