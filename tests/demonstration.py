"""Sign in to a running demonstration as its supervisor, with nothing but HTTP: what .ci/run asks of `make demo`."""

import sys
import time
from html.parser import HTMLParser
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

PATIENCE = 120  # seconds; the first start fills the demonstration


class Inputs(HTMLParser):
    """The names and values of a page's inputs."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag == "input" and named.get("name"):
            self.values[str(named["name"])] = named.get("value") or ""


def read(browser: OpenerDirector, url: str, form: dict[str, str] | None = None) -> str:
    with browser.open(url, urlencode(form).encode() if form else None, timeout=30) as response:
        return str(response.read().decode())


def wait_for(browser: OpenerDirector, url: str) -> str:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return read(browser, url)
        except URLError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)


def main(address: str, instance: Path) -> None:
    browser = build_opener(HTTPCookieProcessor(CookieJar()))
    form = Inputs(wait_for(browser, f"{address}/login")).values
    password = (instance / "demo-password").read_text().strip()
    read(browser, f"{address}/login", {**form, "name": "supervisor@konnekt.example", "password": password})
    waiting = read(browser, f"{address}/approvals")
    boxes = waiting.count('name="pick"')
    assert "Urenbriefje goedkeuren" in waiting, "signed in, but no approval list"
    assert boxes >= 9, f"{boxes} timesheets wait"
    print(f"Signed in at {address}: {boxes} timesheets wait for the supervisor.")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
