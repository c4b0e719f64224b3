"""An invoice run from the browser: what can be invoiced, issuing what a page showed, as long work."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from peewee import fn

from konnekt.background import queue
from konnekt.background.queue import Tell
from konnekt.db import transaction
from konnekt.domain import clock
from konnekt.domain.invoices import billable, issue, missing_documents
from konnekt.domain.invoices.drafts import MARK, Draft, InvoicePreview
from konnekt.domain.refusals import Conflict, NotFound, fingerprint_of
from konnekt.domain.timesheets import link_facts
from konnekt.models import Account, Agency, Event, Invoice, Job, Organisation, PayPeriod, Timesheet

WORK = "issue_invoices"
# How long a period stays among those to choose from.
RECENT = timedelta(days=400)
# How many numbers of invoices a page names before it counts the rest.
MOST_NUMBERS = 20


# More than any run has: a form of this size is refused beforehand.
MOST_SEEN = 400_000


@dataclass(frozen=True)
class RunAsked:
    """What somebody wants to see and to invoice.

    period: calendar, year and number, or (None, 0, 0) for all that is approved; organisation: a code; on: the
    date of the invoices; orders: purchase order numbers by the key of the draft.
    """

    period: tuple[str | None, int, int]
    organisation: str | None
    on: date
    orders: dict[str, str] = field(default_factory=dict)

    @property
    def mark(self) -> str:
        """The same as long as the same is asked."""
        asked = (
            self.period,
            self.organisation,
            self.on.isoformat(),
            sorted((key, order.strip()) for key, order in self.orders.items()),
        )
        return fingerprint_of(asked)[:MARK]

    def preview(self) -> InvoicePreview:
        """What would be issued; raises as `issue.preview` does, Invalid for a date far away."""
        issue.must_be_near(self.on)
        return issue.preview(*self.period, self.organisation, self.orders)


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


def order_fields(preview: InvoicePreview, drafts: Iterable[Draft]) -> dict[str, str]:
    """The purchase order numbers that a page with these drafts shows in fields, by key."""
    lacking = {one.key: preview.orders.get(one.key, "") for one in preview.omitted if one.asks_for_order}
    return lacking | {one.key: one.purchase_order for one in drafts if one.wants_order}


def shown(asked: RunAsked, preview: InvoicePreview) -> str:
    """What a page carries of what it showed: what was asked, and a mark of each invoice to be."""
    return asked.mark + "".join(draft.mark for draft in preview.drafts)


def begin(asked: RunAsked, *, seen: str, by: Account) -> Job:
    """Queue the run that a page showed; seen is what it carries of that (`shown`).

    It issues what was shown as it was shown, and says what has changed in between. Raises Conflict where the
    page showed something else or nothing, and as the preview does.
    """
    issue.must_be_agency_staff(by)
    issue.must_be_near(asked.on)
    issue.check_orders(asked.orders)
    issue.find(*asked.period, asked.organisation, Agency.select().first())
    if len(seen) > MOST_SEEN or not seen.startswith(asked.mark):
        raise Conflict("This changed after it was shown. Nothing was issued: look at it again.")
    agreed = [seen[start : start + MARK] for start in range(MARK, len(seen), MARK)]
    if not agreed:
        raise Conflict("There is nothing to invoice.")
    calendar, year, number = asked.period
    columns = {
        "calendar": calendar,
        "year": year,
        "number": number,
        "organisation": asked.organisation,
        "on": asked.on.isoformat(),
        "orders": asked.orders,
        "agreed": agreed,
    }
    with transaction():
        # Whoever presses twice is shown the run that has begun.
        begun = [job for job in under_way() if job.kind == WORK and job.asked == columns]
        return begun[0] if begun else queue.queue(WORK, by=by, asked=columns)


def carry_out(job: Job, tell: Tell) -> dict[str, Any]:
    """Issue what was agreed, then have the documents made. A run that was stopped goes on where it was.

    The result counts the invoices, says the first and last number, names what is left for another run because
    it changed or came since, and counts what was shown and was not issued.
    """
    asked, batch = job.asked, f"job-{job.id}"
    total = len(asked["agreed"])
    before = len(_issued(batch))
    tell(before, total)
    _invoices, run = issue.issue(
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
        documents = missing_documents.queue(job.created_by) if issued else None
    return {
        "count": len(issued),
        "first": issued[0].number_text if issued else "",
        "last": issued[-1].number_text if issued else "",
        "changed": [draft.name for draft in run.not_issued[:MOST_NUMBERS]],
        "more": max(len(run.not_issued) - MOST_NUMBERS, 0),
        "missing": total - len(issued),
        "documents": documents.id if documents else None,
    }


def _issued(batch: str) -> list[Invoice]:
    query = Invoice.select(Invoice.id, Invoice.number_text).join(Event)
    query = query.where((Event.batch == batch) & (Event.verb == "issue"))
    return list(query.order_by(Invoice.year, Invoice.number))


def read_period_name(name: str) -> tuple[str | None, int, int]:
    """Calendar, year and number of the period that is called `four_weeks-2026-12` in addresses.

    None and zeros of all periods, which have no name. Raises NotFound for what can't be the name of one.
    """
    if not name:
        return None, 0, 0
    said = re.fullmatch(r"(week|four_weeks|month)-([0-9]{4})-([0-9]{1,2})", name)
    if said is None:
        raise NotFound("There is no such pay period.")
    return said[1], int(said[2]), int(said[3])


def period_name(of: PayPeriod) -> str:
    """What a period is called in addresses."""
    return f"{of.calendar}-{of.year}-{of.number}"
