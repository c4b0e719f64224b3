"""What waits for an account, as a condition on the rows of what waits: the same as access.approvable."""

from functools import reduce
from operator import or_
from typing import Any

from peewee import fn

from konnekt.domain import access
from konnekt.domain.access import Grants
from konnekt.models import Contributor, WaitingSheet
from konnekt.models.compiled import listed


def condition(who: Grants) -> Any:
    """access.approvable as a condition on WaitingSheet: what waits for this account."""
    return _condition(list(who.approve), access.eyes(who))


def slots(*four_eyes: bool, is_placed: bool = False) -> Any:
    """That with slots, for a compiled query; `values` gives its shape and what fills them.

    is_placed: the query itself names organisations, all of them the account's.
    """
    groups = [
        (asks, listed(f"organisations_{number}"), listed(f"eyes_{number}"))
        for number, asks in enumerate(four_eyes)
    ]
    return _condition(None if is_placed else listed("organisations"), groups)


def values(who: Grants) -> tuple[tuple[bool, ...], dict[str, Any]]:
    """Shape and values of `slots` for this account: one group for most, two with four-eyes."""
    groups = access.eyes(who)
    parameters: dict[str, Any] = {"organisations": list(who.approve)}
    for number, (_, organisations, eyes) in enumerate(groups):
        parameters |= {f"organisations_{number}": organisations, f"eyes_{number}": eyes}
    return tuple(four_eyes for four_eyes, *_ in groups), parameters


def _condition(organisations: Any, groups: list[tuple[bool, Any, Any]]) -> Any:
    if not groups:
        return WaitingSheet.timesheet.is_null()
    if len(groups) == 1:
        is_mine = _not_for(groups[0][2], groups[0][0])
    else:
        is_mine = reduce(
            or_,
            (WaitingSheet.organisation.in_(places) & _not_for(eyes, asks) for asks, places, eyes in groups),
        )
    # Once for all organisations: an index answers that, and not an OR.
    return is_mine if organisations is None else WaitingSheet.organisation.in_(organisations) & is_mine


def _not_for(accounts: Any, four_eyes: bool) -> Any:
    untouched = WaitingSheet.worker.not_in(accounts)
    if four_eyes:
        touched = Contributor.select().where(
            (Contributor.timesheet == WaitingSheet.timesheet) & Contributor.account.in_(accounts)
        )
        untouched &= ~(WaitingSheet.has_helpers & fn.EXISTS(touched))
    return untouched
