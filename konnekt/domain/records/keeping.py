"""What every verb on a record does: only the agency's staff, one at a time, and an event when it is done."""

import hashlib
import json
from typing import Any

from konnekt.db import hold
from konnekt.domain import events
from konnekt.domain.refused import Forbidden, Refused
from konnekt.models import Account

Facts = dict[str, Any]


def begin(by: Account) -> None:
    """The first line of a verb's transaction: 403 for others; one at a time, imports included."""
    if not by.is_agency_staff:
        raise Forbidden("Only the agency changes this.")
    hold("import")


def fingerprint(facts: Facts) -> str:
    """What a form carries of the row that it showed."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:16]


def check_seen(seen: str, facts: Facts) -> None:
    """Refuse where the row is no longer what the form showed; an empty `seen` asks nothing."""
    if seen and seen != fingerprint(facts):
        raise Refused("Somebody else changed this while you were typing. Check your text and save again.")


def record(
    verb: str, thing: str, *, by: Account, before: Facts | None = None, after: Facts | None = None
) -> None:
    """Leave the event with what differs; nothing for a change that changes nothing."""
    if before is not None and after is not None:
        names = [name for name in after if before.get(name) != after[name]]
        if not names:
            return
        before, after = {name: before.get(name) for name in names}, {name: after[name] for name in names}
    events.record(verb, by=by, thing=thing, before=before, after=after)
