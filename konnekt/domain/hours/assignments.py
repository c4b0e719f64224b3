"""A worker's own assignments: who enters the hours of each, and the sheet of one that the worker opens."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from peewee import fn

from konnekt.domain import clock
from konnekt.domain.payroll import pay_dates
from konnekt.domain.refusals import Forbidden, NotFound
from konnekt.domain.registration import teams
from konnekt.domain.timesheets import grid
from konnekt.models import Account, Assignment, Organisation, PayPeriod, Timesheet


@dataclass
class Placed:
    """An assignment as its worker sees it."""

    assignment: Assignment

    @property
    def is_fixed(self) -> bool:
        """A fixed number of hours a week: nothing is registered."""
        return bool(self.assignment.basis == "fixed")

    @property
    def is_own_to_enter(self) -> bool:
        """Whether the worker enters the hours, and not the organisation."""
        return not self.is_fixed and bool(self.assignment.entered_by == "worker")

    @property
    def has_ended(self) -> bool:
        return self.assignment.last_on is not None and self.assignment.last_on < clock.today()


def of(account: Account) -> list[Placed]:
    """The account's assignments with their organisations, those that last first: one statement."""
    query = (
        Assignment.select(Assignment, Organisation)
        .join(Organisation)
        .where(Assignment.worker == account)
        .order_by(fn.LOWER(Organisation.name), Assignment.first_on.desc(), Assignment.id)
    )
    return sorted((Placed(row) for row in query), key=lambda placed: placed.has_ended)


def current(account: Account, code: str) -> PayPeriod:
    """The period whose hours are asked for now of an assignment: two statements.

    Raises what `open_sheet` does.
    """
    query = Assignment.select(Assignment, Organisation).join(Organisation)
    row = query.where((Assignment.code == code) & (Assignment.worker == account)).first()
    _check(row)
    period = teams.calendar(row.organisation.calendar).current()
    if period is None:
        raise NotFound("There are no periods yet.")
    return period


def open_sheet(account: Account, code: str, year: int, number: int) -> grid.Sheet:
    """The sheet that the worker enters for an assignment and period, begun or not: one statement.

    NotFound where the assignment is not the account's own or has no such period; Forbidden where nothing is
    registered, or the organisation enters the hours.
    """
    query: Any = pay_dates.with_sheets(
        Assignment.select(Assignment, Account, Organisation, PayPeriod, Timesheet)
        .join(Account)
        .switch(Assignment)
        .join(Organisation)
    ).where(
        (Assignment.code == code)
        & (Assignment.worker == account)
        & (PayPeriod.year == year)
        & (PayPeriod.number == number)
    )
    row = query.first()
    _check(row)
    sheet = getattr(row, "sheet", None)
    has_row = sheet is not None and sheet.id is not None
    return grid.Sheet(row, row.organisation, row.period, sheet if has_row else None)


def _check(row: Assignment | None) -> None:
    if row is None:
        raise NotFound("This assignment does not exist, or not for you.")
    placed = Placed(row)
    if placed.is_fixed:
        raise Forbidden("Hours of a fixed number per week are not registered.")
    if not placed.is_own_to_enter:
        raise Forbidden("The organisation enters your hours.")


def within(of: Assignment, periods: Iterable[PayPeriod], always: PayPeriod) -> list[PayPeriod]:
    """The periods that a worker goes through for an assignment, earliest first.

    Those in which it runs and that have begun or are the next to begin, and the one that is open.
    """
    shown, is_ahead = [], False
    for period in periods:
        runs = of.first_on <= period.last_on and (of.last_on is None or of.last_on >= period.first_on)
        if (runs and not is_ahead) or period.id == always.id:
            shown.append(period)
        is_ahead = is_ahead or period.first_on > clock.today()
    return shown
