"""Moving hours to another budget number: choose, see what it does, confirm."""

import re

import pytest
from flask import Flask

from konnekt.models import BudgetNumber, Event, Invoice, Timesheet
from tests import factories, invoice_cast, payroll_cast
from tests.factories import World
from tests.visitor import Visitor


@pytest.fixture
def bureau(app: Flask, world: World) -> Visitor:
    invoice_cast.complete(world)
    payroll_cast.complete(world)
    return Visitor(app, world.staff)


@pytest.fixture
def here(world: World) -> str:
    return f"/bureau/organisations/FSE/budget-numbers/{world.fse_budget.id}/move"


@pytest.fixture
def target(world: World) -> BudgetNumber:
    return BudgetNumber.create(organisation=world.fse, number="0034.001", description="Nieuw")


def confirmed(html: str, reason: str = "Nummer beëindigd") -> dict[str, str]:
    """What the form of the preview posts."""
    form = html[html.index('<form class="stack"') :]
    return dict(re.findall(r'name="(\w+)" value="([^"]*)"', form)) | {"reason": reason}


def test_the_way_there_and_back(
    bureau: Visitor, app: Flask, world: World, here: str, target: BudgetNumber
) -> None:
    invoice_cast.run()
    (invoice,) = Invoice.select()
    assert f"{here}?sheet={world.sheet.id}" in bureau.get(f"/approvals/{world.sheet.id}").text
    assert here in bureau.get(here.removesuffix("/move")).text
    asked = bureau.get(here).text
    assert "0034.001 · Nieuw" in asked
    assert f"Noor Hendriks · {world.assignment.code}" in asked
    shown = bureau.get(f"{here}?target={target.id}&first=&last=&assignment=").text
    assert "15,50 uur, €\u00a0488,41 zonder btw, naar 0034.001" in shown
    assert "1 factuur wordt gecrediteerd" in shown
    assert invoice.number_text in shown
    assert "de factuur wordt gecrediteerd, daarna veranderen de regels" in shown
    assert Invoice.select().count() == 1, "looking changes nothing"
    form = confirmed(shown)
    without = bureau.post(here, form | {"reason": "  "})
    assert without.status_code == 422
    assert "Schrijf de reden" in without.text
    stale = bureau.post(here, form | {"seen": "0" * 32})
    assert stale.status_code == 409
    assert "Nummer beëindigd" in stale.text, "what was typed stays"
    assert bureau.post(here, form).location == here
    after = bureau.get(here).text
    assert "zijn verplaatst naar 0034.001" in after
    assert f"Gecrediteerd: {invoice.number_text}" in after
    assert "Er staan geen uren op dit budgetnummer" in after
    worker = Visitor(app, world.noor).get(f"/hours/sheets/{world.sheet.id}").text
    assert "Naar een ander budgetnummer verplaatst door Bureau InterUM" in worker
    assert "Nummer beëindigd" in worker
    organisation = bureau.get("/bureau/organisations/FSE").text
    assert "Uren verplaatst naar een ander budgetnummer" in organisation
    assert bureau.post(here, form).status_code == 409, "once"


def test_what_stays_is_named_and_what_is_wrong_is_said(
    bureau: Visitor, world: World, here: str, target: BudgetNumber
) -> None:
    payroll_cast.export()
    factories.sheet(world.assignment, world.period, {}, sequence=1, reason="Te veel")
    shown = bureau.get(f"{here}?target={target.id}").text
    assert "blijft zoals het is" in shown
    assert f"/bureau/corrections/{world.sheet.id}" in shown
    assert "0,00 uur" in shown
    assert 'name="seen"' not in shown, "nothing to confirm"
    assert bureau.get(f"{here}?target={world.law_budget.id}").status_code == 422
    for odd in ("target=x", "target=", f"target={target.id}&first=99999", "target=9" + "9" * 30):
        assert bureau.get(f"{here}?{odd}").status_code == 422
    assert bureau.get(f"{here}?target={target.id}&sheet=99999").status_code == 404
    assert bureau.get(here.replace("FSE", "LAW")).status_code == 404
    assert Event.select().where(Event.verb == "move_hours").count() == 0


def test_nobody_else_gets_in(app: Flask, world: World, here: str, target: BudgetNumber) -> None:
    for person in (world.noor, world.supervisor, world.registrar):
        visitor = Visitor(app, person)
        assert visitor.get(here).status_code == 403
        form = {"target": str(target.id), "reason": "Ik", "seen": "x"}
        assert visitor.post(here, form).status_code == 403
    assert Timesheet.get_by_id(world.sheet.id).revision == 1
