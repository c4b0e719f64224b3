"""Changes that two persons make: one proposes, somebody else with the role Administration decides.

Where nobody else could confirm it, it is made at once, and all of the agency get a mail (decision 32).
What is confirmed or declined: deciding.py.
"""

from datetime import timedelta
from typing import Any

from konnekt.background import mail
from konnekt.domain import clock, events
from konnekt.domain.accounts import agency_roles
from konnekt.domain.refusals import Conflict
from konnekt.models import Account, Agency, ProposedChange

Facts = dict[str, Any]
OPEN_FOR = timedelta(days=14)


def of(person: Account | None) -> ProposedChange | None:
    """What is proposed about this account, or (None) the agency itself, with who did: one statement."""
    return _open().where(_is_about(person)).first()  # type: ignore[no-any-return]


def all_open() -> list[ProposedChange]:
    """All that is proposed and not decided, with the people, the oldest first: one statement."""
    return list(_open().order_by(ProposedChange.id))


def _open() -> Any:
    person = Account.alias()
    return (
        ProposedChange.select(ProposedChange, Account, person)
        .join(Account, on=(ProposedChange.proposed_by == Account.id), attr="proposed_by")
        .switch(ProposedChange)
        .left_outer_join(person, on=(ProposedChange.person == person.id), attr="person")
        .where(ProposedChange.ends_at > clock.now())
    )


def _is_about(person: Account | None) -> Any:
    return ProposedChange.person.is_null() if person is None else ProposedChange.person == person


def about(person: Account | None) -> Facts:
    """The columns of Event that say which one it is."""
    return {"person": person} if person is not None else {"thing": "agency"}


def needs_second(by: Account | None) -> bool:
    """Whether somebody else could confirm what this one changes; by: None is the command line."""
    return by is not None and bool(_seconds(by))


def _seconds(by: Account) -> list[Account]:
    """Who could confirm it: with Administration, and signed in at least once, so that it is no mere name."""
    can = Account.is_active & agency_roles.has(agency_roles.ADMINISTRATION)
    can &= Account.signed_in_at.is_null(False) & (Account.id != by.id)
    return list(Account.select().where(can).order_by(Account.id))


def hold_back(
    row: Account | Agency, values: Facts, *, by: Account | None, stays: Facts | None = None
) -> Facts:
    """Propose these values of what two decide, within the caller's staff_only; returns those not to write.

    None where nobody else could confirm it, who is told then, and by the command line. values: the columns
    that change; stays: others that have to be so when it is confirmed. Raises Conflict where something is
    proposed about the same already.
    """
    if by is None or not values:
        return {}
    person = row if isinstance(row, Account) else None
    if not needs_second(by):
        tell_alone(person, by=by)
        return {}
    if there := of(person):
        raise Conflict(
            "%(name)s proposed a change here that is not decided yet: confirm it, or decline it, first.",
            name=there.proposed_by.name,
        )
    now = clock.now()
    ProposedChange.delete().where(ProposedChange.ends_at <= now).execute()
    before = {name: getattr(row, name) for name in values}
    both = stays or {}
    row.proposal = ProposedChange.create(
        person=person,
        before=before | both,
        after=values | both,
        proposed_by=by,
        proposed_at=now,
        ends_at=now + OPEN_FOR,
    )
    events.record("propose", by=by, **about(person), before=before, after=values)
    _tell(_seconds(by), person, by, until=now + OPEN_FOR)
    return values


def tell_alone(person: Account | None, *, by: Account, source: str = "") -> None:
    """Nobody else can confirm it: a step in the record, and a mail to all who work at the agency."""
    events.record("decide_alone", by=by, source=source, **about(person))
    staff = Account.is_active & agency_roles.has(*agency_roles.ROLES)
    _tell(list(Account.select().where(staff).order_by(Account.id)), person, by, until=None)


def _tell(whom: list[Account], person: Account | None, by: Account, **values: Any) -> None:
    path = "/bureau/details" if person is None else f"/bureau/people/{person.id}"
    for account in whom:
        mail.queue("proposal", account, by=by, person=person, url=mail.link(path), **values)
