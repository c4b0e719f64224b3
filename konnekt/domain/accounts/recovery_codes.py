"""Codes on paper for who has lost the app: ten at a time, each for once, shown once.

24 letters and digits of an alphabet of 32: 120 bits, so that a plain hash keeps them (ASVS 6.5.2 asks a
password's hash below 112).
"""

import re
import secrets
from typing import Any

from konnekt.db import transaction
from konnekt.domain import clock, events
from konnekt.domain.accounts import notices, people
from konnekt.domain.accounts.sessions import digest
from konnekt.domain.refusals import Conflict
from konnekt.models import Account, RecoveryCode

COUNT = 10
LETTERS = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base32: none that reads as another
LENGTH = 24
GROUP = 6
MISREAD = str.maketrans("oil", "011")


def renew(account: Account, *, by: Account) -> list[str]:
    """Ten new ones, to be shown this once; those before stop working. Raises Conflict without an app."""
    if account.id != by.id:
        raise Conflict("Everybody sets up their own second step.")
    codes = ["".join(secrets.choice(LETTERS) for _ in range(LENGTH)) for _ in range(COUNT)]
    with transaction():
        people.hold(account.id)  # of two at the same moment ten remain
        if not Account.select().where((Account.id == account.id) & Account.has_second_factor).exists():
            raise Conflict("Recovery codes are for who has set up an app: do that first.")
        had_some = RecoveryCode.select().where(RecoveryCode.account == account).exists()
        forget(account)
        rows = [{"account": account, "code_hash": _hashed(account, code)} for code in codes]
        RecoveryCode.insert_many([row | {"created_at": clock.now()} for row in rows]).execute()
        events.record("renew_recovery_codes", by=by, person=account)
        if had_some:
            notices.tell(account, "recovery_renewed")
    return [_grouped(code) for code in codes]


def left(account: Account) -> int:
    """How many still work: one statement."""
    return int(RecoveryCode.select().where(_unused(account)).count())


def use(account: Account, typed: str) -> bool:
    """Use one up; False where this is none of the account's that still work."""
    this = _unused(account) & (RecoveryCode.code_hash == _hashed(account, _plain(typed)))
    with transaction():
        if RecoveryCode.update(used_at=clock.now()).where(this).execute() != 1:
            return False
        rest = left(account)
        events.record("use_recovery_code", by=account, person=account, after={"left": rest})
        notices.tell(account, "recovery_used", left=rest)
    return True


def was_used(account: Account, typed: str) -> bool:
    """Whether this is one of the account's that was used already."""
    this = (RecoveryCode.account == account) & (RecoveryCode.code_hash == _hashed(account, _plain(typed)))
    return bool(RecoveryCode.select().where(this & RecoveryCode.used_at.is_null(False)).exists())


def of_page(account: Account, text: str) -> list[str]:
    """The codes in a page's text, as far as they are the account's and still work: for the file of them."""
    typed = {_hashed(account, _plain(one)): one for one in text.split()[:COUNT]}
    query = RecoveryCode.select(RecoveryCode.code_hash).where(_unused(account))
    living = {row.code_hash for row in query}
    return [_grouped(_plain(one)) for key, one in typed.items() if key in living]


def forget(account: Account) -> None:
    """Take all of them away, within the caller's transaction."""
    RecoveryCode.delete().where(RecoveryCode.account == account).execute()


def _unused(account: Account) -> Any:
    return (RecoveryCode.account == account) & RecoveryCode.used_at.is_null()


def _plain(typed: str) -> str:
    """As it was made: without hyphens and case, and with what people read for another letter put right."""
    return re.sub(r"[^a-z0-9]", "", typed.lower()).translate(MISREAD)


def _grouped(code: str) -> str:
    return "-".join(code[start : start + GROUP] for start in range(0, LENGTH, GROUP))


def _hashed(account: Account, code: str) -> str:
    return digest(f"recovery\0{account.id}\0{code}")
