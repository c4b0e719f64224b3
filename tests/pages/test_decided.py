"""Door u beslist: what I approved or rejected, with its way back; the same line on Home and above the list."""

import re

import pytest
from flask import Flask
from playhouse.test_utils import count_queries

from konnekt.domain import clock
from konnekt.domain.approvals import decide
from konnekt.models import Mail, Timesheet
from tests import factories
from tests.factories import World
from tests.pages.test_approve import more, pick
from tests.visitor import Visitor

LIST = "/approvals/decided"


@pytest.fixture
def emre(app: Flask, world: World) -> Visitor:
    return Visitor(app, world.supervisor)


def state(world: World) -> str:
    return str(Timesheet.get_by_id(world.sheet.id).state)


def reject(world: World) -> None:
    decide.reject(world.sheet.id, "Dinsdag ontbreekt.", by=world.supervisor, seen=1)


def test_empty_and_for_approvers_alone(app: Flask, emre: Visitor, world: World) -> None:
    assert "U hebt nog over geen urenbriefje beslist" in emre.get(LIST).text
    assert Visitor(app, world.noor).get(LIST).status_code == 403
    assert emre.get(f"{LIST}/1/undo").status_code == 405


@pytest.mark.parametrize("htmx", [False, True])
def test_a_rejection_is_undone_from_the_list(emre: Visitor, world: World, htmx: bool) -> None:
    reject(world)
    shown = emre.get(LIST).text
    assert "Noor Hendriks" in shown
    assert "Dinsdag ontbreekt." in shown
    emre.htmx = htmx
    answer = emre.post(f"{LIST}/{world.sheet.id}/undo", {"seen": 1, "name": "noor"})
    if htmx:
        assert answer.status_code == 200
        assert answer.text.lstrip().startswith('<div id="decided-list"')
        assert "Ongedaan maken" not in answer.text
        assert "sindsdien" in answer.text
    else:
        assert (answer.status_code, answer.location) == (303, f"{LIST}?page=1&name=noor")
    assert state(world) == "submitted"
    assert Mail.select().count() == 0
    again = emre.post(f"{LIST}/{world.sheet.id}/undo", {"seen": 1})
    assert again.status_code == 409


def test_undo_by_who_may_not(app: Flask, world: World) -> None:
    reject(world)
    other = factories.account()
    factories.right(other, world.fse, approve=1)
    assert Visitor(app, other).post(f"{LIST}/{world.sheet.id}/undo", {"seen": 1}).status_code == 403
    hanna = Visitor(app, world.outsider)
    assert hanna.post(f"{LIST}/{world.sheet.id}/undo", {"seen": 1}).status_code == 404
    assert Visitor(app, world.supervisor).post(f"{LIST}/{world.sheet.id}/undo", {}).status_code == 422
    assert state(world) == "rejected"


@pytest.mark.parametrize("page", ["/", "/approvals"])
@pytest.mark.parametrize("verb", ["approve", "reject"])
def test_after_a_reload_one_line_offers_undo_for_ten_minutes(
    emre: Visitor, world: World, page: str, verb: str
) -> None:
    if verb == "reject":
        reject(world)
    else:
        emre.with_htmx().post("/approvals/approve", {"pick": pick(world.sheet)})
        emre.htmx = False
    clock.fix("2026-11-30T09:10")
    shown = emre.get(page).text
    assert (
        "1 goedgekeurd ·\u00a015,50 uur" if verb == "approve" else "1 afgekeurd ·\u00a015,50 uur"
    ) in shown
    assert f'href="{LIST}"' in shown
    form = re.search(r'<form class="notice good" id="decided-latest" method="post" action="([^"]+)"', shown)
    batch = re.search(r'name="batch" value="(\w+)"', shown)
    assert form
    assert batch
    clock.fix("2026-11-30T09:10:01")
    assert "decided-latest" not in emre.get(page).text
    late = emre.post(form[1], {"batch": batch[1]})
    assert "tien minuten" in late.text or "tien minuten" in emre.get("/").text
    clock.fix("2026-11-30T09:10")
    assert emre.post(form[1], {"batch": batch[1]}).status_code == 303
    assert state(world) == "submitted"
    assert "decided-latest" not in emre.get(page).text


def test_later_an_approval_is_revoked_with_a_reason(emre: Visitor, world: World) -> None:
    decide.approve(world.sheet.id, by=world.supervisor, seen=1)
    assert "Goedkeuring intrekken" not in emre.get(LIST).text
    clock.fix("2026-11-30T09:11")
    assert f'href="/approvals/{world.sheet.id}/revoke"' in emre.get(LIST).text


def test_search_and_pages_in_a_fixed_number_of_statements(emre: Visitor, world: World) -> None:
    def approve(sheets: list[Timesheet]) -> None:
        decide.approve_many([decide.Pick(sheet.id, 1) for sheet in sheets], by=world.supervisor)

    def statements() -> int:
        emre.get(LIST)
        with count_queries() as counted:
            emre.get(LIST)
        return counted.count

    approve([world.sheet, *more(world, 4)])
    few = statements()
    approve(more(world, 60))
    assert statements() == few
    first = emre.get(LIST).text
    assert first.count('id="decision-') == 50
    assert 'rel="next"' in first
    assert emre.get(f"{LIST}?page=2").text.count('id="decision-') == 15
    assert emre.get(f"{LIST}?name=hendriks").text.count('id="decision-') == 1
    assert emre.get(f"{LIST}?period={world.period.id}").text.count('id="decision-') == 50
    assert "Geen beslissing past" in emre.get(f"{LIST}?period={world.periods[0].id}").text
    assert emre.get(f"{LIST}?period=x&page=x&name=%25").status_code == 200
