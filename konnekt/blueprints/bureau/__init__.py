"""Bureau: the agency's own places. One guard stands before all of them."""

from flask import Blueprint, abort
from werkzeug import Response

from konnekt import web
from konnekt.blueprints.bureau import corrections, jobs, payroll

bp = Blueprint("bureau", __name__, url_prefix="/bureau")
bp.register_blueprint(jobs.bp)
bp.register_blueprint(corrections.bp)
bp.register_blueprint(payroll.bp)


@bp.before_request
def only_agency_staff() -> None:
    """This page is in nobody else's menu; security.py has asked to sign in."""
    if not web.grants().is_agency_staff:
        abort(403)


@bp.get("")
def index() -> Response:
    """The agency's places."""
    return web.page("bureau/index.html")
