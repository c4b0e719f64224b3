"""What becomes of rows of hours, judged against their sheets as the database has them."""

from datetime import date
from typing import Any, NamedTuple

from peewee import fn

from konnekt.domain import units
from konnekt.domain.imports.placed_hours import FILE, FileHour, FileSheet, HoursCell
from konnekt.domain.imports.report import FieldChange, Problem, RowOutcome
from konnekt.domain.refusals import N_
from konnekt.domain.units import DAY_MINUTES
from konnekt.models import Assignment, Hour, PayPeriod, Timesheet, TimesheetLine
from konnekt.models.compiled import compiled, listed, slot


class Judged(NamedTuple):
    """What becomes of a row; changes: each column that becomes another; differences: why it stays."""

    line: int
    outcome: RowOutcome
    changes: list[FieldChange]
    differences: list[Problem]


def judged(sheet: FileSheet) -> list[Judged]:
    """What becomes of each row of a loaded sheet; what is to be written stands in its `put` then."""
    sheet.put = {}
    return [_put(sheet, row) for row in sheet.rows]


def _put(sheet: FileSheet, row: FileHour) -> Judged:
    cell = HoursCell(row.minutes, row.remark)
    if sheet.stored is None:
        sheet.put[row.place] = cell
        return Judged(row.line, RowOutcome.NEW, [], [])
    differences = _other_state(sheet) if row is sheet.rows[0] else []
    old = sheet.cells.get(row.place, HoursCell(0))
    if (old.minutes, old.remark, old.typed) == (cell.minutes, cell.remark, ""):
        outcome = RowOutcome.DIFFERENT if differences else RowOutcome.UNCHANGED
        return Judged(row.line, outcome, [], differences)
    if sheet.may_change:
        sheet.put[row.place] = cell
        if row.place not in sheet.cells:
            return Judged(row.line, RowOutcome.NEW, [], differences)
        pairs = {("hours", "day_minutes"): "minutes", ("remark", "remark"): "remark"}
        changes = [
            FieldChange(FILE, row.line, *names, getattr(old, held), getattr(cell, held))
            for names, held in pairs.items()
            if getattr(old, held) != getattr(cell, held)
        ]
        return Judged(row.line, RowOutcome.CHANGED, changes, differences)
    return Judged(row.line, RowOutcome.DIFFERENT, [], differences + _stays(sheet, row, old))


def _stays(sheet: FileSheet, row: FileHour, old: HoursCell) -> list[Problem]:
    problems, state = [], sheet.stored.state
    if old.minutes != row.minutes:
        hours, before = (units.hours_cell(minutes, "nl") for minutes in (row.minutes, old.minutes))
        sentence = (
            N_("%(hours)s, left at %(old)s: the timesheet is invoiced or exported")
            if sheet.is_locked
            else N_("%(hours)s, left at %(old)s: the timesheet is %(state)s")
        )
        values = {"hours": hours, "old": before, "state": state}
        problems.append(Problem(FILE, row.line, "hours", sentence, values))
    if old.remark != row.remark:
        sentence = (
            N_("another remark, left as it is: the timesheet is invoiced or exported")
            if sheet.is_locked
            else N_("another remark, left as it is: the timesheet is %(state)s")
        )
        problems.append(Problem(FILE, row.line, "remark", sentence, {"state": state}))
    return problems


def _other_state(sheet: FileSheet) -> list[Problem]:
    if sheet.stored.state == sheet.state:
        return []
    values = {"state": sheet.state, "found": sheet.stored.state}
    sentence = N_("%(state)s, but the timesheet is %(found)s here")
    return [Problem(FILE, sheet.rows[0].line, "state", sentence, values)]


Fault = tuple[int, str, dict[str, Any]]


def too_long_days(some: list[FileSheet]) -> list[Fault]:
    """No worker has over 24 hours in a day, over all assignments: in the file, nor with what is known.

    The sheets are all of the file that may share a day with one of them. Each fault is a line, a sentence and
    its values.
    """
    in_file = _Days()
    for sheet in some:
        in_file.add(sheet, [(row, row.minutes) for row in sheet.rows])
    faults = in_file.faults(N_("%(hours)s hours of one worker on %(day)s (also line %(lines)s)"))
    wrong = {line for line, *_ in faults}
    put = [
        (sheet, [row for row in sheet.rows if row.place in sheet.put and row.line not in wrong])
        for sheet in some
    ]
    days = [row.place.day for _sheet, rows in put for row in rows]
    if not days:
        return faults
    together = _Days(_minutes_per_day([sheet for sheet, rows in put if rows], min(days), max(days)))
    for sheet, rows in put:
        cells = sheet.cells
        together.add(
            sheet,
            [(row, row.minutes - (cells[row.place].minutes if row.place in cells else 0)) for row in rows],
        )
    sentence = N_("%(hours)s hours of one worker on %(day)s, with what is known already")
    return faults + together.faults(sentence)


class _Days:
    """Minutes per worker and day, and the rows that add to them."""

    def __init__(self, minutes: dict[str, dict[date, int]] | None = None) -> None:
        self.minutes = minutes or {}
        self.added: list[tuple[str, list[tuple[FileHour, int]]]] = []

    def add(self, sheet: FileSheet, rows: list[tuple[FileHour, int]]) -> None:
        """Rows of a sheet, each with the minutes that it adds to its day."""
        # The address tells workers apart before they have an id.
        worker = sheet.worker.email
        days = self.minutes.setdefault(worker, {})
        for row, minutes in rows:
            day = row.place.day
            days[day] = days.get(day, 0) + minutes
        self.added.append((worker, rows))

    def faults(self, sentence: str) -> list[Fault]:
        faults: list[Fault] = []
        for (worker, day), lines in self._too_long().items():
            hours, in_order = units.hours_total(self.minutes[worker][day], "nl"), sorted(lines)
            others = ", ".join(str(line) for line in in_order[:-1][-5:])
            faults.append((in_order[-1], sentence, {"hours": hours, "day": day, "lines": others}))
        return faults

    def _too_long(self) -> dict[tuple[str, date], list[int]]:
        """The days that are, with the lines that make them so: looked for only where there are any."""
        days = {
            (worker, day)
            for worker, minutes in self.minutes.items() if max(minutes.values(), default=0) > DAY_MINUTES
            for day in minutes if minutes[day] > DAY_MINUTES
        }  # fmt: skip
        lines: dict[tuple[str, date], list[int]] = {}
        for worker, rows in self.added if days else ():
            for row, minutes in rows:
                if minutes > 0 and (key := (worker, row.place.day)) in days:
                    lines.setdefault(key, []).append(row.line)
        return lines


def _minutes_per_day(some: list[FileSheet], first: date, last: date) -> dict[str, dict[date, int]]:
    """What the workers of these sheets have on the days from first to last."""
    emails = {sheet.worker.id: sheet.worker.email for sheet in some}
    emails.pop(None, None)
    minutes: dict[str, dict[date, int]] = {}
    for worker, day, sum_of_day in _worked(workers=list(emails), first=first, last=last) if emails else ():
        minutes.setdefault(emails[worker], {})[day] = int(sum_of_day)
    return minutes


@compiled
def _worked() -> Any:
    """By assignment and period, as their index has them: neither all sheets of a worker nor of a period."""
    theirs = Assignment.select(Assignment.id).where(Assignment.worker.in_(listed("workers")))
    then = PayPeriod.select(PayPeriod.id).where(
        (PayPeriod.last_on >= slot("first")) & (PayPeriod.first_on <= slot("last"))
    )
    return (
        Hour.select(Assignment.worker, Hour.day, fn.SUM(Hour.minutes))
        .join(TimesheetLine)
        .join(Timesheet)
        .join(Assignment)
        .where(
            Timesheet.assignment.in_(theirs)
            & Timesheet.pay_period.in_(then)
            & Hour.day.between(slot("first"), slot("last"))
        )
        .group_by(Assignment.worker, Hour.day)
    )
