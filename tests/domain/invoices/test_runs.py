"""An invoice run as long work: killed anywhere and taken up again it issues what was agreed, once."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from konnekt import db as database
from konnekt.background import work
from konnekt.config import Config
from konnekt.db import db
from konnekt.documents import invoice as document_invoice
from konnekt.domain import clock, events
from konnekt.domain.invoices import issue, runs
from konnekt.models import Account, Event, Invoice, InvoiceLine, Job
from tests import invoice_cast
from tests.conftest import NOW
from tests.domain.invoices.test_races import GROUPS, all_is_well, many
from tests.factories import World
from tests.invoice_cast import numbers
from tests.processes import processes

__all__ = ["many"]

ISSUED = GROUPS + 1


def begin(staff: Account) -> Job:
    asked = runs.RunAsked(invoice_cast.PERIOD, None, invoice_cast.TODAY)
    return runs.begin(asked, seen=runs.shown(asked, asked.preview()), by=staff)


def dying(folder: str, url: str, where: str, after: int) -> None:
    """A worker that is killed: between invoices, between the lines of one, before the documents, at one."""
    database.connect(Config(instance=Path(folder), database=url))
    clock.fix(NOW)
    owner: Any
    owner, name = {
        "event": (events, "record"),
        "line": (InvoiceLine, "create"),
        "tell": (work.queue, "tell"),
        "queue": (runs.missing_documents, "queue"),
        "document": (document_invoice, "_store"),
    }[where]
    real, seen = getattr(owner, name), 0

    def killed(*args: Any, **columns: Any) -> Any:
        nonlocal seen
        seen += 1
        if seen == after:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **columns)

    setattr(owner, name, killed)
    work.work()


@pytest.mark.parametrize(
    ("where", "after", "whole"),
    [("event", 5, 4), ("line", 8, 2), ("tell", 4, 3), ("queue", 1, ISSUED), ("document", 3, ISSUED)],
)
def test_a_worker_that_is_killed(config: Config, many: World, where: str, after: int, whole: int) -> None:
    job = begin(many.staff)
    db.close()
    victim = processes.Process(target=dying, args=(str(config.instance), config.database, where, after))
    victim.start()
    victim.join(60)
    assert victim.exitcode == -signal.SIGKILL
    victim.close()
    db.connect(reuse_if_open=True)
    assert len(numbers()) == whole
    invoice_cast.check_totals()
    assert work.work() == 0, "while it may still be alive nobody takes over"
    Job.update(claimed_until_at=clock.now()).where(Job.claimed_until_at.is_null(False)).execute()
    # Making documents takes long: once is enough, where a worker was killed at it.
    is_whole = where == "document"
    assert work.work(most=2 if is_whole else 1) == 1
    all_is_well()
    assert len(document_invoice.missing_documents.missing()) == (0 if is_whole else ISSUED)
    done = Job.get_by_id(job.id)
    assert (done.done, done.total) == (ISSUED, ISSUED)
    assert {name: done.result[name] for name in ("count", "first", "last", "changed")} == {
        "count": ISSUED, "first": "2026-00001", "last": f"2026-{ISSUED:05d}", "changed": [],
    }  # fmt: skip
    assert Job.select().where(Job.ended_at.is_null()).count() == (0 if is_whole else 1)


def test_it_tells_how_far_it_is(many: World) -> None:
    job = begin(many.staff)
    told: list[tuple[int, int]] = []
    runs.carry_out(job, lambda done, total: told.append((done, total)))
    assert told == [(done, ISSUED) for done in range(ISSUED + 1)]
    told.clear()
    document_invoice.work(job, lambda done, total: told.append((done, total)))
    assert told == [(done, ISSUED) for done in range(ISSUED + 1)]


def test_two_workers_at_once_issue_each_once(many: World) -> None:
    """The claim of one ran out while it was only slow."""
    job = begin(many.staff)
    seen: list[int] = []

    def other(done: int, of: int, invoice: Invoice) -> None:
        if not seen:
            seen.append(invoice.id)
            runs.carry_out(job, lambda *_: None)

    issue.issue(
        *invoice_cast.PERIOD, on=invoice_cast.TODAY, by=many.staff, batch=f"job-{job.id}",
        agreed=job.asked["agreed"], tell=other,
    )  # fmt: skip
    all_is_well()
    assert Event.select().where(Event.batch == f"job-{job.id}").count() == ISSUED


def test_somebody_who_left_the_agency_issues_nothing(many: World) -> None:
    job = begin(many.staff)
    Account.update(is_agency_staff=False).where(Account.id == many.staff.id).execute()
    assert work.work() == 1
    assert Job.get_by_id(job.id).failure == "Only the agency makes invoices."
    assert numbers() == []
