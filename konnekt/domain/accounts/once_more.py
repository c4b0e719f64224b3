"""Asked once more: before what protects an account changes, its owner shows it again, once in ten minutes.

Who has a second factor shows that, all others the password: an open screen, or a remembered browser with a
password that leaked, is not enough.
"""

from konnekt.domain.accounts import attempts, factors, passwords, sessions
from konnekt.domain.refusals import Invalid
from konnekt.models import Account


def check(account: Account, typed: str, *, address: str) -> None:
    """Note in the session that this is the account's code or password.

    Raises Invalid, TooMany.
    """
    if account.has_second_factor:
        factors.check(account, typed)
    else:
        attempt = attempts.record(attempts.sign_in_limits(account, account.email, address))
        if not passwords.matches(account, typed):
            raise Invalid("This is not your current password.")
        attempts.take_back(attempt)
    note(account)


def note(account: Account) -> None:
    """Note that it was shown, in whatever way."""
    sessions.note_asked(account.session_token)
