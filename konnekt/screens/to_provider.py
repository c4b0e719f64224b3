"""Leaving for a provider (OpenID Connect): the page that goes there, and what ties the answer to a browser.

A page, not a redirect: the policy of the pages lets a form go to this host alone, whatever it is led on to.
"""

import secrets
from typing import Any

from flask import Flask, current_app, flash, session, url_for
from flask_babel import gettext as _
from werkzeug import Response

from konnekt.background import mail
from konnekt.domain.accounts import identities, openid, provider_requests
from konnekt.domain.refusals import NotFound
from konnekt.providers import Provider
from konnekt.screens import signing_in, web

NAME = "to_provider"


def browser() -> str:
    """The token of this browser's cookie; empty where it was never sent to a provider."""
    return str(session.get(NAME, ""))


def leave(provider: Provider, purpose: str, **about: Any) -> Response:
    """Send the browser to the provider. about: as provider_requests.begin takes it. Raises what it does."""
    token = session.setdefault(NAME, secrets.token_urlsafe(32))
    here = signing_in.here()["address"]
    address = provider_requests.begin(provider, purpose, browser=token, address=here, **about)
    web.note("to_provider")
    return _page(address, provider)


def leave_signed_out(key: str) -> Response | None:
    """End the session at the provider too; None where it has no way to, or does not say so now."""
    try:
        provider = identities.find_provider(key)
        address = openid.sign_out_address(provider, mail.link(url_for("auth.login")))
    except openid.ProviderRefusal as refusal:
        log(refusal)
        flash(_("At %(provider)s you may still be signed in.", provider=provider.name), "warning")
        return None
    except NotFound:  # no longer in the settings
        return None
    return _page(address, provider, is_out=True) if address else None


def _page(address: str, provider: Provider, *, is_out: bool = False) -> Response:
    # Who signs out is still known to this request, and no longer to the next: the page has no menu.
    shown: dict[str, Any] = {"address": address, "provider": provider, "is_out": is_out, "bare": is_out}
    response = signing_in.page("auth/to_provider.html", **shown)
    response.headers["Refresh"] = f"0; url={address}"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def log(refusal: openid.ProviderRefusal) -> None:
    """Have the log say which provider, and why: words of ours, nothing that travelled."""
    current_app.logger.warning("sign-in with %s refused: %s", refusal.provider.key, refusal.reason)


def init_app(app: Flask) -> None:
    """Give the templates the providers."""
    app.jinja_env.globals["providers"] = lambda: current_app.config["KONNEKT"].providers
