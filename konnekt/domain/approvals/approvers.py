"""Who may approve a waiting sheet today: what a worker reads who wants to know where it lies."""

from collections.abc import Iterable
from typing import Any

from peewee import JOIN

from konnekt.domain import access, clock
from konnekt.domain.access import Grants
from konnekt.models import Account, Deputy, Organisation, Right, Timesheet


def of(sheets: Iterable[Timesheet], contributors: dict[int, set[int]]) -> dict[int, list[Account]]:
    """The accounts that may approve each sheet, by name; one statement, none without sheets.

    Sheets come with their assignment and organisation; contributors: who entered or sent part of each.
    """
    asked = list(sheets)
    candidates = _candidates({sheet.organisation_id: sheet.organisation for sheet in asked})
    return {
        sheet.id: [
            who.account
            for who in candidates.get(sheet.organisation_id, [])
            if access.approves_for(who, sheet, contributors.get(sheet.id, set()))[0]
        ]
        for sheet in asked
    }


def _candidates(organisations: dict[int, Organisation]) -> dict[int, list[Grants]]:
    """Per organisation who approves there, by an own right or for whom, as access.grants would read it."""
    standing_in: dict[tuple[int, int], tuple[Account, set[int] | None]] = {}
    for row in _rows(list(organisations)) if organisations else ():
        place, principal = row.place, row.principal
        account, principals = standing_in.get((place, row.id), (row, set()))
        principals = None if principal is None or principals is None else principals | {principal}
        standing_in[place, row.id] = (account, principals)
    candidates: dict[int, list[Grants]] = {}
    for (place, _id), (account, principals) in standing_in.items():
        approve = {place: frozenset(principals or ())}
        candidates.setdefault(place, []).append(Grants(account, {place: organisations[place]}, approve))
    return candidates


def _rows(organisations: list[int]) -> Any:
    """Open accounts with the organisation and the supervisor they stand in for (None: their own right)."""
    today, principal = clock.today(), Account.alias()
    own = (
        Account.select(Account, Right.organisation.alias("place"), Deputy.supervisor.alias("principal"))
        .join(Right, on=(Right.account == Account.id))
        # No deputyship goes with a right of one's own: the column is there for the union.
        .join(Deputy, JOIN.LEFT_OUTER, on=Deputy.id.is_null())
        .where(Right.organisation.in_(organisations) & Right.may_approve & Account.is_active)
    )
    deputies = (
        Account.select(Account, Deputy.organisation.alias("place"), Deputy.supervisor.alias("principal"))
        .join(Deputy, on=(Deputy.deputy == Account.id))
        .join(principal, on=(Deputy.supervisor == principal.id))
        .join(
            Right,
            on=(
                (Right.account == principal.id)
                & (Right.organisation == Deputy.organisation)
                & Right.may_approve
            ),
        )
        .where(
            Deputy.organisation.in_(organisations)
            & Deputy.stands_in(today)
            & Account.is_active
            & principal.is_active
        )
    )
    return sorted(own.union_all(deputies).objects(), key=lambda row: (row.name_key, row.id))
