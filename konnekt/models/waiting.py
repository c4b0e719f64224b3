"""What the approval list asks of each sheet that waits, in one narrow row, kept by triggers.

To count and to sort what waits took five microseconds a sheet: its assignment, worker, flags and
contributors are each a search of their own. This is a tenth of that. Triggers keep it, for what it says is
spread over five tables that many verbs write; `drifted` compares, for a check and a test.
"""

from typing import Any

from peewee import (
    BigIntegerField,
    BooleanField,
    ForeignKeyField,
    IntegerField,
    SqliteDatabase,
    TextField,
)

from konnekt.db import BaseModel, db, transaction
from konnekt.models.timesheets import Timesheet


class WaitingSheet(BaseModel):
    """A sheet that waits. is_plain: no correction, and no flag that a supervisor sees.

    has_helpers: somebody else than its worker entered or sent a part of it. mark: a number of the sheet and
    its revision; those of other sheets don't add up to the same (squares modulo primes, each step within 64
    bits: the sums of 1, 4 and of 2, 3 would be the same).
    """

    timesheet = ForeignKeyField(Timesheet, primary_key=True, on_delete="CASCADE")
    # Plain numbers: what they refer to is told by the sheet, and each foreign key would be asked again.
    organisation = IntegerField(column_name="organisation_id")
    pay_period = IntegerField(column_name="pay_period_id")
    worker = IntegerField(column_name="worker_id", index=True)
    name_key = TextField()
    revision = IntegerField()
    minutes = IntegerField()
    is_plain = BooleanField()
    has_helpers = BooleanField()
    mark = BigIntegerField()


_GROUP = (WaitingSheet.organisation, WaitingSheet.pay_period)
_COUNTED = (
    WaitingSheet.worker, WaitingSheet.minutes, WaitingSheet.is_plain, WaitingSheet.has_helpers,
    WaitingSheet.mark, WaitingSheet.timesheet,
)  # fmt: skip
WaitingSheet.add_index(*_GROUP, WaitingSheet.name_key, WaitingSheet.timesheet, name="waiting_sheet_listed")
WaitingSheet.add_index(*_GROUP, *_COUNTED, name="waiting_sheet_counted")

_MIXED = "((CAST(t.id AS BIGINT) * 1103515245 + CAST(t.revision AS BIGINT) * 40503) % 2147483647)"
ROWS = f"""
    SELECT t.id, t.organisation_id, t.pay_period_id, a.worker_id, w.name_key, t.revision, t.minutes,
        t.sequence = 0 AND NOT EXISTS (
            SELECT 1 FROM timesheet_flag f WHERE f.timesheet_id = t.id AND NOT f.is_elsewhere
        ),
        EXISTS (
            SELECT 1 FROM timesheet_contributor c WHERE c.timesheet_id = t.id AND c.account_id <> a.worker_id
        ),
        {_MIXED} * {_MIXED} % 2147483629
    FROM timesheet t JOIN assignment a ON a.id = t.assignment_id JOIN account w ON w.id = a.worker_id
    WHERE t.state = 'submitted'"""  # noqa: S608
COLUMNS = (
    "timesheet_id, organisation_id, pay_period_id, worker_id, name_key, revision, minutes, is_plain,"
    " has_helpers, mark"
)

RENAMED = "UPDATE waiting_sheet SET name_key = NEW.name_key WHERE worker_id = NEW.id;"

# Per table: what happens there, which columns count, and the sheets (a condition on t) to look at again.
TRIGGERS: list[tuple[str, str, str, str]] = [
    ("timesheet", "insert", "", "t.id = NEW.id"),
    ("timesheet", "update", "state, revision, minutes, assignment_id, sequence", "t.id = NEW.id"),
    ("timesheet_flag", "insert", "", "t.id = NEW.timesheet_id"),
    ("timesheet_flag", "update", "", "t.id = NEW.timesheet_id"),
    ("timesheet_flag", "delete", "", "t.id = OLD.timesheet_id"),
    ("timesheet_contributor", "insert", "", "t.id = NEW.timesheet_id"),
    ("timesheet_contributor", "update", "", "t.id = NEW.timesheet_id"),
    ("timesheet_contributor", "delete", "", "t.id = OLD.timesheet_id"),
    ("assignment", "update", "worker_id", "t.assignment_id = NEW.id"),
    ("account", "update", "name_key", ""),
]


def install_triggers() -> None:
    """Have the tables keep the rows, and write them anew; meanwhile nobody writes what they are made of."""
    with transaction():
        if not isinstance(db.obj, SqliteDatabase):
            tables = ", ".join(sorted({table for table, *_ in TRIGGERS}))
            _run(f"LOCK TABLE {tables} IN SHARE ROW EXCLUSIVE MODE")
        _create()
        _run("DELETE FROM waiting_sheet")
        _run(f"INSERT INTO waiting_sheet ({COLUMNS}) {ROWS}")


def _create() -> None:
    for table, what, columns, sheets in TRIGGERS:
        name, some = f"waiting_{table}_{what}", f" OF {columns}" if columns else ""
        steps = _steps(sheets) if sheets else RENAMED
        if isinstance(db.obj, SqliteDatabase):
            _run(f'CREATE TRIGGER "{name}" AFTER {what}{some} ON "{table}" BEGIN {steps} END')
            continue
        body = f"$$ BEGIN {steps} RETURN NULL; END $$"
        _run(f'CREATE OR REPLACE FUNCTION "{name}"() RETURNS trigger LANGUAGE plpgsql AS {body}')
        done = f'FOR EACH ROW EXECUTE FUNCTION "{name}"()'
        _run(f'CREATE TRIGGER "{name}" AFTER {what}{some} ON "{table}" {done}')


def has_triggers() -> bool:
    """Whether all of them are there. One of another text comes with a migration, which takes them away."""
    is_sqlite = isinstance(db.obj, SqliteDatabase)
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if is_sqlite
        else "SELECT tgname FROM pg_trigger"
    )
    return {f"waiting_{table}_{what}" for table, what, *_ in TRIGGERS} <= {name for (name,) in _run(query)}


def _steps(sheets: str) -> str:
    """Write the rows of these sheets anew: of those that waited, and of those that wait now."""
    which = f"SELECT t.id FROM timesheet t WHERE {sheets}"  # noqa: S608
    return (
        f"DELETE FROM waiting_sheet WHERE timesheet_id IN ({which});"  # noqa: S608
        f" INSERT INTO waiting_sheet ({COLUMNS}) {ROWS} AND {sheets};"
    )


def _run(sql: str) -> Any:
    # A sign of per cent stands for a value in PostgreSQL's driver.
    return db.execute_sql(sql if isinstance(db.obj, SqliteDatabase) else sql.replace("%", "%%"))


def remove_triggers() -> None:
    """Take them away, as far as they are there."""
    there = set(db.get_tables())
    for table, what, *_ in TRIGGERS:
        if table in there:
            on = "" if isinstance(db.obj, SqliteDatabase) else f' ON "{table}"'
            _run(f'DROP TRIGGER IF EXISTS "waiting_{table}_{what}"{on}')


def drifted() -> list[Any]:
    """Rows that are there and should not be, or the other way round: none, unless a trigger is missing."""
    stored = {tuple(row) for row in _run(f"SELECT {COLUMNS} FROM waiting_sheet").fetchall()}  # noqa: S608
    return sorted(stored ^ {tuple(row) for row in _run(ROWS).fetchall()})
