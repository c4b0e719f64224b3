"""What one account may ask for in a while: files and searches, counted in the database for all processes.

Far more than somebody does by hand, less than a program that takes everything away (ASVS 2.4.1). They are
counted where failed attempts are (attempts.py), under a hash of the account, in one statement.
"""

from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any

from peewee import EXCLUDED, Case

from konnekt.db import forgettable
from konnekt.domain import clock
from konnekt.domain.accounts import attempts
from konnekt.domain.refusals import TooMany
from konnekt.models import Account, SignInAttempt
from konnekt.models.compiled import compiled, slot


@dataclass(frozen=True)
class Quota:
    """At most `most` in `window` from the first on."""

    name: str
    most: int
    window: timedelta

    def limit(self, account: Account) -> attempts.Limit:
        """What this account counts under."""
        key = sha256(f"quota\0{self.name}\0{account.id}".encode()).hexdigest()
        return attempts.Limit(key, self.most, self.window)


# What is made while one waits: lists, workbooks, ZIPs, everything about somebody.
EXPORTS = Quota("exports", 30, timedelta(minutes=10))
# What lies ready: the PDF and the e-invoice of one invoice.
DOCUMENTS = Quota("documents", 300, timedelta(minutes=10))
SEARCHES = Quota("searches", 120, timedelta(minutes=1))


def count(quota: Quota, account: Account) -> None:
    """Count one, in one statement; raises TooMany (seconds, time) for one too many, which changes nothing.

    The row is written where it is read, so that of many at once never more than the limit get through.
    """
    now, limit = clock.now(), quota.limit(account)
    with forgettable():
        counted = _counted.change(key=limit.key, now=now, over=now - quota.window, most=quota.most)
    if counted:
        return
    try:
        limit.refuse(SignInAttempt.get_or_none(SignInAttempt.key == limit.key))
    except TooMany as refusal:
        if quota == SEARCHES:
            raise TooMany("You searched many times. Try again after %(time)s.", **refusal.values) from None
        raise TooMany("You asked for many files. Try again after %(time)s.", **refusal.values) from None


@compiled
def _counted() -> Any:
    """One row, or none where that would be one too many. Each page of a search asks it."""
    fresh = {"key": slot("key"), "failures": 1, "began_at": slot("now"), "at": slot("now")}
    is_over = SignInAttempt.began_at <= slot("over")
    return SignInAttempt.insert(fresh).on_conflict(
        conflict_target=[SignInAttempt.key],
        update={
            SignInAttempt.failures: Case(None, [(is_over, 1)], SignInAttempt.failures + 1),
            SignInAttempt.began_at: Case(None, [(is_over, slot("now"))], SignInAttempt.began_at),
            SignInAttempt.at: EXCLUDED.at,
        },
        where=is_over | (SignInAttempt.failures < slot("most")),
    )
