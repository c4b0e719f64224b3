"""Four eyes: who entered or sent any part of a sheet does not approve it (product.md section 3)."""

from konnekt.domain import clock
from konnekt.domain.refused import Refused
from konnekt.models import Account, Contributor, Deputy, Right, Timesheet


def check(sheet: Timesheet, by: Account) -> None:
    """Refuse sending where nobody would be left to approve it; sheet comes with its organisation.

    Only where the organisation asks for four eyes.
    """
    if not sheet.organisation.four_eyes:
        return
    touched = {by.id, sheet.assignment.worker_id}
    if sheet.id is not None:
        touched |= {row.account_id for row in Contributor.select().where(Contributor.timesheet == sheet)}
    if not is_approver_left(sheet.organisation_id, touched):
        raise Refused(
            "At %(organisation)s somebody else approves than who enters, and nobody else is left: "
            "let the worker or a colleague enter and send this timesheet.",
            organisation=sheet.organisation.name,
        )


def is_approver_left(organisation: int, touched: set[int]) -> bool:
    """Whether an approver, or a deputy of today together with whom it stands in for, is not among them."""
    approvers = {
        row.account_id
        for row in Right.select()
        .join(Account)
        .where((Right.organisation == organisation) & Right.may_approve & Account.is_active)
    }
    if approvers - touched:
        return True
    today = clock.today()
    pairs = (
        Deputy.select(Deputy.supervisor, Deputy.deputy)
        .join(Account, on=(Account.id == Deputy.deputy))
        .switch(Deputy)
        .join(Right, on=((Right.account == Deputy.supervisor) & (Right.organisation == Deputy.organisation)))
        .where(
            (Deputy.organisation == organisation)
            & (Deputy.first_on <= today)
            & (Deputy.last_on >= today)
            & Deputy.ended_at.is_null()
            & Right.may_approve
            & Account.is_active
            & Deputy.supervisor.in_(Account.select(Account.id).where(Account.is_active))
        )
        .tuples()
    )
    return any(not touched & {supervisor, deputy} for supervisor, deputy in pairs)
