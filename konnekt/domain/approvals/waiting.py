"""What waits for somebody's approval: the counts, the filters, the ordinary ones."""

from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any

from peewee import SQL, Case, fn

from konnekt.domain.access import Grants
from konnekt.domain.approvals import for_me
from konnekt.models import Account, Contributor, Organisation, PayPeriod, Timesheet, WaitingSheet
from konnekt.models.compiled import built, compiled, planned_once, slot, tuples
from konnekt.models.people import fold, holds


@dataclass(frozen=True)
class WaitingFilter:
    """What the approver narrows the list to; empty means all."""

    organisation: str = ""
    period: int | None = None
    name: str = ""


@dataclass
class Group:
    """The waiting sheets of one organisation and period; is_named: those whose worker has the name typed.

    ordinary_* speak of those without any flag; fingerprint changes whenever that set, or a revision in
    it, changes (see `WaitingSheet.mark`).
    """

    organisation: Organisation
    period: PayPeriod
    is_named: bool
    count: int
    minutes: int
    ordinary_count: int
    ordinary_minutes: int
    fingerprint: int


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
        """What the button of the ordinary ones carries, so that it never approves something unseen."""
        marks = sum(group.fingerprint for group in self.groups)
        return _fingerprint(self.ordinary_count, marks, self.ordinary_minutes)

    def narrowed(self, by: WaitingFilter) -> "Waiting":
        """What of it the filter leaves."""
        return Waiting(
            [
                group
                for group in self.groups
                if by.organisation in ("", group.organisation.code)
                and by.period in (None, group.period.id)
                and (group.is_named or not by.name)
            ]
        )

    def values(self) -> tuple[tuple[Any, ...], ...]:
        """All that a page shows of it, as values."""
        return tuple(
            (
                one.organisation.id, one.organisation.code, one.organisation.name, one.period.values(),
                one.is_named, one.count, one.minutes, one.ordinary_count, one.ordinary_minutes,
                one.fingerprint,
            )
            for one in self.groups
        )  # fmt: skip

    def organisations(self) -> list[Organisation]:
        """The organisations with waiting sheets, by name."""
        unique = {group.organisation.id: group.organisation for group in self.groups}.values()
        return sorted(unique, key=lambda organisation: fold(organisation.name))

    def periods(self) -> list[PayPeriod]:
        """The periods with waiting sheets, earliest first."""
        unique = {group.period.id: group.period for group in self.groups}.values()
        return sorted(unique, key=lambda period: (period.first_on, period.last_on))


def _fingerprint(*sums: int) -> str:
    return ".".join(str(part) for part in sums)


def is_mine(account: Any) -> Any:
    """Condition on Timesheet: whether the one who looks entered or sent any part of the sheet."""
    mine = Contributor.select(Contributor.id).where(
        (Contributor.timesheet == Timesheet.id) & (Contributor.account == account)
    )
    return fn.EXISTS(mine)


def _is_ordinary(account: Any) -> Any:
    """No correction, no flag that a supervisor sees, not entered by who looks (product.md: gewoon)."""
    mine = Contributor.select(Contributor.id).where(
        (Contributor.timesheet == WaitingSheet.timesheet) & (Contributor.account == account)
    )
    return WaitingSheet.is_plain & ~(WaitingSheet.has_helpers & fn.EXISTS(mine))


def is_named(name: str, name_key: Any = Account.name_key) -> Any:
    """Every word typed stands in the name, in any order, as any keyboard types it."""
    return holds(name_key, name)


def count(who: Grants, name: str = "") -> Waiting:
    """Count what waits per organisation and period: one statement, none without the right."""
    if not who.approve:
        return Waiting()
    if name:
        is_like = is_named(name, WaitingSheet.name_key)
        rows = tuples(_groups(for_me.condition(who), who.account, is_like))
    else:
        shape, values = for_me.values(who)
        rows = _all_groups(*shape, **values, account=who.account.id)
    return Waiting([_group(who, row) for row in rows])


def _group(who: Grants, row: tuple[Any, ...]) -> Group:
    *period, organisation, named, number, minutes, ordinary, ordinary_minutes, marks = row
    sums = (number, int(minutes), int(ordinary), int(ordinary_minutes), int(marks))
    return Group(who.organisations[organisation], built(PayPeriod, tuple(period)), bool(named), *sums)


@planned_once
@compiled
def _all_groups(*four_eyes: bool) -> Any:
    """The groups of an account, whatever their workers are called: the menu of every page asks."""
    return _groups(for_me.slots(*four_eyes), slot("account"))


def _groups(is_for_me: Any, account: Any, is_like: Any = None) -> Any:
    """The sums of each group; is_like: apart for those whose workers have that name.

    In the order of the index: what waits is not sorted first.
    """
    columns = [WaitingSheet.organisation, WaitingSheet.pay_period]
    named: Any = SQL("1")
    if is_like is not None:
        named = Case(None, [(is_like, 1)], 0)
        columns.append(SQL("named"))
    ordinary = Case(None, [(_is_ordinary(account), 1)], 0)
    sums = (
        WaitingSheet.select(
            WaitingSheet.organisation,
            WaitingSheet.pay_period,
            named.alias("named"),
            fn.COUNT(WaitingSheet.timesheet).alias("count"),
            fn.SUM(WaitingSheet.minutes).alias("minutes"),
            fn.SUM(ordinary).alias("ordinary_count"),
            fn.SUM(ordinary * WaitingSheet.minutes).alias("ordinary_minutes"),
            fn.SUM(ordinary * WaitingSheet.mark).alias("marks"),
        )
        .where(is_for_me)
        .group_by(*columns)
    ).alias("sums")
    c = sums.c
    return (
        PayPeriod.select(
            PayPeriod, c.organisation_id, c.named, c.count, c.minutes, c.ordinary_count, c.ordinary_minutes,
            c.marks,
        )
        .join(sums, on=(c.pay_period_id == PayPeriod.id))
        .order_by(PayPeriod.first_on, PayPeriod.id, c.organisation_id)
    )  # fmt: skip


# A page rarely reaches over more; then all that waits is gone through.
MOST_GROUPS = 4


def of_page(among: Waiting, start: int, size: int) -> tuple[list[tuple[int, int]], int]:
    """The groups (organisation, period) in which a page's rows are, and how many rows of those come first."""
    pairs: list[tuple[int, int]] = []
    before, skipped = 0, 0
    for _, alike in groupby(sorted(among.groups, key=_place), _place):
        groups = list(alike)
        count = sum(group.count for group in groups)
        if before < start + size and before + count > start:
            pairs += dict.fromkeys((group.organisation.id, group.period.id) for group in groups)
        elif not pairs:
            skipped += count
        before += count
    return (pairs, start - skipped) if 0 < len(pairs) <= MOST_GROUPS else ([], start)


def _place(group: Group) -> tuple[datetime, int]:
    """Where its rows stand in the list: periods of one deadline stand mixed."""
    return group.period.approve_by_at, group.organisation.id


def narrow(who: Grants, by: WaitingFilter) -> Any:
    """Condition on WaitingSheet: waits for me, and fits the filter."""
    condition = for_me.condition(who) & is_named(by.name, WaitingSheet.name_key)
    if by.organisation:
        condition &= WaitingSheet.organisation.in_(chosen(who, by))
    if by.period:
        condition &= WaitingSheet.pay_period == by.period
    return condition


def chosen(who: Grants, by: WaitingFilter) -> list[int]:
    """The organisation of the filter, if the account has to do with it."""
    return [one.id for one in who.organisations.values() if one.code == by.organisation]


def ordinary(who: Grants, by: WaitingFilter) -> tuple[list[tuple[int, int]], str]:
    """The ordinary sheets of a filter as (sheet, revision), and their fingerprint: one statement."""
    columns = (WaitingSheet.timesheet, WaitingSheet.revision, WaitingSheet.minutes, WaitingSheet.mark)
    rows = tuples(WaitingSheet.select(*columns).where(narrow(who, by) & _is_ordinary(who.account)))
    minutes, marks = (sum(row[column] for row in rows) for column in (2, 3))
    picks = [(sheet, revision) for sheet, revision, *_ in rows]
    return picks, _fingerprint(len(rows), marks, minutes)
