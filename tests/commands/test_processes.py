"""Background work in the open: commands of its own, who does what, who can't, and who says so."""

import json
import os
import signal
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from flask import Flask

from konnekt.background import health, pulse, queue, work
from konnekt.commands import processes
from konnekt.config import Config
from konnekt.db import db
from konnekt.domain import clock
from konnekt.domain.accounts import links
from konnekt.models import BackgroundProcess, Job, Mail
from tests.command_line import children, is_alive, konnekt, running, served
from tests.factories import World


def wait_for(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.05)


def readyz(address: str) -> tuple[int, list[str]]:
    try:
        with urlopen(f"{address}/readyz", timeout=20) as answer:
            return answer.status, json.load(answer)["wrong"]
    except HTTPError as error:
        with error:
            return error.code, json.load(error)["wrong"]


def no_application() -> Flask:
    raise RuntimeError("no templates\nhere")


@pytest.mark.filterwarnings("ignore:.*multi-threaded:DeprecationWarning")
def test_who_dies_at_once_rests_longer_each_time_and_says_why(
    config: Config, app: Flask, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    now = [1000.0]
    monkeypatch.setattr(processes, "time", SimpleNamespace(monotonic=lambda: now[0], sleep=time.sleep))
    helpers = processes.Helpers(config, processes.long_work_of(1), no_application)
    (child,) = helpers.children

    def dies() -> float:
        """Begin it and wait until it is gone; how long it rests."""
        helpers.tend()
        wait_for(lambda: helpers.reap() or not child.pid)
        return child.again - now[0]

    db.close_all()
    pauses = []
    for _ in range(8):
        pauses.append(dies())
        assert not child.pid
        helpers.tend()
        assert not child.pid, "it rests"
        now[0] = child.again
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 8
    assert lines[2].startswith(
        "the process for imports and work ended: RuntimeError: no templates here (test_"
    )
    assert lines[2].endswith("; again in 4 s")
    helpers.load = lambda: time.sleep(60) or app
    helpers.tend()
    now[0] += processes.SECONDS_TO_STAND + 1
    os.kill(child.pid, signal.SIGKILL)
    wait_for(lambda: helpers.reap() or not child.pid)
    assert child.again - now[0] == 1, "it had lived for a while"
    assert "ended: signal SIGKILL; again in 1 s" in caplog.records[-1].getMessage()


def test_no_process_more_to_be_had(
    config: Config, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse() -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr(os, "fork", refuse)
    before = len(list(Path("/proc/self/fd").iterdir()))
    helpers = processes.Helpers(config, [processes.MAIL], no_application)
    helpers.tend()
    helpers.tend()
    (line,) = [record.getMessage() for record in caplog.records]
    assert "the process for mail ended: BlockingIOError: [Errno 11] Resource temporarily unavailable" in line
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_one_that_can_not_start_shows(world: World, config: Config, tmp_path: Path) -> None:
    """Pages and mail go on; /readyz names it without a path, `konnekt check` says why, the log has a line each time."""
    before = (
        "from konnekt.commands import processes\n"
        "def broken(*_): raise OSError(2, 'No such file', '/srv/secret')\n"
        "processes._work_until_told = broken"
    )
    log = tmp_path / "log"
    konnekt(config, "migrate")
    with served(config, "--workers", "1", log=log, before=before) as (_process, address):
        wait_for(lambda: log.read_text().count("the process for ") == 4)
        wait_for(lambda: readyz(address) == (503, ["background work"]))
        mail = links.send(world.noor, "reset")
        wait_for(lambda: Mail.get_by_id(mail.id).sent_at is not None)
        code, said = (done := konnekt(config, "check")).returncode, done.stdout
        assert code == 1
        assert "imports at" in said and "FileNotFoundError: [Errno 2] No such file: '/srv/secret'" in said
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    ended = [line["message"] for line in lines if "the process for" in line.get("message", "")]
    assert [line.partition("; ")[2] for line in ended][:4] == ["again in 1 s"] * 2 + ["again in 2 s"] * 2


def test_one_that_is_killed_shows_until_the_next_has_lived_a_minute(
    world: World, config: Config, tmp_path: Path
) -> None:
    with running(config, "deliver", "--forever", log=tmp_path / "log") as process:
        wait_for(lambda: BackgroundProcess.select().where(BackgroundProcess.failure == "").exists())
        (child,) = children(process.pid)[1:]
        os.kill(child, signal.SIGKILL)
        wait_for(lambda: BackgroundProcess.get().failure == "signal SIGKILL")
        assert "mail at" in health.processes().said


def test_one_that_long_work_made_large_is_followed_by_a_new_one(
    world: World, config: Config, tmp_path: Path
) -> None:
    """At once, after the job, and without a word."""
    before = (
        "from konnekt.background import work\n"
        "kept = []\n"
        "work.HANDLERS['make_documents'] = lambda job, tell: kept.append(b'x' * job.asked['bytes'])"
    )
    log = tmp_path / "log"
    with running(config, "work", "--processes", "1", log=log, before=before) as process:
        wait_for(lambda: BackgroundProcess.select().exists())
        (first,) = children(process.pid)[1:]

        def work(size: int) -> None:
            job = queue.queue("make_documents", by=None, asked={"bytes": size})
            wait_for(lambda: Job.get_by_id(job.id).ended_at is not None)

        work(1_000_000)
        work(1)
        assert children(process.pid) == [process.pid, first]
        work(40_000_000)
        wait_for(lambda: first not in (family := children(process.pid)) and len(family) == 2)
        work(1)
    assert "ended" not in log.read_text()


def test_who_follows_one_that_grew_tells_of_no_earlier_death(
    world: World, config: Config, tmp_path: Path
) -> None:
    before = (
        "from konnekt.background import pulse, work\n"
        "pulse.SECONDS_BETWEEN, pulse.SECONDS_TO_RECOVER = 0.1, 1.0\n"
        "kept = []\n"
        "work.HANDLERS['make_documents'] = lambda job, tell: kept.append(b'x' * 40_000_000)"
    )

    def failures() -> set[str]:
        return {one.failure for one in BackgroundProcess.select()}

    with running(config, "work", "--processes", "1", log=tmp_path / "log", before=before) as process:
        wait_for(lambda: failures() == {""})
        os.kill(children(process.pid)[1], signal.SIGKILL)
        wait_for(lambda: failures() == {"signal SIGKILL"})
        wait_for(lambda: failures() == {""})
        (second,) = children(process.pid)[1:]
        queue.queue("make_documents", by=None, asked={})
        wait_for(lambda: second not in (family := children(process.pid)) and len(family) == 2)
        BackgroundProcess.update(failure="nothing yet").execute()
        wait_for(lambda: "nothing yet" not in failures())
        assert failures() == {""}


def test_units_of_their_own(world: World, config: Config, tmp_path: Path) -> None:
    """Pages by one command, mail by another, long work by a third; each ends when it is told to, with its own."""
    logs = [tmp_path / name for name in ("web", "work", "mail")]
    with served(config, "--workers", "1", "--web-only", log=logs[0]) as (web, address):
        assert len(children(web.pid)) == 2, "a master and a worker"
        mail = links.send(world.noor, "reset")
        job = queue.queue("make_documents", by=None, asked={"invoices": []})
        with (
            running(config, "work", "--processes", "3", log=logs[1]) as worker,
            running(config, "deliver", "--forever", log=logs[2]) as postman,
        ):
            wait_for(lambda: Job.get_by_id(job.id).ended_at is not None)
            wait_for(lambda: Mail.get_by_id(mail.id).sent_at is not None)
            wait_for(lambda: BackgroundProcess.select().count() == 4)
            rows = BackgroundProcess.select(BackgroundProcess.kind, BackgroundProcess.number).tuples()
            assert set(rows) == {("mail", 1), ("imports", 1), ("work", 1), ("work", 2)}
            assert readyz(address) == (200, [])
            families = [children(worker.pid), children(postman.pid)]
            assert [len(family) for family in families] == [4, 2]
            for process in (worker, postman):
                process.send_signal(signal.SIGTERM)
                assert process.wait(30) == 0
            assert [pid for family in families for pid in family if is_alive(pid)] == []
    assert "ended" not in "".join(log.read_text() for log in logs)


def test_a_parent_that_is_killed_leaves_nobody_behind(world: World, config: Config, tmp_path: Path) -> None:
    with running(config, "work", log=tmp_path / "log") as process:
        wait_for(lambda: len(children(process.pid)) == 3)
        family = children(process.pid)
        process.kill()
        process.wait(30)
        wait_for(lambda: not any(is_alive(pid) for pid in family))


def test_who_does_what() -> None:
    assert [duty.name for duty in processes.long_work_of(1)] == ["imports and work"]
    assert [duty.name for duty in processes.long_work_of(4)] == ["imports", "work", "work 2", "work 3"]
    for count in (1, 2, 4):
        done = {kind for duty in processes.long_work_of(count) for kind in duty.handlers or ()}
        assert done == set(work.HANDLERS)


def test_who_is_silent(config: Config, app: Flask) -> None:
    assert health.processes().is_well, "a new installation misses nobody"
    pulse.note(["mail"])
    assert health.processes()[1:] == (False, "nobody for imports has begun; nobody for work has begun")
    pulse.note(pulse.KINDS)
    assert health.processes().is_well
    hours_ago = clock.machine() - timedelta(hours=2)
    BackgroundProcess.update(host="other", seen_at=hours_ago, failure="signal SIGKILL").execute()
    assert not health.processes().is_well
    pulse.note(["imports", "work"])
    assert health.processes().said == f"nobody for mail since {hours_ago:%Y-%m-%d %H:%M} UTC"
    pulse.note(["mail"])
    assert health.processes().is_well, "another host does it, and the one that failed is gone"
    BackgroundProcess.update(seen_at=clock.machine()).where(
        (BackgroundProcess.host == "other") & (BackgroundProcess.kind == "work")
    ).execute()
    assert health.processes()[1:] == (False, "work at other: signal SIGKILL")
    BackgroundProcess.update(seen_at=hours_ago - pulse.FORGOTTEN).where(
        BackgroundProcess.host == "other"
    ).execute()
    pulse.note(pulse.KINDS)
    assert BackgroundProcess.select().count() == 3, "what was not seen for a day is forgotten"


def test_a_pulse(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(pulse, "time", SimpleNamespace(monotonic=lambda: now[0]))
    beat = pulse.Pulse(["mail"], 1, "signal SIGKILL")
    assert beat.failure() == "signal SIGKILL"
    now[0] = pulse.SECONDS_TO_RECOVER
    assert beat.failure() == ""
    beat.failed_round = "ValueError: no"
    assert beat.failure() == "ValueError: no"


def test_nobody_is_missed_where_cron_delivers(world: World, config: Config) -> None:
    """It is there for a moment only: what waits too long is what tells that it does not come."""
    konnekt(config, "deliver")
    assert health.processes().is_well
    assert not BackgroundProcess.select().exists()
