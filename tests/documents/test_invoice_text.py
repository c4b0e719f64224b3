"""The invoice on paper: no number breaks, what it is in the first lines, who is billed, what each comes to."""

import io
from datetime import date
from typing import Any

import pypdf
import pytest
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from konnekt.documents import invoice_text, ubl
from konnekt.documents.pdf import FONTS, Printer
from konnekt.domain import units
from konnekt.domain.invoices import copies
from konnekt.models import Invoice, InvoiceLine, Organisation

ON = date(2026, 11, 30)
RIGHT = 191 * mm  # 190 mm is the edge of what is printed
WEEK = [480, 480, 480, 480, 330, 0, 0]
PARTY = {
    "name": "InterUM", "street": "Tongersestraat 6", "postcode": "6211 LN", "city": "Maastricht", "country": "NL",
    "coc_number": "12345678", "vat_number": "NL123456789B01", "peppol_id": "",
}  # fmt: skip
# An invoice of before the buyer's legal name, the purchase order and what it corrects were known.
FROZEN: dict[str, Any] = {
    "seller": {**PARTY, "iban": "NL91 ABNA0417164300", "bic": "ABNANL2A", "phone": "043-388 2688", "email": "a@b.nl"},
    "buyer": {**PARTY, "name": "Faculty of Science", "code": "FSE", "contact_name": "Crediteuren"},
    "period": {"calendar": "four_weeks", "year": 2026, "number": 12, "first_on": "2026-11-02", "last_on": "2026-11-29"},
    "budget_number": "34367565.899", "budget_description": "", "payment_term_days": 30, "references": [],
}  # fmt: skip


def line(
    worker: str, minutes: int = 2250, price: int = 315100, cents: int = 118163, **said: Any
) -> InvoiceLine:
    kept = {"worker": worker, "reference": "A70000-1/2026-12", "hour_type": "Normale uren", **said}
    return InvoiceLine(
        iso_year=2026, iso_week=45, minutes=minutes, unit_price=price, net_cents=cents, frozen=kept
    )


def invoice(lines: list[InvoiceLine], more: dict[str, Any] | None = None, **columns: Any) -> Invoice:
    row = {"iso_year": 2026, "iso_week": 45, "hour_type": "Normale uren", "days": WEEK}
    sheets = [
        {"reference": one.frozen["reference"], "worker": one.frozen["worker"], "job_title": "", "approved_by": "",
         "approved_on": "", "rows": [{**row, "minutes": one.minutes}]}
        for one in lines[:2]
    ]  # fmt: skip
    net = sum(one.net_cents for one in lines)
    said = {
        "kind": "invoice", "number_text": "2026-00001", "budget_number_text": "34367565.899", "issued_on": ON,
        "due_on": date(2026, 12, 30), "language": "nl", "vat_treatment": "out_of_scope", "vat_percent": 0,
        "vat_text": "Buiten de btw", "net_cents": net, "vat_cents": 0, "total_cents": net,
    }  # fmt: skip
    return Invoice(frozen={**FROZEN, "sheets": sheets, **(more or {})}, **{**said, **columns})


def faces(printer: Printer, made: Invoice, lines: list[InvoiceLine]) -> list[tuple[str, bool]]:
    """Each text on the pages, and whether its letters are bold."""
    said: list[tuple[str, bool]] = []

    def note(text: str, _cm: Any, _tm: Any, font: Any, _size: float) -> None:
        if text.strip():
            said.append((" ".join(text.split()), "Bold" in font["/BaseFont"]))

    for page in pypdf.PdfReader(io.BytesIO(printer.pdf(invoice_text.html(made, lines), ON))).pages:
        page.extract_text(visitor_text=note)
    return said


def pages(printer: Printer, made: Invoice, lines: list[InvoiceLine]) -> list[list[str]]:
    """The lines of text of each page, its foot left out; spaces that do not break as spaces."""
    read = pypdf.PdfReader(io.BytesIO(printer.pdf(invoice_text.html(made, lines), ON)))
    return [[" ".join(text.split()) for text in page.extract_text().split("\n")][2:] for page in read.pages]


AMOUNTS = [
    1,
    99,
    12_345,
    99_999,
    1_886_136,
    12_345_678,
    123_456_789,
    999_999_999,
    -999_999_999,
    2_147_483_647,
]
MINUTES = [1, 60, 60_000, 601_230, 5_999_940, 5_999_941, -5_999_940]
PRICES = [1, 315_100, 323_446, 9_999_999, 100_000_000]


@pytest.mark.parametrize("language", ["nl", "en"])
def test_no_number_breaks(printer: Printer, language: str) -> None:
    lines = [
        line(f"Noor {n}", MINUTES[n % len(MINUTES)], PRICES[n % len(PRICES)], cents)
        for n, cents in enumerate(AMOUNTS)
    ]
    sums = {"net_cents": 1, "vat_cents": 1_886_136, "total_cents": 999_999_999}
    made = invoice(lines, language=language, **sums)
    found = [text for page in pages(printer, made, lines) for text in page]
    wanted = [units.euros(one, language) for one in (*AMOUNTS, *sums.values())]
    wanted += [units.hours_total(one, language) for one in MINUTES]
    wanted += [units.price(one, language) for one in PRICES]
    for text in wanted:
        assert text.replace("\u00a0", " ") in found, text


def test_no_id_breaks_and_names_use_the_width(printer: Printer) -> None:
    reference, number, order = (
        f"{'A7-' * 16}A/2026-12/1",
        "34367565.899." * 3 + "12345678901",
        "PO 4500/12 " * 4 + "X",
    )
    name = "Maria Magdalena Wilhelmina van den Broek-Dhonnchadha de Oliveira"
    lines = [line(name, reference=reference), line("Wetenschappelijkonderzoekersinstituut" * 3)]
    more = {
        "purchase_order_number": order,
        "seller": {**FROZEN["seller"], "iban": "MT84MALT011000012345MTLCAST001S"},
    }
    first, second, *_ = pages(printer, invoice(lines, more, budget_number_text=number), lines)
    for text in (number, order, "MT84 MALT 0110 0001 2345 MTLC AST0 01S", "30 december 2026"):
        assert text in first, text
    assert any(text.startswith(f"{name} ·") for text in first)
    assert any(reference in text for text in first)
    assert any(reference in text for text in second)
    assert lines[1].frozen["worker"] in "".join(first).replace(" ", "")


def test_one_payment_block(printer: Printer) -> None:
    lines = [line("Noor Hendriks")]
    (first, _sheets) = pages(printer, invoice(lines), lines)
    start = first.index("Te betalen")
    assert first[start : start + 10] == [
        "Te betalen", "€ 1.181,63", "IBAN", "NL91 ABNA 0417 1643 00", "Ten name van", "InterUM",
        "Betalingskenmerk", "2026-00001", "Uiterlijk op", "30 december 2026",
    ]  # fmt: skip
    # One worker needs neither.
    assert "Per uursoort" not in first
    assert not any(text.startswith("Subtotaal") for text in first)


def test_many_workers_have_subtotals_and_a_sum_per_hour_type(printer: Printer) -> None:
    lines = [
        line("Jan Jansen", 60, cents=100, person=1),
        line("Jan Jansen", 90, cents=200, person=1, hour_type="Overwerk"),
        # Of one name there are two.
        line("Jan Jansen", 120, cents=400, person=2, reference="A2/2026-12"),
        line("Noor Hendriks", 30, cents=800, person=3, hour_type="Overwerk"),
    ]
    first = pages(printer, invoice(lines), lines)[0]
    at = first.index("Per uursoort")
    assert first[at + 4 : at + 13] == [
        "Normale uren", "3,00", "€ 5,00", "Overwerk", "2,00", "€ 10,00", "Totaal", "5,00", "€ 15,00",
    ]  # fmt: skip
    subtotals = [first[n : n + 3] for n, text in enumerate(first) if text.startswith("Subtotaal")]
    assert subtotals == [
        ["Subtotaal Jan Jansen", "2,50", "€ 3,00"],
        ["Subtotaal Jan Jansen", "2,00", "€ 4,00"],
        ["Subtotaal Noor Hendriks", "0,50", "€ 8,00"],
    ]


def test_names_and_sums_are_bold_and_nothing_else_in_the_tables_is(printer: Printer) -> None:
    long = (
        "Onregelmatige uren op zaterdagen, zondagen en feestdagen tussen 22 en 6 uur in week 44 tot en met 48"
    )
    lines = [line("Noor Hendriks", hour_type=long), line("Jan Jansen", reference="A2/2026-12")]
    made = invoice(lines)
    made.frozen["sheets"][0].update(approved_by="Els Maas", approved_on="2026-11-30", job_title="Docent")
    made.frozen["sheets"][0]["rows"][0]["hour_type"] = long
    said = faces(printer, made, lines)
    for words, is_bold in (
        ("Noor Hendriks", True), ("Subtotaal Noor Hendriks", True), ("Jan Jansen", True),
        ("Goedgekeurd door Els Maas", False), ("· Docent", False), ("A2/2026-12", False),
        ("Onregelmatige", False), ("tussen 22 en 6", False), ("en met 48", False), ("5 nov", False),
    ):  # fmt: skip
        found = {bold for text, bold in said if words in text}
        assert is_bold in found, words
        assert is_bold or found == {False} or words == "A2/2026-12", "its heading is bold"


def test_a_page_begins_with_no_sum_and_ends_with_no_name(printer: Printer) -> None:
    """A name stands with its lines, a subtotal with what it sums, however many lines are before it."""
    ends = set()
    for many in range(1, 40):
        lines = [line("Anna de Wit", hour_type=f"Soort {n}") for n in range(many)]
        lines += [line("José García", reference="A2/2026-12", hour_type=f"Soort {n}") for n in range(3)]
        for page in pages(printer, invoice(lines), lines):
            if "Specificatie" in page:
                rows = [text for text in page[page.index("Specificatie") + 6 :] if text]
                ends.add(rows[-1])
                assert not rows[0].startswith(("Subtotaal", "Totaal")), many
                assert "·" not in rows[-1], many
    assert len(ends) > 1


def test_a_name_stays_with_many_lines_that_break(printer: Printer) -> None:
    """More than a page of them: it is printed all the same, each line once."""
    lines = [line("Anna de Wit", hour_type=f"Soort {n} " + "van zeer lange naam " * 8) for n in range(60)]
    said = " ".join(" ".join(page) for page in pages(printer, invoice(lines), lines))
    assert all(said.count(f"Soort {n} van") == 1 for n in range(60))


@pytest.mark.parametrize("kind", ["credit_note", "invoice"])
def test_a_correction_says_so_in_its_first_lines(printer: Printer, kind: str) -> None:
    lines = [line("Noor Hendriks")]
    of = [{"number": "2026-00007", "issued_on": "2026-10-31"}]
    if kind == "credit_note":
        made = invoice(lines, {"references": of}, kind=kind, reason="Verkeerd tarief")
        title, words = "Creditnota 2026-00001", "Crediteert factuur 2026-00007 (31 oktober 2026)."
    else:
        made = invoice(lines, {"corrects": of, "why": "Verkeerd tarief"})
        title, words = "Factuur 2026-00001", "Correctie van factuur 2026-00007 (31 oktober 2026)."
    first = pages(printer, made, lines)[0][:5]
    assert title in first
    assert f"{words} Reden: Verkeerd tarief" in first


@pytest.mark.parametrize(
    ("back", "words"),
    [
        (0, "Wij verrekenen dit bedrag met de factuur."),
        (40_000, "Wij betalen hiervan € 400,00 terug of verrekenen dat met een andere factuur; "
                 "de rest verrekenen wij met de factuur."),
        (118_163, "Wij betalen dit bedrag terug of verrekenen het met een andere factuur."),
    ],
)  # fmt: skip
def test_a_credit_note_says_what_goes_back(printer: Printer, back: int, words: str) -> None:
    lines = [line("Noor Hendriks")]
    of = [{"number": "2026-00007", "issued_on": "2026-10-31"}]
    made = invoice(lines, {"references": of, "to_return_cents": back}, kind="credit_note", reason="Fout")
    assert words in " ".join(pages(printer, made, lines)[0])
    terms = "Wordt terugbetaald of verrekend" if back else "Wordt verrekend met de factuur"
    assert ubl.payment_terms(made) == terms


def test_the_legal_name_stands_above_the_department(printer: Printer) -> None:
    lines = [line("Noor Hendriks")]
    buyer = {**FROZEN["buyer"], "legal_name": "Universiteit Maastricht"}
    first = pages(printer, invoice(lines, {"buyer": buyer, "purchase_order_number": "4500123456"}), lines)[0]
    at = first.index("Universiteit Maastricht")
    assert first[at : at + 3] == ["Universiteit Maastricht", "Faculty of Science", "Crediteuren"]
    at = first.index("Inkoopordernummer")
    assert first[at + 1] == "4500123456"
    # What was frozen before there were any prints as it did.
    first = pages(printer, invoice(lines), lines)[0]
    assert "Inkoopordernummer" not in first
    assert first.count("Faculty of Science") == 1


@pytest.mark.parametrize(
    ("treatment", "language", "own", "words"),
    [
        ("reverse_charge", "nl", "", "Btw verlegd"),
        ("reverse_charge", "nl", "Vrijgesteld van btw, art. 11 Wet OB", "Btw verlegd"),
        ("reverse_charge", "nl", "btw verlegd naar de afnemer", "btw verlegd naar de afnemer"),
        ("reverse_charge", "nl", "Verlegd: art. 12 Wet OB", "Btw verlegd. Verlegd: art. 12 Wet OB"),
        ("reverse_charge", "en", "Vrijgesteld", "Btw verlegd (VAT reverse charged)"),
        ("reverse_charge", "en", "Reverse charge", "Btw verlegd (VAT reverse charged). Reverse charge"),
        ("exempt", "nl", "Vrijgesteld", "Vrijgesteld"),
        ("out_of_scope", "en", "", "Outside the scope of VAT"),
        ("standard", "nl", "Vrijgesteld", ""),
    ],
)
def test_reverse_charge_has_the_words_of_the_law(treatment: str, language: str, own: str, words: str) -> None:
    assert copies.vat_text(Organisation(vat_treatment=treatment, language=language, vat_text=own)) == words


def test_a_heading_stays_with_the_first_rows_of_its_table(printer: Printer) -> None:
    ends = set()
    for kinds in range(8, 22):
        lines = [line("Łucja Wiśniewska", hour_type=f"Soort {number}") for number in range(kinds)]
        lines += [line("José García")]
        for page in pages(printer, invoice(lines), lines):
            if "Specificatie" in page:
                below = " ".join(page[page.index("Specificatie") + 1 :])
                head, _, rows = below.partition("Week Uursoort Uren Prijs Bedrag ")
                assert head == "", below
                assert rows.startswith(("Łucja", "José", "45 ")), below
                ends.add(len(rows))
    assert len(ends) > 3, "it stood at several heights"


def test_a_name_of_105_letters_without_a_space_stays_inside_its_column(printer: Printer) -> None:
    pdfmetrics.registerFont(TTFont("Regular", FONTS / "DejaVuSans.ttf"))
    pdfmetrics.registerFont(TTFont("Bold", FONTS / "DejaVuSans-Bold.ttf"))
    name = "Wolfeschlegelsteinhausenbergerdorff" * 3
    lines = [line(name), line("José García")]
    more = {
        "seller": {**FROZEN["seller"], "name": name},
        "buyer": {**FROZEN["buyer"], "name": name, "legal_name": name[::-1], "contact_name": name},
    }
    made = printer.pdf(invoice_text.html(invoice(lines, more), lines), ON)
    said: list[str] = []

    def inside(text: str, _cm: Any, tm: list[float], font: Any, size: float) -> None:
        said.append(text.strip())
        name = "Bold" if font and "Bold" in font["/BaseFont"] else "Regular"
        widest = max((pdfmetrics.stringWidth(one, name, size) for one in text.split("\n")), default=0)
        if text.strip() and tm[4]:
            assert tm[4] + widest <= RIGHT, f"{text!r} runs off the page"

    for page in pypdf.PdfReader(io.BytesIO(made)).pages:
        page.extract_text(visitor_text=inside)
    letters = "".join("".join(said).split())
    assert len(name) == 105
    assert letters.count(name) >= 4, "whole, over as many lines as it takes"
    assert name[::-1] in letters
