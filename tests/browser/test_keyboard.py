"""From signing in to the PDF of an invoice with Tab, Enter and Space alone; the focus shows, and stays at hand."""

import re

import pytest
from playwright.sync_api import Page, expect

from konnekt.db import db
from konnekt.domain import clock
from konnekt.models import Timesheet
from tests import factories, invoice_cast
from tests.browser.conftest import DESKTOP, HTMX_IS_THERE, PASSWORD, Open, Site
from tests.conftest import NOW
from tests.pages.test_invoices import with_documents

MOST_TABS = 60

# What has the focus: its words, whether a ring is drawn around it, and whether a part of it is in sight.
FOCUSED = """() => {
  const one = document.activeElement;
  const box = one.getBoundingClientRect();
  const style = getComputedStyle(one);
  const points = [.1, .3, .5, .7, .9].map((at) => [box.left + box.width * at, box.top + box.height / 2]);
  const words = one.labels?.length ? one.labels[0].textContent : one.ariaLabel || one.textContent;
  return {
    tag: one.tagName,
    words: words.replace(/\\s+/g, " ").trim(),
    ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    in_sight: points.some(([x, y]) => {
      const there = document.elementFromPoint(x, y);
      return there && (one.contains(there) || there.contains(one));
    }),
  };
}"""


@pytest.fixture
def invoiced(site: Site) -> Site:
    """The cast, with an invoice of the period before and its documents."""
    clock.fix(NOW)
    with db.connection_context():
        invoice_cast.complete(site.world)
        sheet = factories.sheet(
            site.world.assignment, site.world.period, state="approved", sequence=1, reason="Vergeten"
        )
        invoice_cast.approve(sheet, site.world.supervisor)
        (invoice,) = invoice_cast.run(organisation="FSE")
        with_documents(invoice)
    clock.fix("")
    return site


def tab_to(page: Page, words: str, tag: str = "") -> None:
    """Tab until that has the focus; every stop on the way is seen."""
    passed = []
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        now = page.evaluate(FOCUSED)
        if now["tag"] == "BODY":
            continue
        passed.append(now["words"])
        assert now["ring"], f"no ring around {now}"
        assert now["in_sight"], f"out of sight: {now}"
        if re.search(words, now["words"]) and tag in ("", now["tag"]):
            return
    pytest.fail(f"{words} is not among {passed}")


def test_from_the_list_to_the_pdf(invoiced: Site, visit: Open) -> None:
    watched = visit(**DESKTOP)
    page = watched.page
    page.goto(f"{invoiced.url}/login?next=/approvals")
    tab_to(page, "E-mail of gebruikersnaam")
    page.keyboard.type("supervisor@um.example")
    tab_to(page, "Wachtwoord")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", level=1)).to_have_text("Urenbriefjes goedkeuren")
    page.wait_for_function(HTMX_IS_THERE)
    tab_to(page, "Naar de inhoud")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("#main$"))
    expect(page.locator("#main")).to_be_focused()
    tab_to(page, "Noor Hendriks", "INPUT")
    page.keyboard.press("Space")
    expect(page.get_by_text("1 gekozen")).to_be_visible()
    page.keyboard.press("Space")
    tab_to(page, "Noor Hendriks", "A")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Verloop")).to_be_visible()
    expect(page.get_by_role("link", name="Noor Hendriks", exact=True)).to_be_focused()
    tab_to(page, "^Urenbriefje goedkeuren$")
    page.keyboard.press("Enter")
    undo = page.get_by_role("button", name=re.compile("^Ongedaan maken"))
    expect(undo).to_be_focused()
    with db.connection_context():
        assert Timesheet.get_by_id(invoiced.world.sheet.id).state == "approved"

    tab_to(page, "^Facturen$")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Facturen")
    page.wait_for_function(HTMX_IS_THERE)
    tab_to(page, "Budgetnummer, nummer of organisatie")
    page.keyboard.type("899")
    expect(page).to_have_url(re.compile("q=899"))
    expect(page.get_by_role("link", name="CSV")).to_have_attribute("href", re.compile("q=899"))
    search = page.get_by_label("Budgetnummer, nummer of organisatie")
    expect(search).to_be_focused()
    expect(search).to_have_value("899")
    tab_to(page, "Urenbriefjes van 2026-00001")
    clock_link = page.get_by_role("link", name="Urenbriefjes van 2026-00001")
    page.keyboard.press("Enter")
    expect(page.get_by_text("goedgekeurd door Emre Dubois")).to_be_visible()
    expect(clock_link).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text("goedgekeurd door Emre Dubois")).to_have_count(0)
    expect(clock_link).to_be_focused()
    tab_to(page, "PDF van 2026-00001")
    with page.expect_download() as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename == "2026-00001.pdf"
    watched.check()
