"""The konnekt command."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from flask import Flask
from flask.cli import FlaskGroup
from peewee import OperationalError

from konnekt.background import delivery, mail as background_mail, transport
from konnekt.commands import forgetting, importing, invoicing, operating, payroll, running, schema, serving
from konnekt.commands.prepared import prepared, settings
from konnekt.config import BadSetting
from konnekt.db import db
from konnekt.domain import clock
from konnekt.domain.accounts import factor_resets, links, passwords, people
from konnekt.domain.payroll import payable
from konnekt.domain.periods import reminders, report_letter
from konnekt.domain.records import invitations
from konnekt.models import Mail
from konnekt.models.organisations import CALENDARS

HELD = "mail is held back since a restore (konnekt release)"


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
    account, invitation = links.invite(email, by=None, source="command", is_agency_staff=agency, **person)
    delivery.deliver(only=invitation)
    sent: Mail = Mail.get_by_id(invitation.id)
    with transport.transport() as way:
        if sent.sent_at:
            click.echo(f"Invitation for {account.email}: handed to {way.where}")
        else:
            click.echo(
                f"Invitation for {account.email} waits in the outbox: {sent.last_error or HELD}", err=True
            )


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


@click.command("remove-factors")
@click.argument("email")
@prepared
def remove_factors(email: str) -> None:
    """Take the second factor of the account EMAIL away, where no two of the agency can."""
    account = people.find(email)
    if account is None:
        raise click.ClickException(f"There is no account {email}.")
    factor_resets.by_operator(account)
    click.echo(f"{account.email} signs in with the password alone; it is signed out everywhere.")


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
    """Import the CSV files of DIR, after all of them were checked.

    Rows are found again by their key, so importing twice changes nothing, and one that was stopped half way
    goes on. Errors go to standard error as `file:line: column: what is wrong`; then nothing is imported and
    the exit code is 1.
    """
    if not importing.import_folder(folder, dry_run=dry_run):
        sys.exit(1)


@click.command()
@click.option("--calendar", type=click.Choice(CALENDARS), help="Of one period alone, with --period.")
@click.option("--period", "year_and_number", metavar="YEAR-NUMBER", help="Such as 2026-12.")
@click.option("--all", "is_all", is_flag=True, help="Of every period, instead of those two.")
@click.option("--organisation", metavar="CODE", help="Of one organisation alone.")
@click.option("--date", "on", type=click.DateTime(["%Y-%m-%d"]), help="The invoice date; today if unset.")
@click.option("--dry-run", is_flag=True, help="Show the preview and issue nothing.")
@prepared
def invoice(
    calendar: str | None,
    year_and_number: str | None,
    is_all: bool,
    organisation: str | None,
    on: datetime | None,
    dry_run: bool,
) -> None:
    """Invoice approved hours, of all periods or one: show what and what not, issue, make PDF and UBL.

    Hours are invoiced once; a run that was stopped is finished by running it again.
    """
    # Not by leaving something out: what is issued is only taken back with credit notes.
    if (calendar is None) != (year_and_number is None) or is_all != (calendar is None):
        raise click.UsageError("say --calendar and --period together, or --all for every period")
    year, number = invoicing.period(year_and_number) if year_and_number else (0, 0)
    day = on.date() if on else clock.today()
    if not invoicing.run(calendar, year, number, organisation, on=day, dry_run=dry_run):
        sys.exit(1)


@click.command()
@click.option("--calendar", type=click.Choice(CALENDARS), required=True)
@click.option("--period", "year_and_number", required=True, metavar="YEAR-NUMBER", help="Such as 2026-12.")
@click.option("--format", type=click.Choice(list(payable.FORMATS)), default="neutral", show_default=True)
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
    year, number = invoicing.period(year_and_number)
    payroll.run(calendar, year, number, format, out=out, again=again, dry_run=dry_run)


@click.command()
@prepared
def remind() -> None:
    """Queue today's reminders: what waits for approval, and hours not sent while the deadline comes near.

    For cron, once a day; again on that day it queues nothing twice. Nothing on Sundays and closing days.
    Invitations that wait for a first assignment go on whichever day it begins; so do links to the report of
    a period whose approvals were due.
    """
    done = reminders.remind_all()
    click.echo(f"{len(done.told)} reminders queued, {len(done.before)} had one today")
    if reports := report_letter.queue_due():
        click.echo(f"{reports} reports queued")
    if invited := invitations.invite_due():
        click.echo(f"{invited} invitations queued")


@click.command()
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
def demo(port: int) -> None:
    """Fill an instance of its own with made-up people, once, and serve it on this machine alone."""
    # Here: only this command pays for it, a tenth of the time that each takes to start.
    from konnekt import demo as demonstration
    from konnekt.demo import beside

    config = replace(settings(), mail="", url=f"http://127.0.0.1:{port}")
    background_mail.configure(config)
    config.make_secret()
    try:
        with db.connection_context():
            demonstration.claim(config)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    if schema.migrate_database():
        click.echo("Filling the demonstration: a few seconds, once.")
    with db.connection_context():
        demonstration.fill(config)
        own = beside.begin(port + 1 if port < 65535 else port - 1)
    config = replace(config, providers=(own,) if own else ())
    click.echo(f"Konnekt's demonstration: {config.url}")
    click.echo(f"Password of every account: {demonstration.password(config)}")
    for name, what in demonstration.ACCOUNTS.items():
        click.echo(f"  {demonstration.address(name):28}{what}")
    if own:
        click.echo(f"A provider to sign in with, without a password: {own.issuer}")
    serving.serve(config, "127.0.0.1", port, config.workers)


COMMANDS = (
    *operating.COMMANDS,
    import_folder,
    invite,
    set_password,
    remove_factors,
    invoice,
    export,
    remind,
    forgetting.forget,
    *running.COMMANDS,
    demo,
)


def init_app(app: Flask) -> None:
    """Register the commands."""
    for command in COMMANDS:
        app.cli.add_command(command)
    app.cli.add_command(operating.release, "release-mail")  # as it was called when it held back mail alone


@contextmanager
def said_in_one_line() -> Iterator[None]:
    """Turn a setting, an option or a database that can't be into one line on standard error."""
    try:
        yield
    except BadSetting as error:
        raise click.ClickException(str(error)) from error
    except OperationalError as error:
        setting = "KONNEKT_DATABASE" if settings().database else "KONNEKT_INSTANCE"
        sentence = f"The database can't be reached ({setting}): {error}"
        raise click.ClickException(" ".join(sentence.split())) from error
    except click.MissingParameter:
        raise
    except click.BadParameter as error:
        raise click.ClickException(error.format_message()) from error


class Konnekt(FlaskGroup):
    """The command. Its help needs no settings, the commands do."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(command.name or "", command.get_short_help_str(60)) for command in COMMANDS])

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        with said_in_one_line():
            return super().get_command(ctx, name)

    def invoke(self, ctx: click.Context) -> Any:
        with said_in_one_line():
            return super().invoke(ctx)


def main() -> None:
    """Run `konnekt`."""
    from konnekt import create_app

    # What the command writes (database, outbox) is for its own user: people's hours and addresses.
    os.umask(0o077)
    # Settings come from the environment alone, which was read before anything was imported (begin.py).
    not_ours = ("add_default_commands", "add_version_option", "set_debug_flag", "load_dotenv")
    group = Konnekt(create_app=create_app, name="konnekt", **dict.fromkeys(not_ours, False))
    group.params = [param for param in group.params if param.name != "env_file"]
    click.version_option(package_name="konnekt", prog_name="konnekt")(group)
    group()
