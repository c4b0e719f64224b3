"""Timesheets in any state, by worker, organisation and period: one list of all that an account may see.

A year at a time, unless it is about some workers: so what is gone through does not grow with the years. The
sheets are counted per period by an index alone; of the periods that a page reaches, one page is read.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from peewee import fn

from konnekt.domain import access, clock, paging
from konnekt.domain.access import Grants
from konnekt.domain.paging import Page
from konnekt.domain.refusals import Invalid
from konnekt.models import Account, Assignment, Organisation, PayPeriod, State, Timesheet
from konnekt.models.people import holds

# So many workers at most have the name that is typed; of a shorter name one types more.
MOST_NAMED = 50
# A file of more rows takes longer than a reader waits.
MOST_ROWS = 20_000


@dataclass(frozen=True)
class SheetFilter:
    """What the list is narrowed to; empty means all.

    worker: an account; year: without one it is this year, of some workers all years.
    """

    text: str = ""
    worker: int | None = None
    organisation: str = ""
    year: int | None = None
    period: int | None = None
    state: str = ""


@dataclass
class Listed:
    """What was found: its page, the organisations and periods to narrow it by, the worker it is about.

    year: None where it is of all years; is_cut: more workers have the name than are looked through.
    """

    page: Page
    organisations: list[Organisation]
    periods: list[PayPeriod]
    years: list[int]
    year: int | None
    worker: Account | None = None
    is_cut: bool = False


def may_look(who: Grants) -> bool:
    """Whether there are timesheets for this account at all: its own, or of its organisations."""
    return who.is_active_somewhere or who.is_agency_staff or bool(who.account.is_worker)


def load(who: Grants, by: SheetFilter, number: int = 1) -> Listed:
    """The list as a reader sees it, a page at a time: at most six statements."""
    matches = _find(who, by)
    page = paging.of_groups(matches.counts, matches.read, number)
    sheets = _whole([row.id for row in page.rows])
    return Listed(
        page=Page(sheets, page.number, page.pages, page.count),
        organisations=matches.organisations,
        periods=matches.periods,
        years=matches.years,
        year=matches.year,
        worker=sheets[0].assignment.worker if by.worker and sheets else None,
        is_cut=matches.is_cut,
    )


def rows(who: Grants, by: SheetFilter) -> Iterator[Timesheet]:
    """All that the filter leaves, in the order of the list, for a file: two statements a period.

    Raises Invalid where it is more than a file holds.
    """
    matches = _find(who, by)
    if sum(matches.counts.values()) > MOST_ROWS:
        raise Invalid(
            "A file holds at most %(count)s timesheets: choose an organisation, a period or a worker.",
            count=MOST_ROWS,
        )
    return (one for group in matches.counts for one in _whole([row.id for row in matches.read([group])]))


@dataclass
class _Matches:
    """What is to be listed, counted per pay period, the latest first, and how to read some of those."""

    counts: dict[int, int]
    read: Callable[[list[int]], Any]
    organisations: list[Organisation]
    periods: list[PayPeriod]
    years: list[int]
    year: int | None
    is_cut: bool


def _find(who: Grants, by: SheetFilter) -> _Matches:
    workers, is_cut = _workers(who, by)
    places = list(_scope(who).order_by(Organisation.name_key, Organisation.id))
    begun = list(_periods({place.calendar for place in places}))
    year = by.year or (clock.today().year if workers is None else None)
    periods = [one for one in begun if year in (None, one.year)]
    chosen = [one.id for one in periods if one.id == by.period] or [one.id for one in periods]
    condition = _condition(who, by, workers, places, chosen)
    query = Timesheet.select(Timesheet.pay_period, fn.COUNT(Timesheet.id)).join(Assignment)
    if who.is_agency_staff and workers is None:
        query = Timesheet.select(Timesheet.pay_period, fn.COUNT(Timesheet.id))
    counted = dict(query.where(condition).group_by(Timesheet.pay_period).tuples())
    counts = {period: counted[period] for period in chosen if period in counted}
    years = sorted({one.year for one in begun}, reverse=True)
    return _Matches(counts, partial(_ids, condition), places, periods, years, year, is_cut)


def _condition(
    who: Grants, by: SheetFilter, workers: list[int] | None, places: list[Organisation], periods: list[int]
) -> Any:
    """What the list holds, on Timesheet joined with Assignment. What one may see is access.visible's to say.

    Without workers organisation, state and period are each said, also where they exclude nothing: that is
    what an index has (Timesheet.Meta.indexes), and without it all sheets would be gone through.
    """
    here = [place.id for place in places if by.organisation in ("", place.code)]
    states = [by.state] if by.state in set(State) else list(State)
    condition = access.visible(who) & Timesheet.pay_period.in_(periods) & Timesheet.state.in_(states)
    if workers is not None:
        condition &= Assignment.worker.in_(workers)
    if workers is None or by.organisation:
        condition &= Timesheet.organisation.in_(here)
    return condition


def _ids(condition: Any, periods: list[int]) -> Any:
    """The sheets of these periods, the latest first, by the names of their workers."""
    order = (PayPeriod.first_on.desc(), PayPeriod.id.desc(), Account.name_key, Timesheet.id)
    query = Timesheet.select(Timesheet.id).join(Assignment).join(Account).switch(Timesheet).join(PayPeriod)
    return query.where(condition & Timesheet.pay_period.in_(periods)).order_by(*order)


def _whole(ids: list[int]) -> list[Timesheet]:
    """These sheets with all that a row shows, in this order: one statement, none for none."""
    by_id = {one.id: one for one in Timesheet.whole().where(Timesheet.id.in_(ids))} if ids else {}
    return [by_id[one] for one in ids if one in by_id]


def _workers(who: Grants, by: SheetFilter) -> tuple[list[int] | None, bool]:
    """The accounts that it is about, None for anybody's; and whether more have that name: one statement."""
    if by.worker:
        return [by.worker], False
    if not by.text.strip():
        return None, False
    seen = Assignment.select(Assignment.worker).where(Assignment.organisation.in_(_ids_of(_scope(who))))
    query = Account.select(Account.id).where(holds(Account.name_key, by.text) & Account.id.in_(seen))
    workers = [one.id for one in query.order_by(Account.name_key, Account.id).limit(MOST_NAMED + 1)]
    return workers[:MOST_NAMED], len(workers) > MOST_NAMED


def _ids_of(query: Any) -> Any:
    return query.clone().select(Organisation.id)


def _scope(who: Grants) -> Any:
    """The organisations in which there are sheets for this account: where it has a right, or works itself."""
    if who.is_agency_staff:
        return Organisation.select()
    own = Assignment.select(Assignment.organisation).where(Assignment.worker == who.account)
    here = set(who.approve) | who.register | who.invoices
    return Organisation.select().where(Organisation.id.in_(here) | Organisation.id.in_(own))


def _periods(calendars: set[str]) -> Any:
    """The periods of these calendars that have begun, the latest first."""
    has_begun = PayPeriod.calendar.in_(calendars) & (PayPeriod.first_on <= clock.today())
    return PayPeriod.select().where(has_begun).order_by(PayPeriod.first_on.desc(), PayPeriod.id.desc())
