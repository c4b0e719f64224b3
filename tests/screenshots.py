"""Photograph every kind of page of the demonstration: `make screenshots`.

At 360, 768 and 1280 px in light and dark, at 200 % zoom (640 px, two dots a pixel) and, where somebody prints
it, as on paper; then with what htmx opens in place. The clock stands still, so that two runs can be compared.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from konnekt import demo
from tests.browser.crawl import Visitor, one_of_each_kind
from tests.conftest import NOW
from tests.postgresql import free_port

WIDTHS = {360: 740, 768: 1024, 1280: 900}
SCHEMES = ("light", "dark")
# Whose screens: first who sees most of what others see as well.
ACCOUNTS = ("supervisor", "agency", "worker", "registrar")
PRINTED = re.compile(r"^/(invoices|approvals|hours|budgets)\b")
PATIENCE = 240  # seconds until every invoice has its PDF
QUIET = ("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")


@contextmanager
def demonstration(instance: Path) -> Iterator[str]:
    """`konnekt demo` on a free port, once every document is made; yields its address."""
    port = free_port()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KONNEKT_")}
    server = subprocess.Popen(
        [Path(sys.executable).with_name("konnekt"), "demo", "--port", str(port)],
        env={**kept, "KONNEKT_INSTANCE": str(instance), "KONNEKT_NOW": NOW},
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_for(f"http://127.0.0.1:{port}/healthz", server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(timeout=30)


def wait_for(url: str, server: "subprocess.Popen[bytes]") -> None:
    """Until the server answers."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            urlopen(url, timeout=5).close()
            return
        except (URLError, ConnectionError):
            if server.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def wait_for_documents(reader: Visitor) -> None:
    """Until each invoice can be downloaded."""
    deadline = time.monotonic() + PATIENCE
    while True:
        page = reader.get("/invoices").html
        if (
            len(re.findall(r'href="/invoices/\d+/ubl"', page))
            == len(re.findall(r'id="invoice-\d+"', page))
            > 0
        ):
            return
        assert time.monotonic() < deadline, "the documents of the invoices are not made"
        time.sleep(1)


def chromium(playwright: Playwright) -> Browser:
    """The machine's own browser."""
    found = next(
        filter(
            None,
            map(shutil.which, ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")),
        ),
        None,
    )
    return playwright.chromium.launch(executable_path=found, args=list(QUIET))


def slug(path: str) -> str:
    """What a page's pictures are called: its address without what names one row."""
    return re.sub(r"[^a-z]+", "-", path.partition("?")[0].strip("/").lower()).strip("-") or "home"


class Camera:
    """Takes the pictures of one account's pages into a folder."""

    def __init__(self, browser: Browser, address: str, folder: Path, name: str, password: str) -> None:
        self.browser, self.address, self.folder, self.name = browser, address, folder, name
        context = browser.new_context(locale="nl-NL")
        page = context.new_page()
        page.goto(f"{address}/login")
        page.locator("[autocomplete=username]").fill(demo.address(name))
        page.locator("input[type=password]").fill(password)
        page.locator("main form button").first.click()
        page.wait_for_url(f"{address}/")
        self.state = context.storage_state()
        context.close()
        self.taken = 0
        self.names: dict[str, int] = {}

    def take(self, path: str) -> None:
        """All pictures of one page."""
        what = slug(path)
        self.names[what] = self.names.get(what, 0) + 1
        if self.names[what] > 1:
            what = f"{what}-{self.names[what]}"
        for scheme in SCHEMES:
            with self.page(scheme) as page:
                page.goto(f"{self.address}{path}")
                for width, height in WIDTHS.items():
                    page.set_viewport_size({"width": width, "height": height})
                    self.keep(page, f"{what}-{width}-{scheme}")
                if scheme == "light":
                    self.open(page, what)
        with self.page("light", 2) as page:
            page.set_viewport_size({"width": 640, "height": 450})
            page.goto(f"{self.address}{path}")
            self.keep(page, f"{what}-zoom")
            if PRINTED.match(path):
                page.emulate_media(media="print")
                page.set_viewport_size({"width": 794, "height": 1123})
                self.keep(page, f"{what}-print")

    def open(self, page: Page, what: str) -> None:
        """The first thing that opens in place, on a desk and on a phone."""
        opener = page.locator("main table a[hx-get]:visible").first
        if not opener.count():
            return
        with page.expect_response(lambda answer: "static" not in answer.url):
            opener.click()
        page.wait_for_timeout(300)
        for width in (1280, 768, 360):
            page.set_viewport_size({"width": width, "height": WIDTHS[width]})
            self.keep(page, f"{what}-opened-{width}")

    @contextmanager
    def page(self, scheme: str, dots: int = 1) -> Iterator[Page]:
        """A page of its own, signed in."""
        context = self.browser.new_context(
            storage_state=self.state, color_scheme=scheme, device_scale_factor=dots,  # type: ignore[arg-type]
            locale="nl-NL", reduced_motion="reduce",
        )  # fmt: skip
        yield context.new_page()
        context.close()

    def keep(self, page: Page, name: str) -> None:
        """One picture of the whole page, with the pictures in it that load when one scrolls to them."""
        page.locator("img[loading=lazy]").evaluate_all(
            "of => Promise.all(of.map(one => { one.loading = 'eager'; return one.decode() }))"
        )
        page.screenshot(path=self.folder / f"{self.name}-{name}.png", full_page=True, animations="disabled")
        self.taken += 1


def main(folder: Path, only: str = "") -> None:
    """Take them all, or those of addresses with a word in it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    seen: set[str] = set()
    with demonstration(folder / "demo") as address, sync_playwright() as playwright:
        password = (folder / "demo" / "demo-password").read_text().strip()
        browser = chromium(playwright)
        for name in ACCOUNTS:
            reader = Visitor(address, demo.address(name), password)
            if not seen:
                wait_for_documents(reader)
            camera = Camera(browser, address, folder, name, password)
            pages = one_of_each_kind(reader.crawl())
            for kind, path in pages.items():
                if only in path and (kind not in seen or path == "/"):
                    camera.take(path)
            seen |= set(pages)
            print(f"{name}: {camera.taken} pictures in {folder}")
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
