"""The help, what is said about accessibility and privacy, and what makes the portal an app on a phone."""

from flask import Blueprint, make_response, render_template, url_for
from werkzeug import Response

from konnekt.screens import web

bp = Blueprint("help", __name__)


@bp.get("/help", defaults={"page": "supervisor"})
@bp.get("/help/<any(registrar,worker,agency,portal):page>")
def show(page: str) -> Response:
    """A page of the help, in the reader's language."""
    return web.page(f"help/{web.language()}/{page}.html", here=page)


@bp.get("/<any(accessibility,privacy):statement>")
def state(statement: str) -> Response:
    """How accessible the portal is, or what it keeps of people."""
    return web.page(f"help/{web.language()}/{statement}.html", here=statement)


@bp.get("/sw.js")
def worker() -> Response:
    """The service worker: it keeps the page that says that there is no connection, and nothing else."""
    cached = [url_for("static", filename=name) for name in ("offline.html", "offline.css")]
    response = make_response(render_template("help/sw.js", cached=cached))
    response.mimetype = "text/javascript"
    return response
