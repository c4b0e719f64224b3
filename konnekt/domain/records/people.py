"""People as the agency keeps them: add, change, invite, close an account and open it again, sign out."""

from collections.abc import Iterable
from typing import Any

from konnekt.domain import clock, refusals, text_fields
from konnekt.domain.accounts import devices, links, notices, people, sessions
from konnekt.domain.records import company_numbers, rights
from konnekt.domain.records.audited import RecordType, existing, staff_only
from konnekt.domain.refusals import Conflict, Invalid, NotFound
from konnekt.models import LANGUAGES, Account, AccountLink, Assignment, Session, decision_links
from konnekt.models.people import name_key, username_key

SIGN_IN = ("email", "username")
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
)
COLUMNS = RECORD.columns
seen = RECORD.fingerprint


def find(person: int) -> Account:
    """The account with this id; raises NotFound."""
    found: Account | None = Account.get_or_none(Account.id == person)
    return existing(found, NotFound("This person does not exist."))


def _somebody(person: int) -> Account:
    """The account with this id, unless nobody is behind it any more; raises NotFound, Conflict."""
    row = find(person)
    check_is_somebody(row)
    return row


def check_is_somebody(row: Account) -> None:
    """Raises Conflict where the account was erased (erasing.py)."""
    if row.erased_at is not None:
        raise Conflict("The data of this person were erased: this account stays as it is.")


def add(values: dict[str, Any], *, by: Account, is_invited: bool = False) -> Account:
    """A new account without a password; is_invited: mail a link to choose one. Raises Invalid."""
    with staff_only(by):
        row = Account(**_checked(values, None), created_at=clock.now())
        RECORD.add(row, by=by)
        if is_invited:
            invite(row.id, by=by)
    return row


def change(person: int, values: dict[str, Any], *, seen: str, by: Account, is_sure: bool = False) -> Account:
    """Change what the form holds; a new e-mail address ends the links that went to the old one.

    A mail to the old one says so.
    Raises Invalid, Conflict where nobody of the agency would be left, Doubtful for one's own place there.
    """
    with staff_only(by):
        row = _somebody(person)
        RECORD.check_seen(row, seen)
        checked = _checked(values, row)
        if row.employee_number and not checked["employee_number"]:
            check_number_stays(row)
        if row.is_agency_staff and not checked["is_agency_staff"]:
            _keep_somebody(row)
            refusals.ask(_own(row, by), is_sure=is_sure)
        key, before = name_key(checked["first_name"], checked["last_name"]), row.email
        if "email" in RECORD.change(row, checked, by=by, name_key=key):
            address_changed(row, before)
    return row


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


def _keep_somebody(leaving: Account) -> None:
    others = Account.is_agency_staff & Account.is_active & (Account.id != leaving.id)
    if leaving.is_active:
        check_staffed(Account.select().where(others).exists())


def check_staffed(is_staffed: bool) -> None:
    """Somebody of the agency is left who can sign in."""
    if not is_staffed:
        raise Conflict("Nobody of the agency would be left: first give somebody else a place at the agency.")


def _own(person: Account, by: Account) -> list[Invalid]:
    own = Invalid("This is your own account: you lose the agency's pages at once.")
    return [own] if person.id == by.id else []


def invite(person: int, *, by: Account) -> Account:
    """Mail a link to choose a password, for seven days; earlier links stop working."""
    with staff_only(by):
        row = find(person)
        links.invite(row.email, by=by)
    return row


def close(person: int, *, by: Account, is_sure: bool = False) -> Account:
    """Close the account: signed out everywhere; its rights stay on record and count no more.

    Raises Conflict for a closed one and for the agency's last, Doubtful where work would lie still.
    """
    with staff_only(by):
        row = find(person)
        if not row.is_active:
            raise Conflict("This account was closed already.")
        if row.is_agency_staff:
            _keep_somebody(row)
        refusals.ask(_own(row, by) + rights.what_lies_still(row), is_sure=is_sure)
        RECORD.change(row, {"is_active": False}, by=by, verb="close_account")
        sessions.end_all(row)
        devices.estrange(row)
        end_links(row)
    return row


def reopen(person: int, *, by: Account) -> Account:
    """Open a closed account again, with the rights that it had."""
    with staff_only(by):
        row = _somebody(person)
        if row.is_active:
            raise Conflict("This account is open.")
        RECORD.change(row, {"is_active": True}, by=by, verb="reopen_account")
    return row


def address_changed(person: Account, before: str) -> None:
    """What goes with another mail address: links end, and who signed in by the old one is told there."""
    end_links(person)
    if person.password_hash:
        notices.tell(person, "address", to=before, email=person.email)


def end_links(person: Account) -> None:
    """End the links under way by mail: they went to an address or an account that is no longer this."""
    decision_links.end_links(person)
    AccountLink.delete().where((AccountLink.account == person) & AccountLink.used_at.is_null()).execute()


def end_sessions(person: int, *, by: Account, session: int | None = None) -> int:
    """Sign the person out, in one browser or (session None) in all; returns how many (ASVS V7.4.5).

    From all: none is remembered any more either.
    """
    with staff_only(by):
        row = find(person)
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
