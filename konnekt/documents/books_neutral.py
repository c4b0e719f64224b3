"""A batch for the bookkeeping as a table: a row per line, debit and credit apart. Our own layout.

Each entry has a number within the batch; its rows debit what they credit. What comes to 0.00 has no rows.
"""

from decimal import Decimal

from konnekt.documents import tables
from konnekt.documents.tables import Cell
from konnekt.domain.payments import journal

HEADER = (
    "boeking", "dagboek", "soort", "nummer", "datum", "vervaldatum", "grootboekrekening", "debiteur", "naam",
    "omschrijving", "debet", "credit", "btw-code", "btw-percentage",
)  # fmt: skip
KINDS = {
    "invoice": "factuur",
    "credit_note": "creditnota",
    "payment": "betaling",
    "refund": "terugbetaling",
    "set_off": "verrekening",
}


def csv(entries: list[journal.LedgerEntry], names: dict[str, str]) -> bytes:
    """For a program: UTF-8 with a decimal comma, text as it is."""
    return tables.csv_file(HEADER, _rows(entries, names))


def xlsx(entries: list[journal.LedgerEntry], names: dict[str, str]) -> bytes:
    """For people and programs alike: amounts are numbers, account numbers text."""
    return tables.xlsx_file("Journaal", HEADER, _rows(entries, names))


def euros(cents: int) -> Decimal:
    """Cents as euros with two decimals."""
    return Decimal(cents).scaleb(-2)


def _rows(entries: list[journal.LedgerEntry], names: dict[str, str]) -> list[list[Cell]]:
    return [
        _row(number, entry, line, names) for number, entry in enumerate(entries, 1) for line in entry.lines
    ]


def _row(
    number: int, entry: journal.LedgerEntry, line: journal.LedgerLine, names: dict[str, str]
) -> list[Cell]:
    return [
        number, names["sales_journal" if entry.is_sale else "payments_journal"], KINDS[entry.kind],
        line.number or entry.number, entry.on, entry.due_on if entry.is_sale else "", names[line.account],
        entry.debtor, entry.name, entry.words, euros(line.cents) if line.cents > 0 else None,
        euros(-line.cents) if line.cents < 0 else None, names[f"vat_code_{line.vat}"] if line.vat else "",
        entry.vat_percent if line.vat else None,
    ]  # fmt: skip
