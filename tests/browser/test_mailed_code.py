"""A code by mail on a phone, with and without scripts: the mail is read in another browser, the code typed here."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from konnekt import db as database
from konnekt.config import Config
from konnekt.db import db
from konnekt.domain import clock
from tests import smtp
from tests.browser.conftest import DESKTOP, PHONE, Watched, cast, serve
from tests.browser.looks import violations
from tests.conftest import NOW


@pytest.fixture(scope="module")
def mailing(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path
) -> Iterator[tuple[str, smtp.Postbox]]:
    """A portal that sends mail, and where it arrives."""
    config = Config(instance=tmp_path_factory.mktemp("mailing"), now=NOW)
    config.make_secret()
    shutil.copy(sqlite_template, config.instance / "konnekt.db")
    clock.fix(NOW)
    database.connect(config)
    with db.connection_context():
        cast()
    db.close_all()
    clock.fix("")
    with smtp.server() as box, serve(config.instance, mail=f"smtp://127.0.0.1:{box.port}") as address:
        yield address, box


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no script"])
def test_in_a_browser_that_is_not_known(
    chromium: Browser, mailing: tuple[str, smtp.Postbox], scripts: bool
) -> None:
    address, box = mailing
    name = "noor@um.example" if scripts else "supervisor@um.example"
    before = len([one for one in box.mails if "code" in one["Subject"]])

    def opened(**options: object) -> tuple[BrowserContext, Watched]:
        context = chromium.new_context(java_script_enabled=scripts, **{**PHONE, **options})
        return context, Watched(context.new_page(), address)

    context, watched = opened()
    page = watched.page
    watched.sign_in(name)
    expect(page.get_by_role("heading", name="Code uit uw mail")).to_be_visible()
    field = page.get_by_label("Code", exact=True)
    expect(field).to_be_focused()
    if scripts:
        assert violations(page) == []
    watched.check()
    code = smtp.newest_code(box, before + 1)
    field.fill("0000 0000")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Dit is niet de code uit de nieuwste mail.")).to_be_visible()
    if scripts:
        assert violations(page) == []
    watched.wrong.clear()  # Chromium calls a refusal an error
    watched.check()

    elsewhere, other = opened(**DESKTOP)
    other.sign_in(name)
    other.page.get_by_label("Code", exact=True).fill(code)
    other.page.get_by_role("button", name="Inloggen", exact=True).click()
    expect(other.page.get_by_text("Dit is niet de code uit de nieuwste mail.")).to_be_visible()
    other.page.get_by_label("Code", exact=True).fill("")
    other.page.get_by_role("button", name="Ik kreeg geen mail").click()
    expect(other.page.get_by_text("De mail is onderweg.")).to_be_visible()
    elsewhere.close()
    smtp.newest_code(box, before + 2)  # which is the other browser's

    field.fill(code)
    page.get_by_role("button", name="Inloggen", exact=True).click()
    page.wait_for_url(f"{address}/")
    watched.check()
    context.clear_cookies(name="konnekt")
    watched.sign_in(name)
    page.wait_for_url(f"{address}/")
    assert len([one for one in box.mails if "code" in one["Subject"]]) == before + 2, "known from now on"
    context.close()
