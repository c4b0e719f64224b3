"""Browsers that are told that there is news (Web Push)."""

from peewee import DateTimeField, ForeignKeyField, Model, TextField


def table(db):
    """The table as this migration makes it."""

    class Base(Model):
        class Meta:
            database = db
            legacy_table_names = False

    class Account(Base):
        pass

    class NewsDevice(Base):
        account = ForeignKeyField(Account, on_delete="CASCADE")
        endpoint = TextField(unique=True)
        browser = TextField(default="")
        created_at = DateTimeField()

    return NewsDevice


def up(migrator, db):
    db.create_tables([table(db)], safe=False)


def down(migrator, db):
    db.drop_tables([table(db)])
