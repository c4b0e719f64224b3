"""Every page and every fragment that htmx gets is valid HTML, by the Nu HTML Checker."""

import json
import re
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from konnekt import demo
from tests.browser.conftest import Demonstration
from tests.browser.crawl import Visitor, kind, links

# What the checker does not know: htmx's own attributes and elements.
NOT_OURS = r".*Attribute .hx-.* not allowed.*"
HOW_TO_GET_IT = "The Nu HTML Checker is not installed: `make machine` gets it (npm vnu-jar) and Java."
CHECKER = (
    Path(__file__).parents[2] / ".venv" / "nu" / "node_modules" / "vnu-jar" / "build" / "dist" / "vnu.jar"
)


def check(folder: Path) -> list[str]:
    """What the checker says of the pages in a folder, a line each."""
    java = shutil.which("java")
    if java is None or not CHECKER.exists():
        pytest.fail(HOW_TO_GET_IT)
    run = subprocess.run(
        [java, "-jar", CHECKER, "--format", "json", "--filterpattern", NOT_OURS, "--skip-non-html", folder],
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    said: list[dict[str, Any]] = json.loads(run.stderr or run.stdout)["messages"]
    return [
        f"{Path(one.get('url', '')).name}:{one.get('lastLine')}: {one['message']} {one.get('extract', '')[:120]!r}"
        for one in said
        if one["type"] != "info" or one.get("subType") == "warning"
    ]


def whole(fragment: str) -> str:
    """A fragment as a page, in what the browser would put it in."""
    root = re.match(r"\s*<(\w+)", fragment)
    inside = {"tbody": "table", "tr": "table"}.get(root[1] if root else "", "div")
    return f'<!doctype html><html lang="nl"><title>x</title><h1>x</h1><h2>x</h2><{inside}>{fragment}</{inside}></html>'


@pytest.mark.parametrize("language", ["nl", "en"])
def test_pages_and_fragments(demonstration: Demonstration, tmp_path: Path, language: str) -> None:
    """Of each account in the cast; what several accounts get alike is checked once."""
    names: dict[str, str] = {}

    def keep(html: str, what: str) -> None:
        plain = re.sub(r'name="csrf_token" value="[^"]+"', "", html)
        name = f"{sha256(plain.encode()).hexdigest()[:16]}.html"
        if name not in names:
            (tmp_path / name).write_text(html)
            names[name] = what

    for name in demo.ACCOUNTS:
        pages = demonstration.crawl(name, language)
        visitor = Visitor(demonstration.url, demo.address(name), demonstration.password)
        asked: set[str] = set()
        for page in pages:
            keep(page.html, f"{name} {page.path}")
            for link in [link for link in links(page.html, ("hx-get",)) if kind(link) not in asked][:4]:
                asked.add(kind(link))
                fragment = visitor.get(link, headers={"HX-Request": "true"}).html
                if fragment and not fragment.lstrip().lower().startswith("<!doctype"):
                    keep(whole(fragment), f"{name} {link} (fragment)")
    wrong = [f"{names[line.partition(':')[0]]}: {line.partition(':')[2]}" for line in check(tmp_path)]
    assert wrong == [], "\n".join(wrong)
