"""Signed-in browsers, kept in the database so that signing out really ends them."""

import hashlib
import re
import secrets
from contextlib import suppress
from datetime import timedelta
from typing import Any

from peewee import JOIN, OperationalError

from konnekt.db import transaction
from konnekt.domain import clock
from konnekt.domain.refusals import NotFound
from konnekt.models import Account, Agency, Session, decision_links
from konnekt.models.compiled import built, compiled, slot, width

IDLE = timedelta(hours=8)
LIFETIME = timedelta(days=7)
HALF_LIFETIME = timedelta(minutes=10)
ASKED_FOR = timedelta(minutes=10)
TOUCH_EVERY = timedelta(minutes=5)
TWICE = timedelta(minutes=1)


def digest(token: str) -> str:
    """What the table holds of a secret token."""
    return hashlib.sha256(token.encode()).hexdigest()


def start(
    account: Account,
    address: str = "",
    browser: str = "",
    *,
    was_asked: bool = True,
    **by: Any,
) -> str:
    """Begin a session; returns the token for the cookie. by: what Session says of a provider.

    was_asked: whether all that protects the account was asked; a remembered browser shows the password alone.
    """
    token = _begun(
        account,
        address,
        browser,
        LIFETIME,
        asked_at=clock.now() if was_asked else None,
        **by,
    )
    Account.update(signed_in_at=clock.now()).where(Account.id == account.id).execute()
    return token


def start_half(account: Account, address: str = "", browser: str = "", **by: Any) -> str:
    """Begin half a session: the password was right, or the provider, and more is due, within ten minutes.

    Its token is none of a session: `find` does not know it, only `find_half` does.
    """
    return _begun(account, address, browser, HALF_LIFETIME, is_half=True, **by)


def _begun(account: Account, address: str, browser: str, lifetime: timedelta, **columns: Any) -> str:
    token = secrets.token_urlsafe(32)
    now = clock.now()
    Session.delete().where(~_is_alive()).execute()
    Session.create(
        token_hash=digest(token),
        account=account,
        created_at=now,
        seen_at=now,
        expires_at=now + lifetime,
        address=address[:64],
        browser=browser[:200],
        **columns,
    )
    return token


def begun_twice(account: Account, address: str, browser: str) -> bool:
    """Whether it signed in more than once in a minute from there, as who sends the form twice does.

    Half a sign-in is none: whoever begins several is still told of at the first that goes through.
    """
    same = (
        (Session.account == account) & (Session.address == address[:64]) & (Session.browser == browser[:200])
    )
    whole = same & ~Session.is_half & (Session.created_at > clock.now() - TWICE)
    return int(Session.select().where(whole).count()) > 1


def find_half(token: str) -> Account | None:
    """The account that this token is half signed in as, or None."""
    is_due = (Session.token_hash == digest(token)) & Session.is_half & _is_alive() & Account.is_active
    session: Session | None = Session.select(Session, Account).join(Account).where(is_due).first()
    if session is None:
        return None
    account: Account = session.account
    account.session = session
    return account


def find(token: str) -> Session | None:
    """The live session of a token with its account and the agency, or None: one statement.

    Every few minutes it notes when the session was seen.
    """
    now = clock.now()
    rows = _live(token_hash=digest(token), now=now, idle_since=now - IDLE)
    if not rows:
        return None
    columns, seats = rows[0], width(Session)
    session: Session = built(Session, columns[:seats])
    session.account = built(Account, columns[seats : seats + width(Account)])
    session.account.session = session
    agency = columns[seats + width(Account) :]
    session.agency = built(Agency, agency) if agency[0] else None
    if now - session.seen_at > TOUCH_EVERY:
        # On a full disk people can still read; a database that is gone says so at the next statement.
        with suppress(OperationalError):
            Session.update(seen_at=now).where(Session.id == session.id).execute()
    return session


@compiled
def _live() -> Any:
    """A token's session with its account and the agency: asked by every request."""
    is_alive = (Session.expires_at > slot("now")) & (Session.seen_at > slot("idle_since"))
    return (
        Session.select(Session, Account, Agency)
        .join(Account)
        .switch(Session)
        .join(Agency, JOIN.LEFT_OUTER, on=(Agency.id == 1))
        .where((Session.token_hash == slot("token_hash")) & ~Session.is_half & is_alive & Account.is_active)
    )


def _is_alive() -> Any:
    """Used within the idle time, and not older than the lifetime."""
    now = clock.now()
    return (Session.expires_at > now) & (Session.seen_at > now - IDLE)


def living(account: Account) -> list[Session]:
    """The account's signed-in browsers, the last used first: one statement."""
    return list(
        Session.select()
        .where((Session.account == account) & ~Session.is_half & _is_alive())
        .order_by(Session.seen_at.desc(), Session.id.desc())
    )


def was_asked(session: Session | None) -> bool:
    """Whether that was asked in this session not long ago: some changes ask it once more."""
    return bool(session and session.asked_at and session.asked_at > clock.now() - ASKED_FOR)


def note_asked(token: str) -> None:
    """It was asked now."""
    Session.update(asked_at=clock.now()).where(Session.token_hash == digest(token)).execute()


def is_this(session: Session, token: str) -> bool:
    """Whether the session belongs to the browser with this token."""
    return secrets.compare_digest(str(session.token_hash), digest(token))


def end(token: str) -> None:
    """Sign this browser out."""
    Session.delete().where(Session.token_hash == digest(token)).execute()


def end_all(account: Account, keep: str | None = None) -> int:
    """Sign the account out everywhere, except the browser with token keep; returns how many ended.

    The links by which its mails let one decide end too: they let somebody in without signing in.
    """
    with transaction():
        decision_links.end_links(account)
        query = Session.delete().where(Session.account == account)
        if keep:
            query = query.where(Session.token_hash != digest(keep))
        return int(query.execute())


def end_of_identity(account: Account, subject: str, provider: str) -> int:
    """Sign the account out where it signed in as this subject of a provider; returns how many ended.

    provider: its key, empty where it is no longer in the settings. What began before sessions kept the
    subject ends by that.
    """
    is_by_it = Session.subject == subject
    if provider:
        is_by_it |= (Session.subject == "") & (Session.provider == provider)
    return int(Session.delete().where((Session.account == account) & is_by_it).execute())


def end_one(session: int, *, by: Account) -> None:
    """Sign one of one's own browsers out; raises NotFound for anybody else's and for an ended one."""
    if Session.delete().where((Session.id == session) & (Session.account == by)).execute() != 1:
        raise NotFound("This session has ended already.")


# The first that is found names it: many browsers also carry the names of those they descend from.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser", "Samsung Internet"),
    ("Firefox", "Firefox"),
    ("FxiOS", "Firefox"),
    ("Chromium", "Chromium"),
    ("CriOS", "Chrome"),
    ("Chrome", "Chrome"),
    ("Safari", "Safari"),
    ("Lynx", "Lynx"),
    ("w3m", "w3m"),
    ("curl", "curl"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "Mac"),
    ("Linux", "Linux"),
)


def device(browser: str) -> str:
    """A browser's own description in two words: `Firefox, Windows`; empty when it tells nothing."""
    named = [next((name for mark, name in names if mark in browser), "") for names in (BROWSERS, SYSTEMS)]
    return ", ".join(name for name in named if name) or re.sub(r"[^\w .-].*", "", browser)[:30].strip()
