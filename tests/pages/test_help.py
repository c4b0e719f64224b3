"""The help in both languages, its pictures, the statements, and what makes the portal an app."""

import json
import re
from pathlib import Path

import pytest
from flask import Flask, url_for

import konnekt
from konnekt.background import queue
from konnekt.domain.accounts import attempts, devices, links, recovery_codes, sessions
from konnekt.models import LANGUAGES, Account
from konnekt.screens import guide
from tests.factories import World
from tests.test_house import PUBLIC
from tests.visitor import Visitor

STATIC = Path(guide.__file__).parents[1] / "static"
HELP = Path(guide.__file__).parents[1] / "templates" / "help"
# A modest weight for all pictures of one language.
MOST_BYTES = 300_000


def addresses() -> list[str]:
    pages = ["/help", *(f"/help/{page}" for page in guide.PAGES if page != "supervisor")]
    return pages + [f"/{statement}" for statement in guide.STATEMENTS]


def anchors(html: str) -> set[str]:
    return set(re.findall(r'\sid="([^"]+)"', html))


def in_language(app: Flask, language: str) -> Visitor:
    visitor = Visitor(app)
    assert visitor.post("/language", {"language": language, "next": "/login"}).status_code == 303
    return visitor


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_in_every_language_without_signing_in(app: Flask, world: World, language: str) -> None:
    visitor = in_language(app, language)
    for url in addresses():
        answer = visitor.get(url)
        assert answer.status_code == 200, url
        assert f'<html lang="{language}">' in answer.text
        main = answer.text.partition("<main")[2].partition("</main>")[0]
        assert len(main) > 1500, url
        assert set(re.findall(r'href="#([^"]+)"', main)) <= anchors(main), url
        for source, width, height in re.findall(
            r'<img src="/static/([^"?]+)[^"]*" width="(\d+)" height="(\d+)"', main
        ):
            head = (STATIC / source).read_bytes()[:24]
            assert source.startswith(f"help/{language}/")
            assert (int.from_bytes(head[16:20]), int.from_bytes(head[20:24])) == (int(width), int(height))
        assert main.count("<img") == main.count('loading="lazy" alt="'), url


def test_both_languages_say_the_same_things() -> None:
    nl, en = ({path.name: path.read_text() for path in (HELP / one).iterdir()} for one in LANGUAGES)
    assert set(nl) == set(en) == {f"{page}.html" for page in (*guide.PAGES, *guide.STATEMENTS)}
    for name, text in nl.items():
        for found in (r'<h2 id="([^"]+)"', r'picture\("([^"]+)"', r"<(li|dt|p)\b"):
            assert re.findall(found, text) == re.findall(found, en[name]), name
    pictures = {one: sorted(path.name for path in (STATIC / "help" / one).iterdir()) for one in LANGUAGES}
    used = sorted({f"{name}.png" for text in nl.values() for name in re.findall(r'picture\("([^"]+)"', text)})
    assert pictures == dict.fromkeys(LANGUAGES, used)
    for one in LANGUAGES:
        assert sum(path.stat().st_size for path in (STATIC / "help" / one).iterdir()) <= MOST_BYTES


def test_every_screen_leads_to_its_part_of_the_help(app: Flask, world: World) -> None:
    """Each part exists; each place of the portal has one."""
    pages = {
        page: in_language(app, "nl").get(url).text
        for page, url in zip(guide.PAGES, addresses(), strict=False)
    }
    starts = [
        guide.start(guide.Grants(Account(**{key: 1}))) for key in ("is_agency_staff", "employee_number")
    ]
    for page, part in [*guide.SECTIONS.values(), *starts]:
        assert part in anchors(pages[page]), f"{page}#{part}"
    screens = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or set())}
    everything = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert set(guide.SECTIONS) <= everything | {endpoint.rpartition(".")[0] for endpoint in everything}
    lost = {one for one in screens - PUBLIC if guide.section(one) is None}
    assert lost == {"home.index"}, "home's depends on who looks"


def test_the_link_stands_on_the_screen(app: Flask, world: World) -> None:
    for account, url, link in (
        (world.supervisor, "/approvals", "/help#approve"),
        (world.supervisor, "/", "/help#home"),
        (world.registrar, "/", "/help/registrar#drafts"),
        (world.noor, "/hours", "/help/worker#overview"),
        (world.staff, "/bureau", "/help/agency#month"),
        (None, "/login", "/help/portal#sign-in"),
    ):
        page = Visitor(app, account).get(url).text
        assert f'href="{link}"' in page, url
        assert 'href="/accessibility"' in page.partition("<footer")[2]
        assert 'href="/privacy"' in page.partition("<footer")[2]


def test_what_is_said_of_sessions_is_what_the_code_does(app: Flask) -> None:
    assert (sessions.IDLE.seconds // 3600, sessions.LIFETIME.days) == (8, 7)
    assert (attempts.AT_ONCE_FROM_ADDRESS, attempts.FORGOTTEN.days, attempts.CLOSED.days) == (10, 1, 30)
    assert devices.LASTS.days == 180
    assert (links.LIFETIME["invite"].days, links.LIFETIME["reset"].seconds // 3600) == (7, 1)
    assert (queue.KEEP_FILES.days, queue.KEEP_JOBS.days) == (1, 30)
    assert (devices.FORGOTTEN_AFTER.days, recovery_codes.COUNT) == (365, 10)
    answer = Visitor(app).get("/login")
    assert [cookie.split("=")[0] for cookie in answer.headers.getlist("Set-Cookie")] == ["konnekt"]
    assert "Expires" not in answer.headers["Set-Cookie"], "it goes when the browser closes"


def test_the_portal_can_be_installed(app: Flask, world: World) -> None:
    page = Visitor(app).get("/login").text
    found = re.search(r'<link rel="manifest" href="(/static/[^"]+)"', page)
    assert found
    with app.test_client().get(found[1]) as answer:
        assert answer.mimetype == "application/manifest+json"
        manifest = json.loads(answer.data)
    assert (manifest["start_url"], manifest["scope"], manifest["display"]) == ("/", "/", "standalone")
    for icon in manifest["icons"]:
        head = (STATIC / icon["src"]).read_bytes()[:24]
        assert icon["sizes"] == f"{int.from_bytes(head[16:20])}x{int.from_bytes(head[20:24])}"
    assert {icon.get("purpose", "any") for icon in manifest["icons"]} == {"any", "maskable"}


def test_the_service_worker_keeps_one_page_and_its_style(app: Flask) -> None:
    answer = Visitor(app).get("/sw.js")
    assert answer.mimetype == "text/javascript"
    with app.test_request_context():
        kept = [url_for("static", filename=name) for name in ("offline.html", "offline.css")]
    found = re.search(r"const CACHED = (\[.*\]);", answer.text)
    assert found
    assert json.loads(found[1]) == kept
    assert answer.text.count("addAll(") == 1
    assert ".put(" not in answer.text, "nothing that is private is ever kept"


def test_an_urenbriefje_is_called_so_everywhere() -> None:
    """In the catalogue, the help and the mails: never briefje alone."""
    house = Path(konnekt.__file__).parent
    told = [*house.glob("templates/**/*.*"), *house.glob("translations/**/*.po"), *house.glob("static/*.js")]
    alone = re.compile(r"(?<![a-z])briefjes?", re.IGNORECASE)
    assert [path.name for path in told if alone.search(path.read_text())] == []
