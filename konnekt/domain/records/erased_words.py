"""Which events hold words or values of a person, so that those go with the person."""

from collections.abc import Iterator
from functools import reduce
from operator import and_
from typing import Any

from konnekt.models import Account, Assignment, Event, Timesheet

# What people typed, wherever it stands in the values of a timesheet's event.
TYPED = ("remark", "typed", "reason")
AT_ONCE = 1000


def of_person(row: Account) -> list[int]:
    """The events about the person itself, and those of the person's timesheets in which something was typed.

    Rights and deputies hold no names and stay: who was allowed what, proves approvals.
    """
    of_others = (Event.organisation, Event.timesheet, Event.invoice)
    own = (Event.person == row) & reduce(and_, (column.is_null() for column in of_others))
    found = [event.id for event in says_something(own)]
    assignments = Assignment.select(Assignment.id).where(Assignment.worker == row)
    sheets = Timesheet.select(Timesheet.id).where(Timesheet.assignment.in_(assignments))
    words = says_something(Event.timesheet.in_(sheets))
    found += [one.id for one in words if one.reason or _is_typed(one.before) or _is_typed(one.after)]
    return sorted(found)


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
