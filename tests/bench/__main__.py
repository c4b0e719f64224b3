"""Measure what has to be quick, on SQLite and PostgreSQL: `make bench`. Figures to read, not tests."""

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from flask import Flask

from konnekt import create_app
from konnekt.cli import migrate_database
from konnekt.config import Config
from konnekt.db import db
from tests import postgresql
from tests.bench import approving, importing, invoicing, signing_in, weight
from tests.factories import World

NOW = "2026-11-30T09:00"


@contextmanager
def application(database: str) -> Iterator[Flask]:
    """An application on an empty, migrated database of its own."""
    with tempfile.TemporaryDirectory(prefix="konnekt-bench-") as folder:
        config = Config(instance=Path(folder), database=database, now=NOW)
        config.make_secret()
        app = create_app(config)
        logging.getLogger("konnekt").setLevel(logging.WARNING)
        migrate_database()
        db.connect(reuse_if_open=True)
        yield app
        db.close()
        if database:
            db.close_all()


def main() -> None:
    with postgresql.server() as server:

        def fresh(name: str) -> str:
            with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name}")
            return f"{server}/{name}"

        for kind in ("SQLite", "PostgreSQL"):
            is_remote = kind == "PostgreSQL"
            print(f"\n{kind}")
            importing.measure(fresh("imported") if is_remote else "")
            with application(fresh("approved") if is_remote else "") as app:
                approving.measure(app, World.make())
            with application(fresh("signed_in") if is_remote else "") as app:
                signing_in.measure(app, World.make())
            with application(fresh("invoiced") if is_remote else "") as app:
                invoicing.measure(app, World.make())
    print("\nOn an empty cache, a full page of timesheets waiting")
    with application("") as app:
        weight.measure(app, World.make())


if __name__ == "__main__":
    main()
