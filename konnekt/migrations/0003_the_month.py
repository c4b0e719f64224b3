"""What 0002 gained after its first version had run somewhere: added where it is missing."""

from importlib import import_module

BUREAU = import_module("konnekt.migrations.0002_the_bureau")


def up(migrator, db):
    for table, column, field in BUREAU.COLUMNS:
        if column not in {one.name for one in db.get_columns(table)}:
            migrator.migrate(migrator.add_column(table, column, field()))
    if "event_thing" not in indexes(db, "event"):
        migrator.migrate(migrator.add_index("event", ("thing",)))
    for name, columns in BUREAU.INVOICE_INDEXES.items():
        if name not in indexes(db, "invoice"):
            quoted = ", ".join(f'"{column.strip()}"' for column in columns.split(","))
            db.execute_sql(f'CREATE INDEX "{name}" ON "invoice" ({quoted})')
    for columns in BUREAU.REPLACED:
        if (name := f"invoice_{'_'.join(columns)}") in indexes(db, "invoice"):
            migrator.migrate(migrator.drop_index("invoice", name))
    BUREAU.collate(db, "C")


def indexes(db, table):
    """The names of a table's indexes."""
    return {one.name for one in db.get_indexes(table)}


def down(migrator, db):
    """Nothing: 0002 takes back what it brings."""
