"""What is used of budget numbers, kept so that no approval adds up years: see domain.budgets.counted."""

from peewee import BigIntegerField, CharField, Check, ForeignKeyField, IntegerField

from konnekt.db import BaseModel
from konnekt.models.organisations import BudgetNumber
from konnekt.models.timesheets import Timesheet


class BudgetSum(BaseModel):
    """What waits and what is approved on a budget number, in all; no row: not counted yet.

    parts: minutes x bill rate of the day x multiplier, exact (domain.budgets.used says how many are a cent).
    """

    budget_number = ForeignKeyField(BudgetNumber, primary_key=True, on_delete="CASCADE")
    waiting_minutes = IntegerField(default=0)
    waiting_parts = BigIntegerField(default=0)
    approved_minutes = IntegerField(default=0)
    approved_parts = BigIntegerField(default=0)


class BudgetShare(BaseModel):
    """What one sheet adds to the sum of one budget number, and in which state it did."""

    timesheet = ForeignKeyField(Timesheet, on_delete="CASCADE")
    budget_number = ForeignKeyField(BudgetNumber, on_delete="CASCADE")
    state = CharField(constraints=[Check("state IN ('submitted', 'approved')")])
    minutes = IntegerField()
    parts = BigIntegerField()

    class Meta:
        indexes = ((("timesheet", "budget_number"), True),)
