"""The approval list: its rows, what is ticked, what was just decided."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import reduce
from itertools import groupby
from operator import itemgetter, or_
from typing import Any, NamedTuple
from zlib import crc32

from peewee import JOIN, SQL

from konnekt.domain import access
from konnekt.domain.access import Grants
from konnekt.domain.approvals import for_me, waiting
from konnekt.domain.approvals.decide import MANY
from konnekt.domain.approvals.waiting import Waiting, WaitingFilter
from konnekt.domain.corrections import cost as correction_cost
from konnekt.models import (
    Account,
    Assignment,
    Event,
    Flag,
    Organisation,
    PayPeriod,
    State,
    Timesheet,
    WaitingSheet,
)
from konnekt.models.compiled import compiled, listed, planned_once, slot, tuples
from konnekt.models.people import full_name

# With this many rows the page, its style, scripts and icons stay within 25 kB compressed (product.md).
PAGE = 35


class ListedPeriod(NamedTuple):
    """What of a pay period its name is made of (screens.period_names)."""

    calendar: str
    year: int
    number: int
    first_on: date
    last_on: date


class WaitingRow(NamedTuple):
    """A sheet as the list shows it, all of it values: two rows that show the same are the same.

    flags: code and detail (JSON) of each; cost: what a correction costs, for who may know.
    """

    id: int
    revision: int
    state: str
    minutes: int
    sequence: int
    reason: str
    submitted_at: datetime | None
    decided_at: datetime | None
    decided_by_id: int | None
    worker: str
    job_title: str
    organisation_id: int
    organisation: str
    is_mine: bool
    period: ListedPeriod
    flags: tuple[tuple[str, str], ...] = ()
    cost: correction_cost.Cost | None = None

    @property
    def is_ordinary(self) -> bool:
        return not (self.flags or self.is_mine or self.sequence)

    @property
    def is_waiting(self) -> bool:
        """Whether somebody still has to decide on it."""
        return self.state == State.SUBMITTED

    @property
    def is_self_contained(self) -> bool:
        """Whether all that it shows are its own columns, whoever looks: it waits and corrects nothing."""
        return self.state == State.SUBMITTED and not self.sequence

    @property
    def pick(self) -> str:
        """What its box carries: the sheet and the revision that is shown."""
        return f"{self.id}:{self.revision}"


def page(
    who: Grants, by: WaitingFilter, number: int = 1, size: int = PAGE, among: Waiting | None = None
) -> list[WaitingRow]:
    """One page of what waits, the earliest deadline first: one statement.

    among: what the filter leaves, where that was counted already: then only the page's own groups are read.
    """
    start = (number - 1) * size
    groups: list[tuple[int, int]] = []
    if among is not None:
        groups, start = waiting.of_page(among, start, size)
    if by.name:
        condition = waiting.narrow(who, by) & _is_among(groups)
        return _rows(who, tuples(_query(_waiting(condition, len(groups), size, start), who.account)))
    shape, values = for_me.values(who)
    values |= {"chosen": waiting.chosen(who, by), "period": by.period}
    values |= {"account": who.account.id, "start": start}
    for place, (organisation, period) in enumerate(groups):
        values |= {f"in_{place}": organisation, f"of_{place}": period}
    narrowed = (bool(by.organisation), by.period is not None, size, start > 0, len(groups))
    return _rows(who, _page(*narrowed, *shape, **values))


def _is_among(groups: Iterable[tuple[Any, Any]]) -> Any:
    pairs = [(WaitingSheet.organisation == one) & (WaitingSheet.pay_period == other) for one, other in groups]
    return reduce(or_, pairs) if pairs else SQL("1 = 1")


@planned_once
@compiled
def _page(
    has_organisation: bool, has_period: bool, size: int, goes_on: bool, groups: int, *four_eyes: bool
) -> Any:
    """A page of the list, narrowed by an organisation or a period; what everybody looks at.

    Its size stands in the text, and no offset on the first page: of an unknown one PostgreSQL expects a tenth
    of all, and plans each time.
    """
    condition = for_me.slots(*four_eyes, is_placed=groups > 0)
    if has_organisation:
        condition &= WaitingSheet.organisation.in_(listed("chosen"))
    if has_period:
        condition &= WaitingSheet.pay_period == slot("period")
    condition &= _is_among((slot(f"in_{place}"), slot(f"of_{place}")) for place in range(groups))
    return _query(_waiting(condition, groups, size, slot("start") if goes_on else 0), slot("account"))


def _waiting(condition: Any, groups: int, size: Any, start: Any) -> Any:
    """The sheets of a page; within one group an index has them in order."""
    query = WaitingSheet.select(WaitingSheet.timesheet.alias("id")).where(condition)
    order: tuple[Any, ...] = (WaitingSheet.name_key, WaitingSheet.timesheet)
    if groups != 1:
        query = query.join(PayPeriod, on=(PayPeriod.id == WaitingSheet.pay_period))
        order = (PayPeriod.approve_by_at, WaitingSheet.organisation, *order)
    return query.order_by(*order).limit(size).offset(start)


def are_self_contained(rows: Iterable[WaitingRow]) -> bool:
    """Whether all that these rows show are their own columns, whoever looks."""
    return all(row.is_self_contained for row in rows)


def rows(who: Grants, sheets: Iterable[int], most: int = PAGE) -> list[WaitingRow]:
    """These sheets in any state, as far as the account sees them, in the order of the list."""
    return _rows(who, tuples(_query(_visible(who, Timesheet.id.in_(list(sheets)), most), who.account)))


def pages(count: int) -> int:
    """How many pages that many sheets take; one for none."""
    return max(1, -(-count // PAGE))


def following(number: int, rows: list[WaitingRow], count: int) -> int:
    """The page that goes on after these rows of page number; 0 where count sheets have no more.

    What was decided in place waits no longer: what stood behind it moved up, and must not be skipped.
    """
    still = sum(row.is_waiting for row in rows)
    if (number - 1) * PAGE + still >= count:
        return 0
    return number + 1 if still == PAGE else number


def mark(rows: Iterable[WaitingRow]) -> str:
    """What the link that ticks all carries: after Back or reload other rows are not ticked unseen."""
    return f"{crc32('.'.join(row.pick for row in rows).encode()):x}"


def decided_rows(who: Grants, batch: str) -> list[WaitingRow]:
    """All that one request of this account decided: shown after its redirect, with the way back."""
    decided = Event.select(Event.timesheet).where((Event.batch == batch) & (Event.actor == who.account))
    return _rows(who, tuples(_query(_visible(who, Timesheet.id.in_(decided), MANY), who.account)))


SHEET = (
    Timesheet.id, Timesheet.revision, Timesheet.state, Timesheet.minutes, Timesheet.sequence,
    Timesheet.reason, Timesheet.submitted_at, Timesheet.decided_at, Timesheet.decided_by,
)  # fmt: skip
WORKER = (Account.first_name, Account.last_name, Account.email, Assignment.job_title)


def _visible(who: Grants, condition: Any, most: int = PAGE) -> Any:
    """Sheets in any state, as far as the account sees them."""
    order = (PayPeriod.approve_by_at, Timesheet.organisation, Account.name_key, Timesheet.id)
    query = Timesheet.select(Timesheet.id).join(Assignment).join(Account).switch(Timesheet).join(PayPeriod)
    return query.where(condition & access.visible(who)).order_by(*order).limit(most)


def _query(sheets: Any, account: Any) -> Any:
    """Those sheets with all that a row shows, once for each of their flags."""
    shown = sheets.alias("shown")
    return (
        Timesheet.select(
            *SHEET, *WORKER, Organisation.id, Organisation.name, waiting.is_mine(account),
            PayPeriod.calendar, PayPeriod.year, PayPeriod.number, PayPeriod.first_on, PayPeriod.last_on,
            Flag.code, Flag.detail.cast("text"),
        )
        .join(shown, on=(shown.c.id == Timesheet.id))
        .switch(Timesheet)
        .join(Assignment)
        .join(Account)
        .switch(Timesheet)
        .join(Organisation)
        .switch(Timesheet)
        .join(PayPeriod)
        .switch(Timesheet)
        .join(Flag, JOIN.LEFT_OUTER, on=((Flag.timesheet == Timesheet.id) & ~Flag.is_elsewhere))
        .order_by(PayPeriod.approve_by_at, Timesheet.organisation, Account.name_key, Timesheet.id, Flag.id)
    )  # fmt: skip


def _rows(who: Grants, read: list[tuple[Any, ...]]) -> list[WaitingRow]:
    listed_rows: list[WaitingRow] = []
    for _sheet, rows_of_it in groupby(read, itemgetter(0)):
        columns, *more = rows_of_it
        *of_sheet, first, last, email, job_title, place, place_name, is_mine = columns[:16]
        worker = full_name(first, last) or email
        flags = tuple(row[21:] for row in (columns, *more) if row[21])
        shown = (worker, job_title, place, place_name, bool(is_mine), ListedPeriod(*columns[16:21]), flags)
        listed_rows.append(WaitingRow._make((*of_sheet, *shown, None)))
    if not any(row.sequence for row in listed_rows):
        return listed_rows
    may_know = (
        row.id for row in listed_rows if row.sequence and access.may_see_budgets(who, row.organisation_id)
    )
    costs = correction_cost.of(may_know)
    return [row._replace(cost=costs.get(row.id)) for row in listed_rows]


@dataclass
class Ticks:
    """What is ticked: the boxes on the page, and those of other pages with their minutes."""

    here: set[str] = field(default_factory=set)
    elsewhere: dict[str, int] = field(default_factory=dict)
    minutes_here: int = 0

    @property
    def count(self) -> int:
        return len(self.here) + len(self.elsewhere)

    @property
    def minutes(self) -> int:
        return self.minutes_here + sum(self.elsewhere.values())


def ticks(who: Grants, ticked: Iterable[tuple[int, int]], shown: list[WaitingRow]) -> Ticks:
    """Keep what was ticked, as far as it still waits as it was seen: one statement, none without ticks."""
    revisions = dict(ticked)
    if not revisions:
        return Ticks()
    still = (
        Timesheet.select(Timesheet.id, Timesheet.revision, Timesheet.minutes)
        .join(Assignment)
        .where(access.approvable(who) & Timesheet.id.in_(list(revisions)))
        .order_by(Timesheet.id)
    )
    here, remaining = {row.pick for row in shown}, Ticks()
    for sheet in still:
        pick = f"{sheet.id}:{sheet.revision}"
        if revisions[sheet.id] != sheet.revision:
            continue
        if pick in here:
            remaining.here.add(pick)
            remaining.minutes_here += sheet.minutes
        else:
            remaining.elsewhere[pick] = sheet.minutes
    return remaining


def flags_of(sheets: Iterable[int], *, elsewhere: bool = False) -> dict[int, list[Flag]]:
    """The flags per sheet; those that arise from hours elsewhere only for the worker and the agency.

    A draft keeps the flags of when it was last sent: they don't speak of what it holds since.
    """
    by_sheet: dict[int, list[Flag]] = {}
    is_shown = Flag.timesheet.in_(list(sheets)) & (Flag.revision == Timesheet.revision)
    query = Flag.select().join(Timesheet).where(is_shown).order_by(Flag.id)
    for flag in query if elsewhere else query.where(~Flag.is_elsewhere):
        by_sheet.setdefault(flag.timesheet_id, []).append(flag)
    return by_sheet
