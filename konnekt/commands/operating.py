"""The commands of who runs the portal: making it, looking after it, bringing it back."""

import sys
from datetime import datetime
from pathlib import Path

import click

from konnekt.background import delivery, mail
from konnekt.commands import auditing, backup as backups, checking, copying, schema
from konnekt.commands.prepared import prepared, settings
from konnekt.db import db
from konnekt.domain.accounts import factors
from konnekt.models import Authenticator


@click.command()
def migrate() -> None:
    """Make the secret and the tables, or bring them up to date."""
    for name in schema.migrate(settings()):
        click.echo(name)


@click.command("new-secret")
def new_secret() -> None:
    """Make a new secret; what the one before signed still holds. Copy it to every host, then restart."""
    settings().make_instance()
    with db.connection_context():
        if settings().secrets() and db.table_exists(Authenticator):
            factors.renew_seals()
        settings().renew_secret()
        schema.remember_secret(settings())
    click.echo(f"A new secret is in {settings().secret_path}; restart the portal on every host that has it.")


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def backup(file: Path) -> None:
    """Write database, documents and secret to FILE while people work, and check what was written."""
    schema.require_migrated(settings())
    click.echo(f"{file}: {backups.backup(settings(), file)} bytes")


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def restore(file: Path) -> None:
    """Bring the backup FILE back into an empty instance and database.

    Mail and long work are held back there until `konnekt release`.
    """
    manifest = backups.restore(settings(), file)
    click.echo(
        f"{sum(manifest['rows'].values())} rows of {manifest['made_at'][:16]} are back, every one counted."
    )
    click.echo("Run `konnekt migrate`, look around, then `konnekt release` lets mail and long work go.")


@click.command("copy-database")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def copy_database(file: Path) -> None:
    """Copy the SQLite database FILE to the empty one of KONNEKT_DATABASE, and compare each row.

    Stop the portal first: what people change in FILE afterwards is not in the copy.
    """
    rows = copying.copy(settings(), file, click.echo)
    click.echo(f"{rows} rows are in {db.obj.database}, every one compared. {file} was not changed.")


@click.command()
@prepared
def release() -> None:
    """Let mail go out and long work be done that were held back since a restore."""
    was_held = delivery.release()
    click.echo("Mail goes out and long work is done again." if was_held else "Nothing was held back.")


@click.command()
def check() -> None:
    """Say whether everything that the portal needs is well; the exit code is 1 where something is not."""
    findings = checking.findings(settings())
    for one in findings:
        click.echo(f"{'ok  ' if one.is_well else 'FAIL'}  {one.name}: {one.said}")
    if not all(one.is_well for one in findings):
        sys.exit(1)


@click.group()
def audit() -> None:
    """Look through the record of what happened, and give an auditor what proves it."""


@audit.command()
@click.option("--head", "heads", multiple=True, help="A line that `konnekt audit head` gave; several times.")
@prepared
def verify(heads: tuple[str, ...]) -> None:
    """Say whether any event was changed, removed, added or moved; the exit code is 1 where one was."""
    findings = auditing.verify()
    for line in heads:
        for sentence in auditing.compare(line, settings()):
            findings.add(sentence)
    for sentence in findings.said:
        click.echo(f"FAIL  {sentence}")
    if findings.wrong > len(findings.said):
        click.echo(f"FAIL  and {findings.wrong - len(findings.said)} more")
    if findings.wrong:
        sys.exit(1)
    like = " and as the heads say" if heads else ""
    click.echo(f"ok    {findings.events} events of {findings.chains} things are as they were written{like}")
    if findings.erased:
        click.echo(f"      {findings.erased} of them without their words, which were erased as events say")


@audit.command()
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="Up to which day (UTC); yesterday if unset.")
@click.option("--mail", "to", metavar="ADDRESS", help="Mail it to this address too.")
@prepared
def head(day: datetime | None, to: str | None) -> None:
    """Print one line that stands for all events up to the end of a day, signed; keep it elsewhere."""
    on = day.date() if day else auditing.newest_day()
    if on > auditing.newest_day():
        raise click.ClickException(f"{on} is not over yet: a day has its head an hour after its end (UTC).")
    line = auditing.head(on).line(settings().secrets()[0])
    click.echo(line)
    if to:
        queued = mail.queue("audit_head", to, on=on, line=line)
        delivery.deliver(only=queued)


COMMANDS = (migrate, new_secret, check, backup, restore, copy_database, release, audit)
