"""Registering is filling in what differs: how many actions it takes, with and without scripts, and the steps back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from playwright.sync_api import Page, Route, expect

from konnekt.db import db
from konnekt.domain.accounts import passwords
from konnekt.models import (
    Assignment,
    BudgetNumber,
    Event,
    Hour,
    HourType,
    Right,
    Timesheet,
    TimesheetLine,
)
from tests import factories, invoice_cast
from tests.browser.conftest import DESKTOP, PASSWORD, PHONE, Open, Portal, Site, Watched, cast
from tests.browser.looks import looked_at
from tests.browser.test_grid import SLOW, at_desk, cell, desk, state, stored, until
from tests.factories import World

__all__ = ["at_desk", "desk"]

BOTH = pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no script"])
TWENTY = {f"{day:02}": 480 for day in range(2, 28) if date(2026, 11, day).weekday() < 5}
Sit = Callable[..., Watched]


@dataclass
class Hand:
    """Somebody at the portal; counts presses of keys and buttons, choices, and fields that are filled."""

    page: Page
    actions: int = 0

    def press(self, name: str, role: str = "button") -> None:
        self.actions += 1
        self.page.get_by_role(role, name=name).first.click()  # type: ignore[arg-type]

    def open(self) -> None:
        self.actions += 1
        self.page.locator("#grid-fill summary").click()

    def type(self, day: str, text: str) -> None:
        self.actions += 1
        cell(self.page, day).fill(text)

    def choose(self, label: str, what: str, inside: str = "main") -> None:
        self.actions += 1
        self.page.locator(inside).get_by_label(label, exact=True).select_option(label=what)

    def key(self, key: str) -> None:
        self.actions += 1
        self.page.keyboard.press(key)


def minutes_of(assignment: Assignment, world: World) -> int:
    with db.connection_context():
        return int(Timesheet.get(assignment=assignment, pay_period=world.period).minutes)


# Twenty equal days


@pytest.mark.parametrize("slow", [False, True])
def test_twenty_equal_days_by_keyboard_alone(at_desk: Sit, desk: dict[str, Assignment], slow: bool) -> None:
    """Enter comes right behind: what was filled in is sent, however long the line takes."""
    watched = at_desk(path="/registration")
    page = watched.page
    expect(page.get_by_role("link", name="Zoë Heuvel")).to_be_focused()
    of = Hand(page)
    of.key("Enter")
    expect(cell(page, "02")).to_be_focused()
    page.wait_for_function("() => dispatchEvent(new Event('input')) && self.htmx")
    if slow:
        page.evaluate(SLOW)
    of.key("8")
    of.key("Control+ArrowRight")
    of.key("Control+ArrowDown")
    of.key("Enter")
    expect(page.get_by_role("status").first).to_contain_text(
        "Zoë Heuvel, Periode 12 (week 45–48), 160,00 uur"
    )
    assert of.actions <= 6
    assert (state(desk["ZOE"]), stored(desk["ZOE"])) == ("submitted", TWENTY)
    watched.check()


@pytest.mark.parametrize("lost", [True, False], ids=["no line", "out of order"])
def test_what_was_not_filled_in_is_not_sent(at_desk: Sit, desk: dict[str, Assignment], lost: bool) -> None:
    """Enter came right behind, and meant what would have stood there."""
    page = at_desk(path="/registration/ZOE?year=2026&period=12").page
    page.wait_for_function("() => dispatchEvent(new Event('input')) && self.htmx")
    page.route("**/fill?*", lambda route: route.abort() if lost else route.fulfill(status=500, body="x"))
    sent: list[str] = []
    page.on("request", lambda asked: sent.append(asked.url) if "/send?" in asked.url else None)
    cell(page, "02").fill("8")
    page.evaluate(SLOW)
    page.keyboard.press("Control+ArrowDown")
    page.keyboard.press("Enter")
    until(lambda: stored(desk["ZOE"]), {"02": 480}, page)
    assert (sent, state(desk["ZOE"])) == ([], "draft")


@BOTH
@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_twenty_equal_days_by_the_menu(
    at_desk: Sit, desk: dict[str, Assignment], scripts: bool, device: dict[str, object]
) -> None:
    watched = at_desk(path="/registration", **device, javascript=scripts)
    of = Hand(watched.page)
    of.press("Zoë Heuvel", "link")
    of.type("02", "8")
    of.open()
    of.press("Eerste dag op alle werkdagen")
    expect(cell(watched.page, "27")).to_have_value("8")
    expect(watched.page.locator("#grid-undo")).to_contain_text("Ingevuld.")
    save, send = (watched.page.locator(name).bounding_box() for name in ("#grid-save", "#grid-send"))
    assert save and send and save["height"] == send["height"], "no word breaks beside the step back"
    of.press("Versturen")
    until(lambda: state(desk["ZOE"]), "submitted", watched.page)
    assert of.actions <= 6
    assert stored(desk["ZOE"]) == TWENTY
    watched.check()


# The other ways of filling in, and each step back


@BOTH
def test_a_week_the_same_as_the_one_before_and_back(
    at_desk: Sit, desk: dict[str, Assignment], scripts: bool
) -> None:
    watched = at_desk(javascript=scripts)
    page, of = watched.page, Hand(watched.page)
    of.type("02", "8")
    of.type("05", "6")
    of.type("10", "acht")
    if scripts:
        cell(page, "09").focus()
    of.open()
    if not scripts:
        of.choose("Week", "Week 46", "#grid-fill")
    expect(page.locator("#fill-from")).to_have_value("2026-46")
    of.press("Zelfde als vorige week")
    expect(cell(page, "12")).to_have_value("6")
    expect(cell(page, "10")).to_have_value("acht")
    expect(page.locator("#grid-fill")).not_to_have_attribute("open", "")
    of.press("Ongedaan maken")
    expect(cell(page, "12")).to_have_value("")
    expect(cell(page, "09")).to_have_value("")
    expect(cell(page, "10")).to_have_value("acht")
    expect(page.locator("#grid-undo")).to_be_hidden()
    if scripts:
        expect(page.locator("#grid-fill summary")).to_be_focused()
    else:
        of.press("Opslaan")
    until(lambda: stored(desk["ZOE"]), {"02": 480, "05": 360}, page)
    watched.check()


def test_escape_closes_the_menu_and_gives_the_focus_back(at_desk: Sit, desk: dict[str, Assignment]) -> None:
    page = at_desk().page
    menu, summary = page.locator("#grid-fill"), page.locator("#grid-fill summary")
    summary.press("Enter")
    expect(menu).to_have_attribute("open", "")
    page.get_by_role("button", name="Zelfde als vorige week").focus()
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(summary).to_be_focused()
    summary.press("Enter")
    cell(page, "03").focus()
    page.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(cell(page, "03")).to_be_focused()


@BOTH
def test_the_agency_fills_in_on_its_own_form(visit: Open, site: Site, scripts: bool) -> None:
    world = site.world
    with db.connection_context():
        passwords.replace(world.staff, PASSWORD, by=None, source="command")
    watched = visit(**DESKTOP, javascript=scripts)
    watched.sign_in(world.staff.email)
    page, of = watched.page, Hand(watched.page)
    page.wait_for_url(f"{site.url}/")
    page.goto(f"{site.url}/bureau/progress/{world.assignment.code}/2026/12/change")
    before = page.locator("[data-cell]").evaluate_all("all => all.map((one) => one.value)")
    summary = page.locator("#grid-fill summary")
    summary.click()
    if scripts:
        page.keyboard.press("Escape")
        expect(page.locator("#grid-fill")).not_to_have_attribute("open", "")
        expect(summary).to_be_focused()
        summary.click()
    of.press("Naar andere weken kopiëren")
    expect(page.locator("#grid-undo")).to_contain_text("Ingevuld.")
    expect(cell(page, "10")).to_have_value("8")
    expect(page.locator("#grid-fill")).not_to_have_attribute("open", "")
    assert not scripts or looked_at(page) == []
    of.press("Ongedaan maken")
    expect(page.locator("#grid-undo")).to_have_count(0)
    assert page.locator("[data-cell]").evaluate_all("all => all.map((one) => one.value)") == before
    expect(summary).to_be_focused()
    of.open()
    of.press("Naar andere weken kopiëren")
    expect(page.locator("#grid-undo")).to_contain_text("Ingevuld.")
    page.get_by_label("Reden").fill("Gebeld op 30 november")
    of.press("Namens versturen")
    expect(page.get_by_text("Gewijzigd en verstuurd namens")).to_be_visible()
    with db.connection_context():
        assert Timesheet.get().minutes == 4 * 930
    watched.check()


def test_what_is_sent_has_the_filling_that_was_under_way(visit: Open, site: Site) -> None:
    world = site.world
    with db.connection_context():
        passwords.replace(world.staff, PASSWORD, by=None, source="command")
    watched = visit(**DESKTOP)
    watched.sign_in(world.staff.email)
    page, of = watched.page, Hand(watched.page)
    page.wait_for_url(f"{site.url}/")
    page.goto(f"{site.url}/bureau/progress/{world.assignment.code}/2026/12/change")
    page.get_by_label("Reden").fill("Gebeld op 30 november")
    held: list[Route] = []
    page.route("**/change", lambda route: route.continue_() if held else held.append(route))
    page.locator("#grid-fill summary").click()
    of.press("Naar andere weken kopiëren")
    of.press("Namens versturen")
    assert len(held) == 1
    held[0].continue_()
    expect(page.get_by_text("Gewijzigd en verstuurd namens")).to_be_visible()


def test_control_z_takes_a_line_back_out_of_the_other_weeks(
    at_desk: Sit, desk: dict[str, Assignment]
) -> None:
    watched = at_desk()
    page = watched.page
    cell(page, "04").focus()
    page.keyboard.type("7,5")
    page.keyboard.press("Control+ArrowDown")
    expect(cell(page, "25")).to_have_value("7,5")
    expect(cell(page, "04")).to_be_focused()
    until(lambda: stored(desk["ZOE"]), {"04": 450, "11": 450, "18": 450, "25": 450}, page)
    page.keyboard.press("Control+z")
    expect(cell(page, "25")).to_have_value("")
    until(lambda: stored(desk["ZOE"]), {"04": 450}, page)
    watched.check()


def test_the_usual_week_is_one_button_on_an_empty_grid(
    at_desk: Sit, desk: dict[str, Assignment], site: Site
) -> None:
    with db.connection_context():
        before = site.world.periods[10]
        days = {before.first_on + timedelta(days=7 * week + day): 450 for week in range(4) for day in (0, 1)}
        factories.sheet(desk["ZOE"], before, days, state="approved")
    watched = at_desk()
    page, of = watched.page, Hand(watched.page)
    button = page.get_by_role("button", name="Gebruikelijke week invullen (15,00 uur)")
    expect(cell(page, "02")).to_have_value("")
    of.press("Gebruikelijke week invullen (15,00 uur)")
    expect(cell(page, "24")).to_have_value("7,5")
    expect(button).to_have_count(0)
    assert of.actions == 1
    of.press("Ongedaan maken")
    expect(button).to_be_visible()
    expect(cell(page, "24")).to_have_value("")
    until(lambda: minutes_of(desk["ZOE"], site.world), 0, page)
    watched.check()


@BOTH
def test_one_budget_number_for_all_rows(
    at_desk: Sit, desk: dict[str, Assignment], site: Site, scripts: bool
) -> None:
    with db.connection_context():
        BudgetNumber.create(organisation=site.world.fse, number="4010.002")
    watched = at_desk(javascript=scripts)
    page, of = watched.page, Hand(watched.page)
    of.type("02", "8")
    of.type("09", "8")
    of.open()
    of.choose("Budgetnummer", "4010.002", "#grid-fill")
    of.press("Alle regels op dit nummer")
    expect(page.locator("#grid-undo")).to_contain_text("Ingevuld.")
    numbers = page.locator("select[name^=budget-] option:checked")
    expect(numbers).to_have_text(["4010.002"] * 4)
    assert stored(desk["ZOE"]) == {"02": 480, "09": 480}
    of.press("Ongedaan maken")
    expect(numbers).to_have_text(["34367565.899"] * 4)
    watched.check()


def test_another_number_chosen_meanwhile_is_the_one(
    at_desk: Sit, desk: dict[str, Assignment], site: Site
) -> None:
    """The same button for something else is no second press of it."""
    with db.connection_context():
        for number in ("4010.002", "4010.003"):
            BudgetNumber.create(organisation=site.world.fse, number=number)
    page = at_desk().page
    page.wait_for_function("() => dispatchEvent(new Event('input')) && self.htmx")
    cell(page, "02").fill("8")
    page.evaluate(SLOW)
    of = Hand(page)
    for number in ("4010.002", "4010.003"):
        of.open()
        of.choose("Budgetnummer", number, "#grid-fill")
        of.press("Alle regels op dit nummer")
    expect(page.locator("select[name^=budget-] option:checked")).to_have_text(["4010.003"] * 4)


# What a supervisor and a reader of invoices come for


def wrong_number() -> World:
    """Noor sent four weeks on a wrong budget number; Emre approves and registers at FSE."""
    world = cast()
    Right.update(may_register=True).where(Right.account == world.supervisor).execute()
    BudgetNumber.create(organisation=world.fse, number="4010.002", description="Surveillance")
    Timesheet.delete().execute()
    days = {date(2026, 11, day): 480 for day in (3, 10, 17, 24)}
    factories.sheet(world.assignment, world.period, days)
    return world


@BOTH
def test_a_wrong_budget_number_on_four_rows_takes_three(visit: Open, portal: Portal, scripts: bool) -> None:
    portal.begin(wrong_number)
    watched = visit(**DESKTOP, javascript=scripts)
    watched.sign_in()
    of = Hand(watched.page)
    of.press("Noor Hendriks", "link")
    of.choose("Budgetnummer van alle regels", "4010.002 · Surveillance")
    of.press("Budgetnummer wijzigen")
    expect(watched.page.get_by_text("Het budgetnummer is gewijzigd").first).to_be_visible()
    assert of.actions <= 3
    with db.connection_context():
        lines = TimesheetLine.select(TimesheetLine, BudgetNumber).join(BudgetNumber)
        assert [line.budget_number.number for line in lines] == ["4010.002"] * 4
        sheet = Timesheet.get()
        assert (sheet.state, sheet.revision, sheet.minutes) == ("submitted", 2, 1920)
        event = Event.select().where(Event.timesheet == sheet).order_by(Event.id.desc()).get()
        assert (event.verb, event.actor.email) == ("submit", "supervisor@um.example")
    watched.check()


def several_invoices() -> World:
    """Hours on two budget numbers, each on an invoice of its own."""
    world = cast()
    other = BudgetNumber.create(organisation=world.fse, number="4010.002")
    invoice_cast.complete(world)
    karim = factories.assignment(factories.worker("Karim", "Özdemir"), world.fse, other)
    sheet = factories.sheet(karim, world.period, {date(2026, 11, 5): 300})
    for one in (world.sheet, sheet):
        invoice_cast.approve(one, world.supervisor)
    invoice_cast.run(organisation="FSE")
    return world


@BOTH
def test_the_hours_behind_a_budget_numbers_invoice_take_two(
    visit: Open, portal: Portal, scripts: bool
) -> None:
    portal.begin(several_invoices)
    watched = visit(**DESKTOP, javascript=scripts)
    watched.sign_in()
    page, of = watched.page, Hand(watched.page)
    page.wait_for_url(f"{portal.url}/")
    of.press("Facturen", "link")
    row = page.locator("tr", has_text="4010.002")
    of.actions += 1
    row.get_by_role("link", name="Urenbriefjes").first.click()
    expect(page.get_by_text("Karim Özdemir").first).to_be_visible()
    expect(page.get_by_text("5,00").first).to_be_visible()
    assert of.actions <= 2


def test_axe_with_the_menu_open(at_desk: Sit, desk: dict[str, Assignment], site: Site) -> None:
    with db.connection_context():
        number = BudgetNumber.create(organisation=site.world.fse, number="4010.002")
        sheet = factories.sheet(desk["ZOE"], site.world.period, {date(2026, 11, 3): 480}, state="draft")
        TimesheetLine.create(
            timesheet=sheet, iso_year=2026, iso_week=45, hour_type=HourType.get(), budget_number=number
        )
        Hour.create(line=TimesheetLine.get(budget_number=number), day=date(2026, 11, 4), minutes=60)
    watched = at_desk()
    watched.page.locator("#grid-fill summary").click()
    # Which button of a row the open menu half covers is chance; closed, it covers none.
    assert [line for line in looked_at(watched.page) if "target-size" not in line] == []
    watched.check()
