"""Accounts: found by what people type, made with a mail address, their language."""

import re

from konnekt.db import transaction
from konnekt.domain import clock
from konnekt.domain.refusals import Conflict, Invalid
from konnekt.fonts import unprintable
from konnekt.models import LANGUAGES, Account, Organisation
from konnekt.models.people import fold, name_key, username_key

LONGEST_NAME = 254
ADDRESS = re.compile(
    r"[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9]+(?:-+[a-z0-9]+)*)+"
)


def find(name: str) -> Account | None:
    """The account of a typed e-mail address or old user name, active or not: one statement."""
    typed = username_key(name)
    if not typed or len(typed) > LONGEST_NAME or "\0" in typed:
        return None
    # As it is compared, and as an older one may stand that somebody else's took the place of.
    exactly = name.strip().lower()
    accounts = list(Account.select().where((Account.email == typed) | Account.username.in_([typed, exactly])))
    return min(accounts, key=lambda one: (one.email != typed, one.username != exactly), default=None)


def hold(account: int) -> None:
    """Let one change of this account at a time go on from here, until its transaction ends: takes its row."""
    Account.update(is_active=Account.is_active).where(Account.id == account).execute()


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
    for field, text in (("first_name", first_name), ("last_name", last_name), ("username", username)):
        if letters := unprintable(text):
            raise Invalid(
                "Invoices can't print this: %(letters)s. Type it in Latin letters.", field, letters=letters
            )
    if username and find(username):
        raise Invalid("The user name %(username)s is taken.", field="username", username=username)
    account: Account = Account.create(
        email=email,
        username=username or None,
        first_name=first_name.strip(),
        last_name=last_name.strip(),
        language=language,
        created_at=clock.now(),
    )
    return account


def renew_keys() -> None:
    """Write again what is derived from names, where this version derives something else: after an upgrade."""
    with transaction():
        people = list(Account.select())
        taken = {one for person in people for one in (person.email, person.username)}
        for person in people:
            key, username = name_key(person.first_name, person.last_name), username_key(person.username or "")
            if username not in ("", person.username) and username not in taken:
                taken.add(username)
                Account.update(username=username).where(Account.id == person.id).execute()
            if key != person.name_key:
                Account.update(name_key=key).where(Account.id == person.id).execute()
        for place in Organisation.select(Organisation.id, Organisation.name, Organisation.name_key):
            if (key := fold(place.name)) != place.name_key:
                Organisation.update(name_key=key).where(Organisation.id == place.id).execute()


def choose_language(account: Account, language: str, *, by: Account) -> None:
    """The language of the account's screens and mails; a preference of its own, no event."""
    if language not in LANGUAGES:
        raise Invalid("There is no such language.", field="language")
    if by.id != account.id:
        raise Conflict("Everybody chooses their own language.")
    Account.update(language=language).where(Account.id == account.id).execute()
    account.language = language
