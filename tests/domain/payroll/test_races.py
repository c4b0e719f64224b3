"""Batches that are made at once, one that dies, and a revocation in between: no hour twice, nothing half."""

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
from konnekt.domain.approvals import undo_or_revoke
from konnekt.domain.invoices import issue
from konnekt.domain.payroll import hand_over_or_undo
from konnekt.domain.refusals import Refused
from konnekt.models import Event, Hour, InvoicedHour, PayrollBatch, PayrollHour
from tests import factories, invoice_cast, payroll_cast
from tests.conftest import NOW
from tests.factories import World
from tests.payroll_cast import export
from tests.processes import processes

SHEETS = 200


@pytest.fixture
def many(world: World) -> World:
    """Noor's sheet, and two hundred more with three days each."""
    invoice_cast.complete(world)
    payroll_cast.complete(world)
    days = {date(2026, 11, 3) + timedelta(days): 437 for days in range(3)}
    names = [("Łucja", "Şahin")] * SHEETS
    factories.sheets(world.fse, world.fse_budget, world.period, names, days, state="approved")
    return world


def all_is_well() -> None:
    """One batch with every hour once, and its event."""
    batch = PayrollBatch.get()
    assert batch.sequence == 0
    links = [link.hour_id for link in PayrollHour.select().where(PayrollHour.released_at.is_null())]
    assert len(links) == len(set(links)) == Hour.select().count()
    assert Event.select().where(Event.verb == "export").count() == 1
    assert len(batch.frozen["workers"]) == SHEETS + 1


def attempt(start: Any) -> bool:
    start.wait()
    try:
        export()
    except Refused as refusal:
        assert "no approved hours" in str(refusal)
        return False
    else:
        return True
    finally:
        db.close()


def test_threads(many: World) -> None:
    start = Barrier(4)
    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(attempt, [start] * 4)) == [False, False, False, True]
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
    assert sorted(found) == [False, False, True]
    all_is_well()


def dying(folder: str, url: str, where: str) -> None:
    """A batch that is killed: before its first link, between its links, or before its event."""
    database.connect(Config(instance=Path(folder), database=url))
    clock.fix(NOW)
    owner: Any = events if where == "event" else PayrollHour
    name = "record" if where == "event" else "insert_many"
    real, left = getattr(owner, name), {"first": 0, "between": 1, "event": 0}[where]

    def killed(*args: Any, **columns: Any) -> Any:
        nonlocal left
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)
        left -= 1
        return real(*args, **columns)

    setattr(owner, name, killed)
    export()


@pytest.mark.parametrize("where", ["first", "between", "event"])
def test_a_batch_that_is_killed_leaves_nothing(config: Config, many: World, where: str) -> None:
    db.close()
    victim = processes.Process(target=dying, args=(str(config.instance), config.database, where))
    victim.start()
    victim.join(60)
    assert victim.exitcode == -signal.SIGKILL
    victim.close()
    db.connect(reuse_if_open=True)
    assert PayrollBatch.select().count() == PayrollHour.select().count() == 0
    export()
    all_is_well()


def test_an_invoice_run_at_the_same_time(many: World) -> None:
    """Invoiced and paid are facts of their own: both get every hour."""
    start = Barrier(2)

    def invoice() -> int:
        start.wait()
        try:
            return len(invoice_cast.run())
        finally:
            db.close()

    with ThreadPoolExecutor(2) as pool:
        issued, exported = pool.submit(invoice), pool.submit(attempt, start)
        assert (issued.result(), exported.result()) == (1, True)
    all_is_well()
    assert InvoicedHour.select().count() == Hour.select().count()
    assert issue.preview(*invoice_cast.PERIOD).drafts == []


def test_a_revocation_waits_for_a_batch_that_is_being_made(many: World) -> None:
    answers: list[str] = []

    def take_back() -> None:
        try:
            undo_or_revoke.revoke(many.sheet.id, "Toch niet", by=many.supervisor, seen=1)
            answers.append("revoked")
        except Refused as refusal:
            answers.append(str(refusal))
        finally:
            db.close()

    waiting = threading.Thread(target=take_back)
    with transaction():
        hold("invoices")
        export()
        waiting.start()
        # Until it waits for this transaction, or is through: then the rest shows what it did.
        while waiting.is_alive() and not _is_waited_for():
            waiting.join(0.01)
    waiting.join()
    assert answers == ["Its hours are invoiced or paid already: use a supplementary timesheet."]


def _is_waited_for() -> bool:
    """On SQLite a writer can't even begin."""
    if isinstance(db.obj, SqliteDatabase):
        return True
    waits = db.execute_sql("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()
    return bool(waits[0])


def test_the_table_itself_refuses_a_second_live_link(many: World) -> None:
    batch = export()
    link = PayrollHour.get()
    with pytest.raises(Exception, match=r"(?i)unique"), db.atomic():
        PayrollHour.create(hour=link.hour_id, payroll_batch=batch, minutes=1, pay_rate=1)


def test_of_undoing_twice_handing_over_and_a_new_batch_at_once(world: World) -> None:
    payroll_cast.complete(world)
    first = export()
    start = Barrier(3)

    def one(verb: Any) -> str:
        start.wait()
        try:
            verb()
        except Refused as refusal:
            return str(refusal)
        finally:
            db.close()
        return ""

    def undo() -> None:
        hand_over_or_undo.undo(first.id, "Verkeerd", by=world.staff)

    with ThreadPoolExecutor(3) as pool:
        said = list(
            pool.map(one, [undo, undo, lambda: hand_over_or_undo.hand_over(first.id, by=world.staff)])
        )
    assert said.count("") == 1, said
    live = PayrollHour.select().where(PayrollHour.released_at.is_null()).count()
    assert live == (2 if not said[2] else 0)
    assert Event.select().where(Event.verb.in_(("undo_batch", "hand_over"))).count() == 1
