"""Passwords: which are good enough, how they are kept, how they change.

10 to 256 characters, taken as typed, no rules about kinds of characters (NIST SP 800-63B, ASVS 6.2). The same
letters from another keyboard are the same password (RFC 8265, OpaqueString). Refused are the common ones and
one's own name.
"""

import base64
import re
import secrets
import threading
import unicodedata
from functools import lru_cache

from argon2 import PasswordHasher, Type, extract_parameters
from argon2.exceptions import InvalidHashError, VerificationError

from konnekt.db import transaction
from konnekt.domain import events, sessions, throttling
from konnekt.domain.refused import Invalid, Refused
from konnekt.models import Account, AccountLink

SHORTEST = 10
LONGEST = 256

# Above OWASP's minimum for argon2id (46 MiB with one pass); a hash costs about a tenth of a second.
HASHER = PasswordHasher(time_cost=3, memory_cost=47_104, parallelism=1, type=Type.ID)
# A crowd that signs in at once queues for the processor here, instead of taking 46 MiB each.
_at_once = threading.BoundedSemaphore(2)

# What people here reach for besides the world's favourites.
OWN_WORDS = """
    konnekt interum umholding maastricht universiteit university faculteit limburg uitzendbureau bureau uren
    urenbriefje urenregistratie leidinggevende werknemer welkom wachtwoord geheim toegang inloggen nederland
    januari februari maart april mei juni juli augustus september oktober november december
    maandag dinsdag woensdag donderdag vrijdag zaterdag zondag lente zomer herfst winter voorjaar najaar
    january february march may june july august october monday tuesday wednesday thursday friday saturday
    sunday spring summer autumn
"""


@lru_cache
def _common() -> frozenset[str]:
    """The 30,000 most used passwords of zxcvbn's list, and ours; read when the first password is set."""
    from zxcvbn.frequency_lists import FREQUENCY_LISTS

    return frozenset(FREQUENCY_LISTS["passwords"]) | frozenset(OWN_WORDS.split())


def _prepared(password: str) -> str:
    """The password as it is compared: letters composed, and every space the plain one (RFC 8265, 4.2)."""
    spaces = (" " if unicodedata.category(letter) == "Zs" else letter for letter in password)
    return unicodedata.normalize("NFC", "".join(spaces))


def check(password: str, account: Account) -> None:
    """Raise Invalid unless the account may take this password."""
    password = _prepared(password)
    if len(password) < SHORTEST:
        raise Invalid("Use at least %(count)s characters.", field="password", count=SHORTEST)
    if len(password) > LONGEST:
        raise Invalid("Use at most %(count)s characters.", field="password", count=LONGEST)
    words = _words(password)
    if (len(set(password)) < 4 and len(password) < 16) or words & _common():
        raise Invalid("This password is used too often. Choose another.", field="password")
    if words & _own(account):
        raise Invalid("Choose a password that is not your own name or address.", field="password")


def _words(password: str) -> set[str]:
    """The password as lists know it: in lower case, and without up to six digits and signs around it."""
    lower = password.casefold()
    core = re.fullmatch(r"[\W\d_]{0,6}(.*?)[\W\d_]{0,6}", lower, re.DOTALL)
    return {lower, core[1] if core else lower} - {""}


def _own(account: Account) -> set[str]:
    names = {account.email, account.email.partition("@")[0], account.username or "", account.first_name}
    names |= {account.last_name, account.name, account.name.replace(" ", "")}
    return {name.casefold() for name in names if name}


def hashed(password: str) -> str:
    """What the table holds of a password."""
    with _at_once:
        return HASHER.hash(_prepared(password))


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
    kept = account.password_hash if account and account.is_active else None
    ways = (_prepared(password), password, unicodedata.normalize("NFD", password))
    fitting = [_fits(kept or _nobody(), way) for way in dict.fromkeys(ways)]
    return any(fitting) and kept is not None and len(password) <= LONGEST


def _fits(kept: str, way: str) -> bool:
    with _at_once:
        try:
            return HASHER.verify(kept, way[: LONGEST + 1])
        except (VerificationError, InvalidHashError):
            return False


def keep_up(account: Account, password: str) -> None:
    """Hash again what was hashed with older parameters or as one keyboard sent it, now that it is at hand."""
    is_old = extract_parameters(account.password_hash) != extract_parameters(_nobody())
    if is_old or not (password.isascii() or _fits(account.password_hash, _prepared(password))):
        old = Account.password_hash == account.password_hash
        Account.update(password_hash=hashed(password)).where((Account.id == account.id) & old).execute()


def replace(account: Account, password: str, *, by: Account | None, source: str = "") -> None:
    """Set the password without asking the old one, as an operator does. Signs out everywhere."""
    check(password, account)
    store(account, hashed(password), by=by, source=source)


def store(account: Account, kept: str, *, by: Account | None, source: str) -> None:
    """Put a hash in place; all that rested on the old password ends. source: invite, reset, command."""
    with transaction():
        Account.update(password_hash=kept).where(Account.id == account.id).execute()
        _start_afresh(account)
        events.record("set_password", by=by, source=source, person=account)
    account.password_hash = kept


def change(account: Account, current: str, password: str, *, by: Account, address: str, browser: str) -> str:
    """Change one's own password; every other session ends. Returns the token of this browser's new one.

    Raises Invalid with field current or password, TooMany after many wrong current ones.
    """
    if by.id != account.id:
        raise Refused("Everybody changes their own password.")
    attempt = throttling.record(throttling.sign_in_limits(account, account.email, address))
    if not matches(account, current):
        raise Invalid("This is not your current password.", field="current")
    throttling.take_back(attempt)
    check(password, account)
    kept = hashed(password)
    with transaction():
        unchanged = (Account.id == account.id) & (Account.password_hash == account.password_hash)
        if Account.update(password_hash=kept).where(unchanged).execute() != 1:
            raise Refused("Your password was changed somewhere else at this moment. Sign in again.")
        _start_afresh(account)
        token = sessions.start(account, address, browser)
        events.record("change_password", by=by, person=account)
    account.password_hash = kept
    return token


def _start_afresh(account: Account) -> None:
    """What ends with the old password: sessions, links under way, counted failures."""
    sessions.end_all(account)
    AccountLink.delete().where((AccountLink.account == account) & AccountLink.used_at.is_null()).execute()
    throttling.forgive(account)
