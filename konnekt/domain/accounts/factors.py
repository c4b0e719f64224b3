"""What an account shows besides its password: codes that an app makes (TOTP, RFC 6238), or one on paper.

Passkeys (passkeys.py) are the third kind, which share with these what an account has and may do without.

Six digits that change every half minute. A code works once, and no earlier one after it (RFC 6238, 5.2); the
app's clock may be half a minute off (ASVS 6.5.5). Five wrong ones in a quarter of an hour and nobody gets in
with that account's codes for as long.
"""

import hmac
import re
from datetime import timedelta
from typing import Any

from konnekt.db import transaction
from konnekt.domain import clock, events
from konnekt.domain.accounts import attempts, devices, notices, people, recovery_codes, sealing
from konnekt.domain.accounts.attempts import Limit
from konnekt.domain.accounts.sessions import digest
from konnekt.domain.refusals import Conflict, Invalid, NotFound
from konnekt.models import Account, Agency, Authenticator, Passkey
from konnekt.models.compiled import tuples

STEP_SECONDS = 30
STEPS_OFF = (0, -1, 1)
MOST = 5  # of each kind, of one account
LONGEST_NAME = 60
UNDER_WAY = timedelta(hours=1)
WRONG_CODES = 5


def of(account: Account) -> list[Authenticator]:
    """What the account has set up, in that order: one statement."""
    confirmed = (Authenticator.account == account) & Authenticator.confirmed_at.is_null(False)
    return list(Authenticator.select().where(confirmed).order_by(Authenticator.id))


def begin(account: Account, name: str, *, by: Account) -> Authenticator:
    """A new secret under this name; it counts from its first code on (`confirm`). Raises Invalid, Conflict.

    What was begun an hour before and never confirmed is gone; in another tab it may be under way.
    """
    _only_own(account, by)
    name = checked_name(name)
    with transaction():
        people.hold(account.id)
        check_room(account, name)
        unconfirmed = (Authenticator.account == account) & Authenticator.confirmed_at.is_null()
        late = Authenticator.created_at < clock.now() - UNDER_WAY
        Authenticator.delete().where(unconfirmed & late).execute()
        app: Authenticator = Authenticator.create(
            account=account,
            name=name,
            secret=sealing.seal(_new_secret(), _about(account)),
            created_at=clock.now(),
        )
    return app


def checked_name(name: str) -> str:
    """A name as it is kept. Raises Invalid."""
    if not (name := " ".join(name.split())):
        raise Invalid("Give it a name, such as that of your phone.", field="name")
    if len(name) > LONGEST_NAME:
        raise Invalid("Use at most %(count)s characters.", field="name", count=LONGEST_NAME)
    return name


def check_room(account: Account, name: str, kind: type = Authenticator) -> None:
    """Raise Invalid where the account has something of this name, Conflict where it has most of the kind."""
    there = _all(account)
    if name.casefold() in [one.name.casefold() for one in there]:
        raise Invalid("You have one of this name already.", field="name")
    if sum(isinstance(one, kind) for one in there) >= MOST:
        raise Conflict("You have %(count)s already: remove one first.", count=MOST)


def _all(account: Account) -> list[Any]:
    return [*of(account), *Passkey.select().where(Passkey.account == account)]


def find(authenticator: int, *, by: Account) -> Authenticator:
    """One of one's own, set up or only begun; raises NotFound."""
    mine = (Authenticator.id == authenticator) & (Authenticator.account == by)
    app: Authenticator | None = Authenticator.get_or_none(mine)
    if app is None:
        raise NotFound("This app is no longer there. Begin again.")
    return app


def secret_of(authenticator: Authenticator) -> str:
    """The secret in base32, as an app takes it. Raises Conflict where it is set up: it was shown once."""
    if authenticator.confirmed_at:
        raise Conflict("This app is set up already; its secret is not shown again.")
    return sealing.unseal(authenticator.secret, _about(authenticator.account))


def address_of(authenticator: Authenticator) -> str:
    """What a QR code tells an app: whose codes they are, of what, and the secret. Raises Conflict."""
    from pyotp import TOTP

    account: Account = authenticator.account
    return str(TOTP(secret_of(authenticator), name=account.email, issuer="Konnekt").provisioning_uri())


def confirm(authenticator: int, code: str, *, by: Account) -> Authenticator:
    """Have it count, by the first code that it shows.

    Raises Invalid (field factor_code, or name where another tab was first), TooMany, NotFound, and Conflict
    where it counts already.
    """
    app = find(authenticator, by=by)
    if app.confirmed_at:
        raise Conflict("This app is set up already; its secret is not shown again.")
    attempt = attempts.record(limits(by))
    if not (step := _step(app, _typed(code))):
        raise Invalid(
            "This is not the code that the app shows now. Check that its clock is right and type the next.",
            field="factor_code",
        )
    attempts.take_back(attempt)
    with transaction():
        people.hold(by.id)
        check_room(by, app.name)
        first = (Authenticator.id == app.id) & Authenticator.confirmed_at.is_null()
        change = {"confirmed_at": clock.now(), "used_at": clock.now(), "last_step": step}
        if Authenticator.update(change).where(first).execute() != 1:
            raise NotFound("This app is no longer there. Begin again.")
        count(by)
        events.record("add_factor", by=by, person=by, after={"factor": app.name})
        notices.tell(by, "factor_added", factor=app.name)
    return app


def remove(authenticator: int, *, by: Account) -> Authenticator:
    """Take one of one's own away; without the last one the password is enough again. Raises NotFound.

    What is remembered is forgotten: it may have been that one's. Raises Conflict for the last one of whom the
    agency asks for one.
    """
    with transaction():
        people.hold(by.id)
        gone = find(authenticator, by=by)
        check_not_last(gone, by)
        gone.delete_instance()
        devices.forget_all(by)
        count(by)
        if gone.confirmed_at:
            events.record("remove_factor", by=by, person=by, before={"factor": gone.name})
            notices.tell(by, "factor_removed", factor=gone.name)
    return gone


def take_all_away(account: Account) -> None:
    """Leave the account with its password alone, within the caller's transaction.

    No browser is known any more: the one that somebody lost may have the password in it.
    """
    Authenticator.delete().where(Authenticator.account == account).execute()
    Passkey.delete().where(Passkey.account == account).execute()
    devices.estrange(account)
    count(account)


def check_not_last(leaving: Authenticator | Passkey, by: Account) -> None:
    """Raise Conflict where the agency asks a second factor of this one, and it has no other."""
    is_last = _all(by) == [leaving]
    agency: Agency | None = Agency.get_or_none()
    if is_last and is_meant(by, agency):
        raise Conflict("The agency asks a second step of you: add another one first.")


def check(account: Account, code: str) -> str:
    """The second step: a code that one of the account's apps shows now, or one on paper. Works once.

    Returns "app" or "recovery". Raises Invalid (field factor_code), or TooMany before anything is looked at.
    """
    attempt = attempts.record(limits(account))
    used = _of_app(account, typed) if (typed := _typed(code)) else _on_paper(account, code)
    attempts.take_back(attempt)
    return used


def _of_app(account: Account, typed: str) -> str:
    for one in of(account):
        step = _step(one, typed)
        if not step:
            continue
        unused = (Authenticator.id == one.id) & (Authenticator.last_step < step)
        if Authenticator.update(last_step=step, used_at=clock.now()).where(unused).execute() == 1:
            return "app"
        raise Invalid("This code was used already. Wait for the next one and type that.", field="factor_code")
    raise Invalid(
        "This code does not fit. Type the one that your app shows now; if it keeps being refused, "
        "check that your phone's clock is right.",
        field="factor_code",
    )


def _on_paper(account: Account, code: str) -> str:
    if recovery_codes.use(account, code):
        return "recovery"
    if recovery_codes.was_used(account, code):
        raise Invalid("This recovery code was used already. Take the next one.", field="factor_code")
    raise Invalid(
        "This is no code of six digits, and no recovery code of yours that still works.", field="factor_code"
    )


def limits(account: Account) -> list[Limit]:
    """What a code counts under, whichever of the account's apps it is meant for, and wherever it is typed."""
    return [Limit(digest(f"code\0account\0{account.id}"), WRONG_CODES)]


def is_meant(account: Account, agency: Agency | None) -> bool:
    """Whether the agency asks a second factor of this one, now or from a day on."""
    if agency is None or agency.factor_from_on is None:
        return False
    return bool(account.is_agency_staff or agency.factor_for == "everybody")


def is_asked(account: Account, agency: Agency | None) -> bool:
    """Whether it does, and there is none."""
    return is_meant(account, agency) and not account.has_second_factor


def is_overdue(account: Account, agency: Agency | None) -> bool:
    """Whether that day has come."""
    return bool(is_asked(account, agency) and agency and agency.factor_from_on <= clock.today())


def renew_seals() -> None:
    """Seal all secrets with the newest of the installation, before its oldest is dropped.

    What can't be read any more stays as it is: its owner comes in with another factor.
    """
    rows = tuples(Authenticator.select(Authenticator.id, Authenticator.account, Authenticator.secret))
    for key, account, sealed in rows:
        about = _about(Account(id=account))
        try:
            renewed = sealing.seal(sealing.unseal(sealed, about), about)
        except sealing.Unreadable:
            continue
        same = (Authenticator.id == key) & (Authenticator.secret == sealed)
        Authenticator.update(secret=renewed).where(same).execute()


def _only_own(account: Account, by: Account) -> None:
    if account.id != by.id:
        raise Conflict("Everybody sets up their own second step.")


def count(account: Account) -> None:
    """Have the account say whether it has a second factor; without one it has no recovery codes either."""
    has_any = bool(_all(account))
    Account.update(has_second_factor=has_any).where(Account.id == account.id).execute()
    if not has_any:
        recovery_codes.forget(account)
    account.has_second_factor = has_any


def _about(account: Account) -> str:
    """What a secret is sealed with: it is of no use in somebody else's row."""
    return f"one-time codes of account {account.id}"


def _new_secret() -> str:
    from pyotp import random_base32

    return str(random_base32())  # 160 bits


def _typed(code: str) -> str:
    """The digits of a code as people type it, some with a space in the middle; empty for anything else."""
    digits = re.sub(r"\s", "", code)
    return digits if re.fullmatch(r"[0-9]{6}", digits) else ""


def _step(authenticator: Authenticator, code: str) -> int:
    """The time step of which this is the code, at most one from now; 0 where it is none of them."""
    from pyotp import TOTP

    try:
        codes = TOTP(sealing.unseal(authenticator.secret, _about(authenticator.account)))
    except sealing.Unreadable:
        return 0
    now = int(clock.now().timestamp()) // STEP_SECONDS
    steps = [now + off for off in STEPS_OFF]
    fitting = [step for step in steps if hmac.compare_digest(codes.generate_otp(step), code)]
    return fitting[0] if fitting else 0
