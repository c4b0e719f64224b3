"""What an invoice run leaves out, and why."""

from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from konnekt.domain.invoices.billable import WhyNotInvoiced
from konnekt.models import BudgetNumber, Organisation, State, Timesheet


@dataclass
class LeftOut:
    """Hours of one sheet and budget number that are not invoiced, and why."""

    organisation: Organisation
    budget_number: BudgetNumber
    sheet: Timesheet
    reason: WhyNotInvoiced
    minutes: int = 0
    days: list[date] = field(default_factory=list)

    @property
    def is_approved(self) -> bool:
        """Whether these are approved hours: those that somebody has to do something about."""
        return bool(self.sheet.state == State.APPROVED)


class Omitted(NamedTuple):
    """Hours that are left out for one reason, of so many sheets."""

    organisation: Organisation
    budget_number: BudgetNumber
    reason: WhyNotInvoiced
    is_approved: bool
    minutes: int
    sheets: int

    @property
    def asks_for_order(self) -> bool:
        """Whether a purchase order number is all that it lacks."""
        return self.reason == WhyNotInvoiced.NO_PURCHASE_ORDER

    @property
    def key(self) -> str:
        """The key of the draft that it would be."""
        return f"{self.organisation.code} · {self.budget_number.number}"
