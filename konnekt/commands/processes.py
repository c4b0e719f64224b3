"""The processes of background work, kept alive, by `serve`, `work` and `deliver --forever`."""

import logging
import os
import signal
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import FrameType
from typing import Any, NamedTuple

from flask import Flask

from konnekt import db as database
from konnekt.background import delivery, logs, peppol, pulse, queue as long_work, work as background_work
from konnekt.background.queue import Handler
from konnekt.commands import memory
from konnekt.config import Config
from konnekt.db import db

SECONDS_BETWEEN_MAILS = 2.0
SECONDS_BETWEEN_JOBS = 0.5
SECONDS_BETWEEN_TIDYING = 600.0
SECONDS_TO_FINISH = 10
LONGEST_PAUSE = 60
# Who lives for so long did not die at once: the next comes after a second again. Short, so that processes
# which are killed again and again are back within seconds.
SECONDS_TO_STAND = 3.0
# MB that long work may leave behind before its process is followed by a new one: what a large run took is in
# pieces, of which Python gives little back.
MOST_GROWN = 8
GREW = 3  # the exit code that says so

log = logging.getLogger(__name__)


class Duty(NamedTuple):
    """What one process does: its kinds (pulse.KINDS), which of several it is, the long work that is its."""

    kinds: tuple[str, ...]
    number: int = 1
    handlers: Mapping[str, Handler] | None = None

    @property
    def name(self) -> str:
        return " and ".join(self.kinds) + (f" {self.number}" if self.number > 1 else "")


MAIL = Duty(("mail",))


def long_work_of(processes: int) -> list[Duty]:
    """Long work in so many processes: the first imports, so that nobody's invoices wait for an import."""
    if processes == 1:
        return [Duty(("imports", "work"), 1, background_work.HANDLERS)]
    others = background_work.of(imports=False)
    return [
        Duty(("imports",), 1, background_work.of(imports=True)),
        *(Duty(("work",), number, others) for number in range(1, processes)),
    ]


@dataclass
class _Child:
    """One process that is kept alive: what it does, who does it now, and how the last one fared."""

    duty: Duty
    pid: int = 0
    said: int = -1  # where it says why it can't go on, for the parent to read
    began: float = 0.0
    again: float = 0.0
    deaths: int = 0
    failure: str = ""


class Helpers:
    """The background processes of one parent, which asks every second whether they are there.

    load: gives the application, in the process that needs it.
    """

    def __init__(self, config: Config, duties: Iterable[Duty], load: Callable[[], Flask]) -> None:
        self.config = config
        self.load = load
        self.children = [_Child(duty) for duty in duties]
        self.is_ending = False

    def tend(self, listeners: Iterable[Any] = ()) -> None:
        """Begin who is not there, unless it rests; listeners: sockets that a new one must not hold."""
        self.reap()
        for child in self.children:
            if not child.pid and time.monotonic() >= child.again:
                self._begin(child, listeners)

    def reap(self) -> None:
        """Say of each that failed why, and let it rest: a second, longer each time that it died at once."""
        for child in [] if self.is_ending else self.children:
            ended = _how_it_ended(child.pid) if child.pid else ""
            if ended:
                child.pid = 0
                # Who grew was well: the next does not tell of what an earlier one died of.
                child.failure = ""
                if (failure := _read(child.said) or ended) != f"exit code {GREW}":
                    self._rest(child, failure)

    def end(self) -> None:
        """Ask all of them to end; from now on none is begun or missed."""
        self.is_ending = True
        for child in self.children:
            if child.pid:
                with suppress(ProcessLookupError):
                    os.kill(child.pid, signal.SIGTERM)

    def wait(self) -> None:
        """Wait until all are gone."""
        for child in self.children:
            if child.pid:
                _wait_for(child.pid)

    def _rest(self, child: _Child, failure: str) -> None:
        now = time.monotonic()
        child.deaths = 1 if now - child.began > SECONDS_TO_STAND else child.deaths + 1
        pause = min(2 ** (child.deaths - 1), LONGEST_PAUSE)
        child.again, child.failure = now + pause, failure
        log.error("the process for %s ended: %s; again in %s s", child.duty.name, failure, pause)

    def _begin(self, child: _Child, listeners: Iterable[Any]) -> None:
        parent = os.getpid()
        child.began = time.monotonic()
        # Until it has its own handlers the child would lose a signal in the parent's.
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        try:
            child.said, said = os.pipe()
            try:
                child.pid = os.fork()
            except OSError as error:
                os.close(said)
                self._rest(child, _read(child.said) or pulse.reason(error))
                return
            if child.pid:
                os.close(said)
                return
        finally:
            if os.getpid() == parent:
                signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        status = 1
        try:
            for listener in listeners:
                listener.sock.close()
            status = GREW if self._go(child, parent) else 0
        except BaseException as error:
            self._say(child.duty, pulse.reason(error), said)
        finally:
            # Never back into the parent's code, whatever happened.
            os._exit(status)

    def _say(self, duty: Duty, failure: str, said: int) -> None:
        """Tell the parent, and by the database everybody else, why this process can't go on."""
        with suppress(OSError):
            os.write(said, failure.encode())
        with suppress(Exception):
            database.connect(self.config)
            with db.connection_context():
                pulse.note(duty.kinds, duty.number, failure)

    def _go(self, child: _Child, parent: int) -> bool:
        """Do the duty; whether it ends because it has grown."""
        beat = pulse.Pulse(child.duty.kinds, child.duty.number, child.failure)
        if child.duty.handlers is None:
            return _deliver_until_told(self.config, parent, beat)
        return _work_until_told(self.config, parent, beat, self.load(), child.duty.handlers)


def run(config: Config, duties: Iterable[Duty], load: Callable[[], Flask]) -> None:
    """Keep these processes alive until SIGTERM or SIGINT, then end with them."""
    is_told = False

    def stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal is_told
        is_told = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    logs.take_all(config)
    # What forks must not share a connection.
    db.close_all()
    helpers = Helpers(config, duties, load)
    memory.share()
    logs.tell(f"Konnekt works in the background: {', '.join(child.duty.name for child in helpers.children)}")
    try:
        while not is_told:
            helpers.tend()
            time.sleep(0.2)
    finally:
        helpers.end()
        helpers.wait()


def _how_it_ended(pid: int) -> str:
    """How a child ended; empty while it is there. Gunicorn may have asked for its status already."""
    try:
        reaped, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return "nobody knows why"
    if not reaped:
        return ""
    code = os.waitstatus_to_exitcode(status)
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _read(said: int) -> str:
    """What a child said before it ended."""
    with os.fdopen(said, "rb") as pipe:
        return pipe.read().decode(errors="replace")


def _wait_for(pid: int) -> None:
    """Wait until the child is gone; one that does not go is killed: what it was at is done again."""
    until = time.monotonic() + SECONDS_TO_FINISH
    with suppress(ChildProcessError):
        while os.waitpid(pid, os.WNOHANG) == (0, 0):
            if time.monotonic() > until:
                os.kill(pid, signal.SIGKILL)
                until = float("inf")
            time.sleep(0.05)


def _deliver_until_told(config: Config, parent: int, beat: pulse.Pulse) -> bool:
    """Deliver every few seconds until SIGTERM, or until the parent is gone."""

    def deliver(_told: Callable[[], bool]) -> bool:
        delivery.deliver()
        peppol.go_round()
        return False

    return _until_told(config, parent, beat, deliver, SECONDS_BETWEEN_MAILS)


def _work_until_told(
    config: Config, parent: int, beat: pulse.Pulse, app: Flask, handlers: Mapping[str, Handler]
) -> bool:
    """Do long work of these kinds as it comes until SIGTERM, until the parent is gone, or it has grown."""
    tidied, before = 0.0, memory.taken()

    def work(told: Callable[[], bool]) -> bool:
        nonlocal tidied
        background_work.work(handlers=handlers, told=told)
        if not told() and time.monotonic() > tidied + SECONDS_BETWEEN_TIDYING:
            long_work.tidy()
            tidied = time.monotonic()
        return memory.taken() > before + MOST_GROWN

    # What is made of templates needs the application.
    with app.app_context():
        return _until_told(config, parent, beat, work, SECONDS_BETWEEN_JOBS)


def _until_told(
    config: Config,
    parent: int,
    beat: pulse.Pulse,
    go_round: Callable[[Callable[[], bool]], bool],
    seconds: float,
) -> bool:
    """Go round again and again until told, or until a round says that it grew: then it returns true.

    It notes that it lives. The connection stays open: SQLite in WAL mode can't even be read on a full disk
    unless somebody has the database open already.
    """
    is_told = has_grown = False

    def stop(_signal: int, _frame: FrameType | None) -> None:
        nonlocal is_told
        is_told = True

    def told() -> bool:
        return is_told or os.getppid() != parent

    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, stop)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    database.connect(config)
    with beat:
        while not told() and not has_grown:
            try:
                db.connect(reuse_if_open=True)
                has_grown = go_round(told)
                beat.failed_round = ""
            except Exception as error:
                beat.failed_round = pulse.reason(error)
                log.exception("the round failed", extra=logs.outage(error))
                with suppress(Exception):
                    db.close()
            rest = time.monotonic() + seconds
            while not told() and not has_grown and time.monotonic() < rest:
                time.sleep(0.1)
    return has_grown and not is_told
