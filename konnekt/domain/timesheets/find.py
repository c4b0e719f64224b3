"""A sheet with its assignment, worker, organisation and period; who had a hand in it; if it is locked."""

from collections.abc import Iterable
from itertools import accumulate, pairwise
from typing import Any

from peewee import SqliteDatabase, fn

from konnekt.db import db
from konnekt.domain import access
from konnekt.domain.access import Grants
from konnekt.domain.refusals import NotFound
from konnekt.models import (
    Account,
    Assignment,
    Contributor,
    Hour,
    InvoicedHour,
    Organisation,
    PayPeriod,
    PayrollHour,
    Timesheet,
    TimesheetLine,
)
from konnekt.models.compiled import built, compiled, listed, slot, tuples, width


def find(sheet: int, who: Grants) -> Timesheet:
    """The sheet with its assignment, worker, organisation and period; NotFound where it is not yours."""
    timesheet = load([sheet], who).get(sheet)
    if timesheet is None:
        raise NotFound("This timesheet does not exist, or not for you.")
    return timesheet


def load(sheets: Iterable[int], who: Grants) -> dict[int, Timesheet]:
    """The visible ones of these sheets with assignment, worker, organisation and period: one statement."""
    shape, values = access.visible_values(who)
    places: dict[int, Organisation] = {}
    periods: dict[int, PayPeriod] = {}
    timesheets = {}
    for columns in _sheets(*shape, **values, sheets=list(sheets)):
        sheet, assignment, worker, place, period = (columns[start:end] for start, end in WHERE)
        of = built(Assignment, assignment, worker=built(Account, worker))
        timesheets[sheet[0]] = built(
            Timesheet,
            sheet,
            assignment=of,
            organisation=places.setdefault(place[0], built(Organisation, place)),
            pay_period=periods.setdefault(period[0], built(PayPeriod, period)),
        )
    return timesheets


WITH = (Timesheet, Assignment, Account, Organisation, PayPeriod)
# Where the columns of each stand in a row of `_sheets`.
WHERE = list(pairwise(accumulate(map(width, WITH), initial=0)))


@compiled
def _sheets(is_agency_staff: bool, has_invoiced: bool) -> Any:
    """Five hundred are approved at once: as objects of Peewee's making they take as long as all the rest."""
    return Timesheet.whole().where(
        Timesheet.id.in_(listed("sheets")) & access.visible_slots(is_agency_staff, has_invoiced)
    )


def lock(sheets: Iterable[int]) -> None:
    """Hold these rows until the transaction ends, in one order whoever asks: nobody waits for each other.

    SQLite has one writer anyway.
    """
    if not isinstance(db.obj, SqliteDatabase):
        query = Timesheet.select(Timesheet.id).where(Timesheet.id.in_(list(sheets)))
        tuples(query.order_by(Timesheet.id).for_update())


def contributors_of(sheets: Iterable[int]) -> dict[int, set[int]]:
    """Who entered or sent any part of each sheet: one statement."""
    accounts: dict[int, set[int]] = {}
    for sheet, account in _contributors(sheets=list(sheets)):
        accounts.setdefault(sheet, set()).add(account)
    return accounts


@compiled
def _contributors() -> Any:
    touched = Contributor.select(Contributor.timesheet, Contributor.account)
    return touched.where(Contributor.timesheet.in_(listed("sheets")))


def is_locked(sheet: int) -> bool:
    """Whether any of the sheet's hours stands on a live invoice or payroll batch."""
    return bool(Timesheet.select(has_live_link()).where(Timesheet.id == sheet).scalar())


def has_live_link() -> Any:
    """The condition on Timesheet: any of its hours stands on a live invoice or payroll batch."""

    def live(link: Any) -> Any:
        return fn.EXISTS(
            link.select(link.id)
            .join(Hour)
            .join(TimesheetLine)
            .where((TimesheetLine.timesheet == Timesheet.id) & link.released_at.is_null())
        )

    return live(InvoicedHour) | live(PayrollHour)


def worker_of(sheet: int = 0, *, of: int = 0) -> int:
    """The worker of a sheet, or of an assignment; NotFound where there is none: one statement."""
    rows = _worker(bool(sheet), key=sheet or of)
    if not rows:
        raise NotFound("This timesheet does not exist, or not for you.")
    return int(rows[0][0])


@compiled
def _worker(is_begun: bool) -> Any:
    query = Assignment.select(Assignment.worker)
    if is_begun:
        return query.join(Timesheet).where(Timesheet.id == slot("key"))
    return query.where(Assignment.id == slot("key"))
