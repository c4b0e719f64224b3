"""Mail goes out once, whoever sends it, however often somebody dies on the way."""

import random
import signal
import smtplib
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import psycopg
import pytest
from flask import Flask

from konnekt.background import delivery, mail, outbox, transport
from konnekt.config import Config
from konnekt.db import db
from konnekt.domain import clock
from konnekt.models import Account, Mail
from tests import smtp
from tests.command_line import Running, begin
from tests.factories import World

URL = "http://127.0.0.1:8000/password/new/a-token"


def queued(world: World, kind: str = "reset", to: Account | str | None = None) -> Mail:
    values = {"url": URL, "until": clock.now()}
    if kind == "rejected":
        values = {
            "worker": world.noor,
            "organisation": world.fse,
            "by": world.supervisor,
            "period": world.period,
        }
        values |= {"reason": "Dinsdag ontbreekt.", "url": URL}
    made = mail.queue(kind, to or world.noor, **values)
    assert made
    return made


def fresh(row: Mail) -> Mail:
    return Mail.get_by_id(row.id)


def send_to(config: Config, url: str) -> None:
    mail.configure(replace(config, mail=url))


def test_without_a_server_each_mail_is_a_file(world: World, config: Config) -> None:
    row = queued(world)
    assert delivery.deliver() == delivery.Delivered(sent=1)
    (file,) = (config.instance / "outbox").iterdir()
    assert file.suffix == ".eml"
    assert file.stat().st_mode & 0o777 == 0o600
    message = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert message["Message-ID"] == row.message_id
    assert URL in file.read_text()
    assert fresh(row).sent_at == clock.now()
    assert delivery.deliver() == delivery.Delivered()


def test_a_mail_by_smtp(world: World, config: Config) -> None:
    rows = [queued(world), queued(world, "rejected", "Ander@um.example")]
    with smtp.server() as postbox:
        send_to(config, f"smtp://127.0.0.1:{postbox.port}")
        assert delivery.deliver() == delivery.Delivered(sent=2)
        assert delivery.deliver() == delivery.Delivered()
    first, second = postbox.mails
    assert (first["To"], first["From"]) == ("noor@um.example", "InterUM <bureau@interum.example>")
    assert first["Subject"] == "Een nieuw wachtwoord voor Konnekt"
    assert [one["Message-ID"] for one in (first, second)] == [row.message_id for row in rows]
    assert first["Date"] == "Mon, 30 Nov 2026 08:00:00 +0000"
    text, html = first.get_body(("plain",)), first.get_body(("html",))
    assert text is not None and URL in text.get_content()
    assert html is not None and f'href="{URL}"' in html.get_content()
    assert second["To"] == "Ander@um.example"
    assert postbox.envelopes[0].mail_from == "bureau@interum.example"


def test_the_token_goes_once_it_is_sent(world: World, config: Config) -> None:
    secret, plain = queued(world), queued(world, "rejected")
    assert "a-token" in secret.text + secret.html
    delivery.deliver()
    assert (fresh(secret).text, fresh(secret).html) == ("", "")
    assert fresh(secret).subject
    assert "Dinsdag ontbreekt." in fresh(plain).text


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_encryption_is_used_where_it_is_offered(
    app: Flask, world: World, config: Config, tmp_path: Path, scheme: str
) -> None:
    queued(world)
    context = smtp.certificate(tmp_path)
    options = (
        {"tls_context": context} if scheme == "smtp" else {"ssl_context": context, "auth_require_tls": False}
    )
    with smtp.server(**options) as postbox:
        send_to(config, f"{scheme}://portal:geheim%401@127.0.0.1:{postbox.port}")
        assert delivery.deliver() == delivery.Delivered(sent=1)
    # The server of smtps:// speaks nothing but TLS; it doesn't note so itself.
    assert postbox.was_private == [scheme == "smtp"]
    assert postbox.users == [("portal", "geheim@1")]


def test_a_strange_certificate_of_another_host_is_not_trusted(
    world: World, config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = queued(world)
    monkeypatch.setattr(transport, "LOOPBACK", set())
    with smtp.server(tls_context=smtp.certificate(tmp_path)) as postbox:
        send_to(config, f"smtp://127.0.0.1:{postbox.port}")
        assert delivery.deliver() == delivery.Delivered(failed=1)
    assert "CERTIFICATE_VERIFY_FAILED" in fresh(row).last_error
    assert postbox.envelopes == []


def test_a_password_is_never_sent_in_the_clear_to_another_host(
    world: World, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = queued(world)
    monkeypatch.setattr(transport, "LOOPBACK", set())
    with smtp.server(auth_require_tls=False) as postbox:
        send_to(config, f"smtp://portal:geheim%401@127.0.0.1:{postbox.port}")
        assert delivery.deliver() == delivery.Delivered(failed=1)
    assert "no encryption" in fresh(row).last_error
    assert postbox.users == []


def test_a_wrong_password_sends_nothing_without_one(world: World, config: Config) -> None:
    rows = [queued(world), queued(world)]
    with smtp.server(auth_require_tls=False) as postbox:
        send_to(config, f"smtp://portal:wrong@127.0.0.1:{postbox.port}")
        assert delivery.deliver() == delivery.Delivered(failed=1)
        assert delivery.deliver() == delivery.Delivered(failed=1)
    assert postbox.envelopes == []
    assert all(fresh(row).last_error for row in rows)
    assert not any("wrong" in fresh(row).last_error for row in rows)


def test_one_refused_recipient_does_not_hold_up_the_others(world: World, config: Config) -> None:
    rows = [
        queued(world, "rejected", "first@um.example"),
        queued(world, "rejected", "gone@um.example"),
        queued(world),
    ]
    with smtp.server() as postbox:
        postbox.refuse = lambda address: "550 no such person" if address.startswith("gone") else None
        send_to(config, f"smtp://127.0.0.1:{postbox.port}")
        assert delivery.deliver() == delivery.Delivered(sent=2, failed=1)
    gone = fresh(rows[1])
    assert gone.attempts == 1
    assert gone.sent_at is None
    assert gone.claimed_until_at is None
    assert gone.failed_at == clock.now()
    assert "no such person" in gone.last_error
    assert "a-token" in gone.text


def test_a_mail_that_can_not_be_written_does_not_hold_up_the_others(world: World, config: Config) -> None:
    bad = queued(world)
    Mail.update(recipient="a@um.example\nBcc: x@evil.example").where(Mail.id == bad.id).execute()
    good = queued(world)
    assert delivery.deliver() == delivery.Delivered(sent=1, failed=1)
    assert fresh(good).sent_at
    assert fresh(bad).last_error


def test_a_failed_mail_is_tried_later_and_later(world: World, config: Config) -> None:
    row = queued(world)
    send_to(config, "smtp://127.0.0.1:9")
    begun, waits = clock.now(), []
    while True:
        before = fresh(row)
        clock.fix(before.due_at.isoformat())
        if delivery.deliver() == delivery.Delivered():
            break
        after = fresh(row)
        assert after.last_error.startswith("Unreachable: 127.0.0.1: ConnectionRefusedError")
        waits.append((after.due_at - before.due_at).total_seconds() / 60)
    assert waits[:4] == [1, 2, 4, 8]
    assert max(waits) == 6 * 60
    assert (clock.now() - begun).total_seconds() > 3 * 24 * 3600, "not given up before three days"
    assert fresh(row).sent_at is None
    assert fresh(row).failed_at


def test_several_deliver_at_once_and_each_mail_goes_once(world: World, config: Config) -> None:
    rows = [queued(world, "rejected", f"person{number}@um.example") for number in range(20)]
    done: list[delivery.Delivered] = []
    start = threading.Barrier(4)

    def deliver() -> None:
        start.wait()
        with db.connection_context():
            done.append(delivery.deliver())

    with smtp.server() as postbox:
        send_to(config, f"smtp://127.0.0.1:{postbox.port}")
        threads = [threading.Thread(target=deliver) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(done) == 4
    assert sum(one.sent for one in done) == 20
    assert sorted(str(one["Message-ID"]) for one in postbox.mails) == sorted(row.message_id for row in rows)


def wait_for(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.02)


class Victim:
    """`konnekt deliver` in a process of its own, killed from within the mail server it talks to."""

    def __init__(self, config: Config, port: int) -> None:
        self.config = config
        self.mail = f"smtp://127.0.0.1:{port}"
        self.process: Running | None = None

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def run(self) -> int:
        """Deliver until it ends or is killed."""
        self.process = begin(
            self.config, "deliver", log=self.config.instance / "victim.log", KONNEKT_MAIL=self.mail
        )
        return self.process.wait(20)


def let_claims_run_out() -> None:
    """What the machine's clock does in ten minutes; the portal's stands still."""
    Mail.update(claimed_until_at=clock.machine()).where(Mail.claimed_until_at.is_null(False)).execute()


@pytest.mark.parametrize("moment", ["greeted", "recipient", "text", "accepted"])
def test_who_is_killed_while_sending_loses_nothing(world: World, config: Config, moment: str) -> None:
    """The claim of the dead runs out, also where KONNEKT_NOW stops the clock; the Message-ID stays."""
    row = queued(world)
    with smtp.server() as postbox:
        victim = Victim(config, postbox.port)

        def kill(*_: object) -> str:
            victim.kill()
            return "451 too late"

        if moment == "greeted":
            postbox.greet = victim.kill
        elif moment == "recipient":
            postbox.refuse = kill
        elif moment == "text":
            postbox.answer = kill
        else:
            postbox.accepted = victim.kill
        assert victim.run() == -signal.SIGKILL
        claimed = fresh(row)
        assert claimed.claimed_until_at > clock.machine() + delivery.CLAIM / 2
        assert claimed.sent_at is None
        assert claimed.attempts == 0

        postbox.greet, postbox.accepted = lambda: None, lambda: None
        postbox.refuse, postbox.answer = lambda _address: None, lambda _envelope: None
        send_to(config, f"smtp://127.0.0.1:{postbox.port}")
        assert delivery.deliver() == delivery.Delivered(), "it is still claimed"
        let_claims_run_out()
        assert delivery.deliver() == delivery.Delivered(sent=1)
        assert delivery.deliver() == delivery.Delivered()
    # Only where it was accepted and not written down the reader gets it twice: the same mail.
    times = 2 if moment == "accepted" else 1
    assert [one["Message-ID"] for one in postbox.mails] == [row.message_id] * times


def test_killed_again_and_again(world: World, config: Config) -> None:
    """Four mails and a deliverer that is killed at many steps of the talk: each comes, in the end."""
    rows = [queued(world, "rejected", f"person{number}@um.example") for number in range(4)]
    chance, kills, doubles = random.Random(25), 0, 0
    with smtp.server() as postbox:
        victim = Victim(config, postbox.port)

        def step(*_: object) -> str | None:
            nonlocal kills
            if chance.random() >= 0.3:
                return None
            kills += 1
            victim.kill()
            return "451 nobody there"

        def accepted() -> None:
            nonlocal doubles
            before = kills
            step()
            doubles += kills - before

        postbox.refuse, postbox.answer, postbox.accepted = step, step, accepted
        while Mail.select().where(Mail.sent_at.is_null()).exists():
            assert kills < 30
            victim.run()
            let_claims_run_out()
    sent = [str(one["Message-ID"]) for one in postbox.mails]
    assert set(sent) == {row.message_id for row in rows}
    # One more for each time that it was accepted and could not be written down.
    assert len(sent) == len(rows) + doubles
    assert (kills > doubles) and doubles


def test_a_server_that_is_down_for_an_hour(world: World, config: Config) -> None:
    rows = [queued(world, "rejected", f"person{number}@um.example") for number in range(3)]
    begun = clock.now()
    send_to(config, "smtp://127.0.0.1:9")
    for minute in range(60):
        clock.fix((begun + timedelta(minutes=minute)).isoformat())
        delivery.deliver()
    assert all(fresh(row).attempts >= 4 and not fresh(row).failed_at for row in rows)
    with smtp.server() as postbox:
        send_to(config, f"smtp://127.0.0.1:{postbox.port}")
        for minute in range(60, 130):
            clock.fix((begun + timedelta(minutes=minute)).isoformat())
            delivery.deliver()
    assert sorted(str(one["Message-ID"]) for one in postbox.mails) == sorted(row.message_id for row in rows)


def test_a_failed_mail_is_tried_again_where_the_clock_stands_still(world: World, config: Config) -> None:
    row = queued(world)
    send_to(config, "smtp://127.0.0.1:9")
    assert delivery.deliver().failed == 1
    assert delivery.deliver() == delivery.Delivered(), "it rests"
    let_claims_run_out()
    send_to(config, "")
    assert delivery.deliver() == delivery.Delivered(sent=1)
    assert fresh(row).last_error == ""


@pytest.mark.parametrize("where", ["refuse", "answer"])
@pytest.mark.parametrize("code", ["451 greylisted, try again later", "550 never"])
def test_later_is_tried_again_and_never_is_given_up(
    world: World, config: Config, where: str, code: str
) -> None:
    row = queued(world)
    with smtp.server() as postbox:
        setattr(postbox, where, lambda _: code)
        send_to(config, f"smtp://127.0.0.1:{postbox.port}")
        assert delivery.deliver() == delivery.Delivered(failed=1)
        assert fresh(row).last_error == code
        setattr(postbox, where, lambda _: None)
        assert delivery.deliver() == delivery.Delivered(), "not before its time"
        clock.fix("2026-11-30T09:01")
        is_final = code.startswith("5")
        assert delivery.deliver() == delivery.Delivered(sent=0 if is_final else 1)
        assert (fresh(row).failed_at is not None) is is_final
        assert outbox.count_given_up() == int(is_final)
        clock.fix("2026-12-30T09:01")
        assert delivery.deliver() == delivery.Delivered()
    assert len(postbox.mails) == (0 if is_final else 1)


def test_a_refused_sender_is_about_us_and_tried_again(world: World, config: Config) -> None:
    row = queued(world)
    with smtp.server() as postbox:
        send_to(config, f"smtp://127.0.0.1:{postbox.port}")

        async def refuse(*_: object) -> str:
            return "550 we don't know you"

        postbox.handle_MAIL = refuse  # type: ignore[attr-defined]
        assert delivery.deliver() == delivery.Delivered(failed=1)
    assert fresh(row).failed_at is None
    assert "we don't know you" in fresh(row).last_error


def test_a_connection_that_breaks_after_the_text(world: World, config: Config) -> None:
    """Nobody knows whether it was taken: it goes again, as the same mail; the others go on at once."""
    row, other = queued(world), queued(world, "rejected", "other@um.example")
    with smtp.server() as postbox:
        postbox.answer = lambda envelope: "" if "noor" in envelope.rcpt_tos[0] else None
        send_to(config, f"smtp://127.0.0.1:{postbox.port}")
        assert delivery.deliver() == delivery.Delivered(sent=1, failed=1)
        assert fresh(row).failed_at is None
        postbox.answer = lambda _envelope: None
        clock.fix("2026-11-30T09:01")
        assert delivery.deliver() == delivery.Delivered(sent=1)
    assert [one["Message-ID"] for one in postbox.mails] == [other.message_id, row.message_id]


def test_a_server_that_hangs_up_in_the_middle_of_a_row(world: World, config: Config) -> None:
    """421 closes the connection: the next mail opens another one and does not suffer."""
    rows = [queued(world, "rejected", f"{name}@um.example") for name in ("one", "busy", "three")]
    with smtp.server() as postbox:
        postbox.refuse = lambda address: "421 too busy" if address.startswith("busy") else None
        send_to(config, f"smtp://127.0.0.1:{postbox.port}")
        assert delivery.deliver() == delivery.Delivered(sent=2, failed=1)
    assert fresh(rows[1]).last_error == "421 too busy"
    assert postbox.connections == 2


def test_what_was_taken_is_written_down_though_the_database_went_away(world: World, config: Config) -> None:
    """Else the reader would get it again ten minutes later, without anybody having been killed."""
    row = queued(world)
    with smtp.server() as postbox:
        postbox.accepted = lambda: cut_off(config)
        send_to(config, f"smtp://127.0.0.1:{postbox.port}")
        assert delivery.deliver() == delivery.Delivered(sent=1)
    assert fresh(row).sent_at == clock.now()


def cut_off(config: Config) -> None:
    """End every other connection to the database; on SQLite lock it for a moment."""
    if config.database:
        with psycopg.connect(config.database, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        return
    locked = threading.Event()

    def lock() -> None:
        connection = sqlite3.connect(config.instance / "konnekt.db", isolation_level=None)
        connection.execute("BEGIN EXCLUSIVE")
        locked.set()
        time.sleep(0.5)
        connection.execute("ROLLBACK")
        connection.close()

    threading.Thread(target=lock).start()
    locked.wait()


def test_the_same_mail_again_is_the_same_file(world: World, config: Config) -> None:
    row = queued(world)
    delivery.deliver()
    Mail.update(sent_at=None, text="again").where(Mail.id == row.id).execute()
    delivery.deliver()
    (file,) = (config.instance / "outbox").iterdir()
    assert "again" in file.read_text()


@pytest.mark.parametrize("url", ["http://mail.example", "smtp://", "mail.example:25", "smtp:/x"])
def test_an_address_of_no_mail_server(world: World, config: Config, url: str) -> None:
    row = queued(world)
    send_to(config, url)
    with pytest.raises(ValueError, match="KONNEKT_MAIL"):
        delivery.deliver()
    assert fresh(row).claimed_until_at is None


def test_a_dropped_connection_is_opened_again(world: World, config: Config) -> None:
    with smtp.server() as postbox:
        send_to(config, f"smtp://127.0.0.1:{postbox.port}")
        with transport.transport() as way:
            assert isinstance(way, transport.Server)
            way.send(delivery._message(queued(world), way.encoding), "one")
            assert isinstance(way.smtp, smtplib.SMTP)
            way.smtp.sock.shutdown(2)
            with pytest.raises(smtplib.SMTPServerDisconnected):
                way.send(delivery._message(queued(world), way.encoding), "two")
            way.send(delivery._message(queued(world), way.encoding), "three")
    assert len(postbox.envelopes) == 2


LONG_NAMES = [
    "Zoë van den Heuvel", "Łukasz O’Brien Żółkiewski", "王小明", "Wolfeschlegelsteinhausenbergerdorffwelche" * 3,
]  # fmt: skip


@pytest.mark.parametrize(
    "name", [*LONG_NAMES, " ".join(LONG_NAMES), f"{LONG_NAMES[0]}, {LONG_NAMES[1]} – " * 3]
)
def test_a_long_subject_arrives_with_the_spaces_it_had(world: World, config: Config, name: str) -> None:
    """Wherever its lines break: one letter more in front moves every break."""
    for more in range(40):
        said = f"{'x' * more} Urenbriefje afgekeurd: {name.strip()}, Periode 12 (week 45–48)".strip()
        message = EmailMessage(policy=mail.Folding(linesep="\r\n"))
        message["Subject"] = said
        assert message_from_bytes(message.as_bytes(), policy=policy.default)["Subject"] == said
    mail.queue("rejected", "x@um.example", worker=name, organisation="", by="", period="", reason="", url="")
    delivery.deliver()
    [file] = (config.instance / "outbox").glob("*.eml")
    subject = message_from_bytes(file.read_bytes(), policy=policy.default)["Subject"]
    assert subject == " ".join(f"Urenbriefje afgekeurd: {name},".split())
