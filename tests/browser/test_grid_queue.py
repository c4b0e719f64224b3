"""Whatever one types and presses in the hour grid, and whatever becomes of the answers: at rest screen and server agree.

Each run is a walk made from its seed, which a failure names. A few runs by default; 200 of them:

    GRID_RUNS=200 .venv/bin/python -m pytest -n 0 tests/browser/test_grid_queue.py

GRID_SEED=17 GRID_RUNS=1 walks the one that failed again.
"""

import os
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from werkzeug.datastructures import MultiDict

from konnekt.db import db
from konnekt.domain import clock
from konnekt.domain.accounts import passwords
from konnekt.domain.refusals import Refused
from konnekt.domain.timesheets import content, submit
from konnekt.domain.timesheets.content import Cell, Content, Line
from konnekt.domain.timesheets.entry import Entry, Typed
from konnekt.domain.timesheets.submit import SheetIds
from konnekt.domain.units import hours_total
from konnekt.forms.registration import entry
from konnekt.models import Account, Assignment, Event, EventChain, State, Timesheet
from tests import factories
from tests.browser.conftest import DESKTOP, PASSWORD, Portal, Site, Watched, wait_for_htmx
from tests.conftest import NOW
from tests.factories import World

RUNS = int(os.environ.get("GRID_RUNS", "3"))
FIRST = int(os.environ.get("GRID_SEED", "1"))
PERIOD = "?year=2026&period=12"

# A line that is slow and fails: each request of the page takes the next of `plan`, [ms there, ms back, what becomes of
# it]. `lost`: the server did it, and nobody hears; `broken`: the same with a 500; `never` and `refused` don't arrive.
LINE = """(plan) => {
  const real = self.realFetch ??= self.fetch;
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  Object.assign(self, { asking: 0, asked: performance.now(), log: [] });
  // The page's own timer runs from here, however long it took to draw the answer.
  document.addEventListener("htmx:finally:request", () => (self.asked = performance.now()));
  self.fetch = async (...what) => {
    const [there, back, fate] = plan.shift() ?? [0, 0, "fine"];
    self.asking += 1;
    self.log.push(`${what[0].replace(/.*[/]|[?].*/g, "")} ${there}+${back} ms ${fate}`);
    try {
      await wait(there);
      if (fate === "never") throw new TypeError("the line was cut");
      if (fate === "refused") return new Response("", { status: 500 });
      const answer = await real(...what);
      self.log.push(`${[...what[1].body].filter(([n, v]) => v && /cell|seen|quiet/.test(n))} -> ${answer.status}`);
      await wait(back);
      if (fate === "lost") throw new TypeError("the line was cut");
      return fate === "broken" ? new Response("", { status: 500 }) : answer;
    } finally {
      self.asking -= 1;
      self.asked = performance.now();
    }
  };
}"""
# At rest: nothing is under way, nothing was asked for longer than a draft waits before it saves itself.
REST = "() => self.asking === 0 && performance.now() - Math.max(self.asked, self.did ?? 0) > 800"
PRESS = "(button) => { self.did = performance.now(); button.click(); }"
TYPE = """([id, text]) => {
  self.did = performance.now();
  const one = document.getElementById(id);
  if (!one) return false;
  one.focus();
  one.value = text;
  return one.dispatchEvent(new Event("input", { bubbles: true }));
}"""
FOCUS = """(at) => {
  self.did = performance.now();
  document.querySelectorAll("#hour-grid [data-cell]")[at]?.focus();
}"""
SCREEN = """() => {
  const form = document.getElementById("hour-grid");
  const text = (selector) => form.querySelector(selector)?.textContent.trim() ?? "";
  const leaving = new Event("beforeunload", { cancelable: true });
  dispatchEvent(leaving);
  return {
    fields: [...new FormData(form)],
    saved: text("#grid-saved"),
    total: text("[data-sum-sheet]"),
    weeks: [...form.querySelectorAll("[data-sum-week]")].map((one) => one.textContent),
    buttons: [...form.querySelectorAll("button:not([hidden], [aria-hidden])")].map((one) => one.textContent.trim()),
    busy: form.querySelectorAll("[aria-busy], .htmx-request").length,
    asks: leaving.defaultPrevented,
    refused: Boolean(form.querySelector("[role=alert]")),
    failed: Boolean(document.querySelector("#problem button")),
  };
}"""


def offices() -> World:
    """Lars registers the hours of Zoë and Aoife, Noor her own; Renée may register too."""
    world = World.make()
    factories.right(factories.account("Renée", "Wiertz", email="renee@um.example"), world.fse, register=1)
    for account in (world.registrar, world.noor):
        passwords.replace(account, PASSWORD, by=None, source="command")
    for code in ("ZOE", "AOIFE"):
        person = factories.worker(code.title(), "Heuvel")
        factories.assignment(person, world.fse, world.fse_budget, code=code, entered_by="organisation")
    return world


@pytest.fixture(scope="module")
def site(portal: Portal) -> Iterator[Site]:
    """One database for all runs."""
    world = portal.begin(offices)
    clock.fix(NOW)
    yield Site(portal.url, world)
    clock.fix("")


@pytest.fixture(scope="module")
def doors(site: Site, chromium: Browser) -> Iterator[Callable[[str], Page]]:
    """A browser for each of the two doors to the grid, signed in once."""
    pages: dict[str, Page] = {}

    def door(who: str) -> Page:
        if who not in pages:
            context = chromium.new_context(**{**DESKTOP, "locale": "nl-NL"})
            wait_for_htmx(context)
            pages[who] = context.new_page()
            Watched(pages[who], site.url).sign_in(who)
            pages[who].on("dialog", lambda dialog: dialog.accept())
        return pages[who]

    yield door
    for page in pages.values():
        page.context.close()


@dataclass
class Walk:
    """One run: what was done so far, for who reads a failure, and what the cells hold that were typed last."""

    page: Page
    of: Assignment
    period: int
    by: Account
    chance: random.Random
    steps: list[str] = field(default_factory=list)
    typed: dict[str, str] = field(default_factory=dict)
    is_alone: bool = True

    def sheet(self) -> Timesheet | None:
        found: Timesheet | None = Timesheet.get_or_none(
            assignment=self.of, pay_period=self.period, sequence=0
        )
        return found

    def pause(self) -> None:
        self.page.wait_for_timeout(self.chance.choice((0, 0, 0, 30, 90, 200, 400, 620)))

    def press(self, *names: str) -> None:
        """The last of the visible buttons with that name, if it is there."""
        pattern = re.compile("|".join(names))
        found = [one for one in self.page.query_selector_all("#hour-grid button:not([aria-hidden], [hidden])")
                 if one.is_visible() and pattern.search(one.text_content() or "")]  # fmt: skip
        if found:
            self.steps.append(f"press {names[0]}")
            self.page.evaluate(PRESS, self.chance.choice(found[-2:]))

    def type(self) -> None:
        ids = self.page.evaluate(
            "[...document.querySelectorAll('#hour-grid [data-cell]')].map((one) => one.id)"
        )
        name = self.chance.choice(ids[:10])
        text = self.chance.choice(("8", "7,5", "7:20", "4", "", "acht", "6u30"))
        self.steps.append(f"type {text!r} in {name}")
        if self.page.evaluate(TYPE, [name, text]):
            self.typed[name] = text

    def remark(self) -> None:
        text = self.chance.choice(("Open dag", "Ziek", ""))
        self.steps.append(f"remark {text!r}")
        self.page.evaluate(TYPE, ["grid-remark", text])

    def enter(self) -> None:
        self.steps.append("Enter")
        self.page.evaluate(
            "() => { self.did = performance.now(); document.querySelector('#hour-grid [data-cell]').focus(); }"
        )
        self.page.keyboard.press("Enter")

    def colleague(self) -> None:
        """Somebody else changes the sheet meanwhile: 409 for who doesn't know."""
        renee = Account.get(email="renee@um.example")
        with db.connection_context():
            sheet = self.sheet()
            stored = content.read(sheet).content if sheet else Content()
            key = stored.lines[0].key if stored.lines else (2026, 45, 1, self.of.budget_number_id)
            day = date(2026, 11, self.chance.randint(2, 6))
            cells = tuple(cell for line in stored.lines[:1] for cell in line.cells if cell.day != day)
            line = Line(*key, cells=(*cells, Cell(day, self.chance.choice((60, 120)))))
            wanted = Content((line, *stored.lines[1:]), stored.remark, is_nil=False)
            at, seen = (sheet.id, sheet.revision) if sheet else (SheetIds(self.of.id, self.period), 0)
            try:
                submit.save(at, wanted, by=renee, seen=seen)
                self.steps.append(f"colleague on {day}")
                self.typed.clear()
                self.is_alone = False
            except Refused as refusal:
                self.steps.append(f"colleague refused: {refusal}")

    def go(self) -> None:
        what: list[tuple[Callable[[], None], int]] = [
            (self.type, 12), (self.enter, 3), (self.remark, 1), (lambda: self.press("Opslaan"), 2),
            (lambda: self.press("Versturen$"), 2), (lambda: self.press("Ongedaan maken"), 1), (self.add, 1), (self.remove, 1), (self.fill, 2),
        ]  # fmt: skip
        if self.by.email != "noor@um.example":
            what.append((self.colleague, 1))
        for step in self.chance.choices(*zip(*what, strict=True), k=self.chance.randint(4, 12)):
            step()
            self.pause()
        if not self.is_alone:
            self.type()

    def add(self) -> None:
        self.press("Urenregels toevoegen")

    def remove(self) -> None:
        self.press("Deze regel weghalen")
        self.typed.clear()

    def fill(self) -> None:
        """By a key from a cell, which leaves no button to look for, or by a button of the menu."""
        if self.chance.random() < 0.5:
            self.steps.append("Ctrl + down")
            self.page.evaluate(FOCUS, self.chance.randint(0, 6))
            self.page.keyboard.press("Control+ArrowDown")
        else:
            self.page.evaluate("() => (document.getElementById('grid-fill') ?? {}).open = true")
            self.press("Zelfde als vorige week", "Naar andere weken", "Eerste dag")

    def rest(self) -> dict[str, Any]:
        """Wait until nothing happens any more; what failed is asked again, as the page offers."""
        for _ in range(12):
            self.page.wait_for_function(REST, polling=50)
            screen: dict[str, Any] = self.page.evaluate(SCREEN)
            if screen["busy"]:
                continue  # on a busy machine the timer of the page went off between the two looks
            if not screen["failed"]:
                return screen
            self.steps.append("try again")
            self.page.evaluate(PRESS, self.page.query_selector("#problem button"))
        raise AssertionError("it fails for ever")

    def check(self) -> dict[str, Any]:
        """At rest: state, revision, content, totals, what the page says and asks."""
        screen = self.rest()
        on_screen = shown(screen)
        with db.connection_context():
            sheet = self.sheet()
            stored = content.read(sheet).content if sheet else Content()
        is_sent = sheet is not None and sheet.state == State.SUBMITTED
        is_same = on_screen.content().is_like(stored)
        assert on_screen.seen == (sheet.revision if sheet else 0), "the page is of another revision"
        assert screen["busy"] == 0
        assert screen["buttons"].count("Opslaan") == int(not is_sent), "Opslaan is for what was not sent"
        assert screen["buttons"].count("Versturen") == 1
        assert ("Wijzigingen nog niet verstuurd" in screen["saved"]) == (is_sent and not is_same), screen[
            "saved"
        ]
        assert "Opgeslagen" not in screen["saved"] or (is_same and not is_sent), screen["saved"]
        assert is_same or is_sent or screen["refused"], "a draft has not saved itself"
        assert screen["asks"] == (not is_same), (
            "one is asked about what would be lost, and about nothing else"
        )
        assert screen["total"] == hours_total(on_screen.minutes, "nl")
        weeks: dict[int, int] = dict.fromkeys(range(45, 49), 0)
        for row in on_screen.rows:
            weeks[row.iso_week] += row.minutes
        assert screen["weeks"] == [hours_total(minutes, "nl") for minutes in weeks.values()]
        cells = {f"cell-{row.token}-{day}": row.at(day) for row in on_screen.rows for day in row.days()}
        for name, text in self.typed.items():
            if name in cells and text and not screen["refused"]:
                wanted = Typed.read(cells[name].day, text)
                assert (cells[name].minutes, cells[name].refusal is None) == (
                    wanted.minutes,
                    wanted.refusal is None,
                ), name
        return screen


def shown(screen: dict[str, Any]) -> Entry:
    """What stands on the page, read as the server reads it."""
    return entry(MultiDict(screen["fields"]))


def plan(chance: random.Random) -> list[tuple[int, int, str]]:
    """What becomes of the first requests of a run: fast or slow, and one in six fails."""
    fates = ("fine",) * 20 + ("never", "refused", "lost", "broken")
    slow = chance.choice(((0,), (0, 5, 150), (0, 300, 700)))
    return [(chance.choice(slow), chance.choice(slow), chance.choice(fates)) for _ in range(14)]


@pytest.mark.parametrize("seed", range(FIRST, FIRST + RUNS))
def test_at_rest_screen_and_server_agree(site: Site, doors: Callable[[str], Page], seed: int) -> None:
    chance = random.Random(seed)
    world = site.world
    who, path = (world.noor, "hours") if seed % 4 == 0 else (world.registrar, "registration")
    with db.connection_context():
        of = world.assignment if who == world.noor else Assignment.get(code="ZOE")
        sheets = list(Timesheet.select().where(Timesheet.assignment == of))
        with factories.rewritten():
            for sheet in sheets:
                Event.delete().where(Event.timesheet == sheet).execute()
                EventChain.delete().where(EventChain.name == f"timesheet {sheet.id}").execute()
        for sheet in sheets:
            sheet.delete_instance()
    page = doors(who.email)
    page.goto(f"{site.url}/{path}/{of.code}{PERIOD}")
    page.evaluate(LINE, plan(chance))
    walk = Walk(page, of, world.period.id, who, chance)
    try:
        walk.go()
        if walk.check()["refused"]:
            walk.press("Opslaan" if chance.random() < 0.5 else "Versturen$", "Versturen$")
            walk.check()
    except Exception as error:
        said = "\n".join([*walk.steps, "Requests:", *page.evaluate("self.log"), str(page.evaluate(SCREEN))])
        raise AssertionError(f"GRID_SEED={seed}: {error}\n{said}") from error
