"""Account instellingen: password, language, where I am signed in; deputies have a blueprint of their own."""

from typing import Any

from flask import Blueprint, request, url_for
from flask_babel import gettext as _, ngettext
from flask_login import current_user, login_user
from werkzeug import Response

from konnekt.documents import archives
from konnekt.domain import clock
from konnekt.domain.accounts import choosing, devices, passwords, sessions
from konnekt.domain.records import personal_data
from konnekt.domain.refusals import Invalid, TooMany
from konnekt.forms.account import ChangePasswordForm
from konnekt.screens import known_device, web
from konnekt.screens.downloads import attachment

bp = Blueprint("account", __name__, url_prefix="/account")


def _asked(form: ChangePasswordForm | None = None) -> dict[str, Any]:
    """What the form for a new password draws."""
    form = form or ChangePasswordForm(formdata=None)
    return {"form": form, "shortest": choosing.shortest(web.account())}


def _sessions() -> dict[str, Any]:
    """What the list of signed-in browsers draws, with those that are remembered."""
    account, token = web.account(), known_device.token()
    return {
        "devices": devices.of(account) if account.has_second_factor else [],
        "is_here": lambda device: devices.is_this(device, token),
        "sessions": sessions.living(web.account()),
        "is_this": lambda session: sessions.is_this(session, current_user.session_token),
        "device": sessions.device,
    }


@bp.get("")
def index() -> Response:
    """The settings of one's own account."""
    return web.page("account/index.html", **_asked(), **_sessions())


@bp.post("/password")
def password() -> Response:
    """Change the password: this browser goes on with a new token, all others end."""
    form = ChangePasswordForm()
    if not form.validate():
        return _password_page(form, 422)
    account, here = web.account(), request.remote_addr or ""
    try:
        typed = form.current.data, form.password.data
        since = devices.confirmed_since(account, known_device.token())
        token = passwords.change(account, *typed, by=account, address=here, browser=request.user_agent.string)
    except (Invalid, TooMany) as refusal:
        web.note("password_refused", account.id)
        form[getattr(refusal, "field", "current")].errors = [web.say(refusal)]
        return _password_page(form, refusal.status)
    account.session_token = token
    known_device.know(account, is_confirmed=since is not None, since=since)
    login_user(account)
    web.note("password_changed", account.id)
    notice = _("Your password is changed. Everywhere else you are signed out.")
    return web.done(notice, url_for(".index"), "partials/account_password.html", **_asked())


def _password_page(form: ChangePasswordForm, status: int) -> Response:
    shown = {**_asked(form), **_sessions()}
    return web.page("account/index.html", "partials/account_password.html", status, **shown)


@bp.post("/data")
def data() -> Response:
    """Everything that is kept about oneself, as a ZIP; that it was handed out is noted."""
    files = personal_data.of_person(web.account().id, by=web.account(), say=_)
    zipped = archives.stream(files, clock.local(clock.now()))
    return attachment(zipped, archives.ZIP, _("personal-data") + ".zip")


@bp.post("/sessions/<int:session>/end")
def end_session(session: int) -> Response:
    """Sign one browser out."""
    sessions.end_one(session, by=web.account())
    web.note("session_ended", current_user.id)
    return web.done(
        _("That browser is signed out."), url_for(".index"), "partials/account_sessions.html", **_sessions()
    )


@bp.post("/sessions/end")
def end_other_sessions() -> Response:
    """Sign out everywhere but here."""
    count = sessions.end_all(web.account(), keep=current_user.session_token)
    known_device.forget_others(web.account())
    web.note("session_ended", current_user.id)
    notice = ngettext("One other browser is signed out.", "%(num)s other browsers are signed out.", count)
    return web.done(notice, url_for(".index"), "partials/account_sessions.html", **_sessions())


@bp.post("/devices/<int:device>/forget")
def forget_device(device: int) -> Response:
    """Ask for the second factor in that browser again."""
    devices.forget(device, by=web.account())
    web.note("device_forgotten", current_user.id)
    notice = _("That browser is asked for a code again.")
    return web.done(notice, url_for(".index"), "partials/account_sessions.html", **_sessions())
