"""The record of what happened: who, on behalf of whom, what, when, why, before and after."""

from peewee import CharField, ForeignKeyField, IntegerField, JSONField, TextField

from konnekt.db import BaseModel, MomentField
from konnekt.models.invoices import Invoice
from konnekt.models.organisations import Organisation
from konnekt.models.people import Account
from konnekt.models.timesheets import Timesheet


class Event(BaseModel):
    """One step of one thing. Exactly the thing's own column is filled.

    thing: what it is about where no column is for it, such as "pay_period four_weeks 2026-12".

    actor: the account, or none for the system; then source names it ("import").
    batch: the same for all that one request did, so that it can be shown and undone together.
    previous, hash: what makes a chain of the events of a thing (chains.py).
    salt: goes with reason, before and after. erased: the hash of those, once they were erased, as the event
    erased_by says.
    """

    timesheet = ForeignKeyField(Timesheet, null=True, backref="events")
    invoice = ForeignKeyField(Invoice, null=True, backref="events")
    organisation = ForeignKeyField(Organisation, null=True, backref="events")
    person = ForeignKeyField(Account, null=True, backref="events")
    thing = CharField(default="", index=True)
    verb = CharField()
    at = MomentField()
    actor = ForeignKeyField(Account, null=True, backref="+")
    on_behalf_of = ForeignKeyField(Account, null=True, backref="+")
    source = CharField(default="")
    revision = IntegerField(null=True)
    reason = TextField(default="")
    before = JSONField(null=True)
    after = JSONField(null=True)
    batch = CharField(default="", index=True)
    salt = CharField(max_length=32, default="")
    erased = CharField(max_length=64, default="")
    erased_by = ForeignKeyField("self", null=True, backref="+")
    previous = CharField(max_length=64, default="")
    hash = CharField(max_length=64, default="")

    class Meta:
        indexes = ((("actor", "at"), False),)
