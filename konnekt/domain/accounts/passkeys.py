"""Passkeys (WebAuthn): a key pair that a device or password manager keeps, and opens by a lock of its own.

One is both factors at once, since the device asks for a finger, a face or its code (user verification); after
a password it is the second step. What it signs is a challenge (challenges.py), for this portal's address
alone. Of which make it is, is not asked: attestation is "none". A key whose counter goes back may have been
copied (WebAuthn, 6.1.1): it is refused, and noted in the record.
"""

import secrets
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from peewee import IntegrityError

from konnekt.db import db, transaction
from konnekt.domain import clock, events
from konnekt.domain.accounts import attempts, challenges, devices, factors, notices, people, signed
from konnekt.domain.accounts.signed import refused
from konnekt.domain.refusals import Invalid, NotFound
from konnekt.models import Account, Passkey


@dataclass(frozen=True)
class Site:
    """Which portal a passkey is for: its address as browsers say it, and the domain of its keys."""

    origin: str
    domain: str

    @property
    def takes_passkeys(self) -> bool:
        """Browsers make none for an address of digits, nor without https but on the machine itself."""
        return bool(self.domain) and (self.origin.startswith("https:") or self.domain == "localhost")


def site(url: str) -> Site:
    """That of the portal's own address (KONNEKT_URL), whatever host a request names."""
    parts = urlsplit(url)
    host, usual = parts.hostname or "", {"https": 443, "http": 80}.get(parts.scheme)
    shown = host if parts.port in (None, usual) else f"{host}:{parts.port}"
    return Site(f"{parts.scheme}://{shown}", "" if _is_number(host) else host)


def _is_number(host: str) -> bool:
    try:
        return bool(ip_address(host))
    except ValueError:
        return False


def of(account: Account) -> list[Passkey]:
    """The account's passkeys, in the order in which they were added: one statement."""
    return list(Passkey.select().where(Passkey.account == account).order_by(Passkey.id))


def creation_options(account: Account, browser: str, at: Site) -> dict[str, Any]:
    """What a browser makes a new one of (WebAuthn, 5.4)."""
    there = of(account)
    handle = there[0].user_handle if there else secrets.token_urlsafe(32)
    return {
        "rp": {"id": at.domain, "name": "Konnekt"},
        "user": {"id": handle, "name": account.email, "displayName": account.name},
        "challenge": challenges.make("add", browser, account, note=handle),
        "pubKeyCredParams": [{"type": "public-key", "alg": one} for one in signed.ALGORITHMS],
        "timeout": challenges.LASTS.seconds * 1000,
        "excludeCredentials": _descriptors(there),
        "authenticatorSelection": {
            "residentKey": "required", "requireResidentKey": True, "userVerification": "required",
        },
        "attestation": "none",
    }  # fmt: skip


def options(
    purpose: str, browser: str, at: Site, *, address: str, account: Account | None = None
) -> dict[str, Any]:
    """What a browser has one sign (WebAuthn, 5.5): one of the account's, or of whoever has one here.

    purpose: see challenges.py. Raises TooMany where one address asks for very many.
    """
    if account is None:
        attempts.record(attempts.challenge_limits(address))
    return {
        "challenge": challenges.make(purpose, browser, account),
        "rpId": at.domain,
        "timeout": challenges.LASTS.seconds * 1000,
        "userVerification": "required",
        "allowCredentials": _descriptors(of(account)) if account else [],
    }


def _descriptors(passkeys: list[Passkey]) -> list[dict[str, str]]:
    return [{"type": "public-key", "id": one.credential_id} for one in passkeys]


def add(typed: str, name: str, browser: str, at: Site, *, by: Account) -> Passkey:
    """Have a new one count: what a browser made of `creation_options`. Raises Invalid, Conflict."""
    name = factors.checked_name(name)
    sent = signed.read(typed)
    handle = challenges.use("add", sent.challenge, browser, by)
    columns = signed.registered(sent, at.origin, at.domain)
    with transaction():
        people.hold(by.id)
        factors.check_room(by, name, Passkey)
        row = {"account": by, "name": name, "user_handle": handle, "created_at": clock.now(), **columns}
        try:
            with db.atomic():
                passkey: Passkey = Passkey.create(**row)
        except IntegrityError:
            raise Invalid("This passkey is set up already.", reason="known") from None
        factors.count(by)
        events.record("add_passkey", by=by, person=by, after={"passkey": name})
        notices.tell(by, "passkey_added", factor=name)
    return passkey


def remove(passkey: int, *, by: Account) -> Passkey:
    """Take one of one's own away, as `factors.remove` does. Raises NotFound, Conflict."""
    with transaction():
        people.hold(by.id)
        gone: Passkey | None = Passkey.get_or_none((Passkey.id == passkey) & (Passkey.account == by))
        if gone is None:
            raise NotFound("This passkey is no longer there.")
        factors.check_not_last(gone, by)
        gone.delete_instance()
        devices.forget_all(by)
        factors.count(by)
        events.record("remove_passkey", by=by, person=by, before={"passkey": gone.name})
        notices.tell(by, "passkey_removed", factor=gone.name)
    return gone


def check(
    typed: str, purpose: str, browser: str, at: Site, *, address: str, account: Account | None = None
) -> Account:
    """Whose passkey signed the challenge that this browser got; account: whose it has to be, None: anybody's.

    Raises Invalid, with a reason for the log and the account's number where it is known, or TooMany before
    anything is looked at.
    """
    counted = attempts.record(attempts.passkey_limits(address))
    sent = signed.read(typed)
    challenges.use(purpose, sent.challenge, browser, account)
    passkey = _signer(sent, account)
    owner: Account = passkey.account
    counter, is_backed_up = signed.verified(sent, passkey, at.origin, at.domain)
    if (counter or passkey.sign_count) and counter <= passkey.sign_count:
        said = {"passkey": passkey.name}
        events.record("refuse_passkey", by=None, source="sign-in", person=owner, after=said)
        raise refused("counter", owner.id)
    attempts.take_back(counted)
    same = (Passkey.id == passkey.id) & (Passkey.sign_count == passkey.sign_count)
    change = {"used_at": clock.now(), "sign_count": counter, "is_backed_up": is_backed_up}
    if Passkey.update(change).where(same).execute() != 1:
        raise refused("counter", owner.id)
    return owner


def _signer(sent: signed.Signed, account: Account | None) -> Passkey:
    """The row of the passkey that signed. As the only sign-in it says whose it is (WebAuthn, 7.2, step 6)."""
    active = (Passkey.credential_id == sent.credential_id) & Account.is_active
    passkey: Passkey | None = Passkey.select(Passkey, Account).join(Account).where(active).first()
    says_whose = passkey and (sent.user_handle == passkey.user_handle or (account and not sent.user_handle))
    if passkey and says_whose and (account is None or passkey.account_id == account.id):
        return passkey
    raise Invalid(
        "This passkey is not known here: it was removed, or is of another account. Go on in another way.",
        reason="unknown",
        account=account.id if account else None,
    )
