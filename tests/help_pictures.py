"""The pictures of the help and the icons of the portal: `make pictures` draws them again.

The screens are the demonstration's, at a fixed moment, in both languages.
"""

import io
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

import konnekt
from konnekt import demo
from konnekt.models import LANGUAGES
from tests.postgresql import free_port

STATIC = Path(konnekt.__file__).parent / "static"
NOW = "2026-11-30T09:00"
WIDTH = 1280
COLOURS = 48

# Name: who looks, where, what is done first (ticked, clicked), and from which element on how many pixels.
SCREENS = {
    "home": ("supervisor", "/", "", "main", 560),
    "approvals": ("supervisor", "/approvals", "tick", "main", 620),
    "detail": ("supervisor", "/approvals", "open", "tbody:has(.opened)", 620),
    "invoices": ("supervisor", "/invoices", "documents", "main", 560),
    "registration": ("registrar", "/registration", "", "main", 560),
    "grid": ("registrar", "/registration", "draft", "#hour-grid", 620),
    "hours": ("worker", "/hours", "", "main", 560),
    "bureau": ("agency", "/bureau", "", "main", 520),
}


@contextmanager
def demonstration() -> Iterator[tuple[str, str]]:
    """A demonstration of its own; yields its address and the password."""
    with tempfile.TemporaryDirectory(prefix="konnekt-pictures-") as folder:
        address = f"http://127.0.0.1:{(port := free_port())}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("KONNEKT_")}
        kept |= {"KONNEKT_INSTANCE": folder, "KONNEKT_NOW": NOW, "KONNEKT_URL": address}
        command = [Path(sys.executable).with_name("konnekt"), "demo", "--port", str(port)]
        server = subprocess.Popen(command, env=kept, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for _ in range(240):
                try:
                    urlopen(f"{address}/healthz", timeout=5).close()
                    break
                except (URLError, ConnectionError):
                    time.sleep(0.5)
            yield address, (Path(folder) / "demo-password").read_text().strip()
        finally:
            server.terminate()
            server.wait()


def keep(picture: bytes, path: Path) -> None:
    """Store a picture with few colours: a fifth of what the browser makes of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.open(io.BytesIO(picture)).convert("RGB")
    image.quantize(COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE).save(
        path, optimize=True
    )
    print(f"{path.relative_to(STATIC)}: {image.width} x {image.height}, {path.stat().st_size} bytes")


def act(page: Page, what: str) -> None:
    """Bring the page into the state that the picture shows."""
    if what == "tick":
        for number in range(3):
            page.locator("tbody [name=pick]").nth(number).check()
    elif what == "open":
        page.locator("tbody:has(.flags .chip) .who a").nth(2).click()
        page.locator(".opened").wait_for()
    elif what == "documents":
        for _ in range(90):  # seconds: the server is still making them
            if page.locator("tbody").first.locator("a[href$=pdf]").count():
                return
            page.wait_for_timeout(1000)
            page.reload()
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


def screens(browser: Browser, address: str, password: str) -> None:
    """Every screen of SCREENS, by every account that looks, in every language."""
    for who in dict.fromkeys(screen[0] for screen in SCREENS.values()):
        context = browser.new_context(viewport={"width": WIDTH, "height": 900}, reduced_motion="reduce")
        page = context.new_page()
        page.goto(f"{address}/login")
        page.locator("[autocomplete=username]").fill(demo.address(who))
        page.locator("input[type=password]").fill(password)
        page.locator("main form button").first.click()
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
    with sync_playwright() as playwright, demonstration() as (address, password):
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--disable-gpu"])
        icons(browser)
        screens(browser, address, password)
        browser.close()


if __name__ == "__main__":
    main()
