"""A mail when the approved hours of a budget number reach 80 % and 100 % of its ceiling."""

from collections.abc import Iterable
from typing import Any

from konnekt.background import mail
from konnekt.domain.budgets import used as budget_used
from konnekt.models import Account, BudgetNumber, Organisation, Right, TimesheetLine

STEPS = (100, 80)


def after_approval(sheets: Iterable[int]) -> None:
    """Queue the mails that these approvals cause, once per step, ceiling and person; call it within the verb.

    They go to who approves or sees invoices in that organisation. One statement where no budget number has
    a ceiling or none is near it. Call it behind flags.changed: that holds the lock of the sums.
    """
    stands_on = TimesheetLine.select(TimesheetLine.budget_number).where(
        TimesheetLine.timesheet.in_(list(sheets))
    )
    has_ceiling = BudgetNumber.ceiling_minutes.is_null(False) | BudgetNumber.ceiling_cents.is_null(False)
    budgets = budget_used.read(has_ceiling & BudgetNumber.id.in_(stands_on), only_approved=True, keep=True)
    reached = {key: step for key, budget in budgets.items() if (step := _step(budget))}
    if not reached:
        return
    numbers = BudgetNumber.select(BudgetNumber, Organisation).join(Organisation)
    for number in numbers.where(BudgetNumber.id.in_(list(reached))).order_by(BudgetNumber.id):
        for account in _readers(number.organisation_id):
            _tell(account, number, reached[number.id])


def _step(budget: budget_used.Budget) -> int:
    """The highest step that is reached; 0 for none."""
    for step in STEPS:
        if _reaches(budget.minutes, budget.ceiling_minutes, step):
            return step
        if _reaches(budget.cents, budget.ceiling_cents, step):
            return step
    return 0


def _reaches(used: int, ceiling: int | None, step: int) -> bool:
    return ceiling is not None and used > 0 and used * 100 >= ceiling * step


def _readers(organisation: int) -> Any:
    return (
        Account.select()
        .join(Right)
        .where(
            (Right.organisation == organisation)
            & (Right.may_approve | Right.may_see_invoices)
            & Account.is_active
        )
        .order_by(Account.id)
    )


def _tell(account: Account, number: BudgetNumber, step: int) -> None:
    ceiling = f"{number.ceiling_minutes}:{number.ceiling_cents}"
    mail.queue(
        "budget",
        to=account,
        once_key=f"budget:{number.id}:{ceiling}:{step}:{account.id}",
        number=number.number,
        description=number.description,
        organisation=number.organisation,
        percent=step,
        url=mail.link(f"/budgets/{number.id}"),
    )
