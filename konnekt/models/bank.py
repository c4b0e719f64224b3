"""What stands on the agency's bank statements, as far as it is about invoices."""

from peewee import SQL, CharField, Check, DateField, ForeignKeyField, IntegerField, TextField

from konnekt.db import BaseModel, MomentField
from konnekt.models.people import Account

_BOOKED = (
    "(amount_cents > 0 AND booked_cents BETWEEN 0 AND amount_cents)"
    " OR (amount_cents < 0 AND booked_cents BETWEEN amount_cents AND 0)"
)


class BankEntry(BaseModel):
    """An amount on a statement, in cents: money in is positive, money back negative.

    format, reference, nth: what tells it from others of that day and amount: the reference is the bank's, or
    a digest of what it says; nth counts entries of which even that is the same.
    booked_cents: how much of it stands as payments. set_aside_at: it is for no invoice, as somebody said.
    """

    booked_on = DateField()
    amount_cents = IntegerField()
    format = CharField(constraints=[Check("format IN ('camt', 'mt940')")])
    reference = CharField()
    nth = IntegerField(default=0)
    name = TextField(default="")
    iban = CharField(default="")
    words = TextField(default="")
    booked_cents = IntegerField(default=0, constraints=[Check(_BOOKED)])
    set_aside_at = MomentField(null=True)
    read_at = MomentField()
    read_by = ForeignKeyField(Account, null=True, backref="+")

    class Meta:
        indexes = ((("booked_on", "amount_cents", "format", "reference", "nth"), True),)

    @property
    def open_cents(self) -> int:
        """What of it is for no invoice yet."""
        return int(self.amount_cents - self.booked_cents)


BankEntry.add_index(
    BankEntry.booked_on,
    where=SQL("booked_cents <> amount_cents AND set_aside_at IS NULL"),
    name="bank_entry_waiting",
)
BankEntry.add_index(BankEntry.iban)
