"""The processes beside requests: where each runs and when it was last seen."""

from peewee import CharField, Check, DateTimeField, IntegerField, Model, TextField


def table(db):
    """The table as this migration makes it."""

    class BackgroundProcess(Model):
        host = CharField()
        kind = CharField()
        number = IntegerField(constraints=[Check("number > 0")])
        seen_at = DateTimeField()
        failure = TextField()

        class Meta:
            database = db
            legacy_table_names = False
            indexes = ((("host", "kind", "number"), True),)

    return BackgroundProcess


def up(migrator, db):
    db.create_tables([table(db)], safe=False)


def down(migrator, db):
    db.drop_tables([table(db)])
