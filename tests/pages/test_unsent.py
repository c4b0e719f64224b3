"""A session that ended while somebody typed: nothing is lost, nothing is sent by itself."""

import json
import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

from konnekt.domain.accounts import passwords
from konnekt.models import Account, Session, State, Timesheet
from tests.factories import World
from tests.visitor import Visitor

PASSWORD = "hoge bomen vangen veel wind"
REASON = "Dinsdag was een feestdag & <b>dicht</b>."
OURS = {"Sec-Fetch-Site": "same-origin", "Referer": "http://localhost/approvals?page=2"}


def send(
    visitor: Visitor, url: str, data: dict[str, Any], headers: dict[str, str] | None = None
) -> TestResponse:
    form = {"csrf_token": visitor.csrf_token(), **data}
    return visitor._checked(visitor.client.post(url, data=form, headers=headers or OURS))


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of the form in the content."""
    main = page.partition("<main")[2]
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', main)
    return {name: unescape(value) for name, value in found if name != "csrf_token"}


def expired(app: Flask, account: Account) -> Visitor:
    """A browser with a page of the account, whose session has ended."""
    visitor = Visitor(app, account)
    Session.delete().execute()
    return visitor


@pytest.fixture
def sheet(world: World) -> Timesheet:
    passwords.replace(world.supervisor, PASSWORD, by=None, source="command")
    return world.sheet


def sign_in(visitor: Visitor, fields: dict[str, str], password: str = PASSWORD) -> TestResponse:
    return send(visitor, "/login", {**fields, "name": "supervisor@um.example", "password": password})


def test_without_javascript_it_waits_in_the_sign_in_form(app: Flask, world: World, sheet: Timesheet) -> None:
    visitor = expired(app, world.supervisor)
    url = f"/approvals/{sheet.id}/reject"
    answer = send(visitor, url, {"reason": REASON, "seen": "1"})
    assert answer.status_code == 401
    assert "Wat u hebt ingevuld, is bewaard" in answer.text
    kept = hidden(answer.text)
    assert kept["next"] == "/approvals?page=2"
    signer = URLSafeTimedSerializer(app.secret_key, salt="unsent")
    path, text, back, account = signer.loads(kept["unsent"])
    assert (path, back, account) == (url, "/approvals?page=2", world.supervisor.id)
    assert parse_qs(text) == {"reason": [REASON], "seen": ["1"]}, "all but the token"
    assert "Log in als Emre Dubois" in answer.text

    wrong = sign_in(visitor, kept, "een heel ander wachtwoord")
    assert wrong.status_code == 422
    again = hidden(wrong.text)
    assert again["next"] == kept["next"]
    assert signer.loads(again["unsent"]) == [path, text, back, account], (
        "a mistyped password loses nothing either"
    )

    asked = sign_in(visitor, kept)
    assert asked.status_code == 200
    assert "feestdag &amp; &lt;b&gt;dicht" in asked.text, "one sees what it is"
    assert '<link rel="stylesheet" href="/static/sheet.css' in asked.text, "what is quoted, looks it"
    assert Timesheet.get_by_id(sheet.id).state == State.SUBMITTED, "nothing is sent by itself"
    assert f'action="{url}"' in asked.text
    token = re.search(r'name="csrf_token" value="([^"]+)"', asked.text.partition("<main")[2])
    assert token
    done = send(visitor, url, {**hidden(asked.text), "csrf_token": token[1]})
    assert done.status_code == 303
    now = Timesheet.get_by_id(sheet.id)
    assert (now.state, now.rejection_reason) == (State.REJECTED, REASON)


def test_a_text_browser_loses_nothing_either(app: Flask, world: World, sheet: Timesheet) -> None:
    """It names no origin; a page of ours alone has a token that names the account."""
    url, plain = f"/approvals/{sheet.id}/reject", {"User-Agent": "Lynx/2.9"}
    visitor = expired(app, world.supervisor)
    answer = send(visitor, url, {"reason": REASON, "seen": "1"}, plain)
    assert answer.status_code == 401
    assert "feestdag" in sign_in(visitor, hidden(answer.text)).text
    forged = {"reason": REASON, "csrf_token": "of another site"}
    assert send(expired(app, world.supervisor), url, forged, plain).status_code == 303


def test_what_is_not_kept(app: Flask, world: World, sheet: Timesheet) -> None:
    visitor = expired(app, world.supervisor)
    for url, data, headers in (
        ("/account/password", {"current": "x", "password": "y"}, OURS),
        (f"/approvals/{sheet.id}/reject", {"reason": REASON}, {"Sec-Fetch-Site": "none"}),
        (f"/approvals/{sheet.id}/reject", {"reason": REASON}, {**OURS, "Origin": "https://evil.example"}),
        (f"/approvals/{sheet.id}/reject", {"reason": REASON, "csrf_token": "of another site"}, OURS),
        (f"/approvals/{sheet.id}/reject", {"reason": "x" * 250_000}, OURS),
    ):
        answer = send(visitor, url, data, headers)
        assert answer.status_code == 303, url
        assert urlsplit(answer.location).path == "/login"
    signer = URLSafeTimedSerializer(app.secret_key, salt="unsent")
    for target in ("//evil.example/x", "/nowhere", "/logout", "/approvals", "/password/new/x"):
        kept = signer.dumps([target, "reason=x", "/", world.supervisor.id])
        assert sign_in(Visitor(app), {"unsent": kept, "next": "/"}).status_code == 303, target


def test_another_site_plants_no_text(app: Flask, world: World, sheet: Timesheet) -> None:
    """Neither by a form to the sign-in page, nor with what was signed for an account of its own."""
    planted = {"unsent": "reason=Geplant", "unsent_to": f"/approvals/{sheet.id}/reject", "next": "/"}
    for headers in ({}, {"Origin": "https://evil.example"}):
        page = Visitor(app).client.post("/login", data=planted, headers=headers)
        assert "Geplant" not in page.text
    signed = URLSafeTimedSerializer("another secret", salt="unsent").dumps(
        [f"/approvals/{sheet.id}/reject", "reason=Geplant", "/", world.supervisor.id]
    )
    assert sign_in(Visitor(app), {"unsent": signed}).status_code == 303


def test_somebody_else_gets_nothing_of_the_first_ones_page(
    app: Flask, world: World, sheet: Timesheet
) -> None:
    url = f"/approvals/{sheet.id}/reject"
    passwords.replace(world.outsider, PASSWORD, by=None, source="command")
    hanna = {"name": world.outsider.email, "password": PASSWORD}

    visitor = expired(app, world.supervisor)
    kept = hidden(send(visitor, url, {"reason": REASON, "seen": "1"}).text)
    other = send(visitor, "/login", {**kept, **hanna})
    assert (other.status_code, other.location) == (303, "/")
    home = visitor.get("/").text
    assert "feestdag" not in home
    assert "ingelogd als Hanna Haddad" in home

    visitor = expired(app, world.supervisor).with_htmx()
    asked = visitor.post(url, {"reason": REASON, "seen": "1"})
    assert "Emre Dubois" in asked.text, "it says whose page it is"
    was = hidden(f"<main{asked.text}")["was"]
    wrong = visitor.post("/login", {**hanna, "password": "een heel ander wachtwoord", "was": was})
    assert hidden(f"<main{wrong.text}")["was"] == was
    other = visitor.post("/login", {**hanna, "was": was})
    assert (other.status_code, other.headers["HX-Redirect"]) == (204, "/")
    assert "HX-Trigger" not in other.headers, "no token for the page of somebody else"

    # And where the other signed in in another tab: the old page is refused, without a token that works.
    old = Visitor(app, world.supervisor).csrf_token()
    visitor = Visitor(app, world.outsider)
    for headers in (OURS, {"HX-Request": "true"}):
        late = visitor.client.post(
            url, data={"csrf_token": old, "reason": REASON, "seen": "1"}, headers=headers
        )
        assert late.status_code == 400
        assert "feestdag" not in late.text
        assert "HX-Trigger" not in late.headers
    assert Timesheet.get_by_id(sheet.id).state == State.SUBMITTED


def test_the_sign_in_page_in_a_second_tab_leads_on(app: Flask, world: World, sheet: Timesheet) -> None:
    visitor = Visitor(app)
    visitor.get("/login")
    old = visitor.csrf_token()
    assert sign_in(visitor, {}).status_code == 303
    assert visitor.get("/login?next=/approvals").location == "/approvals"
    for fields in (
        {"name": "supervisor@um.example", "password": PASSWORD},
        {"name": "x", "password": "y"},
        {},
    ):
        again = visitor.client.post("/login", data={"csrf_token": old, "next": "/approvals", **fields})
        assert (again.status_code, again.location) == (303, "/approvals")
    assert "U bent al ingelogd, als Emre Dubois" in visitor.get("/approvals").text
    htmx = {"HX-Request": "true"}
    mine = Visitor(app, world.supervisor).csrf_token()
    told = visitor.client.post("/login", data={"csrf_token": old, "was": mine}, headers=htmx)
    assert "token" in json.loads(told.headers["HX-Trigger"])
    theirs = Visitor(app, world.outsider).csrf_token()
    left = visitor.client.post("/login", data={"csrf_token": old, "was": theirs}, headers=htmx)
    assert left.headers["HX-Redirect"] == "/"


def test_with_htmx_the_page_stays_and_one_signs_in_on_it(app: Flask, world: World, sheet: Timesheet) -> None:
    visitor = expired(app, world.supervisor).with_htmx()
    url = f"/approvals/{sheet.id}/reject"
    answer = visitor.post(url, {"reason": REASON, "seen": "1"})
    assert answer.status_code == 401
    assert answer.headers["HX-Retarget"] == "#problem"
    assert "staat nog op deze pagina" in answer.text
    assert REASON not in answer.text
    was = hidden(f"<main{answer.text}")["was"]
    right = {"name": "supervisor@um.example", "password": PASSWORD, "was": was}
    wrong = visitor.post("/login", {**right, "password": "een heel ander wachtwoord"})
    assert (wrong.status_code, wrong.headers["HX-Retarget"]) == (422, "#problem")
    assert 'role="alert"' in wrong.text
    back = visitor.post("/login", right)
    told = json.loads(back.headers["HX-Trigger"])
    assert (back.status_code, back.text) == (200, "")
    assert "verstuur het nogmaals" in told["notice"]
    headers = {"HX-Request": "true"}
    again = {"csrf_token": told["token"], "reason": REASON, "seen": "1"}
    assert visitor._checked(visitor.client.post(url, data=again, headers=headers)).status_code == 200
    assert Timesheet.get_by_id(sheet.id).rejection_reason == REASON


def test_a_page_from_before_the_last_sign_in_loses_nothing(
    app: Flask, world: World, sheet: Timesheet
) -> None:
    visitor = Visitor(app, world.supervisor)
    visitor.get("/approvals")
    url = f"/approvals/{sheet.id}/reject"
    before = URLSafeTimedSerializer(app.secret_key, salt="wtf-csrf-token").dumps(f"1.{world.supervisor.id}")
    old = {"csrf_token": before, "reason": REASON, "seen": "1"}
    answer = visitor._checked(visitor.client.post(url, data=old, headers=OURS))
    assert answer.status_code == 400
    assert hidden(answer.text) == {"reason": REASON, "seen": "1"}
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    stranger = visitor._checked(visitor.client.post(url, data=old, headers=elsewhere))
    assert stranger.status_code == 403
    assert "feestdag" not in stranger.text, "what no page of ours sent is not offered"
    told = visitor._checked(visitor.client.post(url, data=old, headers={"HX-Request": "true"}))
    assert (told.status_code, told.headers["HX-Retarget"]) == (400, "#problem")
    assert "token" in json.loads(told.headers["HX-Trigger"])
    assert Timesheet.get_by_id(sheet.id).state == State.SUBMITTED
