"""Whether somebody is invited when the first assignment begins."""

from peewee import SqliteDatabase


def up(migrator, db):
    kind, no = ("INTEGER", "0") if isinstance(db, SqliteDatabase) else ("BOOLEAN", "FALSE")
    # With a default of the table: no row is written, and a host that does not know the column yet goes on.
    db.execute_sql(f'ALTER TABLE "account" ADD COLUMN "invite_when_placed" {kind} NOT NULL DEFAULT {no}')


def down(migrator, db):
    migrator.migrate(migrator.drop_column("account", "invite_when_placed"))
