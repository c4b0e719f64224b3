"""The report by mail, for who asks for it: when the approvals of a period were due, a link to its report.

The mail holds no figures: what is there to see is asked of who opens it, on that day.
"""

from collections.abc import Iterable
from datetime import timedelta
from urllib.parse import urlencode

from konnekt.background import mail
from konnekt.db import transaction
from konnekt.domain import access, clock, events
from konnekt.domain.refusals import Forbidden
from konnekt.models import Account, Organisation, PayPeriod

KIND = "report"
# Of a period that was over for longer nothing is mailed: to who asks now, or where nothing ran for days.
LOOK_BACK = timedelta(days=3)


def choose(is_mailed: bool, *, by: Account) -> None:
    """Have the report of each period mailed from now on, or no more. Raises Forbidden for who sees none."""
    if is_mailed and not access.may_see_invoices(access.grants(by)):
        raise Forbidden("The report is for who may see invoices.")
    with transaction():
        differs = (Account.id == by.id) & (Account.report_by_mail != is_mailed)
        if Account.update(report_by_mail=is_mailed).where(differs).execute() == 1:
            before, after = {"report_by_mail": not is_mailed}, {"report_by_mail": is_mailed}
            events.record("choose_report_by_mail", by=by, person=by, before=before, after=after)
    by.report_by_mail = is_mailed


def queue_due() -> int:
    """Queue a mail for each period whose approvals were due of late and each who asks; returns how many.

    Nobody gets one twice. Whether somebody may still see invoices, and where, is asked now.
    """
    now = clock.now()
    is_over = (PayPeriod.approve_by_at > now - LOOK_BACK) & (PayPeriod.approve_by_at <= now)
    over = list(PayPeriod.select().where(is_over).order_by(PayPeriod.first_on, PayPeriod.id))
    if not over:
        return 0
    asking = list(Account.select().where(Account.is_active & Account.report_by_mail).order_by(Account.id))
    return sum(_queue(account, over) for account in asking)


def _queue(account: Account, over: Iterable[PayPeriod]) -> int:
    calendars, queued = _calendars(account), 0
    for period in over:
        if period.calendar in calendars:
            asked = urlencode({"year": period.year, "first": period.id, "last": period.id})
            with transaction():
                letter = mail.queue(
                    KIND,
                    account,
                    once_key=f"{KIND} {account.id} {period.id}",
                    period=period,
                    url=mail.link(f"/reports?{asked}"),
                )
            queued += letter is not None
    return queued


def _calendars(account: Account) -> set[str]:
    """Of the organisations whose report the account sees."""
    who = access.grants(account)
    if who.is_agency_staff:
        query = Organisation.select(Organisation.calendar).where(Organisation.ended_on.is_null()).distinct()
        return {calendar for (calendar,) in query.tuples()}
    return {who.organisations[one].calendar for one in who.invoices}
