"""The verbs of corrections: a supplementary sheet after invoicing or export, sent, or taken back.

The agency alone makes them; an organisation's approvers decide on them as on any other sheet.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from peewee import fn

from konnekt.db import hold, transaction
from konnekt.domain import access, clock, events, flags, paging, text_fields
from konnekt.domain.accounts import agency_roles
from konnekt.domain.corrections import case as cases
from konnekt.domain.corrections.case import Case
from konnekt.domain.paging import Page
from konnekt.domain.refusals import Conflict, Invalid, NotFound
from konnekt.domain.timesheets import content, find, four_eyes, limits, rejected, snapshots
from konnekt.models import Account, Assignment, Contributor, Organisation, PayPeriod, State, Timesheet
from konnekt.models.people import holds

OPEN = (State.DRAFT, State.REJECTED)


def check(case: Case, corrected: content.Content) -> content.Content:
    """The change that turns the approved hours into the corrected ones; writes nothing.

    Raises Conflict where no correction can be made, Invalid for hours that can't be (see limits; no line of
    a day below zero, no day above 24 hours) and where nothing changes.
    """
    refusal = case.refusal
    if refusal is not None:
        raise refusal
    limits.check(corrected, case.original, case.stored())
    limits.check_readable(corrected)
    change = cases.difference(case, corrected)
    if not change.lines:
        raise Invalid("Nothing changes: type the hours as they should have been.")
    limits.check_days(change, _sheet(case))
    return change


def _sheet(case: Case) -> Timesheet:
    """The supplementary sheet that the correction goes on: a new one, or what was taken back or rejected."""
    original = case.original
    sheet = case.open or Timesheet(sequence=case.sequence, created_at=clock.now(), revision=0)
    sheet.assignment, sheet.organisation = original.assignment, original.organisation
    sheet.pay_period = original.pay_period
    return sheet


def send(
    sheet: int,
    corrected: content.Content,
    reason: str,
    *,
    by: Account,
    seen: str,
    shown: str,
    task: str = "corrections",
) -> Timesheet:
    """Make the supplementary sheet that corrects the approved hours, and send it for approval.

    seen: `Case.seen` of the page; shown: the fingerprint of the change whose effect was shown. Refused when
    either is out of date. task: what of the agency's work it is part of. Raises what check raises, Invalid
    without a reason, Forbidden for who does not do that, Conflict where four eyes would leave nobody.
    """
    _must_be_agency_staff(by, task)
    reason = text_fields.checked_reason(reason)
    with transaction():
        case = _held(sheet)
        change = check(case, corrected)
        if case.seen != seen:
            raise Conflict("The hours changed since you saw them. Look again, then confirm.")
        if cases.fingerprint(change) != shown:
            raise Conflict("This is what it does by now. Look at it, then send.")
        correction = _sheet(case)
        four_eyes.check(correction, by)
        before = snapshots.content(correction) if correction.id else None
        stored = content.read(correction) if correction.id else content.Stored()
        rejected.withdraw_rejection(correction)
        _claim(correction, change, reason, by)
        content.write(correction, stored, change)
        Contributor.insert(timesheet=correction, account=by).on_conflict_ignore().execute()
        events.record(
            "submit", by=by, timesheet=correction, revision=correction.revision, reason=reason, before=before,
            after=snapshots.content(correction),
        )  # fmt: skip
        flags.changed([correction.id], budget_numbers={key.budget_number for key in stored.lines})
    return correction


def _must_be_agency_staff(by: Account, task: str = "corrections") -> None:
    agency_roles.require(by, task, "Only the agency corrects hours that are invoiced or paid.")


def _held(sheet: int) -> Case:
    """The case, after waiting for whoever enters, invoices, exports or revokes right now."""
    worker = Assignment.select(Assignment.worker).join(Timesheet).where(Timesheet.id == sheet).scalar()
    if worker is None:
        raise NotFound("This timesheet does not exist, or not for you.")
    hold("worker", worker)
    hold("invoices")
    return cases.find(sheet)


def _claim(sheet: Timesheet, change: content.Content, reason: str, by: Account) -> None:
    columns: dict[str, Any] = {
        "state": State.SUBMITTED,
        "revision": sheet.revision + 1,
        "minutes": change.minutes,
        "is_nil": False,
        "reason": reason,
        "submitted_at": clock.now(),
        "submitted_by": by,
        "decided_at": None,
        "decided_by": None,
        "decided_for": None,
        "rejection_reason": "",
    }
    guard = (Timesheet.id == sheet.id) & (Timesheet.revision == sheet.revision) & Timesheet.state.in_(OPEN)
    is_new = sheet.id is None
    if not is_new and Timesheet.update(columns).where(guard).execute() != 1:
        raise Conflict("The hours changed since you saw them. Look again, then confirm.")
    for name, value in columns.items():
        setattr(sheet, name, value)
    if is_new:
        sheet.save(force_insert=True)


def withdraw(sheet: int, *, by: Account, seen: int) -> Timesheet:
    """Take a correction back that waits or was rejected: it is emptied, and its number is free for the next.

    Refused when it was decided on, or changed since revision seen.
    """
    _must_be_agency_staff(by)
    with transaction():
        case = _held(sheet)
        correction = find.find(sheet, access.grants(by))
        if not correction.sequence:
            raise Conflict("This is no correction.")
        stored, before = content.read(correction), snapshots.content(correction)
        columns = {
            "state": State.DRAFT, "revision": seen + 1, "minutes": 0, "submitted_at": None,
            "submitted_by": None, "decided_at": None, "decided_by": None, "decided_for": None,
        }  # fmt: skip
        rejected.withdraw_rejection(correction)
        can_be = Timesheet.state.in_((State.SUBMITTED, State.REJECTED)) & (Timesheet.revision == seen)
        if Timesheet.update(columns).where((Timesheet.id == sheet) & can_be).execute() != 1:
            raise Conflict("This correction was decided on or taken back already.")
        for name, value in columns.items():
            setattr(correction, name, value)
        content.write(correction, stored, content.Content())
        Contributor.delete().where(Contributor.timesheet == correction).execute()
        events.record(
            "withdraw", by=by, timesheet=correction, revision=correction.revision,
            before={**before, "state": case.open.state if case.open else ""},
            after={**snapshots.content(correction), "state": State.DRAFT},
        )  # fmt: skip
        flags.changed([sheet], budget_numbers={key.budget_number for key in stored.lines})
    return correction


def under_way() -> list[Timesheet]:
    """The corrections that wait or were rejected, the oldest first: one statement."""
    states = (State.SUBMITTED, State.REJECTED)
    condition = Timesheet.is_supplementary() & Timesheet.state.in_(states)
    return list(_listed(condition).order_by(Timesheet.submitted_at, Timesheet.id))


def correctable(
    name: str = "", organisation: str = "", year: int | None = None, number: int | None = None, page: int = 1
) -> Page:
    """The approved originals that are invoiced or paid, the latest period first: two statements at most.

    A period has thousands of them, and there are hundreds of periods: those of the page alone are sorted.
    """
    is_period = PayPeriod.locked_sheets > 0
    if year is not None:
        is_period &= PayPeriod.year == year
    if number is not None:
        is_period &= PayPeriod.number == number
    condition = Timesheet.is_locked_original()
    if name:
        workers = Assignment.select(Assignment.id).join(Account).where(holds(Account.name_key, name))
        condition &= Timesheet.assignment.in_(workers)
    if organisation:
        at = Organisation.select(Organisation.id).where(Organisation.code == organisation)
        # Such a sheet is approved: said for the index that begins with both.
        condition &= (Timesheet.organisation == at) & (Timesheet.state == State.APPROVED)
    columns = PayPeriod.first_on, PayPeriod.id
    if name or organisation:
        number_of = fn.COUNT(Timesheet.id).alias("number_of")
        per_period = Timesheet.select(Timesheet.pay_period, number_of).where(condition)
        per_period = per_period.group_by(Timesheet.pay_period).alias("per_period")
        query = PayPeriod.select(*columns, per_period.c.number_of).where(is_period)
        query = query.join(per_period, on=(per_period.c.pay_period_id == PayPeriod.id))
    else:
        query = PayPeriod.select(*columns, PayPeriod.locked_sheets).where(is_period)
    periods: dict[Any, list[int]] = defaultdict(list)
    counts: dict[Any, int] = Counter()
    for first_on, period, count in query.order_by(PayPeriod.first_on.desc()).tuples():
        # Those of several calendars that begin on one day are sorted together.
        periods[first_on].append(period)
        counts[first_on] += count

    def read(days: list[Any]) -> Any:
        some = [period for day in days for period in periods[day]]
        # Where all begin on one day, without it: then names come from an index, in order.
        by_day = [PayPeriod.first_on.desc()] if len(days) > 1 else []
        of = _listed(condition & Timesheet.pay_period.in_(some))
        return of.order_by(*by_day, Account.name_key, Timesheet.id)

    return paging.of_groups(counts, read, page)


def _listed(condition: Any) -> Any:
    return Timesheet.whole().where(condition)


def organisations() -> list[Organisation]:
    """All organisations by name, to search by: one statement."""
    return list(Organisation.select().order_by(fn.LOWER(Organisation.name), Organisation.id))


class Corrected(NamedTuple):
    """How many corrections hold something, and the minutes that the approved ones add or take off."""

    number: int
    minutes: int


def counts(sheets: Iterable[Timesheet]) -> dict[int, Corrected]:
    """The corrections of each of these originals: one statement. What waits has no hours here yet."""
    rows = list(sheets)
    supplementary = Timesheet.alias()
    query = (
        Timesheet.select(
            Timesheet.id,
            fn.COUNT(supplementary.id),
            fn.COALESCE(fn.SUM(supplementary.minutes).filter(supplementary.state == State.APPROVED), 0),
        )
        .join(
            supplementary,
            on=(
                (supplementary.assignment == Timesheet.assignment)
                & (supplementary.pay_period == Timesheet.pay_period)
                & (supplementary.sequence > 0)
                & (supplementary.state != State.DRAFT)
            ),
        )
        .where(Timesheet.id.in_([row.id for row in rows]))
        .group_by(Timesheet.id)
    )
    return {sheet: Corrected(number, int(minutes)) for sheet, number, minutes in query.tuples()}
