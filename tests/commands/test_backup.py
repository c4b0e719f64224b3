"""`konnekt backup` and `konnekt restore`: all comes back, and a damaged file changes nothing."""

import json
import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from threading import Event as Flag, Thread
from zipfile import ZipFile

import psycopg
import pytest
from click import ClickException

from konnekt import db as database
from konnekt.background import pulse, queue
from konnekt.commands import backup
from konnekt.config import Config
from konnekt.db import db
from konnekt.domain import clock
from konnekt.models import Account, Document, Job, Mail
from tests import invoice_cast
from tests.command_line import konnekt
from tests.domain.imports.import_sets import dump
from tests.factories import World


@contextmanager
def empty(config: Config, folder: Path) -> Iterator[Config]:
    """Another installation with nothing in it; its database goes afterwards."""
    folder.mkdir()
    if not config.database:
        yield replace(config, instance=folder)
        return
    server = config.database.rpartition("/")[0]
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute("CREATE DATABASE restored")
        try:
            yield replace(config, instance=folder, database=f"{server}/restored")
        finally:
            connection.execute("DROP DATABASE restored WITH (FORCE)")


@contextmanager
def connected(config: Config, back_to: Config) -> Iterator[None]:
    """With the models on another database."""
    db.close()
    if config.database:
        db.close_all()
    database.connect(config)
    with db.connection_context():
        yield
    if config.database:
        db.close_all()
    database.connect(back_to)
    db.connect(reuse_if_open=True)


@pytest.fixture
def whole(world: World, config: Config, tmp_path: Path) -> Path:
    """A backup of an installation with invoices and their documents."""
    invoice_cast.complete(world)
    invoice_cast.approve(world.sheet, world.supervisor)
    for invoice in invoice_cast.run():
        content = random.Random(invoice.id).randbytes(50_000)
        Document.create(
            invoice=invoice, kind="pdf", file_name="x.pdf", media_type="application/pdf", content=content, sha256=sha256(content).hexdigest(),
            created_at=clock.now(),
        )  # fmt: skip
    assert Document.select().exists()
    pulse.note(["mail"])
    assert konnekt(config, "migrate").returncode == 0
    done = konnekt(config, "backup", str(tmp_path / "whole.zip"))
    assert done.returncode == 0, done.stderr
    return tmp_path / "whole.zip"


def test_a_restored_copy_equals_the_original(whole: Path, config: Config, tmp_path: Path) -> None:
    before = dump()
    assert whole.stat().st_mode & 0o777 == 0o600
    with empty(config, tmp_path / "other") as other:
        done = konnekt(other, "restore", str(whole))
        assert done.returncode == 0, done.stderr
        assert "every one counted" in done.stdout
        assert other.secrets() == config.secrets()
        assert other.secret_path.stat().st_mode & 0o777 == 0o600
        assert konnekt(other, "migrate").returncode == 0
        with connected(other, config):
            after = dump()
        held = [row for row in after.pop("installation") if "mail held" in row]
        before_too = before.pop("installation")
        assert after.pop("background_process") == [], "those of the original do not run there"
        assert before.pop("background_process")
        assert after == before
        assert len(held) == 1
        assert before_too


def test_mail_of_a_restored_copy_waits_until_it_is_released(
    world: World, config: Config, tmp_path: Path
) -> None:
    assert konnekt(config, "invite", "new@um.example").returncode == 0
    Mail.update(sent_at=None).execute()
    assert konnekt(config, "migrate").returncode == 0
    assert konnekt(config, "backup", str(tmp_path / "b.zip")).returncode == 0
    with empty(config, tmp_path / "other") as other:
        assert konnekt(other, "restore", str(tmp_path / "b.zip")).returncode == 0
        assert konnekt(other, "deliver").stdout.startswith("0 sent")
        said = konnekt(replace(other, now=""), "check")
        assert "held back since a restore" in said.stdout
        assert said.returncode == 1
        assert konnekt(other, "release").stdout == "Mail goes out and long work is done again.\n"
        assert konnekt(other, "deliver").stdout.startswith("1 sent")
        assert konnekt(other, "release-mail").stdout == "Nothing was held back.\n", (
            "as it was called at first"
        )


def test_long_work_of_a_restored_copy_waits_too(world: World, config: Config, tmp_path: Path) -> None:
    """However long, and what was uploaded for it waits along."""
    job = queue.queue("import", by=world.staff, files={"budget_numbers.csv": b"x"})
    Job.update(created_at=clock.now() - timedelta(days=2)).execute()
    assert konnekt(config, "migrate").returncode == 0
    assert konnekt(config, "backup", str(tmp_path / "b.zip")).returncode == 0
    with empty(config, tmp_path / "other") as other:
        assert konnekt(other, "restore", str(tmp_path / "b.zip")).returncode == 0
        assert "job" not in konnekt(other, "deliver").stdout
        with connected(other, config):
            assert queue.find(job.id).attempts == 0
            assert list(queue.files(job)) == ["budget_numbers.csv"]
        assert konnekt(other, "release").returncode == 0
        assert konnekt(other, "deliver").stdout.endswith("1 job done\n")


def test_a_backup_that_was_cut_off_or_changed_is_refused(whole: Path, config: Config, tmp_path: Path) -> None:
    content = whole.read_bytes()
    chance = random.Random(7)
    cuts = [0, 1, len(content) // 2, len(content) - 1, *chance.sample(range(len(content)), 8)]
    damaged = [content[:cut] for cut in cuts]
    for at in chance.sample(range(len(content) - 2000), 8):
        damaged.append(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
    for number, one in enumerate(damaged):
        file = tmp_path / f"{number}.zip"
        file.write_bytes(one)
        with pytest.raises(ClickException, match="is no whole backup of Konnekt"):
            backup.read(file)
    with empty(config, tmp_path / "other") as other:
        for number in (0, len(damaged) - 1):
            done = konnekt(other, "restore", str(tmp_path / f"{number}.zip"))
            assert done.returncode == 1, number
            assert done.stderr.startswith("Error: ")
            assert list(other.instance.iterdir()) == []


def test_a_living_installation_is_not_overwritten(whole: Path, config: Config, tmp_path: Path) -> None:
    before = dump()
    done = konnekt(config, "restore", str(whole))
    assert done.returncode == 1
    assert "restore into" in done.stderr
    assert dump() == before
    again = konnekt(config, "backup", str(whole))
    assert again.returncode == 1
    assert "is there already" in again.stderr
    missing = konnekt(config, "restore", str(tmp_path / "none.zip"))
    assert missing.stderr == f"Error: There is no {tmp_path / 'none.zip'}.\n"


def test_a_backup_of_a_newer_version_or_another_kind(whole: Path, config: Config, tmp_path: Path) -> None:
    changed = tmp_path / "changed.zip"
    for facts, sentence in (
        ({"migrations": ["9999_later"]}, "is newer than this version"),
        ({"kind": "Oracle"}, "This backup is of Oracle"),
    ):
        with ZipFile(whole) as packed, ZipFile(changed, "w") as other:
            for name in ("database", "secret"):
                other.writestr(name, packed.read(name))
            other.writestr("manifest.json", json.dumps(json.loads(packed.read("manifest.json")) | facts))
        with empty(config, tmp_path / sentence[:10]) as fresh:
            done = konnekt(fresh, "restore", str(changed))
            assert done.returncode == 1
            assert sentence in done.stderr
            assert list(fresh.instance.iterdir()) == []


def test_people_work_while_it_is_copied(world: World, config: Config, tmp_path: Path) -> None:
    """Nobody waits, and the copy is of one moment: both halves of each change, or none."""
    assert konnekt(config, "migrate").returncode == 0
    over, rounds = Flag(), 0

    def work() -> None:
        nonlocal rounds
        while not over.is_set():
            with db.atomic():
                Account.update(first_name=f"A{rounds}").where(Account.id == world.noor.id).execute()
                Account.update(first_name=f"A{rounds}").where(Account.id == world.supervisor.id).execute()
            rounds += 1
        db.close()

    worker = Thread(target=work)
    worker.start()
    try:
        done = konnekt(config, "backup", str(tmp_path / "b.zip"))
    finally:
        over.set()
        worker.join()
    assert done.returncode == 0, done.stderr
    assert rounds > 3
    with empty(config, tmp_path / "other") as other:
        assert konnekt(other, "restore", str(tmp_path / "b.zip")).returncode == 0
        with connected(other, config):
            names = {Account.get_by_id(one.id).first_name for one in (world.noor, world.supervisor)}
    assert len(names) == 1


def test_a_damaged_database_makes_no_backup(tmp_path: Path, sqlite_template: Path) -> None:
    config = Config(instance=tmp_path / "instance")
    config.make_instance()
    shutil.copy(sqlite_template, config.instance / "konnekt.db")
    assert konnekt(config, "migrate").returncode == 0
    with sqlite3.connect(config.instance / "konnekt.db") as raw:
        raw.execute("PRAGMA foreign_keys = 0")
        raw.execute("INSERT INTO installation (id, name, value) VALUES (9, 'x', '')")
        raw.execute("INSERT INTO job_file (job_id, name, content) VALUES (77, 'x', '')")
    done = konnekt(config, "backup", str(tmp_path / "b.zip"))
    assert done.returncode == 1
    assert "The database is damaged" in done.stderr
    assert list(tmp_path.glob("*.zip")) == []
