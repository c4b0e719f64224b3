"""The edge: what gets in, what every answer carries, and what is said when the database is gone."""

import re

from flask import Flask, abort, current_app, g, request
from flask_login import AnonymousUserMixin, current_user
from peewee import InterfaceError, OperationalError
from playhouse.pool import MaxConnectionsExceeded, PooledDatabase
from werkzeug import Response
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter

from konnekt.background import logs, proxies
from konnekt.config import Config
from konnekt.db import db
from konnekt.screens import asked_too_much, required_factor, unsent, web

# What somebody who is not signed in may ask for. Everything else is refused unless it stands here.
PUBLIC = {"static", "auth.login", "auth.passkey", "auth.forgotten", "auth.link", "auth.language"}
# To who is half signed in; nobody else gets past it.
PUBLIC |= {"second_step.show", "second_step.check", "second_step.passkey"}
PUBLIC |= {"identities.begin", "identities.answer"}
PUBLIC |= {"deputies.asked", "deadlines.read"}
PUBLIC |= {f"mail_links.{name}" for name in ("show", "approve", "sheet", "reject", "undo")}
PUBLIC |= {"healthz", "readyz", "metrics", "help.show", "help.state", "help.worker"}

# What asks the database nothing, or has an answer where it is gone.
WITHOUT_DATABASE = {"static", "healthz", "readyz", "metrics"}

# Where more than elsewhere may be sent, and how many MB.
UPLOADS = {"bureau.imports.upload": 32}

UNSTORABLE = re.compile("[\0\ud800-\udfff]")

METHODS = {"GET", "HEAD", "POST", "OPTIONS"}
READING = {"GET", "HEAD", "OPTIONS"}

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
TWO_YEARS = "max-age=63072000; includeSubDomains"

# When not even the error page can be made.
LAST_WORDS = """<!doctype html>
<html lang="nl"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Konnekt</title>
<h1>Even niet bereikbaar</h1>
<p>Het portaal kan zijn gegevens nu niet lezen. Wat al op uw scherm bevestigd was, is bewaard.
Probeer het over een paar minuten opnieuw.</p>
<p lang="en">The portal can't reach its records at the moment. What was confirmed on your screen is kept.
Try again in a few minutes.</p>
</html>
"""


class RowConverter(IntegerConverter):
    """A row's number in an address: one that no table can hold is not found, instead of a crash."""

    def __init__(self, *args: object, **options: object) -> None:
        options.setdefault("max", 2**31 - 1)
        super().__init__(*args, **options)  # type: ignore[arg-type]


def init_app(app: Flask, config: Config) -> None:
    """Guard every request, dress every answer."""
    app.url_map.converters["int"] = RowConverter
    if config.trusted_proxies:
        count = config.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count)  # type: ignore[method-assign]

    @app.before_request
    def guard() -> Response | None:
        _take_more_from_the_agency()
        _refuse_what_no_form_sends()
        if request.endpoint in WITHOUT_DATABASE:
            return None
        db.connect(reuse_if_open=True)
        if not config.trusted_proxies:
            proxies.look(request.remote_addr or "", request.headers)
        if request.endpoint and request.endpoint not in PUBLIC and not current_user.is_authenticated:
            return unsent.sign_in_first()
        if request.endpoint not in PUBLIC and (first := required_factor.set_up_first()):
            return first
        web.csrf.protect(apply_exemptions=True)
        if request.endpoint and request.endpoint not in PUBLIC:
            asked_too_much.count()
        return None

    @app.after_request
    def dress(response: Response) -> Response:
        given = {name.lower() for name, _value in response.headers}
        response.headers.extend([one for one in HEADERS.items() if one[0].lower() not in given])
        if config.is_https:
            response.headers["Strict-Transport-Security"] = TWO_YEARS
        if request.endpoint != "static" or response.status_code >= 400:
            response.headers["Cache-Control"] = "no-store"
        elif "v" in request.args:
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response

    unsent.init_app(app)
    asked_too_much.init_app(app)
    for error in (OperationalError, InterfaceError, MaxConnectionsExceeded):
        app.register_error_handler(error, _unavailable)


def _take_more_from_the_agency() -> None:
    """Before the form is read: where files are uploaded, and from nobody else."""
    most = UPLOADS.get(request.endpoint or "")
    if most and request.method == "POST":
        db.connect(reuse_if_open=True)
        if current_user.is_authenticated and current_user.is_agency_staff:
            web.allow_size(most)


def _refuse_what_no_form_sends() -> None:
    """Methods, origins, content and characters that no page of ours makes.

    Without the second a form would read its fields from JSON: numbers and lists where text is meant. No
    database of ours takes a NUL or half a surrogate pair.
    """
    if request.method not in METHODS:
        abort(405)
    if request.method not in READING and request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site"):
        abort(403)
    if request.method not in READING and (request.mimetype or request.content_length) and not _is_form():
        abort(415)
    typed = [request.path, *(text for pair in request.args.items(multi=True) for text in pair)]
    if request.method not in READING:
        typed += [text for pair in request.form.items(multi=True) for text in pair]
        typed += [str(file.filename) for file in request.files.values()]
    if UNSTORABLE.search("\n".join(typed)):
        abort(400)


def _is_form() -> bool:
    return request.mimetype in ("application/x-www-form-urlencoded", "multipart/form-data")


def _unavailable(error: Exception) -> Response:
    """503 in plain words, without asking the database anything more, and with the connection put away."""
    current_app.logger.error("the database can't be reached", exc_info=error, extra=logs.outage(error))
    g._login_user = AnonymousUserMixin()
    forget_connections()
    try:
        response = web.problem("errors/503.html", 503)
    except Exception:  # whatever keeps the page from being made, these words are
        response = Response(LAST_WORDS, mimetype="text/html")
    response.status_code = 503
    response.headers["Retry-After"] = "30"
    return response


def forget_connections() -> None:
    """Close this thread's connection and the idle ones: after a restart of the server none of them works."""
    pooled = isinstance(db.obj, PooledDatabase)
    try:
        db.obj.manual_close() if pooled else db.close()
        if pooled:
            db.obj.close_idle()
    except Exception:  # it was broken already
        return
