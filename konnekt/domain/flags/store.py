"""Flags: what is unusual about a sheet that waits, stored with its revision (product.md section 3).

They are computed when a sheet is sent and again when their inputs change. A sheet that no longer waits
keeps the flags that it had: an approved one those that its approver saw.
"""

from collections.abc import Iterable
from typing import Any

from peewee import SqliteDatabase

from konnekt.db import db, hold, transaction
from konnekt.domain.budgets import counted
from konnekt.domain.flags import inputs, rules
from konnekt.domain.flags.affected import affected_by, in_the_same_weeks
from konnekt.models import Flag, State, Timesheet

ROUND = 2000
ROWS = 2000
# So many budget numbers are counted together.
NUMBERS = 20


def changed(
    sheets: Iterable[int], *, are_hours_moved: bool = True, budget_numbers: Iterable[int] = ()
) -> None:
    """What every verb calls last, once, with all the sheets it changed.

    Computes the flags of those that wait, and of the waiting sheets that look at the same hours.
    are_hours_moved: false where the hours count before and after (a revoked approval waits again).
    budget_numbers: what the sheets stood on before and may not stand on any more.
    """
    ids = set(sheets)
    if not ids:
        return
    with transaction():
        _one_at_a_time()
        counted.update(ids)
        _refresh(ids | affected_by(ids, are_hours_moved=are_hours_moved, budget_numbers=budget_numbers))


def imported(sheets: Iterable[int]) -> None:
    """What an import calls with the sheets of a portion: their sums, and the flags of what shares a week.

    A week may stand in two periods, which come in two portions. The flags of all else that waits it computes
    once in the end: again in each portion, that would take the square of their number.
    """
    ids = set(sheets)
    with transaction():
        _one_at_a_time()
        counted.update(ids)
        # Most of what comes is approved: to ask all that the rules need took a tenth of each portion.
        _refresh(in_the_same_weeks(ids))


def refresh(sheets: Iterable[int]) -> None:
    """Compute and store the flags of these sheets as far as they wait: only what differs is written.

    On PostgreSQL their rows come before the lock, as with who decides: else each would wait for the other.
    """
    ids = sorted(set(sheets))
    with transaction():
        if not isinstance(db.obj, SqliteDatabase):
            rows = Timesheet.select(Timesheet.id).where(Timesheet.id.in_(ids))
            list(rows.order_by(Timesheet.id).for_update().tuples())
        _one_at_a_time()
        _refresh(set(ids))


def forget_sums(budget_numbers: Any = None) -> None:
    """What is used of these budget numbers (a query; or all) is counted anew: what an hour costs changed."""
    with transaction():
        _one_at_a_time()
        counted.forget(budget_numbers)


def count_sums() -> None:
    """Count the budget numbers with a ceiling that are not counted yet, so that no verb waits for it.

    Some at a time, each a transaction of its own.
    """
    missing = counted.missing()
    for start in range(0, len(missing), NUMBERS):
        with transaction():
            _one_at_a_time()
            # Some verb may have asked for one of them meanwhile.
            counted.count(set(missing[start : start + NUMBERS]) & set(counted.missing()))


def _one_at_a_time() -> None:
    """Two verbs at once would each miss the other's hours: the second waits until the first is done."""
    hold("flags")


def refresh_all_waiting() -> None:
    """The same for all sheets that wait: after an import, or when rates, budgets or closing days change."""
    refresh(waiting())


def waiting() -> list[int]:
    """The sheets that wait, by number."""
    query = Timesheet.select(Timesheet.id).where(Timesheet.state == State.SUBMITTED)
    return sorted(row.id for row in query)


def warnings(sheet: int) -> list[Flag]:
    """The flags that a sheet in any state would have if it were sent as it is: not stored."""
    facts = inputs.read(Timesheet.id == sheet, counting=[sheet])
    return [Flag(**_columns(row, flag)) for row in facts.sheets for flag in rules.flags_of(row, facts)]


def _columns(sheet: inputs.JudgedSheet, flag: rules.RaisedFlag) -> dict[str, Any]:
    return {
        "timesheet": sheet.id,
        "revision": sheet.revision,
        "code": flag.code,
        "detail": flag.detail,
        "is_elsewhere": flag.is_elsewhere,
    }


def _refresh(sheets: set[int]) -> None:
    ids = sorted(sheets)
    for start in range(0, len(ids), ROUND):
        _refresh_round(ids[start : start + ROUND])


def _refresh_round(ids: list[int]) -> None:
    facts = inputs.read((Timesheet.state == State.SUBMITTED) & Timesheet.id.in_(ids), keep=True)
    stored: dict[int, list[tuple[Any, ...]]] = {}
    query = Flag.select(Flag.timesheet, Flag.revision, Flag.code, Flag.detail, Flag.is_elsewhere)
    for row in query.where(Flag.timesheet.in_(ids)).order_by(Flag.id).tuples():
        stored.setdefault(row[0], []).append(row)
    different, rows = [], []
    for sheet in facts.sheets:
        raised = [_columns(sheet, flag) for flag in rules.flags_of(sheet, facts)]
        if [tuple(row.values()) for row in raised] != stored.get(sheet.id, []):
            different.append(sheet.id)
            rows += raised
    if stored and different:
        Flag.delete().where(Flag.timesheet.in_(different)).execute()
    for start in range(0, len(rows), ROWS):
        Flag.insert_many(rows[start : start + ROWS]).execute()
