"""Providers for the tests, each a real one on loopback: the demonstration's own, and ones that answer wrongly."""

import base64
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qsl, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, build_opener

from joserfc import jwt

from konnekt.demo.provider import DemoProvider, _Handler, new_key, serve
from konnekt.domain import clock

KEY = new_key()
OTHER_KEY = new_key()
PEOPLE = {"sub-1": "Emre", "sub-2": "Noor", "sub-3": "Ria"}


def b64(said: Any) -> str:
    text = said if isinstance(said, bytes) else json.dumps(said).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


@dataclass
class TestProvider(DemoProvider):
    """The demonstration's, which can be told to be wrong. seconds_off: how far its clock is ahead of ours."""

    __test__ = False
    wrong: str = ""
    seconds_off: int = 0
    says: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)

    def discovery(self) -> dict[str, Any]:
        return super().discovery() | self.says

    def claims(self, asked: dict[str, str]) -> dict[str, Any]:
        said = super().claims(asked)
        return {name: value for name, value in said.items() if value is not None}

    def signed(self, claims: dict[str, Any]) -> str:
        header = {"alg": "RS256", "kid": self.key.kid}
        if self.wrong == "none":
            return f"{b64({'alg': 'none'})}.{b64(claims)}."
        if self.wrong == "hs256":
            # By hand: the library makes no such thing.
            signed = f"{b64(header | {'alg': 'HS256'})}.{b64(claims)}"
            public = self.key.as_pem(private=False)
            return f"{signed}.{b64(hmac.digest(public, signed.encode(), 'sha256'))}"
        if self.wrong == "other_key":
            return jwt.encode({"alg": "RS256", "kid": OTHER_KEY.kid}, claims, OTHER_KEY)
        if self.wrong == "same_kid":
            return jwt.encode(header, claims, OTHER_KEY)
        if self.wrong == "changed":
            first, _, last = super().signed(claims).split(".")
            return f"{first}.{b64(claims | {'sub': 'sub-2'})}.{last}"
        if self.wrong == "garbage":
            return "x.y.z"
        return super().signed(claims)


class TestHandler(_Handler):
    """Its addresses, some of which answer late, with too much, or with nothing of the kind."""

    __test__ = False
    provider: TestProvider

    def do_GET(self) -> None:
        self.provider.asked.append(self.path)
        if urlsplit(self.path).path.startswith("/.well-known"):
            match self.provider.wrong:
                case "slow":
                    self.provider.released.wait(60)
                    return
                case "dripping":
                    self.send_response(200)
                    self.end_headers()
                    while not self.provider.released.wait(0.2):
                        self.wfile.write(b" ")
                    return
                case "10MB":
                    self._send(200, b'{"issuer": "' + b"x" * 10_000_000 + b'"}', "application/json")
                    return
                case "deep":
                    self._send(200, b"[" * 200_000, "application/json")
                    return
                case "html":
                    self._page("<h1>Storing</h1>")
                    return
                case "elsewhere":
                    self._go("http://127.0.0.1:1/")
                    return
                case "failing":
                    self._json(500, {"error": "server_error"})
                    return
        super().do_GET()


@contextmanager
def running(**how: Any) -> Iterator[TestProvider]:
    """One that listens on a port of its own."""
    made = TestProvider(0, dict(PEOPLE), key=KEY, **how)
    made.now = lambda: clock.now().timestamp() + made.seconds_off
    server = serve(made, TestHandler)
    try:
        yield made
    finally:
        made.released.set()
        server.shutdown()
        server.server_close()


class _Stays(HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


def pick(address: str, subject: str = "sub-1", **change: str) -> str:
    """Pick who one is on the page at the provider's address; returns where the browser is sent back to."""
    asked = dict(parse_qsl(urlsplit(address).query)) | change
    form = urlencode(asked | {"subject": subject}).encode()
    try:
        build_opener(_Stays).open(address.partition("?")[0], form, timeout=10)
    except HTTPError as answer:
        assert answer.code == 303, answer.code
        return str(answer.headers["Location"])
    raise AssertionError("the provider shows a page instead of sending one back")


def path_of(address: str) -> str:
    """The path and query of an address, as a client of the tests takes it."""
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}"
