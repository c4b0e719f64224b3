"""What a sheet holds: lines and cells as they are entered, read, compared and written."""

import re
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from peewee import JOIN, fn

from konnekt.db import db
from konnekt.domain.refusals import Conflict
from konnekt.models import Hour, InvoicedHour, PayrollHour, Timesheet, TimesheetLine
from konnekt.models.compiled import compiled, slot


class Cell(NamedTuple):
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
            raise Conflict("Some hours can't be read yet: put them right first.")
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

        Cells that meet are added up, their remarks joined; Conflict where one of them can't be read.
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
    stored = Stored()
    cells: dict[Key, list[Cell]] = {}
    key, row = Key(0, 0, 0, 0), list[Cell]()
    for line, iso_year, iso_week, hour_type, budget_number, hour, *cell in _rows(sheet=sheet.id):
        if stored.lines.get(key) != line:
            key = Key(iso_year, iso_week, hour_type, budget_number)
            stored.lines[key] = line
            row = cells[key] = []
        if hour is not None:
            row.append(Cell._make(cell))
            stored.hours[key, cell[0]] = hour
    stored.left = {key for key, row in cells.items() if row and all(cell.is_empty for cell in row)}
    lines = tuple(
        Line(*key, cells=tuple(row), id=stored.lines[key])
        for key, row in cells.items()
        if key not in stored.left
    )
    stored.content = Content(lines, sheet.remark, sheet.is_nil)
    return stored


@compiled
def _rows() -> Any:
    """A sheet's lines with their hours."""
    return (
        TimesheetLine.select(
            TimesheetLine.id, TimesheetLine.iso_year, TimesheetLine.iso_week, TimesheetLine.hour_type,
            TimesheetLine.budget_number, Hour.id, Hour.day, Hour.minutes, Hour.remark, Hour.typed,
        )
        .join(Hour, JOIN.LEFT_OUTER)
        .where(TimesheetLine.timesheet == slot("sheet"))
        .order_by(TimesheetLine.iso_year, TimesheetLine.iso_week, TimesheetLine.id, Hour.day)
    )  # fmt: skip


def write(sheet: Timesheet, stored: Stored, content: Content) -> None:
    """Make the rows of the sheet hold this content: only what differs is written."""
    now = {line.key: {cell.day: cell for cell in line.cells if not cell.is_empty} for line in content.lines}
    before = {
        (line.key, cell.day): cell
        for line in stored.content.lines
        for cell in line.cells
        if not cell.is_empty
    }
    lines = stored.lines | _add_lines(sheet, [key for key in now if key not in stored.lines])
    _put_hours(
        [
            (lines[key], sheet.sequence, *cell)
            for key, cells in now.items()
            for day, cell in cells.items()
            if before.get((key, day)) != cell
        ]
    )
    _remove_hours([hour for (key, day), hour in stored.hours.items() if day not in now.get(key, {})])
    _remove_lines([line for key, line in stored.lines.items() if key not in now])


def _add_lines(sheet: Timesheet, keys: list[Key]) -> dict[Key, int]:
    """The ids of these new lines: at most two statements, none for none."""
    if not keys:
        return {}
    TimesheetLine.insert_many(
        {"timesheet": sheet, "sequence": sheet.sequence, **key._asdict()} for key in keys
    ).execute()
    ids = {Key._make(columns): line for line, *columns in _lines_of(sheet=sheet.id)}
    return {key: ids[key] for key in keys}


@compiled
def _lines_of() -> Any:
    line = TimesheetLine
    columns = (line.id, line.iso_year, line.iso_week, line.hour_type, line.budget_number)
    return line.select(*columns).where(line.timesheet == slot("sheet"))


def _put_hours(rows: list[tuple[Any, ...]]) -> None:
    """Insert or change hours, in one statement whose text is that of one row, repeated.

    For the 140 cells of a period Peewee writes longer at that text (12 ms) than a database at the rows.
    """
    if not rows:
        return
    columns = (Hour.line, Hour.sequence, Hour.day, Hour.minutes, Hour.remark, Hour.typed)
    text, _ = (
        Hour.insert_many([rows[0]], columns)
        .on_conflict(conflict_target=[Hour.line, Hour.day], preserve=[Hour.minutes, Hour.remark, Hour.typed])
        .sql()
    )
    start, one, end = re.split(r"(?<=VALUES )(\(.*?\))", text, maxsplit=1)
    db.execute_sql(start + ", ".join([one] * len(rows)) + end, [value for row in rows for value in row])


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
