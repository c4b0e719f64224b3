"""The hours of a pay period that no invoice bills yet, each with what it costs, or why it is left out."""

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from peewee import JOIN

from konnekt.domain.invoicing import amounts, parties
from konnekt.domain.invoicing.amounts import Price
from konnekt.domain.refused import N_
from konnekt.models import (
    Account,
    Agency,
    Assignment,
    BudgetNumber,
    Hour,
    HourType,
    InvoicedHour,
    Organisation,
    PayPeriod,
    Rate,
    State,
    Timesheet,
    TimesheetLine,
)


class Reason(StrEnum):
    """Why hours are not invoiced, as a sentence to translate."""

    NOT_APPROVED = N_("not approved")
    NO_RATE = N_("no rate is valid on the day")
    NO_BUDGET_NUMBER = N_("no budget number")
    NO_ADDRESS = N_("the organisation has no address")
    NO_LEGAL_ID = N_("the organisation has no KvK number or OIN")
    NO_VAT_NUMBER = N_("VAT is reverse charged and the organisation has no VAT number")
    NO_VAT_TEXT = N_("exempt from VAT, and the organisation has no text that says why")
    NO_PURCHASE_ORDER = N_("the organisation asks for a purchase order number")
    NO_INVOICE = N_("the total is negative and there is no invoice of this period to credit")


@dataclass(frozen=True)
class Worked:
    """One hour row with its sheet (joined with assignment, worker, organisation), line and price."""

    hour: Hour
    price: Price | None

    @property
    def line(self) -> TimesheetLine:
        line: TimesheetLine = self.hour.line
        return line

    @property
    def sheet(self) -> Timesheet:
        sheet: Timesheet = self.hour.line.timesheet
        return sheet

    @property
    def reason(self) -> Reason | None:
        """Why this row is left out; None where it can be invoiced."""
        if self.sheet.state != State.APPROVED:
            return Reason.NOT_APPROVED
        if not parties.clean(self.line.budget_number.number):
            return Reason.NO_BUDGET_NUMBER
        return why_not(self.sheet.organisation) or (Reason.NO_RATE if self.price is None else None)


def why_not(organisation: Organisation) -> Reason | None:
    """What an organisation lacks to be invoiced (Wet OB 1968, art. 35a; EN 16931 BR-8, BR-E-10; BR-NL-10)."""
    buyer = parties.details(organisation, "vat_text")
    if not all(buyer[column] for column in parties.ADDRESS):
        return Reason.NO_ADDRESS
    if organisation.vat_treatment == "reverse_charge" and not buyer["vat_number"]:
        return Reason.NO_VAT_NUMBER
    if organisation.vat_treatment == "exempt" and not buyer["vat_text"]:
        return Reason.NO_VAT_TEXT
    if buyer["country"] == "NL" and not parties.legal_id(buyer)[1]:
        return Reason.NO_LEGAL_ID
    return None


def what_the_agency_lacks(agency: Agency | None) -> list[str]:
    """The columns without which nobody can be invoiced: art. 35a Wet OB, and BR-NL-1, 3 and 11."""
    needed = ("name", "street", "postcode", "city", "country", "coc_number", "vat_number", "iban")
    return [column for column in needed if not parties.clean(getattr(agency, column, ""))]


def read(period: PayPeriod, organisations: Iterable[int], budget_number: int | None = None) -> list[Worked]:
    """Every row with hours of the period that stands on no live invoice: two statements.

    Ordered by organisation, budget number, worker, sheet, week, hour type and day.
    """
    decider = Account.alias()
    query = (
        Hour.select(
            Hour, TimesheetLine, HourType, BudgetNumber, Timesheet, Assignment, Account, Organisation, decider
        )
        .join(TimesheetLine)
        .join(HourType)
        .switch(TimesheetLine)
        .join(BudgetNumber)
        .switch(TimesheetLine)
        .join(Timesheet)
        .join(Assignment)
        .join(Account)
        .switch(Timesheet)
        .join(Organisation)
        .switch(Timesheet)
        .join(decider, JOIN.LEFT_OUTER, on=(Timesheet.decided_by == decider.id), attr="decided_by")
        .switch(Hour)
        .join(
            InvoicedHour,
            JOIN.LEFT_OUTER,
            on=((InvoicedHour.hour == Hour.id) & InvoicedHour.released_at.is_null()),
        )
        .where(
            Timesheet.organisation.in_(list(organisations))
            & (Timesheet.pay_period == period)
            & (Hour.minutes != 0)
            & InvoicedHour.id.is_null()
        )
        .order_by(
            Organisation.code, BudgetNumber.number, Account.name_key, Account.id, Timesheet.id,
            TimesheetLine.iso_year, TimesheetLine.iso_week, HourType.code, Hour.day,
        )
    )  # fmt: skip
    if budget_number is not None:
        query = query.where(TimesheetLine.budget_number == budget_number)
    hours = list(query)
    rates = _rates({hour.line.timesheet.assignment_id for hour in hours})
    return [Worked(hour, _price(hour, rates)) for hour in hours]


def _rates(assignments: set[int]) -> dict[int, list[tuple[date, int]]]:
    """Per assignment its bill rates with their first days, in order."""
    found: dict[int, list[tuple[date, int]]] = {}
    query: Any = (
        Rate.select(Rate.assignment, Rate.valid_from_on, Rate.bill_rate)
        .where(Rate.assignment.in_(assignments))
        .order_by(Rate.assignment, Rate.valid_from_on)
    )
    for assignment, valid_from, bill_rate in query.tuples():
        found.setdefault(assignment, []).append((valid_from, bill_rate))
    return found


def _price(hour: Hour, rates: dict[int, list[tuple[date, int]]]) -> Price | None:
    dated = rates.get(hour.line.timesheet.assignment_id, [])
    index = bisect_right(dated, hour.day, key=lambda rate: rate[0])
    if not index:
        return None
    return amounts.price(dated[index - 1][1], hour.line.hour_type.multiplier_percent)
