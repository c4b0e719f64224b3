"""Browsers that are told that there is news: Web Push (RFC 8030), for who asks for it on that device.

What is sent has no content. The browser's own push service learns that there is something, and when; the
portal's service worker asks the portal how much it is, and who is signed out there reads no number.
"""

from urllib.parse import urlsplit

from konnekt.background import mail
from konnekt.db import transaction
from konnekt.domain import clock, events
from konnekt.domain.accounts import people
from konnekt.domain.refusals import Conflict, Invalid, NotFound
from konnekt.models import Account, NewsDevice

MOST = 10
LONGEST = 1000


def is_offered() -> bool:
    """Whether this installation sends any: it names push services, and browsers take it for a safe place."""
    config = mail.config()
    is_safe = config.is_https or urlsplit(config.url).hostname in ("localhost", "127.0.0.1")
    return bool(config.push_hosts) and is_safe


def is_push_service(endpoint: str) -> bool:
    """Whether this is an address at a push service that the installation names, and no other machine."""
    try:
        parts = urlsplit(endpoint)
        origin, host = f"{parts.scheme}://{parts.netloc}", parts.hostname or ""
    except ValueError:
        return False
    is_plain = parts.scheme == "https" and parts.netloc == host
    return any(
        origin == name or (is_plain and (host == name or (name[:2] == "*." and host.endswith(name[1:]))))
        for name in mail.config().push_hosts
    )


def of(account: Account) -> list[NewsDevice]:
    """The account's browsers, in the order in which they came: one statement."""
    return list(NewsDevice.select().where(NewsDevice.account == account).order_by(NewsDevice.id))


def begin(endpoint: str, browser: str, *, by: Account) -> NewsDevice:
    """Tell this browser from now on; of whoever it was before, it is no more.

    endpoint: where its push service takes messages for it. Raises Invalid, Conflict for too many.
    """
    if not is_offered() or not 0 < len(endpoint) <= LONGEST or not is_push_service(endpoint):
        raise Invalid("This browser's push service is not known here.", field="endpoint")
    with transaction():
        people.hold(by.id)
        mine = {one.endpoint: one for one in of(by)}
        if endpoint in mine:
            return mine[endpoint]
        if len(mine) >= MOST:
            raise Conflict("You have %(count)s already: remove one first.", count=MOST)
        NewsDevice.delete().where(NewsDevice.endpoint == endpoint).execute()
        device: NewsDevice = NewsDevice.create(
            account=by, endpoint=endpoint, browser=browser[:300], created_at=clock.now()
        )
        events.record("begin_news", by=by, person=by)
    return device


def end(device: int, *, by: Account) -> None:
    """Tell it no more. Raises NotFound, also for somebody else's."""
    with transaction():
        own = (NewsDevice.id == device) & (NewsDevice.account == by)
        if NewsDevice.delete().where(own).execute() != 1:
            raise NotFound("This browser is not told of news any more.")
        events.record("end_news", by=by, person=by)


def end_all(account: Account) -> None:
    """Tell none of the account's browsers any more, within the caller's transaction."""
    NewsDevice.delete().where(NewsDevice.account == account).execute()


def gone(endpoint: str) -> None:
    """Its push service says that this one is over."""
    NewsDevice.delete().where(NewsDevice.endpoint == endpoint).execute()
