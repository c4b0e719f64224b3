"""Invoices and credit notes, frozen when issued; their lines, links to hours, payments, documents."""

from base64 import b64encode

from peewee import (
    SQL,
    BlobField,
    BooleanField,
    CharField,
    Check,
    DateField,
    ForeignKeyField,
    IntegerField,
    JSONField,
    TextField,
)

from konnekt.db import BaseModel, MomentField
from konnekt.models.bank import BankEntry
from konnekt.models.books import LedgerBatch
from konnekt.models.organisations import BudgetNumber, Organisation
from konnekt.models.people import Account
from konnekt.models.periods import PayPeriod
from konnekt.models.timesheets import Hour, HourType, Timesheet

# No commas: SQLite's way to change a table (playhouse.migrate) would cut a condition there.
_SETTLED = (
    "(kind = 'invoice' AND settled_cents >= 0)"
    " OR (kind = 'credit_note' AND settled_cents <= 0 AND settled_cents >= -total_cents)"
)
_PAID_ON = (
    "(paid_on IS NULL) = ((kind = 'invoice' AND settled_cents < total_cents)"
    " OR (kind = 'credit_note' AND settled_cents > -total_cents))"
)
_KIND = "kind = 'payment' OR kind = 'refund' OR kind = 'set_off'"
_SIGN = (
    "amount_cents <> 0 AND (kind = 'set_off'"
    " OR (kind = 'payment') = ((amount_cents > 0) = (reverses_id IS NULL)))"
)


class NumberSeries(BaseModel):
    """The last number given out in a year: invoice numbers have no gaps (art. 35a Wet OB)."""

    year = IntegerField(primary_key=True)
    last_number = IntegerField(default=0, constraints=[Check("last_number >= 0")])


class Invoice(BaseModel):
    """One organisation and period; a budget number, a worker or all. parties and terms are frozen copies.

    budget_number: of several, the first; budget_number_text says how many more, and its lines have their own.

    Amounts are cents; a credit note's are positive, its kind says the direction. settled_cents is the sum of
    its payments, and negative for a credit note; paid_on the day on which they covered it
    (domain/invoices/settling.py). has_documents: whether PDF and UBL are both there (missing_documents.py).
    dispatch_count: how often it was sent, reminder_count: the last step of reminding that it is owed; each is
    the nth of its last Dispatch.
    erased_at: since when its term is over, and it holds no names and its documents no content.
    ledger_batch: with which batch it went to the bookkeeping.
    """

    kind = CharField(default="invoice", constraints=[Check("kind IN ('invoice', 'credit_note')")])
    year = IntegerField()
    number = IntegerField(constraints=[Check("number > 0")])
    number_text = CharField(unique=True)
    organisation = ForeignKeyField(Organisation, backref="invoices")
    pay_period = ForeignKeyField(PayPeriod, backref="invoices")
    budget_number = ForeignKeyField(BudgetNumber, backref="invoices")
    budget_number_text = CharField()
    issued_on = DateField()
    due_on = DateField()
    language = CharField()
    vat_treatment = CharField()
    vat_percent = IntegerField(default=0)
    vat_text = TextField(default="")
    net_cents = IntegerField()
    vat_cents = IntegerField()
    total_cents = IntegerField()
    frozen = JSONField(default=dict)
    credits = ForeignKeyField("self", null=True, backref="credit_notes")
    reason = TextField(default="")
    paid_on = DateField(null=True)
    has_documents = BooleanField(default=False)
    dispatch_count = IntegerField(default=0, constraints=[Check("dispatch_count >= 0")])
    reminder_count = IntegerField(default=0, constraints=[Check("reminder_count >= 0")])
    erased_at = MomentField(null=True)
    settled_cents = IntegerField(default=0, constraints=[Check(_SETTLED), Check(_PAID_ON)])
    ledger_batch = ForeignKeyField(LedgerBatch, null=True, backref="+")
    created_at = MomentField()
    created_by = ForeignKeyField(Account, null=True, backref="+")

    class Meta:
        constraints = [Check("total_cents = net_cents + vat_cents"), Check("due_on >= issued_on")]
        indexes = (
            (("year", "number"), True),
            (("organisation", "issued_on"), False),
        )

    @property
    def balance_cents(self) -> int:
        """What is still to be paid; below zero what is to be paid back or set off."""
        said = -self.total_cents if self.kind == "credit_note" else self.total_cents
        return int(said - self.settled_cents)

    @property
    def to_pay_cents(self) -> int:
        return max(self.balance_cents, 0)

    @property
    def to_return_cents(self) -> int:
        return max(-self.balance_cents, 0)

    @property
    def is_settled(self) -> bool:
        """Whether its own amount is covered; an invoice may be paid too much for."""
        return self.balance_cents >= 0 if self.kind == "credit_note" else self.balance_cents <= 0


class InvoiceLine(BaseModel):
    """A timesheet's hours of one ISO week, hour type and price; unit_price in 1/10,000 euro.

    budget_number: its own, where the invoice has several.
    """

    invoice = ForeignKeyField(Invoice, backref="lines")
    position = IntegerField()
    timesheet = ForeignKeyField(Timesheet, backref="invoice_lines")
    hour_type = ForeignKeyField(HourType)
    iso_year = IntegerField()
    iso_week = IntegerField()
    first_on = DateField()
    last_on = DateField()
    minutes = IntegerField()
    unit_price = IntegerField()
    net_cents = IntegerField()
    frozen = JSONField(default=dict)
    budget_number = ForeignKeyField(BudgetNumber, null=True, backref="+", index=False)

    class Meta:
        indexes = ((("invoice", "position"), True),)


class PostponedInvoice(BaseModel):
    """An invoice to be that runs leave out, and why: hours of an organisation and period.

    budget_number, worker: of these alone; without them all of it (domain/invoices/postpone.py).
    """

    organisation = ForeignKeyField(Organisation, backref="+")
    pay_period = ForeignKeyField(PayPeriod, backref="+")
    budget_number = ForeignKeyField(BudgetNumber, null=True, backref="+")
    worker = ForeignKeyField(Account, null=True, backref="+")
    reason = TextField()
    created_at = MomentField()
    created_by = ForeignKeyField(Account, null=True, backref="+")

    class Meta:
        indexes = ((("organisation", "pay_period"), False),)


class InvoicedHour(BaseModel):
    """The link of an hour row to the line that bills it; released when that invoice is credited."""

    hour = ForeignKeyField(Hour, backref="invoiced")
    invoice_line = ForeignKeyField(InvoiceLine, backref="hours")
    minutes = IntegerField()
    released_at = MomentField(null=True)


class Payment(BaseModel):
    """What settles an invoice or credit note, in cents: money in is positive, money back negative.

    A set-off has a row on both documents, against each other. What was wrong stays, and a row reverses it.
    ledger_batch: with which batch it went to the bookkeeping.
    """

    invoice = ForeignKeyField(Invoice, backref="payments")
    paid_on = DateField()
    amount_cents = IntegerField()
    kind = CharField(default="payment", constraints=[Check(_KIND), Check(_SIGN)])
    note = TextField(default="", constraints=[Check("reverses_id IS NULL OR note <> ''")])
    against = ForeignKeyField(
        Invoice, null=True, backref="+", constraints=[Check("(kind = 'set_off') = (against_id IS NOT NULL)")]
    )
    reverses = ForeignKeyField("self", null=True, unique=True, backref="+")
    bank_entry = ForeignKeyField(BankEntry, null=True, backref="payments")
    ledger_batch = ForeignKeyField(LedgerBatch, null=True, backref="+")
    recorded_at = MomentField()
    recorded_by = ForeignKeyField(Account, null=True, backref="+")


class Document(BaseModel):
    """A file made once from frozen data: PDF or UBL of an invoice.

    An e-invoice carries the PDF, which is two thirds of it: it is kept without, and cut_at says where the PDF
    goes. sha256 is that of the whole.
    """

    invoice = ForeignKeyField(Invoice, backref="documents")
    kind = CharField(constraints=[Check("kind IN ('pdf', 'ubl')")])
    file_name = CharField()
    media_type = CharField()
    sha256 = CharField()
    content = BlobField()
    created_at = MomentField()
    cut_at = IntegerField(null=True)

    class Meta:
        indexes = ((("invoice", "kind"), True),)

    def cut(self, pdf: bytes) -> None:
        """Keep the content without this PDF, if it carries it."""
        carried = b64encode(pdf)
        at = self.content.find(carried)
        if at >= 0:
            self.content, self.cut_at = self.content[:at] + self.content[at + len(carried) :], at

    def whole(self) -> bytes | None:
        """The bytes as they were made; None where the PDF in them is lost. One statement where it was cut."""
        content = bytes(self.content)
        if self.cut_at is None:
            return content
        of_pdf = (Document.invoice == self.invoice_id) & (Document.kind == "pdf")
        pdf = Document.select(Document.content).where(of_pdf).scalar()
        if pdf is None:
            return None
        return content[: self.cut_at] + b64encode(bytes(pdf)) + content[self.cut_at :]


# The list of invoices in its order, and by budget number: all that it compares and adds up is in the index,
# because a row of the table is many times as long (domain/invoices/listing.py).
_LISTED = (
    Invoice.id,
    Invoice.organisation,
    Invoice.kind,
    Invoice.due_on,
    Invoice.total_cents,
    Invoice.settled_cents,
)
Invoice.add_index(
    Invoice.issued_on, *_LISTED, Invoice.budget_number, Invoice.year, Invoice.number, name="invoice_listed"
)
Invoice.add_index(Invoice.budget_number, Invoice.issued_on, *_LISTED, name="invoice_searched")

# What stands on invoices of several budget numbers: few of many.
InvoiceLine.add_index(
    InvoiceLine.budget_number, where=SQL("budget_number_id IS NOT NULL"), name="invoice_line_searched"
)

# Whose documents are still to be made: few of many.
Invoice.add_index(Invoice.year, Invoice.number, where=SQL("NOT has_documents"), name="invoice_undocumented")

# What the agency's payments show: few of many.
Invoice.add_index(
    Invoice.kind, Invoice.due_on, Invoice.total_cents, Invoice.settled_cents,
    where=SQL("paid_on IS NULL"), name="invoice_unsettled",
)  # fmt: skip
Invoice.add_index(Invoice.issued_on, where=SQL("settled_cents > total_cents"), name="invoice_overpaid")

# What did not go to the bookkeeping yet: few of many where there is one.
Invoice.add_index(Invoice.created_at, where=SQL("ledger_batch_id IS NULL"), name="invoice_unbooked")
Payment.add_index(Payment.recorded_at, where=SQL("ledger_batch_id IS NULL"), name="payment_unbooked")

# An hour stands on one invoice at a time.
InvoicedHour.add_index(
    InvoicedHour.hour, unique=True, where=SQL("released_at IS NULL"), name="invoiced_hour_live"
)
