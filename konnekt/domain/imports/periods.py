"""pay_periods.csv."""

from collections.abc import Hashable
from datetime import date

from peewee import fn

from konnekt.domain.imports import columns
from konnekt.domain.imports.reading import Row
from konnekt.domain.imports.run import File, Run
from konnekt.domain.refused import N_
from konnekt.models import Hour, Timesheet, TimesheetLine
from konnekt.models.organisations import CALENDARS


def take_pay_periods(run: Run, rows: list[Row]) -> None:
    """Pay periods by calendar, year and number; those of one calendar never overlap."""
    for row in rows:
        first, last = row["first_day"], row["last_day"]
        submit_by, approve_by = row["submit_by"], row["approve_by"]
        if first and last and last < first:
            run.wrong(row, "last_day", N_("%(last)s is before %(first)s"), last=last, first=first)
        if submit_by and approve_by and approve_by < submit_by:
            run.wrong(row, "approve_by", N_("the time to approve ends before the time to submit"))
        values = {
            "calendar": row["calendar"],
            "year": row["year"],
            "number": row["number"],
            "first_on": first,
            "last_on": last,
            "submit_by_at": submit_by,
            "approve_by_at": approve_by,
            "pay_on": row["pay_date"],
        }
        run.put(row, run.pay_periods, (row["calendar"], row["year"], row["number"]), values)
    by_key: dict[Hashable, Row] = {
        (row["calendar"], row["year"], row["number"]): row for row in rows if not row.is_wrong
    }
    _check_overlap(run, by_key)
    _check_hours(run, by_key)


def _check_overlap(run: Run, rows: dict[Hashable, Row]) -> None:
    periods = sorted(run.pay_periods.by_key.items(), key=lambda one: (one[1].calendar, one[1].first_on))
    latest = None
    for key, period in periods:
        if latest and latest[1].calendar == period.calendar and period.first_on <= latest[1].last_on:
            row, other = (rows[key], latest[1]) if key in rows else (rows.get(latest[0]), period)
            if row is not None:
                run.wrong(
                    row,
                    "first_day",
                    N_("overlaps period %(number)s of %(year)s (%(first)s to %(last)s)"),
                    number=other.number,
                    year=other.year,
                    first=other.first_on,
                    last=other.last_on,
                )
        if latest is None or latest[1].calendar != period.calendar or period.last_on > latest[1].last_on:
            latest = (key, period)


def _check_hours(run: Run, rows: dict[Hashable, Row]) -> None:
    """The days of a period that has timesheets may change as long as their hours stay inside."""
    changed = {period.id: (key, period) for key, period in run.pay_periods.changed_in("first_on", "last_on")}
    if not changed:
        return
    query = (
        Hour.select(Timesheet.pay_period, fn.MIN(Hour.day), fn.MAX(Hour.day))
        .join(TimesheetLine)
        .join(Timesheet)
        .where(Timesheet.pay_period.in_(list(changed)))
        .group_by(Timesheet.pay_period)
        .tuples()
    )
    for identity, *days in query:
        key, period = changed[identity]
        outside = [_day(day) for day in days if not period.first_on <= _day(day) <= period.last_on]
        if outside:
            run.wrong(
                rows[key], "first_day", N_("a timesheet holds hours of %(day)s, outside it"), day=outside[0]
            )


def _day(value: date | str) -> date:
    """SQLite answers MIN of a date with its text."""
    return date.fromisoformat(value) if isinstance(value, str) else value


PAY_PERIODS = File(
    "pay_periods.csv",
    ("calendar", "year", "number"),
    {
        "calendar": columns.choice(*CALENDARS),
        "year": columns.year,
        "number": columns.integer(1, 53),
        "first_day": columns.day,
        "last_day": columns.day,
        "submit_by": columns.moment,
        "approve_by": columns.moment,
        "pay_date": columns.day,
    },
    take_pay_periods,
    "pay_periods",
)
