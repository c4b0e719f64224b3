"""The demonstration with its own provider, on a phone, with and without scripts: in, connected, asked, and out."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PHONE, _wait_for
from tests.browser.test_accessible import violations
from tests.postgresql import free_port


@pytest.fixture(scope="module")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """`konnekt demo` as `make demo` starts it: its address, and the password of its accounts."""
    instance, port = tmp_path_factory.mktemp("demonstration"), free_port()
    address = f"http://127.0.0.1:{port}"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KONNEKT_")}
    environment |= {"KONNEKT_INSTANCE": str(instance), "KONNEKT_WORKERS": "1"}
    konnekt = Path(sys.executable).with_name("konnekt")
    with (instance / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [konnekt, "demo", "--port", str(port)], env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )  # fmt: skip
        try:
            _wait_for(f"{address}/healthz", server, instance / "server.log")
            yield address, (instance / "demo-password").read_text().strip()
        finally:
            server.terminate()
            server.wait(timeout=30)
    # It ends with the portal, by itself.
    with pytest.raises(AssertionError, match="gone"):
        _ask(port + 1)


def _ask(port: int) -> None:
    import socket
    import time

    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except ConnectionRefusedError:
            raise AssertionError("gone") from None
        time.sleep(0.1)


def look(page: Page, *, scripts: bool) -> None:
    """One screen wide, and accessible."""
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 360, page.url
    assert (violations(page) if scripts else []) == [], page.url


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no script"])
def test_on_a_phone(demonstration: tuple[str, str], chromium: Browser, scripts: bool) -> None:
    address, password = demonstration
    context = chromium.new_context(**PHONE, java_script_enabled=scripts)
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))

    # Connected already: in, to where one wanted to be, and out.
    page.goto(f"{address}/approvals")
    look(page, scripts=scripts)
    page.get_by_role("button", name="Inloggen met Universiteit (demo)").click()
    page.get_by_role("button", name="Marieke van den Broek (supervisor)").click()
    page.wait_for_url(f"{address}/approvals")
    expect(page.get_by_role("heading", name="Urenbriefje goedkeuren")).to_be_visible()
    page.goto(f"{address}/account/providers")
    expect(page.get_by_text("Universiteit (demo)", exact=True)).to_be_visible()
    look(page, scripts=scripts)
    sign_out(page, address)
    look(page, scripts=scripts)

    # Not connected: told so; then connected by the owner, asked once more, and in.
    page.get_by_role("button", name="Inloggen met Universiteit (demo)").click()
    page.get_by_role("button", name="(worker)").click()
    expect(page.get_by_text("nog niet gekoppeld")).to_be_visible()
    wrong[:] = [one for one in wrong if "404" not in one]
    look(page, scripts=scripts)
    page.get_by_label("E-mail of gebruikersnaam").fill("worker@konnekt.example")
    page.get_by_label("Wachtwoord").fill(password)
    page.get_by_role("button", name="Inloggen", exact=True).click()
    page.goto(f"{address}/account")
    look(page, scripts=scripts)
    page.get_by_role("link", name="Gekoppelde accounts beheren").click()
    page.get_by_role("button", name="Universiteit (demo) koppelen").click()
    page.get_by_role("button", name="(worker)").click()
    expect(page.get_by_text("Voortaan kunt u inloggen met Universiteit (demo).")).to_be_visible()
    assert urlsplit(page.url).path == "/account/providers"
    sign_out(page, address)
    page.get_by_role("button", name="Inloggen met Universiteit (demo)").click()
    page.get_by_role("button", name="(worker)").click()
    page.wait_for_url(f"{address}/")
    page.goto(f"{address}/account/providers")
    page.get_by_role("button", name="Verwijderen").click()
    expect(page.get_by_text("U logt niet meer in met Universiteit (demo).")).to_be_visible()
    assert wrong == []
    context.close()


def sign_out(page: Page, address: str) -> None:
    if not page.get_by_role("button", name="Uitloggen").is_visible():
        page.locator("summary, [aria-expanded]").first.click()
    page.get_by_role("button", name="Uitloggen").first.click()
    page.wait_for_url(f"{address}/login")
    expect(page.get_by_text("U bent uitgelogd.")).to_be_visible()
