"""The table of permissions (tests/permissions.py), cell by cell, on the real application."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import pytest
from flask import Flask
from jinja2 import FunctionLoader
from werkzeug.routing import Rule

from konnekt.background import logs
from konnekt.config import Config
from konnekt.db import db
from konnekt.domain import access
from konnekt.domain.accounts import agency_roles, sessions
from tests import permission_cast, permissions
from tests.direct import Answer, ask
from tests.factories import World
from tests.permission_cast import Cast
from tests.permissions import Row
from tests.visitor import Visitor

# Its answer to a browser is a way back with what came of it, whatever that is; htmx is told by the number.
TOLD_TO_HTMX = {"/registration/send-all"}


@pytest.fixture
def cast(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> Cast:
    """Everybody in the table. Who may come in is asked, not what the pages look like: they are blank here."""
    cast = permission_cast.assemble(app, world)
    monkeypatch.setattr(app.jinja_env, "loader", FunctionLoader(lambda _name: ""))
    # Or those of a language, made meanwhile, would stay blank for who comes after.
    monkeypatch.setitem(app.jinja_env.__dict__, "_children", {})
    # One connection for all: what a request did is rolled back. So an account is found by its session, and has
    # the rights, that it had at the request before: the two statements of every request are asked once for each.
    monkeypatch.setattr(db.obj, "close", lambda: False)
    monkeypatch.setattr(sessions, "find", cache(sessions.find))
    monkeypatch.setattr(access, "grants", cache(access.grants))
    # Nor does anybody read who has the role that is missing, or the line that each request leaves in the log.
    monkeypatch.setattr(agency_roles, "holders", cache(agency_roles.holders))
    monkeypatch.setattr(logs.logger, "disabled", True)
    return cast


@contextmanager
def unchanged(visitor: Visitor) -> Iterator[None]:
    """What the visitor does inside leaves no trace, neither in the database nor in the browser."""
    cookies = dict(visitor.client._cookies or {})
    with db.atomic() as transaction:
        yield
        transaction.rollback()
    visitor.client._cookies = cookies


def word(response: Answer) -> str:
    """A response in the words of the table."""
    if response.status_code == 303 and response.location.startswith("/login"):
        return "login"
    return "ok" if response.status_code in (200, 204, 303) else str(response.status_code)


def answer(cast: Cast, row: Row, role: str, state: str, missing: bool = False) -> str:
    """What the application answers to somebody; missing: with numbers and codes that nothing has."""
    visitor = cast.visitors[role]
    htmx = row.path in TOLD_TO_HTMX and role not in ("nobody", "half")
    address = cast.address(row.path, state, missing=missing)
    form: Any = b""
    if row.method == "POST":
        form = {"csrf_token": cast.tokens[role], **cast.form(row.path, state, role)}
    with unchanged(visitor):
        return word(ask(visitor.app, visitor.client, row.method, address, form, htmx=htmx))


def routes(app: Flask) -> set[str]:
    """Every method and address of the application, as the table writes them."""
    return {
        f"{method} {path(rule)}"
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def path(rule: Rule) -> str:
    return re.sub(r"<(?:[^:<>]*:)?(\w+)>", r"<\1>", rule.rule)


def places(address: str) -> set[str]:
    return set(re.findall(r"<(\w+)>", address))


def test_every_route_has_a_line_and_every_line_a_route(application: Flask) -> None:
    lines = {str(row) for row in permissions.rows()}
    assert routes(application) - lines == set(), "nobody has said who may come here"
    assert lines - routes(application) == set(), "these are gone"


def test_a_line_speaks_of_every_state_once() -> None:
    states: dict[str, list[str]] = {}
    for row in permissions.rows():
        states.setdefault(str(row), []).extend(row.states or ("",))
    every = sorted(permissions.STATES.values())
    wrong = {line: named for line, named in states.items() if sorted(named) not in ([""], every)}
    assert wrong == {}


def test_every_cell(cast: Cast, config: Config) -> None:
    # Which state it is, Python looks at and a guard in SQL that is the same for all who get that far: PostgreSQL
    # is asked about the first state of a line.
    most = 1 if config.database else len(permissions.STATES)
    wrong = [
        f"{row} {state}: {role} gets {given}, not {said}"
        for row in permissions.rows()
        for state in (row.states or ("submitted",))[:most]
        for role, said in row.answers.items()
        if (given := answer(cast, row, role, state)) != said
    ]
    assert wrong == [], "\n".join(wrong)


def test_what_is_not_for_you_looks_as_what_is_not_there(cast: Cast) -> None:
    """Where nothing has the number, nobody gets any other answer than who is not to know what has it."""
    wrong = []
    for row in permissions.rows():
        if "submitted" not in (row.states or ("submitted",)) or not permission_cast.ROWS & places(row.path):
            continue
        for role, said in row.answers.items():
            if said == "login":
                continue
            # A page that is not in your menu says so before it looks.
            expected = {"403", "404"} if said == "403" else {"404"}
            given = answer(cast, row, role, "submitted", missing=True)
            if given not in expected:
                wrong.append(f"{row}: {role} gets {given}, not 404")
    assert wrong == [], "\n".join(wrong)
