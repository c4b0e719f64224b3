"""What an invoice run would make: invoices and credit notes before they have a number."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from konnekt.domain import amounts
from konnekt.domain.invoices import groups, left_out, parties
from konnekt.domain.invoices.billable import BillableHour, WhyNotInvoiced
from konnekt.domain.invoices.groups import InvoiceGroup
from konnekt.domain.invoices.left_out import LeftOut, Omitted
from konnekt.domain.refusals import Invalid
from konnekt.fonts import unprintable
from konnekt.models import Agency, BudgetNumber, HourType, Invoice, Organisation, PayPeriod, Timesheet

# How much of a fingerprint a page carries.
MARK = 16


@dataclass
class DraftLine:
    """The hours of one timesheet, budget number, ISO week, hour type and price; all as it was worked."""

    sheet: Timesheet
    budget_number: BudgetNumber
    hour_type: HourType
    iso_year: int
    iso_week: int
    unit_price: int
    is_rounded: bool
    hours: list[BillableHour] = field(default_factory=list)

    @property
    def minutes(self) -> int:
        return sum(hour.minutes for hour in self.hours)

    @property
    def net_cents(self) -> int:
        return amounts.line_cents(self.minutes, self.unit_price)


@dataclass
class Draft:
    """An invoice to be: one organisation and period, and what the organisation is invoiced by (groups.py).

    Amounts are as they go on the document: positive on a credit note. credited: the invoices of this period
    that a credit note refers to; corrected: those that billed the hours which an invoice corrects.
    fingerprint: the same as long as its documents would say the same, of the same hours (compose.py).
    """

    group: InvoiceGroup
    organisation: Organisation
    period: PayPeriod
    lines: list[DraftLine] = field(default_factory=list)
    purchase_order: str = ""
    credited: list[Invoice] = field(default_factory=list)
    corrected: list[Invoice] = field(default_factory=list)
    seller: Agency | None = None
    fingerprint: str = ""

    @property
    def key(self) -> str:
        """What it is called in forms: a run has one of each."""
        return self.group.key

    @property
    def name(self) -> str:
        """What it is for, as people say it."""
        return name_of(self.organisation, self.period, self.worker or self.number_text)

    @property
    def worker(self) -> str:
        """The name of its worker, where it is of one."""
        return self.lines[0].sheet.assignment.worker.name if self.group.worker else ""

    @cached_property
    def budget_numbers(self) -> list[BudgetNumber]:
        """Those of its lines, in order; kept, for each line of a thousand asks whether there are several."""
        numbers = {line.budget_number.id: line.budget_number for line in self.lines}
        return sorted(numbers.values(), key=lambda one: one.number)

    @property
    def budget_number(self) -> BudgetNumber:
        """Its budget number; the first of several."""
        return self.budget_numbers[0]

    @property
    def has_several(self) -> bool:
        """Whether its lines are of several budget numbers."""
        return len(self.budget_numbers) > 1

    @property
    def number_text(self) -> str:
        """Its budget numbers in a few letters."""
        return groups.said([one.number for one in self.budget_numbers])

    @property
    def mark(self) -> str:
        """A part of that which is enough to tell drafts apart: a page carries one of each."""
        return self.fingerprint[:MARK]

    @property
    def corrections(self) -> list[Timesheet]:
        """The supplementary timesheets among what it bills."""
        return list({line.sheet.id: line.sheet for line in self.lines if line.sheet.sequence}.values())

    @property
    def is_credit_note(self) -> bool:
        return sum(line.net_cents for line in self.lines) < 0

    @property
    def sign(self) -> int:
        """What the amounts of hours are multiplied by to stand on the document."""
        return -1 if self.is_credit_note else 1

    @property
    def wants_order(self) -> bool:
        """Whether a purchase order number stands on it, or must."""
        return bool(self.purchase_order or self.organisation.purchase_order_required)

    @property
    def minutes(self) -> int:
        return sum(line.minutes for line in self.lines)

    @property
    def net_cents(self) -> int:
        return abs(sum(line.net_cents for line in self.lines))

    @property
    def vat_percent(self) -> int:
        return amounts.STANDARD_VAT_PERCENT if self.organisation.vat_treatment == "standard" else 0

    @property
    def vat_cents(self) -> int:
        return amounts.vat_cents(self.net_cents, self.vat_percent)

    @property
    def total_cents(self) -> int:
        return self.net_cents + self.vat_cents


@dataclass
class InvoicePreview:
    """All that a run would make, and what it leaves out. seller: the agency, once it is known.

    period: the one that it is of; None for all. without_order: the drafts that only lack a purchase order
    number. not_issued: what a run left for another, as it has become.
    """

    period: PayPeriod | None = None
    drafts: list[Draft] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    without_order: list[Draft] = field(default_factory=list)
    not_issued: list[Draft] = field(default_factory=list)
    seller: Agency | None = None
    orders: Mapping[str, str] = field(default_factory=dict)

    @property
    def net_cents(self) -> int:
        """What it would bill without VAT, credit notes taken off."""
        return sum(draft.sign * draft.net_cents for draft in self.drafts)

    @property
    def vat_cents(self) -> int:
        """The VAT on it, credit notes taken off."""
        return sum(draft.sign * draft.vat_cents for draft in self.drafts)

    @property
    def minutes(self) -> int:
        """The hours that it would bill, in minutes."""
        return sum(draft.minutes for draft in self.drafts)

    @property
    def omitted(self) -> list[Omitted]:
        """What is left out, added up per period, budget number and reason; approved hours first."""
        return left_out.added_up(self.left_out)

    @property
    def asks_for_orders(self) -> bool:
        """Whether there is a purchase order number to type or to change."""
        return any(draft.wants_order for draft in self.drafts) or any(
            one.reason == WhyNotInvoiced.NO_PURCHASE_ORDER for one in self.left_out
        )

    @property
    def without_address(self) -> list[tuple[Agency | Organisation, Invalid]]:
        """Whose Peppol id can't be used, so that e-invoices go without it, and why."""
        of: dict[int, Agency | Organisation] = {one.organisation.id: one.organisation for one in self.drafts}
        parts = [*([self.seller] if self.seller is not None else []), *of.values()]
        faults = ((one, parties.fault_of_peppol_id(one)) for one in parts)
        return [(one, fault) for one, fault in faults if fault is not None]

    @property
    def rounded(self) -> list[DraftLine]:
        """The lines whose price had more than four decimals."""
        return [line for draft in self.drafts for line in draft.lines if line.is_rounded]

    @property
    def unprintable(self) -> dict[str, str]:
        """The letters that no document prints in the names of workers and organisations, by name."""
        names = {draft.organisation.name for draft in self.drafts} | {
            line.sheet.assignment.worker.name for draft in self.drafts for line in draft.lines
        }
        return {name: letters for name in sorted(names) if (letters := unprintable(name))}


def name_of(organisation: Organisation, period: PayPeriod, of: str) -> str:
    """What an invoice to be is for: `FSE · 0042.001 · 2026-P12`."""
    return " · ".join(filter(None, (organisation.code, of, groups.period_text(period))))
