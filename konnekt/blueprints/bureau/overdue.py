"""Achterstallig: what is overdue by age, the reminders that are due, and the steps in which they come."""

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _, ngettext
from werkzeug import Response

from konnekt.domain import events
from konnekt.domain.invoices import under_way
from konnekt.domain.payments import overdue, remind, reminder_steps
from konnekt.domain.records import reminder_settings
from konnekt.domain.refusals import Conflict, Invalid, Refused
from konnekt.forms.numbers import whole
from konnekt.forms.reminders import StepsForm, picks
from konnekt.screens import agency_charts, web

bp = Blueprint("overdue", __name__, url_prefix="/overdue")

LIST = ("bureau/overdue/index.html", "partials/overdue_list.html")
DUE = ("bureau/overdue/reminders.html", "partials/overdue_reminders.html")
STEPS = ("bureau/overdue/steps.html", "partials/overdue_steps.html")


@bp.get("")
def index() -> Response:
    """What is overdue, all of it or of one age, a page at a time."""
    asked = request.args.get("band", "")
    band = asked if asked in overdue.BANDS else ""
    number = min(max(request.args.get("page", 1, type=whole), 1), 100_000)
    late, words = overdue.load(band, number), agency_charts.band_words()
    return web.page(*LIST, overdue=late, band=band, band_words=words)


@bp.get("/reminders")
def reminders() -> Response:
    """The reminders that are due, and to whom each goes."""
    return _due(remind.due())


def _due(due: remind.DueReminders, refusal: Refused | None = None) -> Response:
    return web.page(*DUE, refusal.status if refusal else 200, due=due, refusal=refusal)


@bp.post("/reminders")
def send_reminders() -> Response:
    """Send the ticked ones as they were shown: all of them, or nothing."""
    shown: list[remind.ShownReminder] = []
    try:
        shown = picks(request.form.getlist("pick"))
        count = remind.remind(shown, by=web.account())
    except (Conflict, Invalid) as refusal:
        return _due(remind.due(shown), refusal)
    notice = ngettext("%(num)s reminder goes out.", "%(num)s reminders go out.", count)
    there = url_for("bureau.sending.follow", sending=under_way.latest_of(web.account()).first)
    if web.is_htmx():
        return web.announce(_due(remind.due()), notice)
    flash(notice)
    return redirect(there, 303)


@bp.get("/steps")
def steps() -> Response:
    """When each reminder comes and what it says."""
    return _steps(_filled(), 200)


def _filled() -> StepsForm:
    now = reminder_steps.all_steps()
    form = StepsForm(None, seen=reminder_steps.seen(now))
    form.fill(now)
    return form


def _steps(form: StepsForm, status: int) -> Response:
    return web.page(*STEPS, status, form=form, changes=events.latest(10, thing=reminder_settings.THING))


@bp.post("/steps")
def change_steps() -> Response:
    """Change that."""
    form = StepsForm()
    if not form.validate():
        return _steps(form, 422)
    try:
        reminder_settings.change(form.steps(), seen=form.seen.data or "", by=web.account())
    except Refused as refusal:
        status = web.refuse(form, refusal)
        web.look_again(form, status, reminder_steps.seen(reminder_steps.all_steps()))
        return _steps(form, status)
    context = {"form": _filled(), "changes": events.latest(10, thing=reminder_settings.THING)}
    return web.done(_("The reminders are saved."), url_for(".steps"), STEPS[1], **context)
