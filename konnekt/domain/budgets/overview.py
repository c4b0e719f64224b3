"""Budget numbers against their ceilings: invoiced, approved and waiting, in all and per period."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from peewee import JOIN, SQL, Case, fn

from konnekt.domain import access, paging
from konnekt.domain.access import Grants
from konnekt.domain.amounts import bill_rate, divided
from konnekt.domain.budgets.use import Against, Spent, Use, against
from konnekt.domain.budgets.used import PARTS_OF_A_CENT
from konnekt.models import (
    BudgetNumber,
    BudgetNumberKey,
    Hour,
    HourType,
    Invoice,
    InvoicedHour,
    InvoiceLine,
    Organisation,
    PayPeriod,
    State,
    Timesheet,
    TimesheetLine,
)
from konnekt.models.compiled import built, compiled, listed, slot
from konnekt.models.organisations import search_keys

TYPED = 100


@dataclass
class BudgetUse:
    """A budget number with its use, in all and by pay period."""

    number: BudgetNumber
    use: Use = field(default_factory=Use)
    by_period: dict[int, Use] = field(default_factory=dict)

    @property
    def against(self) -> Against:
        """Its use against its ceiling: worked out at each call."""
        return against(self.number, self.use)


@dataclass
class Column:
    """One pay period in the chart."""

    period: PayPeriod
    use: Use


def organisations(who: Grants) -> list[Organisation]:
    """Where the account may see budgets: those it approves for or sees the invoices of; all for the agency.

    One statement for the agency, none for others.
    """
    if who.is_agency_staff:
        return [built(Organisation, columns) for columns in _organisations()]
    return [one for one in who.organisations.values() if access.may_see_budgets(who, one.id)]


@compiled
def _organisations() -> Any:
    return Organisation.select().order_by(fn.LOWER(Organisation.name), Organisation.id)


def page(who: Grants, code: str = "", typed: str = "", number: int = 1) -> paging.Page:
    """Budgets by organisation and number, a page at a time, narrowed by organisation and start of a group.

    Four statements. With each comes its `organisation_name`.
    """
    start = max(search_keys(typed.strip()[:TYPED]), key=len, default="")
    shape = (who.is_agency_staff, bool(code), bool(start))
    values = {
        "places": [] if who.is_agency_staff else [one.id for one in organisations(who)],
        "code": code, "start": start, "end": start + "\U0010ffff",
    }  # fmt: skip

    def read(offset: int, size: int) -> list[BudgetUse]:
        numbers = []
        for *columns, name in _numbers(*shape, **values, offset=offset, size=size):
            numbers.append(built(BudgetNumber, tuple(columns)))
            numbers[-1].organisation_name = name
        return with_use(numbers, in_periods=False)

    return paging.of_count(_count(*shape, **values)[0][0], read, number)


@compiled
def _count(is_agency_staff: bool, has_code: bool, has_start: bool) -> Any:
    count = BudgetNumber.select(fn.COUNT(BudgetNumber.id)).join(Organisation)
    return count.where(_asked_for(is_agency_staff, has_code, has_start))


@compiled
def _numbers(is_agency_staff: bool, has_code: bool, has_start: bool) -> Any:
    return (
        BudgetNumber.select(BudgetNumber, Organisation.name)
        .join(Organisation)
        .where(_asked_for(is_agency_staff, has_code, has_start))
        .order_by(fn.LOWER(Organisation.name), BudgetNumber.number, BudgetNumber.id)
        .limit(slot("size"))
        .offset(slot("offset"))
    )


def _asked_for(is_agency_staff: bool, has_code: bool, has_start: bool) -> Any:
    condition: Any = BudgetNumber.id.is_null(False)
    if not is_agency_staff:
        condition &= BudgetNumber.organisation.in_(listed("places"))
    if has_code:
        condition &= Organisation.code == slot("code")
    if has_start:
        key = BudgetNumberKey
        starts = (key.key >= slot("start")) & (key.key < slot("end"))
        condition &= BudgetNumber.id.in_(key.select(key.budget_number).where(starts))
    return condition


def called(who: Grants, typed: str, most: int) -> list[BudgetNumber]:
    """The first budget numbers with a group that begins so, each with its organisation: one statement."""
    start = max(search_keys(typed[:TYPED]), key=len, default="")
    if not start:
        return []
    key = BudgetNumberKey
    starts = key.select(key.budget_number).where((key.key >= start) & (key.key < start + "\U0010ffff"))
    query = BudgetNumber.select(BudgetNumber, Organisation).join(Organisation)
    return list(
        query.where(BudgetNumber.id.in_(starts) & _visible(who))
        .order_by(BudgetNumber.number, BudgetNumber.id)
        .limit(most)
    )


def find(budget_number: int, who: Grants) -> BudgetUse | None:
    """One budget with its use per period; None where it isn't yours: three statements."""
    row = (
        BudgetNumber.select(BudgetNumber, Organisation)
        .join(Organisation)
        .where((BudgetNumber.id == budget_number) & _visible(who))
        .first()
    )
    return with_use([row])[0] if row else None


def chart(budget: BudgetUse) -> list[Column]:
    """The budget's pay periods in order: one statement."""
    periods = PayPeriod.select().where(PayPeriod.id.in_(list(budget.by_period))).order_by(PayPeriod.first_on)
    return [Column(period, budget.by_period[period.id]) for period in periods]


def of_sheet(sheet: Timesheet, who: Grants) -> list[BudgetUse]:
    """The budgets with a ceiling that a sheet's hours stand on, for who may see them: three statements."""
    if not access.may_see_budgets(who, sheet.organisation_id):
        return []
    stands_on = TimesheetLine.select(TimesheetLine.budget_number).where(TimesheetLine.timesheet == sheet)
    limited = BudgetNumber.ceiling_minutes.is_null(False) | BudgetNumber.ceiling_cents.is_null(False)
    numbers = BudgetNumber.select().where(BudgetNumber.id.in_(stands_on) & limited)
    return with_use(list(numbers.order_by(BudgetNumber.number)))


def with_use(numbers: Iterable[BudgetNumber], *, in_periods: bool = True) -> list[BudgetUse]:
    """These numbers with what is used of them: two statements, none without numbers."""
    uses = {number.id: BudgetUse(number) for number in numbers}
    if uses:
        for key, kind, minutes, cents, *period in _invoiced(in_periods, numbers=list(uses)):
            sign = -1 if kind == "credit_note" else 1
            _add(uses[key], period[0] if period else None, "invoiced", sign * int(minutes), sign * int(cents))
        _add_open(uses, in_periods=in_periods)
    return list(uses.values())


def _add_open(uses: dict[int, BudgetUse], *, in_periods: bool) -> None:
    parts: dict[tuple[int, int, str], list[int]] = {}
    places = sorted({budget.number.organisation_id for budget in uses.values()})
    for key, period, state, rate, percent, minutes in _open(numbers=list(uses), organisations=places):
        kind = "approved" if state == State.APPROVED else "waiting"
        spent = parts.setdefault((key, period, kind), [0, 0])
        spent[0] += int(minutes)
        spent[1] += int(minutes) * (rate or 0) * percent
    for (key, period, kind), (minutes, cost) in parts.items():
        place = period if in_periods else None
        _add(uses[key], place, kind, minutes, divided(cost, PARTS_OF_A_CENT))


def _add(budget: BudgetUse, period: int | None, kind: str, minutes: int, cents: int) -> None:
    in_period = [] if period is None else [budget.by_period.setdefault(period, Use())]
    for use in (budget.use, *in_period):
        spent: Spent = getattr(use, kind)
        spent.minutes += minutes
        spent.cents += cents


def _visible(who: Grants) -> Any:
    if who.is_agency_staff:
        return BudgetNumber.id.is_null(False)
    return BudgetNumber.organisation.in_([one.id for one in organisations(who)])


@compiled
def _invoiced(in_periods: bool) -> Any:
    """What the invoices say, per number, kind and period: those of one number, and the lines of others."""
    is_whole = Invoice.budget_number.in_(listed("numbers")) & InvoiceLine.budget_number.is_null()
    is_own = InvoiceLine.budget_number.in_(listed("numbers")) & InvoiceLine.budget_number.is_null(False)
    periods = [Invoice.pay_period] if in_periods else []
    whole = _sums(Invoice.budget_number, is_whole, periods)
    return whole.union_all(_sums(InvoiceLine.budget_number, is_own, periods))


def _sums(number: Any, condition: Any, periods: list[Any]) -> Any:
    sums = fn.SUM(InvoiceLine.minutes), fn.SUM(InvoiceLine.net_cents)
    query = InvoiceLine.select(number, Invoice.kind, *sums, *periods).join(Invoice)
    return query.where(condition).group_by(number, Invoice.kind, *periods)


@compiled
def _open() -> Any:
    """Hours that wait or are approved, and stand on no live invoice, per rate of the day and multiplier.

    CROSS has SQLite begin with the open sheets, few of many: the lines of a number are its whole history.
    """
    is_live = (InvoicedHour.hour == Hour.id) & InvoicedHour.released_at.is_null()
    return (
        Timesheet.select(
            TimesheetLine.budget_number,
            Timesheet.pay_period,
            Timesheet.state,
            Case(None, [(Hour.minutes != 0, bill_rate())], 0).alias("rate"),
            HourType.multiplier_percent,
            fn.SUM(Hour.minutes),
        )
        .join(TimesheetLine, JOIN.CROSS)
        .join(HourType, JOIN.CROSS)
        .join(Hour, JOIN.CROSS)
        .join(InvoicedHour, JOIN.LEFT_OUTER, on=is_live)
        .where(
            Timesheet.has_hours_to_invoice(State.SUBMITTED, State.APPROVED)
            & Timesheet.organisation.in_(listed("organisations"))
            & (TimesheetLine.timesheet == Timesheet.id)
            & TimesheetLine.budget_number.in_(listed("numbers"))
            & (HourType.id == TimesheetLine.hour_type)
            & (Hour.line == TimesheetLine.id)
            & InvoicedHour.id.is_null()
        )
        .group_by(
            TimesheetLine.budget_number,
            Timesheet.pay_period,
            Timesheet.state,
            SQL("rate"),
            HourType.multiplier_percent,
        )
    )
