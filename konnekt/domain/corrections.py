"""The verbs of corrections: a supplementary sheet after invoicing or export, sent, or taken back.

The agency alone makes them; an organisation's approvers decide on them as on any other sheet.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from peewee import fn

from konnekt.db import hold, transaction
from konnekt.domain import (
    access,
    clock,
    content,
    events,
    flags,
    four_eyes,
    limits,
    snapshots,
    timesheets,
)
from konnekt.domain.content import Content
from konnekt.domain.correcting import case as cases
from konnekt.domain.correcting.case import Case
from konnekt.domain.refused import Forbidden, Invalid, NotFound, Refused
from konnekt.models import (
    Account,
    Assignment,
    Contributor,
    Organisation,
    PayPeriod,
    State,
    Timesheet,
)
from konnekt.models.people import holds

OPEN = (State.DRAFT, State.REJECTED)


def check(case: Case, wanted: Content) -> Content:
    """The change that makes the approved hours what is wanted; changes nothing.

    Raises Refused where no correction can be made, Invalid for hours that can't be (see limits; no line of
    a day below zero, no day above 24 hours) and where nothing changes.
    """
    refusal = case.refusal
    if refusal is not None:
        raise refusal
    limits.check(wanted, case.original, case.stored())
    for number, line in enumerate(wanted.lines):
        for cell in line.cells:
            if cell.typed:
                field = f"cell-{number}-{cell.day.isoformat()}"
                raise Invalid("Some hours can't be read yet: put them right, then send.", field=field)
    change = cases.difference(case, wanted)
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


def send(sheet: int, wanted: Content, reason: str, *, by: Account, seen: str, shown: str) -> Timesheet:
    """Make the supplementary sheet that makes the approved hours what is wanted, and send it for approval.

    seen: `Case.seen` of the page; shown: the fingerprint of the change whose effect was shown. Refused when
    either is out of date. Raises what check raises, Invalid without a reason, Forbidden for who is no agency
    staff, Refused where four eyes would leave nobody to approve it.
    """
    _must_be_agency_staff(by)
    reason = timesheets.checked_reason(reason)
    with transaction():
        case = _held(sheet)
        change = check(case, wanted)
        if case.seen != seen:
            raise Refused("The hours changed since you saw them. Look again, then confirm.")
        if cases.fingerprint(change) != shown:
            raise Refused("This is what it does by now. Look at it, then send.")
        made = _sheet(case)
        four_eyes.check(made, by)
        before = snapshots.content(made) if made.id else None
        stored = content.read(made) if made.id else content.Stored()
        _claim(made, change, reason, by)
        content.write(made, stored, change)
        Contributor.insert(timesheet=made, account=by).on_conflict_ignore().execute()
        events.record(
            "submit", by=by, timesheet=made, revision=made.revision, reason=reason, before=before,
            after=snapshots.content(made),
        )  # fmt: skip
        flags.changed([made.id], budget_numbers={key.budget_number for key in stored.lines})
    return made


def _must_be_agency_staff(by: Account) -> None:
    if not by.is_agency_staff:
        raise Forbidden("Only the agency corrects hours that are invoiced or paid.")


def _held(sheet: int) -> Case:
    """The case, after waiting for whoever enters, invoices, exports or revokes right now."""
    worker = Assignment.select(Assignment.worker).join(Timesheet).where(Timesheet.id == sheet).scalar()
    if worker is None:
        raise NotFound("This timesheet does not exist, or not for you.")
    hold("worker", worker)
    hold("invoices")
    return cases.find(sheet)


def _claim(sheet: Timesheet, change: Content, reason: str, by: Account) -> None:
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
        raise Refused("The hours changed since you saw them. Look again, then confirm.")
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
        found = timesheets.find(sheet, access.grants(by))
        if not found.sequence:
            raise Refused("This is no correction.")
        stored, before = content.read(found), snapshots.content(found)
        columns = {
            "state": State.DRAFT, "revision": seen + 1, "minutes": 0, "submitted_at": None,
            "submitted_by": None, "decided_at": None, "decided_by": None, "decided_for": None,
        }  # fmt: skip
        can_be = Timesheet.state.in_((State.SUBMITTED, State.REJECTED)) & (Timesheet.revision == seen)
        if Timesheet.update(columns).where((Timesheet.id == sheet) & can_be).execute() != 1:
            raise Refused("This correction was decided on or taken back already.")
        for name, value in columns.items():
            setattr(found, name, value)
        content.write(found, stored, Content())
        Contributor.delete().where(Contributor.timesheet == found).execute()
        events.record(
            "withdraw", by=by, timesheet=found, revision=found.revision,
            before={**before, "state": case.open.state if case.open else ""},
            after={**snapshots.content(found), "state": State.DRAFT},
        )  # fmt: skip
        flags.changed([sheet], budget_numbers={key.budget_number for key in stored.lines})
    return found


def under_way() -> list[Timesheet]:
    """The corrections that wait or were rejected, the oldest first: one statement."""
    states = (State.SUBMITTED, State.REJECTED)
    condition = (Timesheet.sequence > 0) & Timesheet.state.in_(states)
    return list(_listed(condition).order_by(Timesheet.submitted_at, Timesheet.id))


def correctable(
    name: str = "", organisation: str = "", year: int | None = None, number: int | None = None
) -> Any:
    """The approved originals that are invoiced or paid, the latest period first: a query for paging.page."""
    condition = (Timesheet.sequence == 0) & (Timesheet.state == State.APPROVED) & timesheets.has_live_link()
    condition &= holds(Account.name_key, name)
    if organisation:
        condition &= Organisation.code == organisation
    if year is not None:
        condition &= PayPeriod.year == year
    if number is not None:
        condition &= PayPeriod.number == number
    return _listed(condition).order_by(PayPeriod.first_on.desc(), Account.name_key, Timesheet.id)


def _listed(condition: Any) -> Any:
    return (
        Timesheet.select(Timesheet, Assignment, Account, Organisation, PayPeriod)
        .join(Assignment)
        .join(Account)
        .switch(Timesheet)
        .join(Organisation)
        .switch(Timesheet)
        .join(PayPeriod)
        .where(condition)
    )


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
