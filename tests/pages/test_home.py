"""Home: what waits, one's own sheets, and where one is active."""

import re
from datetime import date, timedelta

import pytest
from flask import Flask
from playhouse.test_utils import count_queries

from konnekt.domain import clock
from konnekt.models import Assignment, BudgetNumber, Deputy, Event, Flag, Organisation, PayPeriod, Timesheet
from tests import factories
from tests.factories import World
from tests.visitor import Visitor


def crowd(world: World, how_many: int) -> list[Timesheet]:
    """Waiting sheets of as many workers at FSE, each the same 8 hours."""
    return [
        factories.sheet(
            factories.assignment(factories.worker("Tutor", f"Nummer {n:04}"), world.fse, world.fse_budget),
            world.period,
            {date(2026, 11, 5): 480},
        )
        for n in range(how_many)
    ]


def many(world: World, how_many: int) -> None:
    """The same without hours, quickly."""
    people = [factories.worker("Werknemer", f"{n:04}") for n in range(how_many)]
    for start in range(0, how_many, 100):
        Assignment.insert_many(
            [
                {
                    "code": f"M{start}-{person.id}",
                    "worker": person,
                    "organisation": world.fse,
                    "basis": "flexible",
                    "entered_by": "worker",
                    "first_on": date(2026, 1, 1),
                }
                for person in people[start : start + 100]
            ]
        ).execute()
    assignments = list(Assignment.select().where(Assignment.code.startswith("M")))
    for start in range(0, how_many, 100):
        Timesheet.insert_many(
            [
                {
                    "assignment": one,
                    "organisation": world.fse,
                    "pay_period": world.period,
                    "state": "submitted",
                    "minutes": 60,
                    "created_at": clock.now(),
                    "submitted_at": clock.now(),
                    "submitted_by": one.worker_id,
                }
                for one in assignments[start : start + 100]
            ]
        ).execute()


def test_greets_by_name_alone_and_names_the_day(app: Flask, world: World) -> None:
    page = Visitor(app, world.supervisor).get("/").text
    assert "<h1>Goedemorgen, Emre Dubois</h1>" in page
    assert "maandag 30 november" in page


@pytest.mark.parametrize(
    ("now", "words"),
    [
        ("2026-11-30T11:59", "Goedemorgen"),
        ("2026-11-30T12:00", "Goedemiddag"),
        ("2026-11-30T18:00", "Goedenavond"),
    ],
)
def test_greets_by_the_clock_of_amsterdam(app: Flask, world: World, now: str, words: str) -> None:
    clock.fix(now)
    assert words in Visitor(app, world.supervisor).get("/").text


def test_what_waits_stands_with_its_deadline(app: Flask, world: World) -> None:
    page = Visitor(app, world.supervisor).get("/").text
    assert "Vóór <b>ma 7 dec 12:00</b> goedgekeurd: uitbetaald <b>wo 9 dec</b>." in page
    assert f'href="/approvals/{world.sheet.id}">Noor Hendriks</a>' in page
    assert "15,50" in page
    assert "Periode 12 (week 45–48)" in page
    assert "Keur de 1 gewone goed · 15,50 uur" in page


@pytest.mark.parametrize("path", ["/", "/approvals"])
def test_calendars_with_one_deadline_are_one_line(app: Flask, world: World, path: str) -> None:
    weekly = factories.organisation("UB", calendar="week")
    factories.right(world.supervisor, weekly, approve=1)
    weeks = factories.periods("week", date(2026, 11, 23), 3)
    for week, days in zip(weeks, (0, 7, 14), strict=True):
        moments = {
            "approve_by_at": world.period.approve_by_at + timedelta(days),
            "pay_on": date(2026, 12, 9) + timedelta(days),
        }
        PayPeriod.update(moments).where(PayPeriod.id == week.id).execute()
    number = BudgetNumber.create(organisation=weekly, number="1")
    factories.sheet(factories.assignment(world.noor, weekly, number), weeks[0])
    visitor = Visitor(app, world.supervisor)
    text = " ".join(re.sub(r"<[^>]+>", "", visitor.get(path).text).split()).replace("\u00a0", " ")
    assert text.count("goedgekeurd: uitbetaald wo 9 dec. ") == 1
    assert "Daarna pas wo 16 dec (weken) of wo 6 jan (vier weken)." in text
    # Another deadline has a line of its own, and each says of which periods.
    PayPeriod.update(approve_by_at=world.period.approve_by_at - timedelta(1)).where(
        PayPeriod.id == weeks[0].id
    ).execute()
    text = " ".join(re.sub(r"<[^>]+>", "", visitor.get(path).text).split()).replace("\u00a0", " ")
    assert text.count("goedgekeurd: uitbetaald wo 9 dec. ") == 2
    assert "Periode 12 (week 45–48). Vóór ma 7 dec 12:00" in text
    assert "1 later uiterst moment" in text, "the room is for what waits"


def test_only_the_first_five_stand_on_the_page(app: Flask, world: World) -> None:
    crowd(world, 7)
    page = Visitor(app, world.supervisor).get("/").text
    assert page.count('id="home-sheet-') == 5
    assert "Alle 8 bekijken" in page


def test_nothing_to_approve(app: Flask, world: World) -> None:
    Timesheet.update(state="draft").execute()
    page = Visitor(app, world.supervisor).get("/").text
    assert "Niets te keuren." in page
    assert "gewone goed" not in page
    assert 'data-count="approvals.index" hidden>0<' in page


def test_without_the_right_there_is_no_block(app: Flask, world: World) -> None:
    for account in (world.registrar, world.staff, world.noor):
        page = Visitor(app, account).get("/").text
        assert 'id="home-approvals"' not in page
        assert 'href="/approvals"' not in page


def test_a_deputy_has_the_block_on_those_days_and_reads_for_whom(app: Flask, world: World) -> None:
    Deputy.create(
        organisation=world.fse,
        supervisor=world.supervisor,
        deputy=world.registrar,
        first_on=date(2026, 11, 30),
        last_on=date(2026, 12, 4),
        created_at=clock.now(),
        created_by=world.supervisor,
    )
    page = Visitor(app, world.registrar).get("/").text
    assert "Noor Hendriks" in page
    assert "namens Emre Dubois als vervanger" in page
    clock.fix("2026-12-05T09:00")
    assert 'id="home-approvals"' not in Visitor(app, world.registrar).get("/").text


def test_approve_one_in_place_and_undo_it(app: Flask, world: World) -> None:
    visitor = Visitor(app, world.supervisor).with_htmx()
    answer = visitor.post(f"/home/{world.sheet.id}/approve", {"seen": "1", "shown": str(world.sheet.id)})
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert answer.text.count("<section") == 1
    assert "Goedgekeurd" in answer.text
    assert "Ongedaan maken" in answer.text
    assert Timesheet.get_by_id(world.sheet.id).state == "approved"
    event = Event.get(Event.verb == "approve")
    assert event.actor == world.supervisor
    batch = event.batch
    answer = visitor.post("/home/undo", {"batch": batch, "shown": str(world.sheet.id)})
    assert answer.status_code == 200
    assert Timesheet.get_by_id(world.sheet.id).state == "submitted"
    assert f'action="/home/{world.sheet.id}/approve"' in answer.text


def test_the_menu_learns_the_new_count(app: Flask, world: World) -> None:
    crowd(world, 2)
    visitor = Visitor(app, world.supervisor).with_htmx()
    answer = visitor.post(f"/home/{world.sheet.id}/approve", {"seen": "1", "shown": str(world.sheet.id)})
    assert '"counts": {"approvals.index": 2}' in answer.headers["HX-Trigger"]


def test_without_javascript_it_redirects_to_what_was_decided(app: Flask, world: World) -> None:
    visitor = Visitor(app, world.supervisor)
    answer = visitor.post(f"/home/{world.sheet.id}/approve", {"seen": "1"})
    assert answer.status_code == 303
    assert answer.location == f"/approvals?decided={Event.get(Event.verb == 'approve').batch}"
    assert "1 goedgekeurd ·\u00a015,50 uur" in visitor.get(answer.location).text


@pytest.mark.parametrize("htmx", [True, False])
def test_an_old_revision_is_told_and_nothing_is_approved(app: Flask, world: World, htmx: bool) -> None:
    Timesheet.update(revision=2).execute()
    visitor = Visitor(app, world.supervisor)
    visitor.htmx = htmx
    answer = visitor.post(f"/home/{world.sheet.id}/approve", {"seen": "1", "shown": str(world.sheet.id)})
    assert answer.status_code == 409
    assert "data-error-summary" in answer.text
    assert ("<html" in answer.text) is not htmx
    assert Timesheet.get_by_id(world.sheet.id).state == "submitted"


def test_what_the_button_carries_is_read_strictly(app: Flask, world: World) -> None:
    visitor = Visitor(app, world.supervisor)
    assert visitor.post(f"/home/{world.sheet.id}/approve", {"seen": "een"}).status_code == 422
    assert visitor.post(f"/home/{world.sheet.id}/approve").status_code == 422
    assert Timesheet.get_by_id(world.sheet.id).state == "submitted"


def test_the_ordinary_ones_are_those_that_were_counted(app: Flask, world: World) -> None:
    others = crowd(world, 2)
    Flag.create(timesheet=others[0], revision=1, code="first", detail={})
    visitor = Visitor(app, world.supervisor)
    page = visitor.get("/").text
    assert "Keur de 2 gewone goed · 23,50 uur" in page
    fingerprint = page.partition('name="fingerprint" value="')[2].partition('"')[0]
    assert visitor.post("/home/ordinary", {"fingerprint": "0"}).status_code == 409
    assert visitor.post("/home/ordinary", {"fingerprint": fingerprint}).status_code == 303
    assert {sheet.id for sheet in Timesheet.select().where(Timesheet.state == "approved")} == {
        world.sheet.id,
        others[1].id,
    }


def test_somebody_elses_sheet_is_404_and_ones_organisation_without_the_right_403(
    app: Flask, world: World
) -> None:
    url = f"/home/{world.sheet.id}/approve"
    assert Visitor(app, world.outsider).post(url, {"seen": "1"}).status_code == 404
    assert Visitor(app, world.registrar).post(url, {"seen": "1"}).status_code == 403
    assert Visitor(app, world.noor).post(url, {"seen": "1"}).status_code == 403
    assert Timesheet.get_by_id(world.sheet.id).state == "submitted"


def test_changes_are_posts(app: Flask, world: World) -> None:
    visitor = Visitor(app, world.supervisor)
    for url in (f"/home/{world.sheet.id}/approve", "/home/ordinary", "/home/undo"):
        assert visitor.get(url).status_code == 405


def test_organisations_say_what_i_may_do_and_how_many_work_there(app: Flask, world: World) -> None:
    fixed = factories.worker("Vaste", "Kracht")
    factories.assignment(fixed, world.fse, world.fse_budget, basis="fixed")
    gone = factories.worker("Vorige", "Kracht")
    factories.assignment(gone, world.fse, world.fse_budget, last_on=date(2026, 11, 29))
    factories.assignment(world.noor, world.fse, world.fse_budget, job_title="Tweede baan")
    page = Visitor(app, world.supervisor).get("/").text
    assert 'href="/organisations/FSE"' in page
    assert "2 werknemers, 1 met vaste uren" in page
    assert "LAW" not in page
    assert ">goedkeuren</span>" in page
    assert ">facturen</span>" in page
    assert ">invoeren</span>" not in page


def test_the_agency_sees_all_organisations(app: Flask, world: World) -> None:
    page = Visitor(app, world.staff).get("/").text
    assert 'href="/organisations/FSE"' in page
    assert 'href="/organisations/LAW"' in page


def test_a_worker_sees_own_sheets_and_no_others(app: Flask, world: World) -> None:
    crowd(world, 1)
    factories.sheet(world.assignment, world.periods[10], state="rejected", rejection_reason="18 nov dubbel")
    page = Visitor(app, world.noor).get("/").text
    assert "Mijn eigen uren" in page
    assert "Te keuren" in page
    assert "18 nov dubbel" in page
    assert "Tutor" not in page
    assert "geen organisatie actief" not in page


def test_somebody_with_nothing_is_told_who_to_ask(app: Flask, world: World) -> None:
    page = Visitor(app, factories.account("Nieuwe", "Collega")).get("/").text
    assert "U bent in geen organisatie actief." in page
    assert "043-388 2688" in page


def test_names_are_shown_as_typed(app: Flask, world: World) -> None:
    odd = factories.worker("<b>", "O’Brien & =1+1")
    factories.sheet(factories.assignment(odd, world.fse, world.fse_budget), world.period)
    Organisation.update(name="<i>FSE</i>").where(Organisation.id == world.fse).execute()
    page = Visitor(app, world.supervisor).get("/").text
    assert "&lt;b&gt; O’Brien &amp; =1+1" in page
    assert "<i>FSE" not in page


def test_the_number_of_statements_is_fixed(app: Flask, world: World) -> None:
    visitor = Visitor(app, world.supervisor)
    crowd(world, 9)
    with count_queries() as few:
        visitor.get("/")
    many(world, 990)
    with count_queries() as lots:
        page = visitor.get("/").text
    assert "Alle 1000 bekijken" in page
    assert few.count == lots.count
    assert lots.count <= 7


def test_periods_of_two_calendars_name_themselves(app: Flask, world: World) -> None:
    weeks = factories.periods("week", date(2026, 11, 16), 8)
    skills = factories.organisation("SKILLS", calendar="week")
    factories.right(world.supervisor, skills, approve=1)
    budget = factories.BudgetNumber.create(organisation=skills, number="1")
    tutor = factories.worker("Thuỳ", "Nguyễn")
    factories.sheet(factories.assignment(tutor, skills, budget), PayPeriod.get_by_id(weeks[0].id))
    page = Visitor(app, world.supervisor).get("/").text
    assert "week 47" in page
    assert "Periode 12 (week 45–48)" in page
