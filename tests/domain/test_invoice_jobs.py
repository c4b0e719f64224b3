"""An invoice run as long work: killed anywhere and taken up again it issues what was agreed, once."""

import multiprocessing
import os
import signal
from pathlib import Path
from typing import Any

import pytest

from konnekt import db as database
from konnekt import documents, jobs
from konnekt.config import Config
from konnekt.db import db
from konnekt.domain import clock, events, invoice_runs, invoices
from konnekt.models import Account, Event, Invoice, InvoiceLine, Job
from tests import invoice_cast
from tests.conftest import NOW
from tests.domain.test_invoice_races import GROUPS, all_is_well, many
from tests.factories import World
from tests.invoice_cast import numbers

__all__ = ["many"]

ISSUED = GROUPS + 1


def begin(staff: Account) -> Job:
    on = invoice_cast.TODAY
    seen = invoice_runs.fingerprint(invoice_cast.preview(), on)
    return invoice_runs.begin(*invoice_cast.PERIOD, None, on=on, seen=seen, by=staff)


def dying(folder: str, url: str, where: str, after: int) -> None:
    """A worker that is killed: between invoices, between the lines of one, before the documents, at one."""
    database.connect(Config(instance=Path(folder), database=url))
    clock.fix(NOW)
    owner: Any
    owner, name = {
        "event": (events, "record"),
        "line": (InvoiceLine, "create"),
        "tell": (jobs.jobs, "tell"),
        "queue": (invoice_runs.unmade, "queue"),
        "document": (documents, "_store"),
    }[where]
    real, seen = getattr(owner, name), 0

    def killed(*args: Any, **columns: Any) -> Any:
        nonlocal seen
        seen += 1
        if seen == after:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **columns)

    setattr(owner, name, killed)
    jobs.work()


@pytest.mark.parametrize(
    ("where", "after", "whole"),
    [("event", 5, 4), ("line", 8, 2), ("tell", 4, 3), ("queue", 1, ISSUED), ("document", 3, ISSUED)],
)
def test_a_worker_that_is_killed(config: Config, many: World, where: str, after: int, whole: int) -> None:
    job = begin(many.staff)
    db.close()
    context = multiprocessing.get_context("spawn")
    victim = context.Process(target=dying, args=(str(config.instance), config.database, where, after))
    victim.start()
    victim.join(60)
    assert victim.exitcode == -signal.SIGKILL
    victim.close()
    db.connect(reuse_if_open=True)
    assert len(numbers()) == whole
    invoice_cast.check_totals()
    assert jobs.work() == 0, "while it may still be alive nobody takes over"
    Job.update(claimed_until_at=clock.now()).where(Job.claimed_until_at.is_null(False)).execute()
    # Making documents takes long: once is enough, where a worker was killed at it.
    is_whole = where == "document"
    assert jobs.work(most=2 if is_whole else 1) == 1
    all_is_well()
    assert len(documents.unmade.missing()) == (0 if is_whole else ISSUED)
    done = Job.get_by_id(job.id)
    assert (done.done, done.total) == (ISSUED, ISSUED)
    assert {name: done.result[name] for name in ("count", "first", "last", "changed")} == {
        "count": ISSUED, "first": "2026-00001", "last": f"2026-{ISSUED:05d}", "changed": [],
    }  # fmt: skip
    assert Job.select().where(Job.ended_at.is_null()).count() == (0 if is_whole else 1)


def test_it_tells_how_far_it_is(many: World) -> None:
    job = begin(many.staff)
    told: list[tuple[int, int]] = []
    invoice_runs.carry_out(job, lambda done, total: told.append((done, total)))
    assert told == [(done, ISSUED) for done in range(ISSUED + 1)]
    told.clear()
    documents.work(job, lambda done, total: told.append((done, total)))
    assert told == [(done, ISSUED) for done in range(ISSUED + 1)]


def test_two_workers_at_once_issue_each_once(many: World) -> None:
    """The claim of one ran out while it was only slow."""
    job = begin(many.staff)
    asked = job.asked | {"agreed": dict(job.asked["agreed"])}
    seen: list[int] = []

    def other(done: int, of: int, invoice: Invoice) -> None:
        if not seen:
            seen.append(invoice.id)
            invoice_runs.carry_out(job, lambda *_: None)

    invoices.issue(
        *invoice_cast.PERIOD, on=invoice_cast.TODAY, by=many.staff, batch=f"job-{job.id}",
        agreed=asked["agreed"], tell=other,
    )  # fmt: skip
    all_is_well()
    assert Event.select().where(Event.batch == f"job-{job.id}").count() == ISSUED


def test_somebody_who_left_the_agency_issues_nothing(many: World) -> None:
    job = begin(many.staff)
    Account.update(is_agency_staff=False).where(Account.id == many.staff.id).execute()
    assert jobs.work() == 1
    assert Job.get_by_id(job.id).failure == "Only the agency makes invoices."
    assert numbers() == []
