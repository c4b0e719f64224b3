"""The agency sends a timesheet on behalf of who enters it: a draft as it is, or "no hours worked"."""

from dataclasses import dataclass

from konnekt.db import transaction
from konnekt.domain import access, text_fields
from konnekt.domain.access import Grants
from konnekt.domain.accounts import agency_roles
from konnekt.domain.approvals import detail as approval_detail
from konnekt.domain.refusals import Conflict, Invalid, NotFound
from konnekt.domain.timesheets import content, find as timesheet_find, submit
from konnekt.models import Account, Assignment, Organisation, PayPeriod, State, Timesheet


@dataclass
class UnsentSheet:
    """A place for a timesheet with what is there now: detail is None where nobody has begun."""

    assignment: Assignment
    period: PayPeriod
    detail: approval_detail.Detail | None = None

    @property
    def sheet(self) -> Timesheet | None:
        return self.detail.sheet if self.detail else None

    @property
    def revision(self) -> int:
        return self.sheet.revision if self.sheet else 0

    @property
    def may_send(self) -> bool:
        """Whether it is still to be sent."""
        is_open = self.sheet is None or self.sheet.state in (State.DRAFT, State.REJECTED)
        return is_open and self.assignment.basis == "flexible"

    @property
    def may_change(self) -> bool:
        """Whether the agency can type other hours: nobody approved them yet."""
        is_open = self.sheet is None or self.sheet.state != State.APPROVED
        return bool(is_open and self.assignment.basis == "flexible")

    @property
    def has_hours(self) -> bool:
        """Whether there are hours or text on it, so that it can't say that none were worked."""
        return self.detail is not None and bool(self.detail.lines)


def find(code: str, year: int, number: int, who: Grants) -> UnsentSheet:
    """The original timesheet of an assignment and a period of its calendar; NotFound where there is none."""
    if year > 9999 or number > 53:
        raise NotFound("There is no such period.")
    assignment = (
        Assignment.select(Assignment, Account, Organisation, PayPeriod)
        .join(Account)
        .switch(Assignment)
        .join(Organisation)
        .switch(Assignment)
        .join(PayPeriod, on=(PayPeriod.calendar == Organisation.calendar), attr="period")
        .where((Assignment.code == code) & (PayPeriod.year == year) & (PayPeriod.number == number))
        .first()
    )
    if assignment is None or not who.is_agency_staff:
        raise NotFound("This assignment does not exist, or not for you.")
    period: PayPeriod = assignment.period
    sheet = Timesheet.get_or_none(assignment=assignment, pay_period=period, sequence=0)
    return UnsentSheet(assignment, period, approval_detail.load(sheet.id, who) if sheet else None)


def send(at: submit.SheetIds, reason: str, *, is_nil: bool = False, by: Account, seen: int) -> Timesheet:
    """Send what stands there on behalf of who enters; is_nil: it says that no hours were worked.

    The event has the reason and on whose behalf. Four eyes hold: the sender has had a hand in it. Raises
    Forbidden for all but agency staff, Invalid without a reason, with cells that can't be read, for an
    empty sheet; Conflict where it was sent already, EditConflict where somebody changed it since it was seen.
    """
    agency_roles.require(by, "hours", "Only the agency sends on behalf of somebody else.")
    with transaction():
        reason = text_fields.checked_reason(reason)
        to_send = None
        sheet = Timesheet.get_or_none(assignment=at.assignment, pay_period=at.pay_period, sequence=0)
        if sheet is None:
            if not is_nil:
                raise Invalid("Nothing was filled in: send it as “No hours worked”, or not.", field="is_nil")
            to_send = content.Content(is_nil=True)
        elif is_nil:
            stored = content.read(timesheet_find.find(sheet.id, access.grants(by))).content
            to_send = content.Content(stored.lines, stored.remark, is_nil=True)
        try:
            return submit.submit(at, to_send, by=by, seen=seen, reason=reason)
        except Invalid as refusal:
            if refusal.field.startswith("cell-"):
                raise Conflict("Some hours on it can't be read: change them, then send.") from refusal
            raise
