"""The rows of hours.csv with all that they name, in some thirty bytes each: there may be millions of them."""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

from konnekt.models import State

FILE = "hours.csv"

# So many rows are looked at, and written, together: few enough that nobody waits long for a lock (60 ms).
PORTION = 1000

STATES = (State.DRAFT, State.SUBMITTED, State.APPROVED)
NUMBERS_OF_STATES: dict[str, int] = {state: number for number, state in enumerate(STATES)}


class SheetKey(NamedTuple):
    """Where hours stand in a sheet: codes, since a new row of those tables has no id yet."""

    hour_type: str
    budget_number: str
    day: date


class FileHour(NamedTuple):
    """A row: its line, where its hours stand, and what it says of its sheet's state."""

    line: int
    place: SheetKey
    minutes: int
    remark: str
    state: State


@dataclass
class FileSheet:
    """A sheet of the file. stored: the one in the database; cells: its hours; put: what the file changes."""

    assignment: Any
    period: Any
    rows: list[FileHour] = field(default_factory=list)
    stored: Any = None
    is_locked: bool = False
    cells: dict[SheetKey, "HoursCell"] = field(default_factory=dict)
    put: dict[SheetKey, "HoursCell"] = field(default_factory=dict)

    @cached_property
    def worker(self) -> Any:
        """Whose hours these are."""
        return self.assignment.worker

    @property
    def state(self) -> State:
        """As its first row says."""
        return self.rows[0].state

    @property
    def may_change(self) -> bool:
        return self.stored is None or (self.stored.state == State.DRAFT and not self.is_locked)

    @property
    def minutes(self) -> int:
        return sum(cell.minutes for cell in {**self.cells, **self.put}.values())


@dataclass
class HoursCell:
    """What a place holds. typed: text of a draft that could not be read as hours."""

    minutes: int
    remark: str = ""
    typed: str = ""
    id: int | None = None
    line: int | None = None

    @property
    def is_empty(self) -> bool:
        return not (self.minutes or self.remark or self.typed)


class _Numbered:
    """Things by the order in which they came."""

    def __init__(self) -> None:
        self.things: list[Any] = []
        self._numbers: dict[int, int] = {}

    def __call__(self, thing: Any) -> int:
        number = self._numbers.setdefault(id(thing), len(self.things))
        if number == len(self.things):
            self.things.append(thing)
        return number


class PlacedHours:
    """Rows as they come, in numbers; `portions` gives them by period and worker."""

    def __init__(self) -> None:
        self.workers, self.assignments, self.periods = _Numbered(), _Numbered(), _Numbered()
        self.hour_types, self.numbers = _Numbered(), _Numbered()
        # In one number worker, assignment and period (21, 22 and 20 bits), and day, hour type and number (22,
        # 19 and 22).
        self.sheets, self.places = array("q"), array("q")
        self.minutes, self.lines, self.states = array("h"), array("l"), array("b")
        self.remarks: dict[int, str] = {}
        # The part of such a number that an assignment gives, and an hour type with a budget number, by the
        # id() of what _Numbered keeps.
        self._of_assignments: dict[int, int] = {}
        self._of_lines: dict[tuple[int, int], int] = {}
        # And the other way round the codes of the last.
        self._codes: dict[int, tuple[str, str]] = {}

    def __len__(self) -> int:
        return len(self.sheets)

    @property
    def is_large(self) -> bool:
        """Whether it is more than one portion."""
        return len(self) > PORTION

    def add(
        self, line: int, of: tuple[Any, Any], at: tuple[Any, Any, date], minutes: int, remark: str, state: str
    ) -> None:
        """Add a row. of: assignment and period; at: hour type, budget number and day."""
        assignment, period = of
        hour_type, number, day = at
        if remark:
            self.remarks[len(self)] = remark
        of_assignment = self._of_assignments.get(id(assignment))
        if of_assignment is None:
            of_assignment = self.workers(assignment.worker) << 42 | self.assignments(assignment) << 20
            self._of_assignments[id(assignment)] = of_assignment
        of_line = self._of_lines.get((id(hour_type), id(number)))
        if of_line is None:
            of_line = self.hour_types(hour_type) << 22 | self.numbers(number)
            self._of_lines[id(hour_type), id(number)] = of_line
        self.sheets.append(of_assignment | self.periods(period))
        self.places.append(day.toordinal() << 41 | of_line)
        self.minutes.append(minutes)
        self.lines.append(line)
        self.states.append(NUMBERS_OF_STATES[state])

    def portions(self) -> Iterator[list[FileSheet]]:
        """The sheets, some at a time, with all of a worker that may share a day; rows as in the file."""
        order, ends = self._in_order
        start = 0
        for end in ends:
            if end - start >= PORTION or end == len(order):
                yield list(self._sheets(order[start:end]))
                start = end

    @cached_property
    def _in_order(self) -> "tuple[array[int], array[int]]":
        """The rows by period and worker, and where those of each end; sort() would take ten times the memory.

        Period after period, as hours come in by themselves. Worker after worker each row came to another page
        of the index of days and each sheet to others of four indexes of periods: at 20,000 sheets the
        database was written eight times as much. Who has periods of two calendars, which may overlap, comes
        first with all of them.
        """
        periods = self.periods.things
        by_day = sorted(range(len(periods)), key=lambda number: periods[number].first_on)
        places = {number: place for place, number in enumerate(by_day, 1)}
        calendars = {(of >> 42, periods[of & 0xFFFFF].calendar) for of in self.sheets}
        of_two = {worker for worker, times in Counter(one for one, _ in calendars).items() if times > 1}
        workers = array("l", (of >> 42 for of in self.sheets))
        times = array("l", (0 if of >> 42 in of_two else places[of & 0xFFFFF] for of in self.sheets))
        order = _by(times, _by(workers, range(len(self))))
        ends = array("l", (
            at for at, (row, after) in enumerate(pairwise(order), 1)
            if workers[row] != workers[after] or times[row] != times[after]
        ))  # fmt: skip
        if order:
            ends.append(len(order))
        return order, ends

    def _sheets(self, rows: "array[int]") -> Iterable[FileSheet]:
        sheets: dict[int, FileSheet] = {}
        for row in rows:
            of = self.sheets[row]
            if of not in sheets:
                assignment, period = (of >> 20) & 0x3FFFFF, of & 0xFFFFF
                sheets[of] = FileSheet(self.assignments.things[assignment], self.periods.things[period])
            sheets[of].rows.append(self._row(row))
        return sheets.values()

    def _row(self, row: int) -> FileHour:
        place = self.places[row]
        codes = self._codes.get(place & 0x1FFFFFFFFFF)
        if codes is None:
            hour_type = self.hour_types.things[(place >> 22) & 0x7FFFF]
            codes = hour_type.code, self.numbers.things[place & 0x3FFFFF].number
            self._codes[place & 0x1FFFFFFFFFF] = codes
        at = SheetKey(*codes, date.fromordinal(place >> 41))
        remark, state = self.remarks.get(row, ""), STATES[self.states[row]]
        return FileHour(self.lines[row], at, self.minutes[row], remark, state)


def _by(keys: "array[int]", rows: Iterable[int]) -> "array[int]":
    """These rows in the order of their keys, which are small numbers; those of one key as they came."""
    free = array("l", bytes(8 * (max(keys, default=0) + 2)))
    for key in keys:
        free[key + 1] += 1
    free = array("l", accumulate(free))
    placed = array("l", bytes(8 * len(keys)))
    for row in rows:
        placed[free[keys[row]]] = row
        free[keys[row]] += 1
    return placed
