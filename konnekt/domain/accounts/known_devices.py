"""Devices that an account signed in on before: what others guess does not stop them.

The browser keeps one random token in a cookie, whoever of its users signs in; the table keeps its SHA-256 per
account. It is no sign-in and replaces no password: it gives some tries of its own, no more.
"""

import secrets
from datetime import timedelta

from konnekt.db import transaction
from konnekt.domain import clock
from konnekt.domain.accounts.sessions import digest
from konnekt.models import Account, KnownDevice

LASTS = timedelta(days=180)
# So many wrong passwords in a row, and the device is a stranger until it signs in again.
MOST_FAILURES = 10
# As many as people have, of each account.
MOST_DEVICES = 20


def attempt(account: Account | None, token: str) -> KnownDevice | None:
    """Count one attempt on the account's device with this token; None where it has none, or no tries left."""
    if account is None or not token:
        return None
    found: KnownDevice | None = KnownDevice.get_or_none(
        (KnownDevice.token_hash == digest(token))
        & (KnownDevice.account == account)
        & (KnownDevice.seen_at > clock.now() - LASTS)
    )
    if found is None:
        return None
    has_tries = (KnownDevice.id == found.id) & (KnownDevice.failures < MOST_FAILURES)
    counted = KnownDevice.update(failures=KnownDevice.failures + 1).where(has_tries).execute()
    return found if counted == 1 else None


def succeed(device: KnownDevice) -> None:
    """A right password: its tries begin anew."""
    KnownDevice.update(failures=0).where(KnownDevice.id == device.id).execute()


def remember(account: Account, token: str) -> str:
    """The account signed in on the device with this token, or with none; returns the token of its cookie.

    It is a new one each time, which the others who use the device move to: one that somebody else planted
    is worth nothing afterwards.
    """
    fresh, now = secrets.token_urlsafe(32), clock.now()
    with transaction():
        if token:
            KnownDevice.update(token_hash=digest(fresh)).where(
                KnownDevice.token_hash == digest(token)
            ).execute()
        mine = KnownDevice.account == account
        here = mine & (KnownDevice.token_hash == digest(fresh))
        if not KnownDevice.update(failures=0, seen_at=now).where(here).execute():
            KnownDevice.create(token_hash=digest(fresh), account=account, created_at=now, seen_at=now)
        latest = KnownDevice.select(KnownDevice.id).where(mine)
        latest = latest.order_by(KnownDevice.seen_at.desc(), KnownDevice.id.desc()).limit(MOST_DEVICES)
        KnownDevice.delete().where(mine & KnownDevice.id.not_in(latest)).execute()
        KnownDevice.delete().where(KnownDevice.seen_at <= now - LASTS).execute()
    return fresh


def forget(account: Account, keep: str = "") -> None:
    """Every device of the account is a stranger again, but for the one with token keep."""
    others = KnownDevice.token_hash != digest(keep)
    KnownDevice.delete().where((KnownDevice.account == account) & others).execute()
