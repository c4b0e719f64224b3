"""The invoices before an invoice (EN 16931, BG-3): those that it credits or corrects."""

from collections.abc import Iterable
from typing import Any

from konnekt.models import Invoice, InvoiceLine, Timesheet


def find(drafts: list[Any]) -> None:
    """Look up what drafts credit, or correct: three statements at most.

    A supplementary timesheet corrects the invoices of the same assignment and period. A credit note names an
    invoice (NL-R-001): those of its period and budget number. One per worker or period names those of
    the same assignments, for its numbers do not say whose hours they are. Without any: all of its period.
    """
    credits = [draft for draft in drafts if draft.is_credit_note]
    invoices = of_periods((draft.organisation.id, draft.period.id) for draft in credits)
    others = [draft for draft in drafts if not (draft.is_credit_note and draft.group.budget_number)]
    sheets = [sheet for draft in others for sheet in draft.corrections]
    preceding = of_assignments((one.assignment_id, one.pay_period_id) for one in sheets)
    for draft in others:
        own = {(sheet.assignment_id, sheet.pay_period_id) for sheet in draft.corrections}
        same = list({one.id: one for of, one in preceding if of in own}.values())
        if draft.is_credit_note:
            draft.credited = same
        else:
            draft.corrected = same
    for draft in credits:
        of_both = draft.organisation.id, draft.period.id
        of_organisation = [one for one in invoices if (one.organisation_id, one.pay_period_id) == of_both]
        if draft.group.budget_number:
            number = draft.group.budget_number
            draft.credited = [one for one in of_organisation if one.budget_number_id == number]
        draft.credited = draft.credited or of_organisation


def of_periods(places: Iterable[tuple[int, int]]) -> list[Invoice]:
    """The invoices to these organisations, of these periods, that still stand: one statement or none.

    places: organisation and period; what comes may be of another pair of them.
    """
    pairs = set(places)
    if not pairs:
        return []
    organisations, periods = sorted({one for one, _ in pairs}), sorted({one for _, one in pairs})
    query = Invoice.select().where(
        Invoice.organisation.in_(organisations) & Invoice.pay_period.in_(periods) & _stands()
    )
    return list(query.order_by(Invoice.year, Invoice.number))


def of_assignments(sheets: Iterable[tuple[int, int]]) -> list[tuple[tuple[int, int], Invoice]]:
    """Assignment and period, with each invoice that bills those hours and still stands: two statements."""
    pairs = set(sheets)
    if not pairs:
        return []
    assignments, periods = sorted({one for one, _ in pairs}), sorted({one for _, one in pairs})
    lines = (
        InvoiceLine.select(Timesheet.assignment, Timesheet.pay_period, InvoiceLine.invoice)
        .join(Timesheet)
        .where(Timesheet.assignment.in_(assignments) & Timesheet.pay_period.in_(periods))
        .distinct()
        .tuples()
    )
    billed = [((assignment, period), invoice) for assignment, period, invoice in lines]
    query = Invoice.select().where(Invoice.id.in_([invoice for _of, invoice in billed]) & _stands())
    standing = {one.id: one for one in query.order_by(Invoice.year, Invoice.number)}
    return [(of, standing[one]) for of, one in sorted(billed, key=lambda pair: pair[1]) if one in standing]


def _stands() -> Any:
    """The condition for an invoice that no credit note took back as a whole."""
    notes = Invoice.alias()
    taken_back = notes.select(notes.credits).where(notes.credits.is_null(False))
    return (Invoice.kind == "invoice") & Invoice.id.not_in(taken_back)
