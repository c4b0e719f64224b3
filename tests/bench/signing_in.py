"""How long a refused sign-in takes, and whether the time tells a name that exists from one that doesn't."""

from collections.abc import Callable
from statistics import median
from time import perf_counter

from flask import Flask

from konnekt.domain import passwords
from konnekt.models import SignInAttempt
from tests.factories import World
from tests.visitor import Visitor

ROUNDS = 15


def measure(app: Flask, world: World) -> None:
    """Print the middle times of both, and their ratio, for signing in and for a forgotten password."""
    passwords.replace(world.noor, "correct horse battery", by=None)
    visitor = Visitor(app)

    def sign_in(name: str) -> None:
        assert visitor.post("/login", {"name": name, "password": "wrong"}).status_code == 422

    def forget(name: str) -> None:
        assert visitor.post("/password/forgotten", {"name": name}).status_code == 303

    for what, ask in (("sign in, refused", sign_in), ("password forgotten", forget)):
        known, unknown = _times(ask, "noor@um.example"), _times(ask, "nobody@um.example")
        print(f"{what}: known {known:.1f} ms, unknown {unknown:.1f} ms, ratio {known / unknown:.2f}")


def _times(ask: Callable[[str], None], name: str) -> float:
    times = []
    for _ in range(ROUNDS):
        SignInAttempt.delete().execute()
        began = perf_counter()
        ask(name)
        times.append((perf_counter() - began) * 1000)
    return median(times)
