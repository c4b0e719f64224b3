"""A worker's own timesheets: what is still to fill in, what was sent and where each of those is."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from peewee import JOIN, fn

from konnekt.domain import access, clock, paging
from konnekt.domain.access import Grants
from konnekt.domain.approvals import approvers as approval_approvers, listing
from konnekt.domain.paging import Page
from konnekt.domain.payroll import make, pay_dates
from konnekt.domain.refusals import NotFound
from konnekt.domain.timesheets import find as timesheet_find
from konnekt.models import Account, Assignment, Flag, Organisation, PayPeriod, State, Timesheet

# A sheet that was never begun is asked for this long after its submit-by; then it counts as not worked.
ASKED_FOR = timedelta(days=28)
PAGE = 20
OPEN = (State.DRAFT, State.REJECTED)
# What tells the worker something; the other flags tell the approver about the sheet's past.
TOLD = ("long_day", "long_week", "long_average", "over_maximum", "no_surcharge", "outside", "ahead")


@dataclass
class DueSheet:
    """A sheet that the worker has still to send: its assignment and period, and its row if it was begun."""

    assignment: Assignment
    period: PayPeriod
    sheet: Timesheet | None
    pay_date: pay_dates.PayDate = field(default_factory=lambda: pay_dates.PayDate(None, None))

    @property
    def is_rejected(self) -> bool:
        return self.sheet is not None and self.sheet.state == State.REJECTED

    @property
    def is_late(self) -> bool:
        """Whether its submit-by has passed."""
        return bool(self.period.submit_by_at <= clock.now())

    @property
    def is_urgent(self) -> bool:
        """Whether it waits for the worker: sent back, or of a period that is over."""
        return self.is_rejected or bool(self.period.last_on < clock.today())


@dataclass
class SheetRow:
    """A sheet that is on its way: who may approve it, when it is paid, what it tells the worker.

    paid_on: the date of the payroll batch that pays it; None where it is in none.
    """

    sheet: Timesheet
    approvers: list[Account] = field(default_factory=list)
    pay_date: pay_dates.PayDate = field(default_factory=lambda: pay_dates.PayDate(None, None))
    paid_on: date | None = None
    flags: list[Flag] = field(default_factory=list)

    @property
    def is_waiting(self) -> bool:
        return bool(self.sheet.state == State.SUBMITTED)

    @property
    def is_approved(self) -> bool:
        return bool(self.sheet.state == State.APPROVED)

    @property
    def is_rejected(self) -> bool:
        return bool(self.sheet.state == State.REJECTED)

    @property
    def was_entered_before(self) -> bool:
        """Whether it was begun on an earlier day than it was sent."""
        sent = self.sheet.submitted_at
        return sent is not None and clock.local(self.sheet.created_at).date() < clock.local(sent).date()

    @property
    def is_paid(self) -> bool:
        """Whether a payroll batch has paid it by today."""
        return self.paid_on is not None and self.paid_on <= clock.today()

    @property
    def pay_on(self) -> date | None:
        """The day on which it is or was paid, as far as it is known."""
        return self.paid_on or (self.pay_date.period.pay_on if self.pay_date.period else None)

    @property
    def is_pay_day_ahead(self) -> bool:
        return self.pay_on is not None and self.pay_on >= clock.today()


def _entered_by_worker(account: Account) -> Any:
    """The condition on Assignment: the account's own, for which it enters the hours itself."""
    own = Assignment.worker == account
    return own & (Assignment.basis == "flexible") & (Assignment.entered_by == "worker")


def to_fill_in(account: Account) -> list[DueSheet]:
    """What the account has still to send: sent back first, then by deadline; one statement.

    Per flexible assignment that it enters itself and per period that has begun: drafts and rejected
    originals whenever they are from, and what was not begun as long as it is asked for.
    """
    today = clock.today()
    decider = Account.alias()
    is_asked_for = Assignment.is_asked_for() & (PayPeriod.submit_by_at > clock.now() - ASKED_FOR)
    query = (
        Assignment.select(Assignment, Organisation, PayPeriod, Timesheet, decider)
        .join(Organisation)
        .switch(Assignment)
        .join(PayPeriod, on=(PayPeriod.calendar == Organisation.calendar), attr="period")
        .switch(Assignment)
        .join(Timesheet, JOIN.LEFT_OUTER, on=_is_original(), attr="sheet")
        .join(decider, JOIN.LEFT_OUTER, on=(Timesheet.decided_by == decider.id))
        .where(
            _entered_by_worker(account)
            & (PayPeriod.first_on <= today)
            & ((Timesheet.id.is_null() & is_asked_for) | Timesheet.state.in_(OPEN))
        )
        .order_by(PayPeriod.submit_by_at, PayPeriod.id, fn.LOWER(Organisation.name), Assignment.id)
    )
    due_sheets = [DueSheet(row, row.period, pay_dates.sheet_of(row)) for row in query]
    return sorted(due_sheets, key=lambda due: not due.is_rejected)


def _is_original() -> Any:
    return (
        (Timesheet.assignment == Assignment.id)
        & (Timesheet.pay_period == PayPeriod.id)
        & (Timesheet.sequence == 0)
    )


def with_pay_dates(due_sheets: list[DueSheet]) -> list[DueSheet]:
    """The same with when each is paid if it is sent and approved now: one statement, none for none."""
    open_ones = pay_dates.open_periods({due.period.calendar for due in due_sheets}) if due_sheets else []
    for due in due_sheets:
        due.pay_date = pay_dates.pay_date(due.period, open_ones)
    return due_sheets


def sent(who: Grants, year: int | None = None, code: str = "", number: int = 1, size: int = PAGE) -> Page:
    """The account's sheets that are not its own to send now, the latest period first, a page at a time.

    What was sent, what the organisation enters, what corrects a sheet. Its rows are of Row; at most
    seven statements.
    """
    is_due = _entered_by_worker(who.account) & (Timesheet.sequence == 0) & Timesheet.state.in_(OPEN)
    condition = (Assignment.worker == who.account) & ~is_due
    if year is not None:
        condition &= PayPeriod.year == year
    if code:
        condition &= Assignment.code == code
    query = _sheets(condition).order_by(PayPeriod.first_on.desc(), Timesheet.id.desc())
    page = paging.page(query, number, size)
    return Page(rows(who, page.rows), page.number, page.pages, page.count)


def latest(who: Grants, count: int) -> list[SheetRow]:
    """The first few of what was sent, for the home page."""
    query = sent(who, size=count)
    return query.rows


def _sheets(condition: Any) -> Any:
    decider = Account.alias()
    return (
        Timesheet.select(Timesheet, Assignment, Organisation, PayPeriod, decider)
        .join(Assignment)
        .switch(Timesheet)
        .join(Organisation)
        .switch(Timesheet)
        .join(PayPeriod)
        .switch(Timesheet)
        .join(decider, JOIN.LEFT_OUTER, on=(Timesheet.decided_by == decider.id))
        .where(condition)
    )


def rows(who: Grants, sheets: list[Timesheet]) -> list[SheetRow]:
    """Where each of these own sheets is: at most five statements, whatever their number.

    They come with their assignment, organisation and period.
    """
    waiting = [sheet for sheet in sheets if sheet.state == State.SUBMITTED]
    names = approval_approvers.of(waiting, timesheet_find.contributors_of([sheet.id for sheet in waiting]))
    paid = make.paid_on([sheet.id for sheet in sheets])
    flags = listing.flags_of([sheet.id for sheet in waiting], elsewhere=True)
    decided = [_decided_at(sheet) for sheet in sheets]
    since = min([clock.now(), *(at for at in decided if at)])
    pay_periods = pay_dates.open_periods({sheet.pay_period.calendar for sheet in sheets}, since)
    return [
        SheetRow(
            sheet,
            names.get(sheet.id, []),
            pay_dates.pay_date(sheet.pay_period, pay_periods, at),
            paid.get(sheet.id),
            [
                flag
                for flag in flags.get(sheet.id, [])
                if flag.code in TOLD and access.may_see_flag(who, flag, sheet.assignment)
            ],
        )
        for sheet, at in zip(sheets, decided, strict=True)
    ]


def _decided_at(sheet: Timesheet) -> datetime | None:
    """When it was approved: that settles its pay date."""
    return sheet.decided_at if sheet.state == State.APPROVED else None


def find(sheet: int, who: Grants) -> Timesheet:
    """One of the account's own sheets; NotFound for anybody else's, whatever rights it has there."""
    timesheet: Timesheet | None = _sheets(
        (Timesheet.id == sheet) & (Assignment.worker == who.account)
    ).first()
    if timesheet is None:
        raise NotFound("This timesheet does not exist, or not for you.")
    return timesheet


def beside(sheet: Timesheet) -> list[Timesheet]:
    """The other sheets of the same assignment and period: what corrects it, or what it corrects."""
    same = (Timesheet.assignment == sheet.assignment_id) & (Timesheet.pay_period == sheet.pay_period_id)
    return list(Timesheet.select().where(same & (Timesheet.id != sheet.id)).order_by(Timesheet.sequence))


def years(account: Account) -> list[int]:
    """The years of which the account has sheets, the latest first: one statement."""
    query = (
        Timesheet.select(PayPeriod.year)
        .join(Assignment)
        .switch(Timesheet)
        .join(PayPeriod)
        .where(Assignment.worker == account)
        .distinct()
        .order_by(PayPeriod.year.desc())
    )
    return [year for (year,) in query.tuples()]
