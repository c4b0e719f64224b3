"""A supervisor's day, the same at a desk, on a phone and without JavaScript."""

import re
from dataclasses import dataclass
from datetime import date

import pytest
from playwright.sync_api import Locator, Page, expect

from konnekt.db import db
from konnekt.domain import clock
from konnekt.models import Assignment, Timesheet
from tests import factories, invoice_cast
from tests.browser.conftest import DESKTOP, HTMX_IS_THERE, PASSWORD, Open, Site
from tests.conftest import NOW
from tests.pages.test_invoices import with_documents

WAYS = {
    "desk": DESKTOP,
    "phone": {},
    "no script": {**DESKTOP, "javascript": False},
}
NEW_PASSWORD = "de klok slaat nooit voor niets"


@dataclass
class Day:
    """The page, and whether scripts run in it."""

    page: Page
    url: str
    scripts: bool

    def to(self, place: str) -> None:
        """Follow the place in a menu, whichever is there."""
        self.page.locator(f'a[href="{place}"]:visible').first.click()
        self.page.wait_for_url(f"{self.url}{place}")
        self.page.wait_for_function(HTMX_IS_THERE)

    def tick(self, *names: str) -> None:
        for name in names:
            self.page.get_by_role("checkbox", name=name).check()

    def press(self, name: str | re.Pattern[str]) -> None:
        self.button(name).click()

    def button(self, name: str | re.Pattern[str]) -> Locator:
        return self.page.get_by_role("button", name=name).and_(self.page.locator(":visible")).first

    def until(self, state: str, *codes: str) -> None:
        """Wait until the sheets of these assignments are so in the database."""
        for _ in range(100):
            with db.connection_context():
                query = Timesheet.select().join(Assignment).where(Assignment.code.in_(codes))
                found = {one.state for one in query}
            if found == {state}:
                return
            self.page.wait_for_timeout(50)
        pytest.fail(f"{codes}: {found}, not {state}")


@pytest.fixture
def office(site: Site) -> Site:
    """Six sheets wait at FSE, its supervisor enters Zoë's hours too, and an invoice is there."""
    clock.fix(NOW)
    world = site.world
    with db.connection_context():
        for letter in "ABCDE":
            of = factories.assignment(
                factories.worker(f"Worker {letter}", "Bos"), world.fse, world.fse_budget, code=letter
            )
            factories.sheet(of, world.period, {date(2026, 11, 3): 480})
        enters = factories.worker("Zoë", "Heuvel")
        factories.assignment(enters, world.fse, world.fse_budget, code="ZOE", entered_by="organisation")
        factories.right(world.supervisor, world.law, register=1)
        teaches = factories.worker("Aoife", "Zzz")
        factories.assignment(teaches, world.law, world.law_budget, code="LAW1", entered_by="organisation")
        factories.assignment(enters, world.law, world.law_budget, code="LAW2", entered_by="organisation")
        invoice_cast.complete(world)
        paid = factories.sheet(
            world.assignment, world.period, state="approved", sequence=1, reason="Vergeten"
        )
        invoice_cast.approve(paid, world.supervisor)
        (invoice,) = invoice_cast.run(organisation="FSE")
        with_documents(invoice)
    clock.fix("")
    return site


@pytest.mark.parametrize("way", WAYS)
def test_the_day_of_a_supervisor(office: Site, visit: Open, way: str) -> None:
    watched = visit(**WAYS[way])
    watched.sign_in()
    day = Day(watched.page, office.url, scripts="javascript" not in WAYS[way])
    _approve(day)
    _register(day)
    _find_an_invoice(day)
    _change_the_password(day)
    assert watched.wrong == []


def _approve(day: Day) -> None:
    page = day.page
    day.to("/approvals")
    day.tick("Worker A Bos")
    day.press("Urenbriefje goedkeuren")
    expect(day.button(re.compile("^Ongedaan maken"))).to_be_visible()
    day.until("approved", "A")
    day.press(re.compile("^Ongedaan maken"))
    expect(
        page.get_by_text("Te keuren").or_(page.get_by_role("checkbox", name="Worker A Bos")).first
    ).to_be_visible()
    day.until("submitted", "A")

    page.goto(f"{day.url}/approvals")
    day.tick("Worker A Bos", "Worker B Bos")
    day.press("Urenbriefje goedkeuren")
    expect(page.get_by_text("16,00").first).to_be_visible()
    day.until("approved", "A", "B")

    page.goto(f"{day.url}/approvals")
    name = page.get_by_role("link", name="Worker C Bos", exact=True)
    row = page.locator("tbody").filter(has=name)
    name.click()
    expect(page.get_by_role("heading", name="Verloop")).to_be_visible()
    (row if day.scripts else page).get_by_role("link", name="Afkeuren").last.click()
    page.get_by_label("Reden").fill("Dinsdag was een feestdag.")
    day.press(re.compile("afkeuren"))
    day.until("rejected", "C")

    page.goto(f"{day.url}/approvals")
    day.press(re.compile("^Keur de .* gewone goed"))
    expect(day.button(re.compile("^Ongedaan maken"))).to_be_visible()
    day.until("approved", "D", "E")


def _register(day: Day) -> None:
    page = day.page
    page.goto(f"{day.url}/registration/LAW1?year=2026&period=12")
    page.locator('[data-cell="2026-11-02"]').first.fill("8")
    page.get_by_role("button", name="Urenregels toevoegen Week 45").click()
    expect(page.locator(".line")).to_have_count(5)
    page.locator('[data-cell="2026-11-03"]').first.fill("7:30")
    day.press("Versturen")
    expect(page.get_by_text("15,50 uur").first).to_be_visible()
    day.until("submitted", "LAW1")
    page.goto(f"{day.url}/registration/LAW1?year=2026&period=12")
    page.get_by_label("Werknemer").select_option("LAW2")
    if not day.scripts:
        day.press("Naar deze werknemer")
    page.wait_for_url(re.compile("/registration/LAW2"))
    expect(page.get_by_label("Werknemer")).to_have_value("LAW2")


def _find_an_invoice(day: Day) -> None:
    page = day.page
    day.to("/invoices")
    fold = page.locator(".fold summary")
    if fold.is_visible():
        fold.click()
    page.get_by_label("Budgetnummer, nummer of organisatie").fill("899")
    if not day.scripts:
        day.press("Zoeken")
    expect(page.get_by_role("link", name="CSV")).to_have_attribute("href", re.compile("q=899"))
    page.get_by_role("link", name="Urenbriefjes van 2026-00001").click()
    expect(page.get_by_text("goedgekeurd door Emre Dubois")).to_be_visible()
    page.goto(f"{day.url}/invoices")
    with page.expect_download() as download:
        page.get_by_role("link", name="PDF van 2026-00001").click()
    assert download.value.path().read_bytes().startswith(b"pdf of 2026-00001")


def _change_the_password(day: Day) -> None:
    page = day.page
    page.goto(f"{day.url}/account")
    page.get_by_label("Huidig wachtwoord").fill(PASSWORD)
    page.get_by_label("Nieuw wachtwoord", exact=True).fill(NEW_PASSWORD)
    again = page.get_by_label("Nieuw wachtwoord nogmaals")
    if again.count():
        again.fill(NEW_PASSWORD)
    day.press("Wachtwoord veranderen")
    expect(page.get_by_text("Uw wachtwoord is veranderd").first).to_be_visible()
    page.goto(day.url)
    fold = page.get_by_text("Menu", exact=True).locator(":visible")
    if not page.get_by_role("button", name="Uitloggen").is_visible():
        fold.first.click()
    day.press("Uitloggen")
    page.wait_for_url(f"{day.url}/login")
    page.get_by_label("E-mail of gebruikersnaam").fill("supervisor@um.example")
    page.get_by_label("Wachtwoord", exact=True).fill(NEW_PASSWORD)
    day.press("Inloggen")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Emre")
