"""The buyer as e-invoices want it: its legal name, and a purchase order number where it asks for one."""

from peewee import BooleanField, CharField, TextField

COLUMNS = {
    "legal_name": lambda: TextField(default=""),
    "purchase_order_number": lambda: CharField(default=""),
    "purchase_order_required": lambda: BooleanField(default=False),
}


def up(migrator, db):
    for column, field in COLUMNS.items():
        migrator.migrate(migrator.add_column("organisation", column, field()))


def down(migrator, db):
    for column in COLUMNS:
        migrator.migrate(migrator.drop_column("organisation", column))
