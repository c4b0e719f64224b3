"""What an invoice run leaves out, and why."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from konnekt.domain.invoices import groups
from konnekt.domain.invoices.billable import BillableHour, WhyNotInvoiced
from konnekt.models import BudgetNumber, Organisation, PayPeriod, PostponedInvoice, State, Timesheet

# What is left out as a whole, whatever its budget numbers.
_OF_A_WHOLE = (WhyNotInvoiced.NO_PURCHASE_ORDER, WhyNotInvoiced.NO_INVOICE, WhyNotInvoiced.POSTPONED)


@dataclass
class LeftOut:
    """Hours of one sheet and budget number that are not invoiced, and why.

    postponed: who left them out by hand, and with which words.
    """

    organisation: Organisation
    budget_number: BudgetNumber
    sheet: Timesheet
    reason: WhyNotInvoiced
    postponed: PostponedInvoice | None = None
    minutes: int = 0
    days: list[date] = field(default_factory=list)

    @property
    def is_approved(self) -> bool:
        """Whether these are approved hours: those that somebody has to do something about."""
        return bool(self.sheet.state == State.APPROVED)

    @property
    def key(self) -> str:
        """The key of the draft that it would be."""
        return groups.of_hours(self.sheet, self.budget_number).key


@dataclass
class Omitted:
    """Hours that are left out for one reason, of so many sheets."""

    first: LeftOut
    minutes: int = 0
    sheets: set[int] = field(default_factory=set)
    numbers: dict[int, str] = field(default_factory=dict)

    @property
    def organisation(self) -> Organisation:
        return self.first.organisation

    @property
    def period(self) -> PayPeriod:
        period: PayPeriod = self.first.sheet.pay_period
        return period

    @property
    def reason(self) -> WhyNotInvoiced:
        return self.first.reason

    @property
    def postponed(self) -> PostponedInvoice | None:
        """Who left it out by hand, and with which words."""
        return self.first.postponed

    @property
    def is_approved(self) -> bool:
        """Whether these are approved hours."""
        return self.first.is_approved

    @property
    def key(self) -> str:
        """The key of the draft that it would be."""
        return self.first.key

    @property
    def number_text(self) -> str:
        """Its budget numbers in a few letters."""
        return groups.said(sorted(self.numbers.values()))

    @property
    def asks_for_order(self) -> bool:
        """Whether a purchase order number is all that it lacks."""
        return self.reason == WhyNotInvoiced.NO_PURCHASE_ORDER


def add(omitted: dict[tuple[Any, ...], LeftOut], hour: BillableHour, reason: WhyNotInvoiced) -> None:
    """Count an hour among what is left out."""
    sheet, budget = hour.sheet, hour.budget_number
    one = omitted.setdefault(
        (sheet.id, budget.id, reason), LeftOut(sheet.organisation, budget, sheet, reason, hour.postponed)
    )
    one.minutes += hour.minutes
    one.days.append(hour.day)


def added_up(parts: Iterable[LeftOut]) -> list[Omitted]:
    """Per period, budget number and reason; approved hours first. What goes as a whole stands as one."""
    sums: dict[tuple[Any, ...], Omitted] = {}
    for one in sorted(parts, key=lambda one: not one.is_approved):
        of: Any = one.budget_number.id
        if one.postponed is not None:
            of = f"postponed {one.postponed.id}"
        elif one.reason in _OF_A_WHOLE:
            of = one.key
        total = sums.setdefault((one.sheet.pay_period_id, of, one.reason), Omitted(one))
        total.minutes += one.minutes
        total.sheets.add(one.sheet.id)
        total.numbers[one.budget_number.id] = one.budget_number.number.strip()
    return list(sums.values())
