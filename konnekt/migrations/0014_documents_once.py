"""Where the PDF goes in an e-invoice that is kept without it; those of before are whole."""


def up(migrator, db):
    db.execute_sql('ALTER TABLE "document" ADD COLUMN "cut_at" INTEGER')


def down(migrator, db):
    if db.execute_sql('SELECT 1 FROM "document" WHERE "cut_at" IS NOT NULL').fetchone():
        raise ValueError("e-invoices are kept without their PDF: restore a backup instead")
    migrator.migrate(migrator.drop_column("document", "cut_at"))
