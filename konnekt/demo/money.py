"""What the agency did with approved hours in the demonstration: payroll, invoices, payments, corrections."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, time, timedelta
from functools import partial
from typing import Any

from konnekt.db import hold, transaction
from konnekt.demo.story import EARLIER, Story
from konnekt.domain import clock, events
from konnekt.domain.approvals import decide
from konnekt.domain.corrections import case as cases, supplementary
from konnekt.domain.invoices import issue, missing_documents
from konnekt.domain.payments import bank, booking, books
from konnekt.domain.payroll import hand_over_or_undo, make
from konnekt.domain.records import books_settings, organisations
from konnekt.domain.timesheets import content
from konnekt.models import Account, Dispatch, Invoice, Organisation, PayPeriod, Timesheet

# What was wrong with hours of the latest period that is invoiced: how many minutes too many on the last day.
TOO_MANY = {
    "Jürgen": (60, "Op de laatste dag is een uur te veel opgegeven."),
    "Søren": (120, "Het laatste practicum begon twee uur later."),
}
LAW_STREET = "Bouillonstraat 3"
# What its bookkeeping calls things.
LEDGER = {
    "program": "neutral", "with_payments": True, "sales_journal": "70", "payments_journal": "90",
    "debtors_account": "1300", "bank_account": "1100", "vat_account": "1500", "revenue_standard": "8000",
    "revenue_exempt": "8010", "vat_code_standard": "4",
}  # fmt: skip


def settle(story: Story) -> None:
    """Everything in its order; what would lie ahead has not happened yet."""
    for moment, step in sorted(_steps(story), key=lambda one: one[0]):
        if moment < story.now:
            clock.fix(moment.isoformat())
            step()
    clock.fix(story.now.isoformat())
    missing_documents.queue(story.cast.agency)


def _steps(story: Story) -> Iterator[tuple[datetime, Any]]:
    """A run and an export follow on each deadline for approving; then come payments, and what was wrong."""
    by = story.cast.agency
    for calendar in story.calendars.values():
        for ago in EARLIER:
            period = calendar.ago(ago)
            which = (period.calendar, period.year, period.number)
            yield _after(period, 8, 15), partial(_export, which, by)
            yield _after(period, 9, 10), partial(_invoice, story, period)
            if ago != EARLIER[-1]:
                yield _after(period, 10), partial(_send, story, period)
    oldest, older, latest = (story.calendars["four_weeks"].ago(ago) for ago in EARLIER)
    yield _after(oldest, 33), partial(_pay, story, oldest, "FSE", "LAW", "SSC")
    yield _after(older, 16), partial(_credit, story, older)
    yield _after(older, 17), partial(_invoice, story, older, "LAW")
    yield _after(older, 36), partial(_pay, story, older, "FSE")
    yield _after(older, 37), partial(_to_the_books, story, oldest)
    yield _after(older, 41), partial(_pay_half, story, older, "SSC")
    yield _after(latest, 21), partial(_correct, story, "Jürgen", latest)
    yield _after(latest, 23), partial(_approve, story, "Jürgen", latest)
    yield _after(latest, 25), partial(_correct, story, "Søren", latest)
    week = story.calendars["week"].ago(3)
    yield _after(week, 18), partial(_pay, story, week, "UB")
    yield _after(week, 19), partial(_statement, story)


def _export(which: tuple[str, int, int], by: Account) -> None:
    batch = make.export(*which, by=by)
    # Those of weeks wait for that, so that both can be seen.
    if batch.calendar == "four_weeks":
        hand_over_or_undo.hand_over(batch.id, by=by)


def _after(period: PayPeriod, days: int, hour: int = 11) -> datetime:
    return clock.at(period.last_on + timedelta(days=days), time(hour))


def _invoice(story: Story, period: PayPeriod, code: str | None = None) -> None:
    which = (period.calendar, period.year, period.number, code)
    issue.issue(*which, on=clock.today(), by=story.cast.agency)


def _send(story: Story, period: PayPeriod) -> None:
    """Its invoices went by mail: here without one, for documents are made when the demonstration runs."""
    by, at = story.cast.agency, clock.now()
    issued = Invoice.select(Invoice, Organisation).join(Organisation).where(Invoice.pay_period == period)
    for invoice in issued.where(Invoice.dispatch_count == 0):
        place = invoice.organisation
        Dispatch.create(
            invoice=invoice, nth=1, way="mail", recipient=place.invoice_email, documents="pdf",
            outcome="sent", outcome_at=at, asked_at=at, asked_by=by,
        )  # fmt: skip
        Invoice.update(dispatch_count=1).where(Invoice.id == invoice.id).execute()
        events.record("send", by=by, invoice=invoice, after={"way": "mail"})


def _of(story: Story, period: PayPeriod, *codes: str) -> list[Invoice]:
    places = [story.cast.organisations[code] for code in codes]
    invoices = Invoice.select().where((Invoice.pay_period == period) & Invoice.organisation.in_(places))
    return list(invoices.order_by(Invoice.year, Invoice.number))


def _pay(story: Story, period: PayPeriod, *codes: str) -> None:
    ids = [invoice.id for invoice in _of(story, period, *codes)]
    marked = booking.mark(ids, clock.today(), by=story.cast.agency)
    assert not marked.refused, marked.refused


def _statement(story: Story) -> None:
    """What came in on the bank and waits: a payment that is less than is open, and one without a number."""
    open_ones = (one for one in Invoice.select().order_by(Invoice.id.desc()) if one.to_pay_cents > 10_000)
    part = next(open_ones)
    said = [(part.to_pay_cents - 5_000, f"Factuur {part.number_text}"), (4_250, "Dank voor de snelle hulp")]
    on, name, iban = clock.today(), "Universiteit, crediteuren", "NL20INGB0001234567"
    lines = [bank.StatementLine("camt", on, cents, "", name, iban, words) for cents, words in said]
    bank.read(lines, by=story.cast.agency)


def _to_the_books(story: Story, first: PayPeriod) -> None:
    """All of it so far is in the bookkeeping; what comes after that waits for the next batch."""
    by = story.cast.agency
    books_settings.change({**LEDGER, "from_on": first.first_on}, seen="", by=by)
    unbooked = books.preview()
    if unbooked is not None and unbooked.may_make:
        books.hand_over(books.make(by=by, seen=unbooked.fingerprint).id, by=by)


def _pay_half(story: Story, period: PayPeriod, code: str) -> None:
    (invoice, *_) = _of(story, period, code)
    with transaction():
        hold("invoices")
        booking.receive(invoice, clock.today(), invoice.total_cents // 2, by=story.cast.agency)


def _credit(story: Story, period: PayPeriod) -> None:
    """The law faculty had moved: its invoice is credited, its address put right."""
    by, law = story.cast.agency, organisations.find("LAW")
    invoice, *_ = _of(story, period, "LAW")
    issue.credit(invoice.id, "De faculteit is verhuisd; u krijgt een nieuwe factuur.", by=by)
    values = {**organisations.RECORD.values(law), "parent": "", "street": LAW_STREET}
    organisations.change("LAW", values, seen=organisations.seen(law), by=by)


def _correct(story: Story, name: str, period: PayPeriod) -> None:
    """The agency takes hours off the last day of a sheet that is invoiced and paid."""
    too_many, reason = TOO_MANY[name]
    original = Timesheet.get(assignment=story.cast.assignments[name], pay_period=period, sequence=0)
    case = cases.find(original.id)
    corrected = cases.content_of(case.minutes)
    line = corrected.lines[-1]
    last = line.cells[-1]
    fewer = replace(line, cells=(*line.cells[:-1], last._replace(minutes=last.minutes - too_many)))
    corrected = content.Content((*corrected.lines[:-1], fewer))
    shown = cases.fingerprint(supplementary.check(case, corrected))
    supplementary.send(original.id, corrected, reason, by=story.cast.agency, seen=case.seen, shown=shown)


def _approve(story: Story, name: str, period: PayPeriod) -> None:
    of = story.cast.assignments[name]
    sheet = Timesheet.get(assignment=of, pay_period=period, sequence=1)
    decide.approve(sheet.id, by=story.approver(of), seen=sheet.revision)
