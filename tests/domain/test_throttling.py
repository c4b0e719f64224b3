"""Brakes: counted in the database, never exceeded by many at once, gone after their time."""

import threading

import pytest
from flask import Flask

from konnekt.db import db
from konnekt.domain import clock, throttling
from konnekt.domain.refused import TooMany
from konnekt.domain.throttling import Limit, record, sign_in_limits
from konnekt.models import SignInAttempt
from tests.factories import World


def fill(limits: list[Limit], count: int) -> None:
    for _ in range(count):
        record(limits)


def test_the_eleventh_is_refused_and_told_when(world: World) -> None:
    limits = sign_in_limits(world.noor, "noor@um.example", "192.0.2.1")
    fill(limits, 10)
    with pytest.raises(TooMany) as refusal:
        record(limits)
    assert refusal.value.values["time"] == "09:15"
    assert 0 < refusal.value.values["seconds"] <= 15 * 60 + 1


def test_attempts_run_out_one_by_one_and_are_pruned(world: World) -> None:
    limits = sign_in_limits(world.noor, "", "192.0.2.1")
    fill(limits, 4)
    clock.fix("2026-11-30T09:10")
    fill(limits, 6)
    with pytest.raises(TooMany) as refusal:
        record(limits)
    assert refusal.value.values["time"] == "09:15"
    clock.fix("2026-11-30T09:15")
    fill(limits, 4)
    with pytest.raises(TooMany) as refusal:
        record(limits)
    assert refusal.value.values["time"] == "09:25"
    assert SignInAttempt.select().count() == 2 * 10


def test_a_refused_attempt_prolongs_nothing(world: World) -> None:
    limits = sign_in_limits(world.noor, "", "192.0.2.1")
    fill(limits, 10)
    clock.fix("2026-11-30T09:14")
    for _ in range(5):
        with pytest.raises(TooMany):
            record(limits)
    clock.fix("2026-11-30T09:15")
    record(limits)


def test_an_account_is_one_whatever_it_is_called_and_from_wherever(world: World) -> None:
    fill(sign_in_limits(world.supervisor, "supervisor@um.example", "192.0.2.1"), 5)
    fill(sign_in_limits(world.supervisor, "FLEX1003", "198.51.100.7"), 5)
    with pytest.raises(TooMany):
        record(sign_in_limits(world.supervisor, "flex1003", "203.0.113.1"))
    record(sign_in_limits(world.noor, "noor@um.example", "192.0.2.1"))


def test_a_name_that_is_nobodys_is_braked_as_well(app: Flask) -> None:
    fill(sign_in_limits(None, "nobody@um.example", "192.0.2.1"), 10)
    with pytest.raises(TooMany):
        record(sign_in_limits(None, " NOBODY@um.example", "198.51.100.7"))


def test_an_address_is_braked_over_all_names(app: Flask) -> None:
    for number in range(100):
        record(sign_in_limits(None, f"name{number}", "192.0.2.1"))
    with pytest.raises(TooMany):
        record(sign_in_limits(None, "another", "192.0.2.1"))
    record(sign_in_limits(None, "another", "192.0.2.2"))


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("fe80::1%eth0", "fe80::2", True),
        ("", "", True),
        ("unix:", "192.0.2.1", False),
    ],
)
def test_what_counts_as_one_address(one: str, other: str, is_same: bool) -> None:
    keys = [sign_in_limits(None, "", address)[1].key for address in (one, other)]
    assert (keys[0] == keys[1]) is is_same


def test_the_table_holds_neither_names_nor_addresses(world: World) -> None:
    record(sign_in_limits(None, "nobody@um.example", "192.0.2.1"))
    for row in SignInAttempt.select():
        assert len(row.key) == 64
        assert "192" not in row.key[:3] or row.key.isalnum()
    assert {row.key for row in SignInAttempt.select()} == {
        limit.key for limit in sign_in_limits(None, "nobody@um.example", "192.0.2.1")
    }


def test_forgive_forgets_the_accounts_failures_only(world: World) -> None:
    record(sign_in_limits(world.noor, "", "192.0.2.1"))
    record(throttling.link_limits(world.noor, "", "192.0.2.1"))
    record(sign_in_limits(world.supervisor, "", "192.0.2.1"))
    throttling.forgive(world.noor)
    assert SignInAttempt.select().count() == 4


def test_many_at_once_never_get_more_than_the_limit(world: World) -> None:
    limits = sign_in_limits(world.noor, "", "192.0.2.1")
    through, refused, broken = [], [], []
    start = threading.Barrier(16)

    def attempt() -> None:
        start.wait()
        try:
            with db.connection_context():
                through.append(record(limits))
        except TooMany:
            refused.append(1)
        except Exception as error:
            broken.append(error)

    threads = [threading.Thread(target=attempt) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert broken == []
    assert 1 <= len(through) <= 10
    assert len(through) + len(refused) == 16
    assert SignInAttempt.select().where(SignInAttempt.key == limits[0].key).count() == len(through)
