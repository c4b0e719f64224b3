"""Looking changes nothing: every page, twice, as everybody, and the whole database before and after."""

from datetime import timedelta

import pytest
from flask import Flask
from jinja2 import FunctionLoader

from konnekt.config import Config
from konnekt.db import db
from konnekt.domain import clock
from konnekt.models import Event, Session
from tests import permission_cast, permissions
from tests.contents import contents, differences, written
from tests.direct import ask
from tests.factories import World
from tests.visitor import Visitor

# What looking does write. When a session was last used, by which it ends; how much somebody took away, which
# has a limit; and that files for payroll or bookkeeping were taken away, an event of its own.
NOTED = {"session": {"seen_at"}, "sign_in_attempt": {"key", "failures", "began_at", "at", "subject", "id"}}
EVENTS = {"hand_out_file", "hand_out_ledger_file"}
# Turned away before the page itself begins (screens/security.py, and what a role may enter).
REFUSED = {"login", "403"}


def look(visitor: Visitor, address: str) -> None:
    """As a page, then as htmx asks for it."""
    for htmx in (False, True):
        ask(visitor.app, visitor.client, "GET", address, htmx=htmx)


def test_following_every_link_twice(
    app: Flask, world: World, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = permission_cast.assemble(app, world)
    if config.database:
        # The pages are drawn on SQLite; here what is asked of the database for them.
        monkeypatch.setattr(app.jinja_env, "loader", FunctionLoader(lambda _name: ""))
        monkeypatch.setitem(app.jinja_env.__dict__, "_children", {})
        monkeypatch.setattr(db.obj, "close", lambda: False)
    clock.fix(
        f"{clock.local(clock.now()) + timedelta(minutes=10):%Y-%m-%dT%H:%M}"
    )  # what is seen now is news
    # What is downloaded was asked about just now.
    Session.update(asked_at=clock.now()).execute()
    before, last = contents(NOTED), Event.select().order_by(Event.id.desc()).get().id
    wrote: dict[str, set[str]] = {}
    for row, role in [(one, role) for one in permissions.rows() for role in one.answers]:
        if row.method != "GET" or row.answers[role] in REFUSED:
            continue
        for state in (row.states or ("submitted",))[: 1 if config.database else None]:
            with written() as statements:
                look(cast.visitors[role], cast.address(row.path, state))
            tables = {word for one in statements for word in one.replace('"', " ").split() if word in before}
            if tables:
                wrote.setdefault(row.path, set()).update(tables)
    db.connect(reuse_if_open=True)
    events = list(Event.select().where(Event.id > last))
    assert {event.verb for event in events} == EVENTS
    wrote = {path: tables - NOTED.keys() for path, tables in wrote.items()}
    assert {path: tables for path, tables in wrote.items() if tables} == {
        "/bureau/books/batches/<batch>/<format>": {"event", "event_chain"},
        "/bureau/payroll/batches/<batch>/<format>": {"event", "event_chain"},
    }
    changed = differences(before, contents(NOTED))
    assert changed == {"event": (0, len(events)), "event_chain": (2, 2)}
