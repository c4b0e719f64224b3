"""The real server and a real browser."""

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    Response,
    expect,
    sync_playwright,
)

from konnekt import db as database, demo
from konnekt.background import mail
from konnekt.config import Config
from konnekt.db import db
from konnekt.domain import clock
from konnekt.domain.accounts import passwords
from tests.browser.crawl import Found, Visitor as Reader
from tests.conftest import NOW
from tests.factories import World
from tests.postgresql import free_port

HOW_TO_GET_IT = "Chromium is not installed. On Debian: apt-get install chromium-headless-shell; elsewhere: put chromium on the PATH."
PASSWORD = "hoge bomen vangen veel wind"
PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True, "locale": "nl-NL"}
DESKTOP = {"viewport": {"width": 1280, "height": 900}, "has_touch": False, "is_mobile": False}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder can be left out with -m "not browser"."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


expect.set_options(timeout=15_000)  # a busy machine is no failure


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    found = next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.fail(HOW_TO_GET_IT)
    quiet = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
    quiet += ["--disable-component-update", "--disable-sync"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=quiet)
        yield browser
        browser.close()


@dataclass
class Site:
    """A running portal with the cast of the tests in it."""

    url: str
    world: World


@contextmanager
def serve(
    instance: Path, *more: str, name: str = "127.0.0.1", mail: str = "", providers: str = ""
) -> Iterator[str]:
    """`konnekt serve` on a free port, with more arguments; yields its address, by this name of the machine.

    mail, providers: KONNEKT_MAIL and KONNEKT_PROVIDERS.
    """
    port = free_port()
    address = f"http://{name}:{port}"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KONNEKT_")}
    environment |= {"KONNEKT_INSTANCE": str(instance), "KONNEKT_NOW": NOW, "KONNEKT_URL": address}
    environment |= {"KONNEKT_MAIL": mail} if mail else {}
    environment |= {"KONNEKT_PROVIDERS": providers} if providers else {}
    konnekt = Path(sys.executable).with_name("konnekt")
    with (instance / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [konnekt, "serve", "--host", "127.0.0.1", "--port", str(port), *more],
            env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            _wait_for(f"{address}/healthz", server, instance / "server.log")
            yield address
        finally:
            server.terminate()
            try:
                server.wait(timeout=20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def _wait_for(url: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            urlopen(url, timeout=5).close()
            return
        except (URLError, ConnectionError):
            if server.poll() is not None or time.monotonic() > deadline:
                pytest.fail(f"the server does not answer:\n{log.read_text()}")
            time.sleep(0.1)


@dataclass
class Portal:
    """A running server whose database each test begins anew."""

    url: str
    config: Config
    empty: Path
    filled: dict[Callable[[], Any], tuple[Path, Any]] = field(default_factory=dict)

    def begin(self, fill: Callable[[], Any]) -> Any:
        """Put in the database what `fill` writes, and nothing else; returns what it returns."""
        database.connect(self.config)
        for letter in (self.config.instance / "outbox").glob("*.eml"):
            letter.unlink()
        if fill not in self.filled:
            _copy(self.empty, self.config.instance / "konnekt.db")
            clock.fix(NOW)
            with db.connection_context():
                answer = fill()
            clock.fix("")
            saved = self.config.instance / f"filled-{len(self.filled)}.db"
            _copy(self.config.instance / "konnekt.db", saved)
            self.filled[fill] = saved, answer
        else:
            saved, answer = self.filled[fill]
            _copy(saved, self.config.instance / "konnekt.db")
        return deepcopy(answer)


def _copy(source: Path, target: Path) -> None:
    """Make one database what another is, while others may have it open."""
    with closing(sqlite3.connect(source)) as read, closing(sqlite3.connect(target, timeout=20)) as written:
        written.execute("PRAGMA synchronous = off")
        read.backup(written, sleep=0.01)


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Portal]:
    """One for all tests of a process: a server takes as long to start as most tests."""
    instance = tmp_path_factory.mktemp("portal")
    config = Config(instance=instance, now=NOW)
    config.make_secret()
    shutil.copy(sqlite_template, instance / "konnekt.db")
    with serve(instance) as address:
        yield Portal(address, config, sqlite_template)


def cast() -> World:
    """The cast of the tests, of whom Emre and Noor have a password."""
    world = World.make()
    for account in (world.supervisor, world.noor):
        passwords.replace(account, PASSWORD, by=None, source="command")
    return world


@pytest.fixture
def site(portal: Portal) -> Site:
    return Site(portal.url, portal.begin(cast))


def wait_for_htmx(context: BrowserContext) -> None:
    """Have each visit to an address last until htmx is there, which comes after the first paint."""

    def attend(page: Page) -> None:
        go = page.goto

        def goto(url: str, **options: Any) -> Response | None:
            answer = go(url, **options)
            page.wait_for_function(HTMX_IS_THERE)
            return answer

        page.goto = goto  # type: ignore[method-assign,assignment]

    context.on("page", attend)


# The hour grid brings it at the first sign of somebody.
HTMX_IS_THERE = """() => dispatchEvent(new Event("input")) && (matchMedia("(scripting: none)").matches
  || !document.querySelector("script[data-then]") || self.htmx)"""


def let_time_pass(page: Page) -> None:
    """Have the page's timers run that were set since `page.clock.install()`, and wait for what they ask the server."""
    page.clock.fast_forward(60_000)
    expect(page.locator(".htmx-request")).to_have_count(0)


@dataclass
class Watched:
    """A page, and everything that went wrong on it."""

    page: Page
    origin: str
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.wrong.append(f"script: {error}"))
        self.page.on("request", self._asked)

    def _said(self, message: ConsoleMessage) -> None:
        # Chromium reports what the content security policy stopped as an error too.
        if message.type in ("error", "warning"):
            self.wrong.append(f"{message.type}: {message.text}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((f"{self.origin}/", "data:")):
            self.wrong.append(f"asked elsewhere: {request.url}")

    def check(self) -> None:
        """Nothing went wrong so far, nothing sticks out sideways, and the browser keeps nothing."""
        assert self.wrong == []
        self.page.wait_for_load_state("domcontentloaded")  # between two pages there is nothing to measure
        wide, room = self.page.evaluate("[document.scrollingElement.scrollWidth, innerWidth]")
        assert wide <= room, f"{wide} px of page on a screen of {room} px: {self.page.url}"
        assert self.page.evaluate("localStorage.length + sessionStorage.length") == 0

    def sign_in(self, name: str = "supervisor@um.example") -> None:
        self.page.goto(f"{self.origin}/login")
        self.page.get_by_label("E-mail of gebruikersnaam").fill(name)
        self.page.get_by_label("Wachtwoord", exact=True).fill(PASSWORD)
        self.page.get_by_role("button", name="Inloggen", exact=True).click()


Open = Callable[..., Watched]


@pytest.fixture
def visit(chromium: Browser, site: Site) -> Iterator[Open]:
    """Open a page as somebody's own browser: a phone unless told otherwise."""
    with ExitStack() as contexts:

        def open_page(*, javascript: bool = True, **options: object) -> Watched:
            context = chromium.new_context(java_script_enabled=javascript, **{**PHONE, **options})
            contexts.callback(context.close)
            context.set_default_timeout(10_000)
            wait_for_htmx(context)
            return Watched(context.new_page(), site.url)

        yield open_page


@dataclass
class Demonstration:
    """A running demonstration: made-up people with a month of hours, invoices and history."""

    url: str
    password: str
    instance: Path
    _crawled: dict[tuple[str, str], list[Found]] = field(default_factory=dict)

    def crawl(self, name: str, language: str = "") -> list[Found]:
        """The pages that an account reaches, nearest first; in its own language unless told otherwise."""
        if (name, language) not in self._crawled:
            visitor = Reader(self.url, demo.address(name), self.password)
            if language:
                visitor.speak(language)
            self._crawled[name, language] = visitor.crawl()
        return self._crawled[name, language]


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Demonstration]:
    """One for all tests that only look."""
    instance = tmp_path_factory.mktemp("demonstration")
    config = Config(instance=instance, now=NOW)
    config.make_secret()
    clock.fix(NOW)
    mail.configure(config)
    database.connect(config)
    with db.connection_context():
        demo.claim(config)
    db.close_all()
    shutil.copy(sqlite_template, instance / "konnekt.db")
    with db.connection_context():
        demo.fill(config)
    clock.fix("")
    with serve(instance) as address:
        yield Demonstration(address, demo.password(config), instance)
