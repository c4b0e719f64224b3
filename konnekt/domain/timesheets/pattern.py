"""Vorige periode overnemen: the pattern of the sheet before, laid over this one's empty cells."""

from datetime import date, timedelta

from konnekt.domain.flags import inputs
from konnekt.domain.refusals import Conflict
from konnekt.domain.timesheets import content
from konnekt.domain.timesheets.content import Line
from konnekt.domain.timesheets.entry import Entry, Row, Typed
from konnekt.domain.timesheets.grid import Choices, Sheet, weeks_of
from konnekt.models import ClosingDay, PayPeriod, Timesheet


def before(sheet: Sheet) -> Timesheet | None:
    """The latest earlier original of the assignment that holds hours, with its period: one statement."""
    earlier: Timesheet | None = (
        Timesheet.select(Timesheet, PayPeriod)
        .join(PayPeriod)
        .where(
            (Timesheet.assignment == sheet.assignment)
            & (Timesheet.sequence == 0)
            & (Timesheet.minutes > 0)
            & (PayPeriod.first_on < sheet.period.first_on)
        )
        .order_by(PayPeriod.first_on.desc())
        .first()
    )
    return earlier


def take_over(entry: Entry, sheet: Sheet, closing_days: dict[date, ClosingDay], offered: Choices) -> int:
    """Copy weekday by weekday, week by week; returns how many cells were filled.

    What is typed stays; closing days, days outside the period or the assignment, and hour types that are
    no longer used are left out. Conflict where there is no sheet before.
    """
    earlier = before(sheet)
    if earlier is None:
        raise Conflict("There is no timesheet before this one to take over.")
    shift = inputs.monday(sheet.period.first_on) - inputs.monday(earlier.pay_period.first_on)
    weeks = weeks_of(sheet.assignment, sheet.period, closing_days)
    open_days = {
        day.on
        for week in weeks
        for day in week.days
        if day.is_open and not day.is_outside and not day.closing
    }
    active = {kind.id for kind in offered.hour_types if kind.is_active}
    # An empty row that only fills up the page makes way for the rows of the pattern.
    entry.rows = [row for row in entry.rows if row.line or not row.is_empty]
    return sum(
        _lay(entry, line, shift, open_days)
        for line in content.read(earlier).content.lines
        if line.hour_type in active
    )


def _lay(entry: Entry, line: Line, shift: timedelta, open_days: set[date]) -> int:
    minutes_by_day = {cell.day + shift: cell.minutes for cell in line.cells if cell.minutes > 0}
    minutes_by_day = {day: minutes for day, minutes in minutes_by_day.items() if day in open_days}
    if not minutes_by_day:
        return 0
    iso_year, iso_week, _ = next(iter(minutes_by_day)).isocalendar()
    new = Row("", iso_year, iso_week, line.hour_type, line.budget_number)
    row = next((row for row in entry.rows if row.key == new.key), None) or entry.add(new)
    filled = [day for day in minutes_by_day if row.at(day).is_empty]
    for day in filled:
        row.cells[day] = Typed(day, minutes_by_day[day])
    return len(filled)
