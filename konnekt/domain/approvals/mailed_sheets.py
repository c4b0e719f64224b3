"""What a link in a mail opens: its timesheets as they are now, and which of them it still decides on."""

from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from operator import attrgetter

from konnekt.domain import access, clock
from konnekt.domain.access import Grants
from konnekt.domain.approvals import for_me, listing, undo_or_revoke
from konnekt.domain.approvals.listing import WaitingRow
from konnekt.domain.refusals import NotFound
from konnekt.models import Account, DecisionLink, DecisionLinkSheet, Event, PayPeriod, State, WaitingSheet

# What the events of a decision from the mail have as their source.
SOURCE = "mail"
# What makes a sheet another than the one that was mailed, also in the same revision.
CHANGES = ("save", "submit", "withdraw", "revoke")


@dataclass(frozen=True)
class MailedSheet:
    """A timesheet of a link as it is now, and the revision that was mailed.

    way: what its organisation lets be decided from the mail. is_for_me: whether it waits for the account.
    batch: that of a decision from the mail which can still be undone.
    """

    row: WaitingRow
    revision: int
    way: str
    is_for_me: bool
    is_other: bool
    batch: str

    @property
    def is_changed(self) -> bool:
        """Whether it is not what was mailed: nothing of it is told here."""
        is_undecided = self.row.is_waiting or self.is_draft
        return self.row.revision != self.revision or self.is_draft or (self.is_other and is_undecided)

    @property
    def is_draft(self) -> bool:
        """Whether it was taken back, and waits for who enters it."""
        return self.row.state == State.DRAFT

    @property
    def is_open(self) -> bool:
        """Whether it can be approved from the mail."""
        is_allowed = self.way == "all" or (self.way == "ordinary" and self.row.is_ordinary)
        return self.row.is_waiting and self.is_for_me and is_allowed and not self.is_changed

    @property
    def may_reject(self) -> bool:
        """Whether it can be rejected from the mail: not where that is for approving ordinary ones."""
        return self.is_open and self.way == "all"

    @property
    def needs_signing_in(self) -> bool:
        """Whether it waits, or will, and the mail is no way to decide on it."""
        return not self.is_open and (self.is_draft or self.row.is_waiting)

    @property
    def pick(self) -> str:
        """What its box carries: the sheet and the revision that was mailed."""
        return f"{self.row.id}:{self.revision}"


@dataclass(frozen=True)
class MailedBatch:
    """What one request decided from the mail that can still be undone."""

    batch: str
    sheets: list[MailedSheet]

    @property
    def minutes(self) -> int:
        return sum(sheet.row.minutes for sheet in self.sheets)

    @property
    def is_approval(self) -> bool:
        return all(sheet.row.state == State.APPROVED for sheet in self.sheets)


@dataclass(frozen=True)
class OpenedLink:
    """A link that is looked at: whose it is, the revisions that were mailed, and what became of the sheets.

    sheets: those that the account may decide on in some way, by its rights of today.
    """

    link: DecisionLink
    who: Grants
    revisions: dict[int, int]
    sheets: list[MailedSheet]
    periods: list[PayPeriod]

    @property
    def account(self) -> Account:
        return self.who.account

    @cached_property
    def by_id(self) -> dict[int, MailedSheet]:
        """The sheets by their number."""
        return {sheet.row.id: sheet for sheet in self.sheets}

    def sheet(self, number: int) -> MailedSheet:
        """One of its sheets; raises NotFound for any other, as for one that does not exist."""
        if number not in self.by_id:
            raise NotFound("This timesheet does not stand in this mail, or is no longer yours to decide on.")
        return self.by_id[number]

    @property
    def open(self) -> list[MailedSheet]:
        return [sheet for sheet in self.sheets if sheet.is_open]

    @property
    def undoable(self) -> list[MailedBatch]:
        """What was decided from the mail in the last ten minutes, a request each."""
        mine = sorted((one for one in self.sheets if one.batch), key=attrgetter("batch"))
        return [MailedBatch(batch, list(sheets)) for batch, sheets in groupby(mine, attrgetter("batch"))]

    @property
    def is_of_use(self) -> bool:
        """Whether anything is left to do, or to undo."""
        return any(sheet.is_open or sheet.needs_signing_in or sheet.batch for sheet in self.sheets)


def opened(link: DecisionLink) -> OpenedLink:
    """What the link (with its account) opens now: a fixed number of statements, and nothing is written."""
    revisions = dict(
        DecisionLinkSheet.select(DecisionLinkSheet.timesheet, DecisionLinkSheet.revision)
        .where(DecisionLinkSheet.link == link)
        .tuples()
    )
    account: Account = link.account
    who = access.grants(account)
    ways = {place.id: place.decide_by_mail for place in who.organisations.values() if place.id in who.approve}
    rows = listing.rows(who, revisions, most=len(revisions)) if ways and revisions else []
    waiting = _waiting(who, list(revisions))
    others, batches = _happened(link, revisions)
    sheets = [
        MailedSheet(
            row,
            revisions[row.id],
            ways[row.organisation_id],
            row.id in waiting,
            row.id in others,
            batches.get(row.id, "") if undo_or_revoke.may_undo(row, account) else "",
        )
        for row in rows
        if row.organisation_id in ways
    ]
    of_open = {waiting[sheet.row.id] for sheet in sheets if sheet.is_open}
    periods = list(PayPeriod.select().where(PayPeriod.id.in_(of_open)).order_by(PayPeriod.first_on))
    return OpenedLink(link, who, revisions, sheets, periods)


def _waiting(who: Grants, sheets: list[int]) -> dict[int, int]:
    """Those of these sheets that wait for the account now, with their pay period."""
    if not who.approve:
        return {}
    query = WaitingSheet.select(WaitingSheet.timesheet, WaitingSheet.pay_period)
    return dict(query.where(for_me.condition(who) & WaitingSheet.timesheet.in_(sheets)).tuples())


def _happened(link: DecisionLink, revisions: dict[int, int]) -> tuple[set[int], dict[int, str]]:
    """What happened since the mail: the sheets that are others now, and the batches of what the account
    decided from the mail within the time to undo."""
    since = clock.now() - undo_or_revoke.UNDO_WITHIN
    query = Event.select(Event.timesheet, Event.verb, Event.at, Event.actor, Event.source, Event.batch)
    is_about = Event.timesheet.in_(list(revisions)) & (Event.at >= link.made_at)
    others, batches = set[int](), dict[int, str]()
    for event in query.where(is_about).order_by(Event.id):
        if event.verb in CHANGES and event.at > link.made_at:
            others.add(event.timesheet_id)
        is_mine = event.actor_id == link.account_id and event.source == SOURCE and event.at >= since
        if event.verb in ("approve", "reject"):
            batches[event.timesheet_id] = event.batch if is_mine else ""
    return others, batches
