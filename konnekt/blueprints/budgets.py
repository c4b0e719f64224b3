"""Budgetten: what is used of each budget number, and one number per pay period."""

from flask import Blueprint, abort, request
from werkzeug import Response

from konnekt.domain.budgets import overview
from konnekt.forms.numbers import whole
from konnekt.screens import period_charts, web

bp = Blueprint("budgets", __name__, url_prefix="/budgets")


@bp.get("")
def index() -> Response:
    """The budget numbers of my organisations, searched as invoices are."""
    places = overview.organisations(web.grants())
    if not places and not web.grants().is_agency_staff:
        abort(403)
    code, typed = request.args.get("organisation", "")[:100], request.args.get("q", "")[:100]
    page = overview.page(web.grants(), code, typed, request.args.get("page", 1, type=whole))
    query = {name: value for name, value in (("organisation", code), ("q", typed)) if value}
    return web.page(
        "budgets/index.html", "partials/budgets_list.html", page=page, organisations=places, code=code,
        typed=typed, query=query,
    )  # fmt: skip


@bp.get("/<int:budget_number>")
def show(budget_number: int) -> Response:
    """One budget number against its ceiling, with a chart per pay period."""
    budget = web.or_404(overview.find(budget_number, web.grants()))
    columns = overview.chart(budget)
    chart = period_charts.of_budget(budget, columns) if columns else None
    return web.page("budgets/show.html", budget=budget, columns=columns, chart=chart)
