"""`konnekt forget`: what is past its term goes; without --do it says what would."""

import click
from peewee import SqliteDatabase

from konnekt.commands.prepared import prepared
from konnekt.db import db
from konnekt.domain.records import forget as forgetting

WHAT = {
    "mail": "mails that were sent or given up",
    "links": "links that no longer work",
    "invoices": "invoices without their documents and names",
    "bank": "lines of bank statements without names",
    "payroll": "payroll batches without names",
    "hours": "timesheets without remarks and old history",
    "accounts": "people",
}


@click.command()
@click.option("--do", "is_done", is_flag=True, help="Have it go; without, nothing changes.")
@prepared
def forget(is_done: bool) -> None:
    """Say what is past the terms of the agency, and with --do erase it; sums of hours and money stay."""
    for one in forgetting.forget() if is_done else forgetting.due():
        click.echo(f"{one.number:>7}  {WHAT[one.kind]} of before {one.before}")
        if one.waiting:
            click.echo(f"{one.waiting:>7}  more that wait: hours or money of theirs is still open")
    if not is_done:
        click.echo("Nothing was changed: `konnekt forget --do` erases this.")
    elif isinstance(db.obj, SqliteDatabase):
        # What was overwritten stands in the log beside the file until it is written into the file.
        db.execute_sql("PRAGMA wal_checkpoint(TRUNCATE)")
