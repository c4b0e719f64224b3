"""What is past its term goes: a portion at a time, each one transaction and one event that names nobody.

Of invoices, payroll batches and timesheets the numbers stay, so that no sum changes; names, documents and
what people typed go. People who have had no relation for longer than the term are erased (erasing.py).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from peewee import fn

from konnekt.db import hold, transaction
from konnekt.domain import clock, events
from konnekt.domain.invoices import dispatches
from konnekt.domain.records import erased_words, erasing, retention
from konnekt.domain.refusals import Conflict
from konnekt.models import (
    Account,
    AccountLink,
    Assignment,
    BankEntry,
    Dispatch,
    Document,
    Event,
    Hour,
    Invoice,
    InvoiceLine,
    Mail,
    Organisation,
    PayPeriod,
    PayrollBatch,
    Right,
    Timesheet,
    TimesheetLine,
    chains,
)

SOURCE = "forget"
# Kinds that go by the term of another.
TERM_OF = {"links": "mail", "bank": "invoices"}
AT_ONCE = 200


@dataclass(frozen=True)
class PastTerm:
    """What of one kind is past its term: how many, and from before which day; waiting: who can't go yet."""

    kind: str
    number: int
    before: date
    waiting: int = 0


def due() -> list[PastTerm]:
    """What would go now, by kind; nothing is changed."""
    past, terms = [], retention.terms()
    for kind, condition in CONDITIONS.items():
        before = _cut(kind, terms)
        model, of_kind = condition(before)
        past.append(PastTerm(kind, model.select().where(of_kind).count(), before))
    people = list(_people(terms))
    waiting = sum(erasing.why_not(row, is_past_term=True) is not None for row in people)
    before = retention.cut("accounts", terms["accounts"])
    return [*past, PastTerm("accounts", len(people) - waiting, before, waiting)]


def forget() -> Iterator[PastTerm]:
    """Have it go; a PastTerm after each kind says how many did."""
    erasing.wipe()
    terms = retention.terms()
    for kind, condition in CONDITIONS.items():
        before, number = _cut(kind, terms), 0
        while portion := _forget_some(kind, *condition(before), before):
            number += portion
        yield PastTerm(kind, number, before)
    number = waiting = 0
    for row in _people(terms):
        try:
            erasing.erase_past_term(row.id)
            number += 1
        except Conflict:
            waiting += 1
    yield PastTerm("accounts", number, retention.cut("accounts", terms["accounts"]), waiting)


def _cut(kind: str, terms: dict[str, int]) -> date:
    term = TERM_OF.get(kind, kind)
    return retention.cut(term, terms[term])


def _forget_some(kind: str, model: Any, condition: Any, before: date) -> int:
    with transaction():
        hold("import")
        hold("invoices")
        ids = [row.id for row in model.select(model.id).where(condition).order_by(model.id).limit(AT_ONCE)]
        if not ids:
            return 0
        told = sorted(VERBS[kind](ids))
        after = {"events": told, "number": len(ids), "before": before.isoformat()}
        said = events.record("erase", by=None, source=SOURCE, thing=kind, after=after)
        for start in range(0, len(told), erasing.AT_ONCE):
            chains.erase(told[start : start + erasing.AT_ONCE], said.id)
    return len(ids)


def _old_mails(before: date) -> tuple[Any, Any]:
    is_over = Mail.sent_at.is_null(False) | Mail.failed_at.is_null(False)
    return Mail, is_over & (Mail.queued_at < clock.at(before, time()))


def _old_links(before: date) -> tuple[Any, Any]:
    return AccountLink, AccountLink.expires_at < clock.at(before, time())


def _old_invoices(before: date) -> tuple[Any, Any]:
    is_settled = Invoice.paid_on.is_null(False)
    return Invoice, Invoice.erased_at.is_null() & (Invoice.issued_on < before) & is_settled


def _old_entries(before: date) -> tuple[Any, Any]:
    """Those of which all stands as payments, or which are for no invoice."""
    is_done = (BankEntry.booked_cents == BankEntry.amount_cents) | BankEntry.set_aside_at.is_null(False)
    says = (BankEntry.name != "") | (BankEntry.iban != "") | (BankEntry.words != "")
    return BankEntry, (BankEntry.booked_on < before) & is_done & says


def _old_batches(before: date) -> tuple[Any, Any]:
    is_done = PayrollBatch.handed_over_at.is_null(False) | PayrollBatch.undone_at.is_null(False)
    return PayrollBatch, PayrollBatch.erased_at.is_null() & (PayrollBatch.pay_on < before) & is_done


def _old_sheets(before: date) -> tuple[Any, Any]:
    """Those in which something was typed, or whose history still says what was."""
    periods = PayPeriod.select(PayPeriod.id).where(PayPeriod.last_on < before)
    hours = Hour.select(Hour.id).join(TimesheetLine).where(TimesheetLine.timesheet == Timesheet.id)
    words = erased_words.filled() & (Event.timesheet == Timesheet.id)
    says = (Timesheet.remark != "") | (Timesheet.reason != "") | (Timesheet.rejection_reason != "")
    says |= fn.EXISTS(hours.where((Hour.remark != "") | (Hour.typed != "")))
    says |= fn.EXISTS(Event.select(Event.id).where(words))
    return Timesheet, Timesheet.pay_period.in_(periods) & says


def _forget_mails(ids: list[int]) -> list[int]:
    dispatches.outlive(ids)
    Mail.delete().where(Mail.id.in_(ids)).execute()
    return []


def _forget_links(ids: list[int]) -> list[int]:
    AccountLink.delete().where(AccountLink.id.in_(ids)).execute()
    return []


def _forget_invoices(ids: list[int]) -> list[int]:
    now = clock.now()
    for row in Invoice.select(Invoice.id, Invoice.frozen).where(Invoice.id.in_(ids)):
        columns = {"frozen": _nameless(row.frozen), "reason": "", "erased_at": now}
        Invoice.update(columns).where(Invoice.id == row.id).execute()
    for line in InvoiceLine.select(InvoiceLine.id, InvoiceLine.frozen).where(InvoiceLine.invoice.in_(ids)):
        said = {**line.frozen, "worker": ""}
        InvoiceLine.update(frozen=said).where(InvoiceLine.id == line.id).execute()
    Document.update(content=b"", cut_at=None).where(Document.invoice.in_(ids)).execute()
    Dispatch.update(recipient="", copy_to="", answer="").where(Dispatch.invoice.in_(ids)).execute()
    reasons = Event.invoice.in_(ids) & (Event.reason != "")
    return [event.id for event in erased_words.says_something(reasons)]


def _forget_entries(ids: list[int]) -> list[int]:
    BankEntry.update(name="", iban="", words="").where(BankEntry.id.in_(ids)).execute()
    return []


def _nameless(frozen: dict[str, Any]) -> dict[str, Any]:
    said = {**frozen, "why": "", "reason": ""}
    said["buyer"] = {**frozen.get("buyer", {}), "contact_name": ""}
    said["sheets"] = [{**sheet, "worker": "", "approved_by": ""} for sheet in frozen.get("sheets", [])]
    return said


def _forget_batches(ids: list[int]) -> list[int]:
    now = clock.now()
    for row in PayrollBatch.select(PayrollBatch.id, PayrollBatch.frozen).where(PayrollBatch.id.in_(ids)):
        said = dict(row.frozen or {})
        said["workers"] = {key: {"number": "", "name": ""} for key in said.get("workers", {})}
        PayrollBatch.update(frozen=said, erased_at=now).where(PayrollBatch.id == row.id).execute()
    return []


def _forget_words(ids: list[int]) -> list[int]:
    Timesheet.update(remark="", reason="", rejection_reason="").where(Timesheet.id.in_(ids)).execute()
    lines = TimesheetLine.select(TimesheetLine.id).where(TimesheetLine.timesheet.in_(ids))
    Hour.update(remark="", typed="").where(Hour.line.in_(lines)).execute()
    return [event.id for event in erased_words.says_something(Event.timesheet.in_(ids))]


# By kind of term: the rows that are past it, and the verb that has some of them go.
CONDITIONS: dict[str, Callable[[date], tuple[Any, Any]]] = {
    "mail": _old_mails,
    "links": _old_links,
    "invoices": _old_invoices,
    "bank": _old_entries,
    "payroll": _old_batches,
    "hours": _old_sheets,
}
VERBS: dict[str, Callable[[list[int]], list[int]]] = {
    "mail": _forget_mails,
    "links": _forget_links,
    "invoices": _forget_invoices,
    "bank": _forget_entries,
    "payroll": _forget_batches,
    "hours": _forget_words,
}


def _people(terms: dict[str, int]) -> Iterator[Account]:
    """Who has had no relation for longer than the terms: no right, no place at the agency, no assignment."""
    today = clock.today()
    of = Assignment.worker == Account.id
    works = fn.EXISTS(Assignment.select(Assignment.id).where(of & Assignment.goes_on(today)))
    rights = Right.select(Right.id).join(Organisation).where(Right.account == Account.id)
    has_right = fn.EXISTS(rights.where(Organisation.goes_on(today)))
    related = Account.is_active & (Account.is_agency_staff | has_right)
    last_on = Assignment.select(fn.MAX(Assignment.last_on)).where(of)
    told_at = Event.select(fn.MAX(Event.at)).where(Event.person == Account.id)
    query = (
        Account.select(Account, last_on.alias("last_on"), told_at.alias("told_at"))
        .where(Account.erased_at.is_null() & ~works & ~related)
        .order_by(Account.id)
    )
    accounts = retention.cut("accounts", terms["accounts"]).isoformat()
    workers = retention.cut("workers", terms["workers"]).isoformat()
    for row in list(query):
        moments = (row.created_at, row.signed_in_at, row.last_on, row.told_at)
        last = max(str(moment)[:10] for moment in moments if moment)
        if last < accounts and (not row.last_on or str(row.last_on)[:10] < workers):
            yield row
