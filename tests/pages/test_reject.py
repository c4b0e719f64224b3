"""GET and POST /approvals/ID/reject and /revoke."""

import pytest
from flask import Flask

from konnekt.domain import clock
from konnekt.models import Event, Timesheet
from tests.factories import World
from tests.pages.test_approve import state
from tests.visitor import Visitor


@pytest.fixture
def emre(app: Flask, world: World) -> Visitor:
    return Visitor(app, world.supervisor)


@pytest.mark.parametrize("htmx", [False, True])
def test_without_a_reason_422_beside_the_field(emre: Visitor, world: World, htmx: bool) -> None:
    emre.htmx = htmx
    response = emre.post(f"/approvals/{world.sheet.id}/reject", {"seen": 1, "reason": "   "})
    assert response.status_code == 422
    assert 'aria-invalid="true"' in response.text
    assert "Schrijf de reden" in response.text
    assert state(world.sheet) == "submitted"


def test_too_long_keeps_what_was_typed(emre: Visitor, world: World) -> None:
    typed = "<b>lang</b> " * 100
    response = emre.post(f"/approvals/{world.sheet.id}/reject", {"seen": 1, "reason": typed})
    assert response.status_code == 422
    assert "&lt;b&gt;lang&lt;/b&gt;" in response.text
    assert "<b>lang" not in response.text


def test_stale_409_keeps_what_was_typed(emre: Visitor, world: World) -> None:
    Timesheet.update(revision=3).execute()
    response = emre.post(f"/approvals/{world.sheet.id}/reject", {"seen": 1, "reason": "Woensdag klopt niet"})
    assert response.status_code == 409
    assert "Woensdag klopt niet" in response.text
    assert 'name="seen" value="3"' in response.text
    assert state(world.sheet) == "submitted"


def test_decided_meanwhile_409(emre: Visitor, world: World) -> None:
    emre.post(f"/approvals/{world.sheet.id}/approve", {"seen": 1})
    assert emre.get(f"/approvals/{world.sheet.id}/reject").status_code == 409
    response = emre.post(f"/approvals/{world.sheet.id}/reject", {"seen": 1, "reason": "Toch niet"})
    assert response.status_code == 409
    assert "Al goedgekeurd door" in response.text


def test_works_with_and_without_javascript(emre: Visitor, world: World) -> None:
    form = emre.get(f"/approvals/{world.sheet.id}/reject")
    assert 'name="reason"' in form.text
    response = emre.post(f"/approvals/{world.sheet.id}/reject", {"seen": 1, "reason": "Woensdag was u vrij"})
    assert response.status_code == 303
    shown = emre.get(response.location).text
    assert "Woensdag was u vrij" in shown
    assert "Afgekeurd" in shown
    Timesheet.update(state="submitted").execute()
    row = emre.with_htmx().post(f"/approvals/{world.sheet.id}/reject", {"seen": 1, "reason": "Dubbel"})
    assert row.status_code == 200
    assert "Afgekeurd" in row.text
    assert f'id="sheet-{world.sheet.id}"' in row.text


def test_revoke_with_a_reason(emre: Visitor, world: World) -> None:
    emre.post(f"/approvals/{world.sheet.id}/approve", {"seen": 1})
    clock.fix("2026-11-30T10:00")
    assert "Goedkeuring intrekken" in emre.get(f"/approvals/{world.sheet.id}").text
    assert emre.post(f"/approvals/{world.sheet.id}/undo", {"seen": 1}).status_code == 409
    assert emre.post(f"/approvals/{world.sheet.id}/revoke", {"seen": 1, "reason": ""}).status_code == 422
    assert emre.post(f"/approvals/{world.sheet.id}/revoke", {"seen": 1, "reason": "Fout"}).status_code == 303
    assert state(world.sheet) == "submitted"
    assert [event.verb for event in Event.select().order_by(Event.id)] == ["approve", "revoke"]
    assert "Goedkeuring ingetrokken door Emre Dubois" in emre.get(f"/approvals/{world.sheet.id}").text


@pytest.mark.parametrize("htmx", [False, True])
def test_decided_meanwhile_shows_the_sheet_and_what_was_typed(
    emre: Visitor, world: World, htmx: bool
) -> None:
    emre.post(f"/approvals/{world.sheet.id}/approve", {"seen": 1})
    emre.htmx = htmx
    late = emre.post(f"/approvals/{world.sheet.id}/reject", {"seen": 1, "reason": "Dinsdag klopt <niet>"})
    assert late.status_code == 409
    assert "Al goedgekeurd door Emre Dubois" in late.text
    assert "Dinsdag klopt &lt;niet&gt;" in late.text
    assert "Ongedaan maken" in late.text
    assert f'id="sheet-{world.sheet.id}-opened"' in late.text
