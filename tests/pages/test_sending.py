"""/bureau/sending and an invoice's page: what would go where, sending it, sending it again."""

import html
import json
import re
from typing import Any

import pytest
from flask import Flask
from playhouse.test_utils import count_queries

from konnekt.background import delivery, work
from konnekt.domain import clock
from konnekt.models import Dispatch, Invoice, Job, Mail, Organisation, PayPeriod
from tests import factories, invoice_cast, sending_cast
from tests.factories import World
from tests.sending_cast import change, send_it
from tests.visitor import Visitor

HERE = "/bureau/sending"


@pytest.fixture
def invoices(app: Flask, world: World) -> list[Invoice]:
    """2026-00001 of FSE and 2026-00002 of LAW, with documents."""
    return sending_cast.assemble(world)


@pytest.fixture
def fse(invoices: list[Invoice]) -> Invoice:
    return invoices[0]


@pytest.fixture
def staff(app: Flask, world: World) -> Visitor:
    return Visitor(app, world.staff)


def text(response: Any, status: int = 200) -> str:
    assert response.status_code == status
    return html.unescape(response.text)


def picks(page: str) -> list[str]:
    return re.findall(r'name="pick" value="([^"]*)"', page)


def previewed(staff: Visitor, *invoices: Invoice) -> str:
    return text(staff.get(HERE, query_string={"pick": [str(one.id) for one in invoices]}))


def test_the_preview_says_to_whom_each_goes(staff: Visitor, invoices: list[Invoice]) -> None:
    fse, law = invoices
    change("LAW", invoice_email="")
    page = previewed(staff, fse, law)
    going, staying = page.split("1 factuur gaat niet mee")
    assert "Verstuur de factuur" in going
    assert "facturen@fse.example" in going
    assert "Er is geen e-mailadres voor facturen." in staying
    assert "/bureau/organisations/LAW/change#invoice_email" in staying
    assert picks(page) == [f"{fse.id} 0 mail facturen@fse.example"]
    assert Mail.select().count() == 0


def test_what_waits_for_its_documents_says_so(staff: Visitor, fse: Invoice) -> None:
    """Who comes from a run before they are there has a way to look again."""
    assert "worden de documenten nog gemaakt" not in previewed(staff, fse)
    Invoice.update(has_documents=False).execute()
    page = previewed(staff, fse)
    assert "worden de documenten nog gemaakt" in page
    assert f'href="{HERE}?pick={fse.id}">Vernieuwen</a>' in page


def test_all_that_is_found_and_a_run(staff: Visitor, invoices: list[Invoice], world: World) -> None:
    assert len(picks(text(staff.get(f"{HERE}?all=1")))) == 2
    assert len(picks(text(staff.get(f"{HERE}?all=1&organisation=LAW")))) == 1
    assert "Verstuur de 2 facturen" in text(staff.get(f"{HERE}?all=1"))
    job = Job.create(kind="issue_invoices", created_at=clock.now())
    assert "Vink minstens één factuur aan." in text(staff.get(f"{HERE}?job={job.id}"), 422)
    assert staff.get(f"{HERE}?job=999").status_code == 404
    assert staff.get(f"{HERE}?pick=999").status_code == 404
    for wrong in ("", "?pick=x", "?pick=1."):
        assert "Vink facturen aan in de lijst" in text(staff.get(HERE + wrong), 422)


def test_sending_what_was_shown(staff: Visitor, invoices: list[Invoice]) -> None:
    shown = picks(previewed(staff, *invoices))
    answer = staff.post(HERE, {"pick": shown})
    assert (answer.status_code, answer.location) == (303, f"{HERE}/1/progress")
    page = text(staff.get(answer.location))
    assert "2 facturen gaan uit." in page
    assert "0 van 2 (0 %)" in page
    assert 'hx-trigger="every 1s"' in page
    assert "Verversen" in page or "Vernieuwen" in page, "also without a script"
    assert "0 van 2 (0 %)" in text(staff.get("/bureau")), "who closed the browser finds it here"
    assert text(staff.get("/invoices")).count("verstuurd ma 30 nov") == 2
    assert sorted(one.recipient for one in Mail.select()) == ["facturen@fse.example", "facturen@law.example"]
    again = text(staff.post(HERE, {"pick": shown}), 409)
    assert "intussen verstuurd" in again
    assert picks(again) == [], "what was sent before is named, and does not go"
    assert "Verstuurd op ma 30 nov 09:00 naar facturen@fse.example." in again
    assert Mail.select().count() == 2


def test_with_htmx_it_is_the_partial(staff: Visitor, invoices: list[Invoice]) -> None:
    shown = picks(previewed(staff, *invoices))
    answer = staff.with_htmx().post(HERE, {"pick": shown})
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith('<div class="block flow" id="sending-progress"')
    assert "2 facturen gaan uit." in answer.headers["HX-Trigger"]
    assert answer.headers["HX-Push-Url"] == f"{HERE}/1/progress"


def test_how_far_it_is_and_what_did_not_go(staff: Visitor, invoices: list[Invoice]) -> None:
    staff.post(HERE, {"pick": picks(previewed(staff, *invoices))})
    there = f"{HERE}/1/progress"
    waiting = staff.with_htmx().get(there)
    assert "HX-Trigger" not in waiting.headers, "nothing is read out each second"
    fse, law = Mail.select().order_by(Mail.recipient)
    Mail.update(sent_at=clock.now()).where(Mail.id == law.id).execute()
    Mail.update(failed_at=clock.now(), attempts=1, last_error="550 no box").where(Mail.id == fse.id).execute()
    ended = staff.get(there)
    page = html.unescape(ended.text)
    assert "hx-trigger" not in page
    assert json.loads(ended.headers["HX-Trigger"])["notice"] == "Het werk is klaar."
    for said in ("1 van 2 ging uit.", "1 is niet aangekomen.", invoices[0].number_text, "550 no box"):
        assert said in page
    assert staff.get(f"{HERE}/999/progress").status_code == 404


def test_a_copy_is_shown_before_and_after(staff: Visitor, fse: Invoice) -> None:
    change("FSE", invoice_copy_to="controller@fse.example")
    page = previewed(staff, fse)
    assert "Kopie naar controller@fse.example" in page
    assert picks(page) == [f"{fse.id} 0 mail facturen@fse.example controller@fse.example"]
    assert staff.post(HERE, {"pick": picks(page)}).status_code == 303
    page = text(staff.get(f"/invoices/{fse.id}"))
    assert "naar controller@fse.example" in page


def test_from_approved_hours_to_sent_in_six_actions(staff: Visitor, world: World) -> None:
    """For the whole agency, over all periods: each step is what the page before it offers, and one press."""
    invoice_cast.complete(world)
    change("FSE", invoice_email="facturen@fse.example")
    for number in (9, 10, 11, 12):
        period = PayPeriod.get(calendar="four_weeks", year=2026, number=number)
        factories.sheet(
            world.assignment, period, {period.first_on: 60}, sequence=9, state="approved", reason="x"
        )
    presses = []

    def press(found: re.Match[str] | None, **typed: Any) -> str:
        assert found, presses
        presses.append(found[1])
        answer = staff.post(found[1], typed) if typed else staff.get(found[1])
        if answer.status_code == 303:
            answer = staff.get(answer.location)
        return text(answer)

    def hidden(page: str) -> dict[str, str]:
        form = page[page.index('id="invoicing-issue"') :]
        return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))

    page = press(re.search(r'href="(/bureau/invoicing)"', text(staff.get("/bureau"))))
    page = press(re.search(r'href="(/bureau/invoicing\?period=&[^"]*)"', page))
    page = press(re.search(r'id="invoicing-issue" method="post" action="([^"]*)"', page), **hidden(page))
    work.work()
    page = text(staff.get(f"/bureau/jobs/{Job.get(Job.kind == 'issue_invoices').id}"))
    page = press(re.search(r'href="(/bureau/sending\?job=[0-9]+)"', page))
    assert len(picks(page)) == Invoice.select().count() == 4
    page = press(re.search(r'<form class="block" method="post" action="([^"]*)"', page), pick=picks(page))
    assert "4 facturen gaan uit." in page
    assert Mail.select().count() == 4
    # And one for the way to the agency's own page.
    assert len(presses) + 1 <= 6


def test_a_changed_address_is_shown_before_anything_goes(staff: Visitor, invoices: list[Invoice]) -> None:
    shown = picks(previewed(staff, *invoices))
    change("FSE", invoice_email="nieuw@fse.example")
    page = text(staff.post(HERE, {"pick": shown}), 409)
    assert Mail.select().count() == 0
    assert "was facturen@fse.example" in page
    assert "gaat nu naar nieuw@fse.example" in page
    assert staff.post(HERE, {"pick": picks(page)}).status_code == 303
    assert Mail.select().count() == 2


@pytest.mark.parametrize(
    "pick", ["", "x", "1", "1 0 mail", "1 0 post x@y.z", "1 0 mail x y z", "1 0 mail " + "x" * 999]
)
def test_what_no_preview_sends(staff: Visitor, fse: Invoice, pick: str) -> None:
    assert staff.post(HERE, {"pick": [pick]}).status_code == 422
    assert staff.post(f"{HERE}/{fse.id}", {"pick": pick}).status_code == 422
    assert staff.post(HERE).status_code == 422
    assert Mail.select().count() == 0


def test_from_its_own_page_and_again(staff: Visitor, fse: Invoice) -> None:
    there = f"/invoices/{fse.id}"
    page = text(staff.get(there))
    assert "Nog niet verstuurd." in page
    (pick,) = picks(page)
    answer = staff.post(f"{HERE}/{fse.id}", {"pick": pick})
    assert (answer.status_code, answer.location) == (303, there)
    page = text(staff.get(there))
    assert "De factuur gaat uit naar facturen@fse.example." in page
    assert "Verstuurd op ma 30 nov 09:00 naar facturen@fse.example" in page
    assert "gaat uit</span>" in page
    assert "Verstuurd door Ans" in page or "Verstuurd door" in page
    assert "De organisatie krijgt de factuur dan nog een keer." in page
    second = staff.post(f"{HERE}/{fse.id}", {"pick": pick})
    assert "intussen verstuurd" in text(second, 409)
    delivery.deliver()
    assert "aangenomen door de mailserver" in text(staff.get(there))
    (pick,) = picks(text(staff.get(there)))
    assert staff.post(f"{HERE}/{fse.id}", {"pick": pick}).status_code == 303
    assert Dispatch.select().count() == 2


def test_htmx_gets_the_part_of_the_page(staff: Visitor, fse: Invoice) -> None:
    (pick,) = picks(text(staff.get(f"/invoices/{fse.id}")))
    answer = staff.with_htmx().post(f"{HERE}/{fse.id}", {"pick": pick})
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith('<section class="block" id="invoice-sent">')
    refused = staff.post(f"{HERE}/{fse.id}", {"pick": pick})
    assert refused.status_code == 409
    assert refused.text.lstrip().startswith('<section class="block" id="invoice-sent">')


def test_another_invoice_in_the_address_is_another_one(staff: Visitor, invoices: list[Invoice]) -> None:
    fse, law = invoices
    (pick,) = picks(text(staff.get(f"/invoices/{fse.id}")))
    assert staff.post(f"{HERE}/{law.id}", {"pick": pick}).status_code == 409, "LAW has another address"
    assert staff.post(f"{HERE}/999", {"pick": pick}).status_code == 404


def test_what_a_server_said_is_for_the_agency(app: Flask, staff: Visitor, fse: Invoice, world: World) -> None:
    send_it(fse, world.staff)
    Mail.update(failed_at=clock.now(), attempts=1, last_error="550 <b>no such box</b>").execute()
    page = staff.get(f"/invoices/{fse.id}").text
    assert "niet aangekomen" in page
    assert "550 &lt;b&gt;no such box" in page
    assert "niet aangekomen" in text(staff.get("/invoices"))
    reader = factories.account("Ria", "Lemmens")
    factories.right(reader, world.fse, invoices=1)
    client = Visitor(app, reader)
    page = text(client.get(f"/invoices/{fse.id}"))
    assert "Verstuurd op ma 30 nov 09:00 naar facturen@fse.example" in page
    assert "no such box" not in page
    assert "Opnieuw versturen" not in page
    assert "niet aangekomen" not in text(client.get("/invoices"))


def test_who_does_not_invoice_sees_no_way_to_send(app: Flask, fse: Invoice, world: World) -> None:
    planner = factories.account("Plan", "Ner", is_agency_staff=True, agency_roles="planning")
    visitor = Visitor(app, planner)
    page = text(visitor.get(f"/invoices/{fse.id}"))
    assert 'id="invoice-sent"' not in page
    assert "Versturen" not in text(visitor.get("/invoices"))
    assert visitor.post(f"{HERE}/{fse.id}", {"pick": "1 0 mail x@y.z"}).status_code == 403


def test_no_statement_for_what_was_not_sent_and_one_for_what_was(
    staff: Visitor, invoices: list[Invoice], world: World
) -> None:
    def measure(address: str) -> int:
        staff.get(address)
        with count_queries() as counted:
            staff.get(address)
        return int(counted.count)

    fse, law = invoices
    alone, the_list, preview = (
        measure(f"/invoices/{fse.id}"), measure("/invoices"), measure(f"{HERE}?pick={fse.id}")
    )  # fmt: skip
    assert measure(f"{HERE}?all=1") <= preview + 1
    send_it(fse, world.staff)
    assert measure(f"/invoices/{fse.id}") == alone + 1
    assert measure("/invoices") == the_list + 1
    send_it(fse, world.staff)
    send_it(law, world.staff)
    assert measure(f"/invoices/{fse.id}") == alone + 1
    assert measure("/invoices") == the_list + 1


def test_how_it_is_sent_is_a_setting_of_the_organisation(staff: Visitor, invoices: list[Invoice]) -> None:
    page = text(staff.get("/bureau/organisations/FSE/change"))
    assert "per mail, met PDF en e-factuur (UBL)" in page
    assert "via Peppol" not in page, "this portal hands nothing over"
    Organisation.update(invoice_way="peppol").execute()
    assert "via Peppol" in text(staff.get("/bureau/organisations/FSE/change"))
    assert "Dit portaal geeft niets door aan Peppol." in previewed(staff, *invoices)
