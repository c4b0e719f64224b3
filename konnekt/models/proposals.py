"""What one person of the agency proposes and a second one decides."""

import json
from hashlib import sha256

from peewee import ForeignKeyField, JSONField

from konnekt.db import BaseModel, MomentField
from konnekt.models.people import Account


class ProposedChange(BaseModel):
    """A change that somebody else with the role Administration has to confirm; nothing is changed until then.

    person: whose account it is about; none for the agency itself. before, after: the columns that would
    change, as they were and as they would be. ends_at: from then on it is as if it were not there. The row
    goes when it is decided; the record keeps who did so.
    """

    person = ForeignKeyField(Account, null=True, unique=True, backref="+", on_delete="CASCADE")
    before = JSONField()
    after = JSONField()
    proposed_by = ForeignKeyField(Account, backref="+", on_delete="CASCADE")
    proposed_at = MomentField()
    ends_at = MomentField()

    @property
    def fingerprint(self) -> str:
        """What a page carries of the change that it shows."""
        told = json.dumps([self.person_id, self.before, self.after], sort_keys=True)
        return sha256(told.encode()).hexdigest()[:32]
