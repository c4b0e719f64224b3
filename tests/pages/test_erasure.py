"""Erasing what is kept of one person from the agency's page, and the terms of keeping on the register's page."""

import pytest
from flask import Flask

from konnekt.commands import auditing
from konnekt.domain.accounts import passwords
from konnekt.domain.records import people, retention
from konnekt.models import Account, Event, RetentionTerm
from tests import factories
from tests.factories import World
from tests.pages.test_once_more import later
from tests.pages.test_sign_in import GOOD
from tests.visitor import Visitor


@pytest.fixture
def teun(world: World) -> Account:
    """Somebody who was added by mistake, and whose account is closed."""
    made = factories.account("Teun", "Verbeek", email="teun@um.example", username="tverbeek")
    people.close(made.id, by=world.staff, is_sure=True)
    return made


@pytest.fixture
def visitor(app: Flask, world: World) -> Visitor:
    return Visitor(app, world.staff)


def where(person: Account) -> str:
    return f"/bureau/people/{person.id}/erase"


def test_what_goes_and_what_stays_then_the_button(visitor: Visitor, teun: Account) -> None:
    page = visitor.get(f"/bureau/people/{teun.id}").text
    assert f'href="{where(teun)}"' in page
    page = visitor.get(where(teun)).text
    assert "Gegevens van Teun Verbeek wissen" in page
    assert f"Voortaan staat er Persoon {teun.id} (gewist)." in page
    assert "Rechten in 0 organisaties." in page
    assert "geen totaal verandert" in page
    assert "art. 52 AWR" not in page, "no invoice names him"
    response = visitor.post(where(teun), {})
    assert (response.status_code, response.location) == (303, f"/bureau/people/{teun.id}")
    page = visitor.get(response.location).text
    assert f"De gegevens zijn gewist. Wat blijft, heet Persoon {teun.id} (gewist)." in page
    assert "Persoonsgegevens gewist" in page
    assert "Verbeek" not in page
    assert where(teun) not in page
    assert f"/bureau/people/{teun.id}/change" not in page
    for text in ("Verbeek", "teun", "tverbeek"):
        assert f"Persoon {teun.id}" not in visitor.get(f"/bureau/people?q={text}&closed=1").text
    assert auditing.verify().said == []


def test_a_second_time_it_is_said(visitor: Visitor, teun: Account) -> None:
    visitor.post(where(teun), {})
    page = visitor.post(where(teun), {})
    assert page.status_code == 409
    assert "De gegevens van deze persoon waren al gewist." in page.text
    assert Event.select().where(Event.verb == "erase").count() == 1
    for address in ("reopen", "change"):
        values = {"first_name": "Teun", "last_name": "Verbeek", "email": "teun@um.example", "language": "nl"}
        assert visitor.post(f"/bureau/people/{teun.id}/{address}", values).status_code == 409
    assert visitor.post(f"/bureau/people/{teun.id}/data").status_code == 200


def test_who_has_work_is_refused_with_the_reason_and_no_button(visitor: Visitor, world: World) -> None:
    page = visitor.get(where(world.noor)).text
    assert "Sluit eerst het account" in page
    assert 'class="danger"' not in page
    people.close(world.noor.id, by=world.staff, is_sure=True)
    assert "Deze persoon heeft een plaatsing die doorloopt" in visitor.get(where(world.noor)).text
    response = visitor.post(where(world.noor), {})
    assert response.status_code == 409
    assert "Deze persoon heeft een plaatsing die doorloopt" in response.text
    assert Account.get_by_id(world.noor.id).last_name == "Hendriks"


def test_the_password_is_asked_once_more(app: Flask, world: World, teun: Account) -> None:
    passwords.replace(world.staff, GOOD, by=None)
    visitor = Visitor(app, world.staff)
    later(11)
    page = visitor.post(where(teun), {})
    assert page.status_code == 401
    assert "Typ uw wachtwoord om verder te gaan." in page.text
    assert visitor.post(where(teun), {"once_more": "wrong"}).status_code == 422
    assert Account.get_by_id(teun.id).erased_at is None
    assert visitor.post(where(teun), {"once_more": GOOD}).status_code == 303
    assert Account.get_by_id(teun.id).erased_at is not None


def test_who_is_not_there_and_who_may_not(app: Flask, visitor: Visitor, world: World, teun: Account) -> None:
    assert visitor.get("/bureau/people/99999/erase").status_code == 404
    assert visitor.post("/bureau/people/99999/erase", {}).status_code == 404
    for other in (world.supervisor, world.noor):
        assert Visitor(app, other).get(where(teun)).status_code == 403
        assert Visitor(app, other).post(where(teun), {}).status_code == 403
    assert Account.get_by_id(teun.id).erased_at is None


def typed(**values: object) -> dict[str, str]:
    terms = retention.terms()
    return {name: str(value) for name, value in (terms | {"seen": retention.seen(terms)} | values).items()}


def test_the_terms_stand_on_the_registers_page_with_their_ground(visitor: Visitor) -> None:
    page = visitor.get("/bureau/register").text
    assert "Minstens 7: de plicht om facturen te bewaren (art. 52 AWR): zeven jaar." in page
    assert "Minstens 5: loonadministratie: vijf jaar na het dienstverband." in page
    response = visitor.post("/bureau/register/terms", typed(invoices=10))
    assert (response.status_code, response.location) == (303, "/bureau/register")
    page = visitor.get("/bureau/register").text
    assert "De termijnen zijn opgeslagen." in page
    assert "Bewaartermijnen gewijzigd" in page
    assert 'value="10"' in page


@pytest.mark.parametrize("value", ["6", "0", "-7", "", "zeven", "7.5", "99999999999999999999", "21"])
def test_a_term_that_can_not_be(visitor: Visitor, value: str) -> None:
    page = visitor.post("/bureau/register/terms", typed(invoices=value))
    assert page.status_code == 422
    assert 'id="invoices-error"' in page.text
    assert not RetentionTerm.select().exists()


def test_two_change_the_terms(visitor: Visitor) -> None:
    old = typed(mail=24)
    visitor.post("/bureau/register/terms", typed(mail=18))
    page = visitor.post("/bureau/register/terms", old)
    assert page.status_code == 409
    assert "Iemand anders" in page.text
    assert retention.terms()["mail"] == 18
    assert visitor.post("/bureau/register/terms", typed(mail=24)).status_code == 303
