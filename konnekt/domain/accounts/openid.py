"""OpenID Connect with one provider: where to send somebody, and what its answer proves.

Discovery, authorisation code with PKCE (S256), state and nonce (OIDC Core, RFC 9700). Authlib makes the
addresses and checks the claims; it is loaded when somebody signs in so, and by nobody else.
"""

import time
from datetime import datetime
from typing import Any, NamedTuple

from konnekt.domain import clock
from konnekt.domain.accounts import fetching
from konnekt.domain.accounts.fetching import NoAnswer
from konnekt.domain.refusals import N_, Refused
from konnekt.providers import Provider, is_safe

WELL_KNOWN = "/.well-known/openid-configuration"
# Signatures by a key of the provider's own; none with a secret that two know, and never "none".
ALGORITHMS = [f"{kind}{size}" for kind in ("RS", "PS", "ES") for size in (256, 384, 512)]
LEEWAY = 120  # seconds that its clock may differ from ours
FRESH = 3600.0  # seconds
# So long nobody waits again for a provider that did not answer.
RESTS = 20.0
LONGEST_SUBJECT = 255

_answers: dict[str, tuple[float, dict[str, Any] | NoAnswer]] = {}


class ProviderRefusal(Refused):
    """Nobody is let in by what a provider answered. reason: a word for the log, without anything secret."""

    def __init__(self, sentence: str, reason: str, provider: Provider, status: int = 422) -> None:
        super().__init__(sentence, provider=provider.name)
        self.reason, self.status, self.provider = reason, status, provider


class Answer(NamedTuple):
    """What a provider vouches for. signed_in_at: when it last asked, where it says so."""

    provider: Provider
    subject: str
    had_factor: bool = False
    signed_in_at: datetime | None = None


def untrusted(provider: Provider, reason: str) -> ProviderRefusal:
    """What came is not what a provider says who is asked by us."""
    sentence = N_(
        "What %(provider)s answered can't be trusted, so nobody is signed in. Try again; if it keeps "
        "happening, tell the agency."
    )
    return ProviderRefusal(sentence, reason, provider)


def unreachable(provider: Provider, error: NoAnswer) -> ProviderRefusal:
    """It does not answer: the other ways in stay."""
    sentence = N_("%(provider)s does not answer at the moment. Try again later, or sign in another way.")
    return ProviderRefusal(sentence, str(error), provider, 503)


def discovered(provider: Provider) -> dict[str, Any]:
    """What the provider says of itself, at most an hour old. Raises ProviderRefusal."""
    address = provider.issuer.rstrip("/") + WELL_KNOWN
    said = _fetched(provider, address)
    if said.get("issuer") != provider.issuer:
        raise untrusted(provider, "other_issuer")
    ends = ("authorization_endpoint", "token_endpoint", "jwks_uri")
    if not all(_is_safe_end(said.get(end)) for end in ends):
        raise untrusted(provider, "bad_discovery")
    return said


def _is_safe_end(address: Any) -> bool:
    """An address of the provider's; some carry a query of their own."""
    return isinstance(address, str) and "#" not in address and is_safe(address.partition("?")[0])


def _fetched(provider: Provider, address: str, *, anew: bool = False) -> dict[str, Any]:
    until, answer = _answers.get(address, (0.0, NoAnswer("")))
    is_fresh = time.monotonic() < until
    if not is_fresh or (anew and not isinstance(answer, NoAnswer)):
        try:
            status, answer = fetching.fetch(address)
            if status != 200:
                answer = NoAnswer(f"status_{status}")
        except NoAnswer as error:
            answer = error
        lasts = RESTS if isinstance(answer, NoAnswer) else FRESH
        _answers[address] = (time.monotonic() + lasts, answer)
    if isinstance(answer, NoAnswer):
        raise unreachable(provider, answer)
    return answer


def forget() -> None:
    """Ask every provider anew what it says of itself, as `konnekt check` does."""
    _answers.clear()


def check(provider: Provider) -> None:
    """Ask what it says of itself, and its keys. Raises ProviderRefusal."""
    if not _fetched(provider, discovered(provider)["jwks_uri"]).get("keys"):
        raise untrusted(provider, "no_keys")


def address_of(
    provider: Provider, here: str, *, state: str, nonce: str, verifier: str, anew: bool = False
) -> str:
    """Where to send the browser. here: where it comes back. anew: to be asked there, signed in or not.

    Raises ProviderRefusal.
    """
    from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
    from authlib.oauth2.rfc7636 import create_s256_code_challenge

    more = {"prompt": "login", "max_age": "0"} if anew else {}
    return str(
        prepare_grant_uri(
            discovered(provider)["authorization_endpoint"],
            provider.client_id,
            "code",
            redirect_uri=here,
            scope="openid",
            state=state,
            nonce=nonce,
            code_challenge=create_s256_code_challenge(verifier),
            code_challenge_method="S256",
            **more,
        )
    )


def finish(provider: Provider, here: str, *, code: str, nonce: str, verifier: str) -> Answer:
    """Turn the code that came back into what the provider vouches for. Raises ProviderRefusal."""
    said = discovered(provider)
    tokens = _exchanged(provider, said, here, code, verifier)
    claims = _checked(provider, said, tokens, nonce)
    subject = claims["sub"]
    if not isinstance(subject, str) or not 0 < len(subject) <= LONGEST_SUBJECT or not subject.isprintable():
        raise untrusted(provider, "bad_subject")
    level = claims.get("acr")
    had_factor = "mfa" in _several(claims.get("amr")) or (
        isinstance(level, str) and level in provider.mfa_acr
    )
    return Answer(provider, subject, had_factor, _moment(claims.get("auth_time")))


def _several(said: Any) -> list[Any]:
    """What is to be a list; anything else says nothing."""
    return said if isinstance(said, list) else []


def _exchanged(
    provider: Provider, said: dict[str, Any], here: str, code: str, verifier: str
) -> dict[str, Any]:
    from authlib.oauth2.auth import ClientAuth
    from authlib.oauth2.rfc6749.parameters import prepare_token_request

    ways = _several(said.get("token_endpoint_auth_methods_supported"))
    way = "client_secret_post" if "client_secret_post" in ways else "client_secret_basic"
    body = prepare_token_request("authorization_code", "", here, code=code, code_verifier=verifier)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    proof = ClientAuth(provider.client_id, provider.client_secret, way)
    address, headers, body = proof.prepare("POST", said["token_endpoint"], headers, body)
    try:
        status, tokens = fetching.fetch(address, body, headers)
    except NoAnswer as error:
        raise unreachable(provider, error) from None
    if status >= 500:
        raise unreachable(provider, NoAnswer(f"status_{status}"))
    if status != 200 or not isinstance(tokens.get("id_token"), str):
        raise untrusted(provider, "no_token")
    return tokens


def _checked(provider: Provider, said: dict[str, Any], tokens: dict[str, Any], nonce: str) -> dict[str, Any]:
    """The claims of the ID token (OIDC Core 3.1.3.7). An unknown key has the keys fetched anew."""
    from authlib.oidc.core import CodeIDToken
    from joserfc import jwt
    from joserfc.errors import InvalidKeyIdError, JoseError
    from joserfc.jwk import KeySet
    from joserfc.jws import JWSRegistry

    registry = JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)

    def decoded(*, anew: bool) -> Any:
        keys: Any = _fetched(provider, said["jwks_uri"], anew=anew)
        return jwt.decode(tokens["id_token"], KeySet.import_key_set(keys), registry=registry)

    try:
        try:
            token = decoded(anew=False)
        except InvalidKeyIdError:
            token = decoded(anew=True)
        options: Any = {
            "iss": {"essential": True, "value": provider.issuer},
            "aud": {"essential": True, "value": provider.client_id},
        }
        asked = {"nonce": nonce, "client_id": provider.client_id}
        claims = CodeIDToken(token.claims, token.header, options, asked)
        claims.validate(now=int(clock.now().timestamp()), leeway=LEEWAY)
    except JoseError as error:
        claim = getattr(error, "claim", "") or ""
        raise untrusted(provider, f"{error.error} {claim}".strip()) from None
    except (ValueError, TypeError, KeyError, AttributeError):
        raise untrusted(provider, "unreadable_token") from None
    return dict(claims)


def _moment(seconds: Any) -> datetime | None:
    """auth_time; one that no calendar has says nothing."""
    try:
        return datetime.fromtimestamp(seconds, tz=clock.now().tzinfo)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def sign_out_address(provider: Provider, back: str) -> str:
    """Where the session there ends (RP-Initiated Logout); empty where it has no such address."""
    from authlib.common.urls import add_params_to_uri

    end = discovered(provider).get("end_session_endpoint")
    if not _is_safe_end(end):
        return ""
    more = [("client_id", provider.client_id), ("post_logout_redirect_uri", back)]
    return str(add_params_to_uri(end, more))
