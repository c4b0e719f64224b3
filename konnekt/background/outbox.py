"""The post that did not arrive: what was given up and what is tried again, and sending it once more."""

from collections.abc import Iterable
from typing import Any

from peewee import JOIN

from konnekt.db import transaction
from konnekt.domain import clock, events, paging
from konnekt.domain.accounts import agency_roles, links, mailed_codes, people, sessions
from konnekt.domain.paging import Page
from konnekt.domain.refusals import Conflict, NotFound
from konnekt.models import Account, Mail

MOST = 500
LIFETIMES = links.LIFETIME | {mailed_codes.KIND: sessions.HALF_LIFETIME}


def undelivered(number: int = 1) -> Page:
    """Mails that were given up, the latest first, then those that failed and are tried again."""
    query = Mail.select(Mail, Account).join(Account, JOIN.LEFT_OUTER).where(_has_failed())
    return paging.page(
        query.order_by(Mail.failed_at.is_null(), Mail.failed_at.desc(), Mail.id.desc()), number
    )


def count_given_up() -> int:
    """How many mails were given up: one statement."""
    return int(Mail.select().where(_is_given_up()).count())


def _is_given_up() -> Any:
    return Mail.sent_at.is_null() & Mail.failed_at.is_null(False)


def _has_failed() -> Any:
    return Mail.sent_at.is_null() & ((Mail.attempts > 0) | Mail.failed_at.is_null(False))


def send_again(mail: int, *, by: Account) -> Mail:
    """Try a mail that was given up once more, to the address that its reader has now.

    The Message-ID stays. Raises NotFound, Refused where it is on its way or its link has expired.
    """
    _check(by)
    with transaction():
        row: Mail | None = _with_readers(Mail.id == mail).first()
        if row is None:
            raise NotFound("There is no such mail.")
        if _is_expired(row):
            raise Conflict("The link in this mail has expired: send a new invitation.")
        if not _again([row], by):
            raise Conflict("This mail is on its way already.")
    return row


def send_all_again(*, by: Account) -> int:
    """Try all that was given up once more, save expired links; returns how many."""
    _check(by)
    with transaction():
        rows = list(_with_readers(_is_given_up()).order_by(Mail.id).limit(MOST))
        return _again([row for row in rows if not _is_expired(row)], by)


def _check(by: Account) -> None:
    agency_roles.require(by, "mail", "Only the agency sends mail again.")


def _with_readers(condition: Any) -> Any:
    return Mail.select(Mail, Account).join(Account, JOIN.LEFT_OUTER).where(condition)


def _is_expired(row: Mail) -> bool:
    lifetime = LIFETIMES.get(row.kind)
    return lifetime is not None and bool(clock.now() - row.queued_at >= lifetime)


def _again(rows: Iterable[Mail], by: Account) -> int:
    done = []
    for row in rows:
        address = row.account.email if row.account else row.recipient
        recipient = address if people.is_address(address) else row.recipient
        fresh = {"attempts": 0, "failed_at": None, "claimed_until_at": None, "due_at": clock.now()}
        again = Mail.update(recipient=recipient, **fresh).where((Mail.id == row.id) & _is_given_up())
        if again.execute() == 1:
            row.recipient = recipient
            done.append(row)
    events.record_many(
        [
            {"verb": "send_again", "actor": by.id, "person": row.account_id, "thing": f"mail {row.id}"}
            for row in done
        ]
    )
    return len(done)
