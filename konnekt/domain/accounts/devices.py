"""Browsers in which an account signed in: a new one is told to its owner; some are remembered.

Who ticks that is not asked for the second factor there for 30 days, only for the password.
"""

import secrets
from datetime import datetime, timedelta
from typing import Any

from konnekt.db import transaction
from konnekt.domain import clock, events
from konnekt.domain.accounts import notices, sessions
from konnekt.domain.accounts.sessions import digest
from konnekt.domain.refusals import NotFound
from konnekt.models import Account, Device

REMEMBERED = timedelta(days=30)
KNOWN = timedelta(days=365)  # without use; then it counts as new again


def recognise(account: Account, browser: str, address: str, before: str) -> str:
    """Note that the account signed in here, and tell its owner where that is new.

    before: the token that this browser has. Returns the one for its cookie; empty where that stays.
    The first browser of an account is told to nobody: it is the one with the invitation.
    """
    now, this = clock.now(), _here(account, before)
    if before and Device.update(seen_at=now).where(this).execute() == 1:
        return ""
    with transaction():
        Device.delete().where(Device.seen_at < now - KNOWN).execute()
        is_first = not Device.select().where(Device.account == account).exists()
        token, made = _make(account, browser, before)
        if not is_first:
            day = f"new device {account.id} {name(made)} {address} {clock.today()}"
            notices.tell(account, "new_device", once_key=day, device=name(made), address=address)
    return token


def remember(account: Account, browser: str, before: str = "") -> str:
    """Remember this browser for the account; returns the token for its cookie.

    before: the one that it had, of whatever account.
    """
    with transaction():
        token, made = _make(account, browser, before, clock.now() + REMEMBERED)
        events.record("remember_device", by=account, person=account, after={"device": name(made)})
    return token


def _make(account: Account, browser: str, before: str, until: datetime | None = None) -> tuple[str, Device]:
    """The row of this browser, with a new token, also for all others who use it.

    So a token that somebody planted beforehand is worth nothing.
    """
    token, now = secrets.token_urlsafe(32), clock.now()
    if before:
        Device.delete().where(_here(account, before)).execute()
        Device.update(token_hash=digest(token)).where(Device.token_hash == digest(before)).execute()
    made = Device.create(
        account=account,
        token_hash=digest(token),
        browser=browser[:200],
        created_at=now,
        seen_at=now,
        remembered_until_at=until,
    )
    return token, made


def _here(account: Account, token: str) -> Any:
    return (Device.token_hash == digest(token)) & (Device.account == account)


def is_remembered(account: Account, token: str) -> bool:
    """Whether the account took the second step in the browser with this token, not long ago."""
    this = _here(account, token) & (Device.remembered_until_at > clock.now())
    return bool(token) and bool(Device.select().where(this).exists())


def of(account: Account) -> list[Device]:
    """The account's remembered browsers, the last used first: one statement."""
    mine = (Device.account == account) & (Device.remembered_until_at > clock.now())
    return list(Device.select().where(mine).order_by(Device.seen_at.desc(), Device.id.desc()))


def is_this(device: Device, token: str) -> bool:
    """Whether it is the browser with this token."""
    return secrets.compare_digest(str(device.token_hash), digest(token))


def name(device: Device) -> str:
    """What people know it by: `Firefox, Windows`."""
    return sessions.device(device.browser)


def forget(device: int, *, by: Account) -> None:
    """Ask for the second factor there again; raises NotFound for anybody else's and for one that is gone."""
    with transaction():
        mine = (Device.id == device) & (Device.account == by) & Device.remembered_until_at.is_null(False)
        gone: Device | None = Device.get_or_none(mine)
        if gone is None or Device.update(remembered_until_at=None).where(mine).execute() != 1:
            raise NotFound("This browser is not remembered any more.")
        events.record("forget_device", by=by, person=by, before={"device": name(gone)})


def forget_all(account: Account) -> None:
    """Ask for it everywhere again, within the caller's transaction: what it rested on has changed."""
    mine = (Device.account == account) & Device.remembered_until_at.is_null(False)
    Device.update(remembered_until_at=None).where(mine).execute()
