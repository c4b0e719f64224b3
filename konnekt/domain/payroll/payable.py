"""The hours that no payroll batch pays yet, each with its pay rate, or why it is left out."""

from datetime import date
from enum import StrEnum
from typing import NamedTuple

from peewee import JOIN

from konnekt.domain.amounts import Rates, divided
from konnekt.domain.refusals import N_
from konnekt.models import (
    Account,
    Assignment,
    Hour,
    HourType,
    PayPeriod,
    PayrollHour,
    State,
    Timesheet,
    TimesheetLine,
)

# Per format the column of HourType that it needs: what the payroll program knows the hours by.
FORMATS = {
    "neutral": "code",
    "easyflex": "payroll_code",
    "loket": "payroll_code",
    "nmbrs": "payroll_code",
    "setu": "setu_code",
}


class WhyNotPaid(StrEnum):
    """Why hours are not paid yet, as a sentence to translate."""

    NOT_APPROVED = N_("not approved")
    NO_EMPLOYEE_NUMBER = N_("the worker has no employee number")
    NO_CODE = N_("the hour type has no code for this format")
    NO_DIGITS = N_("Loket asks an employee number of digits alone")
    CODE_NO_DIGITS = N_("Loket asks a payroll code of digits alone")
    NO_RATE = N_("no rate is valid on the day")


class PayableHour(NamedTuple):
    """One hour row; pay_rate (1/10,000 euro, before the multiplier) is None where none is valid."""

    hour: int
    day: date
    minutes: int
    hour_type: int
    budget_number: int
    sheet: int
    sequence: int
    state: str
    pay_period: int
    organisation: int
    assignment: int
    worker: int
    pay_rate: int | None = None

    def reason(self, kind: HourType, worker: Account, format: str) -> WhyNotPaid | None:
        """Why a format of FORMATS leaves it out; None where it can be paid."""
        number, code = (worker.employee_number or "").strip(), getattr(kind, FORMATS[format]).strip()
        if self.state != State.APPROVED:
            return WhyNotPaid.NOT_APPROVED
        if not number:
            return WhyNotPaid.NO_EMPLOYEE_NUMBER
        if not code:
            return WhyNotPaid.NO_CODE
        if format == "loket" and not is_number(number):
            return WhyNotPaid.NO_DIGITS
        if format == "loket" and not is_number(code):
            return WhyNotPaid.CODE_NO_DIGITS
        return WhyNotPaid.NO_RATE if self.pay_rate is None else None


# What an hour type lacks: said once, whoever worked the hours.
OF_HOUR_TYPES = (WhyNotPaid.NO_CODE, WhyNotPaid.CODE_NO_DIGITS)


def is_number(text: str) -> bool:
    """Whether it is digits alone, as all numbers and codes of Loket are (its helpdesk)."""
    return text.isascii() and text.isdigit()


def gross_cents(minutes: int, pay_rate: int, percent: int) -> int:
    """What hours earn at a rate and a multiplier, rounded half up to the cent."""
    return divided(minutes * pay_rate * percent, 60 * 100 * 100)


def read(period: PayPeriod) -> list[PayableHour]:
    """Every hour that no batch pays yet, up to and including the period: two statements.

    Of the period's calendar: late hours and corrections too.
    """
    up_to = PayPeriod.select(PayPeriod.id).where(
        (PayPeriod.calendar == period.calendar) & (PayPeriod.first_on <= period.first_on)
    )
    is_live = (PayrollHour.hour == Hour.id) & PayrollHour.released_at.is_null()
    query = (
        Hour.select(
            Hour.id, Hour.day, Hour.minutes, TimesheetLine.hour_type, TimesheetLine.budget_number,
            Timesheet.id, Timesheet.sequence, Timesheet.state, Timesheet.pay_period, Timesheet.organisation,
            Timesheet.assignment, Assignment.worker,
        )
        .join(TimesheetLine)
        .join(Timesheet)
        .join(Assignment)
        .switch(Hour)
        .join(PayrollHour, JOIN.LEFT_OUTER, on=is_live)
        .where(
            Timesheet.pay_period.in_(up_to)
            & Timesheet.has_hours_to_pay()
            & (Hour.minutes != 0)
            & PayrollHour.id.is_null()
        )
        .order_by(Hour.id)
    )  # fmt: skip
    rows = list(query.tuples())
    rates = Rates(row[10] for row in rows)
    return [PayableHour._make((*row, rates.pay(row[10], row[1]))) for row in rows]
