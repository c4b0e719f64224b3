"""Limits on guessing: failures are counted per key in the database, for all hosts and over a restart.

The figures are all here; docs/security.md says them in words, and a test compares the two. Whose password is
guessed is what was typed, whether or not there is such an account. An address is an IPv4 address or an IPv6
/64. A device on which the account signed in before is not asked here (devices.py), and a link by mail
is sent whatever was counted (links.py): nobody is locked out by what somebody else guesses.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from typing import Any

from peewee import Case, SqliteDatabase

from konnekt.db import db, transaction
from konnekt.domain import clock
from konnekt.domain.refusals import TooMany
from konnekt.models import Account, SignInAttempt
from konnekt.models.people import username_key

WINDOW = timedelta(minutes=15)
# One account from one address: so many wrong in a row at once, then with pauses, then none from there.
AT_ONCE_FROM_ADDRESS = 10
AT_ONCE_FROM_BUSY_ADDRESS = 3
MOST_FROM_ADDRESS = 20
# One account from all addresses together.
AT_ONCE_PER_ACCOUNT = 30
MOST_PER_ACCOUNT = 100
# From so many wrong ones in the window on, an address is a busy one.
BUSY_ADDRESS = 100
BUSY_ADDRESS_LINKS = 30
# Codes by mail of one account in the window: as many mails, and wrong ones.
MOST_MAILED_CODES = 6
WRONG_MAILED_CODES = 5
# What keeps one address from taking all our time: a password costs a tenth of a second to compare.
BURST = timedelta(seconds=20)
MOST_IN_BURST = 100
# The first pause is a second, each next twice as long.
LONGEST_PAUSE = timedelta(minutes=15)
# After so long without a failure they are forgotten; those that reached their limit, later.
FORGOTTEN = timedelta(days=1)
CLOSED = timedelta(days=30)


@dataclass(frozen=True)
class Limit:
    """What counts under one key.

    at_once None: at most `most` (None: any number, they are counted only) in `window` from the first on.
    Else: `at_once` in a row, then each after a pause, and at most `most`, whenever they are.
    """

    key: str
    most: int | None
    window: timedelta = WINDOW
    at_once: int | None = None
    subject: str = ""

    def failures(self, row: SignInAttempt | None) -> int:
        """How many still count."""
        return 0 if row is None or self._is_forgotten(row) else int(row.failures)

    def _is_forgotten(self, row: SignInAttempt) -> bool:
        began, last = _moments(row)
        if self.at_once is None:
            return began + self.window <= clock.now()
        is_closed = self.most is not None and row.failures >= self.most
        return last + (CLOSED if is_closed else FORGOTTEN) <= clock.now()

    def refuse(self, row: SignInAttempt | None) -> None:
        """Raise TooMany where the next attempt has to wait, or may not be."""
        failures = self.failures(row)
        if row is None or not failures:
            return
        began, last = _moments(row)
        is_full = self.most is not None and failures >= self.most
        if self.at_once is None:
            if is_full:
                raise _wait(began + self.window)
        elif is_full:
            raise TooMany(
                "Too many attempts. Ask for a new password: that always works.",
                seconds=int((last + CLOSED - clock.now()).total_seconds()) + 1,
            )
        elif failures >= self.at_once and last + pause(failures - self.at_once) > clock.now():
            raise _wait(last + pause(failures - self.at_once))


def _moments(row: SignInAttempt) -> tuple[datetime, datetime]:
    return row.began_at, row.at  # type: ignore[return-value]


def pause(number: int) -> timedelta:
    """How long to wait after a failure, the first one with a pause being number 0."""
    return min(timedelta(seconds=2 ** min(number, 20)), LONGEST_PAUSE)


def _wait(until: datetime) -> TooMany:
    seconds = int((until - clock.now()).total_seconds()) + 1
    values = {"seconds": seconds, "time": f"{clock.local(until + timedelta(seconds=59)):%H:%M}"}
    if seconds <= 60:
        return TooMany(
            "Too many attempts. Try again in %(seconds)s seconds, or ask for a new password.", **values
        )
    return TooMany("Too many attempts. Try again after %(time)s, or ask for a new password.", **values)


def sign_in_limits(account: Account | None, typed: str, address: str) -> list[Limit]:
    """What a sign-in counts under. An account is one, by whichever of its names it is called."""
    who, where = _who(account, typed), _network(address)
    busy = Limit(_key("sign-in", "address", where), None)
    is_busy = busy.failures(_row(busy)) >= BUSY_ADDRESS
    return [
        Limit(_key("sign-in", "burst", where), MOST_IN_BURST, BURST),
        busy,
        Limit(
            _key("sign-in", "from", who, where),
            MOST_FROM_ADDRESS,
            at_once=AT_ONCE_FROM_BUSY_ADDRESS if is_busy else AT_ONCE_FROM_ADDRESS,
            subject=_key(who),
        ),
        Limit(_key("sign-in", who), MOST_PER_ACCOUNT, at_once=AT_ONCE_PER_ACCOUNT, subject=_key(who)),
    ]


def passkey_limits(address: str) -> list[Limit]:
    """What a passkey counts under: as a password from its address, and no account's, for none is guessed."""
    return sign_in_limits(None, "", address)[:2]


def challenge_limits(address: str) -> list[Limit]:
    """What asking for something to sign counts under, of who is not signed in."""
    return [Limit(_key("challenge", _network(address)), MOST_IN_BURST, BURST)]


def change_limits(account: Account) -> list[Limit]:
    """What a wrong current password counts under: its owner's own, whatever others guess."""
    who = _who(account, "")
    key = _key("change", who)
    return [Limit(key, MOST_FROM_ADDRESS, at_once=AT_ONCE_FROM_ADDRESS, subject=_key(who))]


def mailed_code_limits(account: Account) -> list[Limit]:
    """What mailing a code to an account counts under: only who knows its password asks for one."""
    who = _who(account, "")
    return [Limit(_key("mailed code", who), MOST_MAILED_CODES, subject=_key(who))]


def mailed_code_guesses(account: Account) -> list[Limit]:
    """What a code counts under, whichever of the account's sign-ins it is typed for."""
    who = _who(account, "")
    return [Limit(_key("mailed code guess", who), WRONG_MAILED_CODES, subject=_key(who))]


def link_limits(address: str) -> list[Limit]:
    """What asking for a link counts under: no name, so that nobody keeps its owner from having one."""
    where = _network(address)
    return [
        Limit(_key("link", "burst", where), MOST_IN_BURST, BURST),
        Limit(_key("link", "address", where), None),
    ]


def decision_limits(address: str) -> list[Limit]:
    """What deciding by a link in a mail counts under, and asking for one that there is not."""
    return [Limit(_key("decide", "burst", _network(address)), MOST_IN_BURST, BURST)]


def provider_limits(address: str) -> list[Limit]:
    """What being sent to a provider counts under: nothing is guessed there."""
    return [Limit(_key("provider", "burst", _network(address)), MOST_IN_BURST, BURST)]


def is_busy(limits: Sequence[Limit], most: int) -> bool:
    """Whether one of them, which counts only, has passed so many."""
    return any(limit.failures(_row(limit)) > most for limit in limits if limit.most is None)


def record(limits: Sequence[Limit]) -> Sequence[Limit]:
    """Count one attempt before it is made; returns what it counts under. Raises TooMany where it may not be.

    Each row is taken before it is read, so that of many at the same moment never more than the limit get
    through. A refused one changes nothing and prolongs nothing.
    """
    rows = {
        row.key: row
        for row in SignInAttempt.select().where(SignInAttempt.key.in_([one.key for one in limits]))
    }
    for limit in limits:
        limit.refuse(rows.get(limit.key))
    _prune()
    with transaction():
        for limit in limits:
            _count(limit)
    return limits


def _prune() -> None:
    """By itself, not within an attempt, which holds rows and is to wait for no others.

    On PostgreSQL it leaves what an attempt holds just now: each would wait for the other.
    """
    now = clock.now()
    is_forgotten = (SignInAttempt.at <= now - FORGOTTEN) & (SignInAttempt.failures < MOST_FROM_ADDRESS)
    forgotten = SignInAttempt.select(SignInAttempt.key).where(
        is_forgotten | (SignInAttempt.at <= now - CLOSED)
    )
    if not isinstance(db.obj, SqliteDatabase):
        forgotten = forgotten.for_update("FOR UPDATE SKIP LOCKED")
    SignInAttempt.delete().where(SignInAttempt.key.in_(forgotten)).execute()


def _count(limit: Limit) -> None:
    now = clock.now()
    fresh = {"key": limit.key, "subject": limit.subject, "failures": 0, "began_at": now, "at": now}
    take = {SignInAttempt.failures: SignInAttempt.failures}
    SignInAttempt.insert(fresh).on_conflict(conflict_target=[SignInAttempt.key], update=take).execute()
    row = SignInAttempt.get(SignInAttempt.key == limit.key)
    limit.refuse(row)
    failures = limit.failures(row)
    began = row.began_at if failures else now
    counted = SignInAttempt.update(failures=failures + 1, began_at=began, at=now)
    counted.where(SignInAttempt.id == row.id).execute()


def _row(limit: Limit) -> SignInAttempt | None:
    row: SignInAttempt | None = SignInAttempt.get_or_none(SignInAttempt.key == limit.key)
    return row


def take_back(limits: Sequence[Limit], failures: int = 1) -> None:
    """Uncount an attempt, or several: they were no guesses."""
    counted: Any = SignInAttempt.failures
    with transaction():
        for limit in limits:
            left = Case(None, [(counted > failures, counted - failures)], 0)
            SignInAttempt.update(failures=left).where(SignInAttempt.key == limit.key).execute()


def succeed(limits: Sequence[Limit]) -> None:
    """A right password: what was counted here against its account was its owner's; what others did stays."""
    with transaction():
        *address, here, everywhere = limits
        row = _row(here)
        take_back(address)
        take_back([everywhere], row.failures if row else 0)
        SignInAttempt.delete().where(SignInAttempt.key == here.key).execute()


def forgive(account: Account) -> None:
    """Forget all that was counted against the account: what was guessed is no longer its password."""
    who = _who(account, "")
    everywhere = SignInAttempt.key == _key("sign-in", who)
    # In the order in which an attempt takes its rows, so that the two never wait for each other.
    SignInAttempt.delete().where((SignInAttempt.subject == _key(who)) & ~everywhere).execute()
    SignInAttempt.delete().where(everywhere).execute()


def _who(account: Account | None, typed: str) -> str:
    return f"account {account.id}" if account else f"name {username_key(typed)}"


def _key(*parts: str) -> str:
    """A hash: the table holds neither names nor addresses of people who mistyped."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()


def _network(address: str) -> str:
    """The address that counts as one visitor: an IPv6 customer owns at least a /64."""
    try:
        network = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(network, IPv6Address):
        if network.ipv4_mapped:
            return str(network.ipv4_mapped)
        return network.exploded[:19]
    return str(network)
