"""Signed-in browsers, kept in the database so that signing out really ends them."""

import hashlib
import re
import secrets
from contextlib import suppress
from datetime import timedelta
from typing import Any

from peewee import JOIN, OperationalError

from konnekt.db import transaction
from konnekt.domain import clock
from konnekt.domain.refused import NotFound
from konnekt.models import Account, Agency, Session

IDLE = timedelta(hours=8)
LIFETIME = timedelta(days=7)
TOUCH_EVERY = timedelta(minutes=5)


def digest(token: str) -> str:
    """What the table holds of a secret token."""
    return hashlib.sha256(token.encode()).hexdigest()


def start(account: Account, address: str = "", browser: str = "") -> str:
    """Begin a session; returns the token for the cookie."""
    token = secrets.token_urlsafe(32)
    now = clock.now()
    Session.delete().where(~_is_alive()).execute()
    Session.create(
        token_hash=digest(token),
        account=account,
        created_at=now,
        seen_at=now,
        expires_at=now + LIFETIME,
        address=address[:64],
        browser=browser[:200],
    )
    Account.update(signed_in_at=now).where(Account.id == account.id).execute()
    return token


def find(token: str) -> Session | None:
    """The live session of a token with its account and the agency, or None: one statement.

    Every few minutes it notes when the session was seen.
    """
    now = clock.now()
    session: Session | None = (
        Session.select(Session, Account, Agency)
        .join(Account)
        .switch(Session)
        .join(Agency, JOIN.LEFT_OUTER, on=(Agency.id == 1), attr="agency")
        .where((Session.token_hash == digest(token)) & _is_alive() & Account.is_active)
        .first()
    )
    if session and now - session.seen_at > TOUCH_EVERY:
        # On a full disk people can still read; a database that is gone says so at the next statement.
        with suppress(OperationalError):
            Session.update(seen_at=now).where(Session.id == session.id).execute()
    return session


def _is_alive() -> Any:
    """Used within the idle time, and not older than the lifetime."""
    now = clock.now()
    return (Session.expires_at > now) & (Session.seen_at > now - IDLE)


def living(account: Account) -> list[Session]:
    """The account's signed-in browsers, the last used first: one statement."""
    return list(
        Session.select()
        .where((Session.account == account) & _is_alive())
        .order_by(Session.seen_at.desc(), Session.id.desc())
    )


def is_this(session: Session, token: str) -> bool:
    """Whether the session belongs to the browser with this token."""
    return secrets.compare_digest(str(session.token_hash), digest(token))


def end(token: str) -> None:
    """Sign this browser out."""
    Session.delete().where(Session.token_hash == digest(token)).execute()


def end_all(account: Account, keep: str | None = None) -> int:
    """Sign the account out everywhere, except the browser with token keep; returns how many ended."""
    with transaction():
        query = Session.delete().where(Session.account == account)
        if keep:
            query = query.where(Session.token_hash != digest(keep))
        return int(query.execute())


def end_one(session: int, *, by: Account) -> None:
    """Sign one of one's own browsers out; raises NotFound for anybody else's and for an ended one."""
    if Session.delete().where((Session.id == session) & (Session.account == by)).execute() != 1:
        raise NotFound("This session has ended already.")


# The first that is found names it: many browsers also carry the names of those they descend from.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("Chromium", "Chromium"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
    ("Lynx", "Lynx"),
    ("w3m", "w3m"),
    ("curl", "curl"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)


def device(browser: str) -> str:
    """A browser's own description in two words: `Firefox, Windows`; empty when it tells nothing."""
    known = [next((name for mark, name in names if mark in browser), "") for names in (BROWSERS, SYSTEMS)]
    return ", ".join(name for name in known if name) or re.sub(r"[^\w .-].*", "", browser)[:30].strip()
