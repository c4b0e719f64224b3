"""What the frame's own script and style do, in the browser."""

import re

from playwright.sync_api import Route, expect

from konnekt.db import db
from konnekt.domain import clock
from konnekt.domain.accounts import passwords
from konnekt.models import Event
from tests import invoice_cast
from tests.browser.conftest import DESKTOP, PASSWORD, Open, Site, Watched
from tests.conftest import NOW


def verbs() -> list[str]:
    with db.connection_context():
        return [
            event.verb for event in Event.select().where(Event.timesheet.is_null(False)).order_by(Event.id)
        ]


def agency(site: Site, visit: Open) -> Watched:
    """The agency's staff, signed in at a desk."""
    clock.fix(NOW)
    with db.connection_context():
        passwords.replace(site.world.staff, PASSWORD, by=None, source="command")
    clock.fix("")
    watched = visit(**DESKTOP)
    watched.sign_in("bureau@interum.example")
    watched.page.wait_for_url(f"{site.url}/")
    return watched


def test_home_approves_in_place_and_the_menu_counts_along(site: Site, visit: Open) -> None:
    watched = visit()
    page = watched.page
    watched.sign_in()
    page.goto(site.url)
    badge = page.get_by_role("navigation", name="Menubalk").locator(".count")
    expect(badge).to_contain_text("1")
    page.get_by_role("button", name="Goedkeuren Noor Hendriks").tap()
    undo = page.get_by_role("button", name="Ongedaan maken")
    expect(undo).to_be_focused()
    expect(page.get_by_role("status").first).to_contain_text("1 urenbriefje goedgekeurd, 15,50 uur.")
    expect(badge).to_be_hidden()
    undo.tap()
    expect(badge).to_contain_text("1")
    assert page.url == f"{site.url}/"
    assert verbs() == ["approve", "undo"]
    watched.check()


def test_a_cut_connection_leaves_the_page_and_can_be_tried_again(site: Site, visit: Open) -> None:
    watched = visit(**DESKTOP)
    page = watched.page
    watched.sign_in()
    page.goto(site.url)
    page.route("**/home/**", lambda route: route.abort())
    page.get_by_role("button", name="Goedkeuren Noor Hendriks").click()
    problem = page.locator("#problem")
    expect(problem).to_contain_text("Dat is niet gelukt")
    expect(page.get_by_role("link", name="Noor Hendriks")).to_be_visible()
    assert verbs() == []
    page.unroute("**/home/**")
    problem.get_by_role("button", name="Opnieuw proberen").click()
    expect(page.get_by_role("button", name="Ongedaan maken")).to_be_visible()
    expect(problem).to_be_empty()
    assert verbs() == ["approve"]


def test_a_crash_eats_nothing(site: Site, visit: Open) -> None:
    watched = visit(**DESKTOP)
    page = watched.page
    watched.sign_in()
    page.goto(site.url)
    page.route("**/home/**", lambda route: route.fulfill(status=500, body="<p>gone</p>"))
    page.get_by_role("button", name="Goedkeuren Noor Hendriks").click()
    expect(page.locator("#problem")).to_contain_text("Dat is niet gelukt")
    expect(page.get_by_role("link", name="Noor Hendriks")).to_be_visible()


def test_two_quick_presses_are_one_request_and_the_button_says_it_is_busy(site: Site, visit: Open) -> None:
    watched = visit(**DESKTOP)
    page = watched.page
    watched.sign_in()
    page.goto(site.url)
    held: list[Route] = []
    page.route("**/home/**", lambda route: held.append(route))
    button = page.get_by_role("button", name="Goedkeuren Noor Hendriks")
    button.dblclick()
    expect(button).to_have_attribute("aria-busy", "true")
    page.evaluate("new Promise((done) => setTimeout(done, 200))")
    assert len(held) == 1
    held[0].continue_()
    expect(page.get_by_role("button", name="Ongedaan maken")).to_be_visible()
    assert len(held) == 1
    assert verbs() == ["approve"]
    watched.check()


def test_what_may_not_be_leaves_the_row_and_says_why(site: Site, visit: Open) -> None:
    watched = visit(**DESKTOP)
    page = watched.page
    watched.sign_in()
    page.goto(site.url)
    page.route(
        "**/home/**",
        lambda route: route.continue_(headers={**route.request.headers, "Sec-Fetch-Site": "cross-site"}),
    )
    page.evaluate("document.querySelector('#home-approvals [name=csrf_token]').value = 'forged'")
    page.get_by_role("button", name="Goedkeuren Noor Hendriks").click()
    expect(page.locator("#problem")).to_contain_text("niet van wie nu ingelogd is")
    expect(page.get_by_role("link", name="Noor Hendriks")).to_be_visible()
    assert verbs() == []


def test_on_a_phone_the_menu_folds_and_the_bar_sits_at_the_thumb(site: Site, visit: Open) -> None:
    for javascript in (True, False):
        watched = visit(javascript=javascript)
        page = watched.page
        watched.sign_in()
        page.goto(site.url)
        side = page.get_by_role("navigation", name="Menu", exact=True)
        expect(side).to_be_hidden()
        expect(page.get_by_role("button", name="Uitloggen")).to_be_hidden()
        page.locator("summary", has_text="Menu").tap()
        expect(side).to_be_visible()
        expect(page.get_by_role("button", name="Uitloggen")).to_be_visible()
        box = page.get_by_role("navigation", name="Menubalk").bounding_box()
        assert box is not None
        assert round(box["y"] + box["height"]) == 740
        page.get_by_role("navigation", name="Menubalk").get_by_role("link", name="Goedkeuren").tap()
        page.wait_for_url(f"{site.url}/approvals")
        assert watched.wrong == []


def test_wide_both_menus_are_there(site: Site, visit: Open) -> None:
    page = (watched := visit(**DESKTOP)).page
    watched.sign_in()
    page.goto(site.url)
    for name in ("Menu", "Menubalk"):
        expect(page.get_by_role("navigation", name=name, exact=True)).to_be_visible()
        expect(
            page.get_by_role("navigation", name=name, exact=True).get_by_role(
                "link", name="Urenbriefjes goedkeuren"
            )
        ).to_be_visible()
    expect(page.locator("summary")).to_be_hidden()
    watched.check()


def test_by_keyboard_the_content_is_one_step_away(site: Site, visit: Open) -> None:
    page = (watched := visit(**DESKTOP)).page
    watched.sign_in()
    page.goto(site.url)
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Naar de inhoud")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_the_whole_card_ticks_and_the_bar_adds_up(site: Site, visit: Open) -> None:
    watched = visit()
    page = watched.page
    watched.sign_in()
    page.goto(f"{site.url}/approvals")
    bar = page.locator("[data-picks-bar]")
    expect(bar).to_be_hidden()
    where = page.get_by_text("Faculty of Science and Engineering", exact=False).last
    box = where.bounding_box()
    assert box is not None
    page.touchscreen.tap(box["x"] + box["width"] - 4, box["y"] + box["height"] / 2)
    expect(page.get_by_role("checkbox", name="Noor Hendriks")).to_be_checked()
    expect(bar).to_contain_text("1 gekozen · 15,50 uur")
    page.get_by_role("button", name="Keuze wissen").tap()
    expect(bar).to_be_hidden()
    expect(page.get_by_role("checkbox", name="Noor Hendriks")).not_to_be_checked()
    watched.check()


def test_the_focus_stays_at_hand_when_a_swap_takes_the_pressed_button_away(site: Site, visit: Open) -> None:
    watched = agency(site, visit)
    page = watched.page
    page.goto(f"{site.url}/bureau/details")
    save = page.get_by_role("main").get_by_role("button", name="Opslaan", exact=True)
    save.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("opgeslagen")
    expect(save).to_be_focused()
    page.goto(f"{site.url}/bureau/people/new")
    for name, text in (("first_name", "Ada"), ("last_name", "Bos"), ("email", "ada@um.example")):
        page.locator(f"main [name={name}]").fill(text)
    page.get_by_role("button", name="Persoon toevoegen").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ada Bos")
    expect(page).to_have_title(re.compile("^Ada Bos"))
    expect(page.locator("#main")).to_be_focused()
    watched.check()


def test_the_focus_stays_at_hand_until_a_pdf_is_there(site: Site, visit: Open) -> None:
    """The page asks every second how far it is; what one stands on is drawn anew each time."""
    clock.fix(NOW)
    with db.connection_context():
        invoice_cast.complete(site.world)
        invoice_cast.approve(site.world.sheet, site.world.supervisor)
        invoice_cast.run(organisation="FSE")
    clock.fix("")
    watched = agency(site, visit)
    page = watched.page
    page.goto(f"{site.url}/reports?year=2026&first={site.world.period.id}")
    page.get_by_role("button", name="PDF").click()
    page.wait_for_url("**/reports/made/*")
    held: list[Route] = []
    page.route("**/reports/made/*", lambda route: held.append(route))
    back = page.get_by_role("link", name="Terug naar het rapport")
    back.focus()
    page.wait_for_function("() => self.htmx")
    with page.expect_request("**/reports/made/*"):
        back.focus()
    page.unroute("**/reports/made/*")
    for one in held:
        one.continue_()
    expect(page.get_by_role("link", name="PDF downloaden")).to_be_visible(timeout=60_000)
    expect(back).to_be_focused()
    watched.check()


def test_what_is_typed_before_htmx_has_come_is_looked_for(site: Site, visit: Open) -> None:
    watched = agency(site, visit)
    page = watched.page
    page.goto(f"{site.url}/bureau")
    late: list[Route] = []
    page.route("**/htmx-*", lambda route: late.append(route))
    page.get_by_role("main").get_by_role("link", name="Personen").first.click()
    page.get_by_label("Naam").first.fill("Noor")
    expect(page.get_by_role("link", name="Emre Dubois")).to_be_visible()
    page.wait_for_timeout(200)
    late[0].continue_()
    expect(page.get_by_role("link", name="Emre Dubois")).to_have_count(0)
    expect(page.get_by_role("link", name="Noor Hendriks")).to_be_visible()
    expect(page).to_have_url(re.compile("q=Noor"))
    watched.check()
