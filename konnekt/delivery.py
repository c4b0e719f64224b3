"""Delivery of the outbox: by SMTP, or as .eml files where KONNEKT_MAIL is not set.

Any number of processes and hosts may deliver at once: a mail is claimed by a guarded UPDATE before it is
sent. A claim of somebody who died runs out, and the mail goes again under the same Message-ID.
"""

import os
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

from konnekt import mail
from konnekt.db import LOOPBACK
from konnekt.domain import clock
from konnekt.models import Mail

CLAIM = timedelta(minutes=10)
FIRST_DELAY = timedelta(minutes=1)
LONGEST_DELAY = timedelta(hours=6)
# Doubling from a minute to six hours: the last of these comes more than four days after the first.
ATTEMPTS = 24
TIMEOUT_SECONDS = 20
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


def _due(only: Mail | None) -> Any:
    now = clock.now()
    free = Mail.claimed_until_at.is_null() | (Mail.claimed_until_at <= now)
    due = Mail.sent_at.is_null() & (Mail.due_at <= now) & (Mail.attempts < ATTEMPTS) & free
    if only is not None:
        due &= Mail.id == only.id
    return Mail.select().where(due).order_by(Mail.due_at, Mail.id)


def _claim(row: Mail) -> bool:
    """Take the mail, unless somebody else just did."""
    now = clock.now()
    free = Mail.claimed_until_at.is_null() | (Mail.claimed_until_at <= now)
    taken = Mail.update(claimed_until_at=now + CLAIM).where(
        (Mail.id == row.id) & Mail.sent_at.is_null() & free
    )
    return bool(taken.execute() == 1)


def _sent(row: Mail) -> None:
    values: dict[str, Any] = {"sent_at": clock.now(), "claimed_until_at": None, "last_error": ""}
    if row.kind in SECRET_KINDS:
        values |= {"text": "", "html": ""}
    Mail.update(**values).where(Mail.id == row.id).execute()


def _failed(row: Mail, error: Exception) -> None:
    delay = min(FIRST_DELAY * 2**row.attempts, LONGEST_DELAY)
    Mail.update(
        attempts=Mail.attempts + 1,
        due_at=clock.now() + delay,
        claimed_until_at=None,
        last_error=f"{type(error).__name__}: {error}".replace("\0", "")[:500],
    ).where(Mail.id == row.id).execute()


def _message(row: Mail, encoding: str) -> EmailMessage:
    """The mail as it travels. EmailMessage refuses line ends in headers."""
    name, address = mail.sender()
    message = EmailMessage(policy=SMTP)
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
            raise  # about this mail: the connection stands
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
