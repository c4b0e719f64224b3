"""What was on its way when a session had ended, or when its page was older than the last sign-in.

Nothing typed is lost: with scripts the page stays and asks to sign in on the spot; without them what was
sent waits in the sign-in form, and is sent after it, by hand. Only what a form of our own page sent is kept
so, never a password and never a file; and only for the account whose page it was: the page's CSRF token names
it, and nobody else can sign one.
"""

import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Flask, current_app, flash, g, make_response, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf.csrf import CSRFError, generate_csrf
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug import Response
from werkzeug.exceptions import HTTPException

from konnekt.forms.auth import CodeForm, SignInForm
from konnekt.models import Account
from konnekt.screens import web

MOST = 200_000  # characters: longer than any form of ours
# A form that asks for a password is typed again.
SECRETS = {"current", "password", "factor_code", "once_more", "passkey"}
SECONDS_CARRIED = 24 * 60 * 60


@dataclass(frozen=True)
class UnsentForm:
    """A form that did not arrive: its address, its fields as they travel, its page, and whose page it was."""

    path: str
    text: str
    back: str
    account: Account

    @property
    def signed(self) -> str:
        """As the sign-in form carries it: no other site can make one."""
        token: str = _signer("unsent").dumps([self.path, self.text, self.back, self.account.id])
        return token

    @property
    def fields(self) -> list[tuple[str, str]]:
        return parse_qsl(self.text, keep_blank_values=True)

    @property
    def sentences(self) -> list[str]:
        """What of it is prose, to recognise it by."""
        return [value for name, value in self.fields if name in ("reason", "remark") and value]


def _signer(salt: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt=salt)


def begin(account: Account) -> None:
    """Have the tokens of this session's pages name the account."""
    session["csrf_token"] = f"{secrets.token_hex(20)}.{account.id}"


def account_of(token: str) -> Account | None:
    """Whose page carried this CSRF token; None where we did not sign it, or for somebody signed out."""
    try:
        owner = str(_signer("wtf-csrf-token").loads(token)).partition(".")[2]
    except BadData:
        return None
    return Account.get_or_none(Account.id == int(owner)) if owner.isdecimal() else None


def is_mine(account: Account | None) -> bool:
    """Whether it is this account that is signed in."""
    return account is not None and current_user.is_authenticated and bool(account.id == current_user.id)


def of_request() -> UnsentForm | None:
    """This request as something to send later, or None where it was no form of ours, or has a secret."""
    origin = request.headers.get("Origin")
    # A text browser says neither of the two; the page's token is what nobody else can make.
    is_ours = request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"
    is_ours &= origin is None or urlsplit(origin).netloc == request.host
    if request.method != "POST" or not is_ours or request.files or SECRETS & set(request.form):
        return None
    fields = [pair for pair in request.form.items(multi=True) if pair[0] != "csrf_token"]
    path = request.full_path if request.query_string else request.path
    account = account_of(request.form.get("csrf_token", ""))
    return _checked(path, urlencode(fields), web.page_before(), account)


def of_sign_in() -> UnsentForm | None:
    """What the sign-in form carries with it."""
    try:
        signed = g.get("unsent") or request.form.get("unsent", "")
        carried = _signer("unsent").loads(signed, max_age=SECONDS_CARRIED)
    except BadData:
        return None
    path, text, back, account = carried
    return _checked(path, text, back, Account.get_or_none(Account.id == account))


def _checked(path: str, text: str, back: str, account: Account | None) -> UnsentForm | None:
    """None where it is too long, or not for an address of ours that takes forms of who is signed in."""
    path = web.own_path(path)
    try:
        endpoint = current_app.url_map.bind("").match(path.partition("?")[0], method="POST")[0]
    except HTTPException:
        return None
    is_of_signing_in = str(endpoint).startswith(("auth.", "second_step.", "identities."))
    if account is None or not path or is_of_signing_in or len(text) > MOST:
        return None
    return UnsentForm(path, text, back or "/", account)


def sign_in_first() -> Response:
    """Ask to sign in without losing what was typed."""
    if request.method != "POST" or not (web.is_htmx() or of_request()):
        return web.sign_in_first()
    web.note("sign_in_first")
    form = SignInForm(formdata=None)
    if web.is_htmx():
        return on_the_spot(form, 401)
    unsent = of_request()
    assert unsent is not None
    page = render_template("auth/login.html", form=form, next=unsent.back, unsent=unsent)
    return make_response(page, 401)


def on_the_spot(
    form: SignInForm | CodeForm, status: int, template: str = "auth/on_the_spot.html", **context: Any
) -> Response:
    """The sign-in form above a page that stays as it is; a draft that saves itself leaves the focus alone."""
    was = request.form.get("was") or request.form.get("csrf_token", "")
    return web.problem(
        template,
        status,
        form=form,
        is_quiet="quiet" in request.form,
        was=was,
        account=account_of(was),
        **context,
    )


def go_on() -> Response:
    """Signed in on the spot: the forms of the page get a token that works, if it is of who signed in."""
    if not is_mine(account_of(request.form.get("was", ""))):
        return leave()
    told = {"notice": _("You are signed in again. What you typed is still here: send it once more.")}
    return web.tell(make_response(""), told | {"token": generate_csrf()})


def leave() -> Response:
    """Somebody else signed in: the page of the one before is left, with all that was typed on it."""
    sentence = _(
        "You are signed in as %(name)s now. The page of somebody else was closed: nothing of it was sent.",
        name=current_user.name,
    )
    flash(sentence, "warning")
    return web.leave_for(url_for("home.index"))


def ask(unsent: UnsentForm, status: int = 200) -> Response:
    """Show what did not arrive, to send it after all."""
    return make_response(render_template("auth/unsent.html", unsent=unsent), status)


def init_app(app: Flask) -> None:
    """A page from before the last sign-in: what it sent is asked about, or its forms are made to work."""

    @app.errorhandler(CSRFError)
    def too_old(error: CSRFError) -> Response:
        unsent = of_request()
        is_own = is_mine(account_of(request.form.get("csrf_token", "")))
        if not is_own:
            sentence = _("This page is not of who is signed in now. Nothing was sent: load the page again.")
            return web.problem("errors/refused.html", 400, sentence=sentence)
        if web.is_htmx():
            sentence = _(
                "This page was too old. Nothing was sent, what you typed is still here: send it once more."
            )
            answer = web.problem("errors/refused.html", 400, sentence=sentence)
            return web.tell(answer, {"token": generate_csrf()})
        return ask(unsent, 400) if unsent else web.problem("errors/400.html", 400)
