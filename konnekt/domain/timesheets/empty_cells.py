"""What of a grid may be filled in at once: empty cells of the period and the assignment, no closing day."""

from datetime import date
from typing import NamedTuple

from konnekt.domain.refusals import Invalid
from konnekt.domain.timesheets.content import Key
from konnekt.domain.timesheets.entry import MOST_ROWS, Entry, Row, Typed
from konnekt.domain.timesheets.grid import Choices, Sheet, Week, weeks_of
from konnekt.domain.units import DAY_MINUTES
from konnekt.models import ClosingDay


class RowHours(NamedTuple):
    """Hours to lay down on one hour type and budget number (ids): minutes by day."""

    hour_type: int
    budget_number: int
    minutes: dict[date, int]


class EmptyCells:
    """The cells of an entry that can be filled. What is typed stays, remarks and unreadable text too."""

    def __init__(
        self, entry: Entry, sheet: Sheet, closing_days: dict[date, ClosingDay], offered: Choices
    ) -> None:
        self.entry = entry
        self.sheet = sheet
        self.closing_days = closing_days
        self.offered = offered
        self.weeks: list[Week] = weeks_of(sheet.assignment, sheet.period, closing_days)
        self.days = {
            day.on
            for week in self.weeks
            for day in week.days
            if day.is_open and not day.is_outside and not day.closing
        }
        self._active = {kind.id for kind in offered.hour_types if kind.is_active}
        self._per_day = entry.minutes_per_day()

    def lay(self, hours: RowHours) -> int:
        """Fill what is empty; returns how many cells were. Hour types that are no longer used are left out,

        and what would bring a day over 24 hours. Invalid beyond the rows that a sheet may have.
        """
        if hours.hour_type not in self._active:
            return 0
        count = 0
        for day, minutes in sorted(hours.minutes.items()):
            if day not in self.days or not 0 < minutes <= DAY_MINUTES - self._per_day.get(day, 0):
                continue
            row = self._row(day, hours)
            if row.at(day).is_empty:
                row.cells[day] = Typed(day, minutes)
                self._per_day[day] = self._per_day.get(day, 0) + minutes
                count += 1
        return count

    def _row(self, day: date, hours: RowHours) -> Row:
        """The row of that week, hour type and number; a week's only row, while it is empty, becomes it."""
        iso_year, iso_week, _ = day.isocalendar()
        key = Key(iso_year, iso_week, hours.hour_type, hours.budget_number)
        there = [row for row in self.entry.rows if row.key[:2] == key[:2]]
        same = next((row for row in there if row.key == key), None)
        if same is not None:
            return same
        if len(there) == 1 and there[0].is_empty:
            there[0].hour_type, there[0].budget_number = hours.hour_type, hours.budget_number
            return there[0]
        if len(self.entry.rows) >= MOST_ROWS:
            raise Invalid("A timesheet has at most %(count)s lines.", field="row", count=MOST_ROWS)
        return self.entry.add(Row("", *key))
