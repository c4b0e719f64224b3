"""Every page and every fragment that htmx gets is valid HTML, by the Nu HTML Checker."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from konnekt import demo
from tests.browser.conftest import Demonstration
from tests.browser.crawl import Visitor, links

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
    return f'<!doctype html><html lang="nl"><title>x</title><h1>x</h1><{inside}>{fragment}</{inside}></html>'


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("name", demo.ACCOUNTS)
def test_pages_and_fragments(demonstration: Demonstration, tmp_path: Path, name: str, language: str) -> None:
    visitor = Visitor(demonstration.url, demo.address(name), demonstration.password)
    visitor.speak(language)
    pages = visitor.crawl()
    asked: set[str] = set()
    names: list[str] = []
    for number, page in enumerate(pages):
        (tmp_path / f"{number}.html").write_text(page.html)
        names.append(f"{number}.html {page.path}")
        for link in [link for link in links(page.html, ("hx-get",)) if link not in asked][:4]:
            asked.add(link)
            fragment = visitor.get(link, headers={"HX-Request": "true"}).html
            if fragment and not fragment.lstrip().lower().startswith("<!doctype"):
                (tmp_path / f"{number}-{len(asked)}.html").write_text(whole(fragment))
                names.append(f"{number}-{len(asked)}.html {link} (fragment)")
    wrong = check(tmp_path)
    assert wrong == [], "\n".join([*wrong, *names])
