"""Budgets: what is used of a number, for whom, and the mail when its ceiling comes near."""

import re
from datetime import date

import pytest
from flask import Flask
from playhouse.test_utils import count_queries

from konnekt.domain.access import grants
from konnekt.domain.approvals import decide
from konnekt.domain.budgets import overview
from konnekt.domain.invoices import issue
from konnekt.models import Account, BudgetNumber, Invoice, Mail, Rate, Right, Timesheet
from tests import factories, invoice_cast
from tests.factories import World
from tests.visitor import Visitor


def ceiling(world: World, **columns: int) -> None:
    if columns:
        BudgetNumber.update(**columns).where(BudgetNumber.id == world.fse_budget.id).execute()


def use(world: World, who: Account | None = None) -> overview.BudgetUse:
    found = overview.find(world.fse_budget.id, grants(who or world.supervisor))
    assert found is not None
    return found


def another_sheet(world: World, period: int = 10) -> Timesheet:
    return factories.sheet(world.assignment, world.periods[period], {world.periods[period].first_on: 600})


def test_waiting_hours_cost_the_rate_of_their_day(world: World) -> None:
    Rate.create(assignment=world.assignment, valid_from_on=date(2026, 11, 4), pay_rate=1, bill_rate=400000)
    found = use(world)
    assert (found.use.waiting.minutes, found.use.waiting.cents) == (930, 8 * 3151 + 30000)
    assert (found.use.approved.minutes, found.use.invoiced.minutes) == (0, 0)


def test_hours_go_from_waiting_to_approved_to_invoiced_and_back(world: World) -> None:
    invoice_cast.complete(world)
    invoice_cast.approve(world.sheet, world.supervisor)
    another_sheet(world)
    found = use(world)
    assert (found.use.approved.minutes, found.use.waiting.minutes) == (930, 600)
    (invoice,) = invoice_cast.run()
    found = use(world)
    assert (found.use.invoiced.minutes, found.use.invoiced.cents) == (930, invoice.net_cents)
    assert (found.use.approved.minutes, found.use.waiting.minutes) == (0, 600)
    assert set(found.by_period) == {world.period.id, world.periods[10].id}
    issue.credit(Invoice.get().id, "Verkeerd nummer", by=world.staff, on=invoice_cast.TODAY)
    found = use(world)
    assert (found.use.invoiced.minutes, found.use.invoiced.cents, found.use.approved.minutes) == (0, 0, 930)


def test_drafts_and_rejected_sheets_use_nothing(world: World) -> None:
    Timesheet.update(state="draft").execute()
    assert use(world).use.minutes == 0
    assert use(world).against.percent == 0


@pytest.mark.parametrize(
    ("columns", "percent", "is_over"),
    [
        ({"ceiling_minutes": 930}, 100, False),
        ({"ceiling_minutes": 929}, 100, True),
        ({"ceiling_minutes": 1860}, 50, False),
        ({"ceiling_minutes": 0}, 100, True),
        ({"ceiling_cents": 48841}, 100, False),
        ({"ceiling_cents": 48840}, 100, True),
        ({"ceiling_cents": 97682, "ceiling_minutes": 930}, 100, False),
        ({}, 0, False),
    ],
)
def test_against_the_ceiling(world: World, columns: dict[str, int], percent: int, is_over: bool) -> None:
    ceiling(world, **columns)
    found = use(world)
    assert (found.against.percent, found.against.is_over) == (percent, is_over)
    assert sum(part.length for part in found.against.parts) <= 100


def test_the_page_and_its_words(app: Flask, world: World) -> None:
    ceiling(world, ceiling_minutes=1860)
    page = Visitor(app, world.supervisor).get(f"/budgets/{world.fse_budget.id}").text
    assert "15,50 van 31,00 uur (50 %)" in page.replace("\xa0", " ")
    assert "34367565.899" in page
    assert "<svg" in page


def test_the_chart_has_a_column_per_period_of_what_is_in_which_state(app: Flask, world: World) -> None:
    decide.approve(another_sheet(world).id, by=world.supervisor, seen=1)
    there, columns = f"/budgets/{world.fse_budget.id}", "<title>([^<]+)</title></rect>"
    supervisor = Visitor(app, world.supervisor)
    ceiling(world, ceiling_minutes=6000)
    assert re.findall(columns, supervisor.get(there).text) == [
        "Periode 11: 10,00 (Goedgekeurd, niet gefactureerd)",
        "Periode 12: 15,50 (Wacht op goedkeuring)",
    ]
    ceiling(world, ceiling_cents=10_000)
    page = supervisor.get(there).text.replace("\xa0", " ")
    assert re.findall(columns, page) == [
        "Periode 11: € 315,10 (Goedgekeurd, niet gefactureerd)",
        "Periode 12: € 488,41 (Wacht op goedkeuring)",
    ]
    assert "hoogste: € 488,41 (Periode 12)" in page
    assert page.count("<caption") == 1, "its figures stand in one table"


def test_the_list_is_searched_from_the_start_of_a_group(app: Flask, world: World) -> None:
    supervisor = Visitor(app, world.supervisor)
    for typed in ("", "34367565", "343", "899", "34367565.899", "34367565899", " 89"):
        assert "34367565.899" in supervisor.get("/budgets", query_string={"q": typed}).text, typed
    for typed in ("4367", "99", "%", "_", "'", "x" * 10_000, "😀", "..", "0042"):
        found = supervisor.get("/budgets", query_string={"q": typed})
        assert found.status_code == 200
        assert "34367565.899" not in found.text or typed == "..", typed
    assert "0042.001" not in supervisor.get("/budgets").text


def test_others_never_see_it(app: Flask, world: World) -> None:
    assert Visitor(app, world.outsider).get(f"/budgets/{world.fse_budget.id}").status_code == 404
    assert "34367565" not in Visitor(app, world.outsider).get("/budgets").text
    for account in (world.noor, world.registrar):
        assert Visitor(app, account).get("/budgets").status_code == 403
        assert Visitor(app, account).get(f"/budgets/{world.fse_budget.id}").status_code == 404
    assert Visitor(app).get("/budgets").status_code == 303
    assert Visitor(app, world.staff).get(f"/budgets/{world.fse_budget.id}").status_code == 200
    assert Visitor(app, world.supervisor).post("/budgets").status_code == 405


def test_the_list_costs_the_same_for_many(app: Flask, world: World) -> None:
    supervisor = Visitor(app, world.supervisor)
    with count_queries() as few:
        supervisor.get("/budgets")
    for number in range(70):
        BudgetNumber.create(organisation=world.fse, number=f"{number:04}.1", ceiling_minutes=600)
    with count_queries() as many:
        page = supervisor.get("/budgets")
    assert many.count == few.count <= 7
    assert 'rel="next"' in page.text


def test_a_bar_stands_where_one_approves(app: Flask, world: World) -> None:
    supervisor = Visitor(app, world.supervisor)
    assert "/budgets/" not in supervisor.get(f"/approvals/{world.sheet.id}").text
    ceiling(world, ceiling_cents=100_000)
    assert f"/budgets/{world.fse_budget.id}" in supervisor.get(f"/approvals/{world.sheet.id}").text
    Right.update(may_approve=False, may_register=True, may_see_invoices=False).where(
        Right.account == world.supervisor
    ).execute()
    assert "/budgets/" not in Visitor(app, world.supervisor).get(f"/approvals/{world.sheet.id}").text


def approve(world: World, sheet: Timesheet) -> None:
    decide.approve(sheet.id, by=world.supervisor, seen=sheet.revision)


def mails() -> list[tuple[str, str]]:
    query = Mail.select(Mail.recipient, Mail.subject).where(Mail.kind == "budget").order_by(Mail.id)
    return list(query.tuples())


@pytest.mark.parametrize(
    ("minutes", "said"), [(930, "100"), (900, "100"), (1100, "80"), (1162, "80"), (1163, ""), (5000, "")]
)
def test_a_mail_at_80_and_100_percent(world: World, minutes: int, said: str) -> None:
    ceiling(world, ceiling_minutes=minutes)
    approve(world, world.sheet)
    assert mails() == (
        [("supervisor@um.example", f"Budgetnummer 34367565.899: {said}% gebruikt")] if said else []
    )


def test_the_mail_goes_once_per_step_and_again_for_a_new_ceiling(world: World) -> None:
    ceiling(world, ceiling_cents=60_000)
    approve(world, world.sheet)
    approve(world, factories.sheet(world.assignment, world.periods[9], {world.periods[9].first_on: 60}))
    assert [subject.split()[-2] for _, subject in mails()] == ["80%"]
    approve(world, another_sheet(world))
    assert [subject.split()[-2] for _, subject in mails()] == ["80%", "100%"]
    ceiling(world, ceiling_cents=90_000)
    approve(world, factories.sheet(world.assignment, world.periods[8], {world.periods[8].first_on: 60}))
    assert [subject.split()[-2] for _, subject in mails()] == ["80%", "100%", "80%"]
    mail = Mail.select().order_by(Mail.id.desc()).first()
    assert f"/budgets/{world.fse_budget.id}" in mail.text


def test_who_has_no_right_there_or_is_closed_gets_no_mail(world: World) -> None:
    closed = factories.account("Closed", "Account", is_active=False)
    factories.right(closed, world.fse, approve=1)
    ceiling(world, ceiling_minutes=930)
    approve(world, world.sheet)
    assert [who for who, _ in mails()] == ["supervisor@um.example"]
