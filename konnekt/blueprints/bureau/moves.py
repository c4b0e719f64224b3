"""Moving hours to another budget number: choose, look at what it does, confirm."""

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _, ngettext
from werkzeug import Response

from konnekt.domain import clock
from konnekt.domain.corrections import move as correction_move, move_preview
from konnekt.domain.records import budget_numbers
from konnekt.domain.refusals import Conflict, Invalid, Refused
from konnekt.forms.bureau.moves import MoveForm
from konnekt.models import BudgetNumber
from konnekt.screens import web

bp = Blueprint("moves", __name__, url_prefix="/organisations/<code>/budget-numbers/<int:number>/move")


@bp.get("")
def index(code: str, number: int) -> Response:
    """Which hours of this number move where; with a new number chosen, what that does."""
    source, form = budget_numbers.find(code, number), MoveForm(request.args)
    if "target" not in request.args:
        return _shown(source, form)
    try:
        return _shown(source, form, move_preview.preview(move_preview.Chosen(source, **form.chosen())))
    except Refused as refusal:
        return _shown(source, form, refusal=refusal)


@bp.post("")
def move(code: str, number: int) -> Response:
    """Move what the preview showed."""
    source, form = budget_numbers.find(code, number), MoveForm()
    by = web.account()
    try:
        done = correction_move.move(
            move_preview.Chosen(source, **form.chosen()),
            form.reason.data or "",
            by=by,
            seen=form.seen.data or "",
            renumbered=form.assignments_to_renumber(),
        )
    except (Conflict, Invalid) as refusal:
        return _shown(source, form, _still(source, form), refusal)
    flash(_said(done))
    return redirect(url_for(".index", code=code, number=number), 303)


def _still(source: BudgetNumber, form: MoveForm) -> move_preview.MovePreview | None:
    """What moving would do by now."""
    try:
        return move_preview.preview(move_preview.Chosen(source, **form.chosen()))
    except Invalid:
        return None


def _said(done: move_preview.MovePreview) -> str:
    said = []
    corrected = done.of("correct")
    if moved := sum(len(one.sheets) for one in done.moves if one not in corrected):
        said.append(
            ngettext(
                "Hours of %(num)s timesheet are moved to %(number)s.",
                "Hours of %(num)s timesheets are moved to %(number)s.",
                moved, number=done.target.number,
            )
        )  # fmt: skip
    if corrected:
        said.append(
            ngettext(
                "%(num)s supplementary timesheet waits for approval; its hours move after that.",
                "%(num)s supplementary timesheets wait for approval; their hours move after that.",
                len(corrected),
            )
        )
    if done.invoices:
        numbers = ", ".join(one.number_text for one in done.invoices)
        said.append(_("Credited: %(invoices)s.", invoices=numbers))
    return " ".join(said)


def _shown(
    source: BudgetNumber,
    form: MoveForm,
    preview: move_preview.MovePreview | None = None,
    refusal: Refused | None = None,
) -> Response:
    form.offer(
        [
            (one.id, " · ".join(filter(None, (one.number, one.description))))
            for one in move_preview.targets(source)
        ],
        [(one.id, web.spoken(one)) for one in move_preview.periods(source)],
        [(one.id, f"{one.worker.name} · {one.code}") for one in move_preview.assignments(source)],
    )
    if refusal is not None and (field := getattr(refusal, "field", "")) in form:
        form[field].errors = [web.say(refusal)]
    context: dict[str, Any] = {"budget_number": source, "form": form, "preview": preview, "refusal": refusal}
    context["defaults"] = (
        correction_move.defaults(move_preview.Chosen(source, **form.chosen())) if preview else []
    )
    context["has_ended"] = source.valid_until_on is not None and source.valid_until_on < clock.today()
    status = refusal.status if refusal else 200
    return web.page("bureau/moves/index.html", None, status, say=web.say, **context)
