"""An invoice run from the browser: what can be invoiced, issuing what a preview showed, as long work."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from peewee import fn

from konnekt.background import queue
from konnekt.background.queue import Tell
from konnekt.db import transaction
from konnekt.domain import clock
from konnekt.domain.invoices import billable, issue, missing_documents
from konnekt.domain.invoices.drafts import InvoicePreview
from konnekt.domain.refusals import Conflict, NotFound, fingerprint_of
from konnekt.domain.timesheets import link_facts
from konnekt.models import Account, Agency, Event, Invoice, Job, Organisation, PayPeriod, Timesheet

WORK = "issue_invoices"
# How long a period stays among those to choose from.
RECENT = timedelta(days=400)
# How many numbers of invoices a page names before it counts the rest.
MOST_NUMBERS = 20


@dataclass(frozen=True)
class BillablePeriod:
    """A pay period with approved hours that no invoice bills yet."""

    period: PayPeriod
    organisations: int
    minutes: int


def lacking() -> list[str]:
    """What the agency's own details lack: the names of the columns; empty where it can invoice."""
    return billable.what_the_agency_lacks(Agency.select().first())


def waiting() -> list[BillablePeriod]:
    """The periods with approved hours to invoice, the newest first: one statement."""
    query = (
        PayPeriod.select(
            PayPeriod,
            fn.COUNT(Timesheet.organisation.distinct()).alias("organisations"),
            fn.SUM(Timesheet.minutes - Timesheet.invoiced_minutes).alias("worked"),
        )
        .join(Timesheet)
        .where(link_facts.to_invoice())
        .group_by(PayPeriod)
        .order_by(PayPeriod.last_on.desc(), PayPeriod.calendar)
    )
    return [BillablePeriod(one, one.organisations, int(one.worked)) for one in query.objects()]


def periods(also: Iterable[BillablePeriod]) -> list[PayPeriod]:
    """The periods to choose from: begun within about a year, and those with hours to invoice (`waiting`).

    The newest first: one statement.
    """
    today = clock.today()
    recent = (PayPeriod.first_on <= today) & (PayPeriod.last_on > today - RECENT)
    chosen = recent | PayPeriod.id.in_([one.period.id for one in also])
    return list(PayPeriod.select().where(chosen).order_by(PayPeriod.calendar, PayPeriod.first_on.desc()))


def organisations() -> list[Organisation]:
    """The organisations to choose from, by name."""
    return list(Organisation.select().order_by(fn.LOWER(Organisation.name), Organisation.id))


def under_way() -> list[Job]:
    """Runs and documents that are being made."""
    kinds = Job.kind.in_([WORK, missing_documents.WORK])
    return list(Job.select().where(kinds & Job.ended_at.is_null()).order_by(Job.id))


def fingerprint(preview: InvoicePreview, on: date) -> str:
    """The same as long as a run dated on would issue the same."""
    return fingerprint_of([on.isoformat(), *(draft.fingerprint for draft in preview.drafts)])


def begin(
    calendar: str,
    year: int,
    number: int,
    organisation: str | None,
    *,
    on: date,
    seen: str,
    by: Account,
    orders: dict[str, str] | None = None,
) -> Job:
    """Queue the run that a preview showed; seen is its fingerprint, orders are purchase order numbers.

    Raises Conflict where it would issue something else by now, and where there is nothing to invoice.
    """
    issue.must_be_agency_staff(by)
    issue.must_be_near(on)
    preview = issue.preview(calendar, year, number, organisation, orders)
    if fingerprint(preview, on) != seen:
        raise Conflict("This changed after it was shown. Nothing was issued: look at it again.")
    if not preview.drafts:
        raise Conflict("There is nothing to invoice.")
    asked = {
        "calendar": calendar,
        "year": year,
        "number": number,
        "organisation": organisation,
        "on": on.isoformat(),
        "orders": orders or {},
        "agreed": {draft.key: draft.fingerprint for draft in preview.drafts},
    }
    with transaction():
        # Whoever presses twice is shown the run that has begun.
        begun = [job for job in under_way() if job.kind == WORK and job.asked == asked]
        return begun[0] if begun else queue.queue(WORK, by=by, asked=asked)


def carry_out(job: Job, tell: Tell) -> dict[str, Any]:
    """Issue what was agreed, then have the documents made. A run that was stopped goes on where it was.

    The result counts the invoices, says the first and last number, and names what changed in between.
    """
    asked, batch = job.asked, f"job-{job.id}"
    total = len(asked["agreed"])
    before = len(_issued(batch))
    tell(before, total)
    issue.issue(
        asked["calendar"],
        asked["year"],
        asked["number"],
        asked["organisation"],
        on=date.fromisoformat(asked["on"]),
        by=job.created_by,
        batch=batch,
        agreed=asked["agreed"],
        # A run of before there were any is not without them: they were not asked.
        orders=asked.get("orders"),
        tell=lambda done, of, invoice: tell(min(before + done, total), total),
    )
    with transaction():
        issued = _issued(batch)
        keys = {f"{one.organisation.code} · {one.budget_number_text}" for one in issued}
        documents = missing_documents.queue(job.created_by) if issued else None
    return {
        "count": len(issued),
        "first": issued[0].number_text if issued else "",
        "last": issued[-1].number_text if issued else "",
        "changed": [key for key in asked["agreed"] if key not in keys],
        "documents": documents.id if documents else None,
    }


def _issued(batch: str) -> list[Invoice]:
    query = (
        Invoice.select(Invoice, Organisation)
        .join(Event)
        .switch(Invoice)
        .join(Organisation)
        .where((Event.batch == batch) & (Event.verb == "issue"))
        .order_by(Invoice.year, Invoice.number)
    )
    return list(query)


def read_period_name(name: str) -> tuple[str, int, int]:
    """Calendar, year and number of the period that is called `four_weeks-2026-12` in addresses.

    Raises NotFound for what can't be the name of one.
    """
    said = re.fullmatch(r"(week|four_weeks|month)-([0-9]{4})-([0-9]{1,2})", name)
    if said is None:
        raise NotFound("There is no such pay period.")
    return said[1], int(said[2]), int(said[3])


def period_name(of: PayPeriod) -> str:
    """What a period is called in addresses."""
    return f"{of.calendar}-{of.year}-{of.number}"
