"""Which browsers were confirmed, the code that is mailed for that, by which identity a session began."""

from peewee import SqliteDatabase

TEXT = "VARCHAR(255) NOT NULL DEFAULT ''"


def columns(db):
    """Table, column, kind; each with a default of the table: no row is written, an older host goes on."""
    kinds = "TIMESTAMP", "BOOLEAN NOT NULL DEFAULT TRUE"
    if isinstance(db, SqliteDatabase):
        kinds = "DATETIME", "INTEGER NOT NULL DEFAULT 1"
    return (
        ("device", "confirmed_at", kinds[0]),
        ("agency", "code_by_mail", kinds[1]),
        ("session", "mailed_code_hash", TEXT),
        ("session", "subject", TEXT),
    )


def up(migrator, db):
    for table, column, kind in columns(db):
        db.execute_sql(f'ALTER TABLE "{table}" ADD COLUMN "{column}" {kind}')


def down(migrator, db):
    for table, column, _kind in columns(db):
        migrator.migrate(migrator.drop_column(table, column))
