"""What systemd does for us: start a unit, and when its first process has ended, end the rest and start it again."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread
from typing import Any

import psycopg

from konnekt.config import Config
from tests import command_line, postgresql

# Of deploy/etc/systemd/system, and of what docs/operating.md adds to PostgreSQL's.
RESTART_SECONDS = 1.0
# Seconds instead of minutes until somebody else takes up what who was killed had claimed, and until a mail about a
# rejection leaves. Here a job is killed more often than three times: that limit is for one that kills its worker.
SOONER = """
from datetime import timedelta
from konnekt.background import delivery, mail, pulse, queue, work
queue.ATTEMPTS = 30
queue.CLAIM = delivery.CLAIM = timedelta(seconds=8)
work.SECONDS_BETWEEN_RENEWALS = 2.0
pulse.SECONDS_BETWEEN = 1.0
pulse.SECONDS_TO_RECOVER = 5.0
mail.REST = timedelta(seconds=4)
"""

Begin = Callable[[], command_line.Running]


@dataclass
class Unit:
    """Commands that go one after another, the last of which stays; and its processes.

    members: the processes of the unit, whoever their parent is by now. count: how many it has at rest.
    """

    name: str
    commands: list[Begin]
    count: int
    members: Callable[[], list[int]] | None = None
    first: command_line.Running | None = None
    starts: int = 0
    is_up: bool = False
    told: Event = field(default_factory=Event)
    thread: Thread | None = None

    def start(self) -> None:
        """Keep it alive from now on."""
        self.thread = Thread(target=self._keep, daemon=True)
        self.thread.start()

    def stop(self) -> None:
        """End it as systemd does, with SIGTERM first."""
        self.told.set()
        assert self.thread is not None
        self.thread.join(60)

    def pids(self) -> list[int]:
        """Its processes that live."""
        if self.members is not None:
            return self.members()
        return in_session(self.first.pid) if self.first is not None else []

    def is_whole(self) -> bool:
        """Whether its last command runs, with all its processes."""
        return self.is_up and len(self.pids()) >= self.count

    def _keep(self) -> None:
        while not self.told.is_set():
            for number, begin in enumerate(self.commands, 1):
                self.first = begin()
                self.is_up = number == len(self.commands)
                self.starts += self.is_up
                self._wait()
                if self.is_up or self.first.returncode or self.told.is_set():
                    break
            self.is_up = False
            self._end_the_rest()
            self.told.wait(RESTART_SECONDS)

    def _wait(self) -> None:
        assert self.first is not None
        while self.first.poll() is None:
            if self.told.wait(0.02):
                # INT: the quick shutdown of PostgreSQL; our own units take it for TERM.
                self.first.send_signal(signal.SIGINT)
                self.first.wait(30)

    def _end_the_rest(self) -> None:
        while pids := self.pids():
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            time.sleep(0.01)


def _all() -> list[int]:
    return sorted(int(one.name) for one in Path("/proc").iterdir() if one.name.isdigit())


def in_session(session: int) -> list[int]:
    """The living processes of a session, the oldest first."""
    found = []
    for pid in _all():
        with suppress(OSError):
            state, _parent, _group, of = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:4]
            if int(of) == session and state != "Z":
                found.append(pid)
    return found


def settings(config: Config) -> dict[str, str]:
    """What a command needs besides the database."""
    return {"KONNEKT_MAIL": config.mail, "KONNEKT_URL": config.url}


def portal(config: Config, folder: Path, held: int) -> list[Unit]:
    """The three units of an installation, each of which brings the tables up to date before it starts."""

    def begun(log: str, *arguments: str, held: int = 0) -> Begin:
        return lambda: command_line.begin(
            config,
            *arguments,
            log=folder / f"{log}.log",
            before=SOONER,
            held=held,
            alone=True,
            **settings(config),
        )

    return [
        Unit(name, [begun(name, "migrate"), begun(name, *arguments, held=socket)], count)
        for name, arguments, socket, count in (
            ("web", ("serve", "--web-only"), held, 1 + config.workers),
            ("work", ("work",), 0, 3),
            ("deliver", ("deliver", "--forever"), 0, 2),
        )
    ]


@contextmanager
def database_server() -> Iterator[tuple[Unit, str]]:
    """A PostgreSQL server that may be killed and the address of its database. What it confirms it has written."""
    bin_dir = postgresql.binaries()
    assert bin_dir is not None, postgresql.HOW_TO_GET_IT
    user = postgresql.owner()
    identity: dict[str, Any] = (
        {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}
    )
    folder = Path(tempfile.mkdtemp(prefix="konnekt-kills-", dir="/tmp" if user else None))
    data = folder / "data"
    if user:
        os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
    options = ["-A", "trust", "-U", "konnekt", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
    subprocess.run(
        [bin_dir / "initdb", "-D", data, *options], check=True, stdout=subprocess.DEVNULL, cwd="/", **identity
    )
    port = postgresql.free_port()
    settings = ("listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=200")
    command = [str(bin_dir / "postgres"), "-D", str(data), "-p", str(port)]
    command += [word for setting in settings for word in ("-c", setting)]

    def begin() -> "subprocess.Popen[bytes]":
        with (folder / "log").open("ab") as log:
            return subprocess.Popen(
                command, stdout=log, stderr=log, cwd="/", start_new_session=True, **identity
            )

    def members() -> list[int]:
        """A backend has a session of its own, and another parent when the first process is gone."""
        found = []
        for pid in _all():
            with suppress(OSError):
                if Path(f"/proc/{pid}/cwd").readlink() == data and command_line.is_alive(pid):
                    found.append(pid)
        return found

    unit = Unit("database", [begin], 1, members)
    unit.start()
    url = f"postgresql://konnekt@127.0.0.1:{port}"
    try:
        _wait_until_it_answers(f"{url}/postgres")
        with psycopg.connect(f"{url}/postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE kills")
        yield unit, f"{url}/kills"
    finally:
        unit.stop()
        shutil.rmtree(folder)


def _wait_until_it_answers(url: str) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(url, connect_timeout=5).close()
            return
        except psycopg.OperationalError:
            assert time.monotonic() < until, "PostgreSQL did not start"
            time.sleep(0.05)
