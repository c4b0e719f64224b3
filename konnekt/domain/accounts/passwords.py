"""Passwords: how they are kept, how they change; which are good enough says choosing.py.

The same letters from another keyboard are the same password (RFC 8265, OpaqueString).
"""

import base64
import secrets
import threading
import unicodedata
from functools import lru_cache

from argon2 import PasswordHasher, Type, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError

from konnekt.db import transaction
from konnekt.domain import events
from konnekt.domain.accounts import attempts, devices, notices, sessions
from konnekt.domain.accounts.choosing import LONGEST, check, prepared
from konnekt.domain.refusals import Conflict, Invalid
from konnekt.models import Account, AccountLink

# Above OWASP's minimum for argon2id (46 MiB with one pass); a hash costs about a tenth of a second.
HASHER = PasswordHasher(time_cost=3, memory_cost=47_104, parallelism=1, type=Type.ID)
# A crowd that signs in at once queues for the processor here, instead of taking 46 MiB each.
_at_once = threading.BoundedSemaphore(2)


def hashed(password: str) -> str:
    """What the table holds of a password."""
    with _at_once:
        return HASHER.hash(prepared(password))


@lru_cache
def _nobody() -> str:
    """A hash that no password fits: who does not exist costs as much time as who does."""
    salt, digest = (
        base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=")
        for size in (HASHER.salt_len, HASHER.hash_len)
    )
    return (
        f"$argon2id$v=19$m={HASHER.memory_cost},t={HASHER.time_cost},p={HASHER.parallelism}${salt}${digest}"
    )


def matches(account: Account | None, password: str) -> bool:
    """Whether it is the account's password: as many hashes without account or password as with.

    One for a password in ASCII; others were hashed as some keyboard sent them until `keep_up` saw them.
    """
    stored = account.password_hash if account and account.is_active else None
    ways = (prepared(password), password, unicodedata.normalize("NFD", password))
    fitting = [_fits(stored or _nobody(), way) for way in dict.fromkeys(ways)]
    return any(fitting) and stored is not None and len(password) <= LONGEST


def _fits(stored: str, way: str) -> bool:
    with _at_once:
        try:
            return HASHER.verify(stored, way[: LONGEST + 1])
        except (VerificationError, InvalidHashError):
            return False


def keep_up(account: Account, password: str) -> None:
    """Hash again what was hashed with older parameters or as one keyboard sent it, now that it is at hand."""
    is_old = extract_parameters(account.password_hash) != extract_parameters(_nobody())
    if is_old or not (password.isascii() or _fits(account.password_hash, prepared(password))):
        old = Account.password_hash == account.password_hash
        Account.update(password_hash=hashed(password)).where((Account.id == account.id) & old).execute()


def replace(account: Account, password: str, *, by: Account | None, source: str = "") -> None:
    """Set the password without asking the old one, as an operator does. Signs out everywhere."""
    check(password, account)
    store(account, hashed(password), by=by, source=source)


def store(account: Account, stored: str, *, by: Account | None, source: str) -> None:
    """Put a hash in place; all that rested on the old password ends. source: invite, reset, command."""
    with transaction():
        Account.update(password_hash=stored).where(Account.id == account.id).execute()
        _start_afresh(account)
        events.record("set_password", by=by, source=source, person=account)
        if account.password_hash:
            notices.tell(account, "password")
    account.password_hash = stored


def change(account: Account, current: str, password: str, *, by: Account, address: str, browser: str) -> str:
    """Change one's own password; every other session ends. Returns the token of this browser's new one.

    Raises Invalid with field current or password, TooMany after many wrong current ones.
    """
    if by.id != account.id:
        raise Conflict("Everybody changes their own password.")
    attempt = attempts.record(attempts.change_limits(account))
    if not matches(account, current):
        raise Invalid("This is not your current password.", field="current")
    attempts.take_back(attempt)
    check(password, account)
    stored = hashed(password)
    with transaction():
        unchanged = (Account.id == account.id) & (Account.password_hash == account.password_hash)
        if Account.update(password_hash=stored).where(unchanged).execute() != 1:
            raise Conflict("Your password was changed somewhere else at this moment. Sign in again.")
        _start_afresh(account)
        # Who has a second factor has not shown it for this.
        token = sessions.start(account, address, browser, was_asked=not account.has_second_factor)
        events.record("change_password", by=by, person=account)
        notices.tell(account, "password")
    account.password_hash = stored
    return token


def _start_afresh(account: Account) -> None:
    """What ends with the old password: sessions, devices, links under way, counted failures."""
    sessions.end_all(account)
    devices.estrange(account)
    AccountLink.delete().where((AccountLink.account == account) & AccountLink.used_at.is_null()).execute()
    attempts.forgive(account)
