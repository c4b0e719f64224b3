"""Delivery of the outbox: by SMTP, or as .eml files where KONNEKT_MAIL is not set.

Any number of processes and hosts may deliver at once: a mail is claimed by a guarded UPDATE before it is
sent. A claim of somebody who died runs out, and the mail goes again under the same Message-ID. What a server
refuses for good is given up at once, anything else after days of trying: the agency sees it
(background/outbox.py).
"""

import logging
import smtplib
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Any

from peewee import Case, InterfaceError, OperationalError, fn

from konnekt.background import attachments, cause, logs, mail
from konnekt.background.transport import Unreachable, said, transport
from konnekt.db import db
from konnekt.domain import clock
from konnekt.domain.accounts import push
from konnekt.models import Account, Installation, Mail

log = logging.getLogger(__name__)

CLAIM = timedelta(minutes=10)
FIRST_DELAY = timedelta(minutes=1)
LONGEST_DELAY = timedelta(hours=6)
# Doubling from a minute to six hours: the last of these comes more than four days after the first.
ATTEMPTS = 24
# Seconds between the tries to write down that a mail went: the server has it, so it must not go again.
PAUSES = (0, 1, 2, 4, 8, 16)
# What is in these opens an account: the text goes once it is sent, only the token's hash stays.
SECRET_KINDS = ("invite", "reset", "deputy", "sign_in_code")
# Somebody waits in front of the screen for these: they go before all others, and a code, which no stranger
# can ask for, before what anybody can.
URGENT_KINDS = ("sign_in_code", "reset")
# Seconds after which a round begins no other mail: the next one begins with what is urgent by then.
LONGEST_ROUND = 30


@dataclass
class Delivered:
    """What one round did."""

    sent: int = 0
    failed: int = 0


def deliver(*, only: Mail | None = None, most: int = 100) -> Delivered:
    """Send what is due, at most that many or for so long; or only one mail.

    Failures stay queued with their reason.
    """
    done, told, began = Delivered(), list[Account](), time.monotonic()
    waiting = list(_due(only).limit(most))
    if not waiting:
        return done
    with transport() as way:
        for row in waiting:
            if (done.sent or done.failed) and time.monotonic() > began + LONGEST_ROUND:
                break
            if not _claim(row):
                continue
            try:
                name = f"{row.queued_at:%Y%m%d-%H%M%S}-{row.id}-{row.kind}"
                note = way.send(_message(row, way.encoding), name)
            except Exception as error:  # one bad mail must not stop the others
                _failed(row, error)
                done.failed += 1
                _say(row, error)
                if isinstance(error, Unreachable):
                    break
            else:
                _sent(row, note)
                done.sent += 1
                _say(row)
                if row.kind in push.KINDS and row.account_id:
                    told.append(row.account)
    _tell(told)
    return done


def _tell(accounts: list[Account]) -> None:
    """The browsers of who got a mail hear of it too; what fails there is no failure of the mail.

    Once all of them went: no mail waits for a push service, nor does the mail server in between.
    """
    try:
        push.tell(*accounts)
    except Exception:
        log.exception("no news for accounts %s", [account.id for account in accounts])


def _say(row: Mail, error: Exception | None = None) -> None:
    """A line in the log. What a server answers may name people: the page of undeliverable mail has that."""
    with cause.of(row.request_id):
        if error is None:
            log.info("mail %s (%s) was sent", row.id, row.kind)
        elif isinstance(error, Unreachable):
            log.warning("no mail can be handed over: %s", error, extra={"outage": "mail server"})
        else:
            code = getattr(error, "smtp_code", "")
            log.warning("mail %s (%s) was not sent: %s %s", row.id, row.kind, type(error).__name__, code)


def _is_due() -> Any:
    """Neither sent nor given up, and its time has come by the portal's clock or by the machine's.

    With KONNEKT_NOW the first stands still: a claim of somebody who died would never run out by it.
    """
    has_come = (Mail.due_at <= clock.now()) | (Mail.claimed_until_at <= clock.machine())
    return Mail.sent_at.is_null() & Mail.failed_at.is_null() & has_come & ~Installation.is_held()


def oldest() -> Any:
    """Since when the oldest mail should have gone: a moment, as the database has it, or None. One statement.

    One that failed is due later each time; where the server could not be reached it has waited since it was
    queued. What a server refuses for now (a full mailbox) holds up nobody else's mail.
    """
    waits = Mail.sent_at.is_null() & Mail.failed_at.is_null()
    moments = Mail.select(
        fn.MIN(Mail.due_at).filter(Mail.due_at <= clock.now()),
        fn.MIN(Mail.queued_at).filter(Mail.last_error.startswith(Unreachable.__name__)),
    ).where(waits)
    return min(filter(None, moments.scalar(as_tuple=True)), default=None)


def figures() -> dict[str, int]:
    """How many mails are due, rest until they are tried again, and were given up. One statement."""
    is_due = Mail.failed_at.is_null() & (Mail.due_at <= clock.now())
    states = (is_due, Mail.failed_at.is_null() & ~is_due, Mail.failed_at.is_null(False))
    counts = [fn.COUNT(Mail.id).filter(state) for state in states]
    numbers = Mail.select(*counts).where(Mail.sent_at.is_null()).scalar(as_tuple=True)
    return dict(zip(("due", "resting", "failed"), numbers, strict=True))


def hold_back() -> None:
    """Send nothing and do no long work until `release`: what waits in a restored copy was done already, or
    is not meant to be.
    """
    row = {"name": Installation.HELD, "value": clock.now().isoformat()}
    Installation.insert(row).on_conflict_ignore().execute()


def held_since() -> str:
    """The moment since when mail and long work are held back, as text; empty where they are not."""
    row = Installation.get_or_none(Installation.name == Installation.HELD)
    return row.value if row else ""


def release() -> bool:
    """Let mail go and long work be done again; whether they were held back."""
    return bool(Installation.delete().where(Installation.name == Installation.HELD).execute())


def _not_before(delay: timedelta) -> dict[str, Any]:
    return {"due_at": clock.now() + delay, "claimed_until_at": clock.machine() + delay}


def _due(only: Mail | None) -> Any:
    due = _is_due()
    if only is not None:
        due &= Mail.id == only.id
    urgency = Case(Mail.kind, [(kind, place) for place, kind in enumerate(URGENT_KINDS)], len(URGENT_KINDS))
    return Mail.select().where(due).order_by(urgency, Mail.due_at, Mail.id)


def _same(row: Mail) -> Any:
    """The condition on Mail: this mail. SQLite gives the id of one that was withdrawn to the next."""
    return Mail.message_id == row.message_id


def _claim(row: Mail) -> bool:
    """Take the mail, unless somebody else just did, or tried."""
    values = _not_before(CLAIM) | {"is_being_sent": True}
    taken = Mail.update(values).where(_same(row) & (Mail.attempts == row.attempts) & _is_due())
    return bool(taken.execute() == 1)


def _sent(row: Mail, note: str = "") -> None:
    """Write down that it went, also where the database goes away for a moment; note: what did not go."""
    values: dict[str, Any] = {"sent_at": clock.now(), "claimed_until_at": None, "is_being_sent": False}
    values |= {"due_at": row.due_at, "last_error": note}
    if row.kind in SECRET_KINDS:
        values |= {"text": "", "html": ""}
    elif (text := logs.masked(row.text)) != row.text:
        # A reminder by whose link one decides: what it said stays, the token goes.
        values |= {"text": text, "html": logs.masked(row.html)}
    for pause in PAUSES:
        try:
            db.connect(reuse_if_open=True)
            Mail.update(values).where(_same(row)).execute()
        except (OperationalError, InterfaceError):
            if pause == PAUSES[-1]:
                raise
            with suppress(Exception):
                db.close()
            time.sleep(pause)
        else:
            return


def _failed(row: Mail, error: Exception) -> None:
    """Let it rest for a while, longer each time; or give it up."""
    values = _not_before(min(FIRST_DELAY * 2**row.attempts, LONGEST_DELAY))
    if _is_final(error) or row.attempts + 1 >= ATTEMPTS:
        values |= {"failed_at": clock.now(), "claimed_until_at": None}
    reason = said(error).replace("\0", "")[:500]
    values |= {"last_error": reason, "is_being_sent": False}
    Mail.update(attempts=Mail.attempts + 1, **values).where(_same(row)).execute()


def _is_final(error: Exception) -> bool:
    """Whether trying again is of no use: a 5xx about the recipient or the text, or no mail at all.

    A 5xx about us (our address, our password) is about the settings: it is tried on, they may be mended.
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPDataError):
        return error.smtp_code >= 500
    return isinstance(error, (smtplib.SMTPNotSupportedError, MessageError, ValueError))


def _message(row: Mail, encoding: str) -> EmailMessage:
    """The mail as it travels. EmailMessage refuses line ends in headers."""
    name, address = mail.sender()
    message = EmailMessage(policy=mail.Folding(linesep="\r\n"))
    message["From"] = Address(name, addr_spec=address)
    message["To"] = Address(addr_spec=row.recipient)
    message["Subject"] = row.subject
    message["Date"] = row.queued_at
    message["Message-ID"] = row.message_id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(row.text, cte=encoding)
    if row.html:
        message.add_alternative(row.html, subtype="html", cte=encoding)
    if row.kind in attachments.KINDS:
        attachments.add(message, row)
    return message
