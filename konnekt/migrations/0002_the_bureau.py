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
    TextField,
)

from konnekt.db import MomentField

COLUMNS = (
    ("agency", "payroll_number", lambda: CharField(default="")),
    ("organisation", "ended_on", lambda: DateField(null=True)),
    ("hour_type", "payroll_code", lambda: CharField(default="")),
    ("hour_type", "setu_code", lambda: CharField(default="")),
    ("event", "thing", lambda: CharField(default="")),
)


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
    db.create_tables(tables(db), safe=False)


def down(migrator, db):
    db.drop_tables(tables(db))
    for table, column, _field in COLUMNS:
        migrator.migrate(migrator.drop_column(table, column))
