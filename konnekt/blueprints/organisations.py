"""The page of an organisation."""

from flask import Blueprint, request
from werkzeug import Response

from konnekt.domain.records import workplaces
from konnekt.forms.numbers import whole
from konnekt.screens import web

bp = Blueprint("organisations", __name__, url_prefix="/organisations")


@bp.get("/<path:code>")
def show(code: str) -> Response:
    """Who works here, who may do what, and what I may do."""
    number = min(max(request.args.get("page", 1, type=whole), 1), 10_000)
    profile = web.or_404(workplaces.profile(code, web.grants(), number))
    return web.page("organisations/show.html", profile=profile, number=profile.number)
