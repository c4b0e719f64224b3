"""My deputies: part of Account instellingen, and a page of its own."""

from typing import Any

from flask import Blueprint, abort, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug import Response

from konnekt import web
from konnekt.domain import deputies
from konnekt.domain.refused import Invalid
from konnekt.forms.deputies import DeputyForm
from konnekt.models import Deputy

bp = Blueprint("deputies", __name__, url_prefix="/account/deputies")


def _shown(form: DeputyForm | None = None) -> dict[str, Any]:
    """What the partial draws, on the account page and here."""
    account = current_user._get_current_object()
    organisations = deputies.organisations(web.grants())
    form = form or DeputyForm(formdata=None)
    form.organisation.choices = [(place.code, place.name) for place in organisations]
    if not account.is_agency_staff:
        del form.supervisor
    return {"deputies": deputies.of(account), "deputy_form": form, "deputy_places": organisations}


@bp.app_context_processor
def on_the_account_page() -> dict[str, Any]:
    """The account page includes the same partial."""
    return {"my_deputies": _shown}


def _may_name() -> None:
    if not deputies.organisations(web.grants()):
        abort(403)


@bp.get("")
def index() -> Response:
    """Who stands in for me, and the form to name somebody."""
    _may_name()
    return web.page("deputies/index.html", "partials/deputies.html", **_shown())


def _named(named: Deputy) -> str:
    who = named.deputy.name
    if named.supervisor_id == current_user.id:
        return str(_("%(name)s stands in for you.", name=who))
    return str(_("%(name)s stands in for %(supervisor)s.", name=who, supervisor=named.supervisor.name))


@bp.post("")
def name() -> Response:
    """Name a deputy."""
    _may_name()
    form = DeputyForm()
    supervisor = form.supervisor.data or ""
    if form.validate():
        try:
            named = deputies.name(
                form.organisation.data or "",
                form.email.data,
                form.first_on.data,
                form.last_on.data,
                by=current_user._get_current_object(),
                supervisor=supervisor,
            )
        except Invalid as refusal:
            form[refusal.field].errors = [web.say(refusal)]
        else:
            return web.done(_named(named), url_for(".index"), "partials/deputies.html", **_shown())
    return web.page("deputies/index.html", "partials/deputies.html", 422, **_shown(form))


@bp.post("/<int:deputy>/end")
def end(deputy: int) -> Response:
    """End a deputyship now."""
    ended = deputies.end(deputy, by=current_user._get_current_object())
    notice = _("%(name)s no longer stands in.", name=ended.deputy.name)
    return web.done(notice, url_for(".index"), "partials/deputies.html", **_shown())
