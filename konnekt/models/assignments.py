"""Assignments (plaatsingen) of workers to organisations, and their dated rates."""

from peewee import CharField, Check, DateField, ForeignKeyField, IntegerField, TextField

from konnekt.db import BaseModel
from konnekt.models.organisations import BudgetNumber, Organisation
from konnekt.models.people import Account

BASES = ("flexible", "fixed")
ENTERED_BY = ("worker", "organisation")


class Assignment(BaseModel):
    """A worker seconded to an organisation. Fixed hours register nothing (manual)."""

    code = CharField(unique=True)
    worker = ForeignKeyField(Account, backref="assignments")
    organisation = ForeignKeyField(Organisation, backref="assignments")
    job_title = TextField(default="")
    basis = CharField(constraints=[Check("basis IN ('flexible', 'fixed')")])
    entered_by = CharField(constraints=[Check("entered_by IN ('worker', 'organisation')")])
    first_on = DateField()
    last_on = DateField(null=True)
    budget_number = ForeignKeyField(BudgetNumber, null=True)
    max_minutes_per_week = IntegerField(null=True, constraints=[Check("max_minutes_per_week > 0")])

    class Meta:
        constraints = [Check("last_on IS NULL OR last_on >= first_on")]
        # The second is what a timesheet's (assignment, organisation) refers to.
        indexes = ((("organisation", "worker"), False), (("id", "organisation"), True))


class Rate(BaseModel):
    """Euro per hour from a day on, in 1/10,000 euro, before the hour type's multiplier.

    Organisations never see the pay side.
    """

    assignment = ForeignKeyField(Assignment, backref="rates")
    valid_from_on = DateField()
    pay_rate = IntegerField(constraints=[Check("pay_rate >= 0")])
    bill_rate = IntegerField(constraints=[Check("bill_rate >= 0")])

    class Meta:
        indexes = ((("assignment", "valid_from_on"), True),)
