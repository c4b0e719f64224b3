"""The sums of budget numbers, kept: what waits and what is approved, and the share of each sheet in them.

Adding up a number's history took a second of each approval at a million sheets. Now a number is counted in
full when it is first asked for under the lock of the flags; from then on `update` puts the difference in,
in the transaction of each verb that changes hours (flags.changed calls it). Where more than some sheets
change (a rate, a multiplier, an import) `forget` lets it be counted anew. `drifted` compares, for a check.
"""

from collections.abc import Iterable
from typing import Any

from peewee import SQL, Case, fn

from konnekt.domain.amounts import bill_rate
from konnekt.models import (
    BudgetNumber,
    BudgetShare,
    BudgetSum,
    Hour,
    HourType,
    State,
    Timesheet,
    TimesheetLine,
)
from konnekt.models.compiled import compiled, listed, slot, tuples
from konnekt.models.inserting import insert

COUNTED = (State.SUBMITTED, State.APPROVED)
SUMS = ("waiting_minutes", "waiting_parts", "approved_minutes", "approved_parts")

Share = tuple[str, int, int]  # state, minutes, parts


def update(sheets: Iterable[int]) -> None:
    """Count these sheets again as they are now: one statement where nothing of it is counted or changed."""
    ids = list(sheets)
    stored: dict[tuple[int, int], Share] = {}
    now: dict[tuple[int, int], Share] = {}
    for is_now, sheet, number, state, minutes, parts in _shares_of(sheets=ids):
        (now if is_now else stored)[sheet, number] = (state, int(minutes), int(parts))
    changed = {key for key in stored.keys() | now.keys() if stored.get(key) != now.get(key)}
    if not changed:
        return
    touched = {sheet for sheet, _number in changed}
    BudgetShare.delete().where(BudgetShare.timesheet.in_(touched)).execute()
    insert(BudgetShare, [_row(key, share) for key, share in now.items() if key[0] in touched])
    for number in sorted({number for _sheet, number in changed}):
        sums = _added(share for key, share in now.items() if key[1] == number)
        before = _added(share for key, share in stored.items() if key[1] == number)
        differences = {
            name: getattr(BudgetSum, name) + sums[name] - before[name]
            for name in SUMS
            if sums[name] != before[name]
        }
        if differences:
            BudgetSum.update(differences).where(BudgetSum.budget_number == number).execute()


def count(numbers: Iterable[int]) -> None:
    """Count these in full, from all their hours; under the lock of the flags."""
    ids = list(numbers)
    shares = _in_full(ids)
    insert(BudgetShare, [_row(key, share) for key, share in shares.items()])
    insert(BudgetSum, [
        {"budget_number": number, **_added(share for key, share in shares.items() if key[1] == number)}
        for number in ids
    ])  # fmt: skip


def missing() -> list[int]:
    """The budget numbers with a ceiling that are not counted."""
    has_ceiling = BudgetNumber.ceiling_minutes.is_null(False) | BudgetNumber.ceiling_cents.is_null(False)
    is_counted = BudgetNumber.id.in_(BudgetSum.select(BudgetSum.budget_number))
    return [key for (key,) in tuples(BudgetNumber.select(BudgetNumber.id).where(has_ceiling & ~is_counted))]


def forget(condition: Any = None) -> None:
    """Let the numbers of a condition on BudgetNumber be counted anew when they are next asked for; or all."""
    for model in (BudgetShare, BudgetSum):
        query = model.delete()
        (query if condition is None else query.where(model.budget_number.in_(condition))).execute()


def with_sheet(numbers: list[int], sheet: int) -> dict[int, tuple[int, int]]:
    """Minutes and parts of these numbers, with a sheet (0: none) that does not count yet as it is stored.

    One statement, also where one of them was never counted.
    """
    used = dict.fromkeys(numbers, (0, 0))
    for *_, number, _state, minutes, parts in _with_sheet(numbers=numbers, sheet=sheet):
        used[number] = (used[number][0] + int(minutes), used[number][1] + int(parts))
    return used


@compiled
def _with_sheet() -> Any:
    """A grid asks at each save: adding up all hours of a number was a tenth of it, and grew with them."""
    kept = BudgetSum.select(
        SQL("0"),
        SQL("0"),
        BudgetSum.budget_number,
        SQL("''"),
        BudgetSum.approved_minutes + BudgetSum.waiting_minutes,
        BudgetSum.approved_parts + BudgetSum.waiting_parts,
    ).where(BudgetSum.budget_number.in_(listed("numbers")))
    number, is_counted = TimesheetLine.budget_number, BudgetSum.select(BudgetSum.budget_number)
    uncounted = BudgetNumber.select(BudgetNumber.id).where(
        BudgetNumber.id.in_(listed("numbers")) & BudgetNumber.id.not_in(is_counted)
    )
    is_own = (Timesheet.id == slot("sheet")) & number.in_(listed("numbers"))
    # Whether there are any is asked first: then no plan goes through all sheets to find none.
    of_uncounted = _now(fn.EXISTS(uncounted) & number.in_(uncounted))
    return kept.union_all(_of_sheets(is_own & Timesheet.state.not_in(COUNTED))).union_all(of_uncounted)


def drifted() -> list[int]:
    """The budget numbers whose sums are not what their hours say: none, unless a verb forgot one."""
    sums = {row[0]: dict(zip(SUMS, row[1:], strict=True)) for row in tuples(BudgetSum.select())}
    shares: dict[int, dict[int, Share]] = {}
    for _id, sheet, number, *columns in tuples(BudgetShare.select()):
        shares.setdefault(number, {})[sheet] = tuple(columns)
    now: dict[int, dict[int, Share]] = {}
    for (sheet, number), share in _in_full(list(sums)).items():
        now.setdefault(number, {})[sheet] = share
    return sorted(
        number
        for number in sums.keys() | shares.keys()
        if shares.get(number) != now.get(number) or sums.get(number) != _added(now.get(number, {}).values())
    )


def _row(key: tuple[int, int], share: Share) -> dict[str, Any]:
    state, minutes, parts = share
    return {"timesheet": key[0], "budget_number": key[1], "state": state, "minutes": minutes, "parts": parts}


def _added(shares: Iterable[Share]) -> dict[str, int]:
    sums = dict.fromkeys(SUMS, 0)
    for state, minutes, parts in shares:
        kind = "approved" if state == State.APPROVED else "waiting"
        sums[f"{kind}_minutes"] += minutes
        sums[f"{kind}_parts"] += parts
    return sums


def _in_full(numbers: list[int]) -> dict[tuple[int, int], Share]:
    rows = tuples(_now(TimesheetLine.budget_number.in_(numbers))) if numbers else ()
    return {
        (sheet, number): (state, int(minutes), int(parts)) for _, sheet, number, state, minutes, parts in rows
    }


@compiled
def _shares_of() -> Any:
    """The shares of some sheets as they are kept and as they are, of numbers that are counted."""
    stored = BudgetShare.select(
        SQL("0"),
        BudgetShare.timesheet,
        BudgetShare.budget_number,
        BudgetShare.state,
        BudgetShare.minutes,
        BudgetShare.parts,
    ).where(BudgetShare.timesheet.in_(listed("sheets")))
    is_counted = TimesheetLine.budget_number.in_(BudgetSum.select(BudgetSum.budget_number))
    return stored.union_all(_now(Timesheet.id.in_(listed("sheets")) & is_counted))


def _now(condition: Any) -> Any:
    """What each sheet that counts adds to each number, from its hours."""
    return _of_sheets(condition & Timesheet.state.in_(COUNTED))


def _of_sheets(condition: Any) -> Any:
    rate = fn.COALESCE(bill_rate(), 0).cast("bigint")
    parts = Case(None, [(Hour.minutes != 0, Hour.minutes * rate * HourType.multiplier_percent)], 0)
    return (
        Hour.select(
            SQL("1"),
            Timesheet.id,
            TimesheetLine.budget_number,
            Timesheet.state,
            fn.SUM(Hour.minutes).cast("bigint"),
            fn.SUM(parts).cast("bigint"),
        )
        .join(TimesheetLine)
        .join(HourType)
        .switch(TimesheetLine)
        .join(Timesheet)
        .where(condition)
        .group_by(Timesheet.id, TimesheetLine.budget_number, Timesheet.state)
    )
