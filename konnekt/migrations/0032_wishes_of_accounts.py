"""Whether somebody is invited when the first assignment begins, and has the report of a period by mail."""

from peewee import SqliteDatabase

COLUMNS = ("invite_when_placed", "report_by_mail")


def up(migrator, db):
    kind, no = ("INTEGER", "0") if isinstance(db, SqliteDatabase) else ("BOOLEAN", "FALSE")
    # With a default of the table: no row is written, and a host that does not know the column yet goes on.
    for column in COLUMNS:
        db.execute_sql(f'ALTER TABLE "account" ADD COLUMN "{column}" {kind} NOT NULL DEFAULT {no}')


def down(migrator, db):
    for column in COLUMNS:
        migrator.migrate(migrator.drop_column("account", column))
