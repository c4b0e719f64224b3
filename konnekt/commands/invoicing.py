"""`konnekt invoice`: prints the preview of a run, issues it, and makes the documents."""

import re
from datetime import date

import click

from konnekt.documents import invoice as document_invoice
from konnekt.domain import units
from konnekt.domain.invoices import drafts, groups, issue
from konnekt.models import Invoice
from konnekt.screens import period_names

ENGLISH = "en"


def period(text: str) -> tuple[int, int]:
    """Year and number of a period such as `2026-12`; raises click's BadParameter."""
    match = re.fullmatch(r"([0-9]{4})-([0-9]{1,2})", text)
    if match is None:
        raise click.BadParameter("type a period as 2026-12", param_hint="--period")
    return int(match[1]), int(match[2])


def run(
    calendar: str | None, year: int, number: int, organisation: str | None, *, on: date, dry_run: bool
) -> bool:
    """Show what would be issued and what is left out, then issue it; false where a document failed."""
    _print_preview(issue.preview(calendar, year, number, organisation))
    if dry_run:
        click.echo("Dry run: nothing was issued.")
        return True
    issued, _ = issue.issue(
        calendar, year, number, organisation, on=on, by=None, source="command", tell=_tell_issued
    )
    click.echo(f"{len(issued)} {'document' if len(issued) == 1 else 'documents'} issued, dated {on}.")
    failed = document_invoice.make_missing(_tell_documents)
    for invoice, why in failed:
        click.echo(f"{invoice}: {why}", err=True)
    return not failed


def _print_preview(preview: drafts.InvoicePreview) -> None:
    if preview.period is not None:
        click.echo(period_names.with_days(preview.period, str, "en_GB"))
    rows = [("organisation", "period", "budget number", "", "hours", "without VAT", "VAT", "total")]
    for draft in preview.drafts:
        rows.append(
            (
                draft.organisation.code,
                groups.period_text(draft.period),
                draft.number_text + (f" {draft.worker}" if draft.worker else ""),
                "credit note" if draft.is_credit_note else "invoice",
                units.hours_total(draft.sign * draft.minutes, ENGLISH),
                *(
                    units.euros(cents, ENGLISH)
                    for cents in (draft.net_cents, draft.vat_cents, draft.total_cents)
                ),
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows if preview.drafts else []:
        cells = [
            cell.ljust(width) if at < 4 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        click.echo("  ".join(cells).rstrip())
    click.echo(f"{len(preview.drafts)} to issue, {units.euros(preview.net_cents, ENGLISH)} without VAT.")
    for line in preview.rounded:
        price = units.price(line.unit_price, ENGLISH)
        click.echo(f"rounded: {line.sheet.assignment.code}: {line.hour_type.code} at {price}")
    for party, fault in preview.without_address:
        click.echo(f"e-invoices go without the Peppol id of {party.name}: {fault}")
    _print_left_out(preview)


def _print_left_out(preview: drafts.InvoicePreview) -> None:
    for one in preview.omitted:
        sheets = "timesheet" if len(one.sheets) == 1 else "timesheets"
        hours = units.hours_total(one.minutes, ENGLISH)
        what = f"{one.organisation.code} {one.number_text}"
        why = f"{one.reason.value}{f': {one.postponed.reason}' if one.postponed else ''}"
        click.echo(f"left out: {what}: {hours} hours of {len(one.sheets)} {sheets}: {why}")


def _tell_issued(done: int, of: int, invoice: Invoice) -> None:
    click.echo(f"{done}/{of} {invoice.number_text} {units.euros(invoice.total_cents, ENGLISH)}")


def _tell_documents(done: int, of: int, number: str) -> None:
    if number:
        click.echo(f"{done}/{of} {number} PDF and UBL")
