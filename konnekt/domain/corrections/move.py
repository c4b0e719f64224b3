"""Moving hours from one budget number to another: the agency, with a reason, as the preview said it."""

import secrets
from collections.abc import Collection
from typing import Any

from peewee import fn

from konnekt.db import hold
from konnekt.domain import clock, events, flags, text_fields
from konnekt.domain.accounts import agency_roles
from konnekt.domain.budgets import alerts
from konnekt.domain.corrections import case as cases, move_preview, supplementary
from konnekt.domain.corrections.move_preview import Chosen, How, Move, MovePreview
from konnekt.domain.invoices import credit
from konnekt.domain.records import assignments, audited
from konnekt.domain.refusals import Conflict, Invalid, Refused
from konnekt.domain.timesheets import content, find, limits, snapshots
from konnekt.models import (
    Account,
    Assignment,
    BudgetNumber,
    Contributor,
    Flag,
    State,
    Timesheet,
    TimesheetLine,
)


class Blocked(Conflict):
    """One of them can't be moved, so nothing was; cause says why."""

    def __init__(self, move: Move, cause: Refused) -> None:
        super().__init__(
            "Nothing was moved, because of the timesheet of %(name)s:", name=move.sheet.assignment.worker.name
        )
        self.cause = cause


def defaults(chosen: Chosen) -> list[Assignment]:
    """The assignments that go on, of those chosen, whose new hours go on the number by themselves."""
    last = fn.COALESCE(Assignment.last_on, clock.today())
    on_it = (Assignment.budget_number == chosen.source) & (last >= clock.today())
    if chosen.assignment:
        on_it &= Assignment.id == chosen.assignment
    if chosen.sheet:
        of_sheet = Timesheet.select(Timesheet.assignment).where(Timesheet.id == chosen.sheet)
        on_it &= Assignment.id.in_(of_sheet)
    query = Assignment.select(Assignment, Account).join(Account).where(on_it)
    return list(query.order_by(Account.name_key, Assignment.id))


def move(
    chosen: Chosen, reason: str, *, by: Account, seen: str, renumbered: Collection[int] = ()
) -> MovePreview:
    """Do what the preview showed, all of it or nothing; what it refused stays as it is.

    Not invoiced or paid: the rows change. An approved sheet stays approved: its hours, days and pay are the
    same, and pay does not wait for another approval; event and history say who moved them and why. Invoiced:
    the invoice is credited, and the next run invoices all its hours again. Paid: a supplementary sheet takes
    them off the one number and puts them on the other, and waits to be approved.
    seen: `Preview.fingerprint`. renumbered: of `defaults`, the assignments (ids) whose own number becomes the
    new one too. Raises Forbidden, Invalid without a reason, Conflict where anything changed
    since, Blocked.
    """
    agency_roles.require(by, "budget numbers", "Only the agency moves hours to another budget number.")
    reason = text_fields.checked_reason(reason)
    with audited.staff_only(by, "budget numbers"):
        # In this order: who enters hours of these workers; who invoices, exports or revokes.
        for worker in sorted({one.sheet.assignment.worker_id for one in move_preview.preview(chosen).moves}):
            hold("worker", worker)
        hold("invoices")
        preview = move_preview.preview(chosen)
        if preview.fingerprint != seen:
            raise Conflict("The hours changed since you saw them. Look again, then confirm.")
        if not preview.moves:
            raise Conflict("There is nothing to move.")
        batch = secrets.token_hex(8)
        for invoice in preview.invoices:
            credit.credit(invoice.id, reason, by=by)
        for one in preview.moves:
            try:
                _move_one(one, preview, reason, by, batch)
            except Refused as refusal:
                raise Blocked(one, refusal) from refusal
        _record(preview, reason, by, batch)
        _renumber([one for one in defaults(chosen) if one.id in renumbered], preview.target, by)
    return preview


def _renumber(some: list[Assignment], target: BudgetNumber, by: Account) -> None:
    for one in some:
        assignments.RECORD.change(one, {"budget_number": target}, by=by)


def _move_one(one: Move, preview: MovePreview, reason: str, by: Account, batch: str) -> None:
    if one.how == How.CORRECT:
        case = cases.find(one.sheet.id)
        corrected = case.stored().content.on_number(preview.target.id, instead_of=preview.chosen.source.id)
        shown = cases.fingerprint(supplementary.check(case, corrected))
        supplementary.send(
            case.original.id, corrected, reason, by=by, seen=case.seen, shown=shown, task="budget numbers"
        )
        return
    for sheet in one.sheets.values():
        _change_rows(sheet, preview, reason, by, batch)


def _change_rows(sheet: Timesheet, preview: MovePreview, reason: str, by: Account, batch: str) -> None:
    before, stored = snapshots.content(sheet), content.read(sheet)
    moved = stored.content.on_number(preview.target.id, instead_of=preview.chosen.source.id)
    is_as_seen = (Timesheet.revision == sheet.revision) & (Timesheet.state == sheet.state)
    guard = (Timesheet.id == sheet.id) & is_as_seen & ~find.has_live_link()
    revision = sheet.revision + 1
    if Timesheet.update(revision=revision).where(guard).execute() != 1:
        raise Conflict("The hours changed since you saw them. Look again, then confirm.")
    _check_remarks(moved)
    content.write(sheet, stored, moved)
    # What its approver saw, or who rejected it, stays with it: nothing else of it changed.
    Flag.update(revision=revision).where(Flag.timesheet == sheet).execute()
    Contributor.insert(timesheet=sheet, account=by).on_conflict_ignore().execute()
    state: dict[str, Any] = {"state": sheet.state}
    events.record(
        "move", by=by, timesheet=sheet, revision=revision, reason=reason, batch=batch,
        before={**before, **state}, after={**snapshots.content(sheet), **state},
    )  # fmt: skip


def _check_remarks(moved: content.Content) -> None:
    if any(len(cell.remark) > limits.CELL_REMARK for line in moved.lines for cell in line.cells):
        raise Invalid("Two remarks of one day are too long together.")


def _record(preview: MovePreview, reason: str, by: Account, batch: str) -> None:
    """The event of both numbers; flags and mails that follow from hours on another number."""
    source, target = preview.chosen.source, preview.target
    after = {"moved_minutes": preview.minutes, "moved_cents": preview.cents, "moved_to": target.number}
    events.record(
        "move_hours", by=by, organisation=source.organisation_id, thing=f"budget_number {source.number}",
        reason=reason, batch=batch, after=after,
    )  # fmt: skip
    changed = [sheet for one in preview.moves if one.how != How.CORRECT for sheet in one.sheets.values()]
    flags.changed([sheet.id for sheet in changed], budget_numbers=[source.id, target.id])
    # The budgets of both changed also where all that moved was approved already.
    on_them = TimesheetLine.select(TimesheetLine.timesheet).where(
        TimesheetLine.budget_number.in_([source.id, target.id])
    )
    waiting = Timesheet.select(Timesheet.id).where(
        (Timesheet.state == State.SUBMITTED) & Timesheet.id.in_(on_them)
    )
    flags.refresh(sheet.id for sheet in waiting)
    alerts.after_approval([sheet.id for sheet in changed if sheet.state == State.APPROVED])
