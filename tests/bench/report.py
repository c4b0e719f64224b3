"""What was found beside what it may be at most: as a table to read, and as JSON."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.bench import machine
from tests.bench.site import Cost

UNITS = {"x", "ms", "s", "a second", "MB", "kB", "requests", "statements"}


@dataclass
class Row:
    """One figure. at_most: what it must not be above; at_least: what it must not be below."""

    title: str
    found: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None
    details: dict[str, float] = field(default_factory=dict)

    @property
    def is_met(self) -> bool:
        is_low = self.at_most is None or self.found <= self.at_most
        return is_low and (self.at_least is None or self.found >= self.at_least)

    @property
    def bound(self) -> str:
        if self.at_least is not None:
            return f">= {_number(self.at_least)}"
        return _number(self.at_most) if self.at_most is not None else ""

    def line(self) -> str:
        shown = {name: value for name, value in self.details.items() if not name.startswith("/")}
        more = "  ".join(f"{name} {_number(value)}" for name, value in shown.items())
        mark = " " if self.is_met else "!"
        return f"{mark} {self.title:46} {_number(self.found):>9} {self.unit:10} {self.bound:>9}  {more}"


@dataclass
class Section:
    """All figures of one database and size."""

    database: str
    sheets: int
    rows: list[Row] = field(default_factory=list)
    data: dict[str, int] = field(default_factory=dict)
    only: Sequence[str] = ()

    def wants(self, *titles: str) -> bool:
        """Whether one of these rows is to be measured: all are, unless some were named by a part of theirs."""
        return not self.only or any(part in title for part in self.only for title in titles)

    def add(self, title: str, found: float, unit: str, **bounds: float | dict[str, float] | None) -> Row:
        """Keep a figure, and say it."""
        assert unit in UNITS
        row = Row(title, round(found, 3), unit, **bounds)  # type: ignore[arg-type]
        self.rows.append(row)
        print(row.line(), flush=True)
        return row

    def add_page(
        self,
        title: str,
        costs: tuple[Cost, Cost, int],
        *,
        times: float | None = None,
        ms: float | None = None,
    ) -> Row:
        """Keep what a page costs: times as much as the bare view, or in milliseconds of CPU."""
        ours, bare, statements = costs
        ratio = ours.over(bare)
        details = ours.figures() | {"bare_ms": round(bare.cpu_ms, 3), "times": round(ratio, 1)}
        details |= {"statements": statements} if statements else {}
        if ms is None:
            return self.add(title, ratio, "x", at_most=times, details=details)
        return self.add(title, ours.cpu_ms, "ms", at_most=ms, details=details)

    def find(self, title: str) -> Row | None:
        return next((row for row in self.rows if row.title == title), None)


@dataclass
class Report:
    """All sections, and where and when they were measured."""

    rounds: int
    measured_on: str
    only: Sequence[str] = ()
    machine: dict[str, object] = field(default_factory=machine.name)
    sections: list[Section] = field(default_factory=list)

    def section(self, database: str, sheets: int, data: dict[str, int] | None = None) -> Section:
        found = next((one for one in self.sections if (one.database, one.sheets) == (database, sheets)), None)
        if found is None:
            found = Section(database, sheets, data=data or {}, only=self.only)
            self.sections.append(found)
            facts = ", ".join(f"{value:,} {name}" for name, value in found.data.items())
            size = f"{sheets:,} sheets of history ({facts})" if sheets else "whatever the size"
            print(f"\n{database}, {size}")
            print(f"  {'':46} {'found':>9} {'':10} {'at most':>9}")
        return found

    def compare(self, flat: dict[str, float], far: float) -> None:
        """Say how pages grow with the data (flat: titles, and how much they may), and PostgreSQL beside SQLite."""
        for database in dict.fromkeys(one.database for one in self.sections if one.sheets):
            mine = sorted(
                (one for one in self.sections if one.database == database and one.sheets),
                key=lambda s: s.sheets,
            )
            if len(mine) < 2:
                continue
            print(f"\n{database}, {mine[-1].sheets:,} against {mine[0].sheets:,} sheets")
            for title, most in flat.items():
                low, high = mine[0].find(title), mine[-1].find(title)
                if low and high:
                    _say_ratio(title, _cpu(high), _cpu(low), most)
        for other in [one for one in self.sections if one.database == "PostgreSQL"]:
            same = next(
                (s for s in self.sections if s.database == "SQLite" and s.sheets == other.sheets), None
            )
            if same is None or not other.sheets:
                continue
            print(f"\nPostgreSQL against SQLite, {other.sheets:,} sheets")
            for row in other.rows:
                mate = same.find(row.title)
                if mate and "cpu_ms" in row.details:
                    _say_ratio(row.title, _cpu(row), _cpu(mate), far)

    def write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self), indent=1) + "\n")


def _cpu(row: Row) -> float:
    return row.details["cpu_ms"]


def _say_ratio(title: str, above: float, below: float, most: float) -> None:
    print(Row(title, above / below if below else 0.0, "x", at_most=most).line())


def _number(value: float) -> str:
    if isinstance(value, int) or value == int(value):
        return f"{int(value):,}"
    return f"{value:,.2f}" if abs(value) < 100 else f"{value:,.0f}"
