"""The rules of the house, kept by reading the source: who imports whom, how long a file is, what never occurs."""

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

import konnekt
from konnekt.db import db
from tests.conftest import sign_in
from tests.factories import World
from tests.visitor import Visitor

HOUSE = Path(konnekt.__file__).parent
ROOT = HOUSE.parent
MODULES = sorted(path for path in HOUSE.rglob("*.py") if "migrations" not in path.parts)
TEMPLATES = sorted(path for path in (HOUSE / "templates").rglob("*") if path.is_file())
SCRIPTS = sorted(path for path in (HOUSE / "static").glob("*") if path.suffix in (".js", ".css"))

# Per room: what of our own house it may import (itself always), and what of other people's it may not.
FLASK = {"flask", "flask_login", "flask_wtf", "flask_babel", "wtforms", "werkzeug"}
ROOMS = {
    "blueprints": (
        {"forms", "domain", "models", "screens", "documents", "background.queue", "background.outbox"},
        {"peewee", "playhouse", "wtforms"},
    ),
    "forms": ({"domain.units"}, {"peewee", "playhouse", "flask"}),
    "domain": (
        {"models", "db", "providers", "fonts", "background.mail", "background.queue", "background.outbox"},
        FLASK,
    ),
    "models": ({"db"}, FLASK),
    "db.py": ({"config"}, {"flask", "wtforms"}),
    "config.py": ({"providers"}, {"flask", "peewee", "wtforms"}),
    "demo": ({"domain", "models", "db", "config", "providers", "documents"}, {"flask", "wtforms"}),
}

# The packages of the domain: each may know those above it in this list, and none below it.
PACKAGES = [
    "accounts", "budgets", "flags", "timesheets", "invoices", "payments", "payroll", "records",
    "corrections", "approvals", "registration", "hours", "periods", "imports",
]  # fmt: skip

# Addresses that somebody who is not signed in may ask for.
PUBLIC = {
    "static",
    "healthz",
    "readyz",
    "auth.login",
    "second_step.show",
    "second_step.check",
    "second_step.passkey",
    "auth.passkey",
    "auth.forgotten",
    "auth.link",
}
PUBLIC |= {"auth.language", "metrics", "help.show", "help.state", "help.worker"}
PUBLIC |= {"identities.begin", "identities.answer"}
PUBLIC |= {"deputies.asked", "deadlines.read"}
PUBLIC |= {f"mail_links.{name}" for name in ("show", "approve", "sheet", "reject", "undo")}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def imports(path: Path) -> Iterator[str]:
    """The dotted name of everything a file imports: `from konnekt.domain import access` is two names in one."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{name(path)}: imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def within(dotted: str, allowed: set[str]) -> bool:
    return any(dotted == room or dotted.startswith(f"{room}.") for room in allowed)


def is_value(room: str, path: Path, inside: str) -> bool:
    """Whether a form imports it for its values or refusals alone (classes), into which it turns what was typed."""
    if room != "forms" or not inside.startswith("domain."):
        return False
    name = inside.rpartition(".")[2]
    used = re.findall(rf"\b{name}\.(\w+)", path.read_text())
    return name[0].isupper() or all(one[0].isupper() for one in used)


@pytest.mark.parametrize("room", ROOMS)
def test_who_imports_whom(room: str) -> None:
    ours, never = ROOMS[room]
    files = [HOUSE / room] if room.endswith(".py") else sorted((HOUSE / room).rglob("*.py"))
    wrong = []
    for path in files:
        # A blueprint doesn't know another one; the files of every other room know each other.
        # The bureau's front room knows its own rooms.
        own = {"blueprints.bureau"} if path.parent.name == "bureau" and path.stem == "__init__" else set()
        allowed = ours | own if room == "blueprints" else {*ours, room.removesuffix(".py")}
        for dotted in imports(path):
            inside = dotted.removeprefix("konnekt.")
            if inside != dotted and not within(inside, allowed) and not is_value(room, path, inside):
                wrong.append(f"{name(path)} imports {dotted}")
            if within(dotted, never):
                wrong.append(f"{name(path)} imports {dotted}")
    assert not wrong, "\n".join(wrong)


def package(path: Path) -> str:
    """The package of the domain in which a file lies, or nothing."""
    parts = path.relative_to(HOUSE).parts
    return parts[1] if parts[0] == "domain" and len(parts) > 2 else ""


def test_the_domain_is_sorted_by_noun() -> None:
    there = {path for path in (HOUSE / "domain").iterdir() if path.name not in ("__init__.py", "__pycache__")}
    assert sorted(path.name for path in there if path.is_dir()) == sorted(PACKAGES)
    assert len(PACKAGES) <= 14
    assert len([path for path in there if path.is_file()]) <= 8, "what all of them stand on"


def test_packages_of_the_domain_know_each_other_in_one_direction() -> None:
    wrong = [
        f"{name(path)} imports {dotted}"
        for path in MODULES
        for dotted in imports(path)
        if (room := package(path)) and (other := [*dotted.split("."), "", ""][2]) in PACKAGES
        if dotted.startswith("konnekt.domain.") and PACKAGES.index(other) > PACKAGES.index(room)
    ]
    assert not wrong, "\n".join(wrong)


def test_nobody_goes_past_what_a_package_offers() -> None:
    offered = {one: import_module(f"konnekt.domain.{one}").__all__ for one in PACKAGES}
    asked: dict[str, set[str]] = {one: set() for one in PACKAGES}
    wrong = []
    for path in MODULES:
        for dotted in imports(path):
            of, *inside = [*dotted.split("."), ""][2:-1] if dotted.startswith("konnekt.domain.") else [""]
            if of not in PACKAGES or of == package(path) or not inside:
                continue
            asked[of].add(inside[0])
            if len(inside) > 1 or inside[0] not in offered[of]:
                wrong.append(f"{name(path)} imports {dotted}")
    assert not wrong, "\n".join(wrong)
    modules = {
        one: {m for m in offered[one] if (HOUSE / "domain" / one / f"{m}.py").exists()} for one in PACKAGES
    }
    assert {one: sorted(modules[one] - asked[one]) for one in PACKAGES if modules[one] - asked[one]} == {}


def test_a_class_has_a_name_of_its_own() -> None:
    """In the whole house: who reads a name thinks of one thing."""
    places: dict[str, list[str]] = {}
    for path in MODULES:
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(f"{name(path)}:{node.lineno}")
    assert {one: where for one, where in places.items() if len(where) > 1} == {}


def test_only_the_front_door_knows_the_blueprints() -> None:
    knowing = {
        path for path in MODULES for dotted in imports(path) if dotted.startswith("konnekt.blueprints")
    }
    assert knowing <= {HOUSE / "__init__.py", HOUSE / "blueprints" / "bureau" / "__init__.py"}


def test_a_blueprint_makes_no_query_of_its_own() -> None:
    verbs = {
        "join",
        "switch",
        "order_by",
        "group_by",
        "execute",
        "create",
        "insert",
        "insert_many",
        "save",
        "atomic",
    }
    wrong = [
        f"{name(path)}:{node.lineno}: .{node.func.attr}()"
        for path in (HOUSE / "blueprints").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in verbs
        if not isinstance(node.func.value, ast.Constant)  # ", ".join() asks no database
        if not (
            isinstance(node.func.value, ast.Name) and node.func.value.id.islower()
        )  # a verb of the domain
    ]
    assert not wrong, "\n".join(wrong)


def test_only_web_knows_the_headers_of_htmx() -> None:
    knowing = {name(path) for path in MODULES if re.search(r"['\"]HX-", path.read_text())}
    assert knowing == {"konnekt/screens/web.py"}


def test_files_are_named_after_nouns() -> None:
    kinds = {
        "utils",
        "util",
        "helpers",
        "helper",
        "misc",
        "data",
        "info",
        "common",
        "services",
        "managers",
        "views",
    }
    assert [name(path) for path in HOUSE.rglob("*") if path.stem in kinds] == []


def test_the_row_of_an_account_is_taken_in_one_place() -> None:
    written = re.compile(r"is_active\W+Account\.is_active\b")
    taken = [name(path) for path in HOUSE.rglob("*.py") if written.search(path.read_text())]
    assert taken == ["konnekt/domain/accounts/people.py"], "hold() of that file does it"


def test_files_are_read_in_one_sitting() -> None:
    limits = [(path, 300) for path in MODULES] + [(path, 100) for path in TEMPLATES]
    lines = {path: len(path.read_text().splitlines()) for path, _ in limits}
    assert [f"{name(path)}: {lines[path]} lines" for path, most in limits if lines[path] > most] == []


def test_public_functions_say_what_they_do() -> None:
    silent = [
        f"{name(path)}:{node.lineno}: {node.name}"
        for path in MODULES
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
        if not ast.get_docstring(node)
    ]
    assert not silent, "\n".join(silent)


def test_links_are_written_in_one_place() -> None:
    """Sheets keep what their links say, so nobody makes or releases one past timesheets/link_facts.py."""
    writes = r"(?:InvoicedHour|PayrollHour)\.(?:create|insert|update|delete|replace|bulk|save)"
    found = [name(path) for path in MODULES if re.search(writes, path.read_text())]
    assert found == []
    kept = r"\b(?:invoiced_minutes|is_invoiced|paid_minutes|is_paid|locked_sheets)=|\.update\(_of_"
    writers = {name(path) for path in MODULES if re.search(kept, path.read_text())}
    assert writers <= {"konnekt/domain/timesheets/link_facts.py"}


def test_nothing_is_left_for_later() -> None:
    # Written apart, so that this line is not found itself.
    words = "TO DO|FIX ME|XX X|HA CK|NotImplemented Error|pytest\\.sk ip|mark\\.sk ip|xf ail".replace(" ", "")
    files = [*MODULES, *TEMPLATES, *SCRIPTS, *(ROOT / "tests").rglob("*.py")]
    found = [
        f"{name(path)}: {hit}" for path in files for hit in re.findall(rf"\b(?:{words})\b", path.read_text())
    ]
    assert not found, "\n".join(found)


# What never stands in a template, and why.
NEVER = {
    r"\|\s*safe\b|\bMarkup\b|autoescape": "what people typed is escaped",
    r"\sstyle\s*=|<style": "the content security policy allows no inline style",
    r"<script(?![^>]*\ssrc=)": "the content security policy allows no inline script",
    r"\son[a-z]+\s*=\s*[\"']|hx-on|[\"']js:|javascript:": "the content security policy allows no inline script",
    r"hx-boost": "boosting is not how this house navigates",
    r"(?:src|href|action)\s*=\s*[\"'](?:https?:)?//": "nothing comes from another host",
    r"href=\"\{\{(?!\s*(?:url_for|request\.|(?:\w+_)?address\b))": "addresses are made by url_for, or are this very one",
    r"\.(?:select|where|execute|get_by_id)\(": "a template asks the database nothing",
    r"\bstate\s*[=!]=|\bstate\s+(?:not\s+)?in\b": "a template compares no states: it asks may_* and is_*",
}


@pytest.mark.parametrize("pattern", NEVER)
def test_what_never_stands_in_a_template(pattern: str) -> None:
    pages = [path for path in TEMPLATES if "mail" not in path.parts and "pdf" not in path.parts]
    found = [
        f"{name(path)}:{number}: {line.strip()[:80]}"
        for path in pages
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if re.search(pattern, line)
    ]
    assert not found, f"{NEVER[pattern]}\n" + "\n".join(found)


def test_no_html_is_made_outside_templates() -> None:
    found = [
        name(p)
        for p in MODULES
        if re.search(r"\bMarkup\(|render_template_string|from_string\(", p.read_text())
    ]
    assert not found, "\n".join(found)


def test_scripts_reach_no_other_host_and_make_no_code_from_text() -> None:
    found = [
        f"{name(path)}: {hit}"
        for path in SCRIPTS
        for hit in re.findall(
            r"https?://[^\s'\"]+|\beval\(|new Function|innerHTML|document\.write|localStorage",
            path.read_text(),
        )
        if not hit.startswith("http://www.w3.org/")
    ]
    assert not found, "\n".join(found)


def test_every_block_of_a_stylesheet_is_closed() -> None:
    for path in SCRIPTS:
        if path.suffix == ".css":
            depth = [0]
            for brace in re.findall(r"[{}]", path.read_text()):
                depth.append(depth[-1] + (1 if brace == "{" else -1))
            assert (min(depth), depth[-1]) == (0, 0), name(path)


def address(rule: Rule) -> str:
    """A rule's address with something in the place of each variable."""

    def something(hit: re.Match[str]) -> str:
        kind, arguments = hit[1], hit[2] or ""
        return {"int": "1", "any": arguments.strip("()").split(",")[0]}.get(kind, "X")

    return re.sub(r"<(?:(\w+)(\([^)]*\))?:)?\w+>", something, rule.rule)


def private(app: Flask, method: str) -> list[str]:
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint not in PUBLIC]
    return [address(rule) for rule in rules if method in (rule.methods or set())]


def test_every_address_asks_to_sign_in(app: Flask) -> None:
    visitor = Visitor(app)
    open_ones = []
    for url in private(app, "GET"):
        response = visitor.get(url)
        if response.status_code not in (302, 303) or not response.location.startswith("/login"):
            open_ones.append(f"GET {url}: {response.status}")
    for url in private(app, "POST"):
        response = visitor.post(url)
        if response.status_code not in (302, 303, 401) or not (response.location or "/login").startswith(
            "/login"
        ):
            open_ones.append(f"POST {url}: {response.status}")
    assert not open_ones, "\n".join(open_ones)
    assert len(private(app, "GET")) >= 3


def test_every_change_asks_for_the_token(app: Flask, world: World, client: FlaskClient) -> None:
    sign_in(client, world.supervisor)
    urls = [address(rule) for rule in app.url_map.iter_rules() if "POST" in (rule.methods or set())]
    answers = {}
    for url in urls:
        answers[url] = client.post(url, data={"csrf_token": "forged"}).status_code
        db.connect(reuse_if_open=True)
    for url in ("/login", "/login/code"):
        assert answers.pop(url) == 303, "who is signed in is led on; it changes nothing"
    assert {url: status for url, status in answers.items() if status not in (400, 403)} == {}
    assert urls


def test_nothing_changes_by_looking(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        methods = (rule.methods or set()) - {"HEAD", "OPTIONS"}
        assert methods <= {"GET", "POST"}, f"{rule}: forms know GET and POST"


@pytest.mark.parametrize(
    "path", [path for path in SCRIPTS if path.suffix == ".css"], ids=lambda path: path.name
)
def test_a_stylesheet_closes_what_it_opens(path: Path) -> None:
    text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
    assert text.count("{") == text.count("}"), "a lost brace takes all that follows with it"
