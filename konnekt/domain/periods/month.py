"""What the agency's month asks for next: hours that are missing, to invoice or to pay, and papers to make."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from peewee import fn

from konnekt.background import outbox
from konnekt.domain.invoices import missing_documents
from konnekt.domain.payments import overdue
from konnekt.domain.periods import open_work, progress, stages
from konnekt.domain.periods.progress import Tally
from konnekt.domain.records import first_steps
from konnekt.domain.timesheets import link_facts
from konnekt.models import PayPeriod, Timesheet
from konnekt.models.compiled import compiled


@dataclass
class Month:
    """steps: what an agency does first; periods: of each calendar the one whose deadlines are nearest.

    places: how far the timesheets of these are per organisation, by the period's id; elsewhere: what waits in
    other periods; ages: what is open of invoices. The rest are numbers of things.
    """

    steps: first_steps.Steps
    periods: list[tuple[PayPeriod, Tally]]
    places: dict[int, list[stages.PlaceStages]]
    elsewhere: list[open_work.OtherPeriod]
    ages: list[overdue.Band]
    uninvoiced: int
    uninvoiced_minutes: int
    unpaid: int
    unpaid_minutes: int
    undocumented: int
    undelivered: int

    @property
    def late(self) -> overdue.Band:
        """The invoices that are past their due date."""
        return _together(one for one in self.ages if one.key != overdue.NOT_DUE)

    @property
    def open(self) -> overdue.Band:
        """All invoices that are still to be paid."""
        return _together(self.ages)


def load() -> Month:
    """What is next: eleven statements, however much there was before."""
    choice = progress.choose()
    chosen = choice.next_ones()
    places = stages.of(chosen) if chosen else {}
    uninvoiced, uninvoiced_minutes = _uninvoiced()
    unpaid, unpaid_minutes = open_work.unpaid()
    return Month(
        steps=first_steps.load(),
        periods=[(period, stages.tally(places[period.id])) for period in chosen],
        places=places,
        elsewhere=open_work.elsewhere(choice.periods, chosen),
        ages=overdue.ages(),
        uninvoiced=uninvoiced,
        uninvoiced_minutes=uninvoiced_minutes,
        unpaid=unpaid,
        unpaid_minutes=unpaid_minutes,
        undocumented=missing_documents.count(),
        undelivered=outbox.count_given_up(),
    )


def _together(bands: Iterable[overdue.Band]) -> overdue.Band:
    listed = list(bands)
    return overdue.Band("", sum(one.count for one in listed), sum(one.open_cents for one in listed))


def _uninvoiced() -> tuple[int, int]:
    """Approved timesheets with hours that stand on no live invoice, and those hours in minutes."""
    ((number, minutes),) = _to_invoice()
    return int(number), int(minutes)


@compiled
def _to_invoice() -> Any:
    minutes = fn.SUM(Timesheet.minutes - Timesheet.invoiced_minutes)
    query = Timesheet.select(fn.COUNT(Timesheet.id), fn.COALESCE(minutes, 0))
    return query.where(link_facts.to_invoice())
