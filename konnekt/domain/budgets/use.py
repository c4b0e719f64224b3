"""What is used of a budget number, against its ceilings: sums, percent, and the parts of a bar."""

from dataclasses import dataclass, field
from typing import NamedTuple

from konnekt.models import BudgetNumber

KINDS = ("invoiced", "approved", "waiting")


@dataclass
class Spent:
    """Minutes and cents, without VAT."""

    minutes: int = 0
    cents: int = 0


@dataclass
class Use:
    """What is used: invoiced as the invoices say it, approved and not invoiced, waiting for approval."""

    invoiced: Spent = field(default_factory=Spent)
    approved: Spent = field(default_factory=Spent)
    waiting: Spent = field(default_factory=Spent)

    @property
    def minutes(self) -> int:
        return self.invoiced.minutes + self.approved.minutes + self.waiting.minutes

    @property
    def cents(self) -> int:
        return self.invoiced.cents + self.approved.cents + self.waiting.cents


class BarPart(NamedTuple):
    """A part of a bar, in percent of its whole length."""

    kind: str
    start: int
    length: int


class Against(NamedTuple):
    """A budget against its ceiling as values alone: the same values are drawn once (screens.drawn).

    is_in_cents: whether euros are what runs out first, and not hours; percent: how much of that ceiling is
    used, in whole percent, 0 without one; parts: the bar, whose whole length is the ceiling, or all that is
    used where that is more.
    """

    is_in_cents: bool
    is_limited: bool
    ceiling_minutes: int | None
    ceiling_cents: int | None
    minutes: int
    cents: int
    percent: int
    is_over: bool
    parts: tuple[BarPart, ...]


def against(number: BudgetNumber, use: Use) -> Against:
    """What is used of a budget number against its ceiling."""
    most_minutes, most_cents = number.ceiling_minutes, number.ceiling_cents
    minutes, cents = use.minutes, use.cents
    if most_cents is None or most_minutes is None:
        is_in_cents = most_minutes is None
    else:
        is_in_cents = bool(cents * most_minutes >= minutes * most_cents)
    is_limited = most_minutes is not None or most_cents is not None
    ceiling, used = (most_cents, cents) if is_in_cents else (most_minutes, minutes)
    ceiling = ceiling or 0
    percent = used * 100 // ceiling if ceiling else 100 if is_limited and used else 0
    parts = bar(use, max(ceiling, used), in_cents=is_in_cents)
    is_over = is_limited and used > ceiling
    return Against(
        is_in_cents, is_limited, most_minutes, most_cents, minutes, cents, percent, is_over, tuple(parts)
    )


def bar(use: Use, whole: int, *, in_cents: bool) -> list[BarPart]:
    """The parts of a bar of that whole length."""
    parts, start = [], 0
    for kind in KINDS:
        spent: Spent = getattr(use, kind)
        length = round(max(0, spent.cents if in_cents else spent.minutes) * 100 / whole) if whole else 0
        length = min(length, 100 - start)
        if length:
            parts.append(BarPart(kind, start, length))
        start += length
    return parts
