"""Account instellingen: password, language, where I am signed in; deputies have a blueprint of their own."""

from typing import Any

from flask import Blueprint, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from flask_login import current_user, login_user
from werkzeug import Response

from konnekt import web
from konnekt.domain import passwords, sessions
from konnekt.domain.refused import Invalid, TooMany
from konnekt.forms.account import ChangePasswordForm
from konnekt.models import Account

bp = Blueprint("account", __name__, url_prefix="/account")


def _me() -> Account:
    account: Account = current_user._get_current_object()
    return account


def _sessions() -> dict[str, Any]:
    """What the list of signed-in browsers draws."""
    return {
        "sessions": sessions.living(_me()),
        "is_this": lambda session: sessions.is_this(session, current_user.session_token),
        "device": sessions.device,
    }


@bp.get("")
def index() -> Response:
    """The settings of one's own account."""
    return web.page("account/index.html", form=ChangePasswordForm(formdata=None), **_sessions())


@bp.post("/password")
def password() -> Response:
    """Change the password: this browser goes on with a new token, all others end."""
    form = ChangePasswordForm()
    if not form.validate():
        return _password_page(form, 422)
    account, here = _me(), request.remote_addr or ""
    try:
        typed = form.current.data, form.password.data
        token = passwords.change(account, *typed, by=account, address=here, browser=request.user_agent.string)
    except (Invalid, TooMany) as refusal:
        web.note("password_refused", account.id)
        form[getattr(refusal, "field", "current")].errors = [web.say(refusal)]
        return _password_page(form, refusal.status)
    account.session_token = token
    login_user(account)
    web.note("password_changed", account.id)
    notice = _("Your password is changed. Everywhere else you are signed out.")
    return web.done(notice, url_for(".index"), "partials/account_password.html", form=_empty())


def _empty() -> ChangePasswordForm:
    return ChangePasswordForm(formdata=None)


def _password_page(form: ChangePasswordForm, status: int) -> Response:
    return web.page("account/index.html", "partials/account_password.html", status, form=form, **_sessions())


@bp.post("/sessions/<int:session>/end")
def end_session(session: int) -> Response:
    """Sign one browser out."""
    sessions.end_one(session, by=_me())
    web.note("session_ended", current_user.id)
    return web.done(
        _("That browser is signed out."), url_for(".index"), "partials/account_sessions.html", **_sessions()
    )


@bp.post("/sessions/end")
def end_other_sessions() -> Response:
    """Sign out everywhere but here."""
    count = sessions.end_all(_me(), keep=current_user.session_token)
    web.note("session_ended", current_user.id)
    notice = ngettext("One other browser is signed out.", "%(num)s other browsers are signed out.", count)
    return web.done(notice, url_for(".index"), "partials/account_sessions.html", **_sessions())
