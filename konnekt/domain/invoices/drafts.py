"""What an invoice run would make: invoices and credit notes before they have a number."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from konnekt.domain import amounts
from konnekt.domain.invoices import billable, parties, preceding
from konnekt.domain.invoices.billable import BillableHour, WhyNotInvoiced
from konnekt.domain.invoices.left_out import LeftOut, Omitted
from konnekt.domain.refusals import Invalid, fingerprint_of
from konnekt.fonts import unprintable
from konnekt.models import Agency, BudgetNumber, HourType, Invoice, Organisation, PayPeriod, Timesheet


@dataclass
class DraftLine:
    """The hours of one timesheet, ISO week, hour type and price; minutes and cents as they were worked."""

    sheet: Timesheet
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
    """An invoice to be: one organisation, period and budget number.

    Amounts are as they go on the document: positive on a credit note. credited: the invoices of this period
    that a credit note refers to; corrected: those that billed the hours which an invoice corrects.
    """

    organisation: Organisation
    period: PayPeriod
    budget_number: BudgetNumber
    lines: list[DraftLine] = field(default_factory=list)
    purchase_order: str = ""
    credited: list[Invoice] = field(default_factory=list)
    corrected: list[Invoice] = field(default_factory=list)

    @property
    def key(self) -> str:
        """What it is for, as people say it: a run has one of each."""
        return f"{self.organisation.code} · {self.budget_number.number}"

    @property
    def fingerprint(self) -> str:
        """The same as long as it would bill the same hours at the same prices on the same terms."""
        organisation = self.organisation
        terms = (
            organisation.vat_treatment, organisation.payment_term_days, organisation.language,
            organisation.legal_name, self.purchase_order,
        )  # fmt: skip
        lines = [
            (line.hour_type.id, line.unit_price, sorted((hour.id, hour.minutes) for hour in line.hours))
            for line in self.lines
        ]
        return fingerprint_of((self.key, *terms, lines, [one.number_text for one in self.credited]))

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
    """All that a run would make of a period, and what it leaves out. seller: the agency, once it is known."""

    period: PayPeriod
    drafts: list[Draft] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    seller: Agency | None = None

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
        """What is left out, added up per organisation, budget number and reason; approved hours first."""
        sums: dict[tuple[int, str], Omitted] = {}
        for one in sorted(self.left_out, key=lambda one: not one.is_approved):
            key = one.budget_number.id, one.reason
            total = sums.get(key) or Omitted(
                one.organisation, one.budget_number, one.reason, one.is_approved, 0, 0
            )
            sums[key] = total._replace(minutes=total.minutes + one.minutes, sheets=total.sheets + 1)
        return list(sums.values())

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


def compose(
    period: PayPeriod,
    organisations: Any,
    budget_number: int | None = None,
    orders: Mapping[str, str] | None = None,
) -> InvoicePreview:
    """Put the period's hours that no invoice bills yet into drafts: seven statements at most.

    organisations: ids, or a query of them.
    orders: the purchase order numbers that somebody typed, by the key of the draft; else the organisation's.
    """
    drafts: dict[tuple[int, int], Draft] = {}
    lines: dict[tuple[int, ...], DraftLine] = {}
    left_out: dict[tuple[int, int, str], LeftOut] = {}
    for worked in billable.read(period, organisations, budget_number):
        if worked.price is None or worked.reason is not None:
            _leave_out(left_out, worked, worked.reason or WhyNotInvoiced.NO_RATE)
            continue
        sheet, kind, budget = worked.sheet, worked.hour_type, worked.budget_number
        group = sheet.organisation_id, budget.id
        key = (*group, sheet.id, worked.iso_year, worked.iso_week, kind.id, worked.price.amount)
        if key not in lines:
            lines[key] = DraftLine(sheet, kind, worked.iso_year, worked.iso_week, *worked.price)
            if group not in drafts:
                drafts[group] = Draft(sheet.organisation, period, budget)
            drafts[group].lines.append(lines[key])
        lines[key].hours.append(worked)
    _find_what_is_credited(period, [draft for draft in drafts.values() if draft.is_credit_note])
    _find_what_is_corrected(period, [draft for draft in drafts.values() if not draft.is_credit_note])
    for group, draft in list(drafts.items()):
        draft.lines.sort(key=_order)
        draft.purchase_order = _purchase_order(draft, orders or {})
        reason = None
        if draft.is_credit_note and not draft.credited:
            reason = WhyNotInvoiced.NO_INVOICE
        elif draft.organisation.purchase_order_required and not draft.purchase_order:
            reason = WhyNotInvoiced.NO_PURCHASE_ORDER
        if reason is not None:
            del drafts[group]
            for hour in (hour for one in draft.lines for hour in one.hours):
                _leave_out(left_out, hour, reason)
    return InvoicePreview(period, list(drafts.values()), list(left_out.values()))


def _purchase_order(draft: Draft, orders: Mapping[str, str]) -> str:
    """What was typed, else what is known: a credit note has that of its invoice."""
    of_credited = [one.frozen.get("purchase_order_number", "") for one in draft.credited]
    own = next(filter(None, of_credited), draft.organisation.purchase_order_number)
    return parties.clean(orders.get(draft.key, own))


def _order(line: DraftLine) -> tuple[str, int, int, int, str, int]:
    worker = line.sheet.assignment.worker
    return (
        worker.name_key, line.sheet.id, line.iso_year, line.iso_week, line.hour_type.code, line.unit_price,
    )  # fmt: skip


def _leave_out(
    left_out: dict[tuple[int, int, str], LeftOut], hour: BillableHour, reason: WhyNotInvoiced
) -> None:
    sheet, budget = hour.sheet, hour.budget_number
    one = left_out.setdefault(
        (sheet.id, budget.id, reason), LeftOut(sheet.organisation, budget, sheet, reason)
    )
    one.minutes += hour.minutes
    one.days.append(hour.day)


def _find_what_is_credited(period: PayPeriod, drafts: list[Draft]) -> None:
    """A credit note names an invoice (NL-R-001): those of its period, of its budget number if any."""
    invoices = preceding.of_period(period, [draft.organisation.id for draft in drafts])
    for draft in drafts:
        of_organisation = [one for one in invoices if one.organisation_id == draft.organisation.id]
        same = [one for one in of_organisation if one.budget_number_id == draft.budget_number.id]
        draft.credited = same or of_organisation


def _find_what_is_corrected(period: PayPeriod, drafts: list[Draft]) -> None:
    """A supplementary timesheet corrects the invoices of the same assignment and period."""
    assignments = {sheet.assignment_id for draft in drafts for sheet in draft.corrections}
    preceding_invoices = preceding.of_assignments(period, assignments)
    for draft in drafts:
        own = {sheet.assignment_id for sheet in draft.corrections}
        draft.corrected = list({one.id: one for of, one in preceding_invoices if of in own}.values())
