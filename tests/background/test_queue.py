"""Long work: claimed once, taken up again after a kill, ended with a result or a sentence."""

import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from konnekt import db as database
from konnekt.background import queue, work as workshop
from konnekt.background.queue import Interrupted, Tell
from konnekt.config import Config
from konnekt.db import db, transaction
from konnekt.domain import clock, events
from konnekt.domain.refusals import Conflict, NotFound
from konnekt.models import Event, Job, JobFile
from tests.conftest import NOW
from tests.factories import World
from tests.processes import processes


def later(**time: float) -> None:
    clock.fix((clock.now() + timedelta(**time)).isoformat())


def note(job: Job, tell: Tell) -> dict[str, Any]:
    """A handler that does something in a transaction of its own and says how far it is."""
    for done in range(3):
        with transaction():
            events.record("note", by=None, thing=f"{job.id}:{done}", source="test")
        tell(done + 1, 3)
    return {"asked": job.asked, "files": sorted(queue.files(job))}


def work(**handlers: Callable[[Job, Tell], dict[str, Any]]) -> int:
    return workshop.work(handlers=handlers or {"note": note})


def test_a_job_is_done_once_with_what_came_with_it(world: World) -> None:
    job = queue.queue("note", by=world.staff, asked={"year": 2026}, files={"a.csv": b"\0\xff", "b.csv": b""})
    assert queue.files(job) == {"a.csv": b"\0\xff", "b.csv": b""}
    assert work() == 1
    ended = queue.find(job.id)
    assert ended.result == {"asked": {"year": 2026}, "files": ["a.csv", "b.csv"]}
    assert (ended.done, ended.total, ended.failure, ended.attempts) == (3, 3, "", 1)
    assert ended.ended_at == clock.now()
    assert ended.claimed_until_at is None
    assert work() == 0


def test_an_import_that_takes_long_holds_nobody_elses_work_up(world: World) -> None:
    imports, others = workshop.of(imports=True), workshop.of(imports=False)
    assert {**imports, **others} == workshop.HANDLERS
    assert sorted(imports) == ["import", "import_check"]
    first = queue.queue("import_check", by=world.staff)
    second = queue.queue("make_documents", by=world.staff)
    assert queue.claim(imports) == first
    assert queue.claim(imports) is None
    assert queue.claim(others) == second


def test_what_is_rolled_back_was_never_queued(world: World) -> None:
    with pytest.raises(RuntimeError), transaction():
        queue.queue("note", by=world.staff, files={"a": b"1"})
        raise RuntimeError
    assert (Job.select().count(), JobFile.select().count()) == (0, 0)


def test_oldest_first_and_only_what_one_knows(world: World) -> None:
    first, other, second = (queue.queue(kind, by=None).id for kind in ("note", "other", "note"))
    seen: list[int] = []

    def remember(job: Job, tell: Tell) -> dict[str, Any]:
        seen.append(job.id)
        return {}

    assert work(note=remember) == 2
    assert seen == [first, second]
    assert queue.find(other).attempts == 0


def test_most(world: World) -> None:
    for _ in range(3):
        queue.queue("note", by=None)
    assert workshop.work(most=2, handlers={"note": note}) == 2


def test_a_claim_keeps_others_out_until_it_runs_out(world: World) -> None:
    job = queue.queue("note", by=None)
    first = queue.claim(["note"])
    assert first is not None
    later(seconds=59)
    assert queue.claim(["note"]) is None
    queue.tell(first, 1, 2)
    later(seconds=59)
    assert queue.claim(["note"]) is None
    later(seconds=1)
    second = queue.claim(["note"])
    assert second is not None
    assert second.attempts == 2
    with pytest.raises(Interrupted):
        queue.tell(first, 2, 2)
    assert not queue.renew(first)
    assert queue.renew(second)
    queue.end(first, {"by": "first"})
    queue.fail(first)
    queue.release(first)
    assert queue.find(job.id).ended_at is None
    queue.end(second, {"by": "second"})
    assert queue.find(job.id).result == {"by": "second"}


def test_who_lost_the_claim_commits_nothing(world: World) -> None:
    queue.queue("note", by=None)

    def slow(job: Job, tell: Tell) -> dict[str, Any]:
        later(minutes=2)
        other = queue.claim(["note"])
        assert other is not None
        with transaction():
            events.record("note", by=None, source="test")
            tell(1, 1)
        return {}

    assert work(note=slow) == 1
    assert Event.select().where(Event.verb == "note").count() == 0
    assert Job.get().ended_at is None


def test_three_times_and_no_more(world: World) -> None:
    job = queue.queue("note", by=None)
    for _ in range(3):
        assert queue.claim(["note"]) is not None
        later(seconds=60)
    assert queue.claim(["note"]) is None
    ended = queue.find(job.id)
    assert ended.ended_at is not None
    assert queue.why(ended) == (queue.GAVE_UP, {"attempts": 3})


def test_a_refusal_is_the_failure_with_its_values(world: World) -> None:
    def no(job: Job, tell: Tell) -> dict[str, Any]:
        raise Conflict(
            "%(code)s ends on %(day)s", code="FSE", day=date(2026, 11, 30)
        )  # not collected: a test

    job = queue.queue("note", by=None)
    work(note=no)
    sentence, values = queue.why(queue.find(job.id))
    assert sentence % values == "FSE ends on 2026-11-30"
    assert values["day"] == date(2026, 11, 30)


def test_a_crash_ends_in_a_plain_sentence_and_is_logged(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    def crash(job: Job, tell: Tell) -> dict[str, Any]:
        with transaction():
            events.record("note", by=None, source="test")
            raise ZeroDivisionError

    job = queue.queue("note", by=None)
    assert work(note=crash) == 1
    assert queue.why(queue.find(job.id)) == (queue.FAILED, {})
    assert Event.select().where(Event.verb == "note").count() == 0
    assert "ZeroDivisionError" in caplog.text


def test_a_worker_that_is_told_to_stop_gives_the_job_back(world: World) -> None:
    job = queue.queue("note", by=None)
    told: list[bool] = []

    def begins(job: Job, tell: Tell) -> dict[str, Any]:
        told.append(True)
        tell(1, 2)
        return {}

    assert workshop.work(handlers={"note": begins}, told=lambda: bool(told)) == 1
    back = queue.find(job.id)
    assert back.attempts == 0
    assert back.claimed_until_at is None
    assert back.ended_at is None
    assert work() == 1


def test_a_silent_handler_keeps_its_claim(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workshop, "SECONDS_BETWEEN_RENEWALS", 0.05)
    queue.queue("note", by=None)

    def silent(job: Job, tell: Tell) -> dict[str, Any]:
        before = Job.get().claimed_until_at
        later(seconds=50)
        until = time.monotonic() + 10
        while Job.get().claimed_until_at == before:
            assert time.monotonic() < until
            time.sleep(0.02)
        return {}

    work(note=silent)
    assert Job.get().result == {}


def test_many_workers_do_each_job_once(world: World) -> None:
    for _ in range(12):
        queue.queue("note", by=None)
    start = threading.Barrier(4)

    def attempt(_: int) -> int:
        start.wait()
        try:
            return work()
        finally:
            db.close()

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(attempt, range(4)))
    assert sum(done) == 12
    assert Event.select().where(Event.verb == "note").count() == 36
    assert {job.attempts for job in Job.select()} == {1}


def hang(job: Job, tell: Tell) -> dict[str, Any]:
    """Do a third of the work, say so, and never end."""
    with transaction():
        events.record("note", by=None, thing=f"{job.id}:0", source="test")
    tell(1, 3)
    time.sleep(600)
    return {}


def in_process(folder: str, url: str) -> None:
    database.connect(Config(instance=Path(folder), database=url))
    clock.fix(NOW)
    workshop.work(handlers={"note": hang})


def test_a_killed_worker_is_followed_by_the_next(config: Config, world: World) -> None:
    job = queue.queue("note", by=None)
    process = processes.Process(target=in_process, args=(str(config.instance), config.database))
    process.start()
    until = time.monotonic() + 30
    while queue.find(job.id).done != 1:
        assert time.monotonic() < until
        time.sleep(0.05)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert work() == 0, "the claim of the dead still stands"
    later(seconds=61)
    assert work() == 1
    ended = queue.find(job.id)
    assert (ended.done, ended.total, ended.attempts) == (3, 3, 2)
    assert ended.result is not None


def test_uploads_go_after_a_day_and_jobs_after_a_month(world: World) -> None:
    job = queue.queue("note", by=None, files={"a": b"1"})
    queue.tidy()
    assert JobFile.select().count() == 1
    later(hours=23)
    young = queue.queue("note", by=None, files={"b": b"2"})
    later(hours=1)
    queue.tidy()
    assert queue.files(job) == {"a": b"1"}, "it waits still"
    Job.update(ended_at=clock.now()).execute()
    queue.tidy()
    assert queue.files(job) == {}
    assert queue.files(young) == {"b": b"2"}
    later(days=29)
    queue.tidy()
    with pytest.raises(NotFound):
        queue.find(job.id)
    assert queue.find(young.id)


def test_each_kind_that_is_known_has_a_handler(app: Flask) -> None:
    assert all(callable(handler) for handler in workshop.HANDLERS.values())
