"""A worker fills in the own hours: on a phone and at a desk with autosave, and without JavaScript."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from konnekt.background import mail
from konnekt.config import Config
from konnekt.db import db
from konnekt.domain import clock
from konnekt.domain.approvals import decide
from konnekt.models import Hour, Timesheet, TimesheetLine
from tests.browser.conftest import DESKTOP, PHONE, Open, Site
from tests.conftest import NOW

GRID = "?year=2026&period=12"


@pytest.fixture
def code(site: Site, tmp_path: Path) -> str:
    """Noor's assignment; her sheet of period 12 was sent back, that of 11 was never begun."""
    clock.fix(NOW)
    with db.connection_context():
        world = site.world
        mail.configure(Config(instance=tmp_path / "instance", now=NOW))
        decide.reject(world.sheet.id, "Dinsdag was u er niet.", by=world.supervisor, seen=1)
    clock.fix("")
    return str(site.world.assignment.code)


def cell(page: Page, day: str) -> Locator:
    return page.locator(f'[data-cell="{day}"]').first


def stored(number: int) -> dict[str, int]:
    """The minutes by day of the sheet of that period."""
    with db.connection_context():
        query = Hour.select().join(TimesheetLine).join(Timesheet)
        period = Timesheet.pay_period == number
        return {f"{hour.day:%d}": hour.minutes for hour in query.where(period) if hour.minutes}


def state(number: int) -> str:
    with db.connection_context():
        sheet = Timesheet.get_or_none(Timesheet.pay_period == number)
        return str(sheet.state) if sheet else "none"


def until(what: Callable[[], object], wanted: object, page: Page) -> None:
    """Wait for what the server stored; the browser goes on in the meantime."""
    for _ in range(100):
        if what() == wanted:
            return
        page.wait_for_timeout(50)
    assert what() == wanted


@pytest.mark.parametrize("way", [PHONE, DESKTOP], ids=["phone", "desk"])
def test_fill_in_and_send(site: Site, code: str, visit: Open, way: dict[str, object]) -> None:
    watched = visit(**way)
    page = watched.page
    press = Locator.tap if way is PHONE else Locator.click
    watched.sign_in("noor@um.example")
    expect(page.get_by_text("Dinsdag was u er niet.")).to_be_visible()
    watched.check()
    press(page.get_by_role("navigation", name="Menubalk").get_by_role("link", name="Uren"))
    expect(page.get_by_role("heading", name="Mijn uren")).to_be_visible()
    watched.check()
    sizes = page.evaluate(
        "[...document.querySelectorAll('main .button')].map((one) => one.getBoundingClientRect().height)"
    )
    assert min(sizes) >= 44
    press(page.get_by_role("link", name="Uren verbeteren"))
    expect(page.get_by_text("Reden van de afkeuring: Dinsdag was u er niet.")).to_be_visible()
    watched.check()
    cell(page, "2026-11-03").fill("7,5")
    cell(page, "2026-11-05").fill("4:20")
    expect(page.locator("[data-sum-sheet]")).to_have_text("19:20")
    until(lambda: stored(12), {"03": 450, "04": 450, "05": 260}, page)
    assert state(12) == "rejected"
    press(page.get_by_role("button", name="Versturen").last)
    expect(page.get_by_role("button", name="Ongedaan maken")).to_be_visible()
    expect(page.get_by_role("button", name="Opslaan")).to_have_count(0)
    assert state(12) == "submitted"
    watched.check()
    page.get_by_label("Periode").select_option("2026-11")
    expect(page).to_have_url(re.compile("period=11$"))
    expect(page).to_have_title(re.compile(r"Periode 11 \(week 41–44\) · Mijn uren"))
    cell(page, "2026-10-06").fill("8")
    until(lambda: stored(11), {"06": 480}, page)
    page.goto(f"{site.url}/hours")
    expect(page.get_by_text("ligt sinds vandaag bij Emre Dubois")).to_be_visible()
    watched.check()
    press(page.get_by_role("link", name="Faculty of Science and Engineering", exact=True))
    expect(page.get_by_role("heading", name="Verloop")).to_be_visible()
    watched.check()
    page.goto(f"{site.url}/hours/totals")
    expect(page.get_by_role("table")).to_be_visible()
    watched.check()


def test_without_javascript(site: Site, code: str, visit: Open) -> None:
    watched = visit(javascript=False)
    page = watched.page
    watched.sign_in("noor@um.example")
    page.goto(f"{site.url}/hours")
    page.get_by_role("link", name="Uren verbeteren").click()
    cell(page, "2026-11-03").fill("abc")
    page.get_by_role("button", name="Opslaan").click()
    expect(page.get_by_text("Opgeslagen 09:00")).to_be_visible()
    expect(cell(page, "2026-11-03")).to_have_value("abc")
    cell(page, "2026-11-03").fill("6")
    cell(page, "2026-11-03").press("Enter")
    expect(page.get_by_text("Verstuurd: Noor Hendriks, Periode 12 (week 45–48), 13,50 uur.")).to_be_visible()
    assert state(12) == "submitted"
    page.get_by_label("Periode").select_option("2026-11")
    page.get_by_role("button", name="Naar deze periode").click()
    assert page.url == f"{site.url}/hours/{code}?year=2026&period=11"
    page.goto(f"{site.url}/hours")
    page.get_by_text("Filter", exact=True).click()
    page.get_by_label("Jaar").select_option("2026")
    page.get_by_role("button", name="Toon").click()
    assert page.url.startswith(f"{site.url}/hours?year=2026")
    expect(page.get_by_text("ligt sinds vandaag bij Emre Dubois")).to_be_visible()
    with page.expect_download() as download:
        page.goto(f"{site.url}/hours/totals")
        page.get_by_role("button", name="Downloaden als CSV").click()
    assert download.value.suggested_filename == "uren.csv"
    assert watched.wrong == []
