"""E-invoices of every kind against the schemas and rules, and what they say."""

from base64 import b64decode
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from konnekt.documents import ubl
from konnekt.domain.invoices import issue as invoice_issue
from konnekt.models import HourType, Invoice, InvoiceLine, Organisation
from tests import factories, invoice_cast
from tests.factories import World
from tests.invoice_rules import dutch, findings, values

PDF = ubl.Attachment("2026-00001.pdf", "application/pdf", b"%PDF-1.4 not really")

TREATMENTS = {
    "standard": ("S", ["21.00"], []),
    "exempt": ("E", ["0.00"], ["Vrijgesteld van btw, art. 11 Wet OB"]),
    "reverse_charge": ("AE", ["0.00"], ["Btw verlegd"]),
    "out_of_scope": ("O", [], ["Buiten het toepassingsbereik van de btw"]),
}


def written(invoice: Invoice) -> bytes:
    lines = invoice.lines.order_by(InvoiceLine.position)
    return ubl.write(invoice, lines, PDF)


@pytest.fixture
def ready(world: World) -> World:
    """Noor's approved sheet, and one of 50 minutes with a name that is markup."""
    invoice_cast.complete(world)
    invoice_cast.approve(world.sheet, world.supervisor)
    odd = factories.assignment(
        factories.worker("<b>Łucja", "O’Brien & \x0bZoon</b>"), world.fse, world.fse_budget
    )
    days = {date(2026, 11, 3): 50, date(2026, 11, 29): 20}
    factories.sheet(odd, world.period, days, state="approved", decided_by=world.supervisor)
    return world


def issue(treatment: str = "standard", **columns: Any) -> Invoice:
    text = "Vrijgesteld van btw, art. 11 Wet OB" if treatment == "exempt" else ""
    Organisation.update(vat_treatment=treatment, vat_text=text, **columns).execute()
    (invoice,) = invoice_cast.run()
    return invoice


def negative(world: World) -> Invoice:
    """A credit note of a supplementary sheet."""
    invoice_cast.run()
    hours = {date(2026, 11, 3): -130, date(2026, 11, 9): 30}
    factories.sheet(world.assignment, world.period, hours, sequence=1, state="approved")
    (note,) = invoice_cast.run()
    return note


BUYER = {"legal_name": "Universiteit Maastricht", "purchase_order_number": "4500123456"}


@pytest.mark.parametrize("treatment", TREATMENTS)
@pytest.mark.parametrize("columns", [{}, {"peppol_id": ""}, {"coc_number": "", "language": "en", **BUYER}])
def test_every_kind_is_valid(ready: World, treatment: str, columns: dict[str, Any]) -> None:
    invoice = issue(treatment, **columns)
    assert findings(written(invoice)) == []
    note = invoice_issue.credit(invoice.id, "Verkeerd <budget>", by=ready.staff)
    assert findings(written(note)) == []


def test_a_credit_note_of_negative_hours_is_valid(ready: World) -> None:
    note = negative(ready)
    content = written(note)
    assert findings(content) == []
    assert values(content, "cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID") == ["2026-00001"]
    assert values(content, "cac:CreditNoteLine/cbc:CreditedQuantity") == ["2.1667", "-0.50"]
    assert values(content, "cac:CreditNoteLine/cbc:LineExtensionAmount") == ["68.27", "-15.76"]
    assert values(content, "cac:LegalMonetaryTotal/cbc:PayableAmount") == [f"{note.total_cents / 100:.2f}"]


PARTIES = [
    {"peppol_id": "", "treatment": "exempt"},
    {"peppol_id": "", "treatment": "out_of_scope", "language": "en"},
    {"peppol_id": "", "treatment": "reverse_charge", "contact_name": ""},
    {"peppol_id": "0190:00000001234567890000"},
    {"peppol_id": "0190:00000001234567890000", "coc_number": ""},
    {"peppol_id": "", "coc_number": "00000001234567890000"},
    {"peppol_id": "9944:NL001234567B01"},
    {"peppol_id": "0088:4035811991014"},
    {
        "peppol_id": "0208:0202239951",
        "country": "BE",
        "coc_number": "0202239951",
        "vat_number": "BE0202239951",
    },
    {"peppol_id": "0217:123456789012"},
    {"legal_name": "Universiteit <Maastricht>", "purchase_order_number": "PO 4500/12 & 13"},
    {
        "peppol_id": "",
        "legal_name": "Universiteit",
        "purchase_order_number": "45",
        "treatment": "reverse_charge",
    },
    {"peppol_id": "9999:12"},
    {"peppol_id": "0106:"},
    {"peppol_id": "", "vat_number": "001234567B01"},
    {"vat_number": "NL 0012.34.567.B01", "treatment": "reverse_charge"},
    {"peppol_id": "", "country": "BE", "coc_number": "0123456749", "vat_number": "BE0123456749"},
    {"country": "BE", "coc_number": ""},
    {
        "peppol_id": "",
        "name": "<b>&\x0b Łucja 🎓 ]]>",
        "street": '’t "Plein" \x01 & zo',
        "contact_name": "\ud7ff",
    },
]


@pytest.mark.parametrize("columns", PARTIES)
def test_every_party_is_valid(ready: World, columns: dict[str, Any]) -> None:
    invoice = issue(**columns)
    invoice_issue.credit(invoice.id, "Verkeerd <budget> 🎓", by=ready.staff)
    factories.sheet(ready.assignment, ready.period, {date(2026, 11, 3): -50}, sequence=1, state="approved")
    invoice_cast.run()
    assert [findings(written(one)) for one in Invoice.select()] == [[]] * 3


def test_an_hour_type_that_nobody_translated_has_its_dutch_name(ready: World) -> None:
    HourType.update(name_en=" ").execute()
    content = written(issue(language="en"))
    assert set(values(content, "cac:InvoiceLine/cac:Item/cbc:Name")) == {"Uursoort REG"}
    assert findings(content) == []


@pytest.mark.parametrize("treatment", TREATMENTS)
def test_vat(ready: World, treatment: str) -> None:
    code, percent, reason = TREATMENTS[treatment]
    content = written(issue(treatment))
    category = "cac:TaxTotal/cac:TaxSubtotal/cac:TaxCategory"
    assert values(content, f"{category}/cbc:ID") == [code]
    assert values(content, f"{category}/cbc:Percent") == percent
    assert values(content, f"{category}/cbc:TaxExemptionReason") == reason
    numbers = values(content, "//cac:PartyTaxScheme/cbc:CompanyID")
    assert numbers == ([] if code == "O" else ["NL123456789B01", "NL001234567B01"])


def test_what_it_says(ready: World) -> None:
    invoice = issue()
    content = written(invoice)
    budget = ["34367565.899"]
    assert values(content, "cbc:CustomizationID") == [ubl.PEPPOL]
    assert values(content, "cbc:ID") == ["2026-00001"]
    assert values(content, "cbc:BuyerReference") == values(content, "cbc:AccountingCost") == budget
    assert set(values(content, "cac:InvoiceLine/cbc:AccountingCost")) == set(budget)
    assert values(content, "cac:InvoicePeriod/*") == ["2026-11-02", "2026-11-29"]
    assert values(content, "cac:PaymentMeans/cbc:PaymentMeansCode") == ["58"]
    assert values(content, "cac:PaymentMeans/cbc:PaymentID") == ["2026-00001"]
    assert values(content, "//cac:PayeeFinancialAccount/cbc:ID") == ["NL91ABNA0417164300"]
    assert values(content, "//cac:PartyLegalEntity/cbc:CompanyID/@schemeID") == ["0106", "0106"]
    assert values(content, "//cbc:EndpointID") == ["12345678", "87654321"]
    references = values(content, "cac:InvoiceLine/cac:DocumentReference/cbc:ID")
    assert references == [line.frozen["reference"] for line in invoice.lines.order_by(InvoiceLine.position)]
    item = "cac:InvoiceLine/cac:Item"
    assert values(content, f"{item}/cbc:Description")[-1] == "<b>Łucja O’Brien & Zoon</b>, week 48 2026"
    assert set(values(content, f"{item}/cbc:Name")) == {"Uursoort REG"}
    binary = "//cbc:EmbeddedDocumentBinaryObject"
    assert b64decode(values(content, binary)[0]) == PDF.content
    assert values(content, f"{binary}/@filename") == ["2026-00001.pdf"]


@pytest.mark.parametrize("columns", [{"peppol_id": ""}, {"peppol_id": "87654321"}])
def test_without_a_peppol_id_it_is_nlcius(ready: World, columns: dict[str, Any]) -> None:
    assert values(written(issue(**columns)), "cbc:CustomizationID") == [ubl.NLCIUS]


@pytest.mark.parametrize("scheme", ["0088:4035811991014", "0208:0202239951", "9944:NL001234567B01"])
def test_a_peppol_id_of_the_list_is_used(ready: World, scheme: str) -> None:
    content = written(issue(peppol_id=scheme))
    endpoint = "cac:AccountingCustomerParty/cac:Party/cbc:EndpointID"
    assert values(content, f"{endpoint}/@schemeID") + values(content, endpoint) == scheme.split(":")
    assert values(content, "cbc:CustomizationID") == [ubl.PEPPOL]


def test_the_buyer_by_its_legal_name_and_its_order(ready: World) -> None:
    invoice = issue(**BUYER)
    party = "cac:AccountingCustomerParty/cac:Party"
    for one in (invoice, invoice_issue.credit(invoice.id, "Fout", by=ready.staff)):
        content = written(one)
        assert values(content, f"{party}/cac:PartyLegalEntity/cbc:RegistrationName") == [
            "Universiteit Maastricht"
        ]
        assert values(content, f"{party}/cac:PartyName/cbc:Name") == ["Faculty of Science and Engineering"]
        assert values(content, "cac:OrderReference/cbc:ID") == ["4500123456"]
    assert "legal_name" in invoice.frozen["buyer"]
    # Invoices of before have neither, and say what they said.
    del invoice.frozen["buyer"]["legal_name"], invoice.frozen["purchase_order_number"]
    content = written(invoice)
    assert values(content, f"{party}/cac:PartyLegalEntity/cbc:RegistrationName") == [
        "Faculty of Science and Engineering"
    ]
    assert values(content, "cac:OrderReference") == []


ABROAD = {"country": "BE", "coc_number": "0202239951", "vat_number": "BE0202239951"}
KINDS: dict[str, dict[str, Any]] = {
    "a rate": {},
    "no rate: exempt": {"treatment": "exempt"},
    "no rate: outside the scope": {"treatment": "out_of_scope"},
    "reverse charge": {"treatment": "reverse_charge"},
    "abroad": {"treatment": "reverse_charge", **ABROAD, "peppol_id": "0208:0202239951"},
}


@pytest.mark.parametrize("profile", [ubl.PEPPOL, ubl.NLCIUS])
@pytest.mark.parametrize("kind", KINDS)
def test_buyer_department_and_order_stand_on_every_kind(ready: World, kind: str, profile: str) -> None:
    """BT-44, BT-45, BT-13 and the contact, on the invoice and its credit note, in both profiles: nothing found."""
    columns = BUYER | KINDS[kind] | ({"peppol_id": ""} if profile == ubl.NLCIUS else {})
    invoice = issue(**columns)
    invoice_issue.credit(invoice.id, "Fout", by=ready.staff)
    party = "cac:AccountingCustomerParty/cac:Party"
    for one in Invoice.select():
        content = written(one)
        assert findings(content) == []
        assert values(content, "cbc:CustomizationID") == [profile]
        legal = values(content, f"{party}/cac:PartyLegalEntity/cbc:RegistrationName")
        assert legal == ["Universiteit Maastricht"]  # BT-44
        named = values(content, f"{party}/cac:PartyName/cbc:Name")
        assert named == ["Faculty of Science and Engineering"]  # BT-45
        assert values(content, f"{party}/cac:Contact/cbc:Name") == ["Crediteuren"]  # BT-56
        assert values(content, "cac:OrderReference/cbc:ID") == ["4500123456"]  # BT-13


def test_a_credit_note_of_a_run_keeps_buyer_and_order(ready: World) -> None:
    Organisation.update(**BUYER).execute()
    note = negative(ready)
    content = written(note)
    assert findings(content) == []
    party = "cac:AccountingCustomerParty/cac:Party"
    assert values(content, f"{party}/cac:PartyLegalEntity/cbc:RegistrationName") == [
        "Universiteit Maastricht"
    ]
    assert values(content, "cac:OrderReference/cbc:ID") == ["4500123456"]


def test_an_invoice_that_corrects_names_the_one_before(ready: World) -> None:
    issue()
    hours = {date(2026, 11, 3): 130}
    factories.sheet(ready.assignment, ready.period, hours, sequence=1, state="approved", reason="Te weinig")
    (later,) = invoice_cast.run()
    assert (later.kind, later.frozen["why"]) == ("invoice", "Te weinig")
    content = written(later)
    assert values(content, "cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID") == ["2026-00001"]
    assert values(content, "cbc:Note") == ["Te weinig"]
    assert findings(content) == []


def test_an_oin_is_a_legal_id(ready: World) -> None:
    content = written(issue(coc_number="", peppol_id="0190:00000001234567890000"))
    legal = "cac:AccountingCustomerParty/cac:Party/cac:PartyLegalEntity/cbc:CompanyID"
    assert values(content, legal) == ["00000001234567890000"]
    assert values(content, f"{legal}/@schemeID") == ["0190"]


def test_sums_are_exact(ready: World) -> None:
    content = written(issue())
    amounts = [Decimal(one) for one in values(content, "cac:InvoiceLine/cbc:LineExtensionAmount")]
    quantities = [Decimal(one) for one in values(content, "cac:InvoiceLine/cbc:InvoicedQuantity")]
    prices = [Decimal(one) for one in values(content, "cac:InvoiceLine/cac:Price/cbc:PriceAmount")]
    for amount, quantity, price in zip(amounts, quantities, prices, strict=True):
        assert abs(quantity * price - amount) <= Decimal("0.005")
    (net,) = values(content, "cac:LegalMonetaryTotal/cbc:TaxExclusiveAmount")
    assert sum(amounts) == Decimal(net)


def test_our_own_words_for_the_dutch_rules_find_what_is_wrong(ready: World) -> None:
    content = written(issue(peppol_id=""))
    assert dutch(content) == []
    for old, new, rule in (
        (b"<cbc:StreetName>Kapoenstraat 2</cbc:StreetName>", b"", "BR-NL-4"),
        (b'schemeID="0106">87654321', b">87654321", "BR-NL-10"),
        (b'schemeID="0106">87654321', b'schemeID="0106">1', "R054"),
        (b">34367565.899</cbc:BuyerReference>", b"></cbc:BuyerReference>", "R008"),
        (b"2026-11-02</cbc:StartDate>", b"2026-11-10</cbc:StartDate>", "R110"),
        (b"NL001234567B01", b"001234567B01", "BR-CO-9"),
        (b"#urn:fdc:nen.nl:nlcius:v1.0", b"#urn:fdc:peppol.eu:2017", "R020"),
        (b"</cbc:ID>\n    </cac:PayeeFinancialAccount>", b"</cbc:ID><cbc:Name>x</cbc:Name></cac:PayeeFinancialAccount>",
         "BR-NL-30"),
    ):  # fmt: skip
        changed = content.replace(old, new, 1)
        assert changed != content
        assert any(rule in one for one in dutch(changed)), rule


def test_the_same_invoice_gives_the_same_bytes(ready: World) -> None:
    invoice = issue()
    assert written(invoice) == written(Invoice.get_by_id(invoice.id))


@pytest.mark.parametrize(
    ("due", "dutch_terms", "english_terms"),
    [
        (date(2026, 11, 30), "Bij ontvangst", "On receipt"),
        (date(2026, 12, 1), "Binnen 1 dag", "Within 1 day"),
        (date(2026, 12, 30), "Binnen 30 dagen", "Within 30 days"),
    ],
)
def test_a_term_is_said_as_people_count_days(due: date, dutch_terms: str, english_terms: str) -> None:
    said = {
        language: ubl.payment_terms(Invoice(issued_on=date(2026, 11, 30), due_on=due, language=language))
        for language in ("nl", "en")
    }
    assert said == {"nl": dutch_terms, "en": english_terms}
