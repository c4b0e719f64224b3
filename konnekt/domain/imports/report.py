"""What an import found and did, apart from how it is printed: per file, per line, with every error."""

from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from typing import Any

MOST_PROBLEMS = 1000
LONGEST_SHOWN = 60


class Outcome(StrEnum):
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


@dataclass
class FileReport:
    """One file: the outcome of each row by its line, and the columns that nobody knows."""

    name: str
    outcomes: dict[int, Outcome] = field(default_factory=dict)
    ignored_columns: list[str] = field(default_factory=list)

    def count(self, outcome: Outcome) -> int:
        return sum(1 for one in self.outcomes.values() if one == outcome)

    def spans(self, outcome: Outcome) -> list[tuple[int, int]]:
        """The lines with this outcome, in order: the first and the last of each that follow one another."""
        found: list[tuple[int, int]] = []
        for line in sorted(line for line, made in self.outcomes.items() if made == outcome):
            if found and found[-1][1] == line - 1:
                found[-1] = (found[-1][0], line)
            else:
                found.append((line, line))
        return found


@dataclass
class Report:
    """The whole run. problems: why nothing was imported; differences: rows that were left as they are.

    doubts: what is imported, and may not be meant.
    """

    is_dry_run: bool = False
    files: dict[str, FileReport] = field(default_factory=dict)
    ignored_files: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    differences: list[Problem] = field(default_factory=list)
    doubts: list[Problem] = field(default_factory=list)
    unlisted_problems: int = 0
    most_problems: int = MOST_PROBLEMS

    @property
    def effect(self) -> str:
        """What becomes of every row, in short: the same where two runs would do the same."""
        rows = [
            f"{file.name}:{line}:{made}"
            for file in self.files.values()
            for line, made in file.outcomes.items()
        ]
        return sha256("\n".join(sorted(rows)).encode()).hexdigest()

    @property
    def is_ok(self) -> bool:
        return not self.problems

    @property
    def problem_count(self) -> int:
        return len(self.problems) + self.unlisted_problems

    def count(self, outcome: Outcome) -> int:
        return sum(file.count(outcome) for file in self.files.values())

    def add_problem(self, problem: Problem) -> None:
        """List it, or only count it when the list is full."""
        if len(self.problems) < self.most_problems:
            self.problems.append(problem)
        else:
            self.unlisted_problems += 1

    def sort(self) -> None:
        """What is listed in the order of the files and their lines."""
        order = {name: position for position, name in enumerate(self.files)}
        for found in (self.problems, self.differences, self.doubts):
            found.sort(key=lambda one: (order.get(one.file, -1), one.line))
