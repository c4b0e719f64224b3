"""hours.csv: the original timesheets of the back office, a row per day, hour type and budget number.

A sheet's state counts only when the import makes the sheet. Later it changes the hours of drafts; every other
difference is reported and left (data of invoiced and exported sheets never changes).
"""

from datetime import date
from typing import Any

from peewee import fn

from konnekt.db import hold
from konnekt.domain import units
from konnekt.domain.imports import columns, sheets
from konnekt.domain.imports.assignments import budget_number
from konnekt.domain.imports.columns import optional
from konnekt.domain.imports.reading import Row
from konnekt.domain.imports.report import Outcome
from konnekt.domain.imports.run import File, Run
from konnekt.domain.imports.sheets import Cell, Place, Sheet
from konnekt.domain.refused import N_
from konnekt.models import Assignment, Hour, State, Timesheet, TimesheetLine

DAY = 24 * 60


def take_hours(run: Run, rows: list[Row]) -> None:
    """Check every row and plan the sheets; `sheets.write` then makes them."""
    planned: dict[tuple[str, int, int], Sheet] = {}
    places: list[tuple[Row, Sheet, Place]] = []
    for row in rows:
        sheet = _sheet(run, row, planned)
        place = _place(run, row, sheet)
        if sheet is not None and place is not None and not row.is_wrong:
            places.append((row, sheet, place))
    run.sheets = list(planned.values())
    sheets.load(run, run.sheets)
    for row, sheet, place in places:
        run.report.files[row.file].outcomes[row.line] = _put(run, row, sheet, place)
    _check_days(run, places)


def _sheet(run: Run, row: Row, planned: dict[tuple[str, int, int], Sheet]) -> Sheet | None:
    """The sheet that a row belongs to; its first row in the file says its state."""
    code = row["assignment"]
    if not code:
        return None
    assignment = run.refer(
        row, "assignment", run.assignments, (code,), N_("the assignment %(code)s is unknown"), code=code
    )
    if assignment is None:
        return None
    if assignment.basis == "fixed":
        run.wrong(row, "assignment", N_("%(code)s has fixed hours: it registers none"), code=code)
    period = _period(run, row, assignment.organisation.calendar)
    if period is None or row["state"] is None:
        return None
    sheet = planned.setdefault(
        (code, period.year, period.number), Sheet(assignment, period, row["state"], row.line)
    )
    if sheet.state != row["state"]:
        run.wrong(
            row,
            "state",
            N_("%(state)s, but line %(line)s says %(other)s for the same timesheet"),
            state=row["state"],
            line=sheet.line,
            other=sheet.state,
        )
    return sheet


def _period(run: Run, row: Row, calendar: str) -> Any:
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


def _place(run: Run, row: Row, sheet: Sheet | None) -> Place | None:
    code = row["hour_type"]
    hour_type = number = None
    if code:
        unknown = N_("the hour type %(code)s is unknown")
        hour_type = run.refer(row, "hour_type", run.hour_types, (code,), unknown, code=code)
    if sheet is not None:
        number = budget_number(run, row, sheet.assignment.organisation.code)
    if hour_type is None or number is None or row["day"] is None:
        return None
    return Place(hour_type.code, number.number, row["day"])


def _put(run: Run, row: Row, sheet: Sheet, place: Place) -> Outcome:
    """Plan one row, or report why it stays as it is."""
    wanted = Cell(row["hours"], row["remark"])
    if sheet.found is None:
        sheet.put[place] = wanted
        return Outcome.NEW
    is_other_state = row.line == sheet.line and _report_state(run, row, sheet)
    old = sheet.cells.get(place, Cell(0))
    if (old.minutes, old.remark, old.typed) == (wanted.minutes, wanted.remark, ""):
        return Outcome.DIFFERENT if is_other_state else Outcome.UNCHANGED
    if sheet.may_change:
        sheet.put[place] = wanted
        return Outcome.CHANGED if place in sheet.cells else Outcome.NEW
    if old.minutes != wanted.minutes:
        run.different(
            row,
            "hours",
            N_("%(hours)s, left at %(old)s: the timesheet is invoiced or exported")
            if sheet.is_locked
            else N_("%(hours)s, left at %(old)s: the timesheet is %(state)s"),
            hours=units.hours_cell(wanted.minutes, "nl"),
            old=units.hours_cell(old.minutes, "nl"),
            state=sheet.found.state,
        )
    if old.remark != wanted.remark:
        run.different(
            row,
            "remark",
            N_("another remark, left as it is: the timesheet is invoiced or exported")
            if sheet.is_locked
            else N_("another remark, left as it is: the timesheet is %(state)s"),
            state=sheet.found.state,
        )
    return Outcome.DIFFERENT


def _report_state(run: Run, row: Row, sheet: Sheet) -> bool:
    if sheet.found.state == sheet.state:
        return False
    run.different(
        row,
        "state",
        N_("%(state)s, but the timesheet is %(found)s here"),
        state=sheet.state,
        found=sheet.found.state,
    )
    return True


def _check_days(run: Run, places: list[tuple[Row, Sheet, Place]]) -> None:
    """No worker has over 24 hours in a day, over all assignments: in the file, nor with what is known."""
    in_files = _Days()
    for row, sheet, place in places:
        in_files.add(sheet, place, row["hours"], row)
    in_files.complain(run, N_("%(hours)s hours of one worker on %(day)s (also line %(lines)s)"))
    put = [(row, sheet, place) for row, sheet, place in places if place in sheet.put and not row.is_wrong]
    if not put:
        return
    # Who saves hours of the same worker at this moment waits, or is read here.
    for worker in (
        ()
        if run.report.is_dry_run
        else sorted({sheet.assignment.worker_id or 0 for _, sheet, _ in put} - {0})
    ):
        hold("worker", worker)
    days = [place.day for _, _, place in put]
    together = _Days(_minutes_per_day(run, min(days), max(days)))
    for row, sheet, place in put:
        old = sheet.cells[place].minutes if place in sheet.cells else 0
        together.add(sheet, place, sheet.put[place].minutes - old, row)
    together.complain(run, N_("%(hours)s hours of one worker on %(day)s, with what is known already"))


class _Days:
    """Minutes per worker and day, and the rows that add to them."""

    def __init__(self, minutes: dict[tuple[str, date], int] | None = None) -> None:
        self.minutes = minutes or {}
        self.rows: dict[tuple[str, date], list[Row]] = {}

    def add(self, sheet: Sheet, place: Place, minutes: int, row: Row) -> None:
        # The address tells workers apart before they have an id.
        key = (sheet.assignment.worker.email, place.day)
        self.minutes[key] = self.minutes.get(key, 0) + minutes
        if minutes > 0:
            self.rows.setdefault(key, []).append(row)

    def complain(self, run: Run, sentence: str) -> None:
        for key, rows in self.rows.items():
            if self.minutes[key] > DAY:
                hours = units.hours_total(self.minutes[key], "nl")
                lines = ", ".join(str(row.line) for row in rows[:-1][-5:])
                run.wrong(rows[-1], "hours", sentence, hours=hours, day=key[1], lines=lines)


def _minutes_per_day(run: Run, first: date, last: date) -> dict[tuple[str, date], int]:
    query = (
        Hour.select(Assignment.worker, Hour.day, fn.SUM(Hour.minutes))
        .join(TimesheetLine)
        .join(Timesheet)
        .join(Assignment)
        .where(Hour.day.between(first, last))
        .group_by(Assignment.worker, Hour.day)
        .tuples()
    )
    return {(run.people.by_id[worker].email, day): int(minutes) for worker, day, minutes in query}


HOURS = File(
    "hours.csv",
    ("assignment", "year", "period", "day", "hour_type", "budget_number"),
    {
        "assignment": columns.code,
        "year": columns.year,
        "period": columns.integer(1, 53),
        "day": columns.day,
        "hour_type": columns.code,
        "budget_number": columns.code,
        "hours": columns.hours_of_a_day,
        "remark": optional(columns.remark, ""),
        "state": columns.choice(State.DRAFT, State.SUBMITTED, State.APPROVED),
    },
    take_hours,
)
