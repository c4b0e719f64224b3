"""The search by keyboard: a slash leads to its field in the bar, answers come while one types, arrows go through them."""

import re
from collections import Counter
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from konnekt.db import db
from konnekt.domain.accounts import passwords
from konnekt.models import Session
from tests import factories
from tests.browser.conftest import DESKTOP, PASSWORD, PHONE, Open, Site, Watched
from tests.browser.looks import looked_at

SLASH = "De toets / gaat op elke pagina naar het zoekveld"


def field(page: Page) -> Locator:
    """The field of the bar, before its script has come and after."""
    return page.locator("#find")


def options(page: Page) -> Locator:
    return page.locator("#find-list").get_by_role("option")


@pytest.fixture
def at_list(site: Site, visit: Open) -> Callable[..., Watched]:
    """A supervisor on the approval list."""

    def sit_down(path: str = "/approvals", **device: object) -> Watched:
        watched = visit(**{**DESKTOP, **device})
        watched.sign_in()
        watched.page.wait_for_url(f"{site.url}/")
        watched.page.goto(f"{site.url}{path}")
        return watched

    return sit_down


def ask(page: Page, text: str) -> None:
    """Press a slash where nothing is typed, and type."""
    page.locator("main").focus()
    page.keyboard.press("/")
    expect(field(page)).to_be_focused()
    page.keyboard.type(text)


def test_from_the_list_to_a_worker_with_the_keyboard_alone(
    site: Site, at_list: Callable[..., Watched]
) -> None:
    watched = at_list()
    page = watched.page
    ask(page, "hendr")
    combobox = page.get_by_role("combobox", name="Zoeken")
    expect(options(page)).to_have_count(2)
    expect(options(page).first).to_have_text("Noor Hendriks Faculty of Science and Engineering")
    expect(page.get_by_role("group", name="Werknemers").get_by_role("option")).to_have_count(1)
    expect(page.get_by_role("status").first).to_have_text("2 antwoorden")
    expect(combobox).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("listbox")).to_have_attribute("id", "find-list")
    expect(combobox).to_have_attribute("aria-controls", "find-list")
    expect(combobox).not_to_have_attribute("aria-activedescendant", re.compile("."))

    def active(number: int) -> None:
        """That answer is chosen and no other; the focus stays where one types."""
        chosen = options(page).nth(number)
        expect(chosen).to_have_attribute("aria-selected", "true")
        expect(page.locator("[aria-selected=true]")).to_have_count(1)
        expect(combobox).to_have_attribute("aria-activedescendant", str(chosen.get_attribute("id")))
        expect(combobox).to_be_focused()

    for key, number in (("ArrowDown", 0), ("ArrowDown", 1), ("ArrowDown", 0), ("ArrowUp", 1)):
        page.keyboard.press(key)
        active(number)
    page.keyboard.press("Escape")
    expect(page.locator(".find-panel")).to_be_hidden()
    expect(combobox).to_have_attribute("aria-expanded", "false")
    expect(combobox).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("main")).to_be_focused()
    page.keyboard.press("/")
    page.keyboard.press("ArrowDown")
    expect(options(page)).to_have_count(2)
    page.keyboard.type("/")
    expect(page.get_by_text("Niets gevonden dat u mag openen.").last).to_be_visible()
    expect(combobox).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Backspace")
    expect(options(page)).to_have_count(2)
    page.keyboard.press("ArrowUp")
    active(1)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site.url}/approvals/{site.world.sheet.id}")
    watched.check()


def test_enter_without_a_choice_asks_for_the_page(site: Site, at_list: Callable[..., Watched]) -> None:
    page = at_list().page
    ask(page, "hendr")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site.url}/search?q=hendr")
    expect(page.locator("#search-answers a").first).to_have_text("Noor Hendriks")


def test_on_the_page_of_answers_arrows_go_through_them(site: Site, at_list: Callable[..., Watched]) -> None:
    page = at_list("/search").page
    search = page.get_by_role("searchbox")
    page.locator("main").focus()
    page.keyboard.press("/")
    expect(search).to_be_focused()
    page.keyboard.type("hendr")
    answers = page.locator("#search-answers a")
    expect(answers.first).to_have_text("Noor Hendriks")
    expect(page).to_have_url(re.compile(r"/search\?q=hendr$"))
    page.keyboard.press("ArrowDown")
    expect(answers.first).to_be_focused()
    page.keyboard.press("Escape")
    expect(search).to_be_focused()


def test_a_press_elsewhere_closes_and_one_on_an_answer_opens_it(
    site: Site, at_list: Callable[..., Watched]
) -> None:
    watched = at_list()
    page = watched.page
    field(page).click()
    page.keyboard.type("hendr")
    expect(options(page)).to_have_count(2)
    page.locator("h1").click()
    expect(options(page)).to_have_count(0)
    field(page).click()
    page.keyboard.press("ArrowDown")
    expect(options(page)).to_have_count(2)
    page.keyboard.press("Tab")
    expect(page.locator(".find-panel")).to_be_hidden()
    expect(page.get_by_role("link", name="Hulp")).to_be_focused()
    field(page).click()
    page.keyboard.press("ArrowDown")
    options(page).nth(1).click()
    page.wait_for_url(f"{site.url}/approvals/{site.world.sheet.id}")
    watched.check()


def test_only_what_one_may_see(site: Site, visit: Open) -> None:
    with db.connection_context():
        factories.assignment(factories.worker("Vera", "Hendrikx"), site.world.law, site.world.law_budget)
    watched = visit(**DESKTOP)
    watched.sign_in()
    watched.page.wait_for_url(f"{site.url}/")
    ask(watched.page, "hendri")
    expect(options(watched.page).first).to_contain_text("Noor Hendriks")
    assert "Hendrikx" not in watched.page.locator(".find-panel").inner_text()
    worker = visit(**DESKTOP)
    worker.sign_in("noor@um.example")
    worker.page.wait_for_url(f"{site.url}/")
    ask(worker.page, "hendri")
    expect(worker.page.locator(".find-panel")).to_contain_text("Niets gevonden dat u mag openen.")
    expect(options(worker.page)).to_have_count(0)


@pytest.mark.parametrize("typed", ["x" * 10_000, "%", "%%", "_'\"<b>", "😀", "😀😀"])
def test_whatever_is_typed_there_is_an_answer(at_list: Callable[..., Watched], typed: str) -> None:
    watched = at_list()
    page = watched.page
    ask(page, "")
    page.keyboard.insert_text(typed)
    expect(page.locator(".find-panel .sub")).to_have_text(
        re.compile("Niets gevonden dat u mag openen|Typ minstens twee tekens")
    )
    expect(page.locator(".find-panel b")).to_have_count(0)
    watched.check()


def test_an_answer_that_comes_after_a_later_one_is_not_shown(at_list: Callable[..., Watched]) -> None:
    watched = at_list()
    page = watched.page
    held: list[Route] = []
    page.route("**/search?q=hendr", lambda route: held.append(route))
    with page.expect_request("**/search?q=hendr"):
        ask(page, "hendr")
    page.keyboard.type("x")
    nothing = page.locator(".find-panel .sub")
    expect(nothing).to_have_text("Niets gevonden dat u mag openen.")
    held[0].continue_()
    page.unroute("**/search?q=hendr")
    page.evaluate("fetch('/search?q=hendr').then((answer) => answer.text())")
    expect(nothing).to_have_text("Niets gevonden dat u mag openen.")
    expect(options(page)).to_have_count(0)


def test_the_session_ended_meanwhile(site: Site, at_list: Callable[..., Watched]) -> None:
    page = at_list().page
    with db.connection_context():
        Session.delete().execute()
    ask(page, "hendr")
    page.locator(".find-panel").get_by_role("link", name="Inloggen").click()
    page.get_by_label("E-mail of gebruikersnaam").fill("supervisor@um.example")
    page.get_by_label("Wachtwoord", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Inloggen", exact=True).click()
    page.wait_for_url(f"{site.url}/search?q=hendr")
    expect(page.locator("#search-answers a").first).to_have_text("Noor Hendriks")


def test_without_a_line_it_says_so_and_enter_still_asks(site: Site, at_list: Callable[..., Watched]) -> None:
    page = at_list().page
    page.route("**/search?*", lambda route: route.abort())
    ask(page, "hendr")
    expect(page.locator(".find-panel")).to_contain_text("Dat is niet gelukt")
    page.unroute("**/search?*")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{site.url}/search?q=hendr")


def test_what_it_needs_comes_with_the_first_focus_and_once(at_list: Callable[..., Watched]) -> None:
    watched = at_list()
    page = watched.page
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url) if "/find." in request.url else None)
    page.mouse.move(9, 9)
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    assert fetched == []
    ask(page, "hendr")
    expect(options(page)).to_have_count(2)
    page.locator("h1").click()
    field(page).click()
    page.keyboard.press("ArrowDown")
    expect(options(page)).to_have_count(2)
    assert sorted(re.findall(r"find\.\w+(?=\?v=)", " ".join(fetched))) == ["find.css", "find.js"]


def test_on_a_phone_it_stands_in_the_menu(site: Site, visit: Open) -> None:
    watched = visit(**PHONE)
    page = watched.page
    watched.sign_in()
    page.goto(f"{site.url}/approvals")
    bar = page.locator("header.bar")
    closed = bar.bounding_box()
    assert closed and closed["height"] <= 54, "the bar is as high as the menu's button"
    expect(field(page)).to_be_hidden()
    page.locator("summary", has_text="Menu").tap()
    field(page).tap()
    page.keyboard.type("hendr")
    expect(options(page)).to_have_count(2)
    expect(options(page).first).to_be_in_viewport(ratio=1)
    watched.check()
    options(page).nth(1).tap()
    page.wait_for_url(f"{site.url}/approvals/{site.world.sheet.id}")
    page.locator("main").focus()
    page.keyboard.press("/")
    expect(field(page)).to_be_focused()
    watched.check()


@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_without_javascript_a_form_does_it(site: Site, visit: Open, device: dict[str, object]) -> None:
    watched = visit(**device, javascript=False)
    page = watched.page
    watched.sign_in()
    page.goto(f"{site.url}/approvals")
    if device is PHONE:
        page.locator("summary", has_text="Menu").click()
        field(page).fill("hendr")
        page.locator("header").get_by_role("button", name="Zoeken").click()
    else:
        field(page).fill("hendr")
        page.keyboard.press("Enter")
    page.wait_for_url(f"{site.url}/search?q=hendr")
    expect(page.locator("#search-answers a").first).to_have_text("Noor Hendriks")


def test_who_presses_keys_by_accident_turns_the_shortcut_off(
    site: Site, at_list: Callable[..., Watched]
) -> None:
    """WCAG 2.1.4: a key of one letter can be turned off, and stays so."""
    page = at_list("/search").page
    page.get_by_label(SLASH).uncheck()
    page.goto(f"{site.url}/approvals")
    page.locator("main").focus()
    page.keyboard.press("/")
    expect(page.locator("main")).to_be_focused()
    page.goto(f"{site.url}/search")
    box = page.get_by_label(SLASH)
    expect(box).not_to_be_checked()
    box.check()
    page.goto(f"{site.url}/approvals")
    ask(page, "")


def test_the_slash_is_a_letter_where_one_types(site: Site, at_list: Callable[..., Watched]) -> None:
    page = at_list().page
    name = page.get_by_label("Naam")
    name.press("/")
    expect(name).to_have_value("/")
    expect(name).to_be_focused()


def test_the_bar_stands_on_one_line(site: Site, visit: Open) -> None:
    """Also of an agency whose staff approves and registers as well; the font of the tests is a wide one."""
    world = site.world
    with db.connection_context():
        passwords.replace(world.staff, PASSWORD, by=None, source="command")
        factories.right(world.staff, world.fse, approve=1, register=1)
    for who in ("bureau@interum.example", "supervisor@um.example"):
        watched = visit(**DESKTOP)
        watched.sign_in(who)
        watched.page.wait_for_url(f"{site.url}/")
        for width in (1280, 1366, 1440, 1920):
            watched.page.set_viewport_size({"width": width, "height": 900})
            for path in ("/", "/approvals", "/account"):
                watched.page.goto(f"{site.url}{path}")
                box = watched.page.locator("header.bar").bounding_box()
                assert box and box["height"] <= 62, (who, width, path)
        watched.check()


def test_axe_with_the_answers_open(at_list: Callable[..., Watched]) -> None:
    watched = at_list()
    page = watched.page
    ask(page, "hendr")
    expect(options(page)).to_have_count(2)
    page.keyboard.press("ArrowDown")
    expect(options(page).first).to_have_attribute("aria-selected", "true")
    seen = Counter[str]()
    assert looked_at(page, seen=seen) == []
    watched.check()
    page.set_viewport_size({"width": 360, "height": 740})
    page.reload()
    page.keyboard.press("/")
    page.keyboard.type("hendr")
    expect(options(page).first).to_be_visible()
    assert [line for line in looked_at(page, seen=seen) if line.startswith(("360", "768"))] == []
