"""What a first visit fetches, and what travels for a page when the browser keeps style and scripts already."""

import gzip
import re

import pytest
from playwright.sync_api import Browser, expect

from konnekt import demo
from tests.bench import weight
from tests.browser.conftest import DESKTOP, Demonstration, Open, Site
from tests.browser.test_grid import PERIOD, desk

__all__ = ["desk"]

LIMIT = 6_000  # bytes
HTMX = re.compile("/static/vendor/htmx-")


@pytest.mark.parametrize("name", demo.ACCOUNTS)
def test_a_later_page_is_light(demonstration: Demonstration, name: str) -> None:
    weights = {page.path: len(gzip.compress(page.html.encode(), 9)) for page in demonstration.crawl(name)}
    assert weights
    assert {path: weight for path, weight in weights.items() if weight > LIMIT} == {}


@pytest.mark.usefixtures("desk")
@pytest.mark.parametrize(
    ("who", "path", "needs_htmx"),
    [
        ("supervisor@um.example", "/approvals", True),
        ("secretariaat@um.example", "/registration", False),
        ("secretariaat@um.example", f"/registration/ZOE{PERIOD}", False),
    ],
)
def test_a_first_visit_fetches_what_the_bench_counts(
    chromium: Browser, site: Site, visit: Open, who: str, path: str, needs_htmx: bool
) -> None:
    """Nothing is fetched behind it either, as long as nobody touches the page; then what else it needs."""
    known = visit(**DESKTOP)
    known.sign_in(who)
    known.page.wait_for_url(f"{site.url}/")
    context = chromium.new_context(**DESKTOP, storage_state=known.page.context.storage_state())
    page = context.new_page()
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url.removeprefix(site.url).partition("#")[0]))
    answer = page.goto(f"{site.url}{path}")
    assert answer is not None
    if needs_htmx:
        page.wait_for_function("() => self.htmx")
    page.wait_for_load_state("networkidle")
    # The sprite is asked for as a picture and by its parts, and fetched once.
    assert sorted(set(fetched)) == sorted([path, *weight.parts(answer.text())])
    assert len(set(fetched)) <= weight.MOST_REQUESTS
    assert any(map(HTMX.search, fetched)) == needs_htmx

    page.mouse.move(9, 9)
    if not needs_htmx:
        page.wait_for_function("() => self.htmx")
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    context.close()


@pytest.mark.usefixtures("desk")
def test_back_over_pages_that_htmx_brought(site: Site, visit: Open) -> None:
    """Who comes back with a key of the browser has htmx no more: the page of before comes all the same."""
    watched = visit(**DESKTOP)
    page = watched.page
    watched.sign_in("secretariaat@um.example")
    page.goto(f"{site.url}/registration{PERIOD}")
    period = page.get_by_label("Periode")
    period.select_option("11")
    expect(page).to_have_url(re.compile("period=11"))
    page.get_by_role("link", name="Zoë Heuvel").click()
    page.wait_for_url("**/registration/ZOE*")
    page.go_back()
    expect(period).to_have_value("11")
    assert not page.evaluate("self.htmx")
    page.go_back()
    expect(period).to_have_value("12")
    page.wait_for_load_state()
    watched.check()
