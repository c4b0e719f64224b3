"""An agency's first month, from an empty database, by the browser alone: at a desk, on a phone, without JavaScript."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from email import message_from_bytes, policy
from pathlib import Path
from xml.etree import ElementTree

import pytest
from playwright.sync_api import Browser, Download, Locator, Page, expect

from konnekt.config import Config
from tests.browser.conftest import DESKTOP, HTMX_IS_THERE, PASSWORD, PHONE, Portal, Watched, wait_for_htmx
from tests.browser.looks import violations
from tests.command_line import konnekt

STAFF, NOOR, EMRE = "bureau@interum.example", "noor@um.example", "emre@um.example"
BUDGET = "34567365.899"
CBC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"


class Agency:
    """A portal with nothing in it but the account that `konnekt invite EMAIL --agency` makes."""

    def __init__(self, config: Config, url: str, browser: Browser, way: str, open_: ExitStack) -> None:
        self.config, self.url, self.open, self.browser = config, url, open_, browser
        self.javascript = way != "no JavaScript"
        self.screen = PHONE if way == "phone" else {**PHONE, **DESKTOP}
        self.watched: list[Watched] = []

    def link_for(self, email: str) -> str:
        """The link of the mail that this address got."""
        until = time.monotonic() + 20
        while time.monotonic() < until:
            for path in sorted((self.config.instance / "outbox").glob("*.eml")):
                mail = message_from_bytes(path.read_bytes(), policy=policy.default)
                body = mail.get_body(("plain",))
                if mail["To"] == email and body is not None:
                    return re.findall(r"http\S+/password/new/\S+", body.get_content())[0]
            time.sleep(0.1)
        pytest.fail(f"no mail for {email}")

    def enter(self, email: str) -> Page:
        """A browser of one's own: the link of the mail, a password, sign in."""
        context = self.browser.new_context(java_script_enabled=self.javascript, **self.screen)
        self.open.callback(context.close)
        context.set_default_timeout(10_000)
        wait_for_htmx(context)
        watched = Watched(context.new_page(), self.url)
        self.watched.append(watched)
        page = watched.page
        page.goto(self.link_for(email))
        page.get_by_label("Nieuw wachtwoord").fill(PASSWORD)
        page.get_by_role("button", name="Wachtwoord instellen").click()
        page.get_by_label("E-mail of gebruikersnaam").fill(email)
        page.get_by_label("Wachtwoord", exact=True).fill(PASSWORD)
        page.get_by_role("button", name="Inloggen").click()
        return page

    def go(self, page: Page, *names: str) -> None:
        """Follow the menu, or links, by their names."""
        for name in names:
            link = page.get_by_role("link", name=name, exact=True)
            link.and_(page.locator(":visible")).last.click()

    def check(self) -> None:
        """Nothing went wrong in anybody's browser, and nothing sticks out of the page where it ended."""
        for one in self.watched:
            one.check()


def nothing() -> None:
    """An empty database."""


@pytest.fixture(params=["desk", "phone", "no JavaScript"])
def agency(request: pytest.FixtureRequest, portal: Portal, chromium: Browser) -> Iterator[Agency]:
    portal.begin(nothing)
    with ExitStack() as open_:
        invited = konnekt(portal.config, "invite", STAFF, "--agency", KONNEKT_URL=portal.url)
        assert invited.returncode == 0, invited.stderr
        yield Agency(portal.config, portal.url, chromium, request.param, open_)


def fill(page: Page, **fields: str) -> None:
    """Type into the fields with these names (their labels are what the accessibility tests read)."""
    for name, text in fields.items():
        page.locator(f"main [name={name}]").first.fill(text)


def press(page: Page, name: str | re.Pattern[str]) -> None:
    page.get_by_role("main").get_by_role("button", name=name).first.click()


def downloaded(page: Page, press_it: Callable[[], None]) -> Download:
    with page.expect_download() as download:
        press_it()
    return download.value


def content(download: Download) -> bytes:
    return Path(download.path()).read_bytes()


def begin(page: Page, step: str) -> None:
    """From the bureau's page to the step that it names, by its button."""
    page.get_by_role("navigation").get_by_role("link", name="Bureau").first.click()
    page.get_by_role("link", name=re.compile(rf"^Beginnen ?: {step}$")).click()


def test_from_an_empty_database_to_invoice_and_payroll(agency: Agency) -> None:
    staff = agency.enter(STAFF)
    expect(staff.get_by_role("heading", name="Eerste stappen")).to_be_visible()
    if agency.javascript:
        assert violations(staff) == [], "the demonstration has no such page"
    records(agency, staff)
    people(agency, staff)
    noor = agency.enter(NOOR)
    hours(agency, noor)
    emre = agency.enter(EMRE)
    approval(agency, emre)
    invoice(agency, staff)
    payroll(agency, staff)
    paid(agency, staff)
    found(agency, emre)
    agency.check()


def records(agency: Agency, page: Page) -> None:
    """The agency itself, hour types, pay periods, an organisation with its budget number."""
    begin(page, "Gegevens van het bureau aanvullen")
    fill(
        page, name="InterUM BV", street="Tongersestraat 53", postcode="6211 LM", city="Maastricht",
        phone="043 388 2688", email=STAFF, coc_number="14072118", vat_number="NL813162471B01",
        iban="NL91ABNA0417164300",
    )  # fmt: skip
    press(page, "Opslaan")
    expect(page.get_by_role("status").filter(has_text="zijn opgeslagen")).to_have_count(1)
    begin(page, "Uursoorten toevoegen")
    fill(page, code="REG", name_nl="Normale uren", name_en="Regular hours", multiplier_percent="100")
    press(page, "Uursoort toevoegen")
    expect(page.get_by_role("link", name="Normale uren")).to_be_visible()
    begin(page, "Periodes van een jaar maken")
    agency.go(page, "Periodes van een jaar maken")
    press(page, "Tonen wat dit oplevert")
    press(page, "Deze 13 periodes maken")
    expect(page.get_by_text("ma 7 dec 12:00")).to_be_visible()
    begin(page, "Een organisatie toevoegen")
    fill(
        page, name="Faculty of Science and Engineering", code="FSE", street="Paul-Henri Spaaklaan 1",
        postcode="6229 GT", city="Maastricht", coc_number="50169181",
    )  # fmt: skip
    page.get_by_label("Btw", exact=True).select_option("standard")
    press(page, "Organisatie toevoegen")
    expect(page).to_have_title(re.compile("^Faculty of Science and Engineering"))
    agency.go(page, "Alle budgetnummers bekijken of er een toevoegen")
    fill(page, number=BUDGET)
    press(page, "Budgetnummer toevoegen")
    expect(page.get_by_role("link", name=BUDGET)).to_be_visible()


def people(agency: Agency, page: Page) -> None:
    """A worker, a supervisor with rights, and the worker's assignment with its rate."""
    begin(page, "Werknemers toevoegen")
    fill(page, first_name="Noor", last_name="Hendriks", email=NOOR, employee_number="1001")
    press(page, "Persoon toevoegen")
    expect(page.get_by_role("heading", level=1)).to_have_text("Noor Hendriks")
    begin(page, "Leidinggevenden toevoegen")
    fill(page, first_name="Emre", last_name="Dubois", email=EMRE)
    press(page, "Persoon toevoegen")
    page.get_by_label("Urenbriefjes goedkeuren").check()
    page.get_by_label("Facturen inzien").check()
    press(page, "Deze rechten geven")
    expect(page.get_by_role("status").filter(has_text="De rechten bij")).to_have_count(1)
    begin(page, "Een werknemer plaatsen")
    agency.go(page, "Plaatsen Noor Hendriks")
    fill(page, job_title="Studentassistent", first_on="2026-11-02", pay_rate="16,50", bill_rate="27,25")
    page.get_by_label("Budgetnummer").select_option(BUDGET)
    press(page, "Plaatsing toevoegen")
    expect(page.get_by_role("cell", name="€ 27,25")).to_be_visible()
    page.get_by_role("navigation").get_by_role("link", name="Bureau").first.click()
    expect(page.get_by_role("heading", name="Eerste stappen")).to_have_count(0)


def hours(agency: Agency, page: Page) -> None:
    """The worker fills in her hours and sends them."""
    page.get_by_role("link", name=re.compile("Invullen.*45–48")).click()
    for day in ("03", "04", "10"):
        page.locator(f'[data-cell="2026-11-{day}"]').first.fill("7,5")
    press(page, "Versturen")
    expect(
        page.get_by_text("Verstuurd: Noor Hendriks, Periode 12 (week 45–48), 22,50 uur.").first
    ).to_be_visible()


def approval(agency: Agency, page: Page) -> None:
    """The supervisor opens the sheet and approves it."""
    agency.go(page, "Noor Hendriks")
    press(page, "Urenbriefje goedkeuren")
    expect(page.get_by_text("Goedgekeurd").first).to_be_visible()


def invoice(agency: Agency, page: Page) -> None:
    """The invoice run of all that is approved; the documents are made by the server, and downloaded."""
    page.get_by_role("navigation").get_by_role("link", name="Bureau").first.click()
    agency.go(page, "1 goedgekeurd urenbriefje is niet gefactureerd")
    expect(page.get_by_label("Periode")).to_have_value("")
    press(page, "Toon wat gefactureerd wordt")
    press(page, "1 factuur uitreiken")
    done = page.get_by_text("1 factuur uitgereikt: 2026-00001.")
    ended(page, done)
    agency.go(page, "Naar de facturen", "2026-00001")
    expect(page.get_by_text("€ 741,89").first).to_be_visible()
    pdf = page.get_by_role("link", name="PDF")
    ended(page, pdf)
    download = downloaded(page, pdf.click)
    assert "2026-00001" in download.suggested_filename
    assert content(download).startswith(b"%PDF")
    ubl_link = page.get_by_role("link", name="UBL")
    ended(page, ubl_link)  # it is made after the PDF
    ubl = ElementTree.fromstring(content(downloaded(page, ubl_link.click)))
    assert ubl.findtext(f"{CBC}ID") == "2026-00001"
    assert [one.text for one in ubl.iter(f"{CBC}PayableAmount")] == ["741.89"]
    assert [one.text for one in ubl.iter(f"{CBC}BuyerReference")] == [BUDGET]


def ended(page: Page, wanted: Locator) -> None:
    """Wait for work of the server: without JavaScript by loading the page again."""
    for _ in range(60):
        if wanted.count():
            return
        page.wait_for_timeout(250)
        if not page.evaluate("window.htmx !== undefined"):
            page.reload()
    pytest.fail(page.locator("main").inner_text())


def payroll(agency: Agency, page: Page) -> None:
    """A batch of the pay date, as the file that a payroll program reads."""
    page.get_by_role("navigation").get_by_role("link", name="Bureau").first.click()
    agency.go(page, "Verloning")
    # On a phone a row leaves out the weeks.
    page.get_by_role("main").get_by_role("link", name=re.compile("^Periode 12")).click()
    press(page, "Batch maken: 22,50 uur")
    expect(page).to_have_title(re.compile("^Loonbatch"))
    link = page.get_by_role("link", name="CSV, per werknemer en dag")
    rows = content(downloaded(page, link.click)).decode("utf-8-sig").splitlines()
    assert sum("1001" in row and "7,50" in row for row in rows) == 3, rows


def paid(agency: Agency, page: Page) -> None:
    """The invoice is paid."""
    agency.go(page, "Facturen", "2026-00001", "Betalingen")
    press(page, "Betaling vastleggen")
    expect(page.locator("#entries")).to_contain_text("Terugnemen")


def found(agency: Agency, page: Page) -> None:
    """The supervisor finds the invoice by part of its budget number, and opens its clock."""
    agency.go(page, "Facturen")
    expect(page.get_by_role("heading", level=1)).to_have_text("Facturen")
    page.wait_for_function(HTMX_IS_THERE)
    fold = page.locator(".fold summary")
    if fold.is_visible():
        fold.click()
    fill(page, q="899")
    if not agency.javascript:
        press(page, "Zoeken")
    expect(page.get_by_role("link", name="CSV")).to_have_attribute("href", re.compile("q=899"))
    expect(page.get_by_role("row", name=re.compile("2026-00001"))).to_contain_text("betaald")
    page.get_by_role("link", name="Urenbriefjes van 2026-00001").click()
    expect(page.get_by_text("goedgekeurd door Emre Dubois")).to_be_visible()
    expect(page.get_by_text("22,50").first).to_be_visible()
