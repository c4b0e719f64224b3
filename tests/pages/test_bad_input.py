"""What no page of ours sends, on every route and to everybody: refused or passed over, never a crash.

Routes, fields and forms are found, not listed: what is added is covered.
"""

import importlib
import pkgutil
import re
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote, urlencode

import pytest
from flask import Flask
from werkzeug.datastructures import ImmutableMultiDict
from werkzeug.routing import Rule
from wtforms import Form

import konnekt
from konnekt import forms
from konnekt.db import db
from konnekt.models import Account
from tests.direct import FORM, Answer, ask
from tests.factories import World
from tests.visitor import Visitor

# A form that asks for nothing does its work (200, 303), whatever else came with it.
ANSWERS = {200, 204, 303, 304, 400, 401, 403, 404, 405, 409, 413, 415, 422, 429}

# More digits than a column holds, than SQLite binds, than Python reads as a number, and than anybody types.
LONG, LONGER, HUGE, LONGEST = "9" * 19, "9" * 20, "9" * 400, "9" * 5000
LETTERS = "'%[(" * 200
# What every field holds, and who sends it: it stands there twice, and the second is text behind a number. The
# agency, who sees every page, tries all that differ for a program; read: so many fields at least are asked for.
VALUES = [
    ("nobody", HUGE, 5),
    ("noor", LONGER, 10),
    ("supervisor", "-1", 10),
    ("registrar", LONG, 10),
    ("staff", LONG, 60),
    ("staff", HUGE, 60),
    ("staff", "1abc", 60),
]
# Half a surrogate pair, and what no database takes: refused at the door, whatever the field.
HALF, NUL = b"\xed\xa0\x80", b"\0"
PLACES = [
    (LONG, "1abc"),
    (LONGER, LETTERS),
    (LONGEST, HALF),
    ("1abc", NUL),
    ("-1", LONGEST),
]
MULTIPART = "multipart/form-data; boundary=x"
# Bodies as no form of ours writes them: the content type, the bytes, and whether it is no form at all.
BODIES = [
    ("application/json", b'{"year": ["\\ud800"]}', True),
    ("text/plain", b"year=2026", True),
    (FORM, b"year=\xed\xa0\x80\0&=&&%zz", False),
    ("multipart/form-data", b"--x\r\n", False),
    (MULTIPART, b'--x\r\nContent-Disposition: form-data; name="year"\r\n\r\n2026', False),
]
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


class Fields(ImmutableMultiDict[str, str]):
    """The fields of a request, which notes what is asked for of those that came."""

    read: ClassVar[set[str]] = set()

    def _note(self, name: str) -> None:
        if name in self.keys():
            self.read.add(name)

    def __getitem__(self, name: str) -> str:
        self._note(name)
        return super().__getitem__(name)

    def get(self, name: str, *more: Any, **options: Any) -> Any:
        self._note(name)
        return super().get(name, *more, **options)

    def getlist(self, name: str, *more: Any, **options: Any) -> Any:
        self._note(name)
        return super().getlist(name, *more, **options)


class Caller:
    """Somebody who sends what no page sends, and notes what came of it."""

    def __init__(self, app: Flask, account: Account | None, *, takes_turns: bool = True) -> None:
        self.account = account
        # One answer is a page, the next is for a page that is there already.
        self.takes_turns = takes_turns
        self.app = app
        self.visitor = visitor = Visitor(app, account)
        self.client = visitor.client
        self.token = visitor.csrf_token()
        self.may_be_out = False
        self.wrong: list[str] = []
        self.answered = 0

    def send(self, method: str, address: str, body: bytes = b"", kind: str = FORM) -> Answer | None:
        """One request, a form unless told otherwise: in the address of a GET, in the body of a POST."""
        htmx = self.takes_turns and bool(self.answered % 2)
        if self.may_be_out and self._is_out():
            self.visitor.sign_in(self.account)  # the last address ended all sessions
        self.may_be_out = self.account is not None and method == "POST"
        said = f"{method} {address[:80]} {body[:80]!r}"
        try:
            if method == "GET":
                answer = ask(self.app, self.client, method, f"{address}?{body.decode('latin-1')}", htmx=htmx)
            else:
                answer = ask(self.app, self.client, method, address, body, kind=kind, htmx=htmx)
        except Exception as error:  # the application of a test lets a crash through
            self.wrong.append(f"{said}: {type(error).__name__} {str(error)[:200]}")
            return None
        finally:
            db.connect(reuse_if_open=True)
        if answer.status_code not in ANSWERS:
            self.wrong.append(f"{said}: {answer.status_code}")
        self.answered += 1
        return answer

    def _is_out(self) -> bool:
        """Whether the account has no session any more."""
        return not db.execute_sql(f"SELECT 1 FROM session WHERE account_id = {self.account.id}").fetchone()

    def fill(self, method: str, address: str, pairs: Sequence[tuple[str, str | bytes]] = ()) -> Answer | None:
        """One request with these fields."""
        return self.send(method, address, self.fields(method, pairs))

    def fields(self, method: str, pairs: Sequence[tuple[str, str | bytes]]) -> bytes:
        """These fields as they are sent."""
        own = [("csrf_token", self.token)] if method == "POST" else []
        return urlencode([*own, *pairs]).encode()


def rules(app: Flask) -> Iterator[tuple[str, Rule]]:
    """Every method and rule, but for the one that would end the session of this test."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint not in ("static", "auth.logout"):
            yield from ((method, rule) for method in ("GET", "POST") if method in (rule.methods or ()))


@pytest.mark.parametrize(
    ("who", "bad", "read"), VALUES, ids=[f"{who}-{bad[:4]}-{len(bad)}" for who, bad, _ in VALUES]
)
def test_every_route(
    app: Flask, world: World, who: str, bad: str, read: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.request_class, "parameter_storage_class", Fields)
    monkeypatch.setattr(Fields, "read", set())
    caller = Caller(app, getattr(world, who, None))
    pairs = [(name, value) for name in fields() for value in (bad, "1abc")]
    sent = {
        method: caller.fields(method, pairs) for method in ("GET", "POST")
    }  # up to 200 kB, for 300 routes
    for method, rule in rules(app):
        caller.send(method, filled(rule), sent[method])
    assert caller.wrong == [], "\n".join(caller.wrong)
    assert caller.answered == len(list(rules(app)))
    assert len(Fields.read) >= read, sorted(Fields.read)


def test_what_is_no_place_in_an_address(app: Flask, world: World) -> None:
    caller = Caller(app, world.staff)
    for method, rule in rules(app):
        for number, text in PLACES if "<" in rule.rule else ():
            caller.fill(method, filled(rule, number, text))
    assert caller.wrong == [], "\n".join(caller.wrong)


def test_what_is_no_form(app: Flask, world: World) -> None:
    """Refused before a page hears of it."""
    caller = Caller(app, world.staff)
    for method, rule in rules(app):
        for kind, body, is_no_form in BODIES if method == "POST" else ():
            answer = caller.send(method, filled(rule), body, kind)
            assert answer is None or not is_no_form or answer.status_code == 415, (rule, kind)
        caller.fill(method, filled(rule), [("q", NUL), ("q", HALF)])
    assert caller.wrong == [], "\n".join(caller.wrong)


@pytest.mark.parametrize("who", ["registrar", "staff"])
def test_every_field_of_every_form(app: Flask, world: World, who: str) -> None:
    """Of each form as it stands on its page one field at a time: the others pass."""
    caller = Caller(app, getattr(world, who), takes_turns=False)
    addresses = [
        filled(rule, text=text)
        for method, rule in rules(app)
        for text in ("FSE", world.assignment.code)
        if method == "GET" and not rule.rule.startswith("/help")
    ]
    seen: set[tuple[str, str]] = set()
    for address in dict.fromkeys(addresses):
        page = caller.fill("GET", address, [("year", "2026"), ("period", "12")])
        for action, form in Forms(page.text).found if page and page.mimetype == "text/html" else ():
            for name in form if action else ():
                kind = (re.sub(r"\d+", "*", action), re.sub(r"\d+", "*", name))
                if kind not in seen and name != "csrf_token" and action != "/logout":
                    seen.add(kind)
                    pairs = [(key, value) for key, value in form.items() if key not in ("csrf_token", name)]
                    caller.fill("POST", action, [*pairs, (name, LONG)])
    assert len(seen) > 5, "there are forms"
    assert caller.wrong == [], "\n".join(caller.wrong)
