"""Figures for Prometheus: requests by route and class of status, and what goes on in the background.

Requests are counted in memory that all processes share which were forked from one that had imported this,
as the workers of `konnekt serve` are; under another server each process gives its own figures. A worker
counts in a row that it holds by a lock of its process: whoever comes after one that died goes on there, so
that sums only rise. prometheus_client does it by files per process and metric, which every start has to
clear, and would be one more dependency for what is a line of text per figure.

Prometheus asks each host: requests are those of this host, what the database says is said by all of them.
"""

import fcntl
import mmap
import os
from collections.abc import Iterator
from importlib import metadata
from threading import Lock
from typing import Any

from flask import Flask
from peewee import PeeweeException, SqliteDatabase, fn
from playhouse.pool import MaxConnectionsExceeded

from konnekt.background import delivery, health
from konnekt.db import db
from konnekt.domain import clock
from konnekt.models import BackgroundProcess, Job

ROWS = 128  # twice what serves at most: while workers change, old and new ones count
ROUTES = 512
CLASSES = 6  # none, 1xx ... 5xx
CELL = 2  # how many, and microseconds
_ROW = ROUTES * CLASSES * CELL

_file = os.memfd_create("konnekt-requests")
os.truncate(_file, ROWS * _ROW * 8)
_cells = memoryview(mmap.mmap(_file, ROWS * _ROW * 8)).cast("q")
_lock = Lock()
_mine = (0, 0)  # the process, and where its row begins

Sample = tuple[str, dict[str, Any], float]

# Each family: its type, and what it says.
FAMILIES = {
    "konnekt_build_info": ("gauge", "The version that runs here."),
    "konnekt_database_answers": ("gauge", "1 where the database answers, else 0 and none of what it knows."),
    "konnekt_request_seconds": ("summary", "Requests answered by this host, and how long they took."),
    "konnekt_jobs": ("gauge", "Long work: waiting, running, or failed within 30 days."),
    "konnekt_mails": ("gauge", "Mail not sent: due, resting until it is tried again, or failed for good."),
    "konnekt_oldest_mail_seconds": ("gauge", "How long the oldest mail that should have gone waits."),
    "konnekt_background_seen_timestamp_seconds": ("gauge", "When a background process was last there."),
    "konnekt_background_failing": ("gauge", "1 where the process before it ended, or its last round failed."),
    "konnekt_database_bytes": ("gauge", "The size of the database."),
}


def _routes(app: Flask) -> dict[str, int]:
    """The number of each route: the same in every process, for the code is."""
    if "metrics" not in app.extensions:
        routes = sorted({rule.endpoint for rule in app.url_map.iter_rules()})
        assert len(routes) < ROUTES, "make room for more"
        app.extensions["metrics"] = {route: number for number, route in enumerate(["", *routes])}
    numbers: dict[str, int] = app.extensions["metrics"]
    return numbers


def count(app: Flask, route: str | None, status: int, seconds: float) -> None:
    """Count a request that was answered."""
    number = _routes(app).get(route or "", 0)
    with _lock:
        cell = _row() + (number * CLASSES + min(status // 100, CLASSES - 1)) * CELL
        _cells[cell] += 1
        _cells[cell + 1] += int(seconds * 1_000_000)


def _row() -> int:
    """Where the row of this process begins."""
    global _mine  # noqa: PLW0603 - a process has one row
    if _mine[0] != os.getpid():
        row = next((row for row in range(ROWS) if _is_free(row)), 0)
        _mine = (os.getpid(), row * _ROW)
    return _mine[1]


def _is_free(row: int) -> bool:
    """Whether nobody else counts there; from now on this process does, until it ends."""
    try:
        fcntl.lockf(_file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, row)
    except OSError:
        return False
    return True


def requests(app: Flask) -> Iterator[Sample]:
    """How many requests were answered and how long they took, of all processes of this host."""
    for route, number in _routes(app).items():
        for kind in range(CLASSES):
            cells = range((number * CLASSES + kind) * CELL, ROWS * _ROW, _ROW)
            if how_many := sum(_cells[cell] for cell in cells):
                labels = {"route": route or "none", "status": f"{kind}xx"}
                yield "konnekt_request_seconds_count", labels, how_many
                yield "konnekt_request_seconds_sum", labels, sum(_cells[cell + 1] for cell in cells) / 1e6


def background() -> Iterator[Sample]:
    """What goes on in the background and how large the database is, for all hosts. Five statements."""
    now = clock.now()
    is_claimed = Job.claimed_until_at.is_null(False) & (Job.claimed_until_at > now)
    states = {
        "waiting": Job.ended_at.is_null() & ~is_claimed,
        "running": Job.ended_at.is_null() & is_claimed,
        "failed": Job.ended_at.is_null(False) & (Job.failure != ""),
    }
    counts = [fn.COUNT(Job.id).filter(state) for state in states.values()]
    for kind, *figures in Job.select(Job.kind, *counts).group_by(Job.kind).order_by(Job.kind).tuples():
        for state, figure in zip(states, figures, strict=True):
            yield "konnekt_jobs", {"kind": kind, "state": state}, figure
    for state, figure in delivery.figures().items():
        yield "konnekt_mails", {"state": state}, figure
    yield "konnekt_oldest_mail_seconds", {}, health.seconds_since(delivery.oldest())
    for row in BackgroundProcess.select().order_by(BackgroundProcess.id):
        labels = {"host": row.host, "kind": row.kind, "number": row.number}
        yield "konnekt_background_seen_timestamp_seconds", labels, int(row.seen_at.timestamp())
        yield "konnekt_background_failing", labels, int(bool(row.failure))
    yield "konnekt_database_bytes", {}, _bytes()


def _bytes() -> int:
    if isinstance(db.obj, SqliteDatabase):
        pages, size = (db.execute_sql(f"PRAGMA {what}").fetchone()[0] for what in ("page_count", "page_size"))
        return int(pages * size)
    return int(db.execute_sql("SELECT pg_database_size(current_database())").fetchone()[0])


def text(app: Flask) -> str:
    """All figures in Prometheus' text format (version 0.0.4)."""
    samples: list[Sample] = [("konnekt_build_info", {"version": metadata.version("konnekt")}, 1)]
    samples += requests(app)
    try:
        with db.connection_context():
            samples += [*background(), ("konnekt_database_answers", {}, 1)]
    except (PeeweeException, MaxConnectionsExceeded):
        samples.append(("konnekt_database_answers", {}, 0))
    lines = []
    for family, (kind, words) in FAMILIES.items():
        ours = [one for one in samples if one[0].removesuffix("_count").removesuffix("_sum") == family]
        if ours:
            lines += [f"# HELP {family} {words}", f"# TYPE {family} {kind}", *map(_line, ours)]
    return "\n".join(lines) + "\n"


def _line(sample: Sample) -> str:
    name, labels, figure = sample
    pairs = ",".join(f'{label}="{_escaped(str(value))}"' for label, value in labels.items())
    return f"{name}{{{pairs}}} {figure}" if pairs else f"{name} {figure}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
