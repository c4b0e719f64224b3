"""Import in the browser: upload, look at what it would do, confirm."""

from typing import Any

from flask import Blueprint, redirect, url_for
from flask_babel import gettext as _
from werkzeug import Response

from konnekt.documents import tables
from konnekt.domain.imports import uploads
from konnekt.domain.refusals import Invalid
from konnekt.forms.imports import UploadForm
from konnekt.models import Job
from konnekt.screens import change_text, once_more, web
from konnekt.screens.downloads import attachment

bp = Blueprint("imports", __name__, url_prefix="/imports")


@bp.app_context_processor
def words() -> dict[str, Any]:
    """What the partials of a report ask, on whichever page they stand."""
    return {"said": lambda line: web.say_sentence(line["sentence"], line["values"])}


def _page(form: UploadForm, status: int = 200) -> Response:
    return web.page(
        "bureau/imports/index.html",
        status=status,
        form=form,
        expected=uploads.expected(),
        recent=uploads.recent(),
    )


@bp.get("")
def index() -> Response:
    """Choose files; what was imported before."""
    return _page(UploadForm(formdata=None))


@bp.post("")
def upload() -> Response:
    """Have the files checked."""
    form = UploadForm()
    try:
        job = uploads.start(form.uploads, by=web.account())
    except Invalid as refusal:
        form.files.errors = [web.say(refusal)]
        return _page(form, 422)
    return _to(job)


@bp.post("/<int:job>/confirm")
@once_more.asked_when(uploads.is_of_records)
def confirm(job: int) -> Response:
    """Import what was checked."""
    return _to(uploads.confirm(job, by=web.account()))


@bp.post("/<int:job>/again")
def again(job: int) -> Response:
    """Check the same files once more."""
    return _to(uploads.check_again(job, by=web.account()))


@bp.get("/<int:job>/lines.csv")
def lines(job: int) -> Response:
    """Every line that was wrong, left as it is or doubtful, each value that changes, what is new; as CSV."""
    check = uploads.find(job)
    uploads.check_look(check, web.account())
    listed = [line for name in ("problems", "differences", "doubts") for line in check.result.get(name, [])]
    said = {"new": _("new"), "changed": _("changed")}
    header = [_("File"), _("Line"), _("Column"), _("What"), _("Was"), _("Becomes")]
    rows = [
        (one["file"], one["line"], one["column"], web.say_sentence(one["sentence"], one["values"]), "", "")
        for one in listed
    ]
    changes = check.result.get("changes", []) if check.result["is_ok"] else []
    for one in changes:
        values = (change_text.shown(one["name"], one[side]) for side in ("before", "after"))
        rows.append((one["file"], one["line"], one["column"], said["changed"], *values))
    told = {(one["file"], one["line"]) for one in changes}
    rows += [
        (name, line, "", said[outcome], "", "")
        for name, line, outcome in uploads.effects(check)
        if (name, line) not in told
    ]
    return attachment(tables.csv_file(header, rows, web.language()), tables.CSV, f"import-{check.id}.csv")


def _to(job: Job) -> Response:
    return redirect(url_for("bureau.jobs.show", job=job.id), 303)
