"""What comes on one invoice: hours of one organisation and period; of a budget number, a worker, or all.

Never of two organisations, for rights and terms are theirs, nor of two periods (docs/decisions, 34).
"""

import re
from typing import NamedTuple

from konnekt.domain.refusals import NotFound
from konnekt.models import BudgetNumber, PayPeriod, Timesheet


class InvoiceGroup(NamedTuple):
    """Whose hours stand together, as ids; 0 is a budget number or a worker that does not matter."""

    organisation: int
    period: int
    budget_number: int = 0
    worker: int = 0

    @property
    def key(self) -> str:
        """What it is called in addresses and forms; a run has one of each."""
        return "-".join(map(str, self))


def of_hours(sheet: Timesheet, budget_number: BudgetNumber) -> InvoiceGroup:
    """Where hours of a sheet (with its organisation and assignment) on a budget number belong."""
    per = sheet.organisation.invoice_per
    return InvoiceGroup(
        sheet.organisation_id,
        sheet.pay_period_id,
        budget_number.id if per == "budget_number" else 0,
        sheet.assignment.worker_id if per == "worker" else 0,
    )


def read(key: str) -> InvoiceGroup:
    """The group that is called so; raises NotFound for what can't be one."""
    if not re.fullmatch(r"[0-9]{1,9}(-[0-9]{1,9}){3}", key):
        raise NotFound("There is no such invoice to be.")
    return InvoiceGroup(*map(int, key.split("-")))


def period_text(period: PayPeriod) -> str:
    """How documents call a period: `2026-P12`, or W for a week; a month needs no letter.

    Without one period 12 would be read as December.
    """
    letter = {"four_weeks": "P", "week": "W"}.get(period.calendar, "")
    return f"{period.year}-{letter}{period.number:02d}"


def said(numbers: list[str]) -> str:
    """Budget numbers in a few letters: one, or the first and how many more."""
    return numbers[0] if len(numbers) == 1 else f"{numbers[0]} +{len(numbers) - 1}"
