"""Moving hours to another budget number: choose, see what it does, confirm."""

import re
from datetime import date

import pytest
from flask import Flask

from konnekt.models import Assignment, BudgetNumber, Event, Invoice, Timesheet
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
    assert "de factuur wordt gecrediteerd, daarna krijgen de urenregels het nieuwe nummer" in shown
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


def test_the_own_number_of_an_assignment_goes_along_where_it_is_ticked(
    bureau: Visitor, world: World, here: str, target: BudgetNumber
) -> None:
    box = re.compile(r'<input type="checkbox" id="renumbered" name="renumbered" value="([0-9.]+)"( checked)?')
    running = Assignment.select().where(Assignment.budget_number == world.fse_budget)
    asked = bureau.get(f"{here}?target={target.id}").text
    offered = box.search(asked)
    assert offered
    assert not offered[2], "the number goes on: so do new hours"
    assert "Nieuwe uren komen ook op 0034.001" in asked
    ids = sorted(int(one) for one in offered[1].split("."))
    assert ids == sorted(one.id for one in running)
    BudgetNumber.update(valid_until_on=date(2026, 11, 29)).where(
        BudgetNumber.id == world.fse_budget.id
    ).execute()
    asked = bureau.get(f"{here}?target={target.id}&assignment={world.assignment.id}").text
    offered = box.search(asked)
    assert offered
    assert offered.groups() == (str(world.assignment.id), " checked")
    form = confirmed(asked)
    refused = bureau.post(here, form | {"reason": "", "renumbered": offered[1]}).text
    assert box.search(refused)[2], "a tick stays"  # type: ignore[index]
    assert not box.search(bureau.post(here, form | {"reason": "", "renumbered": ""}).text)[2]  # type: ignore[index]
    # Of another worker, or of nobody: what was not offered is left alone.
    other = factories.assignment(factories.worker("Łucja", "Şahin"), world.fse, world.fse_budget)
    bureau.post(here, form | {"renumbered": f"{offered[1]}.{other.id}.99999.x"})
    numbers = {one.id: one.budget_number_id for one in Assignment.select()}
    assert (numbers[world.assignment.id], numbers[other.id]) == (target.id, world.fse_budget.id)
    page = bureau.get(f"/bureau/assignments/{world.assignment.id}").text
    assert f"Budgetnummer: <del>{world.fse_budget.number}</del> → 0034.001" in page
    # Nothing of it is left to move, and some assignments still have the number: that is said.
    after = bureau.get(f"{here}?target={target.id}").text
    assert "Şahin" in after


def test_what_waits_for_approval_is_not_called_moved(
    bureau: Visitor, world: World, here: str, target: BudgetNumber
) -> None:
    payroll_cast.export()
    bureau.post(here, confirmed(bureau.get(f"{here}?target={target.id}").text))
    after = bureau.get(here).text
    assert "1 extra urenbriefje wacht op goedkeuring; daarna staan de uren op het andere nummer." in after
    assert "verplaatst naar 0034.001" not in after


def test_on_a_phone_hours_and_amount_have_places_of_their_own(
    bureau: Visitor, here: str, target: BudgetNumber
) -> None:
    shown = bureau.get(f"{here}?target={target.id}").text
    assert len(re.findall(r'<td class="hours">', shown)) == shown.count('<td class="hours gross">') > 0


def test_nobody_else_gets_in(app: Flask, world: World, here: str, target: BudgetNumber) -> None:
    for person in (world.noor, world.supervisor, world.registrar):
        visitor = Visitor(app, person)
        assert visitor.get(here).status_code == 403
        form = {"target": str(target.id), "reason": "Ik", "seen": "x"}
        assert visitor.post(here, form).status_code == 403
    assert Timesheet.get_by_id(world.sheet.id).revision == 1
