"""Two people at the same moment: exactly one wins, the other is told."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from konnekt import db as database
from konnekt.config import Config
from konnekt.db import db
from konnekt.domain import clock
from konnekt.domain.approvals import decide
from konnekt.domain.refusals import Refused
from konnekt.models import Account, Event, Timesheet
from tests import factories
from tests.conftest import NOW
from tests.factories import World
from tests.processes import processes


@pytest.fixture
def approvers(world: World) -> list[int]:
    people = [factories.account("Approver", str(n)) for n in range(6)]
    for person in people:
        factories.right(person, world.fse, approve=1)
    return [person.id for person in people]


def attempt(sheet: int, approver: int, start: Any) -> str:
    """Approve when all are ready; the outcome as text."""
    start.wait()
    try:
        decide.approve(sheet, by=Account.get_by_id(approver), seen=1)
    except Refused as refusal:
        return str(refusal)
    else:
        return "approved"
    finally:
        db.close()


def judge(answers: list[str], sheet: Timesheet) -> None:
    assert answers.count("approved") == 1, answers
    assert all(a == "approved" or a.startswith("Already approved by Approver") for a in answers), answers
    (event,) = Event.select().where(Event.timesheet == sheet)
    assert Timesheet.get_by_id(sheet.id).decided_by == event.actor


def test_threads(world: World, approvers: list[int]) -> None:
    start = Barrier(len(approvers))
    with ThreadPoolExecutor(len(approvers)) as pool:
        answers = list(pool.map(lambda who: attempt(world.sheet.id, who, start), approvers))
    judge(answers, world.sheet)


def in_process(folder: str, url: str, sheet: int, approver: int, start: Any, answers: Any) -> None:
    database.connect(Config(instance=Path(folder), database=url))
    clock.fix(NOW)
    answers.put(attempt(sheet, approver, start))


def test_processes(config: Config, world: World, approvers: list[int]) -> None:
    db.close()
    start, answers = processes.Barrier(3), processes.Queue()
    arguments = (str(config.instance), config.database, world.sheet.id)
    people = [
        processes.Process(target=in_process, args=(*arguments, who, start, answers)) for who in approvers[:3]
    ]
    for person in people:
        person.start()
    found = [answers.get(timeout=60) for _ in people]
    for person in people:
        person.join()
        person.close()
    answers.close()
    answers.join_thread()
    db.connect(reuse_if_open=True)
    judge(found, world.sheet)
