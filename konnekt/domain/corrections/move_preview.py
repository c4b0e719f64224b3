"""Hours that stand on a wrong budget number: what moving them to another one would do; changes nothing."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from konnekt.domain import amounts
from konnekt.domain.refusals import Conflict, Invalid, NotFound, Refused, fingerprint_of
from konnekt.models import (
    Account,
    Assignment,
    BudgetNumber,
    Hour,
    HourType,
    Invoice,
    InvoicedHour,
    InvoiceLine,
    Organisation,
    PayPeriod,
    PayrollHour,
    State,
    Timesheet,
    TimesheetLine,
)

MOST = 300


class How(StrEnum):
    """What moving asks: change the rows; credit invoices and change the rows; a supplementary sheet."""

    ROWS = "rows"
    CREDIT = "credit"
    CORRECT = "correct"


@dataclass(frozen=True)
class Chosen:
    """Which hours: of one budget number, and if given of these periods, this assignment, this sheet (ids)."""

    source: BudgetNumber
    target: int = 0
    first: int = 0
    last: int = 0
    assignment: int = 0
    sheet: int = 0


@dataclass
class Move:
    """The hours of one assignment and period on the number: an original sheet with its corrections.

    minutes and cents (without VAT) are what moves; has_no_rate: some of it has no price. outside: minutes on
    days on which the new number is not valid.
    """

    hours: list[Hour] = field(default_factory=list)
    cents: int = 0
    has_no_rate: bool = False
    outside: int = 0
    invoices: set[int] = field(default_factory=set)
    is_locked: bool = False
    open: Timesheet | None = None

    @property
    def sheet(self) -> Timesheet:
        """The first of its sheets."""
        return next(iter(self.sheets.values()))

    @property
    def sheets(self) -> dict[int, Timesheet]:
        """Its sheets by id."""
        return {hour.line.timesheet_id: hour.line.timesheet for hour in self.hours}

    @property
    def cells(self) -> dict[tuple[int, int, int, date], int]:
        """The minutes that move per ISO week, hour type and day; a correction moves what is approved."""
        minutes: dict[tuple[int, int, int, date], int] = defaultdict(int)
        for hour in self.hours:
            if not self.is_locked or hour.line.timesheet.state == State.APPROVED:
                line = hour.line
                minutes[line.iso_year, line.iso_week, line.hour_type_id, hour.day] += hour.minutes
        return minutes

    @property
    def minutes(self) -> int:
        return sum(self.cells.values())

    @property
    def how(self) -> How:
        """What is paid, or on an invoice that can't be credited for this, is corrected; else rows change."""
        if self.is_locked:
            return How.CORRECT
        return How.CREDIT if self.invoices else How.ROWS

    @property
    def refusal(self) -> Refused | None:
        """Why it stays as it is; None where it moves."""
        if self.how != How.CORRECT or self.open is None:
            return None
        if self.open.state == State.SUBMITTED:
            return Conflict("A correction waits for approval: take that back first, or wait.")
        return Conflict("A correction came back: send it again or take it back first.")


@dataclass
class MovePreview:
    """All that moving would do; invoices: those that are credited for it."""

    chosen: Chosen
    target: BudgetNumber
    every: list[Move] = field(default_factory=list)
    invoices: list[Invoice] = field(default_factory=list)

    @property
    def moves(self) -> list[Move]:
        """What moves."""
        return [move for move in self.every if move.refusal is None]

    @property
    def stays(self) -> list[Move]:
        """What is left where it is, each with its refusal."""
        return [move for move in self.every if move.refusal is not None]

    @property
    def minutes(self) -> int:
        return sum(move.minutes for move in self.moves)

    @property
    def cents(self) -> int:
        return sum(move.cents for move in self.moves)

    @property
    def outside(self) -> int:
        """The minutes on days on which the new number is not valid."""
        return sum(move.outside for move in self.moves)

    def of(self, how: str) -> list[Move]:
        """What moves in one way."""
        return [move for move in self.moves if move.how == how]

    @property
    def fingerprint(self) -> str:
        """What the button carries: it changes whenever a sheet, its hours, their price or an invoice does."""
        rows = [
            (sorted((one.id, one.revision, one.state) for one in move.sheets.values()), move.how,
             sorted(move.cells.items()), move.cents, move.refusal is None)
            for move in self.every
        ]  # fmt: skip
        credited = [(one.id, one.settled_cents) for one in self.invoices]
        return fingerprint_of((self.chosen.source.id, self.target.id, rows, credited))


def targets(source: BudgetNumber) -> list[BudgetNumber]:
    """The other budget numbers of its organisation, in order: one statement."""
    others = (BudgetNumber.organisation == source.organisation_id) & (BudgetNumber.id != source.id)
    return list(BudgetNumber.select().where(others).order_by(BudgetNumber.number))


def periods(source: BudgetNumber) -> list[PayPeriod]:
    """The periods with hours on it, the latest first: one statement."""
    on_it = Timesheet.select(Timesheet.pay_period).join(TimesheetLine).join(Hour)
    on_it = on_it.where((TimesheetLine.budget_number == source) & (Hour.minutes != 0))
    return list(PayPeriod.select().where(PayPeriod.id.in_(on_it)).order_by(PayPeriod.first_on.desc()))


def assignments(source: BudgetNumber) -> list[Assignment]:
    """The assignments with hours on it, by the worker's name: one statement."""
    on_it = Timesheet.select(Timesheet.assignment).join(TimesheetLine).join(Hour)
    on_it = on_it.where((TimesheetLine.budget_number == source) & (Hour.minutes != 0))
    query = Assignment.select(Assignment, Account).join(Account).where(Assignment.id.in_(on_it))
    return list(query.order_by(Account.name_key, Assignment.id))


def preview(chosen: Chosen) -> MovePreview:
    """What moving would do: nine statements at most. Invalid for a target that can't be, or too much."""
    target = next((one for one in targets(chosen.source) if one.id == chosen.target), None)
    if target is None:
        raise Invalid("Choose a budget number of this organisation.", field="target")
    plan = MovePreview(chosen, target)
    hours = _hours(chosen)
    ids = {hour.line.timesheet_id for hour in hours}
    if len(ids) > MOST:
        raise Invalid(
            "These are more than %(most)s timesheets: choose fewer periods.", field="first", most=MOST
        )
    moves: dict[tuple[int, int], Move] = {}
    for hour in hours:
        sheet = hour.line.timesheet
        moves.setdefault((sheet.assignment_id, sheet.pay_period_id), Move()).hours.append(hour)
    _say_links(plan, moves, ids)
    _price(moves, target)
    # Hours that a correction took back in full have nothing left that another correction could move.
    plan.every = [one for one in moves.values() if one.how != How.CORRECT or any(one.cells.values())]
    credited = {key for one in plan.moves for key in one.invoices if one.how == How.CREDIT}
    query = Invoice.select().where(Invoice.id.in_(credited)).order_by(Invoice.year, Invoice.number)
    plan.invoices = list(query)
    return plan


def _hours(chosen: Chosen) -> list[Hour]:
    query = (
        Hour.select(Hour, TimesheetLine, HourType, Timesheet, Assignment, Account, Organisation, PayPeriod)
        .join(TimesheetLine)
        .join(HourType)
        .switch(TimesheetLine)
        .join(Timesheet)
        .join(Assignment)
        .join(Account)
        .switch(Timesheet)
        .join(Organisation)
        .switch(Timesheet)
        .join(PayPeriod)
        .where(
            (TimesheetLine.budget_number == chosen.source)
            & ((Hour.minutes != 0) | (Hour.remark != "") | (Hour.typed != ""))
        )
        .order_by(Account.name_key, Assignment.id, PayPeriod.first_on, Timesheet.sequence, Hour.id)
    )
    if chosen.first:
        query = query.where(PayPeriod.first_on >= _period(chosen.first, "first").first_on)
    if chosen.last:
        query = query.where(PayPeriod.first_on <= _period(chosen.last, "last").first_on)
    if chosen.assignment:
        query = query.where(Timesheet.assignment == chosen.assignment)
    if chosen.sheet:
        at = Timesheet.get_or_none(Timesheet.id == chosen.sheet)
        if at is None:
            raise NotFound("This timesheet does not exist, or not for you.")
        same = (Timesheet.assignment == at.assignment_id) & (Timesheet.pay_period == at.pay_period_id)
        query = query.where(same)
    return list(query)


def _period(period: int, field: str) -> PayPeriod:
    pay_period: PayPeriod | None = PayPeriod.get_or_none(PayPeriod.id == period)
    if pay_period is None:
        raise Invalid("Choose one of the list.", field=field)
    return pay_period


def _price(moves: dict[tuple[int, int], Move], target: BudgetNumber) -> None:
    """In euros at the rates of the days, rounded per line as invoices are; and on which days it is valid."""
    rates = amounts.Rates(assignment for assignment, _period in moves)
    percents = dict(HourType.select(HourType.id, HourType.multiplier_percent).tuples())
    for (assignment, _of), move in moves.items():
        lines: dict[tuple[int, int, int, int], int] = defaultdict(int)
        for (year, week, kind, day), minutes in move.cells.items():
            if not (target.valid_from_on or day) <= day <= (target.valid_until_on or day):
                move.outside += minutes
            bill = rates.bill(assignment, day)
            if bill is None:
                move.has_no_rate = True
                continue
            lines[year, week, kind, amounts.price(bill, percents[kind]).amount] += minutes
        move.cents = sum(amounts.line_cents(minutes, price) for (*_, price), minutes in lines.items())


def _say_links(plan: MovePreview, moves: dict[tuple[int, int], Move], ids: Iterable[int]) -> None:
    """Which live invoices and batches hold hours of the sheets, and which corrections are under way."""
    of_sheet = {sheet: move for move in moves.values() for sheet in move.sheets}
    for sheet, number, invoice, kind in _live(InvoicedHour, ids).tuples():
        if number == plan.chosen.source.id and kind == "invoice":
            of_sheet[sheet].invoices.add(invoice)
        else:
            of_sheet[sheet].is_locked = True
    for (sheet,) in _live(PayrollHour, ids).tuples():
        of_sheet[sheet].is_locked = True
    under_way = Timesheet.select().where(
        (Timesheet.sequence > 0)
        & Timesheet.state.in_((State.SUBMITTED, State.REJECTED))
        & Timesheet.assignment.in_([assignment for assignment, _period in moves])
    )
    for one in under_way:
        if (key := (one.assignment_id, one.pay_period_id)) in moves:
            moves[key].open = one


def _live(link: Any, ids: Iterable[int]) -> Any:
    columns = [TimesheetLine.timesheet]
    if link is InvoicedHour:
        columns += [TimesheetLine.budget_number, Invoice.id, Invoice.kind]
    query = link.select(*columns).join(Hour).join(TimesheetLine)
    if link is InvoicedHour:
        query = query.switch(link).join(InvoiceLine).join(Invoice)
    return query.where(TimesheetLine.timesheet.in_(list(ids)) & link.released_at.is_null()).distinct()
