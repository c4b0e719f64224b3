"""Deciding from the mail: the link in a reminder, what it opens, and what is done by it.

Whoever has the link decides as its account. So it opens the timesheets that were mailed in the revision that
was mailed, and nothing else; opening writes nothing. What may be decided is asked when somebody decides, by
the verbs that the portal has (decide.py), of the account as it is then. What ends a link before its day
deletes it (models/decision_links.py).
"""

import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from konnekt.background import mail
from konnekt.db import transaction
from konnekt.domain import clock, events
from konnekt.domain.accounts import sessions
from konnekt.domain.approvals import decide, mailed_sheets, undo_or_revoke
from konnekt.domain.approvals.decide import Outcome, Pick
from konnekt.domain.approvals.mailed_sheets import SOURCE, OpenedLink
from konnekt.domain.payroll import pay_dates
from konnekt.domain.refusals import Conflict, Invalid, NotFound
from konnekt.models import (
    Account,
    Contributor,
    DecisionLink,
    DecisionLinkSheet,
    Flag,
    Organisation,
    PayPeriod,
    State,
    Timesheet,
    decision_links,
)

# A page of more is none that people look through; what waits besides is in the portal.
MOST = 200
# How long it works after the deadline that the mail names.
STAYS = timedelta(days=7)
TOKEN_BYTES = 24  # 192 bits
AT_ONCE = 200


@dataclass(frozen=True)
class NewLink:
    """A link that is about to be mailed: its token, and the revision of each sheet that it opens."""

    account: Account
    token: str
    revisions: dict[int, int]
    ends_at: datetime

    def address(self, sheet: int | None = None) -> str:
        """The full address of its page, or of one sheet's."""
        return mail.link(f"/decide/{self.token}" + (f"/{sheet}" if sheet else ""))


@dataclass(frozen=True)
class Noteworthy:
    """What stands out about waiting sheets: their flags, and who had a hand in them."""

    flags: dict[int, list[Flag]] = field(default_factory=dict)
    contributors: dict[int, set[int]] = field(default_factory=dict)

    def is_ordinary(self, sheet: Timesheet, account: Account) -> bool:
        """The same as the portal's list says (product.md: gewoon)."""
        is_mine = account.id in self.contributors.get(sheet.id, set())
        return not (sheet.sequence or is_mine or self.flags.get(sheet.id))


def noteworthy() -> Noteworthy:
    """What stands out about all that waits, where anything may be decided from the mail: three statements."""
    if not Organisation.select().where(Organisation.decide_by_mail != "off").exists():
        return Noteworthy()
    flags: dict[int, list[Flag]] = {}
    is_told = (
        (Timesheet.state == State.SUBMITTED) & ~Flag.is_elsewhere & (Flag.revision == Timesheet.revision)
    )
    for flag in Flag.select(Flag).join(Timesheet).where(is_told).order_by(Flag.id):
        flags.setdefault(flag.timesheet_id, []).append(flag)
    contributors: dict[int, set[int]] = {}
    touched = Contributor.select(Contributor.timesheet, Contributor.account).join(Timesheet)
    for sheet, account in touched.where(Timesheet.state == State.SUBMITTED).tuples():
        contributors.setdefault(sheet, set()).add(account)
    return Noteworthy(flags, contributors)


def prepare(
    account: Account, waiting: list[Timesheet], seen: Noteworthy, open_periods: list[PayPeriod]
) -> NewLink | None:
    """The link of a mail that tells the account of these sheets; None where none may be decided from it.

    Nothing is written: `keep` does, once the mail is queued.
    """
    if not account.decides_by_mail:
        return None
    opened = [sheet for sheet in waiting if _is_opened(sheet, seen, account)][:MOST]
    if not opened:
        return None
    periods = {sheet.pay_period.id: sheet.pay_period for sheet in opened}
    lines = pay_dates.deadlines(list(periods.values()), open_periods)
    deadlines: list[datetime] = [line.pay_date.period.approve_by_at for line in lines if line.pay_date.period]
    ends_at = max(deadlines, default=clock.now()) + STAYS
    revisions = {sheet.id: sheet.revision for sheet in opened}
    return NewLink(account, secrets.token_urlsafe(TOKEN_BYTES), revisions, ends_at)


def _is_opened(sheet: Timesheet, seen: Noteworthy, account: Account) -> bool:
    way = sheet.organisation.decide_by_mail
    return bool(way == "all" or (way == "ordinary" and seen.is_ordinary(sheet, account)))


def keep(told: list[Account], links: Iterable[NewLink]) -> None:
    """Keep the links of mails that were queued, within the caller's transaction; they end those before.

    told: everybody who got a newer mail, also without a link. Four statements for every 200.
    """
    chosen = [link for link in links if link.account in set(told)]
    DecisionLink.delete().where(DecisionLink.ends_at <= clock.now()).execute()
    ids = sorted(account.id for account in told)
    for start in range(0, len(ids), AT_ONCE):
        DecisionLink.delete().where(DecisionLink.account.in_(ids[start : start + AT_ONCE])).execute()
    for start in range(0, len(chosen), AT_ONCE):
        _insert({sessions.digest(link.token): link for link in chosen[start : start + AT_ONCE]})


def _insert(links: dict[str, NewLink]) -> None:
    now = clock.now()
    DecisionLink.insert_many(
        [
            {"account": link.account, "token_hash": key, "made_at": now, "ends_at": link.ends_at}
            for key, link in links.items()
        ]
    ).execute()
    ids = DecisionLink.select(DecisionLink.token_hash, DecisionLink.id)
    id_of = dict(ids.where(DecisionLink.token_hash.in_(list(links))).tuples())
    rows = [
        {"link": id_of[key], "timesheet": sheet, "revision": revision}
        for key, link in links.items()
        for sheet, revision in link.revisions.items()
    ]
    for start in range(0, len(rows), 5 * AT_ONCE):
        DecisionLinkSheet.insert_many(rows[start : start + 5 * AT_ONCE]).execute()


def find(token: str) -> OpenedLink:
    """What a mailed link opens now; writes nothing. Raises NotFound where it opens nothing any more."""
    is_this = (DecisionLink.token_hash == sessions.digest(token)) & (DecisionLink.ends_at > clock.now())
    mine = Account.is_active & Account.decides_by_mail
    query = DecisionLink.select(DecisionLink, Account).join(Account).where(is_this & mine)
    link: DecisionLink | None = query.first()
    opened = mailed_sheets.opened(link) if link else None
    if opened is None or not opened.sheets:
        raise _over()
    if not opened.is_of_use:
        raise NotFound("Everything in this mail is decided.")
    return opened


def _over() -> NotFound:
    return NotFound(
        "There is a newer mail, its time is over, or you no longer have to do with what was in it."
    )


def _not_by_mail() -> Conflict:
    return Conflict("This one can't be decided from the mail: sign in to decide.")


@contextmanager
def _using(token: str) -> Iterator[OpenedLink]:
    """One transaction in which the link stays as it is: of its end and this one comes first."""
    with transaction():
        opened = find(token)
        lives = (DecisionLink.id == opened.link.id) & (DecisionLink.ends_at > clock.now())
        if DecisionLink.update(used_at=clock.now()).where(lives).execute() != 1:
            raise _over()
        yield opened


def approve(token: str, picks: Iterable[Pick]) -> Outcome:
    """Approve what was ticked on the link's page, as its account; a refused one does not undo the others.

    Raises Invalid for what was not mailed, NotFound for a link that is over.
    """
    with _using(token) as opened:
        chosen: list[Pick] = []
        refused: list[Pick] = []
        for pick in sorted(set(picks)):
            if opened.revisions.get(pick.sheet) != pick.revision:
                raise Invalid("This timesheet does not stand in this mail as it is here.", field="pick")
            sheet = opened.by_id.get(pick.sheet)
            (refused if sheet and sheet.needs_signing_in else chosen).append(pick)
        if chosen or not refused:
            outcome = decide.approve_many(chosen, by=opened.account, source=SOURCE)
        else:
            outcome = Outcome()
        outcome.refused += [(pick, None, _not_by_mail()) for pick in refused]
    return outcome


def reject(token: str, sheet: int, reason: str) -> Timesheet:
    """Send a sheet back with a reason, as the link's account, where the organisation lets this be mailed."""
    with _using(token) as opened:
        mailed = opened.sheet(sheet)
        if mailed.row.is_waiting and not mailed.may_reject:
            raise _not_by_mail()
        return decide.reject(sheet, reason, by=opened.account, seen=mailed.revision, source=SOURCE)


def undo(token: str, batch: str) -> Outcome:
    """Take back what one request of this link decided, within ten minutes."""
    with _using(token) as opened:
        mine = [sheet.row.id for sheet in opened.sheets if batch and sheet.batch == batch]
        if not mine:
            raise Conflict("The ten minutes to undo are over, or it was undone already.")
        return undo_or_revoke.undo_batch(batch, by=opened.account, only=mine, source=SOURCE)


def allow(account: Account, is_allowed: bool, *, by: Account) -> None:
    """Whether reminders to the account may have such a link; turned off, those that were mailed end too."""
    if by.id != account.id:
        raise Conflict("Everybody chooses this for themselves.")
    with transaction():
        differs = (Account.id == account.id) & (Account.decides_by_mail != is_allowed)
        if Account.update(decides_by_mail=is_allowed).where(differs).execute() == 1:
            before, after = {"decides_by_mail": not is_allowed}, {"decides_by_mail": is_allowed}
            events.record("change_person", by=by, person=account, before=before, after=after)
        if not is_allowed:
            decision_links.end_links(account)
    account.decides_by_mail = is_allowed
