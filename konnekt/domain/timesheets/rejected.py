"""A rejected sheet: where it is put right, and the mail about it while it rests."""

from urllib.parse import quote

from konnekt.background import mail
from konnekt.models import Account, Event, State, Timesheet


def withdraw_rejection(sheet: Timesheet) -> None:
    """Of a rejected sheet that is sent again or taken back: its mails that have not left yet never will."""
    if sheet.id is None or sheet.state != State.REJECTED:
        return
    rejections = Event.select(Event.batch).where((Event.timesheet == sheet) & (Event.verb == "reject"))
    batch = rejections.order_by(Event.id.desc()).limit(1).scalar()
    if batch:
        mail.withdraw(batch)


def door(sheet: Timesheet, account: Account) -> str:
    """Where the account puts a rejected sheet right: at its own door or that of registration."""
    is_own = sheet.assignment.entered_by == "worker" and sheet.assignment.worker_id == account.id
    if sheet.sequence:
        return f"/bureau/corrections/{sheet.id}"
    period, door = sheet.pay_period, "hours" if is_own else "registration"
    code = quote(sheet.assignment.code, safe="")
    return f"/{door}/{code}?year={period.year}&period={period.number}"
