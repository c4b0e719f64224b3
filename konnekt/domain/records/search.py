"""One search over all that somebody may open: people, timesheets, invoices, budget numbers and the rest.

Each kind is found and authorised in one statement, which reads a few rows; a kind that the account never sees
costs none. What counts as found is what the list of that kind finds.
"""

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from peewee import fn

from konnekt.domain import access, clock
from konnekt.domain.access import Grants
from konnekt.domain.budgets import overview
from konnekt.domain.invoices import listing
from konnekt.domain.records import lists
from konnekt.models import Account, Assignment, BudgetNumber, Invoice, Organisation, PayPeriod, Timesheet
from konnekt.models.people import holds

# How many of a kind are shown, and how much of what is typed is looked at.
MOST, FEWEST_TYPED, MOST_TYPED = 5, 2, 100
# `periode 12`, `week 46`, `12`, each with or without a year after it.
PERIOD = re.compile(r"(?:(period|week)e?)?\s*([0-9]{1,2})(?:\s+(?:van |of )?([0-9]{4}))?", re.IGNORECASE)
FIRST_YEAR, LAST_YEAR = 1970, 2199


class WorkerMatch(NamedTuple):
    """A worker of one's organisation; may_enter: whether the account registers those hours."""

    assignment: Assignment
    may_enter: bool


class PeriodMatch(NamedTuple):
    """A pay period; role: as whom it is opened (agency, registrar, approver, worker), organisation: where."""

    period: PayPeriod
    role: str
    organisation: str


@dataclass
class Answers:
    """What is found: at most MOST of each kind; more: the kinds of which there are more."""

    typed: str
    people: list[Account] = field(default_factory=list)
    workers: list[WorkerMatch] = field(default_factory=list)
    sheets: list[Timesheet] = field(default_factory=list)
    invoices: list[Invoice] = field(default_factory=list)
    budget_numbers: list[BudgetNumber] = field(default_factory=list)
    organisations: list[Organisation] = field(default_factory=list)
    periods: list[PeriodMatch] = field(default_factory=list)
    more: set[str] = field(default_factory=set)

    @property
    def is_too_short(self) -> bool:
        """Whether too little is typed to look for."""
        return len(self.typed) < FEWEST_TYPED

    @property
    def count(self) -> int:
        """How many are shown."""
        shown = [*self.people, *self.workers, *self.sheets, *self.invoices, *self.budget_numbers]
        return len(shown) + len(self.organisations) + len(self.periods)

    def keep(self, kind: str, rows: Any) -> None:
        """Keep the first of a kind, and whether there are more."""
        first = list(rows)
        if len(first) > MOST:
            self.more.add(kind)
        setattr(self, kind, first[:MOST])


def search(who: Grants, text: str) -> Answers:
    """What this account may open and is called so: at most six statements, whatever there is."""
    typed = "".join(letter for letter in text if letter.isprintable()).strip()[:MOST_TYPED].strip()
    answers = Answers(typed)
    if answers.is_too_short:
        return answers
    seen = set(who.approve) | who.register
    if who.is_agency_staff:
        answers.keep("people", lists.people_called(typed).limit(MOST + 1))
    elif seen:
        answers.keep("workers", _workers(who, seen, typed))
    _find_sheets(who, answers, seen)
    if access.may_see_invoices(who):
        by = listing.InvoiceFilter(typed)
        answers.keep("invoices", listing.page(who, by, 1, MOST + 1, MOST + 1).rows)
    if who.is_agency_staff or overview.organisations(who):
        answers.keep("budget_numbers", overview.called(who, typed, MOST + 1))
    if who.is_agency_staff or who.organisations:
        answers.keep("organisations", _organisations(who, typed))
    if match := PERIOD.fullmatch(typed):
        answers.keep("periods", _periods(who, seen, *match.groups()))
    return answers


def _workers(who: Grants, seen: set[int], typed: str) -> list[WorkerMatch]:
    query = (
        Assignment.select(Assignment, Account, Organisation)
        .join(Account)
        .switch(Assignment)
        .join(Organisation)
        .where(Assignment.organisation.in_(seen) & holds(Account.name_key, typed))
        .order_by(Account.name_key, Assignment.first_on.desc(), Assignment.id)
        .limit(MOST + 1)
    )
    return [WorkerMatch(one, access.may_enter(who, one)) for one in query]


def _find_sheets(who: Grants, answers: Answers, seen: set[int]) -> None:
    """The latest sheets of the workers that are found, and one's own by organisation and period."""
    condition: Any = None
    workers = [one.id for one in answers.people] or [one.assignment.worker_id for one in answers.workers]
    if who.is_agency_staff or seen:
        # Of nobody: a number that no account has, so that the index is asked and no table read.
        condition = Assignment.worker.in_(workers or [0])
    if who.account.is_worker:
        match = PERIOD.fullmatch(answers.typed)
        called = holds(Organisation.name_key, answers.typed) | Organisation.code.startswith(answers.typed)
        about = _is_period(*match.groups()) if match else called
        own = (Assignment.worker == who.account) & about
        condition = own if condition is None else condition | own
    if condition is not None:
        answers.keep("sheets", _sheets(who, condition))


def _sheets(who: Grants, condition: Any) -> Any:
    query = Timesheet.whole().where(access.visible(who) & condition)
    return query.order_by(PayPeriod.first_on.desc(), Timesheet.id.desc()).limit(MOST + 1)


def _organisations(who: Grants, typed: str) -> Any:
    called = holds(Organisation.name_key, typed) | Organisation.code.contains(typed)
    if not who.is_agency_staff:
        called &= Organisation.id.in_(list(who.organisations))
    query = Organisation.select().where(called)
    return query.order_by(fn.LOWER(Organisation.name), Organisation.id).limit(MOST + 1)


def _is_period(word: str | None, digits: str, year: str | None) -> Any:
    """The condition on PayPeriod: it has that number, or that week is in it; year: None is this one."""
    number, of = int(digits), int(year or clock.today().year)
    kind = (word or "").lower()
    numbered = (PayPeriod.calendar != "week") & (PayPeriod.year == of) & (PayPeriod.number == number)
    try:
        thursday = date.fromisocalendar(min(max(of, FIRST_YEAR), LAST_YEAR), number, 4)
    except ValueError:  # a year without a 53rd week
        return numbered if kind != "week" else PayPeriod.id.is_null()
    in_weeks = (PayPeriod.calendar != "month") & (PayPeriod.first_on <= thursday)
    in_weeks &= PayPeriod.last_on >= thursday
    return {"period": numbered, "week": in_weeks}.get(kind, numbered | in_weeks)


def _periods(
    who: Grants, seen: set[int], word: str | None, digits: str, year: str | None
) -> list[PeriodMatch]:
    condition = _is_period(word, digits, year)
    if not who.is_agency_staff:
        calendars = PayPeriod.calendar.in_({who.organisations[one].calendar for one in seen})
        if who.account.is_worker:
            own = Assignment.select(Organisation.calendar).join(Organisation)
            calendars |= PayPeriod.calendar.in_(own.where(Assignment.worker == who.account))
        condition &= calendars
    query = PayPeriod.select().where(condition).order_by(PayPeriod.first_on, PayPeriod.id).limit(MOST + 1)
    return [PeriodMatch(one, *_opened_as(who, one)) for one in query]


def _opened_as(who: Grants, period: PayPeriod) -> tuple[str, str]:
    """As whom the account opens a period, and where it registers hours then."""
    if who.is_agency_staff:
        return "agency", ""
    there = [one for one in who.organisations.values() if one.calendar == period.calendar]
    for one in there:
        if one.id in who.register:
            return "registrar", one.code
    return ("approver" if any(one.id in who.approve for one in there) else "worker"), ""
