"""Long work: how far it is, and what came of it."""

from typing import Any

from flask import Blueprint
from werkzeug import Response

from konnekt.background import queue
from konnekt.domain.imports import uploads
from konnekt.screens import web

bp = Blueprint("jobs", __name__, url_prefix="/jobs")


@bp.app_context_processor
def words() -> dict[str, Any]:
    """What the partial asks of a job, on whichever page it stands."""
    return {"why_failed": lambda job: web.say_sentence(*queue.why(job)), "progress_of": queue.progress}


@bp.get("/<int:job>")
def show(job: int) -> Response:
    """One job; htmx asks for it every second until it has ended, which is then said once."""
    stored = queue.find(job)
    uploads.check_look(stored, web.account())
    answer = web.page("bureau/jobs/show.html", "partials/job_progress.html", job=stored)
    return web.announce_end(answer) if stored.ended_at else answer
