"""Two invoice runs at once, one that dies, and a revocation in between: no gap, no double, nothing half."""

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from peewee import SqliteDatabase

from konnekt import db as database
from konnekt.config import Config
from konnekt.db import db, hold, transaction
from konnekt.domain import clock, events
from konnekt.domain.approvals import undo_or_revoke as approval_revoke
from konnekt.domain.invoices import issue
from konnekt.domain.refusals import Refused
from konnekt.models import BudgetNumber, Event, Hour, Invoice, InvoicedHour, InvoiceLine, Timesheet
from tests import factories, invoice_cast
from tests.conftest import NOW
from tests.factories import World
from tests.invoice_cast import numbers, run
from tests.processes import processes

GROUPS = 7


@pytest.fixture
def many(world: World) -> World:
    """Noor's sheet, and seven budget numbers with three sheets each."""
    invoice_cast.complete(world)
    invoice_cast.approve(world.sheet, world.supervisor)
    with db.atomic():
        for group in range(GROUPS):
            budget = BudgetNumber.create(organisation=world.fse, number=f"{group:04d}.1")
            for _ in range(3):
                made = factories.assignment(factories.worker(), world.fse, budget)
                days = {date(2026, 11, 3) + timedelta(days): 437 for days in range(3)}
                factories.sheet(made, world.period, days, state="approved")
    return world


def all_is_well() -> None:
    """Every hour on one line, every number once, every invoice whole."""
    assert numbers() == [f"2026-{number:05d}" for number in range(1, GROUPS + 2)]
    links = [link.hour_id for link in InvoicedHour.select().where(InvoicedHour.released_at.is_null())]
    assert len(links) == len(set(links)) == Hour.select().count()
    assert Event.select().where(Event.verb == "issue").count() == GROUPS + 1
    assert InvoiceLine.select().count() == 3 * GROUPS + 1
    invoice_cast.check_totals()


def attempt(start: Any) -> int:
    start.wait()
    try:
        return len(run())
    finally:
        db.close()


def test_threads(many: World) -> None:
    start = Barrier(4)
    with ThreadPoolExecutor(4) as pool:
        issued = list(pool.map(attempt, [start] * 4))
    assert sum(issued) == GROUPS + 1
    all_is_well()


def in_process(folder: str, url: str, start: Any, answers: Any) -> None:
    database.connect(Config(instance=Path(folder), database=url))
    clock.fix(NOW)
    answers.put(attempt(start))


def test_processes(config: Config, many: World) -> None:
    db.close()
    start, answers = processes.Barrier(3), processes.Queue()
    arguments = (str(config.instance), config.database, start, answers)
    runs = [processes.Process(target=in_process, args=arguments) for _ in range(3)]
    for one in runs:
        one.start()
    found = [answers.get(timeout=60) for _ in runs]
    for one in runs:
        one.join()
        one.close()
    answers.close()
    answers.join_thread()
    db.connect(reuse_if_open=True)
    assert sum(found) == GROUPS + 1
    all_is_well()


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def dying(folder: str, url: str, where: str, after: int) -> None:
    """A run that is killed: after an invoice, before its event, or between its lines."""
    database.connect(Config(instance=Path(folder), database=url))
    clock.fix(NOW)
    seen = 0

    def count(*_: Any, **__: Any) -> None:
        nonlocal seen
        seen += 1
        if seen == after:
            die()

    if where == "between":
        issue.issue(*invoice_cast.PERIOD, on=invoice_cast.TODAY, by=None, tell=count)
        return
    owner: Any = {"event": events, "line": InvoiceLine, "links": InvoicedHour}[where]
    name = {"event": "record", "line": "create", "links": "insert_many"}[where]
    real = getattr(owner, name)

    def killed(*args: Any, **columns: Any) -> Any:
        count()
        return real(*args, **columns)

    setattr(owner, name, killed)
    run()


@pytest.mark.parametrize(
    ("where", "after", "whole"), [("between", 4, 4), ("event", 5, 4), ("line", 8, 2), ("links", 1, 0)]
)
def test_a_run_that_is_killed(config: Config, many: World, where: str, after: int, whole: int) -> None:
    db.close()
    victim = processes.Process(target=dying, args=(str(config.instance), config.database, where, after))
    victim.start()
    victim.join(60)
    assert victim.exitcode == -signal.SIGKILL
    victim.close()
    db.connect(reuse_if_open=True)
    assert numbers() == [f"2026-{number:05d}" for number in range(1, whole + 1)]
    invoice_cast.check_totals()
    assert len(run()) == GROUPS + 1 - whole
    all_is_well()


def revoke(sheet: int, by: Any, answers: list[str]) -> None:
    try:
        approval_revoke.revoke(sheet, "Toch niet", by=by, seen=1)
        answers.append("revoked")
    except Refused as refusal:
        answers.append(str(refusal))
    finally:
        db.close()


def test_a_revocation_waits_for_an_invoice_that_is_being_issued(many: World) -> None:
    answers: list[str] = []
    waiting = threading.Thread(target=revoke, args=(many.sheet.id, many.supervisor, answers))
    with transaction():
        hold("invoices")
        assert len(run()) == GROUPS + 1
        waiting.start()
        # Until it waits for this transaction, or is through: then the rest shows what it did.
        while waiting.is_alive() and not _is_waited_for():
            waiting.join(0.01)
    waiting.join()
    assert answers == ["Its hours are invoiced or paid already: use a supplementary timesheet."]
    assert Timesheet.get_by_id(many.sheet.id).state == "approved"


def _is_waited_for() -> bool:
    """On SQLite a writer can't even begin."""
    if isinstance(db.obj, SqliteDatabase):
        return True
    waits = db.execute_sql("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()
    return bool(waits[0])


def test_crediting_twice_at_once(many: World) -> None:
    (invoice, *_others) = run()
    start = Barrier(4)

    def credit(_: int) -> bool:
        start.wait()
        try:
            issue.credit(invoice.id, "Verkeerd", by=many.staff)
        except Refused:
            return False
        else:
            return True
        finally:
            db.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(credit, range(4))) == [False, False, False, True]
    assert Invoice.select().where(Invoice.credits == invoice).count() == 1
    assert numbers()[-1] == f"2026-{GROUPS + 2:05d}"
