"""Invoices and reminders that are being sent: how far that is, until all went or was given up.

A sending is all that somebody sent at one moment. What is tried again later does not hold up its end.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peewee import JOIN, fn

from konnekt.background.queue import WorkProgress
from konnekt.domain import clock
from konnekt.domain.invoices import dispatches
from konnekt.domain.refusals import NotFound
from konnekt.models import Account, Dispatch, Invoice, Mail
from konnekt.models.dispatches import DELIVERED, REFUSED, SENT

# How many of those that did not go a page names.
MOST_NAMED = 50

_HAS_MAIL = Mail.id.is_null(False)
_WENT = Mail.sent_at.is_null(False) | (~_HAS_MAIL & Dispatch.outcome.in_([SENT, DELIVERED]))
_REFUSED = Mail.failed_at.is_null(False) | (~_HAS_MAIL & (Dispatch.outcome == REFUSED))
_FAILING = _HAS_MAIL & Mail.sent_at.is_null() & Mail.failed_at.is_null() & (Mail.attempts > 0)
_WAITS = (_HAS_MAIL & Mail.sent_at.is_null() & Mail.failed_at.is_null() & (Mail.attempts == 0)) | (
    ~_HAS_MAIL & (Dispatch.outcome == "")
)


@dataclass(frozen=True)
class Sending:
    """first: the id of its first dispatch, by which it is called; by: who sent it; purpose: of Dispatch.

    went, refused, failing, waiting: how many, of all; failing is tried again. What was taken back counts as
    none of them.
    """

    first: int
    asked_at: datetime
    by: int | None
    purpose: str
    count: int
    went: int
    refused: int
    failing: int
    waiting: int

    @property
    def progress(self) -> WorkProgress:
        """How far it is; what is tried again later is done for now."""
        seconds = (clock.now() - self.asked_at).total_seconds()
        return WorkProgress(self.count - self.waiting, self.count, seconds)

    @property
    def is_over(self) -> bool:
        """Whether nothing waits for its first try."""
        return not self.waiting


def _read() -> Any:
    columns = [fn.COUNT(Dispatch.id).filter(one) for one in (_WENT, _REFUSED, _FAILING, _WAITS)]
    names = (
        fn.MIN(Dispatch.id), Dispatch.asked_at, Dispatch.asked_by, fn.MIN(Dispatch.purpose),
        fn.COUNT(Dispatch.id),
    )  # fmt: skip
    query = Dispatch.select(*names, *columns).join(Mail, JOIN.LEFT_OUTER)
    return query.group_by(Dispatch.asked_at, Dispatch.asked_by).order_by(Dispatch.asked_at.desc())


def find(first: int) -> Sending:
    """The sending that this dispatch is of: two statements. Raises NotFound."""
    one: Dispatch | None = Dispatch.get_or_none(Dispatch.id == first)
    if one is None:
        raise NotFound("This sending is not known.")
    return next(Sending(*row) for row in _read().where(_same(one)).tuples())


def _same(one: Dispatch | Sending) -> Any:
    by = one.asked_by_id if isinstance(one, Dispatch) else one.by
    is_theirs = Dispatch.asked_by.is_null() if by is None else Dispatch.asked_by == by
    return (Dispatch.asked_at == one.asked_at) & is_theirs


def latest_of(by: Account) -> Sending:
    """What somebody sent last, at least once: two statements."""
    query = Dispatch.select(Dispatch.id).where(Dispatch.asked_by == by)
    return find(query.order_by(Dispatch.id.desc()).limit(1).scalar() or 0)


def sendings() -> list[Sending]:
    """All of which something waits for its first try, the latest first: one statement."""
    untried = Mail.sent_at.is_null() & Mail.failed_at.is_null() & (Mail.attempts == 0)
    by_mail = Dispatch.select(Dispatch.asked_at).join(Mail).where(untried)
    by_peppol = Dispatch.select(Dispatch.asked_at).where(
        (Dispatch.way == "peppol") & (Dispatch.outcome == "")
    )
    is_one = Dispatch.asked_at.in_(by_mail) | Dispatch.asked_at.in_(by_peppol)
    found = [Sending(*row) for row in _read().where(is_one).tuples()]
    return [one for one in found if not one.is_over]


def left(of: Sending) -> list[Dispatch]:
    """What did not go, with its invoice and why: one statement, at most MOST_NAMED."""
    query = dispatches.read(Invoice.id, Invoice.number_text).switch(Dispatch).join(Invoice)
    rows = query.where(_same(of) & (_REFUSED | _FAILING)).order_by(Dispatch.id)
    return list(rows.limit(MOST_NAMED))
