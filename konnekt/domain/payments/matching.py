"""Which invoices a line of a bank statement is for, and whether that is sure.

Sure is what names documents of one organisation and is what is open of them together, to the cent. All else
is a guess that somebody decides on: a part, too much, an amount alone, an account that paid for others.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from konnekt.domain.invoices import settling, states
from konnekt.models import BankEntry, Invoice, Organisation, Payment

# An invoice's number as people and their programs write it: 2026-00012, 202600012, 2026 00012.
NUMBER = re.compile(r"(?<![0-9])(20[0-9]{2})[-–./ ]?([0-9]{5,7})(?![0-9])")
MOST_INVOICES = 50
AT_ONCE = 500


@dataclass(frozen=True)
class Proposal:
    """An entry that waits, the invoices that it may be for, and why that is not sure.

    why: sure, part, over, several, amount (nothing but that fits), payer (who paid for another organisation
    before), settled, unknown.
    """

    entry: BankEntry
    invoices: list[Invoice]
    why: str

    @property
    def typed(self) -> str:
        """The numbers as they stand in the field at first."""
        return " ".join(one.number_text for one in self.invoices)


def numbers(words: str) -> list[str]:
    """The invoice numbers in a text, as we write them, in order and each once."""
    return list(dict.fromkeys(f"{year}-{number}" for year, number in NUMBER.findall(words)))


def by_number(named: Iterable[str]) -> dict[str, Invoice]:
    """The documents of these numbers, with their organisations: a statement for every 500."""
    numbers, there = sorted(set(named)), {}
    for start in range(0, len(numbers), AT_ONCE):
        query = Invoice.select(Invoice, Organisation).join(Organisation)
        for one in query.where(Invoice.number_text.in_(numbers[start : start + AT_ONCE])):
            there[one.number_text] = one
    return there


def proposals(entries: Sequence[BankEntry], named: dict[str, Invoice]) -> Iterable[Proposal]:
    """What each may be for, one after another: what is booked for one is no longer open for the next."""
    payers = _payers({entry.iban for entry in entries if entry.iban})
    equal = _of_amount({entry.open_cents for entry in entries if entry.open_cents > 0})
    for entry in entries:
        documents = [named[one] for one in numbers(entry.words) if one in named]
        yield _proposal(entry, documents, payers.get(entry.iban, set()), equal.get(entry.open_cents, []))


def _proposal(entry: BankEntry, documents: list[Invoice], payer: set[int], equal: list[Invoice]) -> Proposal:
    is_in = entry.amount_cents > 0
    open_of = {one.id: one.to_pay_cents if is_in else -one.to_return_cents for one in documents}
    live = [one for one in documents if open_of[one.id]]
    if not documents:
        theirs = [
            one for one in equal if one.to_pay_cents == entry.open_cents and one.organisation_id in payer
        ]
        fits = theirs or [one for one in equal if one.to_pay_cents == entry.open_cents]
        return Proposal(entry, fits[:1] if len(fits) == 1 else [], "amount" if len(fits) == 1 else "unknown")
    if not live:
        return Proposal(entry, documents[:MOST_INVOICES], "settled")
    if len({one.organisation_id for one in live}) > 1 or len(live) > MOST_INVOICES:
        return Proposal(entry, live[:MOST_INVOICES], "several")
    total = sum(open_of.values())
    if total != entry.open_cents:
        return Proposal(entry, live, "part" if abs(entry.open_cents) < abs(total) else "over")
    if payer and live[0].organisation_id not in payer:
        return Proposal(entry, live, "payer")
    return Proposal(entry, live, "sure" if len(live) == len(documents) else "settled")


def _payers(ibans: set[str]) -> dict[str, set[int]]:
    """Organisations by the account from which invoices of theirs were paid before."""
    payers: dict[str, set[int]] = {}
    accounts = sorted(ibans)
    for start in range(0, len(accounts), AT_ONCE):
        query = (
            Payment.select(BankEntry.iban, Invoice.organisation)
            .join(BankEntry)
            .switch(Payment)
            .join(Invoice, on=(Payment.invoice == Invoice.id))
            .where(settling.stands() & BankEntry.iban.in_(accounts[start : start + AT_ONCE]))
            .distinct()
        )
        for iban, organisation in query.tuples():
            payers.setdefault(iban, set()).add(organisation)
    return payers


def _of_amount(amounts: set[int]) -> dict[int, list[Invoice]]:
    """Open invoices by what is open of them, where that is one of these amounts."""
    equal: dict[int, list[Invoice]] = {}
    cents, left = sorted(amounts), Invoice.total_cents - Invoice.settled_cents
    for start in range(0, len(cents), AT_ONCE):
        is_open = states.to_pay() & Invoice.paid_on.is_null()
        query = Invoice.select(Invoice, Organisation).join(Organisation).where(is_open)
        query = query.where(left.in_(cents[start : start + AT_ONCE])).order_by(Invoice.due_on, Invoice.id)
        for one in query.limit(AT_ONCE * 4):
            equal.setdefault(one.to_pay_cents, []).append(one)
    return equal
