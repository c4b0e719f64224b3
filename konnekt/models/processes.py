"""The processes beside requests, as they tell it themselves: where each runs and when it was last there."""

from peewee import CharField, Check, IntegerField, TextField

from konnekt.db import BaseModel, MomentField


class BackgroundProcess(BaseModel):
    """One process of background work on one host; of a kind there may be several (background/pulse.py).

    seen_at: by its machine's own clock. failure: why the one before it ended, or its last round failed; empty
    where all is well.
    """

    host = CharField()
    kind = CharField()
    number = IntegerField(constraints=[Check("number > 0")])
    seen_at = MomentField()
    failure = TextField(default="")

    class Meta:
        indexes = ((("host", "kind", "number"), True),)
