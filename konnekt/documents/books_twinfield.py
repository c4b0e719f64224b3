"""A batch for the bookkeeping as Twinfield reads it: XML `transactions`, under Import or by its web service.

The elements are those of Twinfield's API documentation (developers.twinfield.com, Sales transactions and
Journal transactions): a sales transaction has a line `total` of the debtor with VAT, and a line `detail` per
revenue without it, whose `vatvalue` is the VAT; Twinfield books that on the account of the VAT code itself.
All that is no sale is a journal transaction, of lines `detail`. `value` is never negative: `debitcredit` says
which. What is reverse charged abroad is a service (`performancetype`), which a code of that kind asks. They
come in as provisional (`destiny="temporary"`); the number of a transaction is Twinfield's own.

Not tried in Twinfield itself. The journal of payments has to be one that may use the debtors and the account
for the bank: where that is a bank's day book, choose an account in between.
"""

from collections.abc import Iterable
from decimal import Decimal
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from konnekt.domain.payments import journal

LONGEST_WORDS = 40


def write(entries: list[journal.LedgerEntry], names: dict[str, str]) -> bytes:
    """All of it, each entry a transaction; what comes to 0.00 is none."""
    root = Element("transactions")
    for entry in entries:
        if entry.lines:
            _transaction(root, entry, names)
    indent(root)
    content: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return content + b"\n"


def _transaction(root: Element, entry: journal.LedgerEntry, names: dict[str, str]) -> None:
    transaction = SubElement(root, "transaction", {"destiny": "temporary", "raisewarning": "false"})
    header = SubElement(transaction, "header")
    _add(header, "office", names["administration"])
    _add(header, "code", names["sales_journal" if entry.is_sale else "payments_journal"])
    _add(header, "currency", "EUR")
    _add(header, "date", entry.on.replace("-", ""))
    if entry.is_sale:
        _add(header, "duedate", entry.due_on.replace("-", ""))
        _add(header, "invoicenumber", entry.number)
    lines = SubElement(transaction, "lines")
    shown = [line for line in entry.lines if not (entry.is_sale and line.account == "vat_account")]
    for number, line in enumerate(shown, 1):
        _line(lines, number, line, entry, names)


def _line(
    lines: Element, number: int, of: journal.LedgerLine, entry: journal.LedgerEntry, names: dict[str, str]
) -> None:
    kind = "total" if entry.is_sale and of.account == "debtors_account" else "detail"
    line = SubElement(lines, "line", {"type": kind, "id": str(number)})
    _add(line, "dim1", names[of.account])
    if of.account == "debtors_account":
        _add(line, "dim2", entry.debtor)
    _add(line, "debitcredit", "debit" if of.cents > 0 else "credit")
    _add(line, "value", _euros(of.cents))
    if of.vat == "reverse_charge_abroad" and names["vat_code_reverse_charge_abroad"]:
        # For the listing of what was supplied in the EU; country and VAT number are the debtor's own there.
        _add(line, "performancetype", "services")
    if of.number and not entry.is_sale:
        _add(line, "invoicenumber", of.number)
    _add(line, "description", entry.words[:LONGEST_WORDS])
    if of.vat and names[f"vat_code_{of.vat}"]:
        _add(line, "vatcode", names[f"vat_code_{of.vat}"])
        _add(line, "vatvalue", _euros(_vat(entry.lines)))


def _vat(lines: Iterable[journal.LedgerLine]) -> int:
    return sum(line.cents for line in lines if line.account == "vat_account")


def _euros(cents: int) -> str:
    return f"{Decimal(abs(cents)).scaleb(-2):f}"


def _add(parent: Element, name: str, text: str) -> None:
    SubElement(parent, name).text = text
