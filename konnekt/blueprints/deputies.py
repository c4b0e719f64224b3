"""My deputies, and whom I am asked to stand in for: part of Account instellingen, and pages of their own."""

from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug import Response
from werkzeug.exceptions import Forbidden

from konnekt.domain.accounts import agency_roles
from konnekt.domain.approvals import deputies, deputy_requests
from konnekt.domain.refusals import Invalid, Refused, TooMany
from konnekt.forms.deputies import DeputyForm
from konnekt.models import Account, DeputyRequest
from konnekt.screens import web

bp = Blueprint("deputies", __name__, url_prefix="/account/deputies")


def _shown(form: DeputyForm | None = None) -> dict[str, Any]:
    """What the partial draws, on the account page and here."""
    account = web.account()
    organisations = deputies.organisations(web.grants())
    form = form or DeputyForm(formdata=None)
    form.organisation.choices = [(place.code, place.name) for place in organisations]
    if not web.grants().may("people"):
        del form.supervisor
    return {
        "deputies": deputies.of(account),
        "requests": deputy_requests.of(account),
        "asked_of_me": deputy_requests.to(account),
        "deputy_form": form,
        "deputy_places": organisations,
    }


@bp.app_context_processor
def on_the_account_page() -> dict[str, Any]:
    """The account page includes the same partial."""
    return {"my_deputies": _shown}


def _may_name() -> None:
    if not deputies.organisations(web.grants()):
        raise agency_roles.missing("people") if web.grants().is_agency_staff else Forbidden


@bp.get("")
def index() -> Response:
    """Who stands in for me, and the form to ask somebody."""
    _may_name()
    return web.page("deputies/index.html", "partials/deputies.html", **_shown())


def _done(notice: str) -> Response:
    """Back to the list: on its own page for who names deputies, else among the settings."""
    page = ".index" if deputies.organisations(web.grants()) else "account.index"
    return web.done(notice, url_for(page), "partials/deputies.html", **_shown())


@bp.post("")
def name() -> Response:
    """Ask somebody to be a deputy: the answer is the same for every address."""
    _may_name()
    form = DeputyForm()
    status = 422
    if form.validate():
        days = form.first_on.data, form.last_on.data
        try:
            deputy_requests.ask(
                form.organisation.data or "", form.email.data, *days, by=web.account(), supervisor=_for(form)
            )
            return _done(_("Asked. Whoever has this address gets a mail, and stands in after saying yes."))
        except (Invalid, TooMany) as refusal:
            status = refusal.status
            form[getattr(refusal, "field", "email")].errors = [web.say(refusal)]
    return web.page("deputies/index.html", "partials/deputies.html", status, **_shown(form))


def _for(form: DeputyForm) -> str:
    return form.supervisor.data or ""


@bp.post("/<int:deputy>/end")
def end(deputy: int) -> Response:
    """End a deputyship now."""
    ended = deputies.end(deputy, by=web.account())
    return _done(_("%(name)s no longer stands in.", name=ended.deputy.name))


@bp.post("/requests/<int:asked>/withdraw")
def withdraw(asked: int) -> Response:
    """Ask somebody no longer."""
    gone = deputy_requests.withdraw(asked, by=web.account())
    return _done(_("%(email)s is no longer asked.", email=gone.email))


@bp.post("/requests/<int:asked>/answer")
def answer(asked: int) -> Response:
    """Say yes or no to standing in, signed in."""
    account = web.account()
    return _done(_answered(deputy_requests.asked(asked, account), account))


def _answered(asked: DeputyRequest, deputy: Account) -> str:
    """Carry out what the button said; returns what came of it."""
    if request.form.get("answer") == "yes":
        deputy_requests.accept(asked, by=deputy)
        return str(_("You stand in for %(name)s on these days.", name=asked.supervisor.name))
    deputy_requests.decline(asked, by=deputy)
    return str(_("You do not stand in for %(name)s.", name=asked.supervisor.name))


@bp.route("/asked/<token>", methods=["GET", "POST"])
def asked(token: str) -> Response:
    """The question from the mail, without signing in; looking answers nothing."""
    try:
        deputy_request, deputy = deputy_requests.find(token)
        if request.method == "POST":
            flash(_answered(deputy_request, deputy))
            response = redirect(url_for("home.index"), 303)
        else:
            response = make_response(
                render_template("deputies/asked.html", asked=deputy_request, deputy=deputy)
            )
    except Refused as refusal:
        said = web.say(refusal)
        response = make_response(render_template("deputies/over.html", sentence=said), refusal.status)
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
