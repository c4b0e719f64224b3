"""The register of what is kept of people: per table what, of whom, why, on which ground, and how long."""

from flask import Blueprint, flash, redirect, url_for
from flask_babel import gettext as _
from werkzeug import Response

from konnekt.domain import events
from konnekt.domain.records import register, retention
from konnekt.domain.refusals import Refused
from konnekt.forms.bureau.retention import RetentionForm
from konnekt.screens import once_more, web

bp = Blueprint("register", __name__, url_prefix="/register")


def _page(form: RetentionForm, status: int = 200) -> Response:
    return web.page(
        "bureau/register/index.html",
        None,
        status,
        entries=[one for one in register.REGISTER.values() if one.is_personal],
        kinds=register.KINDS,
        about=register.ABOUT,
        purposes=register.PURPOSES,
        grounds=register.GROUNDS,
        terms=register.TERMS,
        retained=retention.KINDS,
        form=form,
        changes=events.latest(10, thing=retention.THING),
    )


def _as_it_is() -> RetentionForm:
    terms = retention.terms()
    return RetentionForm(formdata=None, data=terms | {"seen": retention.seen(terms)})


@bp.get("")
def index() -> Response:
    """All tables that say anything of anybody, and the agency's terms."""
    return _page(_as_it_is())


@bp.post("/terms")
@once_more.asked
def change_terms() -> Response:
    """Change the terms."""
    form = RetentionForm()
    if not form.validate():
        return _page(form, 422)
    try:
        retention.change(form.values(), seen=form.seen.data or "", by=web.account())
    except Refused as refusal:
        status = web.refuse(form, refusal)
        web.look_again(form, status, retention.seen(retention.terms()))
        return _page(form, status)
    flash(_("The terms are saved."))
    return redirect(url_for(".index"), 303)
