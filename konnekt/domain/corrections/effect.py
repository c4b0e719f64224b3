"""What a correction does to the invoice and to payroll."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from konnekt.domain import amounts
from konnekt.domain.corrections.case import Case, fingerprint
from konnekt.domain.payroll import pay_dates, payable
from konnekt.domain.timesheets import content
from konnekt.models import BudgetNumber, HourType


@dataclass
class EffectShare:
    """What a correction changes on one budget number: minutes, and cents without VAT."""

    number: BudgetNumber
    minutes: int = 0
    cents: int = 0


@dataclass
class Effect:
    """What a correction does to the invoice and to payroll; days without a rate have no amount.

    pay_date: when it is paid if it is approved now.
    """

    change: content.Content
    shares: list[EffectShare]
    gross_cents: int
    unpriced: list[date]
    pay_date: pay_dates.PayDate

    @property
    def minutes(self) -> int:
        return self.change.minutes

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.change)


def foresee(case: Case, change: content.Content) -> Effect:
    """A change in euros, at the rates of its days, rounded as invoices and payroll are: four statements."""
    assignment = case.original.assignment_id
    rates = amounts.Rates([assignment])
    percents = dict(HourType.select(HourType.id, HourType.multiplier_percent).tuples())
    lines: dict[tuple[int, int, int, int, int], int] = defaultdict(int)
    days: dict[tuple[date, int, int], int] = defaultdict(int)
    unpriced = set()
    for line in change.lines:
        for cell in line.cells:
            bill, pay = rates.bill(assignment, cell.day), rates.pay(assignment, cell.day)
            if bill is None or pay is None:
                unpriced.add(cell.day)
                continue
            unit_price = amounts.price(bill, percents[line.hour_type]).amount
            key = (line.budget_number, line.iso_year, line.iso_week, line.hour_type, unit_price)
            lines[key] += cell.minutes
            days[cell.day, line.hour_type, pay] += cell.minutes
    shares = _shares(change)
    for (number, _year, _week, _kind, unit_price), minutes in lines.items():
        shares[number].cents += amounts.line_cents(minutes, unit_price)
    gross = sum(payable.gross_cents(one, pay, percents[kind]) for (_day, kind, pay), one in days.items())
    period = case.original.pay_period
    paid = pay_dates.pay_date(period, pay_dates.open_periods([period.calendar]))
    return Effect(change, list(shares.values()), gross, sorted(unpriced), paid)


def _shares(change: content.Content) -> dict[int, EffectShare]:
    numbers = {line.budget_number for line in change.lines}
    rows = BudgetNumber.select().where(BudgetNumber.id.in_(numbers)).order_by(BudgetNumber.number)
    shares = {row.id: EffectShare(row) for row in rows}
    for line in change.lines:
        shares[line.budget_number].minutes += sum(cell.minutes for cell in line.cells)
    return shares
