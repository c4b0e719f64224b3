"""GET /invoices: who sees what, searching, sums, pages, the clock, the page of an invoice, files."""

import csv
import io
import re
from datetime import date
from typing import Any

import pytest
from flask import Flask
from openpyxl import load_workbook
from playhouse.test_utils import count_queries

from konnekt.domain import clock
from konnekt.domain.invoices import issue
from konnekt.domain.payments import booking
from konnekt.models import BudgetNumber, Document, Invoice, Organisation, Payment, Right
from tests import factories, invoice_cast
from tests.factories import World
from tests.visitor import Visitor


@pytest.fixture
def issued(world: World) -> World:
    """An invoice of FSE (2026-00001, Noor's hours) and one of LAW (2026-00002), both with documents."""
    invoice_cast.complete(world)
    invoice_cast.approve(world.sheet, world.supervisor)
    anna = factories.assignment(factories.worker("Anna", "Claes"), world.law, world.law_budget)
    invoice_cast.approve(factories.sheet(anna, world.period, state="approved"), world.outsider)
    invoice_cast.run(organisation="FSE")
    invoice_cast.run(organisation="LAW")
    for invoice in Invoice.select():
        with_documents(invoice)
    return world


def with_documents(invoice: Invoice, *kinds: str) -> None:
    for kind in kinds or ("pdf", "ubl"):
        suffix = {"pdf": "pdf", "ubl": "xml"}[kind]
        Document.create(
            invoice=invoice, kind=kind, file_name=f"{invoice.number_text}.{suffix}",
            media_type={"pdf": "application/pdf", "ubl": "application/xml"}[kind], sha256="",
            content=f"{kind} of {invoice.number_text}".encode(), created_at=clock.now(),
        )  # fmt: skip


def many(world: World, how_many: int, **columns: Any) -> None:
    """Invoices of FSE by the quick road, 10 euro each."""
    start = Invoice.select().count()
    rows = [
        {
            "year": 2026, "number": n, "number_text": f"2026-{n:05d}", "organisation": world.fse,
            "pay_period": world.period, "budget_number": world.fse_budget,
            "budget_number_text": world.fse_budget.number, "issued_on": date(2026, 11, 1),
            "due_on": date(2026, 12, 1), "language": "nl", "vat_treatment": "exempt", "net_cents": 1000,
            "vat_cents": 0, "total_cents": 1000, "created_at": clock.now(),
            "frozen": {"sheets": [], "references": []}, **columns,
        }
        for n in range(start + 1, start + how_many + 1)
    ]  # fmt: skip
    for first in range(0, how_many, 50):
        Invoice.insert_many(rows[first : first + 50]).execute()


def numbers(html: str) -> list[str]:
    """The invoices in the list, in its order."""
    return re.findall(r'<a href="/invoices/\d+">(\d{4}-\d+)</a>', html)


@pytest.fixture
def emre(app: Flask, issued: World) -> Visitor:
    return Visitor(app, issued.supervisor)


@pytest.fixture
def staff(app: Flask, issued: World) -> Visitor:
    return Visitor(app, issued.staff)


def test_the_list_shows_what_is_yours(emre: Visitor) -> None:
    page = emre.get("/invoices")
    assert page.status_code == 200
    assert numbers(page.text) == ["2026-00001"]
    assert "1 factuur" in page.text
    assert "590,98" in page.text
    assert "34367565.899" in page.text
    assert "Rechtsgeleerdheid" not in page.text
    assert "0042.001" not in page.text
    assert "30 dec 2026" in page.text


def test_the_agency_sees_all_newest_first(staff: Visitor) -> None:
    assert numbers(staff.get("/invoices").text) == ["2026-00002", "2026-00001"]


def test_who_has_no_invoice_right_has_no_page(app: Flask, issued: World) -> None:
    for account in (issued.registrar, issued.noor):
        visitor = Visitor(app, account)
        for address in ("", "/list.csv", "/list.xlsx", "/zip?all=1"):
            assert visitor.get(f"/invoices{address}").status_code == 403
        assert 'href="/invoices"' not in visitor.get("/").text
    Right.update(may_see_invoices=False).where(Right.account == issued.supervisor).execute()
    supervisor = Visitor(app, issued.supervisor)
    assert supervisor.get("/invoices").status_code == 403
    first = Invoice.get(Invoice.number_text == "2026-00001").id
    for address in (
        f"/{first}",
        f"/{first}/pdf",
        f"/{first}/ubl",
        f"/{first}/timesheets",
        f"/zip?pick={first}",
    ):
        assert supervisor.get(f"/invoices{address}").status_code == 404
    assert supervisor.get("/invoices/zip?pick=x").status_code == 403


def test_a_row_of_another_organisation_is_not_there(emre: Visitor, issued: World) -> None:
    mine = Invoice.get(Invoice.organisation == issued.fse).id
    other = Invoice.get(Invoice.organisation == issued.law).id
    for address in ("", "/pdf", "/ubl", "/timesheets"):
        assert emre.get(f"/invoices/{mine}{address}").status_code == 200
        assert emre.get(f"/invoices/{other}{address}").status_code == 404
        assert emre.get(f"/invoices/99999999999999999999{address}").status_code == 404
    assert emre.get(f"/invoices/zip?pick={mine}&pick={other}").status_code == 404
    for query in ("organisation=LAW", "q=0042", "q=2026-00002", "q=LAW", "q=Rechts"):
        page = emre.get(f"/invoices?{query}").text
        assert numbers(page) == []
        assert "Geen factuur past" in page


def test_addresses_answer_get_only(emre: Visitor) -> None:
    for address in ("", "/zip", "/1", "/1/pdf", "/1/ubl", "/1/timesheets", "/list.csv", "/list.xlsx"):
        assert emre.post(f"/invoices{address}").status_code == 405


@pytest.mark.parametrize(
    "query",
    [
        "343", "34367565", "34367565.899", "34367565899", "34367565.8", "899", "89", "899.", " 34367565 ",
        "2026-00001", "2026-0", "2026-", "2026", "20260", "202600001", "FSE", "fs", "of science", "Engin",
    ],
)  # fmt: skip
def test_found(staff: Visitor, query: str) -> None:
    page = staff.get("/invoices", query_string={"q": query}).text
    assert "2026-00001" in numbers(page)


@pytest.mark.parametrize(
    "query",
    [
        "4367565", "65899", "99", "%", "_", "'", "\\", "34%", "3_367565", "343675658990", "x" * 10_000, "🦊",
        "\U0010ffff", "\ud7ff", ";--", "2026-00009", "2025-00001", "-", "٣٤", "2026-0000001", ".1", "2025", "e%e", "e_c", "E\\",
    ],
)  # fmt: skip
def test_not_found(staff: Visitor, query: str) -> None:
    for visitor in (staff, staff.with_htmx()):
        page = visitor.get("/invoices", query_string={"q": query})
        assert page.status_code == 200
        assert numbers(page.text) == []


def test_letters_are_found_in_either_case(staff: Visitor, issued: World) -> None:
    budget = BudgetNumber.create(organisation=issued.fse, number="R.10a-É.7")
    Invoice.update(budget_number=budget).where(Invoice.organisation == issued.fse).execute()
    for query in ("r.10", "R10A", "10a-é", "10A-É.7", "r10a-é7", "10a-"):
        assert numbers(staff.get("/invoices", query_string={"q": query}).text) == ["2026-00001"], query
    assert numbers(staff.get("/invoices?q=34367565").text) == []


def test_only_dots_are_no_search(staff: Visitor) -> None:
    assert numbers(staff.get("/invoices?q=..").text) == []
    assert len(numbers(staff.get("/invoices?q=%20").text)) == 2


def test_filters(staff: Visitor, issued: World) -> None:
    law = Invoice.get(Invoice.organisation == issued.law)
    booking.mark([law.id], date(2026, 11, 29), by=issued.staff)

    def found(query: str) -> list[str]:
        return numbers(staff.get(f"/invoices?{query}").text)

    assert found("organisation=LAW") == ["2026-00002"]
    assert found("state=paid") == ["2026-00002"]
    assert found("state=open") == ["2026-00001"]
    assert found("state=overdue") == found("state=credited") == found("state=credit_note") == []
    assert found("year=2026") == ["2026-00002", "2026-00001"]
    assert found("year=2025") == []
    assert found("year=2026&organisation=FSE&state=open&q=343") == ["2026-00001"]
    # What can't be read is not filled in; an organisation that isn't there has no invoices.
    for strange in ("year=x", "year=99999999", "state=x", "page=x", "page=0", "page=99"):
        assert len(found(strange)) == 2
    assert found("organisation=X") == []


def test_states_and_sums(staff: Visitor, issued: World) -> None:
    law = Invoice.get(Invoice.organisation == issued.law)
    note = issue.credit(law.id, "Verkeerde faculteit", by=issued.staff)
    page = staff.get("/invoices").text
    assert numbers(page) == ["2026-00003", "2026-00002", "2026-00001"]
    assert "3 facturen · €\xa0590,98 · te betalen: €\xa0590,98" in page
    assert f"€\xa0\u2212{note.total_cents / 100:.2f}".replace(".", ",") in page
    for word in ("gecrediteerd", "wordt gemaakt", "open"):
        assert f"</svg>{word}</span>" in page
    with_documents(note)
    assert "</svg>creditnota</span>" in staff.get("/invoices").text
    for state, found in (
        ("credited", ["2026-00002"]),
        ("credit_note", ["2026-00003"]),
        ("open", ["2026-00001"]),
    ):
        narrowed = staff.get(f"/invoices?state={state}").text
        assert numbers(narrowed) == found
        assert "1 factuur" in narrowed
    clock.fix("2026-12-31T12:00")
    staff.sign_in(issued.staff)
    assert "</svg>vervallen</span>" in staff.get("/invoices?state=overdue").text
    assert numbers(staff.get("/invoices?state=open").text) == []


def test_htmx_gets_what_is_found(emre: Visitor) -> None:
    part = emre.with_htmx().get("/invoices?q=343")
    assert part.text.startswith('<div id="invoices-list">')
    assert 'hx-target="#invoices-sums"' in part.text
    assert "HX-Request" in part.headers["Vary"]
    assert "<html" not in part.text


def test_the_search_works_with_and_without_scripts(emre: Visitor) -> None:
    page = emre.get("/invoices?q=343&year=2026").text
    form = re.search(r'<form class="filters"[^>]*>', page)
    assert form is not None
    for needed in ('method="get"', 'action="/invoices"', 'hx-sync="this:replace"', "delay:300ms",
                   'hx-push-url="true"', 'hx-target="#invoices-list"'):  # fmt: skip
        assert needed in form[0]
    assert 'value="343"' in page
    assert '<option value="2026" selected>' in page


def test_pages_of_fifty_keep_the_search(app: Flask, world: World) -> None:
    many(world, 120)
    visitor = Visitor(app, world.supervisor)
    first = visitor.get("/invoices?q=3436").text
    assert numbers(first) == [f"2026-{n:05d}" for n in range(120, 70, -1)]
    assert "120 facturen · €\xa01.200,00" in first
    assert 'rel="next" href="/invoices?q=3436&amp;page=2"' in first
    last = visitor.get("/invoices?q=3436&page=3").text
    assert len(numbers(last)) == 20
    assert 'rel="next"' not in last
    assert 'rel="prev"' in last


@pytest.mark.parametrize("query", ["", "?q=343", "?q=2026-", "?state=open&year=2026", "?page=2"])
def test_six_statements_whatever_the_number(app: Flask, issued: World, query: str) -> None:
    # The agency asks which organisations there are; a supervisor's menu counts what waits for her.
    Right.update(may_register=True).where(Right.account == issued.supervisor).execute()
    many(issued, 20)
    for account in (issued.supervisor, issued.staff):
        visitor = Visitor(app, account)
        with count_queries() as few:
            visitor.client.get(f"/invoices{query}")
        many(issued, 200)
        with count_queries() as more:
            assert visitor.client.get(f"/invoices{query}").status_code == 200
        assert few.count == more.count <= 6 + query.startswith("?q")  # a search is counted


def test_the_clock_opens_the_timesheets(emre: Visitor, issued: World) -> None:
    invoice = Invoice.get(Invoice.organisation == issued.fse)
    link = f'href="/invoices/{invoice.id}/timesheets" hx-get="/invoices/{invoice.id}/timesheets"'
    assert link in emre.get("/invoices").text
    page = emre.get(f"/invoices/{invoice.id}/timesheets").text
    part = emre.with_htmx().get(f"/invoices/{invoice.id}/timesheets").text
    for html in (page, part):
        assert f'<a href="/approvals/{issued.sheet.id}">Noor Hendriks</a>' in html
        assert "15,50" in html
        assert "488,41" in html
        assert "31,51" not in html
    assert part.startswith(f'<div class="parts" id="invoice-{invoice.id}-timesheets">')


def test_the_clock_shows_only_its_own_budget_number(app: Flask, world: World) -> None:
    invoice_cast.complete(world)
    other = BudgetNumber.create(organisation=world.fse, number="777.1")
    from tests.domain.invoices.test_issue import more_hours

    more_hours(world.sheet, date(2026, 11, 10), 180, budget=other)
    invoice_cast.approve(world.sheet, world.supervisor)
    first, second = invoice_cast.run()
    visitor = Visitor(app, world.supervisor)
    texts = {
        one.budget_number_text: visitor.get(f"/invoices/{one.id}/timesheets").text for one in (first, second)
    }
    assert "15,50" in texts["34367565.899"]
    assert "3,00" not in texts["34367565.899"]
    assert "3,00" in texts["777.1"]
    assert "15,50" not in texts["777.1"]
    sheet = visitor.get(f"/approvals/{world.sheet.id}").text
    for invoice in (first, second):
        assert f'<a href="/invoices/{invoice.id}">Factuur {invoice.number_text}</a>' in sheet


def test_who_sees_an_invoice_sees_its_timesheets_and_no_other(app: Flask, issued: World) -> None:
    reader = factories.account("Ilse", "Reader")
    factories.right(reader, issued.fse, invoices=1)
    visitor = Visitor(app, reader)
    clock_page = visitor.get(
        f"/invoices/{Invoice.get(Invoice.organisation == issued.fse).id}/timesheets"
    ).text
    for link in re.findall(r'href="(/approvals/\d+)"', clock_page):
        sheet = visitor.get(link)
        assert sheet.status_code == 200
        for hidden in ("Goedkeuren</button>", "Afkeuren", "intrekken", "18,32", "31,51"):
            assert hidden not in sheet.text
        for verb in ("approve", "reject", "revoke", "undo"):
            answer = visitor.post(f"{link}/{verb}", {"seen": "1", "reason": "x"})
            assert answer.status_code == 403
    waiting = factories.sheet(issued.assignment, issued.periods[10], {date(2026, 10, 6): 60})
    assert visitor.get(f"/approvals/{waiting.id}").status_code == 404
    assert f"/approvals/{waiting.id}" not in visitor.get(f"/approvals/{issued.sheet.id}").text
    others = Invoice.get(Invoice.organisation == issued.law).lines.get().timesheet_id
    assert visitor.get(f"/approvals/{others}").status_code == 404
    assert visitor.get("/approvals").status_code == 403


def test_a_timesheet_names_its_invoices_to_who_may_see_them(app: Flask, issued: World) -> None:
    number = "Factuur 2026-00001"
    assert number in Visitor(app, issued.supervisor).get(f"/approvals/{issued.sheet.id}").text
    assert number in Visitor(app, issued.staff).get(f"/approvals/{issued.sheet.id}").text
    for account, place in ((issued.noor, "hours/sheets"), (issued.registrar, "approvals")):
        page = Visitor(app, account).get(f"/{place}/{issued.sheet.id}")
        assert page.status_code == 200
        assert "2026-00001" not in page.text


def test_an_invoice_and_its_credit_note_point_at_each_other(app: Flask, issued: World) -> None:
    invoice = Invoice.get(Invoice.organisation == issued.fse)
    note = issue.credit(invoice.id, "Verkeerd <b>nummer</b>", by=issued.staff)
    visitor = Visitor(app, issued.supervisor)
    page = visitor.get(f"/invoices/{invoice.id}").text
    for shown in ("Factuur 2026-00001", "34367565.899", "488,41", "102,57", "590,98", "gecrediteerd",
                  f'<a href="/invoices/{note.id}">2026-00003</a>', "Verkeerd &lt;b&gt;", "Noor Hendriks"):  # fmt: skip
        assert shown in page
    page = visitor.get(f"/invoices/{note.id}").text
    for shown in (
        "Creditnota 2026-00003",
        f'<a href="/invoices/{invoice.id}">2026-00001</a>',
        "wordt gemaakt",
    ):
        assert shown in page


def test_a_credit_note_of_a_run_and_its_invoices_point_at_each_other(
    emre: Visitor, staff: Visitor, issued: World
) -> None:
    factories.sheet(issued.assignment, issued.period, {date(2026, 11, 3): -60}, sequence=1, state="approved")
    (note,) = invoice_cast.run()
    invoice = Invoice.get(Invoice.number_text == "2026-00001")
    assert (
        f'<dt>Deels gecrediteerd met creditnota</dt><dd><a href="/invoices/{note.id}">2026-00003</a>'
        in emre.get(f"/invoices/{invoice.id}").text
    )
    assert f'<a href="/invoices/{invoice.id}">2026-00001</a>' in emre.get(f"/invoices/{note.id}").text
    other = Invoice.get(Invoice.organisation == issued.law)
    assert "2026-00003" not in staff.get(f"/invoices/{other.id}").text


def test_the_agency_comes_from_an_invoice_to_crediting_and_payments(
    emre: Visitor, staff: Visitor, issued: World
) -> None:
    invoice = Invoice.get(Invoice.organisation == issued.fse)
    credit, pay = f'"/bureau/invoicing/{invoice.id}/credit"', f'"/bureau/payments/invoice/{invoice.id}"'
    page = staff.get(f"/invoices/{invoice.id}").text
    assert credit in page
    assert pay in page
    assert "/bureau/" not in emre.get(f"/invoices/{invoice.id}").text
    booking.mark([invoice.id], date(2026, 11, 30), by=issued.staff)
    page = staff.get(f"/invoices/{invoice.id}").text
    assert credit in page
    assert pay in page
    booking.take_back(Payment.get().id, "Van een ander", by=issued.staff)
    assert "Betaling teruggedraaid door Bureau InterUM" in staff.get(f"/invoices/{invoice.id}").text
    note = issue.credit(invoice.id, "Verkeerd nummer", by=issued.staff)
    for one in (invoice, note):
        assert credit not in staff.get(f"/invoices/{one.id}").text
    assert f'href="/invoices/{invoice.id}"' in staff.get(f"/bureau/invoicing/{invoice.id}/credit").text


def test_the_list_as_a_file(emre: Visitor, staff: Visitor, issued: World) -> None:
    note = issue.credit(Invoice.get(Invoice.organisation == issued.fse).id, "Fout", by=issued.staff)
    with_documents(note)
    answer = emre.get("/invoices/list.csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == "attachment; filename=facturen.csv"
    rows = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";"))
    assert rows[0][:4] == ["Nummer", "Soort", "Datum", "Vervaldatum"]
    assert rows[0][13:] == [
        "Status", "Voldaan op", "Betaald of verrekend", "Te betalen", "Terug te betalen of te verrekenen",
    ]  # fmt: skip
    assert [row[0] for row in rows[1:]] == ["2026-00003", "2026-00001"]
    assert rows[1][10:14] == ["-488,41", "-102,57", "-590,98", "creditnota"]
    assert rows[2][1:10] == [
        "Factuur", "2026-11-30", "2026-12-30", "Periode 12 van 2026 (week 45–48)", "2026-11-02", "2026-11-29", "FSE",
        "Faculty of Science and Engineering", '="34367565.899"',
    ]  # fmt: skip
    assert rows[2][10:14] == ["488,41", "102,57", "590,98", "gecrediteerd"]
    assert rows[1][14:] == ["2026-11-30", "-590,98", "0,00", "0,00"]
    assert rows[2][14:] == ["2026-11-30", "590,98", "0,00", "0,00"]
    book = load_workbook(io.BytesIO(staff.get("/invoices/list.xlsx?organisation=LAW").data))
    cells = list(book.worksheets[0].values)
    assert [row[0] for row in cells] == ["Nummer", "2026-00002"]
    assert cells[1][12] == pytest.approx(Invoice.get(Invoice.organisation == issued.law).total_cents / 100)
    assert cells[1][9] == "0042.001"


def test_a_workbook_has_an_end(emre: Visitor, monkeypatch: pytest.MonkeyPatch, issued: World) -> None:
    monkeypatch.setattr("konnekt.blueprints.invoices.LONGEST_WORKBOOK", 1)
    assert emre.get("/invoices/list.xlsx").status_code == 200
    many(issued, 1)
    answer = emre.get("/invoices/list.xlsx?year=2026")
    assert answer.status_code == 422
    assert "hoogstens 1 facturen" in answer.text


def test_nothing_yet(app: Flask, world: World) -> None:
    page = Visitor(app, world.supervisor).get("/invoices").text
    assert "Nog geen facturen." in page


def test_the_organisation_leads_to_its_invoices(app: Flask, issued: World) -> None:
    link = 'href="/invoices?organisation=FSE"'
    page = Visitor(app, issued.supervisor).get("/organisations/FSE").text
    assert link in page
    assert '<link rel="stylesheet" href="/static/sheet.css' in page, "who does what, also without scripts"
    assert link not in Visitor(app, issued.registrar).get("/organisations/FSE").text
    assert Organisation.select().count() == 2
