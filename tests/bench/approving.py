"""The approval list with ten and with a thousand waiting sheets, and five hundred approved at once."""

import logging
import statistics
import time
from datetime import timedelta

from flask import Flask

from konnekt.db import db
from konnekt.models import Contributor, Event, Flag, Timesheet
from tests import factories
from tests.factories import World
from tests.visitor import Visitor

TIMES = 15


class Statements(logging.Handler):
    """How many statements Peewee runs while it listens."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.count = 0

    def emit(self, record: logging.LogRecord) -> None:
        self.count += 1

    def __enter__(self) -> "Statements":
        logger = logging.getLogger("peewee")
        logger.addHandler(self)
        logger.setLevel(logging.DEBUG)
        return self

    def __exit__(self, *_error: object) -> None:
        logger = logging.getLogger("peewee")
        logger.removeHandler(self)
        logger.setLevel(logging.NOTSET)


def crowd(world: World, how_many: int) -> None:
    """Workers with a sheet that waits for the supervisor; every third has a flag."""
    with db.atomic():
        for number in range(how_many):
            worker = factories.worker("Werknemer", f"Nummer {number}")
            assignment = factories.assignment(worker, world.fse, world.fse_budget)
            first = world.period.first_on
            hours = {first + timedelta(days=day): 240 for day in (0, 2, 7, 9, 14, 16, 21, 23)}
            sheet = factories.sheet(assignment, world.period, hours)
            Contributor.create(timesheet=sheet, account=worker)
            if number % 3 == 0:
                Flag.create(timesheet=sheet, revision=1, code="long_day", detail={"minutes": 780})
    db.execute_sql("ANALYZE")


def measure(app: Flask, world: World) -> None:
    """Print milliseconds and statements of the list, and seconds of 500 approvals in one request."""
    visitor = Visitor(app, world.supervisor)
    waiting = 1  # the world's own sheet
    for how_many in (10, 1000):
        crowd(world, how_many - waiting)
        waiting = how_many
        _list(visitor, how_many)
    picks = [
        f"{sheet.id}:{sheet.revision}"
        for sheet in Timesheet.select()
        .where(Timesheet.state == "submitted")
        .order_by(Timesheet.id)
        .limit(500)
    ]
    started = time.perf_counter()
    answer = visitor.post("/approvals/approve", {"pick": picks})
    seconds = time.perf_counter() - started
    assert answer.status_code == 303, answer.text
    approved = Event.select().where(Event.verb == "approve").count()
    print(f"  {'approve 500 in one request':35} {seconds:6.2f} s, {approved} events")


def _list(visitor: Visitor, how_many: int) -> None:
    visitor.client.get("/approvals")
    took = []
    for _ in range(TIMES):
        started = time.perf_counter()
        answer = visitor.client.get("/approvals")
        took.append((time.perf_counter() - started) * 1000)
        assert answer.status_code == 200
    with Statements() as statements:
        visitor.client.get("/approvals")
    title = f"approval list, {how_many} waiting"
    print(f"  {title:35} {statistics.median(took):6.1f} ms, {statements.count} statements")
