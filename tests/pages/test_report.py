"""/reports: the report on screen, as workbook and as PDF; who sees it, and what of it."""

import html
import io
import re
from datetime import date, datetime
from typing import Any

import pytest
from flask import Flask
from openpyxl import load_workbook
from playhouse.test_utils import count_queries
from pypdf import PdfReader

from konnekt.background import work
from konnekt.domain.periods import report
from konnekt.models import BudgetNumber, Job, JobFile, Right
from tests import factories, invoice_cast
from tests.factories import World
from tests.visitor import Visitor

HERE = "/reports"
CUTS = ("organisation", "budget_number", "job", "worker", "hour_type")


@pytest.fixture
def period(world: World) -> str:
    """Period 12: Noor's 15,5 hours at FSE are invoiced, an hour of Jan at LAW is approved; its query string."""
    invoice_cast.complete(world)
    invoice_cast.approve(world.sheet, world.supervisor)
    jan = factories.worker("Jan", "=SOM(A1)")
    other = factories.assignment(jan, world.law, world.law_budget, job_title="Surveillant")
    factories.sheet(other, world.period, {world.period.first_on: 60}, state="approved")
    invoice_cast.run(organisation="FSE")
    return f"year=2026&first={world.period.id}"


@pytest.fixture
def bureau(app: Flask, world: World, period: str) -> Visitor:
    return Visitor(app, world.staff)


@pytest.fixture
def emre(app: Flask, world: World, period: str) -> Visitor:
    return Visitor(app, world.supervisor)


def text(response: Any, status: int = 200) -> str:
    assert response.status_code == status
    return html.unescape(response.text)


def book(response: Any) -> Any:
    assert response.status_code == 200
    return load_workbook(io.BytesIO(response.data))


def printed(visitor: Visitor, query: dict[str, Any]) -> str:
    """Have a PDF made, and read it."""
    made = visitor.post(f"{HERE}/pdf", query)
    assert made.status_code == 303
    assert "Dit begint zo meteen." in text(visitor.get(made.location))
    assert visitor.get(f"{made.location}/report.pdf").status_code == 404, "it is not there yet"
    assert work.work() == 1
    assert "Het rapport is gemaakt." in text(visitor.get(made.location))
    answer = visitor.get(f"{made.location}/report.pdf")
    assert (answer.status_code, answer.content_type) == (200, "application/pdf")
    assert answer.headers["Content-Disposition"] == (
        "attachment; filename=rapport-werknemer-periode-12-van-2026-week-45-48.pdf"
    )
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.data)).pages)


def test_the_agency_sees_both_by_each_cut(bureau: Visitor, period: str) -> None:
    for cut, names in {
        "organisation": ["Faculteit der Rechtsgeleerdheid", "Faculty of Science and Engineering"],
        "budget_number": ["0042.001", "34367565.899"],
        "job": ["Studentassistent", "Surveillant"],
        "worker": ["Noor Hendriks", "Jan =SOM(A1)"],
        "hour_type": ["Uursoort REG"],
    }.items():
        page = text(bureau.get(f"{HERE}?cut={cut}&{period}"))
        for said in (*names, "€\xa0488,41", "€\xa031,51", "€\xa0519,92", "15,50 uur", "Marge"):
            assert said in page, (cut, said)
        assert "<svg" in page or cut == "hour_type"


def test_an_organisation_sees_its_own_and_no_margin(
    app: Flask, emre: Visitor, world: World, period: str
) -> None:
    for cut in CUTS:
        page = text(emre.get(f"{HERE}?cut={cut}&{period}&organisation=LAW"))
        assert "€\xa0488,41" in page
        for hidden in ("Marge", "brutoloon", "€\xa031,51", "Jan ", "Rechtsgeleerdheid", "Surveillant"):
            assert hidden not in page, (cut, hidden)
    assert "Jan " in text(Visitor(app, world.outsider).get(f"{HERE}?cut=worker&{period}"))
    for nobody in (world.noor, world.registrar):
        assert Visitor(app, nobody).get(HERE).status_code == 403
    planner = factories.account(
        "Plan", "Ner", is_agency_staff=True, agency_roles="planning invoicing reading"
    )
    page = text(Visitor(app, planner).get(f"{HERE}?{period}"))
    assert "€\xa031,51" in page
    assert "Marge" not in page
    assert "brutoloon" not in page


def test_with_htmx_it_is_the_partial(bureau: Visitor, period: str) -> None:
    answer = bureau.with_htmx().get(f"{HERE}?{period}")
    assert answer.text.lstrip().startswith('<div class="flow" id="report">')


def test_nothing_to_show(app: Flask, world: World) -> None:
    page = text(Visitor(app, world.staff).get(HERE))
    assert "Hier zijn geen uren goedgekeurd of gefactureerd." in page
    assert "Excel" not in page


def test_nothing_to_choose_from_yet(app: Flask) -> None:
    staff = factories.account("Bureau", "InterUM", is_agency_staff=True)
    page = text(Visitor(app, staff).get(HERE))
    assert "Er is nog niets goedgekeurd of gefactureerd." in page
    assert "filter-first" not in page


@pytest.mark.parametrize(
    "odd",
    [
        "cut=x",
        "first=x",
        "first=999999999999",
        "year=-1",
        "last=0",
        "page=x",
        "page=99999",
    ],
)
def test_what_cannot_be_read_is_not_filled_in(bureau: Visitor, odd: str) -> None:
    assert "Periode 11" in text(bureau.get(f"{HERE}?{odd}"))


def test_against_the_ceiling(bureau: Visitor, world: World, period: str) -> None:
    BudgetNumber.update(ceiling_minutes=1000).where(BudgetNumber.id == world.fse_budget.id).execute()
    page = text(bureau.get(f"{HERE}?cut=budget_number&{period}"))
    assert "15,50 van 16:40 uur (93 %)" in page
    assert "geen plafond" in page
    cells = [
        [cell.value for cell in row]
        for row in book(bureau.get(f"{HERE}/report.xlsx?cut=budget_number&{period}")).active
    ]
    column = cells[0].index("Gebruikt van het plafond")
    assert cells[0][column - 4 : column] == [
        "Plafond in uren", "Plafond in euro's, zonder btw", "Uren in totaal gebruikt", "Bedrag in totaal gebruikt",
    ]  # fmt: skip
    assert cells[2][column - 4 :] == [pytest.approx(16.666667), None, 15.5, 488.41, 0.93]
    assert cells[1][column] is None


def test_against_the_period_before(bureau: Visitor, world: World, period: str) -> None:
    eleven = world.periods[10]
    factories.sheet(world.assignment, eleven, {eleven.first_on: 600}, state="approved")
    page = text(bureau.get(f"{HERE}?{period}"))
    assert "ervoor, in Periode 11 (week 41–44): €\xa0315,10" in page
    page = text(bureau.get(f"{HERE}?year=2026&first={world.periods[0].id}"))
    assert "Ervoor" not in page, "before the first there is none"


def test_a_workbook_to_go_on_counting_with(bureau: Visitor, world: World, period: str) -> None:
    answer = bureau.get(f"{HERE}/report.xlsx?cut=worker&{period}")
    assert answer.headers["Content-Disposition"] == (
        "attachment; filename=rapport-werknemer-periode-12-van-2026-week-45-48.xlsx"
    )
    whole = book(answer)
    sheet, about = whole.worksheets
    assert (sheet.title, about.title) == ("Rapport", "Over dit rapport")
    rows = list(sheet.iter_rows())
    assert [cell.value for cell in rows[0]] == [
        "Werknemer", "Personeelsnummer", "Uren gefactureerd", "Bedrag gefactureerd", "Uren te factureren",
        "Bedrag te factureren", "Uren totaal", "Bedrag totaal", "Uren ervoor", "Bedrag ervoor", "Verschil",
        "Brutoloon", "Marge",
    ]  # fmt: skip
    jan, noor = rows[1:3]
    assert [cell.value for cell in noor][0::2] == ["Noor Hendriks", 15.5, 0, 15.5, 0, 488.41, 204.45]
    assert [cell.value for cell in jan][0:6:5] == ["Jan =SOM(A1)", 31.51]
    assert {cell.data_type for cell in jan[:2]} == {"s"}
    assert {cell.number_format for cell in rows[1][2:]} == {"#,##0.00"}
    assert {cell.data_type for cell in rows[1][2:]} == {"n"}
    assert (sheet.auto_filter.ref, sheet.freeze_panes) == ("A1:M3", "B2")
    assert rows[3][0].value == "Totaal"
    assert rows[3][3].value == "=SUBTOTAL(109,D2:D3)"
    told = {row[0].value: row[1].value for row in about.iter_rows()}
    assert told["Eerste dag"] == datetime(2026, 11, 2)
    assert told["Gemaakt op"].date() == date(2026, 11, 30)
    assert told["Periode"] == "Periode 12 van 2026 (week 45–48)"
    assert told["Organisatie"] == "Alle organisaties"


def test_the_files_of_an_organisation_say_no_margin(emre: Visitor, period: str) -> None:
    for cut in CUTS:
        whole = book(emre.get(f"{HERE}/report.xlsx?cut={cut}&{period}&organisation=LAW"))
        cells = [str(cell.value) for sheet in whole.worksheets for row in sheet.iter_rows() for cell in row]
        assert "488.41" in cells
        assert not [cell for cell in cells if re.search("Marge|Brutoloon|31.51|Jan|Rechtsg", cell)]
    said = printed(emre, {"cut": "worker", "first": period.rpartition("=")[2]})
    assert "488,41" in said
    assert "Noor Hendriks" in said
    assert not re.search("Marge|Brutoloon|31,51|Jan", said)


def test_the_pdf_of_the_agency(bureau: Visitor, world: World, period: str) -> None:
    said = printed(bureau, {"cut": "worker", "first": str(world.period.id)})
    for words in (
        "Rapport Periode 12 van 2026",
        "Noor Hendriks",
        "488,41",
        "519,92",
        "Marge",
        "Totaal",
        "1/1",
    ):
        assert words in said, words
    assert JobFile.select().count() == 1


def test_a_pdf_is_for_who_asked_and_what_that_may_see(
    app: Flask, bureau: Visitor, emre: Visitor, world: World, period: str
) -> None:
    own = emre.post(f"{HERE}/pdf", {"cut": "worker"}).location
    of_bureau = bureau.post(f"{HERE}/pdf", {"cut": "worker"}).location
    colleague = factories.account("Ria", "Lemmens")
    factories.right(colleague, world.fse, invoices=1)
    planner = factories.account("Plan", "Ner", is_agency_staff=True, agency_roles="planning")
    assert work.work() == 2
    for address in ("", "/report.pdf"):
        assert Visitor(app, colleague).get(own + address).status_code == 404
        assert emre.get(of_bureau + address).status_code == 404
        assert emre.get(own + address).status_code == 200
        assert Visitor(app, planner).get(own + address).status_code == 200
        assert Visitor(app, planner).get(of_bureau + address).status_code == 403, "it has a margin"
        assert bureau.get(of_bureau + address).status_code == 200
    Right.update(may_see_invoices=False).where(Right.account == world.supervisor).execute()
    factories.right(world.supervisor, world.law, invoices=1)
    assert emre.get(f"{own}/report.pdf").status_code == 403, "that right was taken away"
    other = Job.create(kind="make_documents", created_by=world.supervisor, created_at=Job.get().created_at)
    assert emre.get(f"{HERE}/made/{other.id}").status_code == 404
    assert emre.get(f"{HERE}/made/999999").status_code == 404


def test_rights_are_asked_when_the_pdf_is_made(app: Flask, emre: Visitor, world: World, period: str) -> None:
    made = emre.post(f"{HERE}/pdf", {"cut": "worker"}).location
    Right.delete().where(Right.account == world.supervisor).execute()
    assert work.work() == 1
    job = Job.get()
    assert (job.failure, JobFile.select().count()) == ("The report is for who may see invoices.", 0)
    assert emre.get(made).status_code == 403


def test_too_long_for_a_file(bureau: Visitor, period: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "MOST_PRINTED", 1)
    monkeypatch.setattr(report.PeriodReport.check_length, "__defaults__", None)
    page = text(bureau.post(f"{HERE}/pdf", dict(one.split("=") for one in period.split("&"))), 422)
    assert "Een bestand heeft hooguit 1 regels" in page
    assert "€\xa0488,41" in page, "the page stays"
    assert "PDF maken" not in page
    assert Job.select().count() == 0


def test_a_fixed_number_of_statements(bureau: Visitor, world: World, period: str) -> None:
    def measure(cut: str) -> int:
        bureau.get(f"{HERE}?cut={cut}&{period}")
        with count_queries() as counted:
            bureau.get(f"{HERE}?cut={cut}&{period}")
        return int(counted.count)

    before = {cut: measure(cut) for cut in CUTS}
    for n in range(60):
        number = BudgetNumber.create(organisation=world.fse, number=f"9{n}")
        of = factories.assignment(factories.worker(last=f"W{n}"), world.fse, number, job_title=str(n))
        factories.sheet(of, world.period, state="approved")
    assert {cut: measure(cut) for cut in CUTS} == before
    page = bureau.get(f"{HERE}?cut=worker&{period}").text
    assert 'rel="next"' in page
    assert "cut=worker" in page.partition('rel="next"')[2].partition(">")[0]


def test_the_list_of_invoices_leads_here(emre: Visitor) -> None:
    assert f'href="{HERE}"' in emre.get("/invoices").text


def test_it_comes_by_mail_to_who_asks(app: Flask, world: World) -> None:
    reader = factories.account("Ada", "Lezer")
    factories.right(reader, world.fse, invoices=1)
    visitor = Visitor(app, reader)
    assert "Mail mij het rapport" in visitor.get("/reports").text
    assert visitor.post("/reports/mail", {"wanted": "1"}).location == "/reports"
    page = visitor.get("/reports").text
    assert f"per mail, op {reader.email}." in page
    assert "Niet meer per mail" in page
    visitor.post("/reports/mail", {"wanted": ""})
    assert "U krijgt geen rapporten meer per mail." in visitor.get("/reports").text
    assert Visitor(app, world.noor).post("/reports/mail", {"wanted": "1"}).status_code == 403


def test_up_to_and_with_is_never_before_the_first(bureau: Visitor, world: World) -> None:
    first, later = world.periods[10], world.periods[11]
    factories.organisation("UB", calendar="week")
    factories.periods("week", date(2026, 10, 5), 4)
    page = bureau.get(f"/reports?year=2026&first={later.id}").text
    since = page.partition('id="filter-first"')[2].partition("</select>")[0]
    assert re.findall('<optgroup label="([^"]+)">', since) == ["Vier weken", "Weken"], "not mixed"
    until = page.partition('id="filter-last"')[2].partition("</select>")[0]
    assert "optgroup" not in until, "of one calendar alone"
    assert f'value="{later.id}"' in until
    assert f'value="{first.id}"' not in until
    page = bureau.get(f"/reports?year=2026&first={first.id}&last={later.id}").text
    until = page.partition('id="filter-last"')[2].partition("</select>")[0]
    assert re.findall(r'value="(\d+)" selected', until) == [str(later.id)]
    assert f'value="{first.id}"' in until
