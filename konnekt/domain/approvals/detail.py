"""One sheet as its reader sees it: weeks, remarks, flags, what changed, history, the sheets before."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from konnekt.domain import access, events
from konnekt.domain.access import Grants
from konnekt.domain.approvals import listing, undo_or_revoke
from konnekt.domain.budgets import overview
from konnekt.domain.corrections import cost as correction_cost
from konnekt.domain.invoices import detail
from konnekt.domain.payroll import make, pay_dates
from konnekt.domain.timesheets import find, snapshots
from konnekt.models import (
    Assignment,
    BudgetNumber,
    ClosingDay,
    Event,
    Flag,
    Hour,
    HourType,
    Invoice,
    PayPeriod,
    State,
    Timesheet,
    TimesheetLine,
)

BEFORE = 3


@dataclass
class DetailLine:
    """One week, hour type and budget number: the hours by weekday, Monday first (None: none)."""

    iso_week: int
    hour_type: HourType
    budget_number: BudgetNumber
    hours: list[Hour | None]

    @property
    def minutes(self) -> int:
        return sum(hour.minutes for hour in self.hours if hour)


@dataclass
class Bar:
    """One day in the small chart; height 0 to 50 for 0 to the longest day (at least eight hours)."""

    day: date
    minutes: int
    height: int

    @property
    def is_weekend(self) -> bool:
        return self.day.weekday() >= 5


@dataclass
class Detail:
    """All that the detail of a sheet shows; may_* decide its buttons."""

    sheet: Timesheet
    lines: list[DetailLine]
    days: list[tuple[date, int]]
    closing_days: dict[date, ClosingDay]
    flags: list[Flag]
    is_mine: bool
    history: list[Event]
    changes: list[Any]
    before: list[Timesheet]
    pay_date: pay_dates.PayDate
    may_approve: bool
    may_undo: bool
    may_revoke: bool
    on_behalf_of: int | None = None
    remarks: list[Hour] = field(default_factory=list)
    budgets: list[overview.BudgetUse] = field(default_factory=list)
    paid_on: date | None = None
    is_own: bool = False
    beside: list[Timesheet] = field(default_factory=list)
    may_correct: bool = False
    cost: correction_cost.Cost | None = None
    may_see_cost: bool = False
    invoices: list[Invoice] = field(default_factory=list)
    may_change: bool = False
    budget_numbers: list[BudgetNumber] = field(default_factory=list)

    @property
    def bars(self) -> list[Bar]:
        """The small chart of hours per day."""
        longest = max([480, *(minutes for _, minutes in self.days)])
        return [Bar(day, minutes, max(0, round(minutes * 50 / longest))) for day, minutes in self.days]

    @property
    def is_waiting(self) -> bool:
        """Whether somebody still has to decide on it."""
        return bool(self.sheet.state == State.SUBMITTED)

    @property
    def is_unpaid(self) -> bool:
        """Whether approving it now would still set its pay date."""
        return bool(self.sheet.state != State.APPROVED)

    @property
    def may_reject(self) -> bool:
        return self.may_approve


def load(sheet: int, who: Grants) -> Detail:
    """Everything about one sheet, in a fixed number of statements; NotFound where it is not yours."""
    timesheet = find.find(sheet, who)
    lines = _lines(timesheet)
    contributors = find.contributors_of([sheet]).get(sheet, set())
    allowed, on_behalf_of = access.approves_for(who, timesheet, contributors)
    # What is unusual concerns who decides on the hours, not who pays the invoice.
    is_reader = access.sees_only_as_invoice_reader(who, timesheet)
    history = events.history(timesheet)
    hours = [hour for line in lines for hour in line.hours if hour]
    period, beside = timesheet.pay_period, _beside(timesheet)
    may_revoke = undo_or_revoke.may_revoke(timesheet, who)
    is_undecided = timesheet.state != State.APPROVED and not timesheet.sequence
    is_locked = may_revoke and find.is_locked(sheet)
    is_built_on = _is_built_on(timesheet, beside)
    return Detail(
        sheet=timesheet,
        lines=lines,
        days=_per_day(hours, period),
        closing_days={
            closing.day: closing
            for closing in ClosingDay.select().where(ClosingDay.day.between(period.first_on, period.last_on))
        },
        flags=[] if is_reader else _flags(timesheet, who),
        is_mine=who.account.id in contributors,
        history=history,
        changes=[] if is_reader else _changes(history),
        before=_before(timesheet, who),
        pay_date=pay_dates.pay_date(period, pay_dates.open_periods([period.calendar])),
        may_approve=allowed and timesheet.state == State.SUBMITTED,
        may_undo=undo_or_revoke.may_undo(timesheet, who.account) and _is_as_decided(timesheet, history),
        may_revoke=may_revoke and not is_locked and not is_built_on,
        # What a correction builds on can't be revoked any more: another correction puts it right.
        may_correct=may_revoke and (is_locked or is_built_on) and who.may("corrections"),
        on_behalf_of=on_behalf_of,
        remarks=[hour for hour in hours if hour.remark],
        budgets=overview.of_sheet(timesheet, who),
        paid_on=make.paid_on([sheet]).get(sheet),
        is_own=timesheet.assignment.worker_id == who.account.id and who.account.is_worker,
        beside=beside,
        cost=correction_cost.of([sheet]).get(sheet) if timesheet.sequence else None,
        may_see_cost=access.may_see_budgets(who, timesheet.organisation_id),
        invoices=detail.of_sheet(timesheet, who),
        may_change=is_undecided and who.may("hours") and timesheet.assignment.basis == "flexible",
        budget_numbers=_budget_numbers(timesheet)
        if is_undecided and _registers(timesheet, who) and lines
        else [],
    )


def _registers(sheet: Timesheet, who: Grants) -> bool:
    """Whether the reader enters hours for workers there: then the sheet's rows move from here."""
    return sheet.organisation_id in who.register and sheet.assignment.basis == "flexible"


def _budget_numbers(sheet: Timesheet) -> list[BudgetNumber]:
    of_organisation = BudgetNumber.select().where(BudgetNumber.organisation == sheet.organisation_id)
    return list(of_organisation.order_by(BudgetNumber.number))


def _flags(sheet: Timesheet, who: Grants) -> list[Flag]:
    all_flags = listing.flags_of([sheet.id], elsewhere=True).get(sheet.id, [])
    return [flag for flag in all_flags if access.may_see_flag(who, flag, sheet.assignment)]


def _lines(sheet: Timesheet) -> list[DetailLine]:
    query = (
        Hour.select(Hour, TimesheetLine, HourType, BudgetNumber)
        .join(TimesheetLine)
        .join(HourType)
        .switch(TimesheetLine)
        .join(BudgetNumber)
        .where(TimesheetLine.timesheet == sheet)
        .order_by(TimesheetLine.iso_year, TimesheetLine.iso_week, TimesheetLine.id, Hour.day)
    )
    lines: dict[int, DetailLine] = {}
    for hour in query:
        row = hour.line
        line = lines.setdefault(
            row.id, DetailLine(row.iso_week, row.hour_type, row.budget_number, [None] * 7)
        )
        line.hours[hour.day.weekday()] = hour
    return list(lines.values())


def _per_day(hours: list[Hour], period: PayPeriod) -> list[tuple[date, int]]:
    minutes: dict[date, int] = {}
    for hour in hours:
        minutes[hour.day] = minutes.get(hour.day, 0) + hour.minutes
    length = (period.last_on - period.first_on).days + 1
    days = [period.first_on + timedelta(days=n) for n in range(length)]
    return [(day, minutes.get(day, 0)) for day in days]


def _changes(history: list[Event]) -> list[Any]:
    """What differs between the last two revisions that were sent; nothing when it was sent once."""
    sent = [event.after for event in history if _is_sent(event)]
    return snapshots.difference(sent[-2], sent[-1]) if len(sent) > 1 else []


def _is_sent(event: Event) -> bool:
    """Whether it left the sheet sent: an import, and moving to another budget number, may leave a draft."""
    is_told = event.verb in ("import", "move")
    return bool(event.verb == "submit" or (is_told and event.after["state"] != State.DRAFT))


def _before(sheet: Timesheet, who: Grants) -> list[Timesheet]:
    """The three sheets of the assignment before this one, as far as the reader may see them."""
    return list(
        Timesheet.select(Timesheet, PayPeriod)
        .join(PayPeriod)
        .switch(Timesheet)
        .join(Assignment)
        .where(
            access.visible(who)
            & (Timesheet.assignment == sheet.assignment)
            & (PayPeriod.first_on < sheet.pay_period.first_on)
            & (Timesheet.sequence == 0)
        )
        .order_by(PayPeriod.first_on.desc())
        .limit(BEFORE)
    )


def _beside(sheet: Timesheet) -> list[Timesheet]:
    """The other sheets of the same hours, original and supplementary, but for what was taken back."""
    same = (Timesheet.assignment == sheet.assignment) & (Timesheet.pay_period == sheet.pay_period)
    holds = (Timesheet.sequence == 0) | (Timesheet.state != State.DRAFT)
    query = Timesheet.select().where(same & holds & (Timesheet.id != sheet.id))
    return list(query.order_by(Timesheet.sequence))


def _is_as_decided(sheet: Timesheet, history: list[Event]) -> bool:
    """Whether nobody went on with the hours since: a rejected sheet keeps its state while it is put right."""
    return sheet.state != State.REJECTED or (bool(history) and history[-1].verb == "reject")


def _is_built_on(sheet: Timesheet, beside: list[Timesheet]) -> bool:
    """Whether a later correction waits or is approved (revoking asks the same of the database)."""
    counts = (State.SUBMITTED, State.APPROVED)
    return any(other.sequence > sheet.sequence and other.state in counts for other in beside)
