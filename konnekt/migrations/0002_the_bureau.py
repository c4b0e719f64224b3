"""The bureau: long work, codes of the payroll program, organisations that end."""

from peewee import (
    SQL,
    BlobField,
    CharField,
    Check,
    DateField,
    ForeignKeyField,
    IntegerField,
    JSONField,
    Model,
    SqliteDatabase,
    TextField,
)

from konnekt.db import MomentField

COLUMNS = (
    ("agency", "payroll_number", lambda: CharField(default="")),
    ("account", "signed_in_at", lambda: MomentField(null=True)),
    ("organisation", "ended_on", lambda: DateField(null=True)),
    ("hour_type", "payroll_code", lambda: CharField(default="")),
    ("hour_type", "setu_code", lambda: CharField(default="")),
    ("event", "thing", lambda: CharField(default="")),
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


def tables(db):
    """The tables that this migration adds, in the order of their foreign keys."""

    class BaseModel(Model):
        class Meta:
            database = db
            legacy_table_names = False

    class Account(BaseModel):
        pass

    class Job(BaseModel):
        kind = CharField()
        asked = JSONField(default=dict)
        created_at = MomentField()
        created_by = ForeignKeyField(Account, null=True, backref="+")
        claimed_until_at = MomentField(null=True)
        attempts = IntegerField(default=0, constraints=[Check("attempts >= 0")])
        done = IntegerField(default=0, constraints=[Check("done >= 0")])
        total = IntegerField(default=0, constraints=[Check("total >= 0")])
        ended_at = MomentField(null=True)
        result = JSONField(null=True)
        failure = TextField(default="")

    class JobFile(BaseModel):
        job = ForeignKeyField(Job, backref="files", on_delete="CASCADE")
        name = CharField()
        content = BlobField()

        class Meta:
            indexes = ((("job", "name"), True),)

    Job.add_index(Job.created_at, where=SQL("ended_at IS NULL"), name="job_waiting")
    return [Job, JobFile]


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
    db.create_tables(tables(db), safe=False)


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
    db.drop_tables(tables(db))
    migrator.migrate(migrator.drop_index("event", "event_thing"))
    for table, column, _field in COLUMNS:
        migrator.migrate(migrator.drop_column(table, column))
