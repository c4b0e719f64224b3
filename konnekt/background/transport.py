"""The ways out that mail takes: an SMTP server, or .eml files where KONNEKT_MAIL is not set."""

import logging
import os
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import unquote

from konnekt.background import mail
from konnekt.config import mail_server
from konnekt.db import LOOPBACK

TIMEOUT_SECONDS = 20

log = logging.getLogger(__name__)


class Unreachable(Exception):
    """The mail server does not answer, or does not let us in: nothing more goes out this round."""


def said(error: Exception) -> str:
    """What the server said of this mail, else what went wrong: also that it takes none of ours."""
    answer: Any = None
    if isinstance(error, smtplib.SMTPSenderRefused):
        return f"{type(error).__name__}: {_words(error.smtp_code, error.smtp_error)}"
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        answer = next(iter(error.recipients.values()), None)
    elif isinstance(error, smtplib.SMTPResponseException):
        answer = error.smtp_code, error.smtp_error
    if answer is None:
        return f"{type(error).__name__}: {error}"
    return _words(*answer)


def _words(code: int, text: bytes | str) -> str:
    return f"{code} {text.decode(errors='replace') if isinstance(text, bytes) else text}"


class Transport(Protocol):
    """A way out; send raises where the mail could not be handed over."""

    where: str
    encoding: str

    def send(self, message: EmailMessage, name: str) -> str:
        """Hand one message over; says why its copy did not go along, where it asked for one."""

    def try_out(self) -> str:
        """Go as far as one can without sending; what it says. Raises Unreachable."""


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

    def send(self, message: EmailMessage, name: str) -> str:
        """Write the file whole or not at all; the same mail again is the same file."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = self.folder / f"{name}.part"
        handle = os.open(part, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(bytes(message))
            os.fsync(file.fileno())
        part.replace(self.folder / f"{name}.eml")
        return ""

    def try_out(self) -> str:
        """No server is set."""
        return f"KONNEKT_MAIL is not set: mails stay as files in {self.folder}"


class Server:
    """An SMTP server: smtp:// (with STARTTLS where it is offered) or smtps://, with or without a user."""

    encoding = "quoted-printable"

    def __init__(self, url: str) -> None:
        self.parts = mail_server(url)
        self.host = self.parts.hostname or ""
        self.where = self.host
        self.smtp: smtplib.SMTP | None = None

    def send(self, message: EmailMessage, name: str) -> str:
        """Hand the message over, on the connection of the one before when it still stands.

        A copy goes after it, alone: what a server says of the copy makes nobody get the mail again.
        """
        self._hand_over(message, [one.addr_spec for one in message["To"].addresses])
        copies = [one.addr_spec for one in message["Bcc"].addresses] if message["Bcc"] else []
        try:
            if copies:
                self._hand_over(message, copies)
        except (OSError, smtplib.SMTPException, Unreachable) as error:
            log.warning("a copy was not sent: %s", type(error).__name__)
            return f"{copies[0]}: {said(error)}"
        return ""

    def _hand_over(self, message: EmailMessage, to: list[str]) -> None:
        smtp = self._connected()
        try:
            smtp.send_message(message, to_addrs=to)
        except (smtplib.SMTPResponseException, smtplib.SMTPRecipientsRefused):
            # About this mail: the connection stands, unless the server hung up (421).
            if smtp.sock is None:
                self.smtp = None
            raise
        except Exception:
            self.quit()
            raise

    def try_out(self) -> str:
        """Sign in and name the sender; no mail is begun."""
        address = mail.sender()[1]
        try:
            code, answer = self._connected().mail(address)
        except (OSError, smtplib.SMTPException) as error:
            raise Unreachable(f"{self.where}: {type(error).__name__}: {error}") from error
        if code != 250:
            raise Unreachable(
                f"{self.where}: refuses the sender {address}: {code} {answer.decode(errors='replace')}"
            )
        return f"{self.where} takes mail from {address}"

    def _connected(self) -> smtplib.SMTP:
        if self.smtp is None:
            try:
                self._connect()
            except (OSError, smtplib.SMTPException) as error:
                self.quit()
                raise Unreachable(f"{self.where}: {type(error).__name__}: {error}") from error
        assert self.smtp is not None
        return self.smtp

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
