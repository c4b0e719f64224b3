"""Look at a running demonstration with nothing but HTTP: what .ci/run asks of `make demo`."""

import re
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


class Site:
    """Somebody's browser on the demonstration, signed in."""

    def __init__(self, address: str, name: str, password: str) -> None:
        self.address = address
        self.browser = build_opener(HTTPCookieProcessor(CookieJar()))
        form = Inputs(wait_for(self.browser, f"{address}/login")).values
        self.read("/login", {**form, "name": f"{name}@konnekt.example", "password": password})

    def read(self, path: str, form: dict[str, str] | None = None) -> str:
        return read(self.browser, f"{self.address}{path}", form)

    def download(self, path: str) -> bytes:
        with self.browser.open(f"{self.address}{path}", timeout=30) as response:
            return bytes(response.read())


def approve(site: Site) -> int:
    """How many timesheets wait for who is signed in."""
    waiting = site.read("/approvals")
    assert "Urenbriefje goedkeuren" in waiting, "signed in, but no approval list"
    return waiting.count('name="pick"')


def visit_the_agency(site: Site) -> None:
    """Each place of the agency answers and shows what the demonstration put there."""
    # Hours of a period opens at the one that presses most, which the day decides: of one calendar or another.
    assert re.search("Student Services Centre|Universiteitsbibliotheek", site.read("/bureau/progress"))
    places = {
        "/bureau": "Bureau",
        "/bureau/organisations": "Universiteitsbibliotheek",
        "/bureau/people": "Wójcik",
        "/bureau/assignments": "Żółkiewski",
        "/bureau/pay-periods": "Periode 1 <small>",
        "/bureau/invoicing": "uur",
        "/bureau/payments": "0042.001",
        "/bureau/payroll": "uur",
        "/bureau/corrections": "Bergström",
        "/budgets": "Introductieweek",
        "/invoices": "34367565.910.002",
        "/reports": "Student Services Centre",
    }
    for path, shown in places.items():
        assert shown in site.read(path), f"{path} shows no {shown}"


def first_pdf(site: Site) -> bytes:
    """The PDF of the newest invoice, once it is made."""
    deadline = time.monotonic() + PATIENCE
    while True:
        found = re.search(r'href="(/invoices/[0-9]+/pdf)"', site.read("/invoices"))
        if found:
            return site.download(found[1])
        assert time.monotonic() < deadline, "no invoice was made into a PDF"
        time.sleep(1)


def main(address: str, instance: Path) -> None:
    wait_for(build_opener(), f"{address}/login")
    password = (instance / "demo-password").read_text().strip()
    boxes = approve(Site(address, "supervisor", password))
    assert boxes >= 9, f"{boxes} timesheets wait"
    agency = Site(address, "agency", password)
    visit_the_agency(agency)
    pdf = first_pdf(agency)
    assert pdf.startswith(b"%PDF-"), "what is downloaded is no PDF"
    print(f"Signed in at {address}: {boxes} timesheets wait for the supervisor.")
    print(f"The agency's places answer, and an invoice comes as a PDF of {len(pdf) // 1024} kB.")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
