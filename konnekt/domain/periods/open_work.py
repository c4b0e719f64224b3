"""What waits anywhere, whatever its period: hours of older periods, and hours that are not paid yet."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from peewee import JOIN, fn

from konnekt.domain import clock
from konnekt.domain.periods.progress import UNSENT
from konnekt.models import Organisation, PayPeriod, State, Timesheet, WaitingSheet
from konnekt.models.compiled import compiled


@dataclass
class OtherPeriod:
    """A period in which timesheets wait: begun and not sent (or sent back), and sent and not approved."""

    period: PayPeriod
    unsent: int = 0
    waiting: int = 0


def elsewhere(periods: Iterable[PayPeriod], shown: Iterable[PayPeriod]) -> list[OtherPeriod]:
    """What waits in these periods but for those shown, the latest first: two statements.

    What is not sent counts from the submit-by on. What nobody began is not looked for: it is no row, and
    after a while it counts as not worked (domain/hours/sheets.py); a period's own page says it.
    """
    numbers: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for at, number in _waiting():
        numbers[at][1] = number
    for at, number in _unsent():
        numbers[at][0] = number
    left_out, now = {one.id for one in shown}, clock.now()
    others = [
        OtherPeriod(one, numbers[one.id][0] if one.submit_by_at <= now else 0, numbers[one.id][1])
        for one in periods
        if one.id in numbers and one.id not in left_out
    ]
    return sorted(
        (one for one in others if one.unsent or one.waiting),
        key=lambda one: (one.period.last_on, one.period.id),
        reverse=True,
    )


@compiled
def _waiting() -> Any:
    waiting = WaitingSheet.select(WaitingSheet.pay_period, fn.COUNT(WaitingSheet.timesheet))
    return waiting.group_by(WaitingSheet.pay_period)


@compiled
def _unsent() -> Any:
    # By organisation, for which there is an index: left to itself SQLite reads all sheets by period.
    is_unsent = (Timesheet.organisation == Organisation.id) & Timesheet.state.in_(UNSENT)
    # A correction that was taken back is empty.
    is_meant = (Timesheet.sequence == 0) | (Timesheet.state != State.DRAFT)
    unsent = Organisation.select(Timesheet.pay_period, fn.COUNT(Timesheet.id)).join(Timesheet, JOIN.CROSS)
    return unsent.where(is_unsent & is_meant).group_by(Timesheet.pay_period)


def unpaid() -> tuple[int, int]:
    """Approved timesheets with hours that no payroll batch pays yet, and those hours in minutes.

    One statement that reads an index of what is open. Corrections that add up to nothing are not counted.
    """
    ((number, minutes),) = _unpaid()
    return int(number), int(minutes)


@compiled
def _unpaid() -> Any:
    minutes = fn.SUM(Timesheet.minutes - Timesheet.paid_minutes)
    query = Timesheet.select(fn.COUNT(Timesheet.id), fn.COALESCE(minutes, 0))
    is_more = Timesheet.minutes != Timesheet.paid_minutes
    return query.where(Timesheet.has_hours_to_pay(State.APPROVED) & is_more)
