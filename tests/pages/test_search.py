"""GET /search: what each role finds, what nobody else's search shows, bad input, the number of statements."""

import re
from datetime import date
from typing import Any

import pytest
from flask import Flask
from playhouse.test_utils import count_queries

from konnekt.db import db
from konnekt.models import BudgetNumber, Invoice, Timesheet
from tests import factories, invoice_cast
from tests.factories import World
from tests.visitor import Visitor

ODD = [
    "", " ", "a", "%", "_", "%%", "__", "\0", "\0\0a", "\\", "'", '";--', "😀", "😀😀", "...", "--", "x" * 10_000,
    "9" * 10_000, "periode 99", "week 53 0000", "week 53 2026", "week 53 2027", "00 9999", "12 2026", "٣٤", "\ud7ff\uffff",
    "2026-00001", "2026", "99999999999999999999",
]  # fmt: skip


@pytest.fixture
def invoice(world: World) -> Invoice:
    """An invoice of Noor's hours at FSE."""
    invoice_cast.complete(world)
    invoice_cast.approve(world.sheet, world.supervisor)
    (made,) = invoice_cast.run(organisation="FSE")
    return made


def answers(visitor: Visitor, q: str) -> list[str]:
    """Where the answers lead."""
    page = visitor.get("/search", query_string={"q": q})
    assert page.status_code == 200
    return re.findall(
        r'<li><a href="([^"]+)"', page.text.partition('id="search-answers"')[2].partition("</main>")[0]
    )


def test_the_agency_finds_all(app: Flask, world: World, invoice: Invoice) -> None:
    bureau = Visitor(app, world.staff)
    assert f"/bureau/people/{world.noor.id}" in answers(bureau, "hendriks noor")
    assert f"/approvals/{world.sheet.id}" in answers(bureau, "Hendriks")
    assert answers(bureau, invoice.number_text) == [f"/invoices/{invoice.id}"]
    assert f"/budgets/{world.fse_budget.id}" in answers(bureau, "343675658")
    assert answers(bureau, "rechtsgel") == ["/bureau/organisations/LAW"]
    assert answers(bureau, "periode 12") == [
        "/bureau/progress?calendar=four_weeks&amp;year=2026&amp;period=12"
    ]
    assert answers(bureau, "week 46") == ["/bureau/progress?calendar=four_weeks&amp;year=2026&amp;period=12"]


def test_an_approver_finds_workers_sheets_invoices_and_budgets_there(
    app: Flask, world: World, invoice: Invoice
) -> None:
    emre = Visitor(app, world.supervisor)
    found = answers(emre, "Noor")
    assert found[0] == "/organisations/FSE"
    assert f"/approvals/{world.sheet.id}" in found
    assert f"/invoices/{invoice.id}" in answers(emre, invoice.number_text[:9])
    assert f"/budgets/{world.fse_budget.id}" in answers(emre, "899")
    assert "/organisations/FSE" in answers(emre, "faculty of")
    assert answers(emre, "periode 12 2026") == [f"/approvals?period={world.period.id}"]


def test_a_registrar_is_led_to_the_hours_and_sees_no_money(
    app: Flask, world: World, invoice: Invoice
) -> None:
    lars = Visitor(app, world.registrar)
    code = world.assignment.code
    assert answers(lars, "hendr")[0] == f"/registration?organisation=FSE&amp;worker={code}&amp;all=1"
    assert lars.get(f"/registration?organisation=FSE&worker={code}&all=1").status_code == 303
    assert answers(lars, "week 46") == ["/registration?organisation=FSE&amp;year=2026&amp;period=12"]
    assert answers(lars, invoice.number_text) == []
    assert answers(lars, "34367565") == []


def test_a_worker_finds_own_sheets_and_periods_alone(app: Flask, world: World, invoice: Invoice) -> None:
    peer = factories.worker("Pieter", "Peer")
    other = factories.sheet(factories.assignment(peer, world.fse, world.fse_budget), world.period)
    noor = Visitor(app, world.noor)
    own = answers(noor, "periode 12")
    assert own == [f"/hours/sheets/{world.sheet.id}", "/hours?year=2026"]
    assert all(noor.get(address).status_code == 200 for address in own)
    assert f"/hours/sheets/{world.sheet.id}" in answers(noor, "FSE")
    assert f"/hours/sheets/{other.id}" not in answers(noor, "FSE")
    for q in ("Pieter", "Hendriks", "34367565", invoice.number_text, "LAW", "Emre"):
        assert answers(noor, q) == [], q


@pytest.mark.parametrize("q", ["Noor", "Hendriks", "FSE", "faculty", "34367565", "899", "2026-00001"])
def test_an_outsider_finds_nothing_of_it(app: Flask, world: World, invoice: Invoice, q: str) -> None:
    assert answers(Visitor(app, world.outsider), q) == []
    assert answers(Visitor(app, factories.account("Zonder", "Recht")), q) == []


def test_who_only_sees_invoices_finds_those_and_no_workers(
    app: Flask, world: World, invoice: Invoice
) -> None:
    reader = factories.account("Factuur", "Lezer")
    factories.right(reader, world.fse, invoices=1)
    visitor = Visitor(app, reader)
    assert answers(visitor, "Hendriks") == []
    assert answers(visitor, invoice.number_text) == [f"/invoices/{invoice.id}"]


def test_every_answer_can_be_opened(app: Flask, world: World, invoice: Invoice) -> None:
    for account in (world.staff, world.supervisor, world.registrar, world.outsider, world.noor):
        visitor = Visitor(app, account)
        for q in ("Noor", "FSE", "LAW", "2026", "34367565", "0042", "12", "week 46", "fa"):
            for address in answers(visitor, q):
                assert visitor.get(address.replace("&amp;", "&")).status_code in (200, 303), (
                    account,
                    address,
                )


def test_names_as_any_keyboard_types_them(app: Flask, world: World) -> None:
    person = factories.worker("Łukasz", "D’hondt")
    factories.assignment(person, world.fse, world.fse_budget)
    for q in ("Lukasz", "dhondt lukasz", "D'Hondt"):
        assert answers(Visitor(app, world.staff), q)[0] == f"/bureau/people/{person.id}"
        assert answers(Visitor(app, world.supervisor), q) == ["/organisations/FSE"]


def test_signed_out_one_is_asked_to_sign_in(app: Flask, world: World) -> None:
    answer = Visitor(app).get("/search?q=Noor")
    assert answer.status_code == 303
    assert "Hendriks" not in answer.text


@pytest.mark.parametrize("who", ["staff", "supervisor", "noor"])
def test_whatever_is_typed_there_is_an_answer(app: Flask, world: World, who: str) -> None:
    visitor = Visitor(app, getattr(world, who))
    for q in ODD:
        answer = visitor.get("/search", query_string={"q": q})
        # NUL is refused of every page, before it is looked at.
        assert answer.status_code == (400 if "\0" in q else 200), q[:20]
        assert len(answer.text) < 20_000, "what was typed is cut off"
    for q in ("%%", "__", "%o%", "N__r"):
        assert answers(visitor, q) == [], "they stand for themselves"


def test_of_one_letter_more_is_asked(app: Flask, world: World) -> None:
    assert "Typ minstens twee tekens" in Visitor(app, world.staff).get("/search?q=N").text
    assert "Niets gevonden dat u mag openen" in Visitor(app, world.staff).get("/search?q=Nxq").text


def test_htmx_gets_the_answers_alone_and_without_it_a_form_does(app: Flask, world: World) -> None:
    page = Visitor(app, world.staff).get("/search?q=Hendriks").text
    assert '<form class="filters" id="search" role="search" method="get" action="/search"' in page
    assert 'value="Hendriks"' in page
    fragment = Visitor(app, world.staff).with_htmx().get("/search?q=Hendriks")
    assert fragment.text.lstrip().startswith('<div id="search-answers">')
    assert "HX-Request" in fragment.headers["Vary"]
    assert Visitor(app, world.staff).post("/search").status_code == 405


def test_every_page_has_a_field_for_it(app: Flask, world: World) -> None:
    form = re.compile(
        r'<form class="find" role="search" action="/search"><input id="find" name="q"[^>]* aria-label="Zoeken"'
        r"[^>]*><button>Zoeken</button></form>"
    )
    for account in (world.staff, world.supervisor, world.noor):
        for address in ("/", "/account", "/search?q=x", "/nowhere"):
            assert len(form.findall(Visitor(app, account).get(address).text)) == 1, address
    assert 'id="find"' not in Visitor(app).get("/login").text


def test_a_few_of_a_kind_and_the_way_to_all(app: Flask, world: World) -> None:
    factories.sheets(world.fse, world.fse_budget, world.period, [("Vera", f"Velen {n}") for n in range(8)])
    bureau = Visitor(app, world.staff)
    assert len([one for one in answers(bureau, "velen") if "/people/" in one]) == 5
    assert 'href="/bureau/people?q=velen"' in bureau.get("/search?q=velen").text


def test_never_an_amount(app: Flask, world: World, invoice: Invoice) -> None:
    for account in (world.staff, world.supervisor):
        for q in ("Hendriks", invoice.number_text, "34367565"):
            page = Visitor(app, account).get("/search", query_string={"q": q}).text
            assert not re.search("€|18,32|31,51", page)


@pytest.mark.parametrize("q", ["Hendriks", "FSE", "34367565", "2026-0", "12"])
@pytest.mark.parametrize("who", ["staff", "supervisor", "registrar", "noor"])
def test_the_number_of_statements_is_fixed(
    app: Flask, world: World, invoice: Invoice, who: str, q: str
) -> None:
    visitor = Visitor(app, getattr(world, who))
    visitor.get("/search", query_string={"q": q})
    with count_queries() as few:
        visitor.get("/search", query_string={"q": q})
    names = [("Noor", f"Hendriks {n}") for n in range(60)]
    factories.sheets(world.fse, world.fse_budget, world.periods[9], names)
    for n in range(60):
        BudgetNumber.create(organisation=world.fse, number=f"34367565.9{n:02}")
    for n in range(20):
        factories.right(world.supervisor, factories.organisation(f"FSE{n}"), approve=1)
    with count_queries() as lots:
        visitor.get("/search", query_string={"q": q})
    assert few.count == lots.count
    assert lots.count <= 12


def test_the_latest_sheets_come_first(app: Flask, world: World) -> None:
    later = factories.sheet(world.assignment, world.periods[12], {date(2026, 12, 1): 60}, state="draft")
    found = [one for one in answers(Visitor(app, world.supervisor), "hendriks") if "/approvals/" in one]
    assert found == [f"/approvals/{later.id}", f"/approvals/{world.sheet.id}"]
    assert Timesheet.select().count() == 2


@pytest.mark.parametrize("config", ["sqlite"], indirect=True)
@pytest.mark.parametrize("q", ["hendr", "34367", "2026-0001", "nobody", "12"])
def test_what_there_are_many_of_is_read_by_an_index(app: Flask, world: World, q: str) -> None:
    many = {"timesheet", "invoice", "budget_number", "assignment"}
    for account in (world.staff, world.supervisor, world.noor):
        statements: list[tuple[str, Any]] = []
        visitor = Visitor(app, account)
        db.obj.query_hooks.append(lambda event, to=statements: to.append((event.sql, event.params)))
        visitor.get("/search", query_string={"q": q})
        db.obj.query_hooks.pop()
        few = [one for one in statements if one[0].startswith("SELECT") and "LIMIT" in one[0]]
        assert few
        for sql, parameters in few:
            table = re.search(r'FROM "(\w+)" AS "t1"', sql)
            plan = [row[3] for row in db.execute_sql(f"EXPLAIN QUERY PLAN {sql}", parameters).fetchall()]
            assert table is None or table[1] not in many or "SCAN t1" not in " ".join(plan), (sql, plan)
