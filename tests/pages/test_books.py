"""/bureau/books: what is not in the books yet, batches and their files, and the settings."""

import html
import re
from typing import Any

import pytest
from flask import Flask
from playhouse.test_utils import count_queries

from konnekt.domain.payments import booking, books
from konnekt.models import Event, Invoice, LedgerBatch, LedgerSettings, Organisation
from tests import books_cast
from tests.books_cast import CHOSEN, TODAY, choose, invoice, make
from tests.factories import World
from tests.visitor import Visitor

HERE = "/bureau/books"
TYPED = {name: value for name, value in CHOSEN.items() if isinstance(value, str)} | {
    "from_on": "2026-01-01", "with_payments": "y",
}  # fmt: skip


@pytest.fixture
def staff(app: Flask, world: World) -> Visitor:
    return Visitor(app, world.staff)


@pytest.fixture
def two(world: World) -> list[Invoice]:
    """Settings, an invoice of FSE with a payment, and one of LAW."""
    choose(world, program="twinfield")
    made = [invoice(world, 10_000), invoice(world, 20_000, world.law, vat_treatment="exempt")]
    booking.pay(made[0].id, TODAY, 5000, by=world.staff, seen=0)
    return made


def text(response: Any, status: int = 200) -> str:
    assert response.status_code == status
    return html.unescape(response.text)


def seen(page: str) -> str:
    found = re.search(r'name="seen" value="([0-9a-f]+)"', page)
    assert found
    return found[1]


def test_who_does_not_use_it_sees_one_link(staff: Visitor) -> None:
    assert f'href="{HERE}"' in text(staff.get("/bureau/payments"))
    assert "Boekhouding" not in text(staff.get("/bureau")), "nothing in the menu or on home"
    page = text(staff.get(HERE))
    assert "Er gaat nog niets naar de boekhouding." in page
    assert f'href="{HERE}/settings"' in page
    assert text(staff.post(HERE, {"seen": "x"}), 409)


def test_what_would_go_and_its_totals(staff: Visitor, two: list[Invoice]) -> None:
    page = text(staff.get(HERE))
    for said in (
        "3 documenten zitten nog niet in een batch", "1300 <small>Debiteuren", "€\xa0321,00", "€\xa050,00",
        "8000 <small>Omzet met 21 % btw", "1500 <small>Af te dragen btw", "€\xa021,00", "8010 <small>", "€\xa0371,00",
        "ma 30 nov", "Batch maken van 3 documenten",
    ):  # fmt: skip
        assert said in page
    for odd in ("?page=x", "?page=0", "?page=99999999999"):
        assert two[0].number_text in text(staff.get(HERE + odd))
    assert staff.with_htmx().get(HERE).text.lstrip().startswith('<div class="flow" id="books-list">')


def test_make_a_batch_and_take_its_files(staff: Visitor, two: list[Invoice], world: World) -> None:
    answer = staff.post(HERE, {"seen": seen(text(staff.get(HERE)))})
    batch = LedgerBatch.get()
    there = f"{HERE}/batches/{batch.id}"
    assert (answer.status_code, answer.location) == (303, there)
    page = text(staff.get(there))
    for said in (
        "De batch is gemaakt",
        "Batch 1 voor de boekhouding",
        "Twinfield",
        "Neutraal (Excel)",
        "€\xa0371,00",
    ):
        assert said in page
    assert "AFAS" not in page
    file = staff.get(f"{there}/twinfield")
    assert file.headers["Content-Type"] == "application/xml"
    assert file.headers["Content-Disposition"] == 'attachment; filename="boekhouding-0001-twinfield.xml"'
    assert file.data.count(b"<transaction ") == 3
    for format in ("csv", "xlsx"):
        assert staff.get(f"{there}/{format}").data == staff.get(f"{there}/{format}").data
    for other in ("afas-sales", "exact", "x"):
        assert staff.get(f"{there}/{other}").status_code == 404
    events = list(Event.select().where(Event.verb == "hand_out_ledger_file"))
    assert {event.actor for event in events} == {world.staff}
    assert next(event.after["format"] for event in events) == "twinfield"
    assert "Bestand voor de boekhouding gedownload" in text(staff.get(there))
    assert "Alles zit in een batch." in text(staff.get(HERE))
    assert "Batch 1" in text(staff.get(f"{HERE}/batches"))


def test_with_htmx_it_is_the_batch(staff: Visitor, two: list[Invoice]) -> None:
    before = seen(text(staff.get(HERE)))
    answer = staff.with_htmx().post(HERE, {"seen": before})
    assert answer.text.lstrip().startswith('<div class="flow" id="books-batch">')
    assert answer.headers["HX-Push-Url"] == f"{HERE}/batches/{LedgerBatch.get().id}"


def test_what_changed_since_is_shown_again(staff: Visitor, two: list[Invoice], world: World) -> None:
    before = seen(text(staff.get(HERE)))
    invoice(world, 300)
    page = text(staff.post(HERE, {"seen": before}), 409)
    assert "Dit is veranderd sinds u het zag." in page
    assert "4 documenten" in page
    assert staff.post(HERE, {"seen": "x" * 65}).status_code == 409
    assert staff.post(HERE).status_code == 409
    assert LedgerBatch.select().count() == 0
    assert staff.post(HERE, {"seen": seen(page)}).status_code == 303
    assert "Alles zit al in een batch." in text(staff.post(HERE, {"seen": seen(page)}), 409)


def test_what_is_missing_is_named_with_a_way_to_it(staff: Visitor, two: list[Invoice], world: World) -> None:
    choose(world, program="afas", administration="", revenue_exempt="")
    page = text(staff.get(HERE))
    assert "Er ontbreekt nog:" in page
    for column, label in (
        ("administration", "Administratie in het programma"),
        ("revenue_exempt", "Omzet vrijgesteld van btw"),
    ):
        assert f'<a href="{HERE}/settings#{column}">{label}</a>' in page
        assert f'id="{column}"' in text(staff.get(f"{HERE}/settings"))
    assert 'name="seen"' not in page
    found = books.preview()
    assert found is not None
    assert "Er ontbreekt een instelling" in text(staff.post(HERE, {"seen": found.fingerprint}), 409)


def test_mark_as_read_in(staff: Visitor, two: list[Invoice], world: World) -> None:
    there = f"{HERE}/batches/{make(world.staff).id}"
    assert "Is deze batch in de boekhouding ingelezen?" in text(staff.get(f"{there}/hand-over"))
    assert staff.post(f"{there}/hand-over").location == there
    page = text(staff.get(there))
    assert "Gemarkeerd: de boekhouding heeft de batch." in page
    assert "Ongedaan maken kan niet meer" in page
    assert "blijft staan" in text(staff.post(f"{there}/hand-over"), 409)
    assert "blijft staan" in text(staff.post(f"{there}/undo", {"reason": "Toch niet"}), 409)
    assert staff.get(f"{there}/csv").status_code == 200


def test_undo(staff: Visitor, two: list[Invoice], world: World) -> None:
    there = f"{HERE}/batches/{make(world.staff).id}"
    assert "gooi weg wat al gedownload is" in text(staff.get(f"{there}/undo"))
    assert text(staff.post(f"{there}/undo", {"reason": " "}), 422)
    long = "x" * 1001
    assert long in text(staff.post(f"{there}/undo", {"reason": long}), 422), "what was typed stays"
    answer = staff.with_htmx().post(f"{there}/undo", {"reason": "Te vroeg."})
    assert "Ongedaan gemaakt" in html.unescape(answer.text)
    staff.htmx = False
    assert staff.get(f"{there}/csv").status_code == 409
    assert staff.get(f"{there}/undo").status_code == 200
    page = html.unescape(staff.get(HERE).text)
    assert "3 documenten zitten nog niet in een batch" in page
    assert "Ongedaan gemaakt" in page


def test_settings(staff: Visitor) -> None:
    page = text(staff.get(f"{HERE}/settings"))
    assert 'name="debtors_account"' in page
    for wrong, said in (
        ({"from_on": ""}, "Vul dit in."), ({"from_on": "31-31"}, ""), ({"program": "x"}, ""),
        ({"vat_account": "1" * 51}, "Gebruik hoogstens 50 tekens."),
    ):  # fmt: skip
        answer = text(staff.post(f"{HERE}/settings", TYPED | wrong), 422)
        assert said in answer
        assert 'value="1300"' in answer, "what was typed stays"
    assert LedgerSettings.select().count() == 0
    assert staff.post(f"{HERE}/settings", TYPED).location == f"{HERE}/settings"
    page = text(staff.get(f"{HERE}/settings"))
    assert "De instellingen zijn opgeslagen." in page
    assert 'value="1300"' in page
    assert "Debiteuren: 1300" in page, "what changed"
    stale = text(staff.post(f"{HERE}/settings", TYPED | {"seen": "0" * 32, "vat_account": "1501"}), 409)
    assert 'value="1501"' in stale
    found = re.search(r'name="seen"[^>]* value="([0-9a-f]+)"', stale)
    assert found
    again = staff.with_htmx().post(f"{HERE}/settings", TYPED | {"seen": found[1], "vat_account": "1501"})
    assert again.text.lstrip().startswith('<div class="flow" id="books-settings">')
    assert LedgerSettings.get().vat_account == "1501"


def test_debtor_numbers(staff: Visitor) -> None:
    page = text(staff.get(f"{HERE}/debtors"))
    assert "FSE (de code)" in page
    page = text(staff.get(f"{HERE}/debtors/FSE"))
    found = re.search(r'name="seen"[^>]* value="([0-9a-f]+)"', page)
    assert found
    assert text(staff.post(f"{HERE}/debtors/FSE", {"seen": found[1], "debtor_number": "1" * 51}), 422)
    typed = {"seen": found[1], "debtor_number": "10004"}
    assert staff.post(f"{HERE}/debtors/FSE", typed).location == f"{HERE}/debtors"
    page = text(staff.get(f"{HERE}/debtors"))
    assert "Het debiteurnummer van Faculty of Science and Engineering is opgeslagen." in page
    assert "10004" in page
    assert "10005" in text(staff.post(f"{HERE}/debtors/FSE", typed | {"debtor_number": "10005"}), 409)
    assert Organisation.get(Organisation.code == "FSE").debtor_number == "10004"
    for address in ("debtors/X", "batches/7", "batches/7/csv", "batches/7/undo"):
        assert staff.get(f"{HERE}/{address}").status_code == 404
    assert "Debiteurnummer" in text(staff.get("/bureau/organisations/FSE")), "in its history"


def test_who_may(app: Flask, two: list[Invoice], world: World) -> None:
    batch = make(world.staff)
    invoice(world, 100)
    planner = Visitor(app, books_cast.colleague("planning payroll administration reading"))
    for address in ("", "/batches", f"/batches/{batch.id}", "/debtors"):
        page = text(planner.get(HERE + address))
        assert "<form" not in page.split("<main", 1)[-1].split("</main", 1)[0]
    for address in ("/settings", "/debtors/FSE", f"/batches/{batch.id}/csv", f"/batches/{batch.id}/undo",
                    f"/batches/{batch.id}/hand-over"):  # fmt: skip
        assert "Factureren" in text(planner.get(HERE + address), 403)
    for address in (
        "",
        "/settings",
        "/debtors/FSE",
        f"/batches/{batch.id}/undo",
        f"/batches/{batch.id}/hand-over",
    ):
        assert planner.post(HERE + address).status_code == 403
    invoicer = Visitor(app, books_cast.colleague("invoicing"))
    assert invoicer.post(HERE, {"seen": seen(text(invoicer.get(HERE)))}).status_code == 303
    for person in (world.noor, world.supervisor):
        assert Visitor(app, person).get(HERE).status_code == 403


def test_a_fixed_number_of_statements(staff: Visitor, two: list[Invoice], world: World) -> None:
    def measure(address: str) -> int:
        staff.get(address)
        with count_queries() as counted:
            staff.get(address)
        return int(counted.count)

    pages = [HERE, f"{HERE}/debtors", f"{HERE}/batches/{make(world.staff).id}"]
    invoice(world, 100)
    before = [measure(address) for address in pages]
    for _ in range(60):
        booking.pay(invoice(world, 100).id, TODAY, 50, by=world.staff, seen=0)
    assert [measure(address) for address in pages] == before
    assert 'rel="next"' in staff.get(HERE).text
