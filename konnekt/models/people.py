"""People: accounts, their sessions, their links by mail, and attempts to sign in."""

import unicodedata
from typing import Any

from anyascii import anyascii
from peewee import SQL, BooleanField, CharField, Check, ForeignKeyField, IntegerField, TextField

from konnekt.db import BaseModel, MomentField

LANGUAGES = ("nl", "en")


# Written, left out or written otherwise, in names as they are registered and as they are typed.
_MARKS = str.maketrans("", "", "'`-.\0")

# What stands before a family name and does not count in a list (table 36, "voorvoegsels", of the Dutch
# register of persons). A Dutch one is that with a capital too, since without a first name it is written so
# (Ten Cate, Van den Bakker); the others are by then part of the name (El Idrissi, Di Maria, Le Blanc).
DUTCH_PREFIXES = """
    's 't aan af bij boven de dem den der des gen het in onder op over te ten ter thoe toe tot uijt uit van
    vanden vander ver voor
"""
FOREIGN_PREFIXES = """
    al am auf aus d' da dal dalla das degli dei del della di do dos du el im l' la las le les lo los ul unter
    vom von vor zu zum zur
"""
_DUTCH, _FOREIGN = frozenset(DUTCH_PREFIXES.split()), frozenset(FOREIGN_PREFIXES.split())


def _plain(text: str) -> str:
    # A lone acute accent stands for an apostrophe; Unicode would make it a space with an accent.
    letters = unicodedata.normalize("NFKD", text.casefold().replace("\u00b4", "'"))
    return anyascii("".join(letter for letter in letters if not unicodedata.combining(letter))).lower()


def fold(text: str) -> str:
    """Text as any keyboard types it, to search and sort by: no case, accents, apostrophes, hyphens, points.

    Letters of other scripts, and those that Unicode does not take apart, become Latin ones (AnyAscii).
    """
    return _plain(text).translate(_MARKS)


def words(typed: str) -> list[str]:
    """The folded words of a search; those on both sides of a hyphen are two."""
    folded = (word.translate(_MARKS) for word in _plain(typed).replace("-", " ").split())
    return [word for word in folded if word]


def holds(column: Any, typed: str) -> Any:
    """The condition that every word typed stands in a column of folded text, in any order.

    Of nothing typed it holds, of what no name is made of (a lone hyphen) it does not.
    """
    folded = words(typed)
    condition: Any = SQL("1 = 1") if folded or not typed.strip() else SQL("1 = 0")
    for word in folded:
        condition &= column.contains(word)
    return condition


def without_prefix(family_name: str) -> str:
    """The family name from where it sorts in a Dutch list: Bakker of "van den Bakker"."""
    rest = family_name.strip().replace("’", "'")
    while True:
        first, _, after = rest.partition(" ")
        if not after.strip():
            break
        if first.casefold() not in _DUTCH and first not in _FOREIGN:
            break
        rest = after.strip()
    # d'Ancona and 's-Gravesande, but D'hondt.
    after = rest[2:].lstrip("-")
    return after if rest[:2] in ("d'", "l'", "'s", "'t") and after[:1].isupper() else rest


def name_key(first_name: str, last_name: str) -> str:
    """What an account's name is searched and sorted by."""
    return fold(f"{without_prefix(last_name)} {first_name} {last_name}")


def full_name(first_name: str, last_name: str) -> str:
    """A name as it is shown; empty where there is none."""
    return f"{first_name} {last_name}".strip()


def username_key(typed: str) -> str:
    """A user name as it is kept and compared: width, case, composition (RFC 8265, UsernameCaseMapped)."""
    narrow = "".join(
        unicodedata.normalize("NFKC", letter)
        if unicodedata.decomposition(letter).startswith(("<wide>", "<narrow>"))
        else letter
        for letter in typed.strip()
    )
    return unicodedata.normalize("NFC", narrow.lower())


class Account(BaseModel):
    """A person who can sign in, in any of the roles; a worker has an employee number.

    agency_roles: what of the agency's work its staff does, empty for others (domain.accounts.agency_roles).
    signed_in_at: the last time. has_second_factor: whether its password alone lets nobody in
    (domain.accounts.factors writes it). decides_by_mail: whether its reminders may have a link that decides.
    erased_at: since when it does not say any more who it was. invite_when_placed: whether a link to choose a
    first password is mailed when the first assignment begins (domain.records.invitations). report_by_mail:
    whether the report of each period is (domain.periods.report_letter).
    """

    email = CharField(unique=True)
    username = CharField(unique=True, null=True)
    first_name = TextField(default="")
    last_name = TextField(default="")
    name_key = TextField(default="", index=True)
    language = CharField(default="nl", constraints=[Check("language IN ('nl', 'en')")])
    employee_number = CharField(unique=True, null=True)
    is_agency_staff = BooleanField(default=False)
    agency_roles = CharField(default="")
    is_active = BooleanField(default=True)
    has_second_factor = BooleanField(default=False)
    decides_by_mail = BooleanField(default=True)
    invite_when_placed = BooleanField(default=False)
    report_by_mail = BooleanField(default=False)
    password_hash = TextField(null=True)
    created_at = MomentField()
    signed_in_at = MomentField(null=True)
    erased_at = MomentField(null=True)

    # What Flask-Login asks of a signed-in account; it keeps the session's token in the cookie, never our id.
    # session: the row of it, where the account was found by it. proposal: what a change came to that two
    # decide.
    is_authenticated = True
    is_anonymous = False
    session_token = ""
    session: Any = None
    proposal: Any = None

    def get_id(self) -> str:
        return self.session_token

    @property
    def name(self) -> str:
        return full_name(self.first_name, self.last_name) or self.email

    @property
    def is_worker(self) -> bool:
        return self.employee_number is not None

    def save(self, *args: Any, **kwargs: Any) -> Any:
        self.email = self.email.strip().lower()
        self.username = username_key(self.username or "") or None
        self.name_key = name_key(self.first_name, self.last_name)
        if "only" in kwargs and kwargs["only"] is not None:
            kwargs["only"] = [*kwargs["only"], Account.name_key]
        return super().save(*args, **kwargs)


class Session(BaseModel):
    """A signed-in browser. The cookie holds the token, the table only its SHA-256.

    is_half: the password was right and the second factor is due; it opens the page of that and nothing else.
    asked_at: when all that the account is protected by was last asked in it (domain.accounts.once_more).
    provider: the key of the provider that let somebody in; empty: the portal itself. subject: who that said
    it is. had_factor: it said that it asked a second factor. mailed_code_hash: of the code that half a
    session waits for (domain.accounts.mailed_codes).
    """

    token_hash = CharField(unique=True)
    account = ForeignKeyField(Account, backref="sessions", on_delete="CASCADE")
    created_at = MomentField()
    seen_at = MomentField()
    expires_at = MomentField()
    address = CharField(default="")
    browser = TextField(default="")
    is_half = BooleanField(default=False)
    asked_at = MomentField(null=True)
    provider = CharField(default="")
    had_factor = BooleanField(default=False)
    mailed_code_hash = CharField(default="")
    subject = CharField(default="")


class SignInAttempt(BaseModel):
    """Failed attempts that count under one key: how many in a row, since when, and the last.

    key, subject: hashes of who was meant from where, and of who was meant; the table holds no names of people
    who mistyped. Empty subject: the key counts for an address alone.
    """

    key = CharField(unique=True)
    subject = CharField(default="", index=True)
    failures = IntegerField(default=0, constraints=[Check("failures >= 0")])
    began_at = MomentField()
    at = MomentField(index=True)


class AccountLink(BaseModel):
    """A single-use link by mail: an invitation or a new password."""

    account = ForeignKeyField(Account, backref="links", on_delete="CASCADE")
    purpose = CharField(constraints=[Check("purpose IN ('invite', 'reset')")])
    token_hash = CharField(unique=True)
    created_at = MomentField()
    expires_at = MomentField()
    used_at = MomentField(null=True)


class DeadlineFeed(BaseModel):
    """The address with which a calendar program reads what is due for an account; a hash of its token."""

    account = ForeignKeyField(Account, unique=True, backref="+", on_delete="CASCADE")
    token_hash = CharField(unique=True)
    created_at = MomentField()


class NewsDevice(BaseModel):
    """A browser that is told that there is news. endpoint: where its push service takes that for it."""

    account = ForeignKeyField(Account, backref="+", on_delete="CASCADE")
    endpoint = TextField(unique=True)
    browser = TextField(default="")
    created_at = MomentField()


class Mail(BaseModel):
    """A mail in the outbox: queued with what caused it, delivered later, kept as a record.

    It is tried once due_at has come, or claimed_until_at by the machine's own clock: somebody is sending it
    until then, or it failed and rests. failed_at: when it was given up, with last_error; the agency is told.
    batch: that of the event which caused it, so that the mails of what is undone are found. request_id: the
    request that caused it, for the log. is_being_sent: it is claimed, and does not rest.
    """

    message_id = CharField(unique=True)
    account = ForeignKeyField(Account, null=True, on_delete="SET NULL")
    kind = CharField()
    recipient = CharField()
    subject = TextField()
    text = TextField()
    html = TextField(default="")
    once_key = CharField(unique=True, null=True)
    batch = CharField(default="", index=True)
    queued_at = MomentField()
    due_at = MomentField()
    attempts = IntegerField(default=0, constraints=[Check("attempts >= 0")])
    claimed_until_at = MomentField(null=True)
    is_being_sent = BooleanField(default=False)
    last_error = TextField(default="")
    sent_at = MomentField(null=True)
    failed_at = MomentField(null=True)
    request_id = CharField(default="")

    class Meta:
        table_name = "outbox"


Mail.add_index(Mail.due_at, where=SQL("sent_at IS NULL"), name="outbox_waiting")
