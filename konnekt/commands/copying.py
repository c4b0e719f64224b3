"""`konnekt copy-database`: from an SQLite file to an empty PostgreSQL database, each row compared afterwards.

All of it is one transaction of PostgreSQL, tables included: whatever goes wrong, nothing is left behind. Rows
go by COPY, one at a time: memory doesn't grow with the database. The checksum of a table is that of its rows
as text, added up: it doesn't depend on their order, nor on how a database writes them.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import click
from peewee import AutoField, BooleanField, DatabaseError, JSONField, SqliteDatabase, sort_models

from konnekt.background import pulse
from konnekt.commands import schema
from konnekt.config import Config
from konnekt.db import db, transaction
from konnekt.models import TABLES, Installation, waiting

WHERE_TO = "postgresql://user:password@host/name"


class TableSum(NamedTuple):
    """What a table holds: the number of its rows, and a number of 128 bits that they add up to."""

    rows: int
    checksum: int

    def __str__(self) -> str:
        return f"{self.rows} rows, checksum {self.checksum:032x}"


def copy(config: Config, file: Path, told: Callable[[str], None]) -> int:
    """Copy the database in an SQLite file to the one of the settings; returns the number of rows.

    told: is given a line per table that was copied and compared. Nobody writes in the file meanwhile. Raises
    ClickException, and changes nothing, where either of them is not what it has to be.
    """
    if isinstance(db.obj, SqliteDatabase):
        raise click.ClickException(f"KONNEKT_DATABASE has to name where to copy to: {WHERE_TO}")
    # Here and below: an instance with SQLite never loads it.
    import psycopg

    config.require_writable()
    with _still(file) as source, db.connection_context(), schema.alone():
        _require_copyable(config, source, file)
        try:
            with transaction():
                schema.bring_up_to_date()
                _require_empty()
                copied = _copy_all(source, told)
                pulse.forget()
        except (psycopg.Error, sqlite3.Error, DatabaseError) as error:
            raise click.ClickException(f"Nothing was copied: {str(error).strip().splitlines()[0]}") from error
        # Until PostgreSQL does so itself, a minute later, it plans as if the tables were empty.
        db.execute_sql("ANALYZE")
    return copied


@contextmanager
def _still(file: Path) -> Iterator[sqlite3.Connection]:
    """The file, in which nobody writes as long as this is open."""
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=rw", uri=True, timeout=10)) as source:
            source.isolation_level = None
            source.execute("BEGIN IMMEDIATE")
            yield source
    except sqlite3.Error as error:
        raise click.ClickException(f"{file} can't be read as a database of Konnekt: {error}") from error


def _require_copyable(config: Config, source: sqlite3.Connection, file: Path) -> None:
    applied = {name for (name,) in source.execute("SELECT name FROM schema_migration")}
    if newer := sorted(applied - set(schema.migration_names())):
        raise click.ClickException(
            f"{file} is newer than this version of Konnekt (it has {newer[-1]}): install the newer one."
        )
    if older := sorted(set(schema.migration_names()) - applied):
        raise click.ClickException(
            f"{file} is older than this version of Konnekt (it lacks {older[0]}): "
            "run `konnekt migrate` on it first."
        )
    if newer := schema.newer_than_code():
        raise click.ClickException(
            f"The database {db.obj.database} is newer than this version of Konnekt (it has {newer[-1]})."
        )
    signed = source.execute("SELECT value FROM installation WHERE name = 'secret'").fetchone()
    if not config.secrets() or (signed and signed[0] not in map(schema.fingerprint, config.secrets())):
        raise click.ClickException(
            f"The secret in {config.secret_path} is not that of {file}: copy the file of that one first."
        )


def _require_empty() -> None:
    """Refuse a database with rows; what `migrate` writes down about itself is no row of anybody."""
    for model in TABLES:
        if model is not Installation and model.select().exists():
            table = model._meta.table_name
            raise click.ClickException(
                f"The database {db.obj.database} is not empty ({table} has rows): copy to a new one."
            )
    Installation.delete().execute()


def _copy_all(source: sqlite3.Connection, told: Callable[[str], None]) -> int:
    import psycopg

    # As the text that SQLite has, and that the checksum is made of, whatever this server prefers.
    db.execute_sql("SET LOCAL datestyle = 'ISO, YMD'")
    db.execute_sql("SET LOCAL bytea_output = 'hex'")
    # They would write rows that are copied too.
    waiting.remove_triggers()
    total = 0
    for model in sort_models(TABLES):
        table = model._meta.table_name
        try:
            there, here = _copy_table(source, model), _sum(model, _rows_here(model))
        except (psycopg.DataError, psycopg.IntegrityError) as error:
            why = str(error).strip().splitlines()[0]
            raise click.ClickException(
                f"Nothing was copied: a row of {table} is refused there: {why}"
            ) from error
        if there != here:
            raise click.ClickException(
                f"Nothing was copied: {table} has {there} in the file, and {here} after."
            )
        if isinstance(model._meta.primary_key, AutoField):
            db.execute_sql(
                f"SELECT setval(pg_get_serial_sequence('\"{table}\"', 'id'), MAX(id)) FROM \"{table}\""  # noqa: S608
            )
        told(f"{table}: {here}")
        total += here.rows
    waiting.install_triggers()
    return total


def _columns(model: Any) -> str:
    return ", ".join(f'"{field.column_name}"' for field in model._meta.sorted_fields)


def _copy_table(source: sqlite3.Connection, model: Any) -> TableSum:
    """Send each row as it is read, and add up what was sent."""
    columns, table = _columns(model), model._meta.table_name
    rows = source.execute(f'SELECT {columns} FROM "{table}"')  # noqa: S608
    with db.connection().cursor() as cursor, cursor.copy(f'COPY "{table}" ({columns}) FROM STDIN') as target:

        def sent() -> Iterator[tuple[Any, ...]]:
            for row in rows:
                target.write_row(row)
                yield row

        return _sum(model, sent())


def _rows_here(model: Any) -> Iterator[tuple[Any, ...]]:
    with db.connection().cursor() as cursor:
        query = f'COPY "{model._meta.table_name}" ({_columns(model)}) TO STDOUT'
        with cursor.copy(query) as target:
            yield from target.rows()


def _sum(model: Any, rows: Iterable[tuple[Any, ...]]) -> TableSum:
    """Count and add up rows, of either database."""
    as_text = [_as_text(field) for field in model._meta.sorted_fields]
    count = checksum = 0
    for row in rows:
        texts = [None if value is None else text(value) for text, value in zip(as_text, row, strict=True)]
        count += 1
        checksum += int.from_bytes(sha256(json.dumps(texts).encode()).digest()[:16])
    return TableSum(count, checksum % 2**128)


def _as_text(field: Any) -> Callable[[Any], str]:
    """How a value reads as PostgreSQL writes it; SQLite keeps truth as a number, and JSON as it came."""
    if isinstance(field, BooleanField):
        return lambda value: value if isinstance(value, str) else "t" if value else "f"
    if isinstance(field, JSONField):
        return lambda value: json.dumps(json.loads(value), sort_keys=True)
    return lambda value: f"\\x{value.hex()}" if isinstance(value, bytes) else str(value)
