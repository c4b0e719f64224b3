"""The timesheets that hours.csv makes or changes: as the database has them, and how they are written."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from peewee import SqliteDatabase, fn

from konnekt.db import db
from konnekt.domain import clock, events
from konnekt.domain.imports.placed_hours import FileSheet, HoursCell, SheetKey
from konnekt.domain.imports.run import Run
from konnekt.domain.refusals import Conflict
from konnekt.domain.timesheets import snapshots
from konnekt.models import (
    Account,
    Assignment,
    BudgetNumber,
    Contributor,
    Event,
    EventChain,
    Hour,
    HourType,
    InvoicedHour,
    PayPeriod,
    PayrollHour,
    State,
    Timesheet,
    TimesheetLine,
)
from konnekt.models.compiled import built, compiled, listed
from konnekt.models.inserting import insert as insert_rows

COUNTED = (Account, Assignment, PayPeriod, Timesheet, TimesheetLine, Hour, Contributor, Event, EventChain)
COLUMNS = tuple(Timesheet._meta.sorted_field_names)


def load(sheets: Iterable[FileSheet]) -> None:
    """Give the sheets what the database has of them: one statement, two more where there is any."""
    by_place = {(sheet.assignment.id, sheet.period.id): sheet for sheet in sheets}
    for sheet in by_place.values():
        sheet.stored, sheet.is_locked, sheet.cells = None, False, {}
    assignments = {assignment for assignment, period in by_place if assignment and period}
    periods = {period for assignment, period in by_place if assignment and period}
    by_id: dict[int, FileSheet] = {}
    for columns in _stored(assignments=list(assignments), periods=list(periods)) if assignments else ():
        row = built(Timesheet, columns)
        of_file = by_place.get((row.assignment_id, row.pay_period_id))
        if of_file is not None:
            of_file.stored, by_id[row.id] = row, of_file
    if not by_id:
        return
    for (key,) in _locked(sheets=list(by_id)):
        by_id[key].is_locked = True
    for key, line, *place, identity, minutes, remark, typed in _cells(sheets=list(by_id)):
        by_id[key].cells[SheetKey(*place)] = HoursCell(minutes, remark, typed, identity, line)


@compiled
def _stored() -> Any:
    is_there = Timesheet.assignment.in_(listed("assignments")) & Timesheet.pay_period.in_(listed("periods"))
    return Timesheet.select().where(is_there & (Timesheet.sequence == 0))


@compiled
def _locked() -> Any:
    """Those with a live link."""
    lines = TimesheetLine.select(TimesheetLine.timesheet).join(Hour)

    def linked(link: Any) -> Any:
        return fn.EXISTS(link.select(link.id).where((link.hour == Hour.id) & link.released_at.is_null()))

    is_theirs = TimesheetLine.timesheet.in_(listed("sheets"))
    return lines.where(is_theirs & (linked(InvoicedHour) | linked(PayrollHour))).distinct()


@compiled
def _cells() -> Any:
    return (
        Hour.select(
            TimesheetLine.timesheet, TimesheetLine.id, HourType.code, BudgetNumber.number, Hour.day,
            Hour.id, Hour.minutes, Hour.remark, Hour.typed,
        )
        .join(TimesheetLine)
        .join(HourType)
        .switch(TimesheetLine)
        .join(BudgetNumber)
        .where(TimesheetLine.timesheet.in_(listed("sheets")))
    )  # fmt: skip


def write(run: Run, sheets: list[FileSheet], batch: str) -> list[int]:
    """Make the new sheets and change the drafts, with an event each; returns the ids of those touched."""
    new = [sheet for sheet in sheets if sheet.stored is None]
    changed = sorted((sheet for sheet in sheets if sheet.stored and sheet.put), key=lambda one: one.stored.id)
    before = snapshots.contents(sheet.stored.id for sheet in changed) if changed else {}
    for sheet in changed:
        _claim(sheet)
    _make(new)
    touched = [*new, *changed]
    _write_cells(run, touched)
    after = snapshots.contents(sheet.stored.id for sheet in touched)
    events.record_many([_event(sheet, before, after, batch) for sheet in touched])
    return [sheet.stored.id for sheet in touched]


def say_how_many() -> None:
    """Have PostgreSQL count what was written, or it plans for the few rows that there were.

    It does so itself after a minute or more. Until then each portion read all sheets that there were, a third
    of its work at 20,000, and each new sheet all assignments of its organisation. SQLite needs no counts for
    these statements.
    """
    if not isinstance(db.obj, SqliteDatabase):
        names = (f'"{model._meta.table_name}"' for model in COUNTED)
        db.execute_sql(f"ANALYZE {', '.join(names)}")


def _make(sheets: list[FileSheet]) -> None:
    """State and moments as the file says: submitted and decided now, by nobody that we know."""
    now = clock.now()
    by_place = {(sheet.assignment.id, sheet.period.id): sheet for sheet in sheets}
    for row in insert_rows(Timesheet, [_new(sheet, now) for sheet in sheets], returning=COLUMNS):
        stored = built(Timesheet, row)
        by_place[stored.assignment_id, stored.pay_period_id].stored = stored
    # Where the worker enters, the hours are the worker's own; who typed them for an organisation is unknown.
    own = [sheet for sheet in sheets if sheet.assignment.entered_by == "worker"]
    contributors = [{"timesheet": one.stored.id, "account": one.worker.id} for one in own]
    insert_rows(Contributor, contributors)


def _new(sheet: FileSheet, now: datetime) -> dict[str, Any]:
    is_sent = sheet.state != State.DRAFT
    return {
        "assignment": sheet.assignment.id,
        "organisation": sheet.assignment.organisation.id,
        "pay_period": sheet.period.id,
        "state": sheet.state,
        "minutes": sheet.minutes,
        "is_nil": is_sent and not sheet.minutes,
        "created_at": now,
        "submitted_at": now if is_sent else None,
        "decided_at": now if sheet.state == State.APPROVED else None,
    }


def _claim(sheet: FileSheet) -> None:
    """Take a draft as it was read, or refuse: somebody may have sent it meanwhile."""
    stored = sheet.stored
    is_as_read = (Timesheet.state == State.DRAFT) & (Timesheet.revision == stored.revision)
    columns = {"revision": stored.revision + 1, "minutes": sheet.minutes, "is_nil": False}
    if Timesheet.update(columns).where((Timesheet.id == stored.id) & is_as_read).execute() != 1:
        raise Conflict("Somebody changed one of these timesheets at the same moment: import again.")
    stored.revision += 1


def _event(
    sheet: FileSheet, before: dict[int, snapshots.Content], after: dict[int, snapshots.Content], batch: str
) -> dict[str, Any]:
    key, state = sheet.stored.id, sheet.stored.state
    return {
        "verb": "import",
        "source": "import",
        "timesheet": key,
        "actor": None,
        "revision": sheet.stored.revision,
        "before": {"state": state, **before[key]} if key in before else None,
        "after": {"state": state, **after[key]},
        "batch": batch,
    }


def _write_cells(run: Run, sheets: list[FileSheet]) -> None:
    """Hours are updated in place, never removed: links of released invoices may still refer to them."""
    places = {id(sheet): _line_keys(run, sheet) for sheet in sheets}
    lines = _lines(sheets, {key for keys in places.values() for key in keys.values()})
    hours = []
    for sheet in sheets:
        keys = places[id(sheet)]
        for place, cell in sheet.put.items():
            old = sheet.cells.get(place)
            if old is not None:
                columns = {"minutes": cell.minutes, "remark": cell.remark, "typed": ""}
                Hour.update(columns).where(Hour.id == old.id).execute()
            elif not cell.is_empty:
                line = lines[keys[place]]
                hours.append({"line": line, "day": place.day, "minutes": cell.minutes, "remark": cell.remark})
    insert_rows(Hour, hours)


LineKey = tuple[int, int, int, int, int]


def _line_keys(run: Run, sheet: FileSheet) -> dict[SheetKey, LineKey]:
    """The line of each place that is put and has no hours yet."""
    keys, of, organisation = {}, sheet.stored.id, sheet.assignment.organisation.code
    for place, cell in sheet.put.items():
        if place not in sheet.cells and not cell.is_empty:
            year, week, _ = place.day.isocalendar()
            hour_type = run.hour_types.by_key[place.hour_type,].id
            number = run.budget_numbers.by_key[organisation, place.budget_number].id
            keys[place] = (of, year, week, hour_type, number)
    return keys


def _lines(sheets: list[FileSheet], keys: set[LineKey]) -> dict[LineKey, int]:
    """These lines, made where there are none yet."""
    names = ("timesheet", "iso_year", "iso_week", "hour_type", "budget_number")
    old = [sheet.stored.id for sheet in sheets if sheet.cells]
    lines = {tuple(key): line for line, *key in _lines_of(sheets=old)} if old else {}
    new = [dict(zip(names, key, strict=True)) for key in sorted(keys - lines.keys())]
    inserted = insert_rows(TimesheetLine, new, returning=("id", *names))
    return lines | {tuple(key): line for line, *key in inserted}


@compiled
def _lines_of() -> Any:
    line = TimesheetLine
    columns = (line.id, line.timesheet, line.iso_year, line.iso_week, line.hour_type, line.budget_number)
    return line.select(*columns).where(line.timesheet.in_(listed("sheets")))
