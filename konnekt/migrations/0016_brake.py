"""Failed attempts are one row per key, with how many in a row; and devices that accounts signed in on."""

from peewee import CharField, Check, DateTimeField, ForeignKeyField, IntegerField, Model


def counted(db):
    """Failures under one key, as this migration makes it."""

    class SignInAttempt(Model):
        key = CharField(unique=True)
        subject = CharField(default="", index=True)
        failures = IntegerField(default=0, constraints=[Check("failures >= 0")])
        began_at = DateTimeField()
        at = DateTimeField(index=True)

        class Meta:
            database = db
            legacy_table_names = False

    return SignInAttempt


def one_by_one(db):
    """Failures as they were before: a row for each."""

    class SignInAttempt(Model):
        key = CharField()
        at = DateTimeField()

        class Meta:
            database = db
            legacy_table_names = False
            indexes = ((("key", "at"), False),)

    return SignInAttempt


def device(db):
    """The table of devices as this migration makes it."""

    class Account(Model):
        class Meta:
            database = db
            legacy_table_names = False

    class KnownDevice(Model):
        token_hash = CharField()
        account = ForeignKeyField(Account, on_delete="CASCADE")
        failures = IntegerField(default=0, constraints=[Check("failures >= 0")])
        created_at = DateTimeField()
        seen_at = DateTimeField()

        class Meta:
            database = db
            legacy_table_names = False
            indexes = ((("token_hash", "account"), True),)

    return KnownDevice


def up(migrator, db):
    # What was counted is a quarter of an hour old at most.
    db.drop_tables([one_by_one(db)])
    db.create_tables([counted(db), device(db)], safe=False)


def down(migrator, db):
    db.drop_tables([counted(db), device(db)])
    db.create_tables([one_by_one(db)], safe=False)
