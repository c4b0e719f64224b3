"""Links in mails, by which somebody decides on timesheets without signing in."""

from peewee import CharField, ForeignKeyField, IntegerField

from konnekt.db import BaseModel, MomentField
from konnekt.models.people import Account
from konnekt.models.timesheets import Timesheet


class DecisionLink(BaseModel):
    """One mail's link: whose it is and until when. The mail holds the token, the table only its SHA-256.

    The row goes when the link ends before that: a newer mail, other ways in that are taken away.
    used_at: when something was last decided by it.
    """

    account = ForeignKeyField(Account, backref="+", on_delete="CASCADE")
    token_hash = CharField(unique=True)
    made_at = MomentField()
    ends_at = MomentField(index=True)
    used_at = MomentField(null=True)


class DecisionLinkSheet(BaseModel):
    """A timesheet of a link, and the revision of it that was mailed."""

    link = ForeignKeyField(DecisionLink, backref="sheets", on_delete="CASCADE")
    timesheet = ForeignKeyField(Timesheet, backref="+", on_delete="CASCADE")
    revision = IntegerField()

    class Meta:
        indexes = ((("link", "timesheet"), True),)


def end_links(account: Account) -> None:
    """End the account's links of this kind for good, within the caller's transaction."""
    DecisionLink.delete().where(DecisionLink.account == account).execute()
