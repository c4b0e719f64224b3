"""Taking a decision back: undo within ten minutes; revoke an approval later, with a reason."""

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from konnekt.background import mail
from konnekt.db import hold, transaction
from konnekt.domain import access, clock, events, flags
from konnekt.domain.access import Grants
from konnekt.domain.approvals.decide import Outcome, Pick, decision, why_not
from konnekt.domain.corrections import case
from konnekt.domain.refusals import Conflict, Forbidden, Refused
from konnekt.domain.text_fields import checked_reason
from konnekt.domain.timesheets import content, find, limits, rejected
from konnekt.models import Account, Event, State, Timesheet

UNDO_WITHIN = timedelta(minutes=10)
DECIDED = (State.APPROVED, State.REJECTED)
WAITS = {"state": State.SUBMITTED, "decided_at": None, "decided_by": None, "decided_for": None}


def may_undo(sheet: Any, by: Account) -> bool:
    """For ten minutes the account that decided takes it back by one click.

    A rejection only as long as nobody went on with the hours: `undo` looks at that.
    sheet: the sheet, or its row in a list.
    """
    return bool(
        sheet.state in DECIDED
        and sheet.decided_by_id == by.id
        and clock.now() - sheet.decided_at <= UNDO_WITHIN
    )


def may_revoke(sheet: Timesheet, who: Grants) -> bool:
    """Later any approver of the organisation, or the agency, with a reason; nobody for their own hours."""
    if sheet.state != State.APPROVED or sheet.assignment.worker_id == who.account.id:
        return False
    return who.may("hours") or sheet.organisation_id in who.approve


def undo(sheet: int, *, by: Account, seen: int) -> Timesheet:
    """Take back one's own decision within ten minutes (Ongedaan maken)."""
    with transaction():
        timesheet = find.find(sheet, access.grants(by))
        if timesheet.state in DECIDED and timesheet.decided_by_id != by.id:
            if timesheet.state == State.REJECTED:
                raise Forbidden("Only who rejected it can undo that.")
            raise Forbidden("Only who approved it can undo that; revoke the approval with a reason.")
        was_rejected = _undo(timesheet, by, seen)
        flags.changed([sheet], are_hours_moved=was_rejected)
    return timesheet


def _undo(sheet: Timesheet, by: Account, seen: int, batch: str = "", source: str = "") -> bool:
    """Take the decision back; returns whether it was a rejection: the hours of those did not count."""
    if sheet.state not in DECIDED:
        raise _taken_back()
    _check_in_time(sheet, by)
    if sheet.state == State.REJECTED:
        _undo_rejection(sheet, by, seen, batch, source)
        return True
    _revoke(sheet, by, seen, "undo", sheet.decided_for_id, batch=batch, source=source)
    return False


def _undo_rejection(sheet: Timesheet, by: Account, seen: int, batch: str, source: str) -> None:
    """Let it wait again, unless somebody went on with it, and take its mails back.

    Who may have read that mail already is told by another that it no longer holds.
    """
    worker = sheet.assignment.worker
    hold("worker", worker.id)
    if sheet.sequence:
        # Nobody revokes what it builds on meanwhile.
        hold("invoices")
        if case.is_overtaken(sheet):
            raise Conflict("The hours that it corrects changed since: this rejection stands.")
    last = Event.select().where(Event.timesheet == sheet).order_by(Event.id.desc()).first()
    if last is not None and last.verb == "undo_rejection":
        raise _taken_back()
    # Rejected hours leave room in a day: another sheet may have taken it since.
    limits.check_days(content.read(sheet).content, sheet)
    is_as_decided = (Timesheet.state == State.REJECTED) & (Timesheet.decided_at == sheet.decided_at)
    guard = is_as_decided & (Timesheet.revision == seen)
    update = Timesheet.update({**WAITS, "rejection_reason": ""}).where((Timesheet.id == sheet.id) & guard)
    if last is None or last.verb != "reject" or last.revision != seen or update.execute() != 1:
        raise Conflict("Who enters the hours is putting them right already: this rejection stands.")
    told = {"batch": batch, "source": source}
    event = decision("undo_rejection", sheet, by, before={"state": State.REJECTED}, **told)
    for name, value in WAITS.items():
        setattr(sheet, name, value)
    sheet.rejection_reason = ""
    events.record_many([{**event, "after": {"state": State.SUBMITTED}}])
    for account in mail.withdraw(last.batch) if last.batch else ():
        mail.queue(
            "rejection_undone",
            to=account,
            worker=worker,
            organisation=sheet.organisation,
            period=sheet.pay_period,
            by=by,
            url=mail.link(rejected.door(sheet, account)),
        )


def _taken_back() -> Conflict:
    return Conflict("This was taken back already.")


def _check_in_time(sheet: Timesheet, by: Account) -> None:
    if not may_undo(sheet, by):
        if sheet.state == State.REJECTED:
            raise Conflict("The ten minutes to undo are over: who enters the hours sends them again.")
        raise Conflict("The ten minutes to undo are over; revoke the approval with a reason.")


def undo_batch(batch: str, *, by: Account, only: Collection[int] | None = None, source: str = "") -> Outcome:
    """Take back all that one request decided, as far as that can still be done; only: of these sheets alone.

    What was taken back or decided again since is left alone without a word.
    """
    outcome, are_hours_moved = Outcome(is_undo=True), False
    with transaction():
        who = access.grants(by)
        for sheet in sorted(find.load(_of_batch(batch, by), who).values(), key=lambda sheet: sheet.id):
            if sheet.state not in DECIDED or sheet.decided_by_id != by.id:
                continue
            if only is not None and sheet.id not in only:
                continue
            try:
                are_hours_moved |= _undo(sheet, by, sheet.revision, outcome.batch, source)
            except Refused as refusal:
                outcome.refused.append((Pick(sheet.id, sheet.revision), sheet, refusal))
            else:
                outcome.decided.append(sheet)
        flags.changed([sheet.id for sheet in outcome.decided], are_hours_moved=are_hours_moved)
    return outcome


def _of_batch(batch: str, by: Account) -> list[int]:
    query = Event.select(Event.timesheet).where((Event.batch == batch) & (Event.actor == by))
    return [row.timesheet_id for row in query] if batch else []


def revoke(sheet: int, reason: str, *, by: Account, seen: int) -> Timesheet:
    """Take an approval back with a reason, while the hours are neither invoiced nor exported."""
    with transaction():
        who = access.grants(by)
        timesheet = find.find(sheet, who)
        if timesheet.state == State.APPROVED and not may_revoke(timesheet, who):
            raise why_not(timesheet, "revoke", who)
        reason = checked_reason(reason)
        on_behalf_of = next(iter(who.approve.get(timesheet.organisation_id, ())), None)
        _revoke(timesheet, by, seen, "revoke", on_behalf_of, reason=reason)
        flags.changed([sheet], are_hours_moved=False)
    return timesheet


def _revoke(
    sheet: Timesheet, by: Account, seen: int, verb: str, on_behalf_of: int | None, **columns_of_event: str
) -> None:
    # An invoice that is being issued has its links only when it commits: wait, then look.
    hold("invoices")
    # The moment tells this approval from a later one by somebody else.
    is_this_one = (Timesheet.state == State.APPROVED) & (Timesheet.decided_at == sheet.decided_at)
    is_as_seen = is_this_one & (Timesheet.revision == seen) & ~find.has_live_link() & ~case.has_later()
    if Timesheet.update(WAITS).where((Timesheet.id == sheet.id) & is_as_seen).execute() != 1:
        if find.is_locked(sheet.id):
            raise Conflict("Its hours are invoiced or paid already: use a supplementary timesheet.")
        if Timesheet.select(case.has_later()).where(Timesheet.id == sheet.id).scalar():
            raise Conflict("A later correction builds on these hours: that one goes first.")
        raise Conflict("It is no longer approved: that was taken back already.")
    for name, value in WAITS.items():
        setattr(sheet, name, value)
    event = decision(verb, sheet, by, before={"state": State.APPROVED}, **columns_of_event)
    events.record_many([{**event, "on_behalf_of": on_behalf_of}])
