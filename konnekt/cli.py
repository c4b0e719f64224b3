"""The konnekt command."""

from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import FlaskGroup
from playhouse.migrations import Runner

from konnekt.db import db

MIGRATIONS = Path(__file__).parent / "migrations"


def migrate_database() -> list[str]:
    """Apply what is pending; returns the names."""
    with db.connection_context():
        return list(Runner(db.obj, str(MIGRATIONS)).up())


@click.command()
def migrate() -> None:
    """Make the secret and the tables, or bring them up to date."""
    current_app.config["KONNEKT"].make_secret()
    for name in migrate_database():
        click.echo(name)


def init_app(app: Flask) -> None:
    """Register the commands."""
    for command in (migrate,):
        app.cli.add_command(command)


def main() -> None:
    """Run `konnekt`."""
    from konnekt import create_app

    FlaskGroup(create_app=lambda: create_app(), add_default_commands=False, name="konnekt")()
