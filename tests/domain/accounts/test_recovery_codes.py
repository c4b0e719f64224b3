"""Codes on paper: how many, how often each works, and what the table keeps of them."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from konnekt.db import db
from konnekt.domain.accounts import factors, recovery_codes
from konnekt.domain.refusals import Conflict, Invalid, Refused, TooMany
from konnekt.models import Event, RecoveryCode
from tests import one_time_codes
from tests.factories import World
from tests.one_time_codes import App


@pytest.fixture
def phone(world: World) -> App:
    return one_time_codes.set_up(world.noor)


@pytest.fixture
def codes(world: World, phone: App) -> list[str]:
    return recovery_codes.renew(world.noor, by=world.noor)


def test_ten_that_differ(world: World, codes: list[str]) -> None:
    assert len(set(codes)) == recovery_codes.left(world.noor) == 10
    assert all(len(code.replace("-", "")) == 24 for code in codes)
    assert set("".join(codes)) <= {*recovery_codes.LETTERS, "-"}
    assert Event.select().order_by(Event.id.desc()).get().verb == "renew_recovery_codes"
    assert len(recovery_codes.LETTERS) ** 24 >= 2**112


def test_each_works_once(world: World, codes: list[str]) -> None:
    assert factors.check(world.noor, codes[3]) == "recovery"
    assert recovery_codes.left(world.noor) == 9
    event = Event.select().order_by(Event.id.desc()).get()
    assert (event.verb, event.person, event.after) == ("use_recovery_code", world.noor, {"left": 9})
    with pytest.raises(Invalid, match="used already"):
        factors.check(world.noor, codes[3])
    for code in codes[:3] + codes[4:]:
        factors.check(world.noor, code)
    assert recovery_codes.left(world.noor) == 0


def test_as_people_type_it(world: World, codes: list[str]) -> None:
    typed = codes[0].upper().replace("-", " ").replace("0", "O").replace("1", "l")
    assert factors.check(world.noor, f" {typed} ") == "recovery"


def test_two_tabs_at_once(world: World, codes: list[str]) -> None:
    def check(_number: int) -> str:
        with db.connection_context():
            try:
                return factors.check(world.noor, codes[0])
            except Refused:
                return "refused"

    db.close()
    with ThreadPoolExecutor(3) as pool:
        answers = sorted(pool.map(check, range(3)))
    db.connect(reuse_if_open=True)
    assert answers == ["recovery", "refused", "refused"]


def test_somebody_else_s(world: World, codes: list[str]) -> None:
    one_time_codes.set_up(world.supervisor)
    with pytest.raises(Invalid, match="of yours"):
        factors.check(world.supervisor, codes[0])
    with pytest.raises(Conflict):
        recovery_codes.renew(world.noor, by=world.staff)
    assert recovery_codes.of_page(world.supervisor, " ".join(codes)) == []


def test_new_ones_end_those_before(world: World, codes: list[str]) -> None:
    factors.check(world.noor, codes[0])
    others = recovery_codes.renew(world.noor, by=world.noor)
    assert not set(others) & set(codes)
    assert recovery_codes.left(world.noor) == 10
    with pytest.raises(Invalid):
        factors.check(world.noor, codes[1])
    assert factors.check(world.noor, others[1]) == "recovery"


def test_without_an_app_there_are_none(world: World, phone: App) -> None:
    with pytest.raises(Conflict, match="set up an app"):
        recovery_codes.renew(world.supervisor, by=world.supervisor)
    recovery_codes.renew(world.noor, by=world.noor)
    factors.remove(phone.row.id, by=world.noor)
    assert not RecoveryCode.select().exists()


def test_guessing_counts_with_the_codes_of_apps(world: World, phone: App, codes: list[str]) -> None:
    for wrong in ("000000", "k3f9m2", "", "x" * 60, codes[0][:-1]):
        with pytest.raises(Invalid):
            factors.check(world.noor, wrong)
    with pytest.raises(TooMany):
        factors.check(world.noor, codes[0])
    assert recovery_codes.left(world.noor) == 10


def test_the_table_holds_none_of_them(world: World, codes: list[str]) -> None:
    kept = repr(list(RecoveryCode.select().dicts()))
    assert all(code not in kept and code.replace("-", "") not in kept for code in codes)


def test_a_page_s_text(world: World, codes: list[str]) -> None:
    factors.check(world.noor, codes[0])
    assert recovery_codes.of_page(world.noor, " ".join(["evil", *codes])) == codes[1:9]
    assert recovery_codes.of_page(world.noor, "") == []
