"""Leaving an invoice to be out of runs, for a reason that stays until it is taken up again."""

from konnekt.db import hold, transaction
from konnekt.domain import clock, events
from konnekt.domain.accounts import agency_roles
from konnekt.domain.invoices import compose, drafts
from konnekt.domain.invoices.billable import Which
from konnekt.domain.invoices.groups import InvoiceGroup
from konnekt.domain.refusals import Conflict, NotFound
from konnekt.domain.text_fields import checked_reason
from konnekt.models import Account, Agency, Organisation, PostponedInvoice


def find(group: InvoiceGroup, order: str | None = None) -> drafts.Draft:
    """The invoice to be, as it is now; raises NotFound where it is not, not any more or not now.

    order: the purchase order number that somebody typed for it. What lacks one is there as well.
    """
    orders = {} if order is None else {group.key: order}
    composed = compose.compose(Which.of(group), Agency.select().first(), orders)
    both = (*composed.drafts, *composed.without_order)
    draft = next((one for one in both if one.group == group), None)
    if draft is None:
        raise NotFound("These hours are invoiced, changed or left out by now.")
    return draft


def postpone(
    group: InvoiceGroup, reason: str, *, seen: str, by: Account, order: str | None = None
) -> PostponedInvoice:
    """Leave it out of every run, until somebody takes it up again.

    seen: the mark of the draft that was shown; order: as in `find`. Raises NotFound as `find` does, Conflict
    where it has changed, Invalid without a reason, Forbidden.
    """
    agency_roles.require(by, "invoices", "Only the agency makes invoices.")
    reason = checked_reason(reason)
    with transaction():
        # A run that is under way issues it before this or not at all.
        hold("invoices")
        draft = find(group, order)
        if draft.mark != seen:
            raise Conflict("This changed after it was shown. Look at it again.")
        postponed: PostponedInvoice = PostponedInvoice.create(
            organisation=group.organisation,
            pay_period=group.period,
            budget_number=group.budget_number or None,
            worker=group.worker or None,
            reason=reason,
            created_at=clock.now(),
            created_by=by,
        )
        events.record(
            "postpone", by=by, organisation=draft.organisation, reason=reason, after=_told(draft.name)
        )
    return postponed


def take_up(postponed: int, *, by: Account) -> None:
    """Let runs invoice it again. Raises NotFound where somebody did so already, Forbidden."""
    agency_roles.require(by, "invoices", "Only the agency makes invoices.")
    with transaction():
        hold("invoices")
        query = PostponedInvoice.select(PostponedInvoice, Organisation).join(Organisation)
        row: PostponedInvoice | None = query.where(PostponedInvoice.id == postponed).first()
        if row is None:
            raise NotFound("This was taken up already.")
        row.delete_instance()
        events.record("take_up", by=by, organisation=row.organisation, after=_told(_name(row)))


def _told(name: str) -> dict[str, str]:
    return {"name": name}


def _name(row: PostponedInvoice) -> str:
    number = row.budget_number.number if row.budget_number else ""
    worker = row.worker.name if row.worker else ""
    return drafts.name_of(row.organisation, row.pay_period, number or worker)
