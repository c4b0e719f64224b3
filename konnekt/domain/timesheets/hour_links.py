"""Making and releasing links, with what their sheets keep of them: nothing else writes these tables.

In the caller's transaction, which holds "invoices".
"""

from collections.abc import Iterable
from typing import Any

from konnekt.domain import clock
from konnekt.domain.timesheets import link_facts
from konnekt.models import Hour, InvoicedHour, PayrollHour, TimesheetLine

ROWS = 500


def invoice(rows: list[dict[str, Any]], sheets: Iterable[int]) -> None:
    """Link hours of these sheets to invoice lines: rows hold the columns of InvoicedHour."""
    _make(InvoicedHour, rows, sheets)


def pay(rows: list[dict[str, Any]], sheets: Iterable[int]) -> None:
    """Link hours of these sheets to a payroll batch: rows hold the columns of PayrollHour."""
    _make(PayrollHour, rows, sheets)


def release_invoiced(lines: Any) -> None:
    """Release the live links to these invoice lines (a query of ids): their hours can be invoiced again."""
    _release(InvoicedHour, InvoicedHour.invoice_line.in_(lines))


def release_paid(batch: int) -> None:
    """Release the live links to a payroll batch: the next one pays its hours."""
    _release(PayrollHour, PayrollHour.payroll_batch == batch)


def _make(link: Any, rows: list[dict[str, Any]], sheets: Iterable[int]) -> None:
    for start in range(0, len(rows), ROWS):
        link.insert_many(rows[start : start + ROWS]).execute()
    link_facts.keep(sorted(set(sheets)))


def _release(link: Any, which: Any) -> None:
    live = which & link.released_at.is_null()
    query = link.select(TimesheetLine.timesheet).join(Hour).join(TimesheetLine).where(live).distinct()
    sheets = sorted(sheet for (sheet,) in query.tuples())
    link.update(released_at=clock.now()).where(live).execute()
    link_facts.keep(sheets)
