"""Limits on guessing: counted in the database, never exceeded by many at once, and locking nobody out."""

import threading
from datetime import timedelta

import pytest
from flask import Flask

from konnekt.config import Config
from konnekt.db import db, transaction
from konnekt.domain import clock
from konnekt.domain.accounts import attempts
from konnekt.domain.accounts.attempts import Limit, record, sign_in_limits
from konnekt.domain.refusals import TooMany
from konnekt.models import Account, SignInAttempt
from tests.factories import World

HERE = "192.0.2.1"


def guess(account: Account | None, address: str = HERE, typed: str = "") -> None:
    record(sign_in_limits(account, typed, address))


def refused(account: Account | None, address: str = HERE, typed: str = "") -> TooMany:
    with pytest.raises(TooMany) as refusal:
        guess(account, address, typed)
    return refusal.value


def later(**time: int) -> None:
    clock.fix((clock.now() + timedelta(**time)).isoformat())


def fill(account: Account | None, count: int, address: str = HERE, typed: str = "") -> None:
    """That many failures, each as soon as it may be."""
    for _ in range(count):
        try:
            guess(account, address, typed)
        except TooMany as refusal:
            later(seconds=refusal.values["seconds"])
            guess(account, address, typed)


def counted(limit: Limit) -> int:
    return limit.failures(SignInAttempt.get_or_none(SignInAttempt.key == limit.key))


def test_the_first_ten_are_at_once_then_each_waits_twice_as_long(world: World) -> None:
    fill(world.noor, attempts.AT_ONCE_FROM_ADDRESS)
    assert clock.local(clock.now()).strftime("%H:%M") == "09:00"
    waits = []
    for _ in range(attempts.MOST_FROM_ADDRESS - attempts.AT_ONCE_FROM_ADDRESS):
        refusal = refused(world.noor)
        waits.append(refusal.values["seconds"] - 1)
        later(seconds=waits[-1])
        guess(world.noor)
    assert waits == [2**number for number in range(10)]
    assert "that always works" in str(refused(world.noor))


def test_it_says_how_long_to_wait(world: World) -> None:
    fill(world.noor, 11)
    assert str(refused(world.noor)) == "Too many attempts. Try again in 3 seconds, or ask for a new password."
    fill(world.noor, 6)
    refusal = refused(world.noor)
    assert "Try again after 09:05, or ask" in str(refusal), "64 seconds, and 128 from then on"
    assert 60 < refusal.values["seconds"] <= 129


def test_a_refused_attempt_prolongs_nothing(world: World) -> None:
    fill(world.noor, 12)
    later(seconds=3)
    refused(world.noor)
    later(seconds=1)
    guess(world.noor)


def test_failures_are_forgotten_after_a_day_without_one(world: World) -> None:
    fill(world.noor, 15)
    later(days=1)
    fill(world.noor, 10)
    refused(world.noor)


def test_what_reached_its_limit_is_closed_for_thirty_days(world: World) -> None:
    fill(world.noor, attempts.MOST_FROM_ADDRESS)
    later(days=29, hours=23)
    refused(world.noor)
    later(hours=1)
    guess(world.noor)


def test_another_address_is_not_stopped_by_one_that_guesses(world: World) -> None:
    fill(world.noor, attempts.MOST_FROM_ADDRESS)
    refused(world.noor)
    fill(world.noor, 10, "198.51.100.7")
    guess(world.supervisor)


def test_many_addresses_are_slowed_together_and_closed_at_a_hundred(world: World) -> None:
    for number in range(10):
        fill(world.noor, 3, f"198.51.100.{number}")
    assert refused(world.noor, "203.0.113.1").values["seconds"] == 2
    for number in range(70):
        fill(world.noor, 1, f"203.0.113.{number}")
    assert "that always works" in str(refused(world.noor, "192.0.2.77"))
    guess(world.supervisor, "192.0.2.77")


def test_a_right_password_takes_back_what_was_mistyped_there_and_nothing_else(world: World) -> None:
    fill(world.noor, 4, "198.51.100.7")
    fill(world.noor, 9)
    limits = sign_in_limits(world.noor, "", HERE)
    attempts.succeed(record(limits))
    burst, busy, here, everywhere = map(counted, limits)
    assert (here, everywhere) == (0, 4)
    assert (burst, busy) == (9, 9), "the address keeps its own, without the right one"


def test_an_account_is_one_whatever_it_is_called(world: World) -> None:
    fill(world.supervisor, 5, typed="supervisor@um.example")
    fill(world.supervisor, 5, typed="FLEX1003")
    refused(world.supervisor, typed="flex1003")


def test_a_name_that_is_nobodys_is_braked_as_well(app: Flask) -> None:
    fill(None, 10, typed="nobody@um.example")
    refused(None, typed=" NOBODY@um.example")
    guess(None, typed="somebody@um.example")


def test_a_busy_address_has_three_tries_for_each_account(world: World) -> None:
    for number in range(attempts.BUSY_ADDRESS):
        later(seconds=1)
        guess(None, typed=f"name{number}")
    fill(world.noor, 3)
    assert refused(world.noor).values["seconds"] == 2
    fill(world.noor, 10, "198.51.100.7")
    later(minutes=15)
    guess(world.noor)


def test_an_address_has_five_a_second(app: Flask) -> None:
    for number in range(attempts.MOST_IN_BURST):
        guess(None, typed=f"name{number}")
    assert refused(None, typed="another").values["seconds"] == 21
    guess(None, "192.0.2.2", typed="another")
    later(seconds=20)
    guess(None, typed="another")


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
def test_what_counts_as_one_address(app: Flask, one: str, other: str, is_same: bool) -> None:
    keys = [[limit.key for limit in sign_in_limits(None, "", address)] for address in (one, other)]
    assert (keys[0] == keys[1]) is is_same


def test_the_table_holds_neither_names_nor_addresses(world: World) -> None:
    guess(None, typed="nobody@um.example")
    guess(world.noor)
    for row in SignInAttempt.select():
        assert len(row.key) == 64
        assert len(row.subject) in (0, 64)
        assert int(row.key, 16) + int(row.subject or "0", 16)


def test_forgive_forgets_all_that_was_counted_against_the_account_only(world: World) -> None:
    fill(world.noor, 3)
    fill(world.noor, 3, "198.51.100.7")
    record(attempts.change_limits(world.noor))
    guess(world.supervisor)
    before = SignInAttempt.select().count()
    attempts.forgive(world.noor)
    assert before - SignInAttempt.select().count() == 4, "from here, from there, everywhere, the current one"
    assert counted(sign_in_limits(world.supervisor, "", HERE)[3]) == 1


def test_rows_are_pruned(world: World) -> None:
    guess(world.noor)
    fill(world.supervisor, attempts.MOST_FROM_ADDRESS)
    later(days=1)
    guess(None, typed="x")
    kept = {row.subject for row in SignInAttempt.select()}
    assert sign_in_limits(world.noor, "", HERE)[3].subject not in kept
    assert sign_in_limits(world.supervisor, "", HERE)[3].subject in kept
    later(days=30)
    guess(None, typed="y")
    assert SignInAttempt.select().count() == 4


def test_pruning_waits_for_no_attempt(world: World, config: Config) -> None:
    """Yesterday's rows, one of which an attempt holds just now: it may come to ask for another of them."""
    guess(world.noor)
    later(days=1)
    key = sign_in_limits(world.noor, "", HERE)[0].key
    left: list[str] = []

    def prune() -> None:
        with db.connection_context():
            attempts._prune()
            left.extend(row.key for row in SignInAttempt.select())

    thread = threading.Thread(target=prune)
    with transaction():
        SignInAttempt.update(failures=1).where(SignInAttempt.key == key).execute()
        thread.start()
        thread.join(5 if config.database else 0)
        # SQLite has one who writes: there it waits, and holds nothing that could be waited for.
        assert thread.is_alive() != bool(config.database)
    thread.join()
    assert left == ([key] if config.database else [])


def test_many_at_once_never_get_more_than_the_limit(world: World) -> None:
    limits = sign_in_limits(world.noor, "", HERE)
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
    assert (len(through), len(refused)) == (10, 6)
    assert [counted(limit) for limit in limits] == [10] * 4
