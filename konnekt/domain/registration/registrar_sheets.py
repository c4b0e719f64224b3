"""Mijn urenbriefjes: what I have still to send, what I sent, what came back; sending all that is complete."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from peewee import Case, fn

from konnekt.domain import access, clock
from konnekt.domain.access import Grants
from konnekt.domain.approvals import decide
from konnekt.domain.refusals import Conflict, Invalid, NotFound, Refused
from konnekt.domain.registration.teams import entered_here
from konnekt.domain.timesheets import find, submit
from konnekt.models import Account, Assignment, Hour, Organisation, PayPeriod, State, Timesheet, TimesheetLine

SHOWN = 5
MOST = 200


@dataclass
class Pile:
    """Sheets in one state: the first few of them, and how many there are."""

    sheets: list[Timesheet] = field(default_factory=list)
    count: int = 0

    @property
    def more(self) -> int:
        return self.count - len(self.sheets)


@dataclass
class RegistrarSheets:
    """The block of those who register; complete: the drafts that "send all" takes, as they are seen now."""

    drafts: Pile
    rejected: Pile
    sent: Pile
    complete: list[decide.Pick]
    minutes: int = 0

    @property
    def incomplete(self) -> int:
        """How many drafts "send all" leaves."""
        return max(0, self.drafts.count - len(self.complete))

    @property
    def is_empty(self) -> bool:
        return not (self.drafts.count or self.rejected.count or self.sent.count)


def load(who: Grants) -> RegistrarSheets:
    """The sheets of organisation-entered assignments in the account's organisations: two statements."""
    piles = {state: Pile() for state in (State.DRAFT, State.REJECTED, State.SUBMITTED)}
    for sheet in _first_of_each_state(who, list(piles)):
        pile = piles[State(sheet.state)]
        pile.sheets.append(sheet)
        pile.count = sheet.pile
    complete = list(_complete(who))
    picks = [decide.Pick(sheet, revision) for sheet, revision, _ in complete]
    minutes = sum(minutes for _, _, minutes in complete)
    drafts, rejected, sent = piles.values()
    return RegistrarSheets(drafts, rejected, sent, picks, minutes)


def _first_of_each_state(who: Grants, states: list[State]) -> Iterable[Timesheet]:
    urgent = [PayPeriod.submit_by_at, Account.name_key, Timesheet.id]
    latest = fn.COALESCE(Timesheet.submitted_at, Timesheet.created_at).desc()
    ranked = (
        Timesheet.select(
            Timesheet.id,
            fn.COUNT(Timesheet.id).over(partition_by=[Timesheet.state]).alias("number"),
            fn.ROW_NUMBER().over(partition_by=[Timesheet.state], order_by=urgent).alias("place"),
            fn.ROW_NUMBER().over(partition_by=[Timesheet.state], order_by=[latest]).alias("late"),
        )
        .join(Assignment)
        .join(Account)
        .switch(Timesheet)
        .join(PayPeriod)
        .where(entered_here(who, Timesheet, Assignment) & Timesheet.state.in_(states))
    ).alias("ranked")
    is_first = Case(Timesheet.state, [(State.SUBMITTED, ranked.c.late)], ranked.c.place) <= SHOWN
    query = (
        Timesheet.select(
            Timesheet,
            Assignment,
            Account,
            Organisation,
            PayPeriod,
            fn.COALESCE(ranked.c.number, 0).alias("pile"),
        )
        .join(ranked, on=(ranked.c.id == Timesheet.id))
        .switch(Timesheet)
        .join(Assignment)
        .join(Account)
        .switch(Timesheet)
        .join(Organisation)
        .switch(Timesheet)
        .join(PayPeriod)
        .where(is_first)
        .order_by(PayPeriod.submit_by_at, Account.name_key, Timesheet.id)
    )
    return list(query)


def _complete(who: Grants) -> Any:
    """Drafts of a period that is over, with hours or a plain "none", and nothing in them unreadable."""
    unreadable = fn.EXISTS(
        Hour.select(Hour.id)
        .join(TimesheetLine)
        .where((TimesheetLine.timesheet == Timesheet.id) & (Hour.typed != ""))
    )
    return (
        Timesheet.select(Timesheet.id, Timesheet.revision, Timesheet.minutes)
        .join(Assignment)
        .switch(Timesheet)
        .join(PayPeriod)
        .where(
            entered_here(who, Timesheet, Assignment)
            & (Timesheet.state == State.DRAFT)
            & (PayPeriod.last_on < clock.today())
            & ((Timesheet.minutes > 0) | Timesheet.is_nil)
            & ~unreadable
        )
        .order_by(Timesheet.id)
        .limit(MOST)
        .tuples()
    )


def send_all(picks: Iterable[decide.Pick], *, by: Account) -> decide.Outcome:
    """Send these drafts as they were seen, each with its own guarded update and event.

    A refused one does not keep the others back; the outcome says which and why.
    """
    chosen = sorted({pick.sheet: pick for pick in picks}.values())
    if not chosen:
        raise Invalid("There is nothing complete to send.", field="pick")
    if len(chosen) > MOST:
        raise Invalid("Send at most %(count)s timesheets at once.", field="pick", count=MOST)
    outcome = decide.Outcome()
    sheets = find.load((pick.sheet for pick in chosen), access.grants(by))
    for pick in chosen:
        sheet = sheets.get(pick.sheet)
        try:
            if sheet is None:
                raise NotFound("This timesheet does not exist, or not for you.")
            if sheet.state != State.DRAFT:
                raise Conflict("It was sent in the meantime.")
            submit.submit(pick.sheet, by=by, seen=pick.revision)
        except Refused as refusal:
            outcome.refused.append((pick, sheet, refusal))
        else:
            outcome.decided.append(sheet)
    return outcome
