"""Long work: claimed once, taken up again after a kill, ended with a result or a sentence."""

import multiprocessing
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
from konnekt import jobs as workshop
from konnekt.config import Config
from konnekt.db import db, transaction
from konnekt.domain import clock, jobs
from konnekt.domain.jobs import Interrupted, Tell
from konnekt.domain.refused import NotFound, Refused
from konnekt.models import Event, Job, JobFile
from tests.conftest import NOW
from tests.factories import World


def later(**time: float) -> None:
    clock.fix((clock.now() + timedelta(**time)).isoformat())


def note(job: Job, tell: Tell) -> dict[str, Any]:
    """A handler that does something in a transaction of its own and says how far it is."""
    for done in range(3):
        with transaction():
            Event.create(verb="note", at=clock.now(), thing=f"{job.id}:{done}", source="test")
        tell(done + 1, 3)
    return {"asked": job.asked, "files": sorted(jobs.files(job))}


def work(**handlers: Callable[[Job, Tell], dict[str, Any]]) -> int:
    return workshop.work(handlers=handlers or {"note": note})


def test_a_job_is_done_once_with_what_came_with_it(world: World) -> None:
    job = jobs.queue("note", by=world.staff, asked={"year": 2026}, files={"a.csv": b"\0\xff", "b.csv": b""})
    assert jobs.files(job) == {"a.csv": b"\0\xff", "b.csv": b""}
    assert work() == 1
    ended = jobs.find(job.id)
    assert ended.result == {"asked": {"year": 2026}, "files": ["a.csv", "b.csv"]}
    assert (ended.done, ended.total, ended.failure, ended.attempts) == (3, 3, "", 1)
    assert ended.ended_at == clock.now()
    assert ended.claimed_until_at is None
    assert work() == 0


def test_an_import_that_takes_long_holds_nobody_elses_work_up(world: World) -> None:
    imports, others = workshop.of(imports=True), workshop.of(imports=False)
    assert {**imports, **others} == workshop.HANDLERS
    assert sorted(imports) == ["import", "import_check"]
    first = jobs.queue("import_check", by=world.staff)
    second = jobs.queue("make_documents", by=world.staff)
    assert jobs.claim(imports) == first
    assert jobs.claim(imports) is None
    assert jobs.claim(others) == second


def test_what_is_rolled_back_was_never_queued(world: World) -> None:
    with pytest.raises(RuntimeError), transaction():
        jobs.queue("note", by=world.staff, files={"a": b"1"})
        raise RuntimeError
    assert (Job.select().count(), JobFile.select().count()) == (0, 0)


def test_oldest_first_and_only_what_one_knows(world: World) -> None:
    first, other, second = (jobs.queue(kind, by=None).id for kind in ("note", "other", "note"))
    seen: list[int] = []

    def remember(job: Job, tell: Tell) -> dict[str, Any]:
        seen.append(job.id)
        return {}

    assert work(note=remember) == 2
    assert seen == [first, second]
    assert jobs.find(other).attempts == 0


def test_most(world: World) -> None:
    for _ in range(3):
        jobs.queue("note", by=None)
    assert workshop.work(most=2, handlers={"note": note}) == 2


def test_a_claim_keeps_others_out_until_it_runs_out(world: World) -> None:
    job = jobs.queue("note", by=None)
    first = jobs.claim(["note"])
    assert first is not None
    later(seconds=59)
    assert jobs.claim(["note"]) is None
    jobs.tell(first, 1, 2)
    later(seconds=59)
    assert jobs.claim(["note"]) is None
    later(seconds=1)
    second = jobs.claim(["note"])
    assert second is not None
    assert second.attempts == 2
    with pytest.raises(Interrupted):
        jobs.tell(first, 2, 2)
    assert not jobs.renew(first)
    assert jobs.renew(second)
    jobs.end(first, {"by": "first"})
    jobs.fail(first)
    jobs.release(first)
    assert jobs.find(job.id).ended_at is None
    jobs.end(second, {"by": "second"})
    assert jobs.find(job.id).result == {"by": "second"}


def test_who_lost_the_claim_commits_nothing(world: World) -> None:
    jobs.queue("note", by=None)

    def slow(job: Job, tell: Tell) -> dict[str, Any]:
        later(minutes=2)
        other = jobs.claim(["note"])
        assert other is not None
        with transaction():
            Event.create(verb="note", at=clock.now(), source="test")
            tell(1, 1)
        return {}

    assert work(note=slow) == 1
    assert Event.select().where(Event.verb == "note").count() == 0
    assert Job.get().ended_at is None


def test_three_times_and_no_more(world: World) -> None:
    job = jobs.queue("note", by=None)
    for _ in range(3):
        assert jobs.claim(["note"]) is not None
        later(seconds=60)
    assert jobs.claim(["note"]) is None
    ended = jobs.find(job.id)
    assert ended.ended_at is not None
    assert jobs.why(ended) == (jobs.GAVE_UP, {"attempts": 3})


def test_a_refusal_is_the_failure_with_its_values(world: World) -> None:
    def no(job: Job, tell: Tell) -> dict[str, Any]:
        raise Refused("%(code)s ends on %(day)s", code="FSE", day=date(2026, 11, 30))  # not collected: a test

    job = jobs.queue("note", by=None)
    work(note=no)
    sentence, values = jobs.why(jobs.find(job.id))
    assert sentence % values == "FSE ends on 2026-11-30"
    assert values["day"] == date(2026, 11, 30)


def test_a_crash_ends_in_a_plain_sentence_and_is_logged(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    def crash(job: Job, tell: Tell) -> dict[str, Any]:
        with transaction():
            Event.create(verb="note", at=clock.now(), source="test")
            raise ZeroDivisionError

    job = jobs.queue("note", by=None)
    assert work(note=crash) == 1
    assert jobs.why(jobs.find(job.id)) == (jobs.FAILED, {})
    assert Event.select().where(Event.verb == "note").count() == 0
    assert "ZeroDivisionError" in caplog.text


def test_a_worker_that_is_told_to_stop_gives_the_job_back(world: World) -> None:
    job = jobs.queue("note", by=None)
    told: list[bool] = []

    def begins(job: Job, tell: Tell) -> dict[str, Any]:
        told.append(True)
        tell(1, 2)
        return {}

    assert workshop.work(handlers={"note": begins}, told=lambda: bool(told)) == 1
    back = jobs.find(job.id)
    assert (back.attempts, back.claimed_until_at, back.ended_at) == (0, None, None)
    assert work() == 1


def test_a_silent_handler_keeps_its_claim(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workshop, "SECONDS_BETWEEN_RENEWALS", 0.05)
    jobs.queue("note", by=None)

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
        jobs.queue("note", by=None)
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
        Event.create(verb="note", at=clock.now(), thing=f"{job.id}:0", source="test")
    tell(1, 3)
    time.sleep(600)
    return {}


def in_process(folder: str, url: str) -> None:
    database.connect(Config(instance=Path(folder), database=url))
    clock.fix(NOW)
    workshop.work(handlers={"note": hang})


def test_a_killed_worker_is_followed_by_the_next(config: Config, world: World) -> None:
    job = jobs.queue("note", by=None)
    process = multiprocessing.get_context("spawn").Process(
        target=in_process, args=(str(config.instance), config.database)
    )
    process.start()
    until = time.monotonic() + 30
    while jobs.find(job.id).done != 1:
        assert time.monotonic() < until
        time.sleep(0.05)
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    assert work() == 0, "the claim of the dead still stands"
    later(seconds=61)
    assert work() == 1
    ended = jobs.find(job.id)
    assert (ended.done, ended.total, ended.attempts) == (3, 3, 2)
    assert ended.result is not None


def test_uploads_go_after_a_day_and_jobs_after_a_month(world: World) -> None:
    job = jobs.queue("note", by=None, files={"a": b"1"})
    jobs.tidy()
    assert JobFile.select().count() == 1
    later(hours=23)
    young = jobs.queue("note", by=None, files={"b": b"2"})
    later(hours=1)
    jobs.tidy()
    assert jobs.files(job) == {}
    assert jobs.files(young) == {"b": b"2"}
    later(days=29)
    jobs.tidy()
    with pytest.raises(NotFound):
        jobs.find(job.id)
    assert jobs.find(young.id)


def test_each_kind_that_is_known_has_a_handler(app: Flask) -> None:
    assert all(callable(handler) for handler in workshop.HANDLERS.values())
