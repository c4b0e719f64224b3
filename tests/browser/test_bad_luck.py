"""Bad luck in a real browser: two tabs, back and forward, double clicks, lost answers, a session that ended.

Each time: nothing is sent twice, nothing typed is lost, and one sentence says what happened. What the grid does
with two people and on a slow line is in test_grid.py.
"""

import re
from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from konnekt.db import db
from konnekt.domain.accounts import passwords
from konnekt.models import Event, Hour, Invoice, Job, Session, Timesheet, TimesheetLine
from tests import factories, invoice_cast
from tests.browser.conftest import DESKTOP, PASSWORD, Open, Portal, Site, Watched, let_time_pass
from tests.browser.looks import violations
from tests.browser.test_grid import until
from tests.factories import World

PERIOD = "?year=2026&period=12"
# Who waits for approval, and whose hours FSE's secretary enters: one for each test.
WAITING = ("Tabs", "Terug", "Dubbel", "Dubbelklik", "Verloren", "Reden", "Oud", "Zonder", "Elders")
ENTERED = ("Vakjes", "Voortgang", "Tweemaal", "Tijdens", "Weg", "Later")


def unlucky() -> World:
    """The cast, and a sheet or an assignment for each test."""
    world = World.make()
    invoice_cast.complete(world)
    for account in (world.supervisor, world.registrar, world.staff):
        passwords.replace(account, PASSWORD, by=None, source="command")
    for name in WAITING:
        of = factories.assignment(factories.worker(name, "Pech"), world.fse, world.fse_budget, code=name)
        factories.sheet(of, world.period, {date(2026, 11, 5): 480})
    for name in ENTERED:
        worker = factories.worker(name, "Pech")
        factories.assignment(worker, world.fse, world.fse_budget, code=name, entered_by="organisation")
    return world


@pytest.fixture(scope="module")
def site(portal: Portal) -> Site:
    """One database for this file."""
    return Site(portal.url, portal.begin(unlucky))


@pytest.fixture
def at(site: Site, visit: Open) -> Callable[..., Watched]:
    """Somebody signed in, at a page."""

    def go(path: str, who: str = "supervisor@um.example", **options: object) -> Watched:
        watched = visit(**{**DESKTOP, **options})
        watched.sign_in(who)
        watched.page.goto(f"{site.url}{path}")
        return watched

    return go


def sheet(name: str) -> Timesheet:
    with db.connection_context():
        found: Timesheet = Timesheet.get(Timesheet.assignment == factories.Assignment.get(code=name))
        return found


def verbs(name: str) -> list[str]:
    with db.connection_context():
        query = Event.select().where(Event.timesheet == sheet(name)).order_by(Event.id)
        return [event.verb for event in query]


def stored(name: str) -> dict[str, int]:
    with db.connection_context():
        query = Hour.select().join(TimesheetLine).where(TimesheetLine.timesheet == sheet(name))
        return {f"{hour.day:%d}": hour.minutes for hour in query if hour.minutes}


def end_sessions() -> None:
    with db.connection_context():
        Session.delete().execute()


def cell(page: Page, day: str) -> Locator:
    return page.locator(f'[data-cell="2026-11-{day}"]').first


def sign_in_on_the_spot(page: Page, who: str) -> None:
    again = page.locator("#problem")
    expect(again).to_contain_text("U bent uitgelogd. Wat u typte staat nog op deze pagina")
    again.get_by_label("E-mail of gebruikersnaam").fill(who)
    again.get_by_label("Wachtwoord").fill(PASSWORD)
    again.get_by_role("button", name="Inloggen").click()
    expect(page.get_by_role("status").first).to_contain_text("U bent weer ingelogd. Wat u typte staat er nog")
    expect(again).to_be_empty()


# Two tabs


@pytest.mark.parametrize("javascript", [True, False])
def test_two_tabs_approve_the_same(at: Callable[..., Watched], site: Site, javascript: bool) -> None:
    name = "Tabs" if javascript else "Zonder"
    first = at("/approvals", javascript=javascript).page
    second = first.context.new_page()
    second.goto(f"{site.url}/approvals")
    for page in (first, second):
        page.get_by_role("checkbox", name=f"{name} Pech").check()
        page.get_by_role("button", name="Urenbriefje goedkeuren").click()
    expect(second.get_by_role("alert").first).to_contain_text(f"{name} Pech")
    assert verbs(name) == ["approve"]


def test_two_tabs_with_one_grid(at: Callable[..., Watched], site: Site) -> None:
    first = at(f"/registration/Vakjes{PERIOD}", "secretariaat@um.example").page
    second = first.context.new_page()
    second.goto(f"{site.url}/registration/Vakjes{PERIOD}")
    cell(first, "02").press_sequentially("8")
    expect(first.locator("#grid-saved")).to_contain_text("Opgeslagen")
    cell(second, "03").press_sequentially("7")
    expect(second.get_by_text("gewijzigd door u, in een ander venster")).to_be_visible()
    expect(cell(second, "03")).to_have_value("7")
    expect(cell(second, "02")).to_have_value("8")
    second.get_by_role("button", name="Versturen").last.click()
    expect(second.get_by_role("button", name="Ongedaan maken")).to_be_visible()
    assert stored("Vakjes") == {"02": 480, "03": 420}
    # The first tab doesn't know that it was sent.
    cell(first, "04").press_sequentially("6")
    expect(first.get_by_role("alert")).to_contain_text(
        "Dit urenbriefje is verstuurd: wijzigingen verstuurt u direct"
    )
    expect(cell(first, "04")).to_have_value("6")
    assert stored("Vakjes") == {"02": 480, "03": 420}
    assert verbs("Vakjes").count("submit") == 1


# Back and forward


def test_back_to_a_form_that_was_sent(at: Callable[..., Watched], site: Site) -> None:
    page = at(f"/approvals/{sheet('Terug').id}/reject", javascript=False).page
    page.get_by_label("Reden").fill("De vijfde klopt niet.")
    # Back is a step from a page that is there, not from one that is on its way.
    with page.expect_navigation():
        page.get_by_role("button", name=re.compile("afkeuren")).click()
    assert verbs("Terug") == ["reject"]
    page.go_back()
    button = page.get_by_role("button", name=re.compile("afkeuren"))
    if button.count():
        page.get_by_label("Reden").fill("Nog een keer.")
        with page.expect_navigation():
            button.click()
    expect(page.locator("main")).to_contain_text(re.compile("al afgekeurd|intussen|afgekeurd"))
    assert verbs("Terug") == ["reject"]
    page.go_back()
    page.go_forward()
    assert verbs("Terug") == ["reject"]


def test_back_and_forward_after_sending(at: Callable[..., Watched], site: Site) -> None:
    page = at(f"/registration/Voortgang{PERIOD}", "secretariaat@um.example").page
    cell(page, "02").press_sequentially("8")
    cell(page, "02").press("Enter")
    expect(page.get_by_role("button", name="Ongedaan maken")).to_be_visible()
    page.goto(f"{site.url}/")
    page.go_back()
    expect(cell(page, "02")).to_have_value("8")
    expect(page.get_by_role("button", name="Opslaan")).to_have_count(0)
    page.go_forward()
    page.go_back()
    assert verbs("Voortgang")[-1] == "submit"
    assert verbs("Voortgang").count("submit") == 1


# A double click


def test_a_double_click_approves_once(at: Callable[..., Watched]) -> None:
    for javascript, name in ((True, "Dubbel"), (False, "Dubbelklik")):
        page = at("/approvals", javascript=javascript).page
        page.get_by_role("checkbox", name=f"{name} Pech").check()
        page.get_by_role("button", name="Urenbriefje goedkeuren").dblclick()
        if javascript:
            expect(page.get_by_role("status").first).to_contain_text("1 urenbriefje goedgekeurd")
        page.wait_for_load_state()
        expect(page.locator("main")).to_contain_text("Goedgekeurd" if javascript else "1 goedgekeurd")
        assert verbs(name) == ["approve"]


@pytest.mark.parametrize("javascript", [True, False])
def test_a_double_click_sends_once(at: Callable[..., Watched], javascript: bool) -> None:
    name = "Tweemaal" if javascript else "Weg"
    page = at(f"/registration/{name}{PERIOD}", "secretariaat@um.example", javascript=javascript).page
    cell(page, "02").fill("8")
    page.get_by_role("button", name="Versturen").last.dblclick()
    expect(page.locator("main")).to_contain_text(f"Verstuurd: {name} Pech")
    assert stored(name) == {"02": 480}
    assert verbs(name).count("submit") == 1


@pytest.mark.parametrize("javascript", [True, False])
def test_a_double_click_issues_once(at: Callable[..., Watched], site: Site, javascript: bool) -> None:
    def invoices() -> int:
        with db.connection_context():
            return int(Invoice.select().count())

    with db.connection_context():
        number = 9 if javascript else 10
        period = site.world.periods[number]
        made = factories.sheet(site.world.assignment, period, {period.first_on: 480})
        invoice_cast.approve(made, site.world.supervisor)
    before = invoices()
    preview = f"/bureau/invoicing?period=four_weeks-2026-{number + 1:02}&on=2026-11-30"
    page = at(preview, "bureau@interum.example", javascript=javascript).page
    page.get_by_role("button", name="1 factuur uitreiken").dblclick()
    until(invoices, before + 1, page)
    expect(page.locator("main")).to_contain_text(re.compile("begonnen|begint|uitgereikt"))
    with db.connection_context():
        assert Job.select().where(Job.kind == "issue_invoices").count() == (1 if javascript else 2)


# A slow network: the answer is lost on the way


def test_a_lost_answer_is_asked_again_and_nothing_happens_twice(at: Callable[..., Watched]) -> None:
    page = at("/approvals").page

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/approvals/approve", lose)
    page.get_by_role("checkbox", name="Verloren Pech").check()
    page.get_by_role("button", name="Urenbriefje goedkeuren").click()
    problem = page.locator("#problem")
    expect(problem).to_contain_text("Dat is niet gelukt")
    assert verbs("Verloren") == ["approve"]
    page.unroute("**/approvals/approve")
    problem.get_by_role("button", name="Opnieuw proberen").click()
    expect(page.get_by_role("alert").first).to_contain_text("Verloren Pech")
    assert verbs("Verloren") == ["approve"]


# A session that ended while typing


def test_a_session_that_ended_in_the_grid(at: Callable[..., Watched], site: Site) -> None:
    who = "secretariaat@um.example"
    watched = at(f"/registration/Tijdens{PERIOD}", who)
    page = watched.page
    page.clock.install()
    cell(page, "02").press_sequentially("8")
    expect(page.locator("#grid-saved")).to_contain_text("Opgeslagen")
    end_sessions()
    cell(page, "03").press_sequentially("7")
    expect(page.locator("#problem")).to_contain_text("U bent uitgelogd")
    expect(cell(page, "03")).to_be_focused()
    cell(page, "04").press_sequentially("6")
    let_time_pass(page)
    expect(page.locator("#problem").get_by_label("Wachtwoord")).to_be_visible()
    sign_in_on_the_spot(page, who)
    expect(cell(page, "03")).to_be_focused()
    until(lambda: len(stored("Tijdens")), 3, page)
    assert stored("Tijdens") == {"02": 480, "03": 420, "04": 360}
    end_sessions()
    cell(page, "05").fill("5")
    page.get_by_role("button", name="Versturen").last.click()
    sign_in_on_the_spot(page, who)
    page.get_by_role("button", name="Versturen").last.click()
    expect(page.get_by_role("button", name="Ongedaan maken")).to_be_visible()
    assert stored("Tijdens") == {"02": 480, "03": 420, "04": 360, "05": 300}
    assert verbs("Tijdens").count("submit") == 1
    assert [line for line in watched.wrong if "401" not in line] == []


def test_a_session_that_ended_over_a_reason(at: Callable[..., Watched]) -> None:
    watched = at("/approvals")
    page = watched.page
    page.get_by_role("link", name="Reden Pech", exact=True).click()
    page.locator(".opened").get_by_role("link", name="Afkeuren").click()
    page.locator(".opened").get_by_label("Reden").fill("Een lange reden.")
    end_sessions()
    button = page.get_by_role("button", name=re.compile("afkeuren"))
    button.click()
    again = page.locator("#problem")
    expect(again.get_by_label("E-mail of gebruikersnaam")).to_be_focused()
    again.get_by_label("E-mail of gebruikersnaam").fill("supervisor@um.example")
    again.get_by_label("Wachtwoord").fill("een heel ander wachtwoord")
    again.get_by_role("button", name="Inloggen").click()
    expect(again).to_contain_text("horen niet bij elkaar")
    expect(again.get_by_label("Wachtwoord")).to_be_focused()
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert violations(page) == []
    sign_in_on_the_spot(page, "supervisor@um.example")
    button.click()
    expect(page.get_by_role("status").first).to_contain_text("Afgekeurd")
    assert sheet("Reden").rejection_reason == "Een lange reden."
    assert verbs("Reden") == ["reject"]
    assert [line for line in watched.wrong if not re.search("401|422", line)] == []


def test_a_session_that_ended_without_javascript(at: Callable[..., Watched]) -> None:
    """What was sent waits in the sign-in form, and is sent after it: a reason, and a grid of hours."""

    def sign_in(page: Page, who: str) -> None:
        expect(page.get_by_role("alert")).to_contain_text("U bent uitgelogd. Wat u hebt ingevuld, is bewaard")
        page.get_by_label("E-mail of gebruikersnaam").fill(who)
        page.get_by_label("Wachtwoord", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Inloggen").click()
        expect(page.locator("main")).to_contain_text("verstuur het alsnog, of laat het vervallen")

    page = at(f"/approvals/{sheet('Oud').id}/reject", javascript=False).page
    page.get_by_label("Reden").fill("Reden één.")
    end_sessions()
    page.get_by_role("button", name=re.compile("afkeuren")).click()
    sign_in(page, "supervisor@um.example")
    expect(page.get_by_text("Reden één.")).to_be_visible()
    assert verbs("Oud") == []
    page.get_by_role("button", name="Alsnog versturen").click()
    assert sheet("Oud").rejection_reason == "Reden één."
    assert verbs("Oud") == ["reject"]

    page = at(f"/registration/Later{PERIOD}", "secretariaat@um.example", javascript=False).page
    cell(page, "02").fill("8")
    cell(page, "11").fill("7,5")
    end_sessions()
    page.get_by_role("button", name="Versturen").last.click()
    sign_in(page, "secretariaat@um.example")
    page.get_by_role("button", name="Alsnog versturen").click()
    expect(page.locator("main")).to_contain_text("Verstuurd: Later Pech, Periode 12 (week 45–48), 15,50 uur")
    assert stored("Later") == {"02": 480, "11": 450}


def test_signed_in_again_in_another_tab(at: Callable[..., Watched], site: Site) -> None:
    """The page's token is too old: it gets another, and one press more does it."""
    who = "supervisor@um.example"
    page = at("/approvals").page
    end_sessions()
    Watched(page.context.new_page(), site.url).sign_in(who)
    page.get_by_role("checkbox", name="Elders Pech").check()
    button = page.get_by_role("button", name="Urenbriefje goedkeuren")
    button.click()
    expect(page.locator("#problem")).to_contain_text("Er is niets verstuurd, wat u typte staat er nog")
    assert verbs("Elders") == []
    button.click()
    expect(page.get_by_role("status").first).to_contain_text("1 urenbriefje goedgekeurd")
    assert verbs("Elders") == ["approve"]
