"""Moving hours from one budget number to another: the agency, with a reason, as the preview said it."""

import secrets
from typing import Any

from konnekt.db import hold, transaction
from konnekt.domain import (
    budget_alerts,
    content,
    corrections,
    crediting,
    events,
    flags,
    limits,
    moves,
    snapshots,
    timesheets,
)
from konnekt.domain.correcting import case as cases
from konnekt.domain.moves import Chosen, How, Move, Preview
from konnekt.domain.refused import Forbidden, Invalid, Refused
from konnekt.models import Account, Contributor, Flag, State, Timesheet, TimesheetLine


class Blocked(Refused):
    """One of them can't be moved, so nothing was; cause says why."""

    def __init__(self, move: Move, cause: Refused) -> None:
        super().__init__(
            "Nothing was moved, because of the timesheet of %(name)s:", name=move.sheet.assignment.worker.name
        )
        self.cause = cause


def move(chosen: Chosen, reason: str, *, by: Account, seen: str) -> Preview:
    """Do what the preview showed, all of it or nothing; what it refused stays as it is.

    Not invoiced or paid: the rows change. An approved sheet stays approved: its hours, days and pay are the
    same, and pay does not wait for another approval; event and history say who moved them and why. Invoiced:
    the invoice is credited, and the next run invoices all its hours again. Paid: a supplementary sheet takes
    them off the one number and puts them on the other, and waits to be approved.
    seen: `Preview.fingerprint`. Raises Forbidden, Invalid without a reason, Refused where anything changed
    since, Blocked.
    """
    if not by.is_agency_staff:
        raise Forbidden("Only the agency moves hours to another budget number.")
    reason = timesheets.checked_reason(reason)
    with transaction():
        # In this order: who enters hours of these workers; who invoices, exports or revokes.
        for worker in sorted({one.sheet.assignment.worker_id for one in moves.preview(chosen).moves}):
            hold("worker", worker)
        hold("invoices")
        found = moves.preview(chosen)
        if found.fingerprint != seen:
            raise Refused("The hours changed since you saw them. Look again, then confirm.")
        if not found.moves:
            raise Refused("There is nothing to move.")
        batch = secrets.token_hex(8)
        for invoice in found.invoices:
            crediting.credit(invoice.id, reason, by=by)
        for one in found.moves:
            try:
                _move_one(one, found, reason, by, batch)
            except Refused as refusal:
                raise Blocked(one, refusal) from refusal
        _record(found, reason, by, batch)
    return found


def _move_one(one: Move, found: Preview, reason: str, by: Account, batch: str) -> None:
    if one.how == How.CORRECT:
        case = cases.find(one.sheet.id)
        wanted = case.stored().content.on_number(found.target.id, instead_of=found.chosen.source.id)
        shown = cases.fingerprint(corrections.check(case, wanted))
        corrections.send(case.original.id, wanted, reason, by=by, seen=case.seen, shown=shown)
        return
    for sheet in one.sheets.values():
        _change_rows(sheet, found, reason, by, batch)


def _change_rows(sheet: Timesheet, found: Preview, reason: str, by: Account, batch: str) -> None:
    before, stored = snapshots.content(sheet), content.read(sheet)
    wanted = stored.content.on_number(found.target.id, instead_of=found.chosen.source.id)
    is_as_seen = (Timesheet.revision == sheet.revision) & (Timesheet.state == sheet.state)
    guard = (Timesheet.id == sheet.id) & is_as_seen & ~timesheets.has_live_link()
    revision = sheet.revision + 1
    if Timesheet.update(revision=revision).where(guard).execute() != 1:
        raise Refused("The hours changed since you saw them. Look again, then confirm.")
    _check_remarks(wanted)
    content.write(sheet, stored, wanted)
    # What its approver saw, or who rejected it, stays with it: nothing else of it changed.
    Flag.update(revision=revision).where(Flag.timesheet == sheet).execute()
    Contributor.insert(timesheet=sheet, account=by).on_conflict_ignore().execute()
    state: dict[str, Any] = {"state": sheet.state}
    events.record(
        "move", by=by, timesheet=sheet, revision=revision, reason=reason, batch=batch,
        before={**before, **state}, after={**snapshots.content(sheet), **state},
    )  # fmt: skip


def _check_remarks(wanted: content.Content) -> None:
    if any(len(cell.remark) > limits.CELL_REMARK for line in wanted.lines for cell in line.cells):
        raise Invalid("Two remarks of one day are too long together.")


def _record(found: Preview, reason: str, by: Account, batch: str) -> None:
    """The event of both numbers; flags and mails that follow from hours on another number."""
    source, target = found.chosen.source, found.target
    after = {"moved_minutes": found.minutes, "moved_cents": found.cents, "moved_to": target.number}
    events.record(
        "move_hours", by=by, organisation=source.organisation_id, thing=f"budget_number {source.number}",
        reason=reason, batch=batch, after=after,
    )  # fmt: skip
    changed = [sheet for one in found.moves if one.how != How.CORRECT for sheet in one.sheets.values()]
    flags.changed([sheet.id for sheet in changed], budget_numbers=[source.id, target.id])
    # The budgets of both changed also where all that moved was approved already.
    on_them = TimesheetLine.select(TimesheetLine.timesheet).where(
        TimesheetLine.budget_number.in_([source.id, target.id])
    )
    waiting = Timesheet.select(Timesheet.id).where(
        (Timesheet.state == State.SUBMITTED) & Timesheet.id.in_(on_them)
    )
    flags.refresh(sheet.id for sheet in waiting)
    budget_alerts.after_approval([sheet.id for sheet in changed if sheet.state == State.APPROVED])
