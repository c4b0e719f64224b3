"""People as the agency keeps them: add, change, invite, close an account and open it again, sign out."""

from typing import Any

from konnekt.db import hold
from konnekt.domain import events, links, people, sessions
from konnekt.domain.records import changes, doubts, rights, typed
from konnekt.domain.refused import Invalid, NotFound, Refused
from konnekt.models import LANGUAGES, Account, AccountLink, Assignment, Session
from konnekt.models.people import name_key, username_key

COLUMNS = ("first_name", "last_name", "email", "username", "employee_number", "language", "is_agency_staff")


def find(person: int) -> Account:
    """The account with this id; raises NotFound."""
    found: Account | None = Account.get_or_none(Account.id == person)
    if found is None:
        raise NotFound("This person does not exist.")
    return found


def seen(person: Account) -> str:
    """How the row is now, for the form that changes it."""
    return changes.seen(person, COLUMNS)


def add(values: dict[str, Any], *, by: Account, is_invited: bool = False) -> Account:
    """A new account without a password; is_invited: mail a link to choose one. Raises Invalid."""
    with changes.together(by):
        checked = _checked(values, None)
        names = {name: checked[name] for name in ("first_name", "last_name", "language")}
        made = people.make(checked["email"], username=checked["username"] or "", **names)
        rest = {name: checked[name] for name in ("employee_number", "is_agency_staff")}
        changes.write(made, rest)
        events.record("add_person", by=by, person=made, after=changes.filled(made, COLUMNS))
        if is_invited:
            invite(made.id, by=by)
    return made


def change(person: int, values: dict[str, Any], *, seen: str, by: Account, is_sure: bool = False) -> Account:
    """Change what the form holds; a new e-mail address ends the links that went to the old one.

    Raises Invalid, Refused where nobody of the agency would be left, Doubtful for one's own place there.
    """
    with changes.together(by):
        row = find(person)
        checked = _checked(values, row)
        if row.is_agency_staff and not checked["is_agency_staff"]:
            _keep_somebody(row)
            doubts.ask(_own(row, by), is_sure=is_sure)
        key = name_key(checked["first_name"], checked["last_name"])
        before, after = changes.write(row, checked, was_seen=seen, name_key=key)
        if "email" in after:
            end_links(row)
        if after:
            events.record("change_person", by=by, person=row, before=before, after=after)
    return row


def _checked(values: dict[str, Any], row: Account | None) -> dict[str, Any]:
    was_first, was_last = (row.first_name, row.last_name) if row else ("", "")
    first = typed.line(values["first_name"], "first_name", was=was_first)
    last = typed.line(values["last_name"], "last_name", required=not first, was=was_last)
    email = typed.line(values["email"], "email", most=people.LONGEST_NAME, required=True).lower()
    username = username_key(typed.line(values["username"], "username", most=typed.CODE)) or None
    number = typed.line(values["employee_number"], "employee_number", most=typed.CODE) or None
    if (row is None or email != row.email) and not people.is_address(email):
        raise Invalid("This is not a mail address.", field="email")
    if values["language"] not in LANGUAGES:
        raise Invalid("There is no such language.", field="language")
    own = row.id if row else 0
    for field, name in (("email", email), ("username", username)):
        found = people.find(name) if name else None
        if found is not None and found.id != own:
            raise Invalid("This is in use by %(name)s.", field=field, name=found.name)
    _check_number(number, row)
    return {
        "first_name": first,
        "last_name": last,
        "email": email,
        "username": username,
        "employee_number": number,
        "language": values["language"],
        "is_agency_staff": bool(values["is_agency_staff"]),
    }


def _check_number(number: str | None, row: Account | None) -> None:
    """An employee number belongs to one person, and stays with who has assignments."""
    others = Account.id != (row.id if row else 0)
    if number:
        found = Account.get_or_none((Account.employee_number == number) & others)
        if found is not None:
            raise Invalid("This is in use by %(name)s.", field="employee_number", name=found.name)
    elif row is not None and row.employee_number:
        working = Assignment.select().where(Assignment.worker == row)
        if working.exists():
            raise Invalid("Who has assignments keeps an employee number.", field="employee_number")


def _keep_somebody(leaving: Account) -> None:
    """Refuse where nobody of the agency would be left who can sign in.

    Two at once would each count the other: the second waits, and an import as well, which may do the same.
    """
    hold("import")
    others = Account.is_agency_staff & Account.is_active & (Account.id != leaving.id)
    if leaving.is_active and not Account.select().where(others).exists():
        raise Refused("Nobody of the agency would be left: first give somebody else a place at the agency.")


def _own(person: Account, by: Account) -> list[Invalid]:
    own = Invalid("This is your own account: you lose the agency's pages at once.")
    return [own] if person.id == by.id else []


def invite(person: int, *, by: Account) -> Account:
    """Mail a link to choose a password, for seven days; earlier links stop working."""
    with changes.together(by):
        row = find(person)
        links.invite(row.email, by=by)
    return row


def close(person: int, *, by: Account, is_sure: bool = False) -> Account:
    """Close the account: signed out everywhere; its rights stay on record and count no more.

    Raises Refused for a closed one and for the agency's last, Doubtful where work would lie still.
    """
    with changes.together(by):
        row = find(person)
        if not row.is_active:
            raise Refused("This account was closed already.")
        if row.is_agency_staff:
            _keep_somebody(row)
        doubts.ask(_own(row, by) + rights.what_lies_still(row), is_sure=is_sure)
        changes.write(row, {"is_active": False})
        sessions.end_all(row)
        end_links(row)
        before, after = {"is_active": True}, {"is_active": False}
        events.record("close_account", by=by, person=row, before=before, after=after)
    return row


def reopen(person: int, *, by: Account) -> Account:
    """Open a closed account again, with the rights that it had."""
    with changes.together(by):
        row = find(person)
        if row.is_active:
            raise Refused("This account is open.")
        changes.write(row, {"is_active": True})
        before, after = {"is_active": False}, {"is_active": True}
        events.record("reopen_account", by=by, person=row, before=before, after=after)
    return row


def end_links(person: Account) -> None:
    """End the links under way by mail: they went to an address or an account that is no longer this."""
    AccountLink.delete().where((AccountLink.account == person) & AccountLink.used_at.is_null()).execute()


def end_sessions(person: int, *, by: Account, session: int | None = None) -> int:
    """Sign the person out, in one browser or (session None) in all; returns how many (ASVS V7.4.5)."""
    with changes.together(by):
        row = find(person)
        which = Session.account == row
        if session is not None:
            which &= Session.id == session
        count = int(Session.delete().where(which).execute())
        if session is not None and not count:
            raise NotFound("This session has ended already.")
        if count:
            events.record("end_sessions", by=by, person=row)
    return count
