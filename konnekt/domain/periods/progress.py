"""The state of a period: who has not sent, who has not approved, since when, in which organisation."""

from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from peewee import JOIN, fn

from konnekt.domain import clock, paging
from konnekt.domain.approvals import approvers
from konnekt.domain.paging import Page
from konnekt.domain.payroll import pay_dates
from konnekt.domain.periods import reminders
from konnekt.domain.timesheets import find, registrars
from konnekt.models import Account, Assignment, Organisation, PayPeriod, State, Timesheet

# What the list is narrowed to; empty: all that somebody still has to do.
SHOWN = ("", "unsent", "waiting", "approved")
UNSENT = (State.DRAFT, State.REJECTED)


@dataclass(frozen=True)
class PeriodChoice:
    """A period, and what else can be chosen: the periods of all calendars that organisations follow."""

    period: PayPeriod | None
    periods: tuple[PayPeriod, ...]

    @property
    def calendars(self) -> list[str]:
        return list(dict.fromkeys(period.calendar for period in self.periods))

    @property
    def years(self) -> list[int]:
        """The years of the chosen calendar."""
        return sorted(
            {one.year for one in self.periods if self.period and one.calendar == self.period.calendar}
        )

    def siblings(self) -> list[PayPeriod]:
        """The periods of the chosen calendar and year, by number."""
        return [
            one
            for one in self.periods
            if self.period and (one.calendar, one.year) == (self.period.calendar, self.period.year)
        ]

    def next_ones(self) -> list[PayPeriod]:
        """Per calendar the period whose deadlines are nearest."""
        nearest_ones = (
            nearest([one for one in self.periods if one.calendar == name]) for name in self.calendars
        )
        return [one for one in nearest_ones if one is not None]


def choose(calendar: str = "", year: int | None = None, number: int | None = None) -> PeriodChoice:
    """The period asked for, or the nearest one of what was asked: one statement.

    The calendar that most organisations follow comes first.
    """
    followers = (
        Organisation.select(Organisation.calendar, fn.COUNT(Organisation.id).alias("number"))
        .group_by(Organisation.calendar)
        .alias("followers")
    )
    periods = tuple(
        PayPeriod.select()
        .join(followers, on=(followers.c.calendar == PayPeriod.calendar))
        .order_by(followers.c.number.desc(), PayPeriod.calendar, PayPeriod.first_on)
    )
    within = [one for one in periods if calendar in ("", one.calendar)] or list(periods)
    of_year = [one for one in within if calendar and one.year == year] or within
    exact = next((one for one in of_year if calendar and year and one.number == number), None)
    return PeriodChoice(exact or nearest(of_year), periods)


def nearest(of: list[PayPeriod]) -> PayPeriod | None:
    """Of the periods that have begun the one with the next deadline, to send or to approve; else the last."""
    begun = [one for one in of if one.first_on <= clock.today()]
    to_come = [(at, one) for one in begun if (at := _next_deadline(one)) is not None]
    if to_come:
        # Of several with the same deadline the first: of the calendar that most organisations follow.
        return min(to_come, key=lambda pair: pair[0])[1]
    return max(begun, key=lambda one: one.approve_by_at) if begun else next(iter(of), None)


def _next_deadline(period: PayPeriod) -> datetime | None:
    deadlines = (period.submit_by_at, period.approve_by_at)
    return min((at for at in deadlines if at > clock.now()), default=None)


@dataclass
class Tally:
    """The timesheets of an organisation in a period, counted; minutes_* of what waits and is approved."""

    organisation: Organisation | None
    unsent: int = 0
    waiting: int = 0
    approved: int = 0
    minutes_waiting: int = 0
    minutes_approved: int = 0
    since: datetime | None = None

    @property
    def count(self) -> int:
        return self.unsent + self.waiting + self.approved

    @property
    def late(self) -> int:
        """How many wait for somebody to do something."""
        return self.unsent + self.waiting


@dataclass
class ProgressRow:
    """A timesheet, or the one that should be there (sheet is None); whom: who has to do something now."""

    assignment: Assignment
    sheet: Timesheet | None
    whom: list[Account] = field(default_factory=list)

    @property
    def is_unsent(self) -> bool:
        return self.sheet is None or self.sheet.state in UNSENT

    @property
    def is_waiting(self) -> bool:
        return self.sheet is not None and self.sheet.state == State.SUBMITTED

    @property
    def is_original(self) -> bool:
        """Whether it is no supplementary timesheet."""
        return self.sheet is None or self.sheet.sequence == 0

    @property
    def since(self) -> datetime | None:
        """Since when it lies where it is: with the approvers, or rejected with who enters."""
        if self.sheet is None:
            return None
        return self.sheet.decided_at if self.sheet.state == State.REJECTED else self.sheet.submitted_at


@dataclass
class Progress:
    """All that the page of a period shows; reminded: who had a reminder today already (ids of accounts)."""

    period: PayPeriod
    tallies: list[Tally]
    total: Tally
    page: Page
    pay_date: pay_dates.PayDate
    reminded: set[int]
    organisation: str = ""
    shown: str = ""

    @property
    def groups(self) -> list[tuple[Tally, list[ProgressRow]]]:
        """The rows of the page by organisation, each with what is counted there in the whole period."""
        of = {one.organisation.id: one for one in self.tallies if one.organisation}
        grouped = groupby(self.page.rows, key=lambda row: row.assignment.organisation_id)
        return [(of[key], list(rows)) for key, rows in grouped]

    @property
    def chosen(self) -> Organisation | None:
        """The organisation that it is narrowed to."""
        return next((one.organisation for one in self.tallies if self.organisation), None)

    def is_reminded(self, row: ProgressRow) -> bool:
        """Whether everybody who could be reminded of the row was so today."""
        return bool(row.whom) and all(account.id in self.reminded for account in row.whom)


def load(period: PayPeriod, organisation: str = "", shown: str = "", number: int = 1) -> Progress:
    """The period as it stands, of one organisation or all: nine statements at most, however many rows."""
    tallies = _tallies(period, organisation)
    page = paging.page(_rows(period, organisation, shown), number)
    rows = [ProgressRow(one, sheet_of(one)) for one in page.rows]
    _say_whom(rows)
    return Progress(
        period=period,
        tallies=tallies,
        total=_total(tallies),
        page=Page(rows, page.number, page.pages, page.count),
        pay_date=pay_dates.pay_date(period, pay_dates.open_periods([period.calendar])),
        reminded=reminders.told_today(),
        organisation=organisation,
        shown=shown,
    )


def joined(query: Any, periods: list[Any]) -> Any:
    """Every flexible assignment that runs in one of the periods (ids) with its sheets, and other sheets."""
    return (
        query.switch(Assignment)
        .join(Organisation)
        .switch(Assignment)
        .join(PayPeriod, on=(PayPeriod.calendar == Organisation.calendar), attr="period")
        .switch(Assignment)
        .join(
            Timesheet,
            JOIN.LEFT_OUTER,
            on=(
                (Timesheet.assignment == Assignment.id)
                & (Timesheet.pay_period == PayPeriod.id)
                # The same again: otherwise PostgreSQL reads the sheets of all periods.
                & Timesheet.pay_period.in_(periods)
                # A correction that was taken back is empty: nobody still has to send it.
                & ((Timesheet.sequence == 0) | (Timesheet.state != State.DRAFT))
            ),
            attr="sheet",
        )
        .where(PayPeriod.id.in_(periods) & (Assignment.is_asked_for() | Timesheet.id.is_null(False)))
    )


def _is(*states: State) -> Any:
    return Timesheet.state.in_(states)


CONDITIONS: dict[str, Any] = {
    "": Timesheet.id.is_null() | _is(*UNSENT, State.SUBMITTED),
    "unsent": Timesheet.id.is_null() | _is(*UNSENT),
    "waiting": _is(State.SUBMITTED),
    "approved": _is(State.APPROVED),
}


def _sums() -> list[Any]:
    def hours(condition: Any) -> Any:
        return fn.COALESCE(fn.SUM(Timesheet.minutes).filter(condition), 0)

    def number(condition: Any) -> Any:
        return fn.COUNT(Assignment.id).filter(condition)

    unsent, waiting, approved = (CONDITIONS[name] for name in SHOWN[1:])
    since = fn.MIN(Timesheet.submitted_at).filter(waiting)
    return [number(unsent), number(waiting), number(approved), hours(waiting), hours(approved), since]


def _at(organisation: str) -> list[Any]:
    return [Organisation.code == organisation] if organisation else []


def _tallies(period: PayPeriod, organisation: str) -> list[Tally]:
    columns = [Organisation.id, Organisation.code, Organisation.name]
    query = joined(Assignment.select(*columns, *_sums()), [period.id]).where(*_at(organisation))
    query = query.group_by(*columns).order_by(fn.LOWER(Organisation.name), Organisation.id)
    return [
        Tally(Organisation(id=key, code=code, name=name), *sums) for key, code, name, *sums in query.tuples()
    ]


def _total(tallies: list[Tally]) -> Tally:
    total = Tally(None)
    for one in tallies:
        total.unsent += one.unsent
        total.waiting += one.waiting
        total.approved += one.approved
        total.minutes_waiting += one.minutes_waiting
        total.minutes_approved += one.minutes_approved
    return total


def _rows(period: PayPeriod, organisation: str, shown: str) -> Any:
    query = Assignment.select(Assignment, Account, Organisation, PayPeriod, Timesheet).join(Account)
    is_shown = CONDITIONS.get(shown, CONDITIONS[""])
    return (
        joined(query, [period.id])
        .where(is_shown, *_at(organisation))
        .order_by(
            fn.LOWER(Organisation.name), Organisation.id, Account.name_key, Assignment.id, Timesheet.sequence
        )
    )


def sheet_of(row: Assignment) -> Timesheet | None:
    """The timesheet that came with an assignment, with its assignment and organisation filled in."""
    sheet: Timesheet | None = getattr(row, "sheet", None)
    if sheet is None or sheet.id is None:
        return None
    sheet.assignment, sheet.organisation, sheet.pay_period = row, row.organisation, row.period
    return sheet


def _say_whom(rows: list[ProgressRow]) -> None:
    waiting = [row.sheet for row in rows if row.sheet is not None and row.is_waiting]
    deciding = approvers.of(waiting, find.contributors_of([sheet.id for sheet in waiting]))
    entering = registrars.of({row.assignment.organisation_id for row in rows if row.is_unsent})
    for row in rows:
        if row.is_unsent:
            row.whom = registrars.who_enter(row.assignment, entering)
        elif row.sheet is not None:
            row.whom = deciding.get(row.sheet.id, [])
