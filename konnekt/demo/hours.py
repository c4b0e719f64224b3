"""What somebody in the demonstration worked: an ordinary week, with what was out of the ordinary."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from konnekt.domain.timesheets import content
from konnekt.models import Assignment, BudgetNumber, ClosingDay, HourType, PayPeriod


class Extra(NamedTuple):
    """Hours on one day besides the ordinary week: its week in the period (0 is the first), its weekday."""

    week: int
    weekday: int
    minutes: int
    hour_type: str = "REG"
    remark: str = ""


@dataclass(frozen=True)
class Worked:
    """How a period differs from the ordinary: extra days, a budget number of one's own, a remark."""

    extra: tuple[Extra, ...] = ()
    budget: BudgetNumber | None = None
    remark: str = ""


@dataclass
class DemoGrid:
    """Makes the content of sheets."""

    hour_types: dict[str, int] = field(default_factory=dict)
    closed: set[date] = field(default_factory=set)

    @classmethod
    def read(cls) -> "DemoGrid":
        """With the hour types and closing days of the database."""
        return cls({row.code: row.id for row in HourType.select()}, {row.day for row in ClosingDay.select()})

    def content(
        self,
        of: Assignment,
        period: PayPeriod,
        week: tuple[int, ...],
        worked: Worked,
        until: date | None = None,
    ) -> content.Content:
        """A period of ordinary weeks and what was added to them, as far as until."""
        number = (worked.budget or of.budget_number).id
        lines: dict[tuple[str, date], dict[date, content.Cell]] = defaultdict(dict)
        for monday in self._mondays(period):
            for day, minutes in self._ordinary(monday, week):
                hour_type = "ORT75" if day in self.closed else "REG"
                lines[hour_type, monday][day] = content.Cell(day, minutes)
        for extra in worked.extra:
            monday = period.first_on + timedelta(weeks=extra.week)
            day = monday + timedelta(days=extra.weekday)
            lines[extra.hour_type, monday][day] = content.Cell(day, extra.minutes, extra.remark)
        return content.Content(
            tuple(
                content.Line(*monday.isocalendar()[:2], self.hour_types[code], number, tuple(in_time))
                for (code, monday), cells in sorted(lines.items(), key=lambda item: (item[0][1], item[0][0]))
                if (in_time := [cell for day, cell in sorted(cells.items()) if until is None or day <= until])
            ),
            remark=worked.remark,
        )

    def _mondays(self, period: PayPeriod) -> list[date]:
        weeks = ((period.last_on - period.first_on).days + 1) // 7
        return [period.first_on + timedelta(weeks=n) for n in range(weeks)]

    def _ordinary(self, monday: date, week: tuple[int, ...]) -> list[tuple[date, int]]:
        """The days of an ordinary week; what would fall on a closing day is made up for on a free one."""
        days = {monday + timedelta(days=n): minutes for n, minutes in enumerate(week) if minutes}
        if len(days) == len(week):
            return list(days.items())  # who works every day also works on closing days, with the surcharge
        free = [
            day
            for n in range(5)
            if (day := monday + timedelta(days=n)) not in days and day not in self.closed
        ]
        moved = {free.pop() if day in self.closed and free else day: minutes for day, minutes in days.items()}
        quarter = 15 * (monday.toordinal() // 7 % 3)
        return [(day, minutes + quarter) for day, minutes in moved.items() if day not in self.closed]
