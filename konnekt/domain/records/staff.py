"""Who works at the agency: what of that two persons decide, and that somebody is left who administers it."""

from typing import Any

from konnekt.domain.accounts import agency_roles, links
from konnekt.domain.records import proposals
from konnekt.domain.refusals import Conflict
from konnekt.models import Account, Event


def for_two(row: Account, after: Account, *, is_own: bool = False) -> set[str]:
    """The columns in which it takes two persons to make an account what after says.

    Who begins to work at the agency, who gets or loses its Administration, and the mail address of who has
    that: whoever gives it another one could sign in as a second person. is_own: it is one's own account.
    """
    names: set[str] = set()
    had, has = administers(row), administers(after)
    if had != has or (_works_here(after) and not _works_here(row)):
        names |= {"is_active", "is_agency_staff", "agency_roles"}
    if had and not is_own:
        names |= {"email"}
    return {name for name in names if getattr(row, name) != getattr(after, name)}


def _works_here(one: Account) -> bool:
    return bool(one.is_active and one.is_agency_staff)


def administers(one: Account) -> bool:
    """Whether an account can sign in and has the role Administration."""
    return one.is_active and agency_roles.ADMINISTRATION in agency_roles.of(one)


def invite_who_gained(was: Account, row: Account, *, by: Account) -> None:
    """Have who now works at the agency, or has its Administration, show the mail address anew.

    Only where the agency changed that address: whoever did, chose the password at the one before, and knows
    it still. Others go on with what they have.
    """
    gained = (administers(row) and not administers(was)) or (_works_here(row) and not _works_here(was))
    if gained and _was_readdressed(row):
        links.invite_anew(row, by=by)


def _was_readdressed(row: Account) -> bool:
    """Whether its mail address was changed since it was last invited so."""
    told = Event.select(Event.verb, Event.before).where(Event.person == row).order_by(Event.id.desc())
    for event in told:
        if event.verb == "invite_anew":
            return False
        if "email" in (event.before or {}):
            return True
    return False


def becomes(row: Account, values: dict[str, Any]) -> Account:
    """The account as it would be, not stored."""
    return Account(**row.__data__ | values)


def hold_back(row: Account, values: dict[str, Any], by: Account) -> dict[str, Any]:
    """Propose what of these values two persons decide; returns that: it is not to be written now.

    The address stays what it is until then: with another one it would be somebody else who is let in.
    """
    after = becomes(row, values)
    names = for_two(row, after, is_own=row.id == by.id)
    stays = {} if "email" in names else {"email": after.email}
    return proposals.hold_back(row, {name: values[name] for name in sorted(names)}, by=by, stays=stays)


def keep_somebody(leaving: Account) -> Any:
    """The condition under which somebody leaves or has one role less, which the UPDATE asks again."""
    is_staffed = agency_roles.is_administered_without(leaving.id)
    if not administers(leaving):
        return None
    check_staffed(Account.select().where(is_staffed).exists())
    return is_staffed


def check_staffed(is_staffed: bool) -> None:
    """Somebody of the agency is left who can sign in and give roles."""
    if not is_staffed:
        raise Conflict(
            "Nobody of the agency would be left with the role Administration: first give it to somebody else."
        )
