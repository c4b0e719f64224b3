"""What `konnekt demo` shows: a lively portal with dates around today. Everybody in it is made up."""

import os
import secrets
from datetime import date, time
from pathlib import Path

from konnekt.config import Config
from konnekt.db import db, transaction
from konnekt.demo import calendar, cast, money, story
from konnekt.domain import clock
from konnekt.domain.accounts import passwords
from konnekt.models import Account, Identity, Organisation

# Without what is mistaken for each other when it is read from a screen; 58 bits in twelve.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"

OWN_ISSUERS = "http://127.0.0.1:"
CONNECTED = ("supervisor", "agency")

ACCOUNTS = {
    "supervisor": "supervisor of four organisations, with every right (or sign in as flex1001)",
    "approver": "approves at one organisation, and nothing else",
    "registrar": "registers hours for others, and nothing else",
    "deputy": "stands in for the supervisor at one organisation these days; in English",
    "worker": "a worker with hours of her own",
    "agency": "agency staff",
}


def claim(config: Config) -> None:
    """Make the instance a demonstration's, with a password of its own: no default accounts (ASVS 6.3.2).

    Raises ValueError where the database has tables already that are not a demonstration's.
    """
    path = _password_file(config)
    if path.exists():
        return
    if db.get_tables():
        raise ValueError("This database is in use: a demonstration wants an instance of its own.")
    new_password = "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(3))
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(f"{new_password}\n")


def fill(config: Config) -> None:
    """Fill the claimed and migrated database once, in one transaction."""
    if Account.select().exists():
        return
    try:
        with transaction():
            _fill()
            for name in ACCOUNTS:
                account = Account.get(Account.email == address(name))
                passwords.replace(account, password(config), by=None, source="demo")
    finally:
        clock.fix(config.now)


def _fill() -> None:
    now, today = clock.now(), clock.today()
    calendars = calendar.make(today)
    clock.fix(clock.at(date(today.year - 1, 1, 2), time(9)).isoformat())
    agency = cast.agency()
    calendar.close(today, by=agency)
    told = story.Story(cast.make(agency, calendars), calendars, now)
    story.begin(told)
    money.settle(told)
    story.tell(told)


def connect(issuer: str) -> dict[str, str]:
    """The people of the provider beside the demonstration, by subject: all of ACCOUNTS.

    Some are connected already, also where it listens on another port than before; the worker is not, and can
    see how that is done. Each organisation offers it.
    """
    there = {name: Account.get(Account.email == address(name)) for name in ACCOUNTS}
    with transaction():
        Identity.delete().where(Identity.issuer.startswith(OWN_ISSUERS), Identity.issuer != issuer).execute()
        for name in CONNECTED:
            row = {"account": there[name], "issuer": issuer, "subject": f"demo-{name}"}
            Identity.insert(**row, created_at=clock.now()).on_conflict_ignore().execute()
        Organisation.update(sign_in="offered").where(Organisation.sign_in == "off").execute()
    return {f"demo-{name}": f"{account.name} ({name})" for name, account in there.items()}


def address(name: str) -> str:
    """The mail address that one of ACCOUNTS signs in with."""
    return f"{name}@konnekt.example"


def password(config: Config) -> str:
    """The password of the demonstration's accounts."""
    return _password_file(config).read_text().strip()


def _password_file(config: Config) -> Path:
    return config.instance / "demo-password"  # readable by its owner alone
