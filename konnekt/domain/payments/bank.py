"""What came in on the bank: read once, booked where it is sure, else kept for somebody to decide.

Money that went out is kept only where it takes back what came in, or names a document of which something is
to be paid back: what else the agency pays is not ours to keep. What is for no invoice is set aside, and can
be put back.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from typing import Any
from uuid import uuid4

from konnekt.db import hold, transaction
from konnekt.domain import clock, events, paging
from konnekt.domain.paging import Page
from konnekt.domain.payments import booking, matching
from konnekt.domain.refusals import Conflict, Invalid, NotFound, ask
from konnekt.models import Account, BankEntry, Invoice, Payment

SOURCE = "bank statement"


@dataclass(frozen=True)
class StatementLine:
    """A line of a statement, whatever the file: cents are positive for money in.

    is_reversal: whether the bank takes an earlier line back by it. payment_id: what the payment is called
    between banks, where the bank has no reference of its own. former: what it was once told by instead.
    """

    format: str
    booked_on: date
    cents: int
    reference: str
    name: str
    iban: str
    words: str
    is_reversal: bool = False
    payment_id: str = ""
    former: str = ""

    @property
    def key(self) -> str:
        """What tells it from others of its day and amount: a reference, or else what it says."""
        return self.reference or self.payment_id or self._said

    @property
    def former_keys(self) -> set[str]:
        """What tells it where it was read before the portal knew `payment_id`."""
        return {self._said, self.former} - {self.key, ""} if not self.reference else set()

    @property
    def _said(self) -> str:
        said = "\0".join((self.name, self.iban, self.words))
        return sha256(said.encode()).hexdigest()[:32]

    @property
    def numbers(self) -> list[str]:
        """The invoice numbers that it names, each once."""
        return matching.numbers(self.words)


@dataclass
class StatementRead:
    """What reading did: payments booked, lines that wait, were read before, or are about no invoice."""

    booked: list[Payment] = field(default_factory=list)
    waiting: int = 0
    read_before: int = 0
    others: int = 0


def read(lines: Sequence[StatementLine], *, by: Account) -> StatementRead:
    """Keep what is new and about invoices, and book what is sure; all of it, or nothing.

    A statement that was read before, or in the other format, adds nothing. Raises Invalid for a day to come.
    """
    booking.must_be_agency_staff(by)
    for line in lines:
        if line.booked_on > clock.today():
            raise Invalid(
                "A line is of %(day)s, which is still to come: nothing was booked.",
                field="file",
                day=line.booked_on.isoformat(),
            )
    done, batch = StatementRead(), uuid4().hex
    with transaction():
        # Nobody pays, credits or reads a statement in between.
        hold("invoices")
        meant, named = [], matching.by_number(number for line in lines for number in line.numbers)
        for line in lines:
            is_refund = any(named[one].to_return_cents for one in line.numbers if one in named)
            is_ours = line.cents > 0 or line.is_reversal or is_refund
            meant += [line] if is_ours and line.cents else []
        done.others = len(lines) - len(meant)
        fresh = _new(meant)
        done.read_before = len(meant) - len(fresh)
        entries = [_keep(line, nth, by) for line, nth in fresh]
        for one in matching.proposals(entries, named):
            payments = _book(one.entry, one.invoices, by, batch) if one.why == "sure" else []
            done.booked += payments
            done.waiting += not payments
        counts = {"booked": len(done.booked), "waiting": done.waiting, "known": done.read_before}
        events.record("read_statement", by=by, thing="bank", batch=batch, after=counts)
    return done


def _new(lines: Sequence[StatementLine]) -> list[tuple[StatementLine, int]]:
    """Those that are not kept yet, each with how many like it come before it in the file.

    Of one format the reference tells. Of the other day and amount do, unless it is another's account: each
    kept entry stands for one line.
    """
    days = sorted({line.booked_on for line in lines})
    entries: dict[tuple[date, int], Counter[tuple[str, str, int]]] = {}
    iban_of: dict[tuple[Any, ...], str] = {}
    for start in range(0, len(days), matching.AT_ONCE):
        columns = (
            BankEntry.booked_on,
            BankEntry.amount_cents,
            BankEntry.format,
            BankEntry.reference,
            BankEntry.nth,
            BankEntry.iban,
        )
        some = days[start : start + matching.AT_ONCE]
        query = BankEntry.select(*columns).where(BankEntry.booked_on.in_(some))
        for day, cents, *tells, iban in query.tuples():
            entries.setdefault((day, cents), Counter())[tuple(tells)] += 1
            iban_of[day, cents, *tells] = iban
    counted: Counter[Any] = Counter()
    untold, unknown = [], []
    for line in lines:
        same = (line.booked_on, line.cents, line.format, line.key)
        nth, there = counted[same], entries.get((line.booked_on, line.cents), Counter())
        counted[same] += 1
        if there[line.format, line.key, nth]:
            there[line.format, line.key, nth] -= 1
        else:
            untold.append((line, nth))
    # Once each has what it is told by now: an entry of another line is not taken for it.
    for line, nth in untold:
        there = entries.get((line.booked_on, line.cents), Counter())
        before = [one for one, left in there.items() if left and one[0] == line.format]
        before = [one for one in before if one[1] in line.former_keys]
        if before:
            there[min(before)] -= 1
        else:
            unknown.append((line, nth))
    fresh = []
    for line, nth in unknown:
        there = entries.get((line.booked_on, line.cents), Counter())
        others = [one for one, left in there.items() if left and one[0] != line.format]
        ibans = [iban_of[line.booked_on, line.cents, *one] for one in others]
        # Its own account first; where one of them says none, it may be the same.
        alike = [one for one, iban in zip(others, ibans, strict=True) if iban == line.iban]
        alike += [one for one, iban in zip(others, ibans, strict=True) if not (iban and line.iban)]
        other = next(iter(alike), None)
        if other is None:
            fresh.append((line, nth))
        else:
            there[other] -= 1
    return fresh


def _keep(line: StatementLine, nth: int, by: Account) -> BankEntry:
    entry: BankEntry = BankEntry.create(
        booked_on=line.booked_on, amount_cents=line.cents, format=line.format, reference=line.key, nth=nth,
        name=line.name, iban=line.iban, words=line.words, read_at=clock.now(), read_by=by,
    )  # fmt: skip
    return entry


def waiting(number: int = 1) -> Page:
    """A page of what waits, the oldest first, as proposals: a fixed number of statements."""
    query = BankEntry.select().where(_waits()).order_by(BankEntry.booked_on, BankEntry.id)
    entries = paging.page(query, number)
    named = matching.by_number(one for entry in entries.rows for one in matching.numbers(entry.words))
    return Page(list(matching.proposals(entries.rows, named)), entries.number, entries.pages, entries.count)


def set_aside_last() -> list[BankEntry]:
    """What was set aside last."""
    query = BankEntry.select().where(BankEntry.set_aside_at.is_null(False))
    return list(query.order_by(BankEntry.set_aside_at.desc(), BankEntry.id.desc()).limit(20))


def _waits() -> Any:
    return (BankEntry.booked_cents != BankEntry.amount_cents) & BankEntry.set_aside_at.is_null()


def book(entry: int, typed: str, *, by: Account, seen: int, is_sure: bool = False) -> list[Payment]:
    """Book what waits on the documents whose numbers are typed, in that order, each what is open of it.

    seen: what was booked of it when it was shown. What is left over is asked about: is_sure books it on the
    last document, which is paid too much for then. Raises Invalid for a number of which nothing is open.
    """
    booking.must_be_agency_staff(by)
    with transaction():
        hold("invoices")
        row = _fresh(entry, seen)
        documents = _typed(typed, is_in=row.amount_cents > 0)
        left = abs(row.open_cents) - sum(
            one.balance_cents if row.amount_cents > 0 else one.to_return_cents for one in documents
        )
        if left > 0 and row.amount_cents < 0:
            raise Invalid("This is more than is to be paid back.", field="numbers")
        too_much = Invalid("This is more than is still to be paid: the rest would be to be paid back.")
        ask([too_much] if left > 0 else [], is_sure=is_sure)
        return _book(row, documents, by, uuid4().hex)


def _typed(typed: str, *, is_in: bool) -> list[Invoice]:
    chosen = matching.numbers(typed)
    if not chosen:
        raise Invalid("Type the number of an invoice, such as 2026-00012.", field="numbers")
    if len(chosen) > matching.MOST_INVOICES:
        raise Invalid("Type at most %(count)s numbers.", field="numbers", count=matching.MOST_INVOICES)
    there = matching.by_number(chosen)
    for one in chosen:
        if one not in there:
            raise Invalid("There is no invoice %(number)s.", field="numbers", number=one)
        if not (there[one].to_pay_cents if is_in else there[one].to_return_cents):
            raise Invalid("Nothing is open of %(number)s.", field="numbers", number=one)
    return [there[one] for one in chosen]


def _book(entry: BankEntry, documents: Sequence[Invoice], by: Account, batch: str) -> list[Payment]:
    """Spread what is open of the entry over the documents; what is too much goes on the last."""
    left, payments, sign = abs(entry.open_cents), [], 1 if entry.amount_cents > 0 else -1
    for position, document in enumerate(documents):
        is_last = position == len(documents) - 1
        share = left if is_last and sign > 0 else min(left, document.to_pay_cents or document.to_return_cents)
        if not share:
            continue
        take = booking.receive if sign > 0 else booking.give_back
        on = entry.booked_on
        payments.append(take(document, on, share, by=by, source=SOURCE, batch=batch, entry=entry))
        left -= share
    _move(entry, entry.amount_cents - sign * left)
    return payments


def _move(entry: BankEntry, booked: int) -> None:
    as_read = (BankEntry.id == entry.id) & (BankEntry.booked_cents == entry.booked_cents)
    if BankEntry.update(booked_cents=booked).where(as_read & BankEntry.set_aside_at.is_null()).execute() != 1:
        raise Conflict("Somebody booked this since. Look at it, then go on.")
    entry.booked_cents = booked


def _fresh(entry: int, seen: int) -> BankEntry:
    row: BankEntry | None = BankEntry.get_or_none(BankEntry.id == entry)
    if row is None:
        raise NotFound("This line of the statement is not there.")
    if row.booked_cents != seen or row.set_aside_at is not None or not row.open_cents:
        raise Conflict("Somebody booked this since. Look at it, then go on.")
    return row


def set_aside(entry: int, *, by: Account, seen: int) -> None:
    """Say that an entry, or what is left of it, is for no invoice; `put_back` takes that back."""
    booking.must_be_agency_staff(by)
    with transaction():
        hold("invoices")
        row = _fresh(entry, seen)
        BankEntry.update(set_aside_at=clock.now()).where(BankEntry.id == row.id).execute()
        events.record(
            "set_aside_bank_entry", by=by, thing=f"bank {row.id}", before={"open_cents": row.open_cents}
        )


def put_back(entry: int, *, by: Account) -> None:
    """Have an entry that was set aside wait again; raises NotFound where it isn't set aside."""
    booking.must_be_agency_staff(by)
    with transaction():
        mine = (BankEntry.id == entry) & BankEntry.set_aside_at.is_null(False)
        if BankEntry.update(set_aside_at=None).where(mine).execute() != 1:
            raise NotFound("This line of the statement is not set aside.")
        events.record("put_back_bank_entry", by=by, thing=f"bank {entry}")
