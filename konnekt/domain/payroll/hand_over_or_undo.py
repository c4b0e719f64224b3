"""What becomes of a payroll batch: handed over to the payroll program, or undone before that."""

from typing import Any

from peewee import fn

from konnekt.db import hold, transaction
from konnekt.domain import clock, events, text_fields
from konnekt.domain.accounts import agency_roles
from konnekt.domain.payroll import make
from konnekt.domain.refusals import Conflict
from konnekt.domain.timesheets import hour_links
from konnekt.models import Account, Hour, PayrollBatch, PayrollHour, State, Timesheet, TimesheetLine


def hand_over(batch: int, *, by: Account) -> PayrollBatch:
    """Mark a batch as handed over: from then on it stays. Conflict where it is so already, or undone."""
    return _decide(batch, "hand_over", {"handed_over_at": clock.now()}, by)


def undo(batch: int, reason: str, *, by: Account) -> PayrollBatch:
    """Take back a batch that was made by mistake: its hours are free for the next one.

    The batch keeps its number and what it held. Raises Invalid without a reason; Conflict where it was
    handed over or undone already, or a correction outside it builds on its hours.
    """
    reason = text_fields.checked_reason(reason)
    with transaction():
        payroll_batch = _decide(
            batch, "undo_batch", {"undone_at": clock.now()}, by, ~_is_corrected(), reason=reason
        )
        hour_links.release_paid(batch)
    return payroll_batch


def _decide(
    batch: int, verb: str, columns: dict[str, Any], by: Account, *also: Any, **of_event: Any
) -> PayrollBatch:
    agency_roles.require(by, "payroll", "Only the agency exports hours to payroll.")
    with transaction():
        # Who corrects or revokes asks whether hours are paid: from here on that stays as it is.
        hold("invoices")
        payroll_batch = make.find(batch)
        guarded = PayrollBatch.update(columns).where(PayrollBatch.id == batch, PayrollBatch.is_open(), *also)
        if guarded.execute() != 1:
            raise _why_not(make.find(batch))
        for name, value in columns.items():
            setattr(payroll_batch, name, value)
        events.record(verb, by=by, thing=make.thing(payroll_batch), **of_event)
    return payroll_batch


def _why_not(batch: PayrollBatch) -> Conflict:
    if batch.undone_at:
        return Conflict("This batch was undone already.")
    if batch.handed_over_at:
        return Conflict("This batch is handed over: hours in it are put right by a correction.")
    return Conflict("A later correction builds on these hours: that one goes first.")


def _is_corrected() -> Any:
    """The condition on PayrollBatch: a correction of its hours, waiting or approved, is not in it."""
    later = Timesheet.alias()

    def sheets() -> Any:
        line, hour, paid = TimesheetLine.alias(), Hour.alias(), PayrollHour.alias()
        query = paid.select(line.timesheet).join(hour, on=(paid.hour == hour.id))
        return query.join(line, on=(hour.line == line.id)).where(paid.payroll_batch == PayrollBatch.id)

    corrected = later.select(later.id).join(
        Timesheet,
        on=(
            (later.assignment == Timesheet.assignment)
            & (later.pay_period == Timesheet.pay_period)
            & (later.sequence > Timesheet.sequence)
        ),
    )
    is_outside = later.state.in_((State.SUBMITTED, State.APPROVED)) & later.id.not_in(sheets())
    return fn.EXISTS(corrected.where(Timesheet.id.in_(sheets()) & is_outside))
