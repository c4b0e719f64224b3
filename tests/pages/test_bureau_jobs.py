"""/bureau/jobs: how far long work is, for agency staff alone."""

import json
from datetime import timedelta

import pytest
from flask import Flask

from konnekt.background import queue
from konnekt.domain import clock
from konnekt.models import Job
from tests.factories import World
from tests.visitor import Visitor


@pytest.fixture
def staff(app: Flask, world: World) -> Visitor:
    return Visitor(app, world.staff)


@pytest.fixture
def job(world: World) -> Job:
    return queue.queue("other", by=world.staff)


def test_it_says_how_far_it_is(staff: Visitor, job: Job) -> None:
    page = staff.get(f"/bureau/jobs/{job.id}").text
    assert "Dit begint zo meteen." in page
    assert 'hx-trigger="every 1s"' in page
    assert f'<noscript><p><a class="button" href="/bureau/jobs/{job.id}">Vernieuwen</a>' in page
    claimed = queue.claim(["other"])
    assert claimed is not None
    assert "Begonnen." in staff.get(f"/bureau/jobs/{job.id}").text
    queue.tell(claimed, 20, 80)
    page = staff.get(f"/bureau/jobs/{job.id}").text
    assert "20 van 80 (25 %)</label>" in page, "how long the rest takes is not known yet"
    assert '<progress id="job-done" max="80" value="20">' in page


def test_it_says_how_long_the_rest_takes(staff: Visitor, job: Job) -> None:
    """At the pace of who works on it now: what a killed one did before took none of its time."""
    killed = queue.claim(["other"])
    assert killed is not None
    queue.tell(killed, 0, 80)
    queue.tell(killed, 40, 80)
    queue.release(killed)
    claimed = queue.claim(["other"])
    assert claimed is not None
    queue.tell(claimed, 40, 80)
    queue.tell(claimed, 60, 80)
    Job.update(begun_at=clock.machine() - timedelta(seconds=100)).execute()
    assert "60 van 80 (75 %) · nog ongeveer 2 minuten" in staff.get(f"/bureau/jobs/{job.id}").text
    Job.update(begun_at=clock.machine() - timedelta(seconds=21)).execute()
    assert "nog ongeveer 30 seconden" in staff.get(f"/bureau/jobs/{job.id}").text
    assert "60 van 80 (75 %)" in staff.get("/bureau").text, "who closed the browser finds it here"


def test_a_page_that_was_read_before_it_knew_goes_on(job: Job) -> None:
    """What an older version claimed has no moment at which it began."""
    claimed = queue.claim(["other"])
    assert claimed is not None
    Job.update(done=3, total=9, begun_at=None).execute()
    progress = queue.progress(queue.find(job.id))
    assert (progress.done, progress.total, progress.seconds_left) == (3, 9, None)


def test_htmx_gets_the_partial_and_hears_the_end_once(staff: Visitor, job: Job) -> None:
    waiting = staff.with_htmx().get(f"/bureau/jobs/{job.id}")
    assert waiting.text.lstrip().startswith('<div class="block flow" id="job-progress"')
    assert "HX-Trigger" not in waiting.headers, "nothing is read out each second"
    claimed = queue.claim(["other"])
    assert claimed is not None
    queue.end(claimed, {"endpoint": "bureau.index"})
    ended = staff.get(f"/bureau/jobs/{job.id}")
    assert json.loads(ended.headers["HX-Trigger"])["notice"] == "Het werk is klaar."
    assert "hx-trigger" not in ended.text
    assert 'href="/bureau"' in ended.text


def test_a_failure_is_said_in_the_readers_language(staff: Visitor, job: Job) -> None:
    claimed = queue.claim(["other"])
    assert claimed is not None
    queue.fail(claimed)
    page = staff.get(f"/bureau/jobs/{job.id}").text
    assert "Hier ging iets mis." in page
    assert "hx-trigger" not in page


def test_who_may_not_look(app: Flask, world: World, staff: Visitor, job: Job) -> None:
    assert staff.get(f"/bureau/jobs/{job.id + 1}").status_code == 404
    for other in (world.supervisor, world.noor, world.registrar):
        assert Visitor(app, other).get(f"/bureau/jobs/{job.id}").status_code == 403
    assert staff.post(f"/bureau/jobs/{job.id}").status_code == 405
