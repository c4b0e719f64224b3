"""What stands on bank statements, and which payments it came to."""

from peewee import (
    SQL,
    CharField,
    Check,
    DateField,
    DateTimeField,
    ForeignKeyField,
    IntegerField,
    Model,
    TextField,
)


def table(db):
    """The table as this migration makes it."""

    class Base(Model):
        class Meta:
            database = db
            legacy_table_names = False

    class Account(Base):
        pass

    class BankEntry(Base):
        booked_on = DateField()
        amount_cents = IntegerField()
        format = CharField(constraints=[Check("format IN ('camt', 'mt940')")])
        reference = CharField()
        nth = IntegerField()
        name = TextField()
        iban = CharField()
        words = TextField()
        booked_cents = IntegerField(
            constraints=[
                Check(
                    "(amount_cents > 0 AND booked_cents BETWEEN 0 AND amount_cents)"
                    " OR (amount_cents < 0 AND booked_cents BETWEEN amount_cents AND 0)"
                )
            ]
        )
        set_aside_at = DateTimeField(null=True)
        read_at = DateTimeField()
        read_by = ForeignKeyField(Account, null=True)

        class Meta:
            indexes = ((("booked_on", "amount_cents", "format", "reference", "nth"), True),)

    waiting = SQL("booked_cents <> amount_cents AND set_aside_at IS NULL")
    BankEntry.add_index(BankEntry.booked_on, where=waiting, name="bank_entry_waiting")
    BankEntry.add_index(BankEntry.iban)
    return BankEntry


def up(migrator, db):
    db.create_tables([table(db)], safe=False)
    db.execute_sql('ALTER TABLE "payment" ADD COLUMN "bank_entry_id" INTEGER REFERENCES "bank_entry" ("id")')
    db.execute_sql('CREATE INDEX "payment_bank_entry_id" ON "payment" ("bank_entry_id")')


def down(migrator, db):
    if db.execute_sql('SELECT 1 FROM "bank_entry"').fetchone():
        raise ValueError("bank statements were read: restore a backup instead")
    db.execute_sql('DROP INDEX "payment_bank_entry_id"')
    migrator.migrate(migrator.drop_column("payment", "bank_entry_id"))
    db.drop_tables([table(db)])
