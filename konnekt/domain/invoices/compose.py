"""Putting hours that no invoice bills yet into invoices to be, and what marks each of those.

The mark is of all that the invoice would print: whoever issues what a page showed issues that or nothing.
"""

from collections.abc import Mapping
from typing import Any

from konnekt.domain.invoices import billable, copies, groups, left_out, parties, preceding
from konnekt.domain.invoices.billable import Which, WhyNotInvoiced
from konnekt.domain.invoices.drafts import Draft, DraftLine, InvoicePreview
from konnekt.domain.invoices.groups import InvoiceGroup
from konnekt.domain.invoices.left_out import LeftOut
from konnekt.domain.refusals import fingerprint_of
from konnekt.models import Agency


def compose(which: Which, agency: Agency | None, orders: Mapping[str, str] | None = None) -> InvoicePreview:
    """Put the hours that no invoice bills yet into drafts: eight statements at most.

    agency: who invoices. orders: the purchase order numbers that somebody typed, by the key of the draft;
    else the organisation's.
    """
    drafts: dict[InvoiceGroup, Draft] = {}
    lines: dict[tuple[int, ...], DraftLine] = {}
    omitted: dict[tuple[Any, ...], LeftOut] = {}
    without_order: list[Draft] = []
    for worked in billable.read(which):
        if worked.price is None or worked.reason is not None:
            left_out.add(omitted, worked, worked.reason or WhyNotInvoiced.NO_RATE)
            continue
        sheet, kind, budget = worked.sheet, worked.hour_type, worked.budget_number
        group = groups.of_hours(sheet, budget)
        key = (*group, budget.id, sheet.id, worked.iso_year, worked.iso_week, kind.id, worked.price.amount)
        if key not in lines:
            lines[key] = DraftLine(sheet, budget, kind, worked.iso_year, worked.iso_week, *worked.price)
            if group not in drafts:
                drafts[group] = Draft(group, sheet.organisation, sheet.pay_period)
            drafts[group].lines.append(lines[key])
        lines[key].hours.append(worked)
    for draft in drafts.values():
        draft.lines.sort(key=_order)
    preceding.find(list(drafts.values()))
    for group, draft in list(drafts.items()):
        draft.purchase_order = _purchase_order(draft, orders or {})
        reason = None
        if draft.is_credit_note and not draft.credited:
            reason = WhyNotInvoiced.NO_INVOICE
        elif draft.organisation.purchase_order_required and not draft.purchase_order:
            reason = WhyNotInvoiced.NO_PURCHASE_ORDER
        if reason is not None:
            del drafts[group]
            if reason == WhyNotInvoiced.NO_PURCHASE_ORDER:
                without_order.append(draft)
            for hour in (hour for one in draft.lines for hour in one.hours):
                left_out.add(omitted, hour, reason)
    composed = sorted(drafts.values(), key=_place)
    for draft in (*composed, *without_order):
        draft.seller, draft.fingerprint = agency, _fingerprint(draft, agency)
    return InvoicePreview(None, composed, list(omitted.values()), without_order, seller=agency)


def _fingerprint(draft: Draft, agency: Agency | None) -> str:
    """Of all that its documents would say: what the invoice would freeze, and its own columns."""
    terms = draft.key, draft.organisation.vat_treatment, copies.vat_text(draft.organisation)
    said = copies.invoice(draft, agency or Agency()), draft.organisation.language
    lines = [
        (copies.line(line, draft), line.unit_price, sorted((hour.id, hour.minutes) for hour in line.hours))
        for line in draft.lines
    ]
    return fingerprint_of((*terms, *said, lines))


def _purchase_order(draft: Draft, orders: Mapping[str, str]) -> str:
    """What was typed, else what is known: a credit note has that of its invoice."""
    of_credited = [one.frozen.get("purchase_order_number", "") for one in draft.credited]
    own = next(filter(None, of_credited), draft.organisation.purchase_order_number)
    return parties.clean(orders.get(draft.key, own))


def _place(draft: Draft) -> tuple[Any, ...]:
    """Where it stands among others, and so in their numbers."""
    return (
        draft.organisation.code,
        draft.period.first_on,
        draft.period.id,
        draft.budget_number.number,
        draft.worker,
    )


def _order(line: DraftLine) -> tuple[Any, ...]:
    worker = line.sheet.assignment.worker
    return (
        worker.name_key, line.sheet.id, line.iso_year, line.iso_week, line.hour_type.code, line.unit_price,
        line.budget_number.number,
    )  # fmt: skip
