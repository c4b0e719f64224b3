"""What the agency's month asks for next: hours that are missing, to invoice, and papers to make."""

from dataclasses import dataclass

from peewee import fn

from konnekt.domain import first_steps, outbox, progress
from konnekt.domain.first_steps import Steps
from konnekt.domain.progress import Tally
from konnekt.models import (
    Document,
    Hour,
    Invoice,
    InvoicedHour,
    PayPeriod,
    State,
    Timesheet,
    TimesheetLine,
)

DOCUMENTS = 2


@dataclass
class Month:
    """steps: what an agency does first; periods: of each calendar the one whose deadlines are nearest.

    The rest are numbers of things.
    """

    steps: Steps
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
        undocumented=_undocumented(),
        undelivered=outbox.count_given_up(),
    )


def _uninvoiced() -> tuple[int, int]:
    """Approved timesheets with hours that stand on no live invoice, and those hours in minutes."""
    live = InvoicedHour.select(InvoicedHour.id).where(
        (InvoicedHour.hour == Hour.id) & InvoicedHour.released_at.is_null()
    )
    query = (
        Hour.select(fn.COUNT(Timesheet.id.distinct()), fn.COALESCE(fn.SUM(Hour.minutes), 0))
        .join(TimesheetLine)
        .join(Timesheet)
        .where((Timesheet.state == State.APPROVED) & (Hour.minutes != 0) & ~fn.EXISTS(live))
    )
    number, minutes = query.scalar(as_tuple=True)
    return int(number), int(minutes)


def _undocumented() -> int:
    """Invoices without both PDF and e-invoice."""
    made = Document.select(fn.COUNT(Document.id)).where(Document.invoice == Invoice.id)
    return int(Invoice.select().where(made < DOCUMENTS).count())
