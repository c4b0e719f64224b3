"""Budget numbers against their ceilings: invoiced, approved and waiting, in all and per period."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from peewee import JOIN, SQL, Case, fn

from konnekt.domain import access, paging
from konnekt.domain.access import Grants
from konnekt.domain.flags.budgets import PARTS_OF_A_CENT, bill_rate
from konnekt.domain.flags.rows import rows
from konnekt.domain.invoicing.amounts import divided
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
from konnekt.models.organisations import search_keys

KINDS = ("invoiced", "approved", "waiting")
TYPED = 100


@dataclass
class Spent:
    """Minutes and cents, without VAT."""

    minutes: int = 0
    cents: int = 0


@dataclass
class Part:
    """A part of a bar, in percent of its whole length."""

    kind: str
    start: int
    length: int


@dataclass
class Use:
    """What is used: invoiced as the invoices say it, approved and not invoiced, waiting for approval."""

    invoiced: Spent = field(default_factory=Spent)
    approved: Spent = field(default_factory=Spent)
    waiting: Spent = field(default_factory=Spent)

    @property
    def minutes(self) -> int:
        return sum(getattr(self, kind).minutes for kind in KINDS)

    @property
    def cents(self) -> int:
        return sum(getattr(self, kind).cents for kind in KINDS)


@dataclass
class Budget:
    """A budget number with its use, in all and by pay period."""

    number: BudgetNumber
    use: Use = field(default_factory=Use)
    by_period: dict[int, Use] = field(default_factory=dict)

    @property
    def is_in_cents(self) -> bool:
        """Whether euros are what runs out first, and not hours."""
        cents, minutes = self.number.ceiling_cents, self.number.ceiling_minutes
        if cents is None or minutes is None:
            return minutes is None
        return bool(self.use.cents * minutes >= self.use.minutes * cents)

    @property
    def is_limited(self) -> bool:
        return self.number.ceiling_cents is not None or self.number.ceiling_minutes is not None

    @property
    def percent(self) -> int:
        """How much of the ceiling is used, in whole percent; 0 without one."""
        ceiling, used = self._ceiling_and_use()
        if not ceiling:
            return 100 if self.is_limited and used else 0
        return used * 100 // ceiling

    @property
    def is_over(self) -> bool:
        ceiling, used = self._ceiling_and_use()
        return self.is_limited and used > ceiling

    @property
    def parts(self) -> list[Part]:
        """The bar: its whole length is the ceiling, or all that is used where that is more."""
        ceiling, used = self._ceiling_and_use()
        return _parts(self.use, max(ceiling, used), self.is_in_cents)

    def _ceiling_and_use(self) -> tuple[int, int]:
        if self.is_in_cents:
            return self.number.ceiling_cents or 0, self.use.cents
        return self.number.ceiling_minutes or 0, self.use.minutes


@dataclass
class Column:
    """One pay period in the chart: its parts in percent of the highest column."""

    period: PayPeriod
    use: Use
    parts: list[Part]


def _parts(use: Use, whole: int, in_cents: bool) -> list[Part]:
    found, start = [], 0
    for kind in KINDS:
        spent: Spent = getattr(use, kind)
        length = round(max(0, spent.cents if in_cents else spent.minutes) * 100 / whole) if whole else 0
        length = min(length, 100 - start)
        if length:
            found.append(Part(kind, start, length))
        start += length
    return found


def organisations(who: Grants) -> list[Organisation]:
    """Where the account may see budgets: those it approves for or sees the invoices of; all for the agency.

    One statement for the agency, none for others.
    """
    if who.is_agency_staff:
        return list(Organisation.select().order_by(fn.LOWER(Organisation.name), Organisation.id))
    return [one for one in who.organisations.values() if access.may_see_budgets(who, one.id)]


def page(who: Grants, code: str = "", typed: str = "", number: int = 1) -> paging.Page:
    """Budgets by organisation and number, a page at a time, narrowed by organisation and start of a group.

    Four statements.
    """
    query = (
        BudgetNumber.select(BudgetNumber, Organisation)
        .join(Organisation)
        .where(_visible(who))
        .order_by(fn.LOWER(Organisation.name), BudgetNumber.number, BudgetNumber.id)
    )
    if code:
        query = query.where(Organisation.code == code)
    keys = search_keys(typed.strip()[:TYPED])
    if keys:
        start = max(keys, key=len)
        starts = (BudgetNumberKey.key >= start) & (BudgetNumberKey.key < start + "\U0010ffff")
        query = query.where(
            BudgetNumber.id.in_(BudgetNumberKey.select(BudgetNumberKey.budget_number).where(starts))
        )
    found = paging.page(query, number)
    return paging.Page(with_use(found.rows), found.number, found.pages, found.count)


def find(budget_number: int, who: Grants) -> Budget | None:
    """One budget with its use per period; None where it isn't yours: three statements."""
    found = (
        BudgetNumber.select(BudgetNumber, Organisation)
        .join(Organisation)
        .where((BudgetNumber.id == budget_number) & _visible(who))
        .first()
    )
    return with_use([found])[0] if found else None


def chart(budget: Budget) -> list[Column]:
    """The budget's pay periods in order, drawn to one scale: one statement."""
    in_cents = budget.is_in_cents
    periods = PayPeriod.select().where(PayPeriod.id.in_(list(budget.by_period))).order_by(PayPeriod.first_on)
    uses = [(period, budget.by_period[period.id]) for period in periods]
    highest = max([1, *((use.cents if in_cents else use.minutes) for _, use in uses)])
    return [Column(period, use, _parts(use, highest, in_cents)) for period, use in uses]


def of_sheet(sheet: Timesheet, who: Grants) -> list[Budget]:
    """The budgets with a ceiling that a sheet's hours stand on, for who may see them: three statements."""
    if not access.may_see_budgets(who, sheet.organisation_id):
        return []
    stands_on = TimesheetLine.select(TimesheetLine.budget_number).where(TimesheetLine.timesheet == sheet)
    limited = BudgetNumber.ceiling_minutes.is_null(False) | BudgetNumber.ceiling_cents.is_null(False)
    numbers = BudgetNumber.select().where(BudgetNumber.id.in_(stands_on) & limited)
    return with_use(list(numbers.order_by(BudgetNumber.number)))


def with_use(numbers: Iterable[BudgetNumber]) -> list[Budget]:
    """These numbers with what is used of them: two statements, none without numbers."""
    found = {number.id: Budget(number) for number in numbers}
    if found:
        for key, period, kind, minutes, cents in rows(_invoiced(list(found))):
            sign = -1 if kind == "credit_note" else 1
            _add(found[key], period, "invoiced", sign * int(minutes), sign * int(cents))
        _add_open(found)
    return list(found.values())


def _add_open(found: dict[int, Budget]) -> None:
    parts: dict[tuple[int, int, str], list[int]] = {}
    for key, period, state, rate, percent, minutes in rows(_open(list(found))):
        kind = "approved" if state == State.APPROVED else "waiting"
        spent = parts.setdefault((key, period, kind), [0, 0])
        spent[0] += int(minutes)
        spent[1] += int(minutes) * (rate or 0) * percent
    for (key, period, kind), (minutes, cost) in parts.items():
        _add(found[key], period, kind, minutes, divided(cost, PARTS_OF_A_CENT))


def _add(budget: Budget, period: int, kind: str, minutes: int, cents: int) -> None:
    for use in (budget.use, budget.by_period.setdefault(period, Use())):
        spent: Spent = getattr(use, kind)
        spent.minutes += minutes
        spent.cents += cents


def _visible(who: Grants) -> Any:
    if who.is_agency_staff:
        return BudgetNumber.id.is_null(False)
    return BudgetNumber.organisation.in_([one.id for one in organisations(who)])


def _invoiced(numbers: list[int]) -> Any:
    """What the invoices say, per number, period and kind."""
    return (
        InvoiceLine.select(
            Invoice.budget_number,
            Invoice.pay_period,
            Invoice.kind,
            fn.SUM(InvoiceLine.minutes),
            fn.SUM(InvoiceLine.net_cents),
        )
        .join(Invoice)
        .where(Invoice.budget_number.in_(numbers))
        .group_by(Invoice.budget_number, Invoice.pay_period, Invoice.kind)
    )


def _open(numbers: list[int]) -> Any:
    """Hours that wait or are approved, and stand on no live invoice, per rate of the day and multiplier."""
    is_live = (InvoicedHour.hour == Hour.id) & InvoicedHour.released_at.is_null()
    return (
        Hour.select(
            TimesheetLine.budget_number,
            Timesheet.pay_period,
            Timesheet.state,
            Case(None, [(Hour.minutes != 0, bill_rate())], 0).alias("rate"),
            HourType.multiplier_percent,
            fn.SUM(Hour.minutes),
        )
        .join(TimesheetLine)
        .join(HourType)
        .switch(TimesheetLine)
        .join(Timesheet)
        .switch(Hour)
        .join(InvoicedHour, JOIN.LEFT_OUTER, on=is_live)
        .where(
            TimesheetLine.budget_number.in_(numbers)
            & Timesheet.state.in_((State.SUBMITTED, State.APPROVED))
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
