"""Passkeys on a phone, with Chromium's own virtual authenticator: made, used alone and as second step, removed."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from konnekt import db as database
from konnekt.config import Config
from konnekt.db import db
from konnekt.models import Session
from tests.browser.conftest import PASSWORD, Open, Portal, Site, Watched, serve
from tests.browser.looks import violations
from tests.conftest import NOW

NOOR = "noor@um.example"


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Portal]:
    """A portal by a name: for an address of digits browsers make no passkeys."""
    instance = tmp_path_factory.mktemp("passkeys")
    config = Config(instance=instance, now=NOW)
    config.make_secret()
    shutil.copy(sqlite_template, instance / "konnekt.db")
    with serve(instance, name="localhost") as address:
        yield Portal(address, config, sqlite_template)


class Device:
    """The lock of the phone: a virtual authenticator of the browser (Chrome DevTools Protocol, WebAuthn)."""

    def __init__(self, page: Page, **options: Any) -> None:
        self.cdp = page.context.new_cdp_session(page)
        self.cdp.send("WebAuthn.enable", {"enableUI": False})
        kind = {
            "protocol": "ctap2", "ctap2Version": "ctap2_1", "transport": "internal", "hasResidentKey": True,
            "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True, **options,
        }  # fmt: skip
        self.id = self.cdp.send("WebAuthn.addVirtualAuthenticator", {"options": kind})["authenticatorId"]

    def knows_its_owner(self, answer: bool) -> None:
        self._send("setUserVerified", isUserVerified=answer)

    def answers(self, answer: bool) -> None:
        """Whether somebody touches it; where not, it waits."""
        self._send("setAutomaticPresenceSimulation", enabled=answer)

    def credentials(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._send("getCredentials")["credentials"]
        return found

    def count_anew(self, counter: int) -> None:
        """As a copy of it that was made long ago."""
        (credential,) = self.credentials()
        self._send("removeCredential", credentialId=credential["credentialId"])
        self._send("addCredential", credential=credential | {"signCount": counter})

    def _send(self, what: str, **values: Any) -> Any:
        return self.cdp.send(f"WebAuthn.{what}", {"authenticatorId": self.id, **values})


def add(page: Page, site: Site) -> list[str]:
    """Add one from the page of factors; returns the recovery codes that come with it."""
    page.goto(f"{site.url}/account/factors")
    page.get_by_role("link", name="Passkey toevoegen").click()
    page.get_by_label("Naam van de passkey").fill("Telefoon")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Passkey maken").click()
    expect(page.get_by_role("heading", name="Uw herstelcodes")).to_be_visible()
    papers: list[str] = page.locator("li code").all_inner_texts()
    return papers


@pytest.fixture
def phone(visit: Open) -> Watched:
    watched = visit()
    watched.sign_in(NOOR)
    return watched


def sign_out(page: Page) -> None:
    page.context.clear_cookies()


def test_made_and_used(site: Site, phone: Watched) -> None:
    page, device, found = phone.page, Device(phone.page), []

    def look() -> None:
        found.extend(f"{page.url} {line}" for line in violations(page))
        assert page.evaluate("document.scrollingElement.scrollWidth") <= 360

    page.goto(f"{site.url}/account/factors")
    expect(page.get_by_role("heading", name="Passkey toevoegen")).to_be_visible()
    look()
    page.goto(f"{site.url}/account/factors/passkeys/new")
    look()
    page.goto(f"{site.url}/account/factors/passkeys/new?name=Telefoon")
    look()
    papers = add(page, site)
    assert len(papers) == 10
    (made,) = device.credentials()
    assert (made["rpId"], made["isResidentCredential"]) == ("localhost", True)
    look()
    page.get_by_role("link", name="Ik heb ze bewaard").click()
    expect(page.get_by_text("nog niet gebruikt")).to_be_visible()
    look()

    # Alone.
    device.answers(False)
    sign_out(page)
    page.goto(f"{site.url}/login?next=/account")
    look()
    device.answers(True)
    page.get_by_role("button", name="Inloggen met een passkey").click()
    page.wait_for_url(f"{site.url}/account")
    page.goto(f"{site.url}/account/factors")
    expect(page.get_by_text("laatst gebruikt")).to_be_visible()

    # After the password.
    device.answers(False)
    sign_out(page)
    phone.sign_in(NOOR)
    expect(page.get_by_text("Typ een van uw herstelcodes")).to_be_visible()
    look()
    device.answers(True)
    page.get_by_role("button", name="Passkey gebruiken").click()
    page.wait_for_url(f"{site.url}/")
    assert found == []
    assert phone.wrong == []


def test_the_browser_offers_it_below_the_name(site: Site, phone: Watched) -> None:
    """The virtual authenticator chooses the offer itself as soon as there is one."""
    page, device = phone.page, Device(phone.page)
    if not page.evaluate("PublicKeyCredential.isConditionalMediationAvailable()"):
        pytest.fail("this Chromium offers no passkeys below a field")
    add(page, site)
    device.answers(True)
    sign_out(page)
    page.goto(f"{site.url}/login?next=/account")
    page.wait_for_url(f"{site.url}/account")
    phone.check()


def test_once_more(site: Site, phone: Watched, portal: Portal) -> None:
    page = phone.page
    Device(page)
    add(page, site)
    database.connect(portal.config)
    with db.connection_context():
        Session.update(asked_at=None).execute()
    page.goto(f"{site.url}/account/factors")
    page.get_by_role("button", name="Verwijderen Telefoon").click()
    expect(page.get_by_role("heading", name="Bent u het?")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Passkey gebruiken").click()
    expect(page.get_by_text("Telefoon is verwijderd: u logt er niet meer mee in.")).to_be_visible()
    sign_out(page)
    page.goto(f"{site.url}/login")
    expect(page.get_by_role("button", name="Inloggen met een passkey")).to_be_visible()


def test_what_the_device_or_the_portal_refuses(site: Site, phone: Watched) -> None:
    page, device = phone.page, Device(phone.page)
    add(page, site)
    # Else it chooses what is offered below the name by itself, again and again.
    page.add_init_script("PublicKeyCredential.isConditionalMediationAvailable = async () => false")
    device.answers(False)
    sign_out(page)
    page.goto(f"{site.url}/login")
    device.knows_its_owner(False)
    device.answers(True)
    button = page.get_by_role("button", name="Inloggen met een passkey")
    button.click()
    expect(page.get_by_text("Uw passkey is niet gebruikt.")).to_be_visible()
    expect(button).to_be_enabled()
    device.knows_its_owner(True)
    device.count_anew(0)
    button.click()
    expect(page.get_by_text("Deze passkey is niet geaccepteerd.")).to_be_visible()
    assert violations(page) == []
    assert page.goto(f"{site.url}/account").url.startswith(f"{site.url}/login")  # type: ignore[union-attr]


def test_on_the_spot(site: Site, phone: Watched, portal: Portal) -> None:
    """Signed out while typing: the page stays, and takes a passkey."""
    page, device = phone.page, Device(phone.page)
    add(page, site)
    page.goto(f"{site.url}/account")
    database.connect(portal.config)
    with db.connection_context():
        Session.delete().execute()
    page.get_by_label("Huidig wachtwoord").fill(PASSWORD)
    page.get_by_label("Nieuw wachtwoord").fill("een heel ander wachtwoord")
    page.get_by_role("button", name="Wachtwoord veranderen").click()
    page.get_by_role("button", name="Inloggen met een passkey").click()
    expect(page.get_by_text("U bent weer ingelogd.")).to_be_visible()
    expect(page.get_by_label("Nieuw wachtwoord")).to_have_value("een heel ander wachtwoord")
    assert device.credentials()


def test_without_scripts_nothing_speaks_of_it(site: Site, visit: Open) -> None:
    watched = visit(javascript=False)
    page = watched.page
    page.goto(f"{site.url}/login")
    expect(page.get_by_role("button", name="Inloggen")).to_have_count(1)
    expect(page.get_by_text("passkey")).to_have_count(0)
    watched.sign_in(NOOR)
    page.goto(f"{site.url}/account/factors")
    expect(page.get_by_label("Naam van de app of het apparaat")).to_be_visible()
    expect(page.get_by_text("passkey")).to_have_count(0)
    watched.check()
