"""Without a connection: a page of ours instead of the browser's own, and nothing private kept for it."""

from pathlib import Path

from playwright.sync_api import expect

from konnekt.screens import guide
from tests.browser.conftest import Open, Site
from tests.browser.looks import violations
from tests.valid_html import problems

KEPT = """async () => {
  const caches_ = await Promise.all((await caches.keys()).map((name) => caches.open(name)));
  const kept = await Promise.all(caches_.map((cache) => cache.keys()));
  return kept.flat().map(({ url }) => new URL(url).pathname).sort();
}"""


def test_no_connection(site: Site, visit: Open) -> None:
    watched = visit()
    page = watched.page
    watched.sign_in()
    page.wait_for_url(f"{site.url}/")
    page.keyboard.press("Shift")  # it comes with the first sign of somebody
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    page.goto(f"{site.url}/account")
    page.goto(f"{site.url}/approvals")
    watched.check()
    assert page.evaluate(KEPT) == ["/static/offline.css", "/static/offline.html"]

    page.context.set_offline(True)
    page.goto(f"{site.url}/approvals?page=1")
    expect(page.get_by_role("heading", name="Geen verbinding")).to_be_visible()
    expect(page.get_by_role("heading", name="No connection")).to_be_visible()
    assert page.get_by_role("link").first.evaluate("(one) => getComputedStyle(one).minHeight") == "44px"
    expect(page.get_by_text("Noor Hendriks")).to_have_count(0)
    assert violations(page) == []
    page.context.set_offline(False)
    page.get_by_role("link", name="Opnieuw proberen").click()
    expect(page.get_by_text("Noor Hendriks").first).to_be_visible()
    assert page.url == f"{site.url}/approvals?page=1"

    # On a phone the menu opens on this page too, with the way to its help in it.
    page.locator(".menu summary").tap()
    page.get_by_role("link", name="Hulp").tap()
    page.wait_for_url(f"{site.url}/help#approve")
    expect(page.locator("#approve")).to_be_in_viewport()
    assert page.evaluate(KEPT) == ["/static/offline.css", "/static/offline.html"]
    page.locator(".menu summary").tap()
    page.get_by_role("button", name="Uitloggen").tap()
    page.wait_for_url(f"{site.url}/login")
    assert page.evaluate(KEPT) == [], "whoever signs out leaves nothing behind"

    assert problems((Path(guide.__file__).parents[1] / "static" / "offline.html").read_text()) == []


def test_no_picture_moves_the_help(site: Site, visit: Open) -> None:
    watched = visit()
    page = watched.page
    page.add_init_script(
        "self.shifts = 0; new PerformanceObserver((list) => list.getEntries().forEach((one) =>"
        " (self.shifts += one.value))).observe({ type: 'layout-shift', buffered: true })"
    )
    page.goto(f"{site.url}/help")
    for _ in range(12):
        page.mouse.wheel(0, 600)
        page.wait_for_timeout(60)
    expect(page.locator("img[loading]").last).to_have_js_property("complete", value=True)
    assert page.evaluate("self.shifts") == 0
    watched.check()
