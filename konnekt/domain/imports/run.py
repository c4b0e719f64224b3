"""One import while it runs: the tables by key, and where rows of the files are complained about."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property, lru_cache, partial
from typing import Any

from konnekt.db import hold, one_moment
from konnekt.domain.imports import columns, grids, reading
from konnekt.domain.imports.files import ImportFile, key_of
from konnekt.domain.imports.grids import FileGrid
from konnekt.domain.imports.reading import FileRow
from konnekt.domain.imports.report import FileReport, Problem, Report, RowOutcome
from konnekt.domain.imports.rows import Rows
from konnekt.domain.records import audited
from konnekt.domain.refusals import N_, Invalid, Refused
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
# So many texts of a column are read once: the same come again and again.
CACHED_TEXTS = 10_000


class Run:
    """The tables as they will be, loaded when first asked for; all that is wrong goes to the report."""

    def __init__(self, report: Report, tell: Callable[[int, int], None], by: Account | None = None) -> None:
        self.report, self.tell, self.by = report, tell, by
        # What one person decides where there is no second: whose account, None for the agency.
        self.alone: list[Account | None] = []
        self.done = self.total = 0
        # Employee numbers of rows with an error: nobody may be found by them for that reason.
        self.doubtful_numbers: set[str] = set()
        # What was asked of timesheets and their links, which change while people work.
        self.asked: list[tuple[FileRow, str, Callable[[], None]]] = []
        # Whose hours these ask about.
        self.workers_asked: set[int] = set()
        self.files: dict[str, ImportFile] = {}
        # What hours.csv says (placed_hours.PlacedHours).
        self.hours: Any = None

    @cached_property
    def agency(self) -> Rows:
        return Rows(Agency, lambda row: (), Agency.select())

    @cached_property
    def organisations(self) -> Rows:
        return Rows(Organisation, lambda row: (row.code,), Organisation.select())

    @cached_property
    def budget_numbers(self) -> Rows:
        linked = self._linked(BudgetNumber, organisation=self.organisations)
        return Rows(BudgetNumber, lambda row: (row.organisation.code, row.number), linked)

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
        linked = self._linked(Right, account=self.people, organisation=self.organisations)
        return Rows(Right, lambda row: (row.account.email, row.organisation.code), linked)

    @cached_property
    def assignments(self) -> Rows:
        linked = self._linked(Assignment, worker=self.people, organisation=self.organisations)
        return Rows(Assignment, lambda row: (row.code,), linked)

    @cached_property
    def rates(self) -> Rows:
        linked = self._linked(Rate, assignment=self.assignments)
        return Rows(Rate, lambda row: (row.assignment.code, row.valid_from_on), linked)

    def _linked(self, model: Any, **tables: Rows) -> list[Any]:
        """The rows of the database with those that they refer to, by column."""
        rows = list(model.select())
        for row in rows:
            for name, table in tables.items():
                setattr(row, name, table.by_id[row.__data__[name]])
        return rows

    def table(self, file: ImportFile) -> Rows | None:
        return getattr(self, file.table) if file.table else None

    def load_all(self, files: Iterable[ImportFile]) -> None:
        """Load every table at one moment: none refers to a row that came later."""
        with one_moment():
            for file in files:
                self.table(file)

    def is_as_read(self) -> bool:
        """Whether the tables of records are still what they were when they were loaded."""
        return all(rows.is_as_read() for rows in self.__dict__.values() if isinstance(rows, Rows))

    def expect(self, files: Mapping[str, bytes | FileGrid]) -> None:
        """How many rows are to come, for who waits."""
        self.total = sum(
            len(one.rows) if isinstance(one, FileGrid) else one.count(b"\n") for one in files.values()
        )
        self.tell(0, self.total)

    def read(self, file: ImportFile, content: bytes | FileGrid) -> Iterator[FileRow]:
        """The rows of a file with their values; a wrong one has only those that could be read."""
        self.files[file.name] = file
        file_report = self.report.files[file.name] = FileReport(file.name)
        column_names, complain = tuple(file.columns), partial(self.wrong_at, file.name)
        if isinstance(content, FileGrid):
            texts = {name for name, read in file.all_columns.items() if columns.is_text(read)}
            table = grids.read(file.name, content, column_names, texts, complain)
        else:
            most = reading.MOST_PASSING if file.is_long else reading.MOST_LINES
            table = reading.read(file.name, content, column_names, complain, most)
        file_report.ignored_columns = [name for name in table.ignored_columns if name not in file.more]
        seen: dict[Hashable, int] = {}
        rows = self.table(file)
        reads = {name: lru_cache(CACHED_TEXTS)(read) for name, read in file.all_columns.items()}
        for row in table.rows:
            self._read_cells(reads, row)
            self.advance(1)
            if file.is_long:
                yield row
                continue
            key = key_of(file, row)
            if key is None:
                table.is_readable = False
                yield row
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
            yield row
        if rows is not None:
            rows.lines.update(seen)
            rows.is_complete = table.is_readable

    def advance(self, rows: int) -> None:
        """So many rows more were read, checked, or written: a part of the work each."""
        before, self.done = self.done, self.done + rows
        if self.done // STEPS_BETWEEN_TELLING != before // STEPS_BETWEEN_TELLING:
            self.tell_now()

    def tell_now(self) -> None:
        """Say how far it is."""
        self.tell(min(self.done // (2 if self.report.is_dry_run else 3), self.total), self.total)

    def _read_cells(self, reads: Mapping[str, Callable[[str], Any]], row: FileRow) -> None:
        for column, read in reads.items():
            if column not in row.cells:
                continue
            try:
                row.values[column] = read(row.cells[column])
            except Invalid as invalid:
                self.wrong(row, column, invalid.sentence, **invalid.values)

    @contextmanager
    def judging(self, row: FileRow, column: str = "") -> Iterator[None]:
        """What a rule refuses in here is an error of this row; column: where the rule names none."""
        try:
            yield
        except Refused as refusal:
            file = self.files[row.file]
            for fault in refusal.faults if isinstance(refusal, audited.Several) else [refusal]:
                place = file.column(getattr(fault, "field", "")) or column
                self.wrong(row, place, fault.sentence, **fault.values)
                rows = self.table(file)
                if place in file.key and rows is not None:
                    rows.is_complete = False

    def ask(self, row: FileRow, column: str, check: Callable[[], None]) -> None:
        """Ask a rule about timesheets: now, and once more under the locks before anything is written."""
        with self.judging(row, column):
            check()
        self.asked.append((row, column, check))

    def ask_again(self) -> None:
        """Ask these rules under the locks of who changes timesheets."""
        for worker in sorted(self.workers_asked):
            hold("worker", worker)
        if self.asked:
            hold("invoices")
        for row, column, check in self.asked:
            with self.judging(row, column):
                check()

    def wrong(self, row: FileRow, column: str, sentence: str, /, **values: Any) -> None:
        """An error in a cell of this row."""
        row.is_wrong = True
        self.wrong_at(row.file, row.line, column, sentence, **values)

    def wrong_at(self, file: str, line: int, column: str, sentence: str, /, **values: Any) -> None:
        """An error on a line of a file."""
        if file in self.report.files:
            self.report.files[file].outcomes[line] = RowOutcome.WRONG
        self.report.add_problem(Problem(file, line, column, sentence, values))

    def different(self, row: FileRow, column: str, sentence: str, /, **values: Any) -> None:
        """A row that is left as the database has it."""
        self.report.add_difference(Problem(row.file, row.line, column, sentence, values))

    def doubt(self, row: FileRow, column: str, sentence: str, /, **values: Any) -> None:
        """A row that may not be meant: it is imported, by who has read the sentence."""
        self.report.doubts.append(Problem(row.file, row.line, column, sentence, values))

    def is_news(self, row: FileRow) -> bool:
        """Whether this row is without errors, and new or changed."""
        outcome = self.report.files[row.file].outcomes.get(row.line)
        return not row.is_wrong and outcome in (RowOutcome.NEW, RowOutcome.CHANGED)

    def refer(
        self, row: FileRow, column: str, rows: Rows, key: Hashable, sentence: str, /, **values: Any
    ) -> Any:
        """The row that a cell names; None, with an error, where there is none.

        Where that row is itself wrong or unreadable, its own error says enough: this one is left out too.
        """
        referred = rows.by_key.get(key)
        if referred is None:
            row.is_wrong = True
            if rows.is_complete and key not in rows.wrong:
                self.wrong(row, column, sentence, **values)
        return referred

    def news(self, rows: list[FileRow]) -> Iterator[tuple[FileRow, Any]]:
        """The rows that are new or changed, with their records."""
        for row in rows:
            if self.is_news(row):
                file = self.files[row.file]
                yield row, self.table(file).by_key.get(key_of(file, row))  # type: ignore[union-attr]

    def other_codes(self, rows: Rows, record: Any) -> list[str]:
        """The codes of all other rows of a table."""
        return [row.code for row in rows.by_key.values() if row is not record]

    def organisation(self, row: FileRow) -> Any:
        """The organisation that a row names; None, with an error, where there is none."""
        code = row["organisation"]
        unknown = N_("the organisation %(code)s is unknown")
        organisations = self.organisations
        return self.refer(row, "organisation", organisations, (code,), unknown, code=code) if code else None

    def put(self, file: ImportFile, row: FileRow, **more: Any) -> Any:
        """Put a row into its table, checked as the form does, and note what becomes of it.

        more: what no rule of the record is about. Returns the record; None where the row is wrong.
        """
        rows, key = self.table(file), key_of(file, row)
        assert rows is not None and file.record is not None
        record = rows.by_key.get(key)
        typed = {file.names.get(column, column): value for column, value in row.values.items()}
        with self.judging(row):
            stored = record if record is not None and record.id is not None else None
            typed = file.record.checked(typed, stored)
        if row.is_wrong:
            rows.wrong.add(key)
            return None
        self.report.files[row.file].outcomes[row.line] = rows.put(key, typed | more)
        return rows.by_key[key]
