"""The cookie of a device that somebody signed in on: a random token and nothing else."""

from flask import Response, after_this_request, current_app, request

from konnekt.domain.accounts import known_devices
from konnekt.models import Account


def _name() -> str:
    return "__Host-konnekt-device" if current_app.config["SESSION_COOKIE_SECURE"] else "konnekt-device"


def token() -> str:
    """What this browser's cookie holds; empty where it has none."""
    return request.cookies.get(_name(), "")[:100]


def forget_others(account: Account) -> None:
    """The account is known on this browser alone."""
    known_devices.forget(account, keep=token())


def remember(account: Account) -> None:
    """The account is known on this browser from now on: the answer to this request carries the cookie."""
    fresh = known_devices.remember(account, token())

    @after_this_request
    def hand_over(response: Response) -> Response:
        response.set_cookie(
            _name(),
            fresh,
            max_age=known_devices.LASTS,
            secure=current_app.config["SESSION_COOKIE_SECURE"],
            httponly=True,
            samesite="Lax",
        )
        return response
