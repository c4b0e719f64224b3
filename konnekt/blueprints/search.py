"""Zoeken: one field for everything that one may open."""

from flask import Blueprint, request
from werkzeug import Response

from konnekt.domain.records import search
from konnekt.screens import web

bp = Blueprint("search", __name__, url_prefix="/search")


@bp.get("")
def index() -> Response:
    """The field and its answers; htmx gets the answers while one types."""
    answers = search.search(web.grants(), request.args.get("q", ""))
    return web.page("search/index.html", "partials/search_answers.html", answers=answers)
