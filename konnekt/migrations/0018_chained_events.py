"""Events become chains that show tampering: each carries the hash of the one before it of the same thing.

`konnekt migrate` hangs triggers on both tables afterwards, which refuse every change.
"""

import json
from hashlib import sha256

from peewee import SqliteDatabase

AT_ONCE = 2000
CONTENT = (
    "id, timesheet_id, invoice_id, organisation_id, person_id, thing, verb, at, actor_id, on_behalf_of_id,"
    ' source, revision, reason, "before", "after", batch'
)
KINDS = ("timesheet", "invoice", "organisation", "person")
# What `konnekt migrate` hangs on these tables.
TRIGGERS = [
    (table, what) for table in ("event", "event_chain") for what in ("insert", "update", "delete", "truncate")
]


def up(migrator, db):
    for column in ("previous", "hash"):
        db.execute_sql(f'ALTER TABLE "event" ADD COLUMN "{column}" VARCHAR(64) NOT NULL DEFAULT \'\'')
    db.execute_sql(
        'CREATE TABLE "event_chain" ("name" TEXT NOT NULL PRIMARY KEY, "events" INTEGER NOT NULL,'
        f' "hash" VARCHAR(64) NOT NULL){" WITHOUT ROWID" if isinstance(db, SqliteDatabase) else ""}'
    )
    chain_all(db)


def chain_all(db):
    """One chain after another, so that no more is held than the last hash, and a portion of rows."""
    for place, kind in enumerate(KINDS):
        others = "".join(f" AND {one}_id IS NULL" for one in KINDS[:place])
        _chain(db, f"{kind}_id", f"{kind}_id IS NOT NULL{others}", kind, place + 1, 0)
    _chain(db, "thing", " AND ".join(f"{one}_id IS NULL" for one in KINDS), "thing", 5, "")


def _chain(db, column, which, kind, place, of):
    """Link the events of a kind of thing; column: what tells one thing of it from another."""
    mark, last, events, previous, key = db.param, 0, 0, "", None
    while True:
        rows = db.execute_sql(
            f"SELECT {CONTENT} FROM event WHERE {which} AND ({column}, id) > ({mark}, {mark})"  # noqa: S608
            f" ORDER BY {column}, id LIMIT {AT_ONCE}",
            (of, last),
        ).fetchall()
        linked, heads = [], []
        for row in rows:
            if row[place] != key:
                if key is not None:
                    heads.append((f"{kind} {key}", events, previous))
                key, events, previous = row[place], 0, ""
            digest = _hash(db, previous, list(row))
            linked.append((previous, digest, row[0]))
            events, previous = events + 1, digest
        if len(rows) < AT_ONCE and key is not None:
            heads.append((f"{kind} {key}", events, previous))
        cursor = db.cursor()
        set_hash = f"UPDATE event SET previous = {mark}, hash = {mark} WHERE id = {mark}"  # noqa: S608
        cursor.executemany(set_hash, linked)
        cursor.executemany(f"INSERT INTO event_chain VALUES ({mark}, {mark}, {mark})", heads)  # noqa: S608
        if len(rows) < AT_ONCE:
            return
        of, last = rows[-1][place], rows[-1][0]


def _hash(db, previous, content):
    content[7] = str(content[7])
    for place in (13, 14):
        value = content[place]
        if value is not None:
            read = json.loads(value) if isinstance(db, SqliteDatabase) else value
            content[place] = json.dumps(read, sort_keys=True, separators=(",", ":"))
    return sha256(json.dumps([previous, *content], separators=(",", ":")).encode()).hexdigest()


def down(migrator, db):
    tables = set(db.get_tables())
    for table, what in TRIGGERS:
        if table in tables:
            on = "" if isinstance(db, SqliteDatabase) else f' ON "{table}"'
            db.execute_sql(f'DROP TRIGGER IF EXISTS "append_only_{table}_{what}"{on}')
    db.execute_sql('DROP TABLE "event_chain"')
    for column in ("previous", "hash"):
        db.execute_sql(f'ALTER TABLE "event" DROP COLUMN "{column}"')
