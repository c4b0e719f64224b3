"""Pages, fragments and refusals: the only file that knows HX-* headers."""

import json
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, abort, flash, g, make_response, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import Babel, gettext
from flask_login import LoginManager, current_user
from flask_wtf import CSRFProtect
from werkzeug import Response
from werkzeug.exceptions import HTTPException

from konnekt.config import Config
from konnekt.db import db
from konnekt.domain import access
from konnekt.domain.accounts import sessions
from konnekt.domain.approvals import waiting as waiting_sheets
from konnekt.domain.hours import sheets
from konnekt.domain.refusals import Forbidden, NotFound, Refused
from konnekt.domain.registration import teams
from konnekt.models import LANGUAGES, Account, Agency
from konnekt.screens.formats import day, period

login_manager = LoginManager()
csrf = CSRFProtect()

ERROR_PAGES = {400, 403, 404, 405, 409, 413, 429, 500, 503}


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


def allow_size(megabytes: int) -> None:
    """Take more in this request than elsewhere."""
    request.max_content_length = megabytes * 1024**2


def problem(template: str, status: int, **context: Any) -> Response:
    """An error's page; htmx gets its sentence, which stands above a page that stays as it was."""
    response = make_response(render_template(template, is_fragment=is_htmx(), **context), status)
    response.vary.add("HX-Request")
    if is_htmx():
        response.headers["HX-Retarget"] = "#problem"
        response.headers["HX-Reswap"] = "innerHTML"
    return response


def announce(response: Response, notice: str) -> Response:
    """Have the page's status line say the notice after the swap, and the menu show the new counts."""
    told: dict[str, Any] = {"notice": notice}
    places = {"waiting": "approvals.index", "drafts": "registration.index", "to_fill_in": "hours.index"}
    counts = {"waiting": lambda: waiting().count, "drafts": drafts, "to_fill_in": urgent_count}
    if any(name in g for name in places):
        told["counts"] = {place: counts[name]() for name, place in places.items() if name in g}
    return tell(response, told)


def tell(response: Response, told: dict[str, Any]) -> Response:
    """Have the page's script hear of something: each name is an event with a value."""
    response.headers["HX-Trigger"] = json.dumps(told)
    return response


def announce_end(response: Response) -> Response:
    """Have long work that ended say so once, where htmx waits for it."""
    return announce(response, gettext("The work has ended.")) if is_htmx() else response


def moved(response: Response, location: str, over: str = "") -> Response:
    """The fragment is another page's: the address becomes that page's.

    over: the selector of what it replaces, where that is more than what the form names.
    """
    if over:
        response.headers["HX-Retarget"] = over
    response.headers["HX-Push-Url"] = location
    return response


def or_404(row: Any) -> Any:
    """The row, or 404 where there is none for you."""
    return row if row is not None else abort(404)


def say(refusal: Refused) -> str:
    """The refusal's sentence in the reader's language, with its days as this reader writes them."""
    return say_sentence(refusal.sentence, refusal.values)


def say_sentence(sentence: str, values: dict[str, Any]) -> str:
    """The same of a sentence that is stored with its values."""
    shown = {name: day(value) if isinstance(value, date) else value for name, value in values.items()}
    return str(gettext(sentence, **shown))


def refuse(form: Any, refusal: Refused) -> int:
    """Put a refusal beside its field, or above the form, which keeps what was typed; returns the status.

    What is not yours or not there has no form to go back to: that is raised again.
    """
    if isinstance(refusal, (Forbidden, NotFound)):
        raise refusal
    said = [say(one) for one in getattr(refusal, "doubts", [refusal])]
    field = getattr(refusal, "field", "")
    if field in form:
        form[field].errors = said
    else:
        form.form_errors = said
    return refusal.status


def look_again(form: Any, status: int, seen: str) -> None:
    """After a conflict (409) the form is about the row as it is now: sending it again goes through."""
    if status == 409:
        form.seen.raw_data, form.seen.data = None, seen


# A pay period as the reader knows it.
spoken = period


def account() -> Account:
    """Who is signed in."""
    signed_in: Account = current_user._get_current_object()
    return signed_in


def grants() -> access.Grants:
    """The signed-in account's rights, read once per request."""
    if "grants" not in g:
        g.grants = access.grants(account())
    return g.grants  # type: ignore[no-any-return]


def waiting() -> waiting_sheets.Waiting:
    """What waits for this account's approval, counted once per request: menu, list and home show it."""
    if "waiting" not in g:
        g.waiting = waiting_sheets.count(grants())
    return g.waiting  # type: ignore[no-any-return]


def drafts() -> int:
    """How many drafts this account has still to send, counted once per request: menu and home show it."""
    if "drafts" not in g:
        g.drafts = teams.count_drafts(grants())
    return int(g.drafts)


def to_fill_in() -> list[sheets.DueSheet]:
    """What this worker has still to send, read once per request: menu, home and Mijn uren show it."""
    if "to_fill_in" not in g:
        g.to_fill_in = sheets.to_fill_in(account())
    return g.to_fill_in  # type: ignore[no-any-return]


def urgent_count() -> int:
    """How many of those wait for the worker: sent back, or of a period that is over."""
    return sum(due.is_urgent for due in to_fill_in())


def agency() -> Agency | None:
    """The agency, for the footer: it comes with the session, so that it costs no statement of its own."""
    if "agency" not in g:
        g.agency = Agency.select().first()
    return g.agency  # type: ignore[no-any-return]


def note(what: str, who: int | None = None) -> None:
    """Name this request's outcome, and whom it concerns, for the log."""
    g.what, g.who = what, who


def own_path(target: str | None) -> str:
    """The target as a path of this portal, or empty: nobody is sent to another host."""
    if not target or not target.startswith("/") or target.startswith("//") or len(target) > 2000:
        return ""
    if "\\" in target or any(letter < " " or letter == "\x7f" for letter in target):
        return ""
    return target


def page_before(*, is_left: bool = False) -> str:
    """The path of the page that a change was sent from, or unless is_left of the one asked for; or empty."""
    if not is_left and request.method in ("GET", "HEAD") and not is_htmx():
        here = request.full_path if request.query_string else request.path
        return own_path(here) if request.endpoint else ""
    try:
        asked = urlsplit(request.headers.get("HX-Current-URL") or request.referrer or "")
    except ValueError:  # text that is no address
        return ""
    if asked.netloc and asked.netloc != request.host:
        return ""
    return own_path(asked.path + (f"?{asked.query}" if asked.query else ""))


def leave_for(location: str) -> Response:
    """Another page instead of this one, also where htmx asked."""
    return make_response("", 204, {"HX-Redirect": location}) if is_htmx() else redirect(location, 303)


def sign_in_first() -> Response:
    """Ask to sign in, and come back here after; htmx is told to load the whole page."""
    note("sign_in_first")
    back = page_before()
    login = url_for("auth.login", next=back) if back not in ("", "/") else url_for("auth.login")
    return leave_for(login)


def language() -> str:
    """The reader's language: that of whose page it is, the account's, the remembered switch, else Dutch."""
    own = current_user.language if current_user.is_authenticated else session.get("language")
    return chosen if (chosen := g.get("spoken") or own) in LANGUAGES else "nl"


def init_app(app: Flask, config: Config) -> None:
    """Wire sessions, CSRF, languages, errors and the connection per request."""
    app.config.update(
        SECRET_KEY=config.secret(),
        SECRET_KEY_FALLBACKS=config.secrets()[1:],
        SESSION_COOKIE_NAME="__Host-konnekt" if config.is_https else "konnekt",
        SESSION_COOKIE_SECURE=config.is_https,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=4 * 1024 * 1024,
        BABEL_DEFAULT_LOCALE="nl",
        BABEL_DEFAULT_TIMEZONE="Europe/Amsterdam",
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=False,  # a page with a token in its address sends no referrer to compare
        WTF_CSRF_CHECK_DEFAULT=False,  # security.py checks, after it has asked to sign in
    )
    login_manager.init_app(app)
    login_manager.login_view = "auth.login"
    login_manager.login_message = None
    login_manager.session_protection = None
    csrf.init_app(app)
    Babel(app, locale_selector=language)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(
        grants=grants,
        waiting=waiting,
        language=language,
        agency=agency,
        page_before=page_before,
        urgent_count=urgent_count,
    )

    @app.teardown_request
    def close(_error: BaseException | None) -> None:
        if not db.is_closed():
            db.close()

    @app.errorhandler(Refused)
    def refused(refusal: Refused) -> Response:
        return problem("errors/refused.html", refusal.status, sentence=say(refusal))

    @app.errorhandler(HTTPException)
    def failed(error: HTTPException) -> ResponseReturnValue:
        code = error.code or 500
        if code < 400 or error.response is not None:
            return error
        if code >= 500:
            # The database may be what is broken: this page asks it nothing, not even who reads it.
            g.setdefault("_login_user", login_manager.anonymous_user())
        shown = code if code in ERROR_PAGES else 400 if code < 500 else 500
        response = problem(f"errors/{shown}.html", code, most=(request.max_content_length or 0) // 1024**2)
        response.headers.extend(one for one in error.get_headers() if one[0] in ("Allow", "Retry-After"))
        return response


@login_manager.user_loader  # type: ignore[untyped-decorator]
def load_account(token: str) -> Account | None:
    """The account of a live session; one statement, at most once a request."""
    live_session = sessions.find(token)
    if live_session is None:
        return None
    of: Account = live_session.account
    of.session_token = token
    g.agency = live_session.agency
    return of
