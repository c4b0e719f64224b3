"""A real mail server on the loopback address that keeps what it gets."""

import re
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP as Server, AuthResult, Envelope, LoginPassword, Session


class Postbox:
    """The handler of the server: takes mail, unless `refuse` or `answer` says otherwise.

    greet is called when somebody connects. answer gets the whole mail before it is taken: a text to say
    instead ("" hangs up without a word), or None; refuse_sender is said to whoever sends; accepted is called when it is taken and not yet answered.
    """

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []
        self.users: list[tuple[str, str]] = []
        self.was_private: list[bool] = []
        self.refuse: Callable[[str], str | None] = lambda _recipient: None
        self.refuse_sender = ""
        self.answer: Callable[[Envelope], str | None] = lambda _envelope: None
        self.greet: Callable[[], None] = lambda: None
        self.accepted: Callable[[], None] = lambda: None
        self.connections = 0
        self.port = 0

    @property
    def mails(self) -> list[EmailMessage]:
        return [message_from_bytes(one.content, policy=policy.default) for one in self.envelopes]

    async def handle_EHLO(
        self, _server: Server, session: Session, _envelope: Envelope, name: str, responses: list[str]
    ) -> list[str]:
        self.connections += session.host_name is None
        session.host_name = name
        self.greet()
        return responses

    async def handle_MAIL(
        self, _server: Server, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self.refuse_sender or "250 OK"

    async def handle_RCPT(
        self, server: Server, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        refusal = self.refuse(address)
        if refusal:
            if refusal.startswith("421"):
                server.transport.write(f"{refusal}\r\n".encode())
                server.transport.close()
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Server, session: Session, envelope: Envelope) -> str:
        answer = self.answer(envelope)
        if answer is not None:
            if not answer:
                server.transport.abort()
            return answer or "451 gone"
        self.envelopes.append(envelope)
        self.was_private.append(session.ssl is not None)
        self.accepted()
        return "250 OK"

    def authenticate(self, *arguments: Any) -> AuthResult:
        credentials = arguments[-1]
        assert isinstance(credentials, LoginPassword)
        user = (credentials.login.decode(), credentials.password.decode())
        self.users.append(user)
        return AuthResult(success=user[1] == "geheim@1", handled=False)


class OnFreePort(Controller):
    """A server that finds its own port."""

    def _create_server(self) -> Any:
        made = super()._create_server()

        async def create() -> Any:
            running = await made
            self.port = running.sockets[0].getsockname()[1]
            return running

        return create()


@contextmanager
def server(**options: Any) -> Iterator[Postbox]:
    """Run the server on a free port while the block runs; options go to aiosmtpd."""
    postbox = Postbox()
    controller = OnFreePort(
        postbox, hostname="127.0.0.1", port=0, authenticator=postbox.authenticate, **options
    )
    controller.start()
    try:
        postbox.port = controller.port
        yield postbox
    finally:
        controller.stop()


def certificate(folder: Path) -> ssl.SSLContext:
    """A certificate of the server's own making, as a relay on the same machine has."""
    key, cert = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=relay.example"],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context


def newest_code(box: Postbox, many: int = 1) -> str:
    """The code to sign in with of the last of so many mails with one, which is on its way."""
    until = time.monotonic() + 30
    while len(letters := [one for one in box.mails if "code" in one["Subject"]]) < many:
        assert time.monotonic() < until, "no mail came"
        time.sleep(0.05)
    body = letters[-1].get_body(("plain",))
    assert body
    return str(re.findall(r"^(\d{4} \d{4})\r?$", body.get_content(), re.M)[0])
