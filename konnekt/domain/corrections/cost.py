"""What a supplementary timesheet costs or moves, on the bill side: hours and euros per budget number."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from peewee import SQL, fn

from konnekt.domain import amounts
from konnekt.models import BudgetNumber, Hour, HourType, Timesheet, TimesheetLine


@dataclass
class CostShare:
    """What changes on one budget number: minutes, and cents without VAT."""

    number: str
    minutes: int = 0
    cents: int = 0


@dataclass
class Cost:
    """What a correction changes; is_priced: false where a day has no rate, so that there is no amount."""

    shares: dict[int, CostShare] = field(default_factory=dict)
    is_priced: bool = True

    @property
    def cents(self) -> int:
        """What it costs in all; below zero is money back."""
        return sum(share.cents for share in self.shares.values())

    @property
    def moved_cents(self) -> int:
        """What goes from one budget number to another where the whole costs nothing."""
        return sum(max(share.cents, 0) for share in self.shares.values())


def of(sheets: Iterable[int]) -> dict[int, Cost]:
    """Of these supplementary timesheets, rounded as an invoice's lines: one statement, none for none."""
    ids, costs = list(sheets), dict[int, Cost]()
    if not ids:
        return costs
    query = (
        Hour.select(
            TimesheetLine.timesheet,
            BudgetNumber.id,
            BudgetNumber.number,
            HourType.multiplier_percent,
            amounts.bill_rate().alias("rate"),
            fn.SUM(Hour.minutes),
        )
        .join(TimesheetLine)
        .join(HourType)
        .switch(TimesheetLine)
        .join(BudgetNumber)
        .switch(TimesheetLine)
        .join(Timesheet)
        .where(Timesheet.id.in_(ids))
        .group_by(
            TimesheetLine.timesheet, BudgetNumber.id, BudgetNumber.number, TimesheetLine.iso_year,
            TimesheetLine.iso_week, HourType.id, HourType.multiplier_percent, SQL("rate"),
        )
        .order_by(BudgetNumber.number)
    )  # fmt: skip
    for sheet, number, text, percent, rate, minutes in query.tuples():
        cost = costs.setdefault(sheet, Cost())
        share = cost.shares.setdefault(number, CostShare(text))
        share.minutes += int(minutes)
        cost.is_priced &= rate is not None
        share.cents += amounts.line_cents(int(minutes), amounts.price(rate or 0, percent).amount)
    return costs
