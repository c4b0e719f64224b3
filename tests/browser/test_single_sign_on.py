"""Signing in with the account of an organisation, on a phone, with and without scripts: a real provider beside it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from konnekt import db as database
from konnekt.config import Config
from konnekt.db import db
from konnekt.domain import clock
from konnekt.models import Identity, Organisation
from tests import oidc
from tests.browser.conftest import PHONE, Watched, cast, serve
from tests.browser.looks import violations
from tests.conftest import NOW


@pytest.fixture(scope="module")
def offering(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[tuple[str, str]]:
    """A portal whose organisations offer a provider, which knows one account; the addresses of both."""
    config = Config(instance=tmp_path_factory.mktemp("offering"), now=NOW)
    config.make_secret()
    shutil.copy(sqlite_template, config.instance / "konnekt.db")
    clock.fix(NOW)
    with oidc.running() as provider:
        database.connect(config)
        with db.connection_context():
            world = cast()
            Organisation.update(sign_in="offered").execute()
            Identity.create(
                account=world.supervisor, issuer=provider.issuer, subject="sub-1", created_at=clock.now()
            )
        db.close_all()
        settings = config.instance / "providers"
        settings.write_text(
            "[demo]\nname = Universiteit\n"
            f"issuer = {provider.issuer}\nclient_id = {provider.provider().client_id}\n"
            f"client_secret = {provider.secret}\n"
        )
        settings.chmod(0o640)
        try:
            with serve(config.instance, providers=str(settings)) as address:
                yield address, provider.issuer
        finally:
            clock.fix("")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no script"])
def test_there_and_back(chromium: Browser, offering: tuple[str, str], scripts: bool) -> None:
    """Where it was going, signed in; who is connected to no account gets a sentence."""
    portal, there = offering
    context = chromium.new_context(java_script_enabled=scripts, **PHONE)
    watched = Watched(context.new_page(), portal)
    page = watched.page

    def look() -> None:
        asked_there = f"asked elsewhere: {there}/authorize"
        watched.wrong = [one for one in watched.wrong if not one.startswith(asked_there)]
        watched.check()
        if scripts:
            assert violations(page) == []

    page.goto(f"{portal}/approvals")
    look()
    page.get_by_role("button", name="Universiteit").press("Enter")
    page.get_by_role("button", name="Emre").click()
    page.wait_for_url(f"{portal}/approvals")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    look()

    context.clear_cookies()
    page.goto(f"{portal}/login")
    page.get_by_role("button", name="Universiteit").click()
    page.get_by_role("button", name="Ria").click()
    said = page.get_by_text("Dit account van Universiteit is hier nog niet gekoppeld.")
    expect(said).to_be_visible()
    look()
    page.goto(f"{portal}/approvals")
    assert page.url.startswith(f"{portal}/login"), "nobody was let in"
    context.close()
