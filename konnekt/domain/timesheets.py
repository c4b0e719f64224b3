"""The verbs of who decides: approve (one, many, the ordinary ones), reject, revoke."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import quote

from peewee import fn

from konnekt import mail
from konnekt.db import transaction
from konnekt.domain import access, budget_alerts, clock, events, flags, people, registrars, waiting
from konnekt.domain.access import Grants
from konnekt.domain.refused import Forbidden, Invalid, NotFound, Refused
from konnekt.domain.waiting import Filter
from konnekt.models import (
    Account,
    Assignment,
    Contributor,
    Hour,
    InvoicedHour,
    Organisation,
    PayPeriod,
    PayrollHour,
    State,
    Timesheet,
    TimesheetLine,
)

REASON_LENGTH = 1000
MANY = 2000


class Pick(NamedTuple):
    """A sheet and the revision of it that the approver saw."""

    sheet: int
    revision: int


@dataclass
class Outcome:
    """What became of many: the sheets decided, and the others with the reason."""

    batch: str = field(default_factory=lambda: secrets.token_hex(8))
    is_undo: bool = False
    decided: list[Timesheet] = field(default_factory=list)
    refused: list[tuple[Pick, Timesheet | None, Refused]] = field(default_factory=list)

    @property
    def minutes(self) -> int:
        return sum(sheet.minutes for sheet in self.decided)


def find(sheet: int, who: Grants) -> Timesheet:
    """The sheet with its assignment, worker, organisation and period; NotFound where it is not yours."""
    found = load([sheet], who).get(sheet)
    if found is None:
        raise NotFound("This timesheet does not exist, or not for you.")
    return found


def load(sheets: Iterable[int], who: Grants) -> dict[int, Timesheet]:
    """The visible ones of these sheets with assignment, worker, organisation and period: one statement."""
    query = (
        Timesheet.select(Timesheet, Assignment, Account, Organisation, PayPeriod)
        .join(Assignment)
        .join(Account)
        .switch(Timesheet)
        .join(Organisation)
        .switch(Timesheet)
        .join(PayPeriod)
        .where(Timesheet.id.in_(list(sheets)) & access.visible(who))
    )
    return {sheet.id: sheet for sheet in query}


def contributors_of(sheets: Iterable[int]) -> dict[int, set[int]]:
    """Who entered or sent any part of each sheet: one statement."""
    found: dict[int, set[int]] = {}
    for row in Contributor.select().where(Contributor.timesheet.in_(list(sheets))):
        found.setdefault(row.timesheet_id, set()).add(row.account_id)
    return found


def approve(sheet: int, *, by: Account, seen: int) -> Outcome:
    """Approve one sheet as it was seen; raises what refuses it."""
    outcome = approve_many([Pick(sheet, seen)], by=by)
    for _pick, _sheet, refusal in outcome.refused:
        raise refusal
    return outcome


def approve_many(picks: Iterable[Pick], *, by: Account) -> Outcome:
    """Approve what was ticked: one transaction, a guarded UPDATE per sheet.

    A refused sheet does not undo the others; the outcome says which and why.
    """
    chosen = sorted({pick.sheet: pick for pick in picks}.values())
    if not chosen:
        raise Invalid("Tick at least one timesheet.", field="pick")
    if len(chosen) > MANY:
        raise Invalid("Tick at most %(count)s timesheets at once.", field="pick", count=MANY)
    outcome = Outcome()
    with transaction():
        who = access.grants(by)
        found = load((pick.sheet for pick in chosen), who)
        touched = contributors_of(found)
        for pick in chosen:
            sheet = found.get(pick.sheet)
            try:
                if sheet is None:
                    raise NotFound("This timesheet does not exist, or not for you.")
                _decide(sheet, State.APPROVED, who, touched.get(sheet.id, set()), pick.revision)
            except Refused as refusal:
                outcome.refused.append((pick, sheet, refusal))
            else:
                outcome.decided.append(sheet)
        events.record_many([decision("approve", sheet, by, batch=outcome.batch) for sheet in outcome.decided])
        flags.changed([sheet.id for sheet in outcome.decided])
        budget_alerts.after_approval([sheet.id for sheet in outcome.decided])
    return outcome


def approve_ordinary(chosen: Filter, *, by: Account, seen: str) -> Outcome:
    """Approve the sheets of a filter that have no flag; seen is the fingerprint that the button carried."""
    with transaction():
        found, fingerprint = waiting.ordinary(access.grants(by), chosen)
        if fingerprint != seen:
            raise Refused("The ordinary timesheets changed since you saw them. Look again, then approve.")
        return approve_many([Pick(*pick) for pick in found], by=by)


def reject(sheet: int, reason: str, *, by: Account, seen: int) -> Timesheet:
    """Send a sheet back with a reason, which goes by mail to whoever enters (product.md section 3).

    The mail rests for two minutes: an undo before that takes it back.
    """
    with transaction():
        who = access.grants(by)
        found = find(sheet, who)
        touched = contributors_of([sheet]).get(sheet, set())
        _may_decide(found, who, touched)
        reason = checked_reason(reason)
        _decide(found, State.REJECTED, who, touched, seen, rejection_reason=reason)
        batch = secrets.token_hex(8)
        events.record_many([decision("reject", found, by, reason=reason, batch=batch)])
        flags.changed([sheet])
        _tell_who_enter(found, reason, by, batch)
    return found


def checked_reason(reason: str) -> str:
    """The reason without outer spaces; Invalid where there is none or too much of it."""
    reason = reason.strip()
    if not reason:
        raise Invalid("Write the reason, so that it can be put right.", field="reason")
    if len(reason) > REASON_LENGTH:
        raise Invalid("Use at most %(count)s characters.", field="reason", count=REASON_LENGTH)
    return reason


def _may_decide(sheet: Timesheet, who: Grants, touched: set[int]) -> int | None:
    """On whose behalf the account may decide (None: its own right); raises Forbidden where it may not."""
    allowed, on_behalf_of = access.approves_for(who, sheet, touched)
    if allowed:
        return on_behalf_of
    if sheet.assignment.worker_id == who.account.id:
        raise Forbidden("Nobody approves their own hours.")
    if sheet.organisation_id not in who.approve:
        raise Forbidden("You have no right to approve in this organisation.")
    raise Forbidden("Somebody else approves this one: you entered or sent part of it.")


def _decide(
    sheet: Timesheet, state: State, who: Grants, touched: set[int], seen: int, rejection_reason: str = ""
) -> None:
    on_behalf_of = _may_decide(sheet, who, touched)
    columns: dict[str, Any] = {
        "state": state,
        "decided_at": clock.now(),
        "decided_by": who.account.id,
        "decided_for": on_behalf_of,
        "rejection_reason": rejection_reason,
    }
    is_as_seen = (Timesheet.state == State.SUBMITTED) & (Timesheet.revision == seen)
    if Timesheet.update(columns).where((Timesheet.id == sheet.id) & is_as_seen).execute() != 1:
        raise _why_not(sheet.id)
    for name, value in columns.items():
        setattr(sheet, name, value)


def _why_not(sheet: int) -> Refused:
    """What somebody else did in the meantime."""
    now: Timesheet = Timesheet.get_by_id(sheet)
    name = now.decided_by.name if now.decided_by else ""
    if now.state == State.APPROVED:
        return Refused("Already approved by %(name)s.", name=name) if name else Refused("Already approved.")
    if now.state == State.REJECTED:
        return Refused("Already rejected by %(name)s.", name=name)
    if now.state == State.DRAFT:
        return Refused("Taken back by who sent it: it no longer waits.")
    return Refused("Changed since you saw it. Look at it again, then decide.")


def decision(verb: str, sheet: Timesheet, by: Account, **columns: Any) -> dict[str, Any]:
    """The event of a decision on a sheet, as events.record_many takes it."""
    return {
        "verb": verb,
        "timesheet": sheet.id,
        "actor": by.id,
        "on_behalf_of": sheet.decided_for_id,
        "revision": sheet.revision,
        "before": {"state": State.SUBMITTED},
        "after": {"state": sheet.state},
        "reason": "",
        "batch": "",
        **columns,
    }


def _tell_who_enter(sheet: Timesheet, reason: str, by: Account, batch: str) -> None:
    entering = registrars.of([sheet.organisation_id])
    # A correction is the agency's: it goes back to who sent it.
    told = [sheet.submitted_by] if sheet.sequence else registrars.who_enter(sheet.assignment, entering)
    for account in told:
        if not people.is_address(account.email):
            continue
        mail.queue(
            "rejected",
            to=account,
            batch=batch,
            rest=mail.REST,
            worker=sheet.assignment.worker,
            organisation=sheet.organisation,
            period=sheet.pay_period,
            reason=reason,
            by=by,
            url=mail.link(door(sheet, account)),
        )


def door(sheet: Timesheet, account: Account) -> str:
    """Where the account puts a rejected sheet right: at its own door or that of registration."""
    is_own = sheet.assignment.entered_by == "worker" and sheet.assignment.worker_id == account.id
    if sheet.sequence:
        return f"/bureau/corrections/{sheet.id}"
    period, door = sheet.pay_period, "hours" if is_own else "registration"
    code = quote(sheet.assignment.code, safe="")
    return f"/{door}/{code}?year={period.year}&period={period.number}"


def why_not(sheet: Timesheet, verb: str, who: Grants) -> Refused:
    """Why the account may not reject or revoke this sheet: the person (403) or the state (409)."""
    if access.sees_only_as_invoice_reader(who, sheet):
        return Forbidden("You have no right to do this with this timesheet.")
    wanted = State.APPROVED if verb == "revoke" else State.SUBMITTED
    if sheet.state == wanted == State.APPROVED and is_locked(sheet.id):
        return Refused("Its hours are invoiced or paid already: use a supplementary timesheet.")
    if sheet.state != wanted:
        return _why_not(sheet.id)
    return Forbidden("You have no right to do this with this timesheet.")


def is_locked(sheet: int) -> bool:
    """Whether any of the sheet's hours stands on a live invoice or payroll batch."""
    return bool(Timesheet.select(has_live_link()).where(Timesheet.id == sheet).scalar())


def has_live_link() -> Any:
    """The condition on Timesheet: any of its hours stands on a live invoice or payroll batch."""

    def live(link: Any) -> Any:
        return fn.EXISTS(
            link.select(link.id)
            .join(Hour)
            .join(TimesheetLine)
            .where((TimesheetLine.timesheet == Timesheet.id) & link.released_at.is_null())
        )

    return live(InvoicedHour) | live(PayrollHour)
