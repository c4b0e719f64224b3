"""Addresses with which calendar programs read what is due."""

from peewee import CharField, DateTimeField, ForeignKeyField, Model


def table(db):
    """The table as this migration makes it."""

    class Base(Model):
        class Meta:
            database = db
            legacy_table_names = False

    class Account(Base):
        pass

    class DeadlineFeed(Base):
        account = ForeignKeyField(Account, unique=True, on_delete="CASCADE")
        token_hash = CharField(unique=True)
        created_at = DateTimeField()

    return DeadlineFeed


def up(migrator, db):
    db.create_tables([table(db)], safe=False)


def down(migrator, db):
    db.drop_tables([table(db)])
