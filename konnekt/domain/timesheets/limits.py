"""What can't be on a sheet: asked before anything of it is stored.

An Invalid names its field: `cell-LINE-DAY` (the number of the line as it was given, the day as ISO text),
`line-LINE`, `day-DAY`, `remark` or `is_nil`.
"""

from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from peewee import fn

from konnekt.domain.refusals import Invalid, NotFound
from konnekt.domain.timesheets.content import Cell, Content, Line, Stored
from konnekt.domain.units import DAY_MINUTES
from konnekt.models import (
    Assignment,
    BudgetNumber,
    Hour,
    HourType,
    PayPeriod,
    State,
    Timesheet,
    TimesheetLine,
)
from konnekt.models.compiled import compiled, slot

CELL_REMARK = 500
SHEET_REMARK = 2000
TYPED = 100


def check(content: Content, sheet: Timesheet, stored: Stored) -> None:
    """Refuse what can't be: NotFound for a line of another sheet, else Invalid.

    sheet comes with its assignment and period, and needs no row yet. Hours outside the assignment's dates
    or beyond its maximum are true hours: they get a flag and are not refused.
    """
    _check_lines(content, stored)
    _check_choices(content, sheet, stored)
    for number, line in enumerate(content.lines):
        _check_week(number, line, sheet.pay_period)
        days = [cell.day for cell in line.cells]
        for cell in line.cells:
            field = f"cell-{number}-{cell.day.isoformat()}"
            if days.count(cell.day) > 1:
                raise Invalid("This day occurs twice in one line.", field=field)
            _check_cell(cell, line, sheet, field)
    _check_text(content.remark, SHEET_REMARK, "remark")
    if content.is_nil and (content.has_hours or sheet.sequence):
        raise Invalid(
            "There are hours on this timesheet: it can't say that none were worked.", field="is_nil"
        )


def check_readable(content: Content) -> None:
    """Refuse what was kept as text: Invalid where somebody typed what is no hours."""
    for number, line in enumerate(content.lines):
        for cell in line.cells:
            if cell.typed:
                field = f"cell-{number}-{cell.day.isoformat()}"
                raise Invalid("Some hours can't be read yet: put them right, then send.", field=field)


def _check_lines(content: Content, stored: Stored) -> None:
    own, seen = set(stored.lines.values()), set()
    for number, line in enumerate(content.lines):
        if line.id is not None and line.id not in own:
            raise NotFound("This line belongs to another timesheet.")
        if line.key in seen:
            raise Invalid(
                "This week, hour type and budget number are there already: use that line.",
                field=f"line-{number}",
            )
        seen.add(line.key)


def _check_choices(content: Content, sheet: Timesheet, stored: Stored) -> None:
    """Hour types are active and budget numbers the organisation's own; what stands there may stay."""
    added = [(number, line) for number, line in enumerate(content.lines) if line.key not in stored.lines]
    if not added:
        return
    types = HourType.select(HourType.id).where(
        HourType.id.in_({line.hour_type for _, line in added}) & HourType.is_active
    )
    numbers = BudgetNumber.select(BudgetNumber.id).where(
        BudgetNumber.id.in_({line.budget_number for _, line in added})
        & (BudgetNumber.organisation == sheet.organisation_id)
    )
    active, own = {row.id for row in types}, {row.id for row in numbers}
    on_it = {key.hour_type for key in stored.lines}
    for number, line in added:
        if line.hour_type not in active | on_it:
            raise Invalid("Choose an hour type from the list.", field=f"line-{number}")
        if line.budget_number not in own:
            raise Invalid("Choose a budget number of this organisation.", field=f"line-{number}")


def _check_week(number: int, line: Line, period: PayPeriod) -> None:
    try:
        first = date.fromisocalendar(line.iso_year, line.iso_week, 1)
    except ValueError:
        raise Invalid("This week does not exist.", field=f"line-{number}") from None
    if first > period.last_on or first + timedelta(days=6) < period.first_on:
        raise Invalid("This week is not in the period of this timesheet.", field=f"line-{number}")


def _check_cell(cell: Cell, line: Line, sheet: Timesheet, field: str) -> None:
    period = sheet.pay_period
    if not period.first_on <= cell.day <= period.last_on:
        raise Invalid("This day is not in the period of this timesheet.", field=field)
    if _week(cell.day) != (line.iso_year, line.iso_week):
        raise Invalid("This day is not in the week of its line.", field=field)
    if not -DAY_MINUTES <= cell.minutes <= DAY_MINUTES:
        raise Invalid("A day has at most 24 hours.", field=field)
    if cell.minutes < 0 and not sheet.sequence:
        raise Invalid("Hours can't be negative here: a supplementary timesheet corrects.", field=field)
    if cell.typed and cell.minutes:
        raise Invalid("A cell holds hours, or text that is not hours yet.", field=field)
    if cell.remark or cell.typed:
        _check_text(cell.remark, CELL_REMARK, field)
        _check_text(cell.typed, TYPED, field)


@lru_cache(maxsize=1024)
def _week(day: date) -> tuple[int, int]:
    return day.isocalendar()[:2]


def _check_text(text: str, most: int, field: str) -> None:
    if len(text) > most:
        raise Invalid("Use at most %(count)s characters.", field=field, count=most)
    # No database text holds a NUL, and half a surrogate pair is no text.
    if "\x00" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
        raise Invalid("This text has a character that can't be stored.", field=field)


def check_days(content: Content, sheet: Timesheet) -> None:
    """Refuse over 24 hours of one worker in one day, over all assignments: it can't be true (product.md).

    Counts all other sheets of the worker but rejected ones; the sentence names none of them.
    """
    own = {day: minutes for day, minutes in content.minutes_per_day().items() if minutes > 0}
    if not own:
        return
    elsewhere = dict(
        _elsewhere(worker=sheet.assignment.worker_id, first=min(own), last=max(own), but=sheet.id or 0)
    )
    for day, minutes in sorted(own.items()):
        if minutes + elsewhere.get(day, 0) > DAY_MINUTES:
            raise Invalid(
                "On %(day)s that makes more than 24 hours, all hours of this worker together.",
                field=f"day-{day.isoformat()}",
                day=day,
            )


@compiled
def _elsewhere() -> Any:
    """The worker's hours by day on other sheets of the periods around these days.

    It names no days: by their index a database would read the hours of all people on them (560 ms at eight
    million rows, where this takes half a millisecond).
    """
    return (
        Assignment.select(Hour.day, fn.SUM(Hour.minutes).cast("INTEGER"))
        .join(Timesheet)
        .join(PayPeriod)
        .switch(Timesheet)
        .join(TimesheetLine)
        .join(Hour)
        .where(
            (Assignment.worker == slot("worker"))
            & (Timesheet.state != State.REJECTED)
            & (Timesheet.id != slot("but"))
            & (PayPeriod.first_on <= slot("last"))
            & (PayPeriod.last_on >= slot("first"))
        )
        .group_by(Hour.day)
    )
