"""Who is asked to stand in; those who do already stay deputies, without being asked."""

from peewee import CharField, Check, DateField, DateTimeField, ForeignKeyField, Model


def table(db):
    """The table as this migration makes it."""

    class Base(Model):
        class Meta:
            database = db
            legacy_table_names = False

    class Account(Base):
        pass

    class Organisation(Base):
        pass

    class DeputyRequest(Base):
        organisation = ForeignKeyField(Organisation)
        supervisor = ForeignKeyField(Account)
        email = CharField(index=True)
        first_on = DateField()
        last_on = DateField()
        token_hash = CharField(unique=True)
        created_at = DateTimeField()
        created_by = ForeignKeyField(Account, null=True)
        declined_at = DateTimeField(null=True)

        class Meta:
            constraints = [Check("last_on >= first_on")]

    return DeputyRequest


def up(migrator, db):
    db.create_tables([table(db)], safe=False)


def down(migrator, db):
    db.drop_tables([table(db)])
