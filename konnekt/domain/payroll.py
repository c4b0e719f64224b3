"""The verbs of payroll: preview a batch, make it, and when a timesheet is paid."""

from collections.abc import Iterable
from datetime import date

from peewee import fn

from konnekt.models import Hour, PayrollBatch, PayrollHour, TimesheetLine


def paid_on(sheets: Iterable[int]) -> dict[int, date]:
    """The day on which each sheet is paid: that of the last batch with hours of it; one statement.

    Sheets that no batch pays yet are not in it (domain.periods says when they would be).
    """
    ids = list(sheets)
    if not ids:
        return {}
    query = (
        PayrollHour.select(TimesheetLine.timesheet, fn.MAX(PayrollBatch.pay_on))
        .join(PayrollBatch)
        .switch(PayrollHour)
        .join(Hour)
        .join(TimesheetLine)
        .where(TimesheetLine.timesheet.in_(ids) & PayrollHour.released_at.is_null())
        .group_by(TimesheetLine.timesheet)
    )
    return {sheet: _day(pay_on) for sheet, pay_on in query.tuples()}


def _day(value: date | str) -> date:
    # SQLite gives the text of a day where it was computed.
    return date.fromisoformat(value) if isinstance(value, str) else value
