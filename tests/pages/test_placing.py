"""The way in for one person: added, placed and given a rate on two pages; rights given at the organisation."""

import re

import pytest
from flask import Flask

from konnekt.domain.records import hour_types
from konnekt.models import Account, Assignment, Event, HourType, Rate, Right
from tests import factories
from tests.factories import World
from tests.visitor import Visitor

PERSON = {"first_name": "Ria", "last_name": "Nieuw", "email": "ria@um.example", "employee_number": "88001",
          "language": "nl"}  # fmt: skip
TERMS = {"worker": "88001", "organisation": "FSE", "code": "A88001-1", "job_title": "", "basis": "flexible",
         "entered_by": "worker", "first_on": "2026-12-01", "last_on": "", "budget_number": "",
         "max_minutes_per_week": ""}  # fmt: skip
RIGHTS = "/bureau/organisations/LAW/rights"


@pytest.fixture
def bureau(app: Flask, world: World) -> Visitor:
    return Visitor(app, world.staff)


def test_one_walk_of_two_pages(bureau: Visitor) -> None:
    answer = bureau.post("/bureau/people", {**PERSON, "place": "1"})
    assert answer.location == "/bureau/assignments/new?worker=88001"
    page = bureau.get(answer.location).text
    assert "Ria Nieuw is toegevoegd." in page
    assert '<option value="">Kies een organisatie</option>' in page
    bureau.with_htmx()
    page = bureau.get("/bureau/assignments/new?worker=88001&organisation=FSE").text
    assert page.startswith('<div class="flow" id="bureau-place">')
    assert all(f'name="{name}"' in page for name in ("first_on", "pay_rate", "bill_rate"))
    assert 'value="A88001-1"' in page
    bureau.htmx = False
    answer = bureau.post("/bureau/assignments", {**TERMS, "pay_rate": "18,32", "bill_rate": "31,51"})
    assert "A88001-1 is toegevoegd, met een tarief." in bureau.get(answer.location).text
    rate = Rate.select().join(Assignment).where(Assignment.code == "A88001-1").get()
    assert (str(rate.valid_from_on), rate.pay_rate, rate.bill_rate) == ("2026-12-01", 183200, 315100)
    verbs = [event.verb for event in Event.select().order_by(Event.id)]
    assert verbs[-2:] == ["add_assignment", "add_rate"]


def test_without_scripts_the_organisation_is_chosen_first(bureau: Visitor) -> None:
    bureau.post("/bureau/people", PERSON)
    page = bureau.get("/bureau/assignments/new?worker=88001&organisation=FSE").text
    assert 'name="first_on"' in page
    assert bureau.get("/bureau/assignments/new?worker=88001&organisation=").status_code == 200
    assert bureau.get("/bureau/assignments/new?worker=88001&organisation=NOPE").status_code == 200


def test_htmx_too_goes_on_to_the_other_page(bureau: Visitor) -> None:
    bureau.with_htmx()
    answer = bureau.post("/bureau/people", {**PERSON, "place": "1"})
    assert answer.headers["HX-Redirect"] == "/bureau/assignments/new?worker=88001"


def test_who_is_no_worker_is_not_placed(bureau: Visitor) -> None:
    answer = bureau.post("/bureau/people", {**PERSON, "employee_number": " ", "place": "1"})
    assert answer.status_code == 422
    assert "Alleen wie een personeelsnummer heeft, kan geplaatst worden." in answer.text
    assert 'value="ria@um.example"' in answer.text
    assert not Account.select().where(Account.email == "ria@um.example").exists()


@pytest.mark.parametrize(
    "typed",
    [{"pay_rate": "18"}, {"bill_rate": "31"}, {"pay_rate": "18", "bill_rate": "x"},
     {"pay_rate": "1001", "bill_rate": "31"}],
)  # fmt: skip
def test_a_rate_that_can_not_be_leaves_no_assignment(bureau: Visitor, typed: dict[str, str]) -> None:
    bureau.post("/bureau/people", PERSON)
    answer = bureau.post("/bureau/assignments", {**TERMS, **typed})
    assert answer.status_code == 422
    for name, value in typed.items():
        assert re.search(f'<input[^>]*name="{name}"[^>]*value="{value}"', answer.text)
    assert not Assignment.select().where(Assignment.code == "A88001-1").exists()
    assert not Event.select().where(Event.verb == "add_assignment").exists()


def test_rates_that_changed_places_are_asked_about(bureau: Visitor) -> None:
    bureau.post("/bureau/people", PERSON)
    swapped = {**TERMS, "pay_rate": "31,51", "bill_rate": "18,32"}
    answer = bureau.post("/bureau/assignments", swapped)
    assert answer.status_code == 422
    assert "De werknemer krijgt meer per uur dan de organisatie betaalt." in answer.text
    assert not Assignment.select().where(Assignment.code == "A88001-1").exists()
    (sure,) = re.findall(r'name="sure"[^>]*value="(\w+)"', answer.text)
    assert bureau.post("/bureau/assignments", {**swapped, "sure": sure}).status_code == 303


def test_without_a_rate_it_is_asked_for_after(bureau: Visitor) -> None:
    bureau.post("/bureau/people", PERSON)
    answer = bureau.post("/bureau/assignments", {**TERMS, "pay_rate": "", "bill_rate": " "})
    assert "Geef er nu een tarief aan." in bureau.get(answer.location).text
    assert not Rate.select().join(Assignment).where(Assignment.code == "A88001-1").exists()


def test_rates_are_for_who_may_change_them(app: Flask, bureau: Visitor) -> None:
    bureau.post("/bureau/people", PERSON)
    planner = Visitor(app, factories.account("Plan", "Ner", is_agency_staff=True, agency_roles="planning"))
    page = planner.get("/bureau/assignments/new?worker=88001&organisation=FSE").text
    assert 'name="first_on"' in page
    assert "pay_rate" not in page
    answer = planner.post("/bureau/assignments", {**TERMS, "pay_rate": "18", "bill_rate": "31"})
    assert answer.status_code == 403
    assert not Assignment.select().where(Assignment.code == "A88001-1").exists()
    assert planner.post("/bureau/assignments", TERMS).status_code == 303


def test_rights_are_given_at_the_organisation(bureau: Visitor, world: World) -> None:
    page = bureau.get("/bureau/organisations/LAW").text
    assert "Geef iemand hier rechten" in page
    answer = bureau.post(RIGHTS, {"person": world.registrar.email.upper(), "may_approve": "y"})
    assert answer.status_code == 303
    assert f"{world.registrar.name} heeft hier nu deze rechten." in bureau.get(answer.location).text
    right = Right.get((Right.account == world.registrar) & (Right.organisation == world.law))
    assert (right.may_approve, right.may_register, right.may_see_invoices) == (True, False, False)


def test_of_several_of_a_name_one_is_chosen(bureau: Visitor, world: World) -> None:
    first, second = (factories.account("Jan", "Jansen") for _ in range(2))
    typed = {"person": "jansen", "may_register": "y"}
    answer = bureau.post(RIGHTS, typed)
    assert answer.status_code == 422
    assert "Meer mensen heten zo: kies er een." in answer.text
    assert answer.text.count('type="radio"') == 2
    assert 'value="jansen"' in answer.text
    assert bureau.post(RIGHTS, {**typed, "chosen": str(world.noor.id)}).status_code == 422, "not so called"
    assert bureau.post(RIGHTS, {**typed, "chosen": str(second.id)}).status_code == 303
    assert [right.account_id for right in Right.select().where(Right.organisation == world.law)][
        -1
    ] == second.id
    assert not Right.select().where(Right.account == first).exists()


def test_a_number_is_of_one_however_many_begin_with_it(bureau: Visitor, world: World) -> None:
    for number in range(30):
        factories.account(f"Aad{number:02}", "Bos", employee_number=f"E100{number:02}")
    meant = factories.account("Zora", "Zand", employee_number="E100")
    for typed in ("E100", "e100"):
        assert bureau.post(RIGHTS, {"person": typed, "may_register": "y"}).status_code == 303
        assert Right.delete().where(Right.account == meant).execute() == 1


def test_who_can_not_be_given_rights_here(bureau: Visitor, world: World) -> None:
    assert "Daarmee is niemand gevonden." in bureau.post(RIGHTS, {"person": "zzz", "may_approve": "y"}).text
    none = bureau.post(RIGHTS, {"person": world.registrar.email})
    assert (none.status_code, Right.select().where(Right.account == world.registrar).count()) == (422, 1)
    there = "/bureau/organisations/FSE/rights"
    answer = bureau.post(there, {"person": world.supervisor.email, "may_see_invoices": "y"})
    assert answer.status_code == 422
    assert "heeft hier al rechten" in answer.text
    asked = bureau.post(there, {"person": world.noor.email, "may_approve": "y"})
    assert asked.status_code == 422, "who works there is asked about"
    assert 'name="sure"' in asked.text
    assert (
        bureau.post(there, {"person": world.noor.email, "may_approve": "y", "sure": "y"}).status_code == 303
    )
    assert bureau.post("/bureau/organisations/NOPE/rights", {"person": "x"}).status_code == 404


def test_the_usual_hour_types(app: Flask) -> None:
    staff = Visitor(app, factories.account("Bureau", "InterUM", is_agency_staff=True))
    page = staff.get("/bureau/hour-types").text
    assert re.findall(r'name="usual" value="(\w+)" checked', page) == list(hour_types.USUAL)
    none = staff.post("/bureau/hour-types/usual", {})
    assert none.status_code == 422
    assert "Kies minstens één uursoort die er nog niet is." in none.text
    answer = staff.post("/bureau/hour-types/usual", {"usual": ["REG", "OT", "NOPE"]})
    assert "REG, OT zijn toegevoegd." in staff.get(answer.location).text
    stored = {row.code: (row.name_nl, row.multiplier_percent, row.setu_code) for row in HourType.select()}
    assert stored == {"REG": ("Normale uren", 100, "HT100"), "OT": ("Overwerk 150%", 150, "HT200")}
    assert staff.post("/bureau/hour-types/usual", {"usual": ["REG"]}).status_code == 422
    assert "De gebruikelijke" not in staff.get("/bureau/hour-types").text


def test_each_step_leads_to_the_next(app: Flask) -> None:
    staff = Visitor(app, factories.account("Bureau", "InterUM", is_agency_staff=True))
    page = staff.get("/bureau/hour-types").text
    assert "Eerste stappen, 1 van 8:" in page
    assert '<a href="/bureau/details">' in page.partition('id="bureau-next-step"')[2]
    staff.with_htmx()
    answer = staff.get("/bureau/first-step").text
    assert "Eerste stappen, 1 van 8:" in answer
    staff.htmx = False
    assert staff.get("/bureau/first-step").location == "/bureau"
    assert "Eerste stappen, " not in staff.get("/bureau/mail").text, "no step is taken there"


def test_who_is_under_way_is_not_told(bureau: Visitor) -> None:
    for place in ("details", "hour-types", "people", "assignments", "organisations"):
        assert "bureau-next-step" not in bureau.get(f"/bureau/{place}").text
