"""What becomes of rows of hours, judged against their sheets as the database has them."""

from collections.abc import Iterable
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

    The sheets are all that the file has of their workers. Each fault is a line, a sentence and its values.
    """
    in_file = _Days()
    for sheet in some:
        in_file.add(sheet, ((row, row.minutes) for row in sheet.rows))
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
            ((row, row.minutes - (cells[row.place].minutes if row.place in cells else 0)) for row in rows),
        )
    sentence = N_("%(hours)s hours of one worker on %(day)s, with what is known already")
    return faults + together.faults(sentence)


class _Days:
    """Minutes per worker and day, and the lines that add to them."""

    def __init__(self, minutes: dict[tuple[str, date], int] | None = None) -> None:
        self.minutes = minutes or {}
        self.lines: dict[tuple[str, date], list[int]] = {}

    def add(self, sheet: FileSheet, rows: Iterable[tuple[FileHour, int]]) -> None:
        """Rows of a sheet, each with the minutes that it adds to its day."""
        # The address tells workers apart before they have an id.
        worker, known, lines = sheet.worker.email, self.minutes, self.lines
        for row, minutes in rows:
            key = (worker, row.place.day)
            known[key] = known.get(key, 0) + minutes
            if minutes > 0:
                lines.setdefault(key, []).append(row.line)

    def faults(self, sentence: str) -> list[Fault]:
        faults: list[Fault] = []
        for key, lines in self.lines.items():
            if self.minutes[key] > DAY_MINUTES:
                hours, in_order = units.hours_total(self.minutes[key], "nl"), sorted(lines)
                others = ", ".join(str(line) for line in in_order[:-1][-5:])
                faults.append((in_order[-1], sentence, {"hours": hours, "day": key[1], "lines": others}))
        return faults


def _minutes_per_day(some: list[FileSheet], first: date, last: date) -> dict[tuple[str, date], int]:
    """What the workers of these sheets have on the days from first to last."""
    emails = {sheet.worker.id: sheet.worker.email for sheet in some}
    emails.pop(None, None)
    if not emails:
        return {}
    rows = _worked(workers=list(emails), first=first, last=last)
    return {(emails[worker], day): int(minutes) for worker, day, minutes in rows}


@compiled
def _worked() -> Any:
    return (
        Hour.select(Assignment.worker, Hour.day, fn.SUM(Hour.minutes))
        .join(TimesheetLine)
        .join(Timesheet)
        .join(Assignment)
        .switch(Timesheet)
        .join(PayPeriod)
        .where(
            Assignment.worker.in_(listed("workers"))
            & (PayPeriod.last_on >= slot("first"))
            & (PayPeriod.first_on <= slot("last"))
            & Hour.day.between(slot("first"), slot("last"))
        )
        .group_by(Assignment.worker, Hour.day)
    )
