"""The one place that writes the record of what happened."""

from typing import Any

from peewee import JOIN

from konnekt.domain import clock
from konnekt.models import Account, Event, Organisation, Timesheet


def record(verb: str, *, by: Account | None, source: str = "", **columns: Any) -> Event:
    """Append one event; by is the actor, None with a source ("import") for the system."""
    event: Event = Event.create(verb=verb, at=clock.now(), actor=by, source=source, **columns)
    return event


def record_many(rows: list[dict[str, Any]]) -> None:
    """Append many events at once; each row has the columns of Event except `at`."""
    at = clock.now()
    for start in range(0, len(rows), 500):
        Event.insert_many([{**row, "at": at} for row in rows[start : start + 500]]).execute()


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
    found = list(query)
    for event in found:
        event.about_person = event.person.name if event.person and "person" not in of else ""
        event.about_organisation = (
            event.organisation.name if event.organisation and "organisation" not in of else ""
        )
    return found


def _is(column: Any, row: Any) -> Any:
    return column.in_(row) if isinstance(row, list) else column == row
