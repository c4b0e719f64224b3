"""One run: an installation of its own, killed again and again while people work, and what came of it."""

import fcntl
import random
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from konnekt import create_app, db as database
from konnekt.commands.schema import migrate_database
from konnekt.config import Config
from konnekt.db import db
from konnekt.domain import clock
from tests import command_line, smtp
from tests.bench.data import silent
from tests.kills import agency, people, proof, staff
from tests.kills.struck import AT_MOST, PATIENCE, Killer, Strike, forget_connections
from tests.kills.units import Unit, database_server, portal, settings

# A kill comes so long after the one before, or after all worked again.
PAUSE = (0.1, 1.2)


@dataclass
class Outcome:
    """What came of a run."""

    seed: int
    strikes: list[Strike]
    log: people.Log
    mails: int
    doubled: int
    findings: list[str]
    seconds: float

    def lines(self) -> Iterator[str]:
        """All of it in words."""
        returns = sorted(one.seconds for one in self.strikes if one.seconds)
        slowest = max(self.strikes, key=lambda one: one.seconds)
        yield f"seed {self.seed}: {len(self.strikes)} kills in {self.seconds:.0f} s"
        for what in sorted({one.what for one in self.strikes}):
            some = [one.seconds for one in self.strikes if one.what == what]
            yield f"  {what}: {len(some)} kills, back after at most {max(some):.1f} s"
        yield f"back after {returns[len(returns) // 2]:.1f} s, at most {slowest.seconds:.1f} s ({slowest.what}, load {slowest.load:.0f})"
        yield f"confirmed: {self.log.confirmed.total()} ({_told(self.log.confirmed)})"
        yield f"without an answer: {self.log.unanswered.total()} ({_told(self.log.unanswered)})"
        yield f"refused because it had happened already: {self.log.refused}"
        yield f"{self.mails} mails came, {self.doubled} of them twice under the same Message-ID"
        yield f"not as it should be: {len(self.findings)}"
        yield from (f"  {one}" for one in self.findings)


def _told(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


def run(
    kind: str,
    kills: int,
    seed: int,
    folder: Path,
    pause: tuple[float, float] = PAUSE,
    at_most: float = AT_MOST,
) -> Outcome:
    """Kill so often, and prove. kind: sqlite or postgresql. folder: where logs and all else are kept."""
    began = time.monotonic()
    with _installation(kind, folder, to_invoice=kills + 5) as (units, at, cast, postbox):
        killer = Killer(units, at, random.Random(seed))
        killer.wait_until_all_works()
        at_work = staff.at_work(at, cast, seed)
        try:
            killer.kill(kills, pause)
        finally:
            staff.go_home(at, at_work)
        forget_connections()
        with db.connection_context():
            proof.wait_until_quiet()
        wrong = [*at.log.surprises, *_checked(at.config), *killer.too_slow(at_most)]
        with db.connection_context():
            wrong += proof.findings(at.log, cast, postbox)
            return Outcome(
                seed,
                killer.strikes,
                at.log,
                len(postbox.envelopes),
                proof.doubled(postbox),
                wrong,
                time.monotonic() - began,
            )


def _checked(config: Config) -> list[str]:
    """What `konnekt check` is not content with, once who was killed has been over it for a while."""
    until = time.monotonic() + PATIENCE
    while (
        done := command_line.konnekt(config, "check", **settings(config))
    ).returncode and time.monotonic() < until:
        time.sleep(0.5)
    return [line for line in done.stdout.splitlines() if not line.startswith("ok")] if done.returncode else []


@contextmanager
def _installation(
    kind: str, folder: Path, to_invoice: int
) -> Iterator[tuple[dict[str, Unit], people.At, agency.Cast, smtp.Postbox]]:
    """The units, running, with people who have work to do and a mail server that nobody kills."""
    with ExitStack() as stack:
        postbox = stack.enter_context(smtp.server())
        units: dict[str, Unit] = {}
        config = Config(instance=folder / "instance", mail=f"smtp://127.0.0.1:{postbox.port}")
        if kind == "postgresql":
            units["database"], url = stack.enter_context(database_server())
            config = replace(config, database=url)
        config.make_secret()
        clock.fix("")
        app = create_app(config)
        database.connect(config)
        stack.enter_context(silent())
        migrate_database()
        with db.connection_context(), db.atomic():
            cast = agency.make(to_invoice)
        stack.callback(forget_connections)
        listening = stack.enter_context(_listening())
        config = replace(config, url=f"http://127.0.0.1:{listening.getsockname()[1]}")
        at = people.At(app, config, listening.getsockname()[1])
        for unit in portal(config, folder, listening.fileno()):
            units[unit.name] = unit
            unit.start()
            stack.callback(unit.stop)
        yield units, at, cast, postbox


@contextmanager
def _listening() -> Iterator[socket.socket]:
    """The socket of konnekt.socket; no file has its number twice."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        one.listen(2048)
        with socket.socket(fileno=fcntl.fcntl(one.fileno(), fcntl.F_DUPFD, 20)) as held:
            yield held
