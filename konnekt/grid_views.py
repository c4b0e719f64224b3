"""The views of the hour grid, by whichever door one comes: for workers (registration) or for oneself (hours).

A door says how its sheet is opened and where one can go on to; what is typed is treated alike.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from werkzeug import Response

from konnekt import web
from konnekt.domain import clock, entering, grid, merging, pattern, registration, step_back
from konnekt.domain.entry import Entry, Row
from konnekt.domain.grid import Sheet
from konnekt.domain.refused import NotFound, Refused
from konnekt.domain.registration import Calendar
from konnekt.domain.stale import Stale
from konnekt.domain.units import hours_total
from konnekt.forms.registration import added_week, entry, seen, step, step_text
from konnekt.models import Account


@dataclass(frozen=True)
class Stop:
    """Another sheet to go on to: what its button sends, how one calls it, and its address at this door."""

    value: str
    name: str
    label: str
    code: str
    query: dict[str, Any]
    is_done: bool = False


@dataclass
class Desk:
    """One sheet on the desk; query: what of the choice stands in its address; stop: its own among the stops.

    route: makes the stops when asked for. template: the page around it; more: what else both show.
    """

    sheet: Sheet
    query: dict[str, Any]
    stop: str
    route: Callable[["Desk"], list[Stop]]
    template: str
    title: str
    more: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def calendar(self) -> Calendar:
        """The calendar of its organisation, read when first asked."""
        return registration.calendar(self.sheet.organisation.calendar)

    @cached_property
    def stops(self) -> list[Stop]:
        """Where one can go on to, in order."""
        return self.route(self)

    @property
    def code(self) -> str:
        return str(self.sheet.assignment.code)

    @property
    def before(self) -> Stop | None:
        """The one before this one."""
        return self._beside(-1)

    @property
    def after(self) -> Stop | None:
        """The one after this one."""
        return self._beside(1)

    def find(self, value: str) -> Stop | None:
        """The stop of that value."""
        return next((stop for stop in self.stops if stop.value == value), None)

    def _beside(self, step: int) -> Stop | None:
        here = next((at for at, stop in enumerate(self.stops) if stop.value == self.stop), -1)
        at = here + step
        return self.stops[at] if here >= 0 and 0 <= at < len(self.stops) else None


Open = Callable[[], Desk]


def words() -> dict[str, Any]:
    """What the grid's templates ask: a refusal, and what can be taken back, in words."""
    return {
        "say": web.say,
        "spoken_steps": {name: web.say_kept(said, {}) for name, said in step_back.STEPS.items()},
    }


def show(opened: Open) -> Response:
    """The grid."""
    return _draw(opened(), is_opened=True)


def save(opened: Open) -> Response:
    """Keep what was typed, in a draft."""
    typed = entry(request.form)
    try:
        _save(opened(), typed)
    except Refused as refusal:
        return _refused(opened, typed, refusal)
    notice = _("Saved %(time)s", time=clock.local(clock.now()).strftime("%H:%M"))
    return _draw(opened(), typed, saved=notice) if web.is_htmx() else _back(opened(), notice)


def send(opened: Open) -> Response:
    """Send the sheet with what was typed."""
    typed = entry(request.form)
    try:
        _send(opened(), typed)
    except Refused as refusal:
        return _refused(opened, typed, refusal)
    desk = opened()
    return _done(desk, _("Sent: %(what)s.", what=_named(desk)), typed, is_just_sent=True, undo="")


def withdraw(opened: Open) -> Response:
    """Take back what was just sent (Ongedaan maken)."""
    desk = opened()
    if desk.sheet.row is None:
        raise NotFound("This timesheet does not exist, or not for you.")
    try:
        entering.withdraw(desk.sheet.row.id, by=_account(), seen=seen(request.form.get("seen", "")))
    except Refused as refusal:
        return _refused(opened, entry(request.form), refusal)
    desk, typed = opened(), entry(request.form)
    typed.seen = desk.sheet.revision
    notice = _("Taken back: it is a draft again.")
    return web.announce(_draw(desk, typed, undo=""), notice) if web.is_htmx() else _back(desk, notice)


def lines(opened: Open) -> Response:
    """Add or remove a row, and show the page with all that was typed; nothing is stored."""
    desk, typed = opened(), entry(request.form)
    if "restore" in request.form:
        return _restored(desk, typed)
    added, removed = added_week(request.form.get("add", "")), request.form.get("remove", "")
    before = [row for row in typed.rows if row.token == removed and not row.is_empty]
    typed.rows = [row for row in typed.rows if row.token != removed]
    known, new = grid.choices(desk.sheet), ""
    for week in grid.weeks_of(desk.sheet.assignment, desk.sheet.period, {}):
        if added == (week.iso_year, week.iso_week):
            there = [row for row in typed.rows if (row.iso_year, row.iso_week) == added]
            new = typed.add(known.fresh(week, desk.sheet.assignment, there)).token
    if not before:
        return _draw(desk, typed, known=known, new=new)
    return _stepped("line", before, _("Line removed."), desk, typed, known=known)


def _restored(desk: Desk, typed: Entry) -> Response:
    """Take the last step back (Ongedaan maken); nothing is stored."""
    if last := step(request.form):
        step_back.restore(typed, last)
    return _announced(_("It is as it was."), desk, typed, undo="")


def _stepped(what: str, before: list[Row], notice: str, desk: Desk, typed: Entry, **context: Any) -> Response:
    """The page after a step, with the way back."""
    undo = step_text(what, Entry(before))
    return _announced(notice, desk, typed, undo=undo, is_stepped=what == "line", **context)


def _announced(notice: str, desk: Desk, typed: Entry, **context: Any) -> Response:
    if not web.is_htmx():
        flash(notice)
    return web.announce(_draw(desk, typed, **context), notice)


def copy(opened: Open) -> Response:
    """Take over the pattern of the sheet before; a draft is kept with it."""
    desk, typed, before = opened(), entry(request.form), entry(request.form).rows
    known = grid.choices(desk.sheet)
    try:
        filled = pattern.take_over(typed, desk.sheet, desk.calendar.closing_days, known)
        if desk.sheet.is_draft and filled:
            _save(desk, typed)
    except Refused as refusal:
        return _refused(opened, typed, refusal)
    if desk.sheet.is_draft and filled:
        desk = opened()
    notice = ngettext("%(num)s cell filled.", "%(num)s cells filled.", filled)
    return _stepped("copy", before, notice, desk, typed, known=known)


def turn(opened: Open, other: Callable[[Stop], Desk]) -> Response:
    """On to another sheet: a draft is kept on the way, unsent changes of a sent sheet are asked about."""
    desk, typed = opened(), entry(request.form)
    unsent, _sep, to = request.form.get("unsent", "").partition(":")
    stop = desk.find(to or request.form.get("go") or request.form.get("to", ""))
    if stop is None:
        raise NotFound("This assignment does not exist, or not for you.")
    try:
        if unsent == "send":
            _send(desk, typed)
        elif desk.sheet.is_draft:
            _save(desk, typed)
        elif desk.sheet.is_sent and not unsent and not typed.content().is_like(desk.sheet.stored.content):
            raise Refused("There are changes that were not sent yet.")
    except Refused as refusal:
        return _refused(opened, typed, refusal, leaving_to=stop)
    where = url_for(".show", code=stop.code, **stop.query)
    if not web.is_htmx():
        return redirect(where, 303)
    return web.moved(_draw(other(stop), is_opened=True, is_moved=True), where)


def _account() -> Account:
    account: Account = current_user._get_current_object()
    return account


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
    hours = hours_total(sheet.row.minutes if sheet.row else 0, web.language())
    return f"{sheet.assignment.worker.name}, {web.spoken(sheet.period)}, {_('%(hours)s hours', hours=hours)}"


def _back(desk: Desk, notice: str) -> Response:
    flash(notice)
    return redirect(url_for(".show", code=desk.code, **desk.query), 303)


def _done(desk: Desk, notice: str, typed: Entry | None, **context: Any) -> Response:
    """Answer a change: the grid in place, or a redirect to it."""
    if not web.is_htmx():
        return _back(desk, notice)
    return web.announce(_draw(desk, typed, **context), notice)


def _refused(opened: Open, typed: Entry, refusal: Refused, **context: Any) -> Response:
    """The grid with all that was typed and the reason; after somebody else was first, with that beside it."""
    if refusal.status not in (409, 422):
        raise refusal
    desk = opened()
    if typed.seen != desk.sheet.revision:
        typed = merging.merge(typed, desk.sheet)
    context["is_conflict"] = isinstance(refusal, Stale)
    return _draw(desk, typed.refused(refusal), refusal.status, **context)


def _draw(desk: Desk, typed: Entry | None = None, status: int = 200, **context: Any) -> Response:
    known = context.pop("known", None)
    undo = context.pop("undo", request.form.get("undo", "") if typed else "")
    is_touched = typed is not None and not typed.content().is_like(desk.sheet.stored.content)
    if typed and not is_touched and not typed.refusal:
        # Its rows have lines now; also where the answer that said so got lost.
        typed = typed.kept(desk.sheet.stored, desk.sheet.revision)
    drawn = grid.build(
        desk.sheet, typed or desk.sheet.entry(), web.grants(), desk.calendar.closing_days, known
    )
    return web.page(
        desk.template,
        "partials/hour_grid.html",
        status,
        grid=drawn,
        sheet=desk.sheet,
        desk=desk,
        calendar=desk.calendar,
        door=request.blueprint,
        query=desk.query,
        may_withdraw=desk.sheet.may_withdraw(web.grants()),
        is_quiet="quiet" in request.form,
        last=step({"undo": undo}),
        undo=undo,
        is_touched=is_touched,
        **desk.more,
        **context,
    )
