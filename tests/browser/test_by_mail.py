"""From the mail, on a phone, not signed in: how many actions it takes, with and without scripts, and what axe says."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from konnekt.background import mail
from konnekt.config import Config
from konnekt.db import db
from konnekt.domain import clock
from konnekt.models import Flag, Timesheet
from tests import factories, mailed
from tests.browser.conftest import Open, Portal, Site
from tests.browser.looks import looked_at
from tests.conftest import NOW

BOTH = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no script"])
DAYS = {date(2026, 11, day): 240 for day in (3, 10, 17, 24)}


@dataclass
class Reader:
    """Who reads the mail on a phone; counts what it takes."""

    page: Page
    url: str
    token: str
    actions: int = 0

    def follow(self, sheet: int | None = None) -> None:
        """Tap the link of the mail, or of one timesheet in it."""
        self.actions += 1
        self.page.goto(f"{self.url}/decide/{self.token}" + (f"/{sheet}" if sheet else ""))

    def press(self, name: str) -> None:
        self.actions += 1
        self.page.get_by_role("button", name=name).first.click()

    def type(self, label: str, text: str) -> None:
        self.actions += 1
        self.page.get_by_label(label).fill(text)


@pytest.fixture
def token(site: Site, portal: Portal) -> str:
    """Forty ordinary timesheets and one to look at were mailed."""
    clock.fix(NOW)
    config: Config = portal.config
    mail.configure(config)
    world = site.world
    with db.connection_context():
        names = [(f"Worker {number:02}", "Bos") for number in range(39)]
        factories.sheets(world.fse, world.fse_budget, world.period, names, DAYS)
        odd = factories.sheets(world.fse, world.fse_budget, world.period, [("Kateřina", "Dvořáková")], DAYS)[
            0
        ]
        detail = {"maximum": 960, "minutes": 1200, "week": 45, "count": 1}
        Flag.create(timesheet=odd, revision=1, code="over_maximum", detail=detail, is_elsewhere=False)
        made = mailed.remind(world)
    clock.fix("")
    return made


def state(sheet: int) -> str:
    with db.connection_context():
        return str(Timesheet.get_by_id(sheet).state)


def reader(visit: Open, site: Site, token: str, scripts: bool) -> Reader:
    watched = visit(javascript=scripts)
    return Reader(watched.page, site.url, token)


@BOTH
def test_forty_ordinary_ones_take_two(visit: Open, site: Site, token: str, scripts: bool) -> None:
    of = reader(visit, site, token, scripts)
    of.follow()
    expect(of.page.get_by_role("heading", level=1)).to_have_text("41 urenbriefjes wachten op u")
    first = of.page.get_by_role("checkbox").first.bounding_box()
    assert first and first["y"] + first["height"] < 740, "the first stands above the fold"
    button = of.page.get_by_role("button", name="Aangevinkte goedkeuren").bounding_box()
    assert button and button["y"] + button["height"] <= 740, "the verb stands at the thumb"
    of.press("Aangevinkte goedkeuren")
    expect(of.page.get_by_text("40 urenbriefjes goedgekeurd")).to_be_visible()
    assert of.actions <= 2
    with db.connection_context():
        assert Timesheet.select().where(Timesheet.state == "approved").count() == 40
    of.press("Ongedaan maken")
    expect(of.page.get_by_text("40 beslissingen ongedaan gemaakt")).to_be_visible()
    with db.connection_context():
        assert Timesheet.select().where(Timesheet.state == "approved").count() == 0


@BOTH
def test_one_with_a_look_takes_two(visit: Open, site: Site, token: str, scripts: bool) -> None:
    of = reader(visit, site, token, scripts)
    of.follow(site.world.sheet.id)
    expect(of.page.get_by_role("heading", level=1)).to_contain_text("Noor Hendriks")
    of.press("Urenbriefje goedkeuren")
    expect(of.page.get_by_text("1 urenbriefje goedgekeurd")).to_be_visible()
    assert of.actions <= 2
    assert state(site.world.sheet.id) == "approved"


@BOTH
def test_reject_with_a_reason_takes_three(visit: Open, site: Site, token: str, scripts: bool) -> None:
    of = reader(visit, site, token, scripts)
    of.follow(site.world.sheet.id)
    of.type("Reden van de afkeuring", "Dinsdag klopt niet.")
    of.press("Urenbriefje afkeuren")
    expect(of.page.get_by_text("1 afgekeurd")).to_be_visible()
    assert of.actions <= 3
    assert state(site.world.sheet.id) == "rejected"


@BOTH
def test_what_is_ticked_is_counted_and_no_more_is_approved(
    visit: Open, site: Site, token: str, scripts: bool
) -> None:
    of = reader(visit, site, token, scripts)
    of.follow()
    of.page.get_by_role("checkbox", name="Noor Hendriks").uncheck()
    assert (
        of.page.evaluate("getComputedStyle(document.querySelector('.chosen'), '::before').content") != "none"
    )
    of.press("Aangevinkte goedkeuren")
    expect(of.page.get_by_text("39 urenbriefjes goedgekeurd")).to_be_visible()
    assert state(site.world.sheet.id) == "submitted"


def test_axe_at_each_width_light_and_dark(visit: Open, site: Site, token: str) -> None:
    watched = visit()
    page, world = watched.page, site.world
    wrong = []
    seen = Counter[str]()

    def look(path: str) -> None:
        page.goto(f"{site.url}/decide/{path}")
        wrong.extend(f"{path[33:]} {line}" for line in looked_at(page, seen=seen))

    look(token)
    look(f"{token}/{world.sheet.id}")
    page.get_by_role("button", name="Urenbriefje goedkeuren").click()
    with db.connection_context():
        Timesheet.update(revision=2).where(Timesheet.id == world.sheet.id + 1).execute()
    look(token)
    look(f"{token}/{world.sheet.id + 1}")
    look("nothing")
    assert wrong == [], "\n".join(wrong)
    assert [one for one in watched.wrong if "404" not in one and "409" not in one] == []
