"""How far the timesheets of a period are, per organisation: from not sent to invoiced and paid."""

from dataclasses import dataclass
from typing import Any

from peewee import fn

from konnekt.domain.periods import progress
from konnekt.models import Assignment, Organisation, PayPeriod, State, Timesheet
from konnekt.models.compiled import compiled, slot

# In the order in which a sheet passes them.
STAGES = (UNSENT, WAITING, APPROVED, INVOICED, PAID) = ("unsent", "waiting", "approved", "invoiced", "paid")


@dataclass(frozen=True)
class PlaceStages:
    """The timesheets of an organisation (its code and name) in a period: how many are in each of STAGES.

    Each sheet is in one: the last that it reached with all before it. That hours are invoiced and that they
    are paid are independent facts (glossary), so "paid" (verloond) comes last and means both: nothing is left
    to do. Approved are those of which hours still stand on no invoice, paid or not; invoiced those of which
    all do and some are not in a payroll batch. A sheet without hours has nothing to invoice or to pay: once
    it is approved it is at its end. Not sent are drafts, rejected ones, and those that nobody began.
    """

    code: str
    name: str
    counts: tuple[int, ...]

    @property
    def count(self) -> int:
        return sum(self.counts)

    @property
    def to_do(self) -> int:
        """How many still wait for somebody."""
        return self.count - self.counts[STAGES.index(PAID)]


def of(periods: list[PayPeriod]) -> dict[int, list[PlaceStages]]:
    """By the period's id its organisations by name: one statement."""
    places: dict[int, list[PlaceStages]] = {period.id: [] for period in periods}
    values = {f"period_{number}": period for number, period in enumerate(places)}
    for period, _id, code, name, unsent, waiting, approved, to_invoice, to_pay in _of(len(places), **values):
        done = approved - to_invoice - to_pay
        places[period].append(PlaceStages(code, name, (unsent, waiting, to_invoice, to_pay, done)))
    return places


@compiled
def _of(count: int) -> Any:
    """So many periods; the agency's home asks, and an agency has thousands of assignments that run."""
    periods = [slot(f"period_{number}") for number in range(count)]
    of_these = Timesheet.select(Timesheet.assignment).where(Timesheet.pay_period.in_(periods))
    # Sheets are looked for of these assignments alone: there are many more that have ended.
    has_sheet = Assignment.id.in_(of_these)
    conditions = (
        progress.CONDITIONS["unsent"],
        progress.CONDITIONS["waiting"],
        progress.CONDITIONS["approved"],
        Timesheet.has_hours_to_invoice(State.APPROVED),
        Timesheet.is_invoiced & Timesheet.has_hours_to_pay(State.APPROVED),
    )
    numbers = [fn.COUNT(Assignment.id).filter(one) for one in conditions]
    columns = [PayPeriod.id, Organisation.id, Organisation.code, Organisation.name]
    query = progress.joined(Assignment.select(*columns, *numbers), periods)
    query = query.where(Assignment.is_asked_for() | has_sheet).group_by(*columns)
    return query.order_by(fn.LOWER(Organisation.name), Organisation.id)


def tally(places: list[PlaceStages]) -> progress.Tally:
    """All organisations of a period together: not sent, waiting, approved."""
    sums = [sum(numbers) for numbers in zip(*(one.counts for one in places), strict=True)] or [0] * len(
        STAGES
    )
    return progress.Tally(None, sums[0], sums[1], sum(sums[2:]))
