"""The frame around every page, the pages of errors, and what they cost."""

import gzip
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import brotli
import pytest
from flask import Flask
from flask_babel import force_locale, gettext
from peewee import OperationalError
from playhouse.test_utils import count_queries
from werkzeug.test import TestResponse

from konnekt.domain import clock
from konnekt.domain.payroll.pay_dates import PayDate
from konnekt.models import Account, Hour, HourType, PayPeriod, TimesheetLine
from konnekt.screens import formats, period_names
from tests import factories
from tests.factories import World
from tests.pages.test_home import crowd
from tests.visitor import Visitor


def links(page: str, nav: str) -> list[str]:
    inside = page.partition(f'aria-label="{nav}"')[2].partition("</nav>")[0]
    return re.findall(r'href="([^"]+)"', inside.replace("/static/", "#"))


def places(page: str, nav: str) -> list[str]:
    return [link for link in links(page, nav) if not link.startswith("#")]


def test_bar_and_left_menu_have_the_same_places(app: Flask, world: World) -> None:
    page = Visitor(app, world.supervisor).get("/").text
    assert places(page, "Menubalk") == places(page, "Menu") == ["/", "/invoices", "/approvals", "/account"]


def test_only_what_the_account_may_open(app: Flask, world: World) -> None:
    visitor = Visitor(app, world.registrar)
    assert "/approvals" not in places(visitor.get("/").text, "Menu")
    assert visitor.get("/approvals").status_code == 403


def test_the_menu_says_where_you_are(app: Flask, world: World) -> None:
    visitor = Visitor(app, world.supervisor)
    current = re.compile(r'href="([^"]+)" aria-current="(\w+)"')
    assert set(current.findall(visitor.get("/").text)) == {("/", "page")}
    assert set(current.findall(visitor.get("/account").text)) == {("/account", "page")}
    assert set(current.findall(visitor.get(f"/approvals/{world.sheet.id}").text)) == {("/approvals", "true")}
    assert set(current.findall(visitor.get("/organisations/FSE").text)) == set()


def test_what_stands_among_the_agencys_places_is_marked_there(app: Flask, world: World) -> None:
    """Also for who approves as well: a report is not Facturen, and timesheets are not Goedkeuren."""
    factories.right(world.staff, world.fse, approve=1)
    current = re.compile(r'href="([^"]+)" aria-current="(\w+)"')
    bureau = Visitor(app, world.staff)
    for place in ("/reports", "/timesheets", "/budgets"):
        assert set(current.findall(bureau.get(place).text)) == {("/bureau", "true"), (place, "page")}
    assert set(current.findall(bureau.get("/invoices").text)) == {("/invoices", "page")}
    factories.right(world.supervisor, world.law, invoices=1)
    emre = Visitor(app, world.supervisor)
    assert set(current.findall(emre.get("/reports").text)) == {("/invoices", "true")}
    assert set(current.findall(emre.get("/timesheets").text)) == {("/approvals", "true")}


def test_waiting_work_shows_as_a_count(app: Flask, world: World) -> None:
    crowd(world, 3)
    page = Visitor(app, world.supervisor).get("/account").text
    assert page.count('data-count="approvals.index">4<') == 2


def test_the_agency_stands_in_the_footer_of_every_page(app: Flask, world: World) -> None:
    for visitor, url in (
        (Visitor(app), "/login"),
        (Visitor(app, world.noor), "/"),
        (Visitor(app, world.noor), "/x"),
    ):
        foot = visitor.get(url).text.partition("<footer")[2]
        assert 'href="tel:0433882688">043-388 2688</a>' in foot
        assert 'href="mailto:bureau@interum.example"' in foot


def test_a_portal_without_an_agency_yet_still_shows(app: Flask) -> None:
    visitor = Visitor(app, factories.account())
    assert visitor.get("/").status_code == 200
    assert Visitor(app).get("/login").status_code == 200


def test_the_frame_costs_no_statement_of_its_own(app: Flask, world: World) -> None:
    """The session and the rights; one more for each count that the menu shows."""
    for account, most in ((world.noor, 3), (world.registrar, 3), (world.supervisor, 3)):
        visitor = Visitor(app, account)
        with count_queries() as counted:
            visitor.get("/x")
        assert counted.count == most


def test_sign_out_and_the_other_language_on_every_page(app: Flask, world: World) -> None:
    visitor = Visitor(app, world.supervisor)
    page = visitor.get("/account?x=1").text
    assert 'action="/logout"' in page
    assert 'name="next" value="/account?x=1"' in page
    answer = visitor.post("/language", {"language": "en", "next": "/"})
    assert answer.location == "/"
    english = visitor.get("/").text
    assert '<html lang="en">' in english
    assert "Good morning, Emre Dubois" in english
    assert "Monday 30 November" in english
    assert "Approved before <b>Mon 7 Dec 12:00</b>: paid <b>Wed 9 Dec</b>." in english
    assert Account.get_by_id(world.supervisor.id).language == "en"


def test_scripts_only_for_who_is_signed_in(app: Flask, world: World) -> None:
    assert "<script" not in Visitor(app).get("/login").text
    page = Visitor(app, world.noor).get("/").text
    assert re.findall(r'<script src="([^"?]+)', page) == ["/static/app.js"]
    assert re.findall(r'data-then="([^"?]+)', page) == ["/static/vendor/htmx-4.0.1.min.js"]


def test_a_flash_is_shown_once(app: Flask, world: World) -> None:
    visitor = Visitor(app, world.supervisor)
    visitor.post(f"/approvals/{world.sheet.id}/reject", {"seen": "1", "reason": "Te veel"})
    assert "De reden gaat over twee minuten" in visitor.get("/").text
    assert "De reden gaat over twee minuten" not in visitor.get("/").text


# Static files


def static(page: str) -> list[str]:
    """What a page needs, htmx included; the manifest is for who installs the portal."""
    found = dict.fromkeys(re.findall(r'(?:src|href|data-then)="(/static/[^"#]+)', page))
    return [address for address in found if ".webmanifest" not in address]


def fetched(visitor: Visitor, url: str, encoding: str) -> TestResponse:
    """The answer as it travels, its file closed."""
    answer = visitor.client.get(url, headers={"Accept-Encoding": encoding})
    assert answer.data
    answer.close()
    return answer


def test_static_addresses_carry_the_hash_of_what_they_bring(app: Flask, world: World) -> None:
    visitor = Visitor(app, world.supervisor)
    found = static(visitor.get("/").text)
    assert len(found) == 4
    for url in found:
        assert re.search(r"\?v=[0-9a-f]{8}$", url)
        answer = fetched(visitor, url, "br")
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]
    plain = fetched(visitor, "/static/app.css", "identity")
    assert "immutable" not in plain.headers.get("Cache-Control", "")
    known = {"If-None-Match": plain.headers["ETag"], "Accept-Encoding": "br"}
    with visitor.client.get("/static/app.css", headers=known) as same:
        assert same.status_code == 304


@pytest.mark.parametrize(("encoding", "open_it"), [("br", brotli.decompress), ("gzip", gzip.decompress)])
def test_pages_and_files_travel_compressed(app: Flask, world: World, encoding: str, open_it: object) -> None:
    visitor = Visitor(app, world.supervisor)
    for url in ("/", "/static/app.css", "/static/app.js", "/static/icons.svg", "/static/konnekt.webmanifest"):
        answer = fetched(visitor, url, encoding)
        assert answer.headers["Content-Encoding"] == encoding
        assert "Accept-Encoding" in answer.headers["Vary"]
        assert b"<" in open_it(answer.data) or b"{" in open_it(answer.data)  # type: ignore[operator]


@pytest.mark.parametrize(("encoding", "rows"), [("gzip", 45), ("br", 45)])
def test_an_empty_cache_gets_the_approval_list_in_five_requests_and_25_kb(
    app: Flask, world: World, encoding: str, rows: int
) -> None:
    crowd(world, rows - 1)
    visitor = Visitor(app, world.supervisor)
    urls = ["/approvals", *static(visitor.client.get("/approvals").text)]
    weights = {url: len(fetched(visitor, url, encoding).data) for url in urls}
    assert len(weights) == 5
    assert sum(weights.values()) <= 25_000, weights


@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_an_empty_cache_gets_the_registration_page_in_as_many(
    app: Flask, world: World, encoding: str
) -> None:
    for number in range(25):
        person = factories.worker("Werknemer", f"Nummer {number}")
        factories.assignment(person, world.fse, world.fse_budget, entered_by="organisation")
    visitor = Visitor(app, world.registrar)
    urls = ["/registration", *static(visitor.client.get("/registration").text)]
    weights = {url: len(fetched(visitor, url, encoding).data) for url in urls}
    assert len(weights) == 5
    assert sum(weights.values()) <= 25_000, weights


@pytest.mark.parametrize("encoding", ["gzip", "br"])
def test_an_empty_cache_gets_a_full_hour_grid_in_as_many(app: Flask, world: World, encoding: str) -> None:
    for number in range(60):
        person = factories.worker("Werknemer", f"Nummer {number}")
        of = factories.assignment(person, world.fse, world.fse_budget, entered_by="organisation")
    for number in range(4):
        HourType.create(code=f"T{number}", name_nl=f"Uursoort {number}", name_en="T", multiplier_percent=150)
    kinds = list(HourType.select())[-5:]
    sheet = factories.sheet(of, world.period, {}, state="draft")
    days = [world.period.first_on + timedelta(days=number) for number in range(28)]
    for day in days[::7]:
        year, week, _ = day.isocalendar()
        for kind in kinds:
            line = TimesheetLine.create(
                timesheet=sheet, iso_year=year, iso_week=week, hour_type=kind, budget_number=world.fse_budget
            )
            for later in range(7):
                Hour.create(line=line, day=day + timedelta(days=later), minutes=60 + later)
    visitor = Visitor(app, world.registrar)
    address = f"/registration/{of.code}?year={world.period.year}&period={world.period.number}"
    page = visitor.client.get(address).text
    assert page.count("data-cell=") == 140
    weights = {url: len(fetched(visitor, url, encoding).data) for url in [address, *static(page)]}
    assert len(weights) == 5
    assert sum(weights.values()) <= 25_000, weights


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity"])
def test_the_script_of_the_grid_comes_with_that_of_every_page(
    app: Flask, world: World, encoding: str
) -> None:
    open_it = {"gzip": gzip.decompress, "br": brotli.decompress, "identity": bytes}[encoding]
    answer = fetched(Visitor(app, world.registrar), "/static/grid.js", encoding)
    script = open_it(answer.data).decode()
    assert 0 < script.index("data-picks-bar") < script.index("hasHourGrid")
    assert answer.headers["Content-Length"] == str(len(answer.data))


def test_the_style_stays_light() -> None:
    css = Path(formats.__file__).parents[1] / "static" / "app.css"
    assert len(gzip.compress(css.read_bytes(), 9)) <= 5_500
    assert "@import" not in css.read_text()


# Errors


def test_a_page_of_its_own_for_what_goes_wrong(app: Flask, world: World) -> None:
    visitor = Visitor(app, world.registrar)
    for url, status, words in (
        ("/nowhere", 404, "Deze pagina bestaat niet"),
        ("/approvals", 403, "Dit hoort niet bij uw werk hier"),
        ("/home/undo", 405, "Deze pagina kan niet zo worden geopend"),
    ):
        answer = visitor.get(url)
        assert answer.status_code == status
        assert words in answer.text
        assert "Naar de homepage" in answer.text
        assert 'aria-label="Menubalk"' in answer.text
    assert set(visitor.get("/home/undo").headers["Allow"].split(", ")) == {"OPTIONS", "POST"}


def test_too_large_and_forged(app: Flask, world: World) -> None:
    visitor = Visitor(app, world.supervisor)
    answer = visitor.client.post("/home/undo", data={"batch": "x" * 5_000_000})
    assert answer.status_code == 413
    assert "groter dan 4 MB" in answer.text
    answer = visitor.client.post("/home/undo", data={"csrf_token": "forged"})
    assert answer.status_code == 400
    assert "laad de pagina opnieuw" in answer.text


def test_htmx_gets_a_sentence_above_a_page_that_stays(app: Flask, world: World) -> None:
    answer = Visitor(app, world.registrar).with_htmx().get("/approvals")
    assert answer.status_code == 403
    assert "<html" not in answer.text
    assert answer.text.count("<p") == 1
    assert 'role="alert"' in answer.text
    assert answer.headers["HX-Retarget"] == "#problem"
    assert "HX-Request" in answer.headers["Vary"]


def test_a_refusal_has_its_own_sentence(app: Flask, world: World) -> None:
    visitor = Visitor(app, world.outsider)
    answer = visitor.get(f"/approvals/{world.sheet.id}")
    assert answer.status_code == 404
    assert "niet voor u" in answer.text
    fragment = visitor.with_htmx().get(f"/approvals/{world.sheet.id}")
    assert fragment.headers["HX-Retarget"] == "#problem"


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_crash_says_so_without_asking_the_database(own_app: Flask, world: World, language: str) -> None:
    own_app.config["PROPAGATE_EXCEPTIONS"] = False

    @own_app.get("/crash")
    def crash() -> str:
        raise RuntimeError("a bug")

    Account.update(language=language).execute()
    visitor = Visitor(own_app, world.supervisor)
    with count_queries() as counted:
        answer = visitor.client.get("/crash")
    assert answer.status_code == 500
    assert {"nl": "Hier ging iets mis", "en": "Something went wrong here"}[language] in answer.text
    assert "a bug" not in answer.text
    assert counted.count == 1  # who it is, before it crashed


def test_a_lost_database_says_so(app: Flask, world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    visitor = Visitor(app, world.supervisor)

    def lost(*_args: object) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr("konnekt.domain.accounts.sessions.find", lost)
    answer = visitor.client.get("/")
    assert answer.status_code == 503
    assert "Even niet bereikbaar" in answer.text
    assert "Wat op uw scherm bevestigd was, is bewaard" in answer.text


# Words for days, moments and periods


def said(app: Flask, language: str, function: object, value: object) -> str:
    with app.test_request_context(), force_locale(language):
        return str(function(value))  # type: ignore[operator]


@pytest.mark.parametrize(
    ("on", "nl", "en"),
    [
        (date(2026, 12, 7), "ma 7 dec", "Mon 7 Dec"),
        (date(2027, 1, 13), "wo 13 jan", "Wed 13 Jan"),
        (date(2026, 3, 1), "zo 1 mrt", "Sun 1 Mar"),
        (date(2028, 1, 3), "ma 3 jan 2028", "Mon 3 Jan 2028"),
        (date(2025, 1, 6), "ma 6 jan 2025", "Mon 6 Jan 2025"),
    ],
)
def test_a_day(app: Flask, on: date, nl: str, en: str) -> None:
    assert said(app, "nl", formats.day, on) == nl
    assert said(app, "en", formats.day, on) == en


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (datetime(2026, 12, 7, 11, 0, tzinfo=UTC), "ma 7 dec 12:00"),
        (datetime(2026, 7, 7, 22, 30, tzinfo=UTC), "wo 8 jul 00:30"),
    ],
)
def test_a_moment_is_the_clock_on_the_wall(app: Flask, at: datetime, words: str) -> None:
    assert said(app, "nl", formats.moment, at) == words


@pytest.mark.parametrize(
    ("at", "nl", "en"),
    [
        (datetime(2026, 11, 30, 7, 0, tzinfo=UTC), "sinds vandaag", "since today"),
        (datetime(2026, 11, 29, 22, 59, tzinfo=UTC), "sinds gisteren", "since yesterday"),
        (datetime(2026, 11, 29, 23, 1, tzinfo=UTC), "sinds vandaag", "since today"),
        (datetime(2026, 11, 27, 7, 0, tzinfo=UTC), "3 dagen", "3 days"),
        (datetime(2026, 12, 24, 7, 0, tzinfo=UTC), "sinds vandaag", "since today"),
        (None, "", ""),
    ],
)
def test_since_when_it_waits(app: Flask, at: datetime | None, nl: str, en: str) -> None:
    assert said(app, "nl", formats.since, at) == nl
    assert said(app, "nl", lambda at: formats.since(at, short=True), at) == nl.removeprefix("sinds ")
    assert said(app, "en", formats.since, at) == en


NOVEMBER = (date(2026, 11, 2), date(2026, 11, 29))
OVER_NEW_YEAR = (date(2026, 11, 30), date(2027, 1, 3))


def period(calendar: str, first: date, last: date, year: int = 2026) -> PayPeriod:
    return PayPeriod(calendar=calendar, year=year, number=12, first_on=first, last_on=last)


@pytest.mark.parametrize(
    ("of", "nl", "en"),
    [
        (period("four_weeks", *NOVEMBER), "Periode 12 (week 45–48)", "Period 12 (weeks 45–48)"),
        (period("four_weeks", *OVER_NEW_YEAR), "Periode 12 (week 49–53)", "Period 12 (weeks 49–53)"),
        (
            period("four_weeks", *NOVEMBER, 2027),
            "Periode 12 van 2027 (week 45–48)",
            "Period 12 of 2027 (weeks 45–48)",
        ),
        (period("week", date(2026, 11, 16), date(2026, 11, 22)), "week 47", "week 47"),
        (period("week", date(2025, 11, 17), date(2025, 11, 23), 2025), "week 47 van 2025", "week 47 of 2025"),
        (period("month", date(2026, 11, 1), date(2026, 11, 30)), "november 2026", "November 2026"),
    ],
)
def test_a_period_by_its_calendar(app: Flask, of: PayPeriod, nl: str, en: str) -> None:
    assert said(app, "nl", formats.period, of) == nl
    assert said(app, "en", formats.period, of) == en
    beside = re.sub(r" \((.*)\)", r" <small>\1</small>", nl)
    assert said(app, "nl", formats.period_small, of) == beside[0].upper() + beside[1:]


@pytest.mark.parametrize(
    ("of", "nl", "en"),
    [
        (
            period("four_weeks", *NOVEMBER),
            "Periode 12 (week 45–48): 2 nov – 29 nov 2026",
            "Period 12 (weeks 45–48): 2 Nov – 29 Nov 2026",
        ),
        (
            period("four_weeks", *OVER_NEW_YEAR),
            "Periode 12 (week 49–53): 30 nov 2026 – 3 jan 2027",
            "Period 12 (weeks 49–53): 30 Nov 2026 – 3 Jan 2027",
        ),
        (
            period("week", date(2026, 11, 9), date(2026, 11, 15)),
            "Week 46: 9 nov – 15 nov 2026",
            "Week 46: 9 Nov – 15 Nov 2026",
        ),
        (
            period("month", date(2026, 11, 1), date(2026, 11, 30)),
            "November 2026: 1 nov – 30 nov 2026",
            "November 2026: 1 Nov – 30 Nov 2026",
        ),
    ],
)
def test_a_period_on_a_document(app: Flask, of: PayPeriod, nl: str, en: str) -> None:
    def named(one: PayPeriod) -> str:
        return period_names.with_days(one, gettext, formats.locale())

    assert said(app, "nl", named, of) == nl
    assert said(app, "en", named, of) == en


def test_days_left_counts_days_of_the_calendar(app: Flask) -> None:
    one = period("week", date(2026, 11, 16), date(2026, 11, 22))
    one.approve_by_at = clock.at(date(2026, 11, 30), datetime(2026, 1, 1, 12).time())
    assert formats.days_left(PayDate(one, None)) == 0
    one.approve_by_at = clock.at(date(2026, 12, 7), datetime(2026, 1, 1, 0).time())
    assert formats.days_left(PayDate(one, None)) == 7
    assert formats.days_left(PayDate(None, None)) is None


def test_hours_in_both_languages(app: Flask) -> None:
    assert said(app, "nl", formats.hours, 5550) == "92,50"
    assert said(app, "en", formats.hours, 5550) == "92.50"
    assert said(app, "nl", formats.hours, 440) == "7:20"
