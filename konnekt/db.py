"""The database handle, the base of every row, and the one way to open a transaction."""

import fcntl
import os
import select
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

from peewee import (
    Database,
    DatabaseProxy,
    DateTimeField,
    Model,
    PostgresqlDatabase,
    SqliteDatabase,
    __exception_wrapper__,
)
from playhouse.pool import PooledSqliteDatabase, _PooledPostgresqlDatabase

from konnekt.config import Config, database_server

db: Any = DatabaseProxy()

# So long a connection that nobody used is taken to be as it was.
SECONDS_TRUSTED = 5.0
# How often, and how long apart, who asks for SQLite's lock tries to say so.
TRIES, SECONDS_BETWEEN_TRIES = 3, 0.001

LOOPBACK = {"", "localhost", "127.0.0.1", "::1"}


class MomentField(DateTimeField):  # type: ignore[misc]
    """A moment: aware in Python, naive UTC without microseconds in the table."""

    def db_value(self, value: Any) -> Any:
        if isinstance(value, datetime):
            if value.tzinfo is None:
                raise ValueError("a moment needs a time zone")
            value = value.astimezone(UTC).replace(tzinfo=None, microsecond=0)
        return super().db_value(value)

    def python_value(self, value: Any) -> Any:
        value = super().python_value(value)
        return value.replace(tzinfo=UTC) if isinstance(value, datetime) else value


class PostgresqlPool(_PooledPostgresqlDatabase, PostgresqlDatabase):  # type: ignore[misc]
    """Connections that are kept, and looked at before they are handed out again.

    Peewee asks the server SELECT 1 each time, 0.12 ms of CPU at each request. Of one that was given back just
    now that is asked only where there is something to read, though nothing was asked: a server that ends
    says so. One whose power was cut says nothing; that is found by asking after a pause.
    """

    def _close(self, conn: Any, close_conn: bool = False) -> None:
        conn.given_back = time.monotonic()
        super()._close(conn, close_conn)

    def _is_closed(self, conn: Any) -> bool:
        is_fresh = time.monotonic() < getattr(conn, "given_back", 0.0) + SECONDS_TRUSTED
        if is_fresh and not conn.closed and self._adapter.txn_status(conn) == self._adapter.txn_idle:
            reading = select.poll()
            reading.register(conn.fileno(), select.POLLIN)
            if not reading.poll(0):
                return False
        return bool(super()._is_closed(conn))

    def execute_planned_once(self, sql: str, values: list[Any]) -> Any:
        """Run a statement by the plan that it has for all values (models.compiled.planned_once)."""
        return self._execute_cursor(sql, values, is_planned_once=True)

    def _execute_cursor(self, sql: str, params: Any, *, is_planned_once: bool = False, **options: Any) -> Any:
        self._plan("force_generic_plan" if is_planned_once else "auto")
        return super()._execute_cursor(sql, params, **options)

    def begin(self, isolation_level: Any = None) -> None:
        # Told within a transaction, the server would forget it with that.
        self._plan("auto")
        super().begin(isolation_level)

    def _plan(self, how: str) -> None:
        """Tell the server how to plan from here on, where it does not know: once or twice a page."""
        connection = self.connection()
        if getattr(connection, "plans", "auto") != how and not self.in_transaction():
            with __exception_wrapper__:
                connection.execute(f"SET plan_cache_mode = {how}")
            connection.plans = how


class BaseModel(Model):  # type: ignore[misc]
    """Row of a table that is named after its class."""

    class Meta:
        database = db
        legacy_table_names = False


class _Sqlite(PooledSqliteDatabase):  # type: ignore[misc]
    """SQLite where who asks for the write lock says so, which `is_waited_for` hears.

    The lock is asked for again and again, not queued for: long work would have it again before anybody else.
    """

    def begin(self, lock_type: str | None = None) -> None:
        with self.asking() if lock_type else nullcontext():
            super().begin(lock_type)

    def execute_sql(self, sql: str, params: Any = None) -> Any:
        is_alone = sql.startswith(("INSERT", "UPDATE", "DELETE")) and not self.in_transaction()
        with self.asking() if is_alone else nullcontext():
            return super().execute_sql(sql, params)

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Hold the folder with all others that ask; the kernel lets go of it for who is killed.

        A courtesy: where that can't be said, the write goes on without.
        """
        folder = None
        with suppress(OSError):
            folder = self.folder()
        try:
            if folder is not None:
                _say_asked(folder)
            yield
        finally:
            if folder is not None:
                os.close(folder)

    def folder(self) -> int:
        """Open the folder that the database is in, to hold it."""
        return os.open(Path(self.database).parent, os.O_RDONLY)


def _say_asked(folder: int) -> None:
    for _ in range(TRIES):
        try:
            fcntl.flock(folder, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            # `is_waited_for` has it for a moment.
            time.sleep(SECONDS_BETWEEN_TRIES)
        except OSError:
            return
        else:
            return


def is_waited_for() -> bool:
    """Whether somebody asks for SQLite's write lock just now; PostgreSQL has those who wait in line."""
    if not isinstance(db.obj, _Sqlite):
        return False
    try:
        folder = db.folder()
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        finally:
            os.close(folder)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def connect(config: Config) -> None:
    """Point the models at the configured database; connections open on first use."""
    db.initialize(_postgresql(config.database) if config.database else _sqlite(config))


def _sqlite(config: Config) -> Database:
    # synchronous=FULL: what was confirmed on screen survives a power cut, also in WAL mode.
    pragmas = {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 10_000, "synchronous": "full"}
    # Kept from request to request: to open the file and read its schema takes as long as the statements of a
    # page (1 ms). A thread that has one has it alone, whichever thread opened it.
    return _Sqlite(
        str(config.instance / "konnekt.db"),
        pragmas=pragmas,
        check_same_thread=False,
        max_connections=0,  # as many as there are threads
        stale_timeout=300,
    )


def _postgresql(url: str) -> Database:
    parts = database_server(url)
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    host = options.pop("host", parts.hostname or "")
    if host not in LOOPBACK and not host.startswith("/"):
        options.setdefault("sslmode", "verify-full")
    # The report of a year is a long statement: to compile it takes PostgreSQL longer than to run it.
    # And to begin two processes beside its own, where they find nothing, 18 ms of a grid's 25.
    # Our own literals (models.compiled) count on the last.
    fixed = "-c jit=off -c max_parallel_workers_per_gather=0 -c standard_conforming_strings=on"
    options["options"] = f"{fixed} {options.get('options', '')}".strip()
    return PostgresqlPool(
        parts.path.lstrip("/"),
        host=host or None,
        port=int(options.pop("port", parts.port or 5432)),
        user=options.pop("user", unquote(parts.username) if parts.username else None),
        password=options.pop("password", unquote(parts.password) if parts.password else None),
        prefer_psycopg3=True,
        max_connections=32,
        stale_timeout=300,
        timeout=10,
        **options,
    )


def transaction() -> AbstractContextManager[Any]:
    """One transaction (a savepoint inside another).

    On SQLite it takes the write lock at once: a later upgrade would fail as "locked" without waiting.
    """
    if isinstance(db.obj, SqliteDatabase):
        return db.atomic("IMMEDIATE")  # type: ignore[no-any-return]
    return db.atomic()  # type: ignore[no-any-return]


@contextmanager
def forgettable() -> Iterator[None]:
    """Write what a power cut may take back, a count of requests, without waiting for the disk.

    On SQLite alone: to wait takes 0.25 of 0.3 ms of CPU. To tell PostgreSQL takes it as long as the row. What
    is written before and after is as safe as ever.
    """
    connection = db.connection()
    if not isinstance(db.obj, SqliteDatabase) or connection.in_transaction:
        yield
        return
    connection.execute("PRAGMA synchronous = normal")
    try:
        yield
    finally:
        connection.execute("PRAGMA synchronous = full")


@contextmanager
def one_moment() -> Iterator[None]:
    """Read what the database holds at one moment, whatever others write meanwhile."""
    with db.atomic():
        if not isinstance(db.obj, SqliteDatabase) and db.transaction_depth() == 1:
            db.execute_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


@contextmanager
def connected() -> Iterator[None]:
    """With a connection: for what is read while it is sent, after the request's own was given back."""
    is_ours = db.connect(reuse_if_open=True)
    try:
        yield
    finally:
        if is_ours:
            db.close()


LOCKS = {"flags": 1, "worker": 2, "import": 3, "invoices": 4}


def hold(what: str, number: int = 0) -> None:
    """Let one transaction at a time go on from here, until it ends; the next sees what it wrote.

    SQLite has one writer anyway (see `transaction`). The order is: import, worker, invoices, flags.
    invoices: whoever makes or releases links to hours (invoices, payroll batches), or asks whether there are.
    """
    if not isinstance(db.obj, SqliteDatabase):
        db.execute_sql("SELECT pg_advisory_xact_lock(%s, %s)", (LOCKS[what], number))


def hold_each(what: str, numbers: Iterable[int]) -> None:
    """The same for several, in the order of their numbers: one statement."""
    if not isinstance(db.obj, SqliteDatabase):
        one_by_one = "SELECT pg_advisory_xact_lock(%s, number) FROM unnest(%s::int[]) number"
        db.execute_sql(one_by_one, (LOCKS[what], sorted(set(numbers))))
