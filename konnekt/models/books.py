"""What goes to the bookkeeping: the accounts and codes that it has there, and the batches that went."""

from typing import Any

from peewee import (
    BigIntegerField,
    BooleanField,
    CharField,
    Check,
    DateField,
    ForeignKeyField,
    IntegerField,
    JSONField,
)

from konnekt.db import BaseModel, MomentField
from konnekt.models.batches import Batch
from konnekt.models.people import Account

PROGRAMS = ("neutral", "exact", "twinfield", "afas")


class LedgerSettings(BaseModel):
    """How the agency's bookkeeping calls things: one row, which is not there until somebody uses it.

    program: whose files a batch has besides the neutral one. administration: Twinfield's office, AFAS's unit.
    from_on: what was recorded before that day never goes. with_payments: whether payments, refunds and
    set-offs go too, or the bookkeeping reads the bank's statements itself. *_account, revenue_*: ledger
    accounts; vat_code_*: what the program calls a VAT treatment, empty for none; *_abroad: of a buyer in
    another country, which stands elsewhere in the VAT return.
    """

    id = IntegerField(primary_key=True, default=1, constraints=[Check("id = 1")])
    program = CharField(
        default="neutral", constraints=[Check("program IN ('neutral', 'exact', 'twinfield', 'afas')")]
    )
    administration = CharField(default="")
    from_on = DateField()
    with_payments = BooleanField(default=True)
    sales_journal = CharField(default="")
    payments_journal = CharField(default="")
    debtors_account = CharField(default="")
    bank_account = CharField(default="")
    vat_account = CharField(default="")
    revenue_standard = CharField(default="")
    revenue_exempt = CharField(default="")
    revenue_reverse_charge = CharField(default="")
    revenue_out_of_scope = CharField(default="")
    vat_code_standard = CharField(default="")
    vat_code_exempt = CharField(default="")
    vat_code_reverse_charge = CharField(default="")
    vat_code_out_of_scope = CharField(default="")
    vat_code_reverse_charge_abroad = CharField(default="")


class LedgerBatch(Batch, BaseModel):
    """Documents that went to the bookkeeping together; Invoice and Payment say in which batch they are.

    frozen: the entries and what the bookkeeping called things, so that its files stay the same for ever.
    documents, debit_cents: how many, and all that is debited, which stay when it is undone. handed_over_at:
    when somebody said that the bookkeeping has it; undone_at: when it was taken back before that.
    """

    number = IntegerField(unique=True)
    created_at = MomentField()
    created_by = ForeignKeyField(Account, null=True, backref="+")
    documents = IntegerField(constraints=[Check("documents > 0")])
    debit_cents = BigIntegerField()
    frozen: Any = JSONField()
    handed_over_at = MomentField(null=True)
    undone_at = MomentField(null=True)

    class Meta:
        constraints = [Check("handed_over_at IS NULL OR undone_at IS NULL")]
