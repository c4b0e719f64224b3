"""Organisations as their people see them: where I am active, who works there, who may do what."""

from dataclasses import dataclass, field
from typing import Any

from peewee import JOIN, Case, fn

from konnekt.domain import access, clock
from konnekt.domain.access import Grants
from konnekt.models import Account, Assignment, Deputy, Organisation, PayPeriod, Right, Timesheet
from konnekt.models.compiled import built, compiled, listed, slot

PAGE = 50


@dataclass
class Workplace:
    """An organisation and what the account may do there.

    workers and fixed: how many people work there today, and how many of them with fixed hours.
    stands_in_for: the supervisors it approves for as a deputy.
    """

    organisation: Organisation
    workers: int
    fixed: int
    may_approve: bool
    may_register: bool
    may_see_invoices: bool
    stands_in_for: list[str] = field(default_factory=list)


def workplaces(who: Grants) -> list[Workplace]:
    """Where the account is active; all organisations for the agency: one statement, one more for a deputy."""
    names = _stands_in_for(who)
    rows = _workplaces(who.is_agency_staff, today=clock.today(), visible=list(who.organisations))
    return [
        _workplace(who, built(Organisation, tuple(columns)), workers or 0, fixed or 0, names)
        for *columns, workers, fixed in rows
    ]


@compiled
def _workplaces(is_agency_staff: bool) -> Any:
    """Organisations with how many work there, added up before they are joined: their rows are long."""
    is_fixed = Case(None, [(Assignment.basis == "fixed", Assignment.worker)])
    is_there = Assignment.runs(slot("today"), slot("today"))
    organisations = Organisation.select()
    if not is_agency_staff:
        is_there &= Assignment.organisation.in_(listed("visible"))
        organisations = organisations.where(Organisation.id.in_(listed("visible")))
    people = (
        Assignment.select(
            Assignment.organisation,
            fn.COUNT(Assignment.worker.distinct()).alias("workers"),
            fn.COUNT(is_fixed.distinct()).alias("fixed"),
        )
        .where(is_there)
        .group_by(Assignment.organisation)
        .alias("people")
    )
    return (
        organisations.select_extend(people.c.workers, people.c.fixed)
        .join(people, JOIN.LEFT_OUTER, on=(people.c.organisation_id == Organisation.id))
        .order_by(fn.LOWER(Organisation.name), Organisation.id)
    )


def _workplace(who: Grants, row: Organisation, workers: int, fixed: int, names: dict[int, str]) -> Workplace:
    standing_in = who.approve.get(row.id)
    return Workplace(
        row,
        workers,
        fixed,
        may_approve=standing_in is not None and not standing_in,
        may_register=row.id in who.register,
        may_see_invoices=row.id in who.invoices,
        stands_in_for=sorted(names[one] for one in standing_in or () if one in names),
    )


def _visible(who: Grants) -> Any:
    return (
        Organisation.id.is_null(False)
        if who.is_agency_staff
        else Organisation.id.in_(list(who.organisations))
    )


def _stands_in_for(who: Grants) -> dict[int, str]:
    principals = {one for some in who.approve.values() for one in some}
    if not principals:
        return {}
    return {account.id: account.name for account in Account.select().where(Account.id.in_(principals))}


def _is_active() -> Any:
    today = clock.today()
    return Assignment.runs(today, today)


@dataclass
class Employment:
    """An assignment that runs or is to come, with its sheet of the current period (None: none yet)."""

    assignment: Assignment
    sheet: Timesheet | None

    @property
    def is_fixed(self) -> bool:
        """Fixed hours register nothing (manual)."""
        return bool(self.assignment.basis == "fixed")

    @property
    def enters_own(self) -> bool:
        """Whether the worker enters the hours, and not the organisation."""
        return bool(self.assignment.entered_by == "worker")


@dataclass
class Profile:
    """An organisation's page; period: the current one of its calendar, if the agency made it."""

    place: Workplace
    parent: Organisation | None
    children: list[Organisation]
    period: PayPeriod | None
    employments: list[Employment]
    number: int
    count: int
    rights: list[Right]
    deputies: list[Deputy]
    may_see_sheets: bool
    may_see_budgets: bool

    @property
    def pages(self) -> int:
        return _pages(self.count)

    @property
    def approvers(self) -> list[str]:
        return [right.account.name for right in self.rights if right.may_approve]

    @property
    def registrars(self) -> list[str]:
        return [right.account.name for right in self.rights if right.may_register]

    @property
    def invoice_readers(self) -> list[str]:
        return [right.account.name for right in self.rights if right.may_see_invoices]


def _pages(count: int) -> int:
    return max(1, -(-count // PAGE))


def profile(code: str, who: Grants, number: int = 1) -> Profile | None:
    """The organisation with this code for somebody with a right there, a deputy or the agency; else None.

    number: the page of its workers; beyond the last one it is the last.
    """
    row: Organisation | None = (
        Organisation.select().where((Organisation.code == code) & _visible(who)).first()
    )
    if row is None:
        return None
    period = _current(row)
    count, workers, fixed = _counts(row)
    number = min(number, _pages(count))
    family = list(
        Organisation.select()
        .where((Organisation.parent == row) | (Organisation.id == row.parent_id))
        .order_by(fn.LOWER(Organisation.name), Organisation.id)
    )
    may_see_sheets = who.is_agency_staff or row.id in who.approve or row.id in who.register
    return Profile(
        place=_workplace(who, row, workers, fixed, _stands_in_for(who)),
        parent=next((one for one in family if one.id == row.parent_id), None),
        children=[one for one in family if one.parent_id == row.id and access.may_see_organisation(who, one)],
        period=period,
        employments=_employments(row, period if may_see_sheets else None, number),
        number=number,
        count=count,
        rights=_rights(row),
        deputies=_deputies(row),
        may_see_sheets=may_see_sheets,
        may_see_budgets=access.may_see_budgets(who, row.id),
    )


def _current(of: Organisation) -> PayPeriod | None:
    today = clock.today()
    period: PayPeriod | None = (
        PayPeriod.select()
        .where(
            (PayPeriod.calendar == of.calendar) & (PayPeriod.first_on <= today) & (PayPeriod.last_on >= today)
        )
        .first()
    )
    return period


def _runs_or_comes(at: Organisation) -> Any:
    return (Assignment.organisation == at) & Assignment.goes_on(clock.today())


def _counts(at: Organisation) -> tuple[int, int, int]:
    """Assignments that run or are to come; people who work there today; those of them with fixed hours."""
    now = Case(None, [(_is_active(), Assignment.worker)])
    fixed = Case(None, [(_is_active() & (Assignment.basis == "fixed"), Assignment.worker)])
    query = Assignment.select(
        fn.COUNT(Assignment.id), fn.COUNT(now.distinct()), fn.COUNT(fixed.distinct())
    ).where(_runs_or_comes(at))
    return query.scalar(as_tuple=True)  # type: ignore[no-any-return]


def _employments(at: Organisation, period: PayPeriod | None, number: int) -> list[Employment]:
    of_period = (
        (Timesheet.assignment == Assignment.id)
        & (Timesheet.pay_period == (period.id if period else None))
        & (Timesheet.sequence == 0)
    )
    query = (
        Assignment.select(Assignment, Account, Timesheet)
        .join(Account)
        .switch(Assignment)
        .join(Timesheet, JOIN.LEFT_OUTER, on=of_period, attr="sheet")
        .where(_runs_or_comes(at))
        .order_by(Account.name_key, Assignment.first_on, Assignment.id)
        .paginate(number, PAGE)
    )
    return [Employment(row, getattr(row, "sheet", None)) for row in query]


def _rights(at: Organisation) -> list[Right]:
    return list(
        Right.select(Right, Account)
        .join(Account)
        .where((Right.organisation == at) & Account.is_active)
        .order_by(Account.name_key, Account.id)
    )


def _deputies(at: Organisation) -> list[Deputy]:
    """Who stands in now or later, for whom; nobody stands in for an account that was closed."""
    deputy = Account.alias()
    return list(
        Deputy.select(Deputy, Account, deputy)
        .join(Account, on=(Deputy.supervisor == Account.id))
        .switch(Deputy)
        .join(deputy, on=(Deputy.deputy == deputy.id))
        .where(
            (Deputy.organisation == at) & Deputy.goes_on(clock.today()) & Account.is_active & deputy.is_active
        )
        .order_by(Deputy.first_on, Deputy.id)
    )
