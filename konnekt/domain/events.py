"""The one place that writes the record of what happened."""

from typing import Any

from peewee import JOIN

from konnekt.domain import clock
from konnekt.models import Account, Event, Timesheet


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
