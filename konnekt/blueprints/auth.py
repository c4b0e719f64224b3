"""Signing in by name and password, and out; choosing a password by a link; the switch of language."""

from typing import Any

from flask import Blueprint, flash, redirect, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from werkzeug import Response

from konnekt.domain.accounts import (
    choosing,
    devices,
    identities,
    links,
    mailed_codes,
    people,
    sessions,
    sign_in,
    sign_in_policy,
)
from konnekt.domain.refusals import Invalid, NotFound, TooMany
from konnekt.forms.auth import ForgottenForm, NewPasswordForm, SignInForm
from konnekt.models import LANGUAGES, AccountLink
from konnekt.screens import (
    half_way,
    known_device,
    passkey_button,
    signing_in,
    to_provider,
    unsent,
    web,
)

bp = Blueprint("auth", __name__)


@bp.route("/login", methods=["GET", "POST"])
def login() -> Response:
    """The sign-in page."""
    if request.method == "POST":
        return _check()
    if current_user.is_authenticated:
        return redirect(signing_in.after(), 303)
    if "anew" not in request.args and half_way.account():
        return redirect(url_for("second_step.show", next=signing_in.after()), 303)
    return signing_in.page("auth/login.html", form=SignInForm(formdata=None), next=signing_in.after())


def _check() -> Response:
    """Sign in by e-mail or old user name; who is signed in already goes on."""
    if current_user.is_authenticated:
        return signing_in.lead_on()
    form = SignInForm()
    if passkey_button.is_pressed():
        return _by_passkey(form)
    if not form.validate():
        return signing_in.again(form, 422)
    try:
        here = signing_in.here()["address"]
        account = sign_in.check(form.name.data, form.password.data, here, known_device.token())
        if mailed_codes.is_due(account, known_device.token()):
            return half_way.begin_by_mail(account)
    except TooMany as refusal:
        web.note("sign_in_throttled")
        if web.is_htmx():
            form.name.errors = [web.say(refusal)]
            return signing_in.again(form, 429)
        return _throttled(
            "auth/login.html", form, refusal, next=signing_in.after(), unsent=unsent.of_sign_in()
        )
    except Invalid as refusal:
        web.note("sign_in_refused", refusal.values["account"])
        form.password.errors = [web.say(refusal)]
        return signing_in.again(form, 422)
    is_due = account.has_second_factor and not devices.is_remembered(account, known_device.token())
    if is_due:
        return half_way.begin(account)
    return signing_in.let_in(account, was_asked=not account.has_second_factor, is_confirmed=False)


def _by_passkey(form: SignInForm) -> Response:
    """Both factors at once: no password is asked."""
    try:
        account = passkey_button.check("sign-in")
        sign_in_policy.allow_passkey(account)
        return signing_in.let_in(account)
    except (Invalid, TooMany) as refusal:
        form.form_errors = [web.say(refusal)]
        return signing_in.later(signing_in.again(form, refusal.status), refusal)


@bp.post("/login/passkey")
def passkey() -> Response:
    """What a passkey has to sign as the only sign-in, for whoever has one."""
    return passkey_button.options("sign-in")


def _throttled(template: str, form: Any, refusal: TooMany, **context: Any) -> Response:
    form.name.errors = [web.say(refusal)]
    return signing_in.later(signing_in.page(template, 429, form=form, is_throttled=True, **context), refusal)


@bp.post("/logout")
def logout() -> Response:
    """End the session, here and in the database, and have the browser forget what it kept."""
    web.note("sign_out", current_user.id)
    provider = current_user.session.provider
    session["language"] = current_user.language
    sessions.end(current_user.session_token)
    signing_in.empty_cookie()
    there = to_provider.leave_signed_out(provider) if provider else None
    flash(_("You are signed out."))
    response = there or redirect(url_for(".login"), 303)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@bp.route("/password/forgotten", methods=["GET", "POST"])
def forgotten() -> Response:
    """Ask for a link to choose a new password; the answer is the same for every name."""
    form = ForgottenForm()
    if request.method != "POST":
        return signing_in.page("auth/forgotten.html", form=ForgottenForm(formdata=None))
    if not form.validate():
        return signing_in.page("auth/forgotten.html", 422, form=form)
    try:
        links.forgotten(form.name.data, signing_in.here()["address"])
    except TooMany as refusal:
        web.note("link_throttled")
        return _throttled("auth/forgotten.html", form, refusal)
    web.note("link_asked")
    flash(_("If we know this name, a mail with a link is on its way to you. Each link works for one hour."))
    return redirect(url_for(".login"), 303)


@bp.route("/password/new/<token>", methods=["GET", "POST"])
def link(token: str) -> Response:
    """Choose a first or a new password; looking doesn't use the link up, setting does."""
    try:
        mailed = links.find(token)
        response = _set_password(token, mailed) if request.method == "POST" else _new_password(mailed)
    except NotFound as refusal:
        web.note("link_refused")
        response = signing_in.page("auth/link_over.html", refusal.status, sentence=web.say(refusal))
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _new_password(link: AccountLink, form: NewPasswordForm | None = None, status: int = 200) -> Response:
    account, policy = link.account, sign_in_policy.of(link.account)
    shown = {
        "form": form or NewPasswordForm(formdata=None),
        "account": account,
        "shortest": choosing.shortest(account),
        "policy": policy,
        "may_bind": identities.may_bind(link, policy),
    }
    return signing_in.page("auth/new_password.html", status, **shown)


def _set_password(token: str, link: AccountLink) -> Response:
    form, account = NewPasswordForm(), link.account
    if not form.validate():
        return _new_password(link, form, 422)
    try:
        links.use(token, form.password.data)
    except Invalid as refusal:
        form.password.errors = [web.say(refusal)]
        return _new_password(link, form, refusal.status)
    web.note("password_set", account.id)
    known_device.know(account, is_confirmed=True)
    signing_in.empty_cookie()
    flash(_("Your password is set. Sign in with it."))
    return redirect(url_for(".login"), 303)


@bp.post("/language")
def language() -> Response:
    """Change the language of the screens, for a visitor and for an account, and come back."""
    chosen = request.form.get("language", "")
    if chosen not in LANGUAGES:
        raise Invalid("There is no such language.", field="language")
    if current_user.is_authenticated:
        account = web.account()
        people.choose_language(account, chosen, by=account)
    session["language"] = chosen
    return redirect(web.own_path(request.form.get("next")) or web.page_before() or "/", 303)


@bp.errorhandler(CSRFError)
def page_too_old(_error: CSRFError) -> Response:
    """A page from before the last sign-in: show the form again with a token that works."""
    if request.endpoint != "auth.login":
        return web.problem("errors/400.html", 400)
    if current_user.is_authenticated:
        return signing_in.lead_on()
    form = SignInForm()
    form.password.errors = [_("This page was too old. Type your password again.")]
    return signing_in.again(form, 400)
