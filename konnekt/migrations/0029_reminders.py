"""Reminders of invoices that are overdue: their steps, and who gets none."""

from peewee import SqliteDatabase

TABLE = """
    CREATE TABLE "reminder_step" (
        "step" INTEGER NOT NULL PRIMARY KEY CHECK (step BETWEEN 1 AND 3),
        "days" INTEGER CHECK (days > 0),
        "text_nl" TEXT NOT NULL,
        "text_en" TEXT NOT NULL
    )"""
COLUMNS = (
    ("invoice", "reminder_count", "INTEGER NOT NULL DEFAULT 0 CHECK (reminder_count >= 0)"),
    ("organisation", "payment_reminders", "{BOOL} NOT NULL DEFAULT {YES}"),
)


def up(migrator, db):
    names = {"BOOL": "BOOLEAN", "YES": "TRUE"}
    if isinstance(db, SqliteDatabase):
        names = {"BOOL": "INTEGER", "YES": "1"}
    for table, column, kind in COLUMNS:
        db.execute_sql(f'ALTER TABLE "{table}" ADD COLUMN "{column}" {kind.format(**names)}')
    db.execute_sql(TABLE)


def down(migrator, db):
    db.execute_sql('DROP TABLE "reminder_step"')
    for table, column, _ in COLUMNS:
        migrator.migrate(migrator.drop_column(table, column))
