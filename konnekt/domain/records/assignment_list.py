"""The agency's list of assignments, and one of them with all that its page shows."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from peewee import JOIN, fn

from konnekt.domain import clock, paging
from konnekt.domain.records import rates
from konnekt.domain.refusals import NotFound
from konnekt.models import Account, Assignment, BudgetNumber, Organisation, Rate, Timesheet
from konnekt.models.people import holds


@dataclass(frozen=True)
class AssignmentFilter:
    """text: part of a worker's name, an employee number or a code; organisation: a code.

    state: running (or to come), ended or all.
    """

    text: str = ""
    organisation: str = ""
    state: str = "running"


def find(by: AssignmentFilter, number: int = 1) -> paging.Page:
    """A page of assignments by worker, each with first_rate_on, the day from which it has a rate.

    Two statements.
    """
    first_rate = Rate.select(fn.MIN(Rate.valid_from_on)).where(Rate.assignment == Assignment.id)
    query = (
        Assignment.select(Assignment, Account, Organisation, first_rate.alias("first_rate_on"))
        .join(Account)
        .switch(Assignment)
        .join(Organisation)
        .where(_condition(by))
        .order_by(Account.name_key, Assignment.first_on.desc(), Assignment.id)
    )
    return paging.page(query, number)


def is_without_rate(row: Assignment) -> bool:
    """Whether its first day has no rate yet (a row of `find`)."""
    first = row.first_rate_on
    first = date.fromisoformat(first) if isinstance(first, str) else first
    return bool(first is None or first > row.first_on)


def is_over(of: Assignment) -> bool:
    """Whether its last day has passed."""
    return bool(of.last_on and of.last_on < clock.today())


def _condition(by: AssignmentFilter) -> Any:
    today = clock.today()
    condition: Any = Assignment.id.is_null(False)
    if by.state == "running":
        condition &= Assignment.goes_on(today)
    elif by.state == "ended":
        condition &= Assignment.last_on < today
    if by.organisation:
        condition &= Organisation.code == by.organisation
    for word in by.text.split():
        condition &= (
            holds(Account.name_key, word)
            | (Account.employee_number == word)
            | fn.LOWER(Assignment.code).startswith(word.lower())
        )
    return condition


@dataclass
class Record:
    """One assignment with its worker, organisation and budget number, and its rates."""

    assignment: Assignment
    dated: list[rates.Dated]
    unpriced: rates.Lacking | None
    sheets: int

    @property
    def is_over(self) -> bool:
        return is_over(self.assignment)

    @property
    def rate_from(self) -> date | None:
        """The day from which its first rate has to be valid; None once it has one."""
        return None if self.dated else self.assignment.first_on

    @property
    def starts_without_rate(self) -> date | None:
        """The day before which it has no rate: its first rate starts after its own first day."""
        if self.dated and self.dated[-1].rate.valid_from_on > self.assignment.first_on:
            return self.dated[-1].rate.valid_from_on  # type: ignore[no-any-return]
        return None


def open_record(assignment: int) -> Record:
    """An assignment with all that its page shows: five statements. Raises NotFound."""
    row: Assignment | None = (
        Assignment.select(Assignment, Account, Organisation, BudgetNumber)
        .join(Account)
        .switch(Assignment)
        .join(Organisation)
        .switch(Assignment)
        .join(BudgetNumber, JOIN.LEFT_OUTER)
        .where(Assignment.id == assignment)
        .first()
    )
    if row is None:
        raise NotFound("This assignment does not exist, or not for you.")
    dated = rates.of(row)
    return Record(
        row,
        dated,
        rates.lacking(row, dated),
        Timesheet.select().where(Timesheet.assignment == row).count(),
    )


def budget_numbers(of: Organisation) -> list[BudgetNumber]:
    """The budget numbers of an organisation, to choose from: one statement."""
    return list(BudgetNumber.select().where(BudgetNumber.organisation == of).order_by(BudgetNumber.number))


def organisations() -> list[Organisation]:
    """All organisations, to filter by: one statement."""
    return list(Organisation.select().order_by(fn.LOWER(Organisation.name), Organisation.id))
