"""The one clock: UTC moments, and the day as it is in Amsterdam."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

AMSTERDAM = ZoneInfo("Europe/Amsterdam")

_fixed: datetime | None = None


def fix(text: str) -> None:
    """Stop the clock at an ISO moment (Amsterdam time unless it names an offset); empty lets it run."""
    global _fixed  # noqa: PLW0603 - one process has one clock
    if not text:
        _fixed = None
        return
    moment = datetime.fromisoformat(text)
    _fixed = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=AMSTERDAM).astimezone(UTC)


def now() -> datetime:
    """This moment, UTC, whole seconds."""
    return _fixed or datetime.now(UTC).replace(microsecond=0)


def machine() -> datetime:
    """This machine's own moment, UTC, also where KONNEKT_NOW stops the clock: claims have to run out."""
    return datetime.now(UTC).replace(microsecond=0)


def today() -> date:
    """The day it is in Amsterdam."""
    return now().astimezone(AMSTERDAM).date()


def local(moment: datetime) -> datetime:
    """A moment as the clock on the wall in Amsterdam shows it."""
    return moment.astimezone(AMSTERDAM)


def at(day: date, wall: time) -> datetime:
    """The moment at which the clock in Amsterdam shows that time on that day."""
    return datetime.combine(day, wall, AMSTERDAM).astimezone(UTC)
