"""/bureau/assignments: list, add in three steps, change, end, delete; and the dated rates on its page."""

import re
from datetime import date

import pytest
from flask import Flask
from playhouse.test_utils import count_queries

from konnekt.models import Account, Assignment, Event, Organisation, Rate, Timesheet
from tests import factories
from tests.domain.records.test_rates import paid
from tests.factories import World
from tests.visitor import Visitor


@pytest.fixture
def staff(app: Flask, world: World) -> Visitor:
    return Visitor(app, world.staff)


def names(html: str) -> list[str]:
    return re.findall(r'href="/bureau/assignments/\d+">([^<]+)</a>', html)


def typed(world: World, **changed: str) -> dict[str, str]:
    return {
        "worker": world.noor.employee_number or "",
        "organisation": "LAW",
        "code": "B-1",
        "job_title": "Surveillant",
        "basis": "flexible",
        "entered_by": "organisation",
        "first_on": "2026-12-01",
        "last_on": "",
        "budget_number": str(world.law_budget.id),
        "max_minutes_per_week": "16",
        **changed,
    }


def at(world: World, rest: str = "") -> str:
    return f"/bureau/assignments/{world.assignment.id}{rest}"


def terms(world: World, **changed: str) -> dict[str, str]:
    """What the form of Noor's assignment holds."""
    return {
        "job_title": "Studentassistent",
        "basis": "flexible",
        "entered_by": "worker",
        "first_on": "2026-01-01",
        "last_on": "",
        "budget_number": str(world.fse_budget.id),
        "max_minutes_per_week": "",
        **changed,
    }


def field(html: str, name: str) -> str:
    found = re.search(rf'<input[^>]*name="{name}"[^>]*value="([^"]*)"', html)
    assert found is not None, f"no input {name}"
    return found[1]


@pytest.mark.parametrize("who", ["supervisor", "registrar", "noor"])
def test_nobody_else(app: Flask, world: World, who: str) -> None:
    visitor = Visitor(app, getattr(world, who))
    rate = Rate.get().id
    for url in ("/bureau/assignments", "/bureau/assignments/new", at(world), at(world, "/change")):
        assert visitor.get(url).status_code == 403
    for url in (
        "/bureau/assignments", at(world, "/change"), at(world, "/end"), at(world, "/delete"),
        at(world, "/rates"), at(world, f"/rates/{rate}"), at(world, f"/rates/{rate}/delete"),
    ):  # fmt: skip
        assert visitor.post(url, typed(world)).status_code == 403
    assert Event.select().count() == 0


def test_what_does_not_exist_404(staff: Visitor, world: World) -> None:
    for url in ("/bureau/assignments/999", "/bureau/assignments/999/change", at(world, "/rates/999")):
        assert staff.get(url).status_code == 404
    for url in (
        "/bureau/assignments/999/change", "/bureau/assignments/999/end", "/bureau/assignments/999/delete",
        "/bureau/assignments/999/rates", at(world, "/rates/999"), at(world, "/rates/999/delete"),
    ):  # fmt: skip
        data = {**terms(world), "last_on": "2026-12-31", "valid_from_on": "2026-12-01"}
        assert staff.post(url, {**data, "pay_rate": "1", "bill_rate": "2"}).status_code == 404
    assert staff.post("/bureau/assignments", typed(world, worker="nobody")).status_code == 404
    assert staff.post("/bureau/assignments", typed(world, organisation="NONE")).status_code == 404


def test_looking_changes_nothing_405(staff: Visitor, world: World) -> None:
    for url in (at(world, "/end"), at(world, "/delete"), at(world, "/rates"), at(world, "/rates/1/delete")):
        assert staff.get(url).status_code == 405


# The list


def test_search_and_filter(staff: Visitor, world: World) -> None:
    soren = factories.worker("Søren", "Bergström")
    factories.assignment(soren, world.law, world.law_budget, code="OLD-1", last_on=date(2026, 11, 29))
    assert names(staff.get("/bureau/assignments").text) == ["Noor Hendriks"]
    assert names(staff.get("/bureau/assignments?state=ended").text) == ["Søren Bergström"]
    assert len(names(staff.get("/bureau/assignments?state=all").text)) == 2
    for text in ("bergstrom", "old-", str(soren.employee_number)):
        assert names(staff.get(f"/bureau/assignments?state=all&text={text}").text) == ["Søren Bergström"]
    assert names(staff.get("/bureau/assignments?state=all&organisation=LAW").text) == ["Søren Bergström"]
    nothing = staff.get("/bureau/assignments?text=%25").text
    assert names(nothing) == []
    assert "Geen plaatsing past bij deze zoekvraag" in nothing
    for odd in ("page=x", "page=-1", "page=99999999", "state=odd", "organisation=%3Cb%3E"):
        assert staff.get(f"/bureau/assignments?{odd}").status_code == 200


def test_htmx_gets_the_list_alone(staff: Visitor, world: World) -> None:
    answer = staff.with_htmx().get("/bureau/assignments?text=noor").text.strip()
    assert answer.startswith('<div id="bureau-assignments">')
    assert "<html" not in answer


def test_pages_and_a_fixed_number_of_statements(staff: Visitor, world: World) -> None:
    staff.get("/bureau/assignments")
    with count_queries() as few:
        staff.get("/bureau/assignments")
    for number in range(60):
        factories.assignment(factories.worker("Werknemer", f"{number:03}"), world.fse, world.fse_budget)
    with count_queries() as many:
        page = staff.get("/bureau/assignments").text
    assert few.count == many.count <= 8
    assert len(names(page)) == 50
    assert 'rel="next"' in page
    assert len(names(staff.get("/bureau/assignments?page=2").text)) == 11
    with count_queries() as one:
        staff.get(at(world))
    for day in range(1, 20):
        Rate.create(assignment=world.assignment, valid_from_on=date(2027, 1, day), pay_rate=1, bill_rate=2)
    with count_queries() as twenty:
        staff.get(at(world))
    assert one.count == twenty.count <= 11


def test_who_has_no_rate_is_marked(staff: Visitor, world: World) -> None:
    assert "geen tarief" not in staff.get("/bureau/assignments").text
    Rate.update(valid_from_on=date(2026, 1, 2)).execute()
    assert "geen tarief" in staff.get("/bureau/assignments").text
    Rate.delete().execute()
    assert "geen tarief" in staff.get("/bureau/assignments").text


def test_empty_from_the_start(app: Flask) -> None:
    alone = Visitor(app, factories.account("Bureau", is_agency_staff=True))
    assert "Maak eerst een organisatie" in alone.get("/bureau/assignments").text
    assert "Er zijn nog geen werknemers" in alone.get("/bureau/assignments/new").text
    worker = factories.worker()
    page = alone.get(f"/bureau/assignments/new?worker={worker.employee_number}").text
    assert "Er is nog geen organisatie" in page
    factories.organisation("FSE")
    assert "Er loopt geen plaatsing" in alone.get("/bureau/assignments").text


def test_names_are_text(app: Flask, staff: Visitor, world: World) -> None:
    evil = factories.worker("<b>Wie</b>", "{{7*7}}")
    factories.assignment(evil, world.fse, world.fse_budget, job_title="<script>1</script>")
    for url in ("/bureau/assignments", "/bureau/assignments/new?worker=wie"):
        page = staff.client.get(url).text
        assert "&lt;b&gt;Wie&lt;/b&gt; {{7*7}}" in page
        assert "<script>1" not in page


# Adding, in three steps


def test_the_steps(staff: Visitor, world: World) -> None:
    number = world.noor.employee_number
    found = staff.get("/bureau/assignments/new?worker=hendr").text
    assert f"/bureau/assignments/new?worker={number}" in found
    assert "Niemand" not in found
    chosen = staff.get(f"/bureau/assignments/new?worker={number}").text
    assert '<option value="LAW"' in chosen
    form = staff.get(f"/bureau/assignments/new?worker={number}&organisation=LAW").text
    assert field(form, "code") == f"A{number}-1"
    assert "0042.001" in form
    assert world.fse_budget.number not in form
    assert "Daarmee is niemand gevonden" in staff.get("/bureau/assignments/new?worker=zzz").text


def test_an_ended_organisation_is_not_offered(staff: Visitor, world: World) -> None:
    Organisation.update(ended_on=date(2026, 11, 29)).where(Organisation.code == "LAW").execute()
    page = staff.get(f"/bureau/assignments/new?worker={world.noor.employee_number}").text
    assert '<option value="FSE"' in page
    assert '<option value="LAW"' not in page


def test_without_an_employee_number(staff: Visitor, world: World) -> None:
    listed = staff.get("/bureau/assignments/new?worker=maes").text
    assert "geen personeelsnummer" in listed
    page = staff.get(f"/bureau/assignments/new?worker={world.registrar.email}&organisation=LAW").text
    assert "Lars Maes heeft geen personeelsnummer" in page
    refused = staff.post("/bureau/assignments", typed(world, worker=world.registrar.email))
    assert refused.status_code == 422
    assert "Lars Maes heeft geen personeelsnummer" in refused.text
    assert Assignment.select().count() == 1


def test_htmx_gets_the_workers_alone(staff: Visitor, world: World) -> None:
    for text in ("hend", world.noor.employee_number):
        answer = staff.with_htmx().get(f"/bureau/assignments/new?worker={text}").text.strip()
        assert answer.startswith('<div id="bureau-workers"')
        assert "Noor Hendriks" in answer


def test_added(staff: Visitor, world: World) -> None:
    answer = staff.post("/bureau/assignments", typed(world))
    made = Assignment.get(Assignment.code == "B-1")
    assert (answer.status_code, answer.location) == (303, f"/bureau/assignments/{made.id}")
    assert (made.max_minutes_per_week, made.entered_by, made.last_on) == (960, "organisation", None)
    assert made.budget_number == world.law_budget
    page = staff.get(answer.location).text
    assert "B-1 is toegevoegd. Geef er nu een tarief aan." in page
    assert "Plaatsing toegevoegd: B-1 · Bureau InterUM" in page


@pytest.mark.parametrize(
    "wrong",
    [
        {"first_on": "morgen"},
        {"first_on": ""},
        {"first_on": "0026-12-01"},
        {"last_on": "2026-11-30"},
        {"max_minutes_per_week": "zestien"},
        {"max_minutes_per_week": "0"},
        {"max_minutes_per_week": "7,33"},
        {"code": ""},
        {"code": "A" * 51},
        {"basis": "soms"},
        {"entered_by": ""},
        {"budget_number": "99999"},
        {"job_title": "x" * 201},
    ],
)
def test_refused_keeps_what_was_typed(staff: Visitor, world: World, wrong: dict[str, str]) -> None:
    answer = staff.post("/bureau/assignments", typed(world, **wrong))
    assert answer.status_code == 422
    assert Assignment.select().count() == 1
    assert 'aria-invalid="true"' in answer.text
    for name, value in wrong.items():
        assert name in ("basis", "entered_by", "budget_number") or value in answer.text
    assert "Surveillant" in answer.text or "job_title" in wrong


def test_the_same_days_are_confirmed_by_a_tick(staff: Visitor, world: World) -> None:
    here = typed(world, organisation="FSE", budget_number="")
    asked = staff.post("/bureau/assignments", here)
    assert asked.status_code == 422
    assert f"dezelfde dagen: {world.assignment.code}" in asked.text
    assert Assignment.select().count() == 1
    sure = field(asked.text, "sure")
    assert staff.post("/bureau/assignments", {**here, "sure": "forged"}).status_code == 422
    assert staff.post("/bureau/assignments", {**here, "sure": sure}).status_code == 303
    assert Assignment.select().count() == 2


# Changing


def test_changed(staff: Visitor, world: World) -> None:
    form = staff.get(at(world, "/change")).text
    assert field(form, "job_title") == "Studentassistent"
    answer = staff.post(
        at(world, "/change"),
        terms(world, job_title="Tutor", max_minutes_per_week="7:30", seen=field(form, "seen")),
    )
    assert (answer.status_code, answer.location) == (303, at(world))
    changed = Assignment.get_by_id(world.assignment.id)
    assert (changed.job_title, changed.max_minutes_per_week) == ("Tutor", 450)
    assert "Functie: <del>Studentassistent</del> → Tutor" in staff.get(at(world)).text


def test_what_is_shown_can_be_posted_back(staff: Visitor, world: World) -> None:
    Assignment.update(max_minutes_per_week=440).execute()
    form = staff.get(at(world, "/change")).text
    assert field(form, "max_minutes_per_week") == "7:20"
    back = terms(world, max_minutes_per_week="7:20", seen=field(form, "seen"))
    assert staff.post(at(world, "/change"), back).status_code == 303
    assert Event.select().count() == 0


def test_overtaken_409(staff: Visitor, world: World) -> None:
    seen = field(staff.get(at(world, "/change")).text, "seen")
    staff.post(at(world, "/change"), terms(world, job_title="Tutor", seen=seen))
    late = staff.post(at(world, "/change"), terms(world, job_title="Docent", seen=seen))
    assert late.status_code == 409
    assert "Docent" in late.text
    # What was read again can be saved.
    again = terms(world, job_title="Docent", seen=field(late.text, "seen"))
    assert staff.post(at(world, "/change"), again).status_code == 303


def test_fixed_with_unsent_sheets_409(staff: Visitor, world: World) -> None:
    factories.sheet(world.assignment, world.periods[10], state="draft")
    answer = staff.post(at(world, "/change"), terms(world, basis="fixed"))
    assert answer.status_code == 409
    assert "nog niet verstuurd" in answer.text


def test_changing_refuses_422(staff: Visitor, world: World) -> None:
    for wrong in (
        {"first_on": ""},
        {"max_minutes_per_week": "veel"},
        {"budget_number": str(world.law_budget.id)},
    ):
        assert staff.post(at(world, "/change"), terms(world, **wrong)).status_code == 422


# Ending and deleting


def test_ended(staff: Visitor, world: World) -> None:
    assert staff.post(at(world, "/end"), {"last_on": "2026-12-31"}).status_code == 303
    assert Assignment.get_by_id(world.assignment.id).last_on == date(2026, 12, 31)
    answer = staff.with_htmx().post(at(world, "/end"), {"last_on": "2027-01-31"})
    assert answer.status_code == 200
    assert answer.text.strip().startswith('<div id="bureau-assignment">')
    assert "HX-Trigger" in answer.headers


def test_ending_before_hours_is_confirmed_by_a_tick(staff: Visitor, world: World) -> None:
    asked = staff.with_htmx().post(at(world, "/end"), {"last_on": "2026-11-03"})
    assert asked.status_code == 422
    assert "Er staan 7,50 uur buiten deze data, op één dag" in asked.text
    assert 'value="2026-11-03"' in asked.text
    sure = field(asked.text, "sure")
    other = staff.post(at(world, "/end"), {"last_on": "2026-11-02", "sure": sure})
    assert other.status_code == 422
    assert "op 2 dagen" in other.text
    assert staff.post(at(world, "/end"), {"last_on": "2026-11-03", "sure": sure}).status_code == 200
    assert {flag.code for flag in Timesheet.get().flags} >= {"outside"}


@pytest.mark.parametrize("day", ["", "nooit", "2025-12-31", "9999-12-31"])
def test_ending_refuses_422(staff: Visitor, world: World, day: str) -> None:
    assert staff.post(at(world, "/end"), {"last_on": day}).status_code == 422
    assert Assignment.get_by_id(world.assignment.id).last_on is None


def test_deleted_without_sheets_only(staff: Visitor, world: World) -> None:
    assert "Plaatsing verwijderen" not in staff.get(at(world)).text
    assert staff.post(at(world, "/delete")).status_code == 409
    Timesheet.delete().execute()
    assert "Plaatsing verwijderen" in staff.get(at(world)).text
    answer = staff.post(at(world, "/delete"))
    assert (answer.status_code, answer.location) == (303, "/bureau/assignments")
    assert Assignment.select().count() == 0


# Rates


def rate(**changed: str) -> dict[str, str]:
    return {"valid_from_on": "2026-11-16", "pay_rate": "19,5", "bill_rate": "32.3446", **changed}


def test_rates(staff: Visitor, world: World) -> None:
    assert staff.post(at(world, "/rates"), rate()).status_code == 303
    made = Rate.get(Rate.valid_from_on == date(2026, 11, 16))
    assert (made.pay_rate, made.bill_rate) == (195_000, 323_446)
    page = staff.get(at(world)).text
    assert "€\u00a032,3446" in page
    form = staff.get(at(world, f"/rates/{made.id}")).text
    assert (field(form, "pay_rate"), field(form, "bill_rate")) == ("19,50", "32,3446")
    changed = rate(pay_rate="20", seen=field(form, "seen"))
    assert staff.post(at(world, f"/rates/{made.id}"), changed).status_code == 303
    assert Rate.get_by_id(made.id).pay_rate == 200_000
    assert staff.post(at(world, f"/rates/{made.id}"), changed).status_code == 409
    answer = staff.with_htmx().post(at(world, f"/rates/{made.id}/delete"))
    assert answer.status_code == 200
    assert answer.text.strip().startswith('<div id="bureau-assignment">')
    assert Rate.get_or_none(Rate.id == made.id) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"pay_rate": "veel"}, {"pay_rate": "-1"}, {"bill_rate": "1,23456"}, {"bill_rate": "1000,0001"},
        {"bill_rate": ""}, {"valid_from_on": "ooit"}, {"valid_from_on": "2026-01-01"},
    ],
)  # fmt: skip
def test_rates_that_cannot_be(staff: Visitor, world: World, wrong: dict[str, str]) -> None:
    answer = staff.post(at(world, "/rates"), rate(**wrong))
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert all(value in answer.text for value in wrong.values())
    assert Rate.select().count() == 1
    first = Rate.get()
    if wrong != {"valid_from_on": "2026-01-01"}:
        assert staff.post(at(world, f"/rates/{first.id}"), rate(**wrong)).status_code == 422


def test_a_rate_that_was_paid_stays(staff: Visitor, world: World) -> None:
    first = Rate.get()
    paid(world)
    assert "gefactureerd of uitbetaald" in staff.get(at(world)).text
    for url in (f"/rates/{first.id}", f"/rates/{first.id}/delete"):
        answer = staff.post(at(world, url), rate())
        assert answer.status_code == 409
        assert "vanaf een latere dag" in answer.text
    assert staff.post(at(world, "/rates"), rate(valid_from_on="2026-11-04")).status_code == 422


def test_hours_without_a_rate_are_said(staff: Visitor, world: World) -> None:
    assert "geen tarief" not in staff.get(at(world)).text
    Rate.update(valid_from_on=date(2026, 2, 1)).execute()
    assert "Er is geen tarief vóór 1 feb 2026" in staff.get(at(world)).text
    Rate.delete().execute()
    assert "15,50 uur op 2 dagen heeft geen tarief" in staff.get(at(world)).text
    page = staff.get(at(world)).text
    assert field(page, "valid_from_on") == "2026-01-01"


def test_in_english(app: Flask, world: World) -> None:
    Account.update(language="en").where(Account.id == world.staff.id).execute()
    visitor = Visitor(app, Account.get_by_id(world.staff.id))
    visitor.post(at(world, "/rates"), rate())
    made = Rate.get(Rate.valid_from_on == date(2026, 11, 16))
    assert field(visitor.get(at(world, f"/rates/{made.id}")).text, "pay_rate") == "19.50"
    assert "7.50 hours" in visitor.post(at(world, "/end"), {"last_on": "2026-11-03"}).text
