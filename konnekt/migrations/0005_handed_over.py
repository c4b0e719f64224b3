"""A payroll batch can be undone until it is marked as handed over to the payroll program."""

from konnekt.db import MomentField

COLUMNS = ("handed_over_at", "undone_at")


def up(migrator, db):
    migrator.migrate(
        *(migrator.add_column("payroll_batch", name, MomentField(null=True)) for name in COLUMNS)
    )
    # Until now there was no mark: whatever was made may have been paid, so it can't be undone.
    db.execute_sql("UPDATE payroll_batch SET handed_over_at = created_at")


def down(migrator, db):
    migrator.migrate(*(migrator.drop_column("payroll_batch", name) for name in COLUMNS))
