"""What needs two persons: a change that one proposes and a second one confirms."""

from peewee import SqliteDatabase

PROPOSAL = """
    CREATE TABLE "proposed_change" (
        "id" {ID} NOT NULL PRIMARY KEY,
        "person_id" INTEGER REFERENCES "account" ("id") ON DELETE CASCADE,
        "before" {JSON} NOT NULL,
        "after" {JSON} NOT NULL,
        "proposed_by_id" INTEGER NOT NULL REFERENCES "account" ("id") ON DELETE CASCADE,
        "proposed_at" {MOMENT} NOT NULL,
        "ends_at" {MOMENT} NOT NULL
    )"""
INDEXES = (
    'CREATE UNIQUE INDEX "proposed_change_person_id" ON "proposed_change" ("person_id")',
    'CREATE INDEX "proposed_change_proposed_by_id" ON "proposed_change" ("proposed_by_id")',
)


def up(migrator, db):
    names = {"ID": "INTEGER", "MOMENT": "DATETIME", "JSON": "TEXT"}
    if not isinstance(db, SqliteDatabase):
        names = {"ID": "SERIAL", "MOMENT": "TIMESTAMP", "JSON": "JSONB"}
    for sql in (PROPOSAL, *INDEXES):
        db.execute_sql(sql.format(**names))


def down(migrator, db):
    db.execute_sql('DROP TABLE "proposed_change"')
