"""Bank statements as files: what of a line is read, in both formats."""

import pytest

from konnekt.domain.imports import bank_statements
from konnekt.domain.payments import matching
from konnekt.models import Agency
from tests.bank_files import DAY, IBAN, Line, camt, mt940
from tests.factories import World

LONG = (
    "Betreft "
    + "x" * 20
    + " factuurnummer 2026-00012 en 202600013 van week 45, met dank en groet van ons allen"
)


@pytest.fixture(autouse=True)
def ours(world: World) -> None:
    Agency.update(iban=f"{IBAN[:4]} {IBAN[4:]}").execute()


@pytest.mark.parametrize("write", [camt, mt940], ids=["camt", "mt940"])
def test_what_a_line_says(write: object) -> None:
    (line,) = bank_statements.read(write(Line(123456, LONG, "REF1", "Universiteit & Zn")))  # type: ignore[operator]
    assert (line.booked_on, line.cents, line.reference) == (DAY, 123456, "REF1")
    assert (line.name, line.iban) == ("Universiteit & Zn", "NL20INGB0001234567")
    assert matching.numbers(line.words) == ["2026-00012", "2026-00013"]


def test_a_reference_that_looks_like_an_account_is_none() -> None:
    written = mt940(Line(100, "2026-00012")).replace(
        b"/TRTP/SEPA OVERBOEKING/", b"/EREF/EV12341REP1231456T1234//CNTP/"
    )
    (line,) = bank_statements.read(written)
    assert line.iban == "NL20INGB0001234567"


@pytest.mark.parametrize("at", range(40))
def test_a_number_that_a_bank_cuts_in_two_is_whole(at: int) -> None:
    (line,) = bank_statements.read(mt940(Line(100, "y" * at + " 2026-00012 dank")))
    assert "2026-00012" in matching.numbers(line.words)


def test_a_batch_is_so_many_payments_where_it_says_of_each_how_much() -> None:
    one, two = camt(Line(1000, "2026-00001")).decode(), camt(Line(2500, "2026-00002")).decode()
    detail = "<TxDtls>" + two.partition("<TxDtls>")[2].partition("</NtryDtls>")[0]
    amount = '<Amt Ccy="EUR">{}</Amt>'
    first = one.replace(amount.format("10.00"), amount.format("35.00"))
    first = first.replace("</Refs>", f"</Refs>{amount.format('10.00')}")
    batch = first.replace(
        "</NtryDtls>", detail.replace("</Refs>", f"</Refs>{amount.format('25.00')}") + "</NtryDtls>"
    )
    read = bank_statements.read(batch.encode())
    assert [(line.cents, matching.numbers(line.words)) for line in read] == [
        (1000, ["2026-00001"]),
        (2500, ["2026-00002"]),
    ]
    as_one = bank_statements.read(batch.replace(amount.format("25.00"), "").encode())
    assert [line.cents for line in as_one] == [3500]


def test_what_was_paid_in_another_currency_is_what_came_in_euros() -> None:
    """The account got euros: the entry says how much, and its details what the payer gave."""
    paid = camt(Line(9150, "2026-00001")).decode()
    dollars = '</Refs><Amt Ccy="USD">100.00</Amt>'
    (line,) = bank_statements.read(paid.replace("</Refs>", dollars).encode())
    assert (line.cents, matching.numbers(line.words)) == (9150, ["2026-00001"])
    inside = "</Refs><AmtDtls><TxAmt><Amt Ccy='USD'>100.00</Amt></TxAmt></AmtDtls>"
    (line,) = bank_statements.read(paid.replace("</Refs>", inside).encode())
    assert line.cents == 9150
    # Of a batch with such a part nobody knows how much each was in euros: it is one amount, with all it says.
    other = camt(Line(5000, "2026-00002")).decode()
    detail = "<TxDtls>" + other.partition("<TxDtls>")[2].partition("</NtryDtls>")[0]
    batch = paid.replace("</Refs>", dollars).replace("</NtryDtls>", detail + "</NtryDtls>")
    (line,) = bank_statements.read(batch.encode())
    assert (line.cents, matching.numbers(line.words)) == (9150, ["2026-00001", "2026-00002"])
    with pytest.raises(bank_statements.Invalid):
        bank_statements.read(paid.replace('<Amt Ccy="EUR">', '<Amt Ccy="USD">', 1).encode())


def test_more_lines_than_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bank_statements, "MOST_LINES", 2)
    with pytest.raises(bank_statements.Invalid):
        bank_statements.read(camt(*(Line(100 + n) for n in range(3))))
    with pytest.raises(bank_statements.Invalid):
        bank_statements.read(b"<" * (bank_statements.MOST_BYTES + 1))


@pytest.mark.parametrize(
    ("words", "numbers"),
    [
        ("2026-00012", ["2026-00012"]),
        ("fact.202600012,2026/00013;2026 00012", ["2026-00012", "2026-00013"]),
        ("12026-00012 2026-0001 1999-00012 2026-000123456", []),
        ("", []),
    ],
)
def test_numbers_as_people_write_them(words: str, numbers: list[str]) -> None:
    assert matching.numbers(words) == numbers
