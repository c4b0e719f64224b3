"""`konnekt serve`: gunicorn's processes, and beside them one that delivers mail and two for long work."""

import logging
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from types import FrameType
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger
from gunicorn.http import message

from konnekt import db as database
from konnekt import delivery, jobs, logs
from konnekt.config import Config
from konnekt.db import db
from konnekt.domain import jobs as long_work
from konnekt.domain.jobs import Handler

THREADS = 8
SECONDS_BETWEEN_MAILS = 2.0
SECONDS_BETWEEN_JOBS = 0.5
SECONDS_BETWEEN_TIDYING = 600.0
SECONDS_TO_FINISH = 10

# A search of 10,000 characters is answered too: an address says an emoji in twelve bytes. Above a bound of
# its own gunicorn takes no setting but 0, which is no bound at all.
LONGEST_ADDRESS = message.MAX_REQUEST_LINE = 131_072

SETTINGS = {
    "worker_class": "gthread",
    "threads": THREADS,
    "timeout": 60,
    "graceful_timeout": SECONDS_TO_FINISH,
    "keepalive": 5,
    "limit_request_line": LONGEST_ADDRESS,
    "limit_request_fields": 60,
    # One of them repeats the address of the page.
    "limit_request_field_size": 16_384,
    # Our own log has a line for each request; nobody's headers speak for somebody else (security.py).
    "accesslog": None,
    "loglevel": "warning",
    "secure_scheme_headers": {},
    "forwarder_headers": "",
    "forwarded_allow_ips": "",
    "control_socket_disable": True,
}

FIXED_CLOCK = """
********************************************************************************
  KONNEKT_NOW is set: THE CLOCK STANDS STILL at {now}.
  Deadlines, sessions and throttling do not move on. For tests and demonstrations only.
********************************************************************************
"""


def serve(config: Config, host: str, port: int, workers: int) -> None:
    """Serve until a signal ends it. The database is migrated and the secret is there (cli.py asks)."""
    if config.url == Config.url:
        config = replace(config, url=f"http://{_name(host)}:{port}")
    if config.now:
        print(FIXED_CLOCK.format(now=config.now), file=sys.stderr, flush=True)
    print(f"Konnekt is at {config.url} ({workers} processes)", file=sys.stderr, flush=True)
    # What forks must not share a connection.
    if not db.is_closed():
        db.close()
    database.connect(config)
    _Server(config, f"[{host}]:{port}" if ":" in host else f"{host}:{port}", workers).run()


def _name(host: str) -> str:
    if host in ("", "0.0.0.0", "::"):  # noqa: S104 - every interface; this machine calls itself so
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


class _Logger(Logger):  # type: ignore[misc]
    """Gunicorn's own log, with tokens masked."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.addFilter(logs.Masking())


class _Server(BaseApplication):  # type: ignore[misc]
    """Gunicorn without its command line."""

    def __init__(self, config: Config, bind: str, workers: int) -> None:
        self.config = config
        self.settings = {**SETTINGS, "bind": bind, "workers": workers, "logger_class": _Logger}
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.settings.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        from konnekt import create_app

        return create_app(self.config)

    def run(self) -> None:
        _Master(self).run()


class _Master(Arbiter):  # type: ignore[misc]
    """The master process: it keeps the workers and its helpers alive, and takes all along when it ends."""

    # So that no mail waits for a long job, and nobody's invoices for somebody's import.
    helpers: dict[str, int] = {"deliver": 0, "import": 0, "work": 0}

    def manage_workers(self) -> None:
        """Gunicorn asks this at the start and every second."""
        for name, child in self.helpers.items():
            if not _is_running(child):
                self.helpers[name] = self._begin(name)
        super().manage_workers()

    def _begin(self, name: str) -> int:
        master = os.getpid()
        # Until it has its own handlers the child would lose a signal in the master's.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        child = os.fork()
        if child:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
            return child
        status = 1
        try:
            for listener in self.LISTENERS:
                listener.sock.close()
            if name == "deliver":
                deliver_until_told(self.app.config, master)
            else:
                work_until_told(self.app.config, master, jobs.of(imports=name == "import"))
            status = 0
        finally:
            # Never back into the master's code, whatever happened.
            os._exit(status)

    def halt(self, reason: str | None = None, exit_status: int = 0) -> None:
        """End the helpers with the workers."""
        for child in self.helpers.values():
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGTERM)
        try:
            super().halt(reason, exit_status)
        finally:
            for child in self.helpers.values():
                _wait_for(child)


def _is_running(child: int) -> bool:
    """Whether the process is there; gunicorn reaps every child that ends."""
    if not child:
        return False
    try:
        os.kill(child, 0)
    except ProcessLookupError:
        return False
    return True


def _wait_for(child: int) -> None:
    """Wait until the child is gone; one that does not go is killed: what it was at is done again."""
    until = time.monotonic() + SECONDS_TO_FINISH
    with suppress(ChildProcessError):
        while os.waitpid(child, os.WNOHANG) == (0, 0):
            if time.monotonic() > until:
                os.kill(child, signal.SIGKILL)
                until = float("inf")
            time.sleep(0.05)


def deliver_until_told(config: Config, master: int) -> None:
    """Deliver every few seconds until SIGTERM, or until the master is gone."""
    log = logging.getLogger("konnekt.delivery")

    def deliver(_told: Callable[[], bool]) -> None:
        done = delivery.deliver()
        if done.failed:
            log.warning("%s mails were not sent", done.failed)

    _until_told(config, master, deliver, SECONDS_BETWEEN_MAILS, log)


def work_until_told(config: Config, master: int, handlers: Mapping[str, Handler]) -> None:
    """Do long work of these kinds as it comes until SIGTERM, or until the master is gone."""
    from konnekt import create_app

    tidied = 0.0

    def work(told: Callable[[], bool]) -> None:
        nonlocal tidied
        jobs.work(handlers=handlers, told=told)
        if not told() and time.monotonic() > tidied + SECONDS_BETWEEN_TIDYING:
            long_work.tidy()
            tidied = time.monotonic()

    # What is made of templates needs the application.
    with create_app(config).app_context():
        _until_told(config, master, work, SECONDS_BETWEEN_JOBS, logging.getLogger("konnekt.jobs"))


def _until_told(
    config: Config,
    master: int,
    go_round: Callable[[Callable[[], bool]], None],
    seconds: float,
    log: logging.Logger,
) -> None:
    """Go round again and again, with a pause.

    The connection stays open: SQLite in WAL mode can't even be read on a full disk unless somebody has the
    database open already.
    """
    is_told = False

    def stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal is_told
        is_told = True

    def told() -> bool:
        return is_told or os.getppid() != master

    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, stop)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    database.connect(config)
    while not told():
        try:
            db.connect(reuse_if_open=True)
            go_round(told)
        except Exception:
            log.exception("the round failed")
            with suppress(Exception):
                db.close()
        rest = time.monotonic() + seconds
        while not told() and time.monotonic() < rest:
            time.sleep(0.1)
