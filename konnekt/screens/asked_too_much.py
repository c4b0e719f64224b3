"""Which addresses count under which limit (domain/accounts/quotas.py): looked at before a view begins."""

from flask import Flask, request, url_for
from werkzeug import Response

from konnekt.domain.accounts import quotas
from konnekt.domain.refusals import TooMany
from konnekt.screens import web

# Every address that answers with a file; a test follows them all.
FILES = {
    "account.data": quotas.EXPORTS,
    "bureau.books.download": quotas.EXPORTS,
    "bureau.imports.lines": quotas.EXPORTS,
    "bureau.payroll.download": quotas.EXPORTS,
    "bureau.people.data": quotas.EXPORTS,
    "factors.recovery_code_file": quotas.EXPORTS,
    "hours.download": quotas.EXPORTS,
    "invoices.bundle": quotas.EXPORTS,
    "invoices.csv": quotas.EXPORTS,
    "invoices.xlsx": quotas.EXPORTS,
    "invoices.pdf": quotas.DOCUMENTS,
    "invoices.ubl": quotas.DOCUMENTS,
    "reports.make": quotas.EXPORTS,
    "reports.pdf": quotas.DOCUMENTS,
    "reports.xlsx": quotas.EXPORTS,
    "timesheets.csv": quotas.EXPORTS,
    "timesheets.xlsx": quotas.EXPORTS,
}
# The fields in which somebody types what to look for. Not the name that narrows the list of what waits for
# one's own decision: with it that page costs what it costs without.
SEARCHED = ("q", "worker")


def count() -> None:
    """Count this request of who is signed in, where it counts; a page without a search costs no statement.

    Raises TooMany.
    """
    if quota := FILES.get(request.endpoint or ""):
        quotas.count(quota, web.account())
    elif request.method == "GET" and any(request.args.get(name, "").strip() for name in SEARCHED):
        quotas.count(quotas.SEARCHES, web.account())


def init_app(app: Flask) -> None:
    """Say when it may be again; what was typed stands in the address, or on the page that htmx leaves."""

    @app.errorhandler(TooMany)
    def too_many(refusal: TooMany) -> Response:
        here = web.page_before() or url_for("home.index")
        said = {"sentence": web.say(refusal), "here_address": here}
        response = web.problem("errors/too_many.html", refusal.status, **said)
        if "seconds" in refusal.values:
            response.headers["Retry-After"] = str(refusal.values["seconds"])
        return response
