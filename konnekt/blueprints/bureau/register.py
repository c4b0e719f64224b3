"""The register of what is kept of people: per table what, of whom, why, on which ground, and how long."""

from flask import Blueprint
from werkzeug import Response

from konnekt.domain.records import register
from konnekt.screens import web

bp = Blueprint("register", __name__, url_prefix="/register")


@bp.get("")
def index() -> Response:
    """All tables that say anything of anybody."""
    entries = [one for one in register.REGISTER.values() if one.is_personal]
    return web.page(
        "bureau/register/index.html",
        entries=entries,
        kinds=register.KINDS,
        about=register.ABOUT,
        purposes=register.PURPOSES,
        grounds=register.GROUNDS,
        terms=register.TERMS,
    )
