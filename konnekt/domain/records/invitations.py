"""Inviting many at once: who never signed in and has no link that works, now or when hours begin.

Now is long work (background/work.py), a mail to each. Later is a mark on the account: `konnekt remind` mails
those whose first assignment begins, and who has rights when the first begins in one of the organisations.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from peewee import fn

from konnekt.background import queue
from konnekt.background.queue import Tell
from konnekt.db import transaction
from konnekt.domain import accounts, clock, events
from konnekt.domain.accounts import agency_roles, links
from konnekt.domain.paging import Page, page
from konnekt.domain.records.audited import staff_only
from konnekt.domain.refusals import Conflict, fingerprint_of
from konnekt.models import Account, AccountLink, Assignment, Job, Organisation, Right

WORK = "invite_people"
# At once; who has more to invite does it twice.
MOST = 5000


@dataclass(frozen=True)
class Uninvited:
    """Which of those who were never invited: workers, supervisors or all; of one organisation (code) or all.

    is_later: those who wait for their first assignment, instead of those who wait for nothing.
    """

    role: str = ""
    organisation: str = ""
    is_later: bool = False

    def query(self) -> Any:
        """Their accounts in the order of their names."""
        condition = _is_uninvited() & (Account.invite_when_placed == self.is_later)
        if self.role == "worker":
            condition &= Account.employee_number.is_null(False)
        elif self.role == "supervisor":
            condition &= Account.id.in_(Right.select(Right.account))
        if self.organisation:
            condition &= _belongs_to(self.organisation)
        return Account.select().where(condition).order_by(Account.name_key, Account.id)


def _is_uninvited() -> Any:
    """The condition on Account; the agency's own staff is invited one by one, on the page of each."""
    live = AccountLink.select(AccountLink.id).where(
        (AccountLink.account == Account.id)
        & (AccountLink.purpose == "invite")
        & AccountLink.used_at.is_null()
        & (AccountLink.expires_at > clock.now())
    )
    never = Account.password_hash.is_null() & Account.signed_in_at.is_null() & ~fn.EXISTS(live)
    return Account.is_active & (Account.is_agency_staff == False) & never  # noqa: E712


def _belongs_to(code: str) -> Any:
    """The condition on Account: is, was or will be placed at this organisation, or has rights there."""
    place = Organisation.select(Organisation.id).where(Organisation.code == code)
    works = Assignment.select(Assignment.worker).where(Assignment.organisation.in_(place))
    has = Right.select(Right.account).where(Right.organisation.in_(place))
    return Account.id.in_(works) | Account.id.in_(has)


def first_day() -> Any:
    """The day on which somebody's hours begin, as a column.

    A worker's with the first assignment, those of others with the first where they have rights.
    """
    at = Right.select(Right.organisation).where(Right.account == Account.id)
    is_own = Assignment.worker == Account.id
    is_there = Account.employee_number.is_null() & Assignment.organisation.in_(at)
    return Assignment.select(fn.MIN(Assignment.first_on)).where(is_own | is_there)


def listed(of: Uninvited, number: int = 1) -> Page:
    """A page of them, each with starts_on, the day on which the hours begin, or None: two statements.

    places: how many rights somebody has.
    """
    rights = Right.select(fn.COUNT(Right.id)).where(Right.account == Account.id)
    rows = of.query().select(Account, first_day().alias("starts_on"), rights.alias("places"))
    people: Page = page(rows, number)
    for one in people.rows:
        # SQLite answers MIN of a date with its text.
        if isinstance(one.starts_on, str):
            one.starts_on = date.fromisoformat(one.starts_on)
    return people


def mark(of: Uninvited) -> tuple[int, str]:
    """How many are invited at once, and what a form carries of them: one statement.

    The same as long as it is the same people.
    """
    people = _ids(of)
    return len(people), fingerprint_of(people)


def _ids(of: Uninvited) -> list[int]:
    return [key for (key,) in of.query().select(Account.id).limit(MOST).tuples()]


def invite(of: Uninvited, *, seen: str, by: Account) -> Job:
    """Mail each of them a link to choose a password, as long work.

    Raises Conflict where it is others by now.
    """
    with staff_only(by, "people"):
        return queue.queue(WORK, by=by, asked={"people": _shown(of, seen)})


def _shown(of: Uninvited, seen: str) -> list[int]:
    people = _ids(of)
    if not people:
        raise Conflict("Nobody here is left to invite.")
    if fingerprint_of(people) != seen:
        raise Conflict("Meanwhile others are to be invited than were shown. Look at the list again.")
    return people


def postpone(of: Uninvited, *, seen: str, by: Account) -> int:
    """Have each invited when the hours begin; of who waits for that, take it back. Returns how many.

    Raises Conflict where it is others by now.
    """
    with staff_only(by, "people"):
        people = _shown(of, seen)
        Account.update(invite_when_placed=not of.is_later).where(Account.id.in_(people)).execute()
        row = {"verb": "invite_later", "actor": by, "after": {"invite_when_placed": not of.is_later}}
        events.record_many([row | {"person": person} for person in people])
    return len(people)


def work(job: Job, tell: Tell) -> dict[str, Any]:
    """The handler that invites: each in a transaction of its own, and who was invited meanwhile is passed."""
    people, invited = job.asked["people"], 0
    agency_roles.require(job.created_by, "people", "Only the agency changes this.")
    for done, person in enumerate(people):
        tell(done, len(people))
        invited += _invite(person, job.created_by)
    return {"invited": invited, "passed": len(people) - invited}


def _invite(person: int, by: Account | None, source: str = "") -> bool:
    with transaction():
        accounts.people.hold(
            person
        )  # as `links.send` does: of two at once the second sees that it was invited
        who = Account.get_or_none((Account.id == person) & _is_uninvited())
        if who is not None:
            links.invite(who.email, by=by, source=source)
    return who is not None


def invite_due() -> int:
    """Invite who waits for a first assignment that has begun; returns how many. For once a day."""
    waiting = Account.select(Account.id).where(
        _is_uninvited() & Account.invite_when_placed & (first_day() <= clock.today())
    )
    return sum(_invite(person, None, "remind") for (person,) in list(waiting.tuples()))
