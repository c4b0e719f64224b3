"""The invoices that somebody may see: narrowed, added up, a page at a time.

Two statements whatever their number: the totals, then the rows of one page. Both read the index
invoice_listed, which holds all that they compare and add (models/invoices.py).
"""

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from peewee import Case, fn

from konnekt.domain import access, clock
from konnekt.domain.access import Grants
from konnekt.domain.invoices import states
from konnekt.domain.paging import SIZE, Page
from konnekt.models import (
    BudgetNumber,
    BudgetNumberKey,
    Document,
    Invoice,
    InvoiceLine,
    NumberSeries,
    Organisation,
    PayPeriod,
)
from konnekt.models.people import holds

# `2026-00012` while it is typed, from its year on, and without its hyphen.
NUMBER = re.compile(r"([0-9]{4})-?([0-9]{0,6})")
DIGITS = 5
LAST = "\U0010ffff"


@dataclass(frozen=True)
class InvoiceFilter:
    """What narrows the list; empty or None is everything. organisation: a code; state: of states.FILTERS."""

    text: str = ""
    organisation: str = ""
    year: int | None = None
    state: str = ""

    def __post_init__(self) -> None:
        if self.state not in states.FILTERS:
            object.__setattr__(self, "state", "")


@dataclass(frozen=True)
class InvoiceTotals:
    """How many invoices are found, and their amounts in cents.

    All (credit notes off), what is still to be paid, and what is to be paid back or set off.
    """

    count: int
    total_cents: int
    open_cents: int
    return_cents: int
    first_year: int


def organisations(who: Grants) -> list[Organisation]:
    """Those whose invoices this account may see, by name: one statement for the agency, else none."""
    if who.is_agency_staff:
        return list(Organisation.select().order_by(fn.LOWER(Organisation.name), Organisation.id))
    return [one for one in who.organisations.values() if one.id in who.invoices]


def narrow(who: Grants, by: InvoiceFilter, invoice: Any = Invoice, budget_number: Any = None) -> Any:
    """The condition on Invoice for what this account may see and a filter asks, its state left out.

    budget_number: how the query reads that column, for one that must not begin with its index.
    """
    condition = access.visible_invoices(who, invoice)
    if by.organisation:
        chosen = Organisation.select(Organisation.id).where(Organisation.code == by.organisation)
        condition &= invoice.organisation.in_(chosen)
    if by.year:
        condition &= invoice.issued_on.between(date(by.year, 1, 1), date(by.year, 12, 31))
    if by.text.strip():
        condition &= _matches(who, by.text.strip(), invoice, budget_number)
    return condition


def _matches(who: Grants, text: str, invoice: Any, budget_number: Any) -> Any:
    """A budget number from the start of one of its groups, dots left out; a number or its year; a name."""
    start, hit = text.lower().replace(".", ""), Invoice.alias("hit")
    keys = BudgetNumberKey.select(BudgetNumberKey.budget_number).where(
        (BudgetNumberKey.key >= start) & (BudgetNumberKey.key < _after(start))
    )
    if not who.is_agency_staff:
        keys = keys.join(BudgetNumber).where(BudgetNumber.organisation.in_(who.invoices))
    if not start:
        return invoice.id.is_null()
    # Lines have a number of their own where their invoice has several: an index that is empty where none has.
    together = InvoiceLine.select(InvoiceLine.invoice).where(InvoiceLine.budget_number.in_(keys))
    if budget_number is None:
        # Each by its own index: PostgreSQL reads the whole table for an OR.
        condition = invoice.id.in_(hit.select(hit.id).where(hit.budget_number.in_(keys)) | together)
    else:
        condition = budget_number.in_(keys) | invoice.id.in_(together)
    number = NUMBER.fullmatch(text)
    if number and number[2]:
        numbered = (hit.year == int(number[1])) & _begins_with(number[2], hit)
        return invoice.id.in_(
            hit.select(hit.id).where(numbered)
            | hit.select(hit.id).where(hit.budget_number.in_(keys))
            | together
        )
    if number:
        condition |= invoice.year == int(number[1])
    if any(letter.isalpha() for letter in text):
        called = holds(Organisation.name_key, text) | Organisation.code.startswith(text)
        condition |= invoice.organisation.in_(Organisation.select(Organisation.id).where(called))
    return condition


def _after(start: str) -> str:
    """What comes right after all text that begins so, in the order of code points."""
    while start.endswith(LAST):
        start = start[:-1]
    if not start:
        return LAST * 2
    following = ord(start[-1]) + 1
    return start[:-1] + chr(0xE000 if 0xD800 <= following <= 0xDFFF else following)


def _begins_with(digits: str, invoice: Any) -> Any:
    """Numbers that begin so when they are written with five digits, or with six from 100,000 on."""
    condition = invoice.id.is_null()
    for length in (DIGITS, DIGITS + 1):
        if len(digits) > length or (length > DIGITS and digits.startswith("0")):
            continue
        unit = 10 ** (length - len(digits))
        condition |= invoice.number.between(int(digits) * unit, (int(digits) + 1) * unit - 1)
    return condition


def totals(who: Grants, by: InvoiceFilter) -> InvoiceTotals:
    """Count and add what is found: one statement.

    What is credited is few: where the state asks, it is found from its credit notes and taken off, instead of
    asking of every invoice whether it has one.
    """
    parts = []
    if by.state != states.CREDITED:
        parts.append((1, _sums(Invoice, narrow(who, by) & _columns(by, Invoice)).alias("found")))
    if by.state in states.OF_CREDIT:
        original, note = Invoice.alias("original"), Invoice.alias("note")
        of_these = narrow(who, by, original, original.budget_number + 0) & _columns(by, original)
        taken_back = _sums(original, (note.credits > 0) & of_these).join(
            note, on=(note.credits == original.id)
        )
        parts.append((1 if by.state == states.CREDITED else -1, taken_back.alias("taken_back")))
    columns = [getattr(part.c, name) for _sign, part in parts for name in SUMS]
    first_year = NumberSeries.select(fn.MIN(NumberSeries.year))
    query = Invoice.select(*columns, first_year).from_(*(part for _sign, part in parts)).tuples()
    *values, year = next(iter(query))
    sums = dict.fromkeys(SUMS, 0)
    for (sign, name), value in zip(
        itertools.product([sign for sign, _part in parts], SUMS), values, strict=True
    ):
        sums[name] += sign * int(value)
    return InvoiceTotals(**sums, first_year=year or clock.today().year)


SUMS = ("count", "total_cents", "open_cents", "return_cents")


def _columns(by: InvoiceFilter, invoice: Any) -> Any:
    return states.columns_of(by.state, invoice) if by.state else (invoice.total_cents >= 0)


def _sums(invoice: Any, condition: Any) -> Any:
    balance = states.balance_cents(invoice)
    return invoice.select(
        fn.COUNT(invoice.id).alias("count"),
        fn.COALESCE(fn.SUM(states.signed_cents(invoice)), 0).alias("total_cents"),
        fn.COALESCE(fn.SUM(Case(None, [(balance > 0, balance)], 0)), 0).alias("open_cents"),
        fn.COALESCE(fn.SUM(Case(None, [(balance < 0, 0 - balance)], 0)), 0).alias("return_cents"),
    ).where(condition)


def chosen(who: Grants, by: InvoiceFilter) -> Any:
    """The ids of what is found, newest first, as a query."""
    condition = narrow(who, by)
    if by.state:
        condition &= states.is_in(by.state)
    return Invoice.select(Invoice.id).where(condition).order_by(Invoice.issued_on.desc(), Invoice.id.desc())


def page(who: Grants, by: InvoiceFilter, number: int, count: int, size: int = SIZE) -> Page:
    """That page of what is found, count in all, or the nearest there is: one statement."""
    pages = max(1, -(-count // size))
    number = min(max(1, number), pages)
    rows = list(_rows(chosen(who, by).paginate(number, size))) if count else []
    return Page(rows, number, pages, count)


def rows(who: Grants, by: InvoiceFilter) -> Iterator[Invoice]:
    """All that is found as the list shows it, for a file: one statement."""
    return iter(_rows(chosen(who, by)).iterator())


def _rows(ids: Any) -> Any:
    columns = [field for field in Invoice._meta.sorted_fields if field.name != "frozen"]
    return (
        Invoice.select(
            *columns,
            Organisation,
            PayPeriod,
            states.state().alias("state"),
            (states.signed_cents()).alias("signed_cents"),
            *(_has(kind).alias(f"has_{kind}") for kind in states.DOCUMENTS),
        )
        .join(Organisation)
        .switch(Invoice)
        .join(PayPeriod)
        .where(Invoice.id.in_(ids))
        .order_by(Invoice.issued_on.desc(), Invoice.id.desc())
    )


def _has(kind: str) -> Any:
    return fn.EXISTS(
        Document.select(Document.id).where((Document.invoice == Invoice.id) & (Document.kind == kind))
    )
