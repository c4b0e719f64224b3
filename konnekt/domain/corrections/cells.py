"""The cells in which a correction is typed: what stands there, and what stood there before."""

from dataclasses import dataclass, field
from datetime import date

from konnekt.domain.corrections.case import Case
from konnekt.domain.timesheets import entry as timesheet_entry, grid as timesheet_grid
from konnekt.models import BudgetNumber, ClosingDay, HourType


@dataclass
class CorrectionGrid:
    """The cells of a correction: the weeks with their rows, what can be chosen, what stood there."""

    case: Case
    entry: timesheet_entry.Entry
    weeks: list[timesheet_grid.Week]
    hour_types: list[HourType]
    budget_numbers: list[BudgetNumber]
    closing_days: dict[date, ClosingDay] = field(default_factory=dict)

    @property
    def names(self) -> dict[int, HourType]:
        """The hour types by row number."""
        return {kind.id: kind for kind in self.hour_types}

    @property
    def numbers(self) -> dict[int, BudgetNumber]:
        """The budget numbers by row number."""
        return {number.id: number for number in self.budget_numbers}

    def is_row_fixed(self, row: timesheet_entry.Row) -> bool:
        """Whether the row is a line of the sheets, and so not to be chosen."""
        return row.key in self.case.minutes

    def was(self, row: timesheet_entry.Row, day: date) -> int | None:
        """The minutes that stood in a cell; None where they stay what they are."""
        before = self.case.minutes.get(row.key, {}).get(day, 0)
        return before if before != row.at(day).minutes else None


def grid(case: Case, entry: timesheet_entry.Entry) -> CorrectionGrid:
    """The grid of what was typed: three statements."""
    original = case.original
    period = original.pay_period
    in_period = ClosingDay.day.between(period.first_on, period.last_on)
    closing = {one.day: one for one in ClosingDay.select().where(in_period)}
    weeks = timesheet_grid.weeks_of(original.assignment, period, closing)
    for week in weeks:
        week.rows = [
            row for row in entry.rows if (row.iso_year, row.iso_week) == (week.iso_year, week.iso_week)
        ]
    on_it = {key.hour_type for key in case.minutes}
    kinds = HourType.select().where(HourType.is_active | HourType.id.in_(on_it)).order_by(HourType.id)
    numbers = BudgetNumber.select().where(BudgetNumber.organisation == original.organisation_id)
    return CorrectionGrid(
        case, entry, weeks, list(kinds), list(numbers.order_by(BudgetNumber.number)), closing
    )


def add_row(case: Case, entry: timesheet_entry.Entry, iso_year: int, iso_week: int) -> None:
    """Add a line to a week: on the assignment's budget number, else that of its first line."""
    number = case.original.assignment.budget_number_id
    number = number or next((key.budget_number for key in case.minutes), 0)
    taken = {row.hour_type for row in entry.rows
             if (row.iso_year, row.iso_week, row.budget_number) == (iso_year, iso_week, number)}  # fmt: skip
    active = [
        kind.id for kind in HourType.select(HourType.id).where(HourType.is_active).order_by(HourType.id)
    ]
    kind = next((one for one in active if one not in taken), active[0] if active else 0)
    entry.add(timesheet_entry.Row("", iso_year, iso_week, kind, number))
