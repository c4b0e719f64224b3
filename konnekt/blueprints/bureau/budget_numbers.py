"""Budget numbers of one organisation: list, add, change, end, delete."""

from typing import Any

from flask import Blueprint, url_for
from flask_babel import gettext as _
from werkzeug import Response

from konnekt.domain import clock
from konnekt.domain.records import budget_numbers, organisations
from konnekt.domain.refusals import Refused
from konnekt.forms.bureau.budget_numbers import BudgetNumberForm, EndBudgetNumberForm, typed
from konnekt.models import BudgetNumber
from konnekt.screens import web

bp = Blueprint("budget_numbers", __name__, url_prefix="/organisations/<code>/budget-numbers")

LIST = ("bureau/budget_numbers/index.html", "partials/bureau_budget_numbers.html")
PAGE = ("bureau/budget_numbers/show.html", "partials/bureau_budget_number.html")


def _list(code: str, form: BudgetNumberForm | None = None) -> dict[str, Any]:
    organisation = organisations.find(code)
    numbers = budget_numbers.of(organisation)
    return {
        "organisation": organisation,
        "budget_numbers": numbers,
        "form": form or BudgetNumberForm(formdata=None),
    }


@bp.get("")
def index(code: str) -> Response:
    """The budget numbers of an organisation, and the form to add one."""
    return web.page(*LIST, **_list(code))


@bp.post("")
def add(code: str) -> Response:
    """Add one."""
    form = BudgetNumberForm()
    if not form.validate():
        return web.page(*LIST, 422, **_list(code, form))
    try:
        added = budget_numbers.add(code, form.values(), by=web.account())
    except Refused as refusal:
        return web.page(*LIST, web.refuse(form, refusal), **_list(code, form))
    notice = _("Budget number %(number)s is added.", number=added.number)
    return web.done(notice, url_for(".index", code=code), LIST[1], **_list(code))


def _page(code: str, number: int, form: Any = None, end_form: Any = None) -> dict[str, Any]:
    budget_number = budget_numbers.find(code, number)
    columns = typed(budget_numbers.RECORD.values(budget_number), web.language())
    form = form or BudgetNumberForm(
        formdata=None, data={**columns, "seen": budget_numbers.seen(budget_number)}
    )
    last_on = budget_number.valid_until_on or clock.today()
    end_form = end_form or EndBudgetNumberForm(formdata=None, prefix="end-", valid_until_on=last_on)
    return {
        "budget_number": budget_number,
        "organisation": budget_number.organisation,
        "form": form,
        "end_form": end_form,
    }


@bp.get("/<int:number>")
def show(code: str, number: int) -> Response:
    """One budget number and the forms that change it."""
    return web.page(*PAGE, **_page(code, number))


def _done(code: str, changed: BudgetNumber, notice: str) -> Response:
    here = url_for(".show", code=code, number=changed.id)
    return web.done(notice, here, PAGE[1], **_page(code, changed.id))


@bp.post("/<int:number>")
def change(code: str, number: int) -> Response:
    """Change it."""
    form = BudgetNumberForm()
    if not form.validate():
        return web.page(*PAGE, 422, **_page(code, number, form))
    try:
        seen = form.seen.data or ""
        changed = budget_numbers.change(code, number, form.values(), seen=seen, by=web.account())
    except Refused as refusal:
        status = web.refuse(form, refusal)
        web.look_again(form, status, budget_numbers.seen(budget_numbers.find(code, number)))
        return web.page(*PAGE, status, **_page(code, number, form))
    return _done(code, changed, _("Budget number %(number)s is changed.", number=changed.number))


@bp.post("/<int:number>/end")
def end(code: str, number: int) -> Response:
    """Choose its last valid day."""
    form = EndBudgetNumberForm(prefix="end-")
    try:
        ended = budget_numbers.end(code, number, form.day(), by=web.account())
    except Refused as refusal:
        return web.page(*PAGE, web.refuse(form, refusal), **_page(code, number, end_form=form))
    return _done(code, ended, _("Budget number %(number)s is ended.", number=ended.number))


@bp.post("/<int:number>/delete")
def delete(code: str, number: int) -> Response:
    """Delete one that nothing uses."""
    gone = budget_numbers.delete(code, number, by=web.account())
    here = url_for(".index", code=code)
    notice = _("Budget number %(number)s is deleted.", number=gone.number)
    return web.moved(web.done(notice, here, LIST[1], **_list(code)), here)
