"""What is ticked on screen is what the button sends: after Back, reload, and what others decide meanwhile.

Random walks, the same for the same number. TICK_WALKS=200 makes 200 of them (in minutes); the suite makes a few.
"""

import os
import random
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from konnekt.db import db
from konnekt.domain import clock
from konnekt.domain.approvals import decide as approval_decide
from konnekt.models import Account, State, Timesheet
from tests import factories
from tests.browser.conftest import DESKTOP, Open, Site
from tests.conftest import NOW

WALKS = int(os.environ.get("TICK_WALKS", "2"))
# Each in a test of its own: pytest gives none more than some minutes.
AT_ONCE = 3
STEPS = 12
# More than a page of the list (domain.approvals.listing.PAGE).
SHEETS = 44
MINUTES = 480


@pytest.fixture
def colleague(site: Site) -> Account:
    """Somebody else who decides; and more sheets than one page has."""
    world = site.world
    with db.connection_context(), db.atomic():
        made = factories.account("Ans", "Ander")
        factories.right(made, world.fse, approve=1)
        for number in range(SHEETS):
            who = factories.worker("Werknemer", f"N{number:02}")
            hours = {world.period.first_on: MINUTES}
            factories.sheet(factories.assignment(who, world.fse, world.fse_budget), world.period, hours)
    return made


def waiting() -> list[Timesheet]:
    with db.connection_context():
        return list(Timesheet.select().where(Timesheet.state == State.SUBMITTED).order_by(Timesheet.id))


def decide(sheet: Timesheet, by: Account) -> None:
    with db.connection_context():
        clock.fix(NOW)
        approval_decide.approve(sheet.id, by=by, seen=sheet.revision)
        clock.fix("")


def ticked(page: Page) -> set[str]:
    """What the button would send: ticked boxes, and what is kept of other pages."""
    return set(
        page.locator("#picks [name=pick]").evaluate_all(
            "boxes => boxes.filter(box => box.type === 'hidden' || box.checked).map(box => box.value)"
        )
    )


def check(page: Page, mine: set[str]) -> set[str]:
    """The same things are ticked or fewer, each on the row of its sheet; the bar says how many and how long."""
    found = ticked(page)
    assert found <= mine, f"ticked by nobody: {found - mine}"
    astray = page.locator("#picks input[type=checkbox][name=pick]").evaluate_all(
        "boxes => boxes.filter(box => box.closest('tbody').id !== 'sheet-' + box.value.split(':')[0]).length"
    )
    assert astray == 0
    bar = page.locator("[data-picks-bar]")
    if bar.count() and page.locator("[data-picks-bar] .sum").count():
        if not found:
            expect(bar).to_be_hidden()
        else:
            with db.connection_context():
                ids = [int(pick.partition(":")[0]) for pick in found]
                minutes = sum(sheet.minutes for sheet in Timesheet.select().where(Timesheet.id.in_(ids)))
            total = f"{minutes / 60:.2f}".replace(".", ",")
            expect(bar.locator(".sum")).to_have_text(re.compile(rf"^{len(found)} gekozen · {total}\s"))
    return found


def test_back_and_reload_tick_nothing_else(site: Site, colleague: Account, visit: Open) -> None:
    """Two rows are ticked, another one is approved elsewhere: the rows move up, the ticks do not stay behind."""
    watched = visit(**DESKTOP)
    page = watched.page
    watched.sign_in()
    page.goto(f"{site.url}/approvals")
    boxes = page.locator("#picks input[type=checkbox][name=pick]")
    boxes.nth(1).check()
    boxes.nth(2).check()
    mine = ticked(page)
    assert len(mine) == 2
    page.get_by_role("link", name="Home").first.click()
    page.wait_for_url(
        f"{site.url}/"
    )  # and its scripts: without them approving is a visit of its own, one step more
    page.get_by_role("button", name=re.compile("^Goedkeuren ")).first.click()
    expect(page.get_by_text("1 goedgekeurd ·")).to_be_visible()
    page.go_back()
    expect(boxes.first).to_be_visible()
    check(page, mine)

    for box in (boxes.nth(3), boxes.nth(4)):
        box.check()
    mine = ticked(page)
    decide(waiting()[0], by=colleague)
    page.reload()
    check(page, mine)
    assert page.locator("#picks").get_attribute("autocomplete") == "off"
    watched.check()


class Walk:
    """One walk through the list, its steps drawn from a generator."""

    def __init__(self, page: Page, site: Site, colleague: Account, number: int) -> None:
        self.page, self.site, self.colleague = page, site, colleague
        self.chance = random.Random(number)
        self.mine: set[str] = set()

    def boxes(self) -> list[str]:
        return self.page.locator("#picks input[type=checkbox][name=pick]").evaluate_all(
            "boxes => boxes.map(box => box.value)"
        )

    def tick(self) -> None:
        """Tick or untick some rows."""
        here = self.boxes()
        for value in self.chance.sample(here, min(3, len(here))):
            self.page.locator(f"input[type=checkbox][value='{value}']").click()
            self.mine ^= {value}

    def tick_all(self) -> None:
        all_of_them = self.page.locator("#pick-all")
        if all_of_them.count():
            all_of_them.click()
            is_on = all_of_them.is_checked()
            self.mine = self.mine | set(self.boxes()) if is_on else self.mine - set(self.boxes())

    def turn(self) -> None:
        """To the page before or after, with what is ticked."""
        pager = self.page.locator(".pager a.button").first
        if pager.count():
            # Only the second page names its number; rows may move from one to the other meanwhile.
            at = self.page.locator("#picks-filter [name=at]")
            turned = 1 - at.count()
            with self.page.expect_response(re.compile("/approvals/approve")):
                pager.click()
            expect(at).to_have_count(turned)

    def decide_elsewhere(self) -> None:
        still = waiting()
        if len(still) > 3:
            decide(self.chance.choice(still), by=self.colleague)

    def reload(self) -> None:
        self.page.reload()

    def home_and_back(self) -> None:
        self.page.get_by_role("link", name="Home").first.click()
        self.page.wait_for_url(f"{self.site.url}/")
        self.decide_elsewhere()
        self.page.go_back()

    def forward_and_back(self) -> None:
        self.page.goto(f"{self.site.url}/account")
        self.page.go_back()
        self.page.go_forward()
        self.decide_elsewhere()
        self.page.go_back()

    def approve(self) -> None:
        """The button sends what is ticked: of that the server approves what still waits, and nothing else."""
        expected = {f"{sheet.id}:{sheet.revision}" for sheet in waiting()} & self.mine
        before = {sheet.id for sheet in waiting()}
        if not self.mine:
            return
        with self.page.expect_response(re.compile("/approvals/approve")):
            self.page.get_by_role("button", name="Urenbriefje goedkeuren").click()
        gone = before - {sheet.id for sheet in waiting()}
        assert gone == {int(pick.partition(":")[0]) for pick in expected}
        self.page.goto(f"{self.site.url}/approvals")
        self.mine = set()

    def step(self) -> str:
        steps: list[tuple[Callable[[], None], int]] = [
            (self.tick, 5), (self.tick_all, 1), (self.turn, 2), (self.decide_elsewhere, 1), (self.reload, 1),
            (self.home_and_back, 2), (self.forward_and_back, 1), (self.approve, 1),
        ]  # fmt: skip
        chosen = self.chance.choices([one for one, _ in steps], [weight for _, weight in steps])[0]
        chosen()
        expect(self.page.locator("h1")).to_have_text("Urenbriefjes goedkeuren")
        self.mine = check(self.page, self.mine)
        return chosen.__name__


@pytest.mark.parametrize("first", range(0, WALKS, AT_ONCE))
def test_random_walks(site: Site, colleague: Account, visit: Open, first: int) -> None:
    """No walk leaves a difference between what one ticked, what the screen shows and what the server does."""
    watched = visit(**DESKTOP)
    watched.sign_in()
    for number in range(first, min(first + AT_ONCE, WALKS)):
        with db.connection_context():
            Timesheet.update(state=State.SUBMITTED, decided_at=None, decided_by=None).execute()
        watched.page.goto(f"{site.url}/approvals")
        walk = Walk(watched.page, site, colleague, number)
        done: list[str] = []
        for _ in range(STEPS):
            try:
                done.append(walk.step())
            except AssertionError as error:
                raise AssertionError(f"walk {number} after {done}: {error}") from error
    watched.check()
