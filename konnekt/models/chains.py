"""The record of what happened as chains: each event carries the hash of the one before it of the same thing.

A thing is a timesheet, an invoice, an organisation, a person, or what `thing` names. How many events it has
and the hash of the last one stand in a row of their own, so that the end of a chain can't be cut off either;
that row is also what two who append to one thing at the same moment wait for. Triggers keep everybody
from changing or deleting events (chain_triggers.py).
What all this proves, and what not, stands in docs/security.md.

What an event says in words and values (reason, before, after) goes into its hash as a hash of its own, with a
random salt. When it has to be erased, that hash stays in `erased` and words and salt go: the chain is whole,
and nobody finds the words by trying. An event of its own says which were erased (domain/records/erasing.py).
"""

import json
from functools import lru_cache
from hashlib import sha256
from secrets import token_hex
from typing import Any

from peewee import CharField, ForeignKeyField, IntegerField, SqliteDatabase, TextField

from konnekt.db import BaseModel, db
from konnekt.models import chain_triggers
from konnekt.models.events import Event
from konnekt.models.inserting import source_of


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
_WRITTEN = (*CONTENT, "salt", "erased", "previous", "hash")
COLUMNS = ", ".join(f'"{name}"' for name in _WRITTEN)
# What salts the part of it that can be erased.
_SALT = len(CONTENT)
SALT_BYTES = 16
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


def hash_of(previous: str, content: list[Any], salt: str, erased: str = "") -> str:
    """The hash of an event: SHA-256 of the one before and of its columns, the same on both databases."""
    told = erased or hash_of_words(content, salt)
    return sha256(_ENCODER.encode([previous, *content[:_REASON], told, content[-1]]).encode()).hexdigest()


def hash_of_words(content: list[Any], salt: str) -> str:
    """The hash of what can be erased; empty where there is nothing."""
    words = content[_REASON:-1]
    return sha256(_ENCODER.encode([salt, *words]).encode()).hexdigest() if _says_something(words) else ""


def _says_something(words: list[Any]) -> bool:
    return words != ["", None, None]


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


_AT, _REASON = CONTENT.index("at"), CONTENT.index("reason")
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
    written = []
    for row, number, name in zip(rows, _next_ids(len(rows)), names, strict=True):
        row[0] = number
        events, previous = heads[name]
        hashed = _hashed(row)
        salt = token_hex(SALT_BYTES) if _says_something(hashed[_REASON:-1]) else ""
        last = hash_of(previous, hashed, salt)
        heads[name] = (events + 1, last)
        written.append((*row, salt, "", previous, last))
    fields = [Event._meta.columns[name] for name in _WRITTEN]
    source, values = source_of(fields, [list(column) for column in zip(*written, strict=True)])
    db.execute_sql(f"INSERT INTO event ({COLUMNS}) {source}", values)
    _write_heads(heads)
    return [row[0] for row in rows]


def _held(names: list[str]) -> dict[str, tuple[int, str]]:
    """What these chains have so far; nobody else appends to them before this transaction ends."""
    heads = ends(names, is_to_stay=True)
    if not _is_sqlite() and (new := [name for name in names if name not in heads]):
        # Of two who begin a chain the second waits here, and goes on from what the first has written.
        rows = db.execute_sql(
            "INSERT INTO event_chain (name, events, hash) SELECT unnest(%s::text[]), 0, '' ON CONFLICT (name)"
            " DO UPDATE SET events = event_chain.events RETURNING name, events, hash",
            (new,),
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
    events, hashes = ([end[place] for end in heads.values()] for place in (0, 1))
    source, values = source_of(EventChain._meta.sorted_fields, [list(heads), events, hashes])
    db.execute_sql(
        f"INSERT INTO event_chain (name, events, hash) {source} ON CONFLICT (name)"
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
    last = hash_of(row[-2], content, row[_SALT])
    Event.update(**columns, hash=last).where(Event.id == event).execute()
    db.execute_sql(f"UPDATE event_chain SET hash = {mark} WHERE name = {mark}", (last, name_of(*row[1:6])))  # noqa: S608


def erase(ids: list[int], by: int) -> None:
    """Take words and values out of these events, a thousand at most; `by`: the event that says so."""
    if not ids:
        return
    mark = db.param
    where = f"id IN ({', '.join([mark] * len(ids))})"
    rows = db.execute_sql(f"SELECT {COLUMNS} FROM event WHERE {where}", ids).fetchall()  # noqa: S608
    erase_one = (
        f"UPDATE event SET reason = '', \"before\" = NULL, \"after\" = NULL, salt = '', erased = {mark},"  # noqa: S608
        f" erased_by_id = {mark} WHERE id = {mark} AND erased = ''"
    )
    for row in rows:
        content = content_of(row)
        if _says_something(content[_REASON:-1]):
            db.execute_sql(erase_one, (hash_of_words(content, row[_SALT]), by, row[0]))


# What hangs on both tables; domain and commands know this file alone.
install_triggers, has_triggers = chain_triggers.install, chain_triggers.are_there
remove_triggers, REFUSAL = chain_triggers.remove, chain_triggers.REFUSAL
