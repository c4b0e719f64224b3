"""/account/deputies: who stands in for me."""

import pytest
from flask import Flask

from konnekt.domain import clock
from konnekt.models import Deputy, Event
from tests.factories import World
from tests.visitor import Visitor

TODAY = "2026-11-30"


def named(world: World, **changed: str) -> dict[str, str]:
    return {
        "organisation": "FSE",
        "email": world.registrar.email,
        "first_on": TODAY,
        "last_on": "2026-12-04",
        **changed,
    }


@pytest.fixture
def emre(app: Flask, world: World) -> Visitor:
    return Visitor(app, world.supervisor)


@pytest.mark.parametrize(
    "wrong",
    [
        {"organisation": "LAW"},
        {"organisation": ""},
        {"email": "niemand@um.example"},
        {"email": ""},
        {"email": "supervisor@um.example"},
        {"first_on": "2026-12-05"},
        {"first_on": "morgen"},
        {"last_on": "2026-11-29", "first_on": "2026-11-01"},
        {"last_on": "2028-01-01"},
    ],
)
def test_refused_keeps_what_was_typed(emre: Visitor, world: World, wrong: dict[str, str]) -> None:
    response = emre.post("/account/deputies", named(world, **wrong))
    assert response.status_code == 422
    assert Deputy.select().count() == 0
    assert 'aria-invalid="true"' in response.text
    for name, value in wrong.items():
        assert name == "organisation" or value in response.text


def test_only_who_approves_has_deputies(app: Flask, world: World) -> None:
    lars = Visitor(app, world.registrar)
    assert lars.get("/account/deputies").status_code == 403
    assert lars.post("/account/deputies", named(world)).status_code == 403


def test_name_and_end(emre: Visitor, world: World) -> None:
    assert emre.post("/account/deputies", named(world)).status_code == 303
    deputy = Deputy.get()
    assert (deputy.supervisor, deputy.deputy, deputy.organisation) == (
        world.supervisor,
        world.registrar,
        world.fse,
    )
    assert "Lars Maes" in emre.get("/account").text
    assert emre.post("/account/deputies", named(world)).status_code == 422
    assert emre.with_htmx().post(f"/account/deputies/{deputy.id}/end").status_code == 200
    assert emre.post(f"/account/deputies/{deputy.id}/end").status_code == 409
    assert Deputy.get().ended_at == clock.now()
    assert [event.verb for event in Event.select().order_by(Event.id)] == ["name_deputy", "end_deputy"]


def test_somebody_elses_404(app: Flask, emre: Visitor, world: World) -> None:
    emre.post("/account/deputies", named(world))
    hanna = Visitor(app, world.outsider)
    assert hanna.post(f"/account/deputies/{Deputy.get().id}/end").status_code == 404
    assert hanna.post("/account/deputies/999/end").status_code == 404


def test_the_agency_names_one_for_a_supervisor(app: Flask, world: World) -> None:
    bureau = Visitor(app, world.staff)
    assert bureau.post("/account/deputies", named(world, supervisor=world.noor.email)).status_code == 422
    assert (
        bureau.post("/account/deputies", named(world, supervisor=world.supervisor.email)).status_code == 303
    )
    assert Deputy.get().created_by == world.staff


def test_a_supervisor_names_none_for_somebody_else(emre: Visitor, world: World) -> None:
    emre.post("/account/deputies", named(world, organisation="LAW", supervisor=world.outsider.email))
    assert Deputy.select().count() == 0


def test_the_agency_reads_for_whom(app: Flask, emre: Visitor, world: World) -> None:
    bureau = Visitor(app, world.staff)
    answer = bureau.post("/account/deputies", named(world, supervisor=world.supervisor.email))
    shown = bureau.get(answer.location).text
    assert "Lars Maes vervangt Emre Dubois." in shown
    assert "namens Emre Dubois" in shown
    assert "namens Emre Dubois" not in emre.get("/account/deputies").text
