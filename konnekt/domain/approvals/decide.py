"""The verbs of who decides: approve (one, many, the ordinary ones), reject; undo_or_revoke.py takes back."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from konnekt.background import mail
from konnekt.db import transaction
from konnekt.domain import access, clock, events, flags
from konnekt.domain.access import Grants
from konnekt.domain.accounts import agency_roles, people
from konnekt.domain.approvals import waiting
from konnekt.domain.approvals.waiting import WaitingFilter
from konnekt.domain.budgets import alerts
from konnekt.domain.refusals import Conflict, Forbidden, Invalid, NotFound, Refused
from konnekt.domain.text_fields import checked_reason
from konnekt.domain.timesheets import find, registrars, rejected
from konnekt.models import Account, State, Timesheet

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


def approve(sheet: int, *, by: Account, seen: int) -> Outcome:
    """Approve one sheet as it was seen; raises what refuses it."""
    outcome = approve_many([Pick(sheet, seen)], by=by)
    for _pick, _sheet, refusal in outcome.refused:
        raise refusal
    return outcome


def approve_many(picks: Iterable[Pick], *, by: Account, source: str = "") -> Outcome:
    """Approve what was ticked: one transaction, a guarded UPDATE for all that were seen in one revision.

    A refused sheet does not undo the others; the outcome says which and why. source: "mail" where it was done
    by a link in a mail.
    """
    chosen = sorted({pick.sheet: pick for pick in picks}.values())
    if not chosen:
        raise Invalid("Tick at least one timesheet.", field="pick")
    if len(chosen) > MANY:
        raise Invalid("Tick at most %(count)s timesheets at once.", field="pick", count=MANY)
    outcome = Outcome()
    with transaction():
        who = access.grants(by)
        timesheets = find.load((pick.sheet for pick in chosen), who)
        touched = find.contributors_of(timesheets)
        alike: dict[tuple[int, int | None], list[Timesheet]] = {}
        for pick in chosen:
            sheet = timesheets.get(pick.sheet)
            try:
                if sheet is None:
                    raise NotFound("This timesheet does not exist, or not for you.")
                on_behalf_of = _may_decide(sheet, who, touched.get(sheet.id, set()))
            except Refused as refusal:
                outcome.refused.append((pick, sheet, refusal))
            else:
                alike.setdefault((pick.revision, on_behalf_of), []).append(sheet)
        find.lock(timesheets)
        for (revision, on_behalf_of), sheets in alike.items():
            decided = _decide(sheets, State.APPROVED, by, on_behalf_of, revision)
            outcome.decided += decided
            late = set(sheets) - set(decided)
            outcome.refused += [(Pick(one.id, revision), one, _why_not(one.id)) for one in late]
        outcome.decided.sort(key=lambda sheet: sheet.id)
        outcome.refused.sort(key=lambda refused: refused[0])
        told = {"batch": outcome.batch, "source": source}
        events.record_many([decision("approve", sheet, by, **told) for sheet in outcome.decided])
        flags.changed([sheet.id for sheet in outcome.decided])
        alerts.after_approval([sheet.id for sheet in outcome.decided])
    return outcome


def approve_ordinary(chosen: WaitingFilter, *, by: Account, seen: str) -> Outcome:
    """Approve the sheets of a filter that have no flag; seen is the fingerprint that the button carried."""
    with transaction():
        picks, fingerprint = waiting.ordinary(access.grants(by), chosen)
        if fingerprint != seen:
            raise Conflict("The ordinary timesheets changed since you saw them. Look again, then approve.")
        return approve_many([Pick(*pick) for pick in picks], by=by)


def reject(sheet: int, reason: str, *, by: Account, seen: int, source: str = "") -> Timesheet:
    """Send a sheet back with a reason, which goes by mail to whoever enters (product.md section 3).

    The mail rests for two minutes: an undo before that takes it back.
    """
    with transaction():
        who = access.grants(by)
        timesheet = find.find(sheet, who)
        on_behalf_of = _may_decide(timesheet, who, find.contributors_of([sheet]).get(sheet, set()))
        reason = checked_reason(reason)
        if not _decide([timesheet], State.REJECTED, by, on_behalf_of, seen, rejection_reason=reason):
            raise _why_not(sheet)
        batch = secrets.token_hex(8)
        told = {"reason": reason, "batch": batch, "source": source}
        events.record_many([decision("reject", timesheet, by, **told)])
        flags.changed([sheet])
        _tell_who_enter(timesheet, reason, by, batch)
    return timesheet


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
    sheets: list[Timesheet],
    state: State,
    by: Account,
    on_behalf_of: int | None,
    seen: int,
    rejection_reason: str = "",
) -> list[Timesheet]:
    """Decide on those that wait as they were seen, all of them in this revision; gives them back."""
    columns: dict[str, Any] = {
        "state": state,
        "decided_at": clock.now(),
        "decided_by": by.id,
        "decided_for": on_behalf_of,
        "rejection_reason": rejection_reason,
    }
    is_as_seen = (Timesheet.state == State.SUBMITTED) & (Timesheet.revision == seen)
    is_one_of_these = Timesheet.id.in_([sheet.id for sheet in sheets])
    update = Timesheet.update(columns).where(is_one_of_these & is_as_seen)
    ids = {key for (key,) in update.returning(Timesheet.id).tuples().execute()}
    decided = [sheet for sheet in sheets if sheet.id in ids]
    for sheet in decided:
        for name, value in columns.items():
            setattr(sheet, name, value)
    return decided


def _why_not(sheet: int) -> Refused:
    """What somebody else did in the meantime."""
    now: Timesheet = Timesheet.get_by_id(sheet)
    name = now.decided_by.name if now.decided_by else ""
    if now.state == State.APPROVED:
        return Conflict("Already approved by %(name)s.", name=name) if name else Conflict("Already approved.")
    if now.state == State.REJECTED:
        return Conflict("Already rejected by %(name)s.", name=name)
    if now.state == State.DRAFT:
        return Conflict("Taken back by who sent it: it no longer waits.")
    return Conflict("Changed since you saw it. Look at it again, then decide.")


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
            url=mail.link(rejected.door(sheet, account)),
        )


def why_not(sheet: Timesheet, verb: str, who: Grants) -> Refused:
    """Why the account may not reject or revoke this sheet: the person (403) or the state (409)."""
    if access.sees_only_as_invoice_reader(who, sheet):
        return Forbidden("You have no right to do this with this timesheet.")
    needed = State.APPROVED if verb == "revoke" else State.SUBMITTED
    if sheet.state == needed == State.APPROVED and find.is_locked(sheet.id):
        return Conflict("Its hours are invoiced or paid already: use a supplementary timesheet.")
    if sheet.state != needed:
        return _why_not(sheet.id)
    if verb == "revoke" and who.is_agency_staff and not who.may("hours"):
        return agency_roles.missing("hours")
    return Forbidden("You have no right to do this with this timesheet.")
