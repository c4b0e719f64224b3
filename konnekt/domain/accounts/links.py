"""Single-use links by mail, to choose a first or a new password."""

import secrets
from datetime import timedelta

from konnekt.background import mail
from konnekt.db import transaction
from konnekt.domain import clock, events
from konnekt.domain.accounts import (
    agency_roles,
    attempts,
    choosing,
    devices,
    factors,
    news,
    passwords,
    people,
    sessions,
    sign_in_policy,
)
from konnekt.domain.accounts.sessions import digest
from konnekt.domain.refusals import Conflict, NotFound, TooMany
from konnekt.models import Account, AccountLink, Identity, Mail

LIFETIME = {"invite": timedelta(days=7), "reset": timedelta(hours=1)}
# After the first, second ... link to one account within the hour no other is mailed for so long.
GAPS = [timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 15)]
# The same, asked from an address that asks for many accounts.
BUSY_GAP = timedelta(minutes=45)


def send(account: Account, purpose: str) -> Mail:
    """Queue a mail with a fresh link. purpose is "invite" (7 days) or "reset" (1 hour).

    An invitation takes the place of those before it. Whoever asks for a new password takes nothing away: the
    links that were mailed before work until one of them is used. A token has 256 bits; its hash is kept.
    """
    token = secrets.token_urlsafe(32)
    now = clock.now()
    with transaction():
        people.hold(account.id)  # of two at the same moment one invitation remains
        if purpose == "invite":
            Account.update(invite_when_placed=False).where(Account.id == account.id).execute()
        over = AccountLink.purpose == "invite" if purpose == "invite" else AccountLink.expires_at <= now
        open_links = (AccountLink.account == account) & AccountLink.used_at.is_null()
        AccountLink.delete().where(open_links & over).execute()
        AccountLink.create(
            account=account,
            purpose=purpose,
            token_hash=digest(token),
            created_at=now,
            expires_at=now + LIFETIME[purpose],
        )
        queued = mail.queue(purpose, account, url=_url(token), until=now + LIFETIME[purpose])
    if queued is None:
        raise RuntimeError("a mail without once_key is always queued")
    return queued


def invite(
    email: str,
    *,
    by: Account | None,
    source: str = "",
    is_agency_staff: bool = False,
    first_name: str = "",
    last_name: str = "",
    language: str = "nl",
    username: str = "",
) -> tuple[Account, Mail]:
    """Make the account unless there is one, and queue a mail with a link to choose a first password.

    An existing account keeps its names; is_agency_staff makes it agency staff with all
    roles, False takes nothing away.
    """
    email = email.strip().lower()
    with transaction():
        account: Account | None = Account.get_or_none(Account.email == email)
        if account is None:
            names = {"first_name": first_name, "last_name": last_name, "username": username}
            account = people.make(email, language=language, **names)
        elif not account.is_active:
            raise Conflict("The account of %(email)s is not active.", email=email)
        if is_agency_staff and not account.is_agency_staff:
            account.is_agency_staff, account.agency_roles = True, agency_roles.ALL
            account.save(only=[Account.is_agency_staff, Account.agency_roles])
        queued = send(account, "invite")
        after = {"is_agency_staff": bool(account.is_agency_staff)}
        events.record("invite", by=by, source=source, person=account, after=after)
    return account, queued


def invite_anew(account: Account, *, by: Account) -> None:
    """Void all that signs in to the account, and mail an invitation, within the caller's transaction.

    For who gets rights that others must not have: whoever made the account, or read its mail before, may know
    its password, or have left a passkey, an app or a provider there.
    """
    Account.update(password_hash=None).where(Account.id == account.id).execute()
    account.password_hash = None
    Identity.delete().where(Identity.account == account).execute()
    factors.take_all_away(account)
    sessions.end_all(account)
    devices.estrange(account)
    news.end_all(account)
    AccountLink.delete().where((AccountLink.account == account) & AccountLink.used_at.is_null()).execute()
    events.record("invite_anew", by=by, person=account)
    send(account, "invite")


def _url(token: str) -> str:
    return mail.link(f"/password/new/{token}")


def forgotten(name: str, address: str) -> None:
    """Send a link to whom the typed name belongs to. Says nothing about whether there is such an account.

    No brake keeps it from its owner: who asks often has the last one in the mailbox, and it works. Raises
    TooMany only for so many at once from one address that they would take all our time.
    """
    account = people.find(name)
    try:
        counted = attempts.record(attempts.link_limits(address))
    except TooMany as refusal:
        raise TooMany("Too many attempts. Try again in %(seconds)s seconds.", **refusal.values) from None
    is_busy = attempts.is_busy(counted, attempts.BUSY_ADDRESS_LINKS)
    is_due = _is_due(account, BUSY_GAP if is_busy else None)
    if account and account.is_active and is_due:
        send(account, "reset")
    else:
        # The same work without the rows, so that the time tells as little as the answer.
        nobody = Account(email="nobody@example.org", created_at=clock.now())
        mail.compose("reset", nobody, url=_url(secrets.token_urlsafe(32)), until=clock.now())


def _is_due(account: Account | None, gap: timedelta | None) -> bool:
    """Whether the last link mailed is long enough ago; gap None: by how many went this hour."""
    this_hour = AccountLink.select(AccountLink.created_at).where(
        (AccountLink.account == (account.id if account else 0))
        & (AccountLink.purpose == "reset")
        & AccountLink.used_at.is_null()
        & (AccountLink.created_at > clock.now() - LIFETIME["reset"])
    )
    sent = sorted(row.created_at for row in this_hour)
    if gap is None:
        gap = GAPS[min(len(sent), len(GAPS)) - 1]
    return not sent or sent[-1] + gap <= clock.now()


def find(token: str) -> AccountLink:
    """The live link of a token with its account; raises NotFound for a used, expired or unknown one."""
    link: AccountLink | None = (
        AccountLink.select(AccountLink, Account)
        .join(Account)
        .where(
            (AccountLink.token_hash == digest(token))
            & AccountLink.used_at.is_null()
            & (AccountLink.expires_at > clock.now())
            & Account.is_active
        )
        .first()
    )
    if link is None:
        raise NotFound("This link was used already or has expired.")
    return link


def use(token: str, password: str) -> Account:
    """Set the password of the link's account; the link works once. Raises Invalid, NotFound."""
    link = find(token)
    account: Account = link.account
    sign_in_policy.allow_password(account)
    choosing.check(password, account)
    stored = passwords.hashed(password)
    with transaction():
        people.hold(account.id)  # before the link's row, as `send` takes them
        # By its token: SQLite gives the number of one that is gone to the next.
        unused = (AccountLink.token_hash == digest(token)) & AccountLink.used_at.is_null()
        if AccountLink.update(used_at=clock.now()).where(unused).execute() != 1:
            raise NotFound("This link was used already or has expired.")
        passwords.store(account, stored, by=account, source=link.purpose)
    return account
