"""Millions of rows in little time: by INSERT ... SELECT, while nobody guards the tables; all is checked after."""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from peewee import BooleanField, IntegerField, JSONField, Model, SqliteDatabase

from konnekt.db import db


def is_sqlite() -> bool:
    return isinstance(db.obj, SqliteDatabase)


def run(sql: str, *parameters: Any) -> Any:
    """A statement as it stands: no % of it is a parameter unless there are parameters."""
    cursor = db.cursor()
    return cursor.execute(sql, parameters) if parameters else cursor.execute(sql)


def load(model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Rows of plain values, from Python into a table."""
    names = [model._meta.fields[name].column_name for name in columns]
    into = f'"{model._meta.table_name}" ({", ".join(names)})'
    if is_sqlite():
        db.cursor().executemany(f"INSERT INTO {into} VALUES ({', '.join('?' * len(names))})", rows)
        return
    with db.cursor().copy(f"COPY {into} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def insert(model: type[Model], source: str, parameters: Sequence[Any] = (), **columns: str) -> None:
    """Rows of a SELECT: an expression per field; a field that is not named has what the model gives it.

    So a column that a table gets one day is filled here too, as long as its model has a default.
    """
    expressions: dict[str, str] = {}
    for field in model._meta.sorted_fields:
        if field.name in columns:
            expression = columns[field.name]
            if isinstance(field, JSONField) and not is_sqlite():
                expression = f"CAST({expression} AS json)"
            expressions[field.column_name] = expression
        elif field.default is not None:
            expressions[field.column_name] = _literal(field)
    names = ", ".join(f'"{name}"' for name in expressions)
    values = ", ".join(expressions.values())
    run(f'INSERT INTO "{model._meta.table_name}" ({names}) SELECT {values} FROM {source}', *parameters)


def _literal(field: Any) -> str:
    value = field.default() if callable(field.default) else field.default
    if isinstance(field, BooleanField):
        return "TRUE" if value else "FALSE"
    if isinstance(field, IntegerField):
        return str(int(value))
    if isinstance(field, JSONField):
        return quoted(json.dumps(value))
    return quoted(str(value))


def quoted(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


@contextmanager
def unguarded() -> Iterator[None]:
    """Without indexes, triggers and foreign keys; they come back at the end, and refuse what is wrong."""
    again = _taken_from_sqlite() if is_sqlite() else _taken_from_postgresql()
    yield
    for sql in again:
        run(sql)
    if is_sqlite():
        db.commit()
        wrong = run("PRAGMA foreign_key_check").fetchmany(5)
        assert not wrong, f"rows that refer to nothing: {wrong}"
        for pragma in ("foreign_keys = 1", "journal_mode = wal", "synchronous = full"):
            run(f"PRAGMA {pragma}")
    else:
        _count_on()
        db.commit()


def _taken_from_sqlite() -> list[str]:
    for pragma in ("foreign_keys = 0", "synchronous = off", "journal_mode = off", "cache_size = -500000"):
        run(f"PRAGMA {pragma}")
    found = run(
        "SELECT type, name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL"
        " ORDER BY type"
    ).fetchall()
    for kind, name, _sql in found:
        run(f'DROP {kind} "{name}"')
    run("BEGIN")
    return [sql for _kind, _name, sql in found]


def _taken_from_postgresql() -> list[str]:
    """Foreign keys last: they stand on unique indexes. Triggers stay, and are asleep."""
    keys = run(
        "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE contype = 'f' AND connamespace = 'public'::regnamespace"
    ).fetchall()
    for table, name, _definition in keys:
        run(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    indexes = run(
        "SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index"
        " JOIN pg_class ON pg_class.oid = indrelid WHERE relnamespace = 'public'::regnamespace"
        " AND indexrelid NOT IN (SELECT conindid FROM pg_constraint)"
    ).fetchall()
    for name, _definition in indexes:
        run(f"DROP INDEX {name}")
    run("SET session_replication_role = replica")
    run("SET maintenance_work_mem = '512MB'")
    return [
        "SET session_replication_role = origin",
        *(definition for _name, definition in indexes),
        *(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}" for table, name, definition in keys),
    ]


def _count_on() -> None:
    """New rows get numbers after those that were given here."""
    found = run(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
        " AND pg_get_serial_sequence(quote_ident(table_name), column_name) IS NOT NULL"
    ).fetchall()
    for table, column in found:
        sequence = f"pg_get_serial_sequence('\"{table}\"', '{column}')"
        run(f'SELECT setval({sequence}, (SELECT coalesce(max("{column}"), 0) + 1 FROM "{table}"), false)')


def tidy() -> None:
    """What the database does by itself in the night."""
    run("ANALYZE") if is_sqlite() else run("VACUUM ANALYZE")
