"""The owner of an account gets a mail about each change of password, address and factor, in either language."""

from collections.abc import Callable

import pytest

from konnekt.domain.accounts import factors, links, passwords, recovery_codes, sessions
from konnekt.domain.records import people
from konnekt.models import Account, Mail
from tests import one_time_codes
from tests.factories import World

GOOD, NEW = "correct horse battery", "een heel ander wachtwoord"


@pytest.fixture
def noor(world: World) -> Account:
    passwords.replace(world.noor, GOOD, by=None)
    return Account.get_by_id(world.noor.id)


def told() -> Mail:
    """The one mail since, which this takes away."""
    (mail,) = Mail.select()
    mail.delete_instance()
    return mail


def test_a_first_password_is_no_change(world: World) -> None:
    passwords.replace(world.noor, GOOD, by=None)
    assert not Mail.select().exists()


def test_passwords(world: World, noor: Account) -> None:
    passwords.change(noor, GOOD, NEW, by=noor, address="", browser="")
    mail = told()
    assert (mail.recipient, mail.subject) == (noor.email, "Uw wachtwoord is veranderd")
    assert "Beste Noor Hendriks" in mail.text
    assert NEW not in mail.text + mail.html
    passwords.replace(noor, GOOD, by=None)
    assert told().subject == "Uw wachtwoord is veranderd"
    token = links.send(noor, "reset").text.partition("/password/new/")[2].split()[0]
    told()
    links.use(token, NEW)
    assert told().subject == "Uw wachtwoord is veranderd"


def test_the_address_before(world: World, noor: Account) -> None:
    values = people.RECORD.values(noor) | {"email": "noor.hendriks@um.example"}
    people.change(noor.id, values, seen="", by=world.staff)
    mail = told()
    assert (mail.recipient, mail.subject) == ("noor@um.example", "Uw mailadres is veranderd")
    assert "noor.hendriks@um.example" in mail.text
    assert "Beste Noor Hendriks" in mail.text
    people.change(noor.id, values | {"first_name": "Nora"}, seen="", by=world.staff)
    assert not Mail.select().exists()


def test_who_never_had_a_password_is_told_nothing(world: World) -> None:
    values = people.RECORD.values(world.supervisor) | {"email": "e.dubois@um.example"}
    people.change(world.supervisor.id, values, seen="", by=world.staff)
    assert not Mail.select().exists()


def test_who_signs_in_without_a_password_is_told_too(world: World) -> None:
    sessions.start(world.supervisor, provider="surf")
    supervisor = Account.get_by_id(world.supervisor.id)
    values = people.RECORD.values(supervisor) | {"email": "e.dubois@um.example"}
    people.change(supervisor.id, values, seen="", by=world.staff)
    assert told().recipient == world.supervisor.email


def test_factors(world: World, noor: Account) -> None:
    phone = one_time_codes.set_up(noor, "Telefoon")
    mail = told()
    assert mail.subject == "Een tweede stap bij het inloggen is toegevoegd"
    assert "Telefoon is ingesteld" in mail.text
    assert phone.secret not in mail.text + mail.html
    codes = recovery_codes.renew(noor, by=noor)
    assert not Mail.select().exists(), "the first ones come with the app"
    codes = recovery_codes.renew(noor, by=noor)
    mail = told()
    assert mail.subject == "Nieuwe herstelcodes zijn gemaakt"
    factors.check(noor, codes[0])
    mail = told()
    assert mail.subject == "Een herstelcode is gebruikt"
    assert "Er zijn er nog: 9." in mail.text
    assert codes[0] not in mail.text + mail.html
    factors.remove(phone.row.id, by=noor)
    assert "Telefoon is verwijderd" in told().text


WHAT: list[tuple[Callable[[Account], object], str]] = [
    (lambda noor: passwords.replace(noor, NEW, by=None), "Your password was changed"),
    (lambda noor: one_time_codes.set_up(noor), "A second step of signing in was added"),
]


@pytest.mark.parametrize(("change", "subject"), WHAT)
def test_in_english(world: World, noor: Account, change: Callable[[Account], object], subject: str) -> None:
    Account.update(language="en").where(Account.id == noor.id).execute()
    change(Account.get_by_id(noor.id))
    mail = told()
    assert mail.subject == subject
    assert "Dear Noor Hendriks," in mail.text
    assert "tell the agency" in mail.html
