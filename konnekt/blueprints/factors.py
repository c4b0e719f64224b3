"""The second step of signing in: what an account shows besides its password, set up and taken away."""

from typing import Any

from flask import Blueprint, flash, jsonify, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug import Response
from werkzeug.utils import secure_filename

from konnekt.domain.accounts import factors, passkeys, recovery_codes
from konnekt.domain.refusals import Conflict, Invalid, Refused, TooMany
from konnekt.forms.account import AuthenticatorForm, PasskeyForm
from konnekt.forms.auth import CodeForm
from konnekt.models import Authenticator, Passkey
from konnekt.screens import once_more, passkey_button, qr_code, required_factor, web
from konnekt.screens.downloads import attachment

bp = Blueprint("factors", __name__, url_prefix="/account/factors")


def _page(template: str, status: int = 200, **context: Any) -> Response:
    return make_response(render_template(template, **context), status)


def _index(form: AuthenticatorForm | None = None, status: int = 200) -> Response:
    account = web.account()
    shown = {
        "form": form or AuthenticatorForm(formdata=None),
        "factors": factors.of(account),
        "passkeys": passkeys.of(account),
        "left": recovery_codes.left(account),
        "asks": required_factor.coming(),
        "is_asked": factors.is_meant(web.account(), web.agency()),
    }
    return _page("account/factors.html", status, **shown)


@bp.get("")
def index() -> Response:
    """What is set up, and a form to add one."""
    return _index()


@bp.post("")
@once_more.asked
def begin() -> Response:
    """Begin to set one up, under a name."""
    form, account = AuthenticatorForm(), web.account()
    try:
        begun = factors.begin(account, form.name.data or "", by=account)
    except (Invalid, Conflict) as refusal:
        return _index(form, web.refuse(form, refusal))
    return redirect(url_for(".show", authenticator=begun.id), 303)


@bp.get("/<int:authenticator>")
def show(authenticator: int) -> Response:
    """The QR code and the secret of what is being set up, until its first code."""
    begun = factors.find(authenticator, by=web.account())
    return _set_up(begun, CodeForm(formdata=None))


def _set_up(begun: Authenticator, form: CodeForm, status: int = 200) -> Response:
    secret = factors.secret_of(begun)
    grouped = " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))
    drawn = qr_code.drawn(factors.address_of(begun))
    return _page("account/factor.html", status, begun=begun, form=form, secret=grouped, qr=drawn)


@bp.post("/<int:authenticator>")
def confirm(authenticator: int) -> Response:
    """Have it count, by the first code that it shows."""
    form, account = CodeForm(), web.account()
    try:
        app = factors.confirm(authenticator, form.factor_code.data or "", by=account)
    except (Invalid, TooMany) as refusal:
        web.note("code_refused", account.id)
        form.factor_code.errors = [web.say(refusal)]  # its own field, whatever was refused
        return _set_up(factors.find(authenticator, by=account), form, refusal.status)
    web.note("factor_added", account.id)
    flash(_("%(name)s is set up: from now on you sign in with your password and a code.", name=app.name))
    return _added()


def _added() -> Response:
    """Back to what there is; with the first of all to its recovery codes."""
    account = web.account()
    if recovery_codes.left(account):
        return redirect(url_for(".index"), 303)
    return _page("account/recovery_codes.html", codes=recovery_codes.renew(account, by=account))


@bp.post("/<int:authenticator>/remove")
@once_more.asked
def remove(authenticator: int) -> Response:
    """Take one away."""
    gone = factors.remove(authenticator, by=web.account())
    web.note("factor_removed", web.account().id)
    flash(_("%(name)s is removed: its codes no longer work.", name=gone.name))
    return redirect(url_for(".index"), 303)


@bp.post("/passkeys/new")
@once_more.asked
def begin_passkey() -> Response:
    """Begin to add a passkey, under a name."""
    form, account = PasskeyForm(), web.account()
    try:
        name = factors.checked_name(form.name.data or "")
        factors.check_room(account, name, Passkey)
    except (Invalid, Conflict) as refusal:
        return _passkey_page(form, web.refuse(form, refusal))
    return redirect(url_for(".new_passkey", name=name), 303)


@bp.get("/passkeys/new")
def new_passkey() -> Response:
    """The page that asks for a name, and by which a browser makes one of that name."""
    return _passkey_page(PasskeyForm(formdata=None), name=request.args.get("name", ""))


def _passkey_page(form: PasskeyForm, status: int = 200, name: str = "") -> Response:
    return _page("account/passkey.html", status, form=form, name=name[: factors.LONGEST_NAME])


@bp.post("/passkeys/options")
def passkey_options() -> Response:
    """What a browser makes a passkey of."""
    account, here = web.account(), passkey_button.site()
    return jsonify(passkeys.creation_options(account, passkey_button.browser(), here))


@bp.post("/passkeys")
@once_more.asked
def add_passkey() -> Response:
    """Have the one count that the browser made."""
    form, account, name = PasskeyForm(), web.account(), request.form.get("name", "")
    here = passkey_button.browser(), passkey_button.site()
    try:
        passkey = passkeys.add(request.form.get("new_passkey", ""), name, *here, by=account)
    except (Invalid, Conflict) as refusal:
        passkey_button.note(refusal, account)
        form.form_errors = [web.say(refusal)]
        return _passkey_page(form, refusal.status, name)
    web.note("passkey_added", account.id)
    flash(
        _(
            "%(name)s is set up: it signs you in, and after your password it is the second step.",
            name=passkey.name,
        )
    )
    return _added()


@bp.post("/passkeys/challenge")
def passkey() -> Response:
    """What a passkey of who is signed in has to sign, when it is asked once more."""
    return passkey_button.options("once-more", web.account())


@bp.post("/passkeys/<int:passkey>/remove")
@once_more.asked
def remove_passkey(passkey: int) -> Response:
    """Take a passkey away."""
    gone = passkeys.remove(passkey, by=web.account())
    web.note("passkey_removed", web.account().id)
    flash(_("%(name)s is removed: it no longer signs you in.", name=gone.name))
    return redirect(url_for(".index"), 303)


@bp.post("/recovery-codes")
@once_more.asked
def renew_recovery_codes() -> Response:
    """Ten new recovery codes, shown in this answer and never again."""
    account = web.account()
    codes = recovery_codes.renew(account, by=account)
    web.note("recovery_codes_renewed", account.id)
    return _page("account/recovery_codes.html", codes=codes)


@bp.post("/recovery-codes/file")
def recovery_code_file() -> Response:
    """The codes that the page shows, as a file to keep: the page sends them, since nobody else has them."""
    codes = recovery_codes.of_page(web.account(), request.form.get("codes", ""))
    if not codes:
        raise Conflict("These codes no longer work: others were made since. Make new ones.")
    name = secure_filename(_("Konnekt recovery codes"))
    return attachment("\n".join([*codes, ""]), "text/plain; charset=utf-8", f"{name}.txt")


@bp.errorhandler(Refused)
def refused(refusal: Refused) -> Response:
    """What is not there, or was set up meanwhile in another tab: the page says so, and what there is."""
    flash(web.say(refusal), "warning")
    shown = AuthenticatorForm(formdata=None)
    return _index(shown, refusal.status)
