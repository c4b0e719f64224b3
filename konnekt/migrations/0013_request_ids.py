"""Jobs and mails know the request that caused them, for the log."""

TABLES = ("job", "outbox")


def up(migrator, db):
    # With a default of the table: no row is written, and a host that does not know the column yet goes on.
    for table in TABLES:
        db.execute_sql(f'ALTER TABLE "{table}" ADD COLUMN "request_id" VARCHAR(255) NOT NULL DEFAULT \'\'')


def down(migrator, db):
    for table in TABLES:
        migrator.migrate(migrator.drop_column(table, "request_id"))
