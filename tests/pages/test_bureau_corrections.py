"""/bureau/corrections: find, type, see the effect, send, take back; and how approvers see a correction."""

import re
from datetime import date

import pytest
from flask import Flask
from playhouse.test_utils import count_queries

from konnekt.db import db
from konnekt.domain.approvals import decide
from konnekt.models import HourType, State, Timesheet
from tests import factories, payroll_cast
from tests.factories import World
from tests.visitor import Visitor

TUESDAY = "cell-l0-2026-11-03"


@pytest.fixture
def bureau(app: Flask, world: World) -> Visitor:
    payroll_cast.complete(world)
    payroll_cast.export()
    return Visitor(app, world.staff)


def here(world: World) -> str:
    return f"/bureau/corrections/{world.sheet.id}"


def inputs(html: str) -> dict[str, str]:
    """What a browser would send of the form: its inputs, selects and the reason; no buttons."""
    form = re.search(r'<form id="correction-form".*?</form>', html, re.S)
    assert form is not None
    found = {}
    for tag in re.findall(r"<input[^>]*>", form[0]):
        said = dict(re.findall(r'(name|value)="([^"]*)"', tag))
        if said.get("name") not in (None, "csrf_token", "row"):
            found[said["name"]] = said.get("value", "")
    for name, options in re.findall(r'<select[^>]*name="([^"]*)"[^>]*>(.*?)</select>', form[0], re.S):
        chosen = re.search(r'value="(\d+)" selected', options) or re.search(r'value="(\d+)"', options)
        assert chosen is not None
        found[name] = chosen[1]
    return found


def typed(bureau: Visitor, world: World, html: str = "", **changed: str) -> dict[str, object]:
    html = html or bureau.get(here(world)).text
    rows = re.findall(r'name="row" value="([^"]*)"', html)
    reason = re.search(r'<textarea[^>]*name="reason"[^>]*>\s*(.*?)</textarea>', html, re.S)
    return {**inputs(html), "row": rows, "reason": reason[1] if reason else "", **changed}


def look(bureau: Visitor, world: World, **changed: str) -> str:
    answer = bureau.post(here(world), typed(bureau, world, do="look", **changed))
    assert answer.status_code == 200
    return answer.text


def sent(bureau: Visitor, world: World, **changed: str) -> Timesheet:
    shown = look(bureau, world, reason="Dubbel geteld", **changed)
    assert bureau.post(here(world), typed(bureau, world, shown, do="send")).status_code == 303
    made: Timesheet = Timesheet.select().where(Timesheet.sequence > 0).order_by(Timesheet.id.desc()).get()
    return made


def test_nobody_else_gets_in(app: Flask, bureau: Visitor, world: World) -> None:
    for person in (world.noor, world.supervisor, world.registrar):
        visitor = Visitor(app, person)
        assert visitor.get("/bureau/corrections").status_code == 403
        assert visitor.get(here(world)).status_code == 403
        assert visitor.post(here(world), {"do": "look"}).status_code == 403
        assert visitor.post(f"{here(world)}/withdraw", {"seen": "1"}).status_code == 403


def test_find(bureau: Visitor, world: World) -> None:
    waiting = factories.assignment(factories.worker("Łucja"), world.fse, world.fse_budget)
    factories.sheet(waiting, world.period)
    page = bureau.get("/bureau/corrections").text
    assert "Noor Hendriks" in page
    assert "Łucja" not in page, "not invoiced or paid"
    assert "Noor" in bureau.get("/bureau/corrections?name=hend&organisation=FSE&year=2026&number=12").text
    for nothing in ("name=emre", "organisation=LAW", "number=11", "year=2025"):
        assert "Geen urenbriefje gevonden" in bureau.get(f"/bureau/corrections?{nothing}").text
    assert "Noor" in bureau.get("/bureau/corrections?year=nooit&number=99&page=x").text
    fragment = bureau.with_htmx().get("/bureau/corrections?name=noor")
    assert fragment.text.startswith('<div id="corrections-list"')


def test_the_effect_is_shown_before_it_is_sent(bureau: Visitor, world: World) -> None:
    page = look(bureau, world, **{TUESDAY: "4,5"})
    assert "Factuur, budgetnummer 34367565.899, zonder btw" in page
    assert "−3,50 uur · <b>€\u00a0−110,29</b>" in page
    assert "<b>€\u00a0−64,12</b>" in page
    assert "was 8,00" in page
    assert Timesheet.select().count() == 1, "nothing is made by looking"


def test_send(app: Flask, bureau: Visitor, world: World) -> None:
    made = sent(bureau, world, **{TUESDAY: "4:30"})
    assert (made.sequence, made.minutes, made.state, made.reason) == (1, -210, "submitted", "Dubbel geteld")
    page = bureau.get(here(world)).text
    assert "Verstuurd: correctie 1 wacht op goedkeuring." in page
    assert "Er wacht een correctie op goedkeuring" in page
    assert 'id="correction-form"' not in page
    assert "Noor Hendriks" in bureau.get("/bureau/corrections").text


def test_without_looking_first_it_is_shown_and_not_sent(bureau: Visitor, world: World) -> None:
    answer = bureau.post(here(world), typed(bureau, world, do="send", reason="Fout", **{TUESDAY: "4"}))
    assert answer.status_code == 409
    assert "Dit doet de correctie inmiddels" in answer.text
    assert "−4,00" in answer.text
    shown = look(bureau, world, reason="Fout", **{TUESDAY: "4"})
    answer = bureau.post(here(world), typed(bureau, world, shown, do="send", **{TUESDAY: "3"}))
    assert answer.status_code == 409
    assert Timesheet.select().count() == 1


def test_htmx_gets_the_partial(bureau: Visitor, world: World) -> None:
    page = bureau.get(here(world)).text
    bureau.with_htmx()
    answer = bureau.post(here(world), typed(bureau, world, page, do="look", reason="Fout", **{TUESDAY: "4"}))
    assert answer.text.startswith('<div id="correction"')
    answer = bureau.post(here(world), typed(bureau, world, answer.text, do="send"))
    assert (answer.status_code, answer.text[:21]) == (200, '<div id="correction">')
    assert "HX-Trigger" in answer.headers


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        ("acht", "Typ uren als 7,5 of 7:30"),
        ("-1", "Dit kan niet negatief zijn"),
        ("7,33", "7:20"),
        ("25", "Een dag heeft hoogstens 24 uur"),
    ],
)
def test_bad_hours_keep_what_was_typed(bureau: Visitor, world: World, cell: str, sentence: str) -> None:
    answer = bureau.post(here(world), typed(bureau, world, do="look", reason="Fout", **{TUESDAY: cell}))
    assert answer.status_code == 422
    assert f'value="{cell}"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert sentence in answer.text
    assert ">Fout</textarea>" in answer.text.replace("\r\n", "")


def test_no_reason(bureau: Visitor, world: World) -> None:
    shown = look(bureau, world, **{TUESDAY: "4"})
    answer = bureau.post(here(world), typed(bureau, world, shown, do="send", reason=" "))
    assert answer.status_code == 422
    assert 'id="reason-error"' in answer.text
    assert "−4,00" in answer.text
    assert Timesheet.select().count() == 1


def test_nothing_changed_and_a_broken_page(bureau: Visitor, world: World) -> None:
    answer = bureau.post(here(world), typed(bureau, world, do="look"))
    assert answer.status_code == 422
    assert "Er verandert niets" in answer.text
    assert bureau.post(here(world), {"do": "look", "row": "l0", "seen": "1"}).status_code == 422
    assert bureau.post("/bureau/corrections/999", typed(bureau, world, do="look")).status_code == 404
    assert bureau.get("/bureau/corrections/999").status_code == 404


def test_a_new_line(bureau: Visitor, world: World) -> None:
    page = bureau.post(here(world), typed(bureau, world, add="2026-45", **{TUESDAY: "7"})).text
    assert 'name="type-new0"' in page
    assert re.search(r'<select id="type-new0"[^>]* autofocus', page), "the new line has the focus"
    assert f'id="{TUESDAY}" name="{TUESDAY}" value="7"' in page, "what was typed stays"
    overtime = str(HourType.get(HourType.code == "OT").id)
    filled = {"type-new0": overtime, "cell-new0-2026-11-03": "1"}
    shown = bureau.post(here(world), typed(bureau, world, page, do="look", reason="Overwerk", **filled)).text
    assert bureau.post(here(world), typed(bureau, world, shown, do="send")).status_code == 303
    made = Timesheet.get(Timesheet.sequence == 1)
    assert (made.minutes, made.lines.count()) == (0, 2)


def test_what_is_not_locked_says_how_else(app: Flask, world: World) -> None:
    bureau = Visitor(app, world.staff)
    assert "niet goedgekeurd" in bureau.get(here(world)).text
    payroll_cast.complete(world)
    page = bureau.get(here(world)).text
    assert "trek in plaats daarvan de goedkeuring in" in page
    assert 'id="correction-form"' not in page


def test_take_back(bureau: Visitor, world: World) -> None:
    made = sent(bureau, world, **{TUESDAY: "4"})
    url = f"/bureau/corrections/{made.id}/withdraw"
    assert bureau.get(url).status_code == 405
    assert bureau.post(url, {"seen": "9"}).status_code == 409
    answer = bureau.post(url, {"seen": "1"})
    assert (answer.status_code, answer.location) == (303, here(world))
    assert Timesheet.get_by_id(made.id).state == State.DRAFT
    assert 'id="correction-form"' in bureau.get(here(world)).text
    assert bureau.post(url, {"seen": "1"}).status_code == 409


def test_a_rejected_one_shows_its_reason_and_goes_again(bureau: Visitor, world: World) -> None:
    made = sent(bureau, world, **{TUESDAY: "4"})
    decide.reject(made.id, "Dinsdag was er wel", by=world.supervisor, seen=1)
    page = bureau.get(here(world)).text
    assert "Dinsdag was er wel" in page
    assert "Noor Hendriks" in bureau.get("/bureau/corrections").text
    again = sent(bureau, world, **{TUESDAY: "6"})
    assert (again.id, again.minutes) == (made.id, -120)


def test_a_second_one_starts_from_the_sum(bureau: Visitor, world: World) -> None:
    made = sent(bureau, world, **{TUESDAY: "4,5"})
    decide.approve(made.id, by=world.supervisor, seen=1)
    page = bureau.get(here(world)).text
    assert f'id="{TUESDAY}" name="{TUESDAY}" value="4,5"' in page
    assert "12,00 uur" in page
    assert bureau.get(f"/bureau/corrections/{made.id}").status_code == 200
    second = sent(bureau, world, **{TUESDAY: "5"})
    assert (second.sequence, second.minutes) == (2, 30)


def test_the_agency_comes_from_the_detail(app: Flask, bureau: Visitor, world: World) -> None:
    link = f'href="{here(world)}"'
    assert link in bureau.get(f"/approvals/{world.sheet.id}").text
    assert link not in Visitor(app, world.supervisor).get(f"/approvals/{world.sheet.id}").text


def test_how_an_approver_sees_it(app: Flask, bureau: Visitor, world: World) -> None:
    made = sent(bureau, world, **{TUESDAY: "4,5"})
    emre = Visitor(app, world.supervisor)
    for page in (emre.get("/approvals").text, emre.get("/").text):
        assert "extra urenbriefje 1" in page
        assert "−3,50" in page
        assert "Dubbel geteld" in page
    opened = emre.get(f"/approvals/{made.id}").text
    assert "Reden van de correctie: Dubbel geteld" in opened
    assert "Het urenbriefje dat dit corrigeert" in opened
    assert "64,12" not in opened, "organisations never see pay"
    assert "Extra urenbriefje 1" in emre.get(f"/approvals/{world.sheet.id}").text
    assert emre.post("/approvals/approve", {"pick": f"{made.id}:1"}).status_code == 303
    assert Timesheet.get_by_id(made.id).state == State.APPROVED


def test_the_worker_and_an_outsider(app: Flask, bureau: Visitor, world: World) -> None:
    made = sent(bureau, world, **{TUESDAY: "4,5"})
    assert Visitor(app, world.outsider).get(f"/approvals/{made.id}").status_code == 404
    assert "Dubbel geteld" in Visitor(app, world.noor).get(f"/hours/sheets/{made.id}").text


def test_a_fixed_number_of_statements(bureau: Visitor, world: World) -> None:
    with count_queries() as few:
        bureau.get("/bureau/corrections")
    with db.atomic():
        for _ in range(60):
            payroll_cast.approved(world, {date(2026, 11, 3): 60})
    payroll_cast.export()
    with count_queries() as many:
        page = bureau.get("/bureau/corrections").text
    assert many.count == few.count
    assert 'rel="next"' in page
