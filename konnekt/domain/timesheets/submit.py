"""The verbs of who enters: save, submit, withdraw. One partial, two doors: the worker and the supervisor."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from peewee import IntegrityError

from konnekt.db import hold, transaction
from konnekt.domain import access, clock, events, flags
from konnekt.domain.access import Grants
from konnekt.domain.refusals import Conflict, Forbidden, Invalid, NotFound
from konnekt.domain.timesheets import content, find, four_eyes, limits, rejected, snapshots
from konnekt.domain.timesheets.content import Content, Stored
from konnekt.domain.timesheets.edit_conflict import EditConflict, conflict_of
from konnekt.models import Account, Assignment, Contributor, Event, Organisation, PayPeriod, State, Timesheet
from konnekt.models.compiled import compiled, slot

OPEN = (State.DRAFT, State.REJECTED)
SENDABLE = (*OPEN, State.SUBMITTED)


class SheetIds(NamedTuple):
    """Where an original sheet belongs before it has a row: ids of an assignment and a pay period."""

    assignment: int
    pay_period: int


@dataclass
class _Entry:
    """A sheet that the account may enter: opened, checked, and not yet changed."""

    sheet: Timesheet
    stored: Stored
    by: Account
    drafted_by: int | None = None

    @property
    def is_new(self) -> bool:
        return self.sheet.id is None

    @property
    def on_behalf_of(self) -> int | None:
        """The worker, where somebody else enters what the worker normally does; else whose draft it is."""
        assignment = self.sheet.assignment
        is_for_worker = assignment.entered_by == "worker" and assignment.worker_id != self.by.id
        return assignment.worker_id if is_for_worker else self.drafted_by


def save(sheet: int | SheetIds, entered: Content, *, by: Account, seen: int) -> Timesheet | None:
    """Keep what was entered on a draft or a rejected sheet; the original is made when there is none yet.

    seen: the revision that was on screen, 0 where there was no sheet. Writes only what differs: unchanged
    content writes nothing, and an empty grid makes no sheet (None). Raises EditConflict where another
    was first, Refused on a sheet that was sent, Invalid (see limits), Forbidden, NotFound.
    """
    with transaction():
        entry = _open(sheet, entered, by, seen, OPEN)
        limits.check(entered, entry.sheet, entry.stored)
        if entry.stored.content.is_like(entered):
            return None if entry.is_new else entry.sheet
        limits.check_days(entered, entry.sheet)
        last = events.last_of(entry.sheet)
        is_same_hand = events.may_go_on(last, "save", by)
        before = None if entry.is_new or is_same_hand else snapshots.content(entry.sheet)
        _write(entry, entered, seen, {}, OPEN)
        after = {"revision": entry.sheet.revision, "after": snapshots.content(entry.sheet)}
        if last is not None and is_same_hand:
            # A draft saves itself while one types: that is one step of its history, not fifty.
            events.go_on(last, **after)
        else:
            _record("save", entry, before=before, **after)
    return entry.sheet


def submit(
    sheet: int | SheetIds,
    entered: Content | None = None,
    *,
    by: Account,
    seen: int,
    reason: str = "",
    is_change: bool = False,
) -> Timesheet:
    """Send a sheet for approval, with what was entered (None: as it is stored).

    reason: why the agency sends on behalf of who enters (submit_on_behalf.py); it may nothing without one.
    is_change: it sends other hours (change.py), of a sheet that was sent too.
    From draft, rejected or submitted; the revision goes up with each change, so that of two who send at once
    the second is told. Raises what save raises; Invalid for cells that can't be read, an empty sheet without
    "no hours worked"; Conflict where four eyes would leave nobody to approve it.
    """
    with transaction():
        states = SENDABLE if is_change or not reason else OPEN
        entry = _open(sheet, entered, by, seen, states, for_others=bool(reason))
        entered = entry.stored.content if entered is None else entered
        if entry.sheet.state == State.SUBMITTED and not reason and entry.stored.content.is_like(entered):
            return entry.sheet  # sent already, as it is: the answer to that may have got lost
        limits.check(entered, entry.sheet, entry.stored)
        _check_complete(entered)
        limits.check_days(entered, entry.sheet)
        four_eyes.check(entry.sheet, by)
        before = None if entry.is_new else snapshots.content(entry.sheet)
        budget_numbers = {key.budget_number for key in entry.stored.lines}
        columns = {
            "state": State.SUBMITTED,
            "submitted_at": clock.now(),
            "submitted_by": by.id,
            "decided_at": None,
            "decided_by": None,
            "decided_for": None,
            "rejection_reason": "",
        }
        rejected.withdraw_rejection(entry.sheet)
        _write(entry, entered, seen, columns, SENDABLE)
        after = snapshots.content(entry.sheet)
        _record("submit", entry, revision=entry.sheet.revision, before=before, after=after, reason=reason)
        flags.changed([entry.sheet.id], budget_numbers=budget_numbers)
    return entry.sheet


def withdraw(sheet: int, *, by: Account, seen: int) -> Timesheet:
    """Take back what one sent oneself, while nobody has acted on it: a draft again (Ongedaan maken)."""
    with transaction():
        who = access.grants(by)
        timesheet = find.find(sheet, who)
        _check_may_enter(who, timesheet.assignment)
        if timesheet.sequence:
            raise Forbidden("The agency corrects hours: ask it to.")
        if timesheet.state == State.SUBMITTED and timesheet.submitted_by_id != by.id:
            raise Forbidden("Only who sent a timesheet takes it back.")
        columns = {"state": State.DRAFT, "submitted_at": None, "submitted_by": None}
        is_mine = (Timesheet.state == State.SUBMITTED) & (Timesheet.submitted_by == by)
        guard = (Timesheet.id == sheet) & (Timesheet.revision == seen) & is_mine
        if Timesheet.update(columns).where(guard).execute() != 1:
            raise _why_not_withdrawn(sheet, seen, by)
        last = events.last_of(timesheet)
        if last is None or (last.verb, last.actor_id) != ("submit", by.id):
            raise Conflict("Somebody has acted on this timesheet since you sent it: it can't be taken back.")
        _set(timesheet, columns)
        states = {"before": {"state": State.SUBMITTED}, "after": {"state": State.DRAFT}}
        _record("withdraw", _Entry(timesheet, Stored(), by), revision=timesheet.revision, **states)
        flags.changed([sheet])
    return timesheet


def _why_not_withdrawn(sheet: int, seen: int, by: Account) -> Conflict:
    now: Timesheet = Timesheet.get_by_id(sheet)
    if now.state == State.SUBMITTED and now.revision != seen:
        return conflict_of(now, seen, by=by)
    if now.state == State.APPROVED:
        return Conflict("This timesheet is approved already.")
    if now.state == State.REJECTED:
        return Conflict("This timesheet is rejected already.")
    return Conflict("This timesheet was not sent, or taken back already.")


def _open(
    sheet: int | SheetIds,
    entered: Content | None,
    by: Account,
    seen: int,
    states: tuple[State, ...],
    *,
    for_others: bool = False,
) -> _Entry:
    """Find the sheet or make room for it, and check who enters, its revision and its state."""
    # Two sheets of one worker share the 24 hours of a day: one of them at a time.
    hold("worker", _worker_of(sheet))
    who = access.grants(by)
    timesheet = find.find(sheet, who) if isinstance(sheet, int) else _at(sheet, who)
    if not (for_others and who.is_agency_staff and timesheet.assignment.basis == "flexible"):
        _check_may_enter(who, timesheet.assignment)
    if timesheet.state == State.APPROVED:
        raise Conflict("This timesheet is approved: a supplementary timesheet corrects it.")
    if timesheet.state not in states and for_others:
        raise Conflict("This timesheet was sent already.")
    if timesheet.state not in states:
        raise Conflict("This timesheet was sent: changes are sent at once, they can't be only saved.")
    if timesheet.sequence:
        raise Forbidden("The agency corrects hours: ask it to.")
    stored = content.read(timesheet) if timesheet.id else Stored()
    if seen != (timesheet.revision if timesheet.id else 0):
        raise conflict_of(
            timesheet, seen, by=by, is_as_typed=entered is not None and stored.content.is_like(entered)
        )
    return _Entry(timesheet, stored, by, _drafter(timesheet) if for_others else None)


def _drafter(sheet: Timesheet) -> int | None:
    """Who saved the draft last; None where there is none, or nobody but an import did."""
    saved = Event.select(Event.actor).where((Event.timesheet == sheet.id) & (Event.verb == "save"))
    drafter: int | None = saved.order_by(Event.id.desc()).limit(1).scalar()
    return drafter


def _worker_of(sheet: int | SheetIds) -> int:
    return find.worker_of(sheet) if isinstance(sheet, int) else find.worker_of(of=sheet.assignment)


def _at(at: SheetIds, who: Grants) -> Timesheet:
    """The original sheet of an assignment and a period of its calendar, or a new one without a row."""
    original = Timesheet.get_or_none(assignment=at.assignment, pay_period=at.pay_period, sequence=0)
    if original is not None:
        return find.find(original.id, who)
    assignment = (
        Assignment.select(Assignment, Organisation, Account)
        .join(Organisation)
        .switch(Assignment)
        .join(Account)
        .where(Assignment.id == at.assignment)
        .get()
    )
    period = PayPeriod.get_or_none(id=at.pay_period, calendar=assignment.organisation.calendar)
    is_visible = (
        who.is_agency_staff
        or assignment.worker_id == who.account.id
        or assignment.organisation_id in (who.approve.keys() | who.register)
    )
    if period is None or not is_visible:
        raise NotFound("This timesheet does not exist, or not for you.")
    return Timesheet(
        assignment=assignment,
        organisation=assignment.organisation,
        pay_period=period,
        created_at=clock.now(),
    )


def _check_may_enter(who: Grants, assignment: Assignment) -> None:
    if access.may_enter(who, assignment):
        return
    if assignment.basis != "flexible":
        raise Forbidden("Hours of a fixed number per week are not registered.")
    raise Forbidden("You have no right to register hours here.")


def _check_complete(entered: Content) -> None:
    limits.check_readable(entered)
    if not entered.has_hours and not entered.is_nil:
        raise Invalid("Fill in hours, or choose that no hours were worked.", field="is_nil")


def _write(
    entry: _Entry, entered: Content, seen: int, columns: dict[str, Any], states: tuple[State, ...]
) -> None:
    """Claim the sheet with its guarded UPDATE (or its one INSERT), then write what differs."""
    sheet = entry.sheet
    columns = {**columns, "minutes": entered.minutes, "is_nil": entered.is_nil, "remark": entered.remark}
    if entry.is_new:
        _set(sheet, columns)
        try:
            with transaction():
                sheet.save(force_insert=True)
        except IntegrityError:
            raise EditConflict([], []) from None
    else:
        columns["revision"] = seen + 1
        if _claim.change(tuple(columns), states, **columns, sheet=sheet.id, seen=seen) != 1:
            if find.is_locked(sheet.id):
                raise Conflict("Its hours are invoiced or paid already: use a supplementary timesheet.")
            raise conflict_of(Timesheet.get_by_id(sheet.id), seen, by=entry.by)
        _set(sheet, columns)
    content.write(sheet, entry.stored, entered)
    if entered.is_blank:
        # Nothing of what the others entered is left.
        Contributor.delete().where(Contributor.timesheet == sheet).execute()
    _contribute.change(sheet=sheet.id, account=entry.by.id)


@compiled
def _claim(names: tuple[str, ...], states: tuple[State, ...]) -> Any:
    """Write these columns of a sheet, if it is as it was seen and nothing of it is invoiced or paid."""
    guard = (Timesheet.revision == slot("seen")) & Timesheet.state.in_(states) & ~find.has_live_link()
    columns = {name: slot(name) for name in names}
    return Timesheet.update(columns).where((Timesheet.id == slot("sheet")) & guard)


@compiled
def _contribute() -> Any:
    row = {Contributor.timesheet: slot("sheet"), Contributor.account: slot("account")}
    return Contributor.insert(row).on_conflict_ignore()


def _set(sheet: Timesheet, columns: dict[str, Any]) -> None:
    for name, value in columns.items():
        setattr(sheet, name, value)


def _record(verb: str, entry: _Entry, **columns: Any) -> None:
    events.record(verb, by=entry.by, timesheet=entry.sheet, on_behalf_of=entry.on_behalf_of, **columns)
