"""Uren registreren without JavaScript and with htmx: the list, the grid, its verbs; unhappy paths first."""

import re
from datetime import date, time, timedelta
from html import unescape
from typing import Any

import pytest
from flask import Flask
from playhouse.test_utils import count_queries
from werkzeug.test import TestResponse

from konnekt.domain import clock
from konnekt.domain.approvals import decide
from konnekt.domain.timesheets import submit
from konnekt.models import (
    Assignment,
    BudgetNumber,
    ClosingDay,
    Event,
    Hour,
    HourType,
    PayPeriod,
    Timesheet,
    TimesheetLine,
)
from tests import factories
from tests.factories import World
from tests.visitor import Visitor

PERIOD = "?year=2026&period=12"


@pytest.fixture
def zoe(world: World) -> Assignment:
    """A worker whose hours FSE's secretary enters."""
    return worker(world, "Zoë", "van den Heuvel", code="ZOE")


@pytest.fixture
def lars(app: Flask, world: World) -> Visitor:
    """The secretary: the register right at FSE alone."""
    return Visitor(app, world.registrar)


def worker(world: World, first: str, last: str = "Bergström", **columns: Any) -> Assignment:
    columns = {"entered_by": "organisation", **columns}
    return factories.assignment(factories.worker(first, last), world.fse, world.fse_budget, **columns)


def fields(html: str, of: str = "hour-grid") -> dict[str, Any]:
    """What a browser would send of the grid on a page, or another form: all but the buttons."""
    form = re.search(rf'<form id="{of}".*?</form>', html, re.S)
    assert form is not None
    found: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", form[0]):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if name is None or ('type="checkbox"' in tag and "checked" not in tag):
            continue
        found.setdefault(name[1], []).append(unescape(value[1]) if value else "")
    for name, inside in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', form[0], re.S):
        chosen = re.search(r'value="([^"]*)" ?selected', inside)
        found[name] = [chosen[1] if chosen else ""]
    for name, inside in re.findall(r'<textarea[^>]*name="([^"]*)"[^>]*>(.*?)</textarea>', form[0], re.S):
        found[name] = [unescape(inside)]
    found.pop("csrf_token", None)
    return found


def cell(form: dict[str, Any], day: str) -> str:
    """The name of the first cell of a day."""
    return next(name for name in form if name.startswith("cell-") and name.endswith(day))


def opened(visitor: Visitor, code: str = "ZOE", query: str = PERIOD) -> dict[str, Any]:
    return fields(visitor.get(f"/registration/{code}{query}").text)


def post(visitor: Visitor, verb: str, form: dict[str, Any], code: str = "ZOE", **more: Any) -> TestResponse:
    return visitor.post(f"/registration/{code}/{verb}{PERIOD}", {**form, **more})


def typed(form: dict[str, Any], **hours: str) -> dict[str, Any]:
    """The form with hours typed: d03="8" is 3 November."""
    return form | {cell(form, f"2026-11-{name[1:]}"): text for name, text in hours.items()}


def sheet_of(of: Assignment) -> Timesheet:
    return Timesheet.get(assignment=of)


def hours(of: Assignment) -> dict[str, tuple[int, str, str]]:
    query = Hour.select().join(TimesheetLine).join(Timesheet).where(Timesheet.assignment == of)
    query = query.where(Hour.day >= date(2026, 11, 1))
    return {str(hour.day): (hour.minutes, hour.remark, hour.typed) for hour in query}


def verbs(of: Assignment) -> list[str]:
    query = Event.select().join(Timesheet).where(Timesheet.assignment == of).order_by(Event.id)
    return [event.verb for event in query]


# The list


@pytest.mark.parametrize("who", ["supervisor", "noor", "staff"])
def test_without_the_right_403(app: Flask, world: World, zoe: Assignment, who: str) -> None:
    visitor = Visitor(app, getattr(world, who))
    assert visitor.get("/registration").status_code == 403
    assert visitor.get(f"/registration/ZOE{PERIOD}").status_code == 403
    for verb in ("save", "send", "withdraw", "lines", "copy", "fill", "turn"):
        assert post(visitor, verb, {"seen": 0}).status_code == 403
    assert visitor.post("/registration/send-all", {"pick": "1:1"}).status_code == 403
    assert "/registration" not in visitor.get("/").text


def test_the_list_is_of_the_period_that_is_wanted_now(lars: Visitor, zoe: Assignment, world: World) -> None:
    page = lars.get("/registration").text
    assert "2 van 2" not in page
    assert "0 van 1 verstuurd" in page
    assert "Zoë van den Heuvel" in page
    assert "Nog niet begonnen" in page
    assert "vr 4 dec 23:59" in page, "period 12 can still be sent in time, although 13 has begun"
    assert f'href="/registration/ZOE{PERIOD.replace("&", "&amp;")}"' in page
    assert "Noor Hendriks" not in page, "she enters her own hours"
    assert 'name="organisation" value="FSE"' in page, "one organisation is no choice"


def test_all_workers_but_never_those_with_fixed_hours(lars: Visitor, zoe: Assignment, world: World) -> None:
    worker(world, "Vera", "Vast", basis="fixed")
    worker(world, "Otto", "Ouds", last_on=date(2026, 10, 31))
    page = lars.get("/registration?all=1").text
    assert "Noor Hendriks" in page
    assert "voert zelf in" in page
    assert "15,50" in page
    assert page.index("Zoë") < page.index("Noor Hendriks"), "those whose hours are entered here come first"
    assert "Vera Vast" not in page
    assert "Otto Ouds" not in page
    assert lars.get("/registration?all=1&year=2026&period=11").text.count("Otto Ouds") == 1


def test_another_organisation_is_chosen_and_kept(app: Flask, lars: Visitor, world: World) -> None:
    factories.right(world.registrar, world.law, register=1)
    page = lars.get("/registration?organisation=LAW&year=2026&period=11").text
    assert '<option value="LAW" selected>' in page
    assert '<option value="11" selected>' in page
    assert "U vult hier in deze periode voor niemand uren in." in page
    assert Visitor(app, world.registrar).get("/registration?organisation=NO").status_code == 404
    assert lars.get("/registration?organisation=FSE&year=x&period=99").status_code == 200
    assert "nog geen periodes" in lars.get("/registration?year=2031").text


def test_the_list_costs_the_same_for_many(lars: Visitor, world: World, zoe: Assignment) -> None:
    with count_queries() as few:
        lars.get("/registration")
    for number in range(30):
        factories.sheet(worker(world, f"W{number}"), world.period, state="draft")
    with count_queries() as many:
        page = lars.get("/registration").text
    assert many.count == few.count <= 5
    assert '>30<span class="visually-hidden">' in page, "what is still to be sent is counted in the menu"


def test_a_named_worker_keeps_its_place_in_another_period(lars: Visitor, zoe: Assignment) -> None:
    response = lars.get("/registration?year=2026&period=11&organisation=FSE&worker=ZOE")
    assert (response.status_code, response.location) == (303, "/registration/ZOE?year=2026&period=11")


# The grid


def test_what_is_not_yours_is_not_found(app: Flask, lars: Visitor, world: World, zoe: Assignment) -> None:
    theirs = factories.assignment(factories.worker(), world.law, world.law_budget, code="LAW1")
    assert lars.get(f"/registration/{theirs.code}{PERIOD}").status_code == 404
    assert lars.get(f"/registration/NOBODY{PERIOD}").status_code == 404
    assert lars.get("/registration/ZOE").status_code == 404
    assert lars.get("/registration/ZOE?year=2026&period=40").status_code == 404
    assert lars.get("/registration/ZOE?year=2026&period=99999999999999999999").status_code == 404
    for verb in ("save", "send", "withdraw", "lines", "copy", "fill", "turn"):
        assert post(lars, verb, {"seen": 0}, code="LAW1").status_code == 404
        assert lars.get(f"/registration/ZOE/{verb}{PERIOD}").status_code == 405


def test_fixed_hours_are_not_registered(lars: Visitor, world: World) -> None:
    worker(world, "Vera", basis="fixed", code="VERA")
    response = lars.get(f"/registration/VERA{PERIOD}")
    assert response.status_code == 403
    assert "vast" in response.text


def test_an_approver_elsewhere_sees_and_may_not_enter(app: Flask, world: World) -> None:
    factories.right(world.outsider, world.fse, approve=1)
    worker(world, "Zoë", code="ZOE")
    assert Visitor(app, world.outsider).get(f"/registration/ZOE{PERIOD}").status_code == 403


def test_an_empty_period_has_a_row_per_week(lars: Visitor, world: World, zoe: Assignment) -> None:
    ClosingDay.create(day=date(2026, 11, 16), name_nl="Dies natalis", name_en="Foundation day")
    page = lars.get(f"/registration/ZOE{PERIOD}").text
    assert len(re.findall(r'<tr class="line"', page)) == 4
    assert len(re.findall(r"<input[^>]*data-cell=", page)) == 28
    assert "Dies natalis" in page
    form = page[page.index('<form id="hour-grid"') :]
    first = re.search(r"<button[^>]*>(.*?)</button>", form, re.S)
    assert first is not None and first[1] == "Versturen", "it comes first, so that Enter sends"
    assert " autofocus" not in page[: page.index("<dialog")], (
        "an Enter that comes with the page sends nothing"
    )
    assert page.count(" data-first") == 1
    assert "Opslaan" in page
    assert "Vorige periode overnemen" not in page


def test_days_outside_the_period_are_closed_and_those_outside_the_assignment_marked(
    lars: Visitor, world: World
) -> None:
    PayPeriod.create(
        calendar="month", year=2026, number=11, first_on=date(2026, 11, 1), last_on=date(2026, 11, 30),
        submit_by_at=clock.at(date(2026, 12, 4), time(12)), approve_by_at=clock.at(date(2026, 12, 7), time(12)),
        pay_on=date(2026, 12, 9),
    )  # fmt: skip
    world.fse.calendar = "month"
    world.fse.save()
    worker(world, "Zoë", code="ZOE", first_on=date(2026, 11, 4))
    page = lars.get("/registration/ZOE?year=2026&period=11").text
    assert len(re.findall(r'<tr class="line"', page)) == 6, "November 2026 touches six ISO weeks"
    assert len(re.findall(r"<input[^>]*data-cell=", page)) == 30
    assert page.count("buiten de plaatsing") == 3
    first = re.search(r"<input[^>]*data-first[^>]*>", page)
    assert first is None or 'data-cell="2026-11-04"' in first[0]


def test_save_and_open_again(lars: Visitor, zoe: Assignment, world: World) -> None:
    form = typed(opened(lars), d02="8", d03="7:30", d04="6,5", d05="4.25", d06="1u20")
    form[cell(form, "2026-11-03").replace("cell", "note")] = "Open dag"
    response = post(lars, "save", form, remark="Alles klopt.")
    assert response.status_code == 303
    again = lars.get(response.location).text
    assert "Opgeslagen 09:00" in again
    assert hours(zoe) == {
        "2026-11-02": (480, "", ""),
        "2026-11-03": (450, "Open dag", ""),
        "2026-11-04": (390, "", ""),
        "2026-11-05": (255, "", ""),
        "2026-11-06": (80, "", ""),
    }
    sheet = sheet_of(zoe)
    assert (sheet.state, sheet.minutes, sheet.remark) == ("draft", 1655, "Alles klopt.")
    assert [re.search(r'value="([^"]*)"', tag)[1] for tag in re.findall(r"<input[^>]*data-cell[^>]*>", again)][:5] == [
        "8", "7,5", "6,5", "4,25", "1:20",
    ]  # fmt: skip
    assert "27:35" in again
    form = fields(again)
    with count_queries() as counted:
        post(lars, "save", form)
    assert not [
        q
        for q in counted.get_queries()
        if re.match("INSERT|UPDATE|DELETE", q.msg[0]) and "session" not in q.msg[0]
    ]
    assert sheet_of(zoe).revision == sheet.revision, "what is shown can be posted back unchanged"
    assert verbs(zoe) == ["save"]


def test_a_draft_that_saves_itself_does_not_bring_the_team_again(
    lars: Visitor, world: World, zoe: Assignment
) -> None:
    worker(world, "Abel", code="ABEL")
    lars.with_htmx()
    first = post(lars, "save", typed(opened(lars), d02="8"))
    assert "Abel" in first.text, "with the first save the sheet begins"
    with count_queries() as counted:
        second = post(lars, "save", typed(fields(first.text), d03="8"))
    assert '<div class="turn" id="hour-grid-turn"></div>' in second.text
    assert "Abel" not in second.text
    assert counted.count <= 24
    assert "Abel" in post(lars, "lines", fields(second.text), add="2026-45").text


def test_a_whole_grid_is_written_in_one_statement(lars: Visitor, world: World, zoe: Assignment) -> None:
    kinds = [kind.id for kind in HourType.select().order_by(HourType.id)]
    form = opened(lars)
    form["row"] = []
    for week in range(45, 49):
        for number, kind in enumerate(kinds):
            token = f"n{week}{number}"
            monday = date.fromisocalendar(2026, week, 1)
            form["row"].append(token)
            form |= {f"line-{token}": "", f"week-{token}": f"2026-{week}", f"type-{token}": kind}
            form[f"budget-{token}"] = world.fse_budget.id
            form |= {f"cell-{token}-{monday + timedelta(days=day)}": "1" for day in range(7)}
    form = {name: value for name, value in form.items() if not name.startswith(("cell-new", "note-"))}
    with count_queries() as counted:
        post(lars, "save", form)
    assert counted.count <= 27
    assert Hour.select().join(TimesheetLine).join(Timesheet).where(Timesheet.assignment == zoe).count() == 140
    assert sheet_of(zoe).minutes == 140 * 60


def test_a_save_writes_only_what_changed(lars: Visitor, zoe: Assignment) -> None:
    post(lars, "save", typed(opened(lars), d02="8", d03="8", d09="8"))
    before = {hour.id for hour in Hour.select()}
    form = typed(opened(lars), d03="7")
    with count_queries() as counted:
        post(lars, "save", form)
    written = [q.msg for q in counted.get_queries() if re.match("INSERT|UPDATE|DELETE", q.msg[0])]
    about_hours = [
        sql
        for sql, _ in written
        if re.match(r'(INSERT INTO|UPDATE|DELETE FROM) "(hour|timesheet_line)"', sql)
    ]
    assert len(about_hours) == 1
    assert {hour.id for hour in Hour.select()} == before
    assert hours(zoe)["2026-11-03"] == (420, "", "")


def test_an_empty_page_makes_no_sheet(lars: Visitor, zoe: Assignment) -> None:
    assert post(lars, "save", opened(lars)).status_code == 303
    assert not Timesheet.select().where(Timesheet.assignment == zoe).exists()


def test_send_names_worker_period_and_total_and_offers_to_undo(lars: Visitor, zoe: Assignment) -> None:
    response = post(lars, "send", typed(opened(lars), d02="8", d03="7,5"))
    assert response.status_code == 303
    page = lars.get(response.location).text
    assert "Verstuurd: Zoë van den Heuvel, Periode 12 (week 45–48), 15,50 uur." in page
    assert "Ongedaan maken" in page
    assert "Opslaan" not in page, "what was sent can't be only saved"
    assert sheet_of(zoe).state == "submitted"
    undone = post(lars, "withdraw", fields(page))
    assert undone.status_code == 303
    assert sheet_of(zoe).state == "draft"
    assert verbs(zoe) == ["submit", "withdraw"]


def test_htmx_gets_the_grid_in_place(lars: Visitor, zoe: Assignment) -> None:
    form = opened(lars)
    lars.with_htmx()
    saved = post(lars, "save", typed(form, d02="8"))
    assert saved.status_code == 200
    assert saved.text.lstrip().startswith('<form id="hour-grid"')
    assert "<html" not in saved.text
    assert "Opgeslagen 09:00" in saved.text
    assert "HX-Trigger" not in saved.headers, "saved is said once, quietly"
    assert "autofocus" not in saved.text
    name = cell(form, "2026-11-02")
    assert f'id="{name}" name="{name}" value="8"' in saved.text, "a cell keeps its id when its row is stored"
    sent = post(lars, "send", fields(saved.text))
    assert sent.status_code == 200
    assert "Ongedaan maken" in sent.text
    told = sent.headers["HX-Trigger"].encode().decode("unicode_escape")
    assert "Verstuurd: Zoë van den Heuvel" in told
    assert '"registration.index": 0' in told
    again = post(lars, "send", typed(fields(sent.text), d03="4"))
    assert again.status_code == 200
    assert sheet_of(zoe).minutes == 720
    undone = post(lars, "withdraw", fields(again.text))
    assert undone.status_code == 200
    assert "Opslaan" in undone.text


# Bad input


@pytest.mark.parametrize("text", ["8,5", "8.5", "8:30", "8u30", " 8,50 "])
def test_hours_are_read(lars: Visitor, zoe: Assignment, text: str) -> None:
    post(lars, "save", typed(opened(lars), d02=text))
    assert hours(zoe) == {"2026-11-02": (510, "", "")}


@pytest.mark.parametrize(
    "text", ["8,333", "7,33", "abc", "-1", "25", "1e9", "🙂", "<b>8</b>", "8 8", "24:01"]
)
def test_what_is_no_hours_stays_in_its_cell_and_blocks_only_sending(
    lars: Visitor, zoe: Assignment, text: str
) -> None:
    response = post(lars, "save", typed(opened(lars), d02=text, d03="8"))
    assert response.status_code == 303
    page = lars.get(response.location).text
    assert hours(zoe) == {"2026-11-02": (0, "", text), "2026-11-03": (480, "", "")}
    form = fields(page)
    assert form[cell(form, "2026-11-02")] == [text]
    assert re.search(r'id="cell-[^"]*-2026-11-02"[^>]*aria-invalid="true"', page)
    assert "1 vak is nog niet leesbaar" in page
    sent = post(lars, "send", form)
    assert sent.status_code == 422
    assert fields(sent.text)[cell(form, "2026-11-02")] == [text]
    assert "nog niet gelezen" in sent.text or "leesbaar" in sent.text
    assert sheet_of(zoe).state == "draft"
    assert verbs(zoe) == ["save"]


def test_over_24_hours_in_a_day_is_refused_with_all_that_was_typed(
    lars: Visitor, zoe: Assignment, world: World
) -> None:
    elsewhere = factories.assignment(zoe.worker, world.law, world.law_budget)
    factories.sheet(elsewhere, world.period, {date(2026, 11, 2): 900})
    form = typed(opened(lars), d02="10", d03="8")
    response = post(lars, "save", form)
    assert response.status_code == 422
    assert "24 uur" in response.text
    assert "Rechtsgeleerdheid" not in response.text
    assert fields(response.text)[cell(form, "2026-11-02")] == ["10"]
    assert hours(zoe) == {}


def test_an_empty_sheet_is_sent_only_as_no_hours_worked(lars: Visitor, zoe: Assignment) -> None:
    form = opened(lars)
    response = post(lars, "send", form)
    assert response.status_code == 422
    assert 'id="grid-nil-error"' in response.text
    assert post(lars, "send", form, is_nil="1").status_code == 303
    assert (sheet_of(zoe).state, sheet_of(zoe).is_nil) == ("submitted", True)
    full = typed(opened(lars), d02="8") | {"is_nil": ["1"]}
    response = post(lars, "send", full)
    assert response.status_code == 422
    assert 'id="grid-nil-error"' in response.text


def test_two_rows_of_the_same_kind_422_at_the_row(lars: Visitor, zoe: Assignment) -> None:
    page = post(lars, "lines", typed(opened(lars), d02="8"), add="2026-45")
    form = typed(fields(page.text), d02="8")
    first, second = [name for name in form if name.startswith("cell-") and name.endswith("2026-11-03")]
    form[second] = "1"
    form[second.replace("cell", "type")[:-11]] = form[first.replace("cell", "type")[:-11]]
    response = post(lars, "save", form)
    assert response.status_code == 422
    assert "gebruik die regel" in response.text
    assert fields(response.text)[second] == ["1"]


# Crafted posts


def crafted(form: dict[str, Any], **changes: Any) -> dict[str, Any]:
    token = form["row"][0]
    return form | {name.replace("T", token): value for name, value in changes.items()}


def test_a_day_outside_the_period_422(lars: Visitor, zoe: Assignment) -> None:
    form = opened(lars)
    assert post(lars, "save", form | {f"cell-{form['row'][0]}-2026-12-24": "8"}).status_code == 422
    assert post(lars, "save", form | {f"cell-{form['row'][0]}-2026-11-10": "8"}).status_code == 422
    assert hours(zoe) == {}


def test_another_organisations_budget_number_422(lars: Visitor, zoe: Assignment, world: World) -> None:
    form = typed(opened(lars), d02="8")
    form[f"budget-{form['row'][0]}"] = str(world.law_budget.id)
    assert post(lars, "save", form).status_code == 422
    form[f"budget-{form['row'][0]}"] = "0"
    assert post(lars, "save", form).status_code == 422
    assert hours(zoe) == {}


def test_a_locked_sheet_409(lars: Visitor, zoe: Assignment, world: World) -> None:
    form = typed(opened(lars), d02="8")
    post(lars, "send", form)
    form = typed(opened(lars), d02="4")
    decide.approve(sheet_of(zoe).id, by=world.supervisor, seen=1)
    for verb in ("save", "send", "withdraw"):
        response = post(lars, verb, form)
        assert response.status_code == 409, verb
    assert hours(zoe) == {"2026-11-02": (480, "", "")}
    page = lars.get(f"/registration/ZOE{PERIOD}").text
    assert "kan niet meer gewijzigd worden" in page
    assert "data-cell" not in page


def test_a_line_of_another_sheet_404(lars: Visitor, zoe: Assignment, world: World) -> None:
    line = TimesheetLine.get(TimesheetLine.timesheet == world.sheet)
    form = typed(opened(lars), d02="8")
    form[f"line-{form['row'][0]}"] = str(line.id)
    assert post(lars, "save", form).status_code == 404
    assert hours(zoe) == {}


def test_a_sent_sheet_is_never_only_saved_409(lars: Visitor, zoe: Assignment) -> None:
    post(lars, "send", typed(opened(lars), d02="8"))
    response = post(lars, "save", typed(opened(lars), d02="4", d03="2"))
    assert response.status_code == 409
    form = fields(response.text)
    assert form[cell(form, "2026-11-03")] == ["2"], "nothing typed is lost"
    assert hours(zoe) == {"2026-11-02": (480, "", "")}
    assert post(lars, "send", form).status_code == 303
    assert sheet_of(zoe).minutes == 360


@pytest.mark.parametrize(
    "change",
    [
        {"seen": ""}, {"seen": "x"}, {"seen": "-1"}, {"row": ["new0", "new0"]}, {"row": ["../x"]}, {"row": ["A" * 40]},
        {"cell-zz-2026-11-02": "8"}, {"cell-new0-2026-02-31": "8"}, {"cell-new0": "8"}, {"week-new0": "2026-54"},
        {"week-new0": ""}, {"week-new0": "9999-52"}, {"type-new0": "x"}, {"type-new0": "１"}, {"budget-new0": ""},
        {"line-new0": "abc"}, {"shown-new0": "1,2"}, {"row": [f"n{n}" for n in range(61)]},
    ],
)  # fmt: skip
def test_what_no_page_sends_422(lars: Visitor, zoe: Assignment, change: dict[str, Any]) -> None:
    for verb in ("save", "send", "lines", "copy", "turn"):
        assert post(lars, verb, typed(opened(lars), d02="8") | change, to="ZOE").status_code == 422
    assert hours(zoe) == {}


# Rows, the sheet before, another worker


def test_add_and_remove_a_row_without_javascript(lars: Visitor, zoe: Assignment) -> None:
    form = typed(opened(lars), d02="8", d10="abc")
    response = post(lars, "lines", form, add="2026-46")
    assert response.status_code == 200
    page = response.text
    assert len(re.findall(r'<tr class="line"', page)) == 5
    more = fields(page)
    assert more[cell(more, "2026-11-02")] == ["8"]
    assert more[cell(more, "2026-11-10")] == ["abc"]
    assert hours(zoe) == {}, "adding a row stores nothing"
    (new,) = set(more["row"]) - set(form["row"])
    types = {more[f"type-{token}"][0] for token in more["row"] if more[f"week-{token}"] == ["2026-46"]}
    assert len(types) == 2, "the new row is of another hour type"
    more[f"cell-{new}-2026-11-14"] = "5"
    assert post(lars, "save", more).status_code == 303
    assert hours(zoe)["2026-11-14"] == (300, "", "")
    form = opened(lars)
    removed = post(lars, "lines", form, remove=form["row"][0])
    post(lars, "save", fields(removed.text))
    assert "2026-11-02" not in hours(zoe)
    assert "2026-11-14" in hours(zoe)


def test_the_pattern_of_the_sheet_before(lars: Visitor, zoe: Assignment, world: World) -> None:
    ClosingDay.create(day=date(2026, 11, 11), name_nl="Dies", name_en="Dies")
    irregular = HourType.get(HourType.code == "ORT40")
    before = factories.sheet(
        zoe,
        world.periods[10],
        {date(2026, 10, 6): 480, date(2026, 10, 14): 450, date(2026, 10, 16): 240},
        state="approved",
    )
    line = TimesheetLine.create(
        timesheet=before, iso_year=2026, iso_week=41, hour_type=irregular, budget_number=world.fse_budget
    )
    Hour.create(line=line, day=date(2026, 10, 10), minutes=300)
    form = opened(lars)
    assert "Vorige periode overnemen" in lars.get(f"/registration/ZOE{PERIOD}").text
    response = post(lars, "copy", typed(form, d03="2"))
    assert response.status_code == 200, "the answer offers the way back, a page after it could not"
    assert "2 vakken ingevuld." in response.text
    assert hours(zoe) == {
        "2026-11-03": (120, "", ""),
        "2026-11-07": (300, "", ""),
        "2026-11-13": (240, "", ""),
    }, "what is typed stays, a closing day stays empty"
    back = post(lars, "lines", fields(response.text) | {"restore": "1"})
    assert "Alles staat weer zoals het stond." in back.text
    assert post(lars, "save", fields(back.text)).status_code == 303
    assert hours(zoe) == {"2026-11-03": (120, "", "")}
    other = worker(world, "Nora", code="NORA")
    assert post(lars, "copy", opened(lars, "NORA"), code=other.code).status_code == 409


@pytest.mark.parametrize("htmx", [False, True])
def test_a_removed_line_comes_back_with_its_hours_and_remarks(
    lars: Visitor, zoe: Assignment, htmx: bool
) -> None:
    form = typed(opened(lars), d02="8", d03="acht", d04="7.30")
    note = cell(form, "2026-11-03").replace("cell", "note")
    post(lars, "save", form | {note: "Open dag"})
    before = hours(zoe)
    assert before.keys() == {"2026-11-02", "2026-11-03", "2026-11-04"}
    if htmx:
        lars.with_htmx()
    form = fields(lars.get(f"/registration/ZOE{PERIOD}").text)
    removed = post(lars, "lines", form, remove=form["row"][0])
    assert "<span>Regel weggehaald.</span>" in removed.text
    saved = post(lars.with_htmx(), "save", fields(removed.text))
    assert hours(zoe) == {}, "the draft saved itself without it"
    assert "<span>Regel weggehaald.</span>" in saved.text, "and the way back is still there"
    form = typed(fields(saved.text), d09="2")
    back = post(lars, "lines", form | {"restore": "1"})
    assert "<span>Regel weggehaald.</span>" not in back.text
    assert "data-touched" in back.text
    assert post(lars, "save", fields(back.text)).status_code == 200
    assert hours(zoe) == before | {"2026-11-09": (120, "", "")}, "what was typed since stays"


@pytest.mark.parametrize(
    "undo",
    [
        "what=all",
        "nonsense",
        "what=line&row=new0",
        "what=line&seen=x",
        "what=line&seen=0&row=..%2F",
        "x" * 100_001,
    ],
)
def test_a_way_back_that_is_not_of_ours(lars: Visitor, zoe: Assignment, undo: str) -> None:
    form = opened(lars) | {"undo": undo}
    assert post(lars, "lines", form | {"restore": "1"}).status_code == 422
    assert hours(zoe) == {}


def test_another_worker_keeps_a_draft_on_the_way(lars: Visitor, zoe: Assignment, world: World) -> None:
    worker(world, "Aoife", "Zzz", code="AOIFE")
    page = lars.get(f"/registration/ZOE{PERIOD}").text
    assert "Volgende: Aoife Zzz" in page
    response = post(lars, "turn", typed(fields(page), d02="8", d03="abc"), to="AOIFE")
    assert response.status_code == 303
    assert response.location == f"/registration/AOIFE{PERIOD}"
    assert hours(zoe) == {"2026-11-02": (480, "", ""), "2026-11-03": (0, "", "abc")}
    form = opened(lars)
    lars.with_htmx()
    swapped = post(lars, "turn", form, go="AOIFE")
    assert swapped.status_code == 200
    assert swapped.headers["HX-Push-Url"] == f"/registration/AOIFE{PERIOD}"
    assert "Uren van Aoife Zzz" in swapped.text
    assert "data-first" in swapped.text
    lars.htmx = False
    for nobody in ("NOBODY", ""):
        assert post(lars, "turn", form | {"to": nobody}).status_code == 404


def test_a_refused_draft_keeps_one_at_its_worker(lars: Visitor, zoe: Assignment, world: World) -> None:
    worker(world, "Aoife", "Zzz", code="AOIFE")
    page = post(lars, "lines", typed(opened(lars), d02="14"), add="2026-45").text
    form = fields(page)
    second = [name for name in form if name.startswith("cell-") and name.endswith("2026-11-02")][1]
    response = post(lars, "turn", form | {second: "12"}, to="AOIFE")
    assert response.status_code == 422
    assert "Uren van Zoë van den Heuvel" in response.text
    assert fields(response.text)[second] == ["12"]


def test_unsent_changes_of_a_sent_sheet_are_asked_about(lars: Visitor, zoe: Assignment, world: World) -> None:
    worker(world, "Aoife", "Zzz", code="AOIFE")
    post(lars, "send", typed(opened(lars), d02="8"))
    form = opened(lars)
    assert post(lars, "turn", form, to="AOIFE").status_code == 303, "nothing changed, nothing to ask"
    changed = typed(form, d02="4")
    asked = post(lars, "turn", changed, to="AOIFE")
    assert asked.status_code == 409
    assert "Versturen en naar Aoife Zzz" in asked.text
    assert "Niet versturen, naar Aoife Zzz" in asked.text
    assert fields(asked.text)[cell(form, "2026-11-02")] == ["4"]
    assert post(lars, "turn", changed, unsent="drop:AOIFE").status_code == 303
    assert sheet_of(zoe).minutes == 480
    assert post(lars, "turn", changed, unsent="send:AOIFE").status_code == 303
    assert sheet_of(zoe).minutes == 240


def test_a_deadline_that_is_over_is_said_in_the_past(lars: Visitor, zoe: Assignment) -> None:
    before = re.sub(r"<[^>]+>", "", lars.get("/registration?year=2026&period=12").text)
    assert "Versturen vóór vr 4 dec 23:59." in before
    page = re.sub(r"<[^>]+>", "", lars.get("/registration?year=2026&period=11").text)
    assert re.search(r"Had vóór [a-z]+ \d+ [a-z]+ 23:59 verstuurd moeten zijn\.", page)
    assert "Versturen vóór vr" not in page.replace("Versturen vóór</th>", "")


# Two people


def test_the_second_to_save_is_shown_what_changed_and_loses_nothing(
    app: Flask, lars: Visitor, zoe: Assignment, world: World
) -> None:
    second = factories.account("Renée", "Wiertz")
    factories.right(second, world.fse, register=1)
    renee = Visitor(app, second)
    post(lars, "save", typed(opened(lars), d02="8", d03="8", d04="8", d05="8"))
    mine, hers = opened(lars), opened(renee)
    post(renee, "save", typed(hers, d02="7", d03="6", d05="", d12="3"))
    response = post(lars, "save", typed(mine, d03="5", d04="4", d13="abc"))
    assert response.status_code == 409
    assert "sinds u het opende gewijzigd door Renée Wiertz" in response.text
    form = fields(response.text)
    shown = {day: form[cell(form, f"2026-11-{day}")][0] for day in ("02", "03", "04", "05", "12", "13")}
    assert shown == {"02": "7", "03": "5", "04": "4", "05": "", "12": "3", "13": "abc"}
    assert response.text.count(" nu 6,00") == 1
    assert hours(zoe)["2026-11-03"] == (360, "", ""), "nothing is stored before the second time"
    assert post(lars, "save", form).status_code == 303
    assert {day: value[0] for day, value in hours(zoe).items()} == {
        "2026-11-02": 420, "2026-11-03": 300, "2026-11-04": 240, "2026-11-12": 180, "2026-11-13": 0,
    }  # fmt: skip
    assert verbs(zoe) == ["save", "save", "save"]


def test_the_same_press_twice_at_once_sends_once(
    lars: Visitor, zoe: Assignment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without JavaScript a double click sends the form twice: the second finds what the first one stored."""
    real, first = submit.submit, [True]

    def overtaken(*what: Any, **more: Any) -> Timesheet:
        if first.pop() if first else False:
            real(*what, **more)
        return real(*what, **more)

    monkeypatch.setattr(submit, "submit", overtaken)
    answer = post(lars, "send", typed(opened(lars), d02="8"))
    assert answer.status_code == 303
    assert "Verstuurd: Zoë" in lars.get(answer.location).text
    assert verbs(zoe) == ["submit"]


def test_an_answer_that_got_lost_is_no_quarrel(lars: Visitor, zoe: Assignment) -> None:
    form = typed(opened(lars), d02="8")
    assert post(lars, "save", form).status_code == 303
    assert post(lars, "save", form).status_code == 303, "the same once more"
    assert post(lars, "send", form).status_code == 303
    assert post(lars, "send", form).status_code == 303
    assert verbs(zoe) == ["save", "submit"]


def test_a_row_added_after_a_lost_answer_is_of_the_sheet_as_it_is(lars: Visitor, zoe: Assignment) -> None:
    form = typed(opened(lars), d02="8")
    assert post(lars, "send", form).status_code == 303, "of which the browser never heard"
    page = fields(post(lars, "lines", typed(form, d03="4"), add="2026-45").text)
    assert page["seen"] == ["1"]
    assert (page[cell(page, "2026-11-02")], page[cell(page, "2026-11-03")]) == (["8"], ["4"])
    assert post(lars, "send", page).status_code == 303
    assert hours(zoe) == {"2026-11-02": (480, "", ""), "2026-11-03": (240, "", "")}


def test_both_begin_the_same_sheet(app: Flask, lars: Visitor, zoe: Assignment, world: World) -> None:
    second = factories.account("Renée", "Wiertz")
    factories.right(second, world.fse, register=1)
    renee = Visitor(app, second)
    mine, hers = opened(lars), opened(renee)
    post(renee, "save", typed(hers, d02="7"))
    response = post(lars, "save", typed(mine, d02="8", d03="2"))
    assert response.status_code == 409
    form = fields(response.text)
    assert len(form["row"]) == 4
    assert (form[cell(form, "2026-11-02")], form[cell(form, "2026-11-03")]) == (["8"], ["2"])
    assert " nu 7,00" in response.text


# What it costs, and what it warns of


def test_a_five_week_period_with_twelve_lines_costs_eleven_statements(app: Flask, world: World) -> None:
    PayPeriod.delete().where(PayPeriod.number > 13).execute()
    PayPeriod.update(last_on=date(2027, 1, 3)).where(PayPeriod.number == 13).execute()
    period = PayPeriod.get(PayPeriod.number == 13)
    factories.right(world.registrar, world.law, approve=1)
    zoe = worker(world, "Zoë", code="ZOE", max_minutes_per_week=960)
    limited = BudgetNumber.create(organisation=world.fse, number="3.1", ceiling_minutes=60, ceiling_cents=100)
    sheet = factories.sheet(zoe, period, {}, state="draft")
    kinds = list(HourType.select().order_by(HourType.id))
    for number in range(12):
        monday = date(2026, 11, 30) + timedelta(days=7 * (number % 5))
        year, week, _ = monday.isocalendar()
        line = TimesheetLine.create(
            timesheet=sheet,
            iso_year=year,
            iso_week=week,
            hour_type=kinds[number // 5],
            budget_number=limited if number % 2 else world.fse_budget,
        )
        for day in range(7):
            Hour.create(line=line, day=monday + timedelta(days=day), minutes=60)
    Timesheet.update(minutes=84 * 60).where(Timesheet.id == sheet.id).execute()
    lars = Visitor(app, world.registrar)
    with count_queries() as whole:
        page = lars.get("/registration/ZOE?year=2026&period=13")
    assert len(re.findall(r'<tr class="line"', page.text)) == 12
    assert len(re.findall(r"<input[^>]*data-cell=", page.text)) == 84
    assert "84,00" in page.text
    assert whole.count <= 11
    with count_queries() as swapped:
        lars.with_htmx().get("/registration/ZOE?year=2026&period=13")
    assert swapped.count <= 10


def test_warnings_while_typing(lars: Visitor, world: World) -> None:
    zoe = worker(world, "Zoë", code="ZOE", max_minutes_per_week=960, last_on=date(2026, 11, 20))
    ClosingDay.create(day=date(2026, 11, 16), name_nl="Dies natalis", name_en="Foundation day")
    form = opened(lars)
    lars.with_htmx()
    page = post(lars, "lines", typed(form, d02="13", d03="12", d07="2", d16="4", d23="1")).text
    said = re.search(r'<ul class="looks" id="hour-grid-warnings">.*?</ul>', page, re.S)
    assert said is not None
    for words in (
        "13,00 uur op ma 2 nov",
        "27,00 uur in week 45: het maximum is 16",
        "za 7 nov",
        "ma 16 nov",
        "ma 23 nov",
    ):
        assert words in said[0], words
    assert "eerste" not in said[0]
    assert hours(zoe) == {}
    saved = post(lars, "save", typed(form, d02="13"))
    assert saved.status_code == 200, "true hours are never refused"
    assert "13,00 uur op ma 2 nov" in saved.text


# Mijn urenbriefjes


def test_home_shows_what_is_still_to_send_and_sends_all_that_is_complete(
    lars: Visitor, world: World, zoe: Assignment
) -> None:
    done = factories.sheet(zoe, world.period, {date(2026, 11, 3): 480}, state="draft")
    running = factories.sheet(
        worker(world, "Bram"), world.periods[12], {date(2026, 11, 30): 60}, state="draft"
    )
    unreadable = factories.sheet(
        worker(world, "Carla"), world.period, {date(2026, 11, 3): 480}, state="draft"
    )
    Hour.update(typed="abc", minutes=0).where(
        Hour.line << TimesheetLine.select().where(TimesheetLine.timesheet == unreadable)
    ).execute()
    factories.sheet(worker(world, "Dirk"), world.period, state="rejected", rejection_reason="uren dubbel")
    factories.sheet(worker(world, "Eva"), world.period)
    page = lars.get("/").text
    assert "Mijn urenbriefjes" in page
    assert page.index("Nog versturen") < page.index("uren dubbel") < page.index("Eva")
    assert "Noor Hendriks" not in page, "she enters her own hours"
    picks = re.findall(r'name="pick" value="([^"]+)"', page)
    assert picks == [f"{done.id}:1"]
    response = lars.post(
        "/registration/send-all", {"pick": [*picks, f"{running.id}:9", f"{world.sheet.id}:1"]}
    )
    assert response.status_code == 303
    shown = lars.get(response.location).text
    assert "1 urenbriefje verstuurd." in shown
    assert "Bram" in shown
    assert Timesheet.get_by_id(done.id).state == "submitted"
    assert Timesheet.get_by_id(running.id).state == "draft"
    lars.with_htmx()
    again = lars.post("/registration/send-all", {"pick": picks})
    assert again.status_code == 409
    assert "intussen verstuurd" in again.text
    assert lars.post("/registration/send-all").status_code == 422
    assert lars.post("/registration/send-all", {"pick": "x"}).status_code == 422


def test_the_block_costs_the_same_for_many(lars: Visitor, world: World, zoe: Assignment) -> None:
    factories.sheet(zoe, world.period, state="draft")
    with count_queries() as few:
        lars.get("/")
    for number in range(20):
        factories.sheet(worker(world, f"W{number}"), world.period, state="draft")
        factories.sheet(worker(world, f"R{number}"), world.period, state="rejected")
    with count_queries() as many:
        page = lars.get("/").text
    assert many.count == few.count
    assert page.count("<li>") < 40
    assert "en 16 andere" in page
