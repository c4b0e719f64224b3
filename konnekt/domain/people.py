"""Accounts: found by what people type, made with a mail address, their language."""

import re

from konnekt.domain import clock
from konnekt.domain.refused import Invalid, Refused
from konnekt.models import LANGUAGES, Account

LONGEST_NAME = 254
ADDRESS = re.compile(
    r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9]+(?:-+[a-z0-9]+)*)+"
)


def find(name: str) -> Account | None:
    """The account of a typed e-mail address or old user name, active or not: one statement."""
    typed = name.strip().lower()
    if not typed or len(typed) > LONGEST_NAME or "\0" in typed:
        return None
    found = list(Account.select().where((Account.email == typed) | (Account.username == typed)))
    return min(found, key=lambda account: account.email != typed, default=None)


def is_address(text: str) -> bool:
    """Whether the text is one plain mail address that any mail server takes (ASCII, at most 254)."""
    local, _, _ = text.partition("@")
    return (
        len(text) <= LONGEST_NAME
        and len(local) <= 64
        and ADDRESS.fullmatch(text.lower()) is not None
        and ".." not in text
        and not local.startswith(".")
        and not local.endswith(".")
    )


def make(email: str, *, first_name: str, last_name: str, language: str, username: str) -> Account:
    """A new account without a password. Raises Invalid with the field that can't be."""
    if not is_address(email):
        raise Invalid("%(email)s is not a mail address.", field="email", email=email)
    if language not in LANGUAGES:
        raise Invalid("There is no such language.", field="language")
    if username and find(username):
        raise Invalid("The user name %(username)s is taken.", field="username", username=username)
    made: Account = Account.create(
        email=email,
        username=username or None,
        first_name=first_name.strip(),
        last_name=last_name.strip(),
        language=language,
        created_at=clock.now(),
    )
    return made


def choose_language(account: Account, language: str, *, by: Account) -> None:
    """The language of the account's screens and mails; a preference of its own, no event."""
    if language not in LANGUAGES:
        raise Invalid("There is no such language.", field="language")
    if by.id != account.id:
        raise Refused("Everybody chooses their own language.")
    Account.update(language=language).where(Account.id == account.id).execute()
    account.language = language
