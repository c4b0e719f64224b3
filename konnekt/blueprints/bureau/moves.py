"""Moving hours to another budget number: choose, look at what it does, confirm."""

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user
from werkzeug import Response

from konnekt import web
from konnekt.domain import moves, moving
from konnekt.domain.moves import Chosen, Preview
from konnekt.domain.records import budget_numbers
from konnekt.domain.refused import Invalid, Refused
from konnekt.forms.bureau.moves import MoveForm
from konnekt.models import BudgetNumber

bp = Blueprint("moves", __name__, url_prefix="/organisations/<code>/budget-numbers/<int:number>/move")


@bp.get("")
def index(code: str, number: int) -> Response:
    """Which hours of this number move where; with a new number chosen, what that does."""
    source, form = budget_numbers.find(code, number), MoveForm(request.args)
    if "target" not in request.args:
        return _shown(source, form)
    try:
        return _shown(source, form, moves.preview(Chosen(source, **form.chosen())))
    except Refused as refusal:
        return _shown(source, form, refusal=refusal)


@bp.post("")
def move(code: str, number: int) -> Response:
    """Move what the preview showed."""
    source, form = budget_numbers.find(code, number), MoveForm()
    by = current_user._get_current_object()
    try:
        done = moving.move(
            Chosen(source, **form.chosen()), form.reason.data or "", by=by, seen=form.seen.data or ""
        )
    except Refused as refusal:
        if refusal.status not in (409, 422):
            raise
        return _shown(source, form, _still(source, form), refusal)
    flash(_said(done))
    return redirect(url_for(".index", code=code, number=number), 303)


def _still(source: BudgetNumber, form: MoveForm) -> Preview | None:
    """What moving would do by now."""
    try:
        return moves.preview(Chosen(source, **form.chosen()))
    except Invalid:
        return None


def _said(done: Preview) -> str:
    count = sum(len(one.sheets) for one in done.moves)
    moved = ngettext(
        "Hours of %(num)s timesheet are moved to %(number)s.",
        "Hours of %(num)s timesheets are moved to %(number)s.",
        count, number=done.target.number,
    )  # fmt: skip
    if not done.invoices:
        return str(moved)
    credited = _("Credited: %(invoices)s.", invoices=", ".join(one.number_text for one in done.invoices))
    return f"{moved} {credited}"


def _shown(
    source: BudgetNumber, form: MoveForm, found: Preview | None = None, refusal: Refused | None = None
) -> Response:
    form.offer(
        [(one.id, " · ".join(filter(None, (one.number, one.description)))) for one in moves.targets(source)],
        [(one.id, web.spoken(one)) for one in moves.periods(source)],
        [(one.id, f"{one.worker.name} · {one.code}") for one in moves.assignments(source)],
    )
    if refusal is not None and (field := getattr(refusal, "field", "")) in form:
        form[field].errors = [web.say(refusal)]
    context: dict[str, Any] = {"budget_number": source, "form": form, "found": found, "refusal": refusal}
    status = refusal.status if refusal else 200
    return web.page("bureau/moves/index.html", None, status, say=web.say, **context)
