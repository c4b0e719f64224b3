"""How long a refused sign-in takes, and whether the time tells a name that exists from one that doesn't.

The same of a forgotten password, and of asking somebody to be a deputy.
"""

from collections.abc import Callable
from statistics import median
from time import perf_counter

from flask import Flask

from konnekt.domain import clock
from konnekt.domain.accounts import passwords
from konnekt.models import AccountLink, DeputyRequest, SignInAttempt
from tests.bench.report import Section
from tests.factories import World
from tests.visitor import Visitor

ROUNDS = 15
TITLE = "sign in, refused"


def measure(app: Flask, world: World, section: Section) -> None:
    """The middle times of both, and their ratio."""
    passwords.replace(world.noor, "correct horse battery", by=None)
    visitor, supervisor = Visitor(app), Visitor(app, world.supervisor)
    days = {"organisation": "FSE", "first_on": clock.today(), "last_on": clock.today()}

    def sign_in(name: str) -> None:
        assert visitor.post("/login", {"name": name, "password": "wrong"}).status_code == 422

    def forget(name: str) -> None:
        assert visitor.post("/password/forgotten", {"name": name}).status_code == 303

    def ask_deputy(name: str) -> None:
        assert supervisor.post("/account/deputies", {**days, "email": name}).status_code == 303

    questions = (
        (TITLE, sign_in),
        ("password forgotten", forget),
        ("deputy asked", ask_deputy),
    )
    for what, ask in questions:
        known, unknown = _times(ask, "noor@um.example", "nobody@um.example")
        section.add(f"{what}, a known name", known, "ms")
        section.add(f"{what}, known against unknown", known / unknown, "x", at_least=0.5, at_most=2.0)


def _times(ask: Callable[[str], None], *names: str) -> list[float]:
    """The middle time of each name in milliseconds, asked in turns: what else the machine does hits all."""
    times: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(ROUNDS):
        for name in names:
            for table in (SignInAttempt, AccountLink, DeputyRequest):
                table.delete().execute()
            began = perf_counter()
            ask(name)
            times[name].append((perf_counter() - began) * 1000)
    return [median(found) for found in times.values()]
