"""Invoices are sent: by mail with their documents, or handed over for Peppol; who gets what, and how."""

from peewee import SqliteDatabase

TABLE = """
    CREATE TABLE "dispatch" (
        "id" {ID} NOT NULL PRIMARY KEY,
        "invoice_id" INTEGER NOT NULL REFERENCES "invoice" ("id"),
        "purpose" VARCHAR(255) NOT NULL CHECK (purpose IN ('invoice', 'reminder')),
        "nth" INTEGER NOT NULL CHECK (nth > 0),
        "way" VARCHAR(255) NOT NULL CHECK (way IN ('mail', 'peppol')),
        "recipient" VARCHAR(255) NOT NULL,
        "copy_to" VARCHAR(255) NOT NULL,
        "documents" VARCHAR(255) NOT NULL,
        "open_cents" INTEGER,
        "mail_id" INTEGER REFERENCES "outbox" ("id") ON DELETE SET NULL,
        "outcome" VARCHAR(255) NOT NULL
            CHECK (outcome IN ('', 'sent', 'delivered', 'refused', 'withdrawn')),
        "outcome_at" {MOMENT},
        "answer" TEXT NOT NULL,
        "asked_at" {MOMENT} NOT NULL,
        "asked_by_id" INTEGER REFERENCES "account" ("id")
    )"""
INDEXES = (
    'CREATE INDEX "dispatch_invoice_id" ON "dispatch" ("invoice_id")',
    'CREATE INDEX "dispatch_mail_id" ON "dispatch" ("mail_id")',
    'CREATE INDEX "dispatch_asked_by_id" ON "dispatch" ("asked_by_id")',
    'CREATE UNIQUE INDEX "dispatch_invoice_id_purpose_nth" ON "dispatch" ("invoice_id", "purpose", "nth")',
    'CREATE INDEX "dispatch_peppol_open" ON "dispatch" ("id")'
    " WHERE way = 'peppol' AND (outcome = '' OR outcome = 'sent')",
)
WAYS = "'mail', 'mail_ubl', 'peppol'"
# With a default of the table: no row is written, and a host that does not know the column yet goes on.
COLUMNS = (
    ("agency", "invoice_copy_to", "VARCHAR(255) NOT NULL DEFAULT ''"),
    ("agency", "invoice_text_nl", "TEXT NOT NULL DEFAULT ''"),
    ("agency", "invoice_text_en", "TEXT NOT NULL DEFAULT ''"),
    ("organisation", "invoice_way", f"VARCHAR(255) NOT NULL DEFAULT 'mail' CHECK (invoice_way IN ({WAYS}))"),
    ("invoice", "dispatch_count", "INTEGER NOT NULL DEFAULT 0 CHECK (dispatch_count >= 0)"),
    ("outbox", "is_being_sent", "{BOOL} NOT NULL DEFAULT {NO}"),
)


def up(migrator, db):
    names = {"ID": "SERIAL", "MOMENT": "TIMESTAMP", "BOOL": "BOOLEAN", "NO": "FALSE"}
    if isinstance(db, SqliteDatabase):
        names = {"ID": "INTEGER", "MOMENT": "DATETIME", "BOOL": "INTEGER", "NO": "0"}
    for table, column, kind in COLUMNS:
        db.execute_sql(f'ALTER TABLE "{table}" ADD COLUMN "{column}" {kind.format(**names)}')
    for sql in (TABLE, *INDEXES):
        db.execute_sql(sql.format(**names))


def down(migrator, db):
    if db.execute_sql('SELECT 1 FROM "dispatch"').fetchone():
        raise ValueError("invoices were sent: restore a backup instead")
    db.execute_sql('DROP TABLE "dispatch"')
    for table, column, _ in COLUMNS:
        migrator.migrate(migrator.drop_column(table, column))
