"""Somebody was first: who changed a sheet since it was opened, and what."""

from konnekt.domain import events
from konnekt.domain.refusals import N_, Conflict
from konnekt.domain.timesheets import snapshots
from konnekt.domain.timesheets.snapshots import Change
from konnekt.models import Account, Timesheet

SOMEBODY_WAS_FIRST = N_("%(names)s changed this timesheet since you opened it. Look at it, then go on.")
YOU_WERE_FIRST = N_(
    "You changed this timesheet in another window since you opened it here. Look at it, then go on."
)
BOTH_WERE_FIRST = N_(
    "%(names)s, and you in another window, changed this timesheet since you opened it. "
    "Look at it, then go on."
)
WAS_CHANGED = N_("This timesheet changed since you opened it. Look at it, then go on.")


class EditConflict(Conflict):
    """The sheet is not as it was shown (409).

    names: who else changed it; is_mine: the reader did, elsewhere; changes: what; is_as_typed: it holds
    exactly what was typed, as after an answer that got lost.
    """

    def __init__(
        self, names: list[str], changes: list[Change], *, is_mine: bool = False, is_as_typed: bool = False
    ) -> None:
        values = {"names": ", ".join(names)} if names else {}
        others = BOTH_WERE_FIRST if is_mine else SOMEBODY_WAS_FIRST
        super().__init__(others if names else YOU_WERE_FIRST if is_mine else WAS_CHANGED, **values)
        self.names = names
        self.is_mine = is_mine
        self.changes = changes
        self.is_as_typed = is_as_typed


def conflict_of(sheet: Timesheet, seen: int, *, by: Account, is_as_typed: bool = False) -> EditConflict:
    """What to tell the account that saw revision seen: read from the events that changed the content since.

    One person's drafts are one event, so the changes may go back to where that person began.
    """
    if sheet.id is None:
        return EditConflict([], [])
    since = [
        event
        for event in events.history(sheet)
        if event.verb in ("save", "submit", "import", "move") and (event.revision or 0) > seen
    ]
    actors = {event.actor_id: event.actor.name for event in since if event.actor}
    is_mine = actors.pop(by.id, None) is not None
    changes = snapshots.difference(since[0].before, snapshots.content(sheet)) if since else []
    return EditConflict(list(actors.values()), changes, is_mine=is_mine, is_as_typed=is_as_typed)


def check(sheet: Timesheet | None, seen: int, *, by: Account) -> None:
    """Raise EditConflict where the sheet (None: not begun) is not at the revision that the account saw."""
    if sheet is not None and sheet.revision != seen:
        raise conflict_of(sheet, seen, by=by)
