"""What an agency needs before hours can go round: from an empty database to the first timesheet."""

from dataclasses import astuple, dataclass

from peewee import Select, fn

from konnekt.domain import clock
from konnekt.domain.records import agency
from konnekt.models import Account, Assignment, BudgetNumber, HourType, Organisation, PayPeriod, Rate, Right


@dataclass(frozen=True)
class Steps:
    """Which steps are taken, in the order in which they are best taken.

    pay_periods: every calendar that organisations follow has one that is not over; approvers: somebody may
    approve somewhere; assignments: somebody is placed, with a rate.
    """

    details: bool
    hour_types: bool
    pay_periods: bool
    organisations: bool
    budget_numbers: bool
    workers: bool
    approvers: bool
    assignments: bool

    @property
    def are_taken(self) -> bool:
        """Whether hours can go round."""
        return all(astuple(self))


def is_under_way() -> bool:
    """Whether somebody was ever placed with a rate, the last of the steps: one statement."""
    return bool(Rate.select(Rate.id).exists())


def load() -> Steps:
    """How far the agency is: two statements."""
    today = clock.today()
    coming = PayPeriod.select(PayPeriod.id).where(PayPeriod.last_on >= today)
    is_client = Organisation.goes_on(today)
    without_periods = Organisation.select(Organisation.id).where(
        is_client & ~fn.EXISTS(coming.where(PayPeriod.calendar == Organisation.calendar))
    )
    is_there = [
        HourType.select(HourType.id).where(HourType.is_active),
        coming,
        Organisation.select(Organisation.id).where(is_client),
        BudgetNumber.select(BudgetNumber.id),
        Account.select(Account.id).where(Account.is_active & Account.employee_number.is_null(False)),
        Right.select(Right.id).where(Right.may_approve),
        Assignment.select(Assignment.id).join(Rate),
        without_periods,
    ]
    query = Select(columns=[fn.EXISTS(one) for one in is_there]).bind(HourType._meta.database)
    (row,) = query.tuples().execute()
    hour_types, periods, *others, uncovered = map(bool, row)
    return Steps(not agency.missing(agency.find()), hour_types, periods and not uncovered, *others)
