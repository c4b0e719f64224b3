"""Budget numbers with what is used of them: approved and waiting hours, and what those cost."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from peewee import JOIN, SQL, Case, fn

from konnekt.domain.amounts import bill_rate
from konnekt.domain.budgets import counted
from konnekt.domain.budgets.counted import COUNTED
from konnekt.domain.budgets.raw_rows import rows
from konnekt.models import BudgetNumber, BudgetSum, Hour, HourType, State, Timesheet, TimesheetLine
from konnekt.models.compiled import tuples

__all__ = ["COUNTED", "PARTS_OF_A_CENT", "Budget", "add_kept", "read"]
# 1/10,000 euro per hour x minutes x percent, in a cent.
PARTS_OF_A_CENT = 100 * 60 * 100


@dataclass
class Budget:
    """A budget number; minutes and parts are counted only where there is a ceiling."""

    number: str
    ceiling_minutes: int | None
    ceiling_cents: int | None
    valid_from_on: date | None
    valid_until_on: date | None
    minutes: int = 0
    parts: int = 0

    @property
    def cents(self) -> int:
        """What the hours cost, rounded half up once."""
        return (2 * self.parts + PARTS_OF_A_CENT) // (2 * PARTS_OF_A_CENT)

    @property
    def is_limited(self) -> bool:
        return self.ceiling_minutes is not None or self.ceiling_cents is not None

    @property
    def is_over_minutes(self) -> bool:
        return self.ceiling_minutes is not None and self.minutes > self.ceiling_minutes

    @property
    def is_over_cents(self) -> bool:
        return self.ceiling_cents is not None and self.cents > self.ceiling_cents

    def is_valid(self, day: date) -> bool:
        """Whether hours of that day may stand on it."""
        return (self.valid_from_on or day) <= day <= (self.valid_until_on or day)


def read(
    condition: Any, *, also: Iterable[int] = (), only_approved: bool = False, keep: bool = False
) -> dict[int, Budget]:
    """The budget numbers of a condition by id, with what is approved or waits: one statement.

    One more for sheets that count also, though they don't wait yet, and where one with a ceiling was never
    counted. keep: count those for good, which only who holds the lock of the flags may.
    """
    budgets, uncounted = _with_sums(condition, only_approved)
    if uncounted and keep:
        counted.count(uncounted)
        budgets, uncounted = _with_sums(condition, only_approved)
    states = (State.APPROVED,) if only_approved else COUNTED
    if uncounted:
        _count_use({key: budgets[key] for key in uncounted}, Timesheet.state.in_(states))
    if sheets := list(also):
        _count_use(budgets, Timesheet.id.in_(sheets) & Timesheet.state.not_in(states))
    return budgets


def _with_sums(condition: Any, only_approved: bool) -> tuple[dict[int, Budget], list[int]]:
    """The numbers with the sums that are kept, and those with a ceiling of which none are."""
    columns = (
        BudgetNumber.number,
        BudgetNumber.ceiling_minutes,
        BudgetNumber.ceiling_cents,
        BudgetNumber.valid_from_on,
        BudgetNumber.valid_until_on,
    )
    approved = (BudgetSum.approved_minutes, BudgetSum.approved_parts)
    waiting = (BudgetSum.waiting_minutes, BudgetSum.waiting_parts)
    query = BudgetNumber.select(BudgetNumber.id, *columns, *approved, *waiting)
    query = query.join(BudgetSum, JOIN.LEFT_OUTER)
    budgets, uncounted = {}, []
    for key, *values, minutes, parts, waiting_minutes, waiting_parts in tuples(query.where(condition)):
        budget = budgets[key] = Budget(*values)
        if not budget.is_limited:
            continue
        if minutes is None:
            uncounted.append(key)
            continue
        budget.minutes = minutes + (0 if only_approved else waiting_minutes)
        if budget.ceiling_cents is not None:
            budget.parts = parts + (0 if only_approved else waiting_parts)
    return budgets, uncounted


def add_kept(budgets: dict[int, Budget], sheet: int) -> None:
    """Add what is used of those with a ceiling, and what a sheet (0: none) holds that does not count yet.

    One statement, none where no ceiling is.
    """
    limited = [key for key, budget in budgets.items() if budget.is_limited]
    for key, (minutes, parts) in counted.with_sheet(limited, sheet).items() if limited else ():
        budgets[key].minutes += minutes
        budgets[key].parts += parts if budgets[key].ceiling_cents is not None else 0


def _count_use(budgets: dict[int, Budget], counts: Any) -> None:
    """Add up what is used of those with a ceiling: one statement, none where no ceiling is."""
    if any(budget.is_limited for budget in budgets.values()):
        for key, rate, percent, minutes in rows(_used(budgets, counts)):
            budgets[key].minutes += int(minutes)
            budgets[key].parts += int(minutes) * (rate or 0) * percent


def _used(budgets: dict[int, Budget], counts: Any) -> Any:
    """Minutes per budget number with a ceiling, bill rate valid on the day, and multiplier."""
    limited = [key for key, budget in budgets.items() if budget.is_limited]
    priced = [key for key, budget in budgets.items() if budget.ceiling_cents is not None]
    return (
        Hour.select(
            TimesheetLine.budget_number,
            Case(None, [(TimesheetLine.budget_number.in_(priced), bill_rate())], 0).alias("rate"),
            HourType.multiplier_percent,
            fn.SUM(Hour.minutes),
        )
        .join(TimesheetLine)
        .join(HourType)
        .switch(TimesheetLine)
        .join(Timesheet)
        .where(TimesheetLine.budget_number.in_(limited) & counts)
        .group_by(TimesheetLine.budget_number, SQL("rate"), HourType.multiplier_percent)
    )
