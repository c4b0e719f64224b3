"""The hours that no invoice bills yet, each with what it costs, or why it is left out."""

from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from peewee import JOIN, fn

from konnekt.domain.amounts import Price, Rates
from konnekt.domain.invoices import parties
from konnekt.domain.invoices.groups import InvoiceGroup
from konnekt.domain.refusals import N_
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
    PostponedInvoice,
    State,
    Timesheet,
    TimesheetLine,
)


class WhyNotInvoiced(StrEnum):
    """Why hours are not invoiced, as a sentence to translate."""

    NOT_APPROVED = N_("not approved")
    NO_RATE = N_("no rate is valid on the day")
    NO_BUDGET_NUMBER = N_("no budget number")
    NO_ADDRESS = N_("the organisation has no address")
    NO_LEGAL_ID = N_("the organisation has no KvK number or OIN")
    NO_VAT_NUMBER = N_("VAT is reverse charged and the organisation has no VAT number")
    NO_VAT_TEXT = N_("exempt from VAT, and the organisation has no text that says why")
    NO_PURCHASE_ORDER = N_("the organisation asks for a purchase order number")
    POSTPONED = N_("left out by hand")
    NO_INVOICE = N_("the total is negative and there is no invoice of this period to credit")


class BillableHour(NamedTuple):
    """One hour row with its sheet (joined with assignment, worker, organisation), line and price.

    reason: why it is left out; None where it can be invoiced.
    """

    id: int
    day: date
    minutes: int
    sheet: Timesheet
    iso_year: int
    iso_week: int
    hour_type: HourType
    budget_number: BudgetNumber
    price: Price | None
    reason: WhyNotInvoiced | None
    postponed: PostponedInvoice | None = None


class Which(NamedTuple):
    """Which hours: of a period, or all that is approved; of an organisation, a number, a worker, by ids."""

    period: int | None = None
    organisation: int | None = None
    budget_number: int | None = None
    worker: int | None = None

    @classmethod
    def of(cls, group: InvoiceGroup) -> "Which":
        """Those of one invoice to be."""
        return cls(group.period, group.organisation, group.budget_number or None, group.worker or None)


def why_not(organisation: Organisation) -> WhyNotInvoiced | None:
    """What an organisation lacks to be invoiced (Wet OB 1968, art. 35a; EN 16931 BR-8, BR-E-10; BR-NL-10)."""
    buyer = parties.details(organisation, "vat_text")
    if not all(buyer[column] for column in parties.ADDRESS):
        return WhyNotInvoiced.NO_ADDRESS
    if organisation.vat_treatment == "reverse_charge" and not buyer["vat_number"]:
        return WhyNotInvoiced.NO_VAT_NUMBER
    if organisation.vat_treatment == "exempt" and not buyer["vat_text"]:
        return WhyNotInvoiced.NO_VAT_TEXT
    if buyer["country"] == "NL" and not parties.legal_id(buyer)[1]:
        return WhyNotInvoiced.NO_LEGAL_ID
    return None


def what_the_agency_lacks(agency: Agency | None) -> list[str]:
    """The columns without which nobody can be invoiced: art. 35a Wet OB, and BR-NL-1, 3 and 11."""
    needed = ("name", "street", "postcode", "city", "country", "coc_number", "vat_number", "iban")
    return [column for column in needed if not parties.clean(getattr(agency, column, ""))]


def read(which: Which) -> list[BillableHour]:
    """Every row with hours that stands on no live invoice: five statements at most.

    Of a period also what is not approved; of all of them, what is. In the order of organisation, number,
    worker, sheet, week, hour type and day.
    """
    condition = _condition(which)
    sheets = {sheet.id: sheet for sheet in _sheets(condition)}
    if not sheets:
        return []
    named = list(_named(condition))
    kinds = {one.hour_type_id: one.hour_type for one in named}
    numbers = {one.budget_number_id: one.budget_number for one in named}
    places = {one.timesheet.organisation_id: one.timesheet.organisation for one in named}
    rates = Rates(sheet.assignment_id for sheet in sheets.values())
    periods = {one.timesheet.pay_period_id: one.timesheet.pay_period for one in named}
    why = _Reasons(_postponed(which) if any(sheet.may_be_postponed for sheet in sheets.values()) else [])
    hours = []
    for hour, day, minutes, of, year, week, hour_type, number in _hours(condition, which.budget_number):
        if of not in sheets or hour_type not in kinds or number not in numbers:
            # Saved since the statements above: who issues holds a lock, who looks may look again.
            continue
        sheet, kind, budget = sheets[of], kinds[hour_type], numbers[number]
        sheet.organisation, sheet.pay_period = places[sheet.organisation_id], periods[sheet.pay_period_id]
        price = rates.price(sheet.assignment_id, day, kind.multiplier_percent)
        reason, postponed = why.not_invoiced(sheet, budget, price)
        hours.append(
            BillableHour(hour, day, minutes, sheet, year, week, kind, budget, price, reason, postponed)
        )
    return hours


def _condition(which: Which) -> Any:
    states = [State.APPROVED] if which.period is None else []
    condition = Timesheet.has_hours_to_invoice(*states)
    if which.period is not None:
        condition &= Timesheet.pay_period == which.period
    if which.organisation is not None:
        condition &= Timesheet.organisation == which.organisation
    if which.worker is not None:
        own = Assignment.select(Assignment.id).where(Assignment.worker == which.worker)
        condition &= Timesheet.assignment.in_(own)
    if which.budget_number is not None:
        on_it = TimesheetLine.select(TimesheetLine.timesheet).where(
            TimesheetLine.budget_number == which.budget_number
        )
        condition &= Timesheet.id.in_(on_it)
    return condition


def _postponed(which: Which) -> list[PostponedInvoice]:
    """What is left out by hand: one statement."""
    query = PostponedInvoice.select(PostponedInvoice, Account).join(
        Account, JOIN.LEFT_OUTER, attr="created_by", on=(PostponedInvoice.created_by == Account.id)
    )
    if which.organisation is not None:
        query = query.where(PostponedInvoice.organisation == which.organisation)
    return list(query.order_by(PostponedInvoice.id))


def _sheets(condition: Any) -> Any:
    """With assignment, worker and who decided, of those two their names; and if any is left out there."""
    decider = Account.alias()
    names = [
        column for who in (Account, decider) for column in (who.id, who.first_name, who.last_name, who.email)
    ]
    left_out = PostponedInvoice.select(PostponedInvoice.id).where(
        (PostponedInvoice.organisation == Timesheet.organisation)
        & (PostponedInvoice.pay_period == Timesheet.pay_period)
    )
    return (
        Timesheet.select(
            Timesheet, Assignment, Account.name_key, *names, fn.EXISTS(left_out).alias("may_be_postponed")
        )
        .join(Assignment)
        .join(Account)
        .switch(Timesheet)
        .join(decider, JOIN.LEFT_OUTER, on=(Timesheet.decided_by == decider.id), attr="decided_by")
        .where(condition)
    )


def _named(condition: Any) -> Any:
    """Each hour type, budget number, organisation and period that their lines have together: some of each."""
    columns = (
        TimesheetLine.hour_type, TimesheetLine.budget_number, Timesheet.organisation, Timesheet.pay_period,
    )  # fmt: skip
    query = TimesheetLine.select(*columns, HourType, BudgetNumber, Organisation, PayPeriod).join(HourType)
    query = query.switch(TimesheetLine).join(BudgetNumber).switch(TimesheetLine).join(Timesheet)
    query = query.join(Organisation).switch(Timesheet).join(PayPeriod)
    return query.where(condition).distinct()


def _hours(condition: Any, budget_number: int | None) -> Any:
    """As tuples: there are ten thousands of them, of some thousands of sheets."""
    is_live = (InvoicedHour.hour == Hour.id) & InvoicedHour.released_at.is_null()
    query = (
        Hour.select(
            Hour.id, Hour.day, Hour.minutes, TimesheetLine.timesheet, TimesheetLine.iso_year,
            TimesheetLine.iso_week, TimesheetLine.hour_type, TimesheetLine.budget_number,
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
        .switch(Hour)
        .join(InvoicedHour, JOIN.LEFT_OUTER, on=is_live)
        .where(condition & (Hour.minutes != 0) & InvoicedHour.id.is_null())
        .order_by(
            Organisation.code, BudgetNumber.number, Account.name_key, Account.id, Timesheet.id,
            TimesheetLine.iso_year, TimesheetLine.iso_week, HourType.code, Hour.day,
        )
    )  # fmt: skip
    if budget_number is not None:
        query = query.where(TimesheetLine.budget_number == budget_number)
    return query.tuples()


class _Reasons:
    """Why hours are left out: what organisations and budget numbers lack is looked up once of each."""

    def __init__(self, postponed: list[PostponedInvoice]) -> None:
        self._of_organisations: dict[int, WhyNotInvoiced | None] = {}
        self._of_numbers: dict[int, WhyNotInvoiced | None] = {}
        self._postponed: dict[tuple[int, int], list[PostponedInvoice]] = {}
        for one in postponed:
            self._postponed.setdefault((one.organisation_id, one.pay_period_id), []).append(one)

    def not_invoiced(
        self, sheet: Timesheet, budget: BudgetNumber, price: Price | None
    ) -> tuple[WhyNotInvoiced | None, PostponedInvoice | None]:
        """Why hours of a sheet on a number are left out, and by whom; None where they can be invoiced."""
        if sheet.state != State.APPROVED:
            return WhyNotInvoiced.NOT_APPROVED, None
        if budget.id not in self._of_numbers:
            has_number = parties.clean(budget.number)
            self._of_numbers[budget.id] = None if has_number else WhyNotInvoiced.NO_BUDGET_NUMBER
        at = sheet.organisation
        if at.id not in self._of_organisations:
            self._of_organisations[at.id] = why_not(at)
        reason = self._of_numbers[budget.id] or self._of_organisations[at.id]
        if reason is None and price is None:
            reason = WhyNotInvoiced.NO_RATE
        for one in self._postponed.get((at.id, sheet.pay_period_id), ()):
            # Of every way to group: what was left out stays so where the organisation is invoiced otherwise.
            is_number = one.budget_number_id in (None, budget.id)
            if is_number and one.worker_id in (None, sheet.assignment.worker_id):
                return WhyNotInvoiced.POSTPONED, one
        return reason, None
