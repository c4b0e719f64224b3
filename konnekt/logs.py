"""What the server writes about itself: one JSON object a line on stderr, one line for each request.

at, who (account id), what (the outcome that has a name, else "request"), path without its query, status,
address, ms. Tokens of links are masked in everything that is logged, tracebacks included; names, passwords
and what people type are never in it.
"""

import json
import logging
import re
import sys
import time
from typing import Any, TextIO

from flask import Flask, Response, g, has_request_context, request

from konnekt.domain import clock

TOKEN = re.compile(r"(/password/new/)[^/\s\"'\\?#]+")
logger = logging.getLogger("konnekt")


def masked(text: str) -> str:
    """The text without the tokens of links."""
    return TOKEN.sub(r"\1...", text)


class _Stderr(logging.StreamHandler[TextIO]):
    """Writes to whatever stderr is at that moment."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:
        return sys.stderr

    @stream.setter
    def stream(self, _value: TextIO) -> None:
        pass


class _Json(logging.Formatter):
    """One line: JSON escapes line ends, so that nothing typed can begin a line of its own."""

    def format(self, record: logging.LogRecord) -> str:
        line = getattr(record, "line", None) or _line("error" if record.exc_info else record.name)
        if record.msg:
            line["message"] = record.getMessage()
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return masked(json.dumps({"level": record.levelname.lower(), **line}, ensure_ascii=True))


class Masking(logging.Filter):
    """Masks tokens in what another library logs."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = masked(record.getMessage()), ()
        return True


def _line(what: str) -> dict[str, Any]:
    """What every line says; outside a request nobody asks, from nowhere."""
    line: dict[str, Any] = {"at": clock.now().isoformat(), "what": what, "who": None}
    if not has_request_context():
        return line | {"method": "", "path": "", "address": ""}
    asked = {"method": request.method, "path": request.path, "address": request.remote_addr or ""}
    return line | {"who": _who()} | asked


def _who() -> int | None:
    """The account, if this request found out: asking here could fail, and would cost a statement."""
    who: int | None = g.get("who")
    account = g.get("_login_user")
    return who or (account.id if account is not None and account.is_authenticated else None)


def init_app(app: Flask) -> None:
    """Log each request, and the application's own messages, to stderr."""
    if not any(isinstance(handler, _Stderr) for handler in logger.handlers):
        handler = _Stderr()
        handler.setFormatter(_Json())
        logger.addHandler(handler)
    logger.setLevel(logging.INFO)

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def log(response: Response) -> Response:
        line = _line(g.get("what", "request"))
        line["status"] = response.status_code
        line["ms"] = round((time.perf_counter() - g.get("began", time.perf_counter())) * 1000, 1)
        logger.info("", extra={"line": line})
        return response
