"""What a sheet holds: lines and cells as they are entered, read, compared and written."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from peewee import JOIN, fn

from konnekt.domain.refused import Refused
from konnekt.models import Hour, InvoicedHour, PayrollHour, Timesheet, TimesheetLine


@dataclass(frozen=True)
class Cell:
    """One day of a line: minutes, a remark, or text that could not be read as hours yet."""

    day: date
    minutes: int = 0
    remark: str = ""
    typed: str = ""

    @property
    def is_empty(self) -> bool:
        return not (self.minutes or self.remark or self.typed)

    def plus(self, other: "Cell") -> "Cell":
        """Both in one cell."""
        if self.is_empty or other.is_empty:
            return other if self.is_empty else self
        if self.typed or other.typed:
            raise Refused("Some hours can't be read yet: put them right first.")
        remarks = dict.fromkeys(filter(None, (self.remark, other.remark)))
        return Cell(self.day, self.minutes + other.minutes, " · ".join(remarks))


class Key(NamedTuple):
    """What tells one line of a sheet from another; hour_type and budget_number are row ids."""

    iso_year: int
    iso_week: int
    hour_type: int
    budget_number: int


@dataclass(frozen=True)
class Line:
    """A grid row; id: the stored line that it was shown as, if any."""

    iso_year: int
    iso_week: int
    hour_type: int
    budget_number: int
    cells: tuple[Cell, ...] = ()
    id: int | None = None

    @property
    def key(self) -> Key:
        return Key(self.iso_year, self.iso_week, self.hour_type, self.budget_number)


@dataclass(frozen=True)
class Content:
    """All that somebody enters on one sheet; is_nil: no hours were worked, said explicitly."""

    lines: tuple[Line, ...] = ()
    remark: str = ""
    is_nil: bool = False

    @property
    def minutes(self) -> int:
        return sum(cell.minutes for line in self.lines for cell in line.cells)

    @property
    def has_hours(self) -> bool:
        return any(cell.minutes for line in self.lines for cell in line.cells)

    @property
    def is_blank(self) -> bool:
        """Whether nobody has entered anything on it."""
        cells_are_empty = all(cell.is_empty for line in self.lines for cell in line.cells)
        return cells_are_empty and not self.remark and not self.is_nil

    def minutes_per_day(self) -> dict[date, int]:
        """The minutes of all lines together, by day."""
        days: dict[date, int] = defaultdict(int)
        for line in self.lines:
            for cell in line.cells:
                days[cell.day] += cell.minutes
        return days

    def on_number(self, budget_number: int, instead_of: int | None = None) -> "Content":
        """The same on one budget number; instead_of: only what stands on that one moves.

        Cells that meet are added up, their remarks joined; Refused where one of them can't be read.
        """
        moved: dict[Key, dict[date, Cell]] = {}
        for line in self.lines:
            is_moved = instead_of in (None, line.budget_number)
            key = line.key._replace(budget_number=budget_number) if is_moved else line.key
            cells = moved.setdefault(key, {})
            for cell in line.cells:
                cells[cell.day] = cells[cell.day].plus(cell) if cell.day in cells else cell
        lines = tuple(Line(*key, cells=tuple(cells.values())) for key, cells in moved.items())
        return Content(lines, self.remark, self.is_nil)

    def is_like(self, other: "Content") -> bool:
        """Whether the two hold the same; the order of lines and empty cells don't matter."""
        return self._compared() == other._compared()

    def _compared(self) -> tuple[Any, ...]:
        cells = {line.key: {cell for cell in line.cells if not cell.is_empty} for line in self.lines}
        # Two lines of one key count twice on a page, though one of them is kept.
        return cells, self.minutes, self.remark, self.is_nil


@dataclass
class Stored:
    """The rows of a sheet: its content, and the ids of its lines and hours.

    left: lines whose hours were emptied but stay, because an invoice or a payroll batch once named them.
    """

    content: Content = field(default_factory=Content)
    lines: dict[Key, int] = field(default_factory=dict)
    hours: dict[tuple[Key, date], int] = field(default_factory=dict)
    left: set[Key] = field(default_factory=set)


def read(sheet: Timesheet) -> Stored:
    """The rows of a sheet in the order in which they were made: one statement."""
    query = (
        TimesheetLine.select(TimesheetLine, Hour)
        .join(Hour, JOIN.LEFT_OUTER, attr="hour")
        .where(TimesheetLine.timesheet == sheet)
        .order_by(TimesheetLine.iso_year, TimesheetLine.iso_week, TimesheetLine.id, Hour.day)
    )
    found = Stored()
    cells: dict[Key, list[Cell]] = {}
    for row in query:
        key = Key(row.iso_year, row.iso_week, row.hour_type_id, row.budget_number_id)
        found.lines[key] = row.id
        cells.setdefault(key, [])
        hour = getattr(row, "hour", None)
        if hour is not None and hour.id is not None:
            found.hours[key, hour.day] = hour.id
            cells[key].append(Cell(hour.day, hour.minutes, hour.remark, hour.typed))
    found.left = {key for key, row in cells.items() if row and all(cell.is_empty for cell in row)}
    lines = tuple(
        Line(*key, cells=tuple(row), id=found.lines[key])
        for key, row in cells.items()
        if key not in found.left
    )
    found.content = Content(lines, sheet.remark, sheet.is_nil)
    return found


def write(sheet: Timesheet, stored: Stored, wanted: Content) -> None:
    """Make the rows of the sheet what is wanted: only what differs is written."""
    now = {line.key: {cell.day: cell for cell in line.cells if not cell.is_empty} for line in wanted.lines}
    before = {
        (line.key, cell.day): cell
        for line in stored.content.lines
        for cell in line.cells
        if not cell.is_empty
    }
    lines = dict(stored.lines)
    for key in [key for key in now if key not in lines]:
        lines[key] = TimesheetLine.create(timesheet=sheet, sequence=sheet.sequence, **key._asdict()).id
    rows = [
        {
            "line": lines[key],
            "sequence": sheet.sequence,
            "day": day,
            "minutes": cell.minutes,
            "remark": cell.remark,
            "typed": cell.typed,
        }
        for key, cells in now.items()
        for day, cell in cells.items()
        if before.get((key, day)) != cell
    ]
    if rows:
        Hour.insert_many(rows).on_conflict(
            conflict_target=[Hour.line, Hour.day], preserve=[Hour.minutes, Hour.remark, Hour.typed]
        ).execute()
    _remove_hours([hour for (key, day), hour in stored.hours.items() if day not in now.get(key, {})])
    _remove_lines([line for key, line in stored.lines.items() if key not in now])


def _remove_hours(hours: list[int]) -> None:
    """Hours that an invoice or a payroll batch once named are emptied instead: that history stays."""
    if not hours:
        return
    named = [
        fn.EXISTS(link.select(link.id).where(link.hour == Hour.id)) for link in (InvoicedHour, PayrollHour)
    ]
    Hour.delete().where(Hour.id.in_(hours) & ~named[0] & ~named[1]).execute()
    Hour.update(minutes=0, remark="", typed="").where(Hour.id.in_(hours)).execute()


def _remove_lines(lines: list[int]) -> None:
    if lines:
        has_hours = fn.EXISTS(Hour.select(Hour.id).where(Hour.line == TimesheetLine.id))
        TimesheetLine.delete().where(TimesheetLine.id.in_(lines) & ~has_hours).execute()
