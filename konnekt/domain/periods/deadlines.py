"""What is due for somebody, as a calendar program reads it: by an address that its owner alone knows.

The address signs nobody in: it tells until when hours are to be sent and approved, and when they are paid.
It holds no names, hours or organisations, so that whoever finds it learns dates.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from konnekt.background import mail
from konnekt.db import transaction
from konnekt.domain import access, clock, events
from konnekt.domain.accounts import people, sessions
from konnekt.domain.refusals import NotFound
from konnekt.models import Account, Assignment, DeadlineFeed, Organisation, PayPeriod
from konnekt.models.organisations import CALENDARS

# So long a calendar still shows what is over; the periods to come are all there.
SHOWN_AFTER = timedelta(days=31)
MOST_PERIODS = 300


@dataclass(frozen=True)
class DueAt:
    """The last moment to send or approve the hours of a period, or the day on which they are paid.

    what: "send", "approve" or "pay". at: a moment, aware; a day for "pay".
    """

    what: str
    period: PayPeriod
    at: datetime | date


def feed(account: Account) -> DeadlineFeed | None:
    """The account's address, of which the database knows since when it is there."""
    row: DeadlineFeed | None = DeadlineFeed.get_or_none(DeadlineFeed.account == account)
    return row


def renew(account: Account) -> str:
    """Give the account a new address in the place of the one before; returns that, which nobody keeps."""
    token = secrets.token_urlsafe(32)
    with transaction():
        people.hold(account.id)  # of two at the same moment one address remains
        DeadlineFeed.delete().where(DeadlineFeed.account == account).execute()
        DeadlineFeed.create(account=account, token_hash=sessions.digest(token), created_at=clock.now())
        events.record("renew_deadline_feed", by=account, person=account)
    return mail.link(f"/deadlines/{token}.ics")


def end(account: Account) -> None:
    """Let the account's address answer nothing any more; raises NotFound where there is none."""
    with transaction():
        if DeadlineFeed.delete().where(DeadlineFeed.account == account).execute() != 1:
            raise NotFound("There is no address any more.")
        events.record("end_deadline_feed", by=account, person=account)


def of_token(token: str) -> DeadlineFeed:
    """Whose address it is, with its account; raises NotFound, also where the account is closed."""
    query = DeadlineFeed.select(DeadlineFeed, Account).join(Account)
    row: DeadlineFeed | None = query.where(
        (DeadlineFeed.token_hash == sessions.digest(token)) & Account.is_active
    ).first()
    if row is None:
        raise NotFound("There is no such address.")
    return row


def of(account: Account) -> list[DueAt]:
    """What is due for the account, of the last month and to come, by period: at most three statements."""
    calendars = _calendars(account)
    since = clock.today() - SHOWN_AFTER
    is_shown = PayPeriod.calendar.in_(sorted(calendars)) & (PayPeriod.pay_on >= since)
    periods = PayPeriod.select().where(is_shown).order_by(PayPeriod.first_on, PayPeriod.calendar)
    return [one for period in periods.limit(MOST_PERIODS) for one in _of(period, calendars[period.calendar])]


def _of(period: PayPeriod, what: set[str]) -> Iterator[DueAt]:
    moments = {"send": period.submit_by_at, "approve": period.approve_by_at, "pay": period.pay_on}
    return (DueAt(one, period, at) for one, at in moments.items() if one in what)


def _calendars(account: Account) -> dict[str, set[str]]:
    """By calendar what the account does with its periods: as agency staff, by its rights, as a worker."""
    if account.is_agency_staff:
        return {calendar: {"send", "approve", "pay"} for calendar in CALENDARS}
    does: dict[str, set[str]] = {calendar: set() for calendar in CALENDARS}
    who = access.grants(account)
    for place in who.organisations.values():
        does[place.calendar] |= {"approve"} if place.id in who.approve else set()
        does[place.calendar] |= {"send"} if place.id in who.register else set()
    own = Assignment.select(Organisation.calendar, Assignment.entered_by).join(Organisation).distinct()
    goes_on = Assignment.goes_on(clock.today() - SHOWN_AFTER) & (Assignment.basis == "flexible")
    for calendar, entered_by in own.where((Assignment.worker == account) & goes_on).tuples():
        does[calendar] |= {"send", "pay"} if entered_by == "worker" else {"pay"}
    return {calendar: what for calendar, what in does.items() if what}
