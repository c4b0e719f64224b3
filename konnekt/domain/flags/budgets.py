"""Budget numbers with what is used of them: approved and waiting hours, and what those cost."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from peewee import SQL, Case, fn

from konnekt.domain.flags.rows import as_optional_day, rows
from konnekt.models import BudgetNumber, Hour, HourType, Rate, State, Timesheet, TimesheetLine

COUNTED = (State.SUBMITTED, State.APPROVED)
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


def read(condition: Any, counts: Any = None) -> dict[int, Budget]:
    """The budget numbers of a condition by id: two statements.

    counts: the condition on Timesheet for the hours that count; without one, what is approved or waits.
    """
    columns = (
        BudgetNumber.number,
        BudgetNumber.ceiling_minutes,
        BudgetNumber.ceiling_cents,
        BudgetNumber.valid_from_on,
        BudgetNumber.valid_until_on,
    )
    found = {
        key: Budget(number, most_minutes, most_cents, as_optional_day(first_on), as_optional_day(last_on))
        for key, number, most_minutes, most_cents, first_on, last_on in rows(
            BudgetNumber.select(BudgetNumber.id, *columns).where(condition)
        )
    }
    count_use(found, counts)
    return found


def count_use(found: dict[int, Budget], counts: Any = None) -> None:
    """Add up what is used of those with a ceiling: one statement, none where no ceiling is."""
    if any(budget.is_limited for budget in found.values()):
        for key, rate, percent, minutes in rows(
            _used(found, Timesheet.state.in_(COUNTED) if counts is None else counts)
        ):
            found[key].minutes += int(minutes)
            found[key].parts += int(minutes) * (rate or 0) * percent


def bill_rate() -> Any:
    """The bill rate of an hour row's day, as an expression on Hour and Timesheet."""
    return (
        Rate.select(Rate.bill_rate)
        .where((Rate.assignment == Timesheet.assignment) & (Rate.valid_from_on <= Hour.day))
        .order_by(Rate.valid_from_on.desc())
        .limit(1)
    )


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
