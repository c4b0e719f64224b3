"""Signed-in browsers, kept in the database so that signing out really ends them."""

import hashlib
import secrets
from datetime import timedelta

from konnekt.db import transaction
from konnekt.domain import clock
from konnekt.models import Account, Session

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
    Session.create(
        token_hash=digest(token),
        account=account,
        created_at=now,
        seen_at=now,
        expires_at=now + LIFETIME,
        address=address[:64],
        browser=browser[:200],
    )
    return token


def find(token: str) -> Session | None:
    """The live session of a token with its account, or None: one statement, and a note when it was seen."""
    now = clock.now()
    session: Session | None = (
        Session.select(Session, Account)
        .join(Account)
        .where(
            (Session.token_hash == digest(token))
            & (Session.expires_at > now)
            & (Session.seen_at > now - IDLE)
            & Account.is_active
        )
        .first()
    )
    if session and now - session.seen_at > TOUCH_EVERY:
        Session.update(seen_at=now).where(Session.id == session.id).execute()
    return session


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
