"""Long work that goes on after the page has answered: what was asked, how far it is, what came of it."""

from peewee import SQL, BlobField, CharField, Check, ForeignKeyField, IntegerField, JSONField, TextField

from konnekt.db import BaseModel, MomentField
from konnekt.models.people import Account


class Job(BaseModel):
    """One piece of long work; kind names who does it (konnekt/background/work.py).

    asked: what to do; result: what came of it; failure: why it ended without one. Whoever works on it
    renews claimed_until_at: when that has passed, it may be taken up again. begun_at: by the machine's clock,
    when whoever works on it now first said how far it is, and done_before: how far that was. request_id: what
    caused it, if a request did (konnekt/background/cause.py).
    """

    kind = CharField()
    asked = JSONField(default=dict)
    created_at = MomentField()
    created_by = ForeignKeyField(Account, null=True, backref="+")
    claimed_until_at = MomentField(null=True)
    attempts = IntegerField(default=0, constraints=[Check("attempts >= 0")])
    done = IntegerField(default=0, constraints=[Check("done >= 0")])
    total = IntegerField(default=0, constraints=[Check("total >= 0")])
    begun_at = MomentField(null=True)
    done_before = IntegerField(default=0, constraints=[Check("done_before >= 0")])
    ended_at = MomentField(null=True)
    result = JSONField(null=True)
    failure = TextField(default="")
    request_id = CharField(default="")


class JobFile(BaseModel):
    """A file that was uploaded for a job, or made by it."""

    job = ForeignKeyField(Job, backref="files", on_delete="CASCADE")
    name = CharField()
    content = BlobField()

    class Meta:
        indexes = ((("job", "name"), True),)


Job.add_index(Job.created_at, where=SQL("ended_at IS NULL"), name="job_waiting")
