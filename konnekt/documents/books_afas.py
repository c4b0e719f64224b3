"""A batch for the bookkeeping as AFAS Profit reads it: CSV, under Import grootboek, Financiële mutaties.

Profit reads any columns by an import definition, which says once which of its fields each is; those below
are the fields of its UpdateConnector FiEntries (docs.afas.help, Financial mutations basics): the kind of
account is 1 for the ledger and 2 for a debtor, whose lines name the debtor and not the ledger account (Profit
books these on the account of the debtors itself), a line with VAT names the VAT code, and VAT is a line of
its own. AFAS asks a file per journal, sales before payments (help.afas.nl, Mutaties importeren): hence two.

Not tried in Profit itself. The period is the month: an administration with other periods leaves the column
out of its definition, or fills it in otherwise.
"""

from konnekt.documents import tables
from konnekt.documents.books_neutral import euros
from konnekt.documents.tables import Cell
from konnekt.domain.payments import journal

HEADER = (
    "Administratie", "Dagboek", "Boekjaar", "Periode", "Journaalpost", "Type rekening", "Rekeningnummer",
    "Boekstukdatum", "Boekstuknummer", "Factuurnummer", "Vervaldatum", "Omschrijving", "Bedrag debet",
    "Bedrag credit", "Btw-code",
)  # fmt: skip
LEDGER, DEBTOR = 1, 2
LONGEST_WORDS = 50


def sales(entries: list[journal.LedgerEntry], names: dict[str, str]) -> bytes:
    """Invoices and credit notes."""
    return _file([entry for entry in entries if entry.is_sale], names, "sales_journal")


def payments(entries: list[journal.LedgerEntry], names: dict[str, str]) -> bytes:
    """Payments, refunds and set-offs."""
    return _file([entry for entry in entries if not entry.is_sale], names, "payments_journal")


def _file(entries: list[journal.LedgerEntry], names: dict[str, str], column: str) -> bytes:
    shown = [entry for entry in entries if entry.lines]
    rows = [
        [names["administration"], names[column], *_row(number, entry, line, names)]
        for number, entry in enumerate(shown, 1)
        for line in entry.lines
    ]
    return tables.csv_file(HEADER, rows)


def _row(
    number: int, entry: journal.LedgerEntry, line: journal.LedgerLine, names: dict[str, str]
) -> list[Cell]:
    year, month, _ = entry.on.split("-")
    is_debtor = line.account == "debtors_account"
    of = line.number or entry.number
    return [
        int(year), int(month), number, DEBTOR if is_debtor else LEDGER,
        entry.debtor if is_debtor else names[line.account], _day(entry.on), of, of,
        _day(entry.due_on) if entry.is_sale and is_debtor else "", entry.words[:LONGEST_WORDS],
        euros(max(line.cents, 0)), euros(-min(line.cents, 0)),
        names[f"vat_code_{line.vat}"] if line.vat else "",
    ]  # fmt: skip


def _day(on: str) -> str:
    """As Profit shows days: 30-11-2026."""
    return "-".join(reversed(on.split("-")))
