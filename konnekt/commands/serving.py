"""`konnekt serve`: gunicorn's processes, and beside them those of background work (processes.py)."""

import logging
import os
import socket
import time
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from flask import Flask, current_app
from gunicorn import systemd
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.glogging import Logger
from gunicorn.http import message
from gunicorn.workers.gthread import ThreadWorker

from konnekt import db as database
from konnekt.background import logs
from konnekt.commands import memory, processes
from konnekt.commands.prepared import application
from konnekt.config import Config
from konnekt.db import db

THREADS = 8
# MB that pages may leave behind in a process of pages before it is followed by a new one.
MOST_GROWN = 16
# The first page of each kind costs a new one 0.1 s: not at each pause of a small office.
SECONDS_OF_QUIET = 60.0

# A search of 10,000 characters is answered too: an address says an emoji in twelve bytes. Above a bound of
# its own gunicorn takes no setting but 0, which is no bound at all.
LONGEST_ADDRESS = message.MAX_REQUEST_LINE = 131_072

SETTINGS = {
    "worker_class": "konnekt.commands.serving._Worker",
    "threads": THREADS,
    "timeout": 60,
    "graceful_timeout": processes.SECONDS_TO_FINISH,
    "keepalive": 5,
    "limit_request_line": LONGEST_ADDRESS,
    "limit_request_fields": 60,
    # One of them repeats the address of the page.
    "limit_request_field_size": 16_384,
    # Our own log has a line for each request; nobody's headers speak for somebody else (security.py).
    "accesslog": None,
    "secure_scheme_headers": {},
    "forwarder_headers": "",
    "forwarded_allow_ips": "",
    "control_socket_disable": True,
    # Loaded once, before the workers fork: they share what they don't change. It opens no connection and
    # begins no thread, which forks must not share.
    "preload_app": True,
}

FIXED_CLOCK = """
********************************************************************************
  KONNEKT_NOW is set: THE CLOCK STANDS STILL at {now}.
  Deadlines, sessions and throttling do not move on. For tests and demonstrations only.
********************************************************************************
"""


def serve(config: Config, host: str, port: int, workers: int, *, web_only: bool = False) -> None:
    """Serve until a signal ends it. The database is migrated and the secret is there (cli.py asks).

    web_only: mail and long work are done elsewhere, by `konnekt deliver --forever` and `konnekt work`. Where
    systemd holds the socket (LISTEN_FDS) that is served, whatever host and port say.
    """
    host, port = _held_by_systemd() or (host, port)
    if config.url == Config.url:
        config = replace(config, url=f"http://{_name(host)}:{port}")
    if config.now:
        logs.tell(FIXED_CLOCK.format(now=config.now), logging.WARNING)
    logs.take_all(config)
    logs.tell(f"Konnekt is at {config.url} ({workers} processes)")
    # What forks must not share a connection.
    db.close_all()
    database.connect(config)
    bind = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    _Server(config, bind, workers, [] if web_only else [processes.MAIL, *processes.long_work_of(2)]).run()


def _held_by_systemd() -> tuple[str, int] | None:
    """Host and port of the first socket that systemd listens on for us, if it does and it has them."""
    if not systemd.listen_fds(unset_environment=False):
        return None
    with socket.socket(fileno=os.dup(systemd.SD_LISTEN_FDS_START)) as held:
        name = held.getsockname()
    return (name[0], name[1]) if isinstance(name, tuple) else None


def _name(host: str) -> str:
    if host in ("", "0.0.0.0", "::"):  # noqa: S104 - every interface; this machine calls itself so
        return "127.0.0.1"
    return f"[{host}]" if ":" in host else host


class _Logger(Logger):  # type: ignore[misc]
    """Gunicorn's own log, in our lines."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(logs.Json())


class _Worker(ThreadWorker):  # type: ignore[misc]
    """One that ends when it has grown, and gunicorn begins a new one: what large pages took is in pieces.

    Only when nobody has asked it anything for a while: in busy hours new processes would grow again at
    once. Who comes that moment waits for another, or for the new one.
    """

    def init_process(self) -> None:
        """Work until the end."""
        self.taken_before = memory.taken()
        self.answered, self.quiet_since = 0, time.monotonic()
        super().init_process()

    def notify(self) -> None:
        """Gunicorn asks this between requests, and every second."""
        super().notify()
        if self.nr_conns or self.nr != self.answered:
            self.answered, self.quiet_since = self.nr, time.monotonic()
            return
        # Never set to True: it may have been told to end meanwhile.
        is_quiet = time.monotonic() > self.quiet_since + SECONDS_OF_QUIET
        if is_quiet and memory.taken() > self.taken_before + MOST_GROWN:
            self.alive = False


class _Server(BaseApplication):  # type: ignore[misc]
    """Gunicorn without its command line."""

    def __init__(
        self, config: Config, bind: str, workers: int, duties: Iterable[processes.Duty] = ()
    ) -> None:
        self.config = config
        self.helpers = processes.Helpers(config, duties, self.wsgi)
        self.settings = {**SETTINGS, "bind": bind, "workers": workers, "logger_class": _Logger}
        # What gunicorn says at info says nothing to who runs the portal.
        self.settings["loglevel"] = {"debug": "info", "error": "error"}.get(config.log, "warning")
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.settings.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """The application of the command itself; another one where that has other settings or no secret."""
        is_ours = current_app.secret_key == self.config.secret()
        if is_ours and current_app.config["KONNEKT"] == self.config:
            return application()
        from konnekt import create_app

        return create_app(self.config)

    def run(self) -> None:
        master = _Master(self)
        memory.share()
        master.run()


class _Master(Arbiter):  # type: ignore[misc]
    """The master process: it keeps the workers and its helpers alive, and takes all along when it ends."""

    def manage_workers(self) -> None:
        """Gunicorn asks this at the start and every second."""
        self.app.helpers.tend(self.LISTENERS)
        super().manage_workers()

    def reap_workers(self) -> None:
        """Ask our own children first why they ended: gunicorn forgets what it does not know."""
        self.app.helpers.reap()
        super().reap_workers()

    def halt(self, reason: str | None = None, exit_status: int = 0) -> None:
        """End the helpers with the workers."""
        self.app.helpers.end()
        try:
            super().halt(reason, exit_status)
        finally:
            self.app.helpers.wait()
