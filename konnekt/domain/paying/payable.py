"""The hours that no payroll batch pays yet, each with its pay rate, or why it is left out."""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import Any, NamedTuple

from peewee import JOIN

from konnekt.domain.invoicing.amounts import divided
from konnekt.domain.refused import N_
from konnekt.models import (
    Account,
    Assignment,
    Hour,
    HourType,
    PayPeriod,
    PayrollHour,
    Rate,
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


class Reason(StrEnum):
    """Why hours are not paid yet, as a sentence to translate."""

    NOT_APPROVED = N_("not approved")
    NO_EMPLOYEE_NUMBER = N_("the worker has no employee number")
    NO_CODE = N_("the hour type has no code for this format")
    NO_DIGITS = N_("Loket asks an employee number of digits alone")
    CODE_NO_DIGITS = N_("Loket asks a payroll code of digits alone")
    NO_RATE = N_("no rate is valid on the day")


class Worked(NamedTuple):
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

    def reason(self, kind: HourType, worker: Account, format: str) -> Reason | None:
        """Why a format of FORMATS leaves it out; None where it can be paid."""
        number, code = (worker.employee_number or "").strip(), getattr(kind, FORMATS[format]).strip()
        if self.state != State.APPROVED:
            return Reason.NOT_APPROVED
        if not number:
            return Reason.NO_EMPLOYEE_NUMBER
        if not code:
            return Reason.NO_CODE
        if format == "loket" and not is_number(number):
            return Reason.NO_DIGITS
        if format == "loket" and not is_number(code):
            return Reason.CODE_NO_DIGITS
        return Reason.NO_RATE if self.pay_rate is None else None


# What an hour type lacks: said once, whoever worked the hours.
OF_HOUR_TYPES = (Reason.NO_CODE, Reason.CODE_NO_DIGITS)


def is_number(text: str) -> bool:
    """Whether it is digits alone, as all numbers and codes of Loket are (its helpdesk)."""
    return text.isascii() and text.isdigit()


def gross_cents(minutes: int, pay_rate: int, percent: int) -> int:
    """What hours earn at a rate and a multiplier, rounded half up to the cent."""
    return divided(minutes * pay_rate * percent, 60 * 100 * 100)


def unpaid(period: PayPeriod) -> Any:
    """The condition on Hour (joined with Timesheet, and `live_link`) for what no batch pays yet.

    Of the period's calendar, up to and including the period: late hours and corrections too.
    """
    up_to = PayPeriod.select(PayPeriod.id).where(
        (PayPeriod.calendar == period.calendar) & (PayPeriod.first_on <= period.first_on)
    )
    return Timesheet.pay_period.in_(up_to) & (Hour.minutes != 0) & PayrollHour.id.is_null()


def live_link() -> Any:
    """What joins an hour with the batch that pays it, if any."""
    return (PayrollHour.hour == Hour.id) & PayrollHour.released_at.is_null()


def read(period: PayPeriod) -> list[Worked]:
    """Every hour that no batch pays yet, up to and including the period: two statements."""
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
        .join(PayrollHour, JOIN.LEFT_OUTER, on=live_link())
        .where(unpaid(period))
        .order_by(Hour.id)
    )  # fmt: skip
    rows = list(query.tuples())
    rates = Rates.of(row[10] for row in rows)
    return [Worked._make((*row, rates.pay(row[10], row[1]))) for row in rows]


class Rates:
    """The dated rates of some assignments, in 1/10,000 euro per hour."""

    def __init__(self) -> None:
        self._dated: dict[int, list[tuple[date, int, int]]] = {}

    @classmethod
    def of(cls, assignments: Iterable[int]) -> "Rates":
        """Read the rates of these assignments: a statement per thousand of them, one for none."""
        found, ids = cls(), sorted(set(assignments))
        for start in range(0, len(ids) or 1, 1000):
            query = (
                Rate.select(Rate.assignment, Rate.valid_from_on, Rate.pay_rate, Rate.bill_rate)
                .where(Rate.assignment.in_(ids[start : start + 1000]))
                .order_by(Rate.assignment, Rate.valid_from_on)
            )
            for assignment, *rate in query.tuples():
                found._dated.setdefault(assignment, []).append(tuple(rate))
        return found

    def pay(self, assignment: int, day: date) -> int | None:
        """The pay rate that is valid on a day."""
        return self._valid(assignment, day)[0]

    def bill(self, assignment: int, day: date) -> int | None:
        """The bill rate that is valid on a day."""
        return self._valid(assignment, day)[1]

    def _valid(self, assignment: int, day: date) -> tuple[int | None, int | None]:
        dated = self._dated.get(assignment, [])
        index = bisect_right(dated, day, key=lambda rate: rate[0])
        return dated[index - 1][1:] if index else (None, None)
