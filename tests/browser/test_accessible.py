"""Every kind of page, and every state that a link swaps in, by axe: WCAG 2.2 A and AA.

A page is loaded once. All rules run on a phone and at a desk in light; between these the ones that look at where
things stand, and in dark those that look at the colours, on a phone and at a desk, between which no colour changes.
What pages share, and the third of rows of one form, is looked at on two of them (looks.py).
"""

from collections import Counter
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from konnekt import demo
from tests.browser.conftest import Demonstration, wait_for_htmx
from tests.browser.crawl import kind, one_of_each_kind
from tests.browser.looks import AGAIN, DESK, LOOKS, OPENED, looked_at, violations


def pages_of(site: Demonstration, name: str) -> list[str]:
    """One page of each kind that the account reaches: its home, and what nobody before it in the cast does."""
    before: set[str] = set()
    for other in demo.ACCOUNTS:
        found = one_of_each_kind(site.crawl(other))
        if other == name:
            return ["/", *(path for one, path in found.items() if one not in before and path != "/")]
        before |= set(found)
    raise AssertionError(f"{name} is not in the cast")


@pytest.fixture
def browser_page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(
        locale="nl-NL", reduced_motion="reduce", viewport={"width": DESK[0], "height": DESK[1]}
    )
    context.set_default_timeout(15_000)
    wait_for_htmx(context)
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
    sign_in(browser_page, demonstration, name)
    wrong: list[str] = []
    browser_page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    browser_page.on("pageerror", lambda error: wrong.append(str(error)))
    visited: set[str] = set()
    seen = {"first": Counter[str](), "again": Counter[str]()}
    for path in pages_of(demonstration, name):
        browser_page.goto(f"{demonstration.url}{path}")
        plain = kind(path).partition("?")[0]
        looks, which = (AGAIN, "again") if plain in visited else (LOOKS, "first")
        wrong += [f"{path} {line}" for line in looked_at(browser_page, looks, seen[which])]
        visited.add(plain)
    assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize("name", ["supervisor", "agency", "worker"])
def test_what_is_swapped_in(demonstration: Demonstration, browser_page: Page, name: str) -> None:
    """Open one of each kind of thing that htmx opens in place, on each kind of page."""
    sign_in(browser_page, demonstration, name)
    wrong: list[str] = []
    seen = Counter[str]()
    for path in pages_of(demonstration, name):
        browser_page.goto(f"{demonstration.url}{path}")
        openers = browser_page.locator("main a[hx-get]:not([hx-trigger=load]):visible")
        # All at one moment: a page that follows work draws them anew.
        addresses = openers.evaluate_all(
            "all => all.map(one => one.getAttribute('hx-get') || one.getAttribute('href'))"
        )
        first = {kind(address): number for number, address in reversed(list(enumerate(addresses)))}
        for number in sorted(first.values()):
            if number != min(first.values()):
                browser_page.goto(f"{demonstration.url}{path}")
            with browser_page.expect_response(lambda answer: "static" not in answer.url):
                openers.nth(number).click()
            expect(browser_page.locator(".htmx-request")).to_have_count(0)
            wrong += [
                f"{path} [{addresses[number]}] {line}" for line in looked_at(browser_page, OPENED, seen)
            ]
    assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize("path", ["/invoices", "/bureau/payments"])
def test_wide_tables_fit_at_widths_between(
    demonstration: Demonstration, browser_page: Page, path: str
) -> None:
    """Just above the width at which rows become cards a table has the least room."""
    sign_in(browser_page, demonstration, "agency")
    browser_page.goto(f"{demonstration.url}{path}")
    wrong = []
    for width in range(700, 1280, 8):
        browser_page.set_viewport_size({"width": width, "height": DESK[1]})
        wide = browser_page.evaluate("document.scrollingElement.scrollWidth")
        wrong += [f"{wide} px on {width}"] if wide > width else []
    assert wrong == []


def test_pages_for_who_is_not_signed_in(demonstration: Demonstration, browser_page: Page) -> None:
    wrong = []
    for path in ("/login", "/password/forgotten", "/nothing-here"):
        browser_page.goto(f"{demonstration.url}{path}")
        wrong += [f"{path} {line}" for line in violations(browser_page)]
    assert wrong == []
