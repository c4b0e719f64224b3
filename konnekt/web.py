"""Pages, fragments and refusals: the only file that knows HX-* headers."""

import json
from typing import Any

from flask import Flask, abort, flash, g, make_response, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_babel import Babel, gettext
from flask_login import LoginManager, current_user
from flask_wtf import CSRFProtect
from werkzeug import Response

from konnekt.config import Config
from konnekt.db import db
from konnekt.domain import access, approvals, sessions
from konnekt.domain.refused import Refused
from konnekt.models import LANGUAGES, Account

login_manager = LoginManager()
csrf = CSRFProtect()


def is_htmx() -> bool:
    """Whether htmx asks for a fragment (a history restore wants the whole page)."""
    return "HX-Request" in request.headers and "HX-History-Restore-Request" not in request.headers


def page(template: str, partial: str | None = None, status: int = 200, **context: Any) -> Response:
    """Render a full page, or only its partial when htmx asks for it."""
    name = partial if partial and is_htmx() else template
    response: Response = make_response(render_template(name, **context), status)
    response.vary.add("HX-Request")
    return response


def done(notice: str, location: str, partial: str, **context: Any) -> Response:
    """Answer a change: the partial and a spoken notice for htmx, else a flash and 303."""
    if is_htmx():
        return announce(make_response(render_template(partial, **context)), notice)
    flash(notice)
    return redirect(location, 303)


def announce(response: Response, notice: str) -> Response:
    """Have the page's status line say the notice after the swap."""
    response.headers["HX-Trigger"] = json.dumps({"notice": notice})
    return response


def or_404(row: Any) -> Any:
    """The row, or 404 where there is none for you."""
    if row is None:
        abort(404)
    return row


def say(refusal: Refused) -> str:
    """The refusal's sentence in the reader's language."""
    return str(gettext(refusal.sentence, **refusal.values))


def grants() -> access.Grants:
    """The signed-in account's rights, read once per request."""
    if "grants" not in g:
        g.grants = access.grants(current_user)
    return g.grants  # type: ignore[no-any-return]


def waiting() -> approvals.Waiting:
    """What waits for this account's approval, counted once per request: menu, list and home show it."""
    if "waiting" not in g:
        g.waiting = approvals.waiting(grants())
    return g.waiting  # type: ignore[no-any-return]


def language() -> str:
    """The reader's language: the account's, else the remembered switch, else Dutch."""
    chosen = current_user.language if current_user.is_authenticated else session.get("language")
    return chosen if chosen in LANGUAGES else "nl"


def init_app(app: Flask, config: Config) -> None:
    """Wire sessions, CSRF, languages, errors and the connection per request."""
    app.config.update(
        SECRET_KEY=config.secret(),
        SESSION_COOKIE_NAME="__Host-konnekt" if config.is_https else "konnekt",
        SESSION_COOKIE_SECURE=config.is_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=4 * 1024 * 1024,
        BABEL_DEFAULT_LOCALE="nl",
        BABEL_DEFAULT_TIMEZONE="Europe/Amsterdam",
        WTF_CSRF_TIME_LIMIT=None,
    )
    login_manager.init_app(app)
    login_manager.login_view = "auth.login"
    login_manager.login_message = None
    login_manager.session_protection = None
    csrf.init_app(app)
    Babel(app, locale_selector=language)
    app.jinja_env.globals.update(grants=grants, waiting=waiting, language=language)

    @app.before_request
    def connect() -> None:
        if request.endpoint != "static":
            db.connect(reuse_if_open=True)

    @app.teardown_request
    def close(_error: BaseException | None) -> None:
        if not db.is_closed():
            db.close()

    @app.errorhandler(Refused)
    def refused(refusal: Refused) -> ResponseReturnValue:
        return page("errors/refused.html", status=refusal.status, sentence=say(refusal))


@login_manager.user_loader  # type: ignore[untyped-decorator]
def load_account(token: str) -> Account | None:
    """The account of a live session; one statement, at most once a request."""
    found = sessions.find(token)
    if found is None:
        return None
    account: Account = found.account
    account.session_token = token
    return account
