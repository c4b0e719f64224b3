"""A second factor that is taken away: by two people of the agency, and its owner hears of it."""

import pytest

from konnekt.domain import clock
from konnekt.domain.accounts import devices, factor_resets, factors, passwords, recovery_codes, sessions
from konnekt.domain.refusals import Conflict, Forbidden, Invalid, NotFound
from konnekt.models import Account, Event, FactorReset, Mail
from tests import factories, one_time_codes
from tests.factories import World
from tests.one_time_codes import MINUTE

WHY = "Gebeld op het nummer dat we hebben."


@pytest.fixture
def colleague(world: World) -> Account:
    return factories.account("Ria", "Bakker", is_agency_staff=True)


@pytest.fixture
def noor(world: World) -> Account:
    one_time_codes.set_up(world.noor)
    passwords.replace(world.noor, "correct horse battery", by=None)
    return Account.get_by_id(world.noor.id)


def last_mail() -> Mail:
    return Mail.select().order_by(Mail.id.desc()).get()


def last_event() -> Event:
    return Event.select().order_by(Event.id.desc()).get()


def test_one_asks_and_another_confirms(world: World, noor: Account, colleague: Account) -> None:
    recovery_codes.renew(noor, by=noor)
    browser, session = devices.know(noor, ""), sessions.start(noor)
    devices.remember(noor, browser)
    factor_resets.ask(noor.id, f" {WHY} ", by=world.staff)
    asked = last_event()
    assert (asked.verb, asked.actor, asked.person, asked.reason) == (
        "ask_factor_reset", world.staff, noor, WHY,
    )  # fmt: skip
    assert last_mail().recipient == noor.email
    assert "Bureau InterUM van het bureau heeft gevraagd" in last_mail().text
    assert Account.get_by_id(noor.id).has_second_factor, "nothing has happened yet"
    factor_resets.confirm(noor.id, by=colleague)
    owner = Account.get_by_id(noor.id)
    assert not owner.has_second_factor
    assert owner.password_hash == noor.password_hash, "the password stays"
    assert factors.of(owner) == []
    assert recovery_codes.left(owner) == 0
    assert not devices.is_remembered(owner, browser)
    assert sessions.find(session) is None
    done = last_event()
    assert (done.verb, done.actor, done.reason) == ("reset_factors", colleague, WHY)
    assert done.after == {"asked_by": "Bureau InterUM", "confirmed_by": "Ria Bakker"}
    mail = last_mail()
    assert mail.subject == "Uw tweede stap bij het inloggen is verwijderd"
    assert "Bureau InterUM en Ria Bakker van het bureau hebben" in mail.text
    assert "Ria Bakker" in mail.html
    assert WHY not in mail.text + mail.html, (
        "what the agency knows somebody by is not for whoever reads the mail"
    )


def test_nobody_confirms_what_they_asked(world: World, noor: Account) -> None:
    factor_resets.ask(noor.id, WHY, by=world.staff)
    with pytest.raises(Conflict, match="second person"):
        factor_resets.confirm(noor.id, by=world.staff)
    assert Account.get_by_id(noor.id).has_second_factor


def test_nobody_does_it_to_themselves(world: World, colleague: Account) -> None:
    one_time_codes.set_up(colleague)
    with pytest.raises(Conflict, match="Two colleagues"):
        factor_resets.ask(colleague.id, WHY, by=colleague)
    factor_resets.ask(colleague.id, WHY, by=world.staff)
    with pytest.raises(Conflict, match="Two colleagues"):
        factor_resets.confirm(colleague.id, by=colleague)


def test_only_the_agency(world: World, noor: Account, colleague: Account) -> None:
    for verb in (lambda: factor_resets.ask(noor.id, WHY, by=world.supervisor),
                 lambda: factor_resets.confirm(noor.id, by=noor),
                 lambda: factor_resets.withdraw(noor.id, by=world.outsider)):  # fmt: skip
        with pytest.raises(Forbidden):
            verb()
    with pytest.raises(NotFound):
        factor_resets.ask(999_999, WHY, by=world.staff)


@pytest.mark.parametrize("reason", ["", "  ", "x" * 1001])
def test_a_reason(world: World, noor: Account, reason: str) -> None:
    with pytest.raises(Invalid) as said:
        factor_resets.ask(noor.id, reason, by=world.staff)
    assert said.value.field == "reason"


def test_what_can_not_be_asked(world: World, noor: Account, colleague: Account) -> None:
    with pytest.raises(Conflict, match="no second step"):
        factor_resets.ask(world.supervisor.id, WHY, by=world.staff)
    factor_resets.ask(noor.id, WHY, by=world.staff)
    with pytest.raises(Conflict, match="asked for this already"):
        factor_resets.ask(noor.id, WHY, by=colleague)


def test_withdrawn(world: World, noor: Account, colleague: Account) -> None:
    factor_resets.ask(noor.id, WHY, by=world.staff)
    factor_resets.withdraw(noor.id, by=colleague)
    assert last_event().verb == "withdraw_factor_reset"
    for verb in (factor_resets.confirm, factor_resets.withdraw):
        with pytest.raises(Conflict, match="Nobody asks"):
            verb(noor.id, by=colleague)


def test_it_is_open_for_a_week(world: World, noor: Account, colleague: Account) -> None:
    factor_resets.ask(noor.id, WHY, by=world.staff)
    clock.fix((clock.local(clock.now()) + 7 * 24 * 60 * MINUTE).isoformat())
    assert factor_resets.of(noor) is None
    with pytest.raises(Conflict):
        factor_resets.confirm(noor.id, by=colleague)
    factor_resets.ask(noor.id, WHY, by=colleague)
    assert FactorReset.get().asked_by == colleague


def test_the_mail_in_english(world: World, noor: Account) -> None:
    Account.update(language="en").where(Account.id == noor.id).execute()
    factor_resets.ask(noor.id, WHY, by=world.staff)
    assert last_mail().subject == "The agency was asked to remove your second step of signing in"
    assert "/password/forgotten" in last_mail().text
