"""`kill -9` of whatever the chance says, and how long it takes until all of it works again."""

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from peewee import PeeweeException

from konnekt.db import db
from konnekt.domain import clock
from konnekt.models import BackgroundProcess
from tests.kills.people import At
from tests.kills.units import Unit

# How long after a kill all of it has to work again; and when nobody waits any longer.
AT_MOST = 10.0
PATIENCE = 60.0
# A document is made in a second or so: that long somebody waits for the process that makes one.
LYING_IN_WAIT = 3.0
# So often in a row a page has to come, so that more than one worker was asked.
ASKED = 4
KINDS = {"work": ("imports", "work"), "deliver": ("mail",)}


@dataclass
class Strike:
    """A kill: what was killed, when, and the seconds until pages and background work were there again.

    after: from that moment on a process writes down that it lives only if it is a new one. load: the machine's then.
    """

    what: str
    at: float
    after: datetime
    seconds: float = 0.0
    load: float = 0.0


@dataclass
class Killer:
    """Kills what belongs to the units; seed: the same kills in the same order, as far as there is such a process."""

    units: dict[str, Unit]
    at: At
    chance: random.Random
    strikes: list[Strike] = field(default_factory=list)

    def kill(self, times: int, pause: tuple[float, float]) -> None:
        """So many kills: most when all works again, one in five while it still comes back from the one before."""
        roles = list(
            _ROLES
            if "database" in self.units
            else {one: _ROLES[one] for one in _ROLES if one[0] != "database"}
        )
        order: list[tuple[str, str]] = []
        while len(self.strikes) < times:
            # Each kind of process in turn, in an order of chance.
            order = order or self.chance.sample(roles, len(roles))
            unit, role = order.pop()
            is_patient = self.chance.random() < 0.8
            time.sleep(self.chance.uniform(*pause))
            pids = self._found(unit, role)
            if not pids:
                continue
            with suppress(ProcessLookupError):
                strike = Strike(f"{unit}: {role}", time.monotonic(), clock.machine() + timedelta(seconds=1))
                os.kill(self.chance.choice(pids), signal.SIGKILL)
                self.strikes.append(strike)
                if is_patient or len(self.strikes) == times:
                    self._wait(strike, unit)

    def _found(self, unit: str, role: str) -> list[int]:
        until = time.monotonic() + LYING_IN_WAIT
        while not (pids := _ROLES[unit, role](self.units[unit])) and time.monotonic() < until:
            time.sleep(0.01)
        return pids

    def _wait(self, strike: Strike, unit: str) -> None:
        """Until somebody who asks is answered, each unit is whole, and who was killed has a successor at work."""
        while not (
            all(self._is_answered() for _ in range(ASKED))
            and all(one.is_whole() for one in self.units.values())
            and self._is_seen(strike, unit)
        ):
            assert time.monotonic() < strike.at + PATIENCE, f"{strike.what}: {self.complaint()}"
            time.sleep(0.05)
        strike.seconds, strike.load = time.monotonic() - strike.at, os.getloadavg()[0]

    def wait_until_all_works(self) -> None:
        """At the start."""
        self._wait(Strike("the start", time.monotonic(), clock.machine()), "web")

    def too_slow(self, seconds: float) -> list[str]:
        """The kills after which it took longer than that."""
        return [
            f"{one.what}: back after {one.seconds:.1f} s, load {one.load:.0f}"
            for one in self.strikes
            if one.seconds > seconds
        ]

    def complaint(self) -> str:
        """What is not there."""
        return ", ".join(f"{one.name}: {len(one.pids())} of {one.count}" for one in self.units.values())

    def _is_answered(self) -> bool:
        """Whether a page that reads the database comes, from whichever worker."""
        connection = HTTPConnection("127.0.0.1", self.at.port, timeout=PATIENCE)
        try:
            connection.request("GET", "/login")
            page = connection.getresponse()
            page.read()
            if page.status != 200:
                return False
            connection.request("GET", "/readyz")
            return b'"database"' not in connection.getresponse().read()
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def _is_seen(self, strike: Strike, unit: str) -> bool:
        kinds = KINDS.get(unit, ())
        if not kinds or strike.what.endswith("PDF"):
            return True
        try:
            with db.connection_context():
                new = BackgroundProcess.seen_at >= strike.after
                return len(
                    {
                        one.kind
                        for one in BackgroundProcess.select().where(new & BackgroundProcess.kind.in_(kinds))
                    }
                ) == len(kinds)
        except PeeweeException:
            forget_connections()
            return False


def forget_connections() -> None:
    """After a kill of the database none of this process's own is of use."""
    with suppress(Exception):
        db.obj.close_all()


def _title(pid: int) -> str:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return ""


def _first(unit: Unit) -> list[int]:
    return [unit.first.pid] if unit.first is not None and unit.first.poll() is None else []


def _printers(unit: Unit) -> list[int]:
    return [pid for pid in unit.pids() if "konnekt.documents.pdf" in _title(pid)]


def _others(unit: Unit) -> list[int]:
    return [pid for pid in unit.pids() if pid not in (*_first(unit), *_printers(unit))]


def _backends(unit: Unit) -> list[int]:
    return [pid for pid in unit.pids() if "konnekt" in _title(pid) and pid not in _first(unit)]


_ROLES: dict[tuple[str, str], Callable[[Unit], list[int]]] = {
    ("web", "master"): _first,
    ("web", "worker"): _others,
    ("work", "parent"): _first,
    ("work", "child"): _others,
    ("work", "PDF"): _printers,
    ("deliver", "parent"): _first,
    ("deliver", "child"): _others,
    ("database", "postmaster"): _first,
    ("database", "backend"): _backends,
}
