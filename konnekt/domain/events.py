"""The one place that writes the record of what happened. It is only added to (models/chains.py)."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from peewee import JOIN

from konnekt.db import db, transaction
from konnekt.domain import clock
from konnekt.models import Account, Event, Organisation, Timesheet, chains
from konnekt.models.compiled import compiled, slot


def record(verb: str, *, by: Account | None, source: str = "", **columns: Any) -> Event:
    """Append one event; by is the actor, None with a source ("import") for the system."""
    row = {"verb": verb, "at": clock.now(), "actor": by, "source": source, **columns}
    with _whole():
        (row["id"],) = chains.append([row])
    return Event(**row)


def record_many(rows: list[dict[str, Any]]) -> None:
    """Append many events at once; each row has the columns of Event except `at`."""
    at = clock.now()
    with _whole():
        chains.append([{**row, "at": at} for row in rows])


def go_on(event: Event, **columns: Any) -> None:
    """A draft that saves itself while one types goes on with the step that is the last of its sheet.

    columns: its revision and what came of it. `may_go_on` says whether it may.
    """
    with _whole():
        chains.renew_last(event.id, at=clock.now(), **columns)


def may_go_on(event: Event | None, verb: str, by: Account) -> bool:
    """Whether this is one's own step of today: a day that is over has its head (commands/auditing.py)."""
    if event is None or event.erased or (event.verb, event.actor_id) != (verb, by.id):
        return False
    return bool(event.at.date() == clock.now().date())


def _whole() -> AbstractContextManager[Any]:
    """The transaction of the caller, or one for this alone."""
    return nullcontext() if db.in_transaction() else transaction()


def history(sheet: Timesheet) -> list[Event]:
    """The sheet's events with their people, oldest first: one statement."""
    deputised = Account.alias()
    query = (
        Event.select(Event, Account, deputised)
        .join(Account, JOIN.LEFT_OUTER, on=(Event.actor == Account.id))
        .switch(Event)
        .join(deputised, JOIN.LEFT_OUTER, on=(Event.on_behalf_of == deputised.id))
        .where(Event.timesheet == sheet)
        .order_by(Event.id)
    )
    return list(query)


def last_of(sheet: Timesheet) -> Event | None:
    """The newest event of a sheet, as far as may_go_on asks. One statement, none without a row."""
    rows = _last(sheet=sheet.id) if sheet.id else []
    return Event(**dict(zip(_OF_LAST, rows[0], strict=True))) if rows else None


_OF_LAST = ("id", "verb", "actor", "at", "erased")


@compiled
def _last() -> Any:
    """Without its two snapshots: to read those takes as long as the rest of a save."""
    columns = [Event._meta.fields[name] for name in _OF_LAST]
    of = Event.select(*columns).where(Event.timesheet == slot("sheet"))
    return of.order_by(Event.id.desc()).limit(1)


def latest(most: int = 30, **of: Any) -> list[Event]:
    """The newest events of a row (`organisation=`, `person=`, `thing=`), or several: one statement.

    about_person and about_organisation name the other one that an event is about as well.
    """
    person, place = Account.alias(), Organisation.alias()
    query = (
        Event.select(Event, Account, person, place)
        .join(Account, JOIN.LEFT_OUTER, on=(Event.actor == Account.id), attr="actor")
        .switch(Event)
        .join(person, JOIN.LEFT_OUTER, on=(Event.person == person.id), attr="person")
        .switch(Event)
        .join(place, JOIN.LEFT_OUTER, on=(Event.organisation == place.id), attr="organisation")
        .where(*(_is(getattr(Event, column), row) for column, row in of.items()))
        .order_by(Event.id.desc())
        .limit(most)
    )
    rows = list(query)
    for event in rows:
        event.about_person = event.person.name if event.person and "person" not in of else ""
        event.about_organisation = (
            event.organisation.name if event.organisation and "organisation" not in of else ""
        )
    return rows


def _is(column: Any, row: Any) -> Any:
    return column.in_(row) if isinstance(row, list) else column == row
