"""The cookie by which a browser that somebody signed in with is known: a random token and nothing else."""

from datetime import datetime

from flask import Response, after_this_request, current_app, g, request

from konnekt.domain.accounts import devices
from konnekt.models import Account


def _name() -> str:
    return "__Host-konnekt-browser" if current_app.config["SESSION_COOKIE_SECURE"] else "konnekt-browser"


def token() -> str:
    """What this browser's cookie holds, or will with this answer; empty where it has none."""
    return str(g.get("device_token") or request.cookies.get(_name(), ""))[:100]


def forget_others(account: Account) -> None:
    """The account is known on this browser alone."""
    devices.estrange(account, keep=token())


def signed_in(account: Account, *, address: str, browser: str, is_confirmed: bool) -> None:
    """The account signed in here: the answer to this request carries the cookie."""
    _hand_over(devices.signed_in(account, token(), browser, address, is_confirmed=is_confirmed))


def know(account: Account, *, is_confirmed: bool, since: datetime | None = None) -> None:
    """The same for who chose a password here: that is told in a mail of its own."""
    _hand_over(devices.know(account, token(), is_confirmed=is_confirmed, since=since))


def _hand_over(fresh: str) -> None:
    g.device_token = fresh

    @after_this_request
    def set_cookie(response: Response) -> Response:
        is_https = current_app.config["SESSION_COOKIE_SECURE"]
        response.set_cookie(
            _name(), fresh, max_age=devices.FORGOTTEN_AFTER, secure=is_https, httponly=True, samesite="Lax"
        )
        return response
