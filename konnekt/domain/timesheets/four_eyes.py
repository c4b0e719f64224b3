"""Four eyes: who entered or sent any part of a sheet does not approve it (product.md section 3)."""

from konnekt.domain.refusals import Conflict
from konnekt.models import Account, Contributor, Right, Timesheet


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
        raise Conflict(
            "At %(organisation)s somebody else approves than who enters, and nobody else is left: "
            "let the worker or a colleague enter and send this timesheet.",
            organisation=sheet.organisation.name,
        )


def is_approver_left(organisation: int, touched: set[int]) -> bool:
    """Whether an approver is not among them.

    A deputy adds nobody: whom she stands in for has an open account and touched nothing, so approves too.
    """
    approvers = {
        row.account_id
        for row in Right.select()
        .join(Account)
        .where((Right.organisation == organisation) & Right.may_approve & Account.is_active)
    }
    return bool(approvers - touched)
