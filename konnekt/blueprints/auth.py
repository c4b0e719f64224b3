"""Signing in and out, choosing a password by a link, and the switch of language."""

from typing import Any

from flask import Blueprint, flash, g, make_response, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user, login_user
from flask_wtf.csrf import CSRFError
from werkzeug import Response

from konnekt import unsent, web
from konnekt.domain import links, people, sessions, sign_in
from konnekt.domain.refused import Invalid, NotFound, TooMany
from konnekt.forms.auth import ForgottenForm, NewPasswordForm, SignInForm
from konnekt.models import LANGUAGES, Account

bp = Blueprint("auth", __name__)


def _here() -> dict[str, str]:
    """Where this request comes from, as a session and a brake remember it."""
    return {"address": request.remote_addr or "", "browser": request.user_agent.string}


def _page(template: str, status: int = 200, **context: Any) -> Response:
    """A page of its own: no fragments here, and no htmx to ask for them."""
    return make_response(render_template(template, **context), status)


def _next() -> str:
    return web.own_path(request.values.get("next")) or "/"


@bp.route("/login", methods=["GET", "POST"])
def login() -> Response:
    """The sign-in page."""
    if request.method == "POST":
        return _check()
    if current_user.is_authenticated:
        return redirect(_next(), 303)
    return _page("auth/login.html", form=SignInForm(formdata=None), next=_next())


def _check() -> Response:
    """Sign in by e-mail or old user name; who is signed in already goes on."""
    if current_user.is_authenticated:
        return _lead_on()
    form = SignInForm()
    if not form.validate():
        return _again(form, 422)
    try:
        account = sign_in.check(form.name.data, form.password.data, _here()["address"])
    except TooMany as refusal:
        web.note("sign_in_throttled")
        if web.is_htmx():
            form.name.errors = [web.say(refusal)]
            return _again(form, 429)
        return _throttled("auth/login.html", form, refusal, next=_next(), unsent=unsent.of_sign_in())
    except Invalid as refusal:
        web.note("sign_in_refused", refusal.values["account"])
        form.password.errors = [web.say(refusal)]
        return _again(form, 422)
    found = unsent.of_sign_in()
    _begin(account)
    web.note("sign_in", account.id)
    if web.is_htmx():
        return unsent.go_on()
    if found and not unsent.is_mine(found.account):
        return unsent.leave()
    return unsent.ask(found) if found else redirect(_next(), 303)


def _lead_on() -> Response:
    """Signed in meanwhile, in another tab: nobody has to type it twice, and nobody is signed out unseen."""
    if web.is_htmx():
        return unsent.go_on()
    flash(_("You are signed in already, as %(name)s.", name=current_user.name))
    found = unsent.of_sign_in()
    return unsent.ask(found) if found and unsent.is_mine(found.account) else redirect(_next(), 303)


def _again(form: SignInForm, status: int) -> Response:
    """The sign-in form once more, with what waits for it."""
    if web.is_htmx():
        return unsent.on_the_spot(form, status)
    return _page("auth/login.html", status, form=form, next=_next(), unsent=unsent.of_sign_in())


def _throttled(template: str, form: Any, refusal: TooMany, **context: Any) -> Response:
    form.name.errors = [web.say(refusal)]
    response = _page(template, 429, form=form, is_throttled=True, **context)
    response.headers["Retry-After"] = str(refusal.values["seconds"])
    return response


def _begin(account: Account) -> None:
    """A new session with a new token; nothing of what the browser held before stays but the language."""
    if current_user.is_authenticated:
        sessions.end(current_user.session_token)
    _empty_cookie()
    unsent.begin(account)
    account.session_token = sessions.start(account, **_here())
    login_user(account)


def _empty_cookie() -> None:
    chosen = session.get("language")
    session.clear()
    g.pop("csrf_token", None)  # made of what was in the cookie: a page in this answer needs a new one
    if chosen:
        session["language"] = chosen


@bp.post("/logout")
def logout() -> Response:
    """End the session, here and in the database, and have the browser forget what it kept."""
    web.note("sign_out", current_user.id)
    session["language"] = current_user.language
    sessions.end(current_user.session_token)
    _empty_cookie()
    flash(_("You are signed out."))
    response = redirect(url_for(".login"), 303)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@bp.route("/password/forgotten", methods=["GET", "POST"])
def forgotten() -> Response:
    """Ask for a link to choose a new password; the answer is the same for every name."""
    form = ForgottenForm()
    if request.method != "POST":
        return _page("auth/forgotten.html", form=ForgottenForm(formdata=None))
    if not form.validate():
        return _page("auth/forgotten.html", 422, form=form)
    try:
        links.forgotten(form.name.data, _here()["address"])
    except TooMany as refusal:
        web.note("link_throttled")
        return _throttled("auth/forgotten.html", form, refusal)
    web.note("link_asked")
    flash(_("If we know this name, a mail with a link is on its way to you. The link works for one hour."))
    return redirect(url_for(".login"), 303)


@bp.route("/password/new/<token>", methods=["GET", "POST"])
def link(token: str) -> Response:
    """Choose a first or a new password; looking doesn't use the link up, setting does."""
    try:
        account = links.find(token).account
        response = _set_password(token, account) if request.method == "POST" else _new_password(account)
    except NotFound as refusal:
        web.note("link_refused")
        response = _page("auth/link_over.html", refusal.status, sentence=web.say(refusal))
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _new_password(account: Account, form: NewPasswordForm | None = None, status: int = 200) -> Response:
    form = form or NewPasswordForm(formdata=None)
    return _page("auth/new_password.html", status, form=form, account=account)


def _set_password(token: str, account: Account) -> Response:
    form = NewPasswordForm()
    if not form.validate():
        return _new_password(account, form, 422)
    try:
        links.use(token, form.password.data)
    except Invalid as refusal:
        form.password.errors = [web.say(refusal)]
        return _new_password(account, form, refusal.status)
    web.note("password_set", account.id)
    _empty_cookie()
    flash(_("Your password is set. Sign in with it."))
    return redirect(url_for(".login"), 303)


@bp.post("/language")
def language() -> Response:
    """Change the language of the screens, for a visitor and for an account, and come back."""
    chosen = request.form.get("language", "")
    if chosen not in LANGUAGES:
        raise Invalid("There is no such language.", field="language")
    if current_user.is_authenticated:
        account = current_user._get_current_object()
        people.choose_language(account, chosen, by=account)
    session["language"] = chosen
    return redirect(web.own_path(request.form.get("next")) or web.page_before() or "/", 303)


@bp.errorhandler(CSRFError)
def page_too_old(_error: CSRFError) -> Response:
    """A page from before the last sign-in: show the form again with a token that works."""
    if request.endpoint != "auth.login":
        return web.problem("errors/400.html", 400)
    if current_user.is_authenticated:
        return _lead_on()
    form = SignInForm()
    form.password.errors = [_("This page was too old. Type your password again.")]
    return _again(form, 400)
