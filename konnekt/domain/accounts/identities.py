"""Who an account is at a provider: found by issuer and subject alone, bound and unbound by its owner.

Never by a mail address: those change hands, a student's becomes an employee's.
"""

from typing import Any
from urllib.parse import urlsplit

from peewee import IntegrityError

from konnekt.background import mail
from konnekt.db import transaction
from konnekt.domain import clock, events
from konnekt.domain.accounts import notices, people, sessions, sign_in_policy
from konnekt.domain.accounts.openid import Answer
from konnekt.domain.refusals import Conflict, NotFound
from konnekt.models import Account, AccountLink, Identity
from konnekt.providers import Provider

MOST = 5


def of(account: Account) -> list[Identity]:
    """Those of the account, in the order in which they were bound: one statement."""
    return list(Identity.select().where(Identity.account == account).order_by(Identity.id))


def name(identity: Identity) -> str:
    """What people call its provider; one that is no longer in the settings by its host."""
    provider = provider_of(identity)
    return provider.name if provider else str(urlsplit(identity.issuer).hostname)


def provider_of(identity: Identity) -> Provider | None:
    """The provider in the settings that it is of, if there still is one."""
    return next((one for one in mail.config().providers if one.issuer == identity.issuer), None)


def providers_of(account: Account) -> list[Provider]:
    """The providers in the settings that the account is connected to; no statement where there are none."""
    if not mail.config().providers:
        return []
    return [provider for one in of(account) if (provider := provider_of(one))]


def find_provider(key: str) -> Provider:
    """The provider of this key; raises NotFound."""
    provider = next((one for one in mail.config().providers if one.key == key), None)
    if provider is None:
        raise NotFound("There is no such provider.")
    return provider


def sign_in(answer: Answer) -> Account:
    """The account that this is the identity of. Raises NotFound; Conflict where it may not."""
    identity = _row(answer)
    if identity is None or not identity.account.is_active:
        raise NotFound(
            "Nobody here is connected to this account of %(provider)s yet. Use the link of your invitation, "
            "or sign in with your password and connect it under Account settings.",
            provider=answer.provider.name,
        )
    account: Account = identity.account
    if sign_in_policy.of(account) == "off":
        raise Conflict(
            "Your organisation does not use %(provider)s: sign in with your password.",
            provider=answer.provider.name,
        )
    Identity.update(used_at=clock.now()).where(Identity.id == identity.id).execute()
    return account


def is_of(answer: Answer, account: Account) -> bool:
    """Whether it is this account's."""
    identity = _row(answer)
    return identity is not None and identity.account_id == account.id


def _row(answer: Answer) -> Identity | None:
    this = (Identity.issuer == answer.provider.issuer) & (Identity.subject == answer.subject)
    row: Identity | None = Identity.select(Identity, Account).join(Account).where(this).first()
    return row


def bind(account: Account, answer: Answer, *, by: Account) -> None:
    """Have the account be signed in to by this identity from now on. Raises Conflict."""
    if account.id != by.id:
        raise Conflict("Everybody connects their own account.")
    try:
        with transaction():
            _bind(account, answer)
    except IntegrityError:  # another account at the same moment
        raise _of_somebody_else(answer) from None


def bind_by_link(link: int, answer: Answer, account: Account) -> None:
    """The same through a link of ours by mail, which works once. Raises Conflict, NotFound.

    An invitation comes from the agency, or from who runs the portal. A link for a new password everybody can
    ask for: see may_bind.
    """
    try:
        with transaction():
            people.hold(account.id)  # before the link, as who sends another does
            if to_connect(link, answer.provider).id != account.id:
                raise _over()
            if AccountLink.update(used_at=clock.now()).where(_works(link)).execute() != 1:
                raise _over()
            _bind(account, answer)
            others = (AccountLink.account == account) & AccountLink.used_at.is_null()
            AccountLink.delete().where(others).execute()
    except IntegrityError:
        raise _of_somebody_else(answer) from None


def to_connect(link: int | None, provider: Provider) -> Account:
    """Whom this link would connect now; nothing is used up. Raises NotFound, Conflict."""
    row = AccountLink.select(AccountLink, Account).join(Account).where(_works(link)).first()
    if row is None or not row.account.is_active:
        raise _over()
    check_may_bind(row, provider)
    account: Account = row.account
    return account


def _works(link: int | None) -> Any:
    return (AccountLink.id == link) & AccountLink.used_at.is_null() & (AccountLink.expires_at > clock.now())


def _over() -> NotFound:
    return NotFound("This link was used already or has expired.")


def may_bind(link: AccountLink, policy: str) -> bool:
    """Whether one connects an account by this link; policy: sign_in_policy.of its account.

    By a link that anybody can ask for only who has no other way in: who reads a mailbox once would else get
    one to keep, while the password goes on working.
    """
    if policy == "off" or link.purpose == "invite":
        return policy != "off"
    account: Account = link.account
    return (policy == "required" or not account.password_hash) and not of(account)


def check_may_bind(link: AccountLink, provider: Provider) -> None:
    """Raise Conflict, with what to do instead, where one may not."""
    policy = sign_in_policy.of(link.account)
    if policy == "off":
        raise Conflict(
            "Your organisation does not use %(provider)s: sign in with your password.",
            provider=provider.name,
        )
    if not may_bind(link, policy):
        raise Conflict(
            "This link connects no other account. Sign in and connect it under Account settings, or ask the "
            "agency for an invitation."
        )


def _bind(account: Account, answer: Answer) -> None:
    people.hold(account.id)
    there = _row(answer)
    if there is not None and there.account_id == account.id:
        raise Conflict(
            "This account of %(provider)s is connected already.",
            provider=answer.provider.name,
        )
    if there is not None:
        raise _of_somebody_else(answer)
    if len(of(account)) >= MOST:
        raise Conflict("You have %(count)s already: remove one first.", count=MOST)
    provider = answer.provider
    columns = {"account": account, "issuer": provider.issuer, "subject": answer.subject}
    Identity.create(**columns, created_at=clock.now(), used_at=clock.now())
    events.record("bind_identity", by=account, person=account, after={"provider": provider.name})
    notices.tell(account, "identity_bound", provider=provider.name)


def _of_somebody_else(answer: Answer) -> Conflict:
    return Conflict(
        "This account of %(provider)s is connected to somebody else here.", provider=answer.provider.name
    )


def unbind(identity: int, *, by: Account) -> str:
    """Take one of one's own away, and end what was signed in by it, this browser's session too.

    Returns its name. Raises NotFound; Conflict for a required one.
    """
    with transaction():
        people.hold(by.id)
        there = of(by)
        gone = next((one for one in there if one.id == identity), None)
        if gone is None:
            raise NotFound("This connection is gone already.")
        if len(there) == 1 and sign_in_policy.of(by) == "required":
            raise Conflict(
                "Your organisation has you sign in with %(providers)s: connect another account first.",
                providers=sign_in_policy.names(),
            )
        gone.delete_instance()
        said, provider = name(gone), provider_of(gone)
        sessions.end_of_identity(by, gone.subject, provider.key if provider else "")
        events.record("unbind_identity", by=by, person=by, before={"provider": said})
        notices.tell(by, "identity_unbound", provider=said)
    return said
