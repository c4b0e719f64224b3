"""Links by mail: single use, short lived, only their hash kept."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask
from peewee import SqliteDatabase

from konnekt.db import db, transaction
from konnekt.domain import clock
from konnekt.domain.accounts import attempts, links, passwords, people, sessions
from konnekt.domain.refusals import Invalid, NotFound, Refused, TooMany
from konnekt.models import Account, AccountLink, Event, Mail
from tests.factories import World

GOOD = "correct horse battery"


def token_of(mail: Mail) -> str:
    found = re.search(r"http://127\.0\.0\.1:8000/password/new/([\w-]+)\n", mail.text)
    assert found
    return found[1]


def test_a_link_sets_the_password_once(world: World) -> None:
    token = token_of(links.send(world.noor, "reset"))
    assert links.find(token).account == world.noor
    browser = sessions.start(world.noor)
    assert links.use(token, GOOD) == world.noor
    assert passwords.matches(Account.get_by_id(world.noor.id), GOOD)
    assert sessions.find(browser) is None
    event = Event.get(Event.verb == "set_password")
    assert (event.actor, event.source) == (world.noor, "reset")
    with pytest.raises(NotFound):
        links.use(token, "een heel ander")
    assert passwords.matches(Account.get_by_id(world.noor.id), GOOD)


def test_only_the_hash_is_kept(world: World) -> None:
    token = token_of(links.send(world.noor, "reset"))
    assert len(token) >= 43
    row = AccountLink.get()
    assert row.token_hash == sessions.digest(token)
    assert token not in str(row.__data__)


@pytest.mark.parametrize(
    ("purpose", "last", "over"),
    [("reset", "2026-11-30T09:59", "2026-11-30T10:00"), ("invite", "2026-12-07T08:59", "2026-12-07T09:00")],
)
def test_a_link_expires(world: World, purpose: str, last: str, over: str) -> None:
    token = token_of(links.send(world.noor, purpose))
    clock.fix(last)
    assert links.find(token)
    clock.fix(over)
    for ask in (lambda: links.find(token), lambda: links.use(token, GOOD)):
        with pytest.raises(NotFound):
            ask()
    assert Account.get_by_id(world.noor.id).password_hash is None


def test_a_new_request_kills_no_link_and_choosing_a_password_kills_all(world: World) -> None:
    first = token_of(links.send(world.noor, "reset"))
    other = token_of(links.send(world.supervisor, "reset"))
    clock.fix("2026-11-30T09:01")
    second = token_of(links.send(world.noor, "reset"))
    assert links.find(first)
    assert links.find(second)
    links.use(first, GOOD)
    with pytest.raises(NotFound):
        links.find(second)
    assert links.find(other)


def test_a_new_invitation_makes_older_ones_void_and_no_link_that_was_asked(world: World) -> None:
    first = token_of(links.send(world.noor, "invite"))
    asked = token_of(links.send(world.noor, "reset"))
    second = token_of(links.send(world.noor, "invite"))
    with pytest.raises(NotFound):
        links.find(first)
    assert links.find(asked)
    assert links.find(second)


def test_a_refused_password_does_not_use_the_link_up(world: World) -> None:
    token = token_of(links.send(world.noor, "reset"))
    with pytest.raises(Invalid):
        links.use(token, "kort")
    links.use(token, GOOD)


def test_a_link_of_an_inactive_account_is_dead(world: World) -> None:
    token = token_of(links.send(world.noor, "reset"))
    Account.update(is_active=False).where(Account.id == world.noor.id).execute()
    with pytest.raises(NotFound):
        links.find(token)


@pytest.mark.parametrize("token", ["", "x", "a" * 43, "é", "x\0y", "' OR 1=1"])
def test_no_link(app: Flask, token: str) -> None:
    with pytest.raises(NotFound):
        links.find(token)


def test_a_link_used_twice_at_the_same_moment_works_once(world: World) -> None:
    token = token_of(links.send(world.noor, "reset"))
    used, refused, broken = [], [], []
    start = threading.Barrier(2)

    def use(password: str) -> None:
        start.wait()
        try:
            with db.connection_context():
                links.use(token, password)
            used.append(password)
        except NotFound:
            refused.append(password)
        except Exception as error:
            broken.append(error)

    threads = [threading.Thread(target=use, args=(word,)) for word in ("de eerste wint", "de tweede wint")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert broken == []
    assert (len(used), len(refused)) == (1, 1)
    assert passwords.matches(Account.get_by_id(world.noor.id), used[0])
    assert Event.select().where(Event.verb == "set_password").count() == 1


def test_a_link_used_while_another_invitation_is_sent(world: World) -> None:
    """Both take the account's row and the link's, in one order: neither waits for what the other has."""
    token = token_of(links.send(world.noor, "invite"))

    def use() -> None:
        with db.connection_context():
            links.use(token, "zes groene eenden")

    with ThreadPoolExecutor(1) as pool:
        with transaction():
            Account.update(is_active=True).where(Account.id == world.noor.id).execute()
            used = pool.submit(use)
            while not (isinstance(db.obj, SqliteDatabase) or used.done() or is_waited_for()):
                pass
            links.send(world.noor, "invite")
        with pytest.raises(NotFound):
            used.result()
    assert Account.get_by_id(world.noor.id).password_hash == world.noor.password_hash
    assert AccountLink.select().count() == 1


def is_waited_for() -> bool:
    """Whether somebody waits in this database for a row that another has."""
    db.execute_sql("SELECT pg_stat_clear_snapshot()")
    waiting = "datname = current_database() AND wait_event_type = 'Lock'"
    return bool(db.execute_sql(f"SELECT COUNT(*) FROM pg_stat_activity WHERE {waiting}").fetchone()[0])


def test_forgotten_sends_to_the_account_and_says_nothing_of_others(world: World) -> None:
    links.forgotten("FLEX1003 ", "192.0.2.1")
    links.forgotten("nobody@um.example", "192.0.2.1")
    Account.update(is_active=False).where(Account.id == world.noor.id).execute()
    links.forgotten("noor@um.example", "192.0.2.1")
    assert [(mail.recipient, mail.kind, mail.account) for mail in Mail.select()] == [
        ("supervisor@um.example", "reset", world.supervisor)
    ]
    assert AccountLink.select().count() == 1


def test_who_asks_often_has_always_a_link_that_works_for_most_of_an_hour(world: World) -> None:
    """Somebody asks each second for five hours; each minute of these the owner finds one."""
    start, sent = clock.now(), 0
    for minute in range(300):
        for second in (0, 20, 40):
            clock.fix((start + timedelta(minutes=minute, seconds=second)).isoformat())
            links.forgotten("noor@um.example", f"2001:db8:{minute:x}::{second}")
        newest = Mail.select().order_by(Mail.id.desc()).get()
        link = links.find(token_of(newest))
        assert link.expires_at - clock.now() >= timedelta(minutes=44)
        sent = Mail.select().count()
    assert 15 < sent <= 5 * 8, "and the mailbox is not flooded"


def test_the_owner_gets_a_link_when_others_asked_for_many_from_the_same_address(world: World) -> None:
    for number in range(attempts.BUSY_ADDRESS_LINKS + 5):
        links.forgotten(f"nobody{number}@um.example", "192.0.2.1")
    for _ in range(3):
        links.forgotten("noor@um.example", "192.0.2.1")
        clock.fix((clock.now() + timedelta(minutes=44)).isoformat())
        for number in range(attempts.BUSY_ADDRESS_LINKS + 5):
            links.forgotten(f"nobody{number}@um.example", "192.0.2.1")
    assert Mail.select().count() == 2, "one in three quarters of an hour"


def test_so_many_at_once_that_they_would_take_all_our_time_are_refused(world: World) -> None:
    for number in range(attempts.MOST_IN_BURST):
        links.forgotten(f"nobody{number}@um.example", "192.0.2.1")
    with pytest.raises(TooMany):
        links.forgotten("noor@um.example", "192.0.2.1")
    links.forgotten("noor@um.example", "192.0.2.2")
    assert Mail.select().count() == 1


def test_invite_makes_the_account_once(world: World) -> None:
    account, mail = links.invite(" Nieuw@UM.example ", by=world.staff, first_name="Nieuw", language="en")
    assert (account.email, account.name, account.is_agency_staff) == ("nieuw@um.example", "Nieuw", False)
    assert account.password_hash is None
    assert mail.subject == "Your access to the portal of InterUM"
    again, _ = links.invite(
        "nieuw@um.example", by=None, source="command", first_name="Anders", is_agency_staff=True
    )
    assert again.id == account.id
    assert Account.get_by_id(account.id).first_name == "Nieuw"
    assert Account.get_by_id(account.id).is_agency_staff
    events = list(Event.select().where(Event.verb == "invite").order_by(Event.id))
    assert [(event.actor, event.source, event.person) for event in events] == [
        (world.staff, "", account),
        (None, "command", account),
    ]
    links.use(token_of(Mail.select().order_by(Mail.id.desc()).get()), GOOD)


@pytest.mark.parametrize(
    "email",
    [
        "",
        "noor",
        "noor@",
        "@um.example",
        "noor@um",
        "no or@um.example",
        "noor@um..example",
        "noor@um.example\nBcc: x@y.example",
        "noor@um.example, other@um.example",
        "<noor@um.example>",
        "nöör@um.example",
        ".noor@um.example",
        "no..or@um.example",
        "noor@-um.example",
        "n" * 65 + "@um.example",
        "noor@" + "a" * 250 + ".example",
    ],
)
def test_a_bad_address_is_refused(app: Flask, email: str) -> None:
    with pytest.raises(Invalid):
        links.invite(email, by=None)
    assert not Account.select().exists()
    assert not Mail.select().exists()


@pytest.mark.parametrize(
    "email", ["a@b.nl", "o'brien+uren@mail.um-holding.example", "X_Y@UM.EXAMPLE", "1@2.3.nl"]
)
def test_a_good_address(email: str) -> None:
    assert people.is_address(email)


def test_invite_refuses_what_can_not_be(world: World) -> None:
    with pytest.raises(Invalid) as refusal:
        links.invite("new@um.example", by=None, username="FLEX1003")
    assert refusal.value.field == "username"
    with pytest.raises(Invalid):
        links.invite("new@um.example", by=None, language="de")
    Account.update(is_active=False).where(Account.id == world.noor.id).execute()
    with pytest.raises(Refused):
        links.invite(world.noor.email, by=None)
    assert not Mail.select().exists()


def test_people_are_found_by_either_name(world: World) -> None:
    for name in ("supervisor@um.example", " SUPERVISOR@um.example ", "flex1003", "Flex1003"):
        assert people.find(name) == world.supervisor
    for name in ("", " ", "x" * 5000, "flex\0", "nobody"):
        assert people.find(name) is None


def test_language(world: World) -> None:
    people.choose_language(world.noor, "en", by=world.noor)
    assert Account.get_by_id(world.noor.id).language == "en"
    with pytest.raises(Invalid):
        people.choose_language(world.noor, "de", by=world.noor)
    with pytest.raises(Refused):
        people.choose_language(world.noor, "nl", by=world.staff)
