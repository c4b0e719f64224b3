"""Every page that can be reached, and every state that a link swaps in, by axe: WCAG 2.2 A and AA."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from konnekt import demo
from tests.browser.conftest import Demonstration
from tests.browser.crawl import Visitor

AXE = (Path(__file__).parents[1] / "vendor" / "axe-4.14.1.min.js").read_text()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations'], elementRef: false})"
# Widths with a touch screen's height or a desk's.
SIZES = ((1280, 900), (768, 1024), (360, 740))
SCHEMES = ("light", "dark")


def violations(page: Page) -> list[str]:
    """What axe finds wrong, a line each."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate(RUN, RULES)
    return [
        f"{one['id']}: {node['html'][:160]} ({' '.join(node['failureSummary'].split())[:200]})"
        for one in found["violations"]
        for node in one["nodes"][:3]
    ]


@pytest.fixture
def browser_page(chromium: Browser, demonstration: Demonstration) -> Iterator[Page]:
    context = chromium.new_context(locale="nl-NL")
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


def sign_in(page: Page, site: Demonstration, name: str) -> None:
    page.goto(f"{site.url}/login")
    page.locator("[autocomplete=username]").fill(demo.address(name))
    page.locator("input[type=password]").fill(site.password)
    page.locator("main form button").first.click()
    page.wait_for_url(f"{site.url}/")


@pytest.mark.parametrize("name", demo.ACCOUNTS)
def test_every_page_at_three_widths_light_and_dark(
    demonstration: Demonstration, browser_page: Page, name: str
) -> None:
    paths = [
        one.path for one in Visitor(demonstration.url, demo.address(name), demonstration.password).crawl()
    ]
    assert len(paths) >= 2
    sign_in(browser_page, demonstration, name)
    wrong: list[str] = []
    errors: list[str] = []
    browser_page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    browser_page.on("pageerror", lambda error: errors.append(str(error)))
    for path in paths:
        browser_page.goto(f"{demonstration.url}{path}")
        for width, height in SIZES:
            browser_page.set_viewport_size({"width": width, "height": height})
            for scheme in SCHEMES:
                browser_page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
                wrong += [f"{path} {width} {scheme} {line}" for line in violations(browser_page)]
            wide = browser_page.evaluate("document.scrollingElement.scrollWidth")
            if wide > width:
                wrong.append(f"{path} {width}: {wide} px wide")
    assert errors == []
    assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize("name", ["supervisor", "agency", "worker"])
def test_what_is_swapped_in(demonstration: Demonstration, browser_page: Page, name: str) -> None:
    """Open the first few things of each page that htmx opens in place."""
    paths = [
        one.path for one in Visitor(demonstration.url, demo.address(name), demonstration.password).crawl()
    ]
    sign_in(browser_page, demonstration, name)
    wrong: list[str] = []
    for path in paths:
        browser_page.goto(f"{demonstration.url}{path}")
        openers = browser_page.locator("main a[hx-get]:visible")
        for number in range(min(openers.count(), 2)):
            browser_page.goto(f"{demonstration.url}{path}")
            opener = openers.nth(number)
            with browser_page.expect_response(lambda answer: "static" not in answer.url):
                opener.click()
            browser_page.wait_for_load_state("networkidle")
            wrong += [f"{path} [{number}] {line}" for line in violations(browser_page)]
    assert wrong == [], "\n".join(wrong)


def test_pages_for_who_is_not_signed_in(demonstration: Demonstration, browser_page: Page) -> None:
    wrong = []
    for path in ("/login", "/password/forgotten", "/nothing-here"):
        browser_page.goto(f"{demonstration.url}{path}")
        wrong += [f"{path} {line}" for line in violations(browser_page)]
    assert wrong == []
