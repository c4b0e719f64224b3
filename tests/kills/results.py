"""What came of long work beside what is there: each job ended once, imports and invoices are whole and there once."""

from collections import Counter
from collections.abc import Iterator
from hashlib import sha256

from peewee import SqliteDatabase, fn

from konnekt.db import db
from konnekt.models import (
    Account,
    Assignment,
    Document,
    Event,
    Hour,
    Invoice,
    InvoicedHour,
    Job,
    NumberSeries,
    Organisation,
    Rate,
    Timesheet,
    TimesheetLine,
)
from tests import invoice_cast
from tests.kills.agency import BUDGETS
from tests.kills.people import Log
from tests.kills.staff import DAYS_TO_IMPORT, PEOPLE_TO_IMPORT


def findings(log: Log) -> Iterator[str]:
    """All that is not as it should be."""
    yield from _jobs(log)
    yield from _imports(log)
    yield from _invoices(log)
    yield from _whole()


def _jobs(log: Log) -> Iterator[str]:
    jobs = {one.id: one for one in Job.select()}
    yield from (f"job {one} is gone" for one in log.jobs - jobs.keys())
    for job in jobs.values():
        if job.ended_at is None or job.failure or job.result is None:
            yield f"job {job.id} ({job.kind}), attempt {job.attempts}: {job.failure or 'has no result'}"
        elif job.result.get("failed"):
            yield f"job {job.id} ({job.kind}): {job.result['failed']}"


def _imports(log: Log) -> Iterator[str]:
    """A set is there whole, once, or not at all; each import has one event."""
    ended = Job.select().where((Job.kind == "import") & Job.result.is_null(False)).count()
    events = Event.select().where((Event.verb == "import") & (Event.thing == "import")).count()
    if events != ended:
        yield f"{events} events of {ended} imports"
    found: dict[int, Counter[str]] = {}
    for code, rates, sheets in (
        Assignment.select(
            Assignment.code,
            Rate.select(fn.COUNT(Rate.id)).where(Rate.assignment == Assignment.id),
            Timesheet.select(fn.COUNT(Timesheet.id)).where(
                (Timesheet.assignment == Assignment.id) & (Timesheet.minutes == DAYS_TO_IMPORT * 240)
            ),
        )
        .where(Assignment.code.startswith("I"))
        .tuples()
    ):
        number = int(code[1:].partition("-")[0])
        found.setdefault(number, Counter()).update({"people": 1, "rates": rates, "sheets": sheets})
    for number, counts in found.items():
        if set(counts.values()) != {PEOPLE_TO_IMPORT}:
            yield f"import {number}: {dict(counts)}"
    yield from (f"import {number} was confirmed and is not there" for number in log.imports - found.keys())
    accounts = Account.select().where(Account.email.endswith("@import.example")).count()
    hours = (
        Hour.select()
        .join(TimesheetLine)
        .join(Timesheet)
        .join(Assignment)
        .where(Assignment.code.startswith("I"))
        .count()
    )
    if (accounts, hours) != (n := PEOPLE_TO_IMPORT * len(found), n * DAYS_TO_IMPORT):
        yield f"{len(found)} imports made {accounts} people and {hours} hours"
    imported = Event.select(Event.timesheet).where((Event.verb == "import") & Event.timesheet.is_null(False))
    twice = imported.group_by(Event.timesheet).having(fn.COUNT(Event.id) > 1)
    yield from (f"sheet {one.timesheet_id} was imported twice" for one in twice)


def _invoices(log: Log) -> Iterator[str]:
    """Numbers without gaps, each hour once, each invoice with one PDF and one e-invoice as their events say."""
    for year, last in NumberSeries.select(NumberSeries.year, NumberSeries.last_number).tuples():
        numbers = [
            one.number for one in Invoice.select().where(Invoice.year == year).order_by(Invoice.number)
        ]
        if numbers != list(range(1, last + 1)):
            yield f"{last} invoices of {year}: {numbers}"
    codes = Counter(one.organisation.code for one in Invoice.select())
    yield from (f"{code} has {times} invoices" for code, times in codes.items() if times != BUDGETS)
    yield from (f"{code} was confirmed and is not invoiced" for code in log.invoiced - codes.keys())
    twice = (
        InvoicedHour.select(InvoicedHour.hour)
        .group_by(InvoicedHour.hour)
        .having(fn.COUNT(InvoicedHour.id) > 1)
    )
    yield from (f"hour {one.hour_id} is invoiced twice" for one in twice)
    invoice_cast.check_totals()
    invoiced = {one.id for one in Organisation.select().where(Organisation.code.in_(list(codes)))}
    expected = {line: rest for line, *rest in invoice_cast.expected_lines() if line[0] in invoiced}
    billed: dict[object, list[int]] = {}
    for line, *rest in invoice_cast.billed_lines():
        billed[line] = [a + b for a, b in zip(billed.get(line, [0, 0]), rest, strict=True)]
    if expected != billed:
        yield f"{len(expected)} lines to invoice, {len(billed)} invoiced, or with other amounts"
    for invoice in Invoice.select():
        documents = {
            one.kind: sha256(one.whole() or b"").hexdigest()
            for one in Document.select().where(Document.invoice == invoice)
        }
        count = Document.select().where(Document.invoice == invoice).count()
        events = Counter(one.verb for one in Event.select().where(Event.invoice == invoice))
        said = {
            one.verb.removeprefix("make_"): one.after["sha256"]
            for one in Event.select().where((Event.invoice == invoice) & Event.verb.startswith("make_"))
        }
        if count != 2 or documents.keys() != {"pdf", "ubl"} or documents != said:
            yield f"invoice {invoice.number_text} has {sorted(documents)} ({count})"
        if events != {"issue": 1, "make_pdf": 1, "make_ubl": 1}:
            yield f"invoice {invoice.number_text}: {dict(events)}"


def _whole() -> Iterator[str]:
    if isinstance(db.obj, SqliteDatabase):
        said = [row for (row,) in db.execute_sql("PRAGMA integrity_check").fetchall()]
        broken = db.execute_sql("PRAGMA foreign_key_check").fetchall()
        if said != ["ok"] or broken:
            yield f"SQLite says {said[:3]} {broken[:3]}"
