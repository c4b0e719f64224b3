"""What was on its way when a session had ended, or when its page was older than the last sign-in.

Nothing typed is lost: with scripts the page stays and asks to sign in on the spot; without them what was
sent waits in the sign-in form, and is sent after it, by hand. Only what a form of our own page sent is kept
so, never a password and never a file.
"""

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from flask import Flask, current_app, make_response, render_template, request
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError, generate_csrf
from werkzeug import Response
from werkzeug.exceptions import HTTPException

from konnekt import web
from konnekt.forms.auth import SignInForm

MOST = 200_000  # characters: longer than any form of ours
# A form that asks for a password is typed again.
SECRETS = {"current", "password"}


@dataclass(frozen=True)
class Unsent:
    """A form that did not arrive: its address, its fields as they travel, the page that it stood on."""

    path: str
    text: str
    back: str

    @property
    def fields(self) -> list[tuple[str, str]]:
        return parse_qsl(self.text, keep_blank_values=True)

    @property
    def sentences(self) -> list[str]:
        """What of it is prose, to recognise it by."""
        return [value for name, value in self.fields if name in ("reason", "remark") and value]


def of_request() -> Unsent | None:
    """This request as something to send later, or None where it was no form of ours, or has a secret."""
    is_ours = request.headers.get("Sec-Fetch-Site") == "same-origin"
    if request.method != "POST" or not is_ours or request.files or SECRETS & set(request.form):
        return None
    fields = [pair for pair in request.form.items(multi=True) if pair[0] != "csrf_token"]
    path = request.full_path if request.query_string else request.path
    return _checked(path, urlencode(fields), web.page_before())


def of_sign_in() -> Unsent | None:
    """What the sign-in form carries with it."""
    form = request.form
    return _checked(form.get("unsent_to", ""), form.get("unsent", ""), web.own_path(form.get("next")))


def _checked(path: str, text: str, back: str) -> Unsent | None:
    """None where it is too long, or not for an address of ours that takes forms of who is signed in."""
    path = web.own_path(path)
    try:
        endpoint = current_app.url_map.bind("").match(path.partition("?")[0], method="POST")[0]
    except HTTPException:
        return None
    is_known = bool(path) and not str(endpoint).startswith("auth.")
    return Unsent(path, text, back or "/") if is_known and len(text) <= MOST else None


def sign_in_first() -> Response:
    """Ask to sign in without losing what was typed."""
    if request.method != "POST" or not (web.is_htmx() or of_request()):
        return web.sign_in_first()
    web.note("sign_in_first")
    form = SignInForm(formdata=None)
    if web.is_htmx():
        return on_the_spot(form, 401)
    found = of_request()
    assert found is not None
    page = render_template("auth/login.html", form=form, next=found.back, unsent=found)
    return make_response(page, 401)


def on_the_spot(form: SignInForm, status: int) -> Response:
    """The sign-in form above a page that stays as it is; a draft that saves itself leaves the focus alone."""
    return web.problem("auth/on_the_spot.html", status, form=form, is_quiet="quiet" in request.form)


def go_on() -> Response:
    """Signed in on the spot: the forms of the page get a token that works."""
    told = {"notice": _("You are signed in again. What you typed is still here: send it once more.")}
    return web.tell(make_response(""), told | {"token": generate_csrf()})


def ask(found: Unsent, status: int = 200) -> Response:
    """Show what did not arrive, to send it after all."""
    return make_response(render_template("auth/unsent.html", unsent=found), status)


def init_app(app: Flask) -> None:
    """A page from before the last sign-in: what it sent is asked about, or its forms are made to work."""

    @app.errorhandler(CSRFError)
    def too_old(error: CSRFError) -> Response:
        found = of_request()
        if web.is_htmx():
            sentence = _(
                "This page was too old. Nothing was sent, what you typed is still here: send it once more."
            )
            answer = web.problem("errors/refused.html", 400, sentence=sentence)
            return web.tell(answer, {"token": generate_csrf()})
        return ask(found, 400) if found else web.problem("errors/400.html", 400)
