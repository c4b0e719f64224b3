"""Passwords: how they are kept, how they change."""

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher, extract_parameters
from flask import Flask

from konnekt.domain import clock
from konnekt.domain.accounts import links, passwords, people, sessions, sign_in
from konnekt.domain.refusals import Invalid, Refused, TooMany
from konnekt.models import Account, AccountLink, Event, Session, SignInAttempt
from tests import factories
from tests.conftest import REAL_HASHER
from tests.factories import World

GOOD = "correct horse battery"
NEW = "een heel ander"


@pytest.fixture
def real_hasher(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Passwords cost what they cost in the portal."""
    monkeypatch.setattr(passwords, "HASHER", REAL_HASHER)
    passwords._nobody.cache_clear()
    yield
    passwords._nobody.cache_clear()


def test_a_password_is_taken_as_typed(world: World) -> None:
    long = "in een lange zin past een heel verhaal over een fiets, een brug en regen" + "tail"
    for password, others in [
        ("  spaces count  ", ["spaces count", "  spaces count", " spaces count "]),
        ("Case Counts Here", ["case counts here"]),
        ("ﬁets ｗide Ⅸ lang", ["fiets ｗide Ⅸ lang", "ﬁets wide Ⅸ lang", "ﬁets ｗide IX lang"]),
        (long, [long[:72], long[:72] + "tall"]),
    ]:
        passwords.replace(world.noor, password, by=None, source="command")
        assert passwords.matches(world.noor, password)
        for other in others:
            assert not passwords.matches(world.noor, other)


COMPOSED, DECOMPOSED = "caf\u00e9 au lait dag", "cafe\u0301 au\u00a0lait dag"


@pytest.mark.parametrize("first, second", [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED)])
def test_the_same_letters_of_two_keyboards_are_the_same_password(
    world: World, first: str, second: str
) -> None:
    passwords.replace(world.noor, first, by=None, source="command")
    assert passwords.matches(world.noor, first)
    assert passwords.matches(world.noor, second)
    assert not passwords.matches(world.noor, "cafe au lait dag")
    kept = world.noor.password_hash
    passwords.keep_up(world.noor, second)
    assert Account.get_by_id(world.noor.id).password_hash == kept, "nothing to hash again"


@pytest.mark.parametrize("typed", [DECOMPOSED, COMPOSED.replace("é", "e\u0301")])
def test_a_password_hashed_as_one_keyboard_sent_it_lets_its_owner_in_and_is_hashed_again(
    world: World, typed: str
) -> None:
    old = passwords.HASHER.hash(typed)
    Account.update(password_hash=old).where(Account.id == world.noor.id).execute()
    account = sign_in.check(world.noor.email, typed, "192.0.2.1")
    kept = Account.get_by_id(account.id).password_hash
    assert kept != old
    assert passwords.HASHER.verify(kept, COMPOSED)
    assert sign_in.check(world.noor.email, COMPOSED, "192.0.2.1") == account


def test_user_names_compare_by_width_case_and_composition(world: World) -> None:
    made = people.make(
        "jose@um.example", first_name="José", last_name="Peeters", language="nl", username="José7"
    )
    assert made.username == "jos\u00e97"
    for typed in ("JOSE\u03017", " jos\u00e97 ", "ｊｏｓ\u00e9７"):
        assert people.find(typed) == made, typed
    assert people.find("jose7") is None
    with pytest.raises(Invalid, match="taken"):
        people.make("x@um.example", first_name="", last_name="X", language="nl", username="JOSE\u03017")


def test_an_upgrade_brings_old_user_names_into_that_form_unless_somebody_has_it(world: World) -> None:
    Account.update(username="ame\u0301lie").where(Account.id == world.noor.id).execute()
    people.renew_keys()
    assert Account.get_by_id(world.noor.id).username == "am\u00e9lie"
    Account.update(username="ame\u0301lie").where(Account.id == world.outsider.id).execute()
    people.renew_keys()
    assert people.find("ame\u0301lie") == world.outsider, "who had it still signs in with it"
    assert people.find("am\u00e9lie") == world.noor


@pytest.mark.usefixtures("real_hasher")
def test_the_hash_is_argon2id_above_the_minimum_of_owasp(world: World) -> None:
    passwords.replace(world.noor, GOOD, by=None)
    kept = Account.get_by_id(world.noor.id).password_hash
    parameters = extract_parameters(kept)
    assert kept.startswith("$argon2id$")
    assert parameters.memory_cost >= 19_456
    assert parameters.memory_cost * parameters.time_cost >= 19_456 * 2
    assert parameters.salt_len >= 16
    assert extract_parameters(passwords._nobody()) == parameters


@pytest.mark.usefixtures("real_hasher")
def test_an_older_hash_is_renewed_at_sign_in(world: World) -> None:
    old = PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash(GOOD)
    Account.update(password_hash=old).where(Account.id == world.noor.id).execute()
    assert sign_in.check(world.noor.email, GOOD, "192.0.2.1").id == world.noor.id
    renewed = Account.get_by_id(world.noor.id)
    assert extract_parameters(renewed.password_hash) == extract_parameters(passwords._nobody())
    assert passwords.matches(renewed, GOOD)
    sign_in.check(world.noor.email, GOOD, "192.0.2.1")
    assert Account.get_by_id(world.noor.id).password_hash == renewed.password_hash


@pytest.mark.parametrize("kept", ["", "not a hash", "$argon2id$broken", "pbkdf2:sha256:1$a$b"])
def test_a_hash_that_is_none_fits_nothing(world: World, kept: str) -> None:
    world.noor.password_hash = kept
    assert not passwords.matches(world.noor, GOOD)
    assert not passwords.matches(world.noor, "")


class Counting(PasswordHasher):
    """The real thing, which remembers how often it was asked."""

    def __init__(self) -> None:
        parameters = extract_parameters(passwords._nobody())
        super().__init__(parameters.time_cost, parameters.memory_cost, parameters.parallelism)
        self.asked: list[str] = []

    def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override]
        self.asked.append(str(hash))
        return super().verify(hash, password)


@pytest.mark.usefixtures("real_hasher")
def test_every_refusal_costs_one_hash_of_the_same_size(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    passwords.replace(world.noor, GOOD, by=None)
    passwords.replace(world.outsider, GOOD, by=None)
    Account.update(is_active=False).where(Account.id == world.outsider.id).execute()
    counting = Counting()
    monkeypatch.setattr(passwords, "HASHER", counting)
    cases = [
        (world.noor.email, "wrong password"),
        ("nobody@um.example", GOOD),
        (world.outsider.email, GOOD),
        (world.supervisor.email, GOOD),
        (world.noor.email, "x" * 5000),
        ("no\0body", GOOD),
        ("n" * 5000, GOOD),
    ]
    sentences = set()
    for name, password in cases:
        with pytest.raises(Invalid) as refusal:
            sign_in.check(name, password, "192.0.2.1")
        sentences.add(str(refusal.value))
    assert len(counting.asked) == len(cases)
    assert len({str(extract_parameters(asked)) for asked in counting.asked}) == 1
    assert len(sentences) == 1


def test_change_ends_every_session_and_begins_a_new_one(world: World) -> None:
    passwords.replace(world.noor, GOOD, by=None)
    here, there = sessions.start(world.noor), sessions.start(world.noor)
    elsewhere = sessions.start(world.supervisor)
    token = passwords.change(
        world.noor, GOOD, "een heel ander", by=world.noor, address="192.0.2.1", browser="Lynx"
    )
    assert sessions.find(here) is None
    assert sessions.find(there) is None
    assert sessions.find(token).account == world.noor
    assert sessions.find(elsewhere)
    assert passwords.matches(Account.get_by_id(world.noor.id), "een heel ander")
    event = Event.get(Event.verb == "change_password")
    assert (event.actor, event.person, event.before, event.after) == (world.noor, world.noor, None, None)


def test_change_asks_for_the_current_password(world: World) -> None:
    passwords.replace(world.noor, GOOD, by=None)
    for current in ("", "wrong", GOOD + " "):
        with pytest.raises(Invalid) as refusal:
            passwords.change(world.noor, current, "een heel ander", by=world.noor, address="", browser="")
        assert refusal.value.field == "current"
    assert passwords.matches(Account.get_by_id(world.noor.id), GOOD)
    assert not Event.select().where(Event.verb == "change_password").exists()


def test_change_counts_wrong_current_passwords_apart_from_what_strangers_guess(world: World) -> None:
    passwords.replace(world.noor, GOOD, by=None)

    def change(current: str) -> str:
        return passwords.change(world.noor, current, NEW, by=world.noor, address="", browser="")

    for _ in range(10):
        with pytest.raises(Invalid):
            sign_in.check(world.noor.email, "wrong", "192.0.2.1")
    for _ in range(10):
        with pytest.raises(Invalid):
            change("wrong")
    with pytest.raises(TooMany):
        change(GOOD)
    assert sign_in.check(world.noor.email, GOOD, "198.51.100.9") == world.noor
    clock.fix("2026-11-30T09:00:01")
    change(GOOD)


def test_a_refused_new_password_changes_nothing(world: World) -> None:
    passwords.replace(world.noor, GOOD, by=None)
    token = sessions.start(world.noor)
    with pytest.raises(Invalid) as refusal:
        passwords.change(world.noor, GOOD, "kort", by=world.noor, address="", browser="")
    assert refusal.value.field == "password"
    assert sessions.find(token)
    assert not SignInAttempt.select().where(SignInAttempt.failures > 0).exists()


def test_of_two_changes_at_the_same_moment_one_wins(world: World) -> None:
    passwords.replace(world.noor, GOOD, by=None)
    stale = Account.get_by_id(world.noor.id)
    passwords.change(world.noor, GOOD, "de eerste wint", by=world.noor, address="", browser="")
    with pytest.raises(Refused, match="at this moment"):
        passwords.change(stale, GOOD, "de tweede niet", by=stale, address="", browser="")
    assert passwords.matches(Account.get_by_id(world.noor.id), "de eerste wint")


def test_nobody_changes_somebody_elses_password(world: World) -> None:
    passwords.replace(world.noor, GOOD, by=None)
    with pytest.raises(Refused):
        passwords.change(world.noor, GOOD, "een heel ander", by=world.staff, address="", browser="")


def test_replace_ends_all_that_rested_on_the_old_password(world: World) -> None:
    sessions.start(world.noor)
    links.send(world.noor, "reset")
    with pytest.raises(Invalid):
        sign_in.check(world.noor.email, "wrong", "192.0.2.1")
    passwords.replace(world.noor, GOOD, by=None, source="command")
    assert not Session.select().exists()
    assert not AccountLink.select().exists()
    assert {row.subject for row in SignInAttempt.select()} == {""}, "the address keeps its own"
    event = Event.get(Event.verb == "set_password")
    assert (event.actor, event.source, event.person) == (None, "command", world.noor)


def test_no_account_comes_with_a_password(app: Flask) -> None:
    assert factories.account().password_hash is None
    assert clock.now()
