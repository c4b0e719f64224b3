"""Organisations: list, add, change, end."""

from typing import Any

from flask import Blueprint, request, url_for
from flask_babel import gettext as _
from werkzeug import Response

from konnekt.domain import clock
from konnekt.domain.invoices import send
from konnekt.domain.records import lists, organisations, record_pages, rights
from konnekt.domain.refusals import Refused
from konnekt.forms.bureau import searches
from konnekt.forms.bureau.organisations import EndOrganisationForm, OrganisationForm, OrganisationSignInForm
from konnekt.forms.bureau.people import RightHereForm
from konnekt.models import Organisation
from konnekt.screens import once_more, web

bp = Blueprint("organisations", __name__, url_prefix="/organisations")

PAGE = ("bureau/organisations/show.html", "partials/bureau_organisation.html")
FORM = ("bureau/organisations/form.html", "partials/bureau_organisation_form.html")


@bp.get("")
def index() -> Response:
    """The organisations that are clients, searched."""
    form = searches.OrganisationSearch(request.args)
    number = searches.number(request.args.get("page"))
    page = lists.organisations(form.words, number, with_ended=form.ended.data)
    names = ("bureau/organisations/index.html", "partials/bureau_organisations.html")
    return web.page(*names, search=form, page=page, query=form.query())


# Two parts, so that no code of an organisation can be this address.
@bp.get("/new/organisation")
def new() -> Response:
    """The form of a new organisation."""
    return _form_page(_filled(None), None)


@bp.post("")
def add() -> Response:
    """Add one."""
    form = _filled(None, request.form)
    try:
        organisation = organisations.add(form.values(), by=web.account())
    except Refused as refusal:
        return _form_page(form, None, web.refuse(form, refusal))
    return _shown(organisation, _("%(name)s is added.", name=organisation.name))


@bp.get("/<code>/change")
def edit(code: str) -> Response:
    """The form that changes it."""
    organisation = organisations.find(code)
    return _form_page(_filled(organisation), organisation)


def _is_guarded(code: str) -> bool:
    """Whether it becomes another setting of who decides without signing in."""
    typed = OrganisationForm(request.form).decide_by_mail.data
    return bool(typed != organisations.find(code).decide_by_mail)


@bp.post("/<code>/change")
@once_more.asked_when(_is_guarded)
def change(code: str) -> Response:
    """Change it."""
    organisation = organisations.find(code)
    form = _filled(organisation, request.form)
    try:
        changed = organisations.change(code, form.values(), seen=form.seen.data or "", by=web.account())
    except Refused as refusal:
        status = web.refuse(form, refusal)
        web.look_again(form, status, organisations.seen(organisations.find(code)))
        return _form_page(form, organisation, status)
    return _shown(changed, _("%(name)s is changed.", name=changed.name))


def _filled(organisation: Organisation | None, typed: Any = None) -> OrganisationForm:
    """The form with what was typed, else with the row, else empty."""
    form = OrganisationForm(typed, obj=organisation)
    form.parent.choices = [("", _("none")), *lists.names(but=organisation)]
    if not send.hands_over() and getattr(organisation, "invoice_way", "") != "peppol":
        form.invoice_way.choices = [one for one in form.invoice_way.choices if one.value != "peppol"]
    if organisation is not None and typed is None:
        form.parent.data = organisation.parent.code if organisation.parent else ""
        form.seen.data = organisations.seen(organisation)
    return form


def _form_page(form: OrganisationForm, organisation: Organisation | None, status: int = 200) -> Response:
    return web.page(*FORM, status, form=form, organisation=organisation)


@bp.get("/<code>")
def show(code: str) -> Response:
    """All there is to know of it."""
    return web.page(*PAGE, **_context(code))


def _context(
    code: str, end_form: EndOrganisationForm | None = None, right_form: RightHereForm | None = None
) -> dict[str, Any]:
    record = record_pages.of_organisation(code, web.agency())
    form = end_form or EndOrganisationForm(formdata=None, ended_on=clock.today())
    place = record.organisation
    sign_in = OrganisationSignInForm(formdata=None, sign_in=place.sign_in, seen=place.sign_in)
    return {
        "record": record,
        "organisation": place,
        "end_form": form,
        "right_form": right_form or RightHereForm(formdata=None),
        "sign_in_form": sign_in,
    }


def _shown(organisation: Organisation, notice: str) -> Response:
    here = url_for(".show", code=organisation.code)
    return web.moved(web.done(notice, here, PAGE[1], is_moved=True, **_context(organisation.code)), here)


@bp.post("/<code>/rights")
@once_more.asked
def give_right(code: str) -> Response:
    """Give somebody rights here."""
    form = RightHereForm()
    try:
        person = form.one_of(lists.to_choose(form.person.data or ""))
        given = rights.give_new(person.id, code, form.may(), by=web.account(), is_sure=form.sure.data)
    except Refused as refusal:
        return web.page(*PAGE, web.refuse(form, refusal), **_context(code, right_form=form))
    return _shown(given.organisation, _("%(name)s has these rights here now.", name=given.account.name))


@bp.post("/<code>/end")
def end(code: str) -> Response:
    """End it as a client."""
    form = EndOrganisationForm()
    try:
        ended = organisations.end(code, form.ended_on.data, by=web.account(), is_sure=form.sure.data)
    except Refused as refusal:
        return web.page(*PAGE, web.refuse(form, refusal), **_context(code, form))
    return _shown(ended, _("%(name)s is ended.", name=ended.name))


@bp.post("/<code>/sign-in")
@once_more.asked
def choose_sign_in(code: str) -> Response:
    """Whether its people sign in with a provider."""
    form = OrganisationSignInForm()
    typed = {"sign_in": form.sign_in.data or "", "seen": form.seen.data or ""}
    changed = organisations.choose_sign_in(code, **typed, by=web.account())
    return _shown(changed, _("%(name)s is changed.", name=changed.name))


@bp.post("/<code>/resume")
def resume(code: str) -> Response:
    """Take the end back."""
    resumed = organisations.resume(code, by=web.account())
    return _shown(resumed, _("%(name)s is a client again.", name=resumed.name))
