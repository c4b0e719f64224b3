"""A database of the size that is asked for: made once and known again by its marker, and nobody else's."""

import hashlib
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from pathlib import Path

from flask import Flask
from peewee import CharField, IntegerField, Model
from playhouse.pool import PooledDatabase

from konnekt import create_app, migrations
from konnekt.commands.schema import migrate_database
from konnekt.config import Config
from konnekt.db import db, transaction
from konnekt.domain.invoices import states
from konnekt.domain.timesheets import link_facts
from konnekt.models import (
    Account,
    EventChain,
    Hour,
    HourType,
    Invoice,
    Timesheet,
    TimesheetLine,
    chains,
    waiting,
)
from tests.bench import bulk, calendar, sheets
from tests.bench.cast import Cast, Sizes


def _chain_events() -> None:
    """Link the events, as the migration did that began with it."""
    with transaction():
        chains.remove_triggers()
        EventChain.delete().execute()
        import_module("konnekt.migrations.0018_chained_events").chain_all(db.obj)
        chains.install_triggers()


def _list_waiting() -> None:
    """Write what the approval list asks of each sheet that waits: migrating leaves triggers that are there."""
    waiting.remove_triggers()
    waiting.install_triggers()


def _say_documents() -> None:
    """Have each invoice say that its documents are there: else the agency is told of all of them."""
    Invoice.update(has_documents=states.has_documents()).execute()


# What recomputes the facts that tables keep of others, after the rows were made behind their back; migrating
# once more renews the rest.
FACTS: list[Callable[[], object]] = [link_facts.recompute, _say_documents, _chain_events, _list_waiting]

CELLS_PER_DAY = 5


class NotOurs(Exception):
    """A database with tables in it that the bench did not make."""


class BenchMade(Model):
    """The marker: of which sizes and version the data are, and whether they are as they were made."""

    sheets = IntegerField()
    version = CharField()
    is_whole = IntegerField()

    class Meta:
        database = db
        legacy_table_names = False


@dataclass
class Data:
    """The data of one database, with the application that works on it in this process."""

    config: Config
    app: Flask
    cast: Cast
    seconds: float = 0.0

    @property
    def kind(self) -> str:
        return "PostgreSQL" if self.config.database else "SQLite"

    def account(self, number: int) -> Account:
        found: Account = Account.get_by_id(number)
        return found

    @property
    def staff(self) -> Account:
        return self.account(1)

    @contextmanager
    def changed(self) -> Iterator[None]:
        """While it lasts the data are not as they were made; who is interrupted makes them anew."""
        BenchMade.update(is_whole=0).execute()
        yield
        BenchMade.update(is_whole=1).execute()


def version(sizes: Sizes) -> str:
    """Changes with the sizes, with the migrations, and with the way the data are made."""
    names = sorted(path.name for path in migrations.FOLDER.glob("*.py"))
    texts = [path.read_text() for path in sorted(Path(__file__).parent.glob("*.py")) if path.stem in MAKERS]
    return hashlib.sha256(repr((sizes, names, texts)).encode()).hexdigest()[:16]


MAKERS = {"bulk", "calendar", "cast", "data", "sheets"}


@contextmanager
def ready(folder: Path, database: str, sizes: Sizes) -> Iterator[Data]:
    """The data, made unless they are there already; raises NotOurs."""
    config = Config(instance=folder, database=database, now=calendar.NOW)
    config.make_secret()
    app = create_app(config)
    began = time.perf_counter()
    is_made = is_there(config, sizes)
    if not is_made:
        _empty(config)
        _make(sizes)
    seconds = 0.0 if is_made else time.perf_counter() - began
    db.connect(reuse_if_open=True)
    try:
        with silent():
            yield Data(config, app, Cast.make(sizes), seconds)
    finally:
        let_go()


def let_go() -> None:
    """Close this process's connections, those that a pool keeps too."""
    db.close()
    if isinstance(db.obj, PooledDatabase):
        db.close_all()


@contextmanager
def silent() -> Iterator[None]:
    """Without a line in the log for each request in this process."""
    log = logging.getLogger("konnekt")
    before = log.level
    log.setLevel(logging.WARNING)
    try:
        yield
    finally:
        log.setLevel(before)


def is_there(config: Config, sizes: Sizes) -> bool:
    """Whether the data of these sizes are there, as they were made; NotOurs where somebody else's are."""
    with db.connection_context():
        tables = db.get_tables()
        if tables and BenchMade._meta.table_name not in tables:
            where = config.database or config.instance / "konnekt.db"
            raise NotOurs(f"{where} has tables that the bench did not make: it leaves them alone.")
        made = BenchMade.get_or_none() if tables else None
    return bool(made and made.is_whole and made.version == version(sizes))


def _empty(config: Config) -> None:
    if config.database:
        with db.connection_context():
            bulk.run("DROP SCHEMA public CASCADE")
            bulk.run("CREATE SCHEMA public")
        return
    let_go()
    for name in ("konnekt.db", "konnekt.db-wal", "konnekt.db-shm"):
        (config.instance / name).unlink(missing_ok=True)


def _make(sizes: Sizes) -> None:
    with db.connection_context():
        db.create_tables([BenchMade])
        made = BenchMade.create(sheets=sizes.history, version=version(sizes), is_whole=0)
    migrate_database()
    cast = Cast.make(sizes)
    with db.connection_context(), bulk.unguarded():
        calendar.write()
        cast.write()
        sheets.write(cast)
        _write_grid(cast)
    migrate_database()
    let_go()
    with db.connection_context():
        for recompute in FACTS:
            recompute()
        bulk.tidy()
        made.is_whole = 1
        made.save()
        if bulk.is_sqlite():
            bulk.run("PRAGMA wal_checkpoint(TRUNCATE)")


def _write_grid(cast: Cast) -> None:
    """The draft of the team's first worker: a line of each hour type in each week, hours in all cells."""
    first = calendar.span(calendar.CURRENT)[0]
    days = [first + timedelta(days=number) for number in range(28)]
    of = cast.assignments[cast.team.first - 1]
    sheet = (Timesheet.select(Timesheet.id).order_by(Timesheet.id.desc()).first().id) + 1
    Timesheet.create(
        id=sheet, assignment=of["id"], organisation=of["organisation"], pay_period=calendar.CURRENT, state="draft",
        minutes=28 * CELLS_PER_DAY * 60, created_at=calendar.moments(calendar.CURRENT)["created_at"], force_insert=True,
    )  # fmt: skip
    line = sheet * sheets.LINES
    hour = sheet * sheets.HOURS
    for kind in HourType.select().order_by(HourType.id).limit(CELLS_PER_DAY):
        for day in days:
            if day.weekday() == 0:
                line += 1
                year, week, _ = day.isocalendar()
                TimesheetLine.create(
                    id=line, timesheet=sheet, iso_year=year, iso_week=week, hour_type=kind,
                    budget_number=of["budget_number"], force_insert=True,
                )  # fmt: skip
            hour += 1
            Hour.create(id=hour, line=line, day=day, minutes=60, force_insert=True)


def counts() -> dict[str, int]:
    """How much there is, for who reads the figures."""
    return {
        "sheets": Timesheet.select().count(), "hours": Hour.select().count(), "invoices": Invoice.select().count(),
    }  # fmt: skip
