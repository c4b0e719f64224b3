"""Brakes on guessing: failed attempts are rows, shared by all workers and hosts and kept over a restart.

The figures, all of them here:

| what | per account | per address |
|---|---|---|
| failed sign-ins, wrong current passwords | 10 in 15 minutes | 100 in 15 minutes |
| links for a forgotten password | 5 in 15 minutes | 30 in 15 minutes |

The account is what was typed, whether or not it exists. An address is an IPv4 address or an IPv6 /64: a
campus shares one, so it gets more. A good sign-in clears the account's failures.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address

from konnekt.db import transaction
from konnekt.domain import clock
from konnekt.domain.refused import TooMany
from konnekt.models import Account, SignInAttempt
from konnekt.models.people import username_key

WINDOW = timedelta(minutes=15)
SIGN_INS_PER_ACCOUNT = 10
SIGN_INS_PER_ADDRESS = 100
LINKS_PER_ACCOUNT = 5
LINKS_PER_ADDRESS = 30


@dataclass(frozen=True)
class Limit:
    """At most `most` attempts in the window under one key."""

    key: str
    most: int


def sign_in_limits(account: Account | None, typed: str, address: str) -> list[Limit]:
    """What a sign-in counts under. An account is one, by whichever of its names it is called."""
    return [
        Limit(_who("sign-in", account, typed), SIGN_INS_PER_ACCOUNT),
        Limit(_where("sign-in", address), SIGN_INS_PER_ADDRESS),
    ]


def link_limits(account: Account | None, typed: str, address: str) -> list[Limit]:
    """What asking for a link counts under."""
    return [
        Limit(_who("link", account, typed), LINKS_PER_ACCOUNT),
        Limit(_where("link", address), LINKS_PER_ADDRESS),
    ]


def record(limits: list[Limit]) -> list[int]:
    """Count one attempt before it is made; returns its rows. Raises TooMany where a limit is reached.

    The attempt is committed first and counted after: of many at the same moment each sees the others, so
    that never more than the limit get through. A refused one leaves no row and prolongs nothing.
    """
    for limit in limits:
        _refuse_at(limit, limit.most)
    now = clock.now()
    with transaction():
        SignInAttempt.delete().where(SignInAttempt.at <= now - WINDOW).execute()
        rows = [SignInAttempt.create(key=limit.key, at=now).id for limit in limits]
    try:
        for limit in limits:
            _refuse_at(limit, limit.most + 1)
    except TooMany:
        take_back(rows)
        raise
    return rows


def _refuse_at(limit: Limit, count: int) -> None:
    """Raise TooMany where the key has that many attempts; the latest `most` decide when the next may be."""
    since = clock.now() - WINDOW
    latest = (
        SignInAttempt.select(SignInAttempt.at)
        .where((SignInAttempt.key == limit.key) & (SignInAttempt.at > since))
        .order_by(SignInAttempt.at.desc())
        .limit(count)
    )
    moments = [row.at for row in latest]
    if len(moments) >= count:
        raise _too_many(moments[limit.most - 1] + WINDOW)


def _too_many(until: datetime) -> TooMany:
    return TooMany(
        "Too many attempts. Try again after %(time)s.",
        time=f"{clock.local(until + timedelta(seconds=59)):%H:%M}",
        seconds=int((until - clock.now()).total_seconds()) + 1,
    )


def take_back(rows: list[int]) -> None:
    """Uncount an attempt: it was not a failure."""
    SignInAttempt.delete().where(SignInAttempt.id.in_(rows)).execute()


def forgive(account: Account) -> None:
    """Forget the account's failures: it proved who it is."""
    keys = [_who(kind, account, "") for kind in ("sign-in", "link")]
    SignInAttempt.delete().where(SignInAttempt.key.in_(keys)).execute()


def _who(kind: str, account: Account | None, typed: str) -> str:
    return _key(kind, "account", str(account.id)) if account else _key(kind, "name", username_key(typed))


def _where(kind: str, address: str) -> str:
    return _key(kind, "address", _network(address))


def _key(*parts: str) -> str:
    """A hash: the table holds neither names nor addresses of people who mistyped."""
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()


def _network(address: str) -> str:
    """The address that counts as one visitor: an IPv6 customer owns at least a /64."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return found.exploded[:19]
    return str(found)
