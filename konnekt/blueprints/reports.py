"""Rapport: hours and euros of a period or several by one cut, and as files; for who may see invoices."""

from dataclasses import asdict
from typing import Any

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask_babel import gettext as _
from werkzeug import Response

from konnekt.background import queue
from konnekt.documents import report as files, tables
from konnekt.domain import access
from konnekt.domain.periods import report, report_letter
from konnekt.domain.refusals import Invalid
from konnekt.forms.reports import ReportForm, query
from konnekt.models import Job
from konnekt.screens import report_text, web

bp = Blueprint("reports", __name__, url_prefix="/reports")

PDF = "application/pdf"


@bp.app_context_processor
def words() -> dict[str, Any]:
    """What the report's own templates ask."""
    return {"cut_word": report_text.cut_word, "row_name": report_text.name, "period_span": report_text.span}


@bp.before_request
def only_readers() -> None:
    """For who may see invoices; security.py has asked to sign in."""
    if not access.may_see_invoices(web.grants()):
        abort(403)


@bp.get("")
def index() -> Response:
    """The report, a page of its rows at a time."""
    form = ReportForm(request.args)
    return _page(report.load(web.grants(), form.values()), form.number())


def _page(of: report.PeriodReport, number: int = 1, refusal: Invalid | None = None) -> Response:
    return web.page(
        "reports/index.html",
        "partials/report.html",
        refusal.status if refusal else 200,
        report=of,
        page=of.page(number),
        whole=of.whole,
        chart=report_text.chart(of),
        notes=files.notes(of, _),
        query=query(of.by),
        cuts=report.CUTS,
        most_printed=report.MOST_PRINTED,
        refusal=refusal,
    )


@bp.get("/report.xlsx")
def xlsx() -> Response:
    """The same as a workbook."""
    of = report.load(web.grants(), ReportForm(request.args).values())
    try:
        content = files.workbook(of, _, web.language())
    except Invalid as refusal:
        return _page(of, refusal=refusal)
    return _file(content, tables.XLSX, files.file_name(of, _, web.language(), "xlsx"))


@bp.post("/mail")
def by_mail() -> Response:
    """Have the report of each period mailed, or no more."""
    is_mailed = bool(request.form.get("wanted"))
    report_letter.choose(is_mailed, by=web.account())
    if is_mailed:
        flash(_("You get the report of each period by mail, to %(email)s.", email=web.account().email))
    else:
        flash(_("You get no more reports by mail."))
    return redirect(url_for(".index"), 303)


@bp.post("/pdf")
def make() -> Response:
    """Have the PDF made; its page says how far that is and has it."""
    of = report.load(web.grants(), ReportForm(request.form).values())
    try:
        of.check_length(report.MOST_PRINTED)
    except Invalid as refusal:
        return _page(of, refusal=refusal)
    job = queue.queue(
        "make_report", by=web.account(), asked={"by": asdict(of.by), "language": web.language()}
    )
    return redirect(url_for(".progress", file=job.id), 303)


@bp.get("/made/<int:file>")
def progress(file: int) -> Response:
    """How far a PDF is; htmx asks for it every second until it is there, which is then said once."""
    job = _job(file)
    answer = web.page("reports/progress.html", "partials/report_progress.html", job=job)
    return web.announce_end(answer) if job.ended_at else answer


@bp.get("/made/<int:file>/report.pdf")
def pdf(file: int) -> Response:
    """The PDF."""
    job = _job(file)
    content = web.or_404(queue.files(job).get(files.FILE))
    return _file(content, PDF, (job.result or {}).get("name", files.FILE))


def _job(number: int) -> Job:
    """A report of the reader's own, or of the agency's for who works there, as long as it is for them."""
    job = queue.find(number)
    who, result = web.grants(), job.result or {}
    is_mine = job.created_by_id == who.account.id or who.is_agency_staff
    if job.kind != "make_report" or not is_mine:
        abort(404)
    if "organisations" in result and not report.may_read(
        who, result["organisations"], has_margin=result["has_margin"]
    ):
        abort(403)
    return job


def _file(content: bytes, media_type: str, name: str) -> Response:
    response = Response(content, content_type=media_type)
    response.headers.set("Content-Disposition", "attachment", filename=name)
    return response
