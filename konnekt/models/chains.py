"""The record of what happened as chains: each event carries the hash of the one before it of the same thing.

A thing is a timesheet, an invoice, an organisation, a person, or what `thing` names. How many events it has
and the hash of the last one stand in a row of their own, so that the end of a chain can't be cut off either;
that row is also what two who append to one thing at the same moment wait for. Triggers keep everybody from
changing or deleting events. What all this proves, and what not, stands in docs/security.md.
"""

import json
from functools import lru_cache
from hashlib import sha256
from typing import Any

from peewee import CharField, ForeignKeyField, IntegerField, SqliteDatabase, TextField

from konnekt.db import BaseModel, db
from konnekt.models.events import Event


class EventChain(BaseModel):
    """One thing's chain. name: as `name_of` gives it; events: how many; hash: that of the last."""

    name = TextField(primary_key=True)
    events = IntegerField()
    hash = CharField(max_length=64)


# What a hash is made of, besides the hash of the event before; in this order, as the table has it.
CONTENT = (
    "id", "timesheet_id", "invoice_id", "organisation_id", "person_id", "thing", "verb", "at", "actor_id",
    "on_behalf_of_id", "source", "revision", "reason", "before", "after", "batch",
)  # fmt: skip
COLUMNS = ", ".join(f'"{name}"' for name in (*CONTENT, "previous", "hash"))
# Where an event has several of these, it belongs to the chain of the first.
OF = ("timesheet", "invoice", "organisation", "person")

NEXT_IDS = "SELECT nextval(pg_get_serial_sequence('event', 'id')) FROM generate_series(1, %s)"


def _is_sqlite() -> bool:
    return isinstance(db.obj, SqliteDatabase)


def name_of(
    timesheet: Any, invoice: Any = None, organisation: Any = None, person: Any = None, thing: str = ""
) -> str:
    """The name of the chain that an event belongs to, by its columns."""
    if timesheet is not None:
        return f"timesheet {timesheet}"
    if invoice is not None:
        return f"invoice {invoice}"
    if organisation is not None:
        return f"organisation {organisation}"
    return f"thing {thing}" if person is None else f"person {person}"


def hash_of(previous: str, content: list[Any]) -> str:
    """The hash of an event: SHA-256 of the one before and of its columns, the same on both databases."""
    return sha256(_ENCODER.encode([previous, *content]).encode()).hexdigest()


_ENCODER = json.JSONEncoder(separators=(",", ":"), default=repr)
_SORTED = json.JSONEncoder(sort_keys=True, separators=(",", ":"))


def content_of(row: tuple[Any, ...]) -> list[Any]:
    """The columns of CONTENT as the database gave them, in the form that is hashed."""
    content = list(row[: len(CONTENT)])
    content[_AT] = str(content[_AT])
    if _is_sqlite():
        return _hashed(content)
    for place in _JSON:
        if content[place] is not None:
            content[place] = _SORTED.encode(content[place])
    return content


def _hashed(columns: list[Any]) -> list[Any]:
    """The same of columns with JSON as text."""
    content = list(columns)
    for place in _JSON:
        if content[place] is not None:
            content[place] = canonical(content[place])
    return content


@lru_cache(maxsize=512)
def canonical(text: str) -> str:
    """JSON as it is hashed: PostgreSQL keeps neither the order of keys nor the spaces."""
    try:
        return _SORTED.encode(json.loads(text))
    except ValueError:
        return f"no JSON: {text}"


def append(rows: list[dict[str, Any]]) -> list[int]:
    """Append events, by their fields' names, to the chains of their things; returns their ids.

    Within the caller's transaction. Four statements for every 500, one more for things that had no event yet.
    """
    ids: list[int] = []
    for start in range(0, len(rows), 500):
        ids += _append([_columns(row) for row in rows[start : start + 500]])
    return ids


_AT = CONTENT.index("at")
_JSON = (CONTENT.index("before"), CONTENT.index("after"))
_FIELDS = tuple(Event._meta.columns[column] for column in CONTENT)
_NAMES = tuple(
    (field.name, None if callable(field.default) else field.default, isinstance(field, ForeignKeyField))
    for field in _FIELDS
)


def _columns(row: dict[str, Any]) -> list[Any]:
    """The columns of CONTENT as the database takes them; JSON is a text."""
    columns = [
        value.id
        if refers and isinstance(value := row.get(name, default), BaseModel)
        else row.get(name, default)
        for name, default, refers in _NAMES
    ]
    columns[_AT] = str(Event.at.db_value(columns[_AT]))
    for place in _JSON:
        if columns[place] is not None:
            columns[place] = json.dumps(columns[place])
    return columns


def _append(rows: list[list[Any]]) -> list[int]:
    names = [name_of(*row[1:6]) for row in rows]
    heads = _held(sorted(set(names)))
    values: list[Any] = []
    for row, number, name in zip(rows, _next_ids(len(rows)), names, strict=True):
        row[0] = number
        events, previous = heads[name]
        last = hash_of(previous, _hashed(row))
        heads[name] = (events + 1, last)
        values += [*row, previous, last]
    one = f"({', '.join([db.param] * (len(CONTENT) + 2))})"
    db.execute_sql(f"INSERT INTO event ({COLUMNS}) VALUES {', '.join([one] * len(rows))}", values)  # noqa: S608
    _write_heads(heads)
    return [row[0] for row in rows]


def _held(names: list[str]) -> dict[str, tuple[int, str]]:
    """What these chains have so far; nobody else appends to them before this transaction ends."""
    heads = ends(names, is_to_stay=True)
    if not _is_sqlite() and (new := [name for name in names if name not in heads]):
        # Of two who begin a chain the second waits here, and goes on from what the first has written.
        marks = ", ".join(["(%s, 0, '')"] * len(new))
        rows = db.execute_sql(
            f"INSERT INTO event_chain (name, events, hash) VALUES {marks} ON CONFLICT (name)"  # noqa: S608
            " DO UPDATE SET events = event_chain.events RETURNING name, events, hash",
            new,
        )
        heads |= {name: (events, last) for name, events, last in rows.fetchall()}
    return {name: heads.get(name, (0, "")) for name in names}


def ends(names: list[str], *, is_to_stay: bool = False) -> dict[str, tuple[int, str]]:
    """How many events these chains have and the hash of the last; is_to_stay: until this transaction ends."""
    sql = "SELECT name, events, hash FROM event_chain WHERE name "
    if _is_sqlite():
        rows = db.execute_sql(f"{sql}IN (SELECT value FROM json_each(?))", (json.dumps(names),))  # noqa: S608
    else:
        lock = " ORDER BY name FOR UPDATE" if is_to_stay else ""
        rows = db.execute_sql(f"{sql}= ANY(%s){lock}", (names,))
    return {name: (events, last) for name, events, last in rows.fetchall()}


def _next_ids(how_many: int) -> list[int]:
    if _is_sqlite():
        (last,) = db.execute_sql("SELECT COALESCE(MAX(id), 0) FROM event").fetchone()
        return list(range(last + 1, last + 1 + how_many))
    return [number for (number,) in db.execute_sql(NEXT_IDS, (how_many,)).fetchall()]


def _write_heads(heads: dict[str, tuple[int, str]]) -> None:
    marks = ", ".join([f"({', '.join([db.param] * 3)})"] * len(heads))
    values = [value for name, (events, last) in heads.items() for value in (name, events, last)]
    db.execute_sql(
        f"INSERT INTO event_chain (name, events, hash) VALUES {marks} ON CONFLICT (name)"  # noqa: S608
        " DO UPDATE SET events = excluded.events, hash = excluded.hash",
        values,
    )


def renew_last(event: int, **columns: Any) -> None:
    """Change the last event of a timesheet, while it is the step that is still being taken.

    Whoever calls it has the timesheet's row, so nobody appends meanwhile.
    """
    mark = db.param
    row = db.execute_sql(f"SELECT {COLUMNS} FROM event WHERE id = {mark}", (event,)).fetchone()  # noqa: S608
    content, changed = content_of(row), _hashed(_columns(columns))
    for place, (field, *_) in enumerate(_NAMES):
        if field in columns:
            content[place] = changed[place]
    last = hash_of(row[-2], content)
    Event.update(**columns, hash=last).where(Event.id == event).execute()
    db.execute_sql(f"UPDATE event_chain SET hash = {mark} WHERE name = {mark}", (last, name_of(*row[1:6])))  # noqa: S608


# The last step of a timesheet while it is still being taken: a draft that saves itself as one types, on one
# day. All of it stays but when, which revision, what came of it, and therefore its hash.
_STAYS = ("id", "timesheet_id", "invoice_id", "organisation_id", "person_id", "thing", "verb", "actor_id",
          "on_behalf_of_id", "source", "reason", "before", "batch", "previous")  # fmt: skip
_IS_STILL_TAKEN = (
    "OLD.verb = 'save' AND NEW.hash <> OLD.hash AND NOT EXISTS"
    " (SELECT 1 FROM event e WHERE e.timesheet_id = OLD.timesheet_id AND e.id > OLD.id)"
    " AND {same_day} AND {same}"
)
_ONLY_GROWS = "NEW.name = OLD.name AND NEW.events >= OLD.events"
REFUSAL = "the record of what happened is only added to"
# A host that knows no chains yet would leave a hole in them.
_IS_CHAINED = "NEW.hash <> ''"
# Per table: what happens there, and under which condition it may.
_REFUSED = (
    ("event", "insert", _IS_CHAINED), ("event", "update", _IS_STILL_TAKEN), ("event", "delete", "1 = 0"),
    ("event_chain", "update", _ONLY_GROWS), ("event_chain", "delete", "1 = 0"),
)  # fmt: skip


def install_triggers() -> None:
    """Have both tables refuse whatever is not adding to them."""
    same = "IS" if _is_sqlite() else "IS NOT DISTINCT FROM"
    stays = " AND ".join(f"NEW.{name} {same} OLD.{name}" for name in _STAYS)
    day = "date(NEW.at) = date(OLD.at)"
    for table, what, condition in _REFUSED:
        name = f"append_only_{table}_{what}"
        may = condition.format(same=stays, same_day=day)
        if _is_sqlite():
            refuse = f"SELECT RAISE(ABORT, '{REFUSAL}');"
            before = f'CREATE TRIGGER IF NOT EXISTS "{name}" BEFORE {what} ON "{table}"'
            db.execute_sql(f"{before} WHEN NOT ({may}) BEGIN {refuse} END")
            continue
        refuse = f"RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'restrict_violation'"
        row = "OLD" if what == "delete" else "NEW"
        # What reads other rows can't stand in the trigger itself, which is quicker.
        asked, when = (may, "") if "EXISTS" in may else ("1 = 0", f"WHEN (NOT ({may}))")
        body = f"$$ BEGIN IF NOT ({asked}) THEN {refuse}; END IF; RETURN {row}; END $$"
        db.execute_sql(f'CREATE OR REPLACE FUNCTION "{name}"() RETURNS trigger LANGUAGE plpgsql AS {body}')
        db.execute_sql(f'DROP TRIGGER IF EXISTS "{name}" ON "{table}"')
        done = f'FOR EACH ROW {when} EXECUTE FUNCTION "{name}"()'
        db.execute_sql(f'CREATE TRIGGER "{name}" BEFORE {what} ON "{table}" {done}')
    if not _is_sqlite():
        for table in ("event", "event_chain"):
            name = f"append_only_{table}_truncate"
            done = f'EXECUTE FUNCTION "append_only_{table}_delete"()'
            db.execute_sql(f'DROP TRIGGER IF EXISTS "{name}" ON "{table}"')
            db.execute_sql(f'CREATE TRIGGER "{name}" BEFORE TRUNCATE ON "{table}" FOR EACH STATEMENT {done}')


def has_triggers() -> bool:
    """Whether both tables refuse."""
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if _is_sqlite()
        else "SELECT tgname FROM pg_trigger WHERE tgenabled = 'O'"
    )
    there = {name for (name,) in db.execute_sql(query).fetchall()}
    return {f"append_only_{table}_{what}" for table, what, _ in _REFUSED} <= there


def remove_triggers() -> None:
    """Take them away, as far as they are there: tables are about to change."""
    there = set(db.get_tables())
    for table, what in [*((table, what) for table, what, _ in _REFUSED), ("event", "truncate"),
                        ("event_chain", "truncate")]:  # fmt: skip
        if table in there:
            on = "" if _is_sqlite() else f' ON "{table}"'
            db.execute_sql(f'DROP TRIGGER IF EXISTS "append_only_{table}_{what}"{on}')
