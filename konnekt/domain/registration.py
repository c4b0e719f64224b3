"""Registering hours for workers: where, which period, whose sheets, and the pattern of the sheet before."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from peewee import JOIN, fn

from konnekt.domain import access, clock, periods
from konnekt.domain.access import Grants
from konnekt.domain.refused import Forbidden, NotFound
from konnekt.models import (
    Account,
    Assignment,
    ClosingDay,
    Organisation,
    PayPeriod,
    State,
    Timesheet,
)


@dataclass(frozen=True)
class Calendar:
    """The periods of a calendar, earliest first, and the closing days in them."""

    periods: tuple[PayPeriod, ...]
    closing_days: dict[date, ClosingDay]

    @property
    def years(self) -> list[int]:
        return sorted({period.year for period in self.periods})

    def of_year(self, year: int) -> list[PayPeriod]:
        """The periods of a year, by number."""
        return [period for period in self.periods if period.year == year]

    def current(self) -> PayPeriod | None:
        """The first period that has begun and can still be sent in time, else the latest that has begun.

        On the first days of a new period that is the one before it: its hours are what is wanted now.
        """
        begun = [period for period in self.periods if period.first_on <= clock.today()]
        in_time = [period for period in begun if period.submit_by_at > clock.now()]
        return next(iter(in_time or begun[-1:] or self.periods), None)

    def pick(self, year: int | None, number: int | None) -> PayPeriod | None:
        """The period asked for; of a year alone the current one or its first, of nothing the current one."""
        current = self.current()
        if year is None:
            return current
        if current and current.year == year and number is None:
            return current
        in_year = self.of_year(year)
        return next((period for period in in_year if number in (None, period.number)), None)


@dataclass(frozen=True)
class Choice:
    """What hours are registered for: an organisation, a period of its calendar, and who else could be."""

    organisation: Organisation
    organisations: tuple[Organisation, ...]
    calendar: Calendar
    period: PayPeriod | None
    everyone: bool = False


def calendar(name: str) -> Calendar:
    """A calendar's periods and the closing days in them: one statement."""
    query = (
        PayPeriod.select(PayPeriod, ClosingDay)
        .join(
            ClosingDay,
            JOIN.LEFT_OUTER,
            on=ClosingDay.day.between(PayPeriod.first_on, PayPeriod.last_on),
            attr="closing",
        )
        .where(PayPeriod.calendar == name)
        .order_by(PayPeriod.first_on, ClosingDay.day)
    )
    periods: dict[int, PayPeriod] = {}
    closing_days: dict[date, ClosingDay] = {}
    for row in query:
        periods.setdefault(row.id, row)
        closing = getattr(row, "closing", None)
        if closing is not None and closing.id is not None:
            closing_days[closing.day] = closing
    return Calendar(tuple(periods.values()), closing_days)


def places(who: Grants) -> tuple[Organisation, ...]:
    """The organisations where the account may register hours, by name; Forbidden where there is none."""
    found = tuple(place for place in who.organisations.values() if place.id in who.register)
    if not found:
        raise Forbidden("You have no right to register hours.")
    return found


def choose(
    who: Grants, code: str = "", year: int | None = None, number: int | None = None, *, everyone: bool = False
) -> Choice:
    """What was chosen, or what is wanted now; NotFound for an organisation that is not yours.

    One statement, one more where there are several organisations and none is chosen.
    everyone: also the workers who enter their own hours (Alle werknemers).
    """
    found = places(who)
    place = next((one for one in found if code == one.code), None)
    if place is None and not code:
        place = found[0] if len(found) == 1 else _busiest(found)
    if place is None:
        raise NotFound("This organisation does not exist, or not for you.")
    periods = calendar(place.calendar)
    return Choice(place, found, periods, periods.pick(year, number), everyone)


def _busiest(found: tuple[Organisation, ...]) -> Organisation:
    """The organisation that enters the hours of most workers today; the first of equals."""
    today = clock.today()
    query = (
        Assignment.select(Assignment.organisation, fn.COUNT(Assignment.id))
        .where(
            Assignment.organisation.in_([place.id for place in found])
            & (Assignment.entered_by == "organisation")
            & (Assignment.basis == "flexible")
            & (Assignment.first_on <= today)
            & (Assignment.last_on.is_null() | (Assignment.last_on >= today))
        )
        .group_by(Assignment.organisation)
    )
    counts = dict(query.tuples())
    return max(found, key=lambda place: counts.get(place.id, 0))


@dataclass
class Worker:
    """A worker of the choice: the assignment with its account, and the period's sheet (None: none yet)."""

    assignment: Assignment
    sheet: Timesheet | None

    @property
    def is_open(self) -> bool:
        """Whether it still has to be sent."""
        return self.sheet is None or self.sheet.state in (State.DRAFT, State.REJECTED)

    @property
    def enters_own(self) -> bool:
        """Whether the worker enters the hours, and not the organisation."""
        return bool(self.assignment.entered_by == "worker")


@dataclass
class Team:
    """The workers of an organisation and a period; drafts: what the account has still to send, anywhere."""

    period: PayPeriod
    workers: list[Worker]
    drafts: int = 0
    code: str = ""

    @property
    def chosen(self) -> Worker:
        """The one whose code was given."""
        return next(worker for worker in self.workers if worker.assignment.code == self.code)

    @property
    def sent(self) -> int:
        return sum(1 for worker in self.workers if not worker.is_open)

    @property
    def before(self) -> Worker | None:
        """The one before the chosen one."""
        return self._beside(-1)

    @property
    def after(self) -> Worker | None:
        """The one after the chosen one."""
        return self._beside(1)

    def find(self, code: str) -> Worker | None:
        """Another one of the team by its code."""
        return next((worker for worker in self.workers if worker.assignment.code == code), None)

    def _beside(self, step: int) -> Worker | None:
        at = self.workers.index(self.chosen) + step
        return self.workers[at] if 0 <= at < len(self.workers) else None


def team(who: Grants, choice: Choice) -> Team | None:
    """The workers of a choice, with their sheets: one statement; None where there is no period."""
    if choice.period is None:
        return None
    here = Assignment.organisation == choice.organisation
    workers, drafts = _workers(who, here & _listed(everyone=choice.everyone), choice.period)
    return Team(choice.period, workers, drafts)


def open_team(who: Grants, code: str, year: int, number: int, *, everyone: bool = False) -> Team:
    """The team around one assignment, that assignment among it: one statement.

    NotFound where it does not exist for you or has no such period; Forbidden where you may not enter it.
    """
    places(who)
    own = Assignment.alias()
    organisation = own.select(own.organisation).where(own.code == code)
    is_listed = _listed(everyone=everyone) | (Assignment.code == code)
    in_period = (PayPeriod.year == year) & (PayPeriod.number == number)
    workers, drafts = _workers(who, (Assignment.organisation == organisation) & is_listed, in_period)
    chosen = next((worker for worker in workers if worker.assignment.code == code), None)
    if chosen is None or not _may_see(who, chosen.assignment):
        raise NotFound("This assignment does not exist, or not for you.")
    if not access.may_enter(who, chosen.assignment):
        if chosen.assignment.basis != "flexible":
            raise Forbidden("Hours of a fixed number per week are not registered.")
        raise Forbidden("You have no right to register hours here.")
    return Team(chosen.assignment.period, workers, drafts, code)


def _may_see(who: Grants, assignment: Assignment) -> bool:
    seen = who.approve.keys() | who.register
    return who.is_agency_staff or assignment.worker_id == who.account.id or assignment.organisation_id in seen


def _listed(*, everyone: bool) -> Any:
    """Workers on a flexible basis whose assignment touches the period; fixed hours register nothing."""
    condition = (
        (Assignment.basis == "flexible")
        & (Assignment.first_on <= PayPeriod.last_on)
        & (Assignment.last_on.is_null() | (Assignment.last_on >= PayPeriod.first_on))
    )
    return condition if everyone else condition & (Assignment.entered_by == "organisation")


def _workers(who: Grants, condition: Any, period: Any) -> tuple[list[Worker], int]:
    is_period = PayPeriod.id == period.id if isinstance(period, PayPeriod) else period
    query = (
        periods.with_sheets(
            Assignment.select(Assignment, Account, PayPeriod, Timesheet, _drafts(who).alias("drafts"))
            .join(Account)
            .switch(Assignment)
            .join(Organisation),
            is_period,
        )
        .where(condition)
        .order_by(Assignment.entered_by, Account.name_key, Assignment.id)
    )
    rows = list(query)
    return [Worker(row, _or_none(row)) for row in rows], rows[0].drafts if rows else 0


def _or_none(row: Assignment) -> Timesheet | None:
    sheet: Timesheet | None = getattr(row, "sheet", None)
    return sheet if sheet is not None and sheet.id is not None else None


def entered_here(who: Grants, sheet: Any, of: Any) -> Any:
    """The condition on a sheet and its assignment: an original that the account's organisations enter."""
    return (
        sheet.organisation.in_(list(who.register))
        & (sheet.sequence == 0)
        & (of.entered_by == "organisation")
        & (of.basis == "flexible")
    )


def _drafts(who: Grants) -> Any:
    """How many drafts the account has still to send, whoever typed them (Nog versturen): a scalar."""
    sheet, of = Timesheet.alias(), Assignment.alias()
    return (
        sheet.select(fn.COUNT(sheet.id))
        .join(of, on=(sheet.assignment == of.id))
        .where(entered_here(who, sheet, of) & (sheet.state == State.DRAFT))
    )


def count_drafts(who: Grants) -> int:
    """How many drafts the account has still to send (Nog versturen): one statement."""
    return int(_drafts(who).scalar()) if who.register else 0
