"""The approval list: its rows, what is ticked, what was just decided."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

from peewee import JOIN

from konnekt.domain import access, waiting
from konnekt.domain.access import Grants
from konnekt.domain.correcting import cost
from konnekt.domain.correcting.cost import Cost
from konnekt.domain.timesheets import MANY
from konnekt.domain.waiting import Filter
from konnekt.models import Account, Assignment, Event, Flag, Organisation, PayPeriod, State, Timesheet

# With this many rows the page, its style, scripts and icons stay within 25 kB compressed (product.md).
PAGE = 35


@dataclass
class Row:
    """A sheet as the list shows it; cost: what a correction costs, for who may know."""

    sheet: Timesheet
    flags: list[Flag]
    is_mine: bool
    cost: Cost | None = None

    @property
    def is_ordinary(self) -> bool:
        return not (self.flags or self.is_mine or self.sheet.sequence)

    @property
    def is_waiting(self) -> bool:
        """Whether somebody still has to decide on it."""
        return bool(self.sheet.state == State.SUBMITTED)

    @property
    def pick(self) -> str:
        """What its box carries: the sheet and the revision that is shown."""
        return f"{self.sheet.id}:{self.sheet.revision}"


def page(who: Grants, by: Filter, number: int = 1, size: int = PAGE) -> list[Row]:
    """One page of what waits, the earliest deadline first: one statement."""
    return _rows(who, waiting.narrow(who, by), number, size)


def rows(who: Grants, sheets: Iterable[int]) -> list[Row]:
    """These sheets in any state, as far as the account sees them, in the order of the list."""
    return _rows(who, Timesheet.id.in_(list(sheets)) & access.visible(who))


def pages(count: int) -> int:
    """How many pages that many sheets take; one for none."""
    return max(1, -(-count // PAGE))


def following(number: int, rows: list[Row], count: int) -> int:
    """The page that goes on after these rows of page number; 0 where count sheets have no more.

    What was decided in place waits no longer: what stood behind it moved up, and must not be skipped.
    """
    still = sum(row.is_waiting for row in rows)
    if (number - 1) * PAGE + still >= count:
        return 0
    return number + 1 if still == PAGE else number


def mark(rows: Iterable[Row]) -> str:
    """What the link that ticks all carries: after Back or reload other rows are not ticked unseen."""
    return f"{crc32('.'.join(row.pick for row in rows).encode()):x}"


def decided_rows(who: Grants, batch: str) -> list[Row]:
    """All that one request of this account decided: shown after its redirect, with the way back."""
    decided = Event.select(Event.timesheet).where((Event.batch == batch) & (Event.actor == who.account))
    return _rows(who, Timesheet.id.in_(decided) & access.visible(who), size=MANY)


def _rows(who: Grants, condition: Any, number: int = 1, size: int = PAGE) -> list[Row]:
    order = (PayPeriod.approve_by_at, Timesheet.organisation, Account.name_key, Timesheet.id)
    shown = (
        Timesheet.select(Timesheet.id)
        .join(Assignment)
        .join(Account)
        .switch(Timesheet)
        .join(PayPeriod)
        .where(condition)
        .order_by(*order)
        .paginate(number, size)
    ).alias("shown")
    query = (
        Timesheet.select(
            Timesheet,
            Assignment,
            Account,
            Organisation,
            PayPeriod,
            Flag,
            waiting.is_mine(who).alias("is_mine"),
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
        .join(Flag, JOIN.LEFT_OUTER, on=((Flag.timesheet == Timesheet.id) & ~Flag.is_elsewhere), attr="flag")
        .order_by(*order, Flag.id)
    )
    found: dict[int, Row] = {}
    for sheet in query:
        row = found.setdefault(sheet.id, Row(sheet, [], bool(sheet.is_mine)))
        if getattr(sheet, "flag", None) is not None and sheet.flag.id is not None:
            row.flags.append(sheet.flag)
    corrections = [row for row in found.values() if row.sheet.sequence]
    costs = cost.of(row.sheet.id for row in corrections if _may_see_cost(who, row.sheet))
    for row in corrections:
        row.cost = costs.get(row.sheet.id)
    return list(found.values())


def _may_see_cost(who: Grants, sheet: Timesheet) -> bool:
    return access.may_see_budgets(who, sheet.organisation_id)


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


def ticks(who: Grants, kept: Iterable[tuple[int, int]], shown: list[Row]) -> Ticks:
    """Keep what was ticked, as far as it still waits as it was seen: one statement, none without ticks."""
    revisions = dict(kept)
    if not revisions:
        return Ticks()
    still = (
        Timesheet.select(Timesheet.id, Timesheet.revision, Timesheet.minutes)
        .join(Assignment)
        .where(access.approvable(who) & Timesheet.id.in_(list(revisions)))
        .order_by(Timesheet.id)
    )
    here, found = {row.pick for row in shown}, Ticks()
    for sheet in still:
        pick = f"{sheet.id}:{sheet.revision}"
        if revisions[sheet.id] != sheet.revision:
            continue
        if pick in here:
            found.here.add(pick)
            found.minutes_here += sheet.minutes
        else:
            found.elsewhere[pick] = sheet.minutes
    return found


def flags_of(sheets: Iterable[int], *, elsewhere: bool = False) -> dict[int, list[Flag]]:
    """The flags per sheet; those that arise from hours elsewhere only for the worker and the agency.

    A draft keeps the flags of when it was last sent: they don't speak of what it holds since.
    """
    found: dict[int, list[Flag]] = {}
    is_shown = Flag.timesheet.in_(list(sheets)) & (Flag.revision == Timesheet.revision)
    query = Flag.select().join(Timesheet).where(is_shown).order_by(Flag.id)
    for flag in query if elsewhere else query.where(~Flag.is_elsewhere):
        found.setdefault(flag.timesheet_id, []).append(flag)
    return found
