"""GET /timesheets: all that one may see, by worker, organisation, period and state, to download as well."""

import csv
import io
import re
from datetime import date
from zipfile import ZipFile

import pytest
from flask import Flask
from peewee import SqliteDatabase
from playhouse.test_utils import count_queries

from konnekt.db import db
from konnekt.domain import access
from konnekt.domain.timesheets import listing
from konnekt.domain.timesheets.listing import SheetFilter
from konnekt.models import Timesheet
from tests import factories
from tests.factories import World
from tests.visitor import Visitor

LIST = "/timesheets"
NAME = re.compile(r'<th scope="row" class="who"><a href="/approvals/(\d+)">([^<]+)</a>')


@pytest.fixture
def emre(app: Flask, world: World) -> Visitor:
    return Visitor(app, world.supervisor)


def names(html: str) -> list[str]:
    return [name for _, name in NAME.findall(html)]


def past(world: World) -> Timesheet:
    """An approved sheet of Noor of the year before."""
    period = factories.periods("week", date(2025, 6, 2), 1)[0]
    type(period).update(year=2025, calendar="four_weeks", number=6).where(
        type(period).id == period.id
    ).execute()
    return factories.sheet(world.assignment, period, state="approved")


def test_any_state_the_latest_period_first(emre: Visitor, world: World) -> None:
    for number, state in ((10, "approved"), (9, "rejected"), (8, "draft")):
        factories.sheet(world.assignment, world.periods[number], state=state)
    shown = emre.get(LIST).text
    assert names(shown) == ["Noor Hendriks"] * 4
    found = re.findall(r"<small>(Periode \d+) ", shown)
    assert found == ["Periode 12", "Periode 11", "Periode 10", "Periode 9"]
    assert names(emre.get(f"{LIST}?state=approved").text) == ["Noor Hendriks"]
    assert len(names(emre.get(f"{LIST}?state=nothing").text)) == 4
    assert "€" not in shown


def test_everybody_sees_what_is_theirs(app: Flask, emre: Visitor, world: World) -> None:
    hers = factories.assignment(factories.worker("Łucja", "Nowak"), world.law, world.law_budget)
    factories.sheet(hers, world.period)
    elsewhere = factories.assignment(world.noor, world.law, world.law_budget)
    factories.sheet(elsewhere, world.periods[10])
    both = {"Noor Hendriks", "Łucja Nowak"}
    for who, expected in (
        (world.supervisor, ["Noor Hendriks"]),
        (world.registrar, ["Noor Hendriks"]),
        (world.noor, ["Noor Hendriks"] * 2),
        (world.outsider, ["Łucja Nowak", "Noor Hendriks"]),
    ):
        assert names(Visitor(app, who).get(LIST).text) == expected, who.name
    assert set(names(Visitor(app, world.staff).get(LIST).text)) == both
    nowhere = factories.account("Nie", "Mand")
    assert Visitor(app, nowhere).get(LIST).status_code == 403


def test_of_somebody_else_nothing_is_told(app: Flask, emre: Visitor, world: World) -> None:
    stranger = factories.worker("Łucja", "Nowak")
    factories.sheet(factories.assignment(stranger, world.law, world.law_budget), world.period)
    for narrowing in (f"of={stranger.id}", "q=nowak", "organisation=LAW", "of=999999"):
        shown = emre.get(f"{LIST}?{narrowing}").text
        assert "Geen urenbriefje gevonden" in shown
        assert "Łucja" not in shown
        assert "Rechtsgeleerdheid" not in shown


def test_from_a_name_to_all_of_that_worker(app: Flask, emre: Visitor, world: World) -> None:
    earlier = past(world)
    other = factories.assignment(factories.worker("Søren", "Bergström"), world.fse, world.fse_budget)
    factories.sheet(other, world.period)
    for visitor, page in (
        (emre, f"/approvals/{world.sheet.id}"),
        (emre, "/organisations/FSE"),
        (
            Visitor(app, world.registrar),
            f"/registration/{world.assignment.code}?year=2026&period=12",
        ),
        (Visitor(app, world.staff), f"/bureau/people/{world.noor.id}"),
    ):
        way = f"{LIST}?of={world.noor.id}"
        assert f'href="{way}"' in visitor.get(page).text, page
        shown = visitor.get(way).text
        assert names(shown) == ["Noor Hendriks"] * 2
        assert f"/approvals/{earlier.id}" in shown, "of all years"
        assert "<b>Noor Hendriks</b>" in shown
    assert names(emre.get(f"{LIST}?of={world.noor.id}&year=2025").text) == ["Noor Hendriks"]
    assert names(emre.get(f"{LIST}?of={world.noor.id}&q=bergstrom").text) == ["Søren Bergström"]


def test_filters(emre: Visitor, world: World) -> None:
    past(world)
    factories.right(world.supervisor, world.law, approve=1)
    soren = factories.worker("Søren", "Bergström")
    factories.sheet(factories.assignment(soren, world.law, world.law_budget), world.periods[10])
    everything = emre.get(LIST).text
    assert names(everything) == ["Noor Hendriks", "Søren Bergström"], "this year's"
    assert names(emre.get(f"{LIST}?organisation=LAW").text) == ["Søren Bergström"]
    assert names(emre.get(f"{LIST}?period={world.period.id}").text) == ["Noor Hendriks"]
    assert names(emre.get(f"{LIST}?year=2025").text) == ["Noor Hendriks"]
    assert names(emre.get(f"{LIST}?q=BERGSTROM+s").text) == ["Søren Bergström"]
    assert names(emre.get(f"{LIST}?q=%25").text) == []
    for odd in ("period=x", "year=9", "of=x", "page=x", "page=99"):
        assert emre.get(f"{LIST}?{odd}").status_code == 200
    fragment = emre.with_htmx().get(f"{LIST}?q=noor").text
    assert fragment.lstrip().startswith('<div id="timesheets-list"')


def test_a_name_that_many_have(app: Flask, emre: Visitor, world: World) -> None:
    people = [("Jan", f"Jansen {number:02}") for number in range(listing.MOST_NAMED + 2)]
    factories.sheets(world.fse, world.fse_budget, world.period, people)
    cut = emre.get(f"{LIST}?q=jansen").text
    assert "Veel werknemers heten zo" in cut
    assert "50 urenbriefjes" in cut
    assert "Veel werknemers" not in emre.get(f"{LIST}?q=jansen+07").text


def test_pages_in_a_fixed_number_of_statements(app: Flask, emre: Visitor, world: World) -> None:
    def statements(query: str, who: Visitor) -> int:
        who.get(LIST + query)
        with count_queries() as counted:
            assert who.client.get(LIST + query).status_code == 200
        return counted.count

    staff = Visitor(app, world.staff)
    cases = [("", emre), ("?q=worker", emre), (f"?of={world.noor.id}", emre), ("", staff), ("?page=2", emre)]
    factories.sheets(world.fse, world.fse_budget, world.period, [("Worker", f"A{n}") for n in range(60)])
    few = [statements(*case) for case in cases]
    factories.sheets(world.fse, world.fse_budget, world.periods[9], [("Worker", f"B{n}") for n in range(150)])
    assert [statements(*case) for case in cases] == few
    assert max(few) <= 10
    first, second = emre.get(LIST).text, emre.get(f"{LIST}?page=2").text
    assert 'rel="next" href="/timesheets?page=2"' in first
    assert (len(names(first)), len(names(second))) == (50, 50)
    assert not set(NAME.findall(first)) & set(NAME.findall(second))


def test_the_files_hold_what_is_found(app: Flask, emre: Visitor, world: World) -> None:
    factories.sheet(world.assignment, world.periods[10], {world.periods[10].first_on: 440}, state="approved")
    answer = emre.get(f"{LIST}/list.csv")
    assert answer.headers["Content-Disposition"] == "attachment; filename=urenbriefjes.csv"
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))
    assert [(row["Werknemer"], row["Uren"], row["Status"]) for row in rows] == [
        ("Noor Hendriks", "15,50", "Te keuren"),
        ("Noor Hendriks", "7,3333", "Goedgekeurd"),
    ]
    assert "tarief" not in answer.text.lower()
    assert len(emre.get(f"{LIST}/list.csv?state=approved").text.splitlines()) == 2
    book = emre.get(f"{LIST}/list.xlsx?q=noor")
    assert "Noor Hendriks" in ZipFile(io.BytesIO(book.data)).read("xl/worksheets/sheet1.xml").decode()


def test_a_file_of_too_many_rows_is_refused(
    emre: Visitor, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MOST_ROWS", 0)
    for ending in ("csv", "xlsx"):
        answer = emre.get(f"{LIST}/list.{ending}")
        assert answer.status_code == 422
        assert "Een bestand bevat hooguit 0 urenbriefjes" in answer.text


def test_no_list_goes_through_all_timesheets(world: World) -> None:
    """An index has organisation, state and period; a worker's sheets are found by the assignments.

    PostgreSQL would go through a table as small as this one: SQLite plans without looking how large it is.
    """
    if not isinstance(db.obj, SqliteDatabase):
        return
    narrowings: list[SheetFilter] = [
        SheetFilter(), SheetFilter(state="approved"), SheetFilter(organisation="FSE"), SheetFilter(text="noor"),
        SheetFilter(worker=world.noor.id), SheetFilter(period=world.period.id),
    ]  # fmt: skip
    said: list[tuple[str, tuple[object, ...]]] = []
    db.obj.query_hooks.append(lambda event: said.append((event.sql, event.params)))
    for who in (world.supervisor, world.noor, world.registrar, world.staff):
        for by in narrowings:
            listing.load(access.grants(who), by)
    db.obj.query_hooks.pop()
    ours = [(sql, values) for sql, values in said if 'FROM "timesheet" AS "t1"' in sql]
    assert len(ours) > 4 * len(narrowings)
    for sql, values in ours:
        plan = [row[3] for row in db.execute_sql(f"EXPLAIN QUERY PLAN {sql}", values)]
        assert not [line for line in plan if line.startswith("SCAN t1")], (sql, plan)
