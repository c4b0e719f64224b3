"""/bureau/progress: who has not sent or approved, reminding, sending on somebody's behalf; /bureau on top."""

import re
from datetime import date, timedelta

import pytest
from flask import Flask
from playhouse.test_utils import count_queries

from konnekt.domain import clock
from konnekt.domain.approvals import decide
from konnekt.domain.periods import progress
from konnekt.domain.timesheets import content, submit
from konnekt.domain.timesheets.content import Cell, Content, Line
from konnekt.domain.timesheets.submit import SheetIds
from konnekt.models import (
    Account,
    Assignment,
    Contributor,
    Event,
    Hour,
    HourType,
    Mail,
    Organisation,
    PayPeriod,
    Right,
    Timesheet,
    TimesheetLine,
)
from tests import factories
from tests.factories import World
from tests.pages.test_registration import fields
from tests.visitor import Visitor

HERE = {"calendar": "four_weeks", "year": "2026", "period": "12"}


@pytest.fixture
def bureau(app: Flask, world: World) -> Visitor:
    return Visitor(app, world.staff)


def plain(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def workers(html: str) -> list[str]:
    """The names in the list, in its order."""
    return re.findall(r'class="who">\s*<a href="/(?:approvals|bureau/progress)/[^"]*">([^<]+)</a>', html)


def add(world: World, first: str, state: str = "", at: str = "FSE", **columns: object) -> Assignment:
    place, budget = (world.fse, world.fse_budget) if at == "FSE" else (world.law, world.law_budget)
    of = factories.assignment(factories.worker(first, "Bos"), place, budget, **columns)
    if state:
        factories.sheet(of, world.period, {world.period.first_on: 120}, state=state)
    return of


def draft(world: World, of: Assignment, minutes: int = 480, typed: str = "") -> Timesheet:
    """What the worker saved of an assignment in period 12."""
    cell = Cell(date(2026, 11, 3), 0 if typed else minutes, "", typed)
    line = Line(2026, 45, HourType.get(code="REG").id, world.fse_budget.id, (cell,))
    saved = submit.save(SheetIds(of.id, world.period.id), Content((line,)), by=of.worker, seen=0)
    assert saved
    return saved


def test_each_organisation_heads_its_timesheets(bureau: Visitor, world: World) -> None:
    for name, at in (("Ada", "FSE"), ("Bea", "LAW"), ("Cas", "FSE"), ("Dirk", "LAW")):
        add(world, name, at=at)
    page = bureau.get("/bureau/progress").text
    rows = plain(page[page.index('id="progress-rows"') :])
    order = ["Faculteit der Rechtsgeleerdheid", "Bea Bos", "Dirk Bos"]
    order += ["Faculty of Science and Engineering", "Ada Bos", "Cas Bos", "Noor Hendriks"]
    places = [rows.index(one) for one in order]
    assert places == sorted(places)
    assert [rows.count(one) for one in (order[0], order[3])] == [1, 1]
    narrowed = bureau.get("/bureau/progress?organisation=LAW").text
    assert '<tr class="group"' not in narrowed, "the heading of the page names it"


def test_who_has_not_sent_who_has_not_approved(bureau: Visitor, world: World) -> None:
    add(world, "Ada")
    add(world, "Bea", "draft")
    add(world, "Cas", "rejected")
    add(world, "Dirk", "approved")
    add(world, "Eva", at="LAW", entered_by="organisation")
    add(world, "Fleur", basis="fixed")
    page = bureau.get("/bureau/progress")
    assert workers(page.text) == ["Eva Bos", "Ada Bos", "Bea Bos", "Cas Bos", "Noor Hendriks"]
    text = plain(page.text)
    assert "Periode 12 week 45–48 · 6 urenbriefjes" in text
    assert "Versturen vóór vr 4 dec 23:59" in text
    assert "goedgekeurd: uitbetaald wo 9 dec" in text.replace(" .", ".")
    assert re.search(r"Totaal 4 niet verstuurd 1 te keuren 15,50 uur 1 goedgekeurd 2,00 uur", text)
    assert re.search(r"Noor Hendriks Te keuren Emre Dubois 3 dagen", text)
    assert re.search(r"Eva Bos Nog niet begonnen Hanna Haddad –", text)
    assert f"/approvals/{world.sheet.id}" in page.text


def test_narrowed(bureau: Visitor, world: World) -> None:
    add(world, "Ada")
    add(world, "Dirk", "approved")
    add(world, "Eva", at="LAW")
    found = {
        query: workers(bureau.get(f"/bureau/progress?{query}").text)
        for query in ("show=unsent", "show=waiting", "show=approved", "organisation=LAW", "organisation=X")
    }
    assert found == {
        "show=unsent": ["Eva Bos", "Ada Bos"],
        "show=waiting": ["Noor Hendriks"],
        "show=approved": ["Dirk Bos"],
        "organisation=LAW": ["Eva Bos"],
        "organisation=X": [],
    }
    for odd in ("year=x", "period=99999999999", "calendar=x", "page=-1", "page=x", "show=x", "year=1"):
        assert bureau.get(f"/bureau/progress?{odd}").status_code == 200
    chosen = 'value="3" selected'
    assert chosen in bureau.get("/bureau/progress?calendar=four_weeks&year=2026&period=3").text
    of_weeks = "/bureau/progress?calendar=four_weeks&year=2026&period=3&of=week-2026"
    assert chosen not in bureau.get(of_weeks).text


def test_the_period_whose_deadlines_are_nearest(bureau: Visitor, world: World) -> None:
    assert "Periode 12 " in plain(bureau.get("/bureau/progress").text)
    clock.fix("2026-12-07T12:00")
    assert progress.choose().period == world.periods[12]
    clock.fix("2025-01-01")
    assert progress.choose().period == world.periods[0]
    clock.fix("2030-01-01")
    assert progress.choose().period == world.periods[-1]
    weeks = factories.periods("week", date(2026, 11, 23), 2)
    clock.fix("2026-11-30T09:00")
    assert {one.calendar for one in progress.choose().periods} == {"four_weeks"}, "nobody follows weeks"
    factories.organisation("LIB", calendar="week")
    PayPeriod.update(submit_by_at=clock.now() + timedelta(hours=1)).where(
        PayPeriod.id == weeks[0].id
    ).execute()
    assert progress.choose().period == weeks[0]
    assert progress.choose("four_weeks").period == world.period


def test_without_periods(bureau: Visitor, world: World) -> None:
    Organisation.update(calendar="week").execute()
    assert "nog geen periodes" in bureau.get("/bureau/progress").text
    assert "Eerste stappen" in bureau.get("/bureau").text
    assert bureau.post("/bureau/progress/remind", HERE).status_code == 404


def test_an_outsider_and_a_wrong_method(app: Flask, bureau: Visitor, world: World) -> None:
    page = f"/bureau/progress/{world.assignment.code}/2026/12"
    for account in (world.supervisor, world.noor, world.registrar):
        visitor = Visitor(app, account)
        for url in ("/bureau/progress", page):
            assert visitor.get(url).status_code == 403
        for url in ("/bureau/progress/remind", page):
            assert visitor.post(url, HERE).status_code == 403
    assert bureau.get("/bureau/progress/remind").status_code == 405
    for unknown in ("X/2026/12", f"{world.assignment.code}/2026/99", f"{world.assignment.code}/999999/1"):
        assert bureau.get(f"/bureau/progress/{unknown}").status_code == 404
        assert bureau.post(f"/bureau/progress/{unknown}", {"reason": "x", "seen": 0}).status_code == 404


def test_remind(bureau: Visitor, world: World) -> None:
    ada = add(world, "Ada")
    answer = bureau.post("/bureau/progress/remind", {**HERE, "assignment": ada.code, "show": "unsent"})
    assert answer.status_code == 303
    assert "show=unsent" in answer.location
    page = bureau.get(answer.location).text
    assert "Herinnerd: Ada Bos." in page
    assert "vandaag herinnerd" in page
    row = bureau.with_htmx().post("/bureau/progress/remind", HERE)
    assert row.status_code == 200
    assert 'id="progress-list"' in row.text
    assert "<html" not in row.text
    assert "Vandaag al herinnerd: Ada Bos." in row.headers["HX-Trigger"].encode().decode("unicode_escape")
    assert "Herinnerd: Emre Dubois." in row.headers["HX-Trigger"]
    assert Mail.select().count() == 2
    place = bureau.post("/bureau/progress/remind", {**HERE, "remind": "LAW"})
    assert "niemand te laat" in place.headers["HX-Trigger"]


def test_nobody_to_remind(bureau: Visitor, world: World) -> None:
    Right.delete().execute()
    assert "niemand" in bureau.get("/bureau/progress").text
    answer = bureau.post("/bureau/progress/remind", HERE)
    assert "Voor 1 urenbriefje is er niemand om te herinneren." in bureau.get(answer.location).text


def test_a_fixed_number_of_statements(bureau: Visitor, world: World) -> None:
    def measure(url: str) -> int:
        bureau.get(url)
        with count_queries() as counted:
            assert bureau.get(url).status_code == 200
        return int(counted.count)

    for state in ("", "submitted", "rejected"):
        add(world, "Ada", state)
    before = {url: measure(url) for url in ("/bureau/progress", "/bureau")}
    for number in range(20):
        for state in ("", "submitted", "rejected", "approved"):
            add(world, f"W{number}", state, at="LAW" if number % 2 else "FSE")
    assert {url: measure(url) for url in before} == before
    assert before["/bureau/progress"] <= 14
    page = bureau.get("/bureau/progress")
    assert len(workers(page.text)) == 50
    assert 'rel="next"' in page.text


def test_the_bureau_says_what_is_next(bureau: Visitor, world: World) -> None:
    add(world, "Ada")
    add(world, "Dirk", "approved")
    text = plain(bureau.get("/bureau").text)
    assert "1 niet verstuurd 1 te keuren 1 goedgekeurd" in text
    assert "1 goedgekeurd urenbriefje is niet gefactureerd · 2,00 uur" in text


def test_send_a_draft_on_behalf_of_the_worker(bureau: Visitor, world: World) -> None:
    ada = add(world, "Ada")
    sheet = draft(world, ada)
    url = f"/bureau/progress/{ada.code}/2026/12"
    page = bureau.get(url)
    assert "8,00 uur" in page.text
    assert 'name="is_nil"' not in page.text
    answer = bureau.post(url, {"reason": "Telefonisch doorgegeven", "seen": sheet.revision})
    assert answer.status_code == 303
    assert "Namens een ander verstuurd: Ada Bos" in bureau.get(answer.location).text
    sent = Timesheet.get_by_id(sheet.id)
    assert (sent.state, sent.submitted_by, sent.minutes) == ("submitted", world.staff, 480)
    event = Event.get(Event.verb == "submit")
    assert (event.actor, event.on_behalf_of, event.reason) == (
        world.staff,
        ada.worker,
        "Telefonisch doorgegeven",
    )
    history = plain(bureau.get(f"/approvals/{sheet.id}").text)
    assert "Verstuurd door Bureau InterUM namens Ada Bos" in history
    assert "Telefonisch doorgegeven" in history
    again = bureau.post(url, {"reason": "Nog eens", "seen": sheet.revision + 1})
    assert again.status_code == 409
    assert "al verstuurd" in again.text
    assert Event.select().where(Event.verb == "submit").count() == 1


def test_no_hours_worked_where_nobody_began(bureau: Visitor, world: World) -> None:
    eva = add(world, "Eva", entered_by="organisation")
    url = f"/bureau/progress/{eva.code}/2026/12"
    empty = bureau.post(url, {"reason": "Ziek", "seen": 0})
    assert empty.status_code == 422
    assert "Er is niets ingevuld" in empty.text
    assert "Ziek" in empty.text
    assert bureau.post(url, {"reason": "Ziek", "seen": 0, "is_nil": "y"}).status_code == 303
    sheet = Timesheet.get(Timesheet.assignment == eva)
    assert (sheet.state, sheet.is_nil, sheet.minutes) == ("submitted", True, 0)
    assert "namens de organisatie" in bureau.get(f"/approvals/{sheet.id}").text


def test_a_draft_of_the_organisation_names_who_entered_it(bureau: Visitor, world: World) -> None:
    eva = add(world, "Eva", entered_by="organisation")
    line = Line(2026, 45, HourType.get(code="REG").id, world.fse_budget.id, (Cell(date(2026, 11, 3), 60),))
    submit.save(SheetIds(eva.id, world.period.id), Content((line,)), by=world.registrar, seen=0)
    assert (
        bureau.post(f"/bureau/progress/{eva.code}/2026/12", {"reason": "Lars is ziek", "seen": 1}).status_code
        == 303
    )
    assert Event.get(Event.verb == "submit").on_behalf_of == world.registrar


def test_bad_input_is_kept_and_refused(bureau: Visitor, world: World) -> None:
    ada = add(world, "Ada")
    sheet = draft(world, ada, typed="acht")
    url = f"/bureau/progress/{ada.code}/2026/12"
    without = bureau.post(url, {"reason": "  ", "seen": sheet.revision})
    assert without.status_code == 422
    assert 'aria-invalid="true"' in without.text
    long = bureau.post(url, {"reason": "x" * 1001, "seen": sheet.revision})
    assert long.status_code == 422
    assert "x" * 1001 in long.text
    unreadable = bureau.post(url, {"reason": "Toch", "seen": sheet.revision})
    assert unreadable.status_code == 409
    assert "niet te lezen" in unreadable.text
    assert "Toch" in unreadable.text
    assert Timesheet.get_by_id(sheet.id).state == "draft"


def test_an_old_revision_is_refused(bureau: Visitor, world: World) -> None:
    ada = add(world, "Ada")
    sheet = draft(world, ada)
    url = f"/bureau/progress/{ada.code}/2026/12"
    for seen in ("0", "7", ""):
        assert bureau.post(url, {"reason": "Toch", "seen": seen}).status_code == 409
    assert bureau.post(url, {"reason": "Toch", "seen": "x"}).status_code == 422
    assert Timesheet.get_by_id(sheet.id).state == "draft"


def test_four_eyes_hold(app: Flask, bureau: Visitor, world: World) -> None:
    """At LAW somebody else approves than who sends: the agency's account counts as the sender."""
    eva = add(world, "Eva", "draft", at="LAW")
    sheet = Timesheet.get(Timesheet.assignment == eva)
    Contributor.create(timesheet=sheet, account=world.outsider)
    url = f"/bureau/progress/{eva.code}/2026/12"
    refused = bureau.post(url, {"reason": "Toch", "seen": 1})
    assert refused.status_code == 409
    assert "niemand anders" in refused.text or "nobody else" in refused.text
    factories.right(world.staff, world.law, approve=1)
    assert bureau.post(url, {"reason": "Toch", "seen": 1}).status_code == 409, "nor may the sender approve it"
    factories.right(world.supervisor, world.law, approve=1)
    assert bureau.post(url, {"reason": "Toch", "seen": 1}).status_code == 303
    assert Visitor(app, world.outsider).post(f"/approvals/{sheet.id}/approve", {"seen": 2}).status_code == 403
    assert bureau.post(f"/approvals/{sheet.id}/approve", {"seen": 2}).status_code == 403
    assert (
        Visitor(app, world.supervisor).post(f"/approvals/{sheet.id}/approve", {"seen": 2}).status_code == 303
    )


def test_a_rejected_sheet_is_sent_again_by_the_agency(bureau: Visitor, world: World) -> None:
    decide.reject(world.sheet.id, "Dinsdag ontbreekt", by=world.supervisor, seen=1)
    page = bureau.get(f"/bureau/progress/{world.assignment.code}/2026/12")
    assert "Dinsdag ontbreekt" in page.text
    url = f"/bureau/progress/{world.assignment.code}/2026/12"
    assert bureau.post(url, {"reason": "Het klopte toch", "seen": 1}).status_code == 303
    assert Timesheet.get_by_id(world.sheet.id).state == "submitted"


def test_fixed_hours_are_not_sent(bureau: Visitor, world: World) -> None:
    fixed = add(world, "Fleur", basis="fixed")
    url = f"/bureau/progress/{fixed.code}/2026/12"
    assert "Namens versturen" not in bureau.get(url).text
    assert bureau.post(url, {"reason": "x", "seen": 0, "is_nil": "y"}).status_code == 403


def test_what_is_typed_stays_text(bureau: Visitor, world: World) -> None:
    ada = add(world, "Ada")
    Account.update(last_name="<b>vet</b>").where(Account.id == ada.worker_id).execute()
    for url in ("/bureau/progress", f"/bureau/progress/{ada.code}/2026/12"):
        assert "<b>vet" not in bureau.get(url).text


def typed(world: World, sheet: Timesheet, **more: str) -> dict[str, str]:
    """The change page of a sheet with one line on 3 and 4 November, as a browser posts it."""
    line = TimesheetLine.get(TimesheetLine.timesheet == sheet)
    row = str(line.id)
    return {
        "seen": str(sheet.revision), "row": row, f"week-{row}": "2026-45", f"line-{row}": row,
        f"type-{row}": str(line.hour_type_id), f"budget-{row}": str(line.budget_number_id),
        f"cell-{row}-2026-11-03": "8", f"cell-{row}-2026-11-04": "6:00", "reason": "Gebeld op 30 november",
        **more,
    }  # fmt: skip


@pytest.mark.parametrize("state", ["submitted", "rejected", "draft"])
def test_the_agency_changes_hours_that_nobody_approved(
    bureau: Visitor, app: Flask, world: World, state: str
) -> None:
    sheet = world.sheet
    is_rejected = {"decided_at": clock.now(), "rejection_reason": "Te veel"} if state == "rejected" else {}
    Timesheet.update(state=state, **is_rejected).execute()
    Hour.update(remark="Open dag").where(Hour.day == date(2026, 11, 4)).execute()
    here = f"/bureau/progress/{world.assignment.code}/2026/12/change"
    assert here in bureau.get(f"/approvals/{sheet.id}").text
    assert 'value="7,5"' in bureau.get(here).text
    none = bureau.post(here, typed(world, sheet, reason=" "))
    assert none.status_code == 422
    assert 'value="6"' in none.text, "what was typed stays"
    assert "was 7,50" in none.text
    added = bureau.with_htmx().post(here, typed(world, sheet, add="2026-45"))
    assert added.text.startswith('<form id="sheet-change"')
    assert "new0" in added.text
    bureau.htmx = False
    assert bureau.post(here, typed(world, sheet)).status_code == 303
    now = Timesheet.get_by_id(sheet.id)
    assert (now.state, now.minutes, now.revision) == ("submitted", 840, sheet.revision + 1)
    assert now.rejection_reason == ""
    assert Hour.get(Hour.day == date(2026, 11, 4)).remark == "Open dag", "no cell shows it: it stays"
    event = Event.get(Event.verb == "submit")
    assert (event.actor, event.on_behalf_of, event.reason) == (
        world.staff,
        world.noor,
        "Gebeld op 30 november",
    )
    assert (event.before["minutes"], event.after["minutes"]) == (930, 840)
    assert Contributor.get(Contributor.timesheet == sheet).account == world.staff
    owner = Visitor(app, world.noor).get(f"/hours/sheets/{sheet.id}").text
    assert "Gebeld op 30 november" in owner
    stale = bureau.post(here, typed(world, sheet))
    assert stale.status_code == 409
    refused = Visitor(app, world.supervisor)
    refused_approval = refused.post(f"/approvals/{sheet.id}/approve", {"seen": str(sheet.revision)})
    assert refused_approval.status_code == 409, "who saw the hours of before is told"


def test_filling_in_on_the_agencys_own_form_and_back(bureau: Visitor, world: World) -> None:
    """As on the grid of who enters: nothing is stored, and what was typed stays."""
    sheet, form = world.sheet, typed(world, world.sheet)
    Hour.update(remark="Open dag").where(Hour.day == date(2026, 11, 4)).execute()
    here = f"/bureau/progress/{world.assignment.code}/2026/12/change"
    assert 'id="grid-fill"' in bureau.get(here).text
    page = bureau.post(here, form | {"fill": "rest", "from": "2026-45"})
    assert page.status_code == 200
    assert "6 vakken ingevuld." in page.text
    filled = fields(page.text, "sheet-change")
    values = [value for name, (value, *_) in filled.items() if name.startswith("cell-") and value]
    assert values == ["8", "6"] * 4
    assert filled["reason"][0].strip() == "Gebeld op 30 november"
    assert Timesheet.get_by_id(sheet.id).minutes == 930, "nothing is stored yet"
    back = bureau.post(here, filled | {"restore": "1"})
    again = fields(back.text, "sheet-change")
    assert [value for name, (value, *_) in again.items() if name.startswith("cell-") and value] == ["8", "6"]
    assert "undo" not in again
    assert bureau.post(here, filled).status_code == 303
    assert Timesheet.get_by_id(sheet.id).minutes == 4 * 840
    assert Hour.get(Hour.day == date(2026, 11, 4)).remark == "Open dag"


def test_filling_in_by_htmx_and_what_can_not_be_422(bureau: Visitor, world: World) -> None:
    form = typed(world, world.sheet)
    here = f"/bureau/progress/{world.assignment.code}/2026/12/change"
    bureau.with_htmx()
    page = bureau.post(here, form | {"fill": "days", "from": "2026-45"})
    assert page.text.startswith('<form id="sheet-change"')
    assert "18 vakken ingevuld." in page.headers["HX-Trigger"]
    nothing = bureau.post(here, fields(page.text, "sheet-change") | {"fill": "days", "from": "2026-45"})
    assert "niets in te vullen" in nothing.headers["HX-Trigger"]
    assert fields(nothing.text, "sheet-change")["undo"] == fields(page.text, "sheet-change")["undo"], (
        "the way back is of what was filled"
    )
    other = {"fill": "number", "from": "2026-45", "number": str(world.law_budget.id)}
    for asked in (
        {"fill": "rest", "from": "2026-47"},
        {"fill": "all", "from": "2026-45"},
        {"fill": "rest"},
        other,
    ):
        refused = bureau.post(here, form | asked)
        assert refused.status_code == 422, asked
    assert Timesheet.get_by_id(world.sheet.id).revision == 1


def test_hours_that_came_in_between_are_shown_before_they_are_overwritten(
    bureau: Visitor, world: World
) -> None:
    """Neither a missing reason nor a line added takes over the revision that the agency has not seen."""
    sheet, form = world.sheet, typed(world, world.sheet)
    here = f"/bureau/progress/{world.assignment.code}/2026/12/change"
    key, budget = TimesheetLine.get(TimesheetLine.timesheet == sheet).hour_type_id, world.fse_budget.id
    stored = content.read(sheet).content
    later = Line(2026, 46, key, budget, (Cell(date(2026, 11, 10), 240, "Ingevallen"),))
    submit.submit(sheet.id, Content((*stored.lines, later)), by=world.noor, seen=1)
    for more in ({"reason": " "}, {"add": "2026-47"}):
        again = bureau.post(here, {**form, **more})
        assert 'name="seen" value="1"' in again.text, more
    number = str(TimesheetLine.get(TimesheetLine.iso_week == 46).id)
    stale = bureau.post(here, form)
    assert stale.status_code == 409
    assert "gewijzigd door Noor Hendriks" in stale.text
    assert 'name="seen" value="2"' in stale.text
    name = re.search(r'name="(cell-\w+-2026-11-10)" value="4"', stale.text)
    assert name, "her row stands on the page now"
    # As where SQLite gave that line the number of one that the agency's page still shows.
    reused = {re.sub(rf"-{form['row']}(?=-|$)", f"-{number}", key, count=1): one for key, one in form.items()}
    again = bureau.post(here, reused | {"row": number})
    assert again.status_code == 409
    assert re.search(r'name="cell-new\w+-2026-11-10" value="4"', again.text)
    row = name[1].split("-")[1]
    more = {f"week-{row}": "2026-46", f"type-{row}": str(key), f"budget-{row}": str(budget), name[1]: "4"}
    data = {**form, **more, "row": [form["row"], row], "seen": "2"}
    assert bureau.post(here, data).status_code == 303
    assert Timesheet.get_by_id(sheet.id).minutes == 840 + 240
    assert Hour.get(Hour.day == date(2026, 11, 10)).remark == "Ingevallen"


def test_who_can_not_change_hours_so(bureau: Visitor, app: Flask, world: World) -> None:
    here = f"/bureau/progress/{world.assignment.code}/2026/12/change"
    for person in (world.noor, world.supervisor, world.registrar):
        assert Visitor(app, person).post(here, typed(world, world.sheet)).status_code == 403
    same = typed(world, world.sheet)
    same[next(name for name in same if name.endswith("11-04"))] = "7,5"
    nothing = bureau.post(here, same)
    assert nothing.status_code == 409
    assert "Er verandert niets" in nothing.text
    long = bureau.post(here, {**same, next(name for name in same if name.endswith("11-04")): "25"})
    assert (long.status_code, "24 uur" in long.text) == (422, True)
    assert bureau.post(here, {"seen": "x"}).status_code == 422
    Timesheet.update(state="approved", decided_at=clock.now()).execute()
    assert bureau.get(here).status_code == bureau.post(here, typed(world, world.sheet)).status_code == 409
    fixed = add(world, "Fleur", basis="fixed")
    assert bureau.get(f"/bureau/progress/{fixed.code}/2026/12/change").status_code == 403
    assert bureau.get("/bureau/progress/X/2026/12/change").status_code == 404
    missing = add(world, "Ada")
    page = bureau.get(f"/bureau/progress/{missing.code}/2026/12").text
    assert "Uren invullen" in page
    assert bureau.get(f"/bureau/progress/{missing.code}/2026/12/change").status_code == 200
