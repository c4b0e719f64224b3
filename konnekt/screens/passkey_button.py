"""The button of a passkey: what the browser is given to sign, and who signed what comes back.

The button comes by script (static/passkeys.js), which puts what was signed in the field `passkey` of the form
around it; no page speaks of passkeys where a browser knows none.
"""

from flask import Flask, Response, current_app, jsonify, request, session

from konnekt.domain.accounts import passkeys
from konnekt.domain.refusals import Invalid, Refused, TooMany
from konnekt.models import Account
from konnekt.screens import web


def init_app(app: Flask) -> None:
    """Let templates ask whether this portal's address takes passkeys."""
    app.jinja_env.globals["takes_passkeys"] = lambda: site().takes_passkeys


def site() -> passkeys.Site:
    """This portal, as passkeys know it."""
    return passkeys.site(current_app.config["KONNEKT"].url)


def browser() -> str:
    """What tells this browser from all others, signed in or not: its cookie holds it since it has a page."""
    return str(session.get("csrf_token", ""))


def is_pressed() -> bool:
    """Whether the form came with what a passkey signed."""
    return "passkey" in request.form


def options(purpose: str, account: Account | None = None) -> Response:
    """What is to be signed; account: by whose passkey, None: anybody's."""
    here = request.remote_addr or ""
    return jsonify(passkeys.options(purpose, browser(), site(), address=here, account=account))


def check(purpose: str, account: Account | None = None) -> Account:
    """Whose passkey signed it. Raises Invalid, TooMany, and says why in the log."""
    here = request.remote_addr or ""
    try:
        return passkeys.check(
            request.form["passkey"], purpose, browser(), site(), address=here, account=account
        )
    except TooMany:
        web.note("passkey_throttled", account.id if account else None)
        raise
    except Invalid as refusal:
        note(refusal, account)
        raise


def note(refusal: Refused, account: Account | None = None) -> None:
    """Say in the log why one was refused, without what was sent."""
    reason = refusal.values.get("reason", "invalid")
    web.note(f"passkey_{reason}", refusal.values.get("account") or (account.id if account else None))
