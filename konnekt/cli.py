"""The konnekt command."""

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import Any

import click
from flask import Flask, current_app
from flask.cli import FlaskGroup
from peewee import OperationalError
from playhouse.migrations import Runner

from konnekt import delivery, importing_cli, invoicing_cli, jobs, mail, payroll_cli, serving
from konnekt.config import Config
from konnekt.db import db
from konnekt.domain import clock, links, passwords, people, reminders
from konnekt.domain import jobs as long_work
from konnekt.domain.paying.payable import FORMATS
from konnekt.domain.refused import Refused
from konnekt.models import Mail
from konnekt.models.organisations import CALENDARS

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate_database() -> list[str]:
    """Apply what is pending, and renew what is derived from names; returns the names of the migrations."""
    with db.connection_context():
        applied = list(Runner(db.obj, str(MIGRATIONS)).up())
        people.renew_keys()
    return applied


def pending_migrations() -> list[str]:
    """The migrations that `migrate` would apply."""
    with db.connection_context():
        return [step.name for step in Runner(db.obj, str(MIGRATIONS)).status() if not step.applied]


def prepared(command: Callable[..., None]) -> Callable[..., None]:
    """Run a command on a migrated database, and have it say no in one sentence with exit code 1."""

    @wraps(command)
    def run(*args: Any, **options: Any) -> None:
        try:
            require_migrated()
            with db.connection_context():
                command(*args, **options)
        except Refused as refusal:
            raise click.ClickException(str(refusal)) from refusal
        except OperationalError as error:
            raise click.ClickException(f"The database can't be reached: {error}") from error

    return run


def require_migrated() -> None:
    """Stop with a sentence where there is no secret, or the tables are not those of this version."""
    config = settings()
    if not config.secret():
        raise click.ClickException(f"There is no secret in {config.instance}: run `konnekt migrate` first.")
    if pending_migrations():
        raise click.ClickException("The database is not up to date: run `konnekt migrate` first.")


def settings() -> Config:
    """The settings of the application that the command runs in."""
    found: Config = current_app.config["KONNEKT"]
    return found


@click.command()
def migrate() -> None:
    """Make the secret and the tables, or bring them up to date."""
    settings().make_secret()
    for name in migrate_database():
        click.echo(name)


@click.command()
@click.argument("email")
@click.option("--agency", is_flag=True, help="Make it an account of the agency's staff.")
@click.option("--first-name", default="")
@click.option("--last-name", default="")
@click.option("--username", default="", help="The user name the person had in E-Flexer.")
@click.option("--language", type=click.Choice(["nl", "en"]), default="nl", show_default=True)
@prepared
def invite(email: str, agency: bool, **person: str) -> None:
    """Make an account for EMAIL unless there is one, and mail a link to choose a first password."""
    account, mail = links.invite(email, by=None, source="command", is_agency_staff=agency, **person)
    delivery.deliver(only=mail)
    sent: Mail = Mail.get_by_id(mail.id)
    with delivery.transport() as way:
        if sent.sent_at:
            click.echo(f"Invitation for {account.email}: handed to {way.where}")
        else:
            click.echo(f"Invitation for {account.email} waits in the outbox: {sent.last_error}", err=True)


@click.command("set-password")
@click.argument("email")
@prepared
def set_password(email: str) -> None:
    """Set the password of the account EMAIL: typed twice, or one line on standard input."""
    account = people.find(email)
    if account is None:
        raise click.ClickException(f"There is no account {email}: `konnekt invite` makes one.")
    passwords.replace(account, _read_password(), by=None, source="command")
    click.echo(f"Password of {account.email} set; it is signed out everywhere.")


def _read_password() -> str:
    if sys.stdin.isatty():
        typed: str = click.prompt("Password", hide_input=True, confirmation_prompt=True)
        return typed
    try:
        line = sys.stdin.buffer.readline().decode()
    except UnicodeDecodeError as error:
        raise click.ClickException("The password on standard input is not UTF-8.") from error
    return line.removesuffix("\n").removesuffix("\r")


@click.command("import")
@click.argument("folder", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what would happen and change nothing.")
@prepared
def import_folder(folder: Path, dry_run: bool) -> None:
    """Import the CSV files of DIR: all of them, or none.

    Rows are found again by their key, so importing twice changes nothing. Errors go to standard error as
    `file:line: column: what is wrong`; then nothing is imported and the exit code is 1.
    """
    if not importing_cli.import_folder(folder, dry_run=dry_run):
        sys.exit(1)


@click.command()
@click.option("--calendar", type=click.Choice(CALENDARS), required=True)
@click.option("--period", "year_and_number", required=True, metavar="YEAR-NUMBER", help="Such as 2026-12.")
@click.option("--organisation", metavar="CODE", help="Of one organisation alone.")
@click.option("--date", "on", type=click.DateTime(["%Y-%m-%d"]), help="The invoice date; today if unset.")
@click.option("--dry-run", is_flag=True, help="Show the preview and issue nothing.")
@prepared
def invoice(
    calendar: str, year_and_number: str, organisation: str | None, on: datetime | None, dry_run: bool
) -> None:
    """Invoice the approved hours of a pay period: show what and what not, issue, make PDF and UBL.

    Hours are invoiced once; a run that was stopped is finished by running it again.
    """
    year, number = invoicing_cli.period(year_and_number)
    day = on.date() if on else clock.today()
    if not invoicing_cli.run(calendar, year, number, organisation, on=day, dry_run=dry_run):
        sys.exit(1)


@click.command()
@click.option("--calendar", type=click.Choice(CALENDARS), required=True)
@click.option("--period", "year_and_number", required=True, metavar="YEAR-NUMBER", help="Such as 2026-12.")
@click.option("--format", type=click.Choice(list(FORMATS)), default="neutral", show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Where to write the file.")
@click.option(
    "--again", type=click.IntRange(1), help="Write that batch of the pay date (1, 2, ...) once more."
)
@click.option("--dry-run", is_flag=True, help="Show the preview and export nothing.")
@prepared
def export(
    calendar: str, year_and_number: str, format: str, out: Path | None, again: int | None, dry_run: bool
) -> None:
    """Export the approved hours up to a pay period to payroll: show what and what not, make a batch of it.

    Hours are exported once. The file is written here under the batch's own name, or to --out.
    """
    year, number = invoicing_cli.period(year_and_number)
    payroll_cli.run(calendar, year, number, format, out=out, again=again, dry_run=dry_run)


@click.command()
@prepared
def remind() -> None:
    """Queue today's reminders: what waits for approval, and hours not sent while the deadline comes near.

    For cron, once a day; again on that day it queues nothing twice. Nothing on Sundays and closing days.
    """
    done = reminders.remind_all()
    click.echo(f"{len(done.told)} reminders queued, {len(done.before)} had one today")


@click.command()
@prepared
def deliver() -> None:
    """Send the mail that is due and do the long work that waits; `serve` does both itself."""
    try:
        done = delivery.deliver()
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{done.sent} sent, {done.failed} failed")
    worked = jobs.work()
    long_work.tidy()
    if worked:
        click.echo(f"{worked} {'job' if worked == 1 else 'jobs'} done")


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True)
@click.option("--workers", type=click.IntRange(1, 64), help="Server processes (KONNEKT_WORKERS).")
def serve(host: str, port: int, workers: int | None) -> None:
    """Serve the portal, deliver its mail and do its long work."""
    try:
        require_migrated()
        with delivery.transport():
            pass
    except OperationalError as error:
        raise click.ClickException(f"The database can't be reached: {error}") from error
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    serving.serve(settings(), host, port, workers or settings().workers)


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
def demo(port: int) -> None:
    """Fill an instance of its own with made-up people, once, and serve it on this machine alone."""
    # Here: only this command pays for it, a tenth of the time that each takes to start.
    from konnekt import demo as demonstration

    config = replace(settings(), mail="", url=f"http://127.0.0.1:{port}")
    mail.configure(config)
    config.make_secret()
    try:
        with db.connection_context():
            demonstration.claim(config)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    if migrate_database():
        click.echo("Filling the demonstration: a few seconds, once.")
    with db.connection_context():
        demonstration.fill(config)
    click.echo(f"Konnekt's demonstration: {config.url}")
    click.echo(f"Password of every account: {demonstration.password(config)}")
    for name, what in demonstration.ACCOUNTS.items():
        click.echo(f"  {demonstration.address(name):28}{what}")
    serving.serve(config, "127.0.0.1", port, config.workers)


COMMANDS = (migrate, import_folder, invite, set_password, invoice, export, remind, deliver, serve, demo)


def init_app(app: Flask) -> None:
    """Register the commands."""
    for command in COMMANDS:
        app.cli.add_command(command)


def main() -> None:
    """Run `konnekt`."""
    from konnekt import create_app

    # What the command writes (database, outbox) is for its own user: people's hours and addresses.
    os.umask(0o077)
    FlaskGroup(
        create_app=create_app,
        name="konnekt",
        add_default_commands=False,
        add_version_option=False,
        set_debug_flag=False,
    )()
