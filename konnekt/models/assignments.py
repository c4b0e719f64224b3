"""Assignments (plaatsingen) of workers to organisations, and their dated rates."""

from datetime import date
from typing import Any

from peewee import CharField, Check, DateField, ForeignKeyField, IntegerField, TextField

from konnekt.db import BaseModel
from konnekt.models.organisations import BudgetNumber, Organisation
from konnekt.models.people import Account
from konnekt.models.periods import PayPeriod

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

    @classmethod
    def goes_on(cls, on: date | Any) -> Any:
        """The condition: it has not ended before this day."""
        return cls.last_on.is_null() | (cls.last_on >= on)

    @classmethod
    def runs(cls, first: date | Any, last: date | Any) -> Any:
        """The condition: it runs on some of the days from first to last (a day, or a column)."""
        return (cls.first_on <= last) & cls.goes_on(first)

    @classmethod
    def is_asked_for(cls) -> Any:
        """The condition on it joined with its organisation and a period: its hours are asked for there.

        Only flexible hours are registered (manual), and an organisation that had ended before is no client.
        """
        is_client = Organisation.goes_on(PayPeriod.first_on)
        return (cls.basis == "flexible") & cls.runs(PayPeriod.first_on, PayPeriod.last_on) & is_client


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
