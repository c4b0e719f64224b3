"""What the log says and what it leaves out: levels, probes, outages; and which request caused what."""

import json
import logging
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from peewee import OperationalError

from konnekt import create_app
from konnekt.background import cause, delivery, logs, mail, outages, queue, work
from konnekt.config import Config
from konnekt.db import db
from konnekt.domain.accounts import links
from konnekt.models import Job, Mail
from tests.command_line import running, served
from tests.factories import World
from tests.visitor import Visitor


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Callable[[], list[dict[str, Any]]]:
    """What was logged since it was last asked."""
    return lambda: [json.loads(line) for line in capsys.readouterr().err.splitlines()]


@pytest.fixture(autouse=True)
def outages_of_this_test_alone() -> Iterator[None]:
    outages.forget()
    yield
    outages.forget()


@pytest.fixture
def logging_app(own_app: Flask, config: Config) -> Iterator[Callable[..., Flask]]:
    """Makes an application with other settings of the log."""

    def make(**settings: Any) -> Flask:
        db.close_all()
        app = create_app(replace(config, **settings))
        app.config["TESTING"] = True
        db.connect(reuse_if_open=True)
        return app

    yield make
    logs.logger.setLevel(logging.INFO)


@pytest.mark.parametrize(
    ("level", "said"),
    [("debug", ["/healthz", "/login"]), ("info", ["/login"]), ("warning", []), ("error", [])],
)
def test_a_level_is_a_setting(
    logging_app: Callable[..., Flask], lines: Any, level: str, said: list[str]
) -> None:
    client = logging_app(log=level).test_client()
    client.get("/healthz")
    client.get("/login")
    assert [line["path"] for line in lines()] == said


def test_each_request_has_an_id(logging_app: Callable[..., Flask], lines: Any) -> None:
    app = logging_app()
    for _ in range(2):
        app.test_client().get("/login", headers={"X-Request-Id": "chosen-by-a-stranger"})
    first, second = (line["request"] for line in lines())
    assert first != second
    assert len(first) == 16
    assert cause.request_id() == "", "it is over"
    behind = logging_app(trusted_proxies=1)
    for name in ("7f-by_the_proxy", "x" * 65, "not one\tword"):
        behind.test_client().get("/login", headers={"X-Request-Id": name})
    known, *strange = (line["request"] for line in lines())
    assert known == "7f-by_the_proxy"
    assert [len(one) for one in strange] == [16, 16]


def test_what_a_request_caused_names_it(app: Flask, world: World, config: Config, lines: Any) -> None:
    Visitor(app).post("/password/forgotten", {"name": "noor@um.example"})
    (request,) = [line["request"] for line in lines() if line["path"] == "/password/forgotten"]
    db.connect(reuse_if_open=True)
    row = Mail.get()
    assert row.request_id == request
    delivery.deliver()
    (sent,) = lines()
    assert (sent["message"], sent["request"]) == (f"mail {row.id} (reset) was sent", request)


def test_a_job_names_who_asked(app: Flask, world: World, lines: Any) -> None:
    def fail(job: Job, _tell: queue.Tell) -> dict[str, Any]:
        links.send(world.noor, "reset")
        raise ZeroDivisionError

    with cause.of("0123abcd"):
        jobs = [queue.queue(kind, by=world.staff) for kind in ("good", "bad")]
    assert [job.request_id for job in jobs] == ["0123abcd"] * 2
    work.work(handlers={"good": lambda _job, _tell: {}, "bad": fail})
    said = lines()
    assert [line["message"] for line in said] == [
        f"job {jobs[0].id} (good) is done",
        f"job {jobs[1].id} (bad) failed",
    ]
    assert {line["request"] for line in said} == {"0123abcd"}
    assert Mail.get().request_id == "0123abcd", "what the job caused, the request did"
    assert queue.queue("good", by=None).request_id == ""


def test_an_outage_has_a_line_a_minute(app: Flask, lines: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [5000.0]
    monkeypatch.setattr(outages, "time", SimpleNamespace(monotonic=lambda: now[0]))

    def say() -> list[dict[str, Any]]:
        for _ in range(20):
            logs.logger.error("gone", extra=logs.outage(OperationalError("no")))
        return lines()

    (first,) = say()
    assert "left_out" not in first
    now[0] += 59
    assert say() == []
    now[0] += 1
    (second,) = say()
    assert second["left_out"] == 39
    assert len([logs.logger.error("no outage", extra=logs.outage(ValueError("no"))) for _ in range(2)]) == 2
    assert len(lines()) == 2


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_an_outage_is_counted_by_all_processes() -> None:
    """However many say it at once."""
    assert outages.left_out("database") == 0
    started = []
    for _ in range(4):
        child = os.fork()
        if not child:
            try:
                said = [outages.left_out("database") for _ in range(500)]
                os._exit(0 if said == [None] * 500 else 1)
            finally:
                os._exit(2)
        started.append(child)
    assert [os.waitpid(child, 0)[1] for child in started] == [0] * 4
    assert outages._cells[1] == 2000


def test_a_mail_server_that_is_away(app: Flask, world: World, config: Config, lines: Any) -> None:
    for _ in range(3):
        links.send(world.noor, "reset")
    mail.configure(replace(config, mail="smtp://127.0.0.1:9"))
    rounds = [delivery.deliver().failed for _ in range(4)]
    assert rounds == [1, 1, 1, 0]
    (line,) = lines()
    assert (line["level"], line["message"][:44]) == (
        "warning",
        "no mail can be handed over: 127.0.0.1: Conne",
    )


def test_every_line_is_json(world: World, config: Config, tmp_path: Path) -> None:
    """Of all commands that run until they are told to stop, gunicorn's own lines and other people's too."""
    log = tmp_path / "log"
    before = (
        "import logging, warnings, threading\n"
        "from konnekt.background import delivery\n"
        "def odd():\n"
        "    warnings.warn('odd')\n"
        "    logging.getLogger('elsewhere').warning('strange\\nlines')\n"
        "    threading.Thread(target=lambda: 1 / 0).start()\n"
        "    raise ValueError('a round')\n"
        "delivery.deliver = odd"
    )
    with (
        served(config, log=log, before=before, KONNEKT_LOG="debug"),
        running(config, "work", log=log, before=before, KONNEKT_LOG="debug"),
        running(config, "deliver", "--forever", log=log, before=before, KONNEKT_LOG="debug"),
    ):
        until = time.monotonic() + 30
        while log.read_text().count("the round failed") < 2 or log.read_text().count("works in the") < 2:
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.05)
    found = [json.loads(line) for line in log.read_text().splitlines()]
    said = {line["what"] for line in found}
    assert {"gunicorn.error", "elsewhere", "py.warnings", "konnekt", "error", "request"} <= said
    messages = [line.get("message", "") for line in found]
    assert len([one for one in messages if one.startswith("Konnekt is at http://127.0.0.1:")]) == 1
    assert len([one for one in messages if "THE CLOCK STANDS STILL" in one]) == 1
    assert "a thread ended" in messages
    assert not [one for one in messages if one.startswith("the process for")]


def test_a_database_that_is_away_has_one_line(world: World, config: Config, tmp_path: Path) -> None:
    """Of three processes, each of which finds out by itself."""
    log, rounds = tmp_path / "log", tmp_path / "rounds"
    before = (
        "import os\n"
        "from peewee import OperationalError\n"
        "from konnekt.background import delivery, work\n"
        "def gone(**_):\n"
        f"    with open({str(rounds)!r}, 'a') as file: file.write(f'{{os.getpid()}}\\n')\n"
        "    raise OperationalError('gone')\n"
        "delivery.deliver = work.work = gone"
    )
    rounds.touch()
    with served(config, log=log, before=before):
        until = time.monotonic() + 30
        while sorted([0, 0, 0, *Counter(rounds.read_text().split()).values()])[-3] < 2:
            assert time.monotonic() < until
            time.sleep(0.05)
    assert log.read_text().count("the round failed") == 1
