"""/bureau/hour-types, /bureau/closing-days and /bureau/pay-periods."""

import re
from datetime import date

import pytest
from flask import Flask
from playhouse.test_utils import count_queries

from konnekt.domain import clock
from konnekt.models import ClosingDay, Event, HourType, PayPeriod
from tests import factories
from tests.domain.records.test_rates import paid
from tests.factories import World
from tests.pages.test_bureau_assignments import field
from tests.visitor import Visitor


@pytest.fixture
def staff(app: Flask, world: World) -> Visitor:
    return Visitor(app, world.staff)


@pytest.fixture
def alone(app: Flask) -> Visitor:
    """Agency staff in an empty database."""
    return Visitor(app, factories.account("Bureau", is_agency_staff=True))


GETS = (
    "/bureau/hour-types", "/bureau/hour-types/1", "/bureau/closing-days", "/bureau/closing-days/holidays",
    "/bureau/closing-days/1", "/bureau/pay-periods", "/bureau/pay-periods/year", "/bureau/pay-periods/1",
)  # fmt: skip
POSTS = (
    "/bureau/hour-types", "/bureau/hour-types/1", "/bureau/closing-days", "/bureau/closing-days/1",
    "/bureau/closing-days/1/delete", "/bureau/closing-days/holidays", "/bureau/pay-periods/year",
    "/bureau/pay-periods/year/preview", "/bureau/pay-periods/year/delete", "/bureau/pay-periods/1",
    "/bureau/pay-periods/1/delete",
)  # fmt: skip


@pytest.mark.parametrize("who", ["supervisor", "registrar", "noor"])
def test_nobody_else(app: Flask, world: World, who: str) -> None:
    visitor = Visitor(app, getattr(world, who))
    assert {url: visitor.get(url).status_code for url in GETS} == dict.fromkeys(GETS, 403)
    assert {url: visitor.post(url).status_code for url in POSTS} == dict.fromkeys(POSTS, 403)
    assert Event.select().count() == 0


def test_what_does_not_exist_404(staff: Visitor) -> None:
    for place in ("hour-types", "closing-days", "pay-periods"):
        assert staff.get(f"/bureau/{place}/999").status_code == 404
    for url in ("closing-days/999/delete", "pay-periods/999/delete", "pay-periods/999"):
        assert staff.post(f"/bureau/{url}").status_code == 404


def test_looking_changes_nothing_405(staff: Visitor) -> None:
    for url in POSTS:
        if url not in GETS:
            assert staff.get(url).status_code == 405


def test_a_fixed_number_of_statements(staff: Visitor, world: World) -> None:
    urls = {"/bureau/hour-types": 5, "/bureau/closing-days": 8, "/bureau/pay-periods": 8}

    def counted() -> dict[str, int]:
        found = {}
        for url in urls:
            with count_queries() as counter:
                staff.get(url)
            found[url] = counter.count
        return found

    counted()
    before = counted()
    for number in range(1, 29):
        HourType.create(code=f"T{number}", name_nl="T", name_en="T", multiplier_percent=100)
        ClosingDay.create(day=date(2026, 2, number), name_nl="Dag", name_en="Day")
    PayPeriod.delete().where(PayPeriod.number > 13).execute()
    assert counted() == before
    assert all(before[url] <= most for url, most in urls.items()), before


# Hour types


def kind(**changed: str) -> dict[str, str]:
    return {
        "code": "NIGHT", "name_nl": "Nacht", "name_en": "Night", "multiplier_percent": "150",
        "payroll_code": "0210", "setu_code": "HT320", **changed,
    }  # fmt: skip


def test_the_first_hour_type(alone: Visitor) -> None:
    assert "Er zijn nog geen uursoorten" in alone.get("/bureau/hour-types").text
    assert alone.post("/bureau/hour-types", kind()).status_code == 303
    made = HourType.get()
    assert (made.payroll_code, made.multiplier_percent, made.is_active) == ("0210", 150, True)
    page = alone.get("/bureau/hour-types").text
    assert "NIGHT is toegevoegd." in page
    assert "HT320" in page


def test_hour_types_in_place(staff: Visitor) -> None:
    answer = staff.with_htmx().post("/bureau/hour-types", kind())
    assert answer.status_code == 200
    assert answer.text.strip().startswith('<div id="bureau-hour-types">')
    again = staff.post("/bureau/hour-types", kind(code="night"))
    assert again.status_code == 422
    assert "De code night is in gebruik" in again.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": ""}, {"name_nl": ""}, {"multiplier_percent": "0"}, {"multiplier_percent": "1001"},
        {"multiplier_percent": "12,5"}, {"multiplier_percent": "veel"}, {"setu_code": "HT1"},
        {"payroll_code": "x" * 51},
    ],
)  # fmt: skip
def test_hour_types_that_cannot_be(staff: Visitor, wrong: dict[str, str]) -> None:
    answer = staff.post("/bureau/hour-types", kind(**wrong))
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert all(value in answer.text for name, value in wrong.items() if name != "setu_code")
    assert HourType.select().count() == 5


def test_an_hour_type_changes(staff: Visitor, world: World) -> None:
    regular = HourType.get(HourType.code == "REG")
    url = f"/bureau/hour-types/{regular.id}"
    seen = field(staff.get(url).text, "seen")
    data = kind(multiplier_percent="100", is_active="y", seen=seen)
    assert staff.post(url, data).status_code == 303
    assert HourType.get_by_id(regular.id).payroll_code == "0210"
    assert HourType.get_by_id(regular.id).code == "REG"
    assert "Uursoort gewijzigd: REG" in staff.get(url).text
    assert staff.post(url, data).status_code == 409
    assert staff.post(url, kind(name_nl="")).status_code == 422
    paid(world)
    locked = staff.post(url, kind(multiplier_percent="110", is_active="y"))
    assert locked.status_code == 422
    assert "tegen 100 %" in locked.text
    assert 'value="110"' in locked.text


def test_an_hour_type_is_no_longer_used(staff: Visitor) -> None:
    travel = HourType.get(HourType.code == "TRAVEL")
    assert staff.post(f"/bureau/hour-types/{travel.id}", kind(multiplier_percent="100")).status_code == 303
    assert not HourType.get_by_id(travel.id).is_active
    assert "niet meer in gebruik" in staff.get("/bureau/hour-types").text
    HourType.update(is_active=False).where(HourType.code != "REG").execute()
    regular = HourType.get(HourType.code == "REG")
    last = staff.post(f"/bureau/hour-types/{regular.id}", kind(multiplier_percent="100"))
    assert last.status_code == 409
    assert "blijft in gebruik" in last.text


# Closing days


def closing(**changed: str) -> dict[str, str]:
    return {"day": "2026-11-03", "name_nl": "Dies natalis", "name_en": "Dies natalis", **changed}


def test_closing_days(staff: Visitor, world: World) -> None:
    assert "Er zijn nog geen sluitingsdagen in 2026" in staff.get("/bureau/closing-days").text
    answer = staff.post("/bureau/closing-days", closing())
    assert (answer.status_code, answer.location) == (303, "/bureau/closing-days?year=2026")
    assert {flag.code for flag in world.sheet.flags} >= {"no_surcharge"}
    made = ClosingDay.get()
    url = f"/bureau/closing-days/{made.id}"
    seen = field(staff.get(url).text, "seen")
    moved = closing(day="2027-01-22", seen=seen)
    assert staff.post(url, moved).location == "/bureau/closing-days?year=2027"
    assert staff.post(url, moved).status_code == 409
    assert staff.post(url, closing(name_en="")).status_code == 422
    assert "Sluitingsdag gewijzigd" in staff.get("/bureau/closing-days?year=2026").text
    deleted = staff.with_htmx().post(f"{url}/delete")
    assert deleted.status_code == 200
    assert deleted.text.strip().startswith('<div id="bureau-closing-days">')
    assert ClosingDay.select().count() == 0


@pytest.mark.parametrize(
    "wrong", [{"day": ""}, {"day": "0026-11-03"}, {"name_nl": " "}, {"name_en": "x" * 201}]
)
def test_closing_days_that_cannot_be(staff: Visitor, wrong: dict[str, str]) -> None:
    answer = staff.with_htmx().post("/bureau/closing-days", closing(**wrong))
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert ClosingDay.select().count() == 0


def test_a_closing_day_once(staff: Visitor) -> None:
    staff.post("/bureau/closing-days", closing())
    again = staff.post("/bureau/closing-days", closing(name_nl="Nog een"))
    assert again.status_code == 422
    assert "Deze dag is al een sluitingsdag" in again.text
    assert "Nog een" in again.text


def test_public_holidays(staff: Visitor) -> None:
    staff.post("/bureau/closing-days", closing(day="2027-04-27", name_nl="Koningsdag"))
    page = staff.get("/bureau/closing-days/holidays?year=2027").text
    ticked = re.findall(r'name="day" value="([\d-]+)" checked', page)
    assert ticked == ["2027-01-01", "2027-03-29", "2027-05-06", "2027-05-17", "2027-12-25", "2027-12-26"]
    assert "staat er al" in page
    answer = staff.post("/bureau/closing-days/holidays", {"year": "2027", "day": ticked})
    assert (answer.status_code, answer.location) == (303, "/bureau/closing-days?year=2027")
    assert "6 sluitingsdagen zijn toegevoegd" in staff.get(answer.location).text
    assert ClosingDay.select().count() == 7


@pytest.mark.parametrize("data", [{"year": "2027"}, {"year": "2027", "day": ["2027-01-02"]}, {"year": "1066"},
                                  {"year": "2027", "day": ["x", "y"]}])  # fmt: skip
def test_public_holidays_that_are_none(staff: Visitor, data: dict[str, str | list[str]]) -> None:
    answer = staff.post("/bureau/closing-days/holidays", data)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert ClosingDay.select().count() == 0


def test_odd_years(staff: Visitor) -> None:
    assert staff.get("/bureau/closing-days?year=x").status_code == 200
    assert staff.get("/bureau/closing-days?year=99999999999").status_code == 200
    assert staff.get("/bureau/closing-days/holidays?year=2013").status_code == 422
    assert staff.get("/bureau/pay-periods?year=99999999999&calendar=x").status_code == 200
    assert staff.get("/bureau/pay-periods/year?calendar=x&year=y").status_code == 200


# Pay periods


def rule(**changed: str) -> dict[str, str]:
    return {
        "calendar": "four_weeks", "year": "2026", "submit_days": "5", "submit_at": "23:59", "approve_days": "8",
        "approve_at": "12:00", "pay_days": "10", "closed": "", **changed,
    }  # fmt: skip


def test_a_year_from_nothing(alone: Visitor) -> None:
    assert "Er zijn geen periodes van 2026" in alone.get("/bureau/pay-periods").text
    form = alone.get("/bureau/pay-periods/year?calendar=month").text
    assert field(form, "year") == "2026"
    shown = alone.with_htmx().post("/bureau/pay-periods/year/preview", rule())
    assert shown.status_code == 200
    assert shown.text.strip().startswith('<div id="bureau-year">')
    assert "Dit levert 13 periodes op" in shown.text
    assert "35 dagen" in shown.text
    assert PayPeriod.select().count() == 0
    # The button below the preview carries what was shown.
    second = shown.text.split("Dit levert 13")[1]
    carried = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', second))
    carried.pop("csrf_token")
    assert carried == rule()
    alone.htmx = False
    answer = alone.post("/bureau/pay-periods/year", carried)
    assert answer.location == "/bureau/pay-periods?calendar=four_weeks&year=2026"
    last = PayPeriod.get(PayPeriod.number == 13)
    assert (last.first_on, last.last_on) == (date(2026, 11, 30), date(2027, 1, 3))
    assert f"{clock.local(last.submit_by_at):%m-%d %H:%M}" == "01-08 23:59"
    assert "13 periodes zijn gemaakt" in alone.get(answer.location).text
    assert field(alone.get("/bureau/pay-periods/year?calendar=four_weeks").text, "year") == "2027"


@pytest.mark.parametrize(
    "wrong",
    [
        {"year": "1999"}, {"year": "ooit"}, {"year": ""}, {"calendar": "dag"}, {"submit_days": "-1"},
        {"submit_at": "25:00"}, {"approve_days": "4"}, {"pay_days": "1"}, {"pay_days": "400"},
    ],
)  # fmt: skip
@pytest.mark.parametrize("url", ["/bureau/pay-periods/year/preview", "/bureau/pay-periods/year"])
def test_rules_that_cannot_be(alone: Visitor, url: str, wrong: dict[str, str]) -> None:
    answer = alone.post(url, rule(**wrong))
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert all(value in answer.text for name, value in wrong.items() if name != "calendar")
    assert PayPeriod.select().count() == 0


def test_a_year_that_is_there_422(staff: Visitor) -> None:
    answer = staff.post("/bureau/pay-periods/year", rule())
    assert answer.status_code == 422
    assert "De periodes van 2026 zijn er al" in answer.text


def period(of: PayPeriod, **changed: str) -> dict[str, str]:
    submit, approve = clock.local(of.submit_by_at), clock.local(of.approve_by_at)
    return {
        "first_on": f"{of.first_on}", "last_on": f"{of.last_on}", "submit_by": f"{submit:%Y-%m-%d}",
        "submit_at": f"{submit:%H:%M}", "approve_by": f"{approve:%Y-%m-%d}", "approve_at": f"{approve:%H:%M}",
        "pay_on": f"{of.pay_on}", **changed,
    }  # fmt: skip


def test_a_period_changes(staff: Visitor, world: World) -> None:
    tenth = world.periods[9]
    url = f"/bureau/pay-periods/{tenth.id}"
    page = staff.get(url).text
    back = {**period(tenth), "seen": field(page, "seen")}
    assert all(field(page, name) == value for name, value in period(tenth).items())
    assert staff.post(url, back).status_code == 303
    assert Event.select().count() == 0
    later = {**back, "approve_at": "17:30", "pay_on": "2026-10-20"}
    assert staff.post(url, later).status_code == 303
    changed = PayPeriod.get_by_id(tenth.id)
    assert f"{clock.local(changed.approve_by_at):%H:%M}" == "17:30"
    assert "Periode gewijzigd: Periode 10 ·" in staff.get(url).text
    assert staff.post(url, later).status_code == 409


@pytest.mark.parametrize(
    "wrong",
    [
        {"first_on": "2026-09-08"}, {"last_on": "2026-10-05"}, {"last_on": "2026-09-01"}, {"last_on": ""},
        {"approve_by": "2026-10-01"}, {"pay_on": "2026-10-01"}, {"submit_at": "middag"}, {"submit_by": "0001-01-01"},
    ],
)  # fmt: skip
def test_a_period_that_cannot_be(staff: Visitor, world: World, wrong: dict[str, str]) -> None:
    answer = staff.post(f"/bureau/pay-periods/{world.periods[9].id}", period(world.periods[9], **wrong))
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    assert all(value in answer.text for value in wrong.values())
    assert Event.select().count() == 0


def test_the_neighbour_moves_along(staff: Visitor, world: World) -> None:
    tenth, eleventh = world.periods[9], world.periods[10]
    data = period(tenth, last_on="2026-10-05", joined="y")
    assert staff.post(f"/bureau/pay-periods/{tenth.id}", data).status_code == 303
    assert PayPeriod.get_by_id(eleventh.id).first_on == date(2026, 10, 6)


def test_days_with_timesheets_are_not_asked(staff: Visitor, world: World) -> None:
    url = f"/bureau/pay-periods/{world.period.id}"
    page = staff.get(url).text
    assert 'name="first_on"' not in page
    assert "Deze periode verwijderen" not in page
    data = period(world.period, pay_on="2026-12-10")
    without = {name: value for name, value in data.items() if name not in ("first_on", "last_on")}
    assert staff.post(url, without).status_code == 303
    assert PayPeriod.get_by_id(world.period.id).pay_on == date(2026, 12, 10)
    forced = staff.post(url, {**data, "last_on": "2026-11-30"})
    assert forced.status_code == 422
    assert staff.post(f"{url}/delete").status_code == 409


def test_a_period_with_sheets_keeps_what_was_typed(staff: Visitor, world: World) -> None:
    answer = staff.post(f"/bureau/pay-periods/{world.period.id}", {"pay_on": "2026-12-99"})
    assert answer.status_code == 422
    assert "2026-12-99" in answer.text


def test_deleted_from_an_end(staff: Visitor, world: World) -> None:
    assert staff.post(f"/bureau/pay-periods/{world.periods[3].id}/delete").status_code == 409
    assert staff.post(f"/bureau/pay-periods/{world.periods[14].id}/delete").status_code == 303
    year = {"calendar": "four_weeks", "year": "2026"}
    assert staff.post("/bureau/pay-periods/year/delete", year).status_code == 409
    assert staff.post("/bureau/pay-periods/year/delete", {"calendar": "week", "year": "x"}).status_code == 404
    world.sheet.delete_instance(recursive=True)
    assert "Alle periodes van 2026 verwijderen" in staff.get("/bureau/pay-periods").text
    assert staff.post("/bureau/pay-periods/year/delete", year).status_code == 303
    assert PayPeriod.select().count() == 0


def test_a_year_knows_closing_days(alone: Visitor) -> None:
    """Period 12 of 2026 is to be approved on 7 December and paid on 9 December."""
    ClosingDay.create(day=date(2026, 12, 7), name_nl="Dies", name_en="Dies")
    ClosingDay.create(day=date(2026, 12, 9), name_nl="Brugdag", name_en="Bridge day")
    url = "/bureau/pay-periods/year"
    shown = alone.post(f"{url}/preview", rule()).text
    assert "<b>ma 7 dec</b> (Dies): Periode 12 · Goedkeuren vóór" in shown
    assert "<b>wo 9 dec</b> (Brugdag): Periode 12 · Betaaldatum" in shown
    refused = alone.post(url, rule())
    assert refused.status_code == 422
    assert "kies wat er gebeurt" in refused.text
    assert PayPeriod.select().count() == 0
    moved = alone.post(f"{url}/preview", rule(closed="later")).text
    assert "(Dies)" not in moved
    assert alone.post(url, rule(closed="later")).status_code == 303
    made = PayPeriod.get(PayPeriod.number == 12)
    assert f"{clock.local(made.approve_by_at):%m-%d %H:%M}" == "12-08 12:00"
    assert made.pay_on == date(2026, 12, 10)
    alone.post(f"{url}/delete", {"calendar": "four_weeks", "year": "2026"})
    assert alone.post(url, rule(closed="leave")).status_code == 303
    assert PayPeriod.get(PayPeriod.number == 12).pay_on == date(2026, 12, 9)


def test_a_closing_day_that_is_added_later_names_the_deadlines_it_hits(staff: Visitor, world: World) -> None:
    data = {"day": "2026-12-09", "name_nl": "Brugdag", "name_en": "Bridge day"}
    page = staff.with_htmx().post("/bureau/closing-days?year=2026", data).text
    staff.htmx = False
    url = f"/bureau/pay-periods/{world.period.id}"
    assert "<b>wo 9 dec</b> (Brugdag)" in page
    assert url in page
    for place in ("/bureau/closing-days?year=2026", "/bureau/pay-periods?year=2026", url):
        assert "(Brugdag)" in staff.get(place).text
    before = {**period(world.period), "seen": field(staff.get(url).text, "seen")}
    asked = staff.post(url, before)
    assert asked.status_code == 422
    assert 'value="earlier"' in asked.text
    assert staff.post(url, {**before, "closed": "earlier"}).status_code == 303
    assert PayPeriod.get_by_id(world.period.id).pay_on == date(2026, 12, 8)
    assert "(Brugdag)" not in staff.get("/bureau/closing-days?year=2026").text
    weekend = {**period(world.period), "pay_on": "2026-12-12", "seen": field(staff.get(url).text, "seen")}
    said = staff.post(url, weekend)
    assert (said.status_code, "za 12 dec" in said.text) == (422, True)
    assert staff.post(url, {**weekend, "closed": "later"}).status_code == 303
    assert PayPeriod.get_by_id(world.period.id).pay_on == date(2026, 12, 14)
