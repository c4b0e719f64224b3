"""Invoice -> UBL 2.1: NLCIUS, or Peppol BIS Billing 3.0 where both parties have a Peppol id.

The elements come in the order of the UBL schemas; BT-n and BG-n are the terms of EN 16931. Everything is read
from the frozen invoice and its lines, so the same invoice gives the same bytes. The standard library writes
it: an invoice of ours needs some fifty elements, and `tests/invoice_rules.py` checks them all.
"""

from base64 import b64encode
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from konnekt.domain import amounts
from konnekt.domain.invoices import parties
from konnekt.models import Invoice, InvoiceLine

NLCIUS = "urn:cen.eu:en16931:2017#compliant#urn:fdc:nen.nl:nlcius:v1.0"
PEPPOL = "urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0"
PROFILE = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"

NAMESPACE = "urn:oasis:names:specification:ubl:schema:xsd"

VAT_CATEGORIES = {"standard": "S", "exempt": "E", "reverse_charge": "AE", "out_of_scope": "O"}
# Of the exemptions, the code list of reasons has one for these two.
VAT_REASON_CODES = {"AE": "VATEX-EU-AE", "O": "VATEX-EU-O"}

SEPA_CREDIT_TRANSFER, CREDIT_TRANSFER = "58", "30"


class Attachment(NamedTuple):
    """The file that goes with an e-invoice."""

    name: str
    media_type: str
    content: bytes


def write(invoice: Invoice, lines: Iterable[InvoiceLine], attachment: Attachment) -> bytes:
    """The invoice or credit note as a UBL document with its PDF embedded."""
    is_note = invoice.kind == "credit_note"
    kind = "CreditNote" if is_note else "Invoice"
    root = Element(
        kind,
        {
            "xmlns": f"{NAMESPACE}:{kind}-2",
            "xmlns:cac": f"{NAMESPACE}:CommonAggregateComponents-2",
            "xmlns:cbc": f"{NAMESPACE}:CommonBasicComponents-2",
        },
    )
    _head(root, invoice, kind)
    _attach(root, invoice, attachment)
    seller, buyer = invoice.frozen["seller"], invoice.frozen["buyer"]
    _party(_group(root, "AccountingSupplierParty"), seller, invoice, is_seller=True)
    _party(_group(root, "AccountingCustomerParty"), buyer, invoice, is_seller=False)
    _payment(root, invoice)
    _totals(root, invoice)
    for line in lines:
        _line(root, invoice, line, kind)
    indent(root)
    written: bytes = tostring(root, "utf-8", xml_declaration=True)
    return written + b"\n"


def _head(root: Element, invoice: Invoice, kind: str) -> None:
    frozen = invoice.frozen
    _text(root, "CustomizationID", PEPPOL if _is_peppol(invoice) else NLCIUS)  # BT-24
    _text(root, "ProfileID", PROFILE)  # BT-23
    _text(root, "ID", invoice.number_text)  # BT-1
    _text(root, "IssueDate", invoice.issued_on.isoformat())  # BT-2
    if kind == "Invoice":
        _text(root, "DueDate", invoice.due_on.isoformat())  # BT-9
    _text(root, f"{kind}TypeCode", "380" if kind == "Invoice" else "381")  # BT-3
    _text(root, "Note", frozen.get("reason") or frozen.get("why", ""))  # BT-22
    _text(root, "DocumentCurrencyCode", "EUR")  # BT-5
    if not frozen.get("has_several_numbers"):  # else each line says its own
        _text(root, "AccountingCost", frozen["budget_number"])  # BT-19
    _text(root, "BuyerReference", frozen["budget_number"])  # BT-10
    period = _group(root, "InvoicePeriod")  # BG-14
    _text(period, "StartDate", frozen["period"]["first_on"])
    _text(period, "EndDate", frozen["period"]["last_on"])
    order = frozen.get("purchase_order_number", "")
    if order:
        _text(_group(root, "OrderReference"), "ID", order)  # BT-13
    for reference in frozen["references"] or frozen.get("corrects", []):  # BG-3
        document = _group(_group(root, "BillingReference"), "InvoiceDocumentReference")
        _text(document, "ID", reference["number"])
        if _is_peppol(invoice):  # NLCIUS would rather not have it (BR-NL-24)
            _text(document, "IssueDate", reference["issued_on"])


def _is_peppol(invoice: Invoice) -> bool:
    return all(parties.peppol_id(invoice.frozen[party])[1] for party in ("seller", "buyer"))


def _attach(root: Element, invoice: Invoice, attachment: Attachment) -> None:
    document = _group(root, "AdditionalDocumentReference")  # BG-24
    _text(document, "ID", invoice.number_text)
    _text(
        _group(document, "Attachment"),
        "EmbeddedDocumentBinaryObject",
        b64encode(attachment.content).decode(),
        mimeCode=attachment.media_type,
        filename=attachment.name,
    )


def _party(parent: Element, party: dict[str, str], invoice: Invoice, *, is_seller: bool) -> None:
    of = _group(parent, "Party")
    scheme, value = parties.peppol_id(party)
    if value:
        _text(of, "EndpointID", value, schemeID=scheme)  # BT-34, BT-49
    _text(_group(of, "PartyName"), "Name", party["name"])  # BT-28, BT-45
    address = _group(of, "PostalAddress")
    _text(address, "StreetName", party["street"])
    _text(address, "CityName", party["city"])
    _text(address, "PostalZone", party["postcode"])
    _text(_group(address, "Country"), "IdentificationCode", party["country"])
    # Outside the scope of VAT neither party shows a VAT number (BR-O-02).
    vat_number = parties.vat_number(party)
    if vat_number and invoice.vat_treatment != "out_of_scope":
        tax = _group(of, "PartyTaxScheme")
        _text(tax, "CompanyID", vat_number)  # BT-31, BT-48
        _text(_group(tax, "TaxScheme"), "ID", "VAT")
    legal = _group(of, "PartyLegalEntity")
    _text(legal, "RegistrationName", party.get("legal_name") or party["name"])  # BT-27, BT-44
    scheme, value = parties.legal_id(party)
    _text(legal, "CompanyID", value, **({"schemeID": scheme} if scheme else {}))  # BT-30, BT-47
    if is_seller:
        contact = {"Telephone": party["phone"], "ElectronicMail": party["email"]}
    else:
        contact = {"Name": party["contact_name"]}
    if any(contact.values()):
        group = _group(of, "Contact")
        for name, text in contact.items():
            _text(group, name, text)


def _payment(root: Element, invoice: Invoice) -> None:
    seller = invoice.frozen["seller"]
    means = _group(root, "PaymentMeans")  # BG-16
    code = SEPA_CREDIT_TRANSFER if seller["country"] == "NL" else CREDIT_TRANSFER
    _text(means, "PaymentMeansCode", code)
    _text(means, "PaymentID", invoice.number_text)  # BT-83
    account = _group(means, "PayeeFinancialAccount")
    _text(account, "ID", "".join(seller["iban"].split()))  # BT-84
    # A SEPA payment goes by its IBAN alone: NLCIUS would rather have no name or BIC (BR-NL-30, BR-NL-31).
    if code != SEPA_CREDIT_TRANSFER and seller["bic"]:
        _text(_group(account, "FinancialInstitutionBranch"), "ID", seller["bic"])
    _text(_group(root, "PaymentTerms"), "Note", payment_terms(invoice))  # BT-20


def payment_terms(invoice: Invoice) -> str:
    """When it is paid, in the language of the invoice."""
    is_english = invoice.language == "en"
    if invoice.kind == "credit_note" and invoice.frozen.get("to_return_cents"):
        return "Paid back or set off" if is_english else "Wordt terugbetaald of verrekend"
    if invoice.kind == "credit_note":
        return "Settled with the invoice" if is_english else "Wordt verrekend met de factuur"
    days = (invoice.due_on - invoice.issued_on).days
    if not days:
        return "On receipt" if is_english else "Bij ontvangst"
    if is_english:
        return f"Within {days} day{'s' if days > 1 else ''}"
    return f"Binnen {days} dag{'en' if days > 1 else ''}"


def _totals(root: Element, invoice: Invoice) -> None:
    total = _group(root, "TaxTotal")
    _amount(total, "TaxAmount", invoice.vat_cents)  # BT-110
    subtotal = _group(total, "TaxSubtotal")  # BG-23
    _amount(subtotal, "TaxableAmount", invoice.net_cents)
    _amount(subtotal, "TaxAmount", invoice.vat_cents)
    _category(subtotal, "TaxCategory", invoice, is_explained=True)
    sums = _group(root, "LegalMonetaryTotal")  # BG-22
    _amount(sums, "LineExtensionAmount", invoice.net_cents)
    _amount(sums, "TaxExclusiveAmount", invoice.net_cents)
    _amount(sums, "TaxInclusiveAmount", invoice.total_cents)
    _amount(sums, "PayableAmount", invoice.total_cents)


def _category(parent: Element, name: str, invoice: Invoice, *, is_explained: bool) -> None:
    category = _group(parent, name)
    code = VAT_CATEGORIES[invoice.vat_treatment]
    _text(category, "ID", code)
    if code != "O":
        _text(category, "Percent", f"{invoice.vat_percent}.00")
    if is_explained and code != "S":
        if _is_peppol(invoice):  # NLCIUS would rather have the text alone (BR-NL-35)
            _text(category, "TaxExemptionReasonCode", VAT_REASON_CODES.get(code, ""))  # BT-121
        _text(category, "TaxExemptionReason", invoice.vat_text)  # BT-120
    _text(_group(category, "TaxScheme"), "ID", "VAT")


def _line(root: Element, invoice: Invoice, line: InvoiceLine, kind: str) -> None:
    group = _group(root, f"{kind}Line")  # BG-25
    frozen = line.frozen
    _text(group, "ID", str(line.position))
    hours = amounts.quantity(line.minutes, line.unit_price)
    quantity = "InvoicedQuantity" if kind == "Invoice" else "CreditedQuantity"
    _text(group, quantity, f"{hours:f}", unitCode="HUR")  # BT-129, BT-130
    _amount(group, "LineExtensionAmount", line.net_cents)  # BT-131
    number = frozen.get("budget_number") or invoice.frozen["budget_number"]
    _text(group, "AccountingCost", number)  # BT-133
    period = _group(group, "InvoicePeriod")  # BG-26
    _text(period, "StartDate", line.first_on.isoformat())
    _text(period, "EndDate", line.last_on.isoformat())
    document = _group(group, "DocumentReference")  # BT-128
    _text(document, "ID", frozen["reference"])
    _text(document, "DocumentTypeCode", "130")
    item = _group(group, "Item")

    _text(item, "Description", f"{frozen['worker']}, week {line.iso_week} {line.iso_year}")  # BT-154
    _text(item, "Name", frozen["hour_type"])  # BT-153
    _category(item, "ClassifiedTaxCategory", invoice, is_explained=False)
    price = _group(group, "Price")
    _text(price, "PriceAmount", f"{Decimal(line.unit_price).scaleb(-4):f}", currencyID="EUR")  # BT-146


def _group(parent: Element, name: str) -> Element:
    return SubElement(parent, f"cac:{name}")


def _text(parent: Element, name: str, text: str, **attributes: str) -> None:
    """An element with text; none for empty text, which the rules forbid (PEPPOL-EN16931-R008)."""
    if text:
        SubElement(parent, f"cbc:{name}", attributes).text = text


def _amount(parent: Element, name: str, cents: int) -> None:
    _text(parent, name, f"{Decimal(cents).scaleb(-2):f}", currencyID="EUR")
