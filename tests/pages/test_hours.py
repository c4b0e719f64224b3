"""Mijn uren: what a worker has still to send, where every sheet is, totals, downloads; nothing of others."""

import io
import re
from datetime import date, time, timedelta

import openpyxl
import pytest
from flask import Flask
from playhouse.test_utils import count_queries

from konnekt.domain import clock
from konnekt.domain.approvals import decide
from konnekt.models import (
    Account,
    Assignment,
    BudgetNumber,
    Contributor,
    Deputy,
    Flag,
    Hour,
    HourType,
    Mail,
    PayPeriod,
    PayrollBatch,
    PayrollHour,
    Timesheet,
    TimesheetLine,
)
from tests import factories
from tests.factories import World
from tests.visitor import Visitor


@pytest.fixture
def noor(app: Flask, world: World) -> Visitor:
    """A worker who enters her own hours at FSE."""
    return Visitor(app, world.noor)


def block(page: str, name: str) -> str:
    """One block of the page."""
    found = re.search(rf'<section class="block" id="{name}".*?</section>', page, re.S)
    assert found is not None, name
    return found[0]


def words(html: str) -> str:
    """What is read there, without the markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def address(code: str, number: int) -> str:
    return f'href="/hours/{code}?year=2026&amp;period={number}"'


# Who may come here


@pytest.mark.parametrize("who", ["supervisor", "registrar", "staff"])
def test_who_is_no_worker_403(app: Flask, world: World, who: str) -> None:
    visitor = Visitor(app, getattr(world, who))
    for url in ("/hours", "/hours/totals", "/hours/download", f"/hours/sheets/{world.sheet.id}"):
        assert visitor.get(url).status_code == 403
    assert 'href="/hours"' not in visitor.get("/").text


def test_somebody_elses_sheet_404(app: Flask, world: World) -> None:
    other = factories.worker("Aoife", "Zzz")
    factories.right(other, world.fse, approve=1)
    visitor = Visitor(app, other)
    assert visitor.get(f"/hours/sheets/{world.sheet.id}").status_code == 404, "her right is for another door"
    assert visitor.get("/hours/sheets/9999").status_code == 404
    assert visitor.get(f"/approvals/{world.sheet.id}").status_code == 200
    assert "Noor" not in visitor.get("/hours").text


def test_one_may_be_a_worker_and_a_supervisor(app: Flask, world: World) -> None:
    factories.right(world.noor, world.law, approve=1)
    theirs = factories.sheet(
        factories.assignment(factories.worker("Aoife", "Zzz"), world.law, world.law_budget), world.period
    )
    visitor = Visitor(app, world.noor)
    page = visitor.get("/").text
    assert 'href="/approvals"' in page
    assert 'href="/hours"' in page
    assert "Aoife" not in visitor.get("/hours").text
    assert visitor.get(f"/approvals/{theirs.id}").status_code == 200
    assert visitor.get(f"/approvals/{world.sheet.id}").location == f"/hours/sheets/{world.sheet.id}"


# What is still to fill in


def test_each_period_that_has_begun_with_its_deadline_and_what_comes_of_it(
    noor: Visitor, world: World
) -> None:
    Timesheet.delete().execute()
    due = block(noor.get("/hours").text, "hours-due")
    assert address(world.assignment.code, 11) in due
    assert address(world.assignment.code, 12) in due
    assert address(world.assignment.code, 13) in due, "it began today"
    assert address(world.assignment.code, 14) not in due
    assert address(world.assignment.code, 10) not in due, "what was never begun is not asked for for ever"
    said = words(due)
    assert (
        "Vóór vr 4 dec 23:59 verstuurd en vóór ma 7 dec 12:00 goedgekeurd: uitbetaald wo 9 dec . "
        "Daarna pas wo 6 jan." in said
    )
    assert "Had vóór vr 6 nov 23:59 verstuurd moeten zijn. Vóór ma 7 dec 12:00 goedgekeurd" in said
    assert '<span class="count">2<span' in due, "the running period doesn't wait yet"
    assert re.search(r'data-count="hours.index">2<', noor.get("/").text)


def test_a_rejected_one_stands_on_top_with_its_reason_and_by_whom(noor: Visitor, world: World) -> None:
    draft = factories.sheet(world.assignment, world.periods[2], state="draft")
    decide.reject(world.sheet.id, "18 nov dubbel", by=world.supervisor, seen=1)
    page = noor.get("/hours").text
    due = block(page, "hours-due")
    assert due.index("Afgekeurd door Emre Dubois, ma\u00a030\u00a0nov: <q>18 nov dubbel</q>") < due.index(
        "Verder invullen"
    )
    assert address(world.assignment.code, 3) in due, f"a draft stays, however old ({draft.id})"
    assert due.index(address(world.assignment.code, 12)) < due.index(address(world.assignment.code, 3))
    assert "Uren verbeteren" in due
    assert "18 nov dubbel" not in block(page, "hours-sheets")
    home = noor.get("/").text
    assert "Afgekeurd door Emre Dubois" in home
    assert address(world.assignment.code, 12) in home


def test_what_the_organisation_enters_and_fixed_hours_are_said_and_not_asked_for(
    noor: Visitor, world: World
) -> None:
    Timesheet.delete().execute()
    Assignment.update(entered_by="organisation").execute()
    fixed = factories.assignment(world.noor, world.law, world.law_budget, basis="fixed")
    theirs = factories.sheet(world.assignment, world.period, {date(2026, 11, 3): 60}, state="draft")
    page = noor.get("/hours").text
    assert "Niets in te vullen." in page
    assert "de organisatie vult uw uren in" in block(page, "hours-assignments")
    assert "vaste uren" in block(page, "hours-assignments")
    assert "u vult niets in" in page
    assert f'href="/hours/sheets/{theirs.id}"' in page, "to read"
    assert "nog niet verstuurd" in page
    for code in (world.assignment.code, fixed.code):
        assert f'href="/hours/{code}' not in page
    assert 'data-count="hours.index" hidden>0<' in page
    one = noor.get(f"/hours/sheets/{theirs.id}").text
    assert "De organisatie vult uw uren in." in one
    assert "Uren wijzigen" not in one


def test_outside_the_assignment_nothing_is_asked(noor: Visitor, world: World) -> None:
    Timesheet.delete().execute()
    Assignment.update(first_on=date(2026, 11, 20), last_on=date(2026, 11, 27)).execute()
    due = block(noor.get("/hours").text, "hours-due")
    assert re.findall(r'href="/hours/[^"]*period=(\d+)"', due) == ["12"]


# What was sent


def test_where_a_sheet_is_and_with_whom(noor: Visitor, world: World) -> None:
    sent = words(block(noor.get("/hours").text, "hours-sheets"))
    assert "verstuurd vr 27 nov ligt 3 dagen bij Emre Dubois" in sent
    assert "vóór ma 7 dec 12:00 goedgekeurd: uitbetaald wo 9 dec, daarna pas wo 6 jan" in sent
    anna = factories.account("Anna", "Bakker")
    factories.right(anna, world.fse, approve=1)
    assert "bij Anna en Emre" in noor.get("/hours").text
    for name in ("Carla", "Dirk"):
        factories.right(factories.account(name, "Xx"), world.fse, approve=1)
    assert "bij Anna, Emre en 2 anderen" in noor.get("/hours").text
    Account.update(is_active=False).where(Account.id == anna).execute()
    assert "Anna" not in noor.get("/hours").text


def test_who_stands_in_is_named_and_who_entered_is_not_under_four_eyes(noor: Visitor, world: World) -> None:
    world.fse.four_eyes = True
    world.fse.save()
    Contributor.create(timesheet=world.sheet, account=world.supervisor)
    Deputy.create(
        organisation=world.fse, supervisor=world.supervisor, deputy=world.outsider,
        first_on=date(2026, 11, 30), last_on=date(2026, 12, 4), created_at=clock.now(),
    )  # fmt: skip
    assert "niemand kan het nu goedkeuren" in noor.get("/hours").text, "four eyes apply to both"
    Contributor.delete().execute()
    assert "bij Hanna en Emre" in noor.get("/hours").text or "bij Emre en Hanna" in noor.get("/hours").text
    Deputy.update(ended_at=clock.now()).execute()
    assert "ligt 3 dagen bij Emre Dubois" in noor.get("/hours").text


def test_approved_and_paid(noor: Visitor, world: World) -> None:
    decide.approve(world.sheet.id, by=world.supervisor, seen=1)
    said = words(block(noor.get("/hours").text, "hours-sheets"))
    assert "goedgekeurd ma 30 nov door Emre Dubois wordt uitbetaald op wo 9 dec" in said
    clock.fix("2026-12-10T09:00")
    visitor = Visitor(noor.app, world.noor)
    assert "betaaldatum wo 9 dec" in words(visitor.get("/hours").text), "no batch says that it was paid"
    batch = PayrollBatch.create(
        calendar="four_weeks", pay_period=world.period, pay_on=date(2026, 12, 9), created_at=clock.now()
    )
    for hour in Hour.select():
        PayrollHour.create(hour=hour, payroll_batch=batch, minutes=hour.minutes, pay_rate=183200)
    assert "uitbetaald op wo 9 dec" in words(visitor.get("/hours").text)
    PayrollBatch.update(pay_on=date(2027, 1, 6)).execute()
    assert "wordt uitbetaald op wo 6 jan" in words(visitor.get("/hours").text)
    one = words(visitor.get(f"/hours/sheets/{world.sheet.id}").text)
    assert "wordt uitbetaald op wo 6 jan" in one


def test_approved_late_is_paid_later(noor: Visitor, world: World) -> None:
    clock.fix("2026-12-08T09:00")
    decide.approve(world.sheet.id, by=world.supervisor, seen=1)
    assert "wordt uitbetaald op wo 6 jan" in words(Visitor(noor.app, world.noor).get("/hours").text)


def test_only_flags_that_tell_the_worker_something(noor: Visitor, world: World) -> None:
    Flag.create(timesheet=world.sheet, revision=1, code="first", detail={})
    Flag.create(
        timesheet=world.sheet, revision=1, code="long_day", is_elsewhere=True,
        detail={"day": "2026-11-03", "minutes": 800, "count": 1},
    )  # fmt: skip
    Flag.create(
        timesheet=world.sheet, revision=1, code="budget",
        detail={"number": "34367565.899", "why": "cents", "used": 123456, "ceiling": 100000},
    )  # fmt: skip
    page = noor.get("/hours").text
    assert "&gt; 12 u / dag" in page
    assert "eerste urenbriefje" not in page
    assert "budget op" not in page
    one = noor.get(f"/hours/sheets/{world.sheet.id}").text
    assert "1.234,56" not in one, "with the hours it would give the bill rate away"
    assert "13:20" in one
    assert "1.234,56" in Visitor(noor.app, world.supervisor).get(f"/approvals/{world.sheet.id}").text


def test_years_assignments_and_pages(noor: Visitor, world: World) -> None:
    other = factories.assignment(world.noor, world.law, world.law_budget, code="LAW7", job_title="Tutor")
    factories.sheet(other, world.periods[9], state="approved")
    last = date(2025, 1, 6)
    for number in range(1, 25):
        period = PayPeriod.create(
            calendar="four_weeks", year=2025, number=number, first_on=last, last_on=last + timedelta(days=6),
            submit_by_at=clock.at(last + timedelta(days=9), time(12)),
            approve_by_at=clock.at(last + timedelta(days=12), time(12)),
            pay_on=last + timedelta(days=14),
        )  # fmt: skip
        factories.sheet(world.assignment, period, state="approved")
        last += timedelta(days=7)
    page = noor.get("/hours").text
    assert block(page, "hours-sheets").count('class="trail"') == 20
    assert re.search(r'rel="next" href="/hours\?page=2#hours-sheets"', page)
    second = noor.get("/hours?page=2").text
    assert block(second, "hours-sheets").count('class="trail"') == 6
    assert noor.get("/hours?page=99").text.count('rel="next"') == 0
    narrowed = block(noor.get("/hours?year=2026&assignment=LAW7").text, "hours-sheets")
    assert narrowed.count('class="trail"') == 1
    assert "Rechtsgeleerdheid" in narrowed
    assert 'year=2025&amp;page=2#hours-sheets"' in noor.get("/hours?year=2025").text
    assert "Geen urenbriefjes van deze keuze." in noor.get("/hours?year=1999").text
    assert noor.get("/hours?year=x&page=-1&assignment=nobody").status_code == 200
    fragment = noor.with_htmx().get("/hours?year=2026").text
    assert fragment.lstrip().startswith('<section class="block" id="hours-sheets"')
    assert "<html" not in fragment


def test_a_correction_stands_with_its_original(noor: Visitor, world: World) -> None:
    Timesheet.update(state="approved", decided_at=clock.now()).execute()
    more = factories.sheet(
        world.assignment, world.period, {date(2026, 11, 3): -60}, sequence=1, reason="Een uur te veel"
    )
    page = noor.get("/hours").text
    assert "correctie 1" in page
    assert "−1,00" in page
    original = noor.get(f"/hours/sheets/{world.sheet.id}").text
    assert f'href="/hours/sheets/{more.id}"' in original
    assert "Een uur te veel" in original
    correction = noor.get(f"/hours/sheets/{more.id}").text
    assert "Het oorspronkelijke urenbriefje" in correction
    assert "Uren wijzigen" not in correction


def test_the_page_of_a_sheet(noor: Visitor, world: World) -> None:
    world.sheet.remark = "Dinsdag ingevallen."
    world.sheet.save()
    factories.sheet(world.assignment, world.periods[10], state="approved")
    page = noor.get(f"/hours/sheets/{world.sheet.id}").text
    assert "Dinsdag ingevallen." in page
    assert "15,50" in page
    assert "Verloop" in page
    assert address(world.assignment.code, 12) in page
    assert "/approvals" not in page, "neither buttons to decide nor links to another door"
    decide.reject(world.sheet.id, "18 nov dubbel", by=world.supervisor, seen=1)
    rejected = noor.get(f"/hours/sheets/{world.sheet.id}").text
    assert "Uren verbeteren" in rejected
    assert "18 nov dubbel" in rejected
    assert "Afgekeurd door Emre Dubois" in rejected


def test_the_mail_of_a_rejection_leads_to_the_own_door(noor: Visitor, world: World) -> None:
    decide.reject(world.sheet.id, "18 nov dubbel", by=world.supervisor, seen=1)
    mail = Mail.get(Mail.kind == "rejected")
    path = f"/hours/{world.assignment.code}?year=2026&period=12"
    assert path in mail.text
    grid = noor.get(path)
    assert grid.status_code == 200
    assert "18 nov dubbel" in grid.text


def test_the_mail_to_who_registers_leads_to_registration(app: Flask, world: World) -> None:
    Assignment.update(entered_by="organisation").execute()
    decide.reject(world.sheet.id, "18 nov dubbel", by=world.supervisor, seen=1)
    mail = Mail.get(Mail.kind == "rejected")
    assert mail.recipient == world.registrar.email
    path = f"/registration/{world.assignment.code}?year=2026&period=12"
    assert path in mail.text
    assert "18 nov dubbel" in Visitor(app, world.registrar).get(path).text


def test_the_number_of_statements_is_fixed(noor: Visitor, world: World) -> None:
    factories.sheet(world.assignment, world.periods[10], state="approved")
    factories.sheet(world.assignment, world.periods[9], state="draft")
    with count_queries() as few:
        noor.get("/hours")
    with count_queries() as home:
        noor.get("/")
    for number in range(3, 9):
        factories.sheet(world.assignment, world.periods[number], state=("draft", "approved")[number % 2])
        of = factories.assignment(world.noor, world.law, world.law_budget)
        factories.sheet(of, world.period)
        factories.right(factories.account(), world.law, approve=1)
    with count_queries() as many:
        page = noor.get("/hours").text
    assert block(page, "hours-sheets").count('class="trail"') == 11
    assert many.count == few.count <= 15
    with count_queries() as home_of_many:
        noor.get("/")
    assert home_of_many.count == home.count <= 14
    with count_queries() as one:
        noor.get(f"/hours/sheets/{world.sheet.id}")
    assert one.count <= 20


# Totals and downloads


def test_totals_per_period_and_year_by_hour_type(noor: Visitor, world: World) -> None:
    irregular = HourType.get(HourType.code == "ORT40")
    line = TimesheetLine.create(
        timesheet=world.sheet, iso_year=2026, iso_week=45, hour_type=irregular, budget_number=world.fse_budget
    )
    Hour.create(line=line, day=date(2026, 11, 7), minutes=80)
    factories.sheet(world.assignment, world.periods[10], {date(2026, 10, 6): 600}, state="approved")
    factories.sheet(world.assignment, world.period, {date(2026, 11, 3): -60}, state="approved", sequence=1)
    factories.sheet(world.assignment, world.periods[9], {date(2026, 9, 8): 480}, state="draft")
    theirs = factories.assignment(factories.worker("Aoife", "Zzz"), world.fse, world.fse_budget)
    factories.sheet(theirs, world.period, {date(2026, 11, 3): 1200})
    page = noor.get("/hours/totals").text
    rows = [words(row) for row in re.findall(r"<tr>.*?</tr>", page, re.S)]
    assert rows == [
        "Periode Uursoort REG Uursoort ORT40 Totaal",
        "Periode 11 week 41–44 10,00 – 10,00",
        "Periode 12 week 45–48 14,50 1:20 15:50",
        "2026 24,50 1:20 25:50",
    ]
    assert re.search(r"<caption[^>]*>Uren per periode en uursoort in 2026", page)
    assert "Van dit jaar zijn geen uren verstuurd." in noor.get("/hours/totals?year=2020").text


def test_a_year_begins_with_a_chart_where_there_is_something_to_compare(noor: Visitor, world: World) -> None:
    def columns() -> list[str]:
        return re.findall("<title>([^<]+)</title></rect>", noor.get("/hours/totals").text)

    factories.sheet(world.assignment, world.periods[10], {date(2026, 10, 6): 600}, state="approved")
    assert columns() == [], "two periods are quicker read"
    factories.sheet(
        world.assignment, world.periods[9], {date(2026, 9, 8): 0, date(2026, 9, 9): 480}, state="approved"
    )
    factories.sheet(
        world.assignment, world.periods[9], {date(2026, 9, 9): -540}, state="approved", sequence=1
    )
    weekly = factories.organisation("LIB", calendar="week")
    budget = BudgetNumber.create(organisation=weekly, number="9")
    of = factories.assignment(world.noor, weekly, budget)
    *two, third = factories.periods("week", first=date(2026, 11, 2), how_many=3)
    for week in two:
        factories.sheet(of, week, {week.first_on: 60})
    said = ["Periode 10: \u22121,00", "Periode 11: 10,00", "Periode 12: 15,50"]
    assert columns() == said, "weeks are not compared with four weeks, and two are too few"
    factories.sheet(of, third, {third.first_on: 60})
    page = noor.get("/hours/totals").text
    assert "charts.css" in page
    titles = re.findall(r'<figure class="chart"[^>]*aria-label="([^"]+)"', page)
    assert titles == re.findall("<b>([^<]+)</b>", page)[:2] == ["Uren per periode", "Uren per week"]
    assert "charts.css" not in noor.get("/hours/totals?year=2020").text


def test_own_hours_as_csv_and_xlsx(noor: Visitor, world: World) -> None:
    theirs = factories.assignment(factories.worker("Aoife", "Zzz"), world.fse, world.fse_budget)
    factories.sheet(theirs, world.period, {date(2026, 11, 3): 1200})
    Hour.update(remark="=1+1").where(Hour.day == date(2026, 11, 3), Hour.minutes == 480).execute()
    Hour.update(minutes=440).where(Hour.day == date(2026, 11, 4)).execute()
    answer = noor.get("/hours/download?year=2026&format=csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == "attachment; filename=uren.csv"
    of = f"{world.assignment.code} · Studentassistent;Faculty of Science and Engineering;Periode 12 van 2026 (week 45–48);Uursoort REG"
    assert answer.data.decode("utf-8-sig").splitlines() == [
        "Dag;Plaatsing;Organisatie;Periode;Uursoort;Uren;Opmerking;Status",
        f"2026-11-03;{of};8,00;'=1+1;Te keuren",
        f"2026-11-04;{of};7,3333;;Te keuren",
    ]
    one = noor.get("/hours/download?year=2020&from=2026-11-04&to=2026-11-04&format=csv")
    assert len(one.data.splitlines()) == 2, "days go before the year"
    book = openpyxl.load_workbook(io.BytesIO(noor.get("/hours/download?format=xlsx").data))
    rows = list(book.active.iter_rows(values_only=True))
    assert rows[1][5:] == (8, "=1+1", "Te keuren")
    assert rows[1][0].date() == date(2026, 11, 3)
    assert len(rows) == 3
    assert noor.get("/hours/download?year=2020").data.count(b"\r\n") == 1
    assert noor.get("/hours/download?year=tien").status_code == 200


@pytest.mark.parametrize(
    ("query", "words"),
    [("from=gisteren", "gisteren"), ("from=2026-11-04&to=2026-11-03", "laatste dag")],
)
def test_days_that_cannot_be_422(noor: Visitor, query: str, words: str) -> None:
    answer = noor.get(f"/hours/download?format=csv&{query}")
    assert answer.status_code == 422
    assert words in answer.text
    assert "data-error-summary" in answer.text


def test_nothing_here_is_posted(noor: Visitor, world: World) -> None:
    for url in ("/hours", "/hours/totals", "/hours/download", f"/hours/sheets/{world.sheet.id}"):
        assert noor.post(url).status_code == 405
