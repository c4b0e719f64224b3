"""A proxy that nobody named is said loudly, and once."""

import logging
from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask import Flask

from konnekt import create_app
from konnekt.background import proxies
from konnekt.background.health import Finding
from konnekt.commands import checking
from konnekt.config import Config
from konnekt.db import db
from konnekt.domain import clock
from tests.factories import World

CLAIM = {"X-Forwarded-For": "203.0.113.50"}


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    proxies.forget()
    yield
    proxies.forget()


def ask(app: Flask, address: str = "127.0.0.1", **headers: str) -> None:
    app.test_client().get("/login", headers=headers, environ_base={"REMOTE_ADDR": address})
    db.connect(reuse_if_open=True)


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [one.getMessage() for one in caplog.records if one.name == "konnekt.proxies"]


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
def test_it_is_said_once_and_again_after_half_a_day(
    app: Flask, world: World, caplog: pytest.LogCaptureFixture, header: str
) -> None:
    caplog.set_level(logging.WARNING)
    for _ in range(3):
        ask(app, **{header: "203.0.113.50"})
    proxies.forget()  # another process
    ask(app, **{header: "203.0.113.50"})
    assert len(lines(caplog)) == 1
    assert f"sends {header}, but KONNEKT_TRUSTED_PROXIES is 0" in lines(caplog)[0]
    assert "203.0.113.50" not in lines(caplog)[0]
    clock.fix("2026-11-30T21:00")
    ask(app, **CLAIM)
    assert len(lines(caplog)) == 2


def test_nothing_is_said_of_others(app: Flask, world: World, caplog: pytest.LogCaptureFixture) -> None:
    ask(app)
    ask(app, "198.51.100.7", **CLAIM)
    assert lines(caplog) == []
    assert not proxies.noted()


def test_nothing_is_said_where_it_is_named(
    app: Flask, config: Config, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    db.close_all()
    behind = create_app(replace(config, trusted_proxies=1))
    db.connect(reuse_if_open=True)
    ask(behind, **CLAIM)
    assert lines(caplog) == []


def test_check_says_it(app: Flask, config: Config, world: World) -> None:
    def finding(proxies_in_front: int) -> Finding:
        asked = replace(config, trusted_proxies=proxies_in_front)
        found = next(one for one in checking.findings(asked) if one.name == "proxies")
        db.connect(reuse_if_open=True)
        return found

    with_schema = pytest.MonkeyPatch()
    with_schema.setattr(checking.schema, "require_current", lambda _: None)
    db.close()
    try:
        assert finding(0).is_well
        ask(app, **CLAIM)
        db.close()
        assert "KONNEKT_TRUSTED_PROXIES is 0, but a proxy on this machine" in finding(0).said
        db.close()
        assert finding(1).is_well
        clock.fix("2026-11-30T21:00")
        db.close()
        assert finding(0).is_well
    finally:
        with_schema.undo()
