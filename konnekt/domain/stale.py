"""Somebody was first: who changed a sheet since it was opened, and what."""

from konnekt.domain import events, snapshots
from konnekt.domain.refused import N_, Refused
from konnekt.domain.snapshots import Change
from konnekt.models import Timesheet

SOMEBODY_WAS_FIRST = N_("%(names)s changed this timesheet since you opened it. Look at it, then go on.")
WAS_CHANGED = N_("This timesheet changed since you opened it. Look at it, then go on.")


class Stale(Refused):
    """The sheet is not as it was shown (409).

    names: who changed it; changes: what; is_as_typed: it holds exactly what was typed, as after an
    answer that got lost.
    """

    def __init__(self, names: list[str], changes: list[Change], *, is_as_typed: bool = False) -> None:
        values = {"names": ", ".join(names)} if names else {}
        super().__init__(SOMEBODY_WAS_FIRST if names else WAS_CHANGED, **values)
        self.names = names
        self.changes = changes
        self.is_as_typed = is_as_typed


def stale(sheet: Timesheet, seen: int, *, is_as_typed: bool = False) -> Stale:
    """What to tell who saw revision seen: read from the events that changed the content since.

    One person's drafts are one event, so the changes may go back to where that person began.
    """
    if sheet.id is None:
        return Stale([], [])
    since = [
        event
        for event in events.history(sheet)
        if event.verb in ("save", "submit", "import", "move") and (event.revision or 0) > seen
    ]
    names = list(dict.fromkeys(event.actor.name for event in since if event.actor))
    changes = snapshots.difference(since[0].before, snapshots.content(sheet)) if since else []
    return Stale(names, changes, is_as_typed=is_as_typed)
