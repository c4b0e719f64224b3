"""How a page is looked at: by axe, and for what sticks out of it, at several sizes, in light and dark."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Page

from tests.browser.crawl import OF_A_KIND

AXE = (Path(__file__).parents[1] / "vendor" / "axe-4.14.1.min.js").read_text()
SOURCE = f"{AXE}\n{Path(__file__).with_suffix('.js').read_text()}"
ALL = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast", "link-in-text-block"]
# What depends on where things stand; between a phone and a desk nothing is seen that neither of them shows.
LAYOUT = [*COLOURS, "target-size", "scrollable-region-focusable"]
DESK, TABLET, PHONE = (1280, 900), (768, 1024), (360, 740)
# What is looked at with which rules: size, colour scheme, rules (ALL: the whole set; none: only what sticks out).
Looks = Sequence[tuple[tuple[int, int], str, list[str]]]
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


def bring(page: Page) -> None:
    """Have axe in the page, and what asks it (looks.js)."""
    if not page.evaluate("'looks' in self"):
        page.evaluate(SOURCE)


def lines(found: list[list[str]]) -> list[str]:
    return [f"{name}: {html[:160]} ({' '.join(failure.split())[:200]})" for name, html, failure in found]


def violations(page: Page) -> list[str]:
    """What axe finds wrong by all its rules, a line each."""
    bring(page)
    return lines(page.evaluate("(tags) => looks.axeFinds('tag', tags, [])", ALL))


def skip(page: Page, seen: Counter[str]) -> None:
    """Have axe pass over what was looked at in the same form at the same place OF_A_KIND times: rows, the menu.

    Rules for the page as a whole still see it, and so does what sticks out.
    """
    forms = page.evaluate("looks.forms()")
    skipped, at = [], 0
    while at < len(forms):
        form, size = forms[at]
        seen[form] += 1
        if seen[form] > OF_A_KIND:
            skipped.append(at)
        at += size if seen[form] > OF_A_KIND else 1
    page.evaluate("(numbers) => looks.skip(numbers)", skipped)


def looked_at(page: Page, looks: Looks = LOOKS, seen: Counter[str] | None = None) -> list[str]:
    """What is wrong with the page as it stands, at each size and in each scheme; a desk in light is the last.

    Rules of colours run again only where words show in other colours than at the sizes before in the same scheme.
    seen: what was looked at before, with the same looks. For a supervisor's pages
    this and skip() cost 1.1 s of CPU a page, where all of it at each size cost 1.5.
    """
    wrong: list[str] = []
    bring(page)
    skip(page, Counter() if seen is None else seen)
    for (width, height), scheme, rules in looks:
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        asked = [scheme, "tag" if rules is ALL else "rule", rules, COLOURS]
        found, wide, sticking, cut = page.evaluate("(asked) => looks.look(asked)", asked)
        wrong += [f"{width} {scheme} {line}" for line in lines(found)]
        if wide > width:
            wrong.append(f"{width}: {wide} px wide")
        wrong += [f"{width}: a table sticks out {more} px" for more in sticking]
        wrong += [f"{width}: {words!r} is cut off" for words in cut]
    return wrong
