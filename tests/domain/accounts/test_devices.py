"""Browsers of before: by which token, which are remembered, what they may, which are told, what forgets them."""

from datetime import timedelta

import pytest

from konnekt.domain import clock
from konnekt.domain.accounts import devices, factors, passwords, sessions, sign_in
from konnekt.domain.accounts.sessions import digest
from konnekt.domain.records import people
from konnekt.domain.refusals import Invalid, NotFound, TooMany
from konnekt.models import Account, Device, Event, Mail
from tests import one_time_codes
from tests.factories import World

GOOD = "correct horse battery"
HERE = "192.0.2.1"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def remembered(account: Account, browser: str = FIREFOX, token: str = "") -> str:
    token = devices.signed_in(account, token, browser, HERE)
    devices.remember(account, token)
    return token


def test_for_30_days(world: World) -> None:
    token = remembered(world.noor)
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
    first = remembered(world.noor)
    second = remembered(world.supervisor, FIREFOX, first)
    assert devices.is_remembered(world.noor, second)
    assert devices.is_remembered(world.supervisor, second)
    assert not devices.is_remembered(world.noor, first), (
        "a token that is known to somebody else is worth nothing"
    )
    third = remembered(world.noor, FIREFOX, second)
    assert Device.select().count() == 2
    assert devices.is_remembered(world.supervisor, third)


def test_forgetting_one(world: World) -> None:
    token, other = remembered(world.noor), remembered(world.noor, "curl/8")
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
    token, other = remembered(noor), remembered(world.supervisor)
    if what == "password":
        passwords.replace(noor, "een heel ander wachtwoord", by=None)
    elif what == "factor":
        factors.remove(phone.row.id, by=noor)
    else:
        people.end_sessions(noor.id, by=world.staff)
    assert not devices.is_remembered(noor, token)
    assert devices.is_remembered(world.supervisor, other)


def seen(account: Account, browser: str, token: str = "", address: str = "198.51.100.7") -> str:
    return devices.signed_in(account, token, browser, address)


def told() -> list[str]:
    return [mail.subject for mail in Mail.select().order_by(Mail.id)]


NEW = "Ingelogd vanuit een andere browser"


def test_a_new_browser_is_told_to_its_owner(world: World) -> None:
    first = seen(world.noor, FIREFOX)
    assert told() == [], "the first is the one with the invitation"
    assert seen(world.noor, FIREFOX, first) not in ("", first), "a new token each time"
    assert told() == [], "known"
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


def test_a_form_that_was_sent_twice_is_no_new_browser(world: World) -> None:
    """The second carries the cookie of before the first; whoever comes later with that is somebody else."""
    address = "198.51.100.7"
    token = seen(world.noor, FIREFOX)
    for _ in range(2):
        sessions.start(world.noor, address, FIREFOX)
        seen(world.noor, FIREFOX, token)
    assert told() == []
    seen(world.noor, FIREFOX, token, "203.0.113.9")
    assert told() == [NEW]
    clock.fix(clock.local(clock.now() + timedelta(days=1)).isoformat())
    sessions.start(world.noor, address, FIREFOX)
    seen(world.noor, FIREFOX, token)
    assert told() == [NEW] * 2


def test_choosing_a_password_makes_it_known_and_signing_in_is_told(world: World) -> None:
    """As a link by mail does: it has tries of its own, and the sign-in that follows is still a new one."""
    seen(world.noor, FIREFOX)
    token = devices.know(world.noor, "")
    assert devices.attempt(world.noor, token)
    assert told() == []
    token = seen(world.noor, "curl/8", token)
    assert told() == [NEW]
    seen(world.noor, "curl/8", devices.know(world.noor, token))
    assert told() == [NEW]
    invited = devices.know(world.outsider, "")
    seen(world.outsider, FIREFOX, invited)
    assert told() == [NEW], "the first of an account is told to nobody"


def test_a_token_of_somebody_else_s_browser_is_new(world: World) -> None:
    token = seen(world.supervisor, FIREFOX)
    seen(world.noor, "curl/8")
    shared = seen(world.noor, FIREFOX, token)
    assert told() == [NEW]
    seen(world.supervisor, FIREFOX, shared)
    assert told() == [NEW], "both go on with the new one"


def test_known_is_not_remembered(world: World) -> None:
    token = seen(world.noor, FIREFOX)
    assert not devices.is_remembered(world.noor, token)
    assert devices.of(world.noor) == []
    token = remembered(world.noor, FIREFOX, token)
    assert Device.select().count() == 1
    devices.forget(devices.of(world.noor)[0].id, by=world.noor)
    assert not devices.is_remembered(world.noor, token)
    seen(world.noor, FIREFOX, token)
    assert told() == [], "still known"


def test_after_a_year_without_use_it_is_new_again(world: World) -> None:
    first, other = seen(world.noor, FIREFOX), seen(world.noor, "curl/8")
    clock.fix(clock.local(clock.now() + timedelta(days=300)).isoformat())
    first = seen(world.noor, FIREFOX, first)
    assert told() == [NEW]
    clock.fix(clock.local(clock.now() + timedelta(days=66)).isoformat())
    seen(world.noor, "curl/8", other)
    assert told() == [NEW] * 2
    clock.fix(clock.local(clock.now() + timedelta(days=366)).isoformat())
    seen(world.supervisor, FIREFOX)
    assert Device.select().where(Device.account == world.noor).count() == 0


def wrong(name: str, device: str = "", times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(Invalid):
            sign_in.check(name, "wrong", HERE, device)


def test_the_table_holds_the_hash_alone(world: World) -> None:
    token = devices.know(world.noor, "")
    row = Device.get()
    assert len(token) >= 43
    assert (row.token_hash, row.account, row.failures) == (digest(token), world.noor, 0)


def test_a_known_device_signs_in_while_strangers_are_stopped(world: World) -> None:
    passwords.replace(world.noor, GOOD, by=None)
    token = devices.know(world.noor, "")
    wrong(world.noor.email, times=10)
    with pytest.raises(TooMany):
        sign_in.check(world.noor.email, GOOD, HERE)
    assert sign_in.check(world.noor.email, GOOD, HERE, token) == world.noor
    with pytest.raises(TooMany):
        sign_in.check(world.noor.email, GOOD, HERE)


def test_its_tries_are_its_own(world: World) -> None:
    """After ten it is a stranger, who has the tries of strangers, until it signs in again."""
    passwords.replace(world.noor, GOOD, by=None)
    token = devices.know(world.noor, "")
    wrong(world.noor.email, token, times=9)
    assert sign_in.check(world.noor.email, GOOD, HERE, token)
    wrong(world.noor.email, token, times=devices.MOST_FAILURES)
    wrong(world.noor.email, token, times=10)
    with pytest.raises(TooMany):
        sign_in.check(world.noor.email, GOOD, HERE, token)
    fresh = devices.know(world.noor, token)
    assert sign_in.check(world.noor.email, GOOD, HERE, fresh)


def test_it_is_of_one_account(world: World) -> None:
    token = devices.know(world.noor, "")
    assert devices.attempt(world.supervisor, token) is None
    assert devices.attempt(None, token) is None
    assert devices.attempt(world.noor, "") is None
    assert devices.attempt(world.noor, token)


def test_two_people_on_one_device_share_its_token(world: World) -> None:
    first = devices.know(world.noor, "")
    second = devices.know(world.supervisor, first)
    assert devices.attempt(world.noor, second)
    assert devices.attempt(world.supervisor, second)


def test_a_token_that_somebody_planted_is_worth_nothing_after(world: World) -> None:
    planted = devices.know(world.outsider, "")
    devices.know(world.noor, planted)
    assert devices.attempt(world.noor, planted) is None
    assert devices.attempt(world.outsider, planted) is None
    made_up = "x" * 43
    devices.know(world.noor, made_up)
    assert devices.attempt(world.noor, made_up) is None


def test_half_a_year_without_signing_in_and_it_is_a_stranger(world: World) -> None:
    token = devices.know(world.noor, "")
    clock.fix((clock.now() + devices.LASTS - timedelta(seconds=1)).isoformat())
    assert devices.attempt(world.noor, token)
    clock.fix((clock.now() + timedelta(seconds=1)).isoformat())
    assert devices.attempt(world.noor, token) is None
    seen(world.supervisor, FIREFOX)
    seen(world.noor, FIREFOX, token)
    assert told() == [], "but not new"


def test_the_latest_twenty_are_kept(world: World) -> None:
    tokens = []
    for minute in range(devices.MOST_DEVICES + 2):
        clock.fix(f"2026-11-30T10:{minute:02}")
        tokens.append(devices.know(world.noor, ""))
    assert Device.select().count() == devices.MOST_DEVICES
    assert devices.attempt(world.noor, tokens[1]) is None
    assert devices.attempt(world.noor, tokens[2])


def test_a_new_password_makes_all_of_them_strangers(world: World) -> None:
    token = devices.know(world.noor, "")
    other = devices.know(world.supervisor, "")
    passwords.replace(world.noor, GOOD, by=None)
    assert devices.attempt(world.noor, token) is None
    assert devices.attempt(world.supervisor, other)


def test_all_but_this_one_are_forgotten(world: World) -> None:
    here, there = devices.know(world.noor, ""), devices.know(world.noor, "")
    devices.remember(world.noor, here)
    devices.remember(world.noor, there)
    devices.estrange(world.noor, keep=here)
    assert devices.attempt(world.noor, here)
    assert devices.is_remembered(world.noor, here)
    assert devices.attempt(world.noor, there) is None
    assert not devices.is_remembered(world.noor, there)
    there = devices.know(world.noor, there)
    assert devices.attempt(world.noor, there), "until the account signs in there"
