"""A worker's own timesheets."""

from konnekt.models import Account, Assignment, Organisation, PayPeriod, Timesheet

SHOWN = 6


def latest(account: Account) -> list[Timesheet]:
    """The latest sheets of the account's own assignments with organisation and period: one statement."""
    return list(
        Timesheet.select(Timesheet, Assignment, Organisation, PayPeriod)
        .join(Assignment)
        .switch(Timesheet)
        .join(Organisation)
        .switch(Timesheet)
        .join(PayPeriod)
        .where(Assignment.worker == account)
        .order_by(PayPeriod.first_on.desc(), Timesheet.id.desc())
        .limit(SHOWN)
    )
