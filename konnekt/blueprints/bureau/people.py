"""People: list, add, change, invite, close, and what each may do where."""

from typing import Any

from flask import Blueprint, flash, request, url_for
from flask_babel import gettext as _, ngettext
from flask_login import current_user
from werkzeug import Response

from konnekt.documents import archives
from konnekt.domain import clock
from konnekt.domain.accounts import agency_roles, factor_resets, sessions
from konnekt.domain.records import invitations, lists, people, personal_data, proposals, record_pages, rights
from konnekt.domain.refusals import Invalid, Refused
from konnekt.forms.bureau import searches
from konnekt.forms.bureau.people import CloseForm, FactorResetForm, PersonForm, RightForm, RolesForm
from konnekt.models import Account
from konnekt.screens import once_more, web
from konnekt.screens.downloads import attachment

bp = Blueprint("people", __name__, url_prefix="/people")

PAGE = ("bureau/people/show.html", "partials/bureau_person.html")
FORM = ("bureau/people/form.html", "partials/bureau_person_form.html")


@bp.get("")
def index() -> Response:
    """Everybody with an account, searched."""
    form = searches.PersonSearch(request.args)
    number = searches.number(request.args.get("page"))
    listed = lists.people(form.words, form.role.data or "", number, with_closed=form.closed.data)
    names = ("bureau/people/index.html", "partials/bureau_people.html")
    uninvited = invitations.mark(invitations.Uninvited()) if web.grants().may("people") else (0, "")
    return web.page(*names, search=form, listed=listed, query=form.query(), uninvited=uninvited)


@bp.get("/new")
def new() -> Response:
    """The form of a new person."""
    return _form(PersonForm(formdata=None))


def _form(form: PersonForm, person: Account | None = None, status: int = 200) -> Response:
    if not web.grants().may("staff"):
        del form.is_agency_staff
    return web.page(*FORM, status, form=form, person=person)


@bp.post("")
@once_more.asked_when(lambda: PersonForm().is_agency_staff.data)
def add() -> Response:
    """Add one, and mail an invitation when that is ticked; the other button goes on to an assignment."""
    form = PersonForm()
    is_placed = "place" in request.form
    try:
        if is_placed and not (form.employee_number.data or "").strip():
            raise Invalid("Only who has an employee number can be placed.", field="employee_number")
        person = people.add(form.values(), by=web.account(), is_invited=form.invite.data)
    except Refused as refusal:
        return _form(form, None, web.refuse(form, refusal))
    if is_placed:
        flash(_("%(name)s is added.", name=person.name))
        return web.leave_for(url_for("bureau.assignments.new", worker=person.employee_number))
    return _shown(person.id, _("%(name)s is added.", name=person.name), person)


@bp.get("/<int:person>/change")
def edit(person: int) -> Response:
    """The form that changes one."""
    row = people.find(person)
    people.check_task(row, web.account())
    return _form(PersonForm(formdata=None, obj=row, seen=people.seen(row)), row)


@bp.post("/<int:person>/change")
@once_more.asked_when(lambda person: people.is_guarded(PersonForm().values(), person))
def change(person: int) -> Response:
    """Change one."""
    form = PersonForm()
    seen, is_sure = form.seen.data or "", form.sure.data
    try:
        changed = people.change(person, form.values(), seen=seen, by=web.account(), is_sure=is_sure)
    except Refused as refusal:
        status = web.refuse(form, refusal)
        row = people.find(person)
        web.look_again(form, status, people.seen(row))
        return _form(form, row, status)
    return _shown(changed.id, _("%(name)s is changed.", name=changed.name), changed)


@bp.get("/<int:person>")
def show(person: int) -> Response:
    """All there is to know of somebody."""
    return web.page(*PAGE, **_context(person))


def _context(person: int, **forms: Any) -> dict[str, Any]:
    """The page; forms: those that were refused, by name (a right's form with the code it is about)."""
    record = record_pages.of_person(person)
    close = forms.get("close") or CloseForm(formdata=None)
    who = record.person
    roles = dict.fromkeys(agency_roles.of(who), True)
    refused, where = forms.get("right"), forms.get("where", "")
    right_form = refused if refused and not where else RightForm(formdata=None)
    right_form.organisation.choices = [(place.code, place.name) for place in record.elsewhere]
    return {
        "record": record,
        "person": record.person,
        "may_change": web.grants().may("staff" if who.is_agency_staff else "people"),
        "close_form": close,
        "role_form": forms.get("roles") or RolesForm(formdata=None, seen=people.seen(who), **roles),
        "proposal": proposals.of(who) if web.grants().may("staff") else None,
        "reset_form": forms.get("reset") or FactorResetForm(formdata=None),
        "right_form": right_form,
        "right_forms": [
            (right, refused if refused and where == right.organisation.code else _of(right))
            for right in record.rights
        ],
        "device": sessions.device,
        "is_this": lambda session: sessions.is_this(session, current_user.session_token),
    }


def _of(right: Any) -> RightForm:
    return RightForm(formdata=None, obj=right, prefix=f"at-{right.organisation_id}-")


def _shown(person: int, notice: str, row: Account | None = None) -> Response:
    if row is not None and row.proposal:
        notice = _("Saved. What two persons decide waits for somebody else with the role Administration.")
    here = url_for(".show", person=person)
    return web.moved(web.done(notice, here, PAGE[1], is_moved=True, **_context(person)), here)


@bp.post("/<int:person>/roles")
@once_more.asked
def change_roles(person: int) -> Response:
    """What somebody of the agency does there."""
    form = RolesForm()
    seen, is_sure = form.seen.data or "", form.sure.data
    try:
        changed = people.change_roles(person, form.roles(), seen=seen, by=web.account(), is_sure=is_sure)
    except Refused as refusal:
        status = web.refuse(form, refusal)
        web.look_again(form, status, people.seen(people.find(person)))
        return web.page(*PAGE, status, **_context(person, roles=form))
    return _shown(person, _("The roles of %(name)s are saved.", name=changed.name), changed)


@bp.post("/<int:person>/invite")
def invite(person: int) -> Response:
    """Mail a link to choose a password; again ends the one before."""
    invited = people.invite(person, by=web.account())
    return _shown(person, _("A mail with a link is on its way to %(email)s.", email=invited.email))


@bp.post("/<int:person>/data")
def data(person: int) -> Response:
    """Everything that is kept about somebody, as a ZIP; that it was handed out is noted."""
    files = personal_data.of_person(person, by=web.account(), say=_)
    zipped = archives.stream(files, clock.local(clock.now()))
    return attachment(zipped, archives.ZIP, _("personal-data") + f"-{person}.zip")


@bp.post("/<int:person>/close")
@once_more.asked
def close(person: int) -> Response:
    """Close the account."""
    form = CloseForm()
    try:
        closed = people.close(person, by=web.account(), is_sure=form.sure.data)
    except Refused as refusal:
        return web.page(*PAGE, web.refuse(form, refusal), **_context(person, close=form))
    return _shown(person, _("The account of %(name)s is closed.", name=closed.name), closed)


@bp.post("/<int:person>/reopen")
@once_more.asked
def reopen(person: int) -> Response:
    """Open a closed account again."""
    opened = people.reopen(person, by=web.account())
    return _shown(person, _("The account of %(name)s is open again.", name=opened.name), opened)


@bp.post("/<int:person>/sessions/end", defaults={"session": None})
@bp.post("/<int:person>/sessions/<int:session>/end")
def end_sessions(person: int, session: int | None) -> Response:
    """Sign somebody out, in one browser or everywhere."""
    count = people.end_sessions(person, by=web.account(), session=session)
    return _shown(person, ngettext("One browser is signed out.", "%(num)s browsers are signed out.", count))


@bp.post("/<int:person>/factors/ask")
@once_more.asked
def ask_factor_reset(person: int) -> Response:
    """Ask that somebody's second step be taken away."""
    form = FactorResetForm()
    try:
        factor_resets.ask(person, form.reason.data or "", by=web.account())
    except Refused as refusal:
        return web.page(*PAGE, web.refuse(form, refusal), **_context(person, reset=form))
    return _shown(person, _("Asked. Have a colleague confirm it, on this page."))


@bp.post("/<int:person>/factors/confirm")
@once_more.asked
def confirm_factor_reset(person: int) -> Response:
    """Take it away, as a colleague asked."""
    owner = factor_resets.confirm(person, by=web.account())
    web.note("factors_reset", owner.id)
    return _shown(
        person, _("%(name)s signs in with the password alone, until an app is set up.", name=owner.name)
    )


@bp.post("/<int:person>/factors/withdraw")
def withdraw_factor_reset(person: int) -> Response:
    """Leave it as it is."""
    owner = factor_resets.withdraw(person, by=web.account())
    return _shown(person, _("The second step of %(name)s stays as it is.", name=owner.name))


@bp.post("/<int:person>/rights")
@once_more.asked
def give_right(person: int) -> Response:
    """Give rights in one more organisation."""
    form = RightForm()
    return _give(person, form.organisation.data or "", form)


@bp.post("/<int:person>/rights/<code>")
@once_more.asked
def change_right(person: int, code: str) -> Response:
    """Change the rights in one organisation."""
    right = rights.find(person, code)
    return _give(person, code, RightForm(prefix=f"at-{right.organisation_id}-"), where=code)


def _give(person: int, code: str, form: RightForm, where: str = "") -> Response:
    try:
        given = rights.give(person, code, form.may(), by=web.account(), is_sure=form.sure.data)
    except Refused as refusal:
        return _refused_right(person, form, refusal, where)
    name = given.organisation.name
    return _shown(person, _("The rights at %(organisation)s are saved.", organisation=name))


def _refused_right(person: int, form: RightForm, refusal: Refused, where: str) -> Response:
    status = web.refuse(form, refusal)
    return web.page(*PAGE, status, **_context(person, right=form, where=where))


@bp.post("/<int:person>/rights/<code>/remove")
@once_more.asked
def remove_right(person: int, code: str) -> Response:
    """Take all rights in one organisation away."""
    right = rights.find(person, code)
    form = RightForm(prefix=f"at-{right.organisation_id}-")
    try:
        gone = rights.remove(person, code, by=web.account(), is_sure=form.sure.data)
    except Refused as refusal:
        return _refused_right(person, form, refusal, code)
    name = gone.organisation.name
    return _shown(person, _("The rights at %(organisation)s are taken away.", organisation=name))
