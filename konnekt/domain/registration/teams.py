"""Registering hours for workers: where, which period, whose sheets, and the pattern of the sheet before."""

from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from peewee import JOIN, SQL, fn

from konnekt.domain import access, clock
from konnekt.domain.access import Grants
from konnekt.domain.payroll import pay_dates
from konnekt.domain.refusals import Forbidden, NotFound
from konnekt.domain.timesheets import grid
from konnekt.models import Account, Assignment, ClosingDay, Organisation, PayPeriod, State, Timesheet
from konnekt.models.compiled import compiled, listed, planned_once, rows_of, slot
from konnekt.models.people import full_name


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

        On the first days of a new period that is the one before it: its hours are asked for now.
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
    periods: dict[int, PayPeriod] = {}
    closing_days: dict[date, ClosingDay] = {}
    for columns in _calendar(calendar=name):
        period, closing = rows_of(columns, PayPeriod, ClosingDay)
        periods.setdefault(period.id, period)
        if closing is not None:
            closing_days[closing.day] = closing
    return Calendar(tuple(periods.values()), closing_days)


@compiled
def _calendar() -> Any:
    is_within = ClosingDay.day.between(PayPeriod.first_on, PayPeriod.last_on)
    return (
        PayPeriod.select(PayPeriod, ClosingDay)
        .join(ClosingDay, JOIN.LEFT_OUTER, on=is_within)
        .where(PayPeriod.calendar == slot("calendar"))
        .order_by(PayPeriod.first_on, ClosingDay.day)
    )


def places(who: Grants) -> tuple[Organisation, ...]:
    """The organisations where the account may register hours, by name; Forbidden where there is none."""
    organisations = tuple(place for place in who.organisations.values() if place.id in who.register)
    if not organisations:
        raise Forbidden("You have no right to register hours.")
    return organisations


def choose(
    who: Grants, code: str = "", year: int | None = None, number: int | None = None, *, everyone: bool = False
) -> Choice:
    """What was chosen, or what is asked for now; NotFound for an organisation that is not yours.

    One statement, one more where there are several organisations and none is chosen.
    everyone: also the workers who enter their own hours (Alle werknemers).
    """
    organisations = places(who)
    place = next((one for one in organisations if code == one.code), None)
    if place is None and not code:
        place = organisations[0] if len(organisations) == 1 else _busiest(organisations)
    if place is None:
        raise NotFound("This organisation does not exist, or not for you.")
    periods = calendar(place.calendar)
    return Choice(place, organisations, periods, periods.pick(year, number), everyone)


def _busiest(organisations: tuple[Organisation, ...]) -> Organisation:
    """The organisation that enters the hours of most workers today; the first of equals."""
    today = clock.today()
    query = (
        Assignment.select(Assignment.organisation, fn.COUNT(Assignment.id))
        .where(
            Assignment.organisation.in_([place.id for place in organisations])
            & (Assignment.entered_by == "organisation")
            & (Assignment.basis == "flexible")
            & Assignment.runs(today, today)
        )
        .group_by(Assignment.organisation)
    )
    counts = dict(query.tuples())
    return max(organisations, key=lambda place: counts.get(place.id, 0))


# No sheet yet, or one that is not sent.
OPEN = (None, State.DRAFT, State.REJECTED)


class Worker(NamedTuple):
    """A line of a team, ready to print; state, minutes, rejection_reason: of the sheet, None: not begun.

    is_open: whether it still has to be sent. Rows of sheets and accounts took 100 ms for 300 workers.
    """

    code: str
    name: str
    job_title: str
    enters_own: bool
    is_open: bool
    state: str | None
    minutes: int | None
    rejection_reason: str | None


@dataclass
class Team:
    """The workers of an organisation and a period; drafts: what the account has still to send, anywhere.

    Of the team around a sheet none are counted: `open_sheet` did.
    """

    period: PayPeriod
    workers: list[Worker]
    drafts: int = 0

    @property
    def sent(self) -> int:
        return sum(1 for worker in self.workers if not worker.is_open)

    @property
    def states(self) -> set[str]:
        """The states in which its sheets are."""
        return {worker.state for worker in self.workers if worker.state}

    @property
    def first_open(self) -> str:
        """The code of the first whose sheet still has to be sent; empty where all are."""
        return next((worker.code for worker in self.workers if worker.is_open), "")

    def find(self, code: str) -> Worker | None:
        """One of the team by its code."""
        return next((worker for worker in self.workers if worker.code == code), None)


def team(who: Grants, choice: Choice) -> Team | None:
    """The workers of a choice, with their sheets: one statement; None where there is no period."""
    if choice.period is None:
        return None
    return _team(who, choice.organisation.id, choice.period, everyone=choice.everyone)


def around(who: Grants, sheet: grid.Sheet, *, everyone: bool = False) -> Team:
    """The team around the worker of a sheet, who is in it in any case: one statement. Counts no drafts."""
    of = sheet.assignment
    return _team(who, of.organisation_id, sheet.period, of.code, everyone=everyone)


def _team(who: Grants, organisation: int, period: PayPeriod, code: str = "", *, everyone: bool) -> Team:
    values = {"organisation": organisation, "period": period.id, "code": code}
    rows = _workers(everyone, not code, **values, register=sorted(who.register))
    workers = [
        Worker(of, full_name(first, last) or email, job, by == "worker", sheet[0] in OPEN, *sheet)
        for of, first, last, email, job, by, _drafts_of, *sheet in rows
    ]
    return Team(period, workers, rows[0][6] if rows else 0)


@planned_once
@compiled
def _workers(everyone: bool, has_drafts: bool) -> Any:
    """The lines of a team; has_drafts: with the account's drafts beside each, counted once for all."""
    is_listed = _listed(everyone=everyone) | (Assignment.code == slot("code"))
    return (
        pay_dates.with_sheets(
            Assignment.select(
                Assignment.code, Account.first_name, Account.last_name, Account.email, Assignment.job_title,
                Assignment.entered_by, _drafts() if has_drafts else SQL("0"), Timesheet.state,
                Timesheet.minutes, Timesheet.rejection_reason,
            )
            .join(Account)
            .switch(Assignment)
            .join(Organisation),
            PayPeriod.id == slot("period"),
        )
        .where((Assignment.organisation == slot("organisation")) & is_listed)
        .order_by(Assignment.entered_by, Account.name_key, Assignment.id)
    )  # fmt: skip


def open_sheet(who: Grants, code: str, year: int, number: int) -> tuple[grid.Sheet, int]:
    """The sheet of an assignment and a period, and the drafts that the account has still to send.

    One statement. NotFound where it does not exist for you or has no such period; Forbidden where you may
    not enter it.
    """
    places(who)
    rows = _opened(code=code, year=year, number=number, register=sorted(who.register))
    if not rows:
        raise NotFound("This assignment does not exist, or not for you.")
    of, worker, period, sheet = rows_of(rows[0], Assignment, Account, PayPeriod, Timesheet)
    of.worker = worker
    if not _may_see(who, of):
        raise NotFound("This assignment does not exist, or not for you.")
    if not access.may_enter(who, of):
        if of.basis != "flexible":
            raise Forbidden("Hours of a fixed number per week are not registered.")
        raise Forbidden("You have no right to register hours here.")
    return grid.Sheet(of, who.organisations[of.organisation_id], period, sheet), rows[0][-1]


@planned_once
@compiled
def _opened() -> Any:
    query = Assignment.select(Assignment, Account, PayPeriod, Timesheet, _drafts())
    return pay_dates.with_sheets(
        query.join(Account).switch(Assignment).join(Organisation),
        (PayPeriod.year == slot("year")) & (PayPeriod.number == slot("number")),
    ).where(Assignment.code == slot("code"))


def _may_see(who: Grants, assignment: Assignment) -> bool:
    seen = who.approve.keys() | who.register
    return who.is_agency_staff or assignment.worker_id == who.account.id or assignment.organisation_id in seen


def _listed(*, everyone: bool) -> Any:
    """Workers on a flexible basis whose assignment touches the period; fixed hours register nothing."""
    condition = Assignment.is_asked_for()
    return condition if everyone else condition & (Assignment.entered_by == "organisation")


def entered_here(who: Grants, sheet: Any, of: Any) -> Any:
    """The condition on a sheet and its assignment: an original that the account's organisations enter."""
    return sheet.organisation.in_(list(who.register)) & (sheet.sequence == 0) & _is_entered_for(of)


def _is_entered_for(of: Any) -> Any:
    """The condition on an assignment: its organisation enters the hours."""
    return (of.entered_by == "organisation") & (of.basis == "flexible")


def _drafts() -> Any:
    """How many drafts the account has still to send, whoever typed them (Nog versturen): a scalar.

    The assignment is asked per draft: joined, SQLite would begin with all assignments that there are.
    """
    sheet, of = Timesheet.alias(), Assignment.alias()
    entered = of.select(of.id).where((of.id == sheet.assignment) & _is_entered_for(of))
    return sheet.select(fn.COUNT(sheet.id)).where(
        sheet.organisation.in_(listed("register"))
        & (sheet.state == State.DRAFT)
        & (sheet.sequence == 0)
        & fn.EXISTS(entered)
    )


_count_drafts = compiled(_drafts)


def count_drafts(who: Grants) -> int:
    """How many drafts the account has still to send (Nog versturen): one statement."""
    return int(_count_drafts(register=sorted(who.register))[0][0]) if who.register else 0
