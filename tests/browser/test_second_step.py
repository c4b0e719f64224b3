"""The second step of signing in on a phone, with and without scripts: set up, signed out, in by code and by paper."""

from datetime import datetime

import pytest
from playwright.sync_api import expect
from pyotp import TOTP

from konnekt.domain import clock
from tests.browser.conftest import Open, Site
from tests.browser.looks import violations
from tests.conftest import NOW


def code(secret: str, off: int = 0) -> str:
    """The code of an app, by the clock of the server, which stands still."""
    moment = datetime.fromisoformat(NOW).replace(tzinfo=clock.AMSTERDAM)
    return TOTP(secret).at(int(moment.timestamp()) + off)


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no script"])
def test_set_up_and_sign_in(site: Site, visit: Open, scripts: bool) -> None:
    watched = visit(javascript=scripts)
    page = watched.page
    found: list[str] = []

    def look() -> None:
        page.wait_for_load_state("domcontentloaded")  # between two pages there is nothing to measure
        found.extend(f"{page.url} {line}" for line in (violations(page) if scripts else ()))
        assert page.evaluate("document.scrollingElement.scrollWidth") <= 360

    watched.sign_in("noor@um.example")
    page.goto(f"{site.url}/account")
    page.get_by_role("link", name="Tweede stap instellen").click()
    page.get_by_label("Naam van de app of het apparaat").fill("Telefoon")
    page.keyboard.press("Enter")
    secret = "".join(page.locator("code").inner_text().split())
    look()
    page.get_by_label("Code", exact=True).fill(code(secret))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Uw herstelcodes")).to_be_visible()
    papers = page.locator("li code").all_inner_texts()
    assert len(papers) == 10
    look()
    with page.expect_download() as download:
        page.get_by_role("button", name="Als bestand bewaren").click()
    assert download.value.path().read_text().split() == papers
    page.get_by_role("link", name="Ik heb ze bewaard").click()
    look()

    page.context.clear_cookies()
    watched.sign_in("noor@um.example")
    expect(page.get_by_label("Code", exact=True)).to_be_focused()
    look()
    page.keyboard.type(code(secret))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Deze code is al gebruikt.")).to_be_visible()
    look()
    page.get_by_label("Code", exact=True).fill(code(secret, 30))
    page.get_by_role("button", name="Inloggen").click()
    page.wait_for_url(f"{site.url}/")

    page.context.clear_cookies()
    watched.sign_in("noor@um.example")
    page.get_by_role("button", name="Herstelcode gebruiken").click()
    expect(page.get_by_role("heading", name="Herstelcode", exact=True)).to_be_visible()
    look()
    page.get_by_label("Code", exact=True).fill(papers[0].upper())
    page.keyboard.press("Enter")
    expect(page.get_by_text("er zijn er nog 9.")).to_be_visible()
    assert found == []
