"""The page of an organisation."""

from datetime import date

import pytest
from flask import Flask
from playhouse.test_utils import count_queries

from konnekt.domain import clock
from konnekt.models import Assignment, Deputy, Organisation, Right
from tests import factories
from tests.factories import World
from tests.visitor import Visitor


def test_whoever_has_a_right_there_and_the_agency_see_it(app: Flask, world: World) -> None:
    for account in (world.supervisor, world.registrar, world.staff):
        assert Visitor(app, account).get("/organisations/FSE").status_code == 200


def test_for_others_it_does_not_exist(app: Flask, world: World) -> None:
    for account in (world.outsider, world.noor):
        assert Visitor(app, account).get("/organisations/FSE").status_code == 404
    assert Visitor(app, world.staff).get("/organisations/NOPE").status_code == 404
    assert Visitor(app).get("/organisations/FSE").status_code == 303


def test_it_is_only_read(app: Flask, world: World) -> None:
    assert Visitor(app, world.supervisor).post("/organisations/FSE").status_code == 405


def test_workers_with_their_assignment_and_state(app: Flask, world: World) -> None:
    clock.fix("2026-11-27T09:00")
    max_one = factories.worker("Søren", "Bergström")
    factories.assignment(
        max_one,
        world.fse,
        world.fse_budget,
        job_title="Tutor",
        entered_by="organisation",
        last_on=date(2026, 12, 31),
        max_minutes_per_week=16 * 60,
    )
    page = Visitor(app, world.supervisor).get("/organisations/FSE").text
    assert "Periode 12 <small>week 45–48</small>" in page
    assert "Te keuren" in page
    assert "15,50" in page
    assert "voert zelf in" in page
    assert "organisatie voert in" in page
    assert "vanaf 1 jan 2026 tot en met 31 dec 2026" in page
    assert "max. 16,00 uur per week" in page
    assert "nog niet begonnen" in page


def test_fixed_hours_are_shown_as_such(app: Flask, world: World) -> None:
    factories.assignment(
        factories.worker("Vaste", "Kracht"), world.fse, world.fse_budget, basis="fixed", job_title="Docent"
    )
    page = Visitor(app, world.supervisor).get("/organisations/FSE").text
    row = page.partition("Vaste Kracht")[2].partition("</tbody>")[0]
    assert "vaste uren" in row
    assert "nog niet begonnen" not in row
    assert "voert zelf in" not in row


def test_who_left_is_gone_and_who_comes_is_there(app: Flask, world: World) -> None:
    factories.assignment(
        factories.worker("Al", "Weg"), world.fse, world.fse_budget, last_on=date(2026, 11, 29)
    )
    factories.assignment(
        factories.worker("Komt", "Nog"), world.fse, world.fse_budget, first_on=date(2027, 2, 1)
    )
    page = Visitor(app, world.supervisor).get("/organisations/FSE").text
    assert "Al Weg" not in page
    assert "Komt Nog" in page
    assert "vanaf 1 feb 2027" in page


def test_never_a_rate(app: Flask, world: World) -> None:
    for account in (world.supervisor, world.registrar):
        page = Visitor(app, account).get("/organisations/FSE").text
        assert "18,32" not in page
        assert "31,51" not in page
        assert "€" not in page


def test_who_only_sees_invoices_sees_no_sheets(app: Flask, world: World) -> None:
    clock.fix("2026-11-27T09:00")
    reader = factories.account("Factuur", "Lezer")
    factories.right(reader, world.fse, invoices=1)
    page = Visitor(app, reader).get("/organisations/FSE").text
    assert "Noor Hendriks" in page
    assert "Te keuren" not in page
    assert "15,50" not in page


def test_who_does_what_and_who_stands_in(app: Flask, world: World) -> None:
    Deputy.create(
        organisation=world.fse,
        supervisor=world.supervisor,
        deputy=world.outsider,
        first_on=date(2026, 11, 30),
        last_on=date(2026, 12, 4),
        created_at=clock.now(),
        created_by=world.supervisor,
    )
    asleep = factories.account("Oud", "Account", is_active=False)
    factories.right(asleep, world.fse, approve=1)
    page = Visitor(app, world.registrar).get("/organisations/FSE").text
    people = page.partition('id="organisation-people"')[2]
    assert "Emre Dubois" in people
    assert "Lars Maes" in people
    assert "Vervanger van Emre Dubois" in people
    assert "Hanna Haddad, ma 30 nov – vr 4 dec" in people
    assert "Oud Account" not in people
    deputy = Visitor(app, world.outsider).get("/organisations/FSE")
    assert deputy.status_code == 200
    assert "namens Emre Dubois als vervanger" in deputy.text


def test_rights_never_inherit_a_parent_only_groups(app: Flask, world: World) -> None:
    factories.organisation("FSE-DACS", name="FSE – DACS", parent=world.fse)
    other = factories.organisation("FSE-OTHER", name="FSE – Other", parent=world.fse)
    child = factories.organisation("FSE-CHILD", name="FSE – Child", parent=world.fse)
    factories.right(world.supervisor, child, approve=1)
    visitor = Visitor(app, world.supervisor)
    page = visitor.get("/organisations/FSE").text
    assert 'href="/organisations/FSE-CHILD"' in page
    assert "FSE-DACS" not in page
    assert "FSE-OTHER" not in page
    assert visitor.get("/organisations/FSE-OTHER").status_code == 404
    assert "onderdeel van Faculty of Science and Engineering" in visitor.get("/organisations/FSE-CHILD").text
    assert Right.select().where(Right.organisation == other).count() == 0
    assert "FSE-OTHER" in Visitor(app, world.staff).get("/organisations/FSE").text


def test_an_empty_organisation_says_so(app: Flask, world: World) -> None:
    page = Visitor(app, world.outsider).get("/organisations/LAW").text
    assert "Op dit moment werkt hier niemand." in page
    assert "Vier ogen" in page


def staffed(world: World, how_many: int) -> None:
    people = [factories.worker("Werknemer", f"Nummer {n:04}") for n in range(how_many)]
    Assignment.insert_many(
        [
            {
                "code": f"M{person.id}",
                "worker": person,
                "organisation": world.fse,
                "basis": "flexible",
                "entered_by": "worker",
                "first_on": date(2026, 1, 1),
            }
            for person in people
        ]
    ).execute()


def test_long_lists_page(app: Flask, world: World) -> None:
    staffed(world, 60)
    visitor = Visitor(app, world.supervisor)
    first, second = (visitor.get(f"/organisations/FSE?page={n}").text for n in (1, 2))
    assert first.count('class="row"') == 50
    assert 'rel="next" href="/organisations/FSE?page=2"' in first
    assert 'rel="prev"' not in first
    assert second.count('class="row"') == 11
    assert 'rel="prev" href="/organisations/FSE?page=1"' in second
    assert 'rel="next"' not in second


@pytest.mark.parametrize("page", ["0", "-3", "99999999999999999999", "x", ""])
def test_an_odd_page_number_is_no_crash(app: Flask, world: World, page: str) -> None:
    assert Visitor(app, world.supervisor).get(f"/organisations/FSE?page={page}").status_code == 200


def test_the_number_of_statements_is_fixed(app: Flask, world: World) -> None:
    visitor = Visitor(app, world.supervisor)
    with count_queries() as few:
        visitor.get("/organisations/FSE")
    staffed(world, 200)
    for n in range(20):
        child = factories.organisation(f"FSE-{n}", parent=world.fse)
        factories.right(world.supervisor, child, approve=1)
        factories.right(factories.account("Nog", f"Iemand {n}"), world.fse, approve=1)
    with count_queries() as lots:
        visitor.get("/organisations/FSE")
    assert few.count == lots.count
    assert lots.count <= 11


def test_a_code_is_found_as_it_is(app: Flask, world: World) -> None:
    Organisation.update(code="FSE & Co/2").where(Organisation.id == world.fse).execute()
    visitor = Visitor(app, world.supervisor)
    assert 'href="/organisations/FSE%20&amp;%20Co/2"' in visitor.get("/").text
    assert visitor.get("/organisations/FSE%20&%20Co/2").status_code == 200


def test_a_page_beyond_the_last_is_the_last(app: Flask, world: World) -> None:
    emre = Visitor(app, world.supervisor)
    beyond = emre.get("/organisations/FSE?page=7").text
    assert "Noor Hendriks" in beyond
    assert "Op dit moment werkt hier niemand" not in beyond


def test_a_sheet_of_this_period_is_opened_from_here_by_who_may_see_it(app: Flask, world: World) -> None:
    sheet = factories.sheet(world.assignment, world.periods[12], state="approved")
    reader = factories.account("Only", "Invoices")
    factories.right(reader, world.fse, invoices=1)
    link = f'href="/approvals/{sheet.id}"'
    for account in (world.supervisor, world.registrar, world.staff):
        visitor = Visitor(app, account)
        assert link in visitor.get("/organisations/FSE").text
        assert visitor.get(f"/approvals/{sheet.id}").status_code == 200
    assert link not in Visitor(app, reader).get("/organisations/FSE").text
