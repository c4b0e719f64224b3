"""The agency changes hours that are not approved yet, with a reason: they are sent at once."""

from dataclasses import dataclass
from datetime import date

from konnekt.db import transaction
from konnekt.domain import access, text_fields
from konnekt.domain.access import Grants
from konnekt.domain.accounts import agency_roles
from konnekt.domain.refusals import Conflict, Forbidden, Invalid
from konnekt.domain.registration import teams
from konnekt.domain.registration.submit_on_behalf import UnsentSheet
from konnekt.domain.timesheets import (
    content,
    empty_cells,
    entry as timesheet_entry,
    fill,
    find,
    grid,
    step_back,
    submit,
)
from konnekt.models import Account, Timesheet


@dataclass
class Cells(grid.Grid):
    """The hour grid as cells in a plain form, which say what stood there before."""

    def is_row_fixed(self, row: timesheet_entry.Row) -> bool:
        """Whether hour type and budget number of the row can't be chosen: they can."""
        return False

    def was(self, row: timesheet_entry.Row, day: date) -> int | None:
        """The minutes that are stored, where other ones are typed."""
        minutes = _stored(self.sheet, row).at(day).minutes
        return minutes if minutes != row.at(day).minutes else None


def opened(of: UnsentSheet) -> grid.Sheet:
    """The sheet of an assignment and a period; Conflict where it is approved: then a way on is elsewhere."""
    if of.sheet is not None and not of.may_change:
        raise Conflict("This timesheet is approved: revoke the approval, or correct it where it is paid.")
    if not of.may_change:
        raise Forbidden("Hours of a fixed number per week are not registered.")
    return grid.Sheet(of.assignment, of.assignment.organisation, of.period, of.sheet)


def cells(sheet: grid.Sheet, entry: timesheet_entry.Entry, who: Grants) -> Cells:
    """The cells of what was typed, with an empty row where a week has none."""
    closing_days = teams.calendar(sheet.organisation.calendar).closing_days
    return Cells(**vars(grid.build(sheet, entry, who, closing_days)))


def typed_on(sheet: grid.Sheet, entry: timesheet_entry.Entry) -> timesheet_entry.Entry:
    """What was typed with what the cells don't show: remarks, which stay with their row and day."""
    entry.remark = sheet.row.remark if sheet.row else ""
    for row in entry.rows:
        for day, cell in _stored(sheet, row).cells.items():
            if cell.remark:
                row.cells.setdefault(day, timesheet_entry.Typed(day)).remark = cell.remark
    return entry


def beside(sheet: grid.Sheet, typed: timesheet_entry.Entry) -> timesheet_entry.Entry:
    """What was typed with the rows that somebody else added since: what is sent next is sent knowingly."""
    keys, by_token = {row.key for row in typed.rows}, {row.token: row for row in typed.rows}
    for row in sheet.entry().rows:
        there = by_token.get(row.token)
        if row.key in keys or _is_same(row, there):
            continue
        if there is None:
            typed.rows.append(row)
        else:
            typed.add(row)
    typed.seen = sheet.revision
    return typed


def fill_in(
    sheet: grid.Sheet, entry: timesheet_entry.Entry, asked: fill.Filling
) -> tuple[int, step_back.Step]:
    """Fill in what is asked as on the hour grid; returns how many cells or rows it is, and the way back.

    Raises what fill.fill raises; then nothing is filled in.
    """
    closing_days = teams.calendar(sheet.organisation.calendar).closing_days
    before = entry.copied_rows()
    try:
        count = fill.fill(asked, empty_cells.EmptyCells(entry, sheet, closing_days, grid.choices(sheet)))
    except (Conflict, Invalid):
        entry.rows = before
        raise
    return count, step_back.Step.between("cells", before, entry.rows)


def add_row(sheet: grid.Sheet, entry: timesheet_entry.Entry, iso_year: int, iso_week: int) -> None:
    """Add an empty line to a week of the period."""
    for week in grid.weeks_of(sheet.assignment, sheet.period, {}):
        if (week.iso_year, week.iso_week) == (iso_year, iso_week):
            there = [row for row in entry.rows if (row.iso_year, row.iso_week) == (iso_year, iso_week)]
            entry.add(grid.choices(sheet).fresh(week, sheet.assignment, there))


def _is_same(stored: timesheet_entry.Row, row: timesheet_entry.Row | None) -> bool:
    """Whether it is the row that the page named so; SQLite gives the number of a removed line to another."""
    return row is not None and stored.token == row.token and stored.key[:2] == row.key[:2]


def _stored(sheet: grid.Sheet, row: timesheet_entry.Row) -> timesheet_entry.Row:
    """The row as it is stored: the one that the page named so, else the one of its key."""
    rows = sheet.entry().rows
    same = [one for one in rows if _is_same(one, row)] or [one for one in rows if one.key == row.key]
    return same[0] if same else timesheet_entry.Row(row.token, *row.key)


def change(sheet: grid.Sheet, entered: content.Content, reason: str, *, by: Account, seen: int) -> Timesheet:
    """Send the hours as they should be, on behalf of who enters them: draft, rejected, or sent already.

    The event has the reason, before and after; the agency has had a hand in it (four eyes). Raises Forbidden
    for all but agency staff, Invalid without a reason, what submit.submit raises, Conflict where nothing
    changes.
    """
    agency_roles.require(by, "hours", "Only the agency changes hours on behalf of somebody else.")
    with transaction():
        reason = text_fields.checked_reason(reason)
        if entered.is_like(sheet.stored.content):
            raise Conflict("Nothing changes: type the hours as they should be.")
        return submit.submit(sheet.at, entered, by=by, seen=seen, reason=reason, is_change=True)


def renumber(sheet: int, budget_number: int, *, by: Account, seen: int) -> Timesheet:
    """Put all rows of a sheet that is not approved on one budget number, by who registers hours there.

    A draft or a rejected sheet is kept so, a sent one is sent again at once (product.md section 3). Raises
    Forbidden for everybody else, also for the worker, who has a grid of her own; Invalid for a number of
    another organisation, and what entering raises.
    """
    with transaction():
        who = access.grants(by)
        timesheet = find.find(sheet, who)
        if timesheet.organisation_id not in who.register:
            raise Forbidden("You have no right to register hours here.")
        stored = content.read(timesheet).content
        renumbered = stored.on_number(budget_number)
        if renumbered.is_like(stored):
            raise Invalid("All rows stand on this budget number already.", field="budget_number")
        if timesheet.state in submit.OPEN:
            submit.save(sheet, renumbered, by=by, seen=seen)
        else:
            submit.submit(sheet, renumbered, by=by, seen=seen)
    return find.find(sheet, access.grants(by))
