"""News on a device in Chromium: the button, what the worker shows of a push, and where it leads."""

from playwright.sync_api import expect

from tests.browser.conftest import Open, Site

# The browser of the tests has no place to show notifications, nor a way to the push services: what the one
# would deliver is delivered to the worker, and what the other would show is kept there.
KEEP = """() => {
  self.shown = [];
  registration.showNotification = async (title, { body }) => self.shown.push(`${title}: ${body}`);
}"""
SHOWN = "async () => { while (!self.shown.length) await new Promise(setTimeout); return self.shown; }"


def test_a_push_without_content_says_how_much_waits(site: Site, visit: Open) -> None:
    watched = visit()
    page = watched.page
    page.context.grant_permissions(["notifications"], origin=site.url)
    watched.sign_in()
    page.wait_for_url(f"{site.url}/")
    told = []
    session = page.context.new_cdp_session(page)
    session.on("ServiceWorker.workerRegistrationUpdated", lambda of: told.extend(of["registrations"]))
    session.send("ServiceWorker.enable")
    page.goto(f"{site.url}/account")
    expect(page.get_by_role("button", name="Laat het weten op dit apparaat")).to_be_visible()
    expect(page.get_by_role("heading", name="Berichten op uw telefoon")).to_be_visible()
    page.keyboard.press("Shift")  # the worker comes with the first sign of somebody
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    (worker,) = page.context.service_workers
    worker.evaluate(KEEP)
    of = {"origin": site.url, "registrationId": told[-1]["registrationId"], "data": ""}
    session.send("ServiceWorker.deliverPushMessage", of)
    shown = worker.evaluate(SHOWN)
    assert shown == ["Konnekt: 1 urenbriefje wacht op u."]
    # Signed out it says nothing of anybody.
    page.context.clear_cookies()
    worker.evaluate(KEEP)
    session.send("ServiceWorker.deliverPushMessage", of)
    shown = worker.evaluate(SHOWN)
    assert shown == ["Konnekt: Er is nieuws."]


def test_without_scripts_nothing_of_it_shows(site: Site, visit: Open) -> None:
    watched = visit(javascript=False)
    watched.sign_in()
    watched.page.goto(f"{site.url}/account")
    expect(watched.page.get_by_text("Berichten op uw telefoon")).to_have_count(0)


def test_a_push_service_out_of_reach_is_said(site: Site, visit: Open) -> None:
    watched = visit()
    page = watched.page
    page.context.grant_permissions(["notifications"], origin=site.url)
    watched.sign_in()
    page.wait_for_url(f"{site.url}/")
    page.goto(f"{site.url}/account")
    page.get_by_role("button", name="Laat het weten op dit apparaat").click()
    expect(page.get_by_role("alert").filter(has_text="antwoordt niet")).to_be_visible(timeout=20_000)
