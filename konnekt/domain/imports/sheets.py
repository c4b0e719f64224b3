"""The timesheets that hours.csv makes or changes: as the database has them, and how they are written."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from konnekt.domain import clock, events, snapshots
from konnekt.domain.imports.rows import CHUNK, insert
from konnekt.domain.imports.run import Run
from konnekt.domain.refused import Refused
from konnekt.models import (
    Contributor,
    Hour,
    InvoicedHour,
    PayrollHour,
    State,
    Timesheet,
    TimesheetLine,
)


class Place(NamedTuple):
    """Where hours stand in a sheet: codes, since a new row of those tables has no id yet."""

    hour_type: str
    budget_number: str
    day: date


@dataclass
class Cell:
    """What a place holds. typed: text of a draft that could not be read as hours."""

    minutes: int
    remark: str = ""
    typed: str = ""
    id: int | None = None
    line: int | None = None

    @property
    def is_empty(self) -> bool:
        return not (self.minutes or self.remark or self.typed)


@dataclass
class Sheet:
    """A sheet of the file. found: the one in the database; cells: its hours; put: what the file changes."""

    assignment: Any
    period: Any
    state: str
    line: int
    found: Any = None
    is_locked: bool = False
    cells: dict[Place, Cell] = field(default_factory=dict)
    put: dict[Place, Cell] = field(default_factory=dict)

    @property
    def may_change(self) -> bool:
        return self.found is None or (self.found.state == State.DRAFT and not self.is_locked)

    @property
    def minutes(self) -> int:
        return sum(cell.minutes for cell in {**self.cells, **self.put}.values())


def load(run: Run, sheets: Iterable[Sheet]) -> None:
    """Give the sheets what the database has of them: four statements."""
    by_id = {}
    wanted = {(sheet.assignment.id, sheet.period.id): sheet for sheet in sheets if sheet.assignment.id}
    periods = sorted({period for _, period in wanted if period})
    in_periods = Timesheet.pay_period.in_(periods) & (Timesheet.sequence == 0)
    for row in Timesheet.select().where(in_periods):
        sheet = wanted.get((row.assignment_id, row.pay_period_id))
        if sheet is not None:
            sheet.found, by_id[row.id] = row, sheet
    for link in (InvoicedHour, PayrollHour):
        query = link.select(TimesheetLine.timesheet).join(Hour).join(TimesheetLine).join(Timesheet)
        for (identity,) in query.where(in_periods & link.released_at.is_null()).distinct().tuples():
            if identity in by_id:
                by_id[identity].is_locked = True
    hours = (
        Hour.select(
            Hour.id, Hour.day, Hour.minutes, Hour.remark, Hour.typed, TimesheetLine.id,
            TimesheetLine.hour_type, TimesheetLine.budget_number, TimesheetLine.timesheet,
        )
        .join(TimesheetLine)
        .join(Timesheet)
        .where(in_periods)
        .tuples()
    )  # fmt: skip
    for identity, day, minutes, remark, typed, line, hour_type, budget_number, sheet_id in hours:
        if sheet_id in by_id:
            place = Place(
                run.hour_types.by_id[hour_type].code, run.budget_numbers.by_id[budget_number].number, day
            )
            by_id[sheet_id].cells[place] = Cell(minutes, remark, typed, identity, line)


def write(run: Run, sheets: list[Sheet]) -> list[int]:
    """Make the new sheets and change the drafts, with an event each; returns the ids of those touched."""
    new = [sheet for sheet in sheets if sheet.found is None]
    changed = sorted((sheet for sheet in sheets if sheet.found and sheet.put), key=lambda one: one.found.id)
    before = _contents(changed)
    for sheet in changed:
        _claim(sheet)
    _make(new)
    touched = [*new, *changed]
    _write_cells(run, touched)
    after = _contents(touched)
    batch = secrets.token_hex(8)
    events.record_many([_event(sheet, before, after, batch) for sheet in touched])
    return [sheet.found.id for sheet in touched]


def _contents(sheets: list[Sheet]) -> dict[int, snapshots.Content]:
    ids = [sheet.found.id for sheet in sheets]
    found: dict[int, snapshots.Content] = {}
    for start in range(0, len(ids), CHUNK):
        found |= snapshots.contents(ids[start : start + CHUNK])
    return found


def _make(sheets: list[Sheet]) -> None:
    """State and moments as the file says: submitted and decided now, by nobody that we know."""
    now = clock.now()
    for sheet in sheets:
        is_sent = sheet.state != State.DRAFT
        sheet.found = Timesheet(
            assignment=sheet.assignment,
            organisation=sheet.assignment.organisation,
            pay_period=sheet.period,
            state=sheet.state,
            minutes=sheet.minutes,
            is_nil=is_sent and not sheet.minutes,
            created_at=now,
            submitted_at=now if is_sent else None,
            decided_at=now if sheet.state == State.APPROVED else None,
        )
    insert(Timesheet, [sheet.found for sheet in sheets])
    # Where the worker enters, the hours are the worker's own; who typed them for an organisation is unknown.
    own = [sheet for sheet in sheets if sheet.assignment.entered_by == "worker"]
    insert(Contributor, [Contributor(timesheet=one.found, account=one.assignment.worker) for one in own])


def _claim(sheet: Sheet) -> None:
    """Take a draft as it was read, or refuse: somebody may have sent it meanwhile."""
    found = sheet.found
    is_as_read = (Timesheet.state == State.DRAFT) & (Timesheet.revision == found.revision)
    columns = {"revision": found.revision + 1, "minutes": sheet.minutes, "is_nil": False}
    if Timesheet.update(columns).where((Timesheet.id == found.id) & is_as_read).execute() != 1:
        raise Refused("Somebody changed one of these timesheets at the same moment: import again.")
    found.revision += 1


def _event(
    sheet: Sheet, before: dict[int, snapshots.Content], after: dict[int, snapshots.Content], batch: str
) -> dict[str, Any]:
    key, state = sheet.found.id, sheet.found.state
    return {
        "verb": "import",
        "source": "import",
        "timesheet": key,
        "actor": None,
        "revision": sheet.found.revision,
        "before": {"state": state, **before[key]} if key in before else None,
        "after": {"state": state, **after[key]},
        "batch": batch,
    }


def _write_cells(run: Run, sheets: list[Sheet]) -> None:
    """Hours are updated in place, never removed: links of released invoices may still refer to them."""
    lines = _lines(run, sheets)
    made = []
    for sheet in sheets:
        for place, cell in sheet.put.items():
            old = sheet.cells.get(place)
            if old is not None:
                columns = {"minutes": cell.minutes, "remark": cell.remark, "typed": ""}
                Hour.update(columns).where(Hour.id == old.id).execute()
            elif not cell.is_empty:
                line = lines[_line_key(run, sheet, place)]
                made.append(Hour(line=line, day=place.day, minutes=cell.minutes, remark=cell.remark))
    insert(Hour, made)


LineKey = tuple[int, int, int, int, int]


def _line_key(run: Run, sheet: Sheet, place: Place) -> LineKey:
    year, week, _ = place.day.isocalendar()
    organisation = sheet.assignment.organisation.code
    hour_type = run.hour_types.by_key[place.hour_type,]
    budget_number = run.budget_numbers.by_key[organisation, place.budget_number]
    return sheet.found.id, year, week, hour_type.id, budget_number.id


def _lines(run: Run, sheets: list[Sheet]) -> dict[LineKey, Any]:
    """The line of every place that is put, made where there is none yet."""
    wanted = {
        _line_key(run, sheet, place): None
        for sheet in sheets
        for place, cell in sheet.put.items()
        if place not in sheet.cells and not cell.is_empty
    }
    old = sorted({key[0] for key in wanted} & {sheet.found.id for sheet in sheets if sheet.cells})
    lines: dict[LineKey, Any] = {}
    for start in range(0, len(old), CHUNK):
        for line in TimesheetLine.select().where(TimesheetLine.timesheet.in_(old[start : start + CHUNK])):
            key = (line.timesheet_id, line.iso_year, line.iso_week, line.hour_type_id, line.budget_number_id)
            lines[key] = line
    names = ("timesheet", "iso_year", "iso_week", "hour_type", "budget_number")
    made = {key: TimesheetLine(**dict(zip(names, key, strict=True))) for key in wanted if key not in lines}
    insert(TimesheetLine, list(made.values()))
    return lines | made
