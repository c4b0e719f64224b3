"""Door u beslist: what an account approved or rejected, and what of it can still be taken back."""

from dataclasses import dataclass
from typing import Any

from peewee import fn

from konnekt.domain import access, clock, paging
from konnekt.domain.access import Grants
from konnekt.domain.approvals import undo_or_revoke, waiting
from konnekt.domain.approvals.undo_or_revoke import UNDO_WITHIN
from konnekt.domain.approvals.waiting import WaitingFilter
from konnekt.domain.corrections import case
from konnekt.domain.paging import Page
from konnekt.domain.timesheets import find
from konnekt.models import Account, Assignment, Event, Organisation, PayPeriod, State, Timesheet
from konnekt.models.compiled import compiled, planned_once, slot

VERBS = ("approve", "reject")
PERIODS = 30


@dataclass
class Decision:
    """One decision: its event with the sheet as it is now; stands: whether nothing came after it."""

    event: Event
    sheet: Timesheet
    stands: bool
    may_undo: bool
    may_revoke: bool

    @property
    def is_state_the_same(self) -> bool:
        """Whether the sheet still has the state that was decided, though something came after it."""
        return bool(self.sheet.state == (State.APPROVED if self.event.verb == "approve" else State.REJECTED))


@dataclass(frozen=True)
class Latest:
    """What the last request decided that still stands and can be undone, so many sheets and minutes."""

    batch: str
    verb: str
    count: int
    minutes: int


def page(who: Grants, by: WaitingFilter, number: int = 1) -> Page:
    """The decisions of an account, the latest first, as far as it sees the sheets: two statements."""
    query = (
        Event.select(
            Event,
            Timesheet,
            Assignment,
            Account,
            Organisation,
            PayPeriod,
            _is_last().alias("stands"),
            (find.has_live_link() | case.has_later()).alias("is_bound"),
        )
        .join(Timesheet)
        .join(Assignment)
        .join(Account)
        .switch(Timesheet)
        .join(Organisation)
        .switch(Timesheet)
        .join(PayPeriod)
        .where(_mine(who.account) & access.visible(who) & waiting.is_named(by.name))
    )
    if by.period:
        query = query.where(Timesheet.pay_period == by.period)
    listed = paging.page(query.order_by(Event.at.desc(), Event.id.desc()), number)
    rows = [_decision(event, who) for event in listed.rows]
    return Page(rows, listed.number, listed.pages, listed.count)


def _decision(event: Event, who: Grants) -> Decision:
    sheet: Timesheet = event.timesheet
    is_open = bool(event.stands) and not event.is_bound
    may_undo = is_open and undo_or_revoke.may_undo(sheet, who.account)
    may_revoke = is_open and not may_undo and undo_or_revoke.may_revoke(sheet, who)
    return Decision(event, sheet, bool(event.stands), may_undo, may_revoke)


def periods(who: Grants) -> list[PayPeriod]:
    """The latest periods of what the account decided, to narrow the list by: one statement."""
    decided = Event.select(Timesheet.pay_period).join(Timesheet).where(_mine(who.account))
    query = PayPeriod.select().where(PayPeriod.id.in_(decided))
    return list(query.order_by(PayPeriod.first_on.desc(), PayPeriod.id).limit(PERIODS))


def latest(who: Grants) -> Latest | None:
    """The last request within ten minutes of which something stands: one statement."""
    shape, values = access.visible_values(who)
    since = clock.now() - UNDO_WITHIN
    for batch, verb, number, minutes in _latest(*shape, **values, since=since):
        return Latest(batch, verb, number, int(minutes))
    return None


@planned_once
@compiled
def _latest(is_agency_staff: bool, has_invoiced: bool) -> Any:
    """Asked whenever the list or the home page is drawn."""
    is_fresh = (Event.at >= slot("since")) & (Event.batch != "")
    return (
        Event.select(Event.batch, Event.verb, fn.COUNT(Timesheet.id), fn.SUM(Timesheet.minutes))
        .join(Timesheet)
        .join(Assignment)
        .where(
            _mine(slot("account"))
            & access.visible_slots(is_agency_staff, has_invoiced)
            & is_fresh
            & (Timesheet.decided_by == slot("account"))
            & Timesheet.state.in_((State.APPROVED, State.REJECTED))
            & _is_last()
        )
        .group_by(Event.batch, Event.verb)
        .order_by(fn.MAX(Event.id).desc())
        .limit(1)
    )


def _mine(account: Any) -> Any:
    return (Event.actor == account) & Event.verb.in_(VERBS)


def _is_last() -> Any:
    """The condition on Event: nothing happened to its sheet since that ends what was decided.

    An approval stands where the agency moved the hours to another budget number.
    """
    later = Event.alias()
    is_later = (later.timesheet == Event.timesheet) & (later.id > Event.id)
    ends_it = (later.verb != "move") | (Event.verb != "approve")
    return ~fn.EXISTS(later.select(later.id).where(is_later & ends_it))
