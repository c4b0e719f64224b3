"""A small OpenID Connect provider, for the demonstration and the tests: one picks who one is, without proof.

It listens on this machine alone, serves one client, and keeps all in memory. Discovery, authorisation code
with PKCE, ID tokens by RS256, keys, RP-initiated logout: as much as a sign-in needs.
"""

import html
import json
import secrets
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from konnekt.providers import Provider

CLIENT_ID = "konnekt"
LASTS = 300  # seconds


@dataclass
class DemoProvider:
    """What it knows. people: subject to name. now: its clock, in seconds; secret: that of its one client."""

    port: int
    people: dict[str, str]
    secret: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    now: Callable[[], float] = time.time
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)
    key: Any = None

    def __post_init__(self) -> None:
        self.key = self.key or new_key()

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def provider(self, key: str = "demo", name: str = "Universiteit (demo)") -> Provider:
        """Itself as a setting of the portal."""
        return Provider(key, name, self.issuer, CLIENT_ID, self.secret)

    def discovery(self) -> dict[str, Any]:
        """What it says of itself."""
        ends = {"authorization": "authorize", "token": "token", "end_session": "sign-out"}
        return {
            "issuer": self.issuer,
            **{f"{name}_endpoint": f"{self.issuer}/{path}" for name, path in ends.items()},
            "jwks_uri": f"{self.issuer}/keys",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "code_challenge_methods_supported": ["S256"],
        }

    def keys(self) -> dict[str, Any]:
        """Its keys, their public half."""
        return {"keys": [self.key.as_dict(private=False)]}

    def picked(self, subject: str, asked: dict[str, str]) -> str:
        """Where the browser goes back to with a code of who was picked."""
        code = secrets.token_urlsafe(24)
        self.codes[code] = asked | {"subject": subject, "at": str(int(self.now()))}
        joined = "&" if "?" in asked["redirect_uri"] else "?"
        back = {"code": code, "state": asked.get("state", ""), "iss": self.issuer}
        return f"{asked['redirect_uri']}{joined}{urlencode(back)}"

    def tokens(self, form: dict[str, str], proof: str) -> tuple[int, dict[str, Any]]:
        """Status and tokens for a code: once, for the client and the verifier that it was given to."""
        from authlib.oauth2.auth import encode_client_secret_basic
        from authlib.oauth2.rfc7636 import create_s256_code_challenge

        asked = self.codes.pop(form.get("code", ""), None)
        client = Provider("", "", "", CLIENT_ID, self.secret)
        headers = encode_client_secret_basic(client, "POST", "", {}, "")[1]
        if not secrets.compare_digest(proof, headers["Authorization"]):
            return 401, {"error": "invalid_client"}
        is_same = asked is not None and asked.get("redirect_uri") == form.get("redirect_uri")
        challenge = create_s256_code_challenge(form.get("code_verifier", ""))
        if asked is None or not is_same or asked.get("code_challenge") != challenge:
            return 400, {"error": "invalid_grant"}
        token = self.signed(self.claims(asked))
        return 200, {"access_token": secrets.token_urlsafe(24), "token_type": "Bearer", "id_token": token}

    def claims(self, asked: dict[str, str]) -> dict[str, Any]:
        """What the ID token says."""
        now = int(self.now())
        said = {"iss": self.issuer, "aud": CLIENT_ID, "sub": asked["subject"], "iat": now, "exp": now + LASTS}
        return said | {"nonce": asked.get("nonce", ""), "auth_time": int(asked["at"])} | self.more

    def signed(self, claims: dict[str, Any]) -> str:
        """The token, by its key."""
        from joserfc import jwt

        return str(jwt.encode({"alg": "RS256", "kid": self.key.kid}, claims, self.key))


def new_key() -> Any:
    """A key of its own, as each provider has."""
    from joserfc.jwk import RSAKey

    return RSAKey.generate_key(2048, auto_kid=True)


class _Handler(BaseHTTPRequestHandler):
    """Its addresses. A test answers otherwise by another `provider`."""

    provider: DemoProvider

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        asked = dict(parse_qsl(parts.query))
        if parts.path == "/.well-known/openid-configuration":
            self._json(200, self.provider.discovery())
        elif parts.path == "/keys":
            self._json(200, self.provider.keys())
        elif parts.path == "/authorize" and _is_of_here(asked.get("redirect_uri", "")):
            self._page(_choice(self.provider, asked))
        elif parts.path == "/sign-out" and _is_of_here(asked.get("post_logout_redirect_uri", "")):
            self._go(asked["post_logout_redirect_uri"])
        else:
            self._page("<h1>Hier is niets.</h1>", 404)

    def do_POST(self) -> None:
        length = min(int(self.headers.get("Content-Length") or 0), 100_000)
        form = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()}
        path = urlsplit(self.path).path
        if path == "/token":
            self._json(*self.provider.tokens(form, self.headers.get("Authorization", "")))
        elif self._is_picked(path, form):
            self._go(self.provider.picked(form.pop("subject"), form))
        else:
            self._page("<h1>Hier is niets.</h1>", 404)

    def _is_picked(self, path: str, form: dict[str, str]) -> bool:
        is_somebody = form.get("subject") in self.provider.people
        return path == "/authorize" and is_somebody and _is_of_here(form.get("redirect_uri", ""))

    def _json(self, status: int, said: Any) -> None:
        self._send(status, json.dumps(said).encode(), "application/json")

    def _page(self, content: str, status: int = 200) -> None:
        page = (
            '<!doctype html><html lang="nl"><meta charset="utf-8">'
            '<meta name="viewport" content="width=device-width">'
            f"<title>Universiteit (demo)</title><body>{content}"
        )
        self._send(status, page.encode(), "text/html; charset=utf-8")

    def _go(self, address: str) -> None:
        self.send_response(303)
        self.send_header("Location", address)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send(self, status: int, content: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_said: Any) -> None:
        """Its log would hold codes."""


def _is_of_here(address: str) -> bool:
    """Whether it leads back to a portal on this machine: nobody else gets a code."""
    return urlsplit(address).scheme == "http" and urlsplit(address).hostname == "127.0.0.1"


def _choice(provider: DemoProvider, asked: dict[str, str]) -> str:
    hidden = "".join(
        f'<input type="hidden" name="{html.escape(name)}" value="{html.escape(value)}">'
        for name, value in asked.items()
    )
    people = "".join(
        f'<p><button name="subject" value="{html.escape(subject)}">{html.escape(name)}</button>'
        for subject, name in provider.people.items()
    )
    said = "<h1>Universiteit (demo)</h1><p>Bedacht: kies wie u bent. Een echte vraagt dat te bewijzen."
    return f'{said}<form method="post" action="/authorize">{hidden}{people}</form>'


def serve(provider: DemoProvider, handler: type[BaseHTTPRequestHandler] = _Handler) -> ThreadingHTTPServer:
    """Serve it in a thread of its own, until `shutdown`. Port 0 takes a free one. Raises OSError."""
    bound = type("Handler", (handler,), {"provider": provider})
    server = ThreadingHTTPServer(("127.0.0.1", provider.port), bound)
    server.daemon_threads = True
    provider.port = server.server_address[1]
    # It looks so often whether it is told to stop, which tests wait for.
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return server


def main() -> None:
    """Serve what standard input says, for as long as that is open: so it ends with who began it."""
    said = json.loads(sys.stdin.readline())
    try:
        server = serve(DemoProvider(said["port"], said["people"], said["secret"]))
    except OSError as error:
        sys.exit(f"No provider beside the demonstration: port {said['port']} {error.strerror}")
    print("ready", flush=True)
    sys.stdin.read()
    server.shutdown()


if __name__ == "__main__":
    main()
