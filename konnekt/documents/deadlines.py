"""What is due, as calendar programs read it: iCalendar (RFC 5545), made again at each request."""

from collections.abc import Iterable
from datetime import UTC, date, datetime

TYPE = "text/calendar; charset=utf-8"
# What a program that subscribes is asked to wait before it reads again; deadlines move a few times a year.
REFRESH_HOURS = 12

Entry = tuple[str, datetime | date, str]


def ics(name: str, entries: Iterable[Entry], made_at: datetime) -> bytes:
    """A calendar of this name; an entry is a key of its own, a moment (aware) or a whole day, and its words.

    A key stays the same when its moment moves, so that the entry moves in the calendar. An entry takes no
    time of one's day: it has no end, and shows as free.
    """
    # Here, since every worker imports this file and few people have such an address.
    from icalendar import Calendar, Event

    calendar = Calendar()
    calendar.add("prodid", "-//Konnekt//Deadlines//NL")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval;value=duration", f"PT{REFRESH_HOURS}H")
    calendar.add("x-published-ttl", f"PT{REFRESH_HOURS}H")
    for key, at, words in entries:
        entry = Event()
        entry.add("uid", f"{key}@konnekt")
        entry.add("dtstamp", made_at)
        entry.add("dtstart", at.astimezone(UTC) if isinstance(at, datetime) else at)
        entry.add("summary", words)
        entry.add("transp", "TRANSPARENT")
        calendar.add_component(entry)
    return bytes(calendar.to_ical())
