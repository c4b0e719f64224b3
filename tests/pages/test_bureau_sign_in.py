"""Whether an organisation's people sign in with a provider: the agency says so."""

from dataclasses import replace

import pytest
from flask import Flask

from konnekt.background import mail
from konnekt.config import Config
from konnekt.models import Event, Organisation, Session
from konnekt.providers import Provider
from tests.factories import World
from tests.visitor import Visitor

URL = "/bureau/organisations/FSE/sign-in"


@pytest.fixture
def agency(app: Flask, config: Config, world: World) -> Visitor:
    own = Provider("surf", "SURFconext", "https://connect.example", "a", "b")
    app.config["KONNEKT"] = replace(config, providers=(own,))
    mail.configure(app.config["KONNEKT"])
    return Visitor(app, world.staff)


def kept() -> str:
    return Organisation.get(Organisation.code == "FSE").sign_in


def test_off_at_first(agency: Visitor) -> None:
    page = agency.get("/bureau/organisations/FSE").text
    assert "Inloggen via een aanbieder" in page
    assert kept() == "off"


def test_without_a_provider_it_is_not_asked(app: Flask, world: World) -> None:
    assert "Inloggen via" not in Visitor(app, world.staff).get("/bureau/organisations/FSE").text


@pytest.mark.parametrize("htmx", [False, True])
def test_it_is_changed(agency: Visitor, htmx: bool, world: World) -> None:
    agency.htmx = htmx
    response = agency.post(URL, {"sign_in": "required", "seen": "off"})
    assert response.status_code == (200 if htmx else 303)
    assert kept() == "required"
    event = Event.select().where(Event.verb == "change_organisation").get()
    assert (event.actor, event.before, event.after) == (
        world.staff,
        {"sign_in": "off"},
        {"sign_in": "required"},
    )
    page = agency.get("/bureau/organisations/FSE").text
    assert "verplicht" in page


def test_it_is_asked_once_more(agency: Visitor) -> None:
    Session.update(asked_at=None).execute()
    assert agency.post(URL, {"sign_in": "off", "seen": "off"}).status_code == 401
    assert kept() == "off"


@pytest.mark.parametrize(("typed", "status"), [("", 422), ("maybe", 422), ("Required", 422)])
def test_what_is_none_of_the_three(agency: Visitor, typed: str, status: int) -> None:
    assert agency.post(URL, {"sign_in": typed, "seen": "off"}).status_code == status
    assert kept() == "off"


@pytest.mark.parametrize("seen", ["required", ""])
def test_somebody_else_was_first(agency: Visitor, seen: str) -> None:
    assert agency.post(URL, {"sign_in": "offered", "seen": seen}).status_code == 409
    assert kept() == "off"


def test_it_is_the_agencys(app: Flask, agency: Visitor, world: World) -> None:
    for person in (world.supervisor, world.noor):
        assert Visitor(app, person).post(URL, {"sign_in": "off", "seen": "off"}).status_code == 403
    assert agency.post(URL.replace("FSE", "NOWHERE"), {"sign_in": "off", "seen": "off"}).status_code == 404
