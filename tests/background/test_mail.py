"""Mails are written with what caused them, in their reader's language, and nothing typed gets out of its place."""

from datetime import date

import pytest

from konnekt.background import mail
from konnekt.config import Config
from konnekt.db import db
from konnekt.domain import clock
from konnekt.models import Account, Agency, Mail
from tests.factories import World

RESET = {"url": "http://127.0.0.1:8000/password/new/x", "until": clock.now()}


def rejected(world: World, to: Account | str, **values: object) -> Mail:
    values = {
        "worker": world.noor,
        "organisation": world.fse,
        "by": world.supervisor,
        "period": world.period,
        "reason": "Dinsdag ontbreekt.",
        "url": "http://127.0.0.1:8000/hours",
        **values,
    }
    made = mail.queue("rejected", to, **values)
    assert made
    return made


def test_a_mail_is_part_of_what_caused_it(world: World) -> None:
    with pytest.raises(ZeroDivisionError), db.atomic():
        mail.queue("reset", world.noor, **RESET)
        raise ZeroDivisionError
    assert not Mail.select().exists()


def test_the_reason_of_a_rejection_stands_on_top(world: World) -> None:
    written = rejected(world, world.noor)
    assert written.subject == "Urenbriefje afgekeurd: Noor Hendriks, Periode 12 (week 45–48)"
    assert written.text.startswith("De reden: Dinsdag ontbreekt.\n")
    assert "\nPeriode 12 (week 45–48): 2 nov – 29 nov 2026\n" in written.text
    assert "Emre Dubois" in written.text
    assert "Faculty of Science and Engineering" in written.text
    assert "http://127.0.0.1:8000/hours" in written.text
    assert "043-388 2688" in written.text
    assert (written.account, written.recipient, written.kind) == (world.noor, "noor@um.example", "rejected")


def test_in_the_readers_language(world: World) -> None:
    world.noor.language = "en"
    assert rejected(world, world.noor).text.startswith("The reason: Dinsdag")
    assert rejected(world, "x@um.example", language="en").subject.startswith("Timesheet rejected")
    assert rejected(world, "x@um.example").subject.startswith("Urenbriefje afgekeurd")
    assert "30 November 2026 09:00" in mail.compose("reset", world.noor, url="x", until=clock.now()).text


def test_words_may_stand_for_rows(world: World) -> None:
    written = rejected(world, "x@um.example", worker="Zoë", organisation="FSE", by="Emre", period="week 47")
    assert written.subject == "Urenbriefje afgekeurd: Zoë, week 47"


def test_once_is_once(world: World) -> None:
    first = mail.queue("reset", world.noor, once_key="remind:1", **RESET)
    assert first
    assert mail.queue("reset", world.noor, once_key="remind:1", **RESET) is None
    assert mail.queue("reset", world.noor, once_key="remind:2", **RESET)
    assert Mail.select().count() == 2


def test_a_message_id_is_unique_and_of_the_senders_domain(world: World) -> None:
    rows = [mail.queue("reset", world.noor, **RESET) for _ in range(3)]
    ids = {row.message_id for row in rows if row}
    assert len(ids) == 3
    assert all(one.endswith("@interum.example>") for one in ids)


def test_the_sender(world: World, config: Config) -> None:
    from dataclasses import replace

    assert mail.sender() == ("InterUM", "bureau@interum.example")
    mail.configure(replace(config, mail_from="portal@interum.example"))
    assert mail.sender() == ("InterUM", "portal@interum.example")
    mail.configure(replace(config, mail_from="Konnekt <portal@interum.example>"))
    assert mail.sender() == ("Konnekt", "portal@interum.example")
    mail.configure(config)
    Agency.delete().execute()
    assert mail.sender() == ("Konnekt", "konnekt@localhost")


NASTY = "x\r\nBcc: all@evil.example\r\n\r\n<script>alert(1)</script> {{ 7 * 7 }} \u2028 %(name)s %s"


def test_what_people_type_stays_in_its_place(world: World) -> None:
    written = rejected(world, "a@um.example", worker=NASTY, reason=NASTY, period=NASTY)
    assert "\n" not in written.subject
    assert "\r" not in written.subject
    assert "\u2028" not in written.subject
    assert "<script>" not in written.html
    assert "&lt;script&gt;" in written.html
    assert "<script>" in written.text, "plain text is plain"
    assert "{{ 7 * 7 }}" in written.text
    assert "%(name)s %s" in written.text


def test_links_begin_with_the_configured_address(config: Config) -> None:
    from dataclasses import replace

    mail.configure(replace(config, url="https://konnekt.example"))
    assert mail.link("/hours") == "https://konnekt.example/hours"


@pytest.mark.parametrize("kind", ["rejected", "rejection_undone"])
def test_a_mail_about_a_timesheet_has_its_period_on_a_line_of_its_own(world: World, kind: str) -> None:
    values = {
        "worker": "W",
        "organisation": "O",
        "by": "B",
        "period": world.period,
        "reason": "R",
        "url": "U",
    }
    written = mail.compose(kind, world.noor, **values)
    whole = "Periode 12 (week 45–48): 2 nov – 29 nov 2026"
    assert whole in written.text.splitlines()
    assert f"<br>{whole}</p>" in written.html
    assert written.subject.endswith("W, Periode 12 (week 45–48)"), "a subject names it without its days"


@pytest.mark.parametrize("language", ["nl", "en"])
@pytest.mark.parametrize("kind", ["invite", "reset", "rejected", "rejection_undone", "deputy", "audit_head"])
def test_every_kind_reads_in_both_languages(world: World, language: str, kind: str) -> None:
    world.noor.language = language
    Agency.update(phone="", email="").execute()
    values = {"worker": "W", "organisation": "O", "by": "B", "period": "P", "reason": "R", **RESET}
    if kind == "deputy":
        days = {"first_on": clock.today(), "last_on": clock.today()}
        values |= {"supervisor": world.supervisor, "organisation": world.fse, **days}
    values |= {"on": date(2026, 11, 29), "line": "konnekt-audit"}
    written = mail.compose(kind, world.noor, **values)
    assert written.subject
    assert "None" not in written.text + written.html
    assert f'lang="{language}"' in written.html
    assert "\n\n\n" not in written.text
