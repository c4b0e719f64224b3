"""POST /approvals/approve and /approvals/ID/approve: unhappy paths first."""

import re
from html import unescape

import pytest
from flask import Flask

from konnekt.domain import clock
from konnekt.models import Event, Timesheet
from tests import factories
from tests.factories import World
from tests.visitor import Visitor


@pytest.fixture
def emre(app: Flask, world: World) -> Visitor:
    """The supervisor of FSE."""
    return Visitor(app, world.supervisor)


def pick(sheet: Timesheet, revision: int = 1) -> str:
    return f"{sheet.id}:{revision}"


def state(sheet: Timesheet) -> str:
    return str(Timesheet.get_by_id(sheet.id).state)


def more(world: World, how_many: int) -> list[Timesheet]:
    names = [("Worker", f"N{n}") for n in range(how_many)]
    return factories.sheets(world.fse, world.fse_budget, world.period, names)


def asked_to_show(page: str) -> str:
    """Where the line of what was just decided leads to all of it."""
    link = re.search(r'href="(/approvals\?decided=[^"]+)">Tonen', page)
    assert link
    return unescape(link[1])


def test_outsider_404(app: Flask, world: World) -> None:
    hanna = Visitor(app, world.outsider)
    assert hanna.get(f"/approvals/{world.sheet.id}").status_code == 404
    assert hanna.post(f"/approvals/{world.sheet.id}/approve", {"seen": 1}).status_code == 404
    assert hanna.post(f"/approvals/{world.sheet.id}/reject", {"seen": 1, "reason": "x"}).status_code == 404
    assert hanna.post(f"/approvals/{world.sheet.id}/undo", {"seen": 1}).status_code == 404
    assert state(world.sheet) == "submitted"


@pytest.mark.parametrize("who", ["noor", "registrar", "staff"])
def test_no_right_403(app: Flask, world: World, who: str) -> None:
    visitor = Visitor(app, getattr(world, who))
    assert visitor.get("/approvals").status_code == 403
    assert visitor.post(f"/approvals/{world.sheet.id}/approve", {"seen": 1}).status_code == 403
    # A worker reads her own timesheet at her own place.
    own = f"/hours/sheets/{world.sheet.id}" if who == "noor" else ""
    assert visitor.get(f"/approvals/{world.sheet.id}").headers.get("Location", "") == own
    assert visitor.get(own or f"/approvals/{world.sheet.id}").status_code == 200
    assert visitor.get(f"/approvals/{world.sheet.id}/reject").status_code == 403
    assert state(world.sheet) == "submitted"


def test_get_405(emre: Visitor, world: World) -> None:
    for url in (
        "/approvals/approve",
        "/approvals/ordinary",
        "/approvals/undo",
        f"/approvals/{world.sheet.id}/approve",
    ):
        assert emre.get(url).status_code in (404, 405)


def test_without_token_refused(emre: Visitor, world: World) -> None:
    response = emre.client.post("/approvals/approve", data={"pick": pick(world.sheet)})
    assert response.status_code in (400, 403)
    assert state(world.sheet) == "submitted"


@pytest.mark.parametrize("text", ["x", "1", "1:", ":1", "1:1:1", "-1:1", "１:1", "1e3:1", "9" * 40 + ":1"])
def test_bad_pick_422(emre: Visitor, world: World, text: str) -> None:
    assert emre.post("/approvals/approve", {"pick": text}).status_code == 422
    assert emre.post(f"/approvals/{world.sheet.id}/approve", {"seen": text + "x"}).status_code == 422
    assert state(world.sheet) == "submitted"


def test_nothing_ticked_422_says_so(emre: Visitor, world: World) -> None:
    response = emre.post("/approvals/approve")
    assert response.status_code == 422
    assert "Vink minstens één urenbriefje aan" in response.text
    assert "Noor Hendriks" in response.text


def test_stale_409_shows_it_again(emre: Visitor, world: World) -> None:
    Timesheet.update(revision=2).execute()
    response = emre.post("/approvals/approve", {"pick": pick(world.sheet)})
    assert response.status_code == 409
    assert "Gewijzigd sinds u het zag" in response.text
    assert f'value="{pick(world.sheet, 2)}"' in response.text
    one = emre.with_htmx().post(f"/approvals/{world.sheet.id}/approve", {"seen": 1})
    assert one.status_code == 409
    assert f'id="sheet-{world.sheet.id}"' in one.text
    assert 'name="seen" value="2"' in one.text
    assert state(world.sheet) == "submitted"


def test_wrong_state_409(emre: Visitor, world: World) -> None:
    emre.post("/approvals/approve", {"pick": pick(world.sheet)})
    response = emre.post("/approvals/approve", {"pick": pick(world.sheet)})
    assert response.status_code == 409
    assert "Al goedgekeurd door Emre Dubois" in response.text
    assert Event.select().where(Event.verb == "approve").count() == 1


def test_works_without_javascript(emre: Visitor, world: World) -> None:
    response = emre.post("/approvals/approve", {"pick": pick(world.sheet)})
    assert response.status_code == 303
    shown = emre.get(response.location).text
    assert state(world.sheet) == "approved"
    assert "1 goedgekeurd ·\u00a015,50 uur" in shown
    assert "Ongedaan maken" in shown
    assert f'action="/approvals/{world.sheet.id}/undo"' in emre.get(asked_to_show(shown)).text
    undone = emre.post(f"/approvals/{world.sheet.id}/undo", {"seen": 1})
    assert undone.status_code == 303
    assert state(world.sheet) == "submitted"


def test_htmx_answers_the_same_rows(emre: Visitor, world: World) -> None:
    others = more(world, 2)
    shown = [world.sheet.id, *(sheet.id for sheet in others)]
    data = {"pick": [pick(world.sheet), pick(others[0])], "shown": shown}
    response = emre.with_htmx().post("/approvals/approve", data)
    assert response.status_code == 200
    assert "<html" not in response.text
    assert all(f'id="sheet-{sheet}"' in response.text for sheet in shown)
    assert response.text.count("class=decided") == 2
    assert "2 urenbriefjes goedgekeurd" in response.headers["HX-Trigger"].encode().decode("unicode_escape")


def test_one_of_two_refused_says_which_and_why(emre: Visitor, world: World) -> None:
    (other,) = more(world, 1)
    Timesheet.update(revision=2).where(Timesheet.id == other.id).execute()
    data = {"pick": [pick(world.sheet), pick(other)], "shown": [world.sheet.id, other.id]}
    response = emre.with_htmx().post("/approvals/approve", data)
    assert response.status_code == 200
    assert "Gewijzigd sinds u het zag" in response.text
    assert "Worker N0" in response.text
    assert (state(world.sheet), state(other)) == ("approved", "submitted")
    emre.htmx = False
    emre.post(f"/approvals/{world.sheet.id}/undo", {"seen": 1})
    redirect = emre.post("/approvals/approve", data)
    assert redirect.status_code == 303
    assert "Gewijzigd sinds u het zag" in emre.get(redirect.location).text


def test_forty(emre: Visitor, world: World) -> None:
    sheets = more(world, 40)
    response = emre.post("/approvals/approve", {"pick": [pick(sheet) for sheet in sheets]})
    assert response.status_code == 303
    assert Event.select().where(Event.verb == "approve").count() == 40
    assert "40 goedgekeurd ·\u00a0320,00 uur" in emre.get(response.location).text


def test_undo_all(emre: Visitor, world: World) -> None:
    sheets = more(world, 3)
    emre.post("/approvals/approve", {"pick": [pick(sheet) for sheet in sheets]})
    batch = Event.select(Event.batch).where(Event.verb == "approve").get().batch
    assert emre.post("/approvals/undo", {"batch": batch}).status_code == 303
    assert {state(sheet) for sheet in sheets} == {"submitted"}
    assert emre.post("/approvals/undo", {"batch": "nonsense"}).status_code == 409


def test_detail_approve(emre: Visitor, world: World) -> None:
    page = emre.get(f"/approvals/{world.sheet.id}")
    assert "Noor Hendriks" in page.text
    assert "15,50" in page.text
    assert "34367565.899" in page.text
    response = emre.post(f"/approvals/{world.sheet.id}/approve", {"seen": 1})
    assert response.status_code == 303
    emre.post(f"/approvals/{world.sheet.id}/undo", {"seen": 1})
    row = emre.with_htmx().post(f"/approvals/{world.sheet.id}/approve", {"seen": 1})
    assert row.status_code == 200
    assert row.text.lstrip().startswith(f'<tbody id="sheet-{world.sheet.id}" class=decided>')
    assert "Ongedaan maken" in row.text


def test_undo_all_after_ten_minutes_says_why_not(emre: Visitor, world: World) -> None:
    emre.post("/approvals/approve", {"pick": pick(world.sheet)})
    batch = Event.get(Event.verb == "approve").batch
    clock.fix("2026-11-30T09:11")
    for htmx in (False, True):
        emre.htmx = htmx
        late = emre.post("/approvals/undo", {"batch": batch, "shown": world.sheet.id})
        assert late.status_code == 409
        assert "tien minuten" in late.text
    assert state(world.sheet) == "approved"


def test_undo_all_twice_says_that_nothing_is_left(emre: Visitor, world: World) -> None:
    emre.post("/approvals/approve", {"pick": pick(world.sheet)})
    batch = Event.get(Event.verb == "approve").batch
    emre.post("/approvals/undo", {"batch": batch})
    again = emre.post("/approvals/undo", {"batch": batch})
    assert again.status_code == 409
    assert "Er viel niets meer te doen" in again.text


def test_what_is_undone_is_not_called_approved(emre: Visitor, world: World) -> None:
    emre.post("/approvals/approve", {"pick": pick(world.sheet)})
    batch = Event.get(Event.verb == "approve").batch
    undone = emre.post("/approvals/undo", {"batch": batch, "name": "hend"})
    assert undone.location == "/approvals?name=hend"
    shown = emre.get(undone.location).text
    assert "1 beslissing ongedaan gemaakt" in shown
    assert "1 goedgekeurd" not in shown


def test_what_was_decided_is_one_line_and_all_of_it_is_shown_where_that_is_asked(
    emre: Visitor, world: World
) -> None:
    sheets = more(world, 60)
    done = emre.post("/approvals/approve", {"pick": [pick(sheet) for sheet in sheets]})
    line = emre.get(done.location).text
    assert "Zojuist beslist" not in line
    assert '/undo"' not in line.replace('"/approvals/undo"', "")
    shown = emre.get(asked_to_show(line)).text
    assert "Zojuist beslist" in shown
    assert all(f'action="/approvals/{sheet.id}/undo"' in shown for sheet in sheets)


@pytest.mark.parametrize("who", ["noor", "registrar", "staff"])
@pytest.mark.parametrize("url", ["/approvals/approve", "/approvals/undo", "/home/ordinary", "/home/undo"])
def test_the_verbs_of_many_are_for_approvers(app: Flask, world: World, who: str, url: str) -> None:
    visitor = Visitor(app, getattr(world, who))
    for data in ({}, {"pick": pick(world.sheet), "batch": "x", "fingerprint": "0.0.0"}):
        assert visitor.post(url, data).status_code == 403
