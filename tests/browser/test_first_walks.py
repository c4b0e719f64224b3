"""From home to many people invited, and to one person placed with a rate: how many actions each takes.

An action is a press, a choice, or a form that is filled in, however many fields it has.
"""

import time
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from konnekt import db as database
from konnekt.db import db
from konnekt.domain import clock
from konnekt.domain.accounts import passwords
from konnekt.models import Account, Assignment, Job, Mail, Rate
from tests import factories
from tests.browser.conftest import DESKTOP, PASSWORD, Open, Portal, Site

BOTH = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no script"])


@dataclass
class Hand:
    """Who works at the agency; counts."""

    page: Page
    actions: int = 0

    def press(self, role: str, name: str) -> None:
        self.actions += 1
        self.page.locator("main").get_by_role(role, name=name, exact=True).first.click()  # type: ignore[arg-type]

    def fill(self, **fields: str) -> None:
        self.actions += 1
        for name, text in fields.items():
            self.page.locator(f"[name={name}]").fill(text)


def hand(site: Site, portal: Portal, visit: Open, scripts: bool) -> Hand:
    database.connect(portal.config)
    with db.connection_context():
        passwords.replace(site.world.staff, PASSWORD, by=None, source="command")
        Account.update(signed_in_at=clock.now()).execute()
    staff = visit(javascript=scripts, **DESKTOP)
    staff.sign_in(site.world.staff.email)
    staff.page.wait_for_url(f"{site.url}/")
    staff.page.get_by_role("link", name="Bureau", exact=True).first.click()
    return Hand(staff.page, 1)


@BOTH
def test_two_hundred_are_invited(site: Site, portal: Portal, visit: Open, scripts: bool) -> None:
    of = hand(site, portal, visit, scripts)
    with db.connection_context():
        for number in range(200):
            factories.account(f"Ilse{number}", "Import", employee_number=f"9{number:04}")
    of.press("link", "Personen")
    of.press("button", "Nodig 200 mensen uit")
    assert of.actions == 3
    expect(of.page.get_by_role("heading", name="Mensen uitnodigen")).to_be_visible()
    with db.connection_context():
        until = time.monotonic() + 60  # the portal's own process is at it
        while Job.select().where(Job.ended_at.is_null()).exists() and time.monotonic() < until:
            time.sleep(0.1)
    if not scripts:
        of.page.reload()
    expect(of.page.get_by_text("200 mensen zijn uitgenodigd: de mails zijn onderweg.")).to_be_visible()
    with db.connection_context():
        assert Mail.select().where(Mail.kind == "invite").count() == 200


@BOTH
def test_a_worker_is_placed_with_a_rate(site: Site, portal: Portal, visit: Open, scripts: bool) -> None:
    of = hand(site, portal, visit, scripts)
    of.press("link", "Personen")
    of.press("link", "Persoon toevoegen")
    of.fill(first_name="Ria", last_name="Nieuw", email="ria@um.example", employee_number="88001")
    of.press("button", "Toevoegen en plaatsen")
    of.actions += 1
    of.page.locator("#organisation").select_option("FSE")
    if not scripts:
        of.press("button", "Volgende")
    of.fill(first_on="2026-12-01", pay_rate="18,32", bill_rate="31,51")
    of.press("button", "Plaatsing toevoegen")
    assert of.actions == (8 if scripts else 9)
    expect(of.page.get_by_text("A88001-1 is toegevoegd, met een tarief.")).to_be_visible()
    with db.connection_context():
        assert Rate.select().join(Assignment).where(Assignment.code == "A88001-1").count() == 1


def test_the_next_step_follows(portal: Portal, visit: Open) -> None:
    """Of an agency that begins: what was done on a page without leaving it moves the step above it."""

    def begin() -> Account:
        staff = factories.account("Bureau", "InterUM", is_agency_staff=True)
        passwords.replace(staff, PASSWORD, by=None, source="command")
        return staff

    staff = portal.begin(begin)
    page = visit(**DESKTOP)
    page.sign_in(staff.email)
    page.page.wait_for_url(f"{portal.url}/")
    page.page.goto(f"{portal.url}/bureau/details")
    step = page.page.locator("#bureau-next-step")
    expect(step).to_contain_text("Eerste stappen, 1 van 8:")
    page.page.locator("[name=name]").fill("InterUM")
    page.page.locator("[name=street]").fill("Tongersestraat 6")
    page.page.locator("[name=postcode]").fill("6211 LN")
    page.page.locator("[name=city]").fill("Maastricht")
    page.page.locator("[name=coc_number]").fill("14042005")
    page.page.locator("[name=vat_number]").fill("NL003456789B01")
    page.page.locator("[name=iban]").fill("NL20INGB0001234567")
    page.page.get_by_role("button", name="Opslaan", exact=True).click()
    expect(step).to_contain_text("Eerste stappen, 2 van 8: Uursoorten toevoegen")
    step.get_by_role("link").first.click()
    page.page.get_by_role("button", name="Voeg deze uursoorten toe").click()
    expect(step).to_contain_text("Eerste stappen, 3 van 8:")
