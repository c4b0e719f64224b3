"""assignments.csv and rates.csv."""

from typing import Any

from konnekt.domain.imports import columns, doubts
from konnekt.domain.imports.columns import optional
from konnekt.domain.imports.reading import Row
from konnekt.domain.imports.run import File, Run
from konnekt.domain.refused import N_, Invalid
from konnekt.models import Timesheet
from konnekt.models.assignments import BASES, ENTERED_BY


def take_assignments(run: Run, rows: list[Row]) -> None:
    """Assignments by code; those of one worker may overlap, which is said."""
    for row in rows:
        first, last = row["from"], row["until"]
        if first and last and last < first:
            run.wrong(row, "until", N_("%(last)s is before %(first)s"), last=last, first=first)
        organisation = None
        if row["organisation"]:
            code = row["organisation"]
            unknown = N_("the organisation %(code)s is unknown")
            organisation = run.refer(row, "organisation", run.organisations, (code,), unknown, code=code)
        values = {
            "code": row["code"],
            "worker": _worker(run, row),
            "organisation": organisation,
            "job_title": row["job_title"],
            "basis": row["basis"],
            "entered_by": row["entered_by"],
            "first_on": first,
            "last_on": last,
            "budget_number": budget_number(run, row, row["organisation"]),
            "max_minutes_per_week": row["max_hours_per_week"],
        }
        run.put(row, run.assignments, (row["code"],), values)
    _check_sheets(run, rows)
    doubts.of_assignments(run, rows)


def _worker(run: Run, row: Row) -> Any:
    """The worker of this number. Where its own row in people.csv is wrong, that error says enough."""
    number = row["employee_number"]
    if number in run.doubtful_numbers:
        row.is_wrong = True
        return None
    found = run.workers.get(number)
    if found is None and number:
        row.is_wrong = True
        if run.people.is_complete:
            run.wrong(row, "employee_number", N_("the worker %(number)s is unknown"), number=number)
    return found


def budget_number(run: Run, row: Row, organisation: str | None) -> Any:
    """The budget number that the row names, of this organisation and no other."""
    number = row["budget_number"]
    if not number or not organisation:
        return None
    unknown = N_("%(code)s has no budget number %(number)s")
    key = (organisation, number)
    if (organisation,) not in run.organisations.by_key:
        return None  # the organisation's own column says so
    return run.refer(row, "budget_number", run.budget_numbers, key, unknown, code=organisation, number=number)


def _check_sheets(run: Run, rows: list[Row]) -> None:
    """Timesheets stay with their worker and organisation."""
    moved = {
        column: {row.id for _, row in run.assignments.changed_in(name)}
        for column, name in (("organisation", "organisation"), ("employee_number", "worker"))
    }
    if not any(moved.values()):
        return
    with_sheets = {identity for (identity,) in Timesheet.select(Timesheet.assignment).distinct().tuples()}
    for row in rows:
        found = run.assignments.by_key.get((row["code"],))
        for column, ids in moved.items():
            if found is not None and found.id in ids & with_sheets:
                run.wrong(row, column, N_("this can't change: the assignment has timesheets"))


def take_rates(run: Run, rows: list[Row]) -> None:
    """Rates by assignment and first day."""
    for row in rows:
        code = row["assignment"]
        assignment = None
        if code:
            unknown = N_("the assignment %(code)s is unknown")
            assignment = run.refer(row, "assignment", run.assignments, (code,), unknown, code=code)
        values = {
            "assignment": assignment,
            "valid_from_on": row["valid_from"],
            "pay_rate": row["pay_rate"],
            "bill_rate": row["bill_rate"],
        }
        run.put(row, run.rates, (code, row["valid_from"]), values)


def _max_hours(cell: str) -> int:
    """More than none: an assignment without hours is one that has ended."""
    found: int = columns.hours_of_a_week(cell)
    if not found:
        raise Invalid("this must be more than 0")
    return found


ASSIGNMENTS = File(
    "assignments.csv",
    ("code",),
    {
        "code": columns.code,
        "employee_number": columns.code,
        "organisation": columns.code,
        "job_title": optional(columns.name, ""),
        "basis": columns.choice(*BASES),
        "entered_by": columns.choice(*ENTERED_BY),
        "from": columns.day,
        "until": optional(columns.day),
        "budget_number": optional(columns.code),
        "max_hours_per_week": optional(_max_hours),
    },
    take_assignments,
    "assignments",
)

RATES = File(
    "rates.csv",
    ("assignment", "valid_from"),
    {
        "assignment": columns.code,
        "valid_from": columns.day,
        "pay_rate": columns.rate,
        "bill_rate": columns.rate,
    },
    take_rates,
    "rates",
)
