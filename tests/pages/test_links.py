"""Password forgotten, and the links that mails carry."""

import re

import pytest
from flask import Flask

from konnekt.db import db
from konnekt.domain import clock
from konnekt.domain.accounts import attempts, links, passwords, sessions
from konnekt.models import Account, AccountLink, Mail, Session
from tests.factories import World
from tests.visitor import Visitor

GOOD = "correct horse battery"
SENT = "Als deze naam bij ons bekend is, is er een mail met een link naar u onderweg."


def path_in(mail: Mail) -> str:
    found = re.search(r"^http://127\.0\.0\.1:8000(/password/new/[\w-]+)$", mail.text, re.MULTILINE)
    assert found
    return found[1]


def test_from_forgotten_to_signed_in(app: Flask, world: World) -> None:
    visitor = Visitor(app)
    assert "Wachtwoord vergeten" in visitor.get("/password/forgotten").text
    response = visitor.post("/password/forgotten", {"name": "flex1003"})
    assert (response.status_code, response.location) == (303, "/login")
    assert SENT in visitor.get("/login").text
    path = path_in(Mail.get())

    page = visitor.get(path)
    assert page.status_code == 200
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["Cache-Control"] == "no-store"
    assert 'autocomplete="new-password"' in page.text
    assert "supervisor@um.example" in page.text
    assert visitor.get(path).status_code == 200, "looking does not use it up"

    response = visitor.post(path, {"password": GOOD})
    assert (response.status_code, response.location) == (303, "/login")
    assert "Uw wachtwoord is ingesteld." in visitor.get("/login").text
    assert visitor.post("/login", {"name": "flex1003", "password": GOOD}).status_code == 303
    assert visitor.get("/account").status_code == 200


def test_the_answer_is_the_same_for_every_name(app: Flask, world: World) -> None:
    Account.update(is_active=False).where(Account.id == world.outsider.id).execute()
    answers = set()
    for name in ("noor@um.example", "nobody@um.example", world.outsider.email, "<b>"):
        visitor = Visitor(app)
        response = visitor.post("/password/forgotten", {"name": name})
        shown = visitor.get("/login").text
        answers.add(
            (response.status_code, response.location, re.sub(r'csrf_token" value="[^"]*"', "", shown))
        )
    assert len(answers) == 1
    assert [mail.recipient for mail in Mail.select()] == ["noor@um.example"]


def test_the_link_ignores_the_host_that_a_request_names(app: Flask, world: World) -> None:
    visitor = Visitor(app)
    token = visitor.csrf_token()
    visitor.client.post(
        "/password/forgotten",
        data={"name": "noor@um.example", "csrf_token": token},
        headers={"Host": "localhost", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"},
    )
    db.connect(reuse_if_open=True)
    mail = Mail.get()
    assert "evil" not in mail.text + mail.html
    assert path_in(mail)
    evil = app.test_client()
    evil.get("/login", base_url="http://evil.example")
    with evil.session_transaction(base_url="http://evil.example") as session:
        session["csrf_token"] = "0" * 40
    evil.post(
        "/password/forgotten",
        base_url="http://evil.example",
        data={"name": "flex1003", "csrf_token": visitor.csrf_token()},
    )
    db.connect(reuse_if_open=True)
    for mail in Mail.select():
        assert "evil" not in mail.text + mail.html


def test_asking_often_is_answered_alike(app: Flask, world: World) -> None:
    visitor = Visitor(app)
    for name in ("noor@um.example", "nobody@um.example"):
        for _ in range(9):
            answer = visitor.post("/password/forgotten", {"name": name})
            assert (answer.status_code, answer.location) == (303, "/login")
            assert SENT in visitor.get("/login").text
    assert Mail.select().count() == 1, "it is in the mailbox, and it works"


def test_a_flood_is_told_to_wait(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "MOST_IN_BURST", 1)
    visitor = Visitor(app)
    visitor.post("/password/forgotten", {"name": "nobody@um.example"})
    response = visitor.post("/password/forgotten", {"name": "noor@um.example"})
    assert response.status_code == 429
    assert "Te veel pogingen. Probeer het over 21 seconden opnieuw" in response.text
    assert 'value="noor@um.example"' in response.text
    assert response.headers["Retry-After"] == "21"


def test_nothing_typed(app: Flask, world: World) -> None:
    response = Visitor(app).post("/password/forgotten", {"name": ""})
    assert response.status_code == 422
    assert 'aria-describedby="name-error"' in response.text


@pytest.mark.parametrize("password", ["", "kort", "1234567890", "noor@um.example", "a" * 257])
def test_a_refused_password_leaves_the_link_alive(app: Flask, world: World, password: str) -> None:
    path = path_in(links.send(world.noor, "invite"))
    visitor = Visitor(app)
    response = visitor.post(path, {"password": password})
    assert response.status_code == 422
    assert 'id="password-error"' in response.text
    assert response.headers["Referrer-Policy"] == "no-referrer"
    assert (
        not password
        or f'value="{password}"' not in response.text.replace("readonly>", "", 1)
        or "@" in password
    )
    assert Account.get_by_id(world.noor.id).password_hash is None
    assert visitor.post(path, {"password": GOOD}).status_code == 303


def test_setting_a_password_ends_every_session(app: Flask, world: World) -> None:
    visitor = Visitor(app, world.noor)
    path = path_in(links.send(world.noor, "reset"))
    assert visitor.post(path, {"password": GOOD}).status_code == 303
    assert not Session.select().exists()
    assert visitor.get("/account").status_code == 303


def test_a_link_that_is_over(app: Flask, world: World) -> None:
    used = path_in(links.send(world.noor, "reset"))
    Visitor(app).post(used, {"password": GOOD})
    replaced = path_in(links.send(world.supervisor, "invite"))
    links.send(world.supervisor, "invite")
    expired = path_in(links.send(world.registrar, "reset"))
    clock.fix("2026-11-30T10:00")
    visitor = Visitor(app)
    for path in (used, replaced, expired, "/password/new/nonsense"):
        for response in (visitor.get(path), visitor.post(path, {"password": "een heel ander"})):
            assert response.status_code == 404
            assert "Deze link werkt niet meer" in response.text
            assert "/password/forgotten" in response.text
            assert response.headers["Referrer-Policy"] == "no-referrer"
    assert passwords.matches(Account.get_by_id(world.noor.id), GOOD)
    assert Account.get_by_id(world.registrar.id).password_hash is None


def test_a_link_needs_the_token_of_its_form(app: Flask, world: World) -> None:
    path = path_in(links.send(world.noor, "reset"))
    assert app.test_client().post(path, data={"password": GOOD}).status_code == 400
    db.connect(reuse_if_open=True)
    assert AccountLink.get().used_at is None


def test_setting_a_password_lifts_the_brake(app: Flask, world: World) -> None:
    """Also where somebody goes on guessing: the browser that chose it is known."""
    visitor = Visitor(app)
    passwords.replace(world.noor, GOOD, by=None)
    for _ in range(10):
        visitor.post("/login", {"name": world.noor.email, "password": "wrong"})
    assert visitor.post("/login", {"name": world.noor.email, "password": GOOD}).status_code == 429
    visitor.post(path_in(links.send(world.noor, "reset")), {"password": "een heel ander"})
    for _ in range(11):
        stranger = Visitor(app).post("/login", {"name": world.noor.email, "password": "wrong"})
    assert stranger.status_code == 429
    assert visitor.post("/login", {"name": world.noor.email, "password": "een heel ander"}).status_code == 303
    assert len(sessions.living(world.noor)) == 1
