"""What an import found and did, apart from how it is printed: per file, per line, with every error."""

from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Any

MOST_PROBLEMS = 1000
# What is only told, and of which the first are enough on any screen.
MOST_TOLD = 5000
LONGEST_SHOWN = 60


class RowOutcome(StrEnum):
    """What becomes of one row; different: the database stays as it is, and the report says so."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    DIFFERENT = "different"
    WRONG = "wrong"


def shown(text: object) -> str:
    """Foreign text in a message: cut, and without characters that a terminal would act upon."""
    plain = "".join(
        letter if letter.isprintable() else _escaped(letter) for letter in str(text)[: LONGEST_SHOWN + 1]
    )
    return plain if len(plain) <= LONGEST_SHOWN else plain[: LONGEST_SHOWN - 1] + "…"


def _escaped(letter: str) -> str:
    if "\udc80" <= letter <= "\udcff":  # a byte that was no UTF-8
        return f"\\x{ord(letter) - 0xDC00:02x}"
    return ascii(letter)[1:-1]


@dataclass(frozen=True)
class Problem:
    """One line of the report: where, and a sentence with %(name)s values that a screen can translate."""

    file: str
    line: int
    column: str
    sentence: str
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def what(self) -> str:
        values = {
            name: value if isinstance(value, int) else shown(value) for name, value in self.values.items()
        }
        return self.sentence % values if values else self.sentence

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return ": ".join(part for part in (place, self.column, self.what) if part)


@dataclass(frozen=True)
class FieldChange:
    """A column of a row that becomes another. name, before, after: as an event has them."""

    file: str
    line: int
    column: str
    name: str
    before: Any
    after: Any


CODES = dict(enumerate(RowOutcome, 1))
OUTCOMES = {outcome: code for code, outcome in CODES.items()}


class Outcomes(MutableMapping[int, RowOutcome]):
    """What becomes of each row by its line, in one byte: there may be millions."""

    def __init__(self) -> None:
        self.bytes = bytearray()

    def __getitem__(self, line: int) -> RowOutcome:
        code = self.bytes[line] if line < len(self.bytes) else 0
        if not code:
            raise KeyError(line)
        return CODES[code]

    def __setitem__(self, line: int, outcome: RowOutcome) -> None:
        if line >= len(self.bytes):
            self.bytes.extend(bytes(line + 1 - len(self.bytes)))
        self.bytes[line] = OUTCOMES[outcome]

    def __delitem__(self, line: int) -> None:
        self.bytes[line] = 0

    def __iter__(self) -> Iterator[int]:
        return (line for line, code in enumerate(self.bytes) if code)

    def __len__(self) -> int:
        return len(self.bytes) - self.bytes.count(0)

    def count(self, outcome: RowOutcome) -> int:
        return self.bytes.count(OUTCOMES[outcome])

    def spans(self, outcome: RowOutcome) -> Iterator[tuple[int, int]]:
        """The lines with this outcome, in order: the first and the last of each that follow one another."""
        byte, end = bytes([OUTCOMES[outcome]]), 0
        while (start := self.bytes.find(byte, end)) >= 0:
            end = start
            while end < len(self.bytes) and self.bytes[end] == byte[0]:
                end += 1
            yield start, end - 1


@dataclass
class FileReport:
    """One file: the outcome of each row by its line, and the columns that nobody knows."""

    name: str
    outcomes: Outcomes = field(default_factory=Outcomes)
    ignored_columns: list[str] = field(default_factory=list)

    def count(self, outcome: RowOutcome) -> int:
        return self.outcomes.count(outcome)


@dataclass
class Report:
    """The whole run. problems: why nothing was imported; differences: rows that were left as they are.

    doubts: what is imported, and may not be meant. changes: each column that becomes another. Of differences
    and changes the first are listed, and all are counted.
    """

    is_dry_run: bool = False
    files: dict[str, FileReport] = field(default_factory=dict)
    ignored_files: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    differences: list[Problem] = field(default_factory=list)
    doubts: list[Problem] = field(default_factory=list)
    changes: list[FieldChange] = field(default_factory=list)
    unlisted_problems: int = 0
    most_problems: int = MOST_PROBLEMS
    difference_count: int = 0
    change_count: int = 0
    _changes: Any = field(default_factory=sha256)

    @property
    def effect(self) -> str:
        """What becomes of every row, in short: the same where two runs would do the same."""
        of_all = self._changes.copy()
        for name, file in sorted(self.files.items()):
            of_all.update(name.encode() + file.outcomes.bytes)
        return str(of_all.hexdigest()[:32])

    @property
    def is_ok(self) -> bool:
        return not self.problems

    @property
    def problem_count(self) -> int:
        return len(self.problems) + self.unlisted_problems

    def count(self, outcome: RowOutcome) -> int:
        return sum(file.count(outcome) for file in self.files.values())

    def afresh(self) -> "Report":
        """One to begin again with: it knows what was wrong before any file was read."""
        return Report(
            self.is_dry_run, ignored_files=self.ignored_files, problems=list(self.problems),
            most_problems=self.most_problems,
        )  # fmt: skip

    def add_difference(self, difference: Problem) -> None:
        """A row that is left as it is."""
        self.difference_count += 1
        if len(self.differences) < MOST_TOLD:
            self.differences.append(difference)

    def add_change(self, change: FieldChange) -> None:
        """A column that becomes another."""
        self.change_count += 1
        self._changes.update(repr(change).encode())
        if len(self.changes) < MOST_TOLD:
            self.changes.append(change)

    def add_problem(self, problem: Problem) -> None:
        """List it, or only count it when the list is full."""
        if len(self.problems) < self.most_problems:
            self.problems.append(problem)
        else:
            self.unlisted_problems += 1

    def sort(self) -> None:
        """What is listed in the order of the files and their lines."""
        order = {name: position for position, name in enumerate(self.files)}
        listed: tuple[list[Any], ...] = (self.problems, self.differences, self.doubts, self.changes)
        for entries in listed:
            entries.sort(key=lambda one: (order.get(one.file, -1), one.line))
