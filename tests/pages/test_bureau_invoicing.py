"""/bureau/invoicing: preview a run, issue what it showed as long work, make missing documents."""

import html
import re
from datetime import date
from typing import Any

import pytest
from flask import Flask
from playhouse.test_utils import count_queries

from konnekt.background import work
from konnekt.domain.invoices import runs
from konnekt.models import (
    Account,
    Agency,
    Assignment,
    BudgetNumber,
    Document,
    Event,
    Hour,
    HourType,
    Invoice,
    Job,
    Organisation,
    PayPeriod,
    Rate,
)
from tests import factories, invoice_cast, invoice_rules
from tests.factories import World
from tests.invoice_cast import numbers
from tests.visitor import Visitor

HERE = "/bureau/invoicing"
ASKED = {"period": "four_weeks-2026-12", "organisation": "", "on": "2026-11-30"}


@pytest.fixture
def ready(world: World) -> World:
    """Noor's sheet approved at FSE, somebody else's at LAW, a third one waiting."""
    invoice_cast.complete(world)
    invoice_cast.approve(world.sheet, world.supervisor)
    other = factories.assignment(factories.worker("Oth", "Er"), world.law, world.law_budget)
    factories.sheet(other, world.period, {date(2026, 11, 3): 60}, state="approved")
    waiting = factories.assignment(factories.worker("Wai", "Ting"), world.fse, world.fse_budget)
    factories.sheet(waiting, world.period, {date(2026, 11, 3): 61})
    return world


@pytest.fixture
def staff(app: Flask, world: World) -> Visitor:
    return Visitor(app, world.staff)


def shown(staff: Visitor, status: int = 200, **asked: str) -> str:
    response = staff.get(HERE, query_string=ASKED | asked)
    assert response.status_code == status
    return html.unescape(response.text)


def seen(page: str) -> str:
    found = re.search(r'name="seen" value="([0-9a-f]+)"', page)
    assert found
    return found[1]


def issue(staff: Visitor, page: str, **asked: str) -> Any:
    return staff.post(HERE, {**ASKED, **asked, "seen": seen(page)})


def test_a_name_that_no_invoice_prints_is_named_before_it_is_issued(ready: World, staff: Visitor) -> None:
    assert "leeg" not in shown(staff)
    Account.update(last_name="小明").where(Account.id == ready.noor.id).execute()
    page = shown(staff)
    assert "De factuur laat deze letters van Noor 小明 leeg: 小 明." in page
    assert issue(staff, page).status_code in (200, 303)
    work.work()
    assert Invoice.select().where(Invoice.organisation == ready.fse).count() == 1
    assert Document.select().count() >= 1, "the PDF is made all the same"


def test_it_lists_what_waits(ready: World, staff: Visitor) -> None:
    page = html.unescape(staff.get(HERE).text)
    assert "Periode 12 <small>week 45–48</small>" in page
    assert "2 organisaties" in page
    assert "16,50 uur" in page
    assert f"{HERE}?period=four_weeks-2026-12&on=2026-11-30" in page
    invoice_cast.run()
    page = staff.get(HERE).text
    assert "Er zijn geen goedgekeurde uren die nog gefactureerd moeten worden." in page
    assert "2026-00001, 2026-00002" in page


def test_the_preview_says_what_and_what_not_and_changes_nothing(ready: World, staff: Visitor) -> None:
    Organisation.update(city="").where(Organisation.code == "LAW").execute()
    page = shown(staff)
    drafts, _, left_out = page.partition('id="invoicing-left-out"')
    for said in ("Faculty of Science", "34367565.899", "15,50", "€\xa0488,41", "€\xa0102,57", "€\xa0590,98"):
        assert said in drafts
    assert "1 factuur uitreiken" in drafts
    assert "Rechtsgeleerdheid" not in drafts.partition('id="invoicing-drafts"')[2]
    assert "<b>de organisatie heeft geen adres</b>" in left_out
    assert "niet goedgekeurd" in left_out
    assert "1:01" in left_out
    assert Invoice.select().count() == Job.select().count() == Event.select().count() == 0


def test_htmx_gets_the_partial(ready: World, staff: Visitor) -> None:
    response = staff.with_htmx().get(HERE, query_string=ASKED)
    assert response.text.lstrip().startswith('<div id="invoicing-run">')
    assert "HX-Request" in response.headers["Vary"]


def test_one_organisation_alone(ready: World, staff: Visitor) -> None:
    page = shown(staff, organisation="LAW")
    assert "0042.001" in page
    assert "34367565.899" not in page.partition('id="invoicing-drafts"')[2]
    issue(staff, page, organisation="LAW")
    work.work()
    assert [one.organisation.code for one in Invoice.select()] == ["LAW"]


def test_issuing_is_long_work_and_so_are_the_documents(ready: World, staff: Visitor) -> None:
    response = issue(staff, shown(staff))
    job = Job.get()
    assert (response.status_code, response.location) == (303, f"/bureau/jobs/{job.id}")
    assert numbers() == []
    assert f"/bureau/jobs/{job.id}" in staff.get(HERE).text
    assert work.work() == 2
    assert numbers() == ["2026-00001", "2026-00002"]
    assert [event.actor for event in Event.select().where(Event.verb == "issue")] == [ready.staff] * 2
    assert Document.select().count() == 4
    page = html.unescape(staff.get(response.location).text)
    assert "2 facturen uitgereikt: 2026-00001 tot en met 2026-00002." in page
    documents = Job.select().order_by(Job.id.desc()).get()
    assert f"/bureau/jobs/{documents.id}" in page
    assert "De documenten van 2 facturen zijn gemaakt." in staff.get(f"/bureau/jobs/{documents.id}").text
    assert (documents.done, documents.total) == (2, 2)
    assert "Er ontbreekt geen PDF of e-factuur." in staff.get(HERE).text


def test_with_htmx_it_becomes_the_progress(ready: World, staff: Visitor) -> None:
    page = shown(staff)
    response = staff.with_htmx().post(HERE, {**ASKED, "seen": seen(page)})
    assert response.status_code == 200
    assert response.headers["HX-Push-Url"] == f"/bureau/jobs/{Job.get().id}"
    assert 'id="job-progress"' in response.text


def test_pressing_twice_begins_one_run(ready: World, staff: Visitor) -> None:
    page = shown(staff)
    assert issue(staff, page).location == issue(staff, page).location
    assert Job.select().count() == 1


def test_what_came_since_is_left_for_another_run_and_named(ready: World, staff: Visitor) -> None:
    page = shown(staff)
    late = factories.assignment(factories.worker("La", "Te"), ready.fse, ready.fse_budget)
    factories.sheet(late, ready.period, {date(2026, 11, 5): 60}, state="approved")
    there = issue(staff, page).location
    work.work()
    assert [one.organisation.code for one in Invoice.select()] == ["LAW"]
    said = html.unescape(staff.get(there).text)
    assert "FSE · 34367565.899 · 2026-P12" in said
    assert issue(staff, shown(staff), on="2026-11-29").status_code == 409, "another date was not shown"


def test_one_run_for_all_periods(ready: World, staff: Visitor) -> None:
    """Open, show all, issue: three actions, whatever the number of periods."""
    Rate.update(valid_from_on=date(2025, 12, 1)).where(Rate.assignment == ready.assignment).execute()
    for number in range(1, 12):
        period = PayPeriod.get(calendar="four_weeks", year=2026, number=number)
        factories.sheet(ready.assignment, period, {period.first_on: 60}, state="approved")
    assert "period=&organisation=&on=2026-11-30" in html.unescape(staff.get(HERE).text)
    page = shown(staff, period="")
    assert "13 facturen" in page
    assert issue(staff, page, period="").status_code == 303
    work.work()
    assert numbers() == [f"2026-{number:05d}" for number in range(1, 14)]
    assert len({one.pay_period_id for one in Invoice.select()}) == 12
    assert issue(staff, page, period="").status_code == 303
    work.work()
    assert len(numbers()) == 13, "nothing twice"


def test_one_is_left_out_with_a_reason_and_taken_up(ready: World, staff: Visitor) -> None:
    page = shown(staff, period="")
    found = re.search(r'href="(/bureau/invoicing/drafts/[^"]+)"', page)
    assert found
    there = found[1]
    opened = html.unescape(staff.get(there).text)
    assert "15,50" in opened
    assert staff.post(there, {"seen": seen(opened), "reason": " "}).status_code == 422
    assert staff.post(there, {"seen": "0" * 16, "reason": "Wacht."}).status_code == 409
    assert staff.post(there, {"seen": seen(opened), "reason": "Wacht op akkoord."}).status_code == 303
    assert staff.get(there).status_code == 404
    page = shown(staff, period="")
    assert "Wacht op akkoord." in page
    issue(staff, page, period="")
    work.work()
    assert [one.organisation.code for one in Invoice.select()] == ["LAW"]
    found = re.search(r'action="(/bureau/invoicing/postponed/[^"]+)"', shown(staff, period=""))
    assert found
    assert staff.post(found[1]).status_code == 303
    assert staff.post(found[1]).status_code == 404
    issue(staff, shown(staff, period=""), period="")
    work.work()
    assert len(numbers()) == 2
    assert [event.verb for event in Event.select().where(Event.organisation == ready.fse)] == [
        "postpone",
        "take_up",
    ]


@pytest.mark.parametrize(("per", "count"), [("budget_number", 2), ("worker", 2), ("period", 1)])
def test_what_an_organisation_is_invoiced_by(ready: World, staff: Visitor, per: str, count: int) -> None:
    other = BudgetNumber.create(organisation=ready.fse, number="0042.777")
    made = factories.assignment(factories.worker("An", "Der"), ready.fse, other)
    factories.sheet(made, ready.period, {date(2026, 11, 3): 60}, state="approved")
    Organisation.update(invoice_per=per).where(Organisation.id == ready.fse.id).execute()
    issue(staff, shown(staff, organisation="FSE"), organisation="FSE")
    work.work()
    invoices = list(Invoice.select().order_by(Invoice.id))
    assert len(invoices) == count
    assert sum(one.lines.count() for one in invoices) == 2
    for one in invoices:
        ubl = Document.get(invoice=one, kind="ubl").whole()
        assert invoice_rules.findings(ubl) == []
    if per == "period":
        assert invoices[0].budget_number_text == "0042.777 +1"
        assert invoice_rules.values(ubl, "//cac:InvoiceLine/cbc:AccountingCost") == [
            "0042.777",
            "34367565.899",
        ]
        for text in ("34367565", "0042777"):
            assert "2026-00001" in staff.get("/invoices", query_string={"q": text}).text


def test_what_changes_while_it_waits_is_left_for_another_run(ready: World, staff: Visitor) -> None:
    there = issue(staff, shown(staff)).location
    Hour.update(minutes=120).where(Hour.minutes == 60).execute()
    assert work.work() == 2
    assert [one.organisation for one in Invoice.select()] == [ready.fse]
    page = html.unescape(staff.get(there).text)
    assert "1 factuur uitgereikt: 2026-00001." in page
    assert "LAW · 0042.001" in page


def test_nothing_to_invoice(ready: World, staff: Visitor) -> None:
    invoice_cast.run()
    page = shown(staff)
    assert "Er is niets te factureren." in page
    assert 'name="seen"' not in page
    asked = runs.RunAsked(invoice_cast.PERIOD, None, date(2026, 11, 30))
    assert staff.post(HERE, {**ASKED, "seen": runs.shown(asked, asked.preview())}).status_code == 409
    assert staff.post(HERE, ASKED).status_code == 409


def test_a_run_of_a_negative_total_says_credit_note(ready: World, staff: Visitor) -> None:
    invoice_cast.run()
    factories.sheet(ready.assignment, ready.period, {date(2026, 11, 3): -60}, sequence=1, state="approved")
    page = shown(staff)
    assert "Creditnota" in page
    assert "€\xa0−38,13" in page


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"on": "morgen"}, 422),
        ({"on": ""}, 422),
        ({"on": "2062-11-30"}, 422),
        ({"period": "four_weeks-2019-12"}, 404),
        ({"period": "four_weeks-99999999999999999999-12"}, 404),
        ({"period": "'; --"}, 404),
        ({"organisation": "NOWHERE"}, 404),
    ],
)
def test_bad_input(ready: World, staff: Visitor, wrong: dict[str, str], status: int) -> None:
    page = shown(staff, status, **wrong)
    assert ('aria-invalid="true"' in page) == (status == 422)
    assert staff.post(HERE, {**ASKED, **wrong, "seen": "0"}).status_code == status
    assert Job.select().count() == 0


def test_an_organisation_of_another_calendar(ready: World, staff: Visitor) -> None:
    Organisation.update(calendar="week").where(Organisation.code == "LAW").execute()
    assert "heeft een andere kalender" in shown(staff, 422, organisation="LAW")


def test_what_the_agency_lacks(ready: World, staff: Visitor) -> None:
    page = shown(staff)
    Agency.update(iban="", street=" ").execute()
    said = "In de gegevens van het bureau ontbreekt nog: Straat en huisnummer, IBAN"
    assert said in html.unescape(staff.get(HERE).text)
    assert said in shown(staff)
    assert issue(staff, page).status_code == 409
    assert Job.select().count() == 0


def test_missing_documents_are_made(ready: World, staff: Visitor) -> None:
    assert staff.post(f"{HERE}/documents").status_code == 409
    invoice_cast.run()
    assert "Ontbrekende documenten maken" in staff.get(HERE).text
    first = staff.post(f"{HERE}/documents")
    assert first.status_code == 303
    assert staff.post(f"{HERE}/documents").location == first.location, (
        "what waits will see all that is missing"
    )
    assert work.work() == 1
    assert Document.select().count() == 4


@pytest.mark.parametrize("url", [HERE, f"{HERE}/documents", f"{HERE}/1/credit"])
def test_only_for_agency_staff(app: Flask, ready: World, url: str) -> None:
    for account in (ready.supervisor, ready.noor, ready.registrar):
        visitor = Visitor(app, account)
        assert visitor.post(url, ASKED).status_code == 403
        assert visitor.get(url).status_code == (405 if url.endswith("documents") else 403)
    assert Job.select().count() == 0


def test_a_fixed_number_of_statements(ready: World, staff: Visitor) -> None:
    with count_queries() as few:
        shown(staff)
    for number in range(12):
        budget = BudgetNumber.create(organisation=ready.fse, number=f"{number}.1")
        made = factories.assignment(factories.worker(), ready.fse, budget)
        factories.sheet(made, ready.period, state="approved" if number % 2 else "submitted")
    with count_queries() as many:
        assert "8 facturen" in shown(staff)
    assert many.count == few.count <= 17


def test_markup_in_names_is_text(ready: World, staff: Visitor) -> None:
    Organisation.update(name="<script>x</script>").execute()
    response = staff.get(HERE, query_string=ASKED)
    assert "<script>x" not in response.text
    assert "&lt;script&gt;x" in response.text


def test_every_period_of_the_year_can_be_chosen(ready: World, staff: Visitor) -> None:
    page = staff.get(HERE).text
    begun = [one for one in PayPeriod.select() if one.first_on <= date(2026, 11, 30)]
    assert page.count('value="four_weeks-2026-') == len(begun) == 13
    assert '<optgroup label="Vier weken">' in page


ORDER, LAW_ORDER = "order-1-12-1-0", "order-2-12-2-0"


def test_a_purchase_order_number_is_asked_typed_and_issued(ready: World, staff: Visitor) -> None:
    Organisation.update(purchase_order_required=True).where(Organisation.code == "FSE").execute()
    page = shown(staff)
    assert "de organisatie vraagt een inkoopordernummer" in page
    assert f'form="invoicing-issue" name="{ORDER}" value=""' in page
    assert "1 factuur uitreiken" in page, "only LAW's"
    # Typed and issued at once is shown first: what is issued is what the page said.
    answer = staff.post(HERE, {**ASKED, ORDER: " 4500123456", "seen": seen(page)})
    assert answer.status_code == 409
    assert f'name="{ORDER}" value="4500123456"' in html.unescape(answer.text)
    assert Job.select().count() == 0
    again = staff.post(HERE, {**ASKED, ORDER: "4500123456", "look": "1"})
    assert again.status_code == 303
    page = html.unescape(staff.get(again.location).text)
    assert "2 facturen uitreiken" in page
    assert staff.post(HERE, {**ASKED, ORDER: "4500123456", "seen": seen(page)}).status_code == 303
    assert work.work() >= 1
    invoice = Invoice.get(Invoice.organisation == ready.fse)
    assert invoice.frozen["purchase_order_number"] == "4500123456"
    assert "4500123456" in staff.get(f"/invoices/{invoice.id}").text
    # A credit note of a run has that of its invoice, also where nothing is typed.
    factories.sheet(ready.assignment, ready.period, {date(2026, 11, 3): -60}, sequence=1, state="approved")
    (note,) = invoice_cast.run(organisation="FSE")
    assert (note.kind, note.frozen["purchase_order_number"]) == ("credit_note", "4500123456")


@pytest.mark.parametrize("typed", ["", "4500123456"])
def test_what_asks_for_an_order_can_be_opened_and_left_out(ready: World, staff: Visitor, typed: str) -> None:
    """Also where its number is only typed, or lacks: what was typed goes along, there and back."""
    Organisation.update(purchase_order_required=True).execute()
    page = shown(staff, **{ORDER: typed, LAW_ORDER: "P 1&2"})
    (there,) = re.findall(rf'href="(/bureau/invoicing/drafts/{ORDER.removeprefix("order-")}[^"]*)"', page)
    opened = html.unescape(staff.get(there).text)
    assert "15,50" in opened
    assert (typed or "ontbreekt") in opened
    back = staff.post(there, {"seen": seen(opened), "reason": "Wacht op de order."})
    assert back.status_code == 303
    page = html.unescape(staff.get(back.location).text)
    assert "Wacht op de order." in page
    assert f'name="{LAW_ORDER}" value="P 1&2"' in page
    issue(staff, page, **{ORDER: typed, LAW_ORDER: "P 1&2"})
    work.work()
    assert [one.frozen["purchase_order_number"] for one in Invoice.select()] == ["P 1&2"]


def test_more_orders_than_an_address_holds_are_shown_as_posted(ready: World, staff: Visitor) -> None:
    Organisation.update(purchase_order_required=True).execute()
    many = {f"order-{number}-1-1-0": "4" * 50 for number in range(1000, 1060)}
    answer = staff.post(HERE, {**ASKED, **many, ORDER: "4500123456", "look": "1"})
    assert answer.status_code == 200
    assert "1 factuur uitreiken" in html.unescape(answer.text)
    assert f'name="{ORDER}" value="4500123456"' in answer.text


@pytest.mark.parametrize(
    ("of", "column", "value"),
    [
        *((Organisation, *one) for one in {
            "name": "FSE 2", "legal_name": "UM", "contact_name": "Wie", "street": "Nieuw 1", "postcode": "1234 AB",
            "city": "Breda", "country": "BE", "coc_number": "11112222", "vat_number": "NL009876543B01",
            "peppol_id": "0106:11112222", "purchase_order_number": "P-9", "payment_term_days": 14,
            "language": "en", "vat_treatment": "reverse_charge",
        }.items()),
        *((Agency, *one) for one in {
            "name": "Ander", "street": "Nieuw 1", "postcode": "1234 AB", "city": "Breda", "country": "BE",
            "coc_number": "11112222", "vat_number": "NL009876543B01", "iban": "NL20INGB0001234567", "bic": "INGBNL2A",
            "peppol_id": "0106:11112222", "phone": "112", "email": "ander@interum.example",
        }.items()),
        (BudgetNumber, "description", "Ander"), (Account, "last_name", "Bakker"), (Assignment, "job_title", "Ander"),
        (HourType, "name_nl", "Ander"), (HourType, "multiplier_percent", 140), (Rate, "bill_rate", 999),
    ],
)  # fmt: skip
def test_all_that_an_invoice_prints_is_issued_as_it_was_shown(
    ready: World, staff: Visitor, of: Any, column: str, value: Any
) -> None:
    page = shown(staff, organisation="FSE")
    issue(staff, page, organisation="FSE")
    of.update(**{column: value}).execute()
    work.work()
    assert numbers() == []
    invoice_cast.run(organisation="FSE")
    assert numbers() == ["2026-00001"]


def test_an_address_is_shown_with_the_invoice_to_be(ready: World, staff: Visitor) -> None:
    Organisation.update(street="Nieuwe Weg 1").where(Organisation.code == "FSE").execute()
    found = re.search(r'href="(/bureau/invoicing/drafts/[^"]+)"', shown(staff, organisation="FSE"))
    assert found
    opened = html.unescape(staff.get(found[1]).text)
    for said in ("Nieuwe Weg 1", "6211 KW Maastricht", "NL001234567B01", "NL91ABNA0417164300"):
        assert said in opened


def test_an_organisation_has_a_purchase_order_number_of_its_own(ready: World, staff: Visitor) -> None:
    Organisation.update(purchase_order_number="P-1").where(Organisation.code == "LAW").execute()
    page = shown(staff)
    assert 'value="P-1" maxlength="50"' in page
    assert page.count('form="invoicing-issue"') == 1, "nobody else is asked"
    answer = staff.get(HERE, query_string={**ASKED, ORDER: "4" * 51})
    assert answer.status_code == 422
    assert "hoogstens 50 tekens" in answer.text


def test_a_peppol_id_that_can_not_be_used_is_named(ready: World, staff: Visitor) -> None:
    assert "Peppol-id" not in shown(staff)
    Organisation.update(peppol_id="0217:123456789012").where(Organisation.code == "FSE").execute()
    page = shown(staff)
    assert "de e-facturen gaan zonder de Peppol-id 0217:123456789012. 0217 staat niet op de lijst" in page
    assert '"/bureau/organisations/FSE"' in page
    assert page.count("de e-facturen gaan zonder") == 1
    Agency.update(peppol_id="0106:1").execute()
    assert shown(staff).count("de e-facturen gaan zonder") == 2
