"""Invullen: what a week, row or day holds, laid over the empty cells of others; one number for all rows."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from konnekt.domain.flags import inputs
from konnekt.domain.refusals import Conflict, Invalid
from konnekt.domain.timesheets import content, pattern, usual, warnings as timesheet_warnings
from konnekt.domain.timesheets.content import Key
from konnekt.domain.timesheets.empty_cells import EmptyCells, RowHours
from konnekt.domain.timesheets.entry import Row, Typed

FRIDAY = 4


@dataclass(frozen=True)
class Filling:
    """What is asked (FILLINGS), and what it is about: an ISO week, or one row of it by its token.

    number: the budget number (id) that all rows are to stand on.
    """

    what: str
    week: tuple[int, int] = (0, 0)
    row: str = ""
    number: int = 0


def fill(asked: Filling, cells: EmptyCells) -> int:
    """Fill in what is asked; returns how many cells were filled, or rows changed. Nothing is stored.

    What is typed stays, and empty_cells.py says which cells are left out. Conflict where the sheet can't
    change any more, or cells that meet can't be read; Invalid for another organisation's number, and where
    what is to be copied holds no hours.
    """
    if not cells.sheet.is_open:
        raise Conflict("This timesheet is approved: a supplementary timesheet corrects it.")
    weeks = {(week.iso_year, week.iso_week) for week in cells.weeks}
    if asked.week not in weeks if not asked.row else _chosen_row(asked, cells) is None:
        raise Invalid("This week is not in the period of this timesheet.", field="from")
    return FILLINGS[asked.what](asked, cells)


def _same(asked: Filling, cells: EmptyCells) -> int:
    """The week before, laid over this one: as far as it is in the period before, from the sheet of that."""
    row = _chosen_row(asked, cells)
    monday = date.fromisocalendar(*(row.key[:2] if row else asked.week), 1)
    before = monday - inputs.WEEK
    hours = [_hours_of(one) for one in cells.entry.rows if one.key[:2] == before.isocalendar()[:2]]
    if before < cells.sheet.period.first_on and (earlier := pattern.before(cells.sheet)):
        hours += [
            RowHours(line.hour_type, line.budget_number, {cell.day: cell.minutes for cell in line.cells})
            for line in content.read(earlier).content.lines
            if line.key[:2] == before.isocalendar()[:2]
        ]
    if row:
        hours = [one for one in hours if one[:2] == row.key[2:]]
    return sum(cells.lay(_moved(one, inputs.WEEK)) for one in hours)


def _rest(asked: Filling, cells: EmptyCells) -> int:
    """The chosen week or row, laid over all other weeks of the period."""
    filled = 0
    chosen = _chosen_with_hours(asked, cells)
    if not chosen:
        raise Invalid("No hours stand there yet: choose the week or line to copy.", field="from")
    for hours in [_hours_of(row) for row in chosen]:
        monday = inputs.monday(min(hours.minutes))
        for week in cells.weeks:
            shift = week.days[0].on - monday
            filled += cells.lay(_moved(hours, shift)) if shift else 0
    return filled


def _days(asked: Filling, cells: EmptyCells) -> int:
    """The first hours of the chosen week or row, else of the period, on all working days of it."""
    for row in (_chosen_with_hours(asked, cells) or _first_week(cells))[:1]:
        hours = _hours_of(row)
        minutes = hours.minutes[min(hours.minutes)]
        working_days = {day: minutes for day in cells.days if day.weekday() <= FRIDAY}
        return cells.lay(hours._replace(minutes=working_days))
    return 0


def _usual(_asked: Filling, cells: EmptyCells) -> int:
    """The worker's usual week, in all weeks of the period: one statement."""
    sheet = cells.sheet
    beside = timesheet_warnings.others(sheet.assignment, sheet.period, sheet.row.id if sheet.row else None)
    filled = 0
    for key, weekdays in usual.usual_week(beside.recent, cells.closing_days).items():
        days = {day: weekdays[day.weekday()] for day in cells.days if day.weekday() in weekdays}
        filled += cells.lay(RowHours(*key, days))
    return filled


def _number(asked: Filling, cells: EmptyCells) -> int:
    """All rows on one budget number; those that become one row are added up."""
    if asked.number not in {number.id for number in cells.offered.budget_numbers}:
        raise Invalid("Choose a budget number of this organisation.", field="number")
    entry = cells.entry
    changed = sum(1 for row in entry.rows if row.budget_number != asked.number)
    merged: dict[Key, Row] = {}
    for row in entry.rows:
        key = row.key._replace(budget_number=asked.number)
        there = merged.get(key)
        if there is None:
            merged[key] = replace(row, budget_number=asked.number, cells=dict(row.cells), refusal=None)
            continue
        for day, cell in row.cells.items():
            there.cells[day] = Typed.stored(there.at(day).cell().plus(cell.cell()))
    entry.rows = list(merged.values())
    return changed


FILLINGS: dict[str, Callable[[Filling, EmptyCells], int]] = {
    "same": _same,
    "rest": _rest,
    "days": _days,
    "usual": _usual,
    "number": _number,
}


def _chosen_row(asked: Filling, cells: EmptyCells) -> Row | None:
    return next((row for row in cells.entry.rows if asked.row and row.token == asked.row), None)


def _chosen_with_hours(asked: Filling, cells: EmptyCells) -> list[Row]:
    """The rows with hours of the week that was chosen, or the row itself."""
    rows = [row for row in cells.entry.rows if row.minutes]
    return [row for row in rows if asked.row == row.token or (not asked.row and asked.week == row.key[:2])]


def _first_week(cells: EmptyCells) -> list[Row]:
    """The rows with hours of the first week that has some."""
    rows = [row for row in cells.entry.rows if row.minutes]
    first = min((row.key[:2] for row in rows), default=None)
    return [row for row in rows if row.key[:2] == first]


def _hours_of(row: Row) -> RowHours:
    minutes = {cell.day: cell.minutes for cell in row.cells.values() if cell.minutes}
    return RowHours(row.hour_type, row.budget_number, minutes)


def _moved(hours: RowHours, shift: timedelta) -> RowHours:
    return hours._replace(minutes={day + shift: minutes for day, minutes in hours.minutes.items()})
