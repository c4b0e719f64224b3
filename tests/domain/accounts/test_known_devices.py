"""Devices of before: tries of their own, told by a token that nobody can plant."""

from datetime import timedelta

import pytest

from konnekt.domain import clock
from konnekt.domain.accounts import known_devices, passwords, sign_in
from konnekt.domain.accounts.sessions import digest
from konnekt.domain.refusals import Invalid, TooMany
from konnekt.models import KnownDevice
from tests.factories import World

GOOD = "correct horse battery"
HERE = "192.0.2.1"


def wrong(name: str, device: str = "", times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(Invalid):
            sign_in.check(name, "wrong", HERE, device)


def test_the_table_holds_the_hash_alone(world: World) -> None:
    token = known_devices.remember(world.noor, "")
    row = KnownDevice.get()
    assert len(token) >= 43
    assert (row.token_hash, row.account, row.failures) == (digest(token), world.noor, 0)


def test_a_known_device_signs_in_while_strangers_are_stopped(world: World) -> None:
    passwords.replace(world.noor, GOOD, by=None)
    token = known_devices.remember(world.noor, "")
    wrong(world.noor.email, times=10)
    with pytest.raises(TooMany):
        sign_in.check(world.noor.email, GOOD, HERE)
    assert sign_in.check(world.noor.email, GOOD, HERE, token) == world.noor
    with pytest.raises(TooMany):
        sign_in.check(world.noor.email, GOOD, HERE)


def test_its_tries_are_its_own(world: World) -> None:
    """After ten it is a stranger, who has the tries of strangers, until it signs in again."""
    passwords.replace(world.noor, GOOD, by=None)
    token = known_devices.remember(world.noor, "")
    wrong(world.noor.email, token, times=9)
    assert sign_in.check(world.noor.email, GOOD, HERE, token)
    wrong(world.noor.email, token, times=known_devices.MOST_FAILURES)
    wrong(world.noor.email, token, times=10)
    with pytest.raises(TooMany):
        sign_in.check(world.noor.email, GOOD, HERE, token)
    fresh = known_devices.remember(world.noor, token)
    assert sign_in.check(world.noor.email, GOOD, HERE, fresh)


def test_it_is_of_one_account(world: World) -> None:
    token = known_devices.remember(world.noor, "")
    assert known_devices.attempt(world.supervisor, token) is None
    assert known_devices.attempt(None, token) is None
    assert known_devices.attempt(world.noor, "") is None
    assert known_devices.attempt(world.noor, token)


def test_two_people_on_one_device_share_its_token(world: World) -> None:
    first = known_devices.remember(world.noor, "")
    second = known_devices.remember(world.supervisor, first)
    assert known_devices.attempt(world.noor, second)
    assert known_devices.attempt(world.supervisor, second)


def test_a_token_that_somebody_planted_is_worth_nothing_after(world: World) -> None:
    planted = known_devices.remember(world.outsider, "")
    known_devices.remember(world.noor, planted)
    assert known_devices.attempt(world.noor, planted) is None
    assert known_devices.attempt(world.outsider, planted) is None
    made_up = "x" * 43
    known_devices.remember(world.noor, made_up)
    assert known_devices.attempt(world.noor, made_up) is None


def test_half_a_year_without_signing_in_and_it_is_a_stranger(world: World) -> None:
    token = known_devices.remember(world.noor, "")
    clock.fix((clock.now() + known_devices.LASTS - timedelta(seconds=1)).isoformat())
    assert known_devices.attempt(world.noor, token)
    clock.fix((clock.now() + timedelta(seconds=1)).isoformat())
    assert known_devices.attempt(world.noor, token) is None
    known_devices.remember(world.supervisor, "")
    assert KnownDevice.select().count() == 1


def test_the_latest_twenty_are_kept(world: World) -> None:
    tokens = []
    for minute in range(known_devices.MOST_DEVICES + 2):
        clock.fix(f"2026-11-30T10:{minute:02}")
        tokens.append(known_devices.remember(world.noor, ""))
    assert KnownDevice.select().count() == known_devices.MOST_DEVICES
    assert known_devices.attempt(world.noor, tokens[1]) is None
    assert known_devices.attempt(world.noor, tokens[2])


def test_a_new_password_makes_all_of_them_strangers(world: World) -> None:
    token = known_devices.remember(world.noor, "")
    other = known_devices.remember(world.supervisor, "")
    passwords.replace(world.noor, GOOD, by=None)
    assert known_devices.attempt(world.noor, token) is None
    assert known_devices.attempt(world.supervisor, other)


def test_all_but_this_one_are_forgotten(world: World) -> None:
    here, there = known_devices.remember(world.noor, ""), known_devices.remember(world.noor, "")
    known_devices.forget(world.noor, keep=here)
    assert known_devices.attempt(world.noor, here)
    assert known_devices.attempt(world.noor, there) is None
