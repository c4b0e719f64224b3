"""Payroll batches and the hours in them."""

from peewee import SQL, CharField, Check, DateField, ForeignKeyField, IntegerField, JSONField

from konnekt.db import BaseModel, MomentField
from konnekt.models.batches import Batch
from konnekt.models.people import Account
from konnekt.models.periods import PayPeriod
from konnekt.models.timesheets import Hour


class PayrollBatch(Batch, BaseModel):
    """What one calendar pays on one pay date.

    frozen: the numbers, names and codes as they were, so that its files stay the same for ever.
    minutes: the sum of its hours, which stays when it is undone.
    handed_over_at: when somebody said that the payroll program has it; undone_at: when it was taken back.
    erased_at: since when its term is over, and it holds no names.
    """

    calendar = CharField(constraints=[Check("calendar IN ('week', 'four_weeks', 'month')")])
    pay_period = ForeignKeyField(PayPeriod, backref="payroll_batches")
    pay_on = DateField()
    sequence = IntegerField(default=0)
    created_at = MomentField()
    created_by = ForeignKeyField(Account, null=True, backref="+")
    frozen = JSONField(null=True)
    minutes = IntegerField(default=0)
    handed_over_at = MomentField(null=True)
    undone_at = MomentField(null=True)
    erased_at = MomentField(null=True)

    class Meta:
        indexes = ((("calendar", "pay_on", "sequence"), True),)


class PayrollHour(BaseModel):
    """The link of an hour row to the batch that pays it; pay_rate in 1/10,000 euro, before the multiplier."""

    hour = ForeignKeyField(Hour, backref="paid")
    payroll_batch = ForeignKeyField(PayrollBatch, backref="hours")
    minutes = IntegerField()
    pay_rate = IntegerField()
    released_at = MomentField(null=True)


PayrollHour.add_index(
    PayrollHour.hour, unique=True, where=SQL("released_at IS NULL"), name="payroll_hour_live"
)
