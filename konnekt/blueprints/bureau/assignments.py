"""Assignments: list, add, change, end, delete; each with its dated rates."""

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug import Response

from konnekt.domain import events
from konnekt.domain.records import assignment_list, assignments, placement, rates
from konnekt.domain.refusals import Refused
from konnekt.forms.bureau.assignments import (
    AssignmentForm,
    AssignmentSearchForm,
    EndAssignmentForm,
    PageForm,
    RateForm,
    typed,
    typed_rate,
)
from konnekt.models import Account, Organisation, Rate
from konnekt.screens import once_more, web

bp = Blueprint("assignments", __name__, url_prefix="/assignments")

LIST = ("bureau/assignments/index.html", "partials/bureau_assignments.html")
NEW = "bureau/assignments/new.html"
CHANGE = "bureau/assignments/change.html"
RATE = "bureau/assignments/rate.html"
SHOW = ("bureau/assignments/show.html", "partials/bureau_assignment.html")


@bp.context_processor
def words() -> dict[str, Any]:
    """What the rows ask of the domain."""
    return {"is_without_rate": assignment_list.is_without_rate, "is_over": assignment_list.is_over}


@bp.get("")
def index() -> Response:
    """The assignments, searched and filtered, a page at a time."""
    form = AssignmentSearchForm(request.args)
    places = assignment_list.organisations()
    form.offer([(one.code, one.name) for one in places])
    page = assignment_list.find(form.values(), PageForm(request.args).number())
    return web.page(*LIST, page=page, form=form, query=form.query(), has_organisations=bool(places))


@bp.get("/new")
def new() -> Response:
    """Choose the worker, then the organisation, then fill in what is agreed."""
    return _new()


def _new(form: AssignmentForm | None = None, status: int = 200) -> Response:
    text = request.values.get("worker", "")
    worker, places = placement.worker(text), placement.organisations()
    code = request.values.get("organisation") or (places[0].code if len(places) == 1 else "")
    place = next((one for one in places if one.code == code), None)
    workers: list[Account] = []
    is_chosen = worker is not None and "organisation" in request.values
    if worker is None or (web.is_htmx() and not is_chosen):
        workers = placement.workers(text) if text.strip() else placement.unplaced()
    if worker and worker.is_worker and place and form is None:
        form = AssignmentForm(formdata=None, code=placement.suggested_code(worker))
    if form is not None and place is not None:
        _offer(form, place)
        if not web.grants().may("rates"):
            form.without("pay_rate", "bill_rate")
    context: dict[str, Any] = {
        "text": text,
        "worker": worker,
        "workers": workers,
        "organisations": places,
        "organisation": place,
    }
    has_people = bool(workers) or placement.has_workers()
    partial = "partials/bureau_place.html" if is_chosen else "partials/bureau_workers.html"
    return web.page(NEW, partial, status, form=form, has_people=has_people, **context)


def _offer(form: AssignmentForm, place: Organisation) -> None:
    form.offer([(one.id, one.number) for one in assignment_list.budget_numbers(place)])


def _refuse(form: Any, refusal: Refused) -> int:
    """The refusal beside its field; the box below a question carries which question it answers."""
    form.sure.data = placement.key(getattr(refusal, "doubts", []))
    return web.refuse(form, refusal)


@bp.post("")
@once_more.asked_when(lambda: any(request.form.get(name, "").strip() for name in ("pay_rate", "bill_rate")))
def add() -> Response:
    """Second the worker to the organisation, with a first rate where one is typed."""
    worker, place = placement.to_place(request.form.get("worker", ""), request.form.get("organisation", ""))
    form = AssignmentForm()
    _offer(form, place)
    if not form.validate():
        return _new(form, 422)
    code, sure = form.code.data or "", form.sure.data or ""
    try:
        rate = form.first_rate()
        assignment = rates.place(worker, place, code, form.values(), rate, by=web.account(), sure=sure)
    except Refused as refusal:
        return _new(form, _refuse(form, refusal))
    added = _("%(code)s is added, with its rate.", code=assignment.code)
    if rate is None:
        added = _("%(code)s is added. Give it a rate now.", code=assignment.code)
    return _to(added, ".show", assignment=assignment.id)


def _to(notice: str, endpoint: str, **values: Any) -> Response:
    """To another page, which says what was done."""
    flash(notice)
    return redirect(url_for(endpoint, **values), 303)


def _shown(
    assignment: int, end_form: EndAssignmentForm | None = None, rate_form: RateForm | None = None
) -> dict[str, Any]:
    """What the page of an assignment draws."""
    record = assignment_list.open_record(assignment)
    return {
        "record": record,
        "end_form": end_form or EndAssignmentForm(formdata=None, last_on=record.assignment.last_on),
        "rate_form": rate_form or RateForm(formdata=None, valid_from_on=record.rate_from),
        "events": events.latest(thing=assignments.thing(record.assignment)),
    }


@bp.get("/<int:assignment>")
def show(assignment: int) -> Response:
    """One assignment: what is agreed, its rates, its end, what changed."""
    return web.page(*SHOW, **_shown(assignment))


@bp.get("/<int:assignment>/change")
def ask(assignment: int) -> Response:
    """The form that changes what is agreed."""
    stored = assignment_list.open_record(assignment).assignment
    return _change(assignment, AssignmentForm(formdata=None, data=typed(stored, web.language())))


def _change(assignment: int, form: AssignmentForm, status: int = 200) -> Response:
    record = assignment_list.open_record(assignment)
    form.without("code", "pay_rate", "bill_rate")
    _offer(form, record.assignment.organisation)
    form.seen.show(assignments.seen(record.assignment))
    return web.page(CHANGE, None, status, record=record, form=form)


@bp.post("/<int:assignment>/change")
def change(assignment: int) -> Response:
    """Give it other terms."""
    form = AssignmentForm()
    _offer(form, assignment_list.open_record(assignment).assignment.organisation)
    if not form.validate():
        return _change(assignment, form, 422)
    seen, sure = form.seen.data or "", form.sure.data or ""
    try:
        changed = assignments.change(assignment, form.values(), by=web.account(), seen=seen, sure=sure)
    except Refused as refusal:
        return _change(assignment, form, _refuse(form, refusal))
    return _to(_("%(code)s is changed.", code=changed.code), ".show", assignment=assignment)


@bp.post("/<int:assignment>/end")
def end(assignment: int) -> Response:
    """Choose its last day."""
    form = EndAssignmentForm()
    if not form.validate():
        return web.page(*SHOW, 422, **_shown(assignment, form))
    try:
        ended = assignments.end(assignment, form.last_on.data, by=web.account(), sure=form.sure.data or "")
    except Refused as refusal:
        status = _refuse(form, refusal)
        return web.page(*SHOW, status, **_shown(assignment, form))
    return _done(assignment, _("The last day of %(code)s is set.", code=ended.code))


def _done(assignment: int, notice: str) -> Response:
    here = url_for(".show", assignment=assignment)
    return web.done(notice, here, SHOW[1], **_shown(assignment))


@bp.post("/<int:assignment>/delete")
def delete(assignment: int) -> Response:
    """Delete one that was a mistake."""
    gone = assignments.delete(assignment, by=web.account())
    return _to(_("%(code)s is deleted.", code=gone.code), ".index")


@bp.post("/<int:assignment>/rates")
@once_more.asked
def add_rate(assignment: int) -> Response:
    """Have a rate begin on a day."""
    form = RateForm()
    if not form.validate():
        return web.page(*SHOW, 422, **_shown(assignment, rate_form=form))
    try:
        rates.add(assignment, *form.values(), by=web.account())
    except Refused as refusal:
        status = web.refuse(form, refusal)
        return web.page(*SHOW, status, **_shown(assignment, rate_form=form))
    return _done(assignment, _("The rate is added."))


@bp.get("/<int:assignment>/rates/<int:rate>")
def ask_rate(assignment: int, rate: int) -> Response:
    """The form that puts a rate right."""
    stored = rates.find(assignment, rate)
    return _change_rate(stored, RateForm(formdata=None, data=typed_rate(stored, web.language())))


def _change_rate(rate: Rate, form: RateForm, status: int = 200) -> Response:
    form.seen.show(rates.seen(rate))
    record = assignment_list.open_record(rate.assignment_id)
    return web.page(RATE, None, status, record=record, rate=rate, form=form)


@bp.post("/<int:assignment>/rates/<int:rate>")
@once_more.asked
def change_rate(assignment: int, rate: int) -> Response:
    """Put a rate right that no hour is billed or paid at."""
    stored, form = rates.find(assignment, rate), RateForm()
    if not form.validate():
        return _change_rate(stored, form, 422)
    try:
        rates.change(assignment, rate, *form.values(), by=web.account(), seen=form.seen.data or "")
    except Refused as refusal:
        return _change_rate(rates.find(assignment, rate), form, web.refuse(form, refusal))
    return _to(_("The rate is changed."), ".show", assignment=assignment)


@bp.post("/<int:assignment>/rates/<int:rate>/delete")
@once_more.asked
def delete_rate(assignment: int, rate: int) -> Response:
    """Delete a rate that no hour is billed or paid at."""
    rates.delete(assignment, rate, by=web.account())
    return _done(assignment, _("The rate is deleted."))
