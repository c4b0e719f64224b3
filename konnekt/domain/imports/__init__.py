"""Import of the files that an agency exports from its back office (the README of the import sets is law).

`import_folder` and `import_files` check everything first and write only when nothing is wrong: one run is one
transaction. What they found is a Report; printing it is somebody else's work.
"""

import logging
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path

from peewee import IntegrityError

from konnekt.db import hold, transaction
from konnekt.domain import flags
from konnekt.domain.imports import (
    agency,
    assignments,
    doubts,
    hours,
    organisations,
    people,
    periods,
    reading,
    sheets,
)
from konnekt.domain.imports.grids import Grid
from konnekt.domain.imports.report import MOST_PROBLEMS, Outcome, Problem, Report
from konnekt.domain.imports.run import File, Run
from konnekt.domain.refused import N_, Refused
from konnekt.models import Account

__all__ = ["FILES", "Grid", "Outcome", "Problem", "Report", "import_files", "import_folder"]

log = logging.getLogger(__name__)

# Each file after those that it refers to.
FILES: list[File] = [
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


def _silence(_done: int, _total: int) -> None:
    """Nobody waits to hear how far it is."""


# Their keys are typed: one that a spreadsheet lost the zeros of looks like a new one.
CODED = ("organisations.csv", "budget_numbers.csv", "hour_types.csv", "assignments.csv")

# What the flags of waiting timesheets depend on.
FLAG_INPUTS = ("budget_numbers", "hour_types", "closing_days", "assignments", "rates")


def import_folder(path: Path, *, dry_run: bool = False) -> Report:
    """Import the files of a folder; one that is no part of an import set is only named in the report."""
    known = {file.name for file in FILES}
    report = Report(is_dry_run=dry_run)
    files: dict[str, bytes | Grid] = {}
    for file in sorted(path.iterdir()):
        if file.name not in known:
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
    return _import(report, files)


def import_files(
    files: Mapping[str, bytes | Grid],
    *,
    dry_run: bool = False,
    tell: Tell = _silence,
    most_problems: int = MOST_PROBLEMS,
    agreed: str | None = None,
    finish: Callable[[Report], None] | None = None,
    by: Account | None = None,
) -> Report:
    """Import files by name, wherever they came from; with dry_run nothing is written.

    tell: hears how many rows of how many are done. agreed: the effect that somebody said yes to; another one
    is not carried out. finish: called last in the transaction that writes. by: who
    asked for it, None for the command.
    """
    known = {file.name for file in FILES}
    report = Report(is_dry_run=dry_run, ignored_files=sorted(set(files) - known), most_problems=most_problems)
    if not known & set(files):
        report.add_problem(Problem("", 0, "", N_("no file of an import set is here")))
    return _import(report, files, tell, agreed, finish, by)


def _import(
    report: Report,
    files: Mapping[str, bytes | Grid],
    tell: Tell = _silence,
    agreed: str | None = None,
    finish: Callable[[Report], None] | None = None,
    by: Account | None = None,
) -> Report:
    try:
        # A dry run holds nobody up: SQLite has one writer.
        with nullcontext() if report.is_dry_run else transaction():
            # Two imports at once would insert the same keys: the second waits for the first.
            hold("import")
            run = Run(report, tell)
            if report.is_dry_run:
                run.load_all(FILES)
            run.expect(files)
            for file in FILES:
                if file.name in files:
                    rows = run.read(file, files[file.name])
                    file.take(run, rows)
                    if file.name in CODED:
                        doubts.of_new_codes(run, rows, file.key, run.known(file))
                    run.advance(len(rows))
            if report.is_ok and not report.is_dry_run:
                if agreed is not None and report.effect != agreed:
                    raise Refused(
                        "Since these files were checked somebody changed what they touch. Check them again."
                    )
                _write(run)
                people.write_addresses(run, by)
                if finish is not None:
                    finish(report)
    except IntegrityError as error:
        log.warning("The database refused an import: %s", error)
        report.add_problem(
            Problem("", 0, "", N_("Somebody changed the same rows at the same moment: import again."))
        )
    except Refused as refused:
        report.add_problem(Problem("", 0, "", refused.sentence, refused.values))
    report.sort()
    return report


def _write(run: Run) -> None:
    tables = [run.table(file) for file in FILES if file.table in run.__dict__]
    for table in tables:
        if table is not None:
            table.write()
    if "budget_numbers" in run.__dict__:
        organisations.write_search_keys(run)
    touched = sheets.write(run, run.sheets)
    if touched or any(name in run.__dict__ and getattr(run, name).is_touched for name in FLAG_INPUTS):
        flags.refresh_all_waiting()
