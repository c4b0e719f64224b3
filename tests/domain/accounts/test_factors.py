"""One-time codes: which ones let in, how often, and what the tables keep of them."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from flask import Flask

from konnekt.background import mail
from konnekt.config import Config
from konnekt.db import db
from konnekt.domain import clock
from konnekt.domain.accounts import factors, sealing, sessions
from konnekt.domain.refusals import Conflict, Invalid, NotFound, Refused, TooMany
from konnekt.models import Account, Authenticator, Event, Session, SignInAttempt
from tests import one_time_codes
from tests.factories import World

DOES_NOT_FIT = "This code does not fit"
USED = "This code was used already"


def refused(account: Account, code: str) -> str:
    with pytest.raises(Invalid) as said:
        factors.check(account, code)
    assert said.value.field == "factor_code"
    return str(said.value)


def later(**time: int) -> None:
    clock.fix(clock.local(clock.now() + timedelta(**time)).isoformat())


def test_setting_up(world: World) -> None:
    app = one_time_codes.begun(world.noor, " My   phone ")
    assert app.row.name == "My phone"
    assert not Account.get_by_id(world.noor.id).has_second_factor
    assert factors.of(world.noor) == []
    factors.confirm(app.row.id, app.code(), by=world.noor)
    assert Account.get_by_id(world.noor.id).has_second_factor
    (kept,) = factors.of(world.noor)
    assert (kept.name, kept.confirmed_at, kept.used_at) == ("My phone", clock.now(), clock.now())
    event = Event.select().order_by(Event.id.desc()).get()
    assert (event.verb, event.actor, event.person, event.after) == (
        "add_factor", world.noor, world.noor, {"factor": "My phone"},
    )  # fmt: skip
    with pytest.raises(Conflict):
        factors.confirm(app.row.id, app.code(), by=world.noor)
    with pytest.raises(Conflict):
        factors.secret_of(kept)


def test_the_code_that_sets_it_up_is_used(world: World) -> None:
    app = one_time_codes.begun(world.noor)
    factors.confirm(app.row.id, app.code(), by=world.noor)
    assert refused(world.noor, app.code()).startswith(USED)


@pytest.mark.parametrize("code", ["", "000000", "12345", "1234567", "abcdef", "１２３４５６", "' OR 1=1"])
def test_a_code_that_is_none_sets_nothing_up(world: World, code: str) -> None:
    app = one_time_codes.begun(world.noor)
    assert code != app.code()
    with pytest.raises(Invalid):
        factors.confirm(app.row.id, code, by=world.noor)
    assert not Account.get_by_id(world.noor.id).has_second_factor


@pytest.mark.parametrize("off", [-30, 0, 30])
def test_a_clock_may_be_half_a_minute_off(world: World, off: int) -> None:
    app = one_time_codes.set_up(world.noor)
    factors.check(world.noor, app.code(off))
    assert not SignInAttempt.select().where(SignInAttempt.failures > 0).exists()


@pytest.mark.parametrize("off", [-90, -60, 60, 90])
def test_a_clock_may_not_be_more_off(world: World, off: int) -> None:
    app = one_time_codes.set_up(world.noor)
    assert refused(world.noor, app.code(off)).startswith(DOES_NOT_FIT)


def test_a_code_is_typed_with_spaces_too(world: World) -> None:
    code = one_time_codes.set_up(world.noor).code()
    factors.check(world.noor, f" {code[:3]} {code[3:]}\t")


def test_a_code_works_once_and_no_earlier_one_after_it(world: World) -> None:
    app = one_time_codes.set_up(world.noor)
    earlier = app.code(-30)
    factors.check(world.noor, app.code())
    assert refused(world.noor, app.code()).startswith(USED)
    assert refused(world.noor, earlier).startswith(USED)
    later(seconds=30)
    factors.check(world.noor, app.code())


def test_two_tabs_at_once(config: Config, world: World) -> None:
    code = one_time_codes.set_up(world.noor).code()

    def check(_number: int) -> str:
        with db.connection_context():
            try:
                factors.check(world.noor, code)
            except Refused:
                return "refused"
            return "in"

    db.close()
    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(check, range(4)))
    db.connect(reuse_if_open=True)
    assert answers == ["in", "refused", "refused", "refused"]


def test_another_account_s_code(world: World) -> None:
    mine, other = one_time_codes.set_up(world.noor), one_time_codes.set_up(world.supervisor)
    assert mine.code() != other.code()
    assert refused(world.noor, other.code()).startswith(DOES_NOT_FIT)
    factors.check(world.supervisor, other.code())


def test_any_of_several(world: World) -> None:
    phone, laptop = one_time_codes.set_up(world.noor, "Phone"), one_time_codes.set_up(world.noor, "Laptop")
    factors.check(world.noor, laptop.code())
    factors.check(world.noor, phone.code())
    factors.remove(phone.row.id, by=world.noor)
    later(minutes=1)
    assert refused(world.noor, phone.code()).startswith(DOES_NOT_FIT)
    factors.check(world.noor, laptop.code())


def test_five_wrong_codes(world: World) -> None:
    app = one_time_codes.set_up(world.noor)
    for _ in range(5):
        assert refused(world.noor, "000000").startswith(DOES_NOT_FIT)
    with pytest.raises(TooMany):
        factors.check(world.noor, app.code())
    later(minutes=15, seconds=1)
    factors.check(world.noor, app.code())


def test_a_name(world: World) -> None:
    one_time_codes.set_up(world.noor, "Phone")
    for name, says in (("", "name"), ("  ", "name"), ("x" * 61, "60"), ("PHONE", "already")):
        with pytest.raises(Invalid, match=says) as said:
            factors.begin(world.noor, name, by=world.noor)
        assert said.value.field == "name"
    one_time_codes.set_up(world.supervisor, "Phone")


def test_at_most_five(world: World) -> None:
    for number in range(5):
        one_time_codes.set_up(world.noor, f"Phone {number}")
    with pytest.raises(Conflict, match="remove one first"):
        factors.begin(world.noor, "One more", by=world.noor)


def test_what_was_begun_is_under_way_for_an_hour(world: World) -> None:
    first = one_time_codes.begun(world.noor, "Phone")
    second = one_time_codes.begun(world.noor, "Phone")
    assert first.secret != second.secret
    factors.confirm(first.row.id, first.code(), by=world.noor)
    with pytest.raises(Invalid, match="of this name"):
        factors.confirm(second.row.id, second.code(), by=world.noor)
    later(hours=1, seconds=1)
    one_time_codes.begun(world.noor, "Laptop")
    assert [one.name for one in Authenticator.select().order_by(Authenticator.id)] == ["Phone", "Laptop"]


def test_nobody_touches_somebody_else_s(world: World) -> None:
    app = one_time_codes.begun(world.noor)
    with pytest.raises(Conflict):
        factors.begin(world.noor, "Phone", by=world.staff)
    for verb in (lambda: factors.confirm(app.row.id, app.code(), by=world.staff),
                 lambda: factors.remove(app.row.id, by=world.staff),
                 lambda: factors.find(app.row.id, by=world.staff)):  # fmt: skip
        with pytest.raises(NotFound):
            verb()


def test_without_the_last_one_the_password_is_enough(world: World) -> None:
    phone, laptop = one_time_codes.set_up(world.noor, "Phone"), one_time_codes.set_up(world.noor, "Laptop")
    factors.remove(laptop.row.id, by=world.noor)
    assert Account.get_by_id(world.noor.id).has_second_factor
    factors.remove(phone.row.id, by=world.noor)
    assert not Account.get_by_id(world.noor.id).has_second_factor
    event = Event.select().order_by(Event.id.desc()).get()
    assert (event.verb, event.before) == ("remove_factor", {"factor": "Phone"})
    with pytest.raises(NotFound):
        factors.remove(phone.row.id, by=world.noor)


def test_what_the_tables_hold_is_no_secret(world: World) -> None:
    app = one_time_codes.set_up(world.noor)
    assert app.secret not in app.row.secret
    for table in db.get_tables():
        kept = repr(db.execute_sql(f'SELECT * FROM "{table}"').fetchall())
        assert app.secret not in kept
        assert app.code() not in kept


def test_a_secret_is_of_no_use_in_another_row(world: World) -> None:
    mine, other = one_time_codes.set_up(world.noor), one_time_codes.set_up(world.supervisor)
    Authenticator.update(secret=mine.row.secret).where(Authenticator.id == other.row.id).execute()
    assert refused(world.supervisor, mine.code()).startswith(DOES_NOT_FIT)


def test_a_new_secret_of_the_installation_reads_what_the_ones_before_sealed(
    app: Flask, config: Config, world: World
) -> None:
    phone = one_time_codes.set_up(world.noor)
    for _ in range(4):  # one more than are kept
        factors.renew_seals()
        config.renew_secret()
    factors.check(world.noor, phone.code())


def test_a_secret_that_nobody_can_read_lets_nobody_in(app: Flask, config: Config, world: World) -> None:
    phone = one_time_codes.set_up(world.noor)
    config.write_secret("another secret altogether")
    assert refused(world.noor, phone.code()).startswith(DOES_NOT_FIT)
    factors.renew_seals()
    assert Authenticator.get().secret == phone.row.secret


def test_sealing_is_not_the_same_twice_and_notices_changes(app: Flask) -> None:
    sealed = sealing.seal("words", "row 1")
    assert sealing.seal("words", "row 1") != sealed
    assert sealing.unseal(sealed, "row 1") == "words"
    for wrong, about in ((sealed, "row 2"), (sealed[:-8] + "AAAAAAA=", "row 1")):
        with pytest.raises(sealing.Unreadable):
            sealing.unseal(wrong, about)


def test_without_a_secret_of_the_installation_nothing_is_sealed(app: Flask, config: Config) -> None:
    config.secret_path.unlink()
    with pytest.raises(RuntimeError):
        sealing.seal("words", "row 1")
    assert mail.config() is config


def test_half_a_session_is_none(world: World) -> None:
    half, whole = sessions.start_half(world.noor), sessions.start(world.noor)
    assert sessions.find(half) is None
    assert sessions.find_half(half) == world.noor
    assert sessions.find_half(whole) is None
    assert [one.is_half for one in sessions.living(world.noor)] == [False]
    assert Account.get_by_id(world.staff.id).signed_in_at is None
    later(minutes=10)
    assert sessions.find_half(half) is None
    sessions.start(world.staff)
    assert not Session.select().where(Session.is_half).exists()


def test_half_a_session_ends_with_all_others(world: World) -> None:
    half = sessions.start_half(world.noor)
    sessions.end_all(world.noor)
    assert sessions.find_half(half) is None
    half = sessions.start_half(world.noor)
    Account.update(is_active=False).where(Account.id == world.noor.id).execute()
    assert sessions.find_half(half) is None
