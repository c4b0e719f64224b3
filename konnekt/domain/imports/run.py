"""One import while it runs: the tables by key, and where rows of the files are complained about."""

from collections.abc import Callable, Hashable, Iterable, Mapping
from functools import cached_property
from typing import Any, NamedTuple, Protocol

from konnekt.db import db
from konnekt.domain.imports import columns, grids, reading
from konnekt.domain.imports.columns import Columns
from konnekt.domain.imports.grids import Grid
from konnekt.domain.imports.reading import Row
from konnekt.domain.imports.report import FileReport, Outcome, Problem, Report
from konnekt.domain.imports.rows import Rows
from konnekt.domain.refused import N_, Invalid
from konnekt.models import (
    Account,
    Agency,
    Assignment,
    BudgetNumber,
    ClosingDay,
    HourType,
    Organisation,
    PayPeriod,
    Rate,
    Right,
)

STEPS_BETWEEN_TELLING = 3000


class Take(Protocol):
    """Checks the rows of one file and puts them into the tables of the run."""

    def __call__(self, run: "Run", rows: list[Row]) -> None: ...


class File(NamedTuple):
    """A file of an import set. table: the name of the run's table that its rows belong to.

    more: columns that a file may lack; then they stay as they are.
    """

    name: str
    key: tuple[str, ...]
    columns: Columns
    take: Take
    table: str = ""
    more: Columns = {}

    @property
    def all_columns(self) -> Columns:
        """Those that it must have and those that it may lack."""
        return {**self.columns, **self.more}


class Run:
    """The tables as they will be, loaded when first asked for; all that is wrong goes to the report."""

    def __init__(self, report: Report, tell: Callable[[int, int], None]) -> None:
        self.report = report
        self.tell = tell
        self.done = self.total = 0
        # Employee numbers of rows with an error: nobody may be found by them for that reason.
        self.doubtful_numbers: set[str] = set()
        # The mail addresses that people had, by the id of who has another one now.
        self.addresses: dict[int, str] = {}
        # What hours.csv plans (sheets.Sheet).
        self.sheets: list[Any] = []

    @cached_property
    def agency(self) -> Rows:
        return Rows(Agency, lambda row: (), Agency.select())

    @cached_property
    def organisations(self) -> Rows:
        return Rows(Organisation, lambda row: (row.code,), Organisation.select())

    @cached_property
    def budget_numbers(self) -> Rows:
        found = list(BudgetNumber.select())
        for row in found:
            row.organisation = self.organisations.by_id[row.organisation_id]
        return Rows(BudgetNumber, lambda row: (row.organisation.code, row.number), found)

    @cached_property
    def hour_types(self) -> Rows:
        return Rows(HourType, lambda row: (row.code,), HourType.select())

    @cached_property
    def closing_days(self) -> Rows:
        return Rows(ClosingDay, lambda row: (row.day,), ClosingDay.select())

    @cached_property
    def pay_periods(self) -> Rows:
        return Rows(
            PayPeriod,
            lambda row: (row.calendar, row.year, row.number),
            PayPeriod.select(),
            vacate=("first_on",),
        )

    @cached_property
    def people(self) -> Rows:
        return Rows(
            Account, lambda row: (row.email,), Account.select(), vacate=("username", "employee_number")
        )

    @cached_property
    def workers(self) -> dict[str, Any]:
        """People by employee number, as they are once people.csv is read."""
        return {row.employee_number: row for row in self.people.by_key.values() if row.employee_number}

    @cached_property
    def rights(self) -> Rows:
        found = list(Right.select())
        for row in found:
            row.account = self.people.by_id[row.account_id]
            row.organisation = self.organisations.by_id[row.organisation_id]
        return Rows(Right, lambda row: (row.account.email, row.organisation.code), found)

    @cached_property
    def assignments(self) -> Rows:
        found = list(Assignment.select())
        for row in found:
            row.worker = self.people.by_id[row.worker_id]
            row.organisation = self.organisations.by_id[row.organisation_id]
        return Rows(Assignment, lambda row: (row.code,), found)

    @cached_property
    def rates(self) -> Rows:
        found = list(Rate.select())
        for row in found:
            row.assignment = self.assignments.by_id[row.assignment_id]
        return Rows(Rate, lambda row: (row.assignment.code, row.valid_from_on), found)

    def table(self, file: File) -> Rows | None:
        return getattr(self, file.table) if file.table else None

    def known(self, file: File) -> set[Any]:
        """The keys of a file's table that the database has."""
        rows: Rows | None = self.table(file)
        return {key for key, row in rows.by_key.items() if row.id is not None} if rows else set()

    def load_all(self, files: Iterable[File]) -> None:
        """Load every table at one moment, so that none refers to a row that came later."""
        with db.atomic():
            for file in files:
                self.table(file)

    def expect(self, files: Mapping[str, bytes | Grid]) -> None:
        """How many rows are to come, for who waits."""
        self.total = sum(
            len(one.rows) if isinstance(one, Grid) else one.count(b"\n") for one in files.values()
        )
        self.tell(0, self.total)

    def read(self, file: File, content: bytes | Grid) -> list[Row]:
        """The rows of a file with their values; a wrong one has only those that could be read."""
        made = self.report.files[file.name] = FileReport(file.name)
        known, complain = tuple(file.columns), Complaints(self, file.name)
        if isinstance(content, Grid):
            texts = {name for name, read in file.all_columns.items() if columns.is_text(read)}
            table = grids.read(file.name, content, known, texts, complain)
        else:
            table = reading.read(file.name, content, known, complain)
        self.advance(len(table.rows))
        made.ignored_columns = [name for name in table.ignored_columns if name not in file.more]
        seen: dict[Hashable, int] = {}
        rows = self.table(file)
        for row in table.rows:
            self._read_cells(file, row)
            self.advance(1)
            key = key_of(file, row)
            if key is None:
                table.is_readable = False
                continue
            if rows is not None and row.is_wrong:
                rows.wrong.add(key)
            if seen.setdefault(key, row.line) != row.line and file.key:
                self.wrong(
                    row,
                    file.key[0],
                    N_("the same %(key)s as on line %(line)s"),
                    key=" + ".join(file.key),
                    line=seen[key],
                )
        if rows is not None:
            rows.lines.update(seen)
            rows.is_complete = table.is_readable
        return table.rows

    def advance(self, rows: int) -> None:
        """So many rows more were read, had their cells read, or were checked: a third of the work each."""
        before, self.done = self.done, self.done + rows
        if self.done // STEPS_BETWEEN_TELLING != before // STEPS_BETWEEN_TELLING:
            self.tell(min(self.done // 3, self.total), self.total)

    def _read_cells(self, file: File, row: Row) -> None:
        for column, read in file.all_columns.items():
            if column not in row.cells:
                continue
            try:
                row.values[column] = read(row.cells[column])
            except Invalid as invalid:
                self.wrong(row, column, invalid.sentence, **invalid.values)

    def wrong(self, row: Row, column: str, sentence: str, /, **values: Any) -> None:
        """An error in a cell of this row."""
        row.is_wrong = True
        self.wrong_at(row.file, row.line, column, sentence, **values)

    def wrong_at(self, file: str, line: int, column: str, sentence: str, /, **values: Any) -> None:
        """An error on a line of a file."""
        if file in self.report.files:
            self.report.files[file].outcomes[line] = Outcome.WRONG
        self.report.add_problem(Problem(file, line, column, sentence, values))

    def different(self, row: Row, column: str, sentence: str, /, **values: Any) -> None:
        """A row that is left as the database has it."""
        self.report.differences.append(Problem(row.file, row.line, column, sentence, values))

    def doubt(self, row: Row, column: str, sentence: str, /, **values: Any) -> None:
        """A row that may not be meant: it is imported, by who has read the sentence."""
        self.report.doubts.append(Problem(row.file, row.line, column, sentence, values))

    def is_news(self, row: Row) -> bool:
        """Whether this row is without errors, and new or changed."""
        made = self.report.files[row.file].outcomes.get(row.line)
        return not row.is_wrong and made in (Outcome.NEW, Outcome.CHANGED)

    def refer(self, row: Row, column: str, rows: Rows, key: Hashable, sentence: str, /, **values: Any) -> Any:
        """The row that a cell names; None, with an error, where there is none.

        Where that row is itself wrong or unreadable, its own error says enough: this one is left out too.
        """
        found = rows.by_key.get(key)
        if found is None:
            row.is_wrong = True
            if rows.is_complete and key not in rows.wrong:
                self.wrong(row, column, sentence, **values)
        return found

    def put(self, row: Row, rows: Rows, key: Hashable, values: dict[str, Any], **when_new: Any) -> None:
        """Put a row without errors into its table, and note what becomes of it."""
        if row.is_wrong:
            rows.wrong.add(key)
        else:
            self.report.files[row.file].outcomes[row.line] = rows.put(key, values, when_new)


class Complaints:
    """What the reader of a file tells its faults to."""

    def __init__(self, run: Run, file: str) -> None:
        self.run, self.file = run, file

    def __call__(self, line: int, column: str, sentence: str, /, **values: Any) -> None:
        self.run.wrong_at(self.file, line, column, sentence, **values)


def key_of(file: File, row: Row) -> tuple[Any, ...] | None:
    """The key of a row; None where one of its cells could not be read."""
    if any(column not in row.values for column in file.key):
        return None
    return tuple(row.values[column] for column in file.key)
