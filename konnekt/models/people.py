"""People: accounts, their sessions, their links by mail, and attempts to sign in."""

import unicodedata
from typing import Any

from peewee import SQL, BooleanField, CharField, Check, ForeignKeyField, IntegerField, TextField

from konnekt.db import BaseModel, MomentField

LANGUAGES = ("nl", "en")


def fold(text: str) -> str:
    """Text without case and accents, to search and sort names by."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


class Account(BaseModel):
    """A person who can sign in, in any of the roles; a worker has an employee number.

    signed_in_at: the last time.
    """

    email = CharField(unique=True)
    username = CharField(unique=True, null=True)
    first_name = TextField(default="")
    last_name = TextField(default="")
    name_key = TextField(default="", index=True)
    language = CharField(default="nl", constraints=[Check("language IN ('nl', 'en')")])
    employee_number = CharField(unique=True, null=True)
    is_agency_staff = BooleanField(default=False)
    is_active = BooleanField(default=True)
    password_hash = TextField(null=True)
    created_at = MomentField()
    signed_in_at = MomentField(null=True)

    # What Flask-Login asks of a signed-in account; it keeps the session's token in the cookie, never our id.
    is_authenticated = True
    is_anonymous = False
    session_token = ""

    def get_id(self) -> str:
        return self.session_token

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.email

    @property
    def is_worker(self) -> bool:
        return self.employee_number is not None

    def save(self, *args: Any, **kwargs: Any) -> Any:
        self.email = self.email.strip().lower()
        self.username = (self.username or "").strip().lower() or None
        self.name_key = fold(f"{self.last_name} {self.first_name} {self.last_name}")
        if "only" in kwargs and kwargs["only"] is not None:
            kwargs["only"] = [*kwargs["only"], Account.name_key]
        return super().save(*args, **kwargs)


class Session(BaseModel):
    """A signed-in browser. The cookie holds the token, the table only its SHA-256."""

    token_hash = CharField(unique=True)
    account = ForeignKeyField(Account, backref="sessions", on_delete="CASCADE")
    created_at = MomentField()
    seen_at = MomentField()
    expires_at = MomentField()
    address = CharField(default="")
    browser = TextField(default="")


class SignInAttempt(BaseModel):
    """A failed attempt, counted per key: a hash of the name typed, or of the address it came from."""

    key = CharField()
    at = MomentField()

    class Meta:
        indexes = ((("key", "at"), False),)


class AccountLink(BaseModel):
    """A single-use link by mail: an invitation or a new password."""

    account = ForeignKeyField(Account, backref="links", on_delete="CASCADE")
    purpose = CharField(constraints=[Check("purpose IN ('invite', 'reset')")])
    token_hash = CharField(unique=True)
    created_at = MomentField()
    expires_at = MomentField()
    used_at = MomentField(null=True)


class Mail(BaseModel):
    """A mail in the outbox: queued with what caused it, delivered later, kept as a record.

    It is tried once due_at has come, or claimed_until_at by the machine's own clock: somebody is sending it
    until then, or it failed and rests. failed_at: when it was given up, with last_error; the agency is told.
    """

    message_id = CharField(unique=True)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    kind = CharField()
    recipient = CharField()
    subject = TextField()
    text = TextField()
    html = TextField(default="")
    once_key = CharField(unique=True, null=True)
    queued_at = MomentField()
    due_at = MomentField()
    attempts = IntegerField(default=0, constraints=[Check("attempts >= 0")])
    claimed_until_at = MomentField(null=True)
    last_error = TextField(default="")
    sent_at = MomentField(null=True)
    failed_at = MomentField(null=True)

    class Meta:
        table_name = "outbox"


Mail.add_index(Mail.due_at, where=SQL("sent_at IS NULL"), name="outbox_waiting")
