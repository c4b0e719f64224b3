"""Import of the files that an agency exports from its back office (docs/imports.md is law).

`import_folder` and `import_files` check everything first, without a lock, and write only when nothing is
wrong: the records in one transaction, then the timesheets in portions, between which others work. Each leaves
a true database; what was interrupted is finished by importing again, which writes what is not there yet. What
they found is a Report; printing it is somebody else's work.
"""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from peewee import IntegrityError

from konnekt.db import hold, transaction
from konnekt.domain import flags
from konnekt.domain.imports import (
    agency,
    assignments,
    changes,
    hours,
    organisations,
    people,
    periods,
    reading,
    warnings,
)
from konnekt.domain.imports.files import ImportFile
from konnekt.domain.imports.grids import FileGrid
from konnekt.domain.imports.report import MOST_PROBLEMS, Problem, Report
from konnekt.domain.imports.run import Run
from konnekt.domain.refusals import N_, Conflict, Refused
from konnekt.models import Account, BudgetNumber

log = logging.getLogger(__name__)

OVERTAKEN = N_("Somebody changed the same rows at the same moment: import again.")

# Each file after those that it refers to.
FILES: list[ImportFile] = [
    agency.AGENCY,
    organisations.ORGANISATIONS,
    organisations.BUDGET_NUMBERS,
    agency.HOUR_TYPES,
    agency.CLOSING_DAYS,
    periods.PAY_PERIODS,
    people.PEOPLE,
    people.RIGHTS,
    assignments.ASSIGNMENTS,
    assignments.RATES,
    hours.HOURS,
]
Tell = Callable[[int, int], None]
Step = Callable[[Report], None]
# How often it is looked at anew where somebody changed records between the checking and the writing.
ATTEMPTS = 3


def _silence(_done: int, _total: int) -> None:
    """Nobody waits to hear how far it is."""


def _nothing(_report: Report) -> None:
    """Nobody has a step of their own."""


class _Plan(NamedTuple):
    """What is to be imported, and how; see import_files."""

    files: Mapping[str, bytes | FileGrid]
    tell: Tell = _silence
    agreed: str | None = None
    goes_on: bool = False
    begin: Step = _nothing
    finish: Step = _nothing
    by: Account | None = None


# Their keys are typed: one that a spreadsheet lost the zeros of looks like a new one.
CODED = ("organisations.csv", "budget_numbers.csv", "hour_types.csv", "assignments.csv")


def import_folder(path: Path, *, dry_run: bool = False, begin: Step = _nothing) -> Report:
    """Import the files of a folder; one that is no part of an import set is only named in the report.

    begin: called in the first transaction that writes.
    """
    file_names = {file.name for file in FILES}
    report = Report(is_dry_run=dry_run)
    files: dict[str, bytes | FileGrid] = {}
    for file in sorted(path.iterdir()):
        if file.name not in file_names:
            if file.suffix.lower() == ".csv":
                report.ignored_files.append(file.name)
            continue
        try:
            with file.open("rb") as stream:
                files[file.name] = stream.read(reading.LARGEST_FILE + 1)
        except OSError as error:
            why = error.strerror or "unknown error"
            report.add_problem(Problem(file.name, 1, "", N_("can't be read: %(why)s"), {"why": why}))
    if not files and report.is_ok:
        names = ", ".join(file.name for file in FILES)
        report.add_problem(
            Problem(path.name, 0, "", N_("no file of an import set is here (%(names)s)"), {"names": names})
        )
    return _import(_Plan(files, begin=begin), report)


def import_files(
    files: Mapping[str, bytes | FileGrid],
    *,
    dry_run: bool = False,
    tell: Tell = _silence,
    most_problems: int = MOST_PROBLEMS,
    agreed: str | None = None,
    goes_on: bool = False,
    begin: Step = _nothing,
    finish: Step = _nothing,
    by: Account | None = None,
) -> Report:
    """Import files by name, wherever they came from; with dry_run nothing is written.

    tell: hears how many rows of how many are done, in each transaction too. agreed: the effect that somebody
    said yes to; another one is not carried out. goes_on: one that was stopped wrote the records, only hours
    follow. begin and finish: called in the first transaction that writes and in the last. by: who asked for
    it, None for the command.
    """
    file_names = {file.name for file in FILES}
    report = Report(
        is_dry_run=dry_run, ignored_files=sorted(set(files) - file_names), most_problems=most_problems
    )
    if not file_names & set(files):
        report.add_problem(Problem("", 0, "", N_("no file of an import set is here")))
    return _import(_Plan(files, tell, agreed, goes_on, begin, finish, by), report)


def _import(plan: _Plan, report: Report) -> Report:
    for attempt in range(ATTEMPTS):
        fresh = report.afresh()
        run = Run(fresh, plan.tell, plan.by)
        try:
            _check(run, plan)
            if fresh.is_dry_run or not fresh.is_ok or _carry_out(run, plan):
                break
            if attempt == ATTEMPTS - 1:
                fresh.add_problem(Problem("", 0, "", OVERTAKEN))
        except IntegrityError as error:
            log.warning("The database refused an import: %s", str(error).partition("\n")[0])
            fresh.add_problem(Problem("", 0, "", OVERTAKEN))
            break
        except Refused as refused:
            fresh.add_problem(Problem("", 0, "", refused.sentence, refused.values))
            break
    fresh.sort()
    return fresh


def _check(run: Run, plan: _Plan) -> None:
    """Read everything and say what would become of it. It holds nobody up: SQLite has one writer."""
    run.load_all(FILES)
    run.expect(plan.files)
    for file in FILES:
        if file.name in plan.files:
            if file.is_long:
                file.take(run, run.read(file, plan.files[file.name]))
                continue
            rows = list(run.read(file, plan.files[file.name]))
            file.take(run, rows)
            table = run.table(file)
            if file.name in CODED and table is not None:
                warnings.of_new_codes(run, rows, file.key, table.stored_keys())
            run.advance(len(rows))
    changes.list_all(run)


def _carry_out(run: Run, plan: _Plan) -> bool:
    """Write what was checked; false, and nothing is written, where somebody changed records meanwhile."""
    if plan.agreed is not None and run.report.effect != plan.agreed:
        raise Conflict("Since these files were checked somebody changed what they touch. Check them again.")
    # Who goes on has written the records, which somebody may have changed since: they stay as they are.
    if not plan.goes_on and not _carry_out_records(run, plan):
        return False
    if not run.report.is_ok:
        return True
    if run.hours is not None:
        hours.write(run, run.tell_now)
    flags.count_sums()
    hours.refresh_flags(run.tell_now)
    with transaction():
        plan.finish(run.report)
    return True


def _carry_out_records(run: Run, plan: _Plan) -> bool:
    with transaction():
        # One import at a time, and no form of the agency beside it (records.audited).
        hold("import")
        if not run.is_as_read():
            return False
        run.ask_again()
        if run.report.is_ok:
            _write_records(run)
            changes.write_events(run, plan.by)
            people.tell_alone(run)
            plan.begin(run.report)
            run.tell_now()
    return True


def _write_records(run: Run) -> None:
    tables = {file.table: table for file in FILES if (table := run.table(file)) is not None}
    for table in tables.values():
        table.write()
    people.end_links(run)
    organisations.write_search_keys(run)
    numbers = _counted_anew(run)
    if numbers is not None:
        flags.forget_sums(numbers)


def _counted_anew(run: Run) -> Any:
    """The budget numbers on which hours may cost something else now; None for none."""
    of_all = BudgetNumber.select(BudgetNumber.id)
    if any("multiplier_percent" in before for _row, before in run.hour_types.changed.values()):
        return of_all
    new_assignments = {id(assignment) for assignment in run.assignments.new}
    rates = [*run.rates.new, *(row for row, _before in run.rates.changed.values())]
    places = {rate.assignment.organisation.id for rate in rates if id(rate.assignment) not in new_assignments}
    return of_all.where(BudgetNumber.organisation.in_(places)) if places else None
