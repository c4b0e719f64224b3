"""What goes to the bookkeeping: what it calls things, the batches that went, and what is in them."""

from peewee import SqliteDatabase

SETTINGS = """
CREATE TABLE "ledger_settings" (
 "id" INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
 "program" VARCHAR(255) NOT NULL CHECK (program IN ('neutral', 'exact', 'twinfield', 'afas')),
 "administration" VARCHAR(255) NOT NULL,
 "from_on" DATE NOT NULL,
 "with_payments" {BOOL} NOT NULL,
 {NAMES})
"""
NAMES = (
    "sales_journal", "payments_journal", "debtors_account", "bank_account", "vat_account", "revenue_standard",
    "revenue_exempt", "revenue_reverse_charge", "revenue_out_of_scope", "vat_code_standard",
    "vat_code_exempt", "vat_code_reverse_charge", "vat_code_out_of_scope",
)  # fmt: skip
BATCH = """
CREATE TABLE "ledger_batch" (
 "id" {ID} NOT NULL PRIMARY KEY,
 "number" INTEGER NOT NULL,
 "created_at" {MOMENT} NOT NULL,
 "created_by_id" INTEGER REFERENCES "account" ("id"),
 "documents" INTEGER NOT NULL CHECK (documents > 0),
 "debit_cents" {BIG} NOT NULL,
 "frozen" {JSON} NOT NULL,
 "handed_over_at" {MOMENT},
 "undone_at" {MOMENT},
 CHECK (handed_over_at IS NULL OR undone_at IS NULL))
"""
MOMENTS = {"invoice": "created_at", "payment": "recorded_at"}


def up(migrator, db):
    is_sqlite = isinstance(db, SqliteDatabase)
    kinds = {"ID": "INTEGER" if is_sqlite else "SERIAL", "BIG": "INTEGER" if is_sqlite else "BIGINT"}
    kinds |= {"MOMENT": "DATETIME" if is_sqlite else "TIMESTAMP", "JSON": "TEXT" if is_sqlite else "JSONB"}
    kinds["BOOL"] = "INTEGER" if is_sqlite else "BOOLEAN"
    names = ",\n ".join(f'"{name}" VARCHAR(255) NOT NULL' for name in NAMES)
    db.execute_sql(SETTINGS.format(NAMES=names, **kinds))
    db.execute_sql(BATCH.format(**kinds))
    db.execute_sql('CREATE UNIQUE INDEX "ledger_batch_number" ON "ledger_batch" ("number")')
    db.execute_sql('CREATE INDEX "ledger_batch_created_by_id" ON "ledger_batch" ("created_by_id")')
    # With a default of the table: no row is written, and a host that does not know the column yet goes on.
    db.execute_sql(
        """ALTER TABLE "organisation" ADD COLUMN "debtor_number" VARCHAR(255) NOT NULL DEFAULT ''"""
    )
    for table, moment in MOMENTS.items():
        db.execute_sql(
            f'ALTER TABLE "{table}" ADD COLUMN "ledger_batch_id" INTEGER REFERENCES "ledger_batch" ("id")'
        )
        db.execute_sql(f'CREATE INDEX "{table}_ledger_batch_id" ON "{table}" ("ledger_batch_id")')
        db.execute_sql(
            f'CREATE INDEX "{table}_unbooked" ON "{table}" ("{moment}") WHERE ledger_batch_id IS NULL'
        )


def down(migrator, db):
    if db.execute_sql('SELECT 1 FROM "ledger_batch"').fetchone():
        raise ValueError("batches went to the bookkeeping: restore a backup instead")
    for table in MOMENTS:
        db.execute_sql(f'DROP INDEX "{table}_unbooked"')
        db.execute_sql(f'DROP INDEX "{table}_ledger_batch_id"')
        migrator.migrate(migrator.drop_column(table, "ledger_batch_id"))
    migrator.migrate(migrator.drop_column("organisation", "debtor_number"))
    db.execute_sql('DROP TABLE "ledger_batch"')
    db.execute_sql('DROP TABLE "ledger_settings"')
