"""Taking away the second factor of who has lost all of it: by two people of the agency, neither its owner.

The password stays, so that whoever talked two people into it still needs that; the owner hears of both steps.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from konnekt.db import transaction
from konnekt.domain import clock, events, text_fields
from konnekt.domain.accounts import agency_roles, factors, notices, people, sessions
from konnekt.domain.refusals import Conflict, NotFound
from konnekt.models import Account, FactorReset

OPEN_FOR = timedelta(days=7)


def of(person: Account) -> FactorReset | None:
    """What was asked for this account and is still to be confirmed, with who asked: one statement."""
    this = (FactorReset.account == person) & (FactorReset.asked_at > clock.now() - OPEN_FOR)
    reset: FactorReset | None = (
        FactorReset.select(FactorReset, Account)
        .join(Account, on=(FactorReset.asked_by == Account.id), attr="asked_by")
        .where(this)
        .first()
    )
    return reset


def ask(person: int, reason: str, *, by: Account) -> FactorReset:
    """Ask for it, with the reason. Raises Forbidden, NotFound, Invalid (reason), Conflict."""
    with _among_staff(person, by) as owner:
        reason = text_fields.checked_reason(reason)
        if not owner.has_second_factor:
            raise Conflict("%(name)s has no second step.", name=owner.name)
        if there := of(owner):
            raise Conflict("%(name)s asked for this already.", name=there.asked_by.name)
        FactorReset.delete().where(FactorReset.account == owner).execute()
        asked: FactorReset = FactorReset.create(
            account=owner, asked_by=by, asked_at=clock.now(), reason=reason
        )
        events.record("ask_factor_reset", by=by, person=owner, reason=reason)
        notices.tell(owner, "reset_asked", by=by.name)
    return asked


def confirm(person: int, *, by: Account) -> Account:
    """Do what a colleague asked: apps, recovery codes and sessions are gone. Raises Forbidden, Conflict."""
    with _among_staff(person, by) as owner:
        asked = _asked(owner)
        if asked.asked_by_id == by.id:
            raise Conflict("You asked for this yourself: a second person of the agency confirms it.")
        _gone(asked)
        factors.take_all_away(owner)
        sessions.end_all(owner)
        both = {"asked_by": asked.asked_by.name, "confirmed_by": by.name}
        events.record("reset_factors", by=by, person=owner, reason=asked.reason, after=both)
        notices.tell(owner, "reset_done", by=by.name, asked_by=asked.asked_by.name)
    return owner


def by_operator(owner: Account) -> None:
    """The same by who runs the portal: for an agency of one, who has lost it all. Raises Conflict."""
    with transaction():
        if not owner.has_second_factor:
            raise Conflict("%(name)s has no second step.", name=owner.name)
        FactorReset.delete().where(FactorReset.account == owner).execute()
        factors.take_all_away(owner)
        sessions.end_all(owner)
        events.record("reset_factors", by=None, source="command", person=owner)
        notices.tell(owner, "reset_by_operator")


def withdraw(person: int, *, by: Account) -> Account:
    """Leave the factor as it is: for who asked, and for who would not confirm. Raises Forbidden, Conflict."""
    with _among_staff(person, by) as owner:
        _gone(_asked(owner))
        events.record("withdraw_factor_reset", by=by, person=owner)
    return owner


@contextmanager
def _among_staff(person: int, by: Account) -> Iterator[Account]:
    """One transaction of agency staff about somebody else's account, one at a time for it."""
    agency_roles.require(by, "sign-in", "Only the agency changes this.")
    with transaction():
        people.hold(person)
        owner: Account | None = Account.get_or_none(Account.id == person)
        if owner is None:
            raise NotFound("This person does not exist.")
        if owner.id == by.id:
            raise Conflict("Two colleagues of yours do this for you; or use a recovery code.")
        yield owner


def _asked(owner: Account) -> FactorReset:
    asked = of(owner)
    if asked is None:
        raise Conflict("Nobody asks this any more: look at the page again.")
    return asked


def _gone(asked: FactorReset) -> None:
    if FactorReset.delete().where(FactorReset.id == asked.id).execute() != 1:
        raise Conflict("Nobody asks this any more: look at the page again.")
