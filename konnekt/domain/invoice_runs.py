"""An invoice run from the browser: what can be invoiced, issuing what a preview showed, as long work."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

from peewee import fn

from konnekt.db import transaction
from konnekt.domain import clock, invoices, jobs
from konnekt.domain.invoicing import billable, unmade
from konnekt.domain.invoicing.drafts import Preview
from konnekt.domain.jobs import Tell
from konnekt.domain.refused import NotFound, Refused
from konnekt.models import (
    Account,
    Agency,
    Event,
    Hour,
    Invoice,
    InvoicedHour,
    Job,
    Organisation,
    PayPeriod,
    State,
    Timesheet,
    TimesheetLine,
)

WORK = "issue_invoices"
# How long a period stays among those to choose from.
RECENT = timedelta(days=400)
# How many numbers of invoices a page names before it counts the rest.
MOST_NUMBERS = 20


@dataclass(frozen=True)
class Waiting:
    """A pay period with approved hours that no invoice bills yet."""

    period: PayPeriod
    organisations: int
    minutes: int


def lacking() -> list[str]:
    """What the agency's own details lack: the names of the columns; empty where it can invoice."""
    return billable.what_the_agency_lacks(Agency.select().first())


def waiting() -> list[Waiting]:
    """The periods with approved hours to invoice, the newest first: one statement."""
    live = InvoicedHour.select(InvoicedHour.hour).where(InvoicedHour.released_at.is_null())
    query = (
        PayPeriod.select(
            PayPeriod,
            fn.COUNT(Timesheet.organisation.distinct()).alias("organisations"),
            fn.SUM(Hour.minutes).alias("worked"),
        )
        .join(Timesheet)
        .join(TimesheetLine)
        .join(Hour)
        .where((Timesheet.state == State.APPROVED) & (Hour.minutes != 0) & Hour.id.not_in(live))
        .group_by(PayPeriod)
        .order_by(PayPeriod.last_on.desc(), PayPeriod.calendar)
    )
    return [Waiting(one, one.organisations, int(one.worked)) for one in query.objects()]


def periods() -> list[PayPeriod]:
    """The periods to choose from: begun within about a year, and older ones with hours to invoice.

    The newest first: two statements.
    """
    today = clock.today()
    recent = (PayPeriod.first_on <= today) & (PayPeriod.last_on > today - RECENT)
    chosen = recent | PayPeriod.id.in_([one.period.id for one in waiting()])
    return list(PayPeriod.select().where(chosen).order_by(PayPeriod.calendar, PayPeriod.first_on.desc()))


def organisations() -> list[Organisation]:
    """The organisations to choose from, by name."""
    return list(Organisation.select().order_by(fn.LOWER(Organisation.name), Organisation.id))


def under_way() -> list[Job]:
    """Runs and documents that are being made."""
    kinds = Job.kind.in_([WORK, unmade.WORK])
    return list(Job.select().where(kinds & Job.ended_at.is_null()).order_by(Job.id))


def fingerprint(found: Preview, on: date) -> str:
    """The same as long as a run dated on would issue the same."""
    said = [on.isoformat(), *(draft.fingerprint for draft in found.drafts)]
    return sha256("".join(said).encode()).hexdigest()[:32]


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

    Raises Refused where it would issue something else by now, and where there is nothing to invoice.
    """
    invoices.must_be_agency_staff(by)
    invoices.must_be_near(on)
    found = invoices.preview(calendar, year, number, organisation, orders)
    if fingerprint(found, on) != seen:
        raise Refused("This changed after it was shown. Nothing was issued: look at it again.")
    if not found.drafts:
        raise Refused("There is nothing to invoice.")
    asked = {
        "calendar": calendar,
        "year": year,
        "number": number,
        "organisation": organisation,
        "on": on.isoformat(),
        "orders": orders or {},
        "agreed": {draft.key: draft.fingerprint for draft in found.drafts},
    }
    with transaction():
        # Whoever presses twice is shown the run that has begun.
        begun = [job for job in under_way() if job.kind == WORK and job.asked == asked]
        return begun[0] if begun else jobs.queue(WORK, by=by, asked=asked)


def carry_out(job: Job, tell: Tell) -> dict[str, Any]:
    """Issue what was agreed, then have the documents made. A run that was stopped goes on where it was.

    The result counts the invoices, says the first and last number, and names what changed in between.
    """
    asked, batch = job.asked, f"job-{job.id}"
    total = len(asked["agreed"])
    before = len(_issued(batch))
    tell(before, total)
    invoices.issue(
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
        documents = unmade.queue(job.created_by) if issued else None
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


def find_period(name: str) -> PayPeriod:
    """The period that is called `four_weeks-2026-12` in addresses; raises NotFound."""
    said = re.fullmatch(r"(week|four_weeks|month)-([0-9]{4})-([0-9]{1,2})", name)
    if said is None:
        raise NotFound("There is no such pay period.")
    found: PayPeriod | None = PayPeriod.get_or_none(
        (PayPeriod.calendar == said[1])
        & (PayPeriod.year == int(said[2]))
        & (PayPeriod.number == int(said[3]))
    )
    if found is None:
        raise NotFound("There is no such pay period.")
    return found


def period_name(of: PayPeriod) -> str:
    """What a period is called in addresses."""
    return f"{of.calendar}-{of.year}-{of.number}"
