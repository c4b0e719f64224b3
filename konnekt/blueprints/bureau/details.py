"""The agency itself: its details, and what they lack for an invoice."""

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug import Response

from konnekt.domain import events
from konnekt.domain.records import agency as record_agency, proposals
from konnekt.domain.refusals import Refused
from konnekt.forms.details import DetailsForm, FactorTermForm
from konnekt.screens import once_more, web

bp = Blueprint("details", __name__, url_prefix="/details")

PAGE = ("bureau/details/index.html", "partials/bureau_details.html")


def _shown(form: DetailsForm | None = None, term: FactorTermForm | None = None) -> dict[str, Any]:
    agency = record_agency.find()
    drawn = form or DetailsForm(None, obj=agency, seen=record_agency.seen(agency))
    return {
        "term": term or FactorTermForm(formdata=None, on=agency.factor_from_on, of=agency.factor_for),
        "form": drawn,
        "proposal": proposals.of(None) if web.grants().may("agency") else None,
        "missing": [drawn[name] for name in record_agency.missing(agency)],
        "changes": events.latest(10, thing=record_agency.THING),
    }


@bp.get("")
def index() -> Response:
    """The details, ready to be changed."""
    return web.page(*PAGE, **_shown())


@bp.post("")
@once_more.asked
def change() -> Response:
    """Change them."""
    form = DetailsForm(request.form)
    try:
        changed = record_agency.change(form.values(), seen=form.seen.data or "", by=web.account())
    except Refused as refusal:
        status = web.refuse(form, refusal)
        if status == 409:
            # Who saves a second time has been told.
            form.seen.data = record_agency.seen(record_agency.find())
        return web.page(*PAGE, status, **_shown(form))
    notice = _("The agency's details are saved.")
    if changed.proposal:
        notice = _("Saved. What two persons decide waits for somebody else with the role Administration.")
    return web.done(notice, url_for(".index"), PAGE[1], **_shown())


@bp.post("/second-step")
@once_more.asked
def require_second_step() -> Response:
    """From which day on who needs a second factor."""
    form = FactorTermForm()
    if not form.validate():
        return web.page(PAGE[0], None, 422, **_shown(term=form))
    try:
        record_agency.require_factor(form.on.data, of=form.of.data, by=web.account())
    except Refused as refusal:
        status = web.refuse(form, refusal)
        return web.page(PAGE[0], None, status, **_shown(term=form))
    flash(_("The agency's details are saved."))
    return redirect(url_for(".index"), 303)
