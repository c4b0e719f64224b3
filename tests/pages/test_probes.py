"""What machines ask: /healthz, /readyz and /metrics."""

import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from flask import Flask

from konnekt import create_app, migrations
from konnekt.background import health, metrics, pulse, queue
from konnekt.config import BadSetting, Config
from konnekt.db import db
from konnekt.domain import clock
from konnekt.models import Job, Mail
from tests.command_line import children, has_ended, served
from tests.factories import World
from tests.visitor import Visitor

TOKEN = "3f1d-for-the-tests-alone"


@contextmanager
def nothing_asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setattr(db.obj, "connect", lambda **_: pytest.fail("it opens a connection"))
        patch.setattr(db.obj, "execute_sql", lambda *_: pytest.fail("it asks the database"))
        yield


def test_alive_touches_nothing(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = Visitor(app, world.supervisor)
    db.close()
    with nothing_asked(monkeypatch):
        response = visitor.client.get("/healthz")
    assert (response.status_code, response.text, response.mimetype) == (200, "ok\n", "text/plain")


def test_ready_names_what_is_not_well(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    client = Visitor(app).client
    assert client.get("/readyz").json == {"wrong": []}
    monkeypatch.setattr(health, "ROOM", 2**60)
    db.connect(reuse_if_open=True)
    pulse.note(["mail"])
    response = client.get("/readyz")
    assert (response.status_code, response.json) == (503, {"wrong": ["disk", "background work"]})


def test_ready_knows_its_tables(app: Flask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Older than the code, or newer."""
    client = Visitor(app).client
    for name in ("0001_initial_schema", "9999_later"):
        folder = tmp_path / name
        folder.mkdir()
        for file in migrations.FOLDER.glob("[0-9]*.py"):
            if file.stem != "0001_initial_schema":
                (folder / file.name).touch()
        (folder / f"{name}.py").touch()
    monkeypatch.setattr(migrations, "FOLDER", tmp_path / "0001_initial_schema")
    assert client.get("/readyz").json == {"wrong": []}
    monkeypatch.setattr(migrations, "FOLDER", tmp_path / "9999_later")
    assert client.get("/readyz").json == {"wrong": ["schema"]}


def mail(**columns: object) -> Mail:
    now = clock.now()
    given = {"queued_at": now, "due_at": now, "message_id": f"<{Mail.select().count()}@x>"}
    return Mail.create(kind="reminder", recipient="a@b.example", subject="", text="", **{**given, **columns})


def test_ready_knows_a_mail_server_that_is_silent_for_a_day(app: Flask) -> None:
    """Each try puts the next off, up to six hours: it is the mail that waits."""
    now = clock.now()
    tried = mail(
        queued_at=now - timedelta(hours=20), due_at=now + timedelta(hours=3), attempts=9,
        last_error="Unreachable: mail.example: ConnectionRefusedError",
    )  # fmt: skip
    assert health.post()[1:] == (False, "the oldest mail is due for 1200 minutes")
    Mail.update(last_error="450 mailbox full").where(Mail.id == tried.id).execute()
    assert health.post()[1:] == (True, "no mail waits"), "that is about one reader"


def figures(text: str) -> dict[str, float]:
    return {
        name: float(figure)
        for name, figure in re.findall(r"^([a-z]\S*(?:\{.*\})?) (\S+)$", text, re.MULTILINE)
    }


@pytest.fixture
def watched(own_app: Flask, config: Config) -> Flask:
    """The application where a token is set."""
    db.close_all()
    app = create_app(replace(config, metrics_token=TOKEN))
    app.config["TESTING"] = True
    db.connect(reuse_if_open=True)
    return app


def read(app: Flask) -> dict[str, float]:
    response = app.test_client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert response.status_code == 200
    assert response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    db.connect(reuse_if_open=True)
    return figures(response.text)


@pytest.mark.parametrize(
    "sent", ["", f"Bearer {TOKEN}x", "Bearer", "Bearer ", f"Basic {TOKEN}", TOKEN, "Bearer tökén-of-sixteen"]
)
def test_figures_are_for_who_knows_the_token(watched: Flask, sent: str) -> None:
    response = watched.test_client().get("/metrics", headers={"Authorization": sent} if sent else {})
    assert (response.status_code, response.headers["WWW-Authenticate"][:6]) == (401, "Bearer")
    assert "konnekt_" not in response.text


def test_without_a_token_there_are_none(app: Flask, world: World) -> None:
    for header in ("", "Bearer ", "Bearer x"):
        response = Visitor(app).client.get("/metrics", headers={"Authorization": header})
        assert response.status_code == 404


@pytest.mark.parametrize("token", ["short", "sixteen letters!", "é" * 16, "x" * 257])
def test_a_token_that_can_not_be(token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KONNEKT_METRICS_TOKEN", token)
    with pytest.raises(BadSetting, match="KONNEKT_METRICS_TOKEN") as refused:
        Config.from_environ()
    assert token not in str(refused.value)


def test_what_the_database_says(watched: Flask, world: World) -> None:
    now = clock.now()
    queue.queue("import", by=None)
    Job.create(kind="import", created_at=now, claimed_until_at=now + timedelta(minutes=1))
    Job.create(kind='od"d', created_at=now, ended_at=now, failure="It broke.")
    mail(queued_at=now - timedelta(minutes=5), due_at=now - timedelta(minutes=5))
    mail(due_at=now + timedelta(minutes=5))
    mail(failed_at=now)
    mail(sent_at=now)
    pulse.note(["mail"], failure="signal SIGKILL")
    found = read(watched)
    assert found['konnekt_jobs{kind="import",state="waiting"}'] == 1
    assert found['konnekt_jobs{kind="import",state="running"}'] == 1
    assert found['konnekt_jobs{kind="od\\"d",state="failed"}'] == 1
    assert [found[f'konnekt_mails{{state="{state}"}}'] for state in ("due", "resting", "failed")] == [1, 1, 1]
    assert found["konnekt_oldest_mail_seconds"] == 300
    assert found["konnekt_database_bytes"] > 100_000
    assert found["konnekt_database_answers"] == 1
    (failing,) = (one for one in found if one.startswith("konnekt_background_failing"))
    assert ('kind="mail"' in failing, found[failing]) == (True, 1)
    (version,) = (one for one in found if one.startswith("konnekt_build_info"))
    assert re.fullmatch(r'konnekt_build_info\{version="\d+\.\d+\.\d+\w*"\}', version)


def test_requests_are_counted(watched: Flask, world: World) -> None:
    def seen(route: str, status: str) -> float:
        return read(watched).get(f'konnekt_request_seconds_count{{route="{route}",status="{status}"}}', 0)

    asked = {
        ("healthz", "2xx"): "/healthz",
        ("none", "4xx"): "/nothing-here",
        ("account.index", "3xx"): "/account",
    }
    before = {key: seen(*key) for key in asked}
    for url in asked.values():
        watched.test_client().get(url)
    db.connect(reuse_if_open=True)
    assert {key: seen(*key) - figure for key, figure in before.items()} == dict.fromkeys(asked, 1)


def test_every_family_is_declared_once_before_its_figures(watched: Flask, world: World) -> None:
    pulse.note(pulse.KINDS)
    queue.queue("import", by=None)
    client = watched.test_client()
    text = client.get("/metrics", headers={"Authorization": f"bearer {TOKEN}"}).text
    family = ""
    declared = []
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            family = line.split()[2]
            declared.append(family)
        elif not line.startswith("#"):
            assert re.match(rf"{family}(_count|_sum)?[ {{]", line), line
    assert sorted(declared) == sorted(metrics.FAMILIES)


def test_figures_without_a_database(watched: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> Iterator[metrics.Sample]:
        raise metrics.PeeweeException("it is gone")

    monkeypatch.setattr(metrics, "background", gone)
    found = read(watched)
    assert found["konnekt_database_answers"] == 0
    assert not [name for name in found if name.startswith("konnekt_mails")]


def test_workers_are_added_up(world: World, config: Config, tmp_path: Path) -> None:
    """Each answers some of the requests, and whoever is asked knows all of them, also of a worker that is gone."""
    name = 'konnekt_request_seconds_count{route="healthz",status="2xx"}'
    arguments = ("--workers", "3", "--web-only")
    log = tmp_path / "log"
    with served(config, *arguments, log=log, KONNEKT_METRICS_TOKEN=TOKEN) as (process, address):

        def count() -> float:
            asked = Request(f"{address}/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
            with urlopen(asked, timeout=20) as answer:
                return figures(answer.read().decode())[name]

        before = count()
        for _ in range(30):
            with urlopen(f"{address}/healthz", timeout=20):
                pass
        assert [count() - before for _ in range(5)] == [30] * 5
        for worker in children(process.pid)[1:]:
            os.kill(worker, signal.SIGKILL)
            assert has_ended(worker)
        assert [count() - before for _ in range(5)] == [30] * 5
