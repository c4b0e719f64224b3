"""An agency with settings of its bookkeeping, and documents of every kind, drawn by chance."""

from datetime import date
from random import Random
from typing import Any

from konnekt.domain import clock
from konnekt.domain.invoices import issue
from konnekt.domain.payments import booking, books
from konnekt.domain.records import books_settings
from konnekt.domain.refusals import Refused
from konnekt.models import Account, Invoice, LedgerBatch, LedgerSettings, Organisation, Payment
from tests import factories
from tests.factories import World

TODAY = date(2026, 11, 30)
CHOSEN = {
    "program": "neutral", "from_on": date(2026, 1, 1), "with_payments": True, "administration": "001",
    "sales_journal": "70", "payments_journal": "90", "debtors_account": "1300", "bank_account": "1100",
    "vat_account": "1500", "revenue_standard": "8000", "revenue_exempt": "8010",
    "revenue_reverse_charge": "8020", "revenue_out_of_scope": "8030", "vat_code_standard": "VH",
    "vat_code_exempt": "", "vat_code_reverse_charge": "VV", "vat_code_out_of_scope": "",
}  # fmt: skip
TREATMENTS = ("standard", "exempt", "reverse_charge", "out_of_scope")


def choose(world: World, **other: Any) -> LedgerSettings:
    """The settings, by their verb."""
    seen = books_settings.seen(books.settings())
    return books_settings.change({**CHOSEN, **other}, seen=seen, by=world.staff)


def make(by: Account) -> LedgerBatch:
    """The batch of what is there now."""
    found = books.preview()
    assert found is not None
    return books.make(by=by, seen=found.fingerprint)


def invoice(world: World, net: int, place: Organisation | None = None, **columns: Any) -> Invoice:
    """An invoice of so many cents, without lines: what the books see of one."""
    place = place or world.fse
    percent = 21 if columns.get("vat_treatment", "standard") == "standard" else 0
    vat = (net * percent + 50) // 100
    budget = world.fse_budget if place == world.fse else world.law_budget
    row = issue._next_number(TODAY) | {
        "organisation": place,
        "pay_period": world.period, "budget_number": budget, "budget_number_text": budget.number,
        "issued_on": TODAY, "due_on": TODAY, "language": "nl", "vat_treatment": "standard",
        "vat_percent": percent, "net_cents": net, "vat_cents": vat, "total_cents": net + vat,
        "paid_on": TODAY if net + vat == 0 else None, "created_at": clock.now(),
        "frozen": {"buyer": {"name": place.name}},
    }  # fmt: skip
    made: Invoice = Invoice.create(**row | columns)
    return made


def live(world: World, seed: int, steps: int = 60) -> None:
    """So many things that happen to money, drawn by chance: what is refused does not happen."""
    chance = Random(seed)
    for _ in range(steps):
        try:
            _step(world, chance)
        except Refused:
            continue


def _step(world: World, chance: Random) -> None:
    by, what = (
        world.staff,
        chance.choice(("issue", "issue", "pay", "pay", "credit", "back", "set_off", "take")),
    )
    if what == "issue":
        columns = {"vat_treatment": chance.choice(TREATMENTS)}
        invoice(world, chance.choice((0, 1, 2, 3, chance.randrange(1_000_000))),
                chance.choice((world.fse, world.law)), **columns)  # fmt: skip
        return
    rows = list(Invoice.select().order_by(Invoice.id))
    if not rows:
        return
    one = chance.choice(rows)
    on = date(2026, 11, chance.randrange(1, 31))
    if what == "pay":
        cents = chance.choice((one.to_pay_cents, chance.randrange(1, 2_000_000)))
        booking.pay(one.id, on, cents, by=by, seen=one.settled_cents, is_sure=True)
    elif what == "credit":
        issue.credit(one.id, "Verkeerd", by=by, on=TODAY)
    elif what == "back":
        booking.refund(
            one.id, on, max(1, one.to_return_cents // chance.choice((1, 2))), by=by, seen=one.settled_cents
        )
    elif what == "set_off":
        other = chance.choice(rows)
        cents = min(one.to_return_cents, other.to_pay_cents)
        booking.set_off(one.id, other.number_text, on, cents, by=by, seen=one.settled_cents)
    elif payments := list(Payment.select()):
        booking.take_back(chance.choice(payments).id, "Vergist", by=by)


def debtor(world: World, code: str, number: str) -> None:
    """Another number for an organisation."""
    place = Organisation.get(Organisation.code == code)
    seen = books_settings.seen_debtor(place)
    books_settings.change_debtor(code, number, seen=seen, by=world.staff)


def colleague(roles: str) -> Account:
    """Somebody of the agency with these roles alone."""
    return factories.account("Col", "Lega", is_agency_staff=True, agency_roles=roles)
