"""A batch for the bookkeeping as Exact Online reads it: XML, the topic GLTransactions of its XML import.

Order, names and values are those of Exact's schema eExact-XML.xsd: TransactionType 20 is a sales entry, 21 a
credit note, 90 anything else; a Value above zero is debit; VATType S has no VAT, V and X are what the VAT of
a sale or a credit note is computed on, A and Z that VAT, whose line names what it was computed on
(VATBaseAmount). Our own number stands where Exact keeps a text for it, as YourRef and PaymentReference: Exact
numbers its entries itself, in whole numbers. Year and period are those that Exact has for the date.

Checked against the schema as it was in 2014, the last that is public; not tried in Exact Online itself. The
debtors have to be there under the code that is used, and the journal of payments one of general entries.
"""

from decimal import Decimal
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from konnekt.domain.payments import journal

SALE, CREDIT_NOTE, OTHER = "20", "21", "90"
LONGEST_WORDS = 60
INSTANCE = "http://www.w3.org/2001/XMLSchema-instance"


def write(entries: list[journal.LedgerEntry], names: dict[str, str]) -> bytes:
    """All of it, each entry a GLTransaction; what comes to 0.00 is none."""
    root = Element("eExact", {"xmlns:xsi": INSTANCE, "xsi:noNamespaceSchemaLocation": "eExact-XML.xsd"})
    shown = [entry for entry in entries if entry.lines]
    transactions = SubElement(root, "GLTransactions") if shown else root
    for entry in shown:
        _transaction(transactions, entry, names)
    indent(root)
    content: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return content + b"\n"


def _transaction(root: Element, entry: journal.LedgerEntry, names: dict[str, str]) -> None:
    kind = {"invoice": SALE, "credit_note": CREDIT_NOTE}.get(entry.kind, OTHER)
    transaction = SubElement(root, "GLTransaction")
    SubElement(transaction, "TransactionType", {"number": kind})
    code = names["sales_journal" if entry.is_sale else "payments_journal"]
    SubElement(transaction, "Journal", {"code": code})
    _add(transaction, "Date", entry.on)
    _add(transaction, "Description", entry.words[:LONGEST_WORDS])
    SubElement(transaction, "Account", {"code": entry.debtor})
    for number, line in enumerate(entry.lines):
        _line(transaction, kind, number, line, entry, names)


def _line(
    transaction: Element,
    kind: str,
    number: int,
    of: journal.LedgerLine,
    entry: journal.LedgerEntry,
    names: dict[str, str],
) -> None:
    line = SubElement(transaction, "GLTransactionLine", {"type": kind, "line": str(number), "status": "20"})
    code = names[f"vat_code_{of.vat}"] if of.vat else ""
    _add(line, "Date", entry.on)
    _add(line, "VATType", _vat_type(of, kind, code))
    SubElement(line, "GLAccount", {"code": names[of.account]})
    _add(line, "Description", entry.words[:LONGEST_WORDS])
    if entry.is_sale:
        _add(line, "DueDate", entry.due_on)
        _add(line, "InvoiceDate", entry.on)
    if of.number:
        SubElement(line, "Account", {"code": entry.debtor})
    amount = SubElement(line, "Amount")
    SubElement(amount, "Currency", {"code": "EUR"})
    _add(amount, "Value", _euros(of.cents))
    if code:
        SubElement(amount, "VAT", {"code": code})
    if of.base_cents:
        _add(amount, "VATBaseAmount", _euros(of.base_cents))
    references = SubElement(line, "References")
    _add(references, "PaymentReference", of.number or entry.number)
    _add(references, "YourRef", of.number or entry.number)


def _vat_type(of: journal.LedgerLine, kind: str, code: str) -> str:
    if not code:
        return "S"
    if of.account == "vat_account":
        return "Z" if kind == CREDIT_NOTE else "A"
    return "X" if kind == CREDIT_NOTE else "V"


def _euros(cents: int) -> str:
    return f"{Decimal(cents).scaleb(-2):f}"


def _add(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = text
