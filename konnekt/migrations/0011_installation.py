"""What all hosts of a database have in common: the fingerprint of their secret."""

from peewee import CharField, Model, TextField


def table(db):
    """The table as this migration makes it."""

    class Installation(Model):
        name = CharField(unique=True)
        value = TextField()

        class Meta:
            database = db
            legacy_table_names = False

    return Installation


def up(migrator, db):
    db.create_tables([table(db)], safe=False)


def down(migrator, db):
    db.drop_tables([table(db)])
