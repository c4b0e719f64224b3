"""The second step of signing in, or a code by mail: all that somebody half signed in may open."""

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _, ngettext
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from werkzeug import Response

from konnekt.domain.accounts import devices, factors, mailed_codes, recovery_codes
from konnekt.domain.refusals import Invalid, Refused, TooMany
from konnekt.forms.auth import SecondStepForm, SignInForm
from konnekt.models import Account
from konnekt.screens import half_way, known_device, passkey_button, signing_in, web

bp = Blueprint("second_step", __name__)


@bp.get("/login/code")
def show() -> Response:
    """The page that asks for the factor; who is signed in already goes on."""
    if current_user.is_authenticated:
        return redirect(signing_in.after(), 303)
    if half_way.account() is None:
        return redirect(url_for("auth.login", next=signing_in.after()), 303)
    return half_way.page(SecondStepForm(formdata=None))


@bp.post("/login/code")
def check() -> Response:
    """Sign in with the factor as well, or ask for the form of the recovery codes."""
    if current_user.is_authenticated:
        return signing_in.lead_on()
    account = half_way.account()
    if account is None:
        return _begin_anew()
    if request.form.get("recovery") == "ask":
        return half_way.page(SecondStepForm(formdata=None))
    return _check(account) if account.has_second_factor else _check_mailed(account)


def _check_mailed(account: Account) -> Response:
    """The code of the mail, or what is to be done where none came."""
    form = SecondStepForm()
    if request.form.get("mail") == "again":
        return _mail_again(account)
    if not form.validate():
        return half_way.page(form, 422)
    try:
        mailed_codes.check(account, half_way.token(), form.factor_code.data)
    except (Invalid, TooMany) as refusal:
        return _mailed_refused(account, form, refusal)
    return _let_in(account, form, "mailed code")


def _mailed_refused(account: Account, form: SecondStepForm, refusal: Invalid | TooMany) -> Response:
    web.note("code_throttled" if isinstance(refusal, TooMany) else "code_refused", account.id)
    form.factor_code.errors = [web.say(refusal)]
    return signing_in.later(half_way.page(form, refusal.status), refusal)


def _mail_again(account: Account) -> Response:
    """Mail another code; without one where the portal itself could not hand the mail over."""
    form, became = SecondStepForm(formdata=None), mailed_codes.what_became(half_way.token())
    if became == "stuck":
        half_way.end()
        mailed_codes.note_without(account)
        web.note("sign_in_without_code", account.id)
        response = signing_in.let_in(account, is_confirmed=False)
        flash(_("No mail could be sent just now: you are signed in without a code."), "warning")
        return response
    if became == "waits":
        form.factor_code.errors = [
            _("The mail is on its way. Give it a minute, and look among your unwanted mail.")
        ]
        return half_way.page(form, 409)
    said = _("Another code is on its way: the one before no longer works.")
    if became == "refused":
        said = _("Your mail server refused the mail. Ask the agency whether it has your address right.")
    try:
        return half_way.begin_by_mail(account, said)
    except TooMany as refusal:
        return _mailed_refused(account, form, refusal)


def _check(account: Account) -> Response:
    form = SecondStepForm()
    if passkey_button.is_pressed():
        return _by_passkey(account, form)
    if not form.validate():
        return half_way.page(form, 422)
    try:
        used = factors.check(account, form.factor_code.data)
    except (Invalid, TooMany) as refusal:
        web.note("code_throttled" if isinstance(refusal, TooMany) else "code_refused", account.id)
        form.factor_code.errors = [web.say(refusal)]
        return signing_in.later(half_way.page(form, refusal.status), refusal)
    return _let_in(account, form, used)


def _by_passkey(account: Account, form: SecondStepForm) -> Response:
    try:
        passkey_button.check("second-step", account)
    except (Invalid, TooMany) as refusal:
        form.form_errors = [web.say(refusal)]
        return signing_in.later(half_way.page(form, refusal.status), refusal)
    return _let_in(account, form, "passkey")


def _let_in(account: Account, form: SecondStepForm, used: str) -> Response:
    try:
        connected = half_way.connect(account)
    except Refused as refusal:
        half_way.end()
        flash(web.say(refusal), "warning")
        return redirect(url_for("auth.login"), 303)
    half_way.end()
    half = account.session
    response = signing_in.let_in(account, provider=half.provider, subject=half.subject)
    if connected:
        flash(_("From now on you sign in with %(provider)s.", provider=connected.provider.name))
    if used == "recovery":
        web.note("sign_in_by_recovery_code", account.id)
        flash(_left(account), "warning")
    if form.remember.data and account.has_second_factor:
        devices.remember(account, known_device.token())
    return response


@bp.post("/login/code/passkey")
def passkey() -> Response:
    """What one of the passkeys of who is half signed in has to sign."""
    return passkey_button.options("second-step", web.or_404(half_way.account()))


def _left(account: Account) -> str:
    said = ngettext(
        "You used a recovery code: one is left. Make new ones under Account settings.",
        "You used a recovery code: %(num)s are left.",
        recovery_codes.left(account),
    )
    return str(said)


def _begin_anew() -> Response:
    """Ten minutes were over, or somebody signed out: what was typed before is still carried along."""
    form = SignInForm(formdata=None)
    form.password.errors = [_("Signing in took longer than ten minutes. Begin again.")]
    return signing_in.again(form, 401)


@bp.errorhandler(CSRFError)
def page_too_old(_error: CSRFError) -> Response:
    """A page from before the last sign-in: show the form again with a token that works."""
    if request.endpoint == "second_step.passkey":
        return web.problem("errors/400.html", 400)
    if current_user.is_authenticated:
        return signing_in.lead_on()
    if half_way.account() is None:
        return _begin_anew()
    form = SecondStepForm()
    form.factor_code.errors = [_("This page was too old. Send the code once more.")]
    return half_way.page(form, 400)
