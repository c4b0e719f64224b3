"""Keur de N gewone goed: exactly the ones whose number and hours the button showed."""

import re

import pytest
from flask import Flask

from konnekt.domain import access, clock
from konnekt.domain.approvals import decide, listing, waiting
from konnekt.domain.approvals.waiting import WaitingFilter
from konnekt.domain.refusals import Invalid
from konnekt.models import BudgetNumber, Contributor, Flag, Hour, HourType, Rate, Timesheet, TimesheetLine
from tests import factories
from tests.factories import World
from tests.pages.test_approve import more, state
from tests.visitor import Visitor


@pytest.fixture
def emre(app: Flask, world: World) -> Visitor:
    return Visitor(app, world.supervisor)


def fingerprint(html: str) -> str:
    found = re.search(r'name="fingerprint" value="([^"]+)"', html)
    assert found
    return found[1]


def test_takes_those_without_a_flag(emre: Visitor, world: World) -> None:
    flagged, mine, plain = more(world, 3)
    Flag.create(timesheet=flagged, revision=1, code="first", detail={})
    Contributor.create(timesheet=mine, account=world.supervisor)
    hidden = Flag.create(
        timesheet=plain, revision=1, code="long_week", detail={"minutes": 3700}, is_elsewhere=True
    )
    page = emre.get("/approvals").text
    assert "Keur de 2 gewone goed · 23,50 uur" in re.sub(r"\s+", " ", page)
    assert "Gewoon: er valt niets aan op." in page
    assert "Gewoon: er valt niets aan op." in emre.get("/").text
    response = emre.post("/approvals/ordinary", {"fingerprint": fingerprint(page)})
    assert response.status_code == 303
    assert [state(s) for s in (world.sheet, plain, flagged, mine)] == ["approved"] * 2 + ["submitted"] * 2
    assert hidden.code not in page


def test_a_set_that_changed_is_refused(emre: Visitor, world: World) -> None:
    seen = fingerprint(emre.get("/approvals").text)
    (newcomer,) = more(world, 1)
    response = emre.post("/approvals/ordinary", {"fingerprint": seen})
    assert response.status_code == 409
    assert "Keur de 2 gewone goed" in response.text
    assert {state(world.sheet), state(newcomer)} == {"submitted"}
    newcomer.delete_instance(recursive=True)
    Timesheet.update(revision=2).execute()
    assert emre.post("/approvals/ordinary", {"fingerprint": seen}).status_code == 409
    assert emre.post("/approvals/ordinary").status_code == 409
    assert state(world.sheet) == "submitted"


def test_only_within_the_filter(emre: Visitor, world: World) -> None:
    other = factories.sheet(world.assignment, world.periods[10])
    page = emre.get(f"/approvals?period={world.period.id}").text
    response = emre.post("/approvals/ordinary", {"fingerprint": fingerprint(page), "period": world.period.id})
    assert response.status_code == 303
    assert (state(world.sheet), state(other)) == ("approved", "submitted")
    assert emre.post("/approvals/ordinary", {"fingerprint": fingerprint(page)}).status_code == 409


def test_not_for_others(app: Flask, world: World) -> None:
    assert Visitor(app, world.noor).post("/approvals/ordinary", {"fingerprint": "0.0.0.0"}).status_code == 403


def test_another_set_of_the_same_number_and_hours_is_refused(emre: Visitor, world: World) -> None:
    """The sums of the numbers, and of their squares, are the same for 1, 5, 6 and for 2, 3, 7."""
    sheets = {sheet.id: sheet for sheet in [world.sheet, *more(world, 6)]}
    assert sorted(sheets) == [1, 2, 3, 4, 5, 6, 7]
    Timesheet.update(minutes=480).execute()
    Timesheet.update(state="draft").where(Timesheet.id.not_in([1, 5, 6])).execute()
    seen = fingerprint(emre.get("/approvals").text)
    Timesheet.update(state="submitted").where(Timesheet.id.in_([2, 3, 7])).execute()
    Timesheet.update(state="draft").where(Timesheet.id.not_in([2, 3, 7])).execute()
    assert emre.post("/approvals/ordinary", {"fingerprint": seen}).status_code == 409


def test_high_numbers_fit(emre: Visitor, world: World) -> None:
    more(world, 2)
    Timesheet.update(revision=2_000_000_000).execute()
    page = emre.get("/approvals").text
    assert emre.post("/approvals/ordinary", {"fingerprint": fingerprint(page)}).status_code == 303
    assert state(world.sheet) == "approved"


def test_in_place_they_are_one_line_above_the_list_with_its_way_back(emre: Visitor, world: World) -> None:
    page = emre.get("/approvals").text
    answer = emre.with_htmx().post("/approvals/ordinary", {"fingerprint": fingerprint(page)})
    assert answer.status_code == 200
    assert "1 goedgekeurd ·\u00a015,50 uur" in answer.text
    assert 'action="/approvals/undo"' in answer.text
    assert "Noor Hendriks" not in answer.text


def correction(world: World, *hours: tuple[BudgetNumber, int]) -> Timesheet:
    """A waiting supplementary sheet: minutes more or less on each budget number."""
    day = world.period.first_on
    sheet = factories.sheet(world.assignment, world.period, {day: 0}, sequence=1, reason="Dinsdag vergeten")
    TimesheetLine.delete().where(TimesheetLine.timesheet == sheet).execute()
    year, week, _ = day.isocalendar()
    for number, minutes in hours:
        line = TimesheetLine.create(
            timesheet=sheet, sequence=1, iso_year=year, iso_week=week, budget_number=number,
            hour_type=HourType.get(HourType.code == "REG"),
        )  # fmt: skip
        Hour.create(line=line, sequence=1, day=day, minutes=minutes)
    sheet.minutes = sum(minutes for _, minutes in hours)
    sheet.save()
    return sheet


def test_a_correction_is_never_ordinary_and_says_what_it_costs(app: Flask, world: World) -> None:
    Timesheet.update(state="approved", decided_at=clock.now()).execute()
    sheet = correction(world, (world.fse_budget, -120))
    emre = Visitor(app, world.supervisor)
    assert "Correctie op" not in emre.get(f"/approvals/{world.sheet.id}").text
    for page in ("/approvals", "/"):
        shown = emre.get(page).text
        assert "gewone goed" not in shown
        assert "−63,02" in shown or "-63,02" in shown, "2 hours at 31,51"
    who = access.grants(world.supervisor)
    picks, fingerprint = waiting.ordinary(who, WaitingFilter())
    assert picks == []
    with pytest.raises(Invalid):
        decide.approve_ordinary(WaitingFilter(), by=world.supervisor, seen=fingerprint)
    assert not listing.page(who, WaitingFilter())[0].is_ordinary
    shown = emre.get(f"/approvals/{sheet.id}").text
    assert "Correctie op budgetnummer 34367565.899, zonder btw" in shown
    assert "63,02" in shown
    # Who only registers, and the worker, see the hours.
    for person in (world.registrar, world.noor):
        seen = Visitor(app, person).with_htmx().get(f"/approvals/{sheet.id}").text
        assert "Correctie op budgetnummer 34367565.899" in seen
        assert "63,02" not in seen


def test_a_correction_that_only_moves_money_says_how_much(app: Flask, world: World) -> None:
    Timesheet.update(state="approved", decided_at=clock.now()).execute()
    other = BudgetNumber.create(organisation=world.fse, number="7")
    correction(world, (world.fse_budget, -60), (other, 60))
    emre = Visitor(app, world.supervisor)
    assert "31,51 naar een ander budgetnummer" in emre.get("/approvals").text.replace("\xa0", " ")
    Rate.delete().execute()
    assert "geen tarief, geen bedrag" in emre.get("/approvals").text
