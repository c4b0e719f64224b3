"""People as the agency keeps them: add, change, invite, close an account and open it again, sign out."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from konnekt.domain import clock, refusals, text_fields
from konnekt.domain.accounts import agency_roles, devices, links, news, notices, people, sessions
from konnekt.domain.records import company_numbers, proposals, rights, staff
from konnekt.domain.records.audited import RecordType, existing, staff_only
from konnekt.domain.refusals import Conflict, Invalid, NotFound
from konnekt.models import LANGUAGES, Account, AccountLink, Assignment, Session, decision_links
from konnekt.models.people import name_key, username_key

SIGN_IN = ("email", "username")
# What one is asked once more about, before it changes.
GUARDED = (*SIGN_IN, "is_agency_staff")
# What belongs to one person.
OWN = (*SIGN_IN, "employee_number")


def _email(text: Any, field: str) -> str:
    address = company_numbers.email(text, field)
    if not address:
        raise Invalid("Fill this in.", field=field)
    return address


def _username(text: Any, field: str) -> str | None:
    return username_key(text_fields.short(text, field)) or None


def _employee_number(text: Any, field: str) -> str | None:
    return text_fields.short(text, field) or None


def _check_named(of: dict[str, Any]) -> None:
    if not of["first_name"] and not of["last_name"]:
        raise Invalid("Fill this in.", field="last_name")


RECORD = RecordType(
    "person",
    lambda row: {"person": row},
    {
        "first_name": text_fields.line,
        "last_name": text_fields.line,
        "email": _email,
        "username": _username,
        "employee_number": _employee_number,
        "language": text_fields.one_of(*LANGUAGES),
        "is_agency_staff": text_fields.boolean,
    },
    joint=((("first_name", "last_name"), _check_named),),
    more=("agency_roles",),
)
COLUMNS = RECORD.columns
seen = RECORD.fingerprint


def find(person: int) -> Account:
    """The account with this id; raises NotFound."""
    row: Account | None = Account.get_or_none(Account.id == person)
    return existing(row, NotFound("This person does not exist."))


def is_guarded(typed: dict[str, Any], person: int) -> bool:
    """Whether this would change what somebody signs in with, or who works at the agency. Raises NotFound."""
    row = find(person)
    return any(str(typed[name] or "").strip() != str(getattr(row, name) or "") for name in GUARDED)


def check_is_somebody(row: Account) -> None:
    """Raises Conflict where the account was erased (erasing.py)."""
    if row.erased_at is not None:
        raise Conflict("The data of this person were erased: this account stays as it is.")


def add(values: dict[str, Any], *, by: Account, is_invited: bool = False) -> Account:
    """A new account without a password; is_invited: mail a link to choose one. Raises Invalid.

    That it works at the agency waits for a second person, here and below (proposals.py).
    """
    with staff_only(by, "look"):
        row = Account(**_checked(values, None), created_at=clock.now())
        check_task(row, by)
        row.agency_roles = agency_roles.ALL if row.is_agency_staff else ""
        place = {"is_agency_staff": True, "agency_roles": row.agency_roles} if row.is_agency_staff else {}
        if place and proposals.needs_second(by):
            row.is_agency_staff, row.agency_roles = False, ""
        RECORD.add(row, by=by)
        proposals.hold_back(row, place, by=by, stays={"email": row.email})
        if is_invited:
            invite(row.id, by=by)
    return row


def change(person: int, values: dict[str, Any], *, seen: str, by: Account, is_sure: bool = False) -> Account:
    """Change what the form holds; a new e-mail address ends the links that went to the old one.

    A mail to the old one says so.
    Raises Invalid, Conflict where nobody of the agency would be left, Doubtful for one's own place there.
    """
    with _one(person, by) as row:
        check_is_somebody(row)
        RECORD.check_seen(row, seen)
        checked = _checked(values, row)
        if row.employee_number and not checked["employee_number"]:
            check_number_stays(row)
        guard = None
        is_staff = checked.get("is_agency_staff", row.is_agency_staff)
        if row.is_agency_staff != is_staff:
            agency_roles.require(by, "staff", "Only the agency changes this.")
            checked["agency_roles"] = agency_roles.ALL if is_staff else ""
        if row.is_agency_staff and not is_staff:
            guard = staff.keep_somebody(row)
            refusals.ask(_own(row, by), is_sure=is_sure)
        key, was = name_key(checked["first_name"], checked["last_name"]), staff.becomes(row, {})
        later = staff.hold_back(row, checked, by)
        now = {name: value for name, value in checked.items() if name not in later}
        if "email" in RECORD.change(row, now, by=by, guard=guard, name_key=key):
            address_changed(row, was.email)
        staff.invite_who_gained(was, row, by=by)
    return row


def change_roles(
    person: int, roles: Iterable[str], *, seen: str, by: Account, is_sure: bool = False
) -> Account:
    """Give somebody of the agency these roles there instead of what it had.

    Raises Invalid for none, Conflict where nobody would have Administration, Doubtful for one's own.
    """
    with staff_only(by, "staff"):
        row = find(person)
        RECORD.check_seen(row, seen)
        if not row.is_agency_staff:
            raise Conflict("%(name)s does not work at the agency.", name=row.name)
        joined = agency_roles.joined(set(roles))
        if not joined:
            raise Invalid("Choose at least one role.", field="planning")
        guard = None
        if agency_roles.ADMINISTRATION not in joined.split():
            guard = staff.keep_somebody(row)
            refusals.ask(_own_roles(row, by), is_sure=is_sure)
        values, was = {"agency_roles": joined}, staff.becomes(row, {})
        if not staff.hold_back(row, values, by):
            RECORD.change(row, values, by=by, verb="change_roles", guard=guard)
            staff.invite_who_gained(was, row, by=by)
    return row


def _own_roles(person: Account, by: Account) -> list[Invalid]:
    own = Invalid("This is your own account: you can't change roles any more.")
    return [own] if person.id == by.id else []


@contextmanager
def _one(person: int, by: Account) -> Iterator[Account]:
    """One transaction about somebody; who works at the agency is the Administration's to change."""
    with staff_only(by, "look"):
        row = find(person)
        check_task(row, by)
        yield row


def check_task(row: Account, by: Account) -> None:
    """Raise Forbidden for who may not change this person."""
    agency_roles.require(by, "staff" if row.is_agency_staff else "people", "Only the agency changes this.")


def _checked(values: dict[str, Any], row: Account | None) -> dict[str, Any]:
    checked = RECORD.checked(values, row)
    new = {name: checked[name] for name in OWN if row is None or checked[name] != getattr(row, name)}
    owners = [people.find(new.get(name) or "") for name in SIGN_IN]
    if number := new.get("employee_number"):
        owners.append(Account.get_or_none(Account.employee_number == number))
    check_free(new, [owner for owner in owners if owner is not None and owner != row])
    return checked


def check_free(new: dict[str, Any], others: Iterable[Account]) -> None:
    """What one signs in with and the employee number belong to one person; others: who may have them."""
    for column, value in new.items():
        for other in others if value else ():
            if value in [getattr(other, name) for name in (SIGN_IN if column in SIGN_IN else (column,))]:
                raise Invalid("This is in use by %(name)s.", field=column, name=other.name)


def check_number_stays(row: Account) -> None:
    """An employee number stays with who has assignments."""
    if Assignment.select().where(Assignment.worker == row).exists():
        raise Invalid("Who has assignments keeps an employee number.", field="employee_number")


def _own(person: Account, by: Account) -> list[Invalid]:
    own = Invalid("This is your own account: you lose the agency's pages at once.")
    return [own] if person.id == by.id else []


def invite(person: int, *, by: Account) -> Account:
    """Mail a link to choose a password, for seven days; earlier links stop working."""
    with _one(person, by) as row:
        links.invite(row.email, by=by)
    return row


def close(person: int, *, by: Account, is_sure: bool = False) -> Account:
    """Close the account: signed out everywhere; its rights stay on record and count no more.

    Raises Conflict for a closed one and for the agency's last, Doubtful where work would lie still.
    """
    with _one(person, by) as row:
        if not row.is_active:
            raise Conflict("This account was closed already.")
        guard = staff.keep_somebody(row)
        refusals.ask(_own(row, by) + rights.orphaned_work(row), is_sure=is_sure)
        if not staff.hold_back(row, {"is_active": False}, by):
            RECORD.change(row, {"is_active": False}, by=by, verb="close_account", guard=guard)
            closed(row)
    return row


def closed(row: Account) -> None:
    """What ends with an account: sessions, known browsers, what is told of news, links."""
    sessions.end_all(row)
    devices.estrange(row)
    news.end_all(row)
    end_links(row)


def reopen(person: int, *, by: Account) -> Account:
    """Open a closed account again, with the rights that it had."""
    with _one(person, by) as row:
        check_is_somebody(row)
        if row.is_active:
            raise Conflict("This account is open.")
        was = staff.becomes(row, {})
        if not staff.hold_back(row, {"is_active": True}, by):
            RECORD.change(row, {"is_active": True}, by=by, verb="reopen_account")
            staff.invite_who_gained(was, row, by=by)
    return row


def address_changed(person: Account, before: str) -> None:
    """What goes with another mail address: links end, and who signed in by the old one is told there."""
    end_links(person)
    if person.password_hash or person.signed_in_at:
        notices.tell(person, "address", to=before, email=person.email)


def end_links(person: Account) -> None:
    """End the links and codes under way by mail: they went to what is this address or account no more."""
    decision_links.end_links(person)
    Session.delete().where((Session.account == person) & (Session.mailed_code_hash != "")).execute()
    AccountLink.delete().where((AccountLink.account == person) & AccountLink.used_at.is_null()).execute()


def end_sessions(person: int, *, by: Account, session: int | None = None) -> int:
    """Sign the person out, in one browser or (session None) in all; returns how many (ASVS V7.4.5).

    From all: none is remembered any more either.
    """
    with _one(person, by) as row:
        which = Session.account == row
        if session is not None:
            which &= Session.id == session
        else:
            devices.estrange(row)
            decision_links.end_links(row)
        count = int(Session.delete().where(which).execute())
        if session is not None and not count:
            raise NotFound("This session has ended already.")
        if count:
            RECORD.record("end_sessions", row, by=by)
    return count
