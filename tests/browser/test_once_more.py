"""Asked once more in a real browser: above a page that stays as it is, or instead of it without a script."""

import re

import pytest
from playwright.sync_api import expect

from konnekt import db as database
from konnekt.db import db
from konnekt.domain.accounts import passwords
from konnekt.models import Session
from tests.browser.conftest import DESKTOP, PASSWORD, Open, Portal, Site


@pytest.mark.parametrize("javascript", [True, False])
def test_rights_wait_for_the_password(site: Site, portal: Portal, visit: Open, javascript: bool) -> None:
    database.connect(portal.config)
    with db.connection_context():
        passwords.replace(site.world.staff, PASSWORD, by=None, source="command")
    staff = visit(javascript=javascript, **DESKTOP)
    staff.sign_in(site.world.staff.email)
    with db.connection_context():
        Session.update(asked_at=None).execute()
    page = staff.page
    page.goto(f"{site.url}/bureau/people/{site.world.noor.id}")
    give = page.locator("form[action$='/rights']")
    if not give.is_visible():
        page.locator("details:has(form[action$='/rights']) > summary").click()
    give.locator("select").select_option("LAW")
    give.get_by_label("Uren registreren").check()
    give.get_by_role("button").click()
    field = page.get_by_label("Wachtwoord", exact=True)
    expect(field).to_be_focused()
    expect(page.get_by_role("heading", name="Noor Hendriks")).to_have_count(1 if javascript else 0)
    field.fill(PASSWORD)
    page.get_by_role("button", name="Verder").click()
    expect(page.get_by_text(re.compile("De rechten bij .* zijn opgeslagen"))).to_be_visible()
    expect(page.locator("form[action$='/rights/LAW']")).to_have_count(1)
