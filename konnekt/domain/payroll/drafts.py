"""What a payroll batch would take: per worker and hour type, and what it leaves out and why."""

from collections import defaultdict
from dataclasses import dataclass, field

from konnekt.domain import clock
from konnekt.domain.payroll import payable
from konnekt.domain.payroll.payable import PayableHour, WhyNotPaid
from konnekt.domain.refusals import fingerprint_of
from konnekt.models import Account, HourType, Organisation, PayPeriod


@dataclass
class Wage:
    """What a batch pays one worker: minutes per hour type (by row id), gross cents."""

    worker: Account
    minutes: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    cents: int = 0

    @property
    def total(self) -> int:
        """All minutes together."""
        return sum(self.minutes.values())


@dataclass
class NotPaid:
    """Hours that a batch leaves out: of a worker, (not approved) of an organisation, or of an hour type."""

    reason: WhyNotPaid
    organisation: Organisation | None = None
    worker: Account | None = None
    hour_type: HourType | None = None
    minutes: int = 0
    sheets: set[int] = field(default_factory=set)


@dataclass
class BatchPreview:
    """All that a batch would take, and what it leaves out."""

    period: PayPeriod
    format: str
    hours: list[PayableHour] = field(default_factory=list)
    wages: list[Wage] = field(default_factory=list)
    hour_types: list[HourType] = field(default_factory=list)
    left_out: list[NotPaid] = field(default_factory=list)

    @property
    def minutes(self) -> int:
        return sum(worked.minutes for worked in self.hours)

    @property
    def cents(self) -> int:
        """Gross pay."""
        return sum(wage.cents for wage in self.wages)

    @property
    def is_over(self) -> bool:
        """Whether its pay date has passed."""
        return bool(self.period.pay_on < clock.today())

    @property
    def late_minutes(self) -> int:
        """The hours of earlier periods among them."""
        return sum(worked.minutes for worked in self.hours if worked.pay_period != self.period.id)

    @property
    def supplementary(self) -> int:
        """How many supplementary timesheets are among them."""
        return len({worked.sheet for worked in self.hours if worked.sequence})

    def of_type(self, hour_type: int) -> int:
        """The minutes of one hour type."""
        return sum(worked.minutes for worked in self.hours if worked.hour_type == hour_type)

    @property
    def fingerprint(self) -> str:
        """What the button carries: it changes whenever an hour, its minutes or its rate does."""
        return fingerprint_of([(w.hour, w.minutes, w.hour_type, w.pay_rate) for w in self.hours])


def compose(period: PayPeriod, format: str) -> BatchPreview:
    """Put the hours that no batch pays yet together: six statements, more only for thousands."""
    draft = BatchPreview(period, format)
    hours = payable.read(period)
    kinds = {kind.id: kind for kind in HourType.select().order_by(HourType.id)}
    places = {place.id: place for place in Organisation.select()}
    workers = _workers(hours)
    left_out: dict[tuple[WhyNotPaid, int, int, int], NotPaid] = {}
    for worked in hours:
        kind, worker = kinds[worked.hour_type], workers[worked.worker]
        reason = worked.reason(kind, worker, format)
        if reason is None:
            draft.hours.append(worked)
            continue
        typed = kind if reason in payable.OF_HOUR_TYPES else None
        named = worker if not typed and reason != WhyNotPaid.NOT_APPROVED else None
        place = None if typed else places[worked.organisation]
        key = (reason, place.id if place else 0, named.id if named else 0, typed.id if typed else 0)
        one = left_out.setdefault(key, NotPaid(reason, place, named, typed))
        one.minutes += worked.minutes
        one.sheets.add(worked.sheet)
    draft.left_out = sorted(
        left_out.values(),
        key=lambda one: (one.hour_type is None, one.worker is None, one.reason,
                         one.organisation.code if one.organisation else "",
                         one.worker.name_key if one.worker else ""),
    )  # fmt: skip
    used = {worked.hour_type for worked in draft.hours}
    draft.hour_types = [kind for kind in kinds.values() if kind.id in used]
    draft.wages = _wages(draft.hours, kinds, workers)
    return draft


def _workers(hours: list[PayableHour]) -> dict[int, Account]:
    ids, workers = sorted({worked.worker for worked in hours}), {}
    for start in range(0, len(ids) or 1, 1000):
        for worker in Account.select().where(Account.id.in_(ids[start : start + 1000])):
            workers[worker.id] = worker
    return workers


def _wages(hours: list[PayableHour], kinds: dict[int, HourType], workers: dict[int, Account]) -> list[Wage]:
    """Per worker, by name; an amount is rounded per day, hour type and rate, as the files say it."""
    wages: dict[int, Wage] = {}
    rows: dict[tuple[int, object, int, int | None], int] = defaultdict(int)
    for worked in hours:
        wage = wages.setdefault(worked.worker, Wage(workers[worked.worker]))
        wage.minutes[worked.hour_type] += worked.minutes
        rows[worked.worker, worked.day, worked.hour_type, worked.pay_rate] += worked.minutes
    for (worker, _day, kind, rate), minutes in rows.items():
        wages[worker].cents += payable.gross_cents(minutes, rate or 0, kinds[kind].multiplier_percent)
    return sorted(wages.values(), key=lambda wage: (wage.worker.name_key, wage.worker.id))
