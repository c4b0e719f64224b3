"""What the server writes about itself: one JSON object a line on stderr, one line for each request.

at, who (account id), what (the outcome that has a name, else "request"), path without its query, status,
address, ms, and request: the id of the request, also in what it caused (cause.py). Tokens of links are masked
in everything that is logged, tracebacks included; names, passwords and what people type are never in it.
An outage has one line a minute (outages.py), an answer of /healthz none.
"""

import json
import logging
import random
import re
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from flask import Flask, Response, g, has_request_context, request
from peewee import InterfaceError, OperationalError
from playhouse.pool import MaxConnectionsExceeded

from konnekt.background import cause, outages
from konnekt.config import Config
from konnekt.domain import clock

# What a proxy may call a request.
ID = re.compile(r"[\w-]{1,64}", re.ASCII)
TOKEN = re.compile(
    r"(/password/new/|/account/deputies/asked/|(?<!/account)/deadlines/|/decide/)[^/\s\"'\\?#]+"
)
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


class Json(logging.Formatter):
    """One line: JSON escapes line ends, so that nothing typed can begin a line of its own."""

    def format(self, record: logging.LogRecord) -> str:
        line = getattr(record, "line", None) or _line("error" if record.exc_info else record.name)
        if record.msg:
            line["message"] = record.getMessage()
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        if left_out := getattr(record, "left_out", 0):
            line["left_out"] = left_out
        return masked(json.dumps({"level": record.levelname.lower(), **line}, ensure_ascii=True))


class _Outages(logging.Filter):
    """Lets one line a minute pass of what is said again and again while something is away."""

    def filter(self, record: logging.LogRecord) -> bool:
        if name := getattr(record, "outage", ""):
            left_out = outages.left_out(name)
            record.__dict__["left_out"] = left_out
            return left_out is not None
        return True


def outage(error: Exception) -> dict[str, str]:
    """For `extra`: that an error is the database's being away, gone, full or locked, if it is."""
    away = (OperationalError, InterfaceError, MaxConnectionsExceeded)
    return {"outage": "database"} if isinstance(error, away) else {}


def _line(what: str) -> dict[str, Any]:
    """What every line says; outside a request nobody asks, from nowhere."""
    line: dict[str, Any] = {"at": clock.now().isoformat(), "what": what, "who": None}
    line["request"] = cause.request_id()
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
    config: Config = app.config["KONNEKT"]
    if not any(isinstance(handler, _Stderr) for handler in logger.handlers):
        handler = _handler()
        handler.addFilter(_Outages())
        logger.addHandler(handler)
    logger.setLevel(config.log.upper())

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()
        claimed = request.headers.get("X-Request-Id", "") if config.trusted_proxies else ""
        # No secret: to ask the system for noise took as long as a statement.
        cause.begin(claimed if ID.fullmatch(claimed) else f"{random.getrandbits(64):016x}")

    @app.after_request
    def log(response: Response) -> Response:
        line = _line(g.get("what", "request"))
        line["status"] = response.status_code
        line["ms"] = round((time.perf_counter() - g.get("began", time.perf_counter())) * 1000, 1)
        is_quiet = request.endpoint == "healthz" and response.status_code == 200
        logger.log(logging.DEBUG if is_quiet else logging.INFO, "", extra={"line": line})
        return response

    @app.teardown_request
    def end(_error: BaseException | None) -> None:
        cause.begin("")


def _handler() -> logging.Handler:
    handler = _Stderr()
    handler.setFormatter(Json())
    return handler


def take_all(config: Config) -> None:
    """Have everything that a process says be JSON: other libraries' lines, warnings, a crash.

    For commands that run until they are told to stop. Our own lines have their handler already. Others say
    warnings alone: what peewee says at debug holds what people typed.
    """
    root = logging.getLogger()
    handler = _handler()
    handler.addFilter(lambda record: not record.name.startswith(logger.name))
    root.handlers = [handler]
    root.setLevel(max(logging.getLevelName(config.log.upper()), logging.WARNING))
    logging.captureWarnings(True)
    sys.excepthook = lambda *error: logger.critical("the process ended", exc_info=error)
    threading.excepthook = lambda said: logger.critical(
        "a thread ended", exc_info=(said.exc_type, said.exc_value or said.exc_type(), said.exc_traceback)
    )


@contextmanager
def errors_alone() -> Iterator[None]:
    """While a command runs that speaks for itself, and ends: only what went wrong is logged."""
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def tell(sentence: str, level: int = logging.INFO) -> None:
    """Say something at the start: as a sentence to who sits at a terminal, as a line of the log to others."""
    if sys.stderr.isatty():
        print(sentence, file=sys.stderr, flush=True)
    else:
        logger.log(level, " ".join(sentence.split()))
