"""Browsers in which an account signed in: a new one is told to its owner, no other is stopped by a stranger.

Each keeps one random token in a cookie, whoever of its users signs in; the table keeps its SHA-256 per
account. It is no sign-in and replaces no password: it gives some tries of its own, whatever others guess, and
where its owner ticks that, no question for the second factor for 30 days.
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
# So long without signing in and it has no tries of its own; so long, and it counts as new.
LASTS = timedelta(days=180)
FORGOTTEN_AFTER = timedelta(days=365)
# A browser in which somebody showed more than a password is asked for it alone, as long as they sign in there
# every so many days, and for so many days in all.
CONFIRMED = timedelta(days=30)
CONFIRMED_IN_ALL = timedelta(days=180)
# So many wrong passwords in a row, and it is a stranger until it signs in again.
MOST_FAILURES = 10
# As many as people have, of each account.
MOST_DEVICES = 20


def attempt(account: Account | None, token: str) -> Device | None:
    """Count one attempt on the account's device with this token; None where it has none, or no tries left."""
    if account is None or not token:
        return None
    here = _here(account, token) & (Device.seen_at > clock.now() - LASTS)
    device: Device | None = Device.get_or_none(here)
    if device is None:
        return None
    has_tries = (Device.id == device.id) & (Device.failures < MOST_FAILURES)
    return device if Device.update(failures=Device.failures + 1).where(has_tries).execute() == 1 else None


def succeed(device: Device) -> None:
    """A right password: its tries begin anew."""
    Device.update(failures=0).where(Device.id == device.id).execute()


def signed_in(account: Account, token: str, browser: str, address: str, *, is_confirmed: bool = False) -> str:
    """The account signed in, in the browser with this token or none; its owner is told where that is new.

    Returns the token of its cookie (see `know`, also for is_confirmed). The first browser of an account is
    told to nobody: it is the one with the invitation. Nor is a form that was sent twice: then the first
    answer has the token moved.
    """
    with transaction():
        Device.delete().where(Device.seen_at < clock.now() - FORGOTTEN_AFTER).execute()
        before = Device.select().where((Device.account == account) & (Device.browser != ""))
        is_told = before.exists() and not before.where(_here(account, token)).exists()
        fresh = know(account, token, browser or "?", is_confirmed=is_confirmed)
        if is_told and not (token and sessions.begun_twice(account, address, browser)):
            named = sessions.device(browser)
            day = f"new device {account.id} {named} {address} {clock.today()}"
            notices.tell(account, "new_device", once_key=day, device=named, address=address)
    return fresh


def know(
    account: Account,
    token: str,
    browser: str = "",
    *,
    is_confirmed: bool = False,
    since: datetime | None = None,
) -> str:
    """The account is known in the browser with this token, or with none; returns the token of its cookie.

    It is a new one each time, which the others who use the browser move to: one that somebody else planted is
    worth nothing afterwards. browser: what it calls itself, at a sign-in. is_confirmed: more was shown than a
    password, now or (since) before; else it stays as it was.
    """
    fresh, now, mine = secrets.token_urlsafe(32), clock.now(), Device.account == account
    with transaction():
        if token:
            Device.update(token_hash=digest(fresh)).where(Device.token_hash == digest(token)).execute()
        seen: dict[str, Any] = {"failures": 0, "seen_at": now}
        seen |= {"browser": browser[:200]} if browser else {}
        seen |= {"confirmed_at": since or now} if is_confirmed else {}
        if not Device.update(seen).where(_here(account, fresh)).execute():
            Device.create(account=account, token_hash=digest(fresh), created_at=now, **seen)
        latest = Device.select(Device.id).where(mine).order_by(Device.seen_at.desc(), Device.id.desc())
        Device.delete().where(mine & Device.id.not_in(latest.limit(MOST_DEVICES))).execute()
    return fresh


def _here(account: Account, token: str) -> Any:
    return (Device.token_hash == digest(token)) & (Device.account == account)


def is_confirmed(account: Account, token: str) -> bool:
    """Whether the account's password alone is enough in the browser with this token."""
    return confirmed_since(account, token) is not None


def confirmed_since(account: Account, token: str) -> datetime | None:
    """Since when the account's password alone is enough in the browser with this token; None: it is not."""
    now = clock.now()
    is_in_use = (Device.seen_at > now - CONFIRMED) & (Device.failures < MOST_FAILURES)
    this = _here(account, token) & is_in_use & (Device.confirmed_at > now - CONFIRMED_IN_ALL)
    since: datetime | None = Device.select(Device.confirmed_at).where(this).scalar() if token else None
    return since


def remember(account: Account, token: str) -> None:
    """Do not ask the second factor of the account in the browser with this token for a while."""
    until = clock.now() + REMEMBERED
    with transaction():
        Device.update(remembered_until_at=until).where(_here(account, token)).execute()
        device = Device.get(_here(account, token))
        events.record("remember_device", by=account, person=account, after={"device": name(device)})


def is_remembered(account: Account, token: str) -> bool:
    """Whether the account took the second step in the browser with this token, not long ago."""
    this = _here(account, token) & (Device.remembered_until_at > clock.now())
    return bool(token) and bool(Device.select().where(this).exists())


def of(account: Account) -> list[Device]:
    """The account's remembered browsers, the last used first: one statement."""
    mine = (Device.account == account) & (Device.remembered_until_at > clock.now())
    latest = Device.select().where(mine).order_by(Device.seen_at.desc(), Device.id.desc())
    return list(latest.limit(MOST_DEVICES))


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
    Device.update(remembered_until_at=None).where(Device.account == account).execute()


def estrange(account: Account, keep: str = "") -> None:
    """All but the one with token keep are strangers until the account signs in there: no tries, no trust."""
    others = (Device.account == account) & (Device.token_hash != digest(keep))
    nothing = {"remembered_until_at": None, "confirmed_at": None, "failures": MOST_FAILURES}
    Device.update(nothing).where(others).execute()
