"""Remembered browsers: by which token, for how long, and what forgets them."""

from datetime import timedelta

import pytest

from konnekt.domain import clock
from konnekt.domain.accounts import devices, factors, passwords
from konnekt.domain.records import people
from konnekt.domain.refusals import NotFound
from konnekt.models import Account, Device, Event, Mail
from tests import one_time_codes
from tests.factories import World

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def test_for_30_days(world: World) -> None:
    token = devices.remember(world.noor, FIREFOX)
    assert devices.is_remembered(world.noor, token)
    assert not devices.is_remembered(world.supervisor, token)
    assert not devices.is_remembered(world.noor, "x")
    assert not devices.is_remembered(world.noor, "")
    (row,) = devices.of(world.noor)
    assert devices.name(row) == "Firefox, Linux"
    assert devices.is_this(row, token)
    assert token not in repr(row.__data__)
    event = Event.select().order_by(Event.id.desc()).get()
    assert (event.verb, event.person, event.after) == (
        "remember_device", world.noor, {"device": "Firefox, Linux"},
    )  # fmt: skip
    clock.fix(clock.local(clock.now() + timedelta(days=30)).isoformat())
    assert not devices.is_remembered(world.noor, token)
    assert devices.of(world.noor) == []


def test_a_browser_of_two_people(world: World) -> None:
    first = devices.remember(world.noor, FIREFOX)
    second = devices.remember(world.supervisor, FIREFOX, first)
    assert devices.is_remembered(world.noor, second)
    assert devices.is_remembered(world.supervisor, second)
    assert not devices.is_remembered(world.noor, first), (
        "a token that is known to somebody else is worth nothing"
    )
    third = devices.remember(world.noor, FIREFOX, second)
    assert Device.select().count() == 2
    assert devices.is_remembered(world.supervisor, third)


def test_forgetting_one(world: World) -> None:
    token, other = devices.remember(world.noor, FIREFOX), devices.remember(world.noor, "curl/8")
    row = devices.of(world.noor)[1]
    with pytest.raises(NotFound):
        devices.forget(row.id, by=world.staff)
    devices.forget(row.id, by=world.noor)
    assert not devices.is_remembered(world.noor, token)
    assert devices.is_remembered(world.noor, other)
    with pytest.raises(NotFound):
        devices.forget(row.id, by=world.noor)
    assert Event.select().order_by(Event.id.desc()).get().verb == "forget_device"


@pytest.mark.parametrize("what", ["password", "factor", "agency"])
def test_what_forgets_all(world: World, what: str) -> None:
    phone, _laptop = one_time_codes.set_up(world.noor, "Phone"), one_time_codes.set_up(world.noor, "Laptop")
    noor = Account.get_by_id(world.noor.id)
    token, other = devices.remember(noor, FIREFOX), devices.remember(world.supervisor, FIREFOX)
    if what == "password":
        passwords.replace(noor, "een heel ander wachtwoord", by=None)
    elif what == "factor":
        factors.remove(phone.row.id, by=noor)
    else:
        people.end_sessions(noor.id, by=world.staff)
    assert not devices.is_remembered(noor, token)
    assert devices.is_remembered(world.supervisor, other)


def seen(account: Account, browser: str, token: str = "", address: str = "198.51.100.7") -> str:
    return devices.recognise(account, browser, address, token)


def told() -> list[str]:
    return [mail.subject for mail in Mail.select().order_by(Mail.id)]


NEW = "Ingelogd vanuit een andere browser"


def test_a_new_browser_is_told_to_its_owner(world: World) -> None:
    first = seen(world.noor, FIREFOX)
    assert told() == [], "the first is the one with the invitation"
    assert seen(world.noor, FIREFOX, first) == "", "known: the same cookie"
    other = seen(world.noor, "curl/8")
    assert other not in ("", first)
    assert told() == [NEW]
    (mail,) = Mail.select()
    assert mail.recipient == world.noor.email
    assert "curl, vanaf het adres 198.51.100.7" in mail.text
    assert "/password/forgotten" in mail.text
    seen(world.noor, "curl/8")
    assert told() == [NEW], "once a day for the same"
    seen(world.noor, "curl/8", address="203.0.113.9")
    seen(world.noor, "w3m/0.5")
    assert told() == [NEW] * 3


def test_a_token_of_somebody_else_s_browser_is_new(world: World) -> None:
    token = seen(world.supervisor, FIREFOX)
    seen(world.noor, "curl/8")
    shared = seen(world.noor, FIREFOX, token)
    assert told() == [NEW]
    assert seen(world.supervisor, FIREFOX, shared) == "", "both go on with the new one"


def test_known_is_not_remembered(world: World) -> None:
    token = seen(world.noor, FIREFOX)
    assert not devices.is_remembered(world.noor, token)
    assert devices.of(world.noor) == []
    token = devices.remember(world.noor, FIREFOX, token)
    assert Device.select().count() == 1
    devices.forget(devices.of(world.noor)[0].id, by=world.noor)
    assert not devices.is_remembered(world.noor, token)
    assert seen(world.noor, FIREFOX, token) == "", "still known"


def test_after_a_year_without_use_it_is_new_again(world: World) -> None:
    first, other = seen(world.noor, FIREFOX), seen(world.noor, "curl/8")
    clock.fix(clock.local(clock.now() + timedelta(days=300)).isoformat())
    assert seen(world.noor, FIREFOX, first) == ""
    clock.fix(clock.local(clock.now() + timedelta(days=66)).isoformat())
    assert seen(world.noor, "curl/8", other) == "", "nobody has cleared it yet"
    clock.fix(clock.local(clock.now() + timedelta(days=366)).isoformat())
    seen(world.supervisor, FIREFOX)
    assert Device.select().where(Device.account == world.noor).count() == 0
