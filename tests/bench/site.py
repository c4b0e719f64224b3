"""Both servers side by side, Konnekt's and the bare one, and what a request to either costs."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

import psycopg

from konnekt.config import Config
from konnekt.models import SignInAttempt
from tests.bench import bare, machine
from tests.bench.client import Answer, Client
from tests.bench.data import Data
from tests.bench.statements import Statements
from tests.command_line import free_port, served
from tests.visitor import Visitor

Ask = Callable[[], Answer]
# Fewer than an account may search in a minute (domain/accounts/quotas.py).
MOST_A_BLOCK = 100


@dataclass
class Effort:
    """How long measuring takes: rounds of blocks, each of so many seconds, 1 to 100 requests.

    workers: server processes; warming: how many browsers ask for a page first, so that each of them has
    answered it; watching: seconds in which lists are watched while something else goes on.
    """

    rounds: int = 7
    seconds: float = 1.0
    workers: int = Config.workers
    warming: int = 6
    watching: float = 5.0


@dataclass
class Cost:
    """What was measured of one kind of request: CPU in milliseconds per round, latencies of all."""

    cpu: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    answer: Answer | None = None

    @property
    def cpu_ms(self) -> float:
        return median(self.cpu)

    @property
    def p50(self) -> float:
        return median(self.seconds) * 1000

    @property
    def p95(self) -> float:
        if len(self.seconds) < 2:
            return self.p50
        return quantiles(self.seconds, n=20, method="inclusive")[-1] * 1000

    def over(self, other: "Cost") -> float:
        """How many times as much CPU as the other: the middle of what each round says."""
        return median(mine / its for mine, its in zip(self.cpu, other.cpu, strict=True))

    def figures(self) -> dict[str, float]:
        found = {"cpu_ms": round(self.cpu_ms, 3), "p50_ms": round(self.p50, 2), "p95_ms": round(self.p95, 2)}
        if self.answer is not None:
            found |= {"bytes": len(self.answer.body), "sent": len(self.answer.sent)}
        return found


@dataclass
class Site:
    """The data, served."""

    data: Data
    effort: Effort
    pid: int
    port: int
    bare_pid: int
    bare_port: int
    folder: Path
    database_pid: int = 0
    clients: list[Client] = field(default_factory=list)

    def client(self, account: int = 0, encoding: str = "gzip") -> Client:
        """A browser of the account, or of nobody; closed with the site."""
        self.clients.append(Client(self.port, self.data if account else None, account, encoding))
        return self.clients[-1]

    def bare_client(self) -> Client:
        """A browser at the bare server."""
        self.clients.append(Client(self.bare_port))
        return self.clients[-1]

    def cpu(self) -> float:
        """Seconds of all processes that answer: the server's, and the database's where it has its own."""
        return machine.cpu(self.pid) + (machine.cpu(self.database_pid) if self.database_pid else 0.0)

    def bare_cpu(self) -> float:
        return machine.cpu(self.bare_pid) + (machine.cpu(self.database_pid) if self.database_pid else 0.0)

    def side_by_side(self, *asks: tuple[Ask, Callable[[], float]]) -> list[Cost]:
        """Measure kinds of requests in turns, round after round; each comes with the clock of who answers."""
        costs = [Cost() for _ in asks]
        for _ in range(self.effort.rounds):
            for cost, (ask, clock) in zip(costs, asks, strict=True):
                # Nobody searches or downloads so much in a minute, and here the clock stands still.
                SignInAttempt.delete().execute()
                _block(cost, ask, clock, self.effort.seconds)
        return costs

    def page(self, account: int, path: str, name: str) -> tuple[Cost, Cost, int]:
        """A page beside the bare view of the same bytes, and how many statements it takes."""
        client, plain = self.client(account), self.bare_client()
        name += ".pdf" if path.endswith("pdf") else ""
        (self.folder / name).write_bytes(self.warm(account, path).body)
        plain.get(f"/page/{name}")
        ours, bare_cost = self.side_by_side(
            (fresh(client, path), self.cpu), (fresh(plain, f"/page/{name}"), self.bare_cpu)
        )
        client.close()
        plain.close()
        return ours, bare_cost, self.statements(account, path)

    def warm(self, account: int, path: str) -> Answer:
        """Have each worker answer it: what it does the first time nobody waits for again. Slow pages once."""
        began, clients = time.perf_counter(), [self.client(account) for _ in range(self.effort.warming)]
        for client in clients:
            answer = _checked(client.get(path))
            if time.perf_counter() - began > 1:
                break
        for client in clients:
            client.close()
        return answer

    def statements(self, account: int, path: str) -> int:
        """How many statements the page takes, in this process."""
        visitor = Visitor(self.data.app, self.data.account(account))
        with Statements() as statements:
            visitor.client.get(path)
        return statements.count


def fresh(client: Client, path: str) -> Ask:
    return lambda: client.get(path)


def _checked(answer: Answer) -> Answer:
    assert answer.status in (200, 303), (answer.status, answer.text[:2000])
    return answer


def _block(cost: Cost, ask: Ask, clock: Callable[[], float], seconds: float) -> None:
    began, before, count = time.perf_counter(), clock(), 0
    while not count or (time.perf_counter() - began < seconds and count < MOST_A_BLOCK):
        answer = _checked(ask())
        cost.seconds.append(answer.seconds)
        count += 1
    cost.cpu.append((clock() - before) * 1000 / count)
    cost.answer = answer


@contextmanager
def opened(data: Data, effort: Effort, *arguments: str) -> Iterator[Site]:
    """Serve the data, and the bare view beside it, until the end; arguments: more of them for `serve`."""
    config = data.config
    with (
        TemporaryDirectory(prefix="konnekt-bare-") as name,
        served(config, "--workers", str(effort.workers), *arguments, log=Path(name) / "log", afresh=True) as (
            process,
            url,
        ),
    ):
        folder, port = Path(name), free_port()
        bare.make_table(folder, config.database)
        arguments = [str(port), name, str(effort.workers), config.database]
        plain = subprocess.Popen([sys.executable, "-m", "tests.bench.bare", *arguments])
        try:
            site = Site(
                data, effort, process.pid, int(url.rpartition(":")[2]), plain.pid, port, folder,
                postmaster(config.database) if config.database else 0,
            )  # fmt: skip
            (folder / "ready").write_bytes(b"")
            _wait_for(site)
            yield site
            for client in site.clients:
                client.close()
        finally:
            plain.terminate()
            plain.wait(30)


def _wait_for(site: Site) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            site.bare_client().get("/page/ready")
            return
        except ConnectionError:
            assert time.monotonic() < until, "the bare server does not answer"
            time.sleep(0.05)


def postmaster(database: str) -> int:
    """The first process of the PostgreSQL server; 0 where it runs on another machine."""
    with psycopg.connect(database) as connection:
        row = connection.execute("SELECT pg_backend_pid()").fetchone()
        assert row is not None
        try:
            return machine.parent(row[0])
        except FileNotFoundError:
            return 0
