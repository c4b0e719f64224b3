"""Reminders: what waits for somebody's approval and what somebody has still to send, in one mail a day.

`konnekt remind` tells approvers on every day on which something waits, and who enters on the day of the
submit deadline and two days before it, while hours are not sent. Not on Sundays and closing days: what falls
on one goes the day before. The agency reminds whenever it likes; nobody gets a second one on a day.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from typing import Any

from konnekt.background import mail
from konnekt.db import transaction
from konnekt.domain import clock, events
from konnekt.domain.accounts import agency_roles, people
from konnekt.domain.approvals import approvers, mail_links
from konnekt.domain.payroll import pay_dates
from konnekt.domain.periods import reminder_letter
from konnekt.domain.periods.reminder_letter import Due
from konnekt.domain.refusals import NotFound
from konnekt.domain.timesheets import registrars
from konnekt.models import (
    Account,
    Assignment,
    ClosingDay,
    Contributor,
    Mail,
    Organisation,
    PayPeriod,
    State,
    Timesheet,
)

KIND = "reminder"
DAYS_BEFORE = (2, 0)
# Two days before, and the longest row of closing days that there could be.
LOOK_AHEAD = timedelta(days=30)


@dataclass
class Reminded:
    """What a reminder did: whom it told, who had one today before, and how many things nobody can do."""

    told: list[Account] = field(default_factory=list)
    before: list[Account] = field(default_factory=list)
    nobody: int = 0


@dataclass(frozen=True)
class Target:
    """What the agency reminds of: a period, all of it or one organisation's, or one assignment's."""

    period: int
    organisation: str = ""
    assignment: str = ""

    def takes(self, assignment: Assignment, organisation: Organisation, period: int) -> bool:
        """Whether a timesheet of these is meant."""
        return (
            period == self.period
            and self.organisation in ("", organisation.code)
            and self.assignment in ("", assignment.code)
        )


def told_today() -> set[int]:
    """Who had a reminder today, by the account's id: one statement."""
    since = clock.at(clock.today(), time())
    query = Mail.select(Mail.account).where((Mail.kind == KIND) & (Mail.queued_at >= since))
    return {account for (account,) in query.tuples() if account is not None}


def remind(target: Target, *, by: Account) -> Reminded:
    """Remind everybody who is late with what is meant; for the agency. A fixed number of statements."""
    agency_roles.require(by, "hours", "Only the agency reminds people.")
    with transaction():
        if not PayPeriod.select().where(PayPeriod.id == target.period).exists():
            raise NotFound("There is no such period.")
        unsent, waiting = _unsent([target.period]), _waiting()
        missed = [one for one in unsent if target.takes(one, one.organisation, one.period.id)]
        meant = [
            sheet
            for sheet in waiting
            if target.takes(sheet.assignment, sheet.organisation, sheet.pay_period_id)
        ]
        tasks, reminded = _whom(unsent, waiting), Reminded()
        reminded.nobody = sum(1 for one in missed if not tasks.entering[one.id])
        reminded.nobody += sum(1 for sheet in meant if not tasks.deciding[sheet.id])
        late = {account.id for one in missed for account in tasks.entering[one.id]}
        late |= {account.id for sheet in meant for account in tasks.deciding[sheet.id]}
        _queue([due for key, due in tasks.due.items() if key in late], reminded, by=by)
    return reminded


def remind_all() -> Reminded:
    """Remind everybody who is to be reminded today (see above); once a day, however often it is asked.

    Nothing on a Sunday or a closing day. A fixed number of statements, and two for every 200 mails.
    """
    with transaction():
        closing_days = _closing_days()
        reminded = Reminded()
        if not is_mail_day(clock.today(), closing_days):
            return reminded
        due_on = [one.id for one in _periods_ahead() if clock.today() in reminder_days(one, closing_days)]
        tasks = _whom(_unsent(due_on) if due_on else [], _waiting())
        _queue(list(tasks.due.values()), reminded, by=None)
    return reminded


def is_mail_day(day: date, closing_days: set[date]) -> bool:
    """Whether `konnekt remind` sends anything that day."""
    return day.isoweekday() != 7 and day not in closing_days


def reminder_days(period: PayPeriod, closing_days: set[date]) -> set[date]:
    """The days on which who has not sent hours of the period is reminded."""
    deadline = clock.local(period.submit_by_at).date()
    days = set()
    for before in DAYS_BEFORE:
        day = deadline - timedelta(days=before)
        while not is_mail_day(day, closing_days):
            day -= timedelta(days=1)
        days.add(day)
    return days


def _closing_days() -> set[date]:
    around = (clock.today() - LOOK_AHEAD, clock.today() + 2 * LOOK_AHEAD)
    return {
        day for (day,) in ClosingDay.select(ClosingDay.day).where(ClosingDay.day.between(*around)).tuples()
    }


def _periods_ahead() -> list[PayPeriod]:
    begin = clock.at(clock.today(), time())
    return list(PayPeriod.select().where(PayPeriod.submit_by_at.between(begin, begin + LOOK_AHEAD)))


def _unsent(of: list[int]) -> list[Assignment]:
    """The flexible assignments of these periods without a sent timesheet, with `period` and `sheet`."""
    query = (
        pay_dates.with_sheets(
            Assignment.select(Assignment, Account, Organisation, PayPeriod, Timesheet)
            .join(Account)
            .switch(Assignment)
            .join(Organisation)
        )
        .where(
            PayPeriod.id.in_(of)
            & Assignment.is_asked_for()
            & (Timesheet.id.is_null() | Timesheet.state.in_((State.DRAFT, State.REJECTED)))
        )
        .order_by(PayPeriod.submit_by_at, Account.name_key, Assignment.id)
    )
    return list(query)


def _waiting() -> list[Timesheet]:
    query = (
        Timesheet.whole()
        .where(Timesheet.state == State.SUBMITTED)
        .order_by(PayPeriod.approve_by_at, Account.name_key, Timesheet.id)
    )
    return list(query)


@dataclass
class _Tasks:
    """Who has to do what; entering by assignment, deciding by timesheet."""

    due: dict[int, Due] = field(default_factory=dict)
    entering: dict[Any, list[Account]] = field(default_factory=dict)
    deciding: dict[int, list[Account]] = field(default_factory=dict)

    def of(self, account: Account) -> Due:
        return self.due.setdefault(account.id, Due(account))


def _whom(unsent: list[Assignment], waiting: list[Timesheet]) -> _Tasks:
    """Who has to do what: three statements at most."""
    tasks = _Tasks(deciding=approvers.of(waiting, _contributors() if waiting else {}))
    entering = registrars.everywhere() if unsent else {}
    for one in unsent:
        tasks.entering[one.id] = registrars.who_enter(one, entering)
        for account in tasks.entering[one.id]:
            due = tasks.of(account)
            (due.own if one.entered_by == "worker" else due.others).append(one)
    for sheet in waiting:
        for account in tasks.deciding[sheet.id]:
            tasks.of(account).waiting.append(sheet)
    return tasks


def _contributors() -> dict[int, set[int]]:
    """Who entered or sent any part of what waits."""
    query = (
        Contributor.select(Contributor.timesheet, Contributor.account)
        .join(Timesheet)
        .where(Timesheet.state == State.SUBMITTED)
    )
    contributors: dict[int, set[int]] = {}
    for sheet, account in query.tuples():
        contributors.setdefault(sheet, set()).add(account)
    return contributors


def _queue(dues: Iterable[Due], reminded: Reminded, *, by: Account | None) -> None:
    today = clock.today()
    reachable = [due for due in dues if due.account.is_active and people.is_address(due.account.email)]
    open_periods = pay_dates.open_periods({s.pay_period.calendar for due in reachable for s in due.waiting})
    seen = mail_links.noteworthy()
    links = {
        due.account.id: mail_links.prepare(due.account, due.waiting, seen, open_periods) for due in reachable
    }
    told = mail.queue_many(
        KIND,
        [
            mail.Addressed(
                due.account,
                f"{KIND}:{due.account.id}:{today}",
                reminder_letter.values(due, open_periods, seen, links[due.account.id]),
            )
            for due in reachable
        ],
    )
    mail_links.keep(told, filter(None, links.values()))
    ids = {account.id for account in told}
    reminded.told = sorted(told, key=lambda account: (account.name_key, account.id))
    reminded.before = [due.account for due in reachable if due.account.id not in ids]
    if by is not None:
        # What cron sends daily would fill people's history: the outbox has the record of it.
        events.record_many(
            [{"verb": "remind", "actor": by.id, "person": account.id} for account in reminded.told]
        )
