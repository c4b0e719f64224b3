"""The rows of hours.csv with all that they name, in some thirty bytes each: there may be millions of them."""

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import accumulate
from typing import Any, NamedTuple

from konnekt.models import State

FILE = "hours.csv"

# So many rows are looked at, and written, together: few enough that nobody waits long for a lock.
PORTION = 200

STATES = (State.DRAFT, State.SUBMITTED, State.APPROVED)


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
    """Rows by worker, assignment, period and place."""

    def __init__(self) -> None:
        self.workers, self.assignments, self.periods = _Numbered(), _Numbered(), _Numbered()
        self.hour_types, self.numbers = _Numbered(), _Numbered()
        # In one number worker, assignment and period (21, 22 and 20 bits), and day, hour type and number (22,
        # 19 and 22).
        self.sheets, self.places = array("q"), array("q")
        self.minutes, self.lines, self.states = array("h"), array("l"), array("b")
        self.remarks: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self.sheets)

    def add(
        self, line: int, of: tuple[Any, Any], at: tuple[Any, Any, date], minutes: int, remark: str, state: str
    ) -> None:
        """Add a row. of: assignment and period; at: hour type, budget number and day."""
        assignment, period = of
        hour_type, number, day = at
        if remark:
            self.remarks[len(self)] = remark
        worker = self.workers(assignment.worker)
        self.sheets.append(worker << 42 | self.assignments(assignment) << 20 | self.periods(period))
        self.places.append(day.toordinal() << 41 | self.hour_types(hour_type) << 22 | self.numbers(number))
        self.minutes.append(minutes)
        self.lines.append(line)
        self.states.append(STATES.index(State(state)))

    def portions(self) -> Iterator[list[FileSheet]]:
        """The sheets, some at a time, all those of a worker together; their rows as in the file."""
        order, ends = self._by_worker
        some: list[FileSheet] = []
        count = start = 0
        for end in ends:
            some += self._sheets(order[start:end])
            count, start = count + end - start, end
            if count >= PORTION:
                yield some
                some, count = [], 0
        if some:
            yield some

    @cached_property
    def _by_worker(self) -> "tuple[array[int], array[int]]":
        """The rows by worker, and where those of each end: sorting would take ten times the memory."""
        ends = array("l", bytes(8 * len(self.workers.things)))
        for of in self.sheets:
            ends[of >> 42] += 1
        ends = array("l", accumulate(ends))
        order, free = array("l", bytes(8 * len(self))), array("l", [0, *ends[:-1]])
        for row, of in enumerate(self.sheets):
            order[free[of >> 42]] = row
            free[of >> 42] += 1
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
        hour_type = self.hour_types.things[(place >> 22) & 0x7FFFF]
        number = self.numbers.things[place & 0x3FFFFF]
        at = SheetKey(hour_type.code, number.number, date.fromordinal(place >> 41))
        remark, state = self.remarks.get(row, ""), STATES[self.states[row]]
        return FileHour(self.lines[row], at, self.minutes[row], remark, state)
