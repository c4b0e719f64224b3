"""assignments.csv and rates.csv."""

from collections import defaultdict
from datetime import date
from functools import partial
from typing import Any

from konnekt.domain import units
from konnekt.domain.imports import columns, warnings
from konnekt.domain.imports.columns import optional, word
from konnekt.domain.imports.files import ImportFile
from konnekt.domain.imports.reading import FileRow
from konnekt.domain.imports.run import Run
from konnekt.domain.records import assignments as records, rates
from konnekt.domain.refusals import N_, Invalid
from konnekt.models import Timesheet


def take_assignments(run: Run, rows: list[FileRow]) -> None:
    """Assignments by code; those of one worker may overlap, which is said."""
    for row in rows:
        worker, organisation = _worker(run, row), run.organisation(row)
        number = budget_number(run, row, row["organisation"])
        run.put(ASSIGNMENTS, row, worker=worker, organisation=organisation, budget_number=number)
    for row, assignment in run.news(rows):
        was = run.assignments.was(assignment)
        with run.judging(row, "basis"):
            if assignment.id is None or was.keys() & {"last_on", "organisation"}:
                records.check_end(assignment.organisation, assignment.last_on)
        if was.get("basis", "fixed") != "fixed":
            run.workers_asked.add(was.get("worker", assignment.worker).id)
            run.ask(row, "basis", partial(records.check_all_sent, assignment))
        for name in sorted(was.keys() & {"organisation", "worker"}):
            column = "employee_number" if name == "worker" else name
            run.ask(row, column, partial(_check_has_none, assignment))
    warnings.of_assignments(run, rows)


def _check_has_none(assignment: Any) -> None:
    """Timesheets stay with their worker and organisation."""
    if Timesheet.select().where(Timesheet.assignment == assignment.id).exists():
        raise Invalid("this can't change: the assignment has timesheets")


def _worker(run: Run, row: FileRow) -> Any:
    """The worker of this number. Where its own row in people.csv is wrong, that error says enough."""
    number = row["employee_number"]
    if number in run.doubtful_numbers:
        row.is_wrong = True
        return None
    worker = run.workers.get(number)
    if worker is None and number:
        row.is_wrong = True
        if run.people.is_complete:
            run.wrong(row, "employee_number", N_("the worker %(number)s is unknown"), number=number)
    return worker


def budget_number(run: Run, row: FileRow, organisation: str | None) -> Any:
    """The budget number that the row names, of this organisation and no other."""
    number = row["budget_number"]
    if not number or not organisation:
        return None
    unknown = N_("%(code)s has no budget number %(number)s")
    key = (organisation, number)
    if (organisation,) not in run.organisations.by_key:
        return None  # the organisation's own column says so
    return run.refer(row, "budget_number", run.budget_numbers, key, unknown, code=organisation, number=number)


def take_rates(run: Run, rows: list[FileRow]) -> None:
    """Rates by assignment and first day."""
    unknown = N_("the assignment %(code)s is unknown")
    for row in rows:
        code = row["assignment"]
        place = run.refer(row, "assignment", run.assignments, (code,), unknown, code=code) if code else None
        run.put(RATES, row, assignment=place)
    starts: dict[str, list[date]] = defaultdict(list)
    for rate in run.rates.by_key.values():
        starts[rate.assignment.code].append(rate.valid_from_on)
    for row, rate in run.news(rows):
        place = rate.assignment
        if rate.id is not None:
            run.ask(row, "", partial(rates.check_own, rate))
            for name, before in run.rates.was(rate).items():
                old, new = (units.price_cell(one, "nl") for one in (before, getattr(rate, name)))
                run.doubt(
                    row,
                    name,
                    N_("was %(old)s and becomes %(new)s, also for hours that were worked already"),
                    old=old,
                    new=new,
                )
        elif place.id is not None:
            check = partial(rates.check_unused, place, rate.valid_from_on, starts[place.code])
            run.ask(row, "", check)


ASSIGNMENTS = ImportFile(
    "assignments.csv",
    ("code",),
    {
        "code": columns.code,
        "employee_number": columns.code,
        "organisation": columns.code,
        **dict.fromkeys(("job_title", "basis", "entered_by"), word),
        "from": columns.day,
        "until": optional(columns.day),
        "budget_number": word,
        "max_hours_per_week": optional(columns.hours),
    },
    take_assignments,
    "assignments",
    record=records.RECORD,
    names={"from": "first_on", "until": "last_on", "max_hours_per_week": "max_minutes_per_week"},
)

RATES = ImportFile(
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
    record=rates.RECORD,
    names={"valid_from": "valid_from_on"},
)
