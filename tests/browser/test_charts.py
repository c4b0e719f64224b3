"""Charts in a real browser: hours and revenue come by themselves, bars are seen, and a period's rows are low."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import DESKTOP, Demonstration
from tests.browser.test_accessible import sign_in

# The tallest row of a timesheet on a desk, in pixels.
ROW = 40


@pytest.fixture
def desk(chromium: Browser, demonstration: Demonstration) -> Iterator[Page]:
    """The agency at its home, on a desk."""
    context = chromium.new_context(locale="nl-NL", **DESKTOP)
    page = context.new_page()
    sign_in(page, demonstration, "agency")
    yield page
    context.close()


def test_hours_and_revenue_come_by_themselves(desk: Page, demonstration: Demonstration) -> None:
    wrong: list[str] = []
    desk.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    desk.goto(demonstration.url)
    columns = desk.locator("#turnover .chart-columns rect")
    expect(columns.first).to_be_visible()
    assert desk.locator("#turnover svg[role=img]").count() == 2
    expect(desk.locator("#bureau-turnover")).to_have_count(1)
    assert not wrong, "no style or script that the policy refuses"


def test_bars_fill_their_width_and_keep_to_it(desk: Page) -> None:
    for width in (360, 768, 1280):
        desk.set_viewport_size({"width": width, "height": 800})
        for bar in desk.locator("#stages-four_weeks .chart-bars svg").all():
            whole = bar.evaluate("one => one.getBoundingClientRect().width")
            pieces = bar.locator("rect").evaluate_all("all => all.map(one => one.width.baseVal.value)")
            assert sum(pieces) == pytest.approx(whole, abs=0.5)
            assert whole > 200
            assert min(pieces) >= 1.5


def test_without_a_script_hours_and_revenue_are_behind_a_link(
    chromium: Browser, demonstration: Demonstration
) -> None:
    context = chromium.new_context(locale="nl-NL", java_script_enabled=False, **DESKTOP)
    page = context.new_page()
    sign_in(page, demonstration, "agency")
    page.get_by_role("link", name="Uren en omzet tonen").click()
    expect(page.locator("#turnover .chart-columns rect").first).to_be_visible()
    page.get_by_text("De cijfers als tabel").click()
    expect(page.locator("#turnover table")).to_be_visible()
    context.close()


def test_a_timesheet_of_a_period_is_one_low_row_on_a_desk(desk: Page, demonstration: Demonstration) -> None:
    desk.goto(f"{demonstration.url}/bureau/progress?calendar=four_weeks&year=2026&period=12")
    rows = desk.locator("#progress-rows .row")
    heights = rows.evaluate_all("all => all.map(one => one.getBoundingClientRect().height)")
    assert len(heights) > 10
    assert max(heights) <= ROW
    names = ["Bartholomeüs-Ferdinand van den Heuvel-Łukaszewicz"] * 4
    rows.first.evaluate(
        "(row, names) => { row.querySelector('.names').textContent = names; row.querySelector('.who a').textContent = names }",
        ", ".join(names),
    )
    assert rows.first.evaluate("one => one.getBoundingClientRect().height") <= ROW
    assert desk.evaluate("document.scrollingElement.scrollWidth") <= DESKTOP["viewport"]["width"]
    groups = desk.locator("#progress-rows .group th").all_inner_texts()
    assert len(groups) == len(set(groups)) > 1, "each organisation once"
