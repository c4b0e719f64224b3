"""What waits for somebody's approval: the counts, the list, the deadline lines."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from peewee import Case, fn

from konnekt.domain import access
from konnekt.domain.access import Grants
from konnekt.models import Account, Assignment, Contributor, Flag, Organisation, PayPeriod, Timesheet
from konnekt.models.people import fold

PAGE = 50


@dataclass(frozen=True)
class Filter:
    """What the approver narrows the list to; empty means all."""

    organisation: str = ""
    period: int | None = None
    name: str = ""


@dataclass
class Group:
    """The waiting sheets of one organisation and period, and the ordinary ones among them.

    fingerprint changes whenever the set of ordinary sheets or one of their revisions changes.
    """

    organisation: Organisation
    period: PayPeriod
    count: int
    minutes: int
    ordinary_count: int
    ordinary_minutes: int
    fingerprint: tuple[int, int]


@dataclass
class Waiting:
    """All groups of an account: one statement feeds menu, filters, totals and deadline lines."""

    groups: list[Group] = field(default_factory=list)

    @property
    def count(self) -> int:
        return sum(group.count for group in self.groups)

    @property
    def minutes(self) -> int:
        return sum(group.minutes for group in self.groups)

    @property
    def ordinary_count(self) -> int:
        return sum(group.ordinary_count for group in self.groups)

    @property
    def ordinary_minutes(self) -> int:
        return sum(group.ordinary_minutes for group in self.groups)

    @property
    def fingerprint(self) -> str:
        """What the "gewone" button carries, so that it never approves something unseen."""
        return ".".join(str(sum(g.fingerprint[i] for g in self.groups)) for i in (0, 1)) + f".{self.ordinary_minutes}"

    def narrowed(self, by: Filter) -> "Waiting":
        """The same for a filter on organisation and period (a name needs a statement of its own)."""
        return Waiting(
            [
                group
                for group in self.groups
                if by.organisation in ("", group.organisation.code) and by.period in (None, group.period.id)
            ]
        )

    def organisations(self) -> list[Organisation]:
        return list({g.organisation.id: g.organisation for g in self.groups}.values())

    def periods(self) -> list[PayPeriod]:
        unique = {g.period.id: g.period for g in self.groups}.values()
        return sorted(unique, key=lambda period: (period.first_on, period.last_on))


def _is_ordinary(who: Grants) -> Any:
    """No flag that a supervisor sees, and not touched by the one who looks."""
    flagged = Flag.select().where((Flag.timesheet == Timesheet.id) & ~Flag.is_elsewhere)
    mine = Contributor.select().where(
        (Contributor.timesheet == Timesheet.id) & (Contributor.account == who.account)
    )
    return ~fn.EXISTS(flagged) & ~fn.EXISTS(mine)


def waiting(who: Grants, name: str = "") -> Waiting:
    """Count what waits per organisation and period: one statement, none without the right."""
    if not who.approve:
        return Waiting()
    ordinary = Case(None, [(_is_ordinary(who), 1)], 0)
    sheets = (
        Timesheet.select(
            Timesheet.id,
            Timesheet.organisation,
            Timesheet.pay_period,
            Timesheet.minutes,
            Timesheet.revision,
            ordinary.alias("ordinary"),
        )
        .join(Assignment)
        .join(Account)
        .where(access.approvable(who) & _named(name))
    ).alias("sheets")
    query = (
        PayPeriod.select(
            PayPeriod,
            sheets.c.organisation_id,
            fn.COUNT(sheets.c.id).alias("count"),
            fn.SUM(sheets.c.minutes).alias("minutes"),
            fn.SUM(sheets.c.ordinary).alias("ordinary_count"),
            fn.SUM(sheets.c.ordinary * sheets.c.minutes).alias("ordinary_minutes"),
            fn.SUM(sheets.c.ordinary * sheets.c.id).alias("ordinary_ids"),
            fn.SUM(sheets.c.ordinary * sheets.c.id * sheets.c.revision).alias("ordinary_revisions"),
        )
        .join(sheets, on=(sheets.c.pay_period_id == PayPeriod.id))
        .group_by(PayPeriod.id, sheets.c.organisation_id)
        .order_by(PayPeriod.first_on, PayPeriod.id, sheets.c.organisation_id)
        .objects()
    )
    return Waiting(
        [
            Group(
                who.organisations[row.organisation_id],
                row,
                row.count,
                int(row.minutes),
                int(row.ordinary_count),
                int(row.ordinary_minutes),
                (int(row.ordinary_ids), int(row.ordinary_revisions)),
            )
            for row in query
        ]
    )


def _named(name: str) -> Any:
    """Every word of the name typed, in any order, without case and accents."""
    condition: Any = Timesheet.id.is_null(False)
    for word in fold(name).split():
        condition &= Account.name_key.contains(word)
    return condition


@dataclass
class Row:
    """A sheet as the list shows it."""

    sheet: Timesheet
    flags: list[Flag]
    is_mine: bool

    @property
    def is_ordinary(self) -> bool:
        return not self.flags and not self.is_mine


def sheets(who: Grants, by: Filter, page: int = 1, size: int = PAGE) -> list[Row]:
    """One page of waiting sheets, the earliest deadline first: two statements."""
    condition = access.approvable(who) & _named(by.name)
    if by.organisation:
        chosen = [o.id for o in who.organisations.values() if o.code == by.organisation]
        condition &= Timesheet.organisation.in_(chosen)
    if by.period:
        condition &= Timesheet.pay_period == by.period
    return rows(who, condition, page, size)


def rows(who: Grants, condition: Any, page: int = 1, size: int = PAGE) -> list[Row]:
    """Sheets with worker, organisation, period and flags, for a condition on Timesheet: two statements."""
    mine = Contributor.select().where(
        (Contributor.timesheet == Timesheet.id) & (Contributor.account == who.account)
    )
    query = (
        Timesheet.select(
            Timesheet, Assignment, Account, Organisation, PayPeriod, fn.EXISTS(mine).alias("is_mine")
        )
        .join(Assignment)
        .join(Account)
        .switch(Timesheet)
        .join(Organisation)
        .switch(Timesheet)
        .join(PayPeriod)
        .where(condition)
        .order_by(PayPeriod.approve_by_at, Timesheet.organisation, Account.name_key, Timesheet.id)
        .paginate(page, size)
    )
    found = list(query)
    flags = flags_of([sheet.id for sheet in found])
    return [Row(sheet, flags.get(sheet.id, []), bool(sheet.is_mine)) for sheet in found]


def flags_of(sheets: Iterable[int], elsewhere: bool = False) -> dict[int, list[Flag]]:
    """The flags of sheets by sheet; those that come from elsewhere only for the worker and the agency."""
    found: dict[int, list[Flag]] = {}
    query = Flag.select().where(Flag.timesheet.in_(list(sheets))).order_by(Flag.id)
    for flag in query if elsewhere else query.where(~Flag.is_elsewhere):
        found.setdefault(flag.timesheet_id, []).append(flag)
    return found
