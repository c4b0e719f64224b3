"""What an event says in words and values gets a hash of its own, and can be erased; terms are settings.

The chains are made anew: no released version has any. `konnekt migrate` hangs the triggers afterwards.
"""

import json
from hashlib import sha256
from importlib import import_module
from secrets import token_hex

from peewee import SqliteDatabase

AT_ONCE = 2000
CONTENT = (
    "id, timesheet_id, invoice_id, organisation_id, person_id, thing, verb, at, actor_id, on_behalf_of_id,"
    ' source, revision, reason, "before", "after", batch'
)
KINDS = ("timesheet", "invoice", "organisation", "person")
EVENT_COLUMNS = {
    "salt": "VARCHAR(32) NOT NULL DEFAULT ''",
    "erased": "VARCHAR(64) NOT NULL DEFAULT ''",
    "erased_by_id": 'INTEGER REFERENCES "event" ("id")',
}


def up(migrator, db):
    for column, kind in EVENT_COLUMNS.items():
        db.execute_sql(f'ALTER TABLE "event" ADD COLUMN "{column}" {kind}')
    db.execute_sql('CREATE INDEX "event_erased_by_id" ON "event" ("erased_by_id")')
    moment = "DATETIME" if isinstance(db, SqliteDatabase) else "TIMESTAMP"
    db.execute_sql(f'ALTER TABLE "account" ADD COLUMN "erased_at" {moment}')
    db.execute_sql(f'ALTER TABLE "invoice" ADD COLUMN "erased_at" {moment}')
    db.execute_sql(f'ALTER TABLE "payroll_batch" ADD COLUMN "erased_at" {moment}')
    db.execute_sql(
        'CREATE TABLE "retention_term" ("kind" VARCHAR(255) NOT NULL PRIMARY KEY, "number" INTEGER NOT NULL'
        " CHECK (number > 0))"
    )
    chain_all(db)


def chain_all(db):
    """One chain after another, so that no more is held than the last hash, and a portion of rows."""
    db.execute_sql('DELETE FROM "event_chain"')
    for place, kind in enumerate(KINDS):
        others = "".join(f" AND {one}_id IS NULL" for one in KINDS[:place])
        _chain(db, f"{kind}_id", f"{kind}_id IS NOT NULL{others}", kind, place + 1, 0)
    _chain(db, "thing", " AND ".join(f"{one}_id IS NULL" for one in KINDS), "thing", 5, "")


def _chain(db, column, which, kind, place, of):
    """Link the events of a kind of thing; column: what tells one thing of it from another."""
    mark, last, events, previous, key = db.param, 0, 0, "", None
    while True:
        rows = db.execute_sql(
            f"SELECT {CONTENT}, erased FROM event WHERE {which} AND ({column}, id) > ({mark}, {mark})"  # noqa: S608
            f" ORDER BY {column}, id LIMIT {AT_ONCE}",
            (of, last),
        ).fetchall()
        linked, heads = [], []
        for row in rows:
            if row[place] != key:
                if key is not None:
                    heads.append((f"{kind} {key}", events, previous))
                key, events, previous = row[place], 0, ""
            salt, digest = _hash(db, previous, list(row[:-1]), row[-1])
            linked.append((salt, previous, digest, row[0]))
            events, previous = events + 1, digest
        if len(rows) < AT_ONCE and key is not None:
            heads.append((f"{kind} {key}", events, previous))
        cursor = db.cursor()
        set_hash = f"UPDATE event SET salt = {mark}, previous = {mark}, hash = {mark} WHERE id = {mark}"  # noqa: S608
        cursor.executemany(set_hash, linked)
        cursor.executemany(f"INSERT INTO event_chain VALUES ({mark}, {mark}, {mark})", heads)  # noqa: S608
        if len(rows) < AT_ONCE:
            return
        of, last = rows[-1][place], rows[-1][0]


def _hash(db, previous, content, erased):
    content[7] = str(content[7])
    for place in (13, 14):
        value = content[place]
        if value is not None:
            read = json.loads(value) if isinstance(db, SqliteDatabase) else value
            content[place] = json.dumps(read, sort_keys=True, separators=(",", ":"))
    words, salt, told = content[12:15], "", erased
    if not erased and words != ["", None, None]:
        salt = token_hex(16)
        told = _digest([salt, *words])
    return salt, _digest([previous, *content[:12], told, content[15]])


def _digest(said):
    return sha256(json.dumps(said, separators=(",", ":")).encode()).hexdigest()


def down(migrator, db):
    before = import_module("konnekt.migrations.0018_chained_events")
    for table, what in before.TRIGGERS:
        on = "" if isinstance(db, SqliteDatabase) else f' ON "{table}"'
        db.execute_sql(f'DROP TRIGGER IF EXISTS "append_only_{table}_{what}"{on}')
    db.execute_sql('DROP INDEX "event_erased_by_id"')
    for column in EVENT_COLUMNS:
        db.execute_sql(f'ALTER TABLE "event" DROP COLUMN "{column}"')
    for table in ("account", "invoice", "payroll_batch"):
        db.execute_sql(f'ALTER TABLE "{table}" DROP COLUMN "erased_at"')
    db.execute_sql('DROP TABLE "retention_term"')
    db.execute_sql('DELETE FROM "event_chain"')
    before.chain_all(db)
