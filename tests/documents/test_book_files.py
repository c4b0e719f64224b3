"""Files for the bookkeeping: in balance, escaped, and the same bytes each time; each read as its program does."""

import csv
import io
from collections import Counter, defaultdict
from decimal import Decimal
from typing import Any

import pytest
from defusedxml.ElementTree import fromstring
from openpyxl import load_workbook

from konnekt.documents import book_files
from konnekt.domain.invoices import issue
from konnekt.domain.payments import booking, books
from konnekt.models import Invoice, LedgerBatch, Organisation
from tests import books_cast
from tests.books_cast import TODAY, choose, invoice, make
from tests.factories import World

FORMATS = {
    "exact": ["exact"],
    "twinfield": ["twinfield"],
    "afas": ["afas-sales", "afas-payments"],
    "neutral": [],
}
EVIL = 'A&B <"Zorg">\n\'; DROP'
Rows = list[dict[str, str]]


def batch(world: World, program: str, **other: Any) -> LedgerBatch:
    """A batch of chance, with a name and a number that no format may break on."""
    Organisation.update(name=EVIL).where(Organisation.code == "FSE").execute()
    choose(world, program=program, **other)
    books_cast.debtor(world, "LAW", "=1+1")
    books_cast.live(world, 5)
    invoice(world, 0)
    return make(world.staff)


def rows(content: bytes) -> Rows:
    text = content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))


def cents(text: str | None) -> int:
    return int((Decimal((text or "0").replace(",", ".")) * 100).to_integral_exact())


def test_the_formats_of_a_program(world: World) -> None:
    for number, (program, own) in enumerate(FORMATS.items(), 1):
        choose(world, program=program)
        invoice(world, 100)
        made = make(world.staff)
        assert book_files.of(made) == [*own, "csv", "xlsx"]
        names = [book_files.make(made, format).name for format in book_files.of(made)]
        assert names[-2:] == [f"boekhouding-{number:04}.csv", f"boekhouding-{number:04}.xlsx"]


@pytest.mark.parametrize("format", book_files.FORMATS)
def test_the_same_bytes_each_time(world: World, format: str) -> None:
    """Whatever is called otherwise since."""
    program = book_files.FORMATS[format].program
    made = batch(world, program)
    first = book_files.make(made, format).content
    choose(world, debtors_account="1301", sales_journal="71", vat_code_standard="V1")
    Organisation.update(name="Anders", debtor_number="7").execute()
    assert book_files.make(books.find(made.id), format).content == first


def test_the_neutral_file_adds_up_in_both_forms(world: World) -> None:
    made = batch(world, "neutral")
    table = rows(book_files.make(made, "csv").content)
    entries: dict[str, list[int]] = defaultdict(list)
    accounts: Counter[str] = Counter()
    for row in table:
        entries[row["boeking"]].append(cents(row["debet"]) - cents(row["credit"]))
        accounts[row["grootboekrekening"]] += cents(row["debet"]) - cents(row["credit"])
        assert (row["debet"] == "") != (row["credit"] == "")
    assert {number: sum(amounts) for number, amounts in entries.items()} == dict.fromkeys(entries, 0)
    sign = {"invoice": 1, "credit_note": -1}
    assert accounts["1500"] == -sum(sign[one.kind] * one.vat_cents for one in Invoice.select())
    assert accounts["1300"] == sum(one.balance_cents for one in Invoice.select())
    assert {row["naam"] for row in table} == {'A&B <"Zorg"> \'; DROP', "Faculteit der Rechtsgeleerdheid"}
    assert {row["debiteur"] for row in table} == {"FSE", "'=1+1"}, "text stays text"

    sheet = load_workbook(io.BytesIO(book_files.make(made, "xlsx").content)).active
    assert sheet is not None
    header, *lines = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert header == list(table[0])
    assert len(lines) == len(table)
    for line, row in zip(lines, table, strict=True):
        one = dict(zip(header, line, strict=True))
        for name in ("debet", "credit"):
            assert round((one[name] or 0) * 100) == cents(row[name])
        assert one["grootboekrekening"] == row["grootboekrekening"], "text, so that zeros stay"
    assert not any(cell.data_type == "f" for row in sheet.iter_rows() for cell in row)


def one_of_each(world: World, program: str) -> LedgerBatch:
    """A sale, a credit note, their set-off, a payment of another and money back of that."""
    choose(world, program=program)
    books_cast.debtor(world, "FSE", "10004")
    first, second = invoice(world, 10_050), invoice(world, 100, vat_treatment="reverse_charge")
    issue.credit(first.id, "Verkeerd", by=world.staff, on=TODAY)
    booking.pay(second.id, TODAY, 150, by=world.staff, seen=0, is_sure=True)
    booking.refund(second.id, TODAY, 50, by=world.staff, seen=150)
    return make(world.staff)


def test_twinfield(world: World) -> None:
    root = fromstring(book_files.make(one_of_each(world, "twinfield"), "twinfield").content)
    said = []
    for transaction in root.iter("transaction"):
        assert transaction.attrib["destiny"] == "temporary"
        head = {one.tag: one.text for one in transaction.iterfind("header/*")}
        assert (head["office"], head["currency"], head["date"]) == ("001", "EUR", "20261130")
        lines = [
            (line.attrib["type"], *(line.findtext(name, "") for name in
             ("dim1", "dim2", "debitcredit", "value", "invoicenumber", "vatcode", "vatvalue")))
            for line in transaction.iterfind("lines/line")
        ]  # fmt: skip
        said.append((head["code"], head.get("invoicenumber"), head.get("duedate"), lines))
    assert said == [
        ("70", "2026-00001", "20261130", [
            ("total", "1300", "10004", "debit", "121.61", "", "", ""),
            ("detail", "8000", "", "credit", "100.50", "", "VH", "21.11"),
        ]),
        ("70", "2026-00002", "20261130", [
            ("total", "1300", "10004", "debit", "1.00", "", "", ""),
            ("detail", "8020", "", "credit", "1.00", "", "VV", "0.00"),
        ]),
        ("70", "2026-00003", "20261130", [
            ("total", "1300", "10004", "credit", "121.61", "", "", ""),
            ("detail", "8000", "", "debit", "100.50", "", "VH", "21.11"),
        ]),
        ("90", None, None, [
            ("detail", "1300", "10004", "debit", "121.61", "2026-00003", "", ""),
            ("detail", "1300", "10004", "credit", "121.61", "2026-00001", "", ""),
        ]),
        ("90", None, None, [
            ("detail", "1100", "", "debit", "1.50", "", "", ""),
            ("detail", "1300", "10004", "credit", "1.50", "2026-00002", "", ""),
        ]),
        ("90", None, None, [
            ("detail", "1100", "", "credit", "0.50", "", "", ""),
            ("detail", "1300", "10004", "debit", "0.50", "2026-00002", "", ""),
        ]),
    ]  # fmt: skip


def test_what_is_reverse_charged_abroad_is_a_service_to_twinfield(world: World) -> None:
    """A code of what goes to the listing of the EU asks what it was, in each line that has it and no other."""
    choose(world, program="twinfield", vat_code_reverse_charge_abroad="ICT")
    for country in ("NL", "BE"):
        frozen = {"seller": {"country": "NL"}, "buyer": {"country": country, "name": "x"}}
        invoice(world, 100, vat_treatment="reverse_charge", frozen=frozen)
    root = fromstring(book_files.make(make(world.staff), "twinfield").content)
    said = [(line.findtext("vatcode"), line.findtext("performancetype")) for line in root.iter("line")]
    assert said == [(None, None), ("VV", None), (None, None), ("ICT", "services")]


def test_exact(world: World) -> None:
    root = fromstring(book_files.make(one_of_each(world, "exact"), "exact").content)
    said = []
    for transaction in root.iter("GLTransaction"):
        kind, journal = (transaction.find(name) for name in ("TransactionType", "Journal"))
        assert kind is not None and journal is not None
        lines = [
            (
                line.findtext("VATType"), line.find("GLAccount").attrib["code"], line.findtext("Amount/Value"),
                line.find("Amount/VAT").attrib["code"] if line.find("Amount/VAT") is not None else "",
                line.findtext("Amount/VATBaseAmount", ""), line.findtext("References/YourRef"),
            )
            for line in transaction.iterfind("GLTransactionLine")
        ]  # fmt: skip
        said.append((kind.attrib["number"], journal.attrib["code"], lines))
    assert said == [
        ("20", "70", [
            ("S", "1300", "121.61", "", "", "2026-00001"),
            ("V", "8000", "-100.50", "VH", "", "2026-00001"),
            ("A", "1500", "-21.11", "VH", "-100.50", "2026-00001"),
        ]),
        ("20", "70", [
            ("S", "1300", "1.00", "", "", "2026-00002"),
            ("V", "8020", "-1.00", "VV", "", "2026-00002"),
        ]),
        ("21", "70", [
            ("S", "1300", "-121.61", "", "", "2026-00003"),
            ("X", "8000", "100.50", "VH", "", "2026-00003"),
            ("Z", "1500", "21.11", "VH", "100.50", "2026-00003"),
        ]),
        ("90", "90", [
            ("S", "1300", "121.61", "", "", "2026-00003"),
            ("S", "1300", "-121.61", "", "", "2026-00001"),
        ]),
        ("90", "90", [("S", "1100", "1.50", "", "", "2026-00002"), ("S", "1300", "-1.50", "", "", "2026-00002")]),
        ("90", "90", [("S", "1100", "-0.50", "", "", "2026-00002"), ("S", "1300", "0.50", "", "", "2026-00002")]),
    ]  # fmt: skip


# The order of eExact-XML.xsd, of the elements that are used.
ORDER = {
    "GLTransaction": ["TransactionType", "Journal", "Date", "Description", "Account", "GLTransactionLine"],
    "GLTransactionLine": [
        "Date", "VATType", "GLAccount", "Description", "DueDate", "InvoiceDate", "Account", "Amount", "References",
    ],
    "Amount": ["Currency", "Value", "VAT", "VATBaseAmount"],
    "References": ["PaymentReference", "YourRef"],
}  # fmt: skip


def test_exact_has_its_elements_in_the_order_of_the_schema(world: World) -> None:
    root = fromstring(book_files.make(one_of_each(world, "exact"), "exact").content)
    assert root.tag == "eExact"
    for name, order in ORDER.items():
        there = [[order.index(child.tag) for child in one] for one in root.iter(name)]
        assert there
        assert all(places == sorted(places) for places in there)


def test_afas(world: World) -> None:
    made = one_of_each(world, "afas")

    def said(format: str) -> list[tuple[str, ...]]:
        names = ("Dagboek", "Journaalpost", "Type rekening", "Rekeningnummer", "Factuurnummer", "Vervaldatum",
                 "Bedrag debet", "Bedrag credit", "Btw-code")  # fmt: skip
        found = rows(book_files.make(made, format).content)
        assert {
            (row["Administratie"], row["Boekjaar"], row["Periode"], row["Boekstukdatum"]) for row in found
        } == {("001", "2026", "11", "30-11-2026")}
        return [tuple(row[name] for name in names) for row in found]

    assert said("afas-sales") == [
        ("70", "1", "2", "10004", "2026-00001", "30-11-2026", "121,61", "0,00", ""),
        ("70", "1", "1", "8000", "2026-00001", "", "0,00", "100,50", "VH"),
        ("70", "1", "1", "1500", "2026-00001", "", "0,00", "21,11", "VH"),
        ("70", "2", "2", "10004", "2026-00002", "30-11-2026", "1,00", "0,00", ""),
        ("70", "2", "1", "8020", "2026-00002", "", "0,00", "1,00", "VV"),
        ("70", "3", "2", "10004", "2026-00003", "30-11-2026", "0,00", "121,61", ""),
        ("70", "3", "1", "8000", "2026-00003", "", "100,50", "0,00", "VH"),
        ("70", "3", "1", "1500", "2026-00003", "", "21,11", "0,00", "VH"),
    ]
    assert said("afas-payments") == [
        ("90", "1", "2", "10004", "2026-00003", "", "121,61", "0,00", ""),
        ("90", "1", "2", "10004", "2026-00001", "", "0,00", "121,61", ""),
        ("90", "2", "1", "1100", "2026-00002", "", "1,50", "0,00", ""),
        ("90", "2", "2", "10004", "2026-00002", "", "0,00", "1,50", ""),
        ("90", "3", "1", "1100", "2026-00002", "", "0,00", "0,50", ""),
        ("90", "3", "2", "10004", "2026-00002", "", "0,50", "0,00", ""),
    ]


@pytest.mark.parametrize("program", ["exact", "twinfield"])
def test_what_chance_made_is_well_formed_and_in_balance(world: World, program: str) -> None:
    """Nothing breaks on what people type, and every transaction comes to nothing."""
    evil = "<a&b>\"'"
    made = batch(world, program, sales_journal=evil, debtors_account=evil, administration=evil)
    content = book_files.make(made, program).content
    root = fromstring(content)
    totals = []
    for transaction in (*root.iter("transaction"), *root.iter("GLTransaction")):
        amounts = [cents(value.text) for value in transaction.iterfind("GLTransactionLine/Amount/Value")]
        for line in transaction.iterfind("lines/line"):
            sign = {"debit": 1, "credit": -1}[line.findtext("debitcredit", "")]
            amounts += [sign * cents(line.findtext("value")), sign * cents(line.findtext("vatvalue"))]
            assert not line.findtext("value", "").startswith("-")
        totals.append(sum(amounts))
    assert totals == [0] * len(totals)
    entries = [entry for entry in books.entries(made) if entry.lines]
    assert len(totals) == len(entries)
    assert len(entries) < len(books.entries(made)), "one of 0.00 is among them"
    assert evil in {one.text for one in root.iter() if one.text} | {
        one.attrib["code"] for one in root.iter() if "code" in one.attrib
    }
