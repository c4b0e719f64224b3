"""Uren registreren: the workers of a period, the grid of one of them, and the verbs of who enters."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask import Blueprint, flash, g, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from werkzeug import Response

from konnekt import web
from konnekt.domain import clock, entering, grid, merging, pattern, registration
from konnekt.domain.entry import Entry
from konnekt.domain.grid import Sheet
from konnekt.domain.refused import NotFound, Refused
from konnekt.domain.registration import Calendar, Team
from konnekt.domain.stale import Stale
from konnekt.domain.units import hours_total
from konnekt.forms.registration import ChoiceForm, added_week, entry, seen
from konnekt.models import Account

bp = Blueprint("registration", __name__, url_prefix="/registration")


@dataclass
class Desk:
    """One worker's sheet on the desk, with the team around it."""

    team: Team
    sheet: Sheet
    everyone: bool

    @cached_property
    def calendar(self) -> Calendar:
        """The calendar of its organisation, read when first asked."""
        return registration.calendar(self.sheet.organisation.calendar)

    @property
    def query(self) -> dict[str, Any]:
        """What of the choice stands in the address."""
        chosen = {"year": self.team.period.year, "period": self.team.period.number}
        return chosen | ({"all": 1} if self.everyone else {})


@bp.context_processor
def words() -> dict[str, Any]:
    """What the grid asks: a refusal in words, and where else hours are registered."""
    return {"say": web.say, "my_places": lambda: registration.places(web.grants())}


def _account() -> Account:
    account: Account = current_user._get_current_object()
    return account


def _open(code: str) -> Desk:
    """The sheet of the address: its assignment, year and period."""
    form = ChoiceForm(request.args)
    everyone = bool(form.all.data)
    team = registration.open_team(web.grants(), code, *form.place(), everyone=everyone)
    g.drafts = team.drafts
    worker = team.chosen
    place = web.grants().organisations[worker.assignment.organisation_id]
    return Desk(team, Sheet(worker.assignment, place, team.period, worker.sheet), everyone)


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
        where = {"year": team.period.year, "period": team.period.number, **({"all": 1} if everyone else {})}
        return redirect(url_for(".show", code=form.worker.data, **where), 303)
    return web.page(
        "registration/index.html",
        "partials/registration_list.html",
        choice=choice,
        team=team,
        calendar=choice.calendar,
        period=choice.period,
        year=choice.period.year if choice.period else year,
    )


@bp.get("/<code>")
def show(code: str) -> Response:
    """The grid of one worker."""
    return _draw(_open(code), is_opened=True)


@bp.post("/<code>/save")
def save(code: str) -> Response:
    """Keep what was typed, in a draft."""
    typed = entry(request.form)
    try:
        _save(_open(code), typed)
    except Refused as refusal:
        return _refused(code, typed, refusal)
    return _saved(code, typed)


@bp.post("/<code>/send")
def send(code: str) -> Response:
    """Send the sheet with what was typed."""
    typed = entry(request.form)
    try:
        _send(_open(code), typed)
    except Refused as refusal:
        return _refused(code, typed, refusal)
    desk = _open(code)
    notice = _("Sent: %(what)s.", what=_named(desk))
    return _done(desk, notice, typed, is_just_sent=True)


@bp.post("/<code>/withdraw")
def withdraw(code: str) -> Response:
    """Take back what was just sent (Ongedaan maken)."""
    desk = _open(code)
    if desk.sheet.row is None:
        raise NotFound("This timesheet does not exist, or not for you.")
    try:
        entering.withdraw(desk.sheet.row.id, by=_account(), seen=seen(request.form.get("seen", "")))
    except Refused as refusal:
        return _refused(code, entry(request.form), refusal)
    typed = entry(request.form) if web.is_htmx() else None
    return _done(_open(code), _("Taken back: it is a draft again."), typed)


@bp.post("/<code>/lines")
def lines(code: str) -> Response:
    """Add or remove a row, and show the page with all that was typed; nothing is stored."""
    desk, typed = _open(code), entry(request.form)
    added, removed = added_week(request.form.get("add", "")), request.form.get("remove", "")
    typed.rows = [row for row in typed.rows if row.token != removed]
    known = grid.choices(desk.sheet)
    new = ""
    for week in grid.weeks_of(desk.sheet.assignment, desk.sheet.period, {}):
        if added == (week.iso_year, week.iso_week):
            there = [row for row in typed.rows if (row.iso_year, row.iso_week) == added]
            new = typed.add(known.fresh(week, desk.sheet.assignment, there)).token
    return _draw(desk, typed, known=known, new=new, is_touched=True)


@bp.post("/<code>/copy")
def copy(code: str) -> Response:
    """Take over the pattern of the sheet before; a draft is kept with it."""
    desk, typed = _open(code), entry(request.form)
    known = grid.choices(desk.sheet)
    try:
        filled = pattern.take_over(typed, desk.sheet, desk.calendar.closing_days, known)
        if desk.sheet.is_draft and filled:
            _save(desk, typed)
    except Refused as refusal:
        return _refused(code, typed, refusal)
    notice = ngettext("%(num)s cell filled.", "%(num)s cells filled.", filled)
    if desk.sheet.is_draft:
        return _done(_open(code), notice, typed)
    return _draw(desk, typed, known=known, is_touched=True, notice=notice)


@bp.post("/<code>/turn")
def turn(code: str) -> Response:
    """On to another worker: a draft is kept on the way, unsent changes of a sent sheet are asked about."""
    desk, typed = _open(code), entry(request.form)
    unsent, _sep, to = request.form.get("unsent", "").partition(":")
    to = to or request.form.get("go") or request.form.get("to", "")
    if desk.team.find(to) is None:
        raise NotFound("This assignment does not exist, or not for you.")
    try:
        if unsent == "send":
            _send(desk, typed)
        elif desk.sheet.is_draft:
            _save(desk, typed)
        elif desk.sheet.is_sent and not unsent and not typed.content().is_like(desk.sheet.stored.content):
            raise Refused("There are changes that were not sent yet.")
    except Refused as refusal:
        return _refused(code, typed, refusal, leaving_to=desk.team.find(to))
    where = url_for(".show", code=to, **desk.query)
    if not web.is_htmx():
        return redirect(where, 303)
    return web.moved(_draw(_open(to), is_opened=True, is_moved=True), where)


def _save(desk: Desk, typed: Entry) -> None:
    try:
        entering.save(desk.sheet.at, typed.content(), by=_account(), seen=typed.seen)
    except Stale as stale:
        # The answer to the same save got lost on the way: it is as it was typed.
        if not stale.is_as_typed:
            raise


def _send(desk: Desk, typed: Entry) -> None:
    try:
        entering.submit(desk.sheet.at, typed.content(), by=_account(), seen=typed.seen)
    except Stale as stale:
        if not stale.is_as_typed:
            raise
        if not desk.sheet.may_withdraw(web.grants()):
            entering.submit(desk.sheet.at, typed.content(), by=_account(), seen=desk.sheet.revision)


def _named(desk: Desk) -> str:
    """Worker, period and total in one line."""
    sheet = desk.sheet
    period = web.spoken(desk.team.period)
    minutes = sheet.row.minutes if sheet.row else 0
    hours = _("%(hours)s hours", hours=hours_total(minutes, web.language()))
    return f"{sheet.assignment.worker.name}, {period}, {hours}"


def _saved(code: str, typed: Entry) -> Response:
    desk = _open(code)
    at = clock.local(clock.now()).strftime("%H:%M")
    notice = _("Saved %(time)s", time=at)
    if not web.is_htmx():
        flash(notice)
        return redirect(url_for(".show", code=code, **desk.query), 303)
    return _draw(desk, typed.kept(desk.sheet.stored, desk.sheet.revision), saved=notice)


def _done(desk: Desk, notice: str, typed: Entry | None, **context: Any) -> Response:
    """Answer a change: the grid in place, or a redirect to it."""
    if not web.is_htmx():
        flash(notice)
        return redirect(url_for(".show", code=desk.team.code, **desk.query), 303)
    kept = typed.kept(desk.sheet.stored, desk.sheet.revision) if typed else None
    return web.announce(_draw(desk, kept, **context), notice)


def _refused(code: str, typed: Entry, refusal: Refused, **context: Any) -> Response:
    """The grid with all that was typed and the reason; after somebody else was first, with that beside it."""
    if refusal.status not in (409, 422):
        raise refusal
    desk = _open(code)
    if typed.seen != desk.sheet.revision:
        typed = merging.merge(typed, desk.sheet)
    context["is_conflict"] = isinstance(refusal, Stale)
    return _draw(desk, typed.refused(refusal), refusal.status, is_touched=True, **context)


def _draw(desk: Desk, typed: Entry | None = None, status: int = 200, **context: Any) -> Response:
    known = context.pop("known", None)
    drawn = grid.build(
        desk.sheet, typed or desk.sheet.entry(), web.grants(), desk.calendar.closing_days, known
    )
    return web.page(
        "registration/show.html",
        "partials/hour_grid.html",
        status,
        grid=drawn,
        sheet=desk.sheet,
        team=desk.team,
        calendar=desk.calendar,
        door=request.blueprint,
        query=desk.query,
        may_withdraw=desk.sheet.may_withdraw(web.grants()),
        is_quiet="quiet" in request.form,
        **context,
    )
