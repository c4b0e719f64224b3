"""What one invoice of an organisation is for, and which invoices to be are left out of runs."""

from peewee import SqliteDatabase

POSTPONED = """
CREATE TABLE "postponed_invoice" (
 "id" {ID} NOT NULL PRIMARY KEY,
 "organisation_id" INTEGER NOT NULL REFERENCES "organisation" ("id"),
 "pay_period_id" INTEGER NOT NULL REFERENCES "pay_period" ("id"),
 "budget_number_id" INTEGER REFERENCES "budget_number" ("id"),
 "worker_id" INTEGER REFERENCES "account" ("id"),
 "reason" TEXT NOT NULL,
 "created_at" {MOMENT} NOT NULL,
 "created_by_id" INTEGER REFERENCES "account" ("id"))
"""
KEYS = ("pay_period_id", "budget_number_id", "worker_id", "created_by_id")
INVOICE_PER = "VARCHAR(255) NOT NULL DEFAULT 'budget_number' CHECK (invoice_per IN ('budget_number', 'worker', 'period'))"  # noqa: E501


def up(migrator, db):
    names = {"ID": "INTEGER", "MOMENT": "DATETIME"}
    if not isinstance(db, SqliteDatabase):
        names = {"ID": "SERIAL", "MOMENT": "TIMESTAMP"}
    # With a default of the table: no row is written, and a host that does not know the column yet goes on.
    db.execute_sql(f'ALTER TABLE "organisation" ADD COLUMN "invoice_per" {INVOICE_PER}')
    db.execute_sql(
        'ALTER TABLE "invoice_line" ADD COLUMN "budget_number_id" INTEGER REFERENCES "budget_number" ("id")'
    )
    db.execute_sql(
        'CREATE INDEX "invoice_line_searched" ON "invoice_line" ("budget_number_id")'
        " WHERE budget_number_id IS NOT NULL"
    )
    db.execute_sql(POSTPONED.format(**names))
    db.execute_sql(
        'CREATE INDEX "postponed_invoice_organisation_id_pay_period_id"'
        ' ON "postponed_invoice" ("organisation_id", "pay_period_id")'
    )
    for column in KEYS:
        db.execute_sql(f'CREATE INDEX "postponed_invoice_{column}" ON "postponed_invoice" ("{column}")')
    db.execute_sql(
        'CREATE INDEX "postponed_invoice_organisation_id" ON "postponed_invoice" ("organisation_id")'
    )


def down(migrator, db):
    if db.execute_sql('SELECT 1 FROM "invoice_line" WHERE "budget_number_id" IS NOT NULL').fetchone():
        raise ValueError("there are invoices of several budget numbers: restore a backup instead")
    db.execute_sql('DROP TABLE "postponed_invoice"')
    db.execute_sql('DROP INDEX "invoice_line_searched"')
    migrator.migrate(migrator.drop_column("invoice_line", "budget_number_id"))
    migrator.migrate(migrator.drop_column("organisation", "invoice_per"))
