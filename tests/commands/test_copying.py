"""`konnekt copy-database`: what SQLite had is what PostgreSQL has, or PostgreSQL has nothing."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path

import psycopg
import pytest
from flask import Flask

from konnekt import demo
from konnekt.background import queue
from konnekt.commands import schema
from konnekt.config import Config
from konnekt.db import db
from konnekt.domain import clock
from konnekt.domain.accounts import devices, passkeys, recovery_codes, sessions
from konnekt.domain.approvals import deputy_requests
from konnekt.domain.periods import deadlines
from konnekt.domain.records import erasing, people
from konnekt.models import (
    TABLES,
    Account,
    BackgroundProcess,
    ClosingDay,
    DecisionLink,
    DecisionLinkSheet,
    Deputy,
    Dispatch,
    Document,
    Event,
    FactorReset,
    Identity,
    Invoice,
    Job,
    LedgerBatch,
    LedgerSettings,
    Mail,
    NewsDevice,
    Organisation,
    PostponedInvoice,
    ProposedChange,
    ProviderRequest,
    ReminderStep,
    RetentionTerm,
    SignInAttempt,
    Timesheet,
)
from tests import demonstration, factories, one_time_codes, soft_passkeys
from tests.command_line import COMMAND, environment, konnekt, served
from tests.commands.test_backup import connected, empty
from tests.domain.imports.import_sets import dump
from tests.factories import World

on_sqlite = pytest.mark.parametrize("config", ["sqlite"], indirect=True)


@contextmanager
def target(config: Config, url: str, folder: Path) -> Iterator[Config]:
    """An installation with an empty PostgreSQL database, and the secret of the one that is copied."""
    with empty(replace(config, database=url), folder) as other:
        other.write_secret(config.secret_path.read_text())
        yield other


def file(config: Config) -> str:
    return str(config.instance / "konnekt.db")


def ask(config: Config, sql: str) -> list[tuple[object, ...]]:
    with psycopg.connect(config.database) as connection:
        return connection.execute(sql).fetchall()


def tables(config: Config) -> list[object]:
    """The tables that are there."""
    return [name for (name,) in ask(config, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]


@on_sqlite
def test_the_whole_demonstration_goes_over(
    app: Flask, config: Config, postgresql_url: str, tmp_path: Path
) -> None:
    """Every table with rows of every kind: truth, days, moments, JSON, documents; and people sign in there."""
    (config.instance / "demo-password").write_text("zes-groene-eenden\n")
    demo.fill(config)
    sessions.start(Account.get())
    SignInAttempt.create(key="x", began_at=clock.now(), at=clock.now())
    first = Deputy.get()
    deputy_requests.ask(
        first.organisation.code, "nobody@um.example", first.first_on, first.last_on, by=first.supervisor
    )
    assert konnekt(config, "migrate").returncode == 0
    assert konnekt(config, "invite", "invited@um.example").returncode == 0
    Job.update(ended_at=clock.now()).execute()  # its documents take long
    assert konnekt(config, "deliver").returncode == 0
    Document.create(
        invoice=Invoice.get(), kind="pdf", file_name="x.pdf", media_type="application/pdf", sha256="",
        content=bytes(range(256)), created_at=clock.now(),
    )  # fmt: skip
    queue.queue("import_check", by=None, asked={"één": [1, None, "\\N\t"]}, files={"leeg": b"", "a": b"\\x"})
    ClosingDay.get_or_create(day=date(2026, 12, 25), defaults={"name_nl": "Kerst\\\n\t", "name_en": ""})
    one_time_codes.set_up(worker := Account.get(Account.employee_number.is_null(False)))
    recovery_codes.renew(worker, by=worker)
    deadlines.renew(worker)
    NewsDevice.create(account=worker, endpoint="https://één.example/", created_at=clock.now())
    soft_passkeys.set_up(worker)
    passkeys.creation_options(worker, soft_passkeys.BROWSER, soft_passkeys.SITE)
    devices.know(worker, "")
    FactorReset.create(account=worker, asked_by=worker, asked_at=clock.now(), reason="één")
    facts = {"before": {"iban": "één"}, "after": {"iban": None, "is_active": True}}
    ProposedChange.create(**facts, proposed_by=worker, proposed_at=clock.now(), ends_at=clock.now())
    BackgroundProcess.create(host="één", kind="import", number=1, seen_at=clock.now())
    Identity.create(account=worker, issuer="https://één.example", subject="é", created_at=clock.now())
    ProviderRequest.create(
        state_hash="x", browser_hash="", provider="één", purpose="sign_in", sealed="x",
        created_at=clock.now(), expires_at=clock.now(),
    )  # fmt: skip
    link = DecisionLink.create(account=worker, token_hash="x", made_at=clock.now(), ends_at=clock.now())
    DecisionLinkSheet.create(link=link, timesheet=Timesheet.get(), revision=1)
    RetentionTerm.create(kind="mail", number=6)
    ReminderStep.create(step=1, days=5, text_nl="één")
    LedgerSettings.get_or_create(id=1, defaults={"from_on": date(2026, 12, 25), "debtors_account": "één"})
    LedgerBatch.create(
        number=99, documents=1, debit_cents=1, created_at=clock.now(), frozen={"één": [1, None]}
    )
    Dispatch.create(
        invoice=Invoice.get(), nth=2, way="mail", recipient="één@um.example", documents="pdf", mail=Mail.get(),
        asked_at=clock.now(),
    )  # fmt: skip
    invoice = Invoice.get()
    PostponedInvoice.create(
        organisation=invoice.organisation, pay_period=invoice.pay_period, reason="één", created_at=clock.now()
    )
    gone, staff = factories.account("Teun", "Verbeek"), Account.get(Account.is_agency_staff)
    people.close(gone.id, by=staff, is_sure=True)
    erasing.erase(gone.id, by=staff)
    # Nothing waits, on whatever day this runs.
    Mail.update(sent_at=clock.now()).where(Mail.sent_at.is_null()).execute()
    Job.update(ended_at=clock.now()).where(Job.ended_at.is_null()).execute()
    before = dump()
    assert [model.__name__ for model in TABLES if not before[model._meta.table_name]] == []
    with target(config, postgresql_url, tmp_path / "other") as other:
        done = konnekt(other, "copy-database", file(config))
        assert done.returncode == 0, done.stderr
        lines = done.stdout.splitlines()
        assert len(lines) == len(TABLES) + 1
        assert f"hour: {len(before['hour'])} rows, checksum " in done.stdout
        assert lines[-1].startswith(f"{sum(map(len, before.values()))} rows are in restored, ")
        checked = konnekt(replace(other, now=""), "check").stdout
        assert "ok    schema: " in checked
        assert "ok    kept facts: " in checked
        assert "FAIL" not in checked, checked
        assert konnekt(other, "migrate").stdout == ""
        verified = konnekt(other, "audit", "verify")
        assert (verified.returncode, "1 of them without their words" in verified.stdout) == (0, True), (
            verified
        )
        with connected(other, config):
            assert dump() == before | {"background_process": []}, "where those of the original do not run"
            for model in (Account, Event, Job):
                biggest = model.select(model.id).order_by(model.id.desc()).scalar()
                columns = {"verb": "x", "hash": "x", "kind": "x", "email": "new@um.example"}
                names = {key: value for key, value in columns.items() if key in model._meta.fields}
                moments = {"at", "created_at"} & set(model._meta.fields)
                made = model.create(**names, **dict.fromkeys(moments, clock.now()))
                assert made.id == biggest + 1, model
        with served(other, log=tmp_path / "log") as (_, address):
            site = demonstration.Site(address, "supervisor", "zes-groene-eenden")
            assert demonstration.approve(site) >= 9
    assert dump() == before


@on_sqlite
def test_what_is_refused_and_leaves_nothing(
    world: World, config: Config, postgresql_url: str, tmp_path: Path
) -> None:
    assert konnekt(config, "migrate").returncode == 0

    def refused(to: Config, sentence: str, source: str = file(config)) -> None:
        done = konnekt(to, "copy-database", source)
        assert done.returncode in (1, 2)
        assert done.stdout == ""
        assert sentence in done.stderr
        assert done.stderr.startswith("Error: ")
        assert len(done.stderr.splitlines()) == 1, done.stderr

    refused(config, "KONNEKT_DATABASE has to name where to copy to")
    with target(config, postgresql_url, tmp_path / "other") as other:
        refused(other, "does not exist", str(tmp_path / "none.db"))
        for content in (b"", b"no database at all"):
            (tmp_path / "else.db").write_bytes(content)
            refused(other, "can't be read as a database of Konnekt", str(tmp_path / "else.db"))
        other.write_secret("another")
        refused(other, "is not that of")
        other.write_secret(config.secret_path.read_text())
        newest = schema.migration_names()[-1]
        rename = "UPDATE schema_migration SET name = ? WHERE name = ?"
        db.execute_sql(rename, ("9999_later", newest))
        refused(other, "is newer than this")
        db.execute_sql("DELETE FROM schema_migration WHERE name = '9999_later'")
        refused(other, "is older than this")
        assert tables(other) == []


@on_sqlite
@pytest.mark.parametrize(
    ("table", "change"),
    [
        ("organisation", {"code": "x" * 300}),
        ("organisation", {"name": "a\0b"}),
        ("organisation", {"parent_id": 77}),
        ("organisation", {"payment_term_days": 2**40}),
    ],
)
def test_a_row_that_postgresql_refuses(
    world: World, config: Config, postgresql_url: str, tmp_path: Path, table: str, change: dict[str, object]
) -> None:
    """SQLite keeps what it is given, the length of a text and the size of a number included."""
    assert konnekt(config, "migrate").returncode == 0
    db.execute_sql("PRAGMA foreign_keys = 0")
    ((column, value),) = change.items()
    db.execute_sql(f"UPDATE {table} SET {column} = ? WHERE id = {world.law.id}", (value,))
    db.execute_sql("PRAGMA foreign_keys = 1")
    with target(config, postgresql_url, tmp_path / "other") as other:
        done = konnekt(other, "copy-database", file(config))
        assert done.returncode == 1
        assert done.stderr.startswith(f"Error: Nothing was copied: a row of {table} is refused there: ")
        assert len(done.stderr.splitlines()) == 1
        assert tables(other) == []


@on_sqlite
def test_a_database_with_rows_is_left_alone(
    world: World, config: Config, postgresql_url: str, tmp_path: Path
) -> None:
    assert konnekt(config, "migrate").returncode == 0
    with target(config, postgresql_url, tmp_path / "other") as other:
        assert konnekt(other, "migrate").returncode == 0
        with connected(other, config):
            Organisation.create(code="X", name="X", calendar="week")
            before = dump()
        done = konnekt(other, "copy-database", file(config))
        assert done.returncode == 1
        assert "is not empty (organisation has rows)" in done.stderr
        with connected(other, config):
            assert dump() == before


@on_sqlite
@pytest.mark.parametrize("end", ["kill", "database gone"])
def test_what_ends_it_in_the_middle_leaves_nothing_and_it_can_be_done_again(
    world: World, config: Config, postgresql_url: str, tmp_path: Path, end: str
) -> None:
    assert konnekt(config, "migrate").returncode == 0
    with target(config, postgresql_url, tmp_path / "other") as other:
        assert konnekt(other, "migrate").returncode == 0
        with psycopg.connect(other.database) as holder:
            # Whoever reads goes on, whoever writes waits: the copy stops before its last table.
            holder.execute("LOCK TABLE waiting_sheet IN SHARE MODE")
            process = subprocess.Popen(
                [*COMMAND, "copy-database", file(config)],
                env=environment(other),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            assert process.stdout is not None
            for line in process.stdout:
                if line.startswith("session: "):
                    break
            if end == "kill":
                process.kill()
            else:
                others = "datname = current_database() AND pid <> pg_backend_pid()"
                holder.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others}")
            _, error = process.communicate(timeout=60)
            assert end == "kill" or (process.returncode, error.count("\n"), error[:7]) == (1, 1, "Error: ")
        assert ask(other, "SELECT count(*) FROM account") == [(0,)]
        done = konnekt(other, "copy-database", file(config))
        assert done.returncode == 0, done.stderr
        with connected(other, config):
            after = dump()
    assert after == dump()
