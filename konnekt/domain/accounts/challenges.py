"""What a passkey has to sign: random, for one use within five minutes, in the browser that asked for it.

A browser is told by what its session's cookie holds: who sees a challenge elsewhere can do nothing with it.
"""

import secrets
from datetime import timedelta
from typing import Any

from konnekt.domain import clock
from konnekt.domain.accounts.sessions import digest
from konnekt.domain.refusals import Invalid
from konnekt.models import Account, PasskeyChallenge

LASTS = timedelta(minutes=5)


def make(purpose: str, browser: str, account: Account | None, *, note: str = "") -> str:
    """A new one, in base64url; purpose: sign-in, second-step, once-more or add. note: given back by `use`."""
    challenge = secrets.token_urlsafe(32)
    PasskeyChallenge.delete().where(PasskeyChallenge.created_at <= clock.now() - LASTS).execute()
    PasskeyChallenge.create(
        challenge_hash=digest(challenge),
        browser_hash=digest(browser),
        purpose=purpose,
        account=account,
        note=note,
        created_at=clock.now(),
    )
    return challenge


def use(purpose: str, challenge: str, browser: str, account: Account | None) -> str:
    """Use it up; returns its note. Raises Invalid for one that was used, is late, or was another's."""
    of: Any = PasskeyChallenge.account == account if account else PasskeyChallenge.account.is_null()
    this = of & (PasskeyChallenge.challenge_hash == digest(challenge))
    this &= (PasskeyChallenge.browser_hash == digest(browser)) & (PasskeyChallenge.purpose == purpose)
    row: PasskeyChallenge | None = PasskeyChallenge.get_or_none(
        this & (PasskeyChallenge.created_at > clock.now() - LASTS)
    )
    if row is None or PasskeyChallenge.delete().where(PasskeyChallenge.id == row.id).execute() != 1:
        raise Invalid(
            "This took longer than five minutes, or was sent twice. Try your passkey once more.",
            reason="challenge",
            account=account.id if account else None,
        )
    return str(row.note)
