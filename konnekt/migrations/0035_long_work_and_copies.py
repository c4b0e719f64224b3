"""A copy of each invoice by mail, how long work takes, and a VAT code of what is reverse charged abroad."""

from peewee import SqliteDatabase

TEXT = "VARCHAR(255) NOT NULL DEFAULT ''"
# With a default of the table: no row is written, and a host that does not know the column yet goes on.
COLUMNS = (
    ("organisation", "invoice_copy_to", TEXT),
    ("ledger_settings", "vat_code_reverse_charge_abroad", TEXT),
    ("dispatch", "is_copy", "{BOOL} NOT NULL DEFAULT {NO}"),
    ("job", "begun_at", "{MOMENT}"),
    ("job", "done_before", "INTEGER NOT NULL DEFAULT 0 CHECK (done_before >= 0)"),
)
ONCE = "dispatch_invoice_id_purpose_nth"


def up(migrator, db):
    names = {"MOMENT": "TIMESTAMP", "BOOL": "BOOLEAN", "NO": "FALSE"}
    if isinstance(db, SqliteDatabase):
        names = {"MOMENT": "DATETIME", "BOOL": "INTEGER", "NO": "0"}
    for table, column, kind in COLUMNS:
        db.execute_sql(f'ALTER TABLE "{table}" ADD COLUMN "{column}" {kind.format(**names)}')
    db.execute_sql(f'DROP INDEX "{ONCE}"')
    both = '("invoice_id", "purpose", "nth", "is_copy")'
    db.execute_sql(f'CREATE UNIQUE INDEX "{ONCE}_is_copy" ON "dispatch" {both}')
    db.execute_sql('CREATE INDEX "dispatch_asked_at" ON "dispatch" ("asked_at")')


def down(migrator, db):
    if db.execute_sql('SELECT 1 FROM "dispatch" WHERE "is_copy"').fetchone():
        raise ValueError("copies were sent: restore a backup instead")
    db.execute_sql('DROP INDEX "dispatch_asked_at"')
    db.execute_sql(f'DROP INDEX "{ONCE}_is_copy"')
    for table, column, _ in reversed(COLUMNS):
        migrator.migrate(migrator.drop_column(table, column))
    db.execute_sql(f'CREATE UNIQUE INDEX "{ONCE}" ON "dispatch" ("invoice_id", "purpose", "nth")')
