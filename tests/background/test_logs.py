"""The log: a line for each request that says who did what, when, from where; and never a secret."""

import json
from typing import Any

import pytest
from flask import Flask

from konnekt.background import logs
from konnekt.domain.accounts import links, passwords
from tests.factories import World
from tests.visitor import Visitor

GOOD = "correct horse battery"


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Any:
    """What was logged since it was last asked; every line is JSON and says the same things."""

    def read() -> list[dict[str, Any]]:
        captured = capsys.readouterr().err
        found = [json.loads(line) for line in captured.splitlines()]
        for line in found:
            assert {"at", "who", "what", "path", "status", "address", "ms"} <= set(line) or line[
                "level"
            ] == "error"
        return found

    return read


def test_a_line_for_each_request(app: Flask, world: World, lines: Any) -> None:
    Visitor(app, world.noor).get("/account?name=private")
    (line,) = lines()
    assert line["at"] == "2026-11-30T08:00:00+00:00"
    assert (line["who"], line["method"], line["path"]) == (world.noor.id, "GET", "/account")
    assert (line["status"], line["address"], line["what"]) == (200, "127.0.0.1", "request")


def test_sign_ins_good_and_bad(app: Flask, world: World, lines: Any) -> None:
    passwords.replace(world.noor, GOOD, by=None)
    visitor = Visitor(app)
    visitor.post("/login", {"name": "nobody@um.example", "password": GOOD})
    for _ in range(10):
        visitor.post("/login", {"name": "noor@um.example", "password": "secret-attempt"})
    visitor.post("/login", {"name": "noor@um.example", "password": GOOD})
    seen = [(line["what"], line["who"]) for line in lines()]
    assert seen[0] == ("sign_in_refused", None)
    assert seen[1:11] == [("sign_in_refused", world.noor.id)] * 10
    assert seen[11][0] == "sign_in_throttled"
    passwords.replace(world.noor, GOOD, by=None)
    visitor.post("/login", {"name": "noor@um.example", "password": GOOD})
    visitor.post("/logout")
    assert [(line["what"], line["who"]) for line in lines()] == [
        ("sign_in", world.noor.id),
        ("sign_out", world.noor.id),
    ]


def test_refused_access(app: Flask, world: World, lines: Any) -> None:
    visitor = Visitor(app, world.noor)
    visitor.get("/approvals")
    visitor.get(f"/approvals/{world.sheet.id + 7}")
    Visitor(app).get("/approvals")
    app.test_client().post("/login", data={})
    found = [(line["status"], line["who"], line["what"]) for line in lines()]
    assert found[0][:2] == (403, world.noor.id)
    assert found[1][0] in (403, 404)
    assert found[2] == (303, None, "sign_in_first")
    assert found[3][0] == 400


def test_no_secret_is_in_it(app: Flask, world: World, lines: Any, capsys: pytest.CaptureFixture[str]) -> None:
    passwords.replace(world.noor, GOOD, by=None)
    token = links.send(world.supervisor, "reset").text.split("/password/new/")[1].split()[0]
    visitor = Visitor(app)
    visitor.get(f"/password/new/{token}")
    visitor.get(f"/password/new/{token}/more")
    visitor.get(f"/login?next=/password/new/{token}")
    visitor.post(f"/password/new/{token}", {"password": "kort geheim"})
    visitor.post(f"/password/new/{token}", {"password": "nieuw geheim woord"})
    visitor.post("/login", {"name": "noor@um.example", "password": GOOD})
    visitor.post("/account/password", {"current": GOOD, "password": "nog een geheim woord"})
    with visitor.client.session_transaction() as session:
        cookie = session["_user_id"]
    log = capsys.readouterr().err
    assert log.count("/password/new/...") == 4
    for secret in (token, "geheim", GOOD, cookie, "noor@um.example"):
        assert secret not in log


def test_a_crash_is_logged_with_its_trace_and_without_the_token(
    own_app: Flask, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    def crash(token: str) -> str:
        raise ZeroDivisionError(f"at /password/new/{token}")

    own_app.view_functions["auth.link"] = crash
    own_app.config["PROPAGATE_EXCEPTIONS"] = False
    assert Visitor(own_app).get("/password/new/top-secret-token").status_code == 500
    log = capsys.readouterr().err
    error, request = (json.loads(line) for line in log.splitlines())
    assert error["level"] == "error"
    assert "ZeroDivisionError" in error["trace"]
    assert request["status"] == 500
    assert "top-secret-token" not in log


def test_nothing_typed_begins_a_line(app: Flask, world: World, capsys: pytest.CaptureFixture[str]) -> None:
    visitor = Visitor(app)
    visitor.get("/x%0d%0a%7b%22what%22:%22sign_in%22%7d\u2028\u0085")
    visitor.post("/login", {"name": 'x\r\n{"what": "sign_in"}', "password": "y"})
    log = capsys.readouterr().err
    assert len(log.splitlines()) == 2
    assert [json.loads(line)["what"] for line in log.splitlines()] == ["request", "sign_in_refused"]


def test_masking() -> None:
    assert logs.masked("GET /password/new/abc-DEF_1?x HTTP/1.1") == "GET /password/new/...?x HTTP/1.1"
    assert logs.masked('{"path": "/password/new/abc"}') == '{"path": "/password/new/..."}'
    assert logs.masked("/password/forgotten") == "/password/forgotten"
