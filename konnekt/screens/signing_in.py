"""What the pages of signing in share: where a request comes from, how a session begins, where one goes on."""

from typing import Any

from flask import flash, g, make_response, redirect, render_template, request, session
from flask_babel import gettext as _
from flask_login import current_user, login_user
from werkzeug import Response

from konnekt.domain.accounts import sessions
from konnekt.domain.refusals import Invalid, TooMany
from konnekt.forms.auth import SignInForm
from konnekt.models import Account
from konnekt.screens import known_device, unsent, web


def here() -> dict[str, str]:
    """Where this request comes from, as a session and a brake remember it."""
    return {"address": request.remote_addr or "", "browser": request.user_agent.string}


def page(template: str, status: int = 200, **context: Any) -> Response:
    """A page of its own: no fragments here, and no htmx to ask for them."""
    return make_response(render_template(template, **context), status)


def after() -> str:
    """Where one goes after signing in."""
    return web.own_path(g.get("next") or request.values.get("next")) or "/"


def again(form: SignInForm, status: int) -> Response:
    """The sign-in form once more, with what waits for it."""
    if web.is_htmx():
        return unsent.on_the_spot(form, status)
    return page("auth/login.html", status, form=form, next=after(), unsent=unsent.of_sign_in())


def later(response: Response, refusal: Invalid | TooMany) -> Response:
    """Say when the next attempt may be, where there were too many."""
    if isinstance(refusal, TooMany):
        response.headers["Retry-After"] = str(refusal.values["seconds"])
    return response


def let_in(account: Account, *, was_asked: bool = True, is_confirmed: bool = True, **by: Any) -> Response:
    """Begin the session, and go on with what the sign-in was for.

    was_asked: whether all that protects the account was asked, or the browser is remembered. is_confirmed:
    whether more was shown than a password. by: what a session keeps of the provider that said who it is.
    """
    form = unsent.of_sign_in()
    _begin(account, is_confirmed, was_asked=was_asked, **by)
    web.note("sign_in", account.id)
    if web.is_htmx():
        return unsent.go_on()
    if form and not unsent.is_mine(form.account):
        return unsent.leave()
    return unsent.ask(form) if form else redirect(after(), 303)


def _begin(account: Account, is_confirmed: bool, **how: Any) -> None:
    """A new session with a new token; nothing of what the browser held before stays but the language."""
    if current_user.is_authenticated:
        sessions.end(current_user.session_token)
    empty_cookie()
    unsent.begin(account)
    where = here()
    account.session_token = sessions.start(account, where["address"], where["browser"], **how)
    known_device.signed_in(account, **where, is_confirmed=is_confirmed)
    login_user(account)


def empty_cookie() -> None:
    """Have the browser hold nothing any more but the language."""
    chosen = session.get("language")
    session.clear()
    g.pop("csrf_token", None)  # made of what was in the cookie: a page in this answer needs a new one
    if chosen:
        session["language"] = chosen


def lead_on() -> Response:
    """Signed in meanwhile, in another tab: nobody has to type it twice, and nobody is signed out unseen."""
    if web.is_htmx():
        return unsent.go_on()
    flash(_("You are signed in already, as %(name)s.", name=current_user.name))
    form = unsent.of_sign_in()
    return unsent.ask(form) if form and unsent.is_mine(form.account) else redirect(after(), 303)
