"""What a reminder says: what waits for somebody and what somebody has still to send, under its deadlines."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from konnekt.domain import clock
from konnekt.domain.approvals import mail_links
from konnekt.domain.payroll import pay_dates
from konnekt.models import Account, Assignment, PayPeriod, Timesheet

LISTED = 10
# Of what waits, where it can be decided from the mail: over all deadlines together.
LISTED_TO_DECIDE = 40


@dataclass
class Due:
    """What one person is reminded of: own hours to send, those of others, and what waits for approval."""

    account: Account
    own: list[Assignment] = field(default_factory=list)
    others: list[Assignment] = field(default_factory=list)
    waiting: list[Timesheet] = field(default_factory=list)


@dataclass(frozen=True)
class WaitingGroup:
    """The waiting sheets of one deadline line; sheets is cut short, the numbers are not."""

    deadline: pay_dates.Deadline
    sheets: list[Timesheet]
    count: int
    minutes: int


@dataclass(frozen=True)
class UnsentGroup:
    """What is to be sent before one moment: own hours and those of others, cut short, and how many."""

    send_by: datetime
    own: list[Assignment]
    own_count: int
    others: list[Assignment]
    others_count: int


def values(
    due: Due, open_periods: list[PayPeriod], seen: mail_links.Noteworthy, link: mail_links.NewLink | None
) -> dict[str, Any]:
    """What the mail says; lists are cut short, their numbers are not."""
    return {
        "link": link,
        "flags": seen.flags,
        "is_mine": lambda sheet: due.account.id in seen.contributors.get(sheet.id, ()),
        "waiting": _by_deadline(due.waiting, open_periods, is_to_decide=link is not None),
        "waiting_count": len(due.waiting),
        "waiting_minutes": sum(sheet.minutes for sheet in due.waiting),
        "unsent": _by_send_by(due),
        "own_count": len(due.own),
        "others_count": len(due.others),
        "now": clock.now(),
    }


def _by_deadline(
    waiting: list[Timesheet], open_periods: list[PayPeriod], *, is_to_decide: bool
) -> list[WaitingGroup]:
    """The sheets under the deadline lines that the approval list shows, in its order."""
    groups, of = list[WaitingGroup](), {sheet.pay_period.id: sheet.pay_period for sheet in waiting}
    for line in pay_dates.deadlines(list(of.values()), open_periods):
        ids = {period.id for period in line.periods}
        sheets = [sheet for sheet in waiting if sheet.pay_period_id in ids]
        listed = sum(len(group.sheets) for group in groups)
        most = LISTED_TO_DECIDE - listed if is_to_decide else LISTED
        groups.append(WaitingGroup(line, sheets[:most], len(sheets), sum(one.minutes for one in sheets)))
    return groups


def _by_send_by(due: Due) -> list[UnsentGroup]:
    """What is to be sent, the earliest deadline first."""
    groups = []
    for at in sorted({one.period.submit_by_at for one in (*due.own, *due.others)}):
        own = [one for one in due.own if one.period.submit_by_at == at]
        others = [one for one in due.others if one.period.submit_by_at == at]
        groups.append(UnsentGroup(at, own[:LISTED], len(own), others[:LISTED], len(others)))
    return groups
