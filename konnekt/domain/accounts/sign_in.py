"""Signing in by name and password."""

from konnekt.domain.accounts import attempts, devices, passwords, people, sign_in_policy
from konnekt.domain.refusals import Invalid
from konnekt.models import Account


def check(name: str, password: str, address: str, device: str = "") -> Account:
    """The account of an e-mail address or old user name with its password; device: the token of its cookie.

    One answer, at the cost of one hash, for a wrong name, a wrong password, an account that is not active
    and one without a password. Raises Invalid (field password), for a right one too where a provider says
    who one is, or TooMany before anything is checked.
    """
    account = people.find(name)
    own_device = devices.attempt(account, device)
    counted = [] if own_device else attempts.record(attempts.sign_in_limits(account, name, address))
    is_right = passwords.matches(account, password)
    if account is None or not is_right:
        raise Invalid(
            "This name and this password do not belong together.",
            field="password",
            account=account.id if account else None,
        )
    if own_device:
        devices.succeed(own_device)
    else:
        attempts.succeed(counted)
    passwords.keep_up(account, password)
    sign_in_policy.allow_password(account)
    return account
