"""The views of the hour grid, by whichever door one comes: for workers (registration) or for oneself (hours).

A door says how its sheet is opened and where one can go on to; what is typed is treated alike.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _, ngettext
from werkzeug import Response

from konnekt.domain import clock
from konnekt.domain.refusals import Conflict, Invalid, NotFound, Refused
from konnekt.domain.timesheets import (
    edit_conflict,
    empty_cells,
    entry,
    fill as fills,
    grid,
    merge,
    pattern,
    step_back,
    submit,
)
from konnekt.domain.units import hours_total
from konnekt.forms import registration as forms
from konnekt.screens import grid_cells, web
from konnekt.screens.grid_page import GridPage, Neighbour

Open = Callable[[], GridPage]


def words() -> dict[str, Any]:
    """What the grid's templates ask: a refusal, and what can be taken back, in words."""
    spoken = {name: web.say_sentence(said, {}) for name, said in step_back.STEPS.items()}
    on_page = {name: spoken[name] for name in step_back.ON_PAGE}
    return {"say": web.say, "spoken_steps": spoken, "steps_on_page": on_page}


def show(opened: Open) -> Response:
    """The grid."""
    return _draw(opened(), is_opened=True)


def save(opened: Open) -> Response:
    """Keep what was typed, in a draft."""
    typed = forms.entry(request.form)
    try:
        _save(opened(), typed)
    except (Conflict, Invalid) as refusal:
        return _refused(opened, typed, refusal)
    notice = _("Saved %(time)s", time=clock.local(clock.now()).strftime("%H:%M"))
    if not web.is_htmx():
        return _back(opened(), notice)
    # To whom one can go on comes with the first save, that of a new sheet, and stays from then on (grid.js).
    return _draw(opened(), typed, saved=notice, is_turn_kept=bool(typed.seen))


def send(opened: Open) -> Response:
    """Send the sheet with what was typed."""
    typed = forms.entry(request.form)
    try:
        _send(opened, typed)
    except (Conflict, Invalid) as refusal:
        return _refused(opened, typed, refusal)
    grid_page = opened()
    return _done(grid_page, _("Sent: %(what)s.", what=_named(grid_page)), typed, is_just_sent=True, undo="")


def withdraw(opened: Open) -> Response:
    """Take back what was just sent (Ongedaan maken)."""
    grid_page = opened()
    if grid_page.sheet.row is None:
        raise NotFound("This timesheet does not exist, or not for you.")
    try:
        submit.withdraw(
            grid_page.sheet.row.id, by=web.account(), seen=forms.seen(request.form.get("seen", ""))
        )
    except (Conflict, Invalid) as refusal:
        return _refused(opened, forms.entry(request.form), refusal)
    grid_page, typed = opened(), forms.entry(request.form)
    typed.seen = grid_page.sheet.revision
    notice = _("Taken back: it is a draft again.")
    return (
        web.announce(_draw(grid_page, typed, undo=""), notice) if web.is_htmx() else _back(grid_page, notice)
    )


def lines(opened: Open) -> Response:
    """Add or remove a row, and show the page with all that was typed; nothing is stored."""
    grid_page = opened()
    typed = _caught_up(grid_page, forms.entry(request.form))
    if "restore" in request.form:
        return _restored(grid_page, typed)
    added, removed = forms.added_week(request.form.get("add", "")), request.form.get("remove", "")
    before = [row for row in typed.rows if row.token == removed and not row.is_empty]
    typed.rows = [row for row in typed.rows if row.token != removed]
    offered, new = grid.choices(grid_page.sheet), ""
    for week in grid.weeks_of(grid_page.sheet.assignment, grid_page.sheet.period, {}):
        if added == (week.iso_year, week.iso_week):
            there = [row for row in typed.rows if (row.iso_year, row.iso_week) == added]
            new = typed.add(offered.fresh(week, grid_page.sheet.assignment, there)).token
    if not before:
        return _draw(grid_page, typed, offered=offered, new=new)
    undo = forms.step_text(step_back.Step("line", entry.Entry(before)))
    return _announced(_("Line removed."), grid_page, typed, undo=undo, is_stepped=True, offered=offered)


def _caught_up(grid_page: GridPage, typed: entry.Entry) -> entry.Entry:
    """What was typed, laid over what oneself alone stored since: the answer to that got lost on the way."""
    row = grid_page.sheet.row
    if row is None or typed.seen == row.revision:
        return typed
    since = edit_conflict.conflict_of(row, typed.seen, by=web.account())
    return merge.merge(typed, grid_page.sheet) if since.is_mine and not since.names else typed


def _restored(grid_page: GridPage, typed: entry.Entry) -> Response:
    """Take the last step back (Ongedaan maken); nothing is stored."""
    if last := forms.step(request.form):
        step_back.restore(typed, last)
    return _announced(_("It is as it was."), grid_page, typed, undo="")


def _announced(notice: str, grid_page: GridPage, typed: entry.Entry, **context: Any) -> Response:
    if not web.is_htmx():
        flash(notice)
    return web.announce(_draw(grid_page, typed, **context), notice)


def copy(opened: Open) -> Response:
    """Take over the pattern of the sheet before; a draft is kept with it."""
    return _fill(opened, "copy", pattern.take_over)


def fill(opened: Open) -> Response:
    """Fill in other weeks, working days, the usual week, or one budget number; a draft is kept with it."""
    return _fill(opened, "cells", lambda cells: fills.fill(forms.filling(request.form), cells))


def fill_notice(filled: int) -> str:
    """What is said of so many cells that were filled, or of rows on another budget number."""
    if filled and request.form.get("fill") == "number":
        return str(_("All rows stand on one budget number."))
    if filled:
        return str(ngettext("%(num)s cell filled.", "%(num)s cells filled.", filled))
    return str(_("There was nothing to fill in: what stands there stays."))


def _fill(opened: Open, what: str, verb: Callable[[empty_cells.EmptyCells], int]) -> Response:
    grid_page = opened()
    typed, offered = _caught_up(grid_page, forms.entry(request.form)), grid.choices(grid_page.sheet)
    before, filled, undo = typed.copied_rows(), 0, request.form.get("undo", "")
    try:
        edit_conflict.check(grid_page.sheet.row, typed.seen, by=web.account())
        closing_days = grid_page.calendar.closing_days
        filled = verb(empty_cells.EmptyCells(typed, grid_page.sheet, closing_days, offered))
        step = step_back.Step.between(what, before, typed.rows)
        undo = forms.step_text(step) if filled else undo
        if grid_page.sheet.is_draft and filled:
            _save(grid_page, typed)
            grid_page = opened()
    except (Conflict, Invalid) as refusal:
        # What can't be kept stands there as it was filled in, with the way back; else nothing is filled in.
        if not filled or isinstance(refusal, Conflict):
            typed.rows, undo = before, request.form.get("undo", "")
        return _refused(opened, typed, refusal, undo=undo)
    return _announced(fill_notice(filled), grid_page, typed, undo=undo, offered=offered)


def add_steps(bp: Blueprint, opened: Callable[[str], GridPage]) -> None:
    """Give a door the addresses of what is done on the grid: `/<code>/save`, `/<code>/send` and so on."""
    for step in (save, send, withdraw, lines, copy, fill):

        def view(code: str, step: Callable[[Open], Response] = step) -> Response:
            return step(partial(opened, code))

        bp.add_url_rule(f"/<code>/{step.__name__}", step.__name__, view, methods=["POST"])


def turn(opened: Open, other: Callable[[Neighbour], GridPage]) -> Response:
    """On to another sheet: a draft is kept on the way, unsent changes of a sent sheet are asked about."""
    grid_page, typed = opened(), forms.entry(request.form)
    unsent, _sep, to = request.form.get("unsent", "").partition(":")
    neighbour = grid_page.find(to or request.form.get("go") or request.form.get("to", ""))
    if neighbour is None:
        raise NotFound("This assignment does not exist, or not for you.")
    try:
        if unsent == "send":
            _send(opened, typed)
        elif grid_page.sheet.is_draft:
            _save(grid_page, typed)
        elif (
            grid_page.sheet.is_sent
            and not unsent
            and not typed.content().is_like(grid_page.sheet.stored.content)
        ):
            raise Conflict("There are changes that were not sent yet.")
    except (Conflict, Invalid) as refusal:
        return _refused(opened, typed, refusal, leaving_to=neighbour)
    where = url_for(".show", code=neighbour.code, **neighbour.query)
    if not web.is_htmx():
        return redirect(where, 303)
    return web.moved(_draw(other(neighbour), is_opened=True, is_moved=True), where)


def _save(grid_page: GridPage, typed: entry.Entry) -> None:
    try:
        submit.save(grid_page.sheet.at, typed.content(), by=web.account(), seen=typed.seen)
    except edit_conflict.EditConflict as stale:
        # The answer to the same save got lost on the way: it is as it was typed.
        if not stale.is_as_typed:
            raise


def _send(opened: Open, typed: entry.Entry) -> None:
    try:
        submit.submit(opened().sheet.at, typed.content(), by=web.account(), seen=typed.seen)
    except edit_conflict.EditConflict as stale:
        if not stale.is_as_typed:
            raise
        sheet = opened().sheet  # as it is by now: the same press may have come twice at once
        if not sheet.may_withdraw(web.grants()):
            submit.submit(sheet.at, typed.content(), by=web.account(), seen=sheet.revision)


def _named(grid_page: GridPage) -> str:
    """Worker, period and total in one line."""
    sheet = grid_page.sheet
    hours = hours_total(sheet.row.minutes if sheet.row else 0, web.language())
    return f"{sheet.assignment.worker.name}, {web.spoken(sheet.period)}, {_('%(hours)s hours', hours=hours)}"


def _back(grid_page: GridPage, notice: str) -> Response:
    flash(notice)
    return redirect(url_for(".show", code=grid_page.code, **grid_page.query), 303)


def _done(grid_page: GridPage, notice: str, typed: entry.Entry | None, **context: Any) -> Response:
    """Answer a change: the grid in place, or a redirect to it."""
    if not web.is_htmx():
        return _back(grid_page, notice)
    return web.announce(_draw(grid_page, typed, **context), notice)


def _refused(opened: Open, typed: entry.Entry, refusal: Refused, **context: Any) -> Response:
    """The grid with all that was typed and the reason; after somebody else was first, with that beside it."""
    grid_page = opened()
    if typed.seen != grid_page.sheet.revision:
        typed = merge.merge(typed, grid_page.sheet)
    context["is_conflict"] = isinstance(refusal, edit_conflict.EditConflict)
    return _draw(grid_page, typed.refused(refusal), refusal.status, **context)


def _draw(
    grid_page: GridPage, typed: entry.Entry | None = None, status: int = 200, **context: Any
) -> Response:
    offered = context.pop("offered", None)
    undo = context.pop("undo", request.form.get("undo", "") if typed else "")
    is_touched = typed is not None and not typed.content().is_like(grid_page.sheet.stored.content)
    if typed and not is_touched and not typed.refusal:
        # Its rows have lines now; also where the answer that said so got lost.
        typed = typed.saved(grid_page.sheet.stored, grid_page.sheet.revision)
    drawn = grid.build(
        grid_page.sheet,
        typed or grid_page.sheet.entry(),
        web.grants(),
        grid_page.calendar.closing_days,
        offered,
    )
    return web.page(
        grid_page.template,
        "partials/hour_grid.html",
        status,
        grid=drawn,
        printed=grid_cells.printed(drawn, is_opened=bool(context.get("is_opened"))),
        sheet=grid_page.sheet,
        grid_page=grid_page,
        calendar=grid_page.calendar,
        door=request.blueprint,
        query=grid_page.query,
        may_withdraw=grid_page.sheet.may_withdraw(web.grants()),
        is_quiet="quiet" in request.form,
        last=forms.step({"undo": undo}),
        undo=undo,
        is_touched=is_touched,
        filled_from=request.form.get("from", ""),
        **grid_page.more,
        **context,
    )
