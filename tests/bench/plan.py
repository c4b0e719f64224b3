"""What a run of the bench measures, and on which databases."""

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import psycopg

from tests import postgresql
from tests.bench import whole_import
from tests.bench.cast import Sizes
from tests.bench.site import Effort

INSTANCE = Path(__file__).parents[2] / "instance"
SOME = INSTANCE / "bench-some.json"
KINDS = ("sqlite", "postgresql")
QUICK, ALL = (1_000,), (1_000, 100_000, 1_000_000)


@dataclass
class Plan:
    """rows: of hours in the import, and to invoice where the list is measured beside that.

    invoices: how many are in their list; 0: neither that nor the time of signing in is measured.
    requests: of a day's work, whose memory is measured instead of all else; 0: all else.
    imported: how many sheets come through the queue while people work; 0: none. Without sizes that is all.
    """

    sizes: list[Sizes]
    kinds: Sequence[str] = KINDS
    effort: Effort = field(default_factory=Effort)
    rows: int = 200_000
    rows_beside: int = 10_000
    invoices: int = 100_000
    folder: Path = INSTANCE / "bench"
    output: Path = INSTANCE / "bench.json"
    server: str = ""
    is_picture: bool = False
    only: Sequence[str] = ()
    imported: int = whole_import.SHEETS
    requests: int = 0

    @classmethod
    def quick(cls) -> "Plan":
        """Within three minutes: enough to see what became slower, not to publish."""
        return cls(
            [Sizes()], effort=Effort(2, 0.15, watching=2.0), rows=10_000, rows_beside=500, invoices=0, imported=0
        )  # fmt: skip

    @classmethod
    def of_import(cls, sheets: str) -> "Plan":
        """A whole administration through the queue, and nothing else: minutes, half a GB of disk or more."""
        effort, output = Effort(watching=60.0), INSTANCE / "bench-import.json"
        return cls([], effort=effort, output=output, imported=int(sheets or whole_import.SHEETS))

    @classmethod
    def day(cls, requests: int) -> "Plan":
        """What a small installation remembers of a day's work, in some five minutes."""
        output = INSTANCE / "bench-day.json"
        return cls([Sizes()], ["sqlite"], requests=requests, output=output, imported=0)

    @classmethod
    def of(cls, arguments: Sequence[str]) -> "Plan":
        """As the command line says."""
        parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
        parser.add_argument(
            "how", nargs="?", choices=["quick", "whole", "import", "day", "picture"], default="whole",
            help="quick: within three minutes; import: a whole administration while people work, alone; "
            "day: the memory of a day's work; picture: draw docs/bench.svg of what was measured last",
        )  # fmt: skip
        parser.add_argument("--sheets", help="how much history: 1000,100000; of import: how many sheets")
        parser.add_argument("--database", choices=KINDS, help="one of both")
        parser.add_argument("--requests", type=int, default=10_000, help="of a day")
        parser.add_argument(
            "--only", nargs="+", default=[], metavar="PART",
            help="the rows with one of these in their title: 'approval list' grid",
        )  # fmt: skip
        parser.add_argument("--rounds", type=int, help="how often each page is measured")
        parser.add_argument(
            "--postgresql", default="", metavar="URL", help="a server that keeps the data, without a database"
        )
        parser.add_argument("--output", type=Path)
        said = parser.parse_args(arguments)
        plans = {
            "quick": cls.quick,
            "import": lambda: cls.of_import(said.sheets),
            "day": lambda: cls.day(said.requests),
        }
        plan = plans.get(said.how, lambda: cls([Sizes(history=sheets) for sheets in ALL]))()
        if said.sheets and said.how != "import":
            plan.sizes = [Sizes(history=int(sheets)) for sheets in said.sheets.split(",")]
        if said.rounds:
            plan.effort = replace(plan.effort, rounds=said.rounds)
        plan.kinds = [said.database] if said.database else plan.kinds
        plan.only, plan.server, plan.is_picture = said.only, said.postgresql, said.how == "picture"
        # What was measured in whole stays until that is done again: the picture is drawn of it.
        plan.output = said.output or (SOME if plan.only else plan.output)
        return plan


@dataclass
class Databases:
    """Those of one kind: files of their own, or databases on a server that is named here or thrown away after."""

    server: str = ""

    @classmethod
    @contextmanager
    def opened(cls, kind: str, server: str) -> Iterator["Databases"]:
        """With a server where the kind needs one."""
        if kind == "sqlite" or server:
            yield cls("" if kind == "sqlite" else server.rstrip("/"))
        else:
            with postgresql.server() as url:
                yield cls(url)

    @property
    def kind(self) -> str:
        return "PostgreSQL" if self.server else "SQLite"

    def url(self, name: str) -> str:
        """A database of that name, empty unless it was there; nothing for SQLite."""
        if not self.server:
            return ""
        name = f"konnekt_bench_{name}"
        with psycopg.connect(f"{self.server}/postgres", autocommit=True) as connection:
            there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
            if not there:
                connection.execute(f"CREATE DATABASE {name}")
        return f"{self.server}/{name}"

    @contextmanager
    def empty(self, name: str) -> Iterator[str]:
        """An empty database of that name, and gone after; whose it is that is there already nobody knows."""
        url = self.url(name)
        if url:
            with psycopg.connect(url) as connection:
                tables = connection.execute("SELECT 1 FROM pg_tables WHERE schemaname = 'public'").fetchone()
                assert not tables, f"{url} is not empty: drop it first"
        yield url
        if url:
            with psycopg.connect(f"{self.server}/postgres", autocommit=True) as connection:
                connection.execute(f"DROP DATABASE konnekt_bench_{name} WITH (FORCE)")
