"""The agency itself: its details, and what they lack for an invoice."""

from typing import Any

from flask import Blueprint, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug import Response

from konnekt import web
from konnekt.domain import events
from konnekt.domain.records import details
from konnekt.domain.refused import Refused
from konnekt.forms.details import DetailsForm

bp = Blueprint("details", __name__, url_prefix="/details")

PAGE = ("bureau/details/index.html", "partials/bureau_details.html")


def _shown(form: DetailsForm | None = None) -> dict[str, Any]:
    agency = details.find()
    drawn = form or DetailsForm(None, obj=agency, seen=details.seen(agency))
    return {
        "form": drawn,
        "missing": [drawn[name] for name in details.missing(agency)],
        "changes": events.latest(10, thing=details.THING),
    }


@bp.get("")
def index() -> Response:
    """The details, ready to be changed."""
    return web.page(*PAGE, **_shown())


@bp.post("")
def change() -> Response:
    """Change them."""
    form = DetailsForm(request.form)
    try:
        details.change(form.values(), seen=form.seen.data or "", by=current_user._get_current_object())
    except Refused as refusal:
        status = web.refuse(form, refusal)
        if status == 409:
            # Who saves a second time has been told.
            form.seen.data = details.seen(details.find())
        return web.page(*PAGE, status, **_shown(form))
    return web.done(_("The agency's details are saved."), url_for(".index"), PAGE[1], **_shown())
