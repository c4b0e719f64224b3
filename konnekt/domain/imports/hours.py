"""hours.csv: the original timesheets of the back office, a row per day, hour type and budget number.

A sheet's state counts only when the import makes the sheet. Later it changes the hours of drafts; every other
difference is reported and left (data of invoiced and exported sheets never changes).

Everything is judged first, without a lock. Then portion after portion is written: each is judged once more
under its locks, and a sheet that somebody changed meanwhile is left and told of.
"""

import logging
import secrets
import time
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from peewee import IntegrityError, SqliteDatabase

from konnekt.db import db, hold, hold_each, is_waited_for, transaction
from konnekt.domain import flags
from konnekt.domain.imports import columns, foreseen, sheets
from konnekt.domain.imports.assignments import budget_number
from konnekt.domain.imports.columns import optional
from konnekt.domain.imports.files import ImportFile
from konnekt.domain.imports.placed_hours import FILE, PORTION, FileSheet, PlacedHours
from konnekt.domain.imports.reading import FileRow
from konnekt.domain.imports.report import Problem, RowOutcome
from konnekt.domain.imports.run import Run
from konnekt.domain.refusals import N_, Conflict
from konnekt.models import Assignment, PayPeriod, State
from konnekt.models.compiled import compiled, listed

log = logging.getLogger(__name__)

# Between two portions, in seconds: so long SQLite's lock is free, and so long at most while one after another
# asks for it.
SHORTEST_REST, LONGEST_REST = 0.005, 0.5

OVERTAKEN = N_("left as it is: somebody changed this timesheet meanwhile. Import the file again.")


def take_hours(run: Run, rows: Iterable[FileRow]) -> None:
    """Check every row and foresee what becomes of it; `write` then makes and changes the sheets."""
    run.hours = PlacedHours()
    for row in rows:
        _take(run, row)
    for some in run.hours.portions():
        sheets.load(some)
        for sheet in some:
            for one in foreseen.judged(sheet):
                run.report.files[FILE].outcomes[one.line] = one.outcome
                for change in one.changes:
                    run.report.add_change(change)
                for difference in one.differences:
                    run.report.add_difference(difference)
            _judge_rows(run, sheet)
        for line, sentence, values in foreseen.too_long_days(some):
            run.wrong(FileRow(FILE, line, {}), "hours", sentence, **values)
        run.advance(sum(len(sheet.rows) for sheet in some))


def write(run: Run, tell: Callable[[], None]) -> None:
    """Make the new sheets and change the drafts: portion after portion, each a transaction with its events.

    tell: called in each of them, so that who lost the claim on this work writes no more.
    """
    batch = secrets.token_hex(8)
    outcomes = run.report.files[FILE].outcomes
    for number, some in enumerate(run.hours.portions()):
        # Of a large one: before the first, and after each doubling.
        if run.hours.is_large and not number & (number - 1):
            sheets.say_how_many()
        news = [sheet for sheet in some if any(_is_news(outcomes[row.line]) for row in sheet.rows)]
        run.advance(sum(len(sheet.rows) for sheet in some))
        # Of one that goes on: somebody took away what it needs.
        gone = [sheet for sheet in news if not (sheet.assignment.id and sheet.period.id and sheet.worker.id)]
        if gone:
            _leave(run, gone)
            news = [sheet for sheet in news if sheet not in gone]
        if not news:
            continue
        try:
            with transaction():
                hold("import")
                tell()
                hold_each("worker", (sheet.worker.id for sheet in news))
                flags.imported(sheets.write(run, _as_foreseen(run, news), batch))
        except (Conflict, IntegrityError) as error:
            # Its second line holds the row, and so names and addresses of people.
            log.warning("some timesheets were left: %s", str(error).partition("\n")[0])
            _leave(run, news)
        _rest()


def refresh_flags(tell: Callable[[], None]) -> None:
    """Compute the flags of all that waits, some at a time: they look at hours that came in other portions."""
    waiting = flags.waiting()
    for start in range(0, len(waiting), PORTION):
        tell()
        flags.refresh(waiting[start : start + PORTION])
        _rest()


def _rest() -> None:
    """Let all who wait for SQLite's lock have it first; on PostgreSQL they wait for rows alone, in line.

    Nobody rests where nobody waits: at night that was a third of the time.
    """
    until = time.monotonic() + LONGEST_REST
    time.sleep(SHORTEST_REST if isinstance(db.obj, SqliteDatabase) else 0)
    while is_waited_for() and time.monotonic() < until:
        time.sleep(SHORTEST_REST)


def _is_news(outcome: RowOutcome) -> bool:
    return outcome in (RowOutcome.NEW, RowOutcome.CHANGED)


def _as_foreseen(run: Run, some: list[FileSheet]) -> list[FileSheet]:
    """Of these sheets those to which, under the locks, the same happens as was foreseen; the rest is told."""
    outcomes = run.report.files[FILE].outcomes
    sheets.load(some)
    same, late = [], set()
    for sheet in some:
        judged = foreseen.judged(sheet)
        if all(outcomes[one.line] == one.outcome for one in judged):
            same.append(sheet)
        elif all(one.outcome == RowOutcome.UNCHANGED for one in judged):
            # Another import of the same file was here.
            for one in judged:
                outcomes[one.line] = one.outcome
        else:
            late.add(sheet.rows[0].line)
    late |= _changed_records(same)
    while True:
        same = [sheet for sheet in same if sheet.rows[0].line not in late]
        # What is left makes room: until nothing is too long.
        too_long = {line for line, _sentence, _values in foreseen.too_long_days(same)}
        if not too_long:
            break
        late |= {one.rows[0].line for one in same if any(row.line in too_long for row in one.rows)}
    _leave(run, [sheet for sheet in some if sheet.rows[0].line in late])
    return same


def _changed_records(some: list[FileSheet]) -> set[int]:
    """The first line of each sheet whose assignment or period is no longer what was read."""
    assignments = _assignments(ids=[sheet.assignment.id for sheet in some])
    periods = _periods(ids=[sheet.period.id for sheet in some])
    stored = {*assignments, *periods}
    return {
        sheet.rows[0].line
        for sheet in some
        if not {_read_of_assignment(sheet.assignment), _read_of_period(sheet.period)} <= stored
    }


@compiled
def _assignments() -> Any:
    of = Assignment
    return of.select(of.id, of.worker, of.organisation, of.basis).where(of.id.in_(listed("ids")))


@compiled
def _periods() -> Any:
    of = PayPeriod
    return of.select(of.id, of.first_on, of.last_on).where(of.id.in_(listed("ids")))


def _read_of_assignment(of: Any) -> tuple[Any, ...]:
    return of.id, of.worker.id, of.organisation.id, of.basis


def _read_of_period(of: Any) -> tuple[Any, ...]:
    return of.id, of.first_on, of.last_on


def _leave(run: Run, some: list[FileSheet]) -> None:
    for sheet in some:
        run.report.add_difference(Problem(FILE, sheet.rows[0].line, "", OVERTAKEN))
        for row in sheet.rows:
            run.report.files[FILE].outcomes[row.line] = RowOutcome.DIFFERENT


def _take(run: Run, row: FileRow) -> None:
    """Place a row, or say what is wrong with it."""
    code, assignment, period = row["assignment"], None, None
    if code:
        unknown = N_("the assignment %(code)s is unknown")
        assignment = run.refer(row, "assignment", run.assignments, (code,), unknown, code=code)
    if assignment is not None:
        if assignment.basis == "fixed":
            run.wrong(row, "assignment", N_("%(code)s has fixed hours: it registers none"), code=code)
        period = _period(run, row, assignment.organisation.calendar)
    place = _place(run, row, assignment)
    if period is not None and place is not None and row["state"] is not None and not row.is_wrong:
        run.hours.add(row.line, (assignment, period), place, row["hours"], row["remark"], row["state"])


def _period(run: Run, row: FileRow, calendar: str) -> Any:
    year, number, day = row["year"], row["period"], row["day"]
    if year is None or number is None:
        return None
    period = run.refer(
        row,
        "period",
        run.pay_periods,
        (calendar, year, number),
        N_("the calendar %(calendar)s has no period %(number)s of %(year)s"),
        calendar=calendar,
        number=number,
        year=year,
    )
    if period is not None and day is not None and not period.first_on <= day <= period.last_on:
        run.wrong(
            row,
            "day",
            N_("%(day)s is not in period %(number)s of %(year)s (%(first)s to %(last)s)"),
            day=day,
            number=number,
            year=year,
            first=period.first_on,
            last=period.last_on,
        )
    return period


def _place(run: Run, row: FileRow, assignment: Any) -> tuple[Any, Any, date] | None:
    code = row["hour_type"]
    hour_type = number = None
    if code:
        unknown = N_("the hour type %(code)s is unknown")
        hour_type = run.refer(row, "hour_type", run.hour_types, (code,), unknown, code=code)
    if assignment is not None:
        number = budget_number(run, row, assignment.organisation.code)
    if hour_type is None or number is None or row["day"] is None:
        return None
    return hour_type, number, row["day"]


def _judge_rows(run: Run, sheet: FileSheet) -> None:
    """A place stands once in the file, and all rows of a sheet say one state."""
    seen: dict[Any, int] = {}
    for row in sheet.rows:
        of = FileRow(FILE, row.line, {})
        if seen.setdefault(row.place, row.line) != row.line:
            run.wrong(
                of, "assignment", N_("the same %(key)s as on line %(line)s"),
                key=" + ".join(HOURS.key), line=seen[row.place],
            )  # fmt: skip
        if row.state != sheet.state:
            run.wrong(
                of, "state", N_("%(state)s, but line %(line)s says %(other)s for the same timesheet"),
                state=row.state, line=sheet.rows[0].line, other=sheet.state,
            )  # fmt: skip


HOURS = ImportFile(
    FILE,
    ("assignment", "year", "period", "day", "hour_type", "budget_number"),
    {
        "assignment": columns.code,
        "year": columns.integer(),
        "period": columns.integer(1, 53),
        "day": columns.day,
        "hour_type": columns.code,
        "budget_number": columns.code,
        "hours": columns.hours_of_a_day,
        "remark": optional(columns.remark, ""),
        "state": columns.choice(State.DRAFT, State.SUBMITTED, State.APPROVED),
    },
    take_hours,
    is_long=True,
)
