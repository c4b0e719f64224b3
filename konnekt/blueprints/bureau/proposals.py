"""What a colleague proposed: confirm it, or decline it; it is shown on the page of what it is about."""

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug import Response

from konnekt.domain.records import deciding
from konnekt.models import ProposedChange
from konnekt.screens import once_more, web

bp = Blueprint("proposals", __name__, url_prefix="/proposals")


@bp.post("/<int:proposal>/confirm")
@once_more.asked
def confirm(proposal: int) -> Response:
    """Do what a colleague proposed."""
    seen = request.form.get("seen", "")
    return _decided(deciding.confirm(proposal, by=web.account(), seen=seen), _("Confirmed, and done."))


@bp.post("/<int:proposal>/decline")
def decline(proposal: int) -> Response:
    """Leave it as it is."""
    return _decided(deciding.decline(proposal, by=web.account()), _("All stays as it is."))


def _decided(proposal: ProposedChange, notice: str) -> Response:
    flash(notice)
    if proposal.person is None:
        return redirect(url_for("bureau.details.index"), 303)
    return redirect(url_for("bureau.people.show", person=proposal.person_id), 303)
