"""GET /approvals/ID: what the detail of a sheet tells, and what it doesn't."""

import re
from itertools import pairwise

import pytest
from flask import Flask

from konnekt.domain import content, entering, events, snapshots, timesheets
from konnekt.domain.content import Cell, Content, Line
from konnekt.models import Timesheet
from tests import factories
from tests.factories import World
from tests.visitor import Visitor

CHANGED = "Veranderd sinds het eerder is verstuurd"


@pytest.fixture
def emre(app: Flask, world: World) -> Visitor:
    return Visitor(app, world.supervisor)


def with_first_day(sheet: int, minutes: int, remark: str = "") -> Content:
    """What the sheet holds now, with other hours on its first day only."""
    line = content.read(Timesheet.get_by_id(sheet)).content.lines[0]
    return Content((Line(*line.key, cells=(Cell(line.cells[0].day, minutes),), id=line.id),), remark)


def test_a_draft_that_was_imported_and_then_sent_was_not_sent_before(emre: Visitor, world: World) -> None:
    sheet = factories.sheet(world.assignment, world.periods[10], state="draft")
    after = {"state": "draft", **snapshots.content(sheet)}
    events.record("import", by=None, source="import", timesheet=sheet, revision=1, after=after)
    entering.submit(sheet.id, with_first_day(sheet.id, 300), by=world.noor, seen=1)
    assert CHANGED not in emre.get(f"/approvals/{sheet.id}").text
    entering.submit(sheet.id, with_first_day(sheet.id, 240), by=world.noor, seen=2)
    shown = emre.get(f"/approvals/{sheet.id}").text
    assert CHANGED in shown
    assert "van 5,00 naar 4,00" in shown


def test_flags_are_those_of_the_revision_that_is_shown(emre: Visitor, world: World) -> None:
    entering.submit(world.sheet.id, with_first_day(world.sheet.id, 800, "Let op"), by=world.noor, seen=1)
    assert "13:20 uur op" in emre.get(f"/approvals/{world.sheet.id}").text
    timesheets.reject(world.sheet.id, "Te veel", by=world.supervisor, seen=2)
    assert "13:20 uur op" in emre.get(f"/approvals/{world.sheet.id}").text
    entering.save(world.sheet.id, with_first_day(world.sheet.id, 480), by=world.noor, seen=2)
    assert "13:20 uur op" not in emre.get(f"/approvals/{world.sheet.id}").text


@pytest.mark.parametrize(
    "address", ["/", "/approvals", "/approvals/1", "/approvals/1/reject", "/account", "/organisations/FSE"]
)
def test_no_level_of_heading_is_skipped(emre: Visitor, world: World, address: str) -> None:
    levels = [int(level) for level in re.findall(r"<h([1-6])[ >]", emre.get(address).text)]
    assert levels[0] == 1
    assert all(below <= above + 1 for above, below in pairwise(levels)), levels
