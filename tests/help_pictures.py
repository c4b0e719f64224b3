"""The pictures of the help and of README, and the icons of the portal: `make pictures` draws them again.

The screens are the demonstration's, at a fixed moment; those of the help in both languages.
"""

import io
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

import konnekt
from konnekt import demo
from konnekt.models import LANGUAGES
from tests.browser.crawl import Visitor
from tests.screenshots import chromium, demonstration, wait_for_documents

STATIC = Path(konnekt.__file__).parent / "static"
DOCS = Path(konnekt.__file__).parents[1] / "docs"
WIDTH = 1280
COLOURS = 48

# Name: who looks, where, what is done first (ticked, clicked), and from which element on how many pixels.
SCREENS = {
    "home": ("supervisor", "/", "", "main", 560),
    "approvals": ("supervisor", "/approvals", "tick", "main", 620),
    "detail": ("supervisor", "/approvals", "open", "tbody:has(.opened)", 620),
    "invoices": ("supervisor", "/invoices", "", "main", 560),
    "registration": ("registrar", "/registration", "", "main", 560),
    "grid": ("registrar", "/registration", "draft", "#hour-grid", 620),
    "hours": ("worker", "/hours", "", "main", 560),
    "bureau": ("agency", "/bureau", "", "main", 520),
}


# Of README: where, what is done first, and on what.
PHONE = {"viewport": {"width": 360, "height": 740}, "device_scale_factor": 2, "is_mobile": True}
SELLING: dict[str, tuple[str, str, dict[str, Any]]] = {
    "approvals": ("/approvals", "tick", {"viewport": {"width": WIDTH, "height": 960}}),
    "phone": ("/approvals", "scroll", {**PHONE, "has_touch": True}),
    "invoices": ("/invoices", "clock", {"viewport": {"width": WIDTH, "height": 860}}),
}


def keep(picture: bytes, path: Path, colours: int = COLOURS) -> None:
    """Store a picture with few colours: a fifth of what the browser makes of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image.quantize(colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(
        path, optimize=True
    )
    print(f"{path.name}: {image.width} x {image.height}, {path.stat().st_size} bytes")


def act(page: Page, what: str) -> None:
    """Bring the page into the state that the picture shows."""
    if what == "tick":
        for number in (1, 2, 6):
            page.locator("tbody [name=pick]").nth(number).check()
        page.evaluate("scrollTo(0, 0)")
    elif what == "open":
        page.locator(".list .who a", has_text="Emre").click()
        page.locator(".opened").wait_for()
    elif what == "scroll":
        # Past the deadlines, to the first timesheets of the period; two of them are ticked.
        for number in (2, 4):
            page.locator("tbody [name=pick]").nth(number).check()
        page.locator("tbody").nth(1).evaluate(
            "row => scrollTo(0, row.getBoundingClientRect().top + scrollY - 2)"
        )
    elif what == "clock":
        page.locator("a.opens").nth(1).click()
        page.locator(".parts").wait_for()
    elif what == "draft":
        page.locator("main table a").nth(2).click()
        page.locator("#hour-grid").wait_for()


def shoot(page: Page, address: str, language: str, name: str) -> None:
    """One screen, into its file."""
    _who, path, what, element, most = SCREENS[name]
    page.set_viewport_size({"width": WIDTH, "height": 1600})
    page.goto(f"{address}{path}")
    act(page, what)
    box = page.locator(element).bounding_box()
    assert box, name
    high = min(box["height"], most)
    # The bar with what is chosen floats at the bottom edge.
    page.set_viewport_size({"width": WIDTH, "height": int(box["y"] + high)})
    page.evaluate("scrollTo(0, 0)")
    clip = {"x": box["x"], "y": box["y"], "width": box["width"], "height": high}
    keep(page.screenshot(clip=clip), STATIC / "help" / language / f"{name}.png")  # type: ignore[arg-type]


def sign_in(page: Page, address: str, who: str, password: str) -> None:
    page.goto(f"{address}/login")
    page.locator("[autocomplete=username]").fill(demo.address(who))
    page.locator("input[type=password]").fill(password)
    page.locator("main form button").first.click()
    page.wait_for_url(f"{address}/")


def selling(browser: Browser, address: str, password: str) -> None:
    """The pictures of README, as the supervisor sees them."""
    for name, (path, what, device) in SELLING.items():
        context = browser.new_context(locale="nl-NL", reduced_motion="reduce", **device)
        page = context.new_page()
        sign_in(page, address, "supervisor", password)
        page.goto(f"{address}{path}")
        act(page, what)
        page.wait_for_timeout(300)
        keep(page.screenshot(), DOCS / f"{name}.png", 128)
        context.close()


def screens(browser: Browser, address: str, password: str) -> None:
    """Every screen of SCREENS, by every account that looks, in every language."""
    for who in dict.fromkeys(screen[0] for screen in SCREENS.values()):
        context = browser.new_context(viewport={"width": WIDTH, "height": 900}, reduced_motion="reduce")
        page = context.new_page()
        sign_in(page, address, who, password)
        for language in LANGUAGES:
            switch = page.locator(f".tools button[value={language}]")
            if switch.count():
                switch.click()
            for name in [name for name, screen in SCREENS.items() if screen[0] == who]:
                shoot(page, address, language, name)
        context.close()


def icon(size: int, edge: float) -> str:
    """The mark of the portal (icons.svg has it too) on a square; edge: its rounding, 0 to be masked."""
    inner = "translate(12 12) scale(.72) translate(-12 -12)" if not edge else ""
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="{size}" height="{size}">
<rect width="24" height="24" rx="{edge}" fill="#25468c"/><path transform="{inner}" d="m6.5 12.5 3.7 3.7 7.3-8"
fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round" stroke-linejoin="round"/></svg>"""


def icons(browser: Browser) -> None:
    """What a phone shows on its home screen."""
    for name, size, edge in (("192", 192, 6), ("512", 512, 6), ("maskable", 512, 0)):
        page = browser.new_page(viewport={"width": size, "height": size})
        page.set_content(f"<body style='margin:0'>{icon(size, edge)}")
        picture = page.screenshot(omit_background=True)
        path = STATIC / "icons" / f"{name}.png"
        path.parent.mkdir(exist_ok=True)
        Image.open(io.BytesIO(picture)).quantize(16, method=Image.Quantize.FASTOCTREE).save(
            path, optimize=True
        )
        print(f"{path.relative_to(STATIC)}: {path.stat().st_size} bytes")


def main() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="konnekt-pictures-") as folder,
        sync_playwright() as playwright,
        demonstration(Path(folder)) as address,
    ):
        password = (Path(folder) / "demo-password").read_text().strip()
        wait_for_documents(Visitor(address, demo.address("supervisor"), password))
        browser = chromium(playwright)
        selling(browser, address, password)
        icons(browser)
        screens(browser, address, password)
        browser.close()


if __name__ == "__main__":
    main()
