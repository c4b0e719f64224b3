"""Which events hold words or values of a person, so that those go with the person; and how it was called."""

from collections.abc import Iterator
from functools import reduce
from operator import and_
from typing import Any

from konnekt.models import Account, Assignment, Event, Timesheet
from konnekt.models.people import full_name

# What people typed, wherever it stands in the values of a timesheet's event.
TYPED = ("remark", "typed", "reason")
# Events about something else that say by name who had a hand in it, and what that one did there.
NAMING = ("confirm_proposal", "reset_factors")
NAMED = ("propose", "ask_factor_reset", *NAMING)
AT_ONCE = 1000


def names_and_addresses(row: Account) -> tuple[set[str], set[str]]:
    """The names and the mail addresses that somebody has and had, as far as the record still says.

    An address that somebody else has by now is no longer this one's.
    """
    first, last = row.first_name, row.last_name
    names, addresses = {row.name}, {row.email}
    changes = Event.select(Event.before).where((Event.person == row) & (Event.verb == "change_person"))
    for change in changes.order_by(Event.id.desc()):
        before = change.before or {}
        first, last = before.get("first_name", first), before.get("last_name", last)
        names.add(full_name(first, last))
        addresses.add(before.get("email", row.email))
    is_taken = Account.email.in_(sorted(addresses)) & (Account.id != row.id)
    return names - {""}, addresses - {one.email for one in Account.select(Account.email).where(is_taken)}


def of_person(row: Account, names: set[str]) -> list[int]:
    """The events about the person itself, and those of the person's timesheets in which something was typed.

    Those too that say one of these names of who decided with somebody else.

    Rights and deputies hold no names and stay: who was allowed what, proves approvals.
    """
    of_others = (Event.organisation, Event.timesheet, Event.invoice)
    own = (Event.person == row) & reduce(and_, (column.is_null() for column in of_others))
    ids = [event.id for event in says_something(own)]
    assignments = Assignment.select(Assignment.id).where(Assignment.worker == row)
    sheets = Timesheet.select(Timesheet.id).where(Timesheet.assignment.in_(assignments))
    words = says_something(Event.timesheet.in_(sheets))
    ids += [one.id for one in words if one.reason or _is_typed(one.before) or _is_typed(one.after)]
    if Event.select().where((Event.actor == row) & Event.verb.in_(NAMED)).exists():
        naming = says_something(Event.verb.in_(NAMING))
        ids += [one.id for one in naming if names & {str(said) for said in (one.after or {}).values()}]
    return sorted(set(ids))


def says_something(condition: Any) -> Iterator[Event]:
    """Events that can be erased: what has words and is no word of an erasure itself; a portion at a time."""
    last = 0
    while True:
        query = Event.select(Event.id, Event.reason, Event.before, Event.after)
        query = query.where(condition & filled() & (Event.id > last))
        rows = list(query.order_by(Event.id).limit(AT_ONCE))
        yield from rows
        if len(rows) < AT_ONCE:
            return
        last = rows[-1].id


def filled() -> Any:
    """The condition for an event that says something which can be erased."""
    says = (Event.reason != "") | Event.before.is_null(False) | Event.after.is_null(False)
    return says & (Event.verb != "erase")


def _is_typed(value: Any) -> bool:
    if isinstance(value, dict):
        return any(bool(said) if name in TYPED else _is_typed(said) for name, said in value.items())
    return isinstance(value, list) and any(_is_typed(one) for one in value)
