"""The search by keyboard: a slash leads there, answers come while one types, arrows go through them."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import DESKTOP, PHONE, Open, Site


def test_from_the_list_to_a_worker_with_the_keyboard_alone(site: Site, visit: Open) -> None:
    watched = visit(**DESKTOP)
    page = watched.page
    watched.sign_in()
    page.goto(f"{site.url}/approvals")
    page.locator("main").focus()
    page.keyboard.press("/")
    page.wait_for_url(f"{site.url}/search")
    field = page.get_by_role("searchbox")
    expect(field).to_be_focused()
    page.wait_for_function("self.htmx")
    page.keyboard.type("hendr")
    answers = page.locator("#search-answers a")
    expect(answers.first).to_have_text("Noor Hendriks")
    expect(page.get_by_role("status").first).to_have_text("2 antwoorden")
    expect(page).to_have_url(re.compile(r"/search\?q=hendr$"))
    page.keyboard.press("ArrowDown")
    expect(answers.first).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(answers.nth(1)).to_be_focused()
    page.keyboard.press("Escape")
    expect(field).to_be_focused()
    page.keyboard.type("/")
    expect(field).to_have_value("hendr/")
    page.keyboard.press("Backspace")
    expect(answers).to_have_count(2)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site.url}/approvals/{site.world.sheet.id}")


def test_on_a_phone_it_stands_in_the_menu(site: Site, visit: Open) -> None:
    watched = visit(**PHONE)
    page = watched.page
    watched.sign_in()
    page.goto(site.url)
    link = page.get_by_role("link", name="Zoeken")
    expect(link).to_be_hidden()
    page.locator("summary", has_text="Menu").click()
    link.click()
    page.wait_for_url(f"{site.url}/search")
    expect(page.get_by_role("searchbox")).to_be_in_viewport()


def test_without_javascript_a_form_does_it(site: Site, visit: Open) -> None:
    watched = visit(**DESKTOP, javascript=False)
    page = watched.page
    watched.sign_in()
    page.goto(f"{site.url}/search")
    page.get_by_role("searchbox").fill("hendr")
    page.keyboard.press("Enter")
    expect(page.locator("#search-answers a").first).to_have_text("Noor Hendriks")


def test_who_presses_keys_by_accident_turns_the_shortcut_off(site: Site, visit: Open) -> None:
    """WCAG 2.1.4: a key of one letter can be turned off, and stays so."""
    watched = visit(**DESKTOP)
    page = watched.page
    watched.sign_in()
    page.goto(f"{site.url}/search")
    page.get_by_label("De toets / opent deze pagina").uncheck()
    page.goto(f"{site.url}/approvals")
    page.locator("main").focus()
    page.keyboard.press("/")
    page.keyboard.press("Tab")
    expect(page).to_have_url(f"{site.url}/approvals")
    page.goto(f"{site.url}/search")
    box = page.get_by_label("De toets / opent deze pagina")
    expect(box).not_to_be_checked()
    box.check()
    page.goto(f"{site.url}/approvals")
    page.locator("main").focus()
    page.keyboard.press("/")
    page.wait_for_url(f"{site.url}/search")
