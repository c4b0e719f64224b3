"""All that the database holds, to compare: every table there is, whether or not a model knows it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from konnekt.db import db

Contents = dict[str, list[tuple[Any, ...]]]
READING = (
    "SELECT",
    "WITH",
    "BEGIN",
    "COMMIT",
    "ROLLBACK",
    "SAVEPOINT",
    "RELEASE",
    "SET TRANSACTION",
    "PRAGMA",
)


_columns: dict[type, dict[str, list[str]]] = {}


def _tables() -> dict[str, list[str]]:
    """Every table and its columns, asked once for each kind of database."""
    kind = type(db.obj)
    if kind not in _columns:
        _columns[kind] = {table: [one.name for one in db.get_columns(table)] for table in db.get_tables()}
    return _columns[kind]


def contents(without: dict[str, set[str]] | None = None) -> Contents:
    """Every row of every table, in an order of its own; without: columns that are left out, by table."""
    found = {}
    for table, columns in _tables().items():
        names = [name for name in columns if name not in (without or {}).get(table, set())]
        if not names:
            continue
        listed = ", ".join(f'"{name}"' for name in names)
        rows = db.execute_sql(f'SELECT {listed} FROM "{table}"').fetchall()
        found[table] = sorted((tuple(row) for row in rows), key=repr)
    return found


def differences(before: Contents, after: Contents) -> dict[str, tuple[int, int]]:
    """The tables that differ, with how many rows are gone or were otherwise, and how many are new or became so."""
    return {
        table: (
            len([row for row in before.get(table, []) if row not in after.get(table, [])]),
            len([row for row in after.get(table, []) if row not in before.get(table, [])]),
        )
        for table in sorted(before.keys() | after.keys())
        if before.get(table) != after.get(table)
    }


@contextmanager
def written() -> Iterator[list[str]]:
    """The statements inside that are no reading ones, as they come."""
    noted: list[str] = []

    def note(event: Any) -> None:
        if not event.sql.lstrip(" (").upper().startswith(READING):
            noted.append(event.sql)

    db.obj.query_hooks.append(note)
    try:
        yield noted
    finally:
        db.obj.query_hooks.remove(note)
