"""POST fill at both doors: it fills and keeps a draft, a refusal keeps what was typed, each has its way back."""

from datetime import date
from typing import Any

import pytest
from flask import Flask
from playhouse.test_utils import count_queries
from werkzeug.test import TestResponse

from konnekt.domain.approvals import decide
from konnekt.models import Assignment, BudgetNumber, ClosingDay, Hour, Timesheet, TimesheetLine
from tests import factories
from tests.factories import World
from tests.pages.test_registration import PERIOD, cell, fields, lars, opened, post, sheet_of, typed, zoe
from tests.visitor import Visitor

__all__ = ["lars", "zoe"]

WEEK_45 = {"fill": "rest", "from": "2026-45"}


def stored(of: Assignment) -> dict[str, Any]:
    """What is stored of November, by day of the month: minutes, or text that can't be read."""
    query = Hour.select().join(TimesheetLine).join(Timesheet).where(Timesheet.assignment == of)
    query = query.where(Hour.day >= date(2026, 11, 1)).order_by(Hour.day)
    return {f"{hour.day:%d}": hour.typed or hour.minutes for hour in query}


def shown(page: TestResponse, *days: str) -> list[str]:
    form = fields(page.text)
    return [form[cell(form, f"2026-11-{day}")][0] for day in days]


def test_without_javascript_a_page_with_the_way_back(lars: Visitor, zoe: Assignment) -> None:
    ClosingDay.create(day=date(2026, 11, 16), name_nl="Dies", name_en="Dies")
    page = post(lars, "fill", typed(opened(lars), d02="8", d03="acht"), **WEEK_45)
    assert page.status_code == 200
    assert page.text.lstrip().startswith("<!doctype html>")
    assert "2 vakken ingevuld." in page.text
    assert stored(zoe) == {"02": 480, "03": "acht", "09": 480, "23": 480}, "kept, but for the closing day"
    back = post(lars, "lines", fields(page.text) | {"restore": "1"})
    assert shown(back, "02", "03", "09", "23") == ["8", "acht", "", ""]
    assert post(lars, "save", fields(back.text)).status_code == 303
    assert stored(zoe) == {"02": 480, "03": "acht"}
    again = post(lars, "lines", fields(back.text) | {"restore": "1"})
    assert shown(again, "02", "09") == ["8", ""], "there is nothing to take back twice"


def test_htmx_gets_the_grid_and_is_told(lars: Visitor, zoe: Assignment) -> None:
    form = opened(lars)
    page = post(lars.with_htmx(), "fill", typed(form, d02="8"), **WEEK_45)
    assert page.text.lstrip().startswith('<form id="hour-grid"')
    assert "3 vakken ingevuld." in page.headers["HX-Trigger"]
    assert "autofocus" not in page.text, "who went on by key stays in the cell"
    twice = post(lars, "fill", fields(page.text), **WEEK_45)
    assert "niets in te vullen" in twice.headers["HX-Trigger"]
    assert fields(twice.text)["undo"] == fields(page.text)["undo"], "the way back is of what was filled"
    assert sheet_of(zoe).revision == 1


def test_at_ones_own_door(app: Flask, world: World) -> None:
    Timesheet.delete().execute()
    Assignment.update(code="NOOR").where(Assignment.id == world.assignment).execute()
    noor = Visitor(app, world.noor)
    there = f"/hours/NOOR/fill{PERIOD}"
    form = fields(noor.get(f"/hours/NOOR{PERIOD}").text)
    page = noor.post(there, typed(form, d04="7,5") | {"fill": "days", "from": "2026-45"})
    assert page.status_code == 200
    assert len(stored(world.assignment)) == 20
    assert noor.get(there).status_code == 405


def test_a_sent_sheet_is_filled_on_the_page_alone(lars: Visitor, zoe: Assignment) -> None:
    post(lars, "send", typed(opened(lars), d02="8"))
    page = post(lars, "fill", opened(lars), **WEEK_45)
    assert "Wijzigingen nog niet verstuurd" in page.text
    assert stored(zoe) == {"02": 480}
    assert post(lars, "send", fields(page.text)).status_code == 303
    assert stored(zoe) == {"02": 480, "09": 480, "16": 480, "23": 480}


def test_an_approved_sheet_409(lars: Visitor, zoe: Assignment, world: World) -> None:
    form = typed(opened(lars), d02="8")
    post(lars, "send", form)
    form = opened(lars)
    decide.approve(sheet_of(zoe).id, by=world.supervisor, seen=1)
    assert post(lars, "fill", form, **WEEK_45).status_code == 409
    assert stored(zoe) == {"02": 480}


@pytest.mark.parametrize("verb", ["save", "send"])
def test_who_saw_an_older_revision_is_told_and_loses_nothing(
    app: Flask, lars: Visitor, zoe: Assignment, world: World, verb: str
) -> None:
    second = factories.account("Renée", "Wiertz")
    factories.right(second, world.fse, register=1)
    renee = Visitor(app, second)
    post(lars, verb, typed(opened(lars), d02="8"))
    mine, hers = opened(lars), opened(renee)
    post(renee, verb, typed(hers, d04="3"))
    page = post(lars, "fill", typed(mine, d05="6", d10="acht"), **WEEK_45)
    assert page.status_code == 409
    assert "sinds u het opende gewijzigd door Renée Wiertz" in page.text
    assert shown(page, "02", "04", "05", "10", "12") == ["8", "3", "6", "acht", ""], "nothing is filled in"
    assert stored(zoe) == {"02": 480, "04": 180}
    assert post(lars, "fill", fields(page.text), **WEEK_45).status_code == 200
    if verb == "save":
        assert stored(zoe)["12"] == 360, "the second time it is done knowingly"


def test_an_answer_that_got_lost_is_no_quarrel(lars: Visitor, zoe: Assignment) -> None:
    form = typed(opened(lars), d02="8")
    assert post(lars, "save", form).status_code == 303, "of which the browser never heard"
    for _ in range(2):
        assert post(lars, "fill", form, **WEEK_45).status_code == 200
    assert stored(zoe) == {"02": 480, "09": 480, "16": 480, "23": 480}


def test_an_empty_week_is_not_copied_422(lars: Visitor, zoe: Assignment) -> None:
    page = post(lars, "fill", typed(opened(lars), d02="8", d10="acht"), fill="rest", **{"from": "2026-46"})
    assert page.status_code == 422
    assert "Daar staan nog geen uren: kies de week of regel die u wilt kopiëren." in page.text
    assert '<option value="2026-46" selected>' in page.text, "what was chosen stands there"
    assert shown(page, "02", "09", "10") == ["8", "", "acht"]
    assert stored(zoe) == {}


def test_over_24_hours_elsewhere_422_with_the_way_back(lars: Visitor, zoe: Assignment, world: World) -> None:
    elsewhere = factories.assignment(zoe.worker, world.law, world.law_budget)
    factories.sheet(elsewhere, world.period, {date(2026, 11, 16): 900})
    page = post(lars, "fill", typed(opened(lars), d02="10"), **WEEK_45)
    assert page.status_code == 422
    assert "24 uur" in page.text
    assert shown(page, "02", "09", "16") == ["10", "10", "10"]
    back = post(lars, "lines", fields(page.text) | {"restore": "1"})
    assert shown(back, "02", "09", "16") == ["10", "", ""]
    assert stored(zoe) == {}


@pytest.mark.parametrize(
    "asked",
    [
        {}, {"fill": "all", "from": "2026-45"}, {"fill": "rest"}, {"fill": "rest", "from": "../x"},
        {"fill": "same", "from": "2026-60"}, {"fill": "rest", "from": "2020-45"}, {"fill": "rest", "from": "nobody"},
        {"fill": "number", "from": "2026-45", "number": "x"}, {"fill": "number", "from": "2026-45", "number": "99999"},
        {"fill": "number", "from": "2026-45"}, {"fill": "rest", "from": "2026-45", "seen": "x"},
        {"fill": "rest", "from": "2026-45", "row": ["../x"]}, {"fill": "rest", "from": "9999-53"},
    ],
)  # fmt: skip
def test_what_no_page_asks_422(lars: Visitor, zoe: Assignment, asked: dict[str, Any]) -> None:
    page = post(lars, "fill", typed(opened(lars), d02="8"), **asked)
    assert page.status_code == 422
    assert stored(zoe) == {}


def test_another_organisations_budget_number_422(lars: Visitor, zoe: Assignment, world: World) -> None:
    form = typed(opened(lars), d02="8")
    asked = {"fill": "number", "from": "2026-45", "number": str(world.law_budget.id)}
    assert post(lars, "fill", form, **asked).status_code == 422
    assert stored(zoe) == {}


def test_one_number_is_no_choice(lars: Visitor, zoe: Assignment, world: World) -> None:
    path = f"/registration/ZOE{PERIOD}"
    assert "Alle regels op dit nummer" not in lars.get(path).text
    number = BudgetNumber.create(organisation=world.fse, number="4010.002")
    assert "Alle regels op dit nummer" in lars.get(path).text
    form = typed(opened(lars), d02="8")
    page = post(lars, "fill", form, **{"fill": "number", "from": "2026-45", "number": str(number.id)})
    assert "Alle regels staan op één budgetnummer." in page.text
    (line,) = TimesheetLine.select().join(Timesheet).where(Timesheet.assignment == zoe)
    assert line.budget_number == number


def test_the_usual_week_costs_no_statement_more(lars: Visitor, zoe: Assignment, world: World) -> None:
    path = f"/registration/ZOE{PERIOD}"
    lars.get(path)
    with count_queries() as without:
        assert "Gebruikelijke week" not in lars.get(path).text
    days = {date(2026, 10, 19): 480, date(2026, 10, 26): 480}
    sheet = factories.sheet(zoe, world.periods[10], days, state="approved")
    with count_queries() as proposed:
        page = lars.get(path)
    assert "Gebruikelijke week invullen (8,00 uur)" in page.text
    assert shown(page, "02") == [""], "it does not fill itself in"
    assert proposed.count == without.count
    Timesheet.update(state="rejected").where(Timesheet.id == sheet).execute()
    assert "Gebruikelijke week" not in lars.get(path).text


def test_a_way_back_that_is_too_long_is_none(lars: Visitor, zoe: Assignment, world: World) -> None:
    """What was filled in stands there all the same, and the page goes on."""
    second = BudgetNumber.create(organisation=world.fse, number="4010.002")
    form = typed(opened(lars), **{f"d{day:02}": "8" for day in range(2, 28)})
    cells = [name for name in form if name.startswith("cell-") and form[name] == "8"]
    form |= {name.replace("cell-", "note-"): "☂" * 500 for name in cells}
    page = post(lars, "fill", form, fill="number", number=str(second.id), **{"from": "2026-45"})
    assert page.status_code == 200
    assert fields(page.text)["undo"] == [""]
    assert post(lars, "save", fields(page.text)).status_code == 303
    lines = TimesheetLine.select().join(Timesheet).where(Timesheet.assignment == zoe)
    assert {line.budget_number_id for line in lines} == {second.id}
