"""The approval list on a phone: what stands above the fold, and how many actions deciding takes."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

import pytest
from playwright.sync_api import Locator, Page, expect

from konnekt.db import db
from konnekt.domain.accounts import passwords
from konnekt.models import Account, Assignment, BudgetNumber, Flag, Timesheet
from tests import factories
from tests.browser.conftest import PASSWORD, Open, Portal, Site
from tests.browser.looks import looked_at
from tests.factories import World

BOTH = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no script"])
FOLD = 740
DAYS = {date(2026, 11, day): 240 for day in (3, 10, 17, 24)}
ONE_WEEK = {date(2026, 11, day): 300 for day in (3, 4, 5, 6)}
ODD = {
    ("Kateřina", "Dvořáková"): ("over_maximum", {"maximum": 960, "minutes": 1200, "week": 45, "count": 1}),
    ("Fatima", "el Fassi"): ("remark", {}),
    ("Wiktor", "Zieliński"): ("first", {}),
}


def phone_cast() -> World:
    """Thirty-three ordinary timesheets of one organisation and three to look at, one of them of a single week."""
    world = World.make()
    passwords.replace(world.supervisor, PASSWORD, by=None, source="command")
    names = [(f"Worker {number:02}", "Vos") for number in range(32)]
    factories.sheets(world.fse, world.fse_budget, world.period, names, DAYS)
    for name, (code, detail) in ODD.items():
        sheet = factories.sheets(world.fse, world.fse_budget, world.period, [name], ONE_WEEK)[0]
        Flag.create(timesheet=sheet, revision=1, code=code, detail=detail, is_elsewhere=False)
    return world


def cast_with_old_weeks() -> World:
    """The same, and a library that pays by the week, where twelve weeks lie that nobody decided on."""
    world = phone_cast()
    library = factories.organisation("UB", name="Universiteitsbibliotheek", calendar="week")
    factories.right(world.supervisor, library, approve=1)
    budget = BudgetNumber.create(organisation=library, number="4100.001")
    of = factories.assignment(factories.worker("Mihály", "Szőke"), library, budget)
    for week in factories.periods("week", date(2026, 8, 31), 16)[:13]:
        sheet = factories.sheet(of, week, {week.first_on: 480})
        Flag.create(timesheet=sheet, revision=1, code="remark", detail={}, is_elsewhere=False)
    return world


@dataclass
class Thumb:
    """Who approves on a phone; counts the presses and the fields that it takes, from the list on."""

    page: Page
    has_scripts: bool = True
    actions: int = 0

    def press(self, role: str, name: str) -> None:
        """One press on what is in sight: nobody scrolled to it."""
        self.actions += 1
        thing = self.page.get_by_role(role, name=name).first  # type: ignore[arg-type]
        if self.has_scripts:
            self.in_sight(thing)
        thing.click()

    def in_sight(self, thing: Locator) -> None:
        expect(thing).to_be_in_viewport(ratio=1)

    def type(self, label: str, text: str) -> None:
        self.actions += 1
        self.page.get_by_label(label).fill(text)


@pytest.fixture
def site(portal: Portal) -> Site:
    return Site(portal.url, portal.begin(phone_cast))


def thumb(visit: Open, url: str, scripts: bool = True) -> Thumb:
    watched = visit(javascript=scripts)
    watched.sign_in()
    watched.page.wait_for_url(f"{url}/")
    watched.page.goto(f"{url}/approvals")
    return Thumb(watched.page, scripts)


def state(of: str) -> str:
    """The state of the sheet of the worker with that name."""
    with db.connection_context():
        query = Timesheet.select().join(Assignment).join(Account).where(Account.last_name == of)
        return str(query.get().state)


def approved() -> int:
    with db.connection_context():
        return int(Timesheet.select().where(Timesheet.state == "approved").count())


def three_above_the_fold(page: Page) -> None:
    """The third sheet ends above the bar at the thumb."""
    third = page.locator("#picks tbody").nth(2).bounding_box()
    bar = page.locator(".thumbs").bounding_box()
    assert third
    assert bar
    assert third["y"] + third["height"] <= bar["y"] < FOLD


def test_three_sheets_stand_above_the_fold(visit: Open, site: Site) -> None:
    of = thumb(visit, site.url)
    three_above_the_fold(of.page)
    of.press("button", "Keur de 33 gewone goed")
    line = of.page.locator("#decided-latest")
    expect(line).to_contain_text("33 goedgekeurd · 527,50 uur")
    three_above_the_fold(of.page)


def test_old_weeks_fold_into_one_line(visit: Open, portal: Portal) -> None:
    portal.begin(cast_with_old_weeks)
    of = thumb(visit, portal.url)
    expect(of.page.locator(".deadline").first).to_contain_text(
        "Week 47 en 11 oudere weken. Vóór ma 30 nov 12:00"
    )
    three_above_the_fold(of.page)
    of.press("button", "Keur de 33 gewone goed")
    expect(of.page.locator("#decided-latest")).to_be_visible()
    three_above_the_fold(of.page)


@BOTH
def test_what_was_just_decided_is_one_line_with_its_way_back(visit: Open, site: Site, scripts: bool) -> None:
    of = thumb(visit, site.url, scripts)
    of.press("button", "Keur de 33 gewone goed")
    expect(of.page.get_by_text("33 goedgekeurd · 527,50 uur")).to_be_visible()
    assert (of.actions, approved()) == (1, 33)
    expect(of.page.get_by_text("Worker 00 Vos")).to_have_count(0)
    of.press("link", "Tonen")
    expect(of.page.get_by_role("link", name="Worker 00 Vos")).to_be_visible()
    of.press("button", "Ongedaan maken")
    expect(of.page.get_by_text("33 beslissingen ongedaan gemaakt")).to_be_visible()
    assert approved() == 0


@BOTH
def test_one_with_a_look_takes_two_without_scrolling(visit: Open, site: Site, scripts: bool) -> None:
    """A sheet of one week: its hours, what stands out and the verbs are in sight when it opens."""
    of = thumb(visit, site.url, scripts)
    of.press("link", "Kateřina Dvořáková")
    opened = of.page.locator(".opened")
    expect(opened).to_be_visible()
    expect(of.page.locator(".place")).to_contain_text("1 van 36")
    for thing in (".looks", ".week tbody tr", ".week tfoot"):
        of.in_sight(opened.locator(thing).first)
    of.press("button", "Urenbriefje goedkeuren")
    expect(of.page.get_by_role("button", name="Ongedaan maken").first).to_be_visible()
    assert of.actions == 2
    assert state("Dvořáková") == "approved"


@BOTH
def test_reject_with_a_reason_takes_three(visit: Open, site: Site, scripts: bool) -> None:
    of = thumb(visit, site.url, scripts)
    of.press("link", "Afkeuren")
    of.type("Reden van de afkeuring", "Dinsdag klopt niet.")
    of.press("button", "Urenbriefje afkeuren")
    expect(of.page.get_by_text("Afgekeurd").first).to_be_visible()
    assert of.actions == 3
    assert state("Dvořáková") == "rejected"


@BOTH
def test_volgende_goes_through_the_list(visit: Open, site: Site, scripts: bool) -> None:
    of = thumb(visit, site.url, scripts)
    of.press("link", "Kateřina Dvořáková")
    of.press("link", "Volgende")
    expect(of.page.locator(".place")).to_contain_text("2 van 36")
    expect(of.page.locator(".opened")).to_have_count(1)
    name = of.page.get_by_role("link" if scripts else "heading", name="Fatima el Fassi", exact=True)
    expect(name).to_be_in_viewport()
    of.press("button", "Urenbriefje goedkeuren")
    expect(of.page.get_by_role("button", name="Ongedaan maken").first).to_be_visible()
    assert state("el Fassi") == "approved"


def test_what_is_ticked_stays_while_one_looks(visit: Open, site: Site) -> None:
    of = thumb(visit, site.url)
    of.page.get_by_role("checkbox", name="Fatima el Fassi").check()
    of.press("link", "Kateřina Dvořáková")
    of.page.locator(".opened").get_by_role("button", name="Urenbriefje goedkeuren").click()
    expect(of.page.get_by_role("button", name="Ongedaan maken Kateřina")).to_be_visible()
    expect(of.page.get_by_role("checkbox", name="Fatima el Fassi")).to_be_checked()


def test_axe_at_each_width_light_and_dark(visit: Open, portal: Portal) -> None:
    portal.begin(cast_with_old_weeks)
    watched = visit()
    watched.sign_in()
    page = watched.page
    page.wait_for_url(f"{portal.url}/")
    page.goto(f"{portal.url}/approvals")
    seen = Counter[str]()
    wrong = [f"list {line}" for line in looked_at(page, seen=seen)]
    page.get_by_role("link", name="Mihály Szőke").first.click()
    expect(page.locator(".opened")).to_be_visible()
    wrong += [f"opened {line}" for line in looked_at(page, seen=seen)]
    page.get_by_role("button", name="Keur de 33 gewone goed").click()
    expect(page.locator("#decided-latest")).to_be_visible()
    wrong += [f"decided {line}" for line in looked_at(page, seen=seen)]
    page.get_by_role("link", name="Tonen").click()
    expect(page.get_by_role("heading", name="Zojuist beslist")).to_be_visible()
    wrong += [f"shown {line}" for line in looked_at(page, seen=seen)]
    page.goto(page.locator("#picks .who a").first.evaluate("one => one.href"))
    wrong += [f"page {line}" for line in looked_at(page, seen=seen)]
    assert wrong == [], "\n".join(wrong)
    assert watched.wrong == []
