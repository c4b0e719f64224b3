"""The agency's home: bars per organisation, open invoices by age, all that waits, and hours and revenue."""

import re
from datetime import date, timedelta

from flask import Flask
from playhouse.test_utils import count_queries

from konnekt.models import BudgetNumber, Invoice, PayPeriod, Timesheet
from tests import factories, payroll_cast, sending_cast
from tests.factories import World
from tests.visitor import Visitor

TURNOVER = "/bureau/turnover"


def list_of(page: str) -> str:
    """What is next, without its tags."""
    block = page[page.index("Wat er nu te doen is") : page.index('id="home-charts"')]
    return " ".join(re.sub(r"<[^>]*>", " ", block).split())


def rows_of(page: str, key: str) -> dict[str, list[str]]:
    """The rows of a chart's table: name and figures."""
    figure = page[page.index(f'id="{key}"') :].partition("</figure>")[0]
    rows = figure[figure.index("<tbody") :].split("<tr>")[1:]
    return {
        re.sub(r"<[^>]*>", "", row.partition("</th>")[0]).strip(): re.findall(r"<td[^>]*>([^<]*)</td>", row)
        for row in rows
    }


def test_each_organisation_has_a_bar_of_how_far_its_timesheets_are(app: Flask, world: World) -> None:
    others = factories.sheets(
        world.fse, world.fse_budget, world.period, [("A", "B"), ("C", "D")], state="approved"
    )
    Timesheet.update(is_invoiced=True).where(Timesheet.id == others[0].id).execute()
    factories.assignment(factories.worker("Not", "Begun"), world.law, world.law_budget)
    page = Visitor(app, world.staff).get("/").text
    assert rows_of(page, "stages-four_weeks") == {
        "Faculteit der Rechtsgeleerdheid": ["1", "0", "0", "0", "0", "1"],
        "Faculty of Science and Engineering": ["0", "1", "1", "1", "0", "3"],
    }
    assert 'aria-label="Te keuren: 1, Goedgekeurd: 1, Gefactureerd: 1"' in page
    there = "/bureau/progress?calendar=four_weeks&amp;year=2026&amp;period=12&amp;organisation=FSE"
    assert page.count(f'href="{there}"') == 2, "beside the bar and in the table"
    assert Visitor(app, world.staff).get(there.replace("&amp;", "&")).status_code == 200


def test_of_many_organisations_those_with_most_to_do_have_a_bar(app: Flask, world: World) -> None:
    Timesheet.update(
        is_paid=True, is_invoiced=True, state="approved", decided_at=world.sheet.submitted_at
    ).execute()
    for number in range(14):
        at = factories.organisation(f"O{number:02}", name=f"Afdeling {number:02}")
        budget = BudgetNumber.create(organisation=at, number=f"7.{number}")
        for _one in range(3 if number % 2 else 1):
            factories.assignment(factories.worker("W", "W"), at, budget)
    rows = rows_of(Visitor(app, world.staff).get("/").text, "stages-four_weeks")
    assert len(rows) == 11
    assert "Faculty of Science and Engineering" not in rows, "nothing is left to do there"
    assert all(f"Afdeling {number:02}" in rows for number in range(1, 14, 2))
    assert rows["5 andere organisaties"] == ["4", "0", "0", "0", "1", "5"]


def test_all_that_waits_anywhere_leads_to_where_it_is_handled(app: Flask, world: World) -> None:
    staff = Visitor(app, world.staff)
    payroll_cast.complete(world)
    late = sending_cast.assemble(world)[0]
    Invoice.update(issued_on=date(2026, 8, 1), due_on=date(2026, 10, 10)).where(
        Invoice.id == late.id
    ).execute()
    for number, state in ((10, "submitted"), (9, "rejected"), (8, "draft"), (7, "draft"), (6, "submitted")):
        factories.sheet(world.assignment, world.periods[number], state=state)
    factories.sheet(world.assignment, world.periods[13], state="draft")
    page = staff.get("/").text
    said = list_of(page)
    assert "Periode 11 (week 41–44) : 1 te keuren" in said
    assert "Periode 10 (week 37–40) : 1 niet verstuurd" in said
    assert "Nog 2 perioden" in said
    assert "Periode 7 (week 25–28) : 1 te keuren" in said
    assert "Periode 14" not in said, "its hours are not due yet"
    assert "2 goedgekeurde urenbriefjes zijn niet verloond · 16,50 uur" in said
    assert re.search(r"1 factuur is vervallen · €\s[\d.]+,\d\d open", said)
    for there in (
        "/bureau/payroll",
        "/bureau/overdue",
        "/bureau/progress?calendar=four_weeks&amp;year=2026&amp;period=11",
    ):
        assert f'href="{there}"' in page
        assert staff.get(there.replace("&amp;", "&")).status_code == 200
    ages = rows_of(page, "open-by-age")
    assert list(ages) == [
        "nog niet vervallen",
        "1 tot en met 30 dagen",
        "31 tot en met 60 dagen",
        "meer dan 60 dagen",
    ]
    assert ages["31 tot en met 60 dagen"] != ["€\xa00,00"]
    assert ages["1 tot en met 30 dagen"] == ["€\xa00,00"]


def test_who_has_nothing_open_sees_nothing_of_it(app: Flask, world: World) -> None:
    page = Visitor(app, world.staff).get("/").text
    for absent in ("open-by-age", "niet verloond", "vervallen", "Andere perioden"):
        assert absent not in page, absent
    Timesheet.delete().execute()
    PayPeriod.delete().execute()
    page = Visitor(app, world.staff).get("/").text
    for absent in ("home-charts", "bureau-turnover", "stages-"):
        assert absent not in page, absent


def test_others_see_nothing_of_the_agencys_charts(app: Flask, world: World) -> None:
    for account in (world.supervisor, world.noor, world.registrar):
        page = Visitor(app, account).get("/").text
        assert "charts.css" not in page
        assert "bureau-turnover" not in page
        assert "stages-" not in page


def test_home_costs_the_same_whatever_the_rows(app: Flask, world: World) -> None:
    staff = Visitor(app, world.staff)
    with count_queries() as few:
        staff.get("/")
    factories.sheets(world.fse, world.fse_budget, world.period, [("W", f"{n}") for n in range(40)])
    for number in range(5, 11):
        factories.sheet(world.assignment, world.periods[number], state="submitted")
    for number in range(20):
        factories.organisation(f"O{number}")
    with count_queries() as many:
        staff.get("/")
    assert few.count == many.count


def test_hours_and_revenue_come_once_home_stands_and_are_a_page_without_a_script(
    app: Flask, world: World
) -> None:
    staff = Visitor(app, world.staff)
    sending_cast.assemble(world)
    home = staff.get("/").text
    assert re.search(
        rf'<a href="{TURNOVER}" hx-get="{TURNOVER}" hx-trigger="load"[^>]*>Uren en omzet tonen<', home
    )
    page = staff.get(TURNOVER).text
    fragment = staff.get(TURNOVER, headers={"HX-Request": "true"}).text
    assert fragment.lstrip().startswith('<section class="block" id="bureau-turnover">')
    assert rows_of(page, "turnover") == rows_of(fragment, "turnover")
    rows = rows_of(page, "turnover")
    assert list(rows) == ["Periode 12", "Periode 13"], "from the first that has any"
    net = sum(one.net_cents for one in Invoice.select())
    assert rows["Periode 12"] == ["16,50", f"€\xa0{net // 100},{net % 100:02}"]
    assert rows["Periode 13"] == ["0,00", "€\xa00,00"]


def test_another_calendar_is_a_link(app: Flask, world: World) -> None:
    staff = Visitor(app, world.staff)
    assert "Kalender" not in staff.get(TURNOVER).text.partition("<main")[2]
    weekly = factories.organisation("LIB", calendar="week")
    [week] = factories.periods("week", first=date(2026, 11, 16), how_many=1)
    budget = BudgetNumber.create(organisation=weekly, number="9")
    of = factories.assignment(factories.worker("W", "W"), weekly, budget)
    factories.sheet(of, week, {week.first_on + timedelta(days=1): 90}, state="approved")
    page = staff.get(TURNOVER).text
    assert f'href="{TURNOVER}?calendar=week"' in page
    assert "Er is nog niets goedgekeurd of gefactureerd" in page
    assert rows_of(staff.get(f"{TURNOVER}?calendar=week").text, "turnover") == {
        "Week 47": ["1,50", "€\xa00,00"]
    }
    assert staff.get(f"{TURNOVER}?calendar=%00").status_code == 400
    assert staff.get(f"{TURNOVER}?calendar={'x' * 5000}").status_code == 200
