"""What waits for somebody's approval: the counts, the filters, the ordinary ones."""

from dataclasses import dataclass, field
from typing import Any

from peewee import Case, fn

from konnekt.domain import access
from konnekt.domain.access import Grants
from konnekt.models import (
    Account,
    Assignment,
    Contributor,
    Flag,
    Organisation,
    PayPeriod,
    Timesheet,
)
from konnekt.models.people import fold, holds


@dataclass(frozen=True)
class Filter:
    """What the approver narrows the list to; empty means all."""

    organisation: str = ""
    period: int | None = None
    name: str = ""


@dataclass
class Group:
    """The waiting sheets of one organisation and period; is_named: those whose worker has the name typed.

    ordinary_* speak of those without any flag; fingerprint changes whenever that set, or a revision in
    it, changes (see `_mark`).
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

    def narrowed(self, by: Filter) -> "Waiting":
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

    def organisations(self) -> list[Organisation]:
        """The organisations with waiting sheets, by name."""
        found = {group.organisation.id: group.organisation for group in self.groups}.values()
        return sorted(found, key=lambda organisation: fold(organisation.name))

    def periods(self) -> list[PayPeriod]:
        """The periods with waiting sheets, earliest first."""
        found = {group.period.id: group.period for group in self.groups}.values()
        return sorted(found, key=lambda period: (period.first_on, period.last_on))


def _fingerprint(*sums: int) -> str:
    return ".".join(str(part) for part in sums)


def _mark(sheet: Any, revision: Any) -> Any:
    """A number (SQL) of a sheet and its revision: those of other sheets don't add up to the same.

    Squares modulo primes, each step within 64 bits: the sums of 1, 4 and of 2, 3 would be the same.
    """
    mixed = _rest(sheet.cast("bigint") * 1_103_515_245 + revision.cast("bigint") * 40_503, 2_147_483_647)
    return _rest(mixed * mixed, 2_147_483_629)


def _rest(of: Any, by: int) -> Any:
    # The sign % stands for a parameter in PostgreSQL's driver.
    return of - of / by * by


def is_mine(who: Grants) -> Any:
    """Condition on Timesheet: whether the one who looks entered or sent any part of the sheet."""
    mine = Contributor.select(Contributor.id).where(
        (Contributor.timesheet == Timesheet.id) & (Contributor.account == who.account)
    )
    return fn.EXISTS(mine)


def _is_ordinary(who: Grants) -> Any:
    """No correction, no flag that a supervisor sees, not entered by who looks (product.md: gewoon)."""
    flagged = Flag.select(Flag.id).where((Flag.timesheet == Timesheet.id) & ~Flag.is_elsewhere)
    return (Timesheet.sequence == 0) & ~fn.EXISTS(flagged) & ~is_mine(who)


def is_named(name: str) -> Any:
    """Every word typed stands in the name, in any order, as any keyboard types it."""
    return holds(Account.name_key, name)


def count(who: Grants, name: str = "") -> Waiting:
    """Count what waits per organisation and period: one statement, none without the right."""
    if not who.approve:
        return Waiting()
    sheets = (
        Timesheet.select(
            Timesheet.id,
            Timesheet.organisation,
            Timesheet.pay_period,
            Timesheet.minutes,
            Timesheet.revision,
            Case(None, [(_is_ordinary(who), 1)], 0).alias("ordinary"),
            Case(None, [(is_named(name), 1)], 0).alias("named"),
        )
        .join(Assignment)
        .join(Account)
        .where(access.approvable(who))
    ).alias("sheets")
    c = sheets.c
    query = (
        PayPeriod.select(
            PayPeriod,
            c.organisation_id,
            c.named,
            fn.COUNT(c.id).alias("count"),
            fn.SUM(c.minutes).alias("minutes"),
            fn.SUM(c.ordinary).alias("ordinary_count"),
            fn.SUM(c.ordinary * c.minutes).alias("ordinary_minutes"),
            fn.SUM(c.ordinary * _mark(c.id, c.revision)).alias("marks"),
        )
        .join(sheets, on=(c.pay_period_id == PayPeriod.id))
        .group_by(PayPeriod.id, c.organisation_id, c.named)
        .order_by(PayPeriod.first_on, PayPeriod.id, c.organisation_id)
        .objects()
    )
    return Waiting(
        [
            Group(
                who.organisations[row.organisation_id],
                row,
                bool(row.named),
                row.count,
                int(row.minutes),
                int(row.ordinary_count),
                int(row.ordinary_minutes),
                int(row.marks),
            )
            for row in query
        ]
    )


def narrow(who: Grants, by: Filter) -> Any:
    """Condition on Timesheet (joined with Assignment and Account): waits for me, and fits the filter."""
    condition = access.approvable(who) & is_named(by.name)
    if by.organisation:
        chosen = [o.id for o in who.organisations.values() if o.code == by.organisation]
        condition &= Timesheet.organisation.in_(chosen)
    if by.period:
        condition &= Timesheet.pay_period == by.period
    return condition


def ordinary(who: Grants, by: Filter) -> tuple[list[tuple[int, int]], str]:
    """The ordinary sheets of a filter as (sheet, revision), and their fingerprint: one statement."""
    found = list(
        Timesheet.select(
            Timesheet.id,
            Timesheet.revision,
            Timesheet.minutes,
            _mark(Timesheet.id, Timesheet.revision),
        )
        .join(Assignment)
        .join(Account)
        .where(narrow(who, by) & _is_ordinary(who))
        .tuples()
    )
    minutes, marks = (sum(row[column] for row in found) for column in (2, 3))
    picks = [(sheet, revision) for sheet, revision, *_ in found]
    return picks, _fingerprint(len(found), marks, minutes)
