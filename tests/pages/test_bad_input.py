"""What no page of ours sends, on every route and to everybody: refused or passed over, never a crash.

Routes, fields and forms are found, not listed: what is added is covered.
"""

import importlib
import pkgutil
import re
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse
from wtforms import Form

import konnekt
from konnekt import forms
from konnekt.db import db
from tests.factories import World
from tests.visitor import Visitor

# A form that asks for nothing does its work (200, 303), whatever else came with it.
ANSWERS = {200, 204, 303, 304, 400, 401, 403, 404, 405, 409, 413, 415, 422, 429}

# More digits than a column holds, than Python reads as a number, and than anybody types.
LONG, LONGER, LONGEST = "9" * 19, "9" * 400, "9" * 5000
# A lone surrogate as it travels, a NUL, text behind a number, a long text with brackets and quotes.
BAD = [LONGER, LONG]
NO_TEXT = b"\xed\xa0\x80\0"
PLACES = [LONG, LONGEST, NO_TEXT, "1abc", "'%[(" * 200]
JSON = "application/json"

READ = re.compile(r"(?:args|form|values)(?:\.get|\.getlist|\[)?[(\[]?\s*\(?\"(\w+)\"")


def fields() -> list[str]:
    """The name of every field of every form, and of what views read beside them."""
    names = {
        name
        for path in Path(konnekt.__file__).parent.rglob("*.py")
        for name in READ.findall(path.read_text())
    }
    for module in pkgutil.walk_packages(forms.__path__, "konnekt.forms."):
        for one in vars(importlib.import_module(module.name)).values():
            if isinstance(one, type) and issubclass(one, Form):
                names |= {name for name in dir(one) if hasattr(getattr(one, name), "field_class")}
    return sorted(names)


def filled(rule: Rule, number: str = "1", text: str | bytes = "FSE") -> str:
    """The rule's address with a number and a text at its places."""
    place = re.compile(r"<(?:(\w+)(?:\(([^)]*)\))?:)?\w+>")
    return place.sub(
        lambda found: (
            number if found[1] == "int" else found[2].split(",")[0] if found[2] else quote(text, safe="")
        ),
        rule.rule,
    )


class Forms(HTMLParser):
    """The forms of a page that are sent by post: the address and the fields of each."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        of = {name: value or "" for name, value in attributes}
        if tag == "form":
            self.found.append((of.get("action", "") if of.get("method") == "post" else "", {}))
        elif of.get("name") and self.found:
            self.found[-1][1][of["name"]] = of.get("value", "1")


class Caller:
    """Somebody who sends what no page sends, and notes what came of it."""

    def __init__(self, visitor: Visitor) -> None:
        self.client = visitor.client
        self.token = visitor.csrf_token()
        self.wrong: list[str] = []

    def send(
        self, method: str, address: str, fields: Sequence[tuple[str, str | bytes]] = (), **more: Any
    ) -> TestResponse | None:
        """One request; a GET has its fields in the address, a POST in its body unless told otherwise."""
        if method == "GET":
            address = f"{address}?{urlencode(fields)}" if fields else address
        elif not more:
            more = {
                "data": urlencode([("csrf_token", self.token), *fields]),
                "content_type": "application/x-www-form-urlencoded",
            }
        said = f"{method} {address[:80]} {str(fields or more)[:80]}"
        try:
            answer = self.client.open(address, method=method, **more)
        except Exception as error:  # the application of a test lets a crash through
            self.wrong.append(f"{said}: {type(error).__name__} {str(error)[:200]}")
            return None
        finally:
            db.connect(reuse_if_open=True)
        if answer.status_code not in ANSWERS:
            self.wrong.append(f"{said}: {answer.status_code}")
        return answer


def rules(app: Flask) -> Iterator[tuple[str, Rule]]:
    """Every method and rule, but for the one that would end the session of this test."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint not in ("static", "auth.logout"):
            yield from ((method, rule) for method in ("GET", "POST") if method in (rule.methods or ()))


@pytest.mark.parametrize("who", ["nobody", "noor", "supervisor", "registrar", "staff"])
def test_every_route(app: Flask, world: World, who: str) -> None:
    caller = Caller(Visitor(app, getattr(world, who, None)))
    names, is_staff = fields(), who == "staff"
    for method, rule in rules(app):
        for bad in BAD if is_staff else BAD[:1]:
            caller.send(method, filled(rule), [(name, value) for name in names for value in (bad, "1abc")])
        caller.send(method, filled(rule), [(names[0], NO_TEXT)])
        for bad in PLACES if is_staff and "<" in rule.rule else ():
            is_whole = isinstance(bad, str) and bad.isascii() and bad.isalnum()
            caller.send(method, filled(rule, str(bad) if is_whole else "1", bad))
        if method == "POST":
            answer = caller.send(method, filled(rule), data='{"year": ["\\ud800"]}', content_type=JSON)
            assert answer is not None and answer.status_code == 415, rule
    assert caller.wrong == [], "\n".join(caller.wrong)


@pytest.mark.parametrize("who", ["registrar", "staff"])
def test_every_field_of_every_form(app: Flask, world: World, who: str) -> None:
    """Of each form as it stands on its page one field at a time: the others pass."""
    caller = Caller(Visitor(app, getattr(world, who)))
    addresses = [
        filled(rule, text=text)
        for method, rule in rules(app)
        for text in ("FSE", world.assignment.code)
        if method == "GET" and not rule.rule.startswith("/help")
    ]
    seen: set[tuple[str, str]] = set()
    for address in dict.fromkeys(addresses):
        page = caller.send("GET", address, [("year", "2026"), ("period", "12")])
        for action, form in Forms(page.text).found if page and page.mimetype == "text/html" else ():
            for name in form if action else ():
                kind = (re.sub(r"\d+", "*", action), re.sub(r"\d+", "*", name))
                if kind not in seen and name != "csrf_token" and action != "/logout":
                    seen.add(kind)
                    pairs = [(key, value) for key, value in form.items() if key not in ("csrf_token", name)]
                    caller.send("POST", action, [*pairs, (name, LONG)])
    assert len(seen) > 5, "there are forms"
    assert caller.wrong == [], "\n".join(caller.wrong)
