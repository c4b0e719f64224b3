"""What every command needs before it works: the settings, a migrated database, one sentence for a refusal."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

import click
from flask import Flask, current_app

from konnekt.background import logs
from konnekt.commands import schema
from konnekt.config import Config
from konnekt.db import db
from konnekt.domain.refusals import Refused


def prepared(command: Callable[..., None]) -> Callable[..., None]:
    """Run a command on a migrated database, and have it say no in one sentence with exit code 1."""

    @wraps(command)
    def run(*args: Any, **options: Any) -> None:
        try:
            schema.require_migrated(settings())
            with logs.errors_alone(), db.connection_context():
                command(*args, **options)
        except Refused as refusal:
            raise click.ClickException(str(refusal)) from refusal

    return run


def application() -> Flask:
    """The application that the command runs in."""
    return cast(Any, current_app)._get_current_object()  # type: ignore[no-any-return]


def settings() -> Config:
    """The settings of the application that the command runs in."""
    config: Config = current_app.config["KONNEKT"]
    return config
