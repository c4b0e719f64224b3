"""The files of a batch for the bookkeeping, by format: the same bytes whenever one is asked for.

A batch has the files of the program that was chosen when it was made, and the neutral ones. None of the
three programs was at hand to try a file in: where each layout comes from, and what is in doubt, stands on top
of its module.
"""

from collections.abc import Callable
from typing import NamedTuple

from konnekt.documents import books_afas, books_exact, books_neutral, books_twinfield, tables
from konnekt.domain.payments import books, journal
from konnekt.models import LedgerBatch

XML = "application/xml"
# What the bookkeeping calls things, by column of LedgerSettings.
Names = dict[str, str]
Writer = Callable[[list[journal.LedgerEntry], Names], bytes]


class LedgerFormat(NamedTuple):
    """One kind of file. program: of LedgerSettings; the neutral ones are of every batch."""

    program: str
    ending: str
    media_type: str
    write: Writer


class LedgerFile(NamedTuple):
    """A file to download."""

    name: str
    media_type: str
    content: bytes


FORMATS = {
    "exact": LedgerFormat("exact", "xml", XML, books_exact.write),
    "twinfield": LedgerFormat("twinfield", "xml", XML, books_twinfield.write),
    "afas-sales": LedgerFormat("afas", "csv", tables.CSV, books_afas.sales),
    "afas-payments": LedgerFormat("afas", "csv", tables.CSV, books_afas.payments),
    "csv": LedgerFormat("neutral", "csv", tables.CSV, books_neutral.csv),
    "xlsx": LedgerFormat("neutral", "xlsx", tables.XLSX, books_neutral.xlsx),
}


def of(batch: LedgerBatch) -> list[str]:
    """The formats of a batch, the chosen program's first."""
    chosen = batch.frozen["names"]["program"]
    return [name for name, one in FORMATS.items() if one.program in (chosen, "neutral")]


def make(batch: LedgerBatch, format: str) -> LedgerFile:
    """The file of a batch in one of its formats."""
    one = FORMATS[format]
    # The neutral ones are told apart by their ending alone.
    kind = "" if format == one.ending else f"-{format}"
    name = f"boekhouding-{batch.number:04d}{kind}.{one.ending}"
    names = {key: str(value) for key, value in batch.frozen["names"].items()}
    return LedgerFile(name, one.media_type, one.write(books.entries(batch), names))
