"""Approving on a phone, in the browser: with a thumb, without JavaScript, and what is left behind after it."""

import re

from playwright.sync_api import expect

from konnekt.db import db
from konnekt.models import Event, Timesheet
from tests.browser.conftest import Open, Site

APPROVE = "Urenbriefje goedkeuren"
UNDO = re.compile("^Ongedaan maken")


def state(site: Site) -> tuple[str, list[str]]:
    """The sheet's state and its events as the database has them."""
    with db.connection_context():
        verbs = [
            event.verb
            for event in Event.select().where(Event.timesheet == site.world.sheet).order_by(Event.id)
        ]
        return Timesheet.get_by_id(site.world.sheet.id).state, verbs


def test_sign_in_tick_approve_undo_by_thumb(site: Site, visit: Open) -> None:
    watched = visit()
    page = watched.page
    watched.sign_in()
    watched.check()
    page.goto(f"{site.url}/approvals")
    expect(page.get_by_role("heading", level=1)).to_have_text("Urenbriefjes goedkeuren")
    watched.check()

    page.get_by_role("checkbox", name="Noor Hendriks").tap()
    page.get_by_role("button", name=APPROVE).tap()
    undo = page.get_by_role("button", name=UNDO)
    expect(undo.first).to_be_visible()
    expect(page.get_by_role("status").first).to_contain_text("15,50")
    assert page.url == f"{site.url}/approvals", "in place, without a reload"
    assert state(site) == ("approved", ["approve"])
    watched.check()

    undo.first.tap()
    expect(page.get_by_role("checkbox", name="Noor Hendriks")).to_be_visible()
    assert state(site) == ("submitted", ["approve", "undo"])
    watched.check()


def test_the_same_without_javascript(site: Site, visit: Open) -> None:
    watched = visit(javascript=False)
    page = watched.page
    watched.sign_in()
    page.goto(f"{site.url}/approvals")
    page.get_by_role("checkbox", name="Noor Hendriks").check()
    page.get_by_role("button", name=APPROVE).click()
    expect(page.get_by_text("15,50").first).to_be_visible()
    assert state(site) == ("approved", ["approve"])
    page.get_by_role("button", name=UNDO).first.click()
    expect(page.get_by_text("1 beslissing ongedaan gemaakt")).to_be_visible()
    assert state(site) == ("submitted", ["approve", "undo"])
    expect(page.get_by_role("checkbox", name="Noor Hendriks")).to_be_visible()
    assert watched.wrong == []


def test_the_detail_opens_in_place_and_rejects_with_a_reason(site: Site, visit: Open) -> None:
    watched = visit()
    page = watched.page
    watched.sign_in()
    page.goto(f"{site.url}/approvals")
    page.get_by_role("link", name="Noor Hendriks", exact=True).tap()
    expect(page.get_by_role("heading", name="Verloop")).to_be_visible()
    assert page.url == f"{site.url}/approvals"
    watched.check()
    phone = page.viewport_size
    assert phone
    page.set_viewport_size({"width": 768, "height": 1024})
    expect(page.locator(".week thead").get_by_text("Soort")).to_be_visible()
    page.set_viewport_size(phone)

    page.get_by_role("link", name="Afkeuren").last.tap()
    page.get_by_role("link", name="Nu niet").press("Enter")
    expect(page.get_by_role("link", name="Noor Hendriks", exact=True)).to_be_focused()
    page.get_by_role("link", name="Afkeuren").last.tap()
    page.get_by_label("Reden").fill("Dinsdag was een feestdag.")
    page.get_by_role("button", name=re.compile("afkeuren")).tap()
    expect(page.get_by_text("Afgekeurd").first).to_be_visible()
    assert state(site) == ("rejected", ["reject"])
    watched.check()


def test_what_a_filter_found_is_said(site: Site, visit: Open) -> None:
    watched = visit()
    page = watched.page
    watched.sign_in()
    page.goto(f"{site.url}/approvals")
    page.locator("summary", has_text="Filter").tap()
    page.get_by_label("Naam").fill("niemand")
    page.get_by_label("Naam").press("Enter")
    expect(page.locator("#status")).to_have_text("Geen wachtend urenbriefje past bij dit filter.")
    expect(page.get_by_label("Naam")).to_be_focused()
    watched.check()


def test_every_page_fits_a_phone(site: Site, visit: Open) -> None:
    watched = visit()
    page = watched.page
    page.goto(f"{site.url}/login")
    watched.check()
    assert page.locator("script").count() == 0, "the sign-in page loads no htmx"
    page.goto(f"{site.url}/password/forgotten")
    watched.check()
    watched.sign_in()
    for path in ("/", "/approvals", f"/approvals/{site.world.sheet.id}", "/account", "/organisations/FSE"):
        page.goto(f"{site.url}{path}")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        watched.check()


def test_back_after_signing_out_shows_the_sign_in_page(site: Site, visit: Open) -> None:
    watched = visit(viewport={"width": 1280, "height": 800}, has_touch=False, is_mobile=False)
    page = watched.page
    watched.sign_in()
    page.goto(f"{site.url}/approvals")
    page.get_by_role("button", name="Uitloggen").click()
    page.wait_for_url(f"{site.url}/login")
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Inloggen")
    expect(page.get_by_text("Noor Hendriks")).to_have_count(0)
    assert watched.wrong == []
