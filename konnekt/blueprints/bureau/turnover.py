"""Uren en omzet: hours and revenue of the last periods; home asks for its fragment once it stands there."""

from flask import Blueprint, request
from werkzeug import Response

from konnekt.domain.periods import turnover as period_turnover
from konnekt.forms.payroll import CALENDARS
from konnekt.screens import period_charts, web

bp = Blueprint("turnover", __name__, url_prefix="/turnover")


@bp.get("")
def index() -> Response:
    """The last periods of a calendar: the one asked for, or the one that most organisations follow."""
    turnover = period_turnover.load(request.args.get("calendar", ""))
    chart = period_charts.of_turnover(turnover.periods)
    return web.page(
        "bureau/turnover/index.html", "partials/bureau_turnover.html", turnover=turnover, chart=chart,
        calendar_names=CALENDARS,
    )  # fmt: skip
