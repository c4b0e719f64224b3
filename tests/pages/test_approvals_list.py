"""GET /approvals: what is shown, filters, pages that keep what is ticked, a fixed number of statements."""

import re
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from playhouse.test_utils import count_queries

from konnekt.domain import clock
from konnekt.models import Flag, PayPeriod, Timesheet
from tests import factories
from tests.factories import World
from tests.pages.test_approve import more, pick
from tests.visitor import Visitor


@pytest.fixture
def emre(app: Flask, world: World) -> Visitor:
    return Visitor(app, world.supervisor)


def names(html: str) -> list[str]:
    return re.findall(r'href="/approvals/\d+" hx-get>([^<]+)</a>', html)


def many(world: World, how_many: int) -> None:
    """Waiting sheets, each with a flag."""
    names = [("Werknemer", f"{n:04}") for n in range(how_many)]
    hours = {world.period.first_on: 60}
    made = factories.sheets(world.fse, world.fse_budget, world.period, names, hours)
    Flag.insert_many(
        [{"timesheet": sheet, "revision": 1, "code": "first", "detail": {}} for sheet in made]
    ).execute()


def test_names_are_text(app: Flask, world: World) -> None:
    for last in ("=1+1", "<b>vet</b>", "O’Brien", "😀", "שלום", "{{7*7}}"):
        person = factories.worker("Wie", last)
        factories.sheet(factories.assignment(person, world.fse, world.fse_budget), world.period)
    page = Visitor(app, world.supervisor).client.get("/approvals").text
    for shown in (
        "Wie =1+1",
        "Wie &lt;b&gt;vet&lt;/b&gt;",
        "Wie O’Brien",
        "Wie 😀",
        "Wie שלום",
        "Wie {{7*7}}",
    ):
        assert shown in page
    assert "<b>vet" not in page


def test_filters(emre: Visitor, world: World) -> None:
    earlier = factories.sheet(world.assignment, world.periods[10])
    soren = factories.worker("Søren", "Bergström")
    factories.sheet(factories.assignment(soren, world.fse, world.fse_budget), world.period)
    factories.right(world.supervisor, world.law, approve=1)
    hers = factories.assignment(factories.worker("Łucja", "Nowak"), world.law, world.law_budget)
    factories.sheet(hers, world.period)
    assert len(names(emre.get("/approvals").text)) == 4
    assert names(emre.get("/approvals?organisation=LAW").text) == ["Łucja Nowak"]
    assert names(emre.get(f"/approvals?period={earlier.pay_period_id}").text) == ["Noor Hendriks"]
    assert names(emre.get("/approvals?name=BERGSTROM").text) == ["Søren Bergström"]
    assert names(emre.get("/approvals?name=bergstrom+s").text) == ["Søren Bergström"]
    assert names(emre.get("/approvals?name=%25").text) == []
    assert names(emre.get("/approvals?name=_").text) == []
    nothing = emre.get("/approvals?name=Jansen")
    assert "Jansen" in nothing.text
    assert "Geen wachtend urenbriefje past bij dit filter" in nothing.text
    for odd in ("period=x", "period=99999999999", "organisation=x", "page=-1", "page=0", "page=x"):
        assert emre.get(f"/approvals?{odd}").status_code == 200


def test_empty(emre: Visitor, world: World) -> None:
    Timesheet.update(state="draft").execute()
    assert "Niets te keuren" in emre.get("/approvals").text


def test_deadline(emre: Visitor, world: World) -> None:
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", emre.get("/approvals").text))
    assert "Vóór ma 7 dec 12:00 goedgekeurd: uitbetaald wo 9 dec. Daarna pas" in text
    clock.fix("2026-12-07T12:00")
    emre.sign_in(world.supervisor)
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", emre.get("/approvals").text))
    assert "Vóór ma 4 jan 12:00 goedgekeurd" in text
    PayPeriod.update(approve_by_at=clock.now(), submit_by_at=clock.now()).execute()
    assert "etaaldatum nog onbekend" in emre.get("/approvals").text


def test_own_and_foreign_sheets_do_not_wait_for_me(emre: Visitor, world: World) -> None:
    own = factories.assignment(world.supervisor, world.fse, world.fse_budget)
    factories.sheet(own, world.period)
    foreign = factories.assignment(factories.worker(), world.law, world.law_budget)
    factories.sheet(foreign, world.period)
    assert names(emre.get("/approvals").text) == ["Noor Hendriks"]


def test_a_deputy_sees_them_on_those_days(app: Flask, world: World) -> None:
    from konnekt.domain.approvals import deputy_requests

    lars = Visitor(app, world.registrar)
    assert lars.get("/approvals").status_code == 403
    today = clock.today()
    asked = deputy_requests.ask("FSE", world.registrar.email, today, today, by=world.supervisor)
    assert lars.get("/approvals").status_code == 403, "asked is not yet yes"
    deputy_requests.accept(asked, by=world.registrar)
    assert names(lars.get("/approvals").text) == ["Noor Hendriks"]
    clock.fix((clock.now() + timedelta(days=1)).isoformat())
    fresh = Visitor(app, world.registrar)
    assert fresh.get("/approvals").status_code == 403


def test_pages_keep_what_is_ticked(emre: Visitor, world: World) -> None:
    more(world, 45)
    first = emre.get("/approvals")
    assert len(names(first.text)) == 35
    assert re.search(r'<a [^>]*rel="next" href="/approvals\?page=2"', first.text)
    ticked = re.findall(r'name="pick" value="(\d+:\d+)"', first.text)[:2]
    for htmx in (False, True):
        emre.htmx = htmx
        second = emre.post("/approvals/approve", {"pick": ticked, "page": 2})
        assert second.status_code == 200
        assert len(names(second.text)) == 11
        for value in ticked:
            assert f'<input type="hidden" name="pick" value="{value}"' in second.text
        back = emre.post("/approvals/approve", {"pick": ticked, "page": 1})
        assert len(re.findall(r'data-minutes="\d+" checked', back.text)) == 2
    assert Timesheet.select().where(Timesheet.state == "approved").count() == 0


def test_a_tick_of_an_old_revision_is_not_kept(emre: Visitor, world: World) -> None:
    Timesheet.update(revision=2).execute()
    again = emre.post("/approvals/approve", {"pick": pick(world.sheet), "page": 1})
    assert "checked" not in again.text


def test_tick_all_without_javascript(emre: Visitor, world: World) -> None:
    more(world, 3)
    found = re.search(r'href="(/approvals\?[^"]*all=[^"]+)"', emre.get("/approvals").text)
    assert found
    assert emre.get(unescape(found[1])).text.count(" checked>") == 4
    Timesheet.update(revision=2).where(Timesheet.id == world.sheet).execute()
    assert " checked>" not in emre.get(unescape(found[1])).text, "not as it was seen: nothing is ticked"
    more(world, 1)
    assert " checked>" not in emre.get(unescape(found[1])).text, "nor what came since"


@pytest.mark.parametrize("query", ["", "?name=werknemer", "?page=2"])
def test_the_number_of_statements_is_fixed(app: Flask, world: World, query: str) -> None:
    def statements() -> int:
        emre = Visitor(app, world.supervisor)
        emre.get("/approvals" + query)
        with count_queries() as counted:
            assert emre.client.get("/approvals" + query).status_code == 200
        return counted.count

    many(world, 60)
    few = statements()
    many(world, 440)
    assert statements() == few
    assert few <= 6


@pytest.mark.parametrize("url", ["/", "/approvals/{sheet}", "/account", "/organisations/FSE"])
def test_other_pages_too(app: Flask, world: World, url: str) -> None:
    def statements() -> int:
        emre = Visitor(app, world.supervisor)
        emre.get(url.format(sheet=world.sheet.id))
        with count_queries() as counted:
            assert emre.client.get(url.format(sheet=world.sheet.id)).status_code == 200
        return counted.count

    many(world, 10)
    few = statements()
    many(world, 150)
    assert statements() == few


def test_a_page_beyond_the_last_is_the_last(emre: Visitor, world: World) -> None:
    more(world, 45)
    for number in (3, 99, 10_000):
        beyond = emre.get(f"/approvals?page={number}").text
        assert "Niets te keuren" not in beyond
        assert len(names(beyond)) == 11
        assert "Pagina 2 van 2" in beyond


def test_a_filter_without_rows_does_not_say_that_nothing_waits(emre: Visitor, world: World) -> None:
    page = emre.get("/approvals?name=Jansen").text
    assert "Er wacht niets op u" not in page
    Timesheet.update(state="draft").execute()
    assert "Er wacht niets op u" in emre.get("/approvals").text


def following(html: str) -> str:
    found = re.search(r'rel="next" href="([^"]*)"', html)
    return found[1] if found else ""


def test_the_next_page_skips_nothing_after_approving_in_place(emre: Visitor, world: World) -> None:
    more(world, 99)

    def approve(page: str, how_many: int) -> str:
        picks = re.findall(r'name="pick" value="(\d+:\d+)"', page)
        at = re.search(r'name="at" value="(\d+)"', page)
        data = {"pick": picks[:how_many], "shown": ".".join(pick.partition(":")[0] for pick in picks)}
        return emre.with_htmx().post("/approvals/approve", data | ({"at": at[1]} if at else {})).text

    everything = approve(emre.get("/approvals").text, 35)
    assert following(everything) == "/approvals?page=1"
    second = emre.get("/approvals?page=2").text
    assert following(second) == ""
    assert following(approve(second, 30)) == ""
    some = approve(emre.get("/approvals").text, 10)
    assert following(some) == ""
    more(world, 60)
    some = approve(emre.get("/approvals?page=2").text, 10)
    assert following(some) == "/approvals?page=2"
    assert "Pagina 2 van" in some


def test_a_batch_that_is_not_mine_shows_nothing(app: Flask, emre: Visitor, world: World) -> None:
    factories.right(world.outsider, world.fse, approve=1)
    hanna = Visitor(app, world.outsider)
    theirs = hanna.post("/approvals/approve", {"pick": pick(world.sheet)}).location + "&show=1"
    assert "Zojuist beslist" in hanna.get(theirs).text
    for address in (theirs, "/approvals?decided=unknown&show=1"):
        assert "Zojuist beslist" not in emre.get(address).text


def as_text(html: str) -> str:
    """What a text browser shows: it knows neither templates, nor styles, nor what is hidden."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", re.sub(r"(?s)<!--.*?-->", "", html)))


def test_a_text_browser_shows_nothing_that_only_scripts_make_true(emre: Visitor, world: World) -> None:
    more(world, 45)
    page = emre.get("/approvals").text
    text = as_text(page)
    assert "Dat is niet gelukt" not in text
    assert "gekozen" not in text, "nobody counts there"
    assert "Keuze wissen" not in text
    assert text.count("Alles op deze pagina aanvinken") == 1
    ticked = re.findall(r'name="pick" value="(\d+:\d+)"', page)[:2]
    assert "2 gekozen op andere pagina’s" in as_text(
        emre.post("/approvals/approve", {"pick": ticked, "page": 2}).text
    )
