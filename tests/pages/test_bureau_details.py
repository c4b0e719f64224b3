"""/bureau/details: the agency's own row, also where there is none yet."""

from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from konnekt.domain.invoices import billable
from konnekt.models import Agency, Event
from tests import factories
from tests.factories import World
from tests.visitor import Visitor

WHOLE = {
    "name": "InterUM", "street": "Tongersestraat 6", "postcode": "6211 LN", "city": "Maastricht",
    "country": "nl", "coc_number": "1234 5678", "vat_number": "nl 1234.56.789.B01",
    "iban": "nl91 abna 0417 1643 00", "bic": "abnanl2a", "peppol_id": "0106:12345678",
    "phone": "043-388 2688", "email": "Bureau@InterUM.example", "payroll_number": "0042",
}  # fmt: skip
KEPT = {
    **WHOLE, "country": "NL", "coc_number": "12345678", "vat_number": "NL123456789B01",
    "iban": "NL91ABNA0417164300", "bic": "ABNANL2A", "email": "bureau@interum.example",
}  # fmt: skip


@pytest.fixture
def staff(app: Flask, world: World) -> Visitor:
    return Visitor(app, world.staff)


def seen(page: str) -> str:
    return page.partition('name="seen"')[2].partition('value="')[2].partition('"')[0]


def save(visitor: Visitor, values: dict[str, str]) -> TestResponse:
    """Open the page, and post its form with these values."""
    page = visitor.get("/bureau/details").text
    return visitor.post("/bureau/details", {**values, "seen": seen(page)})


def kept() -> dict[str, Any]:
    row = Agency.get()
    return {name: getattr(row, name) for name in WHOLE}


def test_it_shows_what_is_missing_and_keeps_what_is_typed(staff: Visitor, world: World) -> None:
    page = staff.get("/bureau/details").text
    assert 'value="InterUM"' in page
    assert '<a href="#street">Straat en huisnummer</a>' in page
    assert '<a href="#iban">IBAN</a>.' in page
    assert '<a href="#name">' not in page
    answer = save(staff, WHOLE)
    assert (answer.status_code, answer.location) == (303, "/bureau/details")
    assert kept() == KEPT
    assert billable.what_the_agency_lacks(Agency.get()) == []
    page = staff.get("/bureau/details").text
    assert "De gegevens van het bureau zijn opgeslagen." in page
    assert "ontbreekt" not in page
    assert "Gegevens van het bureau gewijzigd" in page
    event = Event.get(Event.verb == "change_agency")
    assert (event.thing, event.actor) == ("agency", world.staff)
    assert event.before["street"] == ""
    assert event.after["street"] == "Tongersestraat 6"
    assert "name" not in event.after, "only what differs"


def test_what_is_shown_can_be_posted_back(staff: Visitor, world: World) -> None:
    save(staff, WHOLE)
    save(staff, KEPT)
    assert Event.select().where(Event.verb == "change_agency").count() == 1


def test_htmx_gets_the_partial(staff: Visitor) -> None:
    answer = save(staff.with_htmx(), WHOLE)
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith('<div class="flow" id="bureau-details">')
    assert "opgeslagen" in answer.headers["HX-Trigger"]


def test_in_an_empty_database(app: Flask) -> None:
    account = factories.account(is_agency_staff=True)
    staff = Visitor(app, account)
    page = staff.get("/bureau/details")
    assert page.status_code == 200
    assert '<a href="#name">Naam</a>' in page.text
    assert 'value="NL"' in page.text
    assert save(staff, WHOLE).status_code == 303
    assert kept() == KEPT
    assert Event.get().after["iban"] == "NL91ABNA0417164300"
    assert "043-388 2688" in staff.get("/bureau/details").text


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("name", " ", "Vul dit in."),
        ("name", "a" * 201, "200"),
        ("street", "a\tb", ""),
        ("country", "Nederland", ""),
        ("coc_number", "1234567", "Een KvK-nummer heeft 8 cijfers"),
        ("vat_number", "NL12345678B01", "NL123456789B01"),
        ("iban", "NL92ABNA0417164300", "Deze IBAN kan niet kloppen"),
        ("iban", "NL91ABNA041716430", "Deze IBAN kan niet kloppen"),
        ("iban", "GB82WEST1234569876543", "Deze IBAN kan niet kloppen"),
        ("iban", "ＮＬ９１ABNA0417164300", "Typ het in Latijnse letters"),
        ("bic", "ABNANL2", "Een BIC heeft 8 of 11"),
        ("peppol_id", "0106:123", ""),
        ("peppol_id", "12345678", ""),
        ("email", "bureau", ""),
        ("payroll_number", "1" * 51, ""),
    ],
)
def test_what_can_not_be(staff: Visitor, field: str, typed: str, said: str) -> None:
    before = kept()
    answer = save(staff, {**WHOLE, field: typed})
    assert answer.status_code == 422
    assert said in answer.text
    assert f'id="{field}-error"' in answer.text
    assert 'value="Tongersestraat 6"' in answer.text or field == "street", "what was typed stays"
    assert kept() == before


@pytest.mark.parametrize(
    "typed", ["GB82 WEST 1234 5698 7654 32", "BE68539007547034", "DE89370400440532013000", ""]
)
def test_accounts_of_other_countries(staff: Visitor, typed: str) -> None:
    assert save(staff, {**WHOLE, "iban": typed}).status_code == 303
    assert Agency.get().iban == typed.replace(" ", "")


def test_what_an_import_kept_is_not_judged_again(staff: Visitor) -> None:
    Agency.update(iban="NL00 ODD", vat_number="odd").execute()
    assert save(staff, {**WHOLE, "iban": "NL00 ODD", "vat_number": "odd"}).status_code == 303


def test_two_at_once(staff: Visitor) -> None:
    before = seen(staff.get("/bureau/details").text)
    assert before
    Agency.update(phone="112").execute()
    answer = staff.post("/bureau/details", {**WHOLE, "seen": before})
    assert answer.status_code == 409
    assert 'value="Tongersestraat 6"' in answer.text
    assert Agency.get().phone == "112"
    assert staff.post("/bureau/details", {**WHOLE, "seen": seen(answer.text)}).status_code == 303


def test_who_may_not(app: Flask, world: World) -> None:
    for other in (world.supervisor, world.noor, world.registrar):
        assert Visitor(app, other).get("/bureau/details").status_code == 403
        assert Visitor(app, other).post("/bureau/details", WHOLE).status_code == 403
    assert Agency.get().street == ""
