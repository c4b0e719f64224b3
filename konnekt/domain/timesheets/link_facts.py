"""What is kept of links where it is asked: per sheet, period and batch; brought up to date, and compared.

The hours of a sheet with a live link stay as they are (timesheets.find.has_live_link guards each change), so
only making and releasing links changes these facts.
"""

from collections import Counter
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from peewee import JOIN, fn

from konnekt.models import (
    Hour,
    InvoicedHour,
    PayPeriod,
    PayrollBatch,
    PayrollHour,
    State,
    Timesheet,
    TimesheetLine,
)

CHUNK = 1000
COLUMNS = {
    Timesheet: ("invoiced_minutes", "is_invoiced", "paid_minutes", "is_paid"),
    PayPeriod: ("locked_sheets",),
    PayrollBatch: ("minutes",),
}


class Difference(NamedTuple):
    """A row that keeps something else than its links say: table, id, column, both values."""

    table: str
    id: int
    column: str
    stored: Any
    right: Any


def to_invoice() -> Any:
    """The condition for approved sheets with hours that stand on no live invoice.

    Where minutes don't tell, hours are looked for: those of a correction may add up to nothing, or have met
    on one budget number since, so that there are none.
    """
    live = InvoicedHour.select(InvoicedHour.id).where(_is_live(InvoicedHour))
    hours = Hour.select(Hour.id).join(TimesheetLine).where((Hour.minutes != 0) & ~fn.EXISTS(live))
    has_more = fn.EXISTS(hours.where(TimesheetLine.timesheet == Timesheet.id))
    is_more = (Timesheet.minutes != Timesheet.invoiced_minutes) | has_more
    return Timesheet.has_hours_to_invoice(State.APPROVED) & is_more


def keep(sheets: list[int]) -> None:
    """Bring what these sheets and their periods keep up to date: in the transaction that changed links."""
    for start in range(0, len(sheets), CHUNK):
        some = sheets[start : start + CHUNK]
        before = _locked(some)
        _write(Timesheet, _of_sheets(Timesheet.id.in_(some)))
        after = _locked(some)
        # Not counted anew: a period has thousands.
        for period in before | after:
            more = after[period] - before[period]
            counted = PayPeriod.update(locked_sheets=PayPeriod.locked_sheets + more)
            if more:
                counted.where(PayPeriod.id == period).execute()


def _locked(sheets: list[int]) -> Counter[int]:
    """How many of them are locked originals, per pay period."""
    query = Timesheet.select(Timesheet.pay_period)
    query = query.where(Timesheet.id.in_(sheets) & Timesheet.is_locked_original())
    return Counter(period for (period,) in query.tuples())


def recompute() -> None:
    """Bring what all of them keep up to date: for rows that were written behind the verbs' back."""
    for model, right in _all():
        _write(model, right)


def differences() -> list[Difference]:
    """Where what is stored is not what the links say: it reads all hours."""
    different = []
    for model, right in _all():
        of = right.alias("of")
        columns = _columns(model)
        differ = [column != of.c[column.name] for column in columns]
        both = [one for column in columns for one in (column, of.c[column.name])]
        query = model.select(model.id, *both).join(of, on=(of.c.id == model.id)).where(reduce(or_, differ))
        for row, *values in query.order_by(model.id).tuples():
            for column, stored, said in zip(columns, values[::2], values[1::2], strict=True):
                if stored != said:
                    different.append(Difference(model._meta.table_name, row, column.name, stored, said))
    return different


def _all() -> list[tuple[Any, Any]]:
    return [(Timesheet, _of_sheets()), (PayPeriod, _of_periods()), (PayrollBatch, _of_batches())]


def _columns(model: Any) -> list[Any]:
    return [model._meta.fields[name] for name in COLUMNS[model]]


def _write(model: Any, right: Any) -> None:
    of = right.alias("of")
    columns = {column: of.c[column.name] for column in _columns(model)}
    model.update(columns).from_(of).where(model.id == of.c.id).execute()


def _is_live(link: Any) -> Any:
    return (link.hour == Hour.id) & link.released_at.is_null()


def _of_sheets(*which: Any) -> Any:
    hours = fn.COUNT(Hour.id)

    def said(link: Any, minutes: str, is_whole: str) -> list[Any]:
        links = fn.COUNT(link.id)
        return [
            fn.COALESCE(fn.SUM(link.minutes), 0).alias(minutes),
            ((links > 0) & (links == hours)).alias(is_whole),
        ]

    query = (
        Timesheet.select(
            Timesheet.id,
            *said(InvoicedHour, "invoiced_minutes", "is_invoiced"),
            *said(PayrollHour, "paid_minutes", "is_paid"),
        )
        .join(TimesheetLine, JOIN.LEFT_OUTER)
        .join(Hour, JOIN.LEFT_OUTER, on=(Hour.line == TimesheetLine.id) & (Hour.minutes != 0))
        .join(InvoicedHour, JOIN.LEFT_OUTER, on=_is_live(InvoicedHour))
        .switch(Hour)
        .join(PayrollHour, JOIN.LEFT_OUTER, on=_is_live(PayrollHour))
        .group_by(Timesheet.id)
    )
    return query.where(*which) if which else query


def _of_periods() -> Any:
    is_locked = (Timesheet.pay_period == PayPeriod.id) & Timesheet.is_locked_original()
    query = PayPeriod.select(PayPeriod.id, fn.COUNT(Timesheet.id).alias("locked_sheets"))
    return query.join(Timesheet, JOIN.LEFT_OUTER, on=is_locked).group_by(PayPeriod.id)


def _of_batches() -> Any:
    # Those of a batch that was undone are released, and count still.
    minutes = fn.COALESCE(fn.SUM(PayrollHour.minutes), 0).alias("minutes")
    query = PayrollBatch.select(PayrollBatch.id, minutes)
    return query.join(PayrollHour, JOIN.LEFT_OUTER).group_by(PayrollBatch.id)
