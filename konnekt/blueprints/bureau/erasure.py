"""Erasing what is kept of one person: what goes, what stays and until when, then the button."""

from flask import Blueprint, flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug import Response

from konnekt.domain.records import erasing
from konnekt.domain.refusals import Refused
from konnekt.forms.bureau.retention import EraseForm
from konnekt.screens import once_more, web

bp = Blueprint("erasure", __name__, url_prefix="/people/<int:person>/erase")


def _page(person: int, form: EraseForm, status: int = 200) -> Response:
    preview = erasing.preview(person, by=web.account())
    return web.page(
        "bureau/people/erase.html",
        None,
        status,
        form=form,
        preview=preview,
        person=preview.person,
        say=web.say,
    )


@bp.get("")
def show(person: int) -> Response:
    """What erasing would do, or why it can't be yet."""
    return _page(person, EraseForm(formdata=None))


@bp.post("")
@once_more.asked
def erase(person: int) -> Response:
    """Erase it."""
    form = EraseForm()
    try:
        gone = erasing.erase(person, by=web.account())
    except Refused as refusal:
        return _page(person, form, web.refuse(form, refusal))
    web.note("person_erased", gone.id)
    flash(_("The data are erased. What stays is called %(name)s.", name=gone.name))
    return redirect(url_for("bureau.people.show", person=person), 303)
