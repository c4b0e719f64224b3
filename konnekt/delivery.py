"""Delivery of the outbox: by SMTP, or as .eml files where KONNEKT_MAIL is not set.

Any number of processes and hosts may deliver at once: a mail is claimed by a guarded UPDATE before it is
sent. A claim of somebody who died runs out, and the mail goes again under the same Message-ID. What a server
refuses for good is given up at once, anything else after days of trying: the agency sees it
(domain/outbox.py).
"""

import os
import smtplib
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from peewee import InterfaceError, OperationalError

from konnekt import mail
from konnekt.db import LOOPBACK, db
from konnekt.domain import clock
from konnekt.models import Mail

CLAIM = timedelta(minutes=10)
FIRST_DELAY = timedelta(minutes=1)
LONGEST_DELAY = timedelta(hours=6)
# Doubling from a minute to six hours: the last of these comes more than four days after the first.
ATTEMPTS = 24
TIMEOUT_SECONDS = 20
# Seconds between the tries to write down that a mail went: the server has it, so it must not go again.
PAUSES = (0, 1, 2, 4, 8, 16)
# What is in these opens an account: the text goes once it is sent, only the token's hash stays.
SECRET_KINDS = ("invite", "reset")


class Unreachable(Exception):
    """The mail server does not answer, or does not let us in: nothing more goes out this round."""


@dataclass
class Delivered:
    """What one round did."""

    sent: int = 0
    failed: int = 0


class Transport(Protocol):
    """A way out; send raises where the mail could not be handed over."""

    where: str
    encoding: str

    def send(self, message: EmailMessage, name: str) -> None:
        """Hand one message over."""


def deliver(*, only: Mail | None = None, most: int = 100) -> Delivered:
    """Send what is due, at most that many; or only one mail. Failures stay queued with their reason."""
    done = Delivered()
    waiting = list(_due(only).limit(most))
    if not waiting:
        return done
    with transport() as way:
        for row in waiting:
            if not _claim(row):
                continue
            try:
                way.send(_message(row, way.encoding), f"{row.queued_at:%Y%m%d-%H%M%S}-{row.id}-{row.kind}")
            except Exception as error:  # one bad mail must not stop the others
                _failed(row, error)
                done.failed += 1
                if isinstance(error, Unreachable):
                    break
            else:
                _sent(row)
                done.sent += 1
    return done


def _is_due() -> Any:
    """Neither sent nor given up, and its time has come by the portal's clock or by the machine's.

    With KONNEKT_NOW the first stands still: a claim of somebody who died would never run out by it.
    """
    has_come = (Mail.due_at <= clock.now()) | (Mail.claimed_until_at <= clock.machine())
    return Mail.sent_at.is_null() & Mail.failed_at.is_null() & has_come


def _not_before(delay: timedelta) -> dict[str, Any]:
    return {"due_at": clock.now() + delay, "claimed_until_at": clock.machine() + delay}


def _due(only: Mail | None) -> Any:
    due = _is_due()
    if only is not None:
        due &= Mail.id == only.id
    return Mail.select().where(due).order_by(Mail.due_at, Mail.id)


def _same(row: Mail) -> Any:
    """The condition on Mail: this mail. SQLite gives the id of one that was withdrawn to the next."""
    return Mail.message_id == row.message_id


def _claim(row: Mail) -> bool:
    """Take the mail, unless somebody else just did, or tried."""
    taken = Mail.update(_not_before(CLAIM)).where(_same(row) & (Mail.attempts == row.attempts) & _is_due())
    return bool(taken.execute() == 1)


def _sent(row: Mail) -> None:
    """Write down that it went, also where the database goes away for a moment."""
    values: dict[str, Any] = {"sent_at": clock.now(), "claimed_until_at": None, "last_error": ""}
    values["due_at"] = row.due_at
    if row.kind in SECRET_KINDS:
        values |= {"text": "", "html": ""}
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
    reason = _reason(error).replace("\0", "")[:500]
    Mail.update(attempts=Mail.attempts + 1, last_error=reason, **values).where(_same(row)).execute()


def _is_final(error: Exception) -> bool:
    """Whether trying again is of no use: a 5xx about the recipient or the text, or no mail at all.

    A 5xx about us (our address, our password) is about the settings: it is tried on, they may be mended.
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return all(code >= 500 for code, _ in error.recipients.values())
    if isinstance(error, smtplib.SMTPDataError):
        return error.smtp_code >= 500
    return isinstance(error, (smtplib.SMTPNotSupportedError, MessageError, ValueError))


def _reason(error: Exception) -> str:
    """What the server said, else what went wrong."""
    said: Any = None
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        said = next(iter(error.recipients.values()), None)
    elif isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_code, error.smtp_error
    if said is None:
        return f"{type(error).__name__}: {error}"
    code, text = said
    return f"{code} {text.decode(errors='replace') if isinstance(text, bytes) else text}"


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
    return message


@contextmanager
def transport() -> Iterator[Transport]:
    """The way out that KONNEKT_MAIL names."""
    url = mail.config().mail
    if not url:
        yield Outbox(mail.config().instance / "outbox")
        return
    server = Server(url)
    try:
        yield server
    finally:
        server.quit()


class Outbox:
    """A folder of .eml files, readable by their owner alone, also without a mail program."""

    encoding = "8bit"

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.where = str(folder)

    def send(self, message: EmailMessage, name: str) -> None:
        """Write the file whole or not at all; the same mail again is the same file."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = self.folder / f"{name}.part"
        handle = os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(bytes(message))
            os.fsync(file.fileno())
        part.replace(self.folder / f"{name}.eml")


class Server:
    """An SMTP server: smtp:// (with STARTTLS where it is offered) or smtps://, with or without a user."""

    encoding = "quoted-printable"

    def __init__(self, url: str) -> None:
        self.parts = urlsplit(url)
        if self.parts.scheme not in ("smtp", "smtps") or not self.parts.hostname:
            raise ValueError("KONNEKT_MAIL must be like smtp://user:password@host:587 or smtps://host")
        self.host = self.parts.hostname
        self.where = self.host
        self.smtp: smtplib.SMTP | None = None

    def send(self, message: EmailMessage, name: str) -> None:
        """Hand the message over, on the connection of the one before when it still stands."""
        if self.smtp is None:
            try:
                self._connect()
            except (OSError, smtplib.SMTPException) as error:
                self.quit()
                raise Unreachable(f"{self.where}: {type(error).__name__}: {error}") from error
        assert self.smtp is not None
        try:
            self.smtp.send_message(message)
        except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused):
            # About this mail: the connection stands, unless the server hung up (421).
            if self.smtp.sock is None:
                self.smtp = None
            raise
        except Exception:
            self.quit()
            raise

    def _connect(self) -> None:
        context = ssl.create_default_context()
        is_here = self.host in LOOPBACK
        if is_here:
            # A relay on this machine has a certificate of its own making, and no road to listen on.
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        port = self.parts.port
        if self.parts.scheme == "smtps":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, port or 465, timeout=TIMEOUT_SECONDS, context=context
            )
        else:
            smtp = smtplib.SMTP(self.host, port or 25, timeout=TIMEOUT_SECONDS)
        self.smtp = smtp
        is_private = self.parts.scheme == "smtps"
        smtp.ehlo()
        if not is_private and smtp.has_extn("starttls"):
            smtp.starttls(context=context)
            smtp.ehlo()
            is_private = True
        if self.parts.username:
            if not is_private and not is_here:
                raise ConnectionError("the mail server offers no encryption: the password is not sent")
            smtp.login(unquote(self.parts.username), unquote(self.parts.password or ""))

    def quit(self) -> None:
        """Say goodbye, or just hang up."""
        smtp, self.smtp = self.smtp, None
        if smtp is not None:
            with suppress(smtplib.SMTPException, OSError):
                smtp.quit()
            smtp.close()
