"""What is overdue: by age, with what is still open and when it was reminded of."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from peewee import fn

from konnekt.domain import clock, paging
from konnekt.domain.invoices import dispatches, states
from konnekt.domain.paging import Page
from konnekt.models import Dispatch, Invoice, Organisation, PayPeriod
from konnekt.models.compiled import compiled

# Days past the due date, wherever they are told apart: from, up to and with; the last without end.
LONGEST = 36_500
BANDS = {"1-30": (1, 30), "31-60": (31, 60), "60+": (61, LONGEST)}
NOT_DUE = "not due"


@dataclass(frozen=True)
class Band:
    """So many invoices of one age, and what is open of them (cents). key: of BANDS, NOT_DUE, or empty."""

    key: str
    count: int
    open_cents: int


@dataclass(frozen=True)
class Overdue:
    """A page of what is overdue, oldest first, all ages added up, and the last reminder of each invoice."""

    page: Page
    bands: list[Band]
    reminded: dict[int, Dispatch]

    @property
    def whole(self) -> Band:
        """All ages together."""
        return Band("", sum(one.count for one in self.bands), sum(one.open_cents for one in self.bands))


def load(band: str = "", number: int = 1) -> Overdue:
    """What is overdue of one age, or of all: three statements. The rows say `late_days`."""
    bands = _bands()
    count = sum(one.count for one in bands if one.key == (band or one.key))
    page = paging.of_count(count, lambda start, size: _rows(band, start, size), number)
    return Overdue(page, bands, dispatches.latest(page.rows, "reminder"))


def is_overdue(first: int = 1, last: int = LONGEST, invoice: Any = Invoice) -> Any:
    """The condition for what is still to be paid and so many days past its due date."""
    today = clock.today()
    of_age = invoice.due_on.between(today - timedelta(days=last), today - timedelta(days=first))
    return states.to_pay(invoice) & invoice.paid_on.is_null() & of_age


def ages() -> list[Band]:
    """All that is still to be paid by age: not due yet, and each of BANDS; one statement."""
    today = clock.today()
    sums = {key: [0, 0] for key in (NOT_DUE, *BANDS)}
    for due_on, count, cents in _open():
        days = (today - due_on).days
        key = next((key for key, (first, last) in BANDS.items() if first <= days <= last), NOT_DUE)
        sums[key][0] += count
        sums[key][1] += int(cents)
    return [Band(key, *numbers) for key, numbers in sums.items()]


@compiled
def _open() -> Any:
    """What is open by due date, of which there are few, so that age is asked once of each."""
    is_open = states.to_pay() & Invoice.paid_on.is_null()
    open_cents = fn.COALESCE(fn.SUM(Invoice.total_cents - Invoice.settled_cents), 0)
    query = Invoice.select(Invoice.due_on, fn.COUNT(Invoice.id), open_cents)
    return query.where(is_open).group_by(Invoice.due_on)


def late_days(due_on: date) -> int:
    """How many days ago it should have been paid."""
    return (clock.today() - due_on).days


def _bands() -> list[Band]:
    columns = []
    for age in BANDS.values():
        columns.append(fn.COUNT(Invoice.id).filter(is_overdue(*age)))
        open_cents = fn.SUM(Invoice.total_cents - Invoice.settled_cents).filter(is_overdue(*age))
        columns.append(fn.COALESCE(open_cents, 0))
    (totals,) = Invoice.select(*columns).where(is_overdue()).tuples()
    return [Band(key, int(totals[2 * n]), int(totals[2 * n + 1])) for n, key in enumerate(BANDS)]


def _rows(band: str, start: int, size: int) -> list[Invoice]:
    rows = list(read(is_overdue(*BANDS.get(band, (1, LONGEST)))).offset(start).limit(size))
    for one in rows:
        one.late_days = late_days(one.due_on)
    return rows


def frozen(invoices: Iterable[Invoice]) -> list[tuple[Invoice, dict[str, Any]]]:
    """Invoices that `read` gave, each with what it froze: one statement."""
    by_id = {one.id: one for one in invoices}
    rows = Invoice.select(Invoice.id, Invoice.frozen).where(Invoice.id.in_(list(by_id))).tuples()
    return [(by_id[number], said) for number, said in rows]


def read(condition: Any) -> Any:
    """Invoices with organisation and period, the oldest due date first; without what they froze."""
    columns = [one for one in Invoice._meta.sorted_fields if one is not Invoice.frozen]
    query = Invoice.select(*columns, Organisation, PayPeriod).join(Organisation).switch(Invoice)
    return query.join(PayPeriod).where(condition).order_by(Invoice.due_on, Invoice.id)
