"""The grid at a worker's own door: the verbs without JavaScript and with htmx, one's own assignments alone."""

from datetime import date
from typing import Any

import pytest
from flask import Flask
from playhouse.test_utils import count_queries
from werkzeug.test import TestResponse

from konnekt.domain.approvals import decide
from konnekt.models import Assignment, BudgetNumber, Event, Hour, Right, Timesheet
from tests import factories
from tests.factories import World
from tests.pages.test_registration import cell, fields, hours, typed, verbs
from tests.visitor import Visitor

PERIOD = "?year=2026&period=12"
VERBS = ("save", "send", "withdraw", "lines", "copy", "fill", "turn")


@pytest.fixture
def noor(app: Flask, world: World) -> Visitor:
    """A worker who enters her own hours at FSE and has not begun period 12."""
    Timesheet.delete().execute()
    Assignment.update(code="NOOR").where(Assignment.id == world.assignment).execute()
    return Visitor(app, world.noor)


def opened(visitor: Visitor, query: str = PERIOD) -> dict[str, Any]:
    return fields(visitor.get(f"/hours/NOOR{query}").text)


def post(visitor: Visitor, verb: str, form: dict[str, Any], code: str = "NOOR", **more: Any) -> TestResponse:
    return visitor.post(f"/hours/{code}/{verb}{PERIOD}", {**form, **more})


def sheet(world: World) -> Timesheet:
    return Timesheet.get(Timesheet.assignment == world.assignment)


# Who may


@pytest.mark.parametrize("who", ["supervisor", "registrar", "staff"])
def test_who_is_no_worker_403(app: Flask, world: World, noor: Visitor, who: str) -> None:
    visitor = Visitor(app, getattr(world, who))
    assert visitor.get(f"/hours/NOOR{PERIOD}").status_code == 403
    for verb in VERBS:
        assert post(visitor, verb, {"seen": 0}).status_code == 403


def test_nobody_elses_assignment_404(app: Flask, world: World, noor: Visitor) -> None:
    zoe = factories.assignment(factories.worker("Zoë"), world.fse, world.fse_budget, code="ZOE")
    factories.right(world.noor, world.fse, approve=1, register=1)
    assert noor.get(f"/hours/ZOE{PERIOD}").status_code == 404, "her right is for another door"
    assert noor.get("/hours/ZOE").status_code == 404
    assert noor.get(f"/hours/NOBODY{PERIOD}").status_code == 404
    assert noor.get("/hours/NOOR?year=2026&period=40").status_code == 404
    assert noor.get("/hours/NOOR?year=2026").status_code == 404
    for verb in VERBS:
        assert post(noor, verb, {"seen": 0}, code="ZOE").status_code == 404
        assert noor.get(f"/hours/NOOR/{verb}{PERIOD}").status_code == 405
    assert not Timesheet.select().where(Timesheet.assignment == zoe).exists()


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"entered_by": "organisation"}, "De organisatie vult uw uren in."),
        ({"basis": "fixed"}, "vast aantal uren"),
    ],
)
def test_what_she_does_not_enter_herself_403(
    noor: Visitor, world: World, columns: dict[str, str], words: str
) -> None:
    form = typed(opened(noor), d02="8")
    Assignment.update(**columns).execute()
    answer = noor.get(f"/hours/NOOR{PERIOD}")
    assert answer.status_code == 403
    assert words in answer.text
    assert noor.get("/hours/NOOR").status_code == 403
    for verb in VERBS:
        assert post(noor, verb, form).status_code == 403
    assert hours(world.assignment) == {}


# The verbs


def test_without_a_period_it_opens_what_is_wanted_now(noor: Visitor) -> None:
    answer = noor.get("/hours/NOOR")
    assert (answer.status_code, answer.location) == (303, f"/hours/NOOR{PERIOD}")


def test_save_send_and_take_back(noor: Visitor, world: World) -> None:
    saved = post(noor, "save", typed(opened(noor), d02="8", d03="7:30"))
    assert (saved.status_code, saved.location) == (303, f"/hours/NOOR{PERIOD}")
    assert "Opgeslagen 09:00" in noor.get(saved.location).text
    assert hours(world.assignment) == {"2026-11-02": (480, "", ""), "2026-11-03": (450, "", "")}
    sent = post(noor, "send", opened(noor))
    assert sent.status_code == 303
    page = noor.get(sent.location).text
    assert "Verstuurd: Noor Hendriks, Periode 12 (week 45–48), 15,50 uur." in page
    assert "Ongedaan maken" in page
    assert "Opslaan" not in page, "what was sent can't be only saved"
    assert post(noor, "save", typed(opened(noor), d02="4")).status_code == 409
    assert post(noor, "send", typed(opened(noor), d02="4")).status_code == 303
    assert sheet(world).minutes == 690
    assert post(noor, "withdraw", opened(noor)).status_code == 303
    assert (sheet(world).state, verbs(world.assignment)) == (
        "draft",
        ["save", "submit", "submit", "withdraw"],
    )
    assert Event.get(Event.verb == "submit").on_behalf_of is None


def test_htmx_gets_the_grid_in_place_and_the_count_of_the_menu(noor: Visitor, world: World) -> None:
    form = opened(noor)
    assert 'data-count="hours.index">2<' in noor.get("/hours").text
    noor.with_htmx()
    saved = post(noor, "save", typed(form, d02="8"))
    assert saved.status_code == 200
    assert saved.text.lstrip().startswith('<form id="hour-grid"')
    assert "Opgeslagen 09:00" in saved.text
    sent = post(noor, "send", fields(saved.text))
    assert sent.status_code == 200
    assert '"hours.index": 1' in sent.headers["HX-Trigger"]
    assert "registration.index" not in sent.headers["HX-Trigger"]
    assert "Ongedaan maken" in sent.text
    assert "Opslaan" in post(noor, "withdraw", fields(sent.text)).text


def test_bad_hours_stay_and_block_only_sending(noor: Visitor, world: World) -> None:
    assert post(noor, "save", typed(opened(noor), d02="abc", d03="8")).status_code == 303
    refused = post(noor, "send", opened(noor))
    assert refused.status_code == 422
    form = fields(refused.text)
    assert form[cell(form, "2026-11-02")] == ["abc"]
    assert post(noor, "save", {**opened(noor), "seen": "x"}).status_code == 422
    assert post(noor, "send", opened(noor) | {cell(form, "2026-11-02"): "25"}).status_code == 422
    assert sheet(world).state == "draft"


def test_an_empty_sheet_is_sent_as_no_hours_worked(noor: Visitor, world: World) -> None:
    assert post(noor, "send", opened(noor)).status_code == 422
    assert post(noor, "send", opened(noor), is_nil="1").status_code == 303
    assert (sheet(world).state, sheet(world).is_nil) == ("submitted", True)


def test_who_was_first_is_told_to_the_second(app: Flask, noor: Visitor, world: World) -> None:
    """The secretary may enter them too: on her behalf, with everything that was typed kept."""
    mine, lars = opened(noor), Visitor(app, world.registrar)
    theirs = fields(lars.get(f"/registration/NOOR{PERIOD}").text)
    assert lars.post(f"/registration/NOOR/save{PERIOD}", typed(theirs, d02="7")).status_code == 303
    refused = post(noor, "save", typed(mine, d03="5"))
    assert refused.status_code == 409
    assert "sinds u het opende gewijzigd door Lars Maes" in refused.text
    form = fields(refused.text)
    assert (form[cell(form, "2026-11-02")], form[cell(form, "2026-11-03")]) == (["7"], ["5"])
    assert post(noor, "save", form).status_code == 303
    assert len(hours(world.assignment)) == 2


def test_a_conflict_with_oneself_names_the_other_window_and_the_hour_type(
    noor: Visitor, world: World
) -> None:
    mine = opened(noor)
    assert post(noor, "save", typed(opened(noor), d02="7")).status_code == 303
    refused = post(noor, "save", typed(mine, d03="5"))
    assert refused.status_code == 409
    assert "gewijzigd door u, in een ander venster." in refused.text
    assert "Noor Hendriks." not in refused.text
    assert "ma 2 nov, Uursoort REG: van 0,00 naar 7,00 uur" in refused.text


def test_what_is_approved_is_read_only(noor: Visitor, world: World) -> None:
    post(noor, "send", typed(opened(noor), d02="8"))
    form = opened(noor)
    decide.approve(sheet(world).id, by=world.supervisor, seen=1)
    for verb in ("save", "send", "withdraw"):
        assert post(noor, verb, typed(form, d02="4")).status_code == 409, verb
    page = noor.get(f"/hours/NOOR{PERIOD}").text
    assert "kan niet meer gewijzigd worden" in page
    assert "data-cell" not in page
    assert f'href="/hours/sheets/{sheet(world).id}"' in page


def test_four_eyes_refuse_before_it_is_stuck(noor: Visitor, world: World) -> None:
    world.fse.four_eyes = True
    world.fse.save()
    Right.update(may_approve=False).execute()
    refused = post(noor, "send", typed(opened(noor), d02="8"))
    assert refused.status_code == 409
    assert "Faculty of Science and Engineering" in refused.text
    form = fields(refused.text)
    assert form[cell(form, "2026-11-02")] == ["8"]


def test_rows_and_the_pattern_of_the_period_before(noor: Visitor, world: World) -> None:
    more = fields(post(noor, "lines", typed(opened(noor), d02="8"), add="2026-46").text)
    assert len(more["row"]) == 5
    assert hours(world.assignment) == {}, "adding a row stores nothing"
    assert post(noor, "copy", opened(noor)).status_code == 409
    factories.sheet(world.assignment, world.periods[10], {date(2026, 10, 6): 240}, state="approved")
    assert "Vorige periode overnemen" in noor.get(f"/hours/NOOR{PERIOD}").text
    assert post(noor, "copy", opened(noor)).status_code == 200
    assert hours(world.assignment)["2026-11-03"] == (240, "", "")


# On to another period


def test_another_period_keeps_a_draft_on_the_way(noor: Visitor, world: World) -> None:
    page = noor.get(f"/hours/NOOR{PERIOD}").text
    assert "Vorige: Periode 11 (week 41–44)" in page
    assert "Volgende: Periode 13" in page
    assert '<option value="2026-15"' not in page, "that is too far ahead"
    turned = post(noor, "turn", typed(fields(page), d02="8"), to="2026-13")
    assert (turned.status_code, turned.location) == (303, "/hours/NOOR?year=2026&period=13")
    assert hours(world.assignment) == {"2026-11-02": (480, "", "")}
    swapped = post(noor.with_htmx(), "turn", opened(noor), go="2026-11")
    assert swapped.status_code == 200
    assert swapped.headers["HX-Push-Url"] == "/hours/NOOR?year=2026&period=11"
    assert "<title>Periode 11 (week 41–44) · Mijn uren" in swapped.text
    assert 'data-cell="2026-10-05"' in swapped.text
    noor.htmx = False
    for nowhere in ("2026-15", "2026-99", "NOOR", ""):
        assert post(noor, "turn", opened(noor) | {"to": nowhere}).status_code == 404


def test_unsent_changes_of_a_sent_sheet_are_asked_about(noor: Visitor, world: World) -> None:
    post(noor, "send", typed(opened(noor), d02="8"))
    changed = typed(opened(noor), d02="4")
    asked = post(noor, "turn", changed, to="2026-11")
    assert asked.status_code == 409
    assert "Versturen en naar Periode 11" in asked.text
    assert post(noor, "turn", changed, unsent="drop:2026-11").status_code == 303
    assert sheet(world).minutes == 480
    assert post(noor, "turn", changed, unsent="send:2026-11").status_code == 303
    assert sheet(world).minutes == 240


# What a worker reads there


def test_deadline_and_own_data_alone(noor: Visitor, world: World) -> None:
    zoe = factories.assignment(factories.worker("Zoë", "Heuvel"), world.fse, world.fse_budget)
    factories.sheet(zoe, world.period)
    page = noor.get(f"/hours/NOOR{PERIOD}").text
    assert "uitbetaald <b>wo\u00a09\u00a0dec</b>" in page
    assert "Zoë" not in page
    assert world.law_budget.number not in page, "nothing of another organisation's budgets"
    for rate in ("31,51", "31.51", "315100", "18,32"):
        assert rate not in page
    theirs = BudgetNumber.get(BudgetNumber.organisation == world.law)
    form = typed(opened(noor), d02="8")
    form[f"budget-{form['row'][0]}"] = str(theirs.id)
    assert post(noor, "save", form).status_code == 422


def test_hours_elsewhere_count_and_the_use_of_a_budget_is_not_told(
    app: Flask, noor: Visitor, world: World
) -> None:
    """In euros the use of a budget would give the bill rate away, hour by hour typed."""
    elsewhere = factories.assignment(world.noor, world.law, world.law_budget)
    factories.sheet(elsewhere, world.period, {date(2026, 11, 2): 480})
    BudgetNumber.update(ceiling_cents=100).where(BudgetNumber.id == world.fse_budget).execute()
    post(noor, "save", typed(opened(noor), d02="8"))
    page = noor.get(f"/hours/NOOR{PERIOD}").text
    assert "16,00 uur op ma 2 nov" in page
    assert "Samen met uren bij een andere organisatie." in page
    assert "Budgetnummer 34367565.899:" not in page
    lars = Visitor(app, world.registrar)
    assert "Budgetnummer 34367565.899:" not in lars.get(f"/registration/NOOR{PERIOD}").text
    Right.update(may_see_invoices=True).where(Right.account == world.registrar).execute()
    seen = lars.get(f"/registration/NOOR{PERIOD}").text
    assert "Budgetnummer 34367565.899:" in seen
    assert "andere organisatie" not in seen


def test_the_number_of_statements_is_fixed(noor: Visitor, world: World) -> None:
    factories.sheet(world.assignment, world.period, {date(2026, 11, 2): 60}, state="draft")
    with count_queries() as few:
        noor.get(f"/hours/NOOR{PERIOD}")
    for number in range(4, 11):
        factories.sheet(world.assignment, world.periods[number], state="approved")
        of = factories.assignment(world.noor, world.law, world.law_budget)
        factories.sheet(of, world.period, {date(2026, 11, 10): 60}, state="draft")
    line = Hour.get(Hour.day == date(2026, 11, 2)).line
    for day in range(3, 9):
        Hour.create(line=line, day=date(2026, 11, day), minutes=60)
    with count_queries() as many:
        noor.get(f"/hours/NOOR{PERIOD}")
    assert many.count == few.count <= 10
    form = typed(opened(noor), d03="2")
    with count_queries() as saved:
        assert post(noor, "save", form).status_code == 303
    assert saved.count <= 32
