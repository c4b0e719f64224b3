"""Asking a provider or a push service: within three seconds and 256 kB, at that address and no other.

All of it together takes three seconds at most, names and slow drops included: providers are asked within a
request, and mails wait while push services are.
"""

import json
import ssl
import threading
from contextlib import suppress
from functools import lru_cache
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from socket import SHUT_RDWR
from typing import Any
from urllib.parse import urlsplit

SECONDS = 3.0
MOST = 256 * 1024


class NoAnswer(Exception):
    """None in time, or none that can be read; its text is a word for the log and repeats nothing of it."""


class _Question(threading.Thread):
    """One request, in a thread that can be left alone when it takes too long."""

    def __init__(self, address: str, body: str | None, headers: dict[str, str]) -> None:
        super().__init__(daemon=True)
        parts = urlsplit(address)
        self.path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
        self.body, self.headers = body, headers
        self.status, self.content, self.failure = 0, b"", ""
        host = str(parts.hostname)
        self.connection = (
            HTTPSConnection(host, parts.port, timeout=SECONDS, context=_trusted())
            if parts.scheme == "https"
            else HTTPConnection(host, parts.port, timeout=SECONDS)
        )

    def run(self) -> None:
        try:
            method = "GET" if self.body is None else "POST"
            self.connection.request(method, self.path, self.body, self.headers)
            answer = self.connection.getresponse()
            content = answer.read(MOST + 1)
            if len(content) > MOST:
                self.failure = "too_long"
            self.status, self.content = answer.status, content
        except (OSError, HTTPException, ValueError):
            self.failure = "unreachable"
        finally:
            self.connection.close()

    def give_up(self) -> None:
        """Have the thread end too."""
        if (socket := self.connection.sock) is not None:
            with suppress(OSError):
                socket.shutdown(SHUT_RDWR)


@lru_cache
def _trusted() -> ssl.SSLContext:
    return ssl.create_default_context()


def status(address: str, headers: dict[str, str]) -> int:
    """The status of what answers a POST without a body. Follows no redirect. Raises NoAnswer."""
    return _asked(address, "", headers).status


def fetch(
    address: str, body: str | None = None, headers: dict[str, str] | None = None
) -> tuple[int, dict[str, Any]]:
    """Status and JSON object of an answer; body: sent by POST. Follows no redirect. Raises NoAnswer."""
    question = _asked(address, body, {"Accept": "application/json", **(headers or {})})
    try:
        said = json.loads(question.content)
    except (ValueError, RecursionError):
        raise NoAnswer("no_json") from None
    if not isinstance(said, dict):
        raise NoAnswer("no_json")
    return question.status, said


def _asked(address: str, body: str | None, headers: dict[str, str]) -> _Question:
    question = _Question(address, body, headers)
    question.start()
    question.join(SECONDS)
    if question.is_alive():
        question.give_up()
        raise NoAnswer("slow")
    if question.failure:
        raise NoAnswer(question.failure)
    return question
