"""A real push service on the loopback address: takes what it is sent, as long as the signature is right."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey


class PushService:
    """asked: the paths of what it was sent; taken: those and headers of what it took.

    answers: the status by path, 201 where none is named. is_silent: it answers nothing.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.taken: list[tuple[str, dict[str, str]]] = []
        self.claims: list[dict[str, Any]] = []
        self.answers: dict[str, int] = {}
        self.keys: dict[str, str] = {}
        self.origin = ""
        self.is_silent = False

    def take(self, path: str, headers: dict[str, str]) -> int:
        """The status for a message: 403 without a signature of the key that the address was made for."""
        self.asked.append(path)
        words = dict(
            part.split("=", 1) for part in headers["Authorization"].removeprefix("vapid ").split(", ")
        )
        if self.keys.setdefault(path, words["k"]) != words["k"]:
            return 403
        point = words["k"]
        x, y = _coordinates(point)
        key = ECKey.import_key({"kty": "EC", "crv": "P-256", "x": x, "y": y})
        claims = jwt.decode(words["t"], key, algorithms=["ES256"]).claims
        status = self.answers.get(path, 201)
        if claims["aud"] != self.origin:
            return 403
        if status == 201:
            self.taken.append((path, headers))
            self.claims.append(claims)
        return status


def _coordinates(point: str) -> tuple[str, str]:
    """Of an uncompressed point, as a key of JOSE names them."""
    raw = base64.urlsafe_b64decode(point + "=" * (-len(point) % 4))
    assert (len(raw), raw[0]) == (65, 4)
    x, y = (base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in (raw[1:33], raw[33:]))
    return x, y


@contextmanager
def push_service() -> Iterator[PushService]:
    """One that runs as long as the block."""
    service = PushService()

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["Content-Length"] == "0"
            status = service.take(self.path, dict(self.headers))
            if service.is_silent:
                return
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_words: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    service.origin = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
