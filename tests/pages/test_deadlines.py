"""Deadlines in one's own calendar: the address among the settings, and what a program reads there."""

import html
import logging
import re
from datetime import date, timedelta

import pytest
from flask import Flask
from icalendar import Calendar
from playhouse.test_utils import assert_query_count

from konnekt.domain import clock
from konnekt.domain.periods import deadlines
from konnekt.models import Account, DeadlineFeed, Event, PayPeriod, Right
from tests.factories import World
from tests.visitor import Visitor


def made(visitor: Visitor) -> str:
    """The path of a new address, as the page shows it."""
    answer = visitor.post("/account/deadlines")
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    (address,) = re.findall(r'value="(http[^"]+)"', answer.text)
    return html.unescape(address).removeprefix("http://127.0.0.1:8000")


def entries(app: Flask, path: str) -> dict[str, object]:
    """What a program reads, that is signed in nowhere: when, by words."""
    answer = Visitor(app).get(path)
    assert (answer.status_code, answer.content_type) == (200, "text/calendar; charset=utf-8")
    read = Calendar.from_ical(answer.data)
    return {str(one["summary"]): one["dtstart"].dt for one in read.walk("VEVENT")}


def test_an_approver_reads_until_when_to_approve(app: Flask, world: World) -> None:
    read = entries(app, made(Visitor(app, world.supervisor)))
    assert read
    assert all(words.startswith("Uren goedkeuren: ") for words in read)
    periods = PayPeriod.select().where(
        (PayPeriod.calendar == world.fse.calendar)
        & (PayPeriod.pay_on >= clock.today() - deadlines.SHOWN_AFTER)
    )
    assert set(read.values()) == {period.approve_by_at for period in periods}


def test_a_worker_reads_until_when_to_send_and_when_it_is_paid(app: Flask, world: World) -> None:
    read = entries(app, made(Visitor(app, world.noor)))
    days = [at for words, at in read.items() if words.startswith("Betaaldag: ")]
    assert days
    assert all(type(day) is date for day in days)
    assert (
        len([words for words in read if words.startswith("Uren versturen: ")]) == len(days) == len(read) / 2
    )


def test_it_reads_in_the_language_of_its_owner_and_names_nobody(app: Flask, world: World) -> None:
    Account.update(language="en").where(Account.id == world.supervisor).execute()
    path = made(Visitor(app, world.supervisor))
    assert all(words.startswith("Approve the hours: ") for words in entries(app, path))
    text = Visitor(app).get(path).text
    assert not [
        name for name in (world.supervisor.last_name, world.noor.last_name, world.fse.name) if name in text
    ]


def test_an_entry_that_moves_keeps_its_key(app: Flask, world: World) -> None:
    path = made(Visitor(app, world.supervisor))
    before = Calendar.from_ical(Visitor(app).get(path).data).walk("VEVENT")
    PayPeriod.update(
        {
            PayPeriod.approve_by_at: before[-1]["dtstart"].dt + timedelta(hours=1),
        }
    ).where(PayPeriod.approve_by_at == before[-1]["dtstart"].dt).execute()
    after = Calendar.from_ical(Visitor(app).get(path).data).walk("VEVENT")
    assert [one["uid"] for one in before] == [one["uid"] for one in after]
    assert after[-1]["dtstart"].dt - before[-1]["dtstart"].dt == timedelta(hours=1)


def test_a_right_that_is_gone_shows_nothing_more(app: Flask, world: World) -> None:
    path = made(Visitor(app, world.supervisor))
    assert entries(app, path)
    Right.delete().where(Right.account == world.supervisor).execute()
    assert not entries(app, path)


def test_a_new_address_ends_the_one_before(app: Flask, world: World) -> None:
    visitor = Visitor(app, world.supervisor)
    before, now = made(visitor), made(visitor)
    assert Visitor(app).get(before).status_code == 404
    assert Visitor(app).get(now).status_code == 200
    assert DeadlineFeed.select().count() == 1
    assert visitor.post("/account/deadlines/end").status_code == 303
    assert Visitor(app).get(now).status_code == 404
    assert visitor.post("/account/deadlines/end").status_code == 404
    verbs = [event.verb for event in Event.select().where(Event.person == world.supervisor)]
    assert verbs == ["renew_deadline_feed", "renew_deadline_feed", "end_deadline_feed"]


def test_who_has_left_or_changed_a_letter_finds_nothing(app: Flask, world: World) -> None:
    path = made(Visitor(app, world.supervisor))
    for wrong in (path.replace(".ics", "x.ics"), path[:-5] + ".ics", "/deadlines/é.ics", "/deadlines/.ics"):
        assert Visitor(app).get(wrong).status_code == 404
    Account.update(is_active=False).where(Account.id == world.supervisor).execute()
    assert Visitor(app).get(path).status_code == 404


def test_the_address_is_in_no_log_and_only_its_hash_is_kept(
    app: Flask, world: World, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    path = made(Visitor(app, world.supervisor))
    token = path.removeprefix("/deadlines/").removesuffix(".ics")
    with caplog.at_level(logging.INFO):
        Visitor(app).get(path)
    logged = capsys.readouterr().err
    assert "/deadlines/..." in logged
    assert token not in logged
    assert token not in str(list(DeadlineFeed.select().dicts()))


def test_a_fixed_number_of_statements(app: Flask, world: World) -> None:
    path = made(Visitor(app, world.noor))
    with assert_query_count(4):
        Visitor(app).get(path)


def test_the_settings_say_that_there_is_one(app: Flask, world: World) -> None:
    visitor = Visitor(app, world.noor)
    assert "Adres maken" in visitor.get("/account").text
    made(visitor)
    page = visitor.get("/account").text
    assert "Nieuw adres maken" in page
    with_htmx = visitor.with_htmx().post("/account/deadlines/end")
    assert with_htmx.status_code == 200
    assert "Adres maken" in with_htmx.text
