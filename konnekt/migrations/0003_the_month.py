"""The month of the agency: who signed in, mail that failed, frozen batches, the list of invoices."""

from peewee import JSONField, SqliteDatabase

from konnekt.db import MomentField

COLUMNS = (
    ("account", "signed_in_at", lambda: MomentField(null=True)),
    ("outbox", "failed_at", lambda: MomentField(null=True)),
    ("payroll_batch", "frozen", lambda: JSONField(null=True)),
)

# The list of invoices reads these alone; they begin with the columns of two that they replace.
LISTED = "id, organisation_id, kind, paid_on, due_on, total_cents"
INVOICE_INDEXES = {
    "invoice_list": f"issued_on, {LISTED}, budget_number_id, year, number",
    "invoice_search": f"budget_number_id, issued_on, {LISTED}",
}
REPLACED = (("issued_on", "id"), ("budget_number_id", "issued_on"))


def up(migrator, db):
    for table, column, field in COLUMNS:
        migrator.migrate(migrator.add_column(table, column, field()))
    migrator.migrate(migrator.add_index("event", ("thing",)))
    for name, columns in INVOICE_INDEXES.items():
        quoted = ", ".join(f'"{column.strip()}"' for column in columns.split(","))
        db.execute_sql(f'CREATE INDEX "{name}" ON "invoice" ({quoted})')
    for columns in REPLACED:
        migrator.migrate(migrator.drop_index("invoice", f"invoice_{'_'.join(columns)}"))
    collate(db, "C")


def collate(db, name):
    """Have a range of search keys mean what they begin with, whatever language the server sorts by."""
    if not isinstance(db, SqliteDatabase):
        db.execute_sql(
            f'ALTER TABLE "budget_number_key" ALTER COLUMN "key" TYPE VARCHAR(255) COLLATE "{name}"'
        )


def down(migrator, db):
    collate(db, "default")
    for columns in REPLACED:
        migrator.migrate(migrator.add_index("invoice", columns))
    for name in INVOICE_INDEXES:
        migrator.migrate(migrator.drop_index("invoice", name))
    migrator.migrate(migrator.drop_index("event", "event_thing"))
    for table, column, _field in COLUMNS:
        migrator.migrate(migrator.drop_column(table, column))
