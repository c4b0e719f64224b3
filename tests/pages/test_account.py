"""Account instellingen: password, language, where I am signed in."""

import re

import pytest
from flask import Flask

from konnekt.db import db
from konnekt.domain import clock
from konnekt.domain.accounts import devices, passwords, sessions
from konnekt.models import Account, Device, Session
from tests.factories import World
from tests.visitor import Visitor

GOOD = "correct horse battery"
NEW = "een heel ander wachtwoord"
PHONE = (
    "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Mobile Safari/537.36"
)


@pytest.fixture
def visitor(app: Flask, world: World) -> Visitor:
    passwords.replace(world.noor, GOOD, by=None)
    return Visitor(app, world.noor)


def test_the_page(visitor: Visitor, world: World) -> None:
    response = visitor.get("/account")
    assert response.status_code == 200
    for words in ("Account instellingen", "Wachtwoord", "Taal", "Waar u bent ingelogd", "noor@um.example"):
        assert words in response.text
    assert 'autocomplete="current-password"' in response.text
    assert 'autocomplete="new-password"' in response.text


@pytest.mark.parametrize("htmx", [False, True])
def test_changing_the_password(app: Flask, world: World, visitor: Visitor, htmx: bool) -> None:
    other = Visitor(app, world.noor)
    visitor.htmx = htmx
    with visitor.client.session_transaction() as session:
        before = session["_user_id"]
    response = visitor.post("/account/password", {"current": GOOD, "password": NEW})
    if htmx:
        assert response.status_code == 200
        assert response.text.strip().startswith('<section class="block" id="account-password"')
        assert "Uw wachtwoord is veranderd" in response.headers["HX-Trigger"].encode().decode(
            "unicode-escape"
        )
    else:
        assert (response.status_code, response.location) == (303, "/account")
    with visitor.client.session_transaction() as session:
        assert session["_user_id"] != before
    visitor.htmx = False
    assert visitor.get("/account").status_code == 200
    assert other.get("/account").status_code == 303
    assert sessions.find(before) is None
    assert passwords.matches(Account.get_by_id(world.noor.id), NEW)


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize(
    ("current", "password", "field", "says"),
    [
        ("wrong", NEW, "current", "Dit is niet uw huidige wachtwoord."),
        ("", NEW, "current", "Vul uw huidige wachtwoord in."),
        (GOOD, "", "password", "Vul een nieuw wachtwoord in."),
        (GOOD, "kort", "password", "Gebruik minstens 12 tekens."),
        (GOOD, "a" * 257, "password", "Gebruik hoogstens 256 tekens: laat er een paar weg."),
        (GOOD, "password1234", "password", "Dit wachtwoord wordt door velen gebruikt"),
        (GOOD, "Noor@um.example", "password", "Dit is uw eigen naam of adres."),
    ],
)
def test_a_refused_change(
    visitor: Visitor, world: World, current: str, password: str, field: str, says: str, htmx: bool
) -> None:
    visitor.htmx = htmx
    response = visitor.post("/account/password", {"current": current, "password": password})
    assert response.status_code == 422
    assert says in response.text
    found = re.search(rf'<input[^>]*id="{field}"[^>]*>', response.text)
    assert found
    assert f'{field}-error"' in found[0]
    assert 'aria-invalid="true"' in found[0]
    assert ("<html" in response.text) is not htmx
    assert not password or f'value="{password}"' not in response.text
    assert passwords.matches(Account.get_by_id(world.noor.id), GOOD)
    visitor.htmx = False
    assert visitor.get("/account").status_code == 200


def test_guessing_the_current_password_is_braked(visitor: Visitor, world: World) -> None:
    for _ in range(10):
        visitor.post("/account/password", {"current": "wrong", "password": NEW})
    response = visitor.post("/account/password", {"current": GOOD, "password": NEW})
    assert response.status_code == 429
    assert "Te veel pogingen" in response.text
    assert passwords.matches(Account.get_by_id(world.noor.id), GOOD)


def test_where_i_am_signed_in(app: Flask, world: World, visitor: Visitor) -> None:
    sessions.start(world.noor, "198.51.100.7", PHONE)
    sessions.start(world.noor, "198.51.100.8", "<b>Odd</b>")
    sessions.start(world.supervisor, "203.0.113.9", "Lynx/2.9")
    html = visitor.get("/account").text
    assert "Chrome, Android" in html
    assert "198.51.100.7" in html
    assert "<b>Odd" not in html
    assert html.count("deze browser") == 1
    assert "203.0.113.9" not in html
    assert len(re.findall(r'action="/account/sessions/\d+/end"', html)) == 2
    assert 'action="/account/sessions/end"' in html


@pytest.mark.parametrize("htmx", [False, True])
def test_ending_one(app: Flask, world: World, visitor: Visitor, htmx: bool) -> None:
    other = Visitor(app, world.noor)
    row = Session.select().order_by(Session.id.desc()).get()
    visitor.htmx = htmx
    response = visitor.post(f"/account/sessions/{row.id}/end")
    if htmx:
        assert response.status_code == 200
        assert 'id="account-sessions"' in response.text
    else:
        assert (response.status_code, response.location) == (303, "/account")
    visitor.htmx = False
    assert other.get("/account").status_code == 303
    assert visitor.get("/account").status_code == 200
    assert visitor.post(f"/account/sessions/{row.id}/end").status_code == 404


def test_nobody_ends_somebody_elses(app: Flask, world: World, visitor: Visitor) -> None:
    sessions.start(world.supervisor)
    row = Session.get(Session.account == world.supervisor)
    for url in (
        f"/account/sessions/{row.id}/end",
        "/account/sessions/99999/end",
        f"/account/sessions/{10**30}/end",
    ):
        assert visitor.post(url).status_code == 404
    assert Session.get_by_id(row.id)


@pytest.mark.parametrize("htmx", [False, True])
def test_ending_all_others(app: Flask, world: World, visitor: Visitor, htmx: bool) -> None:
    others = [Visitor(app, world.noor), Visitor(app, world.noor)]
    devices.remember(world.noor, there := devices.know(world.noor, ""))
    stranger = Visitor(app, world.supervisor)
    visitor.htmx = htmx
    assert visitor.post("/account/sessions/end").status_code == (200 if htmx else 303)
    visitor.htmx = False
    assert "2 andere browsers zijn uitgelogd." in visitor.get("/account").text or htmx
    assert all(other.get("/account").status_code == 303 for other in others)
    assert stranger.get("/account").status_code == 200
    assert devices.attempt(world.noor, there) is None, "what was signed in there is a stranger"
    assert not devices.is_remembered(world.noor, there)
    assert Device.select().exists(), "but not new"


def test_language(visitor: Visitor, world: World) -> None:
    response = visitor.post("/language", {"language": "en", "next": "/account"})
    assert (response.status_code, response.location) == (303, "/account")
    assert "Account settings" in visitor.get("/account").text
    assert Account.get_by_id(world.noor.id).language == "en"


def test_language_goes_back_to_the_page_it_was_on(visitor: Visitor) -> None:
    token = visitor.csrf_token()
    for referrer, back in [
        ("http://localhost/approvals?page=2", "/approvals?page=2"),
        ("http://evil.example/x", "/"),
    ]:
        response = visitor.client.post(
            "/language", data={"language": "en", "csrf_token": token}, headers={"Referer": referrer}
        )
        assert response.location == back
    db.connect(reuse_if_open=True)


def test_extra_fields_change_nothing(visitor: Visitor, world: World) -> None:
    visitor.post(
        "/account/password",
        {
            "current": GOOD,
            "password": NEW,
            "is_agency_staff": "1",
            "email": "x@y.example",
            "id": "1",
            "username": "x",
        },
    )
    kept = Account.get_by_id(world.noor.id)
    assert (kept.is_agency_staff, kept.email, kept.username) == (False, "noor@um.example", None)


def test_changes_ask_for_the_token_and_the_method(visitor: Visitor) -> None:
    for url in ("/account/password", "/account/sessions/end", "/account/sessions/1/end"):
        assert visitor.client.post(url, data={}).status_code == 400
        assert visitor.client.get(url).status_code == 405
    db.connect(reuse_if_open=True)


def test_who_did_nothing_for_long_is_signed_out(visitor: Visitor) -> None:
    clock.fix("2026-11-30T16:59")
    assert visitor.get("/account").status_code == 200
    clock.fix("2026-12-01T00:59")
    response = visitor.get("/account")
    assert (response.status_code, response.location) == (303, "/login?next=/account")


def test_the_statements_of_the_page_do_not_grow(app: Flask, world: World, visitor: Visitor) -> None:
    import logging

    def statements() -> int:
        seen: list[str] = []
        handler = logging.Handler()
        handler.emit = lambda record: seen.append(record.getMessage())  # type: ignore[method-assign]
        log = logging.getLogger("peewee")
        log.addHandler(handler)
        log.setLevel(logging.DEBUG)
        try:
            visitor.get("/account")
        finally:
            log.removeHandler(handler)
            log.setLevel(logging.NOTSET)
        return sum("SELECT" in one for one in seen)

    before = statements()
    for _ in range(20):
        sessions.start(world.noor)
    assert statements() == before
    assert before > 0
