"""`konnekt import DIR`: prints what konnekt.domain.imports found and did."""

from pathlib import Path

import click
from peewee import PeeweeException

from konnekt.domain import imports
from konnekt.domain.imports import Report, RowOutcome, report as import_report

COLUMNS = (RowOutcome.NEW, RowOutcome.CHANGED, RowOutcome.UNCHANGED, RowOutcome.DIFFERENT)


def import_folder(folder: Path, *, dry_run: bool) -> bool:
    """Import a folder and print the report, errors to standard error; false where nothing was imported."""
    has_begun: list[Report] = []
    try:
        report = imports.import_folder(folder, dry_run=dry_run, begin=has_begun.append)
    except PeeweeException:
        if has_begun:
            click.echo("A part was imported. Import again: what is there stays, the rest follows.", err=True)
        raise
    _print_ignored(report)
    if report.is_ok:
        _print_table(report)
    else:
        _print_problems(report)
    return report.is_ok


def _print_ignored(report: Report) -> None:
    for name in report.ignored_files:
        click.echo(f"ignored: {import_report.shown(name)}: no file of an import set")
    for file in report.files.values():
        for column in file.ignored_columns:
            click.echo(f"ignored: {file.name}:1: {import_report.shown(column)}: unknown column")


def _print_problems(report: Report) -> None:
    for problem in report.problems:
        click.echo(str(problem), err=True)
    if report.unlisted_problems:
        click.echo(f"and {report.unlisted_problems} more", err=True)
    count = report.problem_count
    click.echo(f"{count} {'error' if count == 1 else 'errors'}: nothing was imported.", err=True)


def _print_table(report: Report) -> None:
    width = max(len(name) for name in report.files)
    click.echo("  ".join(["file".ljust(width), *(f"{column:>9}" for column in COLUMNS)]))
    for file in report.files.values():
        counts = (f"{file.count(column):>9}" for column in COLUMNS)
        click.echo("  ".join([file.name.ljust(width), *counts]))
    for difference in report.differences:
        click.echo(f"different: {difference}")
    for doubt in report.doubts:
        click.echo(f"doubtful: {doubt}")
    if report.is_dry_run:
        click.echo("Dry run: nothing was changed.")
