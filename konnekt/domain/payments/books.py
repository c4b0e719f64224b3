"""Batches for the bookkeeping: preview, make, hand over, undo, and what a file of one says.

A document is in one batch: the row of the invoice or payment says which, and who makes a batch holds
"invoices", so that two at once make one. A batch that the bookkeeping has stays; until somebody says that it
has it, one that was made by mistake can be undone, and its documents go with the next.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from peewee import fn

from konnekt.db import hold, transaction
from konnekt.domain import clock, events, paging, text_fields
from konnekt.domain.accounts import agency_roles
from konnekt.domain.paging import Page
from konnekt.domain.payments import journal
from konnekt.domain.payments.journal import LedgerEntry
from konnekt.domain.refusals import Conflict, NotFound, fingerprint_of
from konnekt.models import Account, Invoice, LedgerBatch, LedgerSettings, Payment

AT_ONCE = 500
# Beside the accounts that an entry uses: what a program asks of all, and of what is no sale.
NEEDED = {
    "neutral": (),
    "exact": ("sales_journal", "payments_journal"),
    "twinfield": ("administration", "sales_journal", "payments_journal"),
    "afas": ("administration", "sales_journal", "payments_journal"),
}
# Turnover that stands in the VAT return; the program may book the others without a code.
CODED = ("standard", "reverse_charge", "reverse_charge_abroad")


@dataclass
class AccountTotal:
    """What goes to one ledger account. account: a column of LedgerSettings; number: empty where it lacks."""

    account: str
    number: str
    debit_cents: int = 0
    credit_cents: int = 0


@dataclass
class BatchToBook:
    """What a batch would hold. missing: columns of LedgerSettings without which it can't go.

    held: what is held back alone, for it debits something else than it credits.
    """

    settings: LedgerSettings
    entries: list[LedgerEntry]
    has_more: bool = False
    missing: list[str] = field(default_factory=list)
    held: list[LedgerEntry] = field(default_factory=list)

    @property
    def may_make(self) -> bool:
        """Whether there is something, and all of it can go."""
        return bool(self.entries) and not self.missing

    @property
    def fingerprint(self) -> str:
        """What the button carries: it changes with whatever a file would say."""
        return fingerprint_of([str(self.settings.__data__), [str(entry) for entry in self.entries]])


def settings() -> LedgerSettings | None:
    """How the bookkeeping calls things; None for who does not use it."""
    row: LedgerSettings | None = LedgerSettings.get_or_none()
    return row


def preview() -> BatchToBook | None:
    """What a batch would hold now: three statements. None where there are no settings yet."""
    chosen = settings()
    if chosen is None:
        return None
    unbooked = journal.unbooked(chosen)
    lacking = _missing(chosen, unbooked.entries)
    return BatchToBook(chosen, unbooked.entries, unbooked.has_more, lacking, unbooked.held)


def _missing(chosen: LedgerSettings, entries: list[LedgerEntry]) -> list[str]:
    """The settings that these entries need and that are empty, in the order of the form."""
    used = {line.account for entry in entries for line in entry.lines}
    if chosen.program != "neutral":
        used |= {f"vat_code_{line.vat}" for one in entries for line in one.lines if line.vat in CODED}
    journals = {"sales_journal" if one.is_sale else "payments_journal" for one in entries}
    used |= {name for name in NEEDED[chosen.program] if name in journals or name == "administration"}
    columns = [column.name for column in LedgerSettings._meta.sorted_fields]
    return [name for name in columns if entries and name in used and not getattr(chosen, name)]


def totals(entries: Iterable[LedgerEntry], names: Any) -> list[AccountTotal]:
    """What goes to each ledger account. names: the settings, by column."""
    sums: dict[str, AccountTotal] = {}
    for line in (line for entry in entries for line in entry.lines):
        one = sums.setdefault(line.account, AccountTotal(line.account, names[line.account]))
        one.debit_cents += max(line.cents, 0)
        one.credit_cents -= min(line.cents, 0)
    columns = [column.name for column in LedgerSettings._meta.sorted_fields]
    return sorted(sums.values(), key=lambda one: columns.index(one.account))


def make(*, by: Account, seen: str) -> LedgerBatch:
    """Make the batch that `preview` shows. seen: its fingerprint.

    Raises Conflict where that changed, a setting lacks, or there is nothing; Forbidden for who may not.
    """
    must_invoice(by)
    with transaction():
        hold("invoices")
        shown = preview()
        if shown is None or not shown.entries:
            if shown is not None and shown.held:
                raise Conflict("What is left is held back: its debit and credit differ.")
            raise Conflict("There is nothing left to make a batch of.")
        if shown.fingerprint != seen:
            raise Conflict("This changed since you saw it. Look again, then make the batch.")
        if not shown.may_make:
            raise Conflict("A setting is missing: fill it in first.")
        batch = _write(shown, by)
        after = {"documents": batch.documents, "debit_cents": batch.debit_cents}
        events.record("make_ledger_batch", by=by, thing=thing(batch), after=after)
    return batch


def _write(shown: BatchToBook, by: Account) -> LedgerBatch:
    last = LedgerBatch.select(fn.MAX(LedgerBatch.number)).scalar()
    names = {name: value for name, value in shown.settings.__data__.items() if name != "from_on"}
    batch: LedgerBatch = LedgerBatch.create(
        number=(last or 0) + 1,
        created_at=clock.now(),
        created_by=by,
        documents=len(shown.entries),
        debit_cents=sum(entry.debit_cents for entry in shown.entries),
        frozen={"names": names, "entries": journal.stored(shown.entries)},
    )
    _claim(Invoice, [one.invoice for one in shown.entries if one.invoice is not None], batch)
    _claim(Payment, [payment for one in shown.entries for payment in one.payments], batch)
    return batch


def _claim(model: Any, rows: list[int], batch: LedgerBatch) -> None:
    for start in range(0, len(rows), AT_ONCE):
        some = rows[start : start + AT_ONCE]
        free = model.id.in_(some) & model.ledger_batch.is_null()
        if model.update(ledger_batch=batch).where(free).execute() != len(some):
            raise Conflict("This changed since you saw it. Look again, then make the batch.")


def thing(batch: LedgerBatch) -> str:
    """How events name a batch: `ledger_batch 12`."""
    return f"ledger_batch {batch.number}"


def page(number: int = 1) -> Page:
    """A page of the batches, the newest first, without what they hold: two statements."""
    columns = [one for one in LedgerBatch._meta.sorted_fields if one is not LedgerBatch.frozen]
    return paging.page(LedgerBatch.select(*columns).order_by(LedgerBatch.number.desc()), number, size=20)


def find(batch: int) -> LedgerBatch:
    """A batch by its id; NotFound where there is none."""
    row: LedgerBatch | None = LedgerBatch.get_or_none(LedgerBatch.id == batch)
    if row is None:
        raise NotFound("There is no such batch.")
    return row


def entries(batch: LedgerBatch) -> list[LedgerEntry]:
    """What a batch holds, as it was when it was made."""
    return journal.read(batch.frozen["entries"])


def hand_out(batch: int, format: str, *, by: Account) -> LedgerBatch:
    """A batch for who takes a file of it away, which is an event. Raises Conflict where it was undone."""
    must_invoice(by)
    row = find(batch)
    if row.undone_at is not None:
        raise Conflict("This batch was undone: it has no file any more.")
    events.record("hand_out_ledger_file", by=by, thing=thing(row), after={"format": format})
    return row


def hand_over(batch: int, *, by: Account) -> LedgerBatch:
    """Say that the bookkeeping has it: from then on it stays. Conflict where it is so already, or undone."""
    return _decide(batch, "hand_over_ledger_batch", {"handed_over_at": clock.now()}, by)


def undo(batch: int, reason: str, *, by: Account) -> LedgerBatch:
    """Take back a batch that was made by mistake: its documents go with the next. It keeps its number.

    Raises Invalid without a reason, Conflict where it was handed over or undone already.
    """
    reason = text_fields.checked_reason(reason)
    with transaction():
        row = _decide(batch, "undo_ledger_batch", {"undone_at": clock.now()}, by, reason=reason)
        for model in (Invoice, Payment):
            model.update(ledger_batch=None).where(model.ledger_batch == batch).execute()
    return row


def _decide(batch: int, verb: str, columns: dict[str, Any], by: Account, reason: str = "") -> LedgerBatch:
    must_invoice(by)
    with transaction():
        hold("invoices")
        row = find(batch)
        is_open = LedgerBatch.is_open()
        if LedgerBatch.update(columns).where((LedgerBatch.id == batch) & is_open).execute() != 1:
            if row.undone_at is not None:
                raise Conflict("This batch was undone already.")
            raise Conflict("The bookkeeping has this batch: what is in it stays.")
        for name, value in columns.items():
            setattr(row, name, value)
        events.record(verb, by=by, thing=thing(row), reason=reason)
    return row


def must_invoice(by: Account) -> None:
    """Raise Forbidden for who may not."""
    agency_roles.require(by, "invoices", "Only the agency hands over to the bookkeeping.")
