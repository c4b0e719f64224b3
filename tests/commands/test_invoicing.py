"""`konnekt invoice`, the documents it makes, and what is left when it is killed."""

import io
import os
import re
import signal
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pypdf
import pytest

from konnekt.config import Config
from konnekt.db import db
from konnekt.documents import invoice as document_invoice
from konnekt.documents.pdf import Printer, PrintFailed
from konnekt.domain.invoices import issue, missing_documents
from konnekt.models import BudgetNumber, Document, Event, Invoice, InvoiceLine, Organisation
from tests import factories, invoice_cast
from tests.command_line import begin, children, has_ended, konnekt
from tests.factories import World
from tests.invoice_cast import numbers
from tests.invoice_rules import findings, values

PERIOD = ("invoice", "--calendar", "four_weeks", "--period", "2026-12")
GROUPS = 3


@pytest.fixture
def many(world: World) -> World:
    """Noor's approved sheet, one that waits, and three budget numbers more."""
    invoice_cast.complete(world)
    invoice_cast.approve(world.sheet, world.supervisor)
    for group in range(GROUPS):
        budget = BudgetNumber.create(organisation=world.fse, number=f"{group:04d}.1")
        made = factories.assignment(factories.worker("<i>Łucja</i>", "O’Brien & Zoon"), world.fse, budget)
        factories.sheet(made, world.period, state="approved", decided_by=world.supervisor)
    waiting = factories.assignment(factories.worker(), world.fse, world.fse_budget)
    factories.sheet(waiting, world.period, {date(2026, 11, 3): 90})
    return world


def pages(document: Document) -> list[str]:
    """The text of each page; what is no column breaks into lines somewhere, so spaces are one."""
    read = pypdf.PdfReader(io.BytesIO(bytes(document.content)))
    return [" ".join(page.extract_text().split()) for page in read.pages]


def document(invoice: Invoice, kind: str) -> Document:
    found: Document = Document.get((Document.invoice == invoice) & (Document.kind == kind))
    return found


def all_is_well() -> None:
    assert numbers() == [f"2026-{number:05d}" for number in range(1, GROUPS + 2)]
    invoice_cast.check_totals()
    assert missing_documents.missing() == []
    assert Document.select().count() == 2 * (GROUPS + 1)
    for one in Document.select():
        assert sha256(one.whole()).hexdigest() == one.sha256
    for one in Document.select().where(Document.kind == "ubl"):
        assert findings(one.whole()) == []


def test_a_dry_run_shows_and_changes_nothing(config: Config, many: World) -> None:
    done = konnekt(config, *PERIOD, "--dry-run")
    assert (done.returncode, done.stderr) == (0, "")
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert "FSE 2026-P12 34367565.899 invoice 15.50 €488.41 €102.57 €590.98" in lines
    assert "left out: FSE 34367565.899: 1.50 hours of 1 timesheet: not approved" in lines
    assert lines[-1] == "Dry run: nothing was issued."
    assert Invoice.select().count() == Document.select().count() == 0


def test_a_run_issues_and_makes_documents(config: Config, many: World) -> None:
    done = konnekt(config, *PERIOD)
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{GROUPS + 1}/{GROUPS + 1} 2026-00004 €590.98" in done.stdout
    assert "4 documents issued, dated 2026-11-30." in done.stdout
    assert "4/4 2026-00004 PDF and UBL" in done.stdout
    all_is_well()
    again = konnekt(config, *PERIOD)
    assert again.returncode == 0
    assert "0 documents issued" in again.stdout
    all_is_well()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--period", "2026-99"), "There is no such pay period."),
        (("--period", "2026"), "type a period as 2026-12"),
        (("--organisation", "NOWHERE"), "There is no organisation NOWHERE."),
        (("--date", "2030-01-01"), "The invoice date is more than a year away."),
    ],
)
def test_what_it_refuses(config: Config, many: World, arguments: tuple[str, ...], sentence: str) -> None:
    done = konnekt(config, *PERIOD, *arguments)
    assert done.returncode != 0
    assert sentence in done.stderr
    assert numbers() == []


@pytest.mark.parametrize(
    "arguments", [(), ("--organisation", "FSE"), ("--period", "2026-12"), (*PERIOD[1:], "--all")]
)
def test_all_periods_are_asked_for_by_name(config: Config, many: World, arguments: tuple[str, ...]) -> None:
    done = konnekt(config, "invoice", *arguments)
    assert done.returncode == 2
    assert "or --all for every period" in done.stderr
    assert numbers() == []


def test_all_periods(config: Config, many: World) -> None:
    done = konnekt(config, "invoice", "--all")
    assert (done.returncode, done.stderr) == (0, "")
    assert "4 documents issued, dated 2026-11-30." in done.stdout
    all_is_well()


# Kill it when it has said this: while it issues, when all is issued, while it makes documents.
POINTS = [
    "1/4 2026-00001 €",
    "3/4 2026-00003 €",
    "documents issued",
    "1/4 2026-00001 PDF",
    "3/4 2026-00003 PDF",
]


@pytest.mark.parametrize("point", POINTS)
def test_a_run_that_is_killed_is_finished_by_the_next(
    config: Config, many: World, tmp_path: Path, point: str
) -> None:
    db.close()
    os.mkfifo(tmp_path / "said")
    run = begin(config, *PERIOD, log=tmp_path / "said", PYTHONUNBUFFERED="1")
    with (tmp_path / "said").open() as lines:
        said = ""
        for line in lines:
            said += line
            if point in line:
                family = children(run.pid)
                run.kill()
                break
        else:
            raise AssertionError(said)
        lines.read()
    assert run.wait(30) == -signal.SIGKILL
    assert all(has_ended(one) for one in family), "the process that makes PDFs ended too"
    db.connect(reuse_if_open=True)
    invoice_cast.check_totals()
    assert numbers() == [f"2026-{number:05d}" for number in range(1, len(numbers()) + 1)]
    done = konnekt(config, *PERIOD)
    assert (done.returncode, done.stderr) == (0, "")
    all_is_well()


def test_what_the_pdf_says(many: World) -> None:
    factories.sheet(
        factories.assignment(factories.worker("Tweede", "Werker"), many.fse, many.fse_budget),
        many.period, {date(2026, 11, 10): 50}, state="approved",
    )  # fmt: skip
    invoice_cast.run()
    assert document_invoice.make_missing() == []
    invoice = Invoice.get(Invoice.budget_number_text == "34367565.899")
    first, second = pages(document(invoice, "pdf"))
    for words in (
        "Factuur", invoice.number_text, "30 november 2026", "30 december 2026", "34367565.899",
        "Periode 12 (week 45–48): 2 nov – 29 nov 2026", "Faculty of Science and Engineering", "Kapoenstraat 2", "6211 KW Maastricht",
        "Bedrag zonder btw € 514,67", "Btw 21% over € 514,67 € 108,08", "Te betalen € 622,75",
        "NL91 ABNA 0417 1643 00", "KvK 12345678", "Btw-id NL123456789B01", "Noor Hendriks", "Tweede Werker",
    ):  # fmt: skip
        assert words in first, words
    for words in (
        "Urenbriefje",
        "Noor Hendriks",
        "Goedgekeurd door Emre Dubois op",
        "8,00 3 nov",
        "0:50",
        "15,50",
    ):
        assert words in second, words
    assert "0000.1" not in first + second


def test_a_name_with_markup_is_text(many: World, printer: Printer) -> None:
    (invoice, *_others) = invoice_cast.run()
    pdf, ubl = document_invoice.make(invoice, printer)
    assert "<i>Łucja</i> O’Brien & Zoon" in pages(pdf)[0]
    assert pages(pdf)[1].count("<i>Łucja</i> O’Brien & Zoon") == 1
    assert values(ubl.whole(), "//cbc:EmbeddedDocumentBinaryObject/@filename") == ["2026-00001.pdf"]


def test_a_name_longer_than_its_column_is_broken_and_a_number_is_not(many: World, printer: Printer) -> None:
    number, name = "31888598.821.001." + "7" * 33, "Wetenschappelijkonderzoekersinstituut" * 3
    BudgetNumber.update(number=number).where(BudgetNumber.id == many.fse_budget.id).execute()
    Organisation.update(name=name).execute()
    (invoice,) = (one for one in invoice_cast.run() if one.budget_number_text == number)
    pdf, _ubl = document_invoice.make(invoice, printer)
    first = pages(pdf)[0]
    assert number in first
    assert name not in first
    assert name in first.replace(" ", "")


def test_an_english_credit_note(many: World, printer: Printer) -> None:
    Organisation.update(language="en", vat_treatment="reverse_charge").execute()
    (invoice, *_others) = invoice_cast.run(organisation="FSE")
    note = issue.credit(invoice.id, "Wrong <number>", by=many.staff)
    pdf, ubl = document_invoice.make(note, printer)
    first = pages(pdf)[0]
    for words in ("Credit note", note.number_text, f"Credits invoice {invoice.number_text}", "Wrong <number>",
                  "To your credit", "Btw verlegd (VAT reverse charged)", "NL001234567B01"):  # fmt: skip
        assert words in first, words
    assert "Due date" not in first
    assert findings(ubl.whole()) == []
    assert note.number_text in pdf.file_name


def test_a_lost_document_is_made_again_the_same(many: World) -> None:
    invoice_cast.run()
    document_invoice.make_missing()
    invoice = Invoice.get(Invoice.number == 3)
    before = {one.kind: one.sha256 for one in invoice.documents}
    Document.delete().where(Document.invoice == invoice).execute()
    Organisation.update(name="Een andere naam").execute()
    assert missing_documents.missing() == [invoice.id]
    assert document_invoice.make_missing() == []
    assert {one.kind: one.sha256 for one in invoice.documents} == before
    assert Event.select().where((Event.invoice == invoice) & (Event.verb == "make_pdf")).count() == 1


def test_a_pdf_that_goes_before_the_e_invoice_is_kept(many: World, monkeypatch: pytest.MonkeyPatch) -> None:
    invoice_cast.run()
    document_invoice.make_missing()
    invoice = Invoice.get(Invoice.number == 3)
    before = {one.kind: one.sha256 for one in invoice.documents}
    Document.delete().where((Document.invoice == invoice) & (Document.kind == "ubl")).execute()
    keep = document_invoice._keep

    def late(of: Invoice, *more: Any) -> list[Document]:
        Document.delete().where(Document.invoice == of).execute()
        return keep(of, *more)

    monkeypatch.setattr(document_invoice, "_keep", late)
    assert document_invoice.make_missing() == []
    assert {one.kind: one.sha256 for one in invoice.documents} == before


def test_a_lost_document_of_an_older_layout_is_made_in_the_one_of_today(
    many: World, printer: Printer
) -> None:
    (invoice, *_others) = invoice_cast.run()
    document_invoice.make(invoice, printer)
    Document.delete().execute()
    with factories.rewritten():
        Event.update(after={"sha256": "of another layout"}).where(Event.verb == "make_pdf").execute()
        Event.update(after={"sha256": "carried that one"}).where(Event.verb == "make_ubl").execute()
    pdf, ubl = document_invoice.make(invoice, printer)
    said = {
        event.verb: event.after for event in Event.select().where(Event.invoice == invoice).order_by(Event.id)
    }
    assert said["make_pdf"] == {"sha256": pdf.sha256, "layout": document_invoice.LAYOUT}
    assert said["make_ubl"] == {"sha256": ubl.sha256, "layout": document_invoice.LAYOUT}


def test_a_document_that_comes_out_unlike_the_first_is_refused(many: World, printer: Printer) -> None:
    (invoice, *_others) = invoice_cast.run()
    document_invoice.make(invoice, printer)
    Document.delete().execute()
    InvoiceLine.update(net_cents=1).where(InvoiceLine.invoice == invoice).execute()
    with pytest.raises(PrintFailed, match="made again is not the one"):
        document_invoice.make(invoice, printer)
    assert Document.select().count() == 0
    told: list[str] = []
    ((failed, why),) = document_invoice.make_missing(lambda done, of, number: told.append(number))
    assert failed == invoice.number_text
    assert "nothing is kept" in why
    assert told == ["", *numbers()[1:]]


def test_no_document_has_comments_or_scripts(many: World, printer: Printer) -> None:
    (invoice, *_others) = invoice_cast.run()
    pdf, _ubl = document_invoice.make(invoice, printer)
    content = bytes(pdf.content)
    read = pypdf.PdfReader(io.BytesIO(content))
    assert [page.get("/Annots") for page in read.pages] == [None, None]
    assert re.findall(rb"/JavaScript|/OpenAction|/EmbeddedFile|/Launch", content) == []
