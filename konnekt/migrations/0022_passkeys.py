"""Passkeys, and what they have to sign."""

from peewee import BigIntegerField, BooleanField, CharField, DateTimeField, ForeignKeyField, Model, TextField


def tables(db):
    """The tables as this migration makes them."""

    class Base(Model):
        class Meta:
            database = db
            legacy_table_names = False

    class Account(Base):
        pass

    class Passkey(Base):
        account = ForeignKeyField(Account, on_delete="CASCADE")
        name = TextField()
        credential_id = TextField(unique=True)
        public_key = TextField()
        user_handle = TextField()
        sign_count = BigIntegerField()
        may_be_backed_up = BooleanField()
        is_backed_up = BooleanField()
        created_at = DateTimeField()
        used_at = DateTimeField(null=True)

    class PasskeyChallenge(Base):
        challenge_hash = CharField(unique=True)
        browser_hash = CharField()
        purpose = CharField()
        account = ForeignKeyField(Account, null=True, backref="+", on_delete="CASCADE")
        note = TextField()
        created_at = DateTimeField(index=True)

    return [Passkey, PasskeyChallenge]


def up(migrator, db):
    db.create_tables(tables(db), safe=False)


def down(migrator, db):
    # Whose only second factor this is would be asked for what is not there any more.
    db.execute_sql(
        'UPDATE "account" SET "has_second_factor" = (0 = 1)'
        ' WHERE "id" IN (SELECT "account_id" FROM "passkey")'
        ' AND "id" NOT IN (SELECT "account_id" FROM "authenticator" WHERE "confirmed_at" IS NOT NULL)'
    )
    db.drop_tables(tables(db))
