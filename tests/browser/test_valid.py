"""Every page and every fragment that htmx gets is valid HTML."""

import re

import pytest

from konnekt import demo
from tests.browser.conftest import Demonstration
from tests.browser.crawl import Visitor, kind, links
from tests.valid_html import problems


def whole(fragment: str) -> str:
    """A fragment as a page, in what the browser would put it in."""
    root = re.match(r"\s*<(\w+)", fragment)
    inside = {"tbody": "table", "tr": "table"}.get(root[1] if root else "", "div")
    return f'<!doctype html><html lang="nl"><title>x</title><h1>x</h1><h2>x</h2><{inside}>{fragment}</{inside}></html>'


def pages_and_fragments(demonstration: Demonstration, language: str) -> dict[str, str]:
    """Of each account in the cast, by the account and the address; what several accounts get alike stands once.

    In English one of each kind: it has other words on the same pages.
    """
    found: dict[str, str] = {}
    seen: set[str] = set()
    kinds: set[str] = set()

    def keep(html: str, what: str) -> None:
        plain = re.sub(r'name="csrf_token" value="[^"]+"', "", html)
        if plain not in seen:
            seen.add(plain)
            found[what] = html

    for name in demo.ACCOUNTS:
        pages = demonstration.crawl(name, language)
        visitor = Visitor(demonstration.url, demo.address(name), demonstration.password)
        asked: set[str] = set()
        for page in pages:
            if language == "en" and kind(page.path) in kinds:
                continue
            kinds.add(kind(page.path))
            keep(page.html, f"{name} {page.path}")
            for link in [link for link in links(page.html, ("hx-get",)) if kind(link) not in asked][:4]:
                asked.add(kind(link))
                fragment = visitor.get(link, headers={"HX-Request": "true"}).html
                if fragment and not fragment.lstrip().lower().startswith("<!doctype"):
                    keep(whole(fragment), f"{name} {link} (fragment)")
    return found


@pytest.mark.parametrize("language", ["nl", "en"])
def test_pages_and_fragments(demonstration: Demonstration, language: str) -> None:
    read = pages_and_fragments(demonstration, language)
    assert len(read) > (100 if language == "nl" else 50)
    wrong = [f"{what}: {problem}" for what, html in read.items() for problem in problems(html)]
    assert wrong == [], "\n".join(wrong)
