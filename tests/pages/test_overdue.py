"""/bureau/overdue: what is overdue, the reminders that are due, their steps; what a client sees of it."""

import html
import re
from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from playhouse.test_utils import count_queries

from konnekt.domain import clock
from konnekt.domain.payments import booking
from konnekt.models import Dispatch, Invoice, Mail, ReminderStep
from tests import factories, sending_cast
from tests.factories import World
from tests.sending_cast import change
from tests.visitor import Visitor

HERE = "/bureau/overdue"
TODAY = date(2026, 11, 30)


@pytest.fixture
def invoices(app: Flask, world: World) -> list[Invoice]:
    """2026-00001 of FSE, ten days past its due date, and 2026-00002 of LAW, seventy days."""
    issued = sending_cast.assemble(world)
    for invoice, days in zip(issued, (10, 70), strict=True):
        due_on = TODAY - timedelta(days=days)
        Invoice.update(due_on=due_on, issued_on=due_on - timedelta(days=30)).where(
            Invoice.id == invoice.id
        ).execute()
    return [Invoice.get_by_id(one.id) for one in issued]


@pytest.fixture
def staff(app: Flask, invoices: list[Invoice], world: World) -> Visitor:
    return Visitor(app, world.staff)


def text(response: Any, status: int = 200) -> str:
    assert response.status_code == status
    return html.unescape(response.text)


def picks(page: str) -> list[str]:
    return re.findall(r'name="pick" value="([^"]*)"', page)


def test_by_age_with_what_is_open(staff: Visitor, invoices: list[Invoice], world: World) -> None:
    fse, law = invoices
    booking.pay(fse.id, TODAY, 10_000, by=world.staff, seen=0)
    page = text(staff.get(HERE))
    for said in (
        "1 tot en met 30 dagen",
        "meer dan 60 dagen",
        "10 dagen geleden",
        "€\xa0490,98",
        "van €\xa0590,98",
    ):
        assert said in page
    assert page.index(law.number_text) < page.index(fse.number_text), "the oldest first"
    page = text(staff.get(f"{HERE}?band=60%2B"))
    assert law.number_text in page
    assert fse.number_text not in page
    assert "Er is geen factuur zo lang achterstallig." in text(staff.get(f"{HERE}?band=31-60"))
    for odd in ("?band=x", "?page=0", "?page=99999999999", "?page=x"):
        assert fse.number_text in text(staff.get(HERE + odd))
    booking.pay(fse.id, TODAY, 49_098, by=world.staff, seen=10_000)
    assert fse.number_text not in text(staff.get(HERE))


def test_nothing_is_overdue(staff: Visitor) -> None:
    Invoice.update(due_on=TODAY).execute()
    assert "Er is geen factuur achterstallig." in text(staff.get(HERE))
    assert "Er is geen herinnering aan de beurt." in text(staff.get(f"{HERE}/reminders"))


def test_the_ticked_reminders_go_and_show(
    app: Flask, staff: Visitor, invoices: list[Invoice], world: World
) -> None:
    fse, law = invoices
    page = text(staff.get(f"{HERE}/reminders"))
    assert "2 herinneringen" in page
    assert Mail.select().count() == 0, "to look sends nothing"
    ticked = [one for one in picks(page) if one.startswith(f"{fse.id} ")]
    answer = staff.post(f"{HERE}/reminders", {"pick": ticked})
    assert (answer.status_code, answer.location) == (303, "/bureau/sending/1/progress")
    page = text(staff.get(answer.location))
    assert "1 herinnering gaat uit." in page
    assert f'href="{HERE}"' in page
    page = text(staff.get(HERE))
    assert "1, ma 30 nov" in page
    assert [one.recipient for one in Mail.select()] == ["facturen@fse.example"]
    assert [one[0] for one in picks(text(staff.get(f"{HERE}/reminders")))] == [str(law.id)]
    said = "Herinnering 1 aan €\xa0590,98: Verstuurd op ma 30 nov 09:00 naar facturen@fse.example"
    page = text(staff.get(f"/invoices/{fse.id}"))
    assert said in page
    assert "Herinnering verstuurd door" in page
    assert "Nog niet verstuurd." in page, "the invoice itself was not sent"
    reader = factories.account("Ria", "Lemmens")
    factories.right(reader, world.fse, invoices=1)
    client = Visitor(app, reader)
    assert said in text(client.get(f"/invoices/{fse.id}"))
    assert "vervallen" in text(client.get("/invoices")), "a client sees what of its own is overdue"
    assert client.get(HERE).status_code == 403


def test_with_htmx_it_is_the_partial(staff: Visitor) -> None:
    page = text(staff.get(f"{HERE}/reminders"))
    answer = staff.with_htmx().post(f"{HERE}/reminders", {"pick": picks(page)})
    assert answer.text.lstrip().startswith('<div class="flow" id="overdue-reminders">')
    assert "2 herinneringen gaan uit." in answer.headers["HX-Trigger"]
    assert staff.get(HERE).text.lstrip().startswith('<div class="flow" id="overdue-list">')


def test_what_changed_is_shown_before_anything_goes(
    staff: Visitor, invoices: list[Invoice], world: World
) -> None:
    fse, law = invoices
    shown = picks(text(staff.get(f"{HERE}/reminders")))
    change("LAW", invoice_email="nieuw@law.example")
    booking.pay(fse.id, TODAY, fse.total_cents, by=world.staff, seen=0)
    page = text(staff.post(f"{HERE}/reminders", {"pick": shown}), 409)
    assert "was facturen@law.example" in page
    assert fse.number_text not in page
    assert Mail.select().count() == 0
    assert staff.post(f"{HERE}/reminders", {"pick": picks(page)}).status_code == 303
    assert Dispatch.get().invoice == law


@pytest.mark.parametrize(
    "pick", ["x", "1", "1 4 100 x@y.z", "1 1 100 x y", "1 1 -100 x@y.z", "1 1 100 " + "x" * 999]
)
def test_what_no_page_sends(staff: Visitor, pick: str) -> None:
    assert staff.post(f"{HERE}/reminders", {"pick": [pick]}).status_code == 422
    assert "Vink minstens één herinnering aan." in text(staff.post(f"{HERE}/reminders"), 422)
    assert Mail.select().count() == 0


def test_without_an_address_it_is_named(staff: Visitor, invoices: list[Invoice]) -> None:
    change("LAW", invoice_email="")
    page = text(staff.get(f"{HERE}/reminders"))
    assert "1 herinnering kan niet uit" in page
    assert "/bureau/organisations/LAW" in page
    assert len(picks(page)) == 1


def test_steps_and_texts(staff: Visitor) -> None:
    page = text(staff.get(f"{HERE}/steps"))
    assert 'name="days_1"' in page
    found = re.search(r'name="seen"[^>]* value="([0-9a-f]+)"', page)
    assert found
    typed = {"seen": found[1], "days_1": "5", "text_nl_1": "Betaal, a.u.b.", "days_2": "4", "days_3": ""}
    wrong = text(staff.post(f"{HERE}/steps", typed), 422)
    assert "Typ een aantal dagen van 6 tot en met 365." in wrong
    assert "Betaal, a.u.b." in wrong, "what was typed stays"
    assert ReminderStep.select().count() == 0
    assert staff.post(f"{HERE}/steps", typed | {"days_2": "x"}).status_code == 422
    assert staff.post(f"{HERE}/steps", typed | {"days_2": "12"}).location == f"{HERE}/steps"
    page = text(staff.get(f"{HERE}/steps"))
    assert "De herinneringen zijn opgeslagen." in page
    assert "Eerste herinnering, dagen na de vervaldatum" in page, "what changed"
    assert staff.post(f"{HERE}/steps", typed | {"days_2": "13"}).status_code == 409
    answer = staff.with_htmx().post(f"{HERE}/steps", {"days_1": "5"})
    assert answer.text.lstrip().startswith('<div class="flow" id="overdue-steps">')


def test_who_does_not_invoice_sees_the_list_alone(app: Flask, staff: Visitor, world: World) -> None:
    planner = Visitor(app, factories.account("Plan", "Ner", is_agency_staff=True, agency_roles="planning"))
    page = text(planner.get(HERE))
    assert "Herinneringen die aan de beurt zijn" not in page
    for address in ("reminders", "steps"):
        assert planner.get(f"{HERE}/{address}").status_code == 403
        assert planner.post(f"{HERE}/{address}").status_code == 403


def test_a_fixed_number_of_statements(staff: Visitor, invoices: list[Invoice]) -> None:
    def measure(address: str) -> int:
        staff.get(address)
        with count_queries() as counted:
            staff.get(address)
        return int(counted.count)

    _fse, law = invoices
    before = [measure(HERE), measure(f"{HERE}/reminders")]
    for number in range(3, 60):
        columns = {name: value for name, value in law.__data__.items() if name != "id"}
        Invoice.create(
            **columns | {"number": number, "number_text": f"2026-{number:05}", "created_at": clock.now()}
        )
    assert [measure(HERE), measure(f"{HERE}/reminders")] == before
    assert 'rel="next"' in staff.get(HERE).text
