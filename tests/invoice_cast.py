"""An agency and organisations that can be invoiced, and what the tests ask of an invoice run."""

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from typing import Any

from konnekt.domain.invoices import issue
from konnekt.domain.invoices.drafts import InvoicePreview
from konnekt.models import (
    Agency,
    BudgetNumber,
    Hour,
    HourType,
    Invoice,
    InvoicedHour,
    InvoiceLine,
    Organisation,
    Rate,
    Timesheet,
    TimesheetLine,
)
from tests.factories import World

TODAY = date(2026, 11, 30)
PERIOD = ("four_weeks", 2026, 12)


def complete(world: World, **law: Any) -> None:
    """Give the agency and both organisations what an invoice needs; more columns for LAW."""
    Agency.update(
        street="Tongersestraat 6", postcode="6211 LN", city="Maastricht", coc_number="12345678",
        vat_number="NL123456789B01", iban="NL91ABNA0417164300", bic="ABNANL2A", peppol_id="0106:12345678",
    ).execute()  # fmt: skip
    Organisation.update(
        street="Kapoenstraat 2", postcode="6211 KW", city="Maastricht", coc_number="87654321",
        vat_number="NL001234567B01", peppol_id="0106:87654321", contact_name="Crediteuren",
    ).execute()  # fmt: skip
    if law:
        Organisation.update(**law).where(Organisation.code == "LAW").execute()


def approve(sheet: Timesheet, by: Any) -> None:
    """Make a sheet approved without the verb."""
    Timesheet.update(state="approved", decided_at=sheet.submitted_at, decided_by=by).where(
        Timesheet.id == sheet.id
    ).execute()


def run(on: date = TODAY, organisation: str | None = None) -> list[Invoice]:
    """Issue the period of the cast."""
    issued, _preview = issue.issue(*PERIOD, organisation, on=on, by=None, source="command")
    return issued


def preview(organisation: str | None = None) -> InvoicePreview:
    return issue.preview(*PERIOD, organisation)


def reasons(found: InvoicePreview) -> dict[str, int]:
    """Minutes left out per reason."""
    minutes: dict[str, int] = {}
    for one in found.left_out:
        minutes[one.reason.name] = minutes.get(one.reason.name, 0) + one.minutes
    return minutes


def numbers() -> list[str]:
    query = Invoice.select(Invoice.number_text).order_by(Invoice.year, Invoice.number)
    return [number for (number,) in query.tuples()]


def half_up(value: Fraction) -> int:
    """A half away from zero, with the whole numbers of Python alone."""
    rounded = int(abs(value) + Fraction(1, 2))
    return rounded if value >= 0 else -rounded


def expected_lines() -> Iterator[tuple[tuple[Any, ...], int, int]]:
    """What stands in the database, computed again with fractions: (line, minutes, cents as worked).

    A line: organisation, period, budget number, sheet, ISO year, ISO week, hour type, price.
    """
    rates = list(
        Rate.select(Rate.assignment, Rate.valid_from_on, Rate.bill_rate).order_by(Rate.valid_from_on).tuples()
    )
    minutes: dict[tuple[Any, ...], int] = {}
    query = (
        Hour.select(
            Timesheet.organisation, Timesheet.pay_period, BudgetNumber.number, Timesheet.id, HourType.code,
            HourType.multiplier_percent, Timesheet.assignment, Hour.day, Hour.minutes,
        )
        .join(TimesheetLine).join(HourType).switch(TimesheetLine).join(BudgetNumber)
        .switch(TimesheetLine).join(Timesheet)
        .where((Timesheet.state == "approved") & (Hour.minutes != 0))
    )  # fmt: skip
    for organisation, period, budget, sheet, code, percent, assignment, day, worked in query.tuples():
        valid = [rate for of, first, rate in rates if of == assignment and first <= day]
        if not valid:
            continue
        unit = Fraction(half_up(Fraction(valid[-1]) * percent / 100), 10_000)
        year, week, _ = day.isocalendar()
        key = (organisation, period, budget, sheet, year, week, code, unit)
        minutes[key] = minutes.get(key, 0) + worked
    for key, worked in minutes.items():
        yield key, worked, half_up(Fraction(worked, 60) * key[-1] * 100)


def billed_lines() -> Iterator[tuple[tuple[Any, ...], int, int]]:
    """The same of what was invoiced, credit notes negative."""
    query = (
        InvoiceLine.select(InvoiceLine, Invoice, HourType).join(Invoice).switch(InvoiceLine).join(HourType)
    )
    for line in query:
        invoice, sign = line.invoice, -1 if line.invoice.kind == "credit_note" else 1
        key = (
            invoice.organisation_id, invoice.pay_period_id, invoice.budget_number_text, line.timesheet_id,
            line.iso_year, line.iso_week, line.hour_type.code, Fraction(line.unit_price, 10_000),
        )  # fmt: skip
        yield key, sign * line.minutes, sign * line.net_cents


def check_totals() -> None:
    """Each invoice is the sum of its lines, each line of its hours; VAT is on the total."""
    for invoice in Invoice.select():
        lines = list(invoice.lines.order_by(InvoiceLine.position))
        assert [line.position for line in lines] == list(range(1, len(lines) + 1))
        assert invoice.net_cents == sum(line.net_cents for line in lines)
        percent = 21 if invoice.vat_treatment == "standard" else 0
        assert invoice.vat_cents == half_up(Fraction(invoice.net_cents * percent, 100))
        assert invoice.total_cents == invoice.net_cents + invoice.vat_cents >= 0
        for line in lines:
            linked = [link.minutes for link in InvoicedHour.select().where(InvoicedHour.invoice_line == line)]
            if not invoice.credits_id:
                assert abs(sum(linked)) == abs(line.minutes)
                assert linked
