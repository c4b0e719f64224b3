"""A file of payments (payments.csv: number, paid_on, amount): what each line does, then all or nothing.

A line that is recorded already, by number, day and amount, is known and changes nothing; so a file can be
imported twice. Of equal lines in one file each stands for a payment of its own.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any
from uuid import uuid4

from konnekt.db import hold, transaction
from konnekt.domain import clock, text_fields, units
from konnekt.domain.imports import columns, reading
from konnekt.domain.imports.reading import FileRow
from konnekt.domain.imports.report import Problem, shown
from konnekt.domain.invoices import settling, states
from konnekt.domain.payments import booking
from konnekt.domain.refusals import N_, Conflict, Invalid
from konnekt.models import Account, Invoice, Payment

FILE = "payments.csv"
# A form carries it from the preview to the confirmation, and a form takes half a megabyte.
LARGEST = 400_000
MOST_LINES = 5000
AT_ONCE = 500


@dataclass
class PaymentLine:
    """One payment of the file. is_recorded: it was before; open_cents: what is left open after it."""

    line: int
    invoice: Invoice
    paid_on: date
    cents: int
    is_recorded: bool = False
    open_cents: int = 0


@dataclass
class PaymentFile:
    """What a file would do: its lines, and every problem; with one problem nothing is recorded."""

    lines: list[PaymentLine] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    ignored_columns: list[str] = field(default_factory=list)

    @property
    def new(self) -> list[PaymentLine]:
        """The lines that would be recorded."""
        return [one for one in self.lines if not one.is_recorded]

    @property
    def cents(self) -> int:
        """What would be recorded."""
        return sum(one.cents for one in self.new)

    @property
    def text(self) -> str:
        """The file again, as a form carries it from the preview to the confirmation."""
        rows = [
            f"{one.invoice.number_text};{one.paid_on};{one.cents // 100},{one.cents % 100:02d}"
            for one in self.lines
        ]
        return "\n".join(["number;paid_on;amount", *rows])


READ: dict[str, Any] = {"number": columns.code, "paid_on": columns.day, "amount": units.parse_cents}


def read(content: bytes) -> PaymentFile:
    """What the file would do; changes nothing, raises nothing: three statements per 500 lines."""
    file = PaymentFile()

    def complain(line: int, column: str, sentence: str, **values: Any) -> None:
        told = {name: value if isinstance(value, int) else shown(value) for name, value in values.items()}
        file.problems.append(Problem(FILE, line, column, sentence, told))

    if len(content) > LARGEST:
        complain(1, "", N_("the file is larger than %(most)s kB"), most=LARGEST // 1000)
        return file
    table = reading.read(FILE, content, tuple(READ), complain)
    file.ignored_columns = table.ignored_columns
    read = list(islice(table.rows, MOST_LINES + 1))
    if len(read) > MOST_LINES:
        complain(1, "", N_("more than %(most)s lines: cut the file in pieces"), most=MOST_LINES)
        return file
    for row in read:
        _read_row(row, complain)
    if table.is_readable and not read:
        complain(1, "", N_("the file has no payments"))
    rows = [row for row in read if len(row.values) == len(READ)]
    for start in range(0, len(rows), AT_ONCE):
        _resolve(rows[start : start + AT_ONCE], file, complain)
    file.problems.sort(key=lambda one: one.line)
    return file


def _read_row(row: FileRow, complain: reading.Complain) -> None:
    for column, parse in READ.items():
        if column not in row.cells:
            continue
        try:
            row.values[column] = parse(row.cells[column])
        except Invalid as refusal:
            complain(row.line, column, refusal.sentence, **refusal.values)
    if row["paid_on"] is not None and row["paid_on"] > clock.today():
        complain(row.line, "paid_on", N_("this day is still to come"))
        del row.values["paid_on"]
    if row["paid_on"] is not None and row["paid_on"].year < text_fields.FIRST_YEAR:
        # 0026-11-30 is a year with two digits that a program filled up.
        complain(row.line, "paid_on", N_("%(cell)s is no date such as 2026-11-30"), cell=row.cells["paid_on"])
        del row.values["paid_on"]
    if row["amount"] == 0:
        complain(row.line, "amount", N_("nothing was paid"))
        del row.values["amount"]


def _resolve(rows: list[FileRow], file: PaymentFile, complain: reading.Complain) -> None:
    """Find the invoices of these rows, and what each payment does to its own."""
    numbers = {row["number"] for row in rows}
    query = Invoice.select(Invoice, states.credited().alias("is_credited")).where(
        Invoice.number_text.in_(numbers)
    )
    earlier_invoices = {one.invoice.number_text: one.invoice for one in file.lines}
    invoices = {one.number_text: one for one in query} | earlier_invoices
    recorded = Payment.select(Payment.invoice, Payment.paid_on, Payment.amount_cents).where(
        Payment.invoice.in_([one.id for one in invoices.values()])
        & (Payment.kind == "payment")
        & settling.stands()
    )
    times_recorded = Counter(recorded.tuples())
    times_recorded.subtract(
        Counter((one.invoice.id, one.paid_on, one.cents) for one in file.lines if one.is_recorded)
    )
    for row in rows:
        invoice = invoices.get(row["number"])
        if invoice is None:
            complain(row.line, "number", N_("there is no invoice %(number)s"), number=row["number"])
            continue
        line = PaymentLine(row.line, invoice, row["paid_on"], row["amount"])
        key = invoice.id, line.paid_on, line.cents
        line.is_recorded = times_recorded[key] > 0
        times_recorded[key] -= line.is_recorded
        wrong = None if line.is_recorded else _wrong(line)
        if wrong:
            complain(row.line, *wrong)
            continue
        if not line.is_recorded:
            invoice.settled_cents += line.cents
        line.open_cents = invoice.to_pay_cents
        file.lines.append(line)


def _wrong(line: PaymentLine) -> tuple[str, str] | None:
    """The column and sentence of what makes a new payment impossible."""
    invoice = line.invoice
    if invoice.kind == "credit_note":
        return "number", N_("this is a credit note: it is settled, not paid")
    if invoice.is_credited:
        return "number", N_("this invoice is credited")
    if invoice.is_settled:
        return "number", N_("this invoice is paid already: record what was paid too much by hand")
    if line.cents > invoice.to_pay_cents:
        return "amount", N_("this is more than is open: record what was paid too much by hand")
    return None


def record(content: bytes, *, by: Account) -> PaymentFile:
    """Record all that is new in the file, or raise Refused where any line is wrong; returns what was done."""
    booking.must_be_agency_staff(by)
    with transaction():
        # Nobody credits or pays in between.
        hold("invoices")
        file = read(content)
        if file.problems:
            raise Conflict("The file can't be recorded as it is: nothing was.")
        batch = uuid4().hex
        for line in file.new:
            _record(line, batch, by)
    return file


def _record(line: PaymentLine, batch: str, by: Account) -> None:
    fresh = Invoice.get_by_id(line.invoice.id)
    booking.receive(fresh, line.paid_on, line.cents, by=by, source=FILE, batch=batch)
