"""Uren registreren: the workers of a period, the grid of one of them, and the verbs of who enters."""

from functools import partial
from typing import Any

from flask import Blueprint, g, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug import Response

from konnekt import grid_views, web
from konnekt.domain import registration
from konnekt.domain.grid import Sheet
from konnekt.domain.registration import Team
from konnekt.forms.registration import ChoiceForm
from konnekt.grid_views import Desk, Stop

bp = Blueprint("registration", __name__, url_prefix="/registration")


@bp.context_processor
def words() -> dict[str, Any]:
    """What the grid asks: a refusal in words, and where else hours are registered."""
    return grid_views.words() | {"my_places": lambda: registration.places(web.grants())}


@bp.get("")
def index() -> Response:
    """The workers of a year, period and organisation; with a worker named, that one's grid."""
    form = ChoiceForm(request.args)
    year, number = form.number("year"), form.number("period")
    everyone = bool(form.all.data)
    choice = registration.choose(web.grants(), form.organisation.data or "", year, number, everyone=everyone)
    team = registration.team(web.grants(), choice)
    g.drafts = team.drafts if team and team.workers else registration.count_drafts(web.grants())
    if team and form.worker.data and team.find(form.worker.data):
        return redirect(url_for(".show", code=form.worker.data, **_query(team, everyone=everyone)), 303)
    return web.page(
        "registration/index.html",
        "partials/registration_list.html",
        choice=choice,
        team=team,
        calendar=choice.calendar,
        period=choice.period,
        year=choice.period.year if choice.period else year,
    )


def _query(team: Team, *, everyone: bool) -> dict[str, Any]:
    """What of the choice stands in a sheet's address."""
    chosen = {"year": team.period.year, "period": team.period.number}
    return chosen | ({"all": 1} if everyone else {})


def _open(code: str) -> Desk:
    """The sheet of the address: its assignment, year and period, with the team around it."""
    form = ChoiceForm(request.args)
    everyone = bool(form.all.data)
    team = registration.open_team(web.grants(), code, *form.place(), everyone=everyone)
    g.drafts = team.drafts
    worker = team.chosen
    place = web.grants().organisations[worker.assignment.organisation_id]
    return Desk(
        Sheet(worker.assignment, place, team.period, worker.sheet),
        _query(team, everyone=everyone),
        code,
        lambda _desk: _stops(team, everyone=everyone),
        "registration/show.html",
        f"{worker.assignment.worker.name} · {_('Register hours')}",
        {"team": team},
    )


def _stops(team: Team, *, everyone: bool) -> list[Stop]:
    """The workers of the team, one after another."""
    query, found = _query(team, everyone=everyone), []
    for worker in team.workers:
        of = worker.assignment
        label = f"{of.worker.name} · {of.job_title}" if of.job_title else of.worker.name
        found.append(Stop(of.code, of.worker.name, label, of.code, query, is_done=not worker.is_open))
    return found


@bp.get("/<code>")
def show(code: str) -> Response:
    """The grid of one worker."""
    return grid_views.show(partial(_open, code))


@bp.post("/<code>/save")
def save(code: str) -> Response:
    """Keep what was typed, in a draft."""
    return grid_views.save(partial(_open, code))


@bp.post("/<code>/send")
def send(code: str) -> Response:
    """Send the sheet with what was typed."""
    return grid_views.send(partial(_open, code))


@bp.post("/<code>/withdraw")
def withdraw(code: str) -> Response:
    """Take back what was just sent (Ongedaan maken)."""
    return grid_views.withdraw(partial(_open, code))


@bp.post("/<code>/lines")
def lines(code: str) -> Response:
    """Add or remove a row; nothing is stored."""
    return grid_views.lines(partial(_open, code))


@bp.post("/<code>/copy")
def copy(code: str) -> Response:
    """Take over the pattern of the sheet before."""
    return grid_views.copy(partial(_open, code))


@bp.post("/<code>/turn")
def turn(code: str) -> Response:
    """On to another worker."""
    return grid_views.turn(partial(_open, code), lambda stop: _open(stop.code))
