"""Deciding what a colleague proposed (proposals.py): confirmed it is done, declined it is not."""

from collections.abc import Iterator
from contextlib import contextmanager

from konnekt.domain import accounts, events
from konnekt.domain.records import agency, people, proposals, staff
from konnekt.domain.records.audited import Facts, staff_only
from konnekt.domain.refusals import Conflict
from konnekt.models import Account, ProposedChange


def confirm(number: int, *, by: Account, seen: str = "") -> ProposedChange:
    """Do what a colleague proposed. Raises Forbidden; Conflict for one's own, and where it is out of date.

    seen: the fingerprint of what was shown: SQLite gives the number of one that is gone to the next.
    """
    with _one(number, by) as proposal:
        if seen and seen != proposal.fingerprint:
            raise _over()
        if proposal.proposed_by == by:
            raise Conflict("You proposed this yourself: somebody else with Administration confirms it.")
        row = agency.find() if proposal.person is None else proposal.person
        if any(getattr(row, name) != value for name, value in proposal.before.items()):
            raise Conflict("This changed since it was proposed. Decline it, and propose it anew.")
        said = {"proposed_by": proposal.proposed_by.name}
        events.record("confirm_proposal", by=by, **proposals.about(proposal.person), after=said)
        if proposal.person is None:
            agency.RECORD.change(row, proposal.after, by=by)
        else:
            changes = {name: value for name, value in proposal.after.items() if getattr(row, name) != value}
            _carry_out(proposal.person, changes, by)
    return proposal


def _carry_out(person: Account, values: Facts, by: Account) -> None:
    """As the verbs of people do. Raises Conflict, Invalid where an address is somebody else's by now."""
    people.check_is_somebody(person)
    if "email" in values:
        others = (accounts.people.find(values["email"]),)
        people.check_free({"email": values["email"]}, [one for one in others if one not in (None, person)])
    still_administers = staff.administers(staff.becomes(person, values))
    guard = None if still_administers else staff.keep_somebody(person)
    verb = "change_roles" if set(values) == {"agency_roles"} else ""
    if "is_active" in values:
        verb = "reopen_account" if values["is_active"] else "close_account"
    before, was = person.email, staff.becomes(person, {})
    if "email" in people.RECORD.change(person, values, by=by, verb=verb, guard=guard):
        people.address_changed(person, before)
    if not person.is_active:
        people.closed(person)
    staff.invite_who_gained(was, person, by=by)


def decline(number: int, *, by: Account) -> ProposedChange:
    """Leave it as it is; who proposed it takes it back so. Raises Forbidden, Conflict where it is decided."""
    with _one(number, by) as proposal:
        verb = "withdraw_proposal" if proposal.proposed_by == by else "decline_proposal"
        told = {"before": proposal.after, "after": proposal.before}
        events.record(verb, by=by, **proposals.about(proposal.person), **told)
    return proposal


@contextmanager
def _one(number: int, by: Account) -> Iterator[ProposedChange]:
    """One transaction about an open proposal, which is gone at its end; of two at once one gets it."""
    with staff_only(by, "staff"):
        proposal = next((one for one in proposals.all_open() if one.id == number), None)
        if proposal is None or ProposedChange.delete().where(ProposedChange.id == number).execute() != 1:
            raise _over()
        yield proposal


def _over() -> Conflict:
    return Conflict("This is not proposed any more. Look at the page again.")
