"""Every test that touches the database runs on SQLite and on PostgreSQL."""

import gc
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from threading import Lock
from unittest.mock import patch

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import settings

from konnekt import create_app, db as database
from konnekt.background import mail
from konnekt.commands.schema import migrate_database
from konnekt.config import Config
from konnekt.db import db
from konnekt.documents import pdf, report
from konnekt.documents.pdf import Printer
from konnekt.domain import clock
from konnekt.domain.accounts import passwords, sessions
from konnekt.models import TABLES, Account
from tests import factories, postgresql
from tests.lasting_connections import LastingPool

NOW = "2026-11-30T09:00"

# A tenth of a second per hash is meant for who guesses passwords; the tests of the hash take the real one.
REAL_HASHER = passwords.HASHER
passwords.HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)

# The same examples in every run, and no test fails because the machine is busy.
settings.register_profile("suite", derandomize=True, deadline=None)
settings.load_profile("suite")

# What is imported stays, and requests leave few cycles: the collector need not walk over all that every second.
gc.set_threshold(100_000, 50, 100)


def pytest_collection_finish() -> None:
    gc.collect()
    gc.freeze()


# Fifteen times as fast as TRUNCATE for tables of a few rows: no triggers (so no foreign keys), ids from 1 again.
# setval, for ALTER SEQUENCE makes a new file each time: 3.5 ms of the server's instead of 10, for each test;
# and where one was taken from alone, a fifth of them: 2.5 ms.
EMPTY_POSTGRESQL = (
    "SET session_replication_role = replica;"
    + "".join(f'DELETE FROM "{model._meta.table_name}";' for model in TABLES)
    + """SET session_replication_role = origin;
    SELECT setval(seqrelid::regclass, 1, false) FROM pg_sequence WHERE pg_sequence_last_value(seqrelid) > 0"""
)


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A migrated PostgreSQL database, one per test process."""
    import psycopg

    name = f"test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    with postgresql.server() as url:
        with psycopg.connect(f"{url}/postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        with patch.object(database, "PostgresqlPool", LastingPool):
            database.connect(Config(instance=Path(), database=f"{url}/{name}"))
            migrate_database()
            db.obj.last()
            db.close_all()
            yield f"{url}/{name}"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file that each test copies."""
    folder = tmp_path_factory.mktemp("template")
    database.connect(Config(instance=folder))
    migrate_database()
    db.close_all()
    return folder / "konnekt.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def config(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Config]:
    """The settings of one test: an instance folder of its own and an empty, migrated database."""
    config = Config(instance=tmp_path / "instance", now=NOW)
    config.make_secret()
    if request.param == "sqlite":
        template = request.getfixturevalue("sqlite_template")
        shutil.copy(template, config.instance / "konnekt.db")
        # As long as somebody has it open, a request that ends writes no checkpoint and removes no file. It asks what
        # stands at the head of the file: to read all tables for that took 2.5 ms of each test.
        with closing(sqlite3.connect(config.instance / "konnekt.db", check_same_thread=False)) as keeper:
            keeper.execute("PRAGMA user_version").fetchall()
            yield config
        db.close_all()
    else:
        config = replace(config, database=request.getfixturevalue("postgresql_url"))
        yield config
        db.close_all()
        database.connect(config)
        db.execute_sql(EMPTY_POSTGRESQL)
        db.close_all()
    clock.fix("")


class LastingPrinter(Printer):
    """A process that makes PDFs until the tests are over, one at a time for whoever asks.

    What is the same to the letter it makes once, 0.2 s each: test_pdf.py proves that it comes out the same.
    """

    def __init__(self) -> None:
        super().__init__()
        self._turn = Lock()
        self._made: dict[tuple[str, date], bytes] = {}

    def pdf(self, html: str, on: date) -> bytes:
        """As any other does."""
        with self._turn:
            if (html, on) not in self._made:
                self._made[html, on] = super().pdf(html, on)
            return self._made[html, on]

    def close(self) -> None:
        """Go on: the next test prints too."""

    def end(self) -> None:
        """No test prints any more."""
        super().close()


@pytest.fixture(scope="session", autouse=True)
def printer() -> Iterator[Printer]:
    """One process that makes the PDFs of all tests: what it imports takes as long as ten invoices."""
    lasting = LastingPrinter()
    with patch.object(pdf, "Printer", lambda: lasting), patch.object(report, "Printer", lambda: lasting):
        yield lasting
    lasting.end()


@pytest.fixture(scope="session")
def application(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """One application for all tests of a process: making one takes as long as most tests."""
    config = Config(instance=tmp_path_factory.mktemp("application"))
    config.make_secret()
    return create_app(config)


@pytest.fixture
def app(config: Config, application: Flask) -> Iterator[Flask]:
    """The application with the settings of this test, and a connection open for the test itself.

    A test that changes the application takes own_app.
    """
    application.config["TESTING"] = True
    application.config["KONNEKT"] = config
    application.config["SECRET_KEY"] = config.secret()
    clock.fix(config.now)
    database.connect(config)
    if not config.database:
        db.obj.pragma("synchronous", "off", permanent=True)  # no test cuts the power
    mail.configure(config)
    db.connect(reuse_if_open=True)
    yield application


@pytest.fixture
def own_app(config: Config, app: Flask) -> Flask:
    """An application for this test alone, to change at will."""
    db.close_all()
    own = create_app(config)
    own.config["TESTING"] = True
    db.connect(reuse_if_open=True)
    return own


@pytest.fixture
def world(app: Flask) -> factories.World:
    """The cast: a worker, her supervisor, a supervisor of another organisation, agency staff."""
    return factories.cast()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def sign_in(client: FlaskClient, account: Account) -> str:
    """Give the client a signed-in session without the sign-in page; returns the token."""
    db.connect(reuse_if_open=True)
    token = sessions.start(account)
    with client.session_transaction() as session:
        session["_user_id"] = token
        session["_fresh"] = True
    return token
