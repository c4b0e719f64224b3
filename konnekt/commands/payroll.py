"""`konnekt export`: prints the preview of a payroll batch, makes it, and writes its file."""

from pathlib import Path

import click

from konnekt.documents import payroll_files
from konnekt.domain import units
from konnekt.domain.payroll import drafts, make
from konnekt.models import PayrollBatch
from konnekt.screens import period_names

ENGLISH = "en"


def run(
    calendar: str, year: int, number: int, format: str, *, out: Path | None, again: int | None, dry_run: bool
) -> None:
    """Show what would be exported and what is left out, then make the batch and write its file.

    again: the number of a batch that was made before, as screens count them, from 1: its file is written
    once more.
    """
    if again is not None:
        _write(make.find_again(calendar, year, number, again - 1), format, out)
        return
    preview = make.preview(calendar, year, number, format)
    _print_preview(preview)
    if dry_run:
        click.echo("Dry run: nothing was exported.")
        return
    batch = make.export(calendar, year, number, format, by=None, source="command")
    click.echo(f"Batch {batch.sequence + 1} of {batch.pay_on} made.")
    _write(batch, format, out)


def _write(batch: PayrollBatch, format: str, out: Path | None) -> None:
    file = payroll_files.make(*make.hand_out(batch.id, format, by=None, source="command"), format)
    path = out or Path(file.name)
    try:
        path.write_bytes(file.content)
    except OSError as error:
        raise click.ClickException(
            f"The file can't be written: {error}. The batch is kept: "
            f"`konnekt export` with --again {batch.sequence + 1} writes it once more."
        ) from error
    click.echo(f"Written: {path}")


def _print_preview(preview: drafts.BatchPreview) -> None:
    period = preview.period
    name = period_names.with_days(period, str, "en_GB")
    click.echo(f"All hours up to {name}, paid on {period.pay_on}")
    for kind in preview.hour_types:
        click.echo(f"{kind.code}: {_hours(preview.of_type(kind.id))} hours")
    workers = "worker" if len(preview.wages) == 1 else "workers"
    gross = units.euros(preview.cents, ENGLISH)
    click.echo(f"{_hours(preview.minutes)} hours of {len(preview.wages)} {workers}, {gross} gross.")
    if preview.late_minutes:
        click.echo(f"of which late: {_hours(preview.late_minutes)} hours of earlier periods")
    for one in preview.left_out:
        who = one.worker.name if one.worker else f"{len(one.sheets)} sheets"
        of = one.organisation.code if one.organisation else "hour type"
        who = one.hour_type.code if one.hour_type else who
        click.echo(f"left out: {of} {who}: {_hours(one.minutes)} hours: {one.reason.value}")


def _hours(minutes: int) -> str:
    return units.hours_total(minutes, ENGLISH)
