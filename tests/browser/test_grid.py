"""The hour grid in the browser: by keyboard alone, on a slow line, with two people, on a phone, without JavaScript."""

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from konnekt.db import db
from konnekt.domain import clock
from konnekt.domain.accounts import passwords
from konnekt.models import Assignment, Event, Hour, Timesheet, TimesheetLine
from tests import factories
from tests.browser.conftest import DESKTOP, PASSWORD, PHONE, Open, Site, Watched, let_time_pass
from tests.conftest import NOW
from tests.domain.test_units import HOURS, NO_HOURS

PERIOD = "?year=2026&period=12"
# Every answer takes 300 ms: half of it on the way there, half on the way back.
SLOW = """() => {
  const real = window.fetch;
  const wait = () => new Promise((done) => setTimeout(done, 150));
  window.fetch = async (...what) => { await wait(); const answer = await real(...what); await wait(); return answer; };
}"""


@pytest.fixture
def desk(site: Site) -> dict[str, Assignment]:
    """Two workers whose hours FSE's secretary enters; a colleague may too."""
    clock.fix(NOW)
    with db.connection_context():
        world = site.world
        passwords.replace(world.registrar, PASSWORD, by=None, source="command")
        second = factories.account("Renée", "Wiertz", email="renee@um.example")
        factories.right(second, world.fse, register=1)
        passwords.replace(second, PASSWORD, by=None, source="command")
        found = {
            code: factories.assignment(
                factories.worker(first, last),
                world.fse,
                world.fse_budget,
                code=code,
                entered_by="organisation",
            )
            for code, first, last in (("ZOE", "Zoë", "Heuvel"), ("AOIFE", "Aoife", "Zzz"))
        }
    clock.fix("")
    return found


@pytest.fixture
def at_desk(site: Site, desk: dict[str, Assignment], visit: Open) -> Callable[..., Watched]:
    """Somebody who is signed in and has Zoë's grid open."""

    def sit_down(
        who: str = "secretariaat@um.example", path: str = f"/registration/ZOE{PERIOD}", **options: object
    ) -> Watched:
        watched = visit(**{**DESKTOP, **options})
        watched.sign_in(who)
        watched.page.goto(f"{site.url}{path}")
        return watched

    return sit_down


def cell(page: Page, day: str, line: int = 0) -> Locator:
    return page.locator(f'[data-cell="2026-11-{day}"]').nth(line)


def stored(of: Assignment) -> dict[str, int]:
    with db.connection_context():
        query = Hour.select().join(TimesheetLine).join(Timesheet).where(Timesheet.assignment == of)
        return {f"{hour.day:%d}": hour.minutes for hour in query if hour.minutes}


def state(of: Assignment) -> str:
    with db.connection_context():
        sheet = Timesheet.get_or_none(Timesheet.assignment == of)
        return str(sheet.state) if sheet else "none"


def until(what: Callable[[], object], wanted: object, page: Page) -> None:
    """Wait for what the server stored; the browser goes on in the meantime."""
    for _ in range(100):
        if what() == wanted:
            return
        page.wait_for_timeout(50)
    assert what() == wanted


def test_by_keyboard_alone_from_the_list_to_a_sent_sheet(
    site: Site, desk: dict[str, Assignment], at_desk: Callable[..., Watched]
) -> None:
    watched = at_desk(path="/registration")
    page = watched.page
    pressed = 0

    def press(key: str) -> None:
        nonlocal pressed
        pressed += 1
        page.keyboard.press(key)

    expect(page.get_by_role("link", name="Zoë Heuvel")).to_be_focused()
    press("Enter")
    expect(cell(page, "02")).to_be_focused()
    figures = cells = 0
    for number in range(28):
        typed = "7,5" if number % 7 < 5 else "4"
        for letter in typed:
            press(letter)
        figures += len(typed)
        cells += 1
        if number < 27:
            press("Tab")
    expect(page.locator("[data-sum-sheet]")).to_have_text("182,00")
    press("Enter")
    expect(page.get_by_role("button", name="Ongedaan maken")).to_be_visible()
    expect(page.get_by_role("status").first).to_contain_text(
        "Zoë Heuvel, Periode 12 (week 45–48), 182,00 uur"
    )
    assert pressed <= figures + cells + 1
    assert state(desk["ZOE"]) == "submitted"
    assert len(stored(desk["ZOE"])) == 28
    watched.check()
    page.get_by_role("button", name="Ongedaan maken").press("Enter")
    expect(page.get_by_role("button", name="Opslaan")).to_be_visible()
    assert state(desk["ZOE"]) == "draft"
    watched.check()


def test_the_keys_of_a_spreadsheet(at_desk: Callable[..., Watched], desk: dict[str, Assignment]) -> None:
    watched = at_desk()
    page = watched.page
    expect(cell(page, "02")).to_be_focused()
    for key, day in (
        ("ArrowRight", "03"), ("ArrowDown", "10"), ("End", "15"), ("ArrowRight", "16"), ("ArrowUp", "09"),
        ("End", "15"), ("Tab", "16"), ("Home", "16"), ("ArrowLeft", "15"), ("Home", "09"), ("Tab", "10"), ("Shift+Tab", "09"),
    ):  # fmt: skip
        page.keyboard.press(key)
        expect(cell(page, day)).to_be_focused()
    page.keyboard.type("6")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowRight")
    expect(cell(page, "09")).to_be_focused()
    assert page.evaluate("[document.activeElement.selectionStart, document.activeElement.selectionEnd]") == [
        1,
        1,
    ]
    page.keyboard.press("Control+ArrowRight")
    until(lambda: stored(desk["ZOE"]), {"09": 360, "10": 360, "11": 360, "12": 360, "13": 360}, page)
    page.locator(".line").nth(1).locator("[data-cell]").first.focus()
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.name").startswith("remove"), (
        "the row's own controls are reached"
    )
    watched.check()


def test_three_cells_on_a_slow_line_are_all_saved_and_typing_is_never_overwritten(
    at_desk: Callable[..., Watched], desk: dict[str, Assignment]
) -> None:
    watched = at_desk()
    page = watched.page
    page.clock.install()
    page.evaluate(SLOW)
    saves: list[str] = []
    page.on(
        "request",
        lambda request: saves.append(request.url) if request.url.endswith(f"/save{PERIOD}") else None,
    )
    cell(page, "02").focus()
    page.keyboard.type("8")
    page.keyboard.press("Tab")
    page.keyboard.type("7")
    page.keyboard.press("Tab")
    page.keyboard.type("6,5")
    until(lambda: len(saves), 1, page)
    # While that saving is under way: a cell of it is changed, others are typed, one is being typed.
    page.keyboard.press("Home")
    page.keyboard.type("4")
    page.keyboard.press("ArrowDown")
    page.keyboard.type("3")
    page.keyboard.press("Tab")
    page.keyboard.type("1")
    page.get_by_label("Opmerking bij dit urenbriefje").fill("Traag")
    cell(page, "11").focus()
    page.keyboard.type("2")
    seen = []
    for _ in range(60):
        page.wait_for_timeout(50)
        seen.append(tuple(cell(page, day).input_value() for day in ("02", "03", "04", "09", "10", "11")))
        if len(saves) == 2:
            break
    page.keyboard.type(",5")
    expect(cell(page, "11")).to_have_value("2,5")
    assert set(seen) == {("4", "7", "6,5", "3", "1", "2")}, "nothing flickered"
    wanted = {"02": 240, "03": 420, "04": 390, "09": 180, "10": 60, "11": 150}
    until(lambda: stored(desk["ZOE"]), wanted, page)
    expect(cell(page, "11")).to_be_focused()
    expect(page.locator("#grid-saved")).to_contain_text("Opgeslagen 09:00")
    expect(page.locator("[data-sum-sheet]")).to_have_text("24,00")
    with db.connection_context():
        (event,) = Event.select().join(Timesheet).where(Timesheet.assignment == desk["ZOE"])
        assert event.verb == "save", "one step of its history, not five"
        assert Timesheet.get(assignment=desk["ZOE"]).remark == "Traag"
    watched.check()


def test_sending_on_a_slow_line_carries_all_and_is_not_overtaken(
    at_desk: Callable[..., Watched], desk: dict[str, Assignment]
) -> None:
    watched = at_desk()
    page = watched.page
    page.clock.install()
    page.evaluate(SLOW)
    saves: list[str] = []
    page.on("request", lambda request: saves.append(request.url) if "/save" in request.url else None)
    cell(page, "02").focus()
    page.keyboard.type("8")
    until(lambda: len(saves), 1, page)
    page.keyboard.press("Tab")
    page.keyboard.type("7")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("5")
    expect(page.get_by_role("button", name="Ongedaan maken")).to_be_visible()
    assert stored(desk["ZOE"]) == {"02": 480, "03": 420}
    expect(cell(page, "04")).to_have_value("5")
    expect(cell(page, "04")).to_be_focused()
    let_time_pass(page)
    assert stored(desk["ZOE"]) == {"02": 480, "03": 420}, "what was sent is never only saved"
    page.keyboard.press("Enter")
    until(lambda: stored(desk["ZOE"]), {"02": 480, "03": 420, "04": 300}, page)
    with db.connection_context():
        verbs = [
            e.verb
            for e in Event.select()
            .join(Timesheet)
            .where(Timesheet.assignment == desk["ZOE"])
            .order_by(Event.id)
        ]
    assert verbs == ["save", "submit", "submit"]
    assert watched.wrong == []


def test_two_people_in_one_sheet(at_desk: Callable[..., Watched], desk: dict[str, Assignment]) -> None:
    lars, renee = at_desk(), at_desk("renee@um.example")
    cell(renee.page, "03").fill("6")
    cell(renee.page, "05").fill("5")
    until(lambda: stored(desk["ZOE"]), {"03": 360, "05": 300}, renee.page)
    page = lars.page
    page.clock.install()
    cell(page, "02").fill("8")
    cell(page, "03").fill("7")
    cell(page, "03").focus()
    expect(page.get_by_text("sinds u het opende gewijzigd door Renée Wiertz")).to_be_visible()
    expect(cell(page, "03")).to_have_value("7")
    expect(cell(page, "02")).to_have_value("8")
    expect(cell(page, "05")).to_have_value("5")
    expect(page.get_by_text("nu 6,00")).to_be_visible()
    expect(cell(page, "03")).to_be_focused()
    cell(page, "04").fill("1")
    let_time_pass(page)
    assert stored(desk["ZOE"]) == {"03": 360, "05": 300}, "nothing is stored before one says so"
    page.get_by_role("button", name="Opslaan").click()
    until(lambda: stored(desk["ZOE"]), {"02": 480, "03": 420, "04": 60, "05": 300}, page)
    expect(page.get_by_text("nu 6,00")).to_have_count(0)
    assert [line for line in lars.wrong if "409" not in line] == []


def test_a_phone(at_desk: Callable[..., Watched], desk: dict[str, Assignment], site: Site) -> None:
    watched = at_desk(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    page = watched.page
    watched.check()
    sizes = page.evaluate(
        "[...document.querySelectorAll('[data-cell]')].map((one) => one.getBoundingClientRect().height)"
    )
    assert len(sizes) == 28
    assert min(sizes) >= 44
    assert cell(page, "02").get_attribute("inputmode") == "decimal"
    cell(page, "02").tap()
    page.keyboard.type("7")
    where = cell(page, "02").bounding_box()
    page.get_by_role("button", name=":", exact=True).tap()
    page.keyboard.type("20")
    expect(cell(page, "02")).to_be_focused()
    expect(cell(page, "02")).to_have_value("7:20")
    assert cell(page, "02").bounding_box() == where, "the button takes no room from the cell"
    cell(page, "02").fill("8")
    cell(page, "03").fill("acht")
    expect(page.get_by_text("Typ uren als 7,5 of 7:30.")).to_be_visible()
    expect(page.get_by_role("button", name=":", exact=True)).to_be_visible()
    page.get_by_role("button", name="Urenregels toevoegen Week 46").tap()
    expect(page.locator(".line")).to_have_count(5)
    for opened in page.locator(".kind summary").all():
        opened.tap()
    watched.check()
    page.get_by_role("button", name="Versturen").last.tap()
    expect(page.get_by_role("alert").filter(has_text="leesbaar")).to_be_visible()
    expect(cell(page, "03")).to_have_value("acht")
    cell(page, "03").fill("8")
    page.get_by_role("button", name="Versturen").last.tap()
    expect(page.get_by_role("button", name="Ongedaan maken")).to_be_visible()
    page.goto(f"{site.url}/registration")
    assert [line for line in watched.wrong if "422" not in line] == []
    watched.wrong.clear()
    watched.check()
    page.goto(f"{site.url}/")
    watched.check()


def test_rows_remarks_and_totals_in_place(
    at_desk: Callable[..., Watched], desk: dict[str, Assignment]
) -> None:
    watched = at_desk()
    page = watched.page
    cell(page, "02").fill("8")
    expect(page.locator("[data-sum-sheet]")).to_have_text("8,00", timeout=100)
    page.get_by_role("button", name="Urenregels toevoegen Week 45").click()
    expect(page.locator(".line")).to_have_count(5)
    expect(page.get_by_label("Uursoort", exact=True).nth(1)).to_be_focused()
    cell(page, "02", 1).fill("7:20")
    expect(page.locator("[data-sum-day='2026-11-02']")).to_have_text("15:20", timeout=100)
    expect(page.locator(".line").nth(1).locator("[data-sum-row]")).to_have_text("7:20")
    page.locator(".line").first.get_by_text("Opmerkingen per dag").locator("..").click()
    page.locator(".line").first.get_by_label("di 3 nov", exact=True).fill("Open dag")
    until(lambda: stored(desk["ZOE"]).get("02") is not None, True, page)
    expect(page.locator("#grid-saved")).to_contain_text("Opgeslagen")
    expect(page.locator(".line").first.get_by_label("di 3 nov", exact=True)).to_be_visible()
    expect(page.get_by_text("15:20 uur op ma 2 nov: meer dan 12 op een dag.")).to_be_visible()
    page.get_by_role("button", name=re.compile("Deze regel weghalen")).nth(1).click()
    expect(page.locator(".line")).to_have_count(4)
    until(lambda: stored(desk["ZOE"]), {"02": 480}, page)
    with db.connection_context():
        assert Hour.get(Hour.day == date(2026, 11, 3), Hour.remark != "").remark == "Open dag"
    watched.check()


@pytest.mark.parametrize("way", [DESKTOP, PHONE], ids=["desk", "phone"])
def test_a_block_from_a_spreadsheet_is_shown_before_it_is_filled_in(
    at_desk: Callable[..., Watched], desk: dict[str, Assignment], way: dict[str, object]
) -> None:
    watched = at_desk(**way)
    page = watched.page
    paste = """([selector, text]) => {
      const data = new DataTransfer();
      data.setData("text/plain", text);
      document.querySelector(selector).dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
    }"""
    cell(page, "06").focus()
    page.evaluate(paste, ['[data-cell="2026-11-06"]', "7,5\t7:30\tacht\t4\r\n8\t\t1e9\r\n"])
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    expect(dialog.get_by_text("niet leesbaar")).to_have_count(2)
    expect(dialog.get_by_text("valt buiten")).to_have_count(1)
    expect(dialog.locator("[data-paste-count]")).to_have_text("3")
    assert stored(desk["ZOE"]) == {}
    dialog.get_by_role("button", name="Nu niet").click()
    expect(cell(page, "06")).to_have_value("")
    page.evaluate(paste, ['[data-cell="2026-11-06"]', "7,5\t7:30\tacht\t4\r\n8\t\t1e9\r\n"])
    dialog.get_by_role("button", name="Invullen").click()
    until(lambda: stored(desk["ZOE"]), {"06": 450, "07": 450, "13": 480}, page)
    page.evaluate(paste, ['[data-cell="2026-11-07"]', "5"])
    expect(dialog).to_be_hidden()
    watched.check()


def test_another_worker_in_place_and_nothing_is_dropped(
    at_desk: Callable[..., Watched], desk: dict[str, Assignment], site: Site
) -> None:
    watched = at_desk()
    page = watched.page
    cell(page, "02").fill("8")
    page.get_by_label("Werknemer").select_option("AOIFE")
    expect(page.locator("#hour-grid")).to_have_attribute("data-grid", "AOIFE-2026-12")
    assert page.url == f"{site.url}/registration/AOIFE{PERIOD}"
    expect(page).to_have_title(re.compile("^Aoife Zzz"))
    expect(cell(page, "02")).to_be_focused()
    expect(cell(page, "02")).to_have_value("")
    assert stored(desk["ZOE"]) == {"02": 480}
    page.keyboard.type("5")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Ongedaan maken")).to_be_visible()
    cell(page, "03").fill("3")
    page.get_by_role("button", name=re.compile("^Vorige: Zoë")).click()
    expect(page.get_by_role("button", name="Niet versturen, naar Zoë Heuvel")).to_be_visible()
    expect(cell(page, "03")).to_have_value("3")
    assert stored(desk["AOIFE"]) == {"02": 300}
    page.get_by_role("button", name="Versturen en naar Zoë Heuvel").click()
    expect(page.locator("#hour-grid")).to_have_attribute("data-grid", "ZOE-2026-12")
    assert stored(desk["AOIFE"]) == {"02": 300, "03": 180}
    page.go_back()
    expect(page.locator("#hour-grid")).to_have_attribute("data-grid", "AOIFE-2026-12")
    assert [line for line in watched.wrong if "409" not in line] == []


def test_an_enter_that_comes_with_the_form_sends_nothing(
    at_desk: Callable[..., Watched], desk: dict[str, Assignment], site: Site
) -> None:
    clock.fix(NOW)
    with db.connection_context():
        for of in desk.values():
            factories.sheet(of, site.world.period, {date(2026, 11, 2): 480}, state="draft")
    clock.fix("")
    watched = at_desk(path="/registration")
    page = watched.page
    page.clock.install()
    page.goto(f"{site.url}/registration/ZOE{PERIOD}")
    expect(cell(page, "02")).to_be_focused()
    for _ in range(3):
        page.keyboard.press("Enter")
        page.clock.fast_forward(900)
        expect(page.locator("#grid-saved")).to_contain_text("Kijk het eerst na")
    assert state(desk["ZOE"]) == "draft", "three of them, 0.9 s apart, on a page that was just loaded"
    page.clock.fast_forward(3000)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Verder met Aoife Zzz")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#hour-grid")).to_have_attribute("data-grid", "AOIFE-2026-12")
    expect(cell(page, "02")).to_be_focused()
    page.clock.fast_forward(900)
    page.keyboard.press("Enter")
    expect(page.locator("#grid-saved")).to_contain_text("Kijk het eerst na")
    assert state(desk["AOIFE"]) == "draft", "nobody has seen it yet"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Ongedaan maken")).to_be_visible()
    assert (state(desk["ZOE"]), state(desk["AOIFE"])) == ("submitted", "submitted")
    watched.check()


def test_one_step_back_and_a_row_that_is_added_moves_nothing(
    at_desk: Callable[..., Watched], desk: dict[str, Assignment]
) -> None:
    watched = at_desk()
    page = watched.page
    undo = page.locator("#grid-undo-button")
    add = page.get_by_role("button", name="Urenregels toevoegen Week 45")
    expect(undo).to_be_hidden()
    cell(page, "02").press_sequentially("8")
    until(lambda: stored(desk["ZOE"]), {"02": 480}, page)

    # A fill, by the keyboard; Ctrl+Z is the page's as long as nothing was typed since.
    page.keyboard.press("Control+ArrowRight")
    expect(page.locator("#grid-undo")).to_contain_text("Naar rechts doorgevuld.")
    until(lambda: len(stored(desk["ZOE"])), 5, page)
    page.keyboard.press("Control+z")
    expect(undo).to_be_hidden()
    until(lambda: stored(desk["ZOE"]), {"02": 480}, page)

    # A remark that is emptied.
    page.get_by_label("Opmerking bij dit urenbriefje").fill("Ziek")
    page.get_by_label("Opmerking bij dit urenbriefje").blur()
    page.get_by_label("Opmerking bij dit urenbriefje").fill("")
    page.get_by_label("Opmerking bij dit urenbriefje").blur()
    expect(page.locator("#grid-undo")).to_contain_text("Opmerking weggehaald.")
    undo.press("Enter")
    expect(page.get_by_label("Opmerking bij dit urenbriefje")).to_have_value("Ziek")
    expect(undo).to_be_hidden()

    # A row is added: it has the focus, and what one looked at and pressed is where it was.
    places = [add, cell(page, "02"), page.get_by_role("button", name="Urenregels toevoegen Week 46")]
    before = [one.bounding_box() for one in places[:2]]
    add.click()
    expect(page.get_by_label("Uursoort", exact=True).nth(1)).to_be_focused()
    assert [one.bounding_box() for one in places[:2]] == before
    page.mouse.click(before[1]["x"] + 5, before[1]["y"] + 5)
    expect(cell(page, "02")).to_be_focused()

    # The row goes with its hours, the draft saves itself, and it comes back.
    cell(page, "03", 1).press_sequentially("7:20")
    until(lambda: stored(desk["ZOE"]), {"02": 480, "03": 440}, page)
    page.get_by_role("button", name=re.compile("Deze regel weghalen")).nth(1).click()
    expect(undo).to_be_focused()
    expect(page.get_by_role("status").first).to_contain_text("Regel weggehaald.")
    until(lambda: stored(desk["ZOE"]), {"02": 480}, page)
    undo.click()
    until(lambda: stored(desk["ZOE"]), {"02": 480, "03": 440}, page)
    expect(undo).to_be_hidden()
    watched.check()


def test_a_press_at_the_moment_of_an_answer_counts(at_desk: Callable[..., Watched]) -> None:
    watched = at_desk(path=f"/registration/AOIFE{PERIOD}")
    page = watched.page
    cell(page, "02").fill("5")
    page.evaluate("""() => document.addEventListener("htmx:before:settle", () => {
        if (document.querySelector("[formaction*='/withdraw']")) document.querySelector(".turn .step").click();
    })""")
    cell(page, "02").press("Enter")
    expect(page.locator("#hour-grid")).to_have_attribute("data-grid", "ZOE-2026-12")
    watched.check()


def shown_at_once(route: Route) -> None:
    answer = route.fetch()
    route.fulfill(response=answer, body=answer.text().replace(' blocking="render"', ""))


def test_what_is_typed_before_the_script_comes_stays_and_is_saved(
    at_desk: Callable[..., Watched], desk: dict[str, Assignment]
) -> None:
    watched = at_desk(path="/registration")
    page = watched.page
    late: list[Route] = []
    page.route("**/grid.js*", lambda route: late.append(route))
    # As in a browser that shows a page before its script.
    page.route("**/registration/ZOE*", shown_at_once)
    page.get_by_role("link", name="Zoë Heuvel").click(no_wait_after=True)
    cell(page, "03").press_sequentially("7,5")
    assert len(late) == 1, "nothing of the grid's script has come yet"
    late[0].continue_()
    expect(page.locator("[data-sum-sheet]")).to_have_text("7,50")
    expect(cell(page, "03")).to_have_value("7,5")
    expect(cell(page, "03")).to_be_focused()
    until(lambda: stored(desk["ZOE"]), {"03": 450}, page)
    watched.check()


def test_leaving_keeps_a_draft_and_asks_about_what_was_sent(
    at_desk: Callable[..., Watched], desk: dict[str, Assignment], site: Site
) -> None:
    watched = at_desk()
    page = watched.page
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    cell(page, "02").press_sequentially("8")
    page.goto(f"{site.url}/account")
    until(lambda: stored(desk["ZOE"]), {"02": 480}, page)
    assert asked == []
    page.goto(f"{site.url}/registration/ZOE{PERIOD}")
    cell(page, "03").press_sequentially("7")
    cell(page, "03").press("Enter")
    expect(page.get_by_role("button", name="Ongedaan maken")).to_be_visible()
    cell(page, "04").press_sequentially("6")
    page.goto(f"{site.url}/account")
    assert asked == ["beforeunload"]
    assert stored(desk["ZOE"]) == {"02": 480, "03": 420}
    watched.check()


def test_the_pattern_of_the_period_before(
    at_desk: Callable[..., Watched], desk: dict[str, Assignment], site: Site
) -> None:
    with db.connection_context():
        before = site.world.periods[10]
        days = {before.first_on + timedelta(days=number): 450 for number in (0, 2, 8)}
        factories.sheet(desk["ZOE"], before, days, state="approved", submitted_at=before.submit_by_at, decided_at=before.submit_by_at)  # fmt: skip
    watched = at_desk()
    page = watched.page
    page.get_by_role("button", name="Vorige periode overnemen").click()
    expect(cell(page, "04")).to_have_value("7,5")
    expect(cell(page, "10")).to_have_value("7,5")
    expect(page.locator("[data-sum-sheet]")).to_have_text("22,50")
    watched.check()


def test_hours_are_read_while_one_types_as_they_are_when_they_are_saved(
    at_desk: Callable[..., Watched],
) -> None:
    watched = at_desk()
    page = watched.page
    read = page.evaluate(
        """(texts) => texts.map((text) => {
          const cell = document.querySelector("[data-cell]");
          cell.value = text;
          cell.setAttribute("aria-invalid", "true");
          cell.dispatchEvent(new Event("input", { bubbles: true }));
          if (cell.hasAttribute("aria-invalid")) return null;
          const [, whole, part, clock] = /^(\\d+)(?:,(\\d\\d)|:(\\d\\d))$/.exec(document.querySelector("[data-sum-row]").textContent);
          return whole * 60 + (clock ? Number(clock) : part * 3 / 5);
        })""",
        [text for text, _ in HOURS] + [text for text in NO_HOURS if text.strip()],
    )
    wanted = [minutes if minutes <= 1440 else None for _, minutes in HOURS]
    assert read == wanted + [None] * sum(1 for text in NO_HOURS if text.strip())
    for text, counts_as in (
        ("7.30", "= 7:18"),
        ("8,15", "= 8:09"),
        ("7,,20", "= 7:20"),
        ("7,5", ""),
        ("7:18", ""),
    ):
        cell(page, "02").fill(text)
        expect(page.locator(".counts")).to_have_text([counts_as])
    cell(page, "02").fill("7.30")
    expect(page.locator("#grid-saved")).to_contain_text("Opgeslagen")
    expect(cell(page, "02")).to_have_accessible_description("= 7:18")
    watched.check()


def test_without_javascript(at_desk: Callable[..., Watched], desk: dict[str, Assignment], site: Site) -> None:
    watched = at_desk(javascript=False)
    page = watched.page
    cell(page, "02").fill("8")
    page.get_by_role("button", name="Urenregels toevoegen Week 45").click()
    expect(page.locator(".line")).to_have_count(5)
    expect(cell(page, "02")).to_have_value("8")
    page.locator(".line").first.get_by_role("button", name="Deze regel weghalen").click()
    expect(page.locator(".line")).to_have_count(4)
    page.get_by_role("button", name="Ongedaan maken").click()
    expect(cell(page, "02")).to_have_value("8")
    page.get_by_role("button", name="Urenregels toevoegen Week 45").click()
    expect(page.locator(".line")).to_have_count(5)
    cell(page, "07", 1).fill("5")
    cell(page, "06").fill("8.15")
    page.get_by_role("button", name="Opslaan").click()
    expect(cell(page, "06")).to_have_accessible_description("= 8:09")
    cell(page, "06").fill("")
    page.get_by_role("button", name="Opslaan").click()
    expect(page.get_by_text("Opgeslagen 09:00")).to_be_visible()
    assert stored(desk["ZOE"]) == {"02": 480, "07": 300}
    cell(page, "03").fill("abc")
    page.get_by_label("Werknemer").select_option("AOIFE")
    page.get_by_role("button", name="Naar deze werknemer").click()
    assert page.url == f"{site.url}/registration/AOIFE{PERIOD}"
    page.goto(f"{site.url}/registration/ZOE{PERIOD}")
    expect(cell(page, "03")).to_have_value("abc")
    expect(page.get_by_text("Typ uren als 7,5 of 7:30.")).to_be_visible()
    cell(page, "03").fill("7")
    cell(page, "03").press("Enter")
    expect(page.get_by_text("Verstuurd: Zoë Heuvel, Periode 12 (week 45–48), 20,00 uur.")).to_be_visible()
    assert state(desk["ZOE"]) == "submitted"
    page.get_by_role("button", name="Ongedaan maken").click()
    assert state(desk["ZOE"]) == "draft"
    assert watched.wrong == []
