"""A session that ended while somebody typed: nothing is lost, nothing is sent by itself."""

import json
import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from konnekt.domain import passwords
from konnekt.models import State, Timesheet
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


@pytest.fixture
def sheet(world: World) -> Timesheet:
    passwords.replace(world.supervisor, PASSWORD, by=None, source="command")
    return world.sheet


def sign_in(visitor: Visitor, fields: dict[str, str], password: str = PASSWORD) -> TestResponse:
    return send(visitor, "/login", {**fields, "name": "supervisor@um.example", "password": password})


def test_without_javascript_it_waits_in_the_sign_in_form(app: Flask, sheet: Timesheet) -> None:
    visitor = Visitor(app)
    url = f"/approvals/{sheet.id}/reject"
    answer = send(visitor, url, {"reason": REASON, "seen": "1"})
    assert answer.status_code == 401
    assert "Wat u invulde is bewaard" in answer.text
    kept = hidden(answer.text)
    assert kept["unsent_to"] == url
    assert kept["next"] == "/approvals?page=2"
    assert parse_qs(kept["unsent"]) == {"reason": [REASON], "seen": ["1"]}, "all but the token"

    wrong = sign_in(visitor, kept, "een heel ander wachtwoord")
    assert wrong.status_code == 422
    assert hidden(wrong.text) == kept, "a mistyped password loses nothing either"

    asked = sign_in(visitor, kept)
    assert asked.status_code == 200
    assert "feestdag &amp; &lt;b&gt;dicht" in asked.text, "one sees what it is"
    assert Timesheet.get_by_id(sheet.id).state == State.SUBMITTED, "nothing is sent by itself"
    assert f'action="{url}"' in asked.text
    token = re.search(r'name="csrf_token" value="([^"]+)"', asked.text.partition("<main")[2])
    assert token
    done = send(visitor, url, {**hidden(asked.text), "csrf_token": token[1]})
    assert done.status_code == 303
    now = Timesheet.get_by_id(sheet.id)
    assert (now.state, now.rejection_reason) == (State.REJECTED, REASON)


def test_what_is_not_kept(app: Flask, sheet: Timesheet) -> None:
    visitor = Visitor(app)
    for url, data, headers in (
        ("/account/password", {"current": "x", "password": "y"}, OURS),
        (f"/approvals/{sheet.id}/reject", {"reason": REASON}, {"Sec-Fetch-Site": "none"}),
        (f"/approvals/{sheet.id}/reject", {"reason": "x" * 250_000}, OURS),
    ):
        answer = send(visitor, url, data, headers)
        assert answer.status_code == 303, url
        assert urlsplit(answer.location).path == "/login"
    forged = {"unsent": "reason=x", "next": "/"}
    for target in ("//evil.example/x", "/nowhere", "/logout", "/approvals", "/password/new/x"):
        assert sign_in(Visitor(app), {**forged, "unsent_to": target}).status_code == 303, target


def test_with_htmx_the_page_stays_and_one_signs_in_on_it(app: Flask, sheet: Timesheet) -> None:
    visitor = Visitor(app).with_htmx()
    url = f"/approvals/{sheet.id}/reject"
    answer = visitor.post(url, {"reason": REASON, "seen": "1"})
    assert answer.status_code == 401
    assert answer.headers["HX-Retarget"] == "#problem"
    assert "staat nog op deze pagina" in answer.text
    assert REASON not in answer.text
    right = {"name": "supervisor@um.example", "password": PASSWORD}
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
    old = {"csrf_token": "of-another-session", "reason": REASON, "seen": "1"}
    answer = visitor._checked(visitor.client.post(url, data=old, headers=OURS))
    assert answer.status_code == 400
    assert hidden(answer.text) == {"reason": REASON, "seen": "1"}
    stranger = visitor._checked(visitor.client.post(url, data=old))
    assert stranger.status_code == 400
    assert "feestdag" not in stranger.text, "what no page of ours sent is not offered"
    told = visitor._checked(visitor.client.post(url, data=old, headers={"HX-Request": "true"}))
    assert (told.status_code, told.headers["HX-Retarget"]) == (400, "#problem")
    assert "token" in json.loads(told.headers["HX-Trigger"])
    assert Timesheet.get_by_id(sheet.id).state == State.SUBMITTED
