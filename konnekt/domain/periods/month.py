"""What the agency's month asks for next: hours that are missing, to invoice, and papers to make."""

from dataclasses import dataclass

from peewee import fn

from konnekt.background import outbox
from konnekt.domain.invoices import missing_documents
from konnekt.domain.periods import progress
from konnekt.domain.periods.progress import Tally
from konnekt.domain.records import first_steps
from konnekt.domain.timesheets import link_facts
from konnekt.models import PayPeriod, Timesheet


@dataclass
class Month:
    """steps: what an agency does first; periods: of each calendar the one whose deadlines are nearest.

    The rest are numbers of things.
    """

    steps: first_steps.Steps
    periods: list[tuple[PayPeriod, Tally]]
    uninvoiced: int
    uninvoiced_minutes: int
    undocumented: int
    undelivered: int


def load() -> Month:
    """What is next: seven statements."""
    chosen = progress.choose().next_ones()
    counts = progress.counts(chosen) if chosen else {}
    number, minutes = _uninvoiced()
    return Month(
        steps=first_steps.load(),
        periods=[(period, counts.get(period.id) or Tally(None)) for period in chosen],
        uninvoiced=number,
        uninvoiced_minutes=minutes,
        undocumented=missing_documents.count(),
        undelivered=outbox.count_given_up(),
    )


def _uninvoiced() -> tuple[int, int]:
    """Approved timesheets with hours that stand on no live invoice, and those hours in minutes."""
    minutes = fn.SUM(Timesheet.minutes - Timesheet.invoiced_minutes)
    query = Timesheet.select(fn.COUNT(Timesheet.id), fn.COALESCE(minutes, 0))
    query = query.where(link_facts.to_invoice())
    number, minutes = query.scalar(as_tuple=True)
    return int(number), int(minutes)
