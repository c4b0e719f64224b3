"""Every kind of page, and every state that a link swaps in, by axe: WCAG 2.2 A and AA.

A page is loaded once. All rules run on a phone and at a desk in light; between these the ones that look at where
things stand, and in dark those that look at the colours, on a phone and at a desk, between which no colour changes.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from konnekt import demo
from tests.browser.conftest import Demonstration, wait_for_htmx
from tests.browser.crawl import kind, one_of_each_kind

AXE = (Path(__file__).parents[1] / "vendor" / "axe-4.14.1.min.js").read_text()
ALL = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast", "link-in-text-block"]
# What depends on where things stand; between a phone and a desk nothing is seen that neither of them shows.
LAYOUT = [*COLOURS, "target-size", "scrollable-region-focusable"]
RUN = """([rules, type]) => axe.run(document, {
    runOnly: {type, values: rules}, resultTypes: ['violations'], elementRef: false, selectors: false, preload: false})"""
# Tables that are wider than the room for them, which a page with space beside it does not show by scrolling.
STICKS_OUT = """() => {
    const main = document.querySelector("main"), room = main.getBoundingClientRect().right - parseFloat(getComputedStyle(main).paddingRight);
    return [...main.querySelectorAll("table")].map((one) => Math.round(one.getBoundingClientRect().right - room)).filter((more) => more > 0)}"""
# Words beyond the edge of the screen that no scrolling brings into sight: what holds them cuts them off.
CUT_OFF = """() => {
    const scrolls = (one) => one && (/auto|scroll/.test(getComputedStyle(one).overflowX) || scrolls(one.parentElement));
    return [...document.querySelectorAll("main *:not(.visually-hidden)")].filter((one) =>
        one.getBoundingClientRect().right > innerWidth && [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim())
        && one.checkVisibility({visibilityProperty: true}) && !scrolls(one)).map((one) => one.textContent.trim().slice(0, 40))}"""
DESK, TABLET, PHONE = (1280, 900), (768, 1024), (360, 740)
# What is looked at with which rules: size, colour scheme, rules (ALL: the whole set; none: only what sticks out).
LOOKS = (
    (PHONE, "light", ALL),
    (PHONE, "dark", COLOURS),
    (TABLET, "light", LAYOUT),
    (DESK, "dark", COLOURS),
    (DESK, "light", ALL),
)
# Of a page that is looked at already: what a filter or a page number changes in it, what a link opens in it.
AGAIN = ((PHONE, "light", ALL), (TABLET, "light", []), (DESK, "dark", COLOURS))
OPENED = ((PHONE, "light", ALL), (TABLET, "dark", COLOURS), (DESK, "light", ALL))


def violations(page: Page, rules: list[str] = ALL) -> list[str]:
    """What axe finds wrong, a line each."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate(RUN, [rules, "tag" if rules is ALL else "rule"])
    return [
        f"{one['id']}: {node['html'][:160]} ({' '.join(node['failureSummary'].split())[:200]})"
        for one in found["violations"]
        for node in one["nodes"][:3]
    ]


def looked_at(page: Page, looks: Sequence[tuple[tuple[int, int], str, list[str]]] = LOOKS) -> list[str]:
    """What is wrong with the page as it stands, at each size and in each scheme; a desk in light is the last."""
    wrong: list[str] = []
    for (width, height), scheme, rules in looks:
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        wrong += [f"{width} {scheme} {line}" for line in violations(page, rules)] if rules else []
        wide = page.evaluate("document.scrollingElement.scrollWidth")
        if wide > width:
            wrong.append(f"{width}: {wide} px wide")
        wrong += [f"{width}: a table sticks out {more} px" for more in page.evaluate(STICKS_OUT)]
        wrong += [f"{width}: {words!r} is cut off" for words in page.evaluate(CUT_OFF)]
    return wrong


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
    seen: set[str] = set()
    for path in pages_of(demonstration, name):
        browser_page.goto(f"{demonstration.url}{path}")
        plain = kind(path).partition("?")[0]
        wrong += [f"{path} {line}" for line in looked_at(browser_page, AGAIN if plain in seen else LOOKS)]
        seen.add(plain)
    assert wrong == [], "\n".join(wrong)


@pytest.mark.parametrize("name", ["supervisor", "agency", "worker"])
def test_what_is_swapped_in(demonstration: Demonstration, browser_page: Page, name: str) -> None:
    """Open one of each kind of thing that htmx opens in place, on each kind of page."""
    sign_in(browser_page, demonstration, name)
    wrong: list[str] = []
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
            wrong += [f"{path} [{addresses[number]}] {line}" for line in looked_at(browser_page, OPENED)]
    assert wrong == [], "\n".join(wrong)


def test_pages_for_who_is_not_signed_in(demonstration: Demonstration, browser_page: Page) -> None:
    wrong = []
    for path in ("/login", "/password/forgotten", "/nothing-here"):
        browser_page.goto(f"{demonstration.url}{path}")
        wrong += [f"{path} {line}" for line in violations(browser_page)]
    assert wrong == []
