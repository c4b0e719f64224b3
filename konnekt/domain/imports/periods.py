"""pay_periods.csv."""

from functools import partial
from itertools import pairwise
from typing import Any

from konnekt.domain.imports import columns
from konnekt.domain.imports.files import ImportFile
from konnekt.domain.imports.reading import FileRow
from konnekt.domain.imports.run import Run
from konnekt.domain.records import pay_periods


def take_pay_periods(run: Run, rows: list[FileRow]) -> None:
    """Pay periods by calendar, year and number; those of one calendar never overlap or leave a gap."""
    for row in rows:
        run.put(PAY_PERIODS, row)
    moved: dict[int, FileRow] = {}
    for row, period in run.news(rows):
        if period.id is not None and not run.pay_periods.was(period).keys() & {"first_on", "last_on"}:
            continue
        if period.id is not None:
            run.ask(row, "", partial(pay_periods.check_empty, period))
        if not row.is_wrong:
            moved[id(period)] = row
    in_order: list[Any] = sorted(
        run.pay_periods.by_key.values(), key=lambda one: (one.calendar, one.first_on)
    )
    for before, after in pairwise(in_order):
        # Of two rows the later one is told.
        if before.calendar != after.calendar:
            continue
        if row_after := moved.get(id(after)):
            _judge(run, row_after, after, before, None)
        elif row_before := moved.get(id(before)):
            _judge(run, row_before, before, None, after)


def _judge(run: Run, row: FileRow, period: Any, before: Any, after: Any) -> None:
    with run.judging(row):
        pay_periods.check_joins(before, after, period.first_on, period.last_on, "first_on", "last_on")


PAY_PERIODS = ImportFile(
    "pay_periods.csv",
    ("calendar", "year", "number"),
    {
        "calendar": columns.code,
        "year": columns.integer(),
        "number": columns.integer(1, 53),
        "first_day": columns.day,
        "last_day": columns.day,
        "submit_by": columns.moment,
        "approve_by": columns.moment,
        "pay_date": columns.day,
    },
    take_pay_periods,
    "pay_periods",
    record=pay_periods.RECORD,
    names={
        "first_day": "first_on",
        "last_day": "last_on",
        "submit_by": "submit_by_at",
        "approve_by": "approve_by_at",
        "pay_date": "pay_on",
    },
)
