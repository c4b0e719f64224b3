"""GET /approvals/ID: what the detail of a sheet tells, and what it doesn't."""

import re
from datetime import date
from itertools import pairwise

import pytest
from flask import Flask

from konnekt.domain import clock, events
from konnekt.domain.approvals import decide
from konnekt.domain.refusals import Refused
from konnekt.domain.timesheets import content, snapshots, submit
from konnekt.domain.timesheets.content import Cell, Content, Line
from konnekt.models import BudgetNumber, Timesheet, TimesheetLine
from tests import factories
from tests.factories import World
from tests.visitor import Visitor

CHANGED = "Gewijzigd sinds de vorige verzending"


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
    submit.submit(sheet.id, with_first_day(sheet.id, 300), by=world.noor, seen=1)
    assert CHANGED not in emre.get(f"/approvals/{sheet.id}").text
    submit.submit(sheet.id, with_first_day(sheet.id, 240), by=world.noor, seen=2)
    shown = emre.get(f"/approvals/{sheet.id}").text
    assert CHANGED in shown
    assert "van 5,00 naar 4,00" in shown


def test_flags_are_those_of_the_revision_that_is_shown(emre: Visitor, world: World) -> None:
    submit.submit(world.sheet.id, with_first_day(world.sheet.id, 800, "Let op"), by=world.noor, seen=1)
    assert "13:20 uur op" in emre.get(f"/approvals/{world.sheet.id}").text
    decide.reject(world.sheet.id, "Te veel", by=world.supervisor, seen=2)
    assert "13:20 uur op" in emre.get(f"/approvals/{world.sheet.id}").text
    submit.save(world.sheet.id, with_first_day(world.sheet.id, 480), by=world.noor, seen=2)
    assert "13:20 uur op" not in emre.get(f"/approvals/{world.sheet.id}").text


def test_the_chart_and_the_earlier_sheets_say_what_they_are(emre: Visitor, world: World) -> None:
    factories.sheet(world.assignment, world.periods[10], {date(2026, 10, 6): 480}, state="approved")
    shown = emre.get(f"/approvals/{world.sheet.id}").text
    assert re.search(r"<figcaption>Uren per dag; grijs is weekend</figcaption>", shown)
    earlier = shown.partition("<h2>Eerdere urenbriefjes</h2>")[2]
    assert re.search(r"<dt><a [^>]*>Periode 11 \(week 41–44\)</a></dt><dd>8,00 uur</dd>", earlier)


@pytest.mark.parametrize(
    "address", ["/", "/approvals", "/approvals/1", "/approvals/1/reject", "/account", "/organisations/FSE"]
)
def test_no_level_of_heading_is_skipped(emre: Visitor, world: World, address: str) -> None:
    levels = [int(level) for level in re.findall(r"<h([1-6])[ >]", emre.get(address).text)]
    assert levels[0] == 1
    assert all(below <= above + 1 for above, below in pairwise(levels)), levels


def test_who_registers_hours_changes_the_budget_number_of_all_rows(app: Flask, world: World) -> None:
    other = BudgetNumber.create(organisation=world.fse, number="0034.001")
    lars, emre = Visitor(app, world.registrar), Visitor(app, world.supervisor)
    here = f"/approvals/{world.sheet.id}"
    there = f"{here}/budget-number"
    assert "Budgetnummer van alle regels" in lars.get(here).text
    assert "Budgetnummer van alle regels" not in emre.get(here).text, "she has no register right"
    assert "opnieuw verstuurd" in lars.get(here).text
    done = lars.with_htmx().post(there, {"seen": "1", "budget_number": str(other.id)})
    assert done.status_code == 200
    lars.htmx = False
    now = Timesheet.get_by_id(world.sheet.id)
    assert (now.state, now.revision, now.submitted_by) == ("submitted", 2, world.registrar)
    assert {line.budget_number for line in TimesheetLine.select()} == {other}
    assert "0034.001" in emre.get(here).text
    for data, status in (
        ({"seen": "1", "budget_number": str(world.fse_budget.id)}, 409),
        ({"seen": "2", "budget_number": str(other.id)}, 422),
        ({"seen": "2", "budget_number": str(world.law_budget.id)}, 422),
        ({"seen": "2", "budget_number": "x"}, 422),
    ):
        assert lars.post(there, data).status_code == status
    back = {"seen": "2", "budget_number": str(world.fse_budget.id)}
    assert emre.post(there, back).status_code == 403
    assert Visitor(app, world.noor).post(there, back).status_code == 403, "she has her own grid, or none"
    assert Visitor(app, world.outsider).post(there, {"seen": "2", "budget_number": "1"}).status_code == 404
    assert lars.get(there).status_code == 405
    Timesheet.update(state="draft").execute()
    assert lars.post(there, back).location == here
    assert Timesheet.get().state == "draft", "a draft is kept, not sent"
    Timesheet.update(state="approved", decided_at=clock.now()).execute()
    assert "Budgetnummer van alle regels" not in lars.get(here).text
    assert lars.post(there, {"seen": "3", "budget_number": str(other.id)}).status_code == 409


def test_rows_that_meet_on_one_budget_number_are_added_up() -> None:
    day = date(2026, 11, 3)
    first = Line(2026, 45, 1, 7, (Cell(day, 60, "Lab"), Cell(date(2026, 11, 4), 30)))
    second = Line(2026, 45, 1, 8, (Cell(day, 120, "Open dag"),))
    moved = Content((first, second), "Let op").on_number(8)
    assert moved == Content(
        (Line(2026, 45, 1, 8, (Cell(day, 180, "Lab · Open dag"), Cell(date(2026, 11, 4), 30))),), "Let op"
    )
    assert Content((first, second)).on_number(9, instead_of=7).lines[1] == second
    with pytest.raises(Refused, match="can't be read"):
        Content((first, Line(2026, 45, 1, 8, (Cell(day, typed="acht"),)))).on_number(8)
