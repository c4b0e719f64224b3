"""Sending somebody to a provider, and taking the answer: once, in the same browser, within ten minutes.

The address carries a random state, the browser's cookie a random token; the table keeps the hashes of both,
and sealed what the answer is checked with. So an answer that is sent again, kept for long, made for another
browser, or of another provider than was asked, is none.
"""

import secrets
from datetime import timedelta
from typing import NamedTuple

from konnekt.background import mail
from konnekt.domain import clock
from konnekt.domain.accounts import attempts, openid, sealing
from konnekt.domain.accounts.openid import Answer, ProviderRefusal
from konnekt.domain.accounts.sessions import digest
from konnekt.domain.refusals import N_
from konnekt.models import Account, AccountLink, ProviderRequest
from konnekt.providers import Provider

LASTS = timedelta(minutes=10)


class Returned(NamedTuple):
    """Who came back from a provider: what for, and what it said. carried: what had been typed elsewhere."""

    request: ProviderRequest
    answer: Answer
    carried: str


def redirect_address(provider: Provider) -> str:
    """Where the provider sends the browser back to: it has to know this address beforehand."""
    return mail.link(f"/login/with/{provider.key}/answer")


def begin(
    provider: Provider,
    purpose: str,
    *,
    browser: str,
    address: str,
    account: Account | None = None,
    link: AccountLink | None = None,
    back: str = "/",
    carried: str = "",
) -> str:
    """Where to send the browser with this token. Raises ProviderRefusal, TooMany."""
    attempts.record(attempts.provider_limits(address))
    state, nonce, verifier = (secrets.token_urlsafe(48) for _ in range(3))
    where = openid.address_of(
        provider,
        redirect_address(provider),
        state=state,
        nonce=nonce,
        verifier=verifier,
        anew=purpose == "once_more",
    )
    now = clock.now()
    ProviderRequest.delete().where(ProviderRequest.expires_at <= now).execute()
    ProviderRequest.create(
        state_hash=digest(state),
        browser_hash=digest(browser),
        provider=provider.key,
        purpose=purpose,
        account=account,
        link=link,
        sealed=sealing.seal(f"{nonce} {verifier} {carried}", _about(digest(state))),
        back=back,
        created_at=now,
        expires_at=now + LASTS,
    )
    return where


def finish(
    provider: Provider, *, state: str, browser: str, code: str, error: str, issuer: str | None
) -> Returned:
    """Take what came back with this state and code. Raises ProviderRefusal.

    issuer: what the answer says of itself (RFC 9207), where it does.
    """
    request = _taken(provider, state, browser)
    if issuer is not None and issuer != provider.issuer:
        raise openid.untrusted(provider, "other_issuer")
    if error:
        sentence = N_("%(provider)s did not let you in. Try again, or sign in another way.")
        raise ProviderRefusal(sentence, "error_answer", provider)
    if not code:
        raise openid.untrusted(provider, "no_code")
    try:
        unsealed = sealing.unseal(request.sealed, _about(request.state_hash))
    except sealing.Unreadable:
        raise _over(provider) from None
    nonce, verifier, carried = unsealed.split(" ", 2)
    here = redirect_address(provider)
    answer = openid.finish(provider, here, code=code, nonce=nonce, verifier=verifier)
    return Returned(request, answer, carried)


def _taken(provider: Provider, state: str, browser: str) -> ProviderRequest:
    """Use the request up: of two answers with one state the first counts."""
    now = clock.now()
    this = (
        (ProviderRequest.state_hash == digest(state))
        & (ProviderRequest.browser_hash == digest(browser))
        & (ProviderRequest.provider == provider.key)
        & (ProviderRequest.expires_at > now)
        & ProviderRequest.used_at.is_null()
    )
    if not browser or ProviderRequest.update(used_at=now).where(this).execute() != 1:
        raise _over(provider)
    request: ProviderRequest = ProviderRequest.get(ProviderRequest.state_hash == digest(state))
    return request


def _over(provider: Provider) -> ProviderRefusal:
    sentence = N_(
        "Signing in with %(provider)s took longer than ten minutes, was done already, or began in another "
        "browser. Begin again."
    )
    return ProviderRefusal(sentence, "no_request", provider)


def _about(state_hash: str) -> str:
    return f"sign-in by a provider {state_hash}"


def purpose_of(state: str, browser: str) -> str:
    """What this browser was sent to a provider for; empty where nothing is known of it."""
    this = (ProviderRequest.state_hash == digest(state)) & (ProviderRequest.browser_hash == digest(browser))
    request = ProviderRequest.select(ProviderRequest.purpose).where(this).first()
    return str(request.purpose) if request else ""
