"""Pay periods: list per calendar and year, make a year, change or delete one."""

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _, ngettext
from werkzeug import Response

from konnekt.domain import clock, events
from konnekt.domain.records import calendars, pay_periods, working_days
from konnekt.domain.refusals import Refused
from konnekt.forms.bureau.pay_periods import CalendarYearForm, PayYearForm, PeriodForm, typed
from konnekt.models import PayPeriod
from konnekt.screens import web
from konnekt.screens.period_names import capital

bp = Blueprint("pay_periods", __name__, url_prefix="/pay-periods")

LIST = ("bureau/pay_periods/index.html", "partials/bureau_pay_periods.html")
YEAR = ("bureau/pay_periods/year.html", "partials/bureau_year.html")
CHANGE = "bureau/pay_periods/change.html"


@bp.get("")
def index() -> Response:
    """The periods of one calendar in one year."""
    shown = pay_periods.of_year(*CalendarYearForm(request.args).values())
    form = CalendarYearForm(calendar=shown.calendar, year=shown.year)
    things = [pay_periods.year_thing(shown.calendar, shown.year), *map(pay_periods.thing, shown.periods)]
    hits = working_days.of(shown.periods)
    return web.page(*LIST, shown=shown, form=form, events=events.latest(thing=things), hits=hits)


@bp.get("/year")
def ask_year() -> Response:
    """The form that makes a year; it starts with the year and the rule that come next."""
    calendar = pay_periods.of_year(*CalendarYearForm(request.args).values()).calendar
    year, rule = pay_periods.suggested(calendar)
    year = CalendarYearForm(request.args).values()[1] or year
    return web.page(
        *YEAR, form=PayYearForm(formdata=None, calendar=calendar, year=year, **vars(rule)), spans=[]
    )


@bp.post("/year/preview")
def preview() -> Response:
    """What the rule would make; nothing is saved yet."""
    form = PayYearForm()
    if not form.validate():
        return web.page(*YEAR, 422, form=form, spans=[])
    try:
        spans, hits = _foreseen(form)
    except Refused as refusal:
        return web.page(*YEAR, web.refuse(form, refusal), form=form, spans=[])
    return web.page(*YEAR, form=form, spans=spans, hits=hits)


def _foreseen(form: PayYearForm) -> tuple[list[calendars.Span], list[working_days.Hit]]:
    """What the rule makes, with what still falls on days on which nobody works."""
    spans = pay_periods.preview(form.calendar.data, form.year.data, form.rule())
    spans = working_days.settled(spans, form.closed.data or working_days.LEAVE)
    return spans, working_days.of(spans)


@bp.post("/year")
def generate() -> Response:
    """Make the periods of a year."""
    form = PayYearForm()
    if not form.validate():
        return web.page(*YEAR, 422, form=form, spans=[])
    calendar, year = form.calendar.data, form.year.data
    try:
        periods = pay_periods.generate(
            calendar, year, form.rule(), by=web.account(), closed=form.closed.data or ""
        )
    except Refused as refusal:
        return web.page(*YEAR, web.refuse(form, refusal), form=form, spans=[])
    notice = ngettext("%(num)s period is made.", "%(num)s periods are made.", len(periods))
    return _to_list(notice, calendar, year)


def _to_list(notice: str, calendar: str, year: int) -> Response:
    flash(notice)
    return redirect(url_for(".index", calendar=calendar, year=year), 303)


@bp.post("/year/delete")
def delete_year() -> Response:
    """Delete the periods of a year that nothing uses."""
    calendar, year = CalendarYearForm(request.form).values()
    count = pay_periods.delete_year(calendar, year or 0, by=web.account())
    notice = ngettext("%(num)s period is deleted.", "%(num)s periods are deleted.", count)
    return _to_list(notice, calendar, year or 0)


@bp.get("/<int:period>")
def show(period: int) -> Response:
    """One period and the form that changes it."""
    pay_period = pay_periods.find(period)
    return _page(pay_period, PeriodForm(formdata=None, data=typed(pay_period, clock.local)))


def _page(pay_period: PayPeriod, form: PeriodForm, status: int = 200) -> Response:
    has_sheets = pay_periods.has_sheets(pay_period)
    if has_sheets and form.first_on:
        form.fix_days()
    form.seen.show(pay_periods.seen(pay_period))
    hits = working_days.of([pay_period])
    context: dict[str, Any] = {"period": pay_period, "has_sheets": has_sheets, "form": form, "hits": hits}
    history = events.latest(thing=pay_periods.thing(pay_period))
    return web.page(CHANGE, None, status, events=history, **context)


@bp.post("/<int:period>")
def change(period: int) -> Response:
    """Change its days, deadlines and pay date."""
    pay_period, form = pay_periods.find(period), PeriodForm()
    if pay_periods.has_sheets(pay_period) and "first_on" not in request.form:
        form.fix_days()
    if not form.validate():
        return _page(pay_period, form, 422)
    how: dict[str, Any] = {"joined": bool(form.joined and form.joined.data), "closed": form.closed.data or ""}
    try:
        pay_periods.change(
            period, _span(pay_period, form), by=web.account(), seen=form.seen.data or "", **how
        )
    except Refused as refusal:
        return _page(pay_periods.find(period), form, web.refuse(form, refusal))
    notice = _("%(period)s is changed.", period=capital(web.spoken(pay_period)))
    return _to_list(notice, pay_period.calendar, pay_period.year)


def _span(pay_period: PayPeriod, form: PeriodForm) -> calendars.Span:
    return calendars.Span(
        number=pay_period.number,
        first_on=form.first_on.data if form.first_on else pay_period.first_on,
        last_on=form.last_on.data if form.last_on else pay_period.last_on,
        submit_by_at=clock.at(form.submit_by.data, form.submit_at.data),
        approve_by_at=clock.at(form.approve_by.data, form.approve_at.data),
        pay_on=form.pay_on.data,
    )


@bp.post("/<int:period>/delete")
def delete(period: int) -> Response:
    """Delete one that nothing uses."""
    gone = pay_periods.delete(period, by=web.account())
    return _to_list(_("%(period)s is deleted.", period=capital(web.spoken(gone))), gone.calendar, gone.year)
