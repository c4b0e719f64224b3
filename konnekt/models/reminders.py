"""When the agency reminds of an invoice that is overdue, and what it writes then."""

from peewee import Check, IntegerField, TextField

from konnekt.db import BaseModel


class ReminderStep(BaseModel):
    """A step of reminding that the agency chose itself; the others are as usual (payments/reminder_steps.py).

    days: how long after the due date; None: this step and those after it are not used. text_*: instead of the
    usual text; empty: that one.
    """

    step = IntegerField(primary_key=True, constraints=[Check("step BETWEEN 1 AND 3")])
    days = IntegerField(null=True, constraints=[Check("days > 0")])
    text_nl = TextField(default="")
    text_en = TextField(default="")
